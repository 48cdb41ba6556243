"""How wide letters are: in the face that a page carries, and in one that stands in for letters that it lacks."""

from functools import cache
from pathlib import Path

import matplotlib as mpl
from matplotlib.ft2font import FT2Font, LoadFlags

OWN = {
    weight: Path(__file__).parent / "fonts" / f"{name}.ttf"
    for weight, name in (("normal", "regular"), ("bold", "bold"))
}
"""The face that a page carries, by its weight."""
BEYOND = {
    weight: Path(mpl.get_data_path(), "fonts", "ttf", f"DejaVuSans{name}.ttf")
    for weight, name in (("normal", ""), ("bold", "-Bold"))
}
"""The face that measures letters which that one lacks, such as Arabic ones: it comes with matplotlib."""


@cache
def advance(character: str, weight: str) -> float:
    """Return how far a character moves the next one, in em; one that no face here has is taken for a square, as those of Chinese are."""
    for path in (OWN[weight], BEYOND[weight]):
        font = _font(path)
        if font.get_char_index(ord(character)):
            return float(font.load_char(ord(character), LoadFlags.NO_HINTING).linearHoriAdvance) / 2**16
    return 1.0


@cache
def _font(path: Path) -> FT2Font:
    """Return a font that lines are measured with, one point in size."""
    font = FT2Font(str(path))
    font.set_size(1, 72)
    return font


for _path in OWN.values():  # opened at import, so that a snapshot has them
    _font(_path)
