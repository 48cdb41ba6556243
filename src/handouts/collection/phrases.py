"""The words that the package itself puts on a page, an index, a scorecard or a preview: one catalogue a language.

`catalogues/en.csv` lists them all, with where each is used. A collection says any of them in its own words in
`data/phrases.csv`, and all of them where the package has no catalogue of its language.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from pathlib import Path

from handouts.collection import layouts
from handouts.collection.csvfile import Tables
from handouts.collection.rules import one_of
from handouts.collection.sentences import UNTRANSLATED
from handouts.errors import DataError

CATALOGUES = Path(__file__).with_name("catalogues")
IN_BRACES = re.compile(r"\{(\w+)\}")


class Phrases:
    """The words of one language, by name."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def __call__(self, name: str, /, **values: object) -> str:
        """Return the words `name`, with `values` in place of what stands in braces.

        >>> Phrases({"step": "Step {step}: {text}"})("step", step=1, text="Sit.")
        'Step 1: Sit.'
        """
        return IN_BRACES.sub(lambda found: str(values[found[1]]), self.texts[name])

    def html(self, name: str, /, **values: object) -> str:
        """Return the words `name` as HTML, with `values`, which are HTML, in place of what stands in braces."""
        return IN_BRACES.sub(lambda found: str(values[found[1]]), escape(self.texts[name]))


@cache
def read_catalogue(language: str) -> Mapping[str, str]:
    """Return the package's own words in `language`, by name; none where it has no catalogue of it."""
    path = CATALOGUES / f"{language}.csv"
    if not path.is_file():
        return {}
    return {row["phrase"]: row["text"] for row in _rows(path)}


def _rows(path: Path) -> Iterable[Mapping[str, str]]:
    return csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))


@cache
def list_for_patients() -> Mapping[str, str]:
    """Return the package's own English words that patients read, by name; others are for those who make pages."""
    return {
        row["phrase"]: row["text"]
        for row in _rows(CATALOGUES / "en.csv")
        if row["where"].startswith(("page", "index", "picture"))
    }


def package_words(language: str) -> Mapping[str, str]:
    """Return the package's own words in `language`, such as es-US, or in the language that it is one of, by name; none where it has no catalogue."""
    return {**read_catalogue(language), **read_catalogue(language.partition("-")[0])}


def read_phrases(tables: Tables, language: str) -> Phrases:
    """Return the words of a collection in `language`: its own, then the package's. Raises DataError where some that patients read are in none.

    What only those read who make pages is in English where nobody said it in the language.
    """
    wanted = read_catalogue("en")
    rows = tables.rows(layouts.PHRASES, phrase=one_of(*wanted))
    own = {row["phrase"]: row["text"] for row in rows}
    found = {**package_words(language), **own}
    if missing := [name for name in list_for_patients() if name not in found]:
        raise DataError(
            f"data/clinic.csv, field language: there are no words for pages in {language!r}. Write them into data/phrases.csv, columns phrase,text: "
            f"{', '.join(missing[:8])}{f' and {len(missing) - 8} more' if len(missing) > 8 else ''}. docs/tables.md lists them in English."
        )
    found = {**wanted, **found}
    for name, words in found.items():
        if (
            name in wanted
            and not UNTRANSLATED.search(words)
            and set(IN_BRACES.findall(words)) != set(IN_BRACES.findall(wanted[name]))
        ):
            raise DataError(f"data/phrases.csv, phrase {name}: needs the same words in braces as {wanted[name]!r}.")
    return Phrases(found)
