"""Rules about what a collection lists itself: what no page may say, what each must answer, and what its facts were counted in."""

import re

from handouts.checks.findings import ERROR, Finding, Findings
from handouts.checks.readers import Reader
from handouts.collection import layouts
from handouts.collection.evidence import Fact
from handouts.page.citations import CITE

ANSWERED_BY_SAFETY = "safety"
"""What data/questions.csv calls the safety text, where it names cells."""
OF_SO_MANY = re.compile(r"\b[\d,]+ (?:of|in)(?: every)? ([\d,]+)\b")
PERCENT = re.compile(r"([\d,.]*\d)\s*(?:%|percent)")
RATIO = re.compile(r"([\d,.]*\d) (?:in|of|per|out of) ([\d,.]*\d)")
PLAIN = re.compile(r"\d[\d,.]*")
ROUNDED = 0.02
"""How far a number that is told may lie from what was counted, as a share of it."""
FACT = re.compile(r"\[=([\w-]+)\]")


def never_say(reader: Reader) -> Findings:
    """Find what data/never-say.csv lists, in text, tables, captions and the safety text of a page with words of its own."""
    if reader.articles:
        return
    rows = reader.collection.tables.rows(layouts.NEVER_SAY)
    words = [*reader.blocks(), *(said for _, one in reader.captions() for said in (one.title, one.text))]
    told = [" ".join(block.split()) for block in words]
    for row in rows:
        pieces = [re.escape(" ".join(piece.split())) for piece in row["phrase"].split("...")]
        phrase = re.compile(r"\b" + r"\b(?:\W+\w+){0,5}?\W+\b".join(pieces) + r"\b", re.I)
        for block in told:
            if phrase.search(block):
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
        if len({(fact.denominator, fact.unit) for fact in named}) > 1 or len(counted) > 1:
            told = "has numbers side by side that are not counted alike. Tell them out of the same number, of the same thing, or in words."
            yield Finding("denominator", ERROR, file, next(iter(row.values())), "", told)


def counted(reader: Reader) -> Findings:
    """Find facts of a page whose numbers are not those of the column `counted`, rounded, or whose sentence names another unit."""
    facts = reader.collection.facts
    drawn = [
        row.get("fact", "") for _, name, _ in reader.shown("diagram") for row in reader.collection.tables.shown(name)
    ]
    for name in dict.fromkeys([*reader.facts(), *filter(None, drawn)]):
        fact = facts.get(name)
        if fact is None or fact.is_own:
            continue
        known = _counted(fact)
        for told in [fact.best] if fact.best else [fact.low, fact.high]:
            if told and not any(abs(one - told) <= max(0.5, ROUNDED * told) for one in known):
                message = f"tells {told:g}, which is not what its column counted says. Mend the number, or say there where it comes from."
                yield Finding("number", ERROR, "data/facts.csv", name, fact.sentence, message)
        if fact.unit not in fact.sentence:
            message = f"is counted in {fact.unit}, and its sentence does not say so. Say the unit that was counted."
            yield Finding("number", ERROR, "data/facts.csv", name, fact.sentence, message)


def _counted(fact: Fact) -> list[float]:
    """Return the numbers of what was counted: as they stand, and out of the fact's denominator."""
    text, of = fact.counted, fact.denominator or 100

    def number(digits: str) -> float:
        return float(digits.replace(",", "").rstrip("."))

    found = [number(one) for one in PLAIN.findall(text)]
    found += [number(one) * of / 100 for one in PERCENT.findall(text)]
    return found + [number(some) / number(all_) * of for some, all_ in RATIO.findall(text) if number(all_)]
