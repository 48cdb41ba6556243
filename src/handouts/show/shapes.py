"""The shapes that diagrams are drawn in: each function draws the rows of a table on a sheet, and returns its height in points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from handouts.collection.csvfile import Row
from handouts.show import descriptions
from handouts.show.drawing import LINE_HEIGHT, STYLE, Sheet, tint
from handouts.show.pictograms import pictogram

TWO_COLUMNS = 18.0
"""Width from which two columns stand side by side, in em."""


@dataclass(frozen=True)
class Look:
    """How a treatment looks in every diagram: its name, colour and corners."""

    name: str
    label: str
    colour: str
    rounded: bool


def looks_of(treatments: Mapping[str, str]) -> list[Look]:
    """Return how each of the `treatments` looks, label by name, in their order."""
    colours = cycle(STYLE["axes.prop_cycle"].by_key()["color"])
    return [
        Look(name, label, f"#{colour.lstrip('#')}", rounded)
        for (name, label), colour, rounded in zip(treatments.items(), colours, cycle((False, True)), strict=False)
    ]


def _plain_look(looks: Sequence[Look]) -> Look:
    """Return how a diagram looks that compares nothing: as the first treatment, where there is one."""
    return looks[0] if looks else Look("", "", Sheet.ink, rounded=False)


def _columns(sheet: Sheet) -> list[tuple[float, float]]:
    """Return left edge and width of two columns, or of one twice where two do not fit."""
    gap = 1.5 * sheet.em
    if sheet.width < TWO_COLUMNS * sheet.em:
        return [(0, sheet.width)] * 2
    width = (sheet.width - gap) / 2
    return [(0, width), (width + gap, width)]


def _head(sheet: Sheet, look: Look, x: float, y: float, width: float) -> float:
    block = sheet.words(look.label, width - sheet.em, "bold", "white")
    sheet.box(x, y, width, block.height + 0.8 * sheet.em, look.colour, fill=look.colour, rounded=look.rounded)
    sheet.put(block, x + width / 2, y + 0.4 * sheet.em, "center")
    return y + block.height + 0.8 * sheet.em


def approach(sheet: Sheet, rows: list[Row], looks: Sequence[Look]) -> float:
    """Draw one path a treatment: its steps in boxes, joined by arrows. Boxes of one step are level."""
    columns = _columns(sheet)
    pad, arrow = 0.6 * sheet.em, 1.3 * sheet.em
    side_by_side = columns[0] != columns[1]
    width = columns[0][1]
    indent = 1.5 * sheet.em
    paths = [
        [
            (row["step"], sheet.words(row["text"], width - indent - 2 * pad))
            for row in rows
            if row["treatment"] == look.name
        ]
        for look in looks
    ]
    deepest = max(len(path) for path in paths)
    level = [max(path[step][1].height for path in paths if step < len(path)) for step in range(deepest)]
    top = bottom = 0.0
    for look, path, (x, _) in zip(looks, paths, columns, strict=True):
        y = _head(sheet, look, x, top, width)
        for row, (step, block) in enumerate(path):
            sheet.arrow(x + width / 2, y, arrow, look.colour)
            y += arrow
            height = (level[row] if side_by_side else block.height) + 2 * pad
            sheet.box(x, y, width, height, look.colour, fill=tint(look.colour, 0.08), rounded=look.rounded)
            middle = y + (height - block.height) / 2
            sheet.put(sheet.words(step, indent, "bold", look.colour), x + pad, middle)
            sheet.put(block, x + pad + indent, middle)
            y += height
        bottom = max(bottom, y)
        top = 0.0 if side_by_side else bottom + 1.5 * sheet.em
    return bottom


def frames(sheet: Sheet, rows: list[Row], looks: Sequence[Look]) -> float:
    """Draw two frames that overlap: the goals of both treatments lie where both frames are."""
    first, second = looks
    groups = descriptions.shared(rows, {look.name: look.label for look in looks})
    pad, gap, shift = 0.7 * sheet.em, 0.35 * sheet.em, 0.8 * sheet.em
    side_by_side = sheet.width >= 30 * sheet.em
    across = [(sheet.width - 8 * sheet.em) / 2, 8 * sheet.em, (sheet.width - 8 * sheet.em) / 2]
    widths = across if side_by_side else [sheet.width - 2 * shift] * 3
    blocks = [
        [sheet.words(heading, width - 2 * pad, "bold", colour), *(sheet.words(goal, width - 2 * pad) for goal in goals)]
        for (heading, goals), width, colour in zip(
            groups, widths, [first.colour, sheet.ink, second.colour], strict=True
        )
    ]
    heights = [sum(block.height + gap for block in group) - gap + 2 * pad for group in blocks]
    if side_by_side:
        height = max(heights)
        corners = [(0.0, 0.0), (widths[0], 0.0), (widths[0] + widths[1], 0.0)]
        frames = [
            (0.0, 0.0, widths[0] + widths[1], height),
            (widths[0], 0.0, widths[1] + widths[2], height),
        ]
        overlap = (widths[0], 0.0, widths[1], height)
    else:
        height = sum(heights)
        corners = [(shift, 0.0), (shift, heights[0]), (shift, heights[0] + heights[1])]
        frames = [
            (0.0, 0.0, sheet.width - shift, heights[0] + heights[1]),
            (shift, heights[0], sheet.width - shift, heights[1] + heights[2]),
        ]
        overlap = (shift, heights[0], sheet.width - 2 * shift, heights[1])
    for look, frame in zip((first, second), frames, strict=True):
        sheet.box(*frame, look.colour, fill=tint(look.colour, 0.08))
    sheet.box(*overlap, "none", fill="white")
    for look, frame in zip((first, second), frames, strict=True):
        sheet.box(*frame, look.colour)
    for group, (x, y) in zip(blocks, corners, strict=True):
        y += pad
        for block in group:
            y = sheet.put(block, x + pad, y) + gap
    return height


def answers(sheet: Sheet, rows: list[Row], looks: Sequence[Look]) -> float:
    """Draw a column a profession: who, which model, which education; answers to one question are level."""
    columns = _columns(sheet)
    side_by_side = columns[0] != columns[1]
    width = columns[0][1]
    pad = 0.6 * sheet.em
    questions = list(dict.fromkeys(row["question"] for row in rows))
    answers = {(row["treatment"], row["question"]): sheet.words(row["text"], width - 2 * pad) for row in rows}
    level = {
        asked: max(block.height for (_, question), block in answers.items() if question == asked) for asked in questions
    }
    top = bottom = 0.0
    for look, (x, _) in zip(looks, columns, strict=True):
        y = top + sheet.words(look.label, width - sheet.em, "bold").height + 0.8 * sheet.em + pad
        placed = []
        for question in questions:
            block = answers[look.name, question]
            placed.append((sheet.words(question, width - 2 * pad, "bold", look.colour), y))
            y += LINE_HEIGHT * sheet.em
            placed.append((block, y))
            y += (level[question] if side_by_side else block.height) + pad
        sheet.box(x, top, width, y - top, look.colour, fill=tint(look.colour, 0.08), rounded=look.rounded)
        _head(sheet, look, x, top, width)
        for block, at in placed:
            sheet.put(block, x + pad, at)
        bottom = max(bottom, y)
        top = 0.0 if side_by_side else bottom + 1.2 * sheet.em
    return bottom


def steps(sheet: Sheet, rows: list[Row], looks: Sequence[Look]) -> float:
    """Draw numbered steps, one below the other, joined by a line."""
    look = _plain_look(looks)
    badge, gap = 1.9 * sheet.em, 0.9 * sheet.em
    steps = [(row["step"], sheet.words(row["text"], sheet.width - badge - 1.2 * sheet.em)) for row in rows]
    y = 0.0
    for count, (step, block) in enumerate(steps):
        height = max(badge, block.height)
        if count < len(steps) - 1:
            sheet.line(badge / 2, y + badge, height + gap - badge, look.colour)
        sheet.box(0, y, badge, badge, look.colour, fill=look.colour, rounded=True)
        sheet.put(
            sheet.words(step, badge, "bold", "white"), badge / 2, y + (badge - LINE_HEIGHT * sheet.em) / 2, "center"
        )
        first_line = y + max(0.0, (badge - block.height) / 2)
        sheet.put(block, badge + 0.8 * sheet.em, first_line)
        y += height + gap
    return y - gap


def path(sheet: Sheet, rows: list[Row], looks: Sequence[Look]) -> float:
    """Draw steps as small pictures with their words, side by side with arrows, or one below the other."""
    ink, pad, arrow = sheet.ink, 0.5 * sheet.em, 1.4 * sheet.em
    width = (sheet.width - arrow * (len(rows) - 1)) / len(rows)
    side_by_side = width >= 6.2 * sheet.em
    side = 2.7 * sheet.em
    if side_by_side:
        blocks = [sheet.words(row["text"], width - 2 * pad) for row in rows]
        height = 3 * pad + side + max(block.height for block in blocks)
        for count, (row, block) in enumerate(zip(rows, blocks, strict=True)):
            x = count * (width + arrow)
            sheet.box(x, 0, width, height, ink, fill=tint(ink, 0.04), rounded=True)
            sheet.put(sheet.words(row["step"], width, "bold"), x + pad, pad / 2)
            pictogram(sheet, row["picture"], x + (width - side) / 2, pad, side, ink)
            sheet.put(block, x + width / 2, 2 * pad + side, "center")
            if count:
                sheet.arrow(x - arrow, pad + side / 2, arrow, ink, sideways=True)
        return height
    y = 0.0
    for count, row in enumerate(rows):
        block = sheet.words(row["text"], sheet.width - side - 6 * pad)
        height = max(side, block.height) + 2 * pad
        if count:
            sheet.arrow(3 * pad + side / 2, y, arrow, ink)
            y += arrow
        sheet.box(0, y, sheet.width, height, ink, fill=tint(ink, 0.04), rounded=True)
        pictogram(sheet, row["picture"], 3 * pad, y + (height - side) / 2, side, ink)
        sheet.put(sheet.words(row["step"], side, "bold"), pad, y + pad / 2)
        sheet.put(block, side + 5 * pad, y + (height - block.height) / 2)
        y += height
    return y


def layers(sheet: Sheet, rows: list[Row], looks: Sequence[Look]) -> float:
    """Draw a needle from above the first layer to a spot in the last, the words of each layer and of the spot beside it."""
    look = _plain_look(looks)
    pad = 0.35 * sheet.em
    picture = 0.32 * sheet.width
    blocks = [sheet.words(row["text"], sheet.width - picture - 2 * pad) for row in rows]
    heights = [block.height + 2 * pad for block in blocks]
    middle = picture / 2
    tops = [sum(heights[:count]) for count in range(len(rows))]
    for count in range(1, len(rows) - 1):
        height = heights[count] if count < len(rows) - 2 else heights[count] + heights[-1]
        sheet.box(0, tops[count], picture, height, look.colour, fill=tint(look.colour, 0.05 * count))
    for top, block in zip(tops, blocks, strict=True):
        sheet.put(block, picture + 2 * pad, top + pad)
    tip = tops[-1] + heights[-1] / 2
    sheet.disc(middle, tip, 0.42 * heights[-1], tint(look.colour, 0.45))
    sheet.stroke([(middle + 0.5 * heights[-1], tip), (picture + pad, tip)], look.colour, 0.7)
    sheet.stroke([(middle, pad), (middle, tip)], sheet.ink, 1.4)
    sheet.stroke([(middle, pad), (middle, pad + 0.55 * heights[0])], sheet.ink, 4)
    return sum(heights)
