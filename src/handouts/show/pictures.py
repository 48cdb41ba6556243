"""Pictures that stand in a page: Lucide's symbols by name, and a collection's own files in data/pictures/.

A symbol is drawn into a diagram. A whole picture, a drawing or a photograph, has a row in data/pictures.csv with its text
alternative, caption and credit.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from xml.etree.ElementTree import Element

from handouts.collection import Collection
from handouts.errors import DataError, known

FOLDER = "pictures"
SMALLEST = 200
"""How wide a drawing is shown at least, in pixels of a screen."""
KINDS = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
SHAPES = {
    "path": ("d",), "circle": ("cx", "cy", "r"), "ellipse": ("cx", "cy", "rx", "ry"), "rect": ("x", "y", "width", "height", "rx", "ry"),
    "line": ("x1", "y1", "x2", "y2"), "polyline": ("points",), "polygon": ("points",), "g": (),
}  # fmt: skip
"""Elements of a symbol, with what says where they lie."""
LOOKS = ("transform", "fill", "fill-rule", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "opacity", "stroke-linejoin", "stroke-linecap")  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Symbol:
    """A small drawing: its shapes as SVG, how they look where they say nothing else, and the rectangle that they lie in."""

    shapes: str
    looks: str
    left: float
    top: float
    width: float
    height: float

    @property
    def is_drawing(self) -> bool:
        """Whether it has colours of its own, as a scene with people has; else it is a sign in the ink of what it stands in."""
        return "currentColor" not in self.looks + self.shapes


@dataclass(frozen=True)
class Picture:
    """A collection's own picture, with its words; `content` is SVG as text, or a photograph in base64."""

    name: str
    kind: str
    content: str
    alt: str
    title: str
    caption: str
    sources: tuple[str, ...] = ()

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, object]]:
        told = {"name": self.name, "title": self.title, "caption": self.caption, "alt": self.alt}
        if self.sources:
            told["sources"] = " ".join(self.sources)
        return {self.kind: self.content, "text/plain": self.alt}, {self.kind: told}


def find_symbol(collection: Collection, name: str) -> Symbol:
    """Return the symbol `name`: the collection's own data/pictures/NAME.svg, else Lucide's. Raises DataError."""
    stored = collection.tables.files_named(f"{FOLDER}/{name}.svg")
    if stored is not None:
        return read_symbol(stored, f"data/{FOLDER}/{name}.svg")
    return _lucide(name)


@lru_cache
def _lucide(name: str) -> Symbol:
    from lucide import IconDoesNotExist
    from lucide.jinja import lucide

    try:
        drawn = str(lucide(name))
    except IconDoesNotExist:
        raise DataError(
            f"the picture {name!r} is no file data/{FOLDER}/{name}.svg, and no symbol of Lucide. {known(name, _names())} See https://lucide.dev/icons."
        ) from None
    return read_symbol(drawn.replace("<svg", f'<svg xmlns="{SVG[1:-1]}"', 1).encode(), f"Lucide's {name}")


def _names() -> list[str]:
    from importlib.resources import files
    from zipfile import ZipFile

    with files("lucide").joinpath("lucide.zip").open("rb") as stored, ZipFile(stored) as icons:
        return [name.removesuffix(".svg") for name in icons.namelist()]


@lru_cache
def read_symbol(svg: bytes, where: str) -> Symbol:
    """Return what an SVG file draws. Raises DataError, which begins with `where`, for what is no drawing of plain shapes."""
    root = _parse(svg, where)
    box = re.findall(r"-?[\d.]+", root.get("viewBox") or f"0 0 {root.get('width', '')} {root.get('height', '')}")
    if len(box) != 4 or not float(box[2]) or not float(box[3]):
        raise DataError(f"{where}: says not how large it is. Save it with a viewBox.")
    left, top, width, height = map(float, box)
    looks = "".join(_said(root, LOOKS))
    return Symbol("".join(_shape(element, where) for element in root), looks, left, top, width, height)


def _parse(svg: bytes, where: str) -> Element:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root: Element = fromstring(svg)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise DataError(f"{where}: is no SVG ({type(error).__name__}). Save it again, as plain SVG.") from None
    if root.tag != f"{SVG}svg":
        raise DataError(f"{where}: is no SVG. Save it again, as plain SVG.")
    return root


def _shape(element: Element, where: str) -> str:
    name = str(element.tag).removeprefix(SVG)
    if name in ("title", "desc", "metadata", "defs") or "}" in name:
        return ""
    if name not in SHAPES:
        raise DataError(
            f"{where}: has <{name}> in it, and a symbol is drawn of {', '.join(SHAPES)}. Turn it into paths."
        )
    said = "".join(_said(element, (*SHAPES[name], *LOOKS)))
    inside = "".join(_shape(child, where) for child in element)
    return f"<{name}{said}>{inside}</{name}>" if inside else f"<{name}{said}/>"


def _said(element: Element, names: tuple[str, ...]) -> Iterator[str]:
    """Yield what an element says of itself in the attributes `names`."""
    for attribute, value in element.attrib.items():
        if attribute in names and "url(" not in value:
            yield f' {attribute}="{escape(value)}"'


def show_picture(collection: Collection, name: str) -> Picture:
    """Return the picture `name` of data/pictures.csv. Raises DataError."""
    pictures = collection.pictures
    if name not in pictures:
        raise DataError(f"picture({name!r}): data/pictures.csv has no row of this name. {known(name, pictures)}")
    row = pictures[name]
    where = f"data/{FOLDER}/{row.file}"
    content = collection.tables.files_named(f"{FOLDER}/{row.file}")
    if content is None:
        raise DataError(f"{where}: the file is missing, and data/pictures.csv names it for {name}. Put it there.")
    kind = KINDS.get("." + row.file.rpartition(".")[2].lower())
    if kind is None:
        raise DataError(f"{where}: is no picture that a page can show. Save it as SVG, PNG or JPEG.")
    caption = " ".join(filter(None, [row.caption, row.credit and collection.phrases("credit", credit=row.credit)]))
    if kind != "image/svg+xml":
        return Picture(name, kind, base64.b64encode(content).decode(), row.alt, row.title, caption, row.sources)
    one = read_symbol(content, where)
    title = f'<title id="{name}-title">{escape(row.alt)}</title>'
    box = f"{one.left:g} {one.top:g} {one.width:g} {one.height:g}"
    larger = max(1.0, SMALLEST / one.width)
    looks = f'viewBox="{box}" width="{larger * one.width:g}" height="{larger * one.height:g}" role="img" aria-labelledby="{name}-title"'
    drawn = f'<svg xmlns="{SVG[1:-1]}" {looks}>{title}<g{one.looks}>{one.shapes}</g></svg>'.replace(
        "currentColor", "#1a1a1a"
    )
    return Picture(name, kind, drawn, row.alt, row.title, caption, row.sources)
