"""A shape that shows how many: groups of a hundred people, or of other things. It draws rows on a sheet, and returns its height in points."""

from math import ceil

from handouts.collection.csvfile import Row
from handouts.show.drawing import LINE_HEIGHT, Sheet, tint
from handouts.show.shapes import Drawing

PEOPLE = "people"
"""The unit of a fact whose marks are people."""
NARROWEST_GROUP = 8.5
"""Width from which groups stand side by side, in em."""
PALE = tint(Sheet.ink, 0.35)
"""The colour of those of whom it is not told: paper and gray printing show it (2:1 on white)."""
ACROSS = 10
"""How many stand in a row of a group."""


def groups(sheet: Sheet, rows: list[Row], drawing: Drawing) -> float:
    """Draw a group for each row, of as many as its fact is counted in: those of whom it is told are dark, the others pale."""
    gap = 1.4 * sheet.em
    side_by_side = sheet.width >= len(rows) * (NARROWEST_GROUP * sheet.em + gap) - gap
    width = (sheet.width - gap * (len(rows) - 1)) / len(rows) if side_by_side else sheet.width
    across = ACROSS if side_by_side else 2 * ACROSS
    step = min(width / across, 1.05 * sheet.em)
    heads = [sheet.words(row["label"], width, "bold") for row in rows]
    y, bottom = 0.0, 0.0
    for count, (row, head) in enumerate(zip(rows, heads, strict=True)):
        x = count * (width + gap) if side_by_side else 0.0
        fact = drawing.facts[row["fact"]]
        top = y + (max(block.height for block in heads) - head.height if side_by_side else 0)
        top = sheet.put(head, x, top)
        many = fact.best or fact.high
        top = sheet.put(sheet.words(drawing.say("of_so_many", count=many, of=fact.denominator or 0), width), x, top)
        top += 0.3 * sheet.em
        dark = _runs(0, many, across)
        pale = _runs(many, fact.denominator or 0, across)
        for runs, colour in ((dark, sheet.ink), (pale, PALE)):
            _marks(sheet, [(x + column * step, top + line * step, length) for line, column, length in runs], step, colour, people=fact.unit == PEOPLE)  # fmt: skip
        end = top + ceil((fact.denominator or 0) / across) * step
        bottom = max(bottom, end)
        if not side_by_side:
            y = end + 0.9 * sheet.em
    what = drawing.facts[rows[0]["fact"]].what
    bottom += 0.5 * sheet.em
    key, below = 0.0, bottom
    for told, colour in ((what, sheet.ink), (drawing.say("the_others"), PALE)):
        wide = 1.3 * step + sheet.width_of(told)
        if key and key + wide > sheet.width:  # a phone is narrow: under the first
            key, bottom = 0.0, below
        middle = bottom + LINE_HEIGHT * sheet.em / 2
        _marks(sheet, [(key, middle - step / 2, 1)], step, colour, people=drawing.facts[rows[0]["fact"]].unit == PEOPLE)
        below = sheet.put(sheet.words(told, sheet.width - 1.3 * step), key + 1.3 * step, bottom)
        key += wide + 1.5 * sheet.em
    return below


def _runs(start: int, end: int, across: int) -> list[tuple[int, int, int]]:
    """Return the rows of marks from `start` to `end`: line, column, and how many."""
    runs = []
    while start < end:
        line, column = divmod(start, across)
        length = min(across - column, end - start)
        runs.append((line, column, length))
        start += length
    return runs


def _marks(sheet: Sheet, runs: list[tuple[float, float, int]], step: float, colour: str, *, people: bool) -> None:
    """Put runs of marks, each given by the upper left corner of its first: a head above shoulders, or a square."""
    if not people:
        sheet.marks([(x + step / 2, y + step / 2, many) for x, y, many in runs], 0.76 * step, step, colour)
        return
    sheet.marks([(x + step / 2, y + 0.24 * step, many) for x, y, many in runs], 0.34 * step, step, colour, discs=True)
    sheet.marks([(x + step / 2, y + 0.68 * step, many) for x, y, many in runs], 0.46 * step, step, colour)
