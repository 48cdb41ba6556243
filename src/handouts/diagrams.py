"""Diagrams, drawn for one reader: each shows the table in data/ of its name, as `data/captions.csv` says.

A diagram is drawn twice, for paper and for a phone, and brings its text alternative and its long
description, made from the same rows as the picture.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import matplotlib.style

from handouts import descriptions, drawing
from handouts.collection import find
from handouts.data import Row, number, one_of, read_table, read_treatments, text
from handouts.drawing import Sheet, em, tint, words
from handouts.errors import DataError, known
from handouts.evidence import caption_of
from handouts.parameters import SIZE, read_parameters, resolve
from handouts.pictograms import PICTOGRAMS, pictogram

PAPER = 468.0
"""Width of a diagram on paper, in points: 6.5 inches fit A4 and US Letter between their margins."""
PHONE = 216.0
"""Width of a diagram on a phone, in points: 288 of the 320 pixels that the narrowest ones have."""
NARROWEST = 13.5
"""Width below which long words no longer fit, in em; a phone shows a wider diagram a little smaller."""
TWO_COLUMNS = 18.0
"""Width from which two columns stand side by side, in em."""

KEYS = ("treatment", "step", "question", "goal", "layer")
"""Columns that tell the rows of a diagram's table apart."""

NARROW_MIME = "application/vnd.handouts.narrow+svg"
"""The twin of image/svg+xml that a page shows on a phone."""


@dataclass(frozen=True)
class Diagram:
    """A picture for paper and one for a phone, as SVG, with its words.

    `alt` says in a sentence what the picture shows, `description` says all of it in sentences.
    """

    name: str
    title: str
    caption: str
    alt: str
    description: list[str]
    svg: str
    narrow: str
    sources: tuple[str, ...] = ()

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, object]]:
        told = {"name": self.name, "title": self.title, "caption": self.caption, "alt": self.alt}
        if self.sources:
            told["sources"] = " ".join(self.sources)
        return (
            {
                "image/svg+xml": self.svg,
                NARROW_MIME: self.narrow,
                "text/plain": "\n".join([self.alt, *self.description]),
            },
            {"image/svg+xml": {**told, "description": self.description}},
        )


def draw_for(**parameters: str | None) -> None:
    """Set the print size for the reader whom a notebook's parameters name.

    Raises ParameterError where data/ does not know a parameter or its value.
    """
    declared = read_parameters(find())
    values = resolve(declared, parameters, "parameters")
    mpl.style.use(Path(__file__).with_name("handout.mplstyle"))
    mpl.rcParams["font.size"] = float(declared[SIZE].values[values[SIZE]]["points"])


def diagram(name: str) -> Diagram:
    """Draw the diagram `name` at the reader's print size. Raises DataError."""
    caption = caption_of(find(), name)
    if caption.drawn_as not in DRAWN:
        raise DataError(
            f"data/captions.csv, {name}, column drawn_as: {caption.drawn_as!r} is no diagram. {known(caption.drawn_as, DRAWN)}"
        )
    draw, describe, rules = DRAWN[caption.drawn_as]
    rows = read_table(find().data / f"{name}.csv", rules(), key=[column for column in KEYS if column in rules()])
    treatments = read_treatments(find())
    descriptions.check_complete(rows, treatments, f"data/{name}.csv")
    description = describe(rows, treatments)
    alt = f"{caption.title}. {description[0]}"
    wide, narrow = Sheet(PAPER), Sheet(max(PHONE, NARROWEST * em()))
    return Diagram(
        name=name,
        title=caption.title,
        caption=caption.text,
        alt=alt,
        description=description[1:],
        svg=wide.svg(draw(wide, rows), name, alt),
        narrow=narrow.svg(draw(narrow, rows), f"{name}-narrow", alt),
        sources=caption.sources,
    )


@dataclass(frozen=True)
class Look:
    """How a treatment looks in every diagram: its name, colour and corners."""

    name: str
    label: str
    colour: str
    rounded: bool


def _looks() -> list[Look]:
    colours = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    labels = read_treatments(find())
    return [
        Look(treatment, label, f"#{colour.lstrip('#')}", rounded)
        for (treatment, label), colour, rounded in zip(labels.items(), colours, (False, True), strict=True)
    ]


def _columns(sheet: Sheet) -> list[tuple[float, float]]:
    """Return left edge and width of two columns, or of one twice where two do not fit."""
    gap = 1.5 * em()
    if sheet.width < TWO_COLUMNS * em():
        return [(0, sheet.width)] * 2
    width = (sheet.width - gap) / 2
    return [(0, width), (width + gap, width)]


def _head(sheet: Sheet, look: Look, x: float, y: float, width: float) -> float:
    block = words(look.label, width - em(), "bold", "white")
    sheet.box(x, y, width, block.height + 0.8 * em(), look.colour, fill=look.colour, rounded=look.rounded)
    sheet.put(block, x + width / 2, y + 0.4 * em(), "center")
    return y + block.height + 0.8 * em()


def _approach(sheet: Sheet, rows: list[Row]) -> float:
    """Draw one path a treatment: its steps in boxes, joined by arrows. Boxes of one step are level."""
    columns = _columns(sheet)
    pad, arrow = 0.6 * em(), 1.3 * em()
    side_by_side = columns[0] != columns[1]
    width = columns[0][1]
    indent = 1.5 * em()
    paths = [
        [(row["step"], words(row["text"], width - indent - 2 * pad)) for row in rows if row["treatment"] == look.name]
        for look in _looks()
    ]
    deepest = max(len(path) for path in paths)
    level = [max(path[step][1].height for path in paths if step < len(path)) for step in range(deepest)]
    top = bottom = 0.0
    for look, path, (x, _) in zip(_looks(), paths, columns, strict=True):
        y = _head(sheet, look, x, top, width)
        for row, (step, block) in enumerate(path):
            sheet.arrow(x + width / 2, y, arrow, look.colour)
            y += arrow
            height = (level[row] if side_by_side else block.height) + 2 * pad
            sheet.box(x, y, width, height, look.colour, fill=tint(look.colour, 0.08), rounded=look.rounded)
            middle = y + (height - block.height) / 2
            sheet.put(words(step, indent, "bold", look.colour), x + pad, middle)
            sheet.put(block, x + pad + indent, middle)
            y += height
        bottom = max(bottom, y)
        top = 0.0 if side_by_side else bottom + 1.5 * em()
    return bottom


def _frames(sheet: Sheet, rows: list[Row]) -> float:
    """Draw two frames that overlap: the goals of both treatments lie where both frames are."""
    first, second = _looks()
    groups = descriptions.shared(rows, read_treatments(find()))
    pad, gap, shift = 0.7 * em(), 0.35 * em(), 0.8 * em()
    side_by_side = sheet.width >= 30 * em()
    across = [(sheet.width - 8 * em()) / 2, 8 * em(), (sheet.width - 8 * em()) / 2]
    widths = across if side_by_side else [sheet.width - 2 * shift] * 3
    blocks = [
        [words(heading, width - 2 * pad, "bold", colour), *(words(goal, width - 2 * pad) for goal in goals)]
        for (heading, goals), width, colour in zip(
            groups, widths, [first.colour, drawing.ink(), second.colour], strict=True
        )
    ]
    heights = [sum(block.height + gap for block in group) - gap + 2 * pad for group in blocks]
    if side_by_side:
        height = max(heights) + 2 * shift
        corners = [(0.0, shift), (widths[0], shift), (widths[0] + widths[1], shift)]
        frames = [
            (0.0, 0.0, widths[0] + widths[1], height - shift),
            (widths[0], shift, widths[1] + widths[2], height - shift),
        ]
        overlap = (widths[0], shift, widths[1], height - 2 * shift)
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


def _answers(sheet: Sheet, rows: list[Row]) -> float:
    """Draw a column a profession: who, which model, which education; answers to one question are level."""
    columns = _columns(sheet)
    side_by_side = columns[0] != columns[1]
    width = columns[0][1]
    pad = 0.6 * em()
    questions = list(dict.fromkeys(row["question"] for row in rows))
    answers = {(row["treatment"], row["question"]): words(row["text"], width - 2 * pad) for row in rows}
    level = {
        asked: max(block.height for (_, question), block in answers.items() if question == asked) for asked in questions
    }
    top = bottom = 0.0
    for look, (x, _) in zip(_looks(), columns, strict=True):
        y = top + words(look.label, width - em(), "bold").height + 0.8 * em() + pad
        placed = []
        for question in questions:
            block = answers[look.name, question]
            placed.append((words(question, width - 2 * pad, "bold", look.colour), y))
            y += drawing.LINE_HEIGHT * em()
            placed.append((block, y))
            y += (level[question] if side_by_side else block.height) + pad
        sheet.box(x, top, width, y - top, look.colour, fill=tint(look.colour, 0.08), rounded=look.rounded)
        _head(sheet, look, x, top, width)
        for block, at in placed:
            sheet.put(block, x + pad, at)
        bottom = max(bottom, y)
        top = 0.0 if side_by_side else bottom + 1.2 * em()
    return bottom


def _steps(sheet: Sheet, rows: list[Row]) -> float:
    """Draw numbered steps, one below the other, joined by a line."""
    look = _looks()[0]
    badge, gap = 1.9 * em(), 0.9 * em()
    steps = [(row["step"], words(row["text"], sheet.width - badge - 1.2 * em())) for row in rows]
    y = 0.0
    for count, (step, block) in enumerate(steps):
        height = max(badge, block.height)
        if count < len(steps) - 1:
            sheet.line(badge / 2, y + badge, height + gap - badge, look.colour)
        sheet.box(0, y, badge, badge, look.colour, fill=look.colour, rounded=True)
        sheet.put(
            words(step, badge, "bold", "white"), badge / 2, y + (badge - drawing.LINE_HEIGHT * em()) / 2, "center"
        )
        first_line = y + max(0.0, (badge - block.height) / 2)
        sheet.put(block, badge + 0.8 * em(), first_line)
        y += height + gap
    return y - gap


Draw = Callable[[Sheet, list[Row]], float]
Describe = Callable[[list[Row], descriptions.Labels], list[str]]


def _treatment() -> Callable[[str], str | None]:
    return one_of(*read_treatments(find()))


def _path(sheet: Sheet, rows: list[Row]) -> float:
    """Draw steps as small pictures with their words, side by side with arrows, or one below the other."""
    ink, pad, arrow = drawing.ink(), 0.5 * em(), 1.4 * em()
    width = (sheet.width - arrow * (len(rows) - 1)) / len(rows)
    side_by_side = width >= 6.2 * em()
    side = 2.7 * em()
    if side_by_side:
        blocks = [words(row["text"], width - 2 * pad) for row in rows]
        height = 3 * pad + side + max(block.height for block in blocks)
        for count, (row, block) in enumerate(zip(rows, blocks, strict=True)):
            x = count * (width + arrow)
            sheet.box(x, 0, width, height, ink, fill=tint(ink, 0.04), rounded=True)
            sheet.put(words(row["step"], width, "bold"), x + pad, pad / 2)
            pictogram(sheet, row["picture"], x + (width - side) / 2, pad, side, ink)
            sheet.put(block, x + width / 2, 2 * pad + side, "center")
            if count:
                sheet.arrow(x - arrow, pad + side / 2, arrow, ink, sideways=True)
        return height
    y = 0.0
    for count, row in enumerate(rows):
        block = words(row["text"], sheet.width - side - 6 * pad)
        height = max(side, block.height) + 2 * pad
        if count:
            sheet.arrow(3 * pad + side / 2, y, arrow, ink)
            y += arrow
        sheet.box(0, y, sheet.width, height, ink, fill=tint(ink, 0.04), rounded=True)
        pictogram(sheet, row["picture"], 3 * pad, y + (height - side) / 2, side, ink)
        sheet.put(words(row["step"], side, "bold"), pad, y + pad / 2)
        sheet.put(block, side + 5 * pad, y + (height - block.height) / 2)
        y += height
    return y


def _layers(sheet: Sheet, rows: list[Row]) -> float:
    """Draw a needle from above the first layer to a spot in the last, the words of each layer and of the spot beside it."""
    look = _looks()[0]
    pad = 0.35 * em()
    picture = 0.32 * sheet.width
    blocks = [words(row["text"], sheet.width - picture - 2 * pad) for row in rows]
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
    sheet.stroke([(middle, pad), (middle, tip)], drawing.ink(), 1.4)
    sheet.stroke([(middle, pad), (middle, pad + 0.55 * heights[0])], drawing.ink(), 4)
    return sum(heights)


def _steps_table() -> dict[str, Callable[[str], str | None]]:
    return {"step": number, "text": text}


DRAWN: dict[str, tuple[Draw, Describe, Callable[[], dict[str, Callable[[str], str | None]]]]] = {
    "approach": (_approach, descriptions.approach, lambda: {"treatment": _treatment(), **_steps_table()}),
    "frames": (
        _frames,
        descriptions.goals,
        lambda: {"goal": text, **dict.fromkeys(read_treatments(find()), one_of("yes", "no"))},
    ),
    "answers": (
        _answers,
        descriptions.training,
        lambda: {"treatment": _treatment(), "question": text, "text": text},
    ),
    "steps": (_steps, descriptions.steps, _steps_table),
    "path": (_path, descriptions.steps, lambda: {**_steps_table(), "picture": one_of(*PICTOGRAMS)}),
    "layers": (_layers, descriptions.layers, lambda: {"layer": number, "text": text}),
}
"""How a diagram is drawn, told in words, and what columns its table has; by what captions.csv calls it in `drawn_as`."""
