"""Fields: a person's details, filled into a finished page.

In Markdown a field is `{{ first_name }}`. On a page it is a line to write on, until a value is filled
in. A value is text and nothing else: it is escaped, kept apart from the text around it, and never
evaluated.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, time
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

from handouts.data import Field
from handouts.errors import PageError, known

if TYPE_CHECKING:
    from mistune import InlineState, Markdown

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


def opened(html: str, fields: Mapping[str, Field]) -> str:
    """Return HTML made of Markdown with each field as a line to write on.

    Raises PageError for a field that the topic does not declare, and for one that stands where nothing can be filled in.
    """

    def line(found: re.Match[str]) -> str:
        if found[1] not in fields:
            raise PageError(
                f"{{{{ {found[1]} }}}} is no field of this topic; data/topics.csv names them. {known(found[1], fields)}"
            )
        label = escape(f"{fields[found[1]].label}: a line to write on")
        return f'<span class="field" data-field="{found[1]}" role="img" aria-label="{label}"></span>'

    in_an_attribute = re.search(f"<[^<>]*{OPEN}", html)
    html = re.sub(f"{OPEN}(\\w*){CLOSE}", line, html)
    if in_an_attribute or re.search(r"\{\{|\}\}|%7B%7B|%7D%7D", html):
        raise PageError("a field or braces stand where nothing can be filled in. Write it as text: {{ first_name }}.")
    return html


def opened_output(html: str, fields: Mapping[str, Field]) -> str:
    """Return the HTML of a table or caption, where fields are written as in Markdown, as `opened` does. Raises PageError."""
    return opened(re.sub(PATTERN, lambda found: f"{OPEN}{found[0].strip('{} ')}{CLOSE}", html), fields)


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


def read_value(field: Field, text: str, language: str) -> tuple[str, str | None]:
    """Return `text` as it is to be printed, or "" and what is wrong with it, which never quotes it."""
    kinds = set(map(unicodedata.category, text))
    if "Cs" in kinds:
        return "", "is not written in UTF-8; save the roster as CSV in UTF-8"
    if kinds & {"Cc", "Zl", "Zp"}:
        return "", "holds a control character, such as a line break; a quotation mark may be missing in the row"
    if not text:
        return "", None
    if field.kind != "text":
        try:
            return _printed(field.kind, text, language), None
        except ValueError:
            return "", f"is no {field.kind}; write it as {'2026-11-24' if field.kind == 'date' else '14:30'}"
    if len(text) > field.longest:
        return "", f"has {len(text)} characters and may have {field.longest}"
    return text, None


@lru_cache(maxsize=4096)
def _printed(kind: str, text: str, language: str) -> str:
    """Return a date or time in the words of `language`. Raises ValueError for what is none."""
    from babel.dates import format_date, format_time

    locale = language.replace("-", "_")
    if kind == "date":
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        return format_date(date.fromisoformat(text), "full", locale)
    if not re.fullmatch(r"[0-9]{2}:[0-9]{2}", text):
        raise ValueError
    return format_time(time.fromisoformat(text), "short", locale=locale)
