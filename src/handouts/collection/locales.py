"""Days, times and names of languages in the words of a language, as Unicode's CLDR has them; of one that it lacks, as numbers."""

from datetime import date, time
from functools import cache
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

LEFT_TO_RIGHT_MARK, RIGHT_TO_LEFT_MARK = "\u200e", "\u200f"
"""Signs that nobody sees: what stands beside one is written in its direction."""


@cache
def locale_of(language: str) -> Locale | None:
    """Return what is known of a language by its tag, such as es-US, or None."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return None


def say_day(day: date, language: str, width: Literal["long", "full"] = "long") -> str:
    """Return a day in the words of a language, with its weekday where it is to be said in full; such as 2026-11-23 where they are not known.

    >>> say_day(date(2026, 11, 23), "es-US"), say_day(date(2026, 11, 23), "qps")
    ('23 de noviembre de 2026', '2026-11-23')
    """
    locale = locale_of(language)
    return format_date(day, width, locale) if locale else day.isoformat()


def say_time(of: time, language: str) -> str:
    """Return a time of the day as a language writes it; such as 14:30 where that is not known."""
    locale = locale_of(language)
    return format_time(of, "short", locale=locale) if locale else of.isoformat("minutes")


def written_from(language: str) -> str:
    """Return the attribute in HTML of a language that is written from right to left, or nothing.

    >>> written_from("ar"), written_from("es-US"), written_from("qps")
    (' dir="rtl"', '', '')
    """
    return ' dir="rtl"' if is_right_to_left(language) else ""


def is_right_to_left(language: str) -> bool:
    """Tell whether a language is written from right to left, as far as that is known."""
    locale = locale_of(language)
    return locale is not None and locale.text_direction == "rtl"


def name_language(tag: str, language: str) -> str:
    """Return what a language calls another one; its tag where that is not known.

    >>> name_language("en", "es-US"), name_language("en", "en"), name_language("en", "qps")
    ('inglés', 'English', 'en')
    """
    of, locale = tag.partition("-")[0], locale_of(language)
    return str(locale.languages.get(of, of)) if locale else of
