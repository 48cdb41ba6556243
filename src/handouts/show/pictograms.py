"""Small pictures of people and things, each a few lines and discs in a square of side 1; y grows downwards."""

from handouts.show.drawing import Sheet

Points = list[tuple[float, float]]
Disc = tuple[float, float, float]
"""Middle and radius."""


def _box(left: float, top: float, right: float, bottom: float) -> Points:
    return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]


BENCH: list[Points] = [[(0.02, 0.72), (0.98, 0.72)], [(0.1, 0.72), (0.1, 0.98)], [(0.9, 0.72), (0.9, 0.98)]]
LYING: list[Points | Disc] = [(0.14, 0.54, 0.1), [(0.28, 0.6), (0.92, 0.6)], *BENCH]

PICTOGRAMS: dict[str, list[Points | Disc]] = {
    "stand": [
        (0.5, 0.13, 0.11), [(0.5, 0.28), (0.5, 0.62)], [(0.32, 0.58), (0.5, 0.34), (0.68, 0.58)],
        [(0.36, 0.98), (0.5, 0.62), (0.64, 0.98)],
    ],
    "sit": [
        (0.42, 0.15, 0.11), [(0.42, 0.3), (0.42, 0.64), (0.72, 0.64), (0.72, 0.97)], [(0.42, 0.4), (0.62, 0.54)],
        [(0.08, 0.72), (0.66, 0.72)], [(0.14, 0.72), (0.14, 0.98)],
    ],
    "lie": LYING,
    "needle": [*LYING, [(0.74, 0.26), (0.74, 0.6)], (0.74, 0.26, 0.04)],
    "run": [
        (0.6, 0.13, 0.11), [(0.55, 0.27), (0.46, 0.58), (0.66, 0.7), (0.6, 0.96)],
        [(0.46, 0.58), (0.32, 0.78), (0.08, 0.76)], [(0.54, 0.34), (0.72, 0.48), (0.86, 0.36)],
        [(0.54, 0.34), (0.34, 0.38), (0.26, 0.56)],
    ],
    "talk": [
        (0.22, 0.5, 0.1), (0.78, 0.5, 0.1), [(0.04, 0.98), (0.1, 0.72), (0.34, 0.72), (0.4, 0.98)],
        [(0.6, 0.98), (0.66, 0.72), (0.9, 0.72), (0.96, 0.98)],
        [(0.3, 0.36), (0.36, 0.26), (0.3, 0.26), (0.3, 0.04), (0.84, 0.04), (0.84, 0.26), (0.44, 0.26), (0.3, 0.36)],
    ],
    "list": [
        _box(0.18, 0.04, 0.82, 0.96), *([[(0.28, y), (0.34, y + 0.07), (0.44, y - 0.08)] for y in (0.26, 0.5, 0.74)]),
        *([[(0.54, y), (0.72, y)] for y in (0.26, 0.5, 0.74)]),
    ],
    "phone": [_box(0.28, 0.04, 0.72, 0.96), [(0.28, 0.78), (0.72, 0.78)], (0.5, 0.87, 0.045)],
    "day": [
        _box(0.08, 0.14, 0.92, 0.94), [(0.08, 0.36), (0.92, 0.36)], [(0.28, 0.04), (0.28, 0.22)],
        [(0.72, 0.04), (0.72, 0.22)], (0.64, 0.66, 0.11),
    ],
    "choose": [
        [(0.5, 0.96), (0.5, 0.6), (0.16, 0.2)], [(0.5, 0.6), (0.84, 0.2)], [(0.16, 0.42), (0.16, 0.2), (0.38, 0.2)],
        [(0.62, 0.2), (0.84, 0.2), (0.84, 0.42)],
    ],
    "goal": [[(0.3, 0.98), (0.3, 0.04)], [(0.3, 0.08), (0.84, 0.24), (0.3, 0.42)], [(0.12, 0.98), (0.48, 0.98)]],
    "flare": [[(0.04, 0.86), (0.3, 0.74), (0.46, 0.1), (0.62, 0.6), (0.8, 0.7), (0.96, 0.86)]],
    "stairs": [[(0.04, 0.94), (0.04, 0.72), (0.34, 0.72), (0.34, 0.46), (0.64, 0.46), (0.64, 0.2), (0.96, 0.2)]],
}  # fmt: skip
"""By the name that a table gives in its column `picture`."""


def pictogram(sheet: Sheet, name: str, x: float, y: float, side: float, colour: str) -> None:
    """Put the pictogram `name` into a square with its upper left corner at (`x`, `y`); lengths in points."""
    for shape in PICTOGRAMS[name]:
        if isinstance(shape, tuple):
            sheet.disc(x + shape[0] * side, y + shape[1] * side, shape[2] * side, colour)
        else:
            sheet.stroke([(x + left * side, y + top * side) for left, top in shape], colour, 1.4)
