"""A sheet to draw boxes, arrows and wrapped text on, and the SVG made of it.

Lengths are points, 1/72 inch, or em, the size of the text; y grows downwards. Fonts, colours and
line widths are those of handout.mplstyle.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import matplotlib as mpl
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import BoxStyle
from matplotlib.path import Path as Line

from handouts.collection.locales import RIGHT_TO_LEFT_MARK
from handouts.show.letters import advance
from handouts.show.pen import FAMILY, LINE, STYLE, WRITTEN, Cap, Join, Pen
from handouts.show.pictures import Symbol

LINE_HEIGHT = 1.35
"""Distance between two lines of text, in em."""
SHAPES, LINES, WORDS = range(3)
"""What lies on what: words on lines, and lines on shapes, in whatever order they were put."""


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
        self._drawn: list[tuple[int, Callable[[Pen], None]]] = []
        self._symbols: list[tuple[Symbol, str]] = []

    def _put(self, layer: int, draw: Callable[[Pen], None]) -> None:
        self._drawn.append((layer, draw))

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
            self._put(
                WORDS,
                partial(Pen.text, x=x, y=baseline, words=line, align=align, weight=block.weight, colour=block.colour),
            )
        return y + block.height

    def box(
        self, x: float, y: float, width: float, height: float, colour: str, *,
        fill: str | None = None, rounded: bool = False,
    ) -> None:  # fmt: skip
        """Put a box whose outline lies inside the given rectangle."""
        inset = LINE / 2
        shape = BoxStyle.Round(pad=0, rounding_size=0.7 * self.em) if rounded else BoxStyle.Square(pad=0)
        outline = shape(self._across(x, width) + inset, y + inset, width - 2 * inset, height - 2 * inset, 1)
        join: Join = "round" if rounded else "miter"
        self._put(SHAPES, lambda pen: pen.path(outline, colour, LINE, fill=fill, join=join))

    def arrow(self, x: float, y: float, length: float, colour: str, *, sideways: bool = False) -> None:
        """Put an arrow that points down from (`x`, `y`), or on to what is read next."""
        x, end = self._across(x), (self._across(x + length), y) if sideways else (self._across(x), y + length)
        self._put(SHAPES, lambda pen: pen.arrow((x, y), end, colour))

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
            cap: Cap = "round" if discs else "butt"
            self._put(SHAPES, lambda pen: pen.path(path, colour, side, cap=cap, dashes=(dash, step - dash)))

    def line(self, x: float, y: float, length: float, colour: str) -> None:
        """Put a line down from (`x`, `y`)."""
        x = self._across(x)
        self._put(LINES, lambda pen: pen.path(Line([(x, y), (x, y + length)]), colour, LINE, join="round"))

    def stroke(self, points: list[tuple[float, float]], colour: str, width: float = 1.0) -> None:
        """Put a line through `points`, `width` times as thick as others."""
        path = Line([(self._across(x), y) for x, y in points])
        self._put(LINES, lambda pen: pen.path(path, colour, width * LINE, cap="round", join="round"))

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        """Put a disc with its middle at (`x`, `y`)."""
        x = self._across(x)
        dot = Line([(x, y), (x + 0.01, y)])  # the round end of a line: half the bytes of a circle's outline
        self._put(SHAPES, lambda pen: pen.path(dot, colour, 2 * radius, cap="round", join="round"))

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
        with mpl.rc_context(WRITTEN):  # matplotlib's way to say it
            pen = Pen(self.width, height, self.em)
            for _, draw in sorted(self._drawn, key=lambda one: one[0]):
                draw(pen)
            svg = _standing_in_a_page(pen.end(), ids, title, self.em)
        return f"{svg.removesuffix('</svg>')}{self._symbols_drawn(ids, beside)}</svg>" if self._symbols else svg

    def _symbols_drawn(self, ids: str, beside: str) -> str:
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
    svg = re.sub(r"<style type=\"text/css\">.*?</style>", "", svg, flags=re.S)
    svg = re.sub(r"<defs>\s*</defs>", "", svg)
    written = f"font-size: {em:g}px; font-family: {FAMILY!r}; "
    font = f"font-size: {em:g}px; font-family: {FAMILY!r}, sans-serif;"
    if RIGHT_TO_LEFT_MARK in svg:
        font += " direction: ltr;"  # an end is at the right: that of the page would turn it round once more
    anchor = "middle" if svg.count("text-anchor: middle") > svg.count("text-anchor: start") else "start"
    if anchor != "start":
        font += f" text-anchor: {anchor};"
    for said_once in (
        written,
        f"text-anchor: {anchor}; ",
        f' style="fill: {Sheet.ink}"',
        ' xmlns:xlink="http://www.w3.org/1999/xlink"',
        ' version="1.1"',
    ):  # on the root, or what holds anyway
        svg = svg.replace(said_once, "")
    svg = svg.replace(f'; fill: {Sheet.ink}"', '"')
    svg = re.sub(r' transform="rotate\(0 [^"]*\)"', "", svg)
    svg = re.sub(r"\s*\n\s*", "\n", svg)
    svg = re.sub(
        r' style="[^"]*"', lambda style: style[0].replace("; ", ";").replace(": ", ":").replace("#ffffff", "#fff"), svg
    )
    svg = re.sub(r' d="([^"]*)"', lambda path: f' d="{_short(path[1])}"', svg)
    svg = re.sub(r'( (?:x|y|cx|cy|r|width|height)="-?\d+\.\d\d)\d+"', r'\1"', svg)
    escaped = title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    head = f' role="img" aria-labelledby="{ids}-title" stroke-linejoin="round" fill="{Sheet.ink}" style="{font}"><title id="{ids}-title">{escaped}</title>'
    return re.sub(r">", lambda _: head, svg, count=1).strip()


def _short(path: str) -> str:
    """Return a path without what it does not need: spaces, digits below a hundredth of a point, what a level or upright line keeps.

    >>> _short("M 0.5 1.234 L 7 1.234 L 7 0.1 Q 1 2 3 4 z")
    'M.5 1.23H7V.1Q1 2 3 4z'
    """
    path = re.sub(r"(?<!\d)0(?=\.)", "", re.sub(r"(\.\d\d)\d+", r"\1", path))
    written, x, y = [], "", ""
    for letter, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        points = numbers.split()
        if letter == "L" and points[1] == y:
            written.append(f"H{points[0]}")
        elif letter == "L" and points[0] == x:
            written.append(f"V{points[1]}")
        else:
            written.append(letter + " ".join(points))
        x, y = points[-2:] or ("", "")
    return "".join(written)
