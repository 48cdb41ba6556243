"""Values: what a cell of a roster holds as text, and what is no value at all, the same for every format.

A program that could not write a value writes something in its place: `#N/A`, `NULL`, `JosÃ©`. On a
page it would greet a patient. No reason given here quotes the value.
"""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from html.entities import html5
from typing import Any

from handouts.page.fields import YEARS

NOTHING = frozenset([
    "NULL", "null", "(null)", "(NULL)", "[NULL]", "<null>", "<NULL>", "<nil>", "nil", r"\N", "N/A", "n/a", "N.A.", "n.a.", "N/D", "n/d",
    "NA", "na", "<NA>", "None", "NONE", "none", "nan", "NaN", "-nan", "NaT", "undefined", "Loading...", "Invalid Date", "[object Object]",
])  # fmt: skip
"""What is written where nothing is. People are called Null, Na, Nan and Nil: so spelled, it is a name."""

_TRAIL = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
"""What the second and later bytes of a character in UTF-8 are in Windows-1252."""
_ENDS = "\u00a0»…’”–—"
"""Those of them that people put after a letter."""
_MOJIBAKE = "[ÂÃÄÅÆÈÉÊÎ-ÖØ-Û×à-ð√‚Ă\u2500-\u257f](?:" + "|".join([
    f"(?<=[Ã×])[{_TRAIL}]", "(?<=Â)[¡-º¼-¿]", f"(?<=[ÄÅ])(?![{_ENDS}])[{_TRAIL}]", r"(?<=[ÄÅÊ])»\w", r"(?<=É)”\w", "(?<=[ÆÉÊ])[¡°¼†™›]", "(?<=È)[™›˜]",
    "(?<=[a-z]Â)»", f"(?<=[a-z][ÄÅ])[{_TRAIL}]", r"(?<=[a-z][ÃÂ])(?:\s|$)", r"(?<=Å)(?<![A-ZÄÅÖ]Å)\u00a0\w",
    f"(?<=[Î-ÖØ-Û])[{_TRAIL}][Î-ÖØ-Û][{_TRAIL}]", f"(?<=[à-ð])(?![«{_ENDS}]{{2}})[{_TRAIL}]{{2}}",
    r"(?<=√)[^\s\d]", "(?<=‚)Ä", "(?<=Ă)[ˇ©łşĽ¶¤§±ź]", "(?<=[\u2500-\u257f])",  # as a Mac, Windows in Eastern Europe, and MS-DOS read it
]) + ")"  # fmt: skip
"""UTF-8 that was read as if it were another encoding: é becomes Ã©."""
_UNASSIGNED = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0xF0000, 0x10000)
)
_PRIVATE = "\ue000-\uf8ff\U000f0000-\U0010ffff"
_JOINED = "\u0590-\u1fff\u2600-\U0001ffff"
_UNSEEN = "holds an invisible character, as text copied from a web page has; type the cell again"

FAULTS = [(re.compile(pattern), told) for pattern, told in [
    (r"\A(?:#[^a-z0-9][^a-z]*|#n/a|Err:[0-9]+)\Z", "holds an error of a spreadsheet, such as #N/A or ####; mend the cell, or leave it empty"),
    (r"\A[ -/:-@\[-`{-~–—…]+\Z", "holds signs and no word; leave the cell empty where nothing is known"),
    ("[\ud800-\udfff]", "is not written in UTF-8; save the roster in UTF-8"),
    ("[\x00-\x1f\x7f-\x9f\u2028\u2029]", "holds a control character, such as a line break; write it in one line"),
    ("[\ufff9-\ufffd]", "holds a sign for a character that was lost; type the cell again"),
    (f"[{_PRIVATE}{_UNASSIGNED}]", "holds a character that only one program knows, such as a tick of Word; type the cell again"),
    ("[\u202a-\u202e\u2066-\u2069]", "holds a character that turns the direction of writing; type the cell again"),
    ("[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\U000e0000-\U000e007f]", _UNSEEN),
    # what joins and directs letters is at home in Arabic, Hebrew, Indian scripts and emoji, and nowhere else
    (f"\\A[^{_JOINED}]*[\u061c\u180e\u200b-\u200f][^{_JOINED}]*\\Z", _UNSEEN),
    (_MOJIBAKE, "was read in the wrong encoding when it was saved, so that é became two signs; export the roster again as UTF-8"),
    (f"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|(?:{'|'.join(sorted(name[:-1] for name in html5 if name[-1] == ';'))}));",
     "holds a character as web pages write it, such as &amp;; export the roster again as plain text"),
    (r"_x[0-9A-Fa-f]{4}_|\\u[0-9a-fA-F]{4}|%[89A-F][0-9A-F]%[89AB][0-9A-F]", "holds a character as programs write it, such as _x000D_; export the roster again as plain text"),
]]  # fmt: skip
"""What no value holds, and what is said of it."""

_LETTERS = "A-Za-zÀÁÄ-ÖØ-öø-āăĄ-őŔ-şŢ-ŷŹ-żΆ-ώЁ-ӿא-תء-ي\u3041-\u30fe\u4e00-\u9fff\uac00-\ud7a3\U0001f300-\U0001faff"
_CELL = f"(?:[{_LETTERS}0-9][{_LETTERS}0-9 .,:'\"()/+_-]*|)"
_FINE = re.compile(f"{_CELL}(?:\x1f{_CELL})*")
"""Cells of letters and digits, in which no fault can be but `_x000D_`, `Err:502`, and a word for nothing."""


def faults(row: Sequence[str]) -> dict[int, str]:
    """Return what is wrong with the cells of a row, by their place; most rows are looked through in one go."""
    if _is_fine("\x1f".join(row), len(row)) and NOTHING.isdisjoint(row):
        return {}
    return {place: told for place, cell in enumerate(row) if (told := fault(cell))}


def _is_fine(joined: str, cells: int) -> bool:
    return (
        _FINE.fullmatch(joined) is not None
        and joined.count("\x1f") < cells
        and "_x" not in joined
        and "Err:" not in joined
    )


def fault(text: str) -> str | None:
    """Return why `text` is no value, or None where it is one."""
    if text in NOTHING:
        return "holds a word for nothing, such as NULL or NA; leave the cell empty, or write a name as Null or Na"
    return None if _is_fine(text, 1) else next((told for pattern, told in FAULTS if pattern.search(text)), None)


def texts(values: Iterable[Any]) -> list[str] | str:
    """Return the values of a row as a CSV file would hold them, or why that cannot be."""
    row: list[str] = []
    try:
        for value in values:
            row.append(value if isinstance(value, str) else _text(value))
    except ValueError as error:
        return f"column {len(row) + 1} {error}"
    return row


def _text(value: Any) -> str:
    """Return a value as text. Raises ValueError with what is wrong."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()  # as spreadsheets show it
    if isinstance(value, float | Decimal):
        if math.isnan(value):
            return ""  # how a table of numbers says that there is none
        if math.isinf(value):
            raise ValueError("holds an endless number; mend the cell")
        return str(int(value)) if value == int(value) else str(value)
    if isinstance(value, datetime | time) and value.tzinfo:
        raise ValueError(
            "holds a time of some time zone, which may be another day or hour at the clinic; save the local one, without a zone"
        )
    if isinstance(value, date) and value.year not in YEARS:
        raise ValueError(f"holds a date outside the years {YEARS[0]} to {YEARS[-1]}; mend the cell")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, timedelta):
        if not timedelta() <= value < timedelta(days=1):
            raise ValueError("holds a length of time where a time of the day is wanted; mend the cell")
        value = (datetime.min + value).time()
    if isinstance(value, time):
        return value.isoformat("minutes" if value == value.replace(second=0, microsecond=0) else "auto")
    if isinstance(value, bytes | bytearray | memoryview):
        raise ValueError("holds bytes where text is wanted; save the column as text")
    if isinstance(value, list | tuple | set | dict):
        raise ValueError("holds a list where one value is wanted; save the column as text")
    return str(value)
