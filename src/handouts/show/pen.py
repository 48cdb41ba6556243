"""matplotlib's writer of SVG as a pen: it draws outlines and words as they are put, without a figure around them.

A figure looks for limits, layout and changes that a picture of known height does not have; without one it is drawn in
half the time.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

import matplotlib as mpl
from matplotlib.backend_bases import GraphicsContextBase
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.colors import to_rgba
from matplotlib.font_manager import FontProperties
from matplotlib.patches import ArrowStyle, ConnectionStyle
from matplotlib.path import Path as Line
from matplotlib.transforms import Affine2D

STYLE = mpl.rc_params_from_file(Path(__file__).with_name("handout.mplstyle"), use_default_template=False)
"""How every drawing looks, in matplotlib's words; the settings of who draws play no part."""
FAMILY, LINE = "Handout Hyperlegible", float(STYLE["lines.linewidth"])
"""The face that a page carries, and the thickness of a line in points."""
WRITTEN = {name: STYLE[name] for name in STYLE if name.startswith("svg.")}
"""How matplotlib writes an SVG."""
SHAFT, HEAD = ConnectionStyle.Arc3(), ArrowStyle.CurveFilledB(head_length=5, head_width=3.5)
"""The two parts of an arrow."""
Cap = Literal["butt", "round"]
"""How a line ends."""
Join = Literal["miter", "round"]
"""How a line turns a corner."""


@dataclass(frozen=True)
class _Anchor:
    """Where a line of text begins, ends or has its middle, as matplotlib asks a text of its own for it."""

    x: float
    align: str

    def get_transform(self) -> Affine2D:
        return Affine2D()

    def get_unitless_position(self) -> tuple[float, float]:
        return self.x, 0.0

    def get_ha(self) -> str:
        return self.align


class Pen:
    """What a sheet of known size, in points, is drawn with. Coordinates are points; y grows downwards."""

    def __init__(self, width: float, height: float, em: float) -> None:
        self._height = height
        self._em = em
        self._page = Affine2D().scale(1, -1).translate(0, height)
        self._file = io.StringIO()
        self._writer = RendererSVG(
            width, height, self._file, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
        self.path(Line([(0, height), (width, height), (width, 0), (0, 0), (0, 0)], closed=True), fill="white")

    def path(
        self, path: Line, colour: str = "none", width: float = 0.0, *, fill: str | None = None, cap: Cap = "butt",
        join: Join = "miter", dashes: Sequence[float] | None = None,
    ) -> None:  # fmt: skip
        """Draw a path: a line as wide as `width`, or none, and what it encloses in `fill`."""
        self._draw(path, self._page, colour, width, fill, cap, join, dashes)

    def arrow(self, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
        """Draw an arrow."""
        (x, y), (right, below) = start, end
        shaft = SHAFT((x, self._height - y), (right, self._height - below), shrinkA=0, shrinkB=0)
        (line, head), _ = cast(tuple[list[Line], list[bool]], HEAD(shaft, 1, LINE))
        self._draw(line, Affine2D(), colour, LINE, None, "round", "round")
        self._draw(head, Affine2D(), colour, LINE, colour, "round", "round")

    def _draw(
        self, path: Line, turned: Affine2D, colour: str, width: float, fill: str | None, cap: Cap, join: Join,
        dashes: Sequence[float] | None = None,
    ) -> None:  # fmt: skip
        """Draw a path whose y grows upwards once it is turned, as that of matplotlib does."""
        brush = self._brush(colour)
        brush.set_linewidth(0 if colour == "none" else width)
        brush.set_capstyle(cap)
        brush.set_joinstyle(join)
        brush.set_dashes(0, dashes)
        self._writer.draw_path(brush, path, turned, to_rgba(fill) if fill else None)

    def text(self, x: float, y: float, words: str, align: str, weight: str, colour: str) -> None:
        """Write a line on its baseline."""
        self._writer.draw_text(self._brush(colour), x, y, words, _face(weight, self._em), 0, mtext=_Anchor(x, align))

    def end(self) -> str:
        """Return the SVG."""
        self._writer.finalize()
        return self._file.getvalue()

    def _brush(self, colour: str) -> GraphicsContextBase:
        brush = self._writer.new_gc()
        brush.set_foreground(to_rgba(colour), isRGBA=True)
        return brush


@cache
def _face(weight: str, em: float) -> FontProperties:
    return FontProperties(family=FAMILY, style="normal", variant="normal", weight=weight, stretch="normal", size=em)
