"""Reviews on record: who signed the words of which page, when, until when, and what words these were.

A review counts for a page as long as its words have the digest that was signed, and for nothing else. What was signed is
kept word for word in data/reviews/, so that the next reviewer sees what changed.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date

from handouts import files
from handouts.collection import page_layouts
from handouts.collection.csvfile import Tables, write_table
from handouts.collection.edit_tables import add_rows, read_rows
from handouts.errors import DataError

FOLDER = "reviews"
"""The folder in data/ with what was signed, a file of lines a digest."""


@dataclass(frozen=True)
class Review:
    """That somebody signed the words with this `digest`; `reader` names the page, such as "general plain"; `language` is empty for the collection's own."""

    topic: str
    reader: str
    by: str
    role: str
    on: str
    due: str
    digest: str
    language: str = ""

    @property
    def who(self) -> str:
        """Who signed, with their role."""
        return f"{self.by}, {self.role}"

    def overdue(self, today: date | None) -> bool:
        """Tell whether the next review was due before `today`; where that is None, nobody asks."""
        return bool(today and date.fromisoformat(self.due) < today)


def read_reviews(tables: Tables) -> tuple[Review, ...]:
    """Return the reviews, the earliest first. Raises DataError."""
    rows = tables.rows(page_layouts.REVIEWS)
    for row in rows:
        if not row["on"] < row["due"]:
            raise DataError(f"data/reviews.csv, {row['topic']}, {row['reader']}: the review of {row['on']} is due again on {row['due']}, which is no later day. Put a later day.")  # fmt: skip
    found = [Review(**{field.name: row[field.name] for field in fields(Review)}) for row in rows]
    return tuple(sorted(found, key=lambda one: one.on))


def digest_lines(lines: Sequence[str]) -> str:
    """Return the digest of the words of a page."""
    return hashlib.sha256(_text(lines)).hexdigest()[:16]


def read_signed(tables: Tables, digest: str) -> list[str] | None:
    """Return the lines that were signed, or None where they are not kept as they were. Raises DataError."""
    content = tables.files_named(f"{FOLDER}/{digest}.txt")
    if content is None:
        return None
    lines = content.decode("utf-8", "replace").splitlines()
    return lines if digest_lines(lines) == digest else None


def record_reviews(tables: Tables, new: Iterable[tuple[Review, Sequence[str]]]) -> None:
    """Add reviews with the lines that were signed; those on record stay. Raises OutputError."""
    signed = list(new)
    for review, lines in signed:
        files.write(tables.folder / FOLDER / f"{review.digest}.txt", _text(lines), durable=True)
    table = tables.folder / page_layouts.REVIEWS.file
    columns = list(page_layouts.REVIEWS.columns)
    if not table.is_file() or (any(review.language for review, _ in signed) and "language" not in read_rows(table)[0]):
        files.write(table, write_table(columns, tables.rows(page_layouts.REVIEWS)).encode(), durable=True)
    add_rows(table, [asdict(review) for review, _ in signed])


def _text(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
