"""A collection in another language: a collection like any other, written from the main one and its translations into `.cache/languages/`.

So nothing that makes, checks or prints a page knows of translation. Words without a translation that counts have a mark in
their place, and a page with that mark is not made: what is not whole in a language is not published in it.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import nbformat

from handouts import files
from handouts.collection import layouts, page_layouts, safety
from handouts.collection.csvfile import Row, write_table
from handouts.collection.folder import Collection, open_collection
from handouts.collection.languages import FOLDER, find_language
from handouts.collection.translations import Translations, read_translations
from handouts.collection.words import SHARED, Source, change_cell, change_phrases, change_table, rows_for

NOT_THERE = (
    safety.RECORD,
    layouts.PHRASES.file,
    layouts.ARTICLE_SECTIONS.file,
    layouts.ARTICLE_LEFT_OUT.file,
    "article.txt",
    layouts.PLAIN_WORDS.file,
    layouts.NEVER_SAY.file,
)
"""What is about the words of the main language only, or written anew."""
OF_TOPICS = {layout.file: layout for layout in (layouts.QUESTIONS, layouts.STANDARDS)}
"""What names topics and readers, and has no words of pages."""


def in_language(collection: Collection, tag: str) -> tuple[Collection, Translations]:
    """Return the collection in another language, as its translations are now, and what of it is translated. Raises HandoutsError."""
    language = find_language(collection, tag)
    source = Source(collection, language.only, language.topics)
    translations = read_translations(source, tag)
    root = collection.root / FOLDER / tag
    wanted = dict(_contents(source, tag, translations))
    kept = {*wanted, f"data/{safety.RECORD}"}
    for path in files.files_in(root / "data") + files.files_in(root / "notebooks"):
        if path.relative_to(root).as_posix() not in kept:
            files.remove(path)
    for name, content in wanted.items():
        files.write(root / name, content)
    # as a draft: who reviews the pages signs it with them
    safety.record(root / "data", open_collection(root).safety, [], "", date.min)
    return open_collection(root), translations


def _contents(source: Source, tag: str, translations: Translations) -> Iterable[tuple[str, bytes]]:
    """Yield the files of the collection in another language: the name and content of each; its notebooks are changed."""
    collection, tables = source.collection, source.collection.tables

    def change_of(file: str) -> Any:
        def change(name: str, text: str) -> str:
            heading, digest = re.match(r"#+ |", text), hashlib.sha256(text.encode()).hexdigest()[:6]
            mark = f"{heading[0] if heading else ''}⟦{file}.po:{name}:{digest}⟧"
            return translations.texts.get((file, name, text)) or mark

        return change

    for name in tables.names():
        if name in NOT_THERE:
            continue
        if name in source.tables:
            header, rows = change_table(source, name, change_of(SHARED))
            if name == layouts.CLINIC.file:
                rows = [dict(row) for row in _with_language(rows, collection.clinic.language, tag)]
            yield f"data/{name}", write_table(header, rows).encode() if rows else tables.content(name)
        elif name == page_layouts.REVIEWS.file:
            reviews = [row for row in tables.rows(page_layouts.REVIEWS) if row["language"] == tag]
            yield f"data/{name}", write_table(list(page_layouts.REVIEWS.columns), reviews).encode()
        elif name in OF_TOPICS:
            yield f"data/{name}", write_table(list(OF_TOPICS[name].columns), rows_for(source, name)).encode()
        else:
            yield f"data/{name}", tables.content(name)
    phrases = change_phrases(collection, tag, change_of(SHARED))
    yield f"data/{layouts.PHRASES.file}", write_table(list(layouts.PHRASES.columns), phrases).encode()
    for topic, nb in source.notebooks.items():
        for cell in nb.cells:
            change_cell(cell, change_of(topic))
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        yield f"notebooks/{topic}.ipynb", nbformat.writes(nb).encode()
    for path in files.files_in(collection.notebooks):
        if path.suffix != ".ipynb":
            yield path.relative_to(collection.root).as_posix(), path.read_bytes()


def _with_language(rows: Sequence[Row], own: str, tag: str) -> Iterator[Row]:
    """Yield the rows of the clinic's table with another language than its `own`, and where pages in it lie on the web."""
    for row in rows:
        value = row["value"]
        if row["field"] == "language":
            value = tag
        elif row["field"] == "web_page" and value and tag != own:
            value = f"{value.rstrip('/')}/{tag}"
        yield {**row, "value": value}
