"""A sheet to draw boxes, arrows and wrapped text on, and the SVG made of it.

Lengths are points, 1/72 inch, or em, the size of the text; y grows downwards. Fonts, colours and
line widths are those of handout.mplstyle.
"""

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, PathPatch
from matplotlib.path import Path as Line
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from handouts.collection.locales import RIGHT_TO_LEFT_MARK
from handouts.show.letters import advance
from handouts.show.pictures import Symbol

LINE_HEIGHT = 1.35
"""Distance between two lines of text, in em."""
STYLE = mpl.rc_params_from_file(Path(__file__).with_name("handout.mplstyle"), use_default_template=False)
"""How every drawing looks, in matplotlib's words; the settings of who draws play no part."""
FAMILY, LINE = "Handout Hyperlegible", float(STYLE["lines.linewidth"])
"""The face that a page carries, and the thickness of a line in points."""


def tint(colour: str, share: float = 0.1) -> str:
    """Mix `share` of `colour` into white, for a fill that dark text stays readable on."""
    red, green, blue = to_rgb(colour)
    return to_hex((1 - share * (1 - red), 1 - share * (1 - green), 1 - share * (1 - blue)))


@dataclass(frozen=True)
class Words:
    """A block of text, wrapped to a width; `em` is the size of its text in points."""

    lines: list[str]
    em: float
    weight: str
    colour: str

    @property
    def height(self) -> float:
        """The height of the block in points."""
        return len(self.lines) * LINE_HEIGHT * self.em


class _Line(Text):
    """One line of text on its baseline. It is drawn without the layout that matplotlib makes for text in general."""

    def draw(self, renderer: Any, *_: Any, **__: Any) -> None:
        x, y = self.get_transform().transform(self.get_unitless_position())
        brush = renderer.new_gc()
        brush.set_foreground(self.get_color())
        _, height = renderer.get_canvas_width_height()
        renderer.draw_text(brush, x, height - y, self.get_text(), self.get_fontproperties(), 0, mtext=self)


class Sheet:
    """A sheet `width` points wide that things are put on, with text of `em` points; it is cut to its height when it is drawn.

    One for a language that is written from right to left is the mirror of what is asked for: what is put at the left stands
    at the right, and so does what a drawing shows there. Words and signs are not mirrored.
    """

    ink: str = STYLE["text.color"]
    """The colour of the text."""

    def __init__(self, width: float, em: float, *, mirrored: bool = False) -> None:
        self.width = width
        self.em = em
        self.mirrored = mirrored
        self._figure = Figure(dpi=72)  # a pixel of the SVG is a point; without axes, which take longest to draw
        self._page = Affine2D()
        self._symbols: list[tuple[Symbol, str]] = []

    def _across(self, x: float, width: float = 0.0) -> float:
        """Return where what is `width` wide and asked for at `x` begins."""
        return self.width - x - width if self.mirrored else x

    def width_of(self, text: str, weight: str = "normal") -> float:
        """Return the width of one line of `text`, in points."""
        return self.em * sum(advance(character, weight) for character in text)

    def wrap(self, text: str, width: float, weight: str = "normal") -> list[str]:
        """Break `text` between words into lines of at most `width` points."""
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.width_of(longer, weight) <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def words(self, text: str, width: float, weight: str = "normal", colour: str | None = None) -> Words:
        """Wrap `text` to `width` points."""
        return Words(self.wrap(text, width, weight), self.em, weight, colour or self.ink)

    def put(self, block: Words, x: float, y: float, align: str = "left") -> float:
        """Put `block` with its top at `y`, left edge or middle at `x`; return the y below it."""
        x = self._across(x)
        if self.mirrored and align == "left":
            align = "right"
        for count, line in enumerate(block.lines):
            if self.mirrored:  # a full stop, a bracket or a number at either end stays on its side of the words
                line = f"{RIGHT_TO_LEFT_MARK}{line}{RIGHT_TO_LEFT_MARK}"
            baseline = y + (count + 0.5) * LINE_HEIGHT * self.em + 0.36 * self.em
            self._figure.add_artist(
                _Line(
                    x,
                    baseline,
                    line,
                    ha=align,
                    va="baseline",
                    size=self.em,
                    family=FAMILY,
                    weight=block.weight,
                    color=block.colour,
                    transform=self._page,
                )
            )
        return y + block.height

    def box(
        self, x: float, y: float, width: float, height: float, colour: str, *,
        fill: str | None = None, rounded: bool = False,
    ) -> None:  # fmt: skip
        """Put a box whose outline lies inside the given rectangle."""
        inset = LINE / 2
        shape = f"round,pad=0,rounding_size={0.7 * self.em}" if rounded else "square,pad=0"
        self._figure.add_artist(
            FancyBboxPatch(
                (self._across(x, width) + inset, y + inset), width - 2 * inset, height - 2 * inset, boxstyle=shape,
                edgecolor=colour, facecolor=fill or "none", linewidth=2 * inset,
                transform=self._page,
            )
        )  # fmt: skip

    def arrow(self, x: float, y: float, length: float, colour: str, *, sideways: bool = False) -> None:
        """Put an arrow that points down from (`x`, `y`), or on to what is read next."""
        x, end = self._across(x), (self._across(x + length), y) if sideways else (self._across(x), y + length)
        self._figure.add_artist(
            FancyArrowPatch(
                (x, y), end, arrowstyle="-|>,head_length=5,head_width=3.5", mutation_scale=1,
                shrinkA=0, shrinkB=0, color=colour, linewidth=LINE,
                transform=self._page,
            )
        )  # fmt: skip

    def marks(
        self, runs: list[tuple[float, float, int]], side: float, step: float, colour: str, *, discs: bool = False
    ) -> None:
        """Put rows of squares, or of discs, `step` apart; each of `runs` is the first one's middle and how many.

        They are dashes of one thick line: a thousand shapes of their own would be most of a page.
        """
        if runs:
            dash = 0.01 * side if discs else side  # a disc is the round end of a dash
            points = [
                (self._across(x + right), y)
                for x, y, many in runs
                for right in (-dash / 2, (many - 1) * step + dash / 2)
            ]
            path = Line(points, [Line.MOVETO, Line.LINETO] * len(runs))
            self._figure.add_artist(
                PathPatch(
                    path, facecolor="none", edgecolor=colour, linewidth=side,
                    linestyle=(0, (dash / side, (step - dash) / side)), capstyle="round" if discs else "butt",
                    transform=self._page,
                )
            )  # fmt: skip

    def line(self, x: float, y: float, length: float, colour: str) -> None:
        """Put a line down from (`x`, `y`)."""
        self._figure.add_artist(
            Line2D(
                [self._across(x)] * 2,
                [y, y + length],
                color=colour,
                linewidth=LINE,
                solid_capstyle="butt",
                transform=self._page,
            )
        )

    def stroke(self, points: list[tuple[float, float]], colour: str, width: float = 1.0) -> None:
        """Put a line through `points`, `width` times as thick as others."""
        self._figure.add_artist(
            Line2D(
                *zip(*((self._across(x), y) for x, y in points), strict=True), color=colour, linewidth=width * LINE,
                solid_capstyle="round", transform=self._page,
            )
        )  # fmt: skip

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        """Put a disc with its middle at (`x`, `y`)."""
        self._figure.add_artist(
            Circle((self._across(x), y), radius, facecolor=colour, edgecolor="none", transform=self._page)
        )

    def symbol(self, symbol: Symbol, x: float, y: float, width: float, height: float, colour: str) -> None:
        """Put a symbol or a drawing into the middle of a rectangle with its upper left corner at (`x`, `y`), in points.

        What is drawn without a colour of its own has `colour`.
        """
        scale = min(width / symbol.width, height / symbol.height)
        width, height, middle = (
            scale * symbol.width,
            scale * symbol.height,
            (self._across(x + width / 2), y + height / 2),
        )
        at = f'x="{middle[0] - width / 2:.2f}" y="{middle[1] - height / 2:.2f}" width="{width:.2f}" height="{height:.2f}"'
        looks = f'fill="none" stroke="{colour}" color="{colour}" stroke-width="{1.4 * LINE / scale:.3f}" stroke-linecap="round"'
        turned = f' transform="matrix(-1 0 0 1 {2 * middle[0]:.2f} 0)"' if self.mirrored and symbol.is_drawing else ""
        self._symbols.append((symbol, f"{at} {looks}{turned}"))

    def svg(self, height: float, ids: str, title: str, beside: str = "") -> str:
        """Return the sheet, cut at `height` points, as an SVG element that stands in a page.

        Its ids begin with `ids`, so that several fit in one page; `title` is its text alternative. `beside` are the ids of
        a sheet with the same symbols that stands in the page too: they are drawn from there.
        """
        self._figure.set_size_inches(self.width / 72, height / 72)
        self._page.clear().scale(1, -1).translate(0, height)
        file = io.StringIO()
        with mpl.rc_context(STYLE):  # matplotlib's way to say how an SVG is written
            FigureCanvasSVG(self._figure).print_svg(
                file, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
            )
        svg = _standing_in_a_page(file.getvalue(), ids, title, self.em)
        return f"{svg.removesuffix('</svg>')}{self._drawn(ids, beside)}</svg>" if self._symbols else svg

    def _drawn(self, ids: str, beside: str) -> str:
        """Return the symbols as SVG, each defined once."""
        names: dict[Symbol, str] = {}
        defined, used = [], []
        for symbol, looks in self._symbols:
            if symbol not in names:
                names[symbol] = f"{beside or ids}-symbol-{len(names) + 1}"
                box = f"{symbol.left:g} {symbol.top:g} {symbol.width:g} {symbol.height:g}"
                defined.append(f'<symbol id="{names[symbol]}" viewBox="{box}">{symbol.shapes}</symbol>')
            used.append(f'<use href="#{names[symbol]}" {looks}/>')
        return "".join(used if beside else [*defined, *used])


def _standing_in_a_page(svg: str, ids: str, title: str, em: float) -> str:
    """Take what belongs to a file of its own out of `svg`, and put its text alternative in."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(
        r"<style type=\"text/css\">.*?</style>|<metadata>.*?</metadata>|<defs>\s*</defs>|<!--.*?-->",
        "",
        svg,
        flags=re.S,
    )
    written = f"font-size: {em:g}px; font-family: {FAMILY!r}; "
    font = f"font-size: {em:g}px; font-family: {FAMILY!r}, sans-serif;"
    if RIGHT_TO_LEFT_MARK in svg:
        font += " direction: ltr;"  # an end is at the right: that of the page would turn it round once more
    for said_once in (
        written,
        "text-anchor: start; ",
        f' style="fill: {Sheet.ink}"',
    ):  # on the root, or what holds anyway
        svg = svg.replace(said_once, "")
    svg = svg.replace(f'; fill: {Sheet.ink}"', '"')
    svg = re.sub(r' transform="rotate\(0 [^"]*\)"', "", svg)
    if not re.search(r'<g (?!id="[^"]*">)', svg):  # groups that do nothing but name
        svg = re.sub(r"</?g\b[^>]*>", "", svg)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{ids}-", svg)
    svg = re.sub(r"\s*\n\s*", "\n", svg)
    svg = re.sub(r' style="[^"]*"', lambda style: style[0].replace("; ", ";"), svg)
    svg = re.sub(r' d="([^"]*)"', lambda path: f' d="{_short(path[1])}"', svg)
    svg = re.sub(r'( (?:x|y|cx|cy|r|width|height)="-?\d+\.\d\d)\d+"', r'\1"', svg)
    escaped = title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    head = f' role="img" aria-labelledby="{ids}-title" stroke-linejoin="round" fill="{Sheet.ink}" style="{font}"><title id="{ids}-title">{escaped}</title>'
    return re.sub(r">", lambda _: head, svg, count=1).strip()


def _short(path: str) -> str:
    """Return a path without what it does not need: spaces, and digits below a hundredth of a point."""
    return re.sub(r"\s*([A-Za-z])\s*", r"\1", re.sub(r"(\.\d\d)\d+", r"\1", path))
