"""The clinic's article, word for word, in sections and sentences."""

from dataclasses import dataclass

from handouts.collection.clinic import read_topics
from handouts.collection.csvfile import one_of, read_table, text
from handouts.collection.folder import Collection
from handouts.collection.sentences import split
from handouts.errors import DataError


@dataclass(frozen=True)
class Section:
    """A heading of the article, the topic it belongs to, and its sentences; a bullet is a sentence too."""

    heading: str
    topic: str
    sentences: list[str]


def read_article(collection: Collection) -> list[Section]:
    """Return the sections of the article in their order, without the lines that are left out.

    Raises DataError where `article-left-out.csv` or `article-sections.csv` names a line that the
    article does not have, or has more than once.
    """
    try:
        lines = [line.strip() for line in (collection.data / "article.txt").read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"data/article.txt: cannot be read ({error}). Put it back from version control.") from error
    rules = {"line": text, "why": text}
    left_out = read_table(collection.data / "article-left-out.csv", rules, key=["line"], optional=True)
    topic = one_of(*read_topics(collection))
    headings = read_table(collection.data / "article-sections.csv", {"section": text, "topic": topic}, key=["section"])
    for table, column, rows in (("left-out", "line", left_out), ("sections", "section", headings)):
        for count, row in enumerate(rows, start=2):
            if (times := lines.count(row[column])) != 1:
                raise DataError(
                    f"data/article-{table}.csv row {count}, column {column}: {row[column]!r} is {times} lines of "
                    "data/article.txt and must be one. Copy the line from the article."
                )
    topics = {row["section"]: row["topic"] for row in headings}
    dropped = {row["line"] for row in left_out}
    sections: list[Section] = []
    for line in lines:
        if line in topics:
            sections.append(Section(line, topics[line], []))
        elif line and line not in dropped:
            if not sections:
                raise DataError(f"data/article.txt: the line {line!r} stands before the first section.")
            sections[-1].sentences.extend(split(line.removeprefix("•")))
    return sections
