"""Shapes that show one thing after the other: steps, small pictures, a scale, layers. Each draws rows on a sheet, and returns its height in points."""

from itertools import pairwise
from math import ceil

from handouts.collection.csvfile import Row
from handouts.show.drawing import LINE_HEIGHT, Sheet, tint
from handouts.show.pictures import Symbol
from handouts.show.shapes import Drawing

NARROWEST_BOX = 4.9
"""Width from which steps stand side by side, in em, where their longest word fits."""
BOX_PAD = 0.3
"""What stays free at the sides of words in a box, in em."""


def steps(sheet: Sheet, rows: list[Row], drawing: Drawing) -> float:
    """Draw numbered steps, one below the other, joined by a line."""
    look = drawing.plain
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


def pictures(sheet: Sheet, rows: list[Row], drawing: Drawing) -> float:
    """Draw steps as pictures with their words: drawings in rows of equal boxes, signs side by side or one below the other."""
    symbols = [drawing.symbol(row["picture"]) for row in rows]
    gap = 0.5 * sheet.em
    longest = max(sheet.width_of(word) for row in rows for word in row["text"].split())
    fitting = int((sheet.width + gap) / (max(NARROWEST_BOX * sheet.em, longest + 2 * BOX_PAD * sheet.em) + gap))
    if fitting < len(rows) and not all(symbol.is_drawing for symbol in symbols):
        return _signs(sheet, rows, symbols)
    lines = ceil(len(rows) / max(1, fitting))
    across = ceil(len(rows) / lines)
    width = (sheet.width - gap * (across - 1)) / across
    y = 0.0
    for start in range(0, len(rows), across):
        shown = list(zip(rows, symbols, strict=True))[start : start + across]
        y += _boxes(sheet, shown, y, width, gap) + gap
    return y - gap


def _boxes(sheet: Sheet, shown: list[tuple[Row, Symbol]], y: float, width: float, gap: float) -> float:
    """Draw boxes side by side, each a picture above its words, and return their height."""
    ink, pad = sheet.ink, BOX_PAD * sheet.em
    drawings = all(symbol.is_drawing for _, symbol in shown)
    blocks = [sheet.words(row["text"], width - 2 * pad) for row, _ in shown]
    tall = max(width * symbol.height / symbol.width for _, symbol in shown) if drawings else 3.3 * sheet.em
    height = tall + max(block.height for block in blocks) + 2 * pad
    for at, ((row, symbol), block) in enumerate(zip(shown, blocks, strict=True)):
        x = at * (width + gap)
        sheet.box(x, y, width, height, ink, fill="white", rounded=True)
        side = 0.0 if drawings else 0.6 * sheet.em
        sheet.symbol(symbol, x + side + 1, y + side + 1, width - 2 * side - 2, tall - 2 * side, ink)
        _badge(sheet, row["step"], x + pad, y + pad)
        sheet.put(block, x + width / 2, y + tall + pad, "center")
    return height


def _badge(sheet: Sheet, number: str, x: float, y: float) -> None:
    """Put the number of a step into a disc, with its upper left corner at (`x`, `y`)."""
    radius = 0.66 * sheet.em
    sheet.disc(x + radius, y + radius, radius, sheet.ink)
    top = y + radius - LINE_HEIGHT * sheet.em / 2
    sheet.put(sheet.words(number, 2 * radius, "bold", "white"), x + radius, top, "center")


def _signs(sheet: Sheet, rows: list[Row], symbols: list[Symbol]) -> float:
    """Draw steps one below the other, each a sign beside its words."""
    ink, pad = sheet.ink, 0.5 * sheet.em
    y, side, arrow = 0.0, 2.2 * sheet.em, 0.9 * sheet.em
    left = 3.6 * pad
    for at, (row, symbol) in enumerate(zip(rows, symbols, strict=True)):
        block = sheet.words(row["text"], sheet.width - side - left - 3 * pad)
        height = max(side, block.height) + 1.4 * pad
        if at:
            sheet.arrow(left + side / 2, y, arrow, ink)
            y += arrow
        sheet.box(0, y, sheet.width, height, ink, fill="white", rounded=True)
        sheet.symbol(symbol, left, y + (height - side) / 2, side, side, ink)
        _badge(sheet, row["step"], 0.6 * pad, y + 0.6 * pad)
        sheet.put(block, left + side + 2 * pad, y + (height - block.height) / 2)
        y += height
    return y


def scale(sheet: Sheet, rows: list[Row], drawing: Drawing) -> float:
    """Draw a scale from top to bottom, each mark as far from the next as its number says, or further where its words need it."""
    look = drawing.plain
    bar, left = 0.6 * sheet.em, max(sheet.width_of(row["at"], "bold") for row in rows) + 0.6 * sheet.em
    blocks = [sheet.words(row["text"], sheet.width - left - bar - 1.4 * sheet.em) for row in rows]
    at = [float(row["at"]) for row in rows]
    spans = [abs(after - before) for before, after in pairwise(at)]
    needed = [block.height + 0.7 * sheet.em for block in blocks[:-1]]
    unit = min(need / span for need, span in zip(needed, spans, strict=True))
    tops = [0.0]
    for need, span in zip(needed, spans, strict=True):
        tops.append(tops[-1] + max(need, unit * span))
    half = LINE_HEIGHT * sheet.em / 2
    for count, (upper, lower) in enumerate(pairwise(tops)):
        fill = tint(look.colour, 0.2 + 0.6 * count / max(1, len(rows) - 2))
        sheet.box(left, upper + half, bar, lower - upper, look.colour, fill=fill)
    for row, top, block in zip(rows, tops, blocks, strict=True):
        sheet.put(sheet.words(row["at"], left, "bold"), 0, top)
        sheet.stroke([(left - 0.2 * sheet.em, top + half), (left + bar + 0.5 * sheet.em, top + half)], sheet.ink)
        sheet.put(block, left + bar + 0.9 * sheet.em, top)
    return tops[-1] + blocks[-1].height


def layers(sheet: Sheet, rows: list[Row], drawing: Drawing) -> float:
    """Draw layers from the top down, each with its words beside it.

    A row that is a `pointer` is a thing that goes from above into them, as far as the last, or to the `spot` in it.
    """
    look = drawing.plain
    pad = 0.35 * sheet.em
    picture = 0.32 * sheet.width
    blocks = [sheet.words(row["text"], sheet.width - picture - 2 * pad) for row in rows]
    heights = [block.height + 2 * pad for block in blocks]
    middle = picture / 2
    tops = [sum(heights[:count]) for count in range(len(rows))]
    kinds = [row["kind"] for row in rows]
    for count, kind in enumerate(kinds):
        if kind == "layer":
            inside = heights[count + 1] if kinds[count + 1 : count + 2] == ["spot"] else 0
            depth = kinds[: count + 1].count("layer")
            sheet.box(
                0, tops[count], picture, heights[count] + inside, look.colour, fill=tint(look.colour, 0.05 * depth)
            )
    for top, block in zip(tops, blocks, strict=True):
        sheet.put(block, picture + 2 * pad, top + pad)
    tip = tops[-1] + heights[-1] / 2
    if kinds[-1] == "spot":
        sheet.disc(middle, tip, 0.42 * heights[-1], tint(look.colour, 0.45))
        sheet.stroke([(middle + 0.5 * heights[-1], tip), (picture + pad, tip)], look.colour, 0.7)
    if kinds[0] == "pointer":
        sheet.stroke([(middle, pad), (middle, tip)], sheet.ink, 1.4)
        sheet.stroke([(middle, pad), (middle, pad + 0.55 * heights[0])], sheet.ink, 4)
    return sum(heights)
