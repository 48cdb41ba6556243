"""What a program writes for a date, a time, a number or a name, read in the one way that a clinic has declared for it.

Formats of dates and times are those of Unicode (UTS #35, Date Format Patterns): yyyy, MM, dd, HH or h, mm, a. Nothing is
guessed: 01/02/2026 is read as the format says, or not at all. No reason given here quotes the value.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from handouts.collection.locales import locale_of

EXCEL = "excel"
"""A date as the number of days that Excel counts (from 1899-12-30), with the time as its fraction."""
NAMES = {"Last, First": r"[^,]+,\s*([^,]*\S)", "Last^First": r"[^^]*\^([^^]+).*"}
"""Formats of a whole name of which the first name is wanted: as lists have it, and as HL7 does."""
NUMBERS = {"1,000.0": (",", "."), "1.000,0": (".", ","), "1 000,0": (" ", ",")}
"""Formats of whole numbers, by what stands between thousands and before decimals."""
TOKEN = re.compile(r"yyyy|yy|MMMM|MMM|MM?|dd?|EEEE|EEE|HH?|hh?|mm?|ss?|a|'[^']*'|[^A-Za-z]+|.")
MOST_YEARS = 20
"""How far from this year a year of two digits may lie."""
DIGITS = {"yyyy": 4, "yy": 2, "MM": 2, "M": 0, "dd": 2, "d": 0, "HH": 2, "H": 0, "hh": 2, "h": 0, "mm": 2, "m": 0, "ss": 2, "s": 0}  # fmt: skip
WORDS = {"MMMM": "wide", "MMM": "abbreviated", "EEEE": "", "EEE": ""}


def check_format(text: str, kind: str) -> str | None:
    """Return why `text` is no format for a field of this kind, or None; `kind` is date, time, text or name."""
    if kind in ("date", "time"):
        if text == EXCEL:
            return None
        tokens = TOKEN.findall(text)
        letters = [one[0].lower() if one[0] in "Hh" else one[0] for one in tokens if one.isalpha()]
        wrong = [one for one in tokens if one.isalpha() and one not in DIGITS and one not in WORDS and one != "a"]
        wanted = ("y", "M", "d") if kind == "date" else ("h", "m")
        # MM twice, where minutes were meant, would be another month; 1112026 may be the first day of November or the eleventh of January
        twice = len(set(letters)) < len(letters)
        runs_on = any(
            {one, other} <= set(DIGITS) and 0 in (DIGITS[one], DIGITS[other]) for one, other in pairwise(tokens)
        )
        half = any(one[0] == "h" for one in tokens) and "a" not in tokens
        if wrong or twice or runs_on or half or not set(wanted) <= set(letters):
            return "write it with yyyy, MM and dd, or HH and mm, or h, mm and a, each once, such as MM/dd/yyyy, yyyyMMdd or h:mm a; or excel."
        return None
    known = [*NAMES, *NUMBERS] if kind == "text" else [*NUMBERS]
    return None if text in known else f"write one of {', '.join(known)}."


def read_formatted(text: str, form: str, kind: str, language: str) -> str:
    """Return what `text` says, written as rosters have it: 2026-11-24, 14:30, 190. Raises ValueError with what is wrong."""
    if form in NAMES:
        found = re.fullmatch(NAMES[form], text)
        if not found:
            raise ValueError(f"is not written as {form}")
        return found[1].strip()
    if form in NUMBERS:
        return _read_number(text, *NUMBERS[form], form)
    moment = _from_excel(text) if form == EXCEL else _read_moment(text, form, language)
    return moment.date().isoformat() if kind == "date" else f"{moment:%H:%M}"


def _read_number(text: str, thousands: str, decimal: str, form: str) -> str:
    found = re.fullmatch(rf"([0-9]+|[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+)(?:{re.escape(decimal)}0*)?", text.replace("\u00a0", " ").replace("\u202f", " "))  # fmt: skip
    if not found:
        raise ValueError(f"is no whole number written as {form}")
    return found[1].replace(thousands, "")


def _from_excel(text: str) -> datetime:
    if not re.fullmatch(r"[0-9]{1,5}(?:\.[0-9]+)?", text):
        raise ValueError("is no number of days as Excel counts them")
    days, _, part = text.partition(".")
    seconds = round(float(f"0.{part or 0}") * 86400)  # a fraction of a day is never quite a second
    if seconds == 86400:
        raise ValueError("is so near midnight that its day is not certain")
    return datetime(1899, 12, 30) + timedelta(days=int(days), seconds=seconds)


def _read_moment(text: str, form: str, language: str) -> datetime:
    pattern, tokens, words = _compiled(form, language)
    found = pattern.fullmatch(" ".join(text.split()).casefold())
    if not found:
        raise ValueError(f"is not written as {form}")
    parts = {"y": 1900, "M": 1, "d": 1, "H": 0, "m": 0, "s": 0}
    half, weekday = "", None
    short_year = "yy" in tokens
    for token, said in zip(tokens, found.groups(), strict=True):
        if token == "a":
            half = said[0]
        elif token.startswith("E"):
            weekday = _days(language)[said]
        elif token in WORDS:
            parts["M"] = words[said]
        else:
            parts["H" if token[0] == "h" else token[0]] = int(said) + (2000 if token == "yy" else 0)
    if half:
        if not 1 <= parts["H"] <= 12:
            raise ValueError("has an hour outside 1 to 12")
        parts["H"] = parts["H"] % 12 + 12 * (half == "p")
    try:
        moment = datetime(*parts.values())  # type: ignore[arg-type]  # six numbers in their order
    except ValueError:
        raise ValueError("is no date of the calendar, or no time of the day") from None
    if short_year and abs(moment.year - date.today().year) > MOST_YEARS:
        raise ValueError("has a year of two digits that is far from this one")
    if weekday not in (None, moment.weekday()):
        raise ValueError("names another day of the week than its date has")
    return moment


@lru_cache(maxsize=8)
def _days(language: str) -> dict[str, int]:
    """Return the days of the week by their names, long ones first; Monday is 0."""
    from babel.dates import get_day_names

    names = {
        said.casefold().rstrip("."): number
        for width in ("wide", "abbreviated") for locale in dict.fromkeys((str(locale_of(language) or "en"), "en"))
        for number, said in get_day_names(width, locale=locale).items()
    }  # fmt: skip
    return dict(sorted(names.items(), key=lambda one: -len(one[0])))


@lru_cache(maxsize=64)
def _compiled(form: str, language: str) -> tuple[re.Pattern[str], list[str], Mapping[str, int]]:
    """Return a pattern of what is written, in small letters, its tokens that say something, and the months by their names."""
    from babel.dates import get_month_names

    words: dict[str, int] = {}
    for width in ("wide", "abbreviated"):
        for locale in dict.fromkeys((str(locale_of(language) or "en"), "en")):
            for number, said in get_month_names(width, locale=locale).items():
                words.setdefault(said.casefold().rstrip("."), number)
    pieces, tokens = [], []
    written = TOKEN.findall(" ".join(form.split()))
    for place, token in enumerate(written):
        beside = [*written[max(0, place - 1) : place], *written[place + 1 : place + 2]]
        if token in DIGITS:
            # 1/5/2026 is clear where signs stand between the numbers, and 152026 is not
            exact = DIGITS[token] if any(one in DIGITS for one in beside) or token in ("yyyy", "yy") else 0
            pieces.append(f"([0-9]{{{exact}}})" if exact else "([0-9]{1,2})")
            tokens.append(token)
        elif token.startswith("E"):
            pieces.append(f"({'|'.join(map(re.escape, _days(language)))})\\.?")
            tokens.append(token)
        elif token in WORDS:
            pieces.append(f"({'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})\\.?")
            tokens.append(token)
        elif token == "a":
            pieces.append(r"([ap])\.?m\.?")
            tokens.append(token)
        else:
            space = r"\s?" if "a" in beside else r"\s"
            pieces.append(re.escape(token.strip("'").casefold()).replace(r"\ ", space))
    return re.compile("".join(pieces)), tokens, words
