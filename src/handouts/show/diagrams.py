"""Diagrams, drawn for one reader: each shows the table in data/ of its name, as `data/captions.csv` says.

A diagram is drawn twice, for paper and for a phone, and brings its text alternative and its long
description, made from the same rows as the picture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from handouts.collection import Collection
from handouts.collection.csvfile import Row, Rule, number, one_of, text
from handouts.errors import DataError, known
from handouts.show import descriptions, shapes
from handouts.show.drawing import Sheet
from handouts.show.pictograms import PICTOGRAMS

PAPER = 468.0
"""Width of a diagram on paper, in points: 6.5 inches fit A4 and US Letter between their margins."""
PHONE = 216.0
"""Width of a diagram on a phone, in points: 288 of the 320 pixels that the narrowest ones have."""
NARROWEST = 13.5
"""Width below which long words no longer fit, in em; a phone shows a wider diagram a little smaller."""

KEYS = ("treatment", "step", "question", "goal", "layer")
"""Columns that tell the rows of a diagram's table apart."""

OF_TWO = ("approach", "frames", "answers")
"""Ways to draw that show two treatments, no more and no fewer."""

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


def draw_diagram(collection: Collection, name: str, em: float) -> Diagram:
    """Draw the diagram `name` of a collection, its text `em` points large. Raises DataError."""
    caption, treatments = collection.caption(name), collection.treatments
    if caption.drawn_as not in DRAWN:
        raise DataError(
            f"data/captions.csv, {name}, column drawn_as: {caption.drawn_as!r} is no diagram. {known(caption.drawn_as, DRAWN)}"
        )
    if caption.drawn_as in OF_TWO and len(treatments) != 2:
        raise DataError(
            f"data/captions.csv, {name}, column drawn_as: {caption.drawn_as!r} shows two treatments side by side, and data/treatments.csv has "
            f'{len(treatments)}. Show it as {" or ".join(one for one in DRAWN if one not in OF_TWO)}, or as a table: table("{name}").'
        )
    draw, describe, rules_of = DRAWN[caption.drawn_as]
    rules = rules_of(treatments)
    rows = collection.tables.read(f"{name}.csv", rules, key=[column for column in KEYS if column in rules])
    descriptions.check_complete(rows, treatments, f"data/{name}.csv")
    description = describe(rows, treatments)
    alt = f"{caption.title}. {description[0]}"
    looks = shapes.looks_of(treatments)
    wide, narrow = Sheet(PAPER, em), Sheet(max(PHONE, NARROWEST * em), em)
    return Diagram(
        name=name,
        title=caption.title,
        caption=caption.text,
        alt=alt,
        description=description[1:],
        svg=wide.svg(draw(wide, rows, looks), name, alt),
        narrow=narrow.svg(draw(narrow, rows, looks), f"{name}-narrow", alt),
        sources=caption.sources,
    )


Draw = Callable[[Sheet, list[Row], Sequence[shapes.Look]], float]
Describe = Callable[[list[Row], descriptions.Labels], list[str]]
Rules = Callable[[descriptions.Labels], dict[str, Rule]]


def _steps_table(treatments: descriptions.Labels) -> dict[str, Rule]:
    return {"step": number, "text": text}


DRAWN: dict[str, tuple[Draw, Describe, Rules]] = {
    "approach": (
        shapes.approach, descriptions.approach,
        lambda treatments: {"treatment": one_of(*treatments), **_steps_table(treatments)},
    ),
    "frames": (
        shapes.frames, descriptions.goals,
        lambda treatments: {"goal": text, **dict.fromkeys(treatments, one_of("yes", "no"))},
    ),
    "answers": (
        shapes.answers, descriptions.training,
        lambda treatments: {"treatment": one_of(*treatments), "question": text, "text": text},
    ),
    "steps": (shapes.steps, descriptions.steps, _steps_table),
    "path": (
        shapes.path, descriptions.steps,
        lambda treatments: {**_steps_table(treatments), "picture": one_of(*PICTOGRAMS)},
    ),
    "layers": (shapes.layers, descriptions.layers, lambda treatments: {"layer": number, "text": text}),
}  # fmt: skip
"""How a diagram is drawn, told in words, and what columns its table has; by what captions.csv calls it in `drawn_as`."""
