"""Fields: a person's details, filled into a finished page.

In Markdown a field is `{{ first_name }}`. On a page it is a line to write on, until a value is filled
in. A value is text and nothing else: it is escaped, kept apart from the text around it, and never
evaluated.
"""

import re
from collections.abc import Mapping
from datetime import date, time
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

from handouts.collection.clinic import Field
from handouts.collection.locales import say_day, say_time
from handouts.collection.phrases import Phrases
from handouts.errors import PageError, known

if TYPE_CHECKING:
    from mistune import InlineState, Markdown

YEARS = range(1905, 2100)
"""Years that a date may have. Those before are what a spreadsheet or a database shows for an empty cell or a small
number (1900, 1904 on a Mac, 1899, 1), and nobody who lives was born in them; after them a digit is wrong."""
PATTERN = r"\{\{ {0,20}\w{0,80} {0,20}\}\}"
"""How a field is written in Markdown."""
OPEN, CLOSE = "\ue000", "\ue001"
"""Stand around a field's name while Markdown becomes HTML; text that holds them is refused."""
LINE = re.compile(r'<span class="field" data-field="(\w+)" role="img" aria-label="[^"]*"></span>')
"""A field on a page, still open."""


def in_markdown(markdown: "Markdown") -> None:
    """Have mistune take note of fields: its plugin."""

    def parse(inline: object, found: re.Match[str], state: "InlineState") -> int:
        state.append_token({"type": "text", "raw": f"{OPEN}{found[0].strip('{} ')}{CLOSE}"})
        return found.end()

    markdown.inline.register("field", PATTERN, parse, before="link")


def opened(html: str, fields: Mapping[str, Field], say: Phrases) -> str:
    """Return HTML made of Markdown with each field as a line to write on.

    Raises PageError for a field that the topic does not declare, and for one that stands where nothing can be filled in.
    """

    def line(found: re.Match[str]) -> str:
        if found[1] not in fields:
            raise PageError(
                f"{{{{ {found[1]} }}}} is no field of this topic; data/topics.csv names them. {known(found[1], fields)}"
            )
        label = escape(say("line", label=fields[found[1]].label))
        return f'<span class="field" data-field="{found[1]}" role="img" aria-label="{label}"></span>'

    in_an_attribute = re.search(f"<[^<>]*{OPEN}", html)
    html = re.sub(f"{OPEN}(\\w*){CLOSE}", line, html)
    if in_an_attribute or re.search(r"\{\{|\}\}|%7B%7B|%7D%7D", html):
        raise PageError("a field or braces stand where nothing can be filled in. Write it as text: {{ first_name }}.")
    return html


def opened_output(html: str, fields: Mapping[str, Field], say: Phrases) -> str:
    """Return the HTML of a table or caption, where fields are written as in Markdown, as `opened` does. Raises PageError."""
    return opened(re.sub(PATTERN, lambda found: f"{OPEN}{found[0].strip('{} ')}{CLOSE}", html), fields, say)


def fields_of(page: str) -> set[str]:
    """Return the names of the fields that are open on a page."""
    return set(LINE.findall(page))


class Form:
    """A page cut at its fields, so that filling it is joining."""

    def __init__(self, page: str) -> None:
        pieces = LINE.split(page)
        self.names = pieces[1::2]
        self._texts = [piece.encode() for piece in pieces[::2]]
        self._lines = [found[0].encode() for found in LINE.finditer(page)]

    def fill(self, values: Mapping[str, str]) -> bytes:
        """Return the handout with `values`; a field without a value stays a line to write on."""
        pieces = [self._texts[0]]
        for name, line, text in zip(self.names, self._lines, self._texts[1:], strict=True):
            value = values.get(name)
            # <bdi> keeps a name that is written from right to left from turning the text around it
            pieces.append(f'<bdi class="filled">{escape(value)}</bdi>'.encode() if value else line)
            pieces.append(text)
        return b"".join(pieces)


CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])(?::00)?(?: ?([AP])\.?M\.?)?", re.I)
"""A time of the day; `9:30 AM` and what databases write, `09:30:00`, are clear too."""


def read_value(field: Field, text: str, language: str) -> tuple[str, str | None]:
    """Return `text` as it is to be printed, or "" and what is wrong with it, which never quotes it.

    That it is a value at all is for handouts.values to say.
    """
    if field.kind != "text":
        try:
            return (_printed(field.kind, text, language) if text else ""), None
        except ValueError as error:
            return "", str(error)
    if len(text) > field.longest:
        return "", f"has {len(text)} characters and may have {field.longest}"
    return text, None


@lru_cache(maxsize=4096)
def _printed(kind: str, text: str, language: str) -> str:
    """Return a date or time in the words of `language`. Raises ValueError with what is wrong."""
    return say_day(_read_date(text), language, "full") if kind == "date" else say_time(_read_time(text), language)


def _read_date(text: str) -> date:
    found = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", text)
    if not found:
        # 3/4/2026 is a day in March in one country and one in April in another
        raise ValueError("is no date, or not a clear one; write it as 2026-11-24")
    year, month, day = map(int, found.groups())
    if year not in YEARS:
        raise ValueError(f"has a year outside {YEARS[0]} to {YEARS[-1]}; mend it")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError("is no date of the calendar; write it as 2026-11-24") from None


def _read_time(text: str) -> time:
    found = CLOCK.fullmatch(text)
    hour, half = (int(found[1]), (found[3] or "").upper()) if found else (99, "")
    if not found or hour > (12 if half else 23) or (half and not hour):
        raise ValueError("is no time; write it as 14:30")
    if not half and found[1] in ("1", "2", "3", "4", "5", "6"):
        raise ValueError("may be in the morning or in the afternoon; write it as 05:15 or 17:15")
    return time(hour % 12 + 12 * (half == "P") if half else hour, int(found[2]))
