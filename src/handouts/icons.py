"""Icon arrays: a fact of data/facts.csv drawn as one small mark for each person or treatment.

Every array has the same number of marks, so that two can be read in the same way; where studies
disagree the marks between the lower and the higher number are drawn lighter.
"""

from handouts import drawing
from handouts.collection import find
from handouts.diagrams import PAPER, PHONE, Diagram
from handouts.drawing import Sheet, em, tint, words
from handouts.errors import DataError, known
from handouts.evidence import Fact, read_facts

ROWS, COLUMNS = 10, 100
"""How a thousand marks lie on paper; on a phone it is 20 by 50. Five by ten make a block."""


SMALL = 14.0
"""The print size, in points, up to which marks may be as small as a hundred in a line."""


def icons(name: str) -> Diagram:
    """Draw the fact `name` as an icon array. Raises DataError for a fact without a denominator."""
    facts = read_facts(find())
    if name not in facts:
        raise DataError(f"icons({name!r}): there is no fact of this name. {known(name, facts)}")
    fact = facts[name]
    if fact.denominator != ROWS * COLUMNS:
        raise DataError(
            f"data/facts.csv, fact {name}, column denominator: an icon array shows {ROWS * COLUMNS}, so that all can be compared. "
            "Write the fact out of that many."
        )
    alt = f"{fact.denominator:,} marks for {fact.denominator:,} {fact.unit}. {_legend(fact)}"
    described = [f"Counted in: {fact.population}."]
    wide, narrow = Sheet(PAPER), Sheet(PHONE)
    return Diagram(
        name=f"fact-{name}",
        title=fact.sentence.rstrip("."),
        caption=fact.confidence,
        alt=alt,
        description=described,
        svg=wide.svg(_draw(wide, fact, COLUMNS if em() <= SMALL else COLUMNS // 2), f"fact-{name}", alt),
        narrow=narrow.svg(_draw(narrow, fact, COLUMNS // 2), f"fact-{name}-narrow", alt),
        sources=fact.sources,
    )


def _legend(fact: Fact) -> str:
    """Tell what the marks are."""
    counted = f"{fact.low:,} (dark)" if fact.low == fact.high else f"{fact.low:,} (dark) to {fact.high:,} (with gray)"
    return f"In {fact.denominator:,} {fact.unit}: {counted}{f' {fact.what}' if fact.what != fact.unit else ''}."


def _draw(sheet: Sheet, fact: Fact, columns: int) -> float:
    assert fact.denominator is not None
    gap = 0.5  # after each ten marks and after each five rows, as a share of a mark
    step = sheet.width / (columns + gap * ((columns - 1) // 10))
    side = 0.72 * step
    ink = drawing.ink()
    for begin, end, colour in (
        (0, fact.low, ink),
        (fact.low, fact.high, tint(ink, 0.5)),
        (fact.high, fact.denominator, tint(ink, 0.2)),
    ):
        runs = []
        mark = begin
        while mark < end:
            row, column = divmod(mark, columns)
            many = min(end - mark, 10 - column % 10, columns - column)
            x = step * (column + gap * (column // 10))
            runs.append((x, step * (row + gap * (row // 5)) + side / 2, many))
            mark += many
        sheet.marks(runs, side, step, colour)
    rows = fact.denominator // columns
    bottom = step * (rows + gap * ((rows - 1) // 5))
    told = words(_legend(fact), sheet.width, "bold")
    return sheet.put(told, 0, bottom + 0.4 * em())
