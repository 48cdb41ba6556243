"""Languages that a collection is translated into: a collection in one of them lies in `.cache/languages/` and is like any other."""

from dataclasses import dataclass
from pathlib import Path

from handouts.collection import page_layouts
from handouts.collection.folder import Collection, open_collection
from handouts.collection.parameters import check_only
from handouts.errors import DataError, known

FOLDER = Path(".cache", "languages")
TRANSLATIONS = "po"
"""The folder of translations, with a folder for each language."""


@dataclass(frozen=True)
class Language:
    """A language that pages are translated into: what its readers call it, which values and topics are translated, and who did that."""

    tag: str
    label: str
    only: tuple[str, ...]
    topics: tuple[str, ...]
    translated_by: str


def read_languages(collection: Collection) -> dict[str, Language]:
    """Return the languages of data/languages.csv by their tags. Raises DataError."""
    found = {}
    for row in collection.tables.rows(page_layouts.LANGUAGES):
        only = tuple(row["only"].split())
        check_only(collection.parameters, only, f"data/languages.csv, language {row['language']}")
        topics = tuple(row["topics"].split())
        for topic in topics:
            if topic not in collection.topics:
                raise DataError(
                    f"data/languages.csv, language {row['language']}, column topics: unknown topic {topic!r}. {known(topic, collection.topics)}"
                )
        found[row["language"]] = Language(row["language"], row["label"], only, topics, row["translated_by"])
    return found


def find_language(collection: Collection, tag: str) -> Language:
    """Return the language `tag`. Raises DataError for one that data/languages.csv does not have."""
    languages = read_languages(collection)
    if tag not in languages:
        raise DataError(f"unknown language {tag!r}. {known(tag, languages)} Its row goes into data/languages.csv.")
    return languages[tag]


def translated_from(collection: Collection) -> str:
    """Return the tag of the language that `collection` is translated from; nothing where it is no translation, or into the same."""
    own = main_of(collection).clinic.language
    return "" if own == collection.clinic.language else own


def main_of(collection: Collection) -> Collection:
    """Return the collection that `collection` is a translation of, or itself."""
    *above, _ = collection.root.parts
    inside = tuple(above[-len(FOLDER.parts) :]) == FOLDER.parts
    return open_collection(Path(*above[: -len(FOLDER.parts)])) if inside else collection
