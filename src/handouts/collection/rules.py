"""What a cell of a table may hold: rules that say what is wrong with it."""

import keyword
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from handouts.errors import known

RESERVED = (
    "allow_expired", "check", "dask", "dry_run", "force", "help", "id", "out", "pdf", "roster", "run", "shared", "sql", "today", "topic", "topics", "version", "workers",
)  # fmt: skip
"""Names that the command line and rosters have for other things."""
Rule = Callable[[str], str | None]
"""Takes a cell's text and returns what is wrong with it, or None."""


def text(value: str) -> str | None:
    """Accept anything but an empty cell."""
    return None if value else "must not be empty."


def optional(value: str) -> str | None:
    """Accept anything, nothing included."""
    return None


def name(value: str) -> str | None:
    """Accept a name that is safe in a tag, a file name and an address: small letters, digits, hyphens."""
    return None if re.fullmatch(r"[a-z][a-z0-9-]*", value) else "use small letters, digits and hyphens, a letter first."


def number(value: str) -> str | None:
    """Accept a whole number above zero."""
    return None if re.fullmatch(r"[1-9][0-9]*", value) else "use a whole number above zero."


def day(value: str) -> str | None:
    """Accept nothing or a date written as 2026-11-23."""
    told = "write dates as 2026-11-23; where Excel changes that, give the column the format Text first."
    try:
        return None if not value or date.fromisoformat(value).isoformat() == value else told
    except ValueError:
        return told


def a_day(value: str) -> str | None:
    """Accept a date written as 2026-11-23."""
    return day(value) if value else "must not be empty."


def language(value: str) -> str | None:
    """Accept a language tag as HTML wants it (BCP 47), such as en or es-MX."""
    return None if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value) else "write a language tag such as en."


def phone(value: str) -> str | None:
    """Accept a number that a phone can call."""
    return None if re.fullmatch(r"\+?[0-9() .-]*[0-9]", value) else "write digits, with spaces or hyphens: 555-0100."


def address(value: str) -> str | None:
    """Accept nothing or the address of a web page."""
    return None if not value or re.fullmatch(r"https?://[^\s\"'<>]+", value) else "write it with https:// in front."


def parameter(value: str) -> str | None:
    """Accept a name that a notebook can set and the command line can offer."""
    if not value.isidentifier() or keyword.iskeyword(value) or value in RESERVED:
        return f"use a Python name other than {', '.join(RESERVED)}."
    return None


@dataclass(frozen=True)
class OneOf:
    """Accepts one of some values; where it does not, says what is `wanted`, or which there are."""

    values: tuple[str, ...]
    wanted: str = ""

    def __call__(self, value: str) -> str | None:
        """Return what is wrong with `value`, or None."""
        return None if value in self.values else self.wanted or known(value, (one or "nothing" for one in self.values))


yes_no = OneOf(("yes", "no"), "write yes or no.")
"""Accepts yes or no."""


def one_of(*values: str) -> OneOf:
    """Accept one of `values`."""
    return OneOf(values)


def count(value: str) -> str | None:
    """Accept nothing or a whole number."""
    return None if re.fullmatch(r"[0-9]*", value) else "use a whole number, without commas or decimals."


def colour(value: str) -> str | None:
    """Accept nothing or a colour that white text can be read on, such as #00564c: a contrast of 4.5:1 (WCAG 2.2, 1.4.3)."""
    if value and not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        return "write a colour as # and six digits, such as #00564c."
    if value and (found := contrast(value)) < LEAST_CONTRAST:
        return (
            f"has a contrast of {found:.1f}:1 with white, and needs {LEAST_CONTRAST}:1 to be read. Take a darker one."
        )
    return None


LEAST_CONTRAST = 4.5


def contrast(colour: str) -> float:
    """Return the contrast of a colour such as #00564c with white (WCAG 2.2, relative luminance)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def email(value: str) -> str | None:
    """Accept nothing or an address for e-mail."""
    return (
        None
        if not value or re.fullmatch(r"[^\s@\"'<>]+@[^\s@\"'<>]+\.[a-z]+", value)
        else "write an address such as help@clinic.example."
    )
