"""Make the face of every page: Atkinson Hyperlegible, of the Braille Institute, made for low vision.

    python scripts/fonts.py

writes src/handouts/page/fonts/ (what a page carries, WOFF2) and src/handouts/show/fonts/ (what lines are measured with, TrueType)
from the package fontpkg-atkinson-hyperlegible. They hold the letters of Latin scripts and no others; letters that a page lacks
are shown in a face of the reader's machine. In small sizes the face's slashed zero makes 100 read as 188: its slash is taken
out, and the changed face has a name of its own. Its licence, SIL OFL 1.1, lies beside it.
"""

import io
from importlib.resources import files
from pathlib import Path
from typing import Any

from handouts.page.fonts import FAMILY

ROOM = Path(__file__).parents[1] / "src" / "handouts"
FACES = {"regular": "AtkinsonHyperlegible-Regular.ttf", "bold": "AtkinsonHyperlegible-Bold.ttf"}
"""The file of each weight in the package that brings the face."""
LETTERS = [*range(0x20, 0x7F), *range(0xA0, 0x180), *map(ord, "–—‘’‚“”„•…‹›€−≤≥×÷½¼¾⅓⅔°"), 0x2010, 0x2011, 0x202F]
"""The characters that a page carries: Latin letters, digits, and the signs of European languages."""


def make_face(name: str, flavor: str | None) -> bytes:
    """Return the letters of a page from the file `name` of the package: as WOFF2, or as TrueType where `flavor` is None."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    path = files("fontpkg_atkinson_hyperlegible") / "files" / name
    font = TTFont(io.BytesIO(path.read_bytes()), recalcTimestamp=False)
    _take_slash_out(font)
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6, 16):
            record.string = FAMILY.replace(" ", "") if record.nameID == 6 else FAMILY
    options = Options()
    options.hinting, options.layout_features = False, ["kern", "mark", "mkmk", "ccmp"]
    options.name_IDs = [0, 1, 2, 4, 6, 13, 14]  # the copyright and the licence stay with the face
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=LETTERS)
    subsetter.subset(font)
    font.flavor = flavor
    written = io.BytesIO()
    font.save(written, reorderTables=True)
    return written.getvalue()


def _take_slash_out(font: Any) -> None:
    """Give the digit zero one hole in place of the two on the sides of its slash: as large as both, and an ellipse as its outside is."""
    from fontTools.pens.recordingPen import RecordingPen
    from fontTools.pens.reverseContourPen import ReverseContourPen
    from fontTools.pens.transformPen import TransformPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    zero = font.getBestCmap()[ord("0")]
    points, ends, _ = font["glyf"][zero].getCoordinates(font["glyf"])
    outside, holes = points[: ends[0] + 1], points[ends[0] + 1 :]

    def box(some: Any) -> tuple[float, float, float, float]:
        across, up = [x for x, _ in some], [y for _, y in some]
        return min(across), min(up), max(across), max(up)

    left, bottom, right, top = box(outside)
    in_left, in_bottom, in_right, in_top = box(holes)
    stem = min(in_left - left, right - in_right)
    in_left, in_right = left + stem, right - stem
    wide, high = (in_right - in_left) / (right - left), (in_top - in_bottom) / (top - bottom)

    recording, pen = RecordingPen(), TTGlyphPen(None)
    font.getGlyphSet()[zero].draw(recording)
    first = recording.value[: [name for name, _ in recording.value].index("closePath") + 1]
    shrink = (wide, 0, 0, high, in_left - left * wide, in_bottom - bottom * high)
    for to in (pen, TransformPen(ReverseContourPen(pen), shrink)):
        for name, operands in first:
            getattr(to, name)(*operands)
    font["glyf"][zero] = pen.glyph()


def make_all() -> dict[Path, bytes]:
    """Return what each file holds, by its path."""
    package = files("fontpkg_atkinson_hyperlegible")
    licence = package.joinpath("LICENSE").read_bytes()
    made = {}
    for weight, name in FACES.items():
        made[ROOM / "page" / "fonts" / f"{weight}.woff2"] = make_face(name, "woff2")
        made[ROOM / "show" / "fonts" / f"{weight}.ttf"] = make_face(name, None)
    return made | {ROOM / room / "fonts" / "OFL.txt": licence for room in ("page", "show")}


if __name__ == "__main__":
    for path, content in make_all().items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
