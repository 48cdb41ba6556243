"""What was handed out, so that it can be called back: which handout had which version of which page, on which day.

One file of SQLite in personal/, for its owner only. It holds ids and no name: of a page its words and the facts, sources,
words to teach and lines of safety text that it carries, of a handout its id, its page's version, the place and the day.
"""

import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from handouts.collection import Collection
from handouts.errors import OutputError, ParameterError, known
from handouts.page import Page, Variant
from handouts.page.review import read_lines, split_sources

FILE = "records.db"
TABLES = """
CREATE TABLE IF NOT EXISTS pages (version TEXT PRIMARY KEY, topic TEXT, page TEXT, carries TEXT, words BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS handouts (id TEXT, version TEXT, place TEXT, day TEXT, made INTEGER, PRIMARY KEY (id, version, place)) WITHOUT ROWID;
"""
QUOTES = str.maketrans("‘’“”", "''\"\"")
FEWEST_LETTERS = 4
"""How long words must be to be looked for in the text of pages."""


@dataclass(frozen=True)
class HandedOut:
    """A handout that carries what was asked for; where the batch was stopped, it may not have been made."""

    id: str
    topic: str
    page: str
    version: str
    day: str
    place: str
    made: bool


class Records:
    """The records of a collection, open to be written. Raises OutputError where they cannot be."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        path = _path(collection)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._file = sqlite3.connect(path, timeout=60)
            self._file.executescript(TABLES)
        except (OSError, sqlite3.Error) as error:
            raise OutputError(f"{path}: what is handed out cannot be recorded there ({error}), and could not be called back. Mend or move the file.") from None  # fmt: skip

    def close(self) -> None:
        """Write all of it down."""
        self._file.commit()
        self._file.close()

    def begin(self, pages: Iterable[tuple[Variant, Page]], handouts: Iterable[tuple[str, str]], place: str) -> None:
        """Note, before anything is written, each page, and each handout's id with the version of its page, as not made yet."""
        today = date.today().isoformat()
        for variant, page in pages:
            words = "\n".join(split_sources(line)[0] for line in read_lines(page.html))
            row = (page.version, variant.topic, variant.path, json.dumps(page.carries), zlib.compress(words.encode()))
            self._file.execute("INSERT OR IGNORE INTO pages VALUES (?, ?, ?, ?, ?)", row)
        rows = ((name, version, place, today) for name, version in handouts)
        self._file.executemany("INSERT OR IGNORE INTO handouts VALUES (?, ?, ?, ?, 0)", rows)
        self._file.commit()

    def end(self, handouts: Iterable[tuple[str, str]], place: str) -> None:
        """Note that the handouts of this batch are made."""
        rows = ((name, version, place) for name, version in handouts)
        self._file.executemany("UPDATE handouts SET made = 1 WHERE id = ? AND version = ? AND place = ?", rows)
        self._file.commit()


def recall(collection: Collection, asked: str) -> list[HandedOut]:
    """Return the handouts that carry `asked`: a fact, a source, a word to teach, a table, a topic, a page, a version, or words.

    Raises ParameterError where nothing that was handed out has a name like it, and OutputError for records that cannot be read.
    """
    with _opened(collection) as file:
        pages = file.execute("SELECT version, topic, page, carries, words FROM pages").fetchall()
        wanted = {version for version, *of in pages if _carries(asked, version, *of)}
        if not wanted:
            carried = {
                name for *_, carries, _ in pages for name in json.loads(carries) if not name.startswith("safety:")
            }
            names = {name.partition(":")[2] for name in carried}
            raise ParameterError(f"nothing that was handed out is called {asked!r}, or says so. {known(asked, sorted(names | {topic for _, topic, *_ in pages}))}")  # fmt: skip
        found = file.execute(
            "SELECT id, topic, page, version, day, place, made FROM handouts JOIN pages USING (version) ORDER BY day, place, id"
        )
        return [
            HandedOut(name, topic, page, version, day, place, bool(made))
            for name, topic, page, version, day, place, made in found
            if version in wanted
        ]


def _carries(asked: str, version: str, topic: str, page: str, carries: str, words: bytes) -> bool:
    names = {topic, page, page.removesuffix(".html"), version}
    names |= {name.partition(":")[2] for name in json.loads(carries)}
    if asked in names:
        return True
    text = _plain(asked)
    return len(text) >= FEWEST_LETTERS and text in _plain(zlib.decompress(words).decode())


def _plain(text: str) -> str:
    return " ".join(text.translate(QUOTES).split()).casefold()


def _path(collection: Collection) -> Path:
    return collection.personal / FILE


@contextmanager
def _opened(collection: Collection) -> Iterator[sqlite3.Connection]:
    path = _path(collection)
    if not path.is_file():
        raise OutputError(f"{path}: is not there: no batch of this collection has been recorded on this machine.")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
            yield file
    except sqlite3.Error as error:
        raise OutputError(f"{path}: cannot be read ({error}).") from None
