"""A page's words beside their translation, block by block, as who translates wants to see them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nbformat import NotebookNode

from handouts.checks.texts import texts_in
from handouts.collection import Collection
from handouts.collection.languages import find_language
from handouts.collection.translations import Translations
from handouts.collection.words import Source, change_cell
from handouts.page.citations import CITE
from handouts.page.markdown import parse_markdown
from handouts.page.tailor import tailor


@dataclass(frozen=True)
class Pair:
    """A block of a page in its own language, and in another, or why it has no translation that counts; `cell` is the id of the cell."""

    source: str
    target: str
    why: str
    cell: str


def list_pairs(
    collection: Collection, topic: str, language: str, values: Mapping[str, str], translations: Translations
) -> list[Pair]:
    """Return the blocks of text that a reader with these `values` gets of `topic`, in their order. Raises HandoutsError."""
    of = find_language(collection, language)
    nb = Source(collection, of.only, of.topics).notebooks[topic]
    cells = tailor(nb, values, collection.parameters, collection.parts, f"notebooks/{topic}.ipynb").cells
    return [pair for cell in cells for pair in _pairs_of(cell, topic, translations)]


def _pairs_of(cell: NotebookNode, topic: str, translations: Translations) -> Iterator[Pair]:
    found: list[tuple[str, str]] = []

    def note(name: str, text: str) -> str:
        found.append((name, text))
        return text

    change_cell(cell, note)
    for name, text in found:
        key = (topic, name, text)
        yield Pair(_said(text), _said(translations.texts.get(key, "")), translations.missing.get(key, ""), cell.id)


def _said(source: str) -> str:
    """Return the words of Markdown as they are read, without sources, a line for each item and each cell of a table."""
    text = re.sub(rf"[ \t]*\(?{CITE}\)?", "", source)
    return "\n".join(one.strip() for one in texts_in(parse_markdown(text)) if one.strip())
