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
    between = fact.high - fact.low
    lighter = f", and {between:,} more are lighter: studies disagree about them" if between else ""
    alt = (
        f"{fact.denominator:,} marks, one for each of {fact.denominator:,} {fact.unit}. {fact.low:,} are dark{lighter}."
    )
    described = [f"{fact.denominator - fact.high:,} marks are empty.", f"Counted in: {fact.population}."]
    wide, narrow = Sheet(PAPER), Sheet(PHONE)
    return Diagram(
        name=f"fact-{name}",
        title=fact.sentence.rstrip("."),
        caption=fact.confidence,
        alt=alt,
        description=described,
        svg=wide.svg(_draw(wide, fact, COLUMNS), f"fact-{name}", alt),
        narrow=narrow.svg(_draw(narrow, fact, COLUMNS // 2), f"fact-{name}-narrow", alt),
        sources=fact.sources,
    )


def _draw(sheet: Sheet, fact: Fact, columns: int) -> float:
    assert fact.denominator is not None
    gap = 0.5  # after each ten marks and after each five rows, as a share of a mark
    step = sheet.width / (columns + gap * ((columns - 1) // 10))
    side = 0.72 * step
    ink = drawing.ink()
    for begin, end, colour in (
        (0, fact.low, ink),
        (fact.low, fact.high, tint(ink, 0.5)),
        (fact.high, fact.denominator, tint(ink, 0.14)),
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
    lighter = f", lighter: up to {fact.high:,}" if fact.high > fact.low else ""
    told = words(f"Dark: {fact.low:,}{lighter}, out of {fact.denominator:,} {fact.unit}.", sheet.width, "bold")
    return sheet.put(told, 0, bottom + 0.4 * em())
