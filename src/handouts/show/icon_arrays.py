"""Icon arrays: a fact of data/facts.csv drawn as one mark for each person or treatment.

Every array has the same number of marks, so that two can be read in the same way: a disc for a person,
a square for anything else. The best estimate is dark; where a fact has only a lowest and a highest
number, the marks between the two are gray. Those that nothing is told of are small and pale.
"""

from handouts.collection import Collection
from handouts.collection.evidence import Fact
from handouts.errors import DataError, known
from handouts.show.diagrams import PAPER, PHONE, Diagram
from handouts.show.drawing import Sheet, tint

ROWS, COLUMNS = 20, 50
"""How a thousand marks lie. Five by ten make a block."""


def draw_icons(collection: Collection, name: str, em: float) -> Diagram:
    """Draw the fact `name` as an icon array, its text `em` points large. Raises DataError for a fact without a denominator."""
    facts = collection.facts
    if name not in facts:
        raise DataError(f"icons({name!r}): there is no fact of this name. {known(name, facts)}")
    fact = facts[name]
    if fact.denominator != ROWS * COLUMNS:
        raise DataError(
            f"data/facts.csv, fact {name}, column denominator: an icon array shows {ROWS * COLUMNS}, so that all can be compared. "
            "Write the fact out of that many."
        )
    alt = f"{fact.denominator:,} marks. {_told(fact)}"
    described = [f"Counted in: {fact.population}."]
    wide, narrow = Sheet(PAPER, em), Sheet(PHONE, em)
    return Diagram(
        name=f"fact-{name}",
        title=fact.sentence.rstrip("."),
        caption=fact.confidence,
        alt=alt,
        description=described,
        svg=wide.svg(_draw(wide, fact), f"fact-{name}", alt),
        narrow=narrow.svg(_draw(narrow, fact), f"fact-{name}-narrow", alt),
        sources=fact.sources,
    )


def _key(fact: Fact) -> list[tuple[int, str, str]]:
    """Return how many marks that something is told of have each colour, from the darkest, with what is told."""
    ink, gray = Sheet.ink, tint(Sheet.ink, 0.5)
    if fact.best:
        return [(fact.best, ink, f"about {fact.best:,} {fact.what} (dark).")]
    if fact.low == fact.high:
        return [(fact.low, ink, f"{fact.low:,} {fact.what} (dark).")]
    if fact.low == 0:
        return [(fact.high, gray, f"at most {fact.high:,} {fact.what} (gray).")]
    return [
        (fact.low, ink, f"{fact.low:,} {fact.what} (dark),"),
        (fact.high - fact.low, gray, f"or {fact.high:,} (dark and gray)."),
    ]


def _told(fact: Fact) -> str:
    """Tell what the marks are."""
    return f"In {fact.denominator:,} {fact.unit}: {' '.join(told for _, _, told in _key(fact))}"


def _draw(sheet: Sheet, fact: Fact) -> float:
    gap = 0.5  # after each ten marks and after each five rows, as a share of a mark
    step = min(sheet.width / (COLUMNS + gap * ((COLUMNS - 1) // 10)), 0.42 * sheet.em)
    groups = [(many, colour, 0.76) for many, colour, _ in _key(fact)]
    rest = ROWS * COLUMNS - sum(many for many, _, _ in groups)
    mark = 0
    for many, colour, share in (*groups, (rest, tint(sheet.ink, 0.35), 0.36)):
        runs = []
        end = mark + many
        while mark < end:
            row, column = divmod(mark, COLUMNS)
            count = min(end - mark, 10 - column % 10)
            middle = (column + gap * (column // 10) + 0.5) * step
            runs.append((middle, (row + gap * (row // 5) + 0.5) * step, count))
            mark += count
        sheet.marks(runs, share * step, step, colour, discs=fact.unit == "people")
    bottom = step * (ROWS + gap * ((ROWS - 1) // 5)) + 0.2 * sheet.em
    return sheet.put(sheet.words(_told(fact), sheet.width, "bold"), 0, bottom)
