"""Icon arrays: a fact of data/facts.csv drawn as one mark for each person, day or whatever it counts.

An array has 100 marks or 1,000, as the fact is counted: a disc for a person, a square for anything else. The best estimate is dark; where a fact has only a lowest and a highest
number, the marks between the two are gray. Those that nothing is told of are small and pale.
"""

from handouts.collection import Collection
from handouts.collection.evidence import Fact
from handouts.collection.phrases import Phrases
from handouts.errors import DataError, known
from handouts.show.diagrams import PHONE, Diagram, sheets_for
from handouts.show.drawing import Sheet, tint
from handouts.show.quantities import PEOPLE

SHAPES = {100: (10, 10), 1000: (20, 50)}
"""Rows and columns of so many marks. Five by ten make a block."""


def draw_icons(collection: Collection, name: str, em: float) -> Diagram:
    """Draw the fact `name` as an icon array, its text `em` points large. Raises DataError for a fact without a denominator."""
    facts = collection.facts
    if name not in facts:
        raise DataError(f"icons({name!r}): there is no fact of this name. {known(name, facts)}")
    fact = facts[name]
    if fact.denominator not in SHAPES:
        raise DataError(
            f"data/facts.csv, fact {name}, column denominator: an icon array shows 100 or 1,000. Write the fact out of so many, "
            "and all facts of a page out of the same number."
        )
    say = collection.phrases
    told = _told(fact, say)
    alt = say("marks", count=f"{fact.denominator:,}", told=told)
    described = [say("counted_in", population=fact.population)]
    wide, narrow = sheets_for(collection, em, PHONE)
    return Diagram(
        name=f"fact-{name}",
        title=fact.sentence.rstrip("."),
        caption=fact.confidence,
        alt=alt,
        description=described,
        svg=wide.svg(_draw(wide, fact, told, say), f"fact-{name}", alt),
        narrow=narrow.svg(_draw(narrow, fact, told, say), f"fact-{name}-narrow", alt),
        sources=fact.sources,
    )


def _key(fact: Fact, say: Phrases) -> list[tuple[int, str, str]]:
    """Return how many marks that something is told of have each colour, from the darkest, with what is told."""
    ink, gray = Sheet.ink, tint(Sheet.ink, 0.5)
    if fact.best:
        return [(fact.best, ink, say("marks_about", count=f"{fact.best:,}", what=fact.what))]
    if fact.low == fact.high:
        return [(fact.low, ink, say("marks_exactly", count=f"{fact.low:,}", what=fact.what))]
    if fact.low == 0:
        return [(fact.high, gray, say("marks_at_most", count=f"{fact.high:,}", what=fact.what))]
    return [
        (fact.low, ink, say("marks_from", count=f"{fact.low:,}", what=fact.what)),
        (fact.high - fact.low, gray, say("marks_to", count=f"{fact.high:,}")),
    ]


def _told(fact: Fact, say: Phrases) -> str:
    """Tell what the marks are."""
    told = " ".join(told for _, _, told in _key(fact, say))
    return say("marks_told", count=f"{fact.denominator:,}", unit=fact.unit, told=told)


def _draw(sheet: Sheet, fact: Fact, told: str, say: Phrases) -> float:
    assert fact.denominator
    rows, columns = SHAPES[fact.denominator]
    gap = 0.5  # after each ten marks and after each five rows, as a share of a mark
    largest = 0.42 if columns == 50 else 1.0
    step = min(sheet.width / (columns + gap * ((columns - 1) // 10)), largest * sheet.em)
    groups = [(many, colour, 0.76) for many, colour, _ in _key(fact, say)]
    rest = fact.denominator - sum(many for many, _, _ in groups)
    mark = 0
    for many, colour, share in (*groups, (rest, tint(sheet.ink, 0.35), 0.36)):
        runs = []
        end = mark + many
        while mark < end:
            row, column = divmod(mark, columns)
            count = min(end - mark, 10 - column % 10)
            middle = (column + gap * (column // 10) + 0.5) * step
            runs.append((middle, (row + gap * (row // 5) + 0.5) * step, count))
            mark += count
        sheet.marks(runs, share * step, step, colour, discs=fact.unit == PEOPLE)
    bottom = step * (rows + gap * ((rows - 1) // 5)) + 0.2 * sheet.em
    return sheet.put(sheet.words(told, sheet.width, "bold"), 0, bottom)
