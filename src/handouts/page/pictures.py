"""Pictures as a page holds them: drawings of known elements, photographs that are what they say, small and without their history."""

import base64
import io
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, ParseError

from handouts.errors import PageError
from handouts.page import marks

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES = 60_000
"""What a photograph may have, so that its page stays below 150 kB with it."""
MOST_PIXELS = 50_000_000
"""What a photograph may have before it is made small; phones take up to 50 million."""
STEPS = ((900, 82), (900, 70), (760, 68), (640, 62), (520, 56))
"""Widths in pixels, and qualities, that are tried one after another: 900 fill the width of a page in print."""
FILE_NAME = re.compile(
    r".*\.(?:png|jpe?g|gif|svg|webp|bmp|tiff?|heic|pdf)"
    r"|(?:image|img|picture|photo|pic|foto|imagen|bild|grafik|screen ?shot|untitled|unnamed|attachment|dscn?|pxl|whatsapp image)[\d_.\s:()-]*(?:at [\d.:\s]+(?:am|pm)?)?",
    re.I,
)
"""What programs put in the place of a text alternative."""

SHAPES = {"svg", "g", "defs", "title", "desc", "path", "text", "tspan", "rect", "circle", "ellipse", "line", "polyline", "polygon",
          "use", "symbol", "clipPath", "linearGradient", "radialGradient", "stop"}  # fmt: skip
"""Elements that a drawing may have: those that draw."""
LOOKS = {"fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray",
         "stroke-dashoffset", "stroke-opacity", "opacity", "font-size", "font-family", "font-weight", "font-style", "font-variant", "font-stretch", "font",
         "text-anchor", "direction", "letter-spacing", "clip-path", "clip-rule", "color", "stop-color", "stop-opacity", "white-space"}  # fmt: skip
"""What may be said of an element's looks, as attributes or in `style`: nothing that lays it over others."""
PLACES = {"id", "x", "y", "x1", "y1", "x2", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry", "fx", "fy", "d", "points", "width", "height", "transform",
          "viewBox", "preserveAspectRatio", "version", "role", "aria-labelledby", "clipPathUnits", "gradientUnits", "gradientTransform", "offset",
          "href", "{http://www.w3.org/1999/xlink}href"}  # fmt: skip
WORDS = ("title", "desc", "text", "tspan")
"""Elements that hold words."""
SVG = "{http://www.w3.org/2000/svg}"


def check_drawing(svg: str, name: str) -> None:
    """Raise PageError where a drawing has anything but known shapes and words, or ids that do not begin with its `name`."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if "<!" in svg or "<?" in svg or re.search(r"</?\w+:", svg):
        raise PageError("shows a drawing with comments, declarations or prefixes in it. Use diagram().")
    try:
        root = fromstring(svg)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise PageError(f"shows a drawing that is no SVG ({type(error).__name__}). Use diagram().") from None
    if _shape(root) != "svg":
        raise PageError("shows a drawing that is no SVG. Use diagram().")
    elements = list(root.iter())
    for element in elements:
        shape = _shape(element)
        if shape not in SHAPES:
            raise PageError(f"shows a drawing with <{shape}> in it, which may do more than draw. Use diagram().")
        for attribute, value in element.attrib.items():
            if not _is_looks(attribute, value, name):
                said = attribute.rpartition("}")[2]
                raise PageError(
                    f"shows a drawing with {said}={value[:40]!r}, which may do more than draw. Use diagram()."
                )
        if shape in ("title", "desc") and len(element):  # in HTML, what begins there ends elsewhere
            raise PageError(f"shows a drawing with elements in its <{shape}>. Use diagram().")
        outside = "" if shape in WORDS else element.text or ""
        outside += "".join(part.tail or "" for part in element if shape not in WORDS)
        if outside.strip():
            raise PageError("shows a drawing with words outside of <text>. Use diagram().")
    parents = {part: whole for whole in elements for part in whole}
    uses = [element for element in elements if _shape(element) == "use"]
    repeating: set[str | None] = set()
    for one in uses:
        whole: Element | None = one
        while whole is not None:
            repeating.add(whole.get("id"))
            whole = parents.get(whole)
    if any(_target(use) in repeating for use in uses):
        raise PageError("shows a drawing that repeats what repeats, and may never end. Use diagram().")
    for text in (element for element in elements if _shape(element) in WORDS):
        words = " ".join("".join(text.itertext()).split())
        marks.check_words(words, html=True)
        marks.check_characters(words)


def _is_looks(attribute: str, value: str, name: str) -> bool:
    if attribute == "style":
        pairs = [pair.partition(":")[::2] for pair in value.split(";") if pair.strip()]
        return all(_is_looks(one.strip(), said.strip(), name) and one.strip() in LOOKS for one, said in pairs)
    if attribute in ("href", "{http://www.w3.org/1999/xlink}href"):
        return bool(re.fullmatch(r"#[\w.-]+", value))
    if attribute == "id":
        return value.startswith(f"{name}-")
    if attribute in LOOKS:
        return bool(re.fullmatch(r"url\(#[\w.-]+\)|[\w\s#%.,()'\"+-]*", value)) and "url(" not in value.removeprefix(
            "url(#"
        )
    return attribute in PLACES


def _shape(element: Element) -> str:
    return str(element.tag).removeprefix(SVG)


def _target(use: Element) -> str:
    return str(use.get("href") or use.get("{http://www.w3.org/1999/xlink}href") or "").removeprefix("#")


def check_alternative(alt: str, picture: str) -> None:
    """Raise PageError where `alt` does not say what a picture shows."""
    if not alt:
        raise PageError(f"the picture {picture!r} has no text alternative. Say what it shows: ![text]({picture}).")
    if FILE_NAME.fullmatch(alt):
        raise PageError(
            f"the picture {picture!r} has the text alternative {alt!r}, which is the name of a file. Say what it shows: ![text]({picture})."
        )


def decode(encoded: Any) -> bytes:
    """Return the bytes of a picture as a notebook stores it. Raises PageError."""
    try:
        return base64.b64decode("".join("".join(encoded).split()), validate=True)
    except ValueError:
        raise PageError("is damaged. Paste it again.") from None


@lru_cache(maxsize=64)
def shrink(content: bytes) -> tuple[str, bytes]:
    """Return the kind of a photograph, such as image/jpeg, and its bytes: small enough for a page, and without what a camera noted.

    A camera notes where and when, which may be a patient's. Raises PageError for what is no PNG or JPEG, or cannot be made small.
    """
    from PIL import Image, ImageOps

    try:
        picture = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
        if picture.width * picture.height > MOST_PIXELS:
            raise PageError(f"has {picture.width} x {picture.height} pixels. Make it smaller: 900 across are enough.")
        kind = str(picture.format)
        turned = ImageOps.exif_transpose(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise PageError("is damaged, or no PNG or JPEG. Save it as one of these, and put it in again.") from None
    clear = "A" in turned.getbands() or "transparency" in turned.info
    if kind == "PNG":
        small = _sized(turned, STEPS[0][0])
        for kept in (small, small.convert("RGBA" if clear else "RGB").quantize(256, method=Image.Quantize.FASTOCTREE)):
            file = io.BytesIO()
            kept.save(file, "PNG", optimize=True)
            if len(file.getvalue()) <= MOST_BYTES:
                return "image/png", file.getvalue()
    if clear:  # a JPEG has no see-through parts: on paper they are white
        behind = Image.new("RGBA", turned.size, "white")
        turned = Image.alpha_composite(behind, turned.convert("RGBA"))
    for width, quality in STEPS:
        file = io.BytesIO()
        _sized(turned.convert("RGB"), width).save(file, "JPEG", quality=quality, optimize=True, progressive=True)
        if len(file.getvalue()) <= MOST_BYTES:
            return "image/jpeg", file.getvalue()
    raise PageError(
        f"has too much detail to fit into {MOST_BYTES // 1000} kB. Cut it to what matters, or choose a simpler one."
    )


def _sized(picture: "Image", width: int) -> "Image":
    """Return `picture` at most `width` pixels wide, and no taller than a sheet allows, without what was noted in it."""
    small = picture.copy()
    small.thumbnail((width, width * 4 // 3))
    small.info = {key: value for key, value in small.info.items() if key == "transparency"}
    return small
