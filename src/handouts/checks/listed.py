"""Rules about words that a collection itself lists: what no page may say, and what each must answer; and about numbers side by side."""

import re

from handouts.checks.findings import ERROR, Finding, Findings
from handouts.checks.readers import Reader
from handouts.collection import layouts
from handouts.collection.evidence import Fact
from handouts.page.citations import CITE

ANSWERED_BY_SAFETY = "safety"
"""What data/questions.csv calls the safety text, where it names cells."""
OF_SO_MANY = re.compile(r"\b[\d,]+ (?:of|in)(?: every)? ([\d,]+)\b")
FACT = re.compile(r"\[=([\w-]+)\]")


def never_say(reader: Reader) -> Findings:
    """Find what data/never-say.csv lists, in text, tables, captions and the safety text of a page with words of its own."""
    if reader.articles:
        return
    rows = reader.collection.tables.rows(layouts.NEVER_SAY)
    told = [*reader.blocks(), *(words for _, one in reader.captions() for words in (one.title, one.text))]
    for row in rows:
        pieces = [re.escape(" ".join(piece.split())) for piece in row["phrase"].split("...")]
        phrase = re.compile(r"\b" + r"\b(?:\W+\w+){0,5}?\W+\b".join(pieces) + r"\b", re.I)
        for block in told:
            if phrase.search(" ".join(block.split())):
                message = f"says {row['phrase']!r}, which no page may say. {row['say']}"
                yield Finding("never-say", ERROR, reader.file, "", block[:100], message)


def question(reader: Reader) -> Findings:
    """Find questions of data/questions.csv that this reader, who asks them, gets no answer to."""
    if reader.articles:
        return
    there = {cell.id for cell in reader.cells} | ({ANSWERED_BY_SAFETY} if reader.safety else set())
    mine = {f"{name}:{value}" for name, value in reader.values.items()}
    for row in reader.collection.tables.rows(layouts.QUESTIONS):
        asked = row["topic"] == reader.topic.name and (not row.get("only") or row["only"] in mine)
        if asked and not there & set(row["cells"].split()):
            told = (
                f"readers {reader.who} get no answer to {row['question']!r}: the page has none of the cells {row['cells']}. "
                "Answer it, or name the cell that does in data/questions.csv."
            )
            yield Finding("question", ERROR, reader.file, "", "", told)


def side_by_side(reader: Reader) -> Findings:
    """Find numbers in one row of a table that are not counted alike: out of different numbers, or of facts of different things."""
    facts = reader.collection.facts
    for file, row, _ in () if reader.articles else reader.table_rows():
        cells = [re.sub(CITE, "", cell) for cell in row.values()]
        named = [facts[name] for cell in cells for name in FACT.findall(cell) if name in facts]
        counted = {of for cell in cells for of in OF_SO_MANY.findall(cell)}
        if len({(fact.denominator, fact.unit) for fact in named if isinstance(fact, Fact)}) > 1 or len(counted) > 1:
            told = "has numbers side by side that are not counted alike. Tell them out of the same number, of the same thing, or in words."
            yield Finding("denominator", ERROR, file, next(iter(row.values())), "", told)
