"""The shapes that diagrams are drawn in: each function draws the rows of a table on a sheet, and returns its height in points.

None of them knows what it shows: options, in any number, are columns, frames or colours.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from handouts.collection.clinic import Option
from handouts.collection.csvfile import Row
from handouts.collection.evidence import Fact
from handouts.collection.phrases import Phrases
from handouts.show import descriptions
from handouts.show.drawing import Sheet, tint
from handouts.show.pen import STYLE
from handouts.show.pictures import Symbol

PICTURE, PICTURE_SHAPE = 5.0, 1.4
"""How wide the picture of a step is, in em, and how much wider than high."""
NARROWEST_WORDS = 8.0
"""Width from which words stand beside a picture, in em; else they stand below it."""
NARROWEST_COLUMN = 9.0
"""Width from which columns stand side by side, in em, with the gap after one."""


COLOURS = [f"#{colour.lstrip('#')}" for colour in STYLE["axes.prop_cycle"].by_key()["color"]]
"""A colour for each option, in turn."""


@dataclass(frozen=True)
class Look:
    """How an option looks in every diagram: its name, colour and corners."""

    name: str
    label: str
    colour: str
    rounded: bool


@dataclass(frozen=True)
class Drawing:
    """What a shape is drawn with: the looks of the options, symbols by name, the words of the page's language, and facts by name."""

    looks: Sequence[Look]
    symbol: Callable[[str], Symbol]
    say: Phrases
    facts: Mapping[str, Fact]

    @property
    def plain(self) -> Look:
        """How a diagram looks that compares nothing: as the first option, where there is one."""
        return self.looks[0] if self.looks else Look("", "", COLOURS[0], rounded=False)


def look_of(option: Option) -> Look:
    """Return how `option` looks, by its number among those it is compared with."""
    return Look(option.name, option.label, COLOURS[(option.colour - 1) % len(COLOURS)], option.colour % 2 == 0)


def _columns(sheet: Sheet, count: int) -> list[tuple[float, float]]:
    """Return left edge and width of `count` columns, or of one as often where so many do not fit."""
    gap = 1.5 * sheet.em
    if sheet.width < count * NARROWEST_COLUMN * sheet.em:
        return [(0, sheet.width)] * count
    width = (sheet.width - (count - 1) * gap) / count
    return [(at * (width + gap), width) for at in range(count)]


Groups = Sequence[tuple[Sequence[str], str, list[str]]]
"""What is of the same options: these, a heading, and the words."""


def _head(sheet: Sheet, look: Look, x: float, y: float, width: float) -> float:
    block = sheet.words(look.label, width - sheet.em, "bold", "white")
    sheet.box(x, y, width, block.height + 0.8 * sheet.em, look.colour, fill=look.colour, rounded=look.rounded)
    sheet.put(block, x + width / 2, y + 0.4 * sheet.em, "center")
    return y + block.height + 0.8 * sheet.em


def paths(sheet: Sheet, rows: list[Row], drawing: Drawing) -> float:
    """Draw one path an option: its steps in boxes, each with its picture where it has one, joined by arrows. Boxes of one step are level."""
    looks = drawing.looks
    columns = _columns(sheet, len(looks))
    pad, arrow = 0.5 * sheet.em, 1.0 * sheet.em
    side_by_side = columns[0] != columns[-1]
    width = columns[0][1]
    pictured = PICTURE * sheet.em if "picture" in rows[0] else 0.0
    indent = 1.5 * sheet.em
    beside = width - indent - pictured - 3 * pad
    below = bool(pictured) and beside < NARROWEST_WORDS * sheet.em
    paths = [
        [
            (row, sheet.words(row["text"], width - indent - 2 * pad if below else beside))
            for row in rows
            if row["option"] == look.name
        ]
        for look in looks
    ]
    deepest = max(len(path) for path in paths)
    tall = pictured / PICTURE_SHAPE
    heights = [[tall + block.height if below else max(tall, block.height) for _, block in path] for path in paths]
    level = [max(path[step] for path in heights if step < len(path)) for step in range(deepest)]
    top = bottom = 0.0
    for look, path, own, (x, _) in zip(looks, paths, heights, columns, strict=True):
        y = _head(sheet, look, x, top, width)
        for at, (row, block) in enumerate(path):
            sheet.arrow(x + width / 2, y, arrow, look.colour)
            y += arrow
            height = (level[at] if side_by_side else own[at]) + 2 * pad
            sheet.box(x, y, width, height, look.colour, fill=tint(look.colour, 0.08), rounded=look.rounded)
            over = tall if below else 0.0
            middle = y + over + (height - over - block.height) / 2
            sheet.put(sheet.words(row["step"], indent, "bold", look.colour), x + pad, middle)
            if pictured:
                shown, left = drawing.symbol(row["picture"]), x + pad + indent
                room = (width - 2 * pad - 2 * indent, tall) if below else (pictured, height - 2 * pad)
                sheet.symbol(shown, left, y + pad, *room, look.colour)
            sheet.put(block, x + pad + indent + (0.0 if below else pictured + pad), middle)
            y += height
        bottom = max(bottom, y)
        top = 0.0 if side_by_side else bottom + 1.5 * sheet.em
    return bottom


def overlap(sheet: Sheet, rows: list[Row], drawing: Drawing) -> float:
    """Draw what options share: two frames that overlap, or, of more, a group for each that share, with a bar for each of them."""
    looks = drawing.looks
    groups = descriptions.group_shared(rows, {look.name: look.label for look in looks}, drawing.say)
    return _frames(sheet, groups, looks) if len(looks) == 2 else _bars(sheet, groups, looks)


def _bars(sheet: Sheet, groups: Groups, looks: Sequence[Look]) -> float:
    """Draw a box for each group, and at its left a bar in the place of each option that it is of; others' places stay empty."""
    pad, bar = 0.7 * sheet.em, 0.9 * sheet.em
    left = len(looks) * bar + 0.5 * sheet.em
    y = 0.0
    for names, heading, told in groups:
        if not told:
            continue
        colour = next(look.colour for look in looks if look.name == names[0]) if len(names) == 1 else sheet.ink
        width = sheet.width - left - 2 * pad
        blocks = [sheet.words(heading, width, "bold", colour), *(sheet.words(one, width) for one in told)]
        height = sum(block.height for block in blocks) + 2 * pad
        for at, look in enumerate(looks):
            if look.name in names:
                sheet.box(at * bar, y, 0.65 * bar, height, look.colour, fill=look.colour)
        sheet.box(left, y, sheet.width - left, height, colour, fill=tint(colour, 0.05))
        below = y + pad
        for block in blocks:
            below = sheet.put(block, left + pad, below)
        y += height + 0.5 * sheet.em
    return y - 0.5 * sheet.em


def _frames(sheet: Sheet, groups: Groups, looks: Sequence[Look]) -> float:
    """Draw two frames that lie over one another, the second lower: what both share stands where they overlap."""
    first, second = looks
    pad, gap, shift = 0.7 * sheet.em, 0.35 * sheet.em, 0.8 * sheet.em
    side_by_side = sheet.width >= 30 * sheet.em
    shared = 10 * sheet.em
    widths = [(sheet.width - shared) / 2, shared, (sheet.width - shared) / 2] if side_by_side else [sheet.width - 2 * shift] * 3  # fmt: skip
    blocks = [
        [sheet.words(heading, width - 2 * pad, "bold", colour), *(sheet.words(goal, width - 2 * pad) for goal in goals)]
        for (_, heading, goals), width, colour in zip(
            groups, widths, [first.colour, sheet.ink, second.colour], strict=True
        )
    ]
    heights = [sum(block.height + gap for block in group) - gap + 2 * pad for group in blocks]
    if side_by_side:
        lower = 1.6 * sheet.em
        inside = max(heights)
        corners = [(0.0, 0.0), (widths[0], lower), (widths[0] + widths[1], lower)]
        frames = [
            (0.0, 0.0, widths[0] + shared, inside + lower),
            (widths[0], lower, shared + widths[2], inside + lower),
        ]
        both = (widths[0], lower, shared, inside)
        height = inside + 2 * lower
    else:
        height = sum(heights)
        corners = [(shift, 0.0), (shift, heights[0]), (shift, heights[0] + heights[1])]
        frames = [
            (0.0, 0.0, sheet.width - shift, heights[0] + heights[1]),
            (shift, heights[0], sheet.width - shift, heights[1] + heights[2]),
        ]
        both = (shift, heights[0], sheet.width - 2 * shift, heights[1])
    for look, frame in zip((first, second), frames, strict=True):
        sheet.box(*frame, look.colour, fill=tint(look.colour, 0.08), rounded=look.rounded)
    sheet.box(*both, "none", fill="white")
    for look, frame in zip((first, second), frames, strict=True):
        sheet.box(*frame, look.colour, rounded=look.rounded)
    for group, (x, y) in zip(blocks, corners, strict=True):
        y += pad
        for block in group:
            y = sheet.put(block, x + pad, y) + gap
    return height


def grid(sheet: Sheet, rows: list[Row], drawing: Drawing) -> float:
    """Draw a column an option, with its answers to the same questions; those to one question are level."""
    looks = drawing.looks
    columns = _columns(sheet, len(looks))
    side_by_side = columns[0] != columns[-1]
    width = columns[0][1]
    pad = 0.6 * sheet.em
    questions = list(dict.fromkeys(row["question"] for row in rows))
    answers = {(row["option"], row["question"]): sheet.words(row["text"], width - 2 * pad) for row in rows}
    level = {
        asked: max(block.height for (_, question), block in answers.items() if question == asked) for asked in questions
    }
    top = bottom = 0.0
    for look, (x, _) in zip(looks, columns, strict=True):
        y = top + sheet.words(look.label, width - sheet.em, "bold").height + 0.8 * sheet.em + pad
        placed = []
        for question in questions:
            block = answers[look.name, question]
            asked = sheet.words(question, width - 2 * pad, "bold", look.colour)
            placed.append((asked, y))
            y += asked.height
            placed.append((block, y))
            y += (level[question] if side_by_side else block.height) + pad
        sheet.box(x, top, width, y - top, look.colour, fill=tint(look.colour, 0.08), rounded=look.rounded)
        _head(sheet, look, x, top, width)
        for block, at in placed:
            sheet.put(block, x + pad, at)
        bottom = max(bottom, y)
        top = 0.0 if side_by_side else bottom + 1.2 * sheet.em
    return bottom
