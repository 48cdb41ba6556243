"""The clinic's article, word for word, in sections and sentences."""

from collections.abc import Iterable
from dataclasses import dataclass

from handouts.collection import layouts
from handouts.collection.csvfile import Tables
from handouts.collection.rules import one_of
from handouts.collection.sentences import split
from handouts.errors import DataError


@dataclass(frozen=True)
class Section:
    """A heading of the article, the topic it belongs to, and its sentences; a bullet is a sentence too."""

    heading: str
    topic: str
    sentences: list[str]


def read_article(tables: Tables, topics: Iterable[str]) -> list[Section]:
    """Return the sections of the article in their order, each of one of `topics`, without the lines that are left out.

    None where the collection has no article. Raises DataError where `article-left-out.csv` or `article-sections.csv` names a line that the
    article does not have, or has more than once.
    """
    stored = tables.files_named("article.txt")
    if stored is None:
        return []
    try:
        lines = [line.strip() for line in stored.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        raise DataError(f"data/article.txt: cannot be read ({error}). Save it again as text in UTF-8.") from error
    left_out = tables.rows(layouts.ARTICLE_LEFT_OUT)
    headings = tables.rows(layouts.ARTICLE_SECTIONS, topic=one_of(*topics))
    for table, column, rows in (("left-out", "line", left_out), ("sections", "section", headings)):
        for count, row in enumerate(rows, start=2):
            if (times := lines.count(row[column])) != 1:
                raise DataError(
                    f"data/article-{table}.csv row {count}, column {column}: {row[column]!r} is {times} lines of "
                    "data/article.txt and must be one. Copy the line from the article."
                )
    topic_of = {row["section"]: row["topic"] for row in headings}
    dropped = {row["line"] for row in left_out}
    sections: list[Section] = []
    for line in lines:
        if line in topic_of:
            sections.append(Section(line, topic_of[line], []))
        elif line and line not in dropped:
            if not sections:
                raise DataError(f"data/article.txt: the line {line!r} stands before the first section.")
            sections[-1].sentences.extend(split(line.removeprefix("•")))
    return sections
