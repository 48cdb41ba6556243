"""Diagrams, drawn for one reader: each shows the table in data/ of its name, as `data/captions.csv` says.

A diagram is drawn twice, for paper and for a phone, and brings its text alternative and its long
description, made from the same rows as the picture.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from handouts.collection import Collection
from handouts.collection.clinic import Option
from handouts.collection.csvfile import Row
from handouts.collection.locales import is_right_to_left
from handouts.collection.phrases import Phrases
from handouts.collection.rules import Rule, number, one_of, text
from handouts.collection.sentences import ended
from handouts.errors import DataError, known
from handouts.show import quantities, sequences, shapes
from handouts.show.descriptions import (
    Labels,
    check_complete,
    tell_grid,
    tell_groups,
    tell_layers,
    tell_overlap,
    tell_paths,
    tell_scale,
    tell_steps,
)  # fmt: skip
from handouts.show.drawing import Sheet
from handouts.show.pictures import find_symbol
from handouts.show.shapes import Drawing, look_of

PAPER = 504.0
"""Width of a diagram on paper, in points: the 7 inches between the margins of US Letter; A4 shows it a little smaller."""
PHONE = 216.0
"""Width of a diagram on a phone, in points: 288 of the 320 pixels that the narrowest ones have."""
NARROWEST = 13.5
"""Width below which long words no longer fit, in em; a phone shows a wider diagram a little smaller."""

KEYS = ("option", "step", "question", "shared", "at")
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


def sheets_for(collection: Collection, em: float, narrow: float) -> tuple[Sheet, Sheet]:
    """Return a sheet as wide as paper, and one `narrow` points wide, both for the collection's language."""
    mirrored = is_right_to_left(collection.clinic.language)
    return Sheet(PAPER, em, mirrored=mirrored), Sheet(narrow, em, mirrored=mirrored)


def draw_diagram(collection: Collection, name: str, em: float) -> Diagram:
    """Draw the diagram `name` of a collection, its text `em` points large. Raises DataError."""
    caption = collection.caption(name)
    where = f"data/captions.csv, {name}, column"
    if caption.drawn_as not in DRAWN:
        raise DataError(f"{where} drawn_as: {caption.drawn_as!r} is no diagram. {known(caption.drawn_as, DRAWN)}")
    if not caption.alt:
        raise DataError(
            f"{where} alt: must not be empty. Say in a sentence what the picture shows, for who cannot see it."
        )
    kind = DRAWN[caption.drawn_as]
    rows = collection.tables.shown(name)
    options = _options_in(collection, rows, kind)
    if kind.of_options and not kind.fewest <= len(options) <= kind.most:
        wanted = f"{kind.fewest} to {kind.most}" if kind.most < MANY else f"{kind.fewest} or more"
        raise DataError(
            f"data/{name}.csv: shows {len(options)} options of data/options.csv, and a diagram drawn as {caption.drawn_as!r} has {wanted}. "
            f'Name them there, or show it as a table: table("{name}").'
        )
    rules = kind.rules({option.name: option.label for option in options})
    rows = collection.tables.read(f"{name}.csv", rules, key=[column for column in KEYS if column in rules])
    labels = {option.name: option.label for option in options}
    check_complete(rows, labels, f"data/{name}.csv")
    rows = _with_facts(collection, rows, f"data/{name}.csv")
    drawing = Drawing(
        [look_of(option) for option in options],
        lambda of: find_symbol(collection, of),
        collection.phrases,
        collection.facts,
    )
    alt = f"{ended(caption.title)} {caption.alt}"
    wide, narrow = sheets_for(collection, em, max(PHONE, NARROWEST * em))
    return Diagram(
        name=name,
        title=caption.title,
        caption=caption.text,
        alt=alt,
        description=kind.tell(rows, labels, collection.phrases),
        svg=wide.svg(kind.draw(wide, rows, drawing), name, alt),
        narrow=narrow.svg(kind.draw(narrow, rows, drawing), f"{name}-narrow", alt, beside=name),
        sources=caption.sources,
    )


def _with_facts(collection: Collection, rows: list[Row], where: str) -> list[Row]:
    """Return the rows of groups with the sentence of the fact of each as `told`; others as they are.

    Raises DataError where groups cannot be compared: each is a fact, and all are counted in as many of the same, told of the same.
    """
    if "fact" not in rows[0]:
        return rows
    names = [row["fact"] for row in rows]
    for name in names:
        if name not in collection.facts:
            raise DataError(f"{where}: {name!r} is no fact of data/facts.csv. {known(name, collection.facts)}")
    facts = [collection.facts[name] for name in names]
    if len({(fact.denominator, fact.unit, fact.what) for fact in facts}) > 1 or any(
        not fact.denominator for fact in facts
    ):
        raise DataError(
            f"{where}: its facts are not counted alike, and side by side they would be compared. Show only facts with the same "
            "denominator, unit and what."
        )
    return [{**row, "told": collection.facts[row["fact"]].sentence} for row in rows]


def _options_in(collection: Collection, rows: Sequence[Row], kind: "Kind") -> list[Option]:
    """Return the options that a table names, in their columns or in its column `option`, in the order of data/options.csv."""
    named = {row["option"] for row in rows if "option" in row} | set(rows[0])
    return [option for name, option in collection.options.items() if name in named] if kind.of_options else []


MANY = 99
NUMBER = r"-?\d+(\.\d+)?"


def _number(value: str) -> str | None:
    return None if re.fullmatch(NUMBER, value) else "use a number, such as 7 or 2.5."


@dataclass(frozen=True)
class Kind:
    """A way to draw: the shape, how it is told in words, and the columns of its table; and how many options it compares."""

    draw: Callable[[Sheet, list[Row], Drawing], float]
    tell: Callable[[list[Row], Labels, Phrases], list[str]]
    rules: Callable[[Labels], dict[str, Rule]]
    of_options: bool = False
    fewest: int = 1
    most: int = MANY


STEPS: dict[str, Rule] = {"step": number, "text": text}
DRAWN = {
    "paths": Kind(shapes.paths, tell_paths, lambda labels: {"option": one_of(*labels), **STEPS}, of_options=True),
    "pictured-paths": Kind(
        shapes.paths, tell_paths, lambda labels: {"option": one_of(*labels), **STEPS, "picture": text}, of_options=True
    ),
    "overlap": Kind(
        shapes.overlap, tell_overlap, lambda labels: {"shared": text, **dict.fromkeys(labels, one_of("yes", "no"))},
        of_options=True, fewest=2, most=3,
    ),
    "grid": Kind(
        shapes.grid, tell_grid, lambda labels: {"option": one_of(*labels), "question": text, "text": text}, of_options=True
    ),
    "steps": Kind(sequences.steps, tell_steps, lambda labels: STEPS),
    "pictures": Kind(sequences.pictures, tell_steps, lambda labels: {**STEPS, "picture": text}),
    "scale": Kind(sequences.scale, tell_scale, lambda labels: {"at": _number, "text": text}),
    "groups": Kind(quantities.groups, tell_groups, lambda labels: {"fact": text, "label": text}),
    "layers": Kind(sequences.layers, tell_layers, lambda labels: {"kind": one_of("pointer", "layer", "spot"), "text": text}),
}  # fmt: skip
"""What captions.csv calls a way to draw in its column `drawn_as`."""
