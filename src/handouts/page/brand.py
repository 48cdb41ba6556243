"""How a clinic's pages look as its own: its logo, its colours, its own style sheet."""

import base64
import re

from handouts.collection.folder import Collection
from handouts.errors import PageError
from handouts.page import pictures


def read_logo(collection: Collection, file: str) -> str:
    """Return the logo as an address of data, or "" where the clinic has none. Raises PageError."""
    if not file:
        return ""
    where = f"data/clinic.csv, field logo: data/pictures/{file}"
    content = collection.tables.files_named(f"pictures/{file}")
    if content is None:
        raise PageError(f"{where} is not there. Put it there, or empty the field.")
    if file.lower().endswith(".svg"):
        try:
            pictures.check_drawing(content.decode(), "")
        except (UnicodeDecodeError, PageError):
            raise PageError(f"{where} is no SVG of plain shapes. Save it as PNG.") from None
        return f"data:image/svg+xml;base64,{base64.b64encode(content).decode()}"
    try:
        kind, small = pictures.shrink(content)
    except PageError as error:
        raise PageError(f"{where} {error}") from None
    return f"data:{kind};base64,{base64.b64encode(small).decode()}"


def read_theme(collection: Collection) -> str:
    """Return the collection's own style sheet, data/theme.css; "" where it has none. Raises PageError."""
    theme = (collection.tables.files_named("theme.css") or b"").decode("utf-8-sig", "replace").strip()
    if wrong := re.search(r"<|@import|url\(|expression\(|\\", theme, re.I):
        raise PageError(
            f"data/theme.css: has {wrong[0]!r}, by which a page could ask another machine, or end its style. Remove it."
        )
    if wrong := re.search(
        r"display\s*:\s*none|visibility|opacity|content\s*:|clip|font-size\s*:\s*0|transparent|position\s*:\s*(?:absolute|fixed)",
        theme,
        re.I,
    ):
        raise PageError(
            f"data/theme.css: has {wrong[0]!r}, by which words of a page could be hidden, or said by nobody. Remove it."
        )
    return theme


def accents(colour: str) -> str:
    """Return the rules of a style sheet by which `colour` is that of a page's headings, lines and boxes, on white and on black."""
    dark = mix(colour, "#ffffff", 0.62)
    light = f"--accent: {colour}; --accent-shade: {mix(colour, '#ffffff', 0.92)};"
    return f":root {{ {light} }} @media screen and (prefers-color-scheme: dark) {{ :root {{ --accent: {dark}; --accent-shade: {mix(colour, '#16181c', 0.7)}; }} }}"


def mix(colour: str, other: str, share: float) -> str:
    """Return `colour` with `share` of another mixed in.

    >>> mix("#000000", "#ffffff", 0.5)
    '#808080'
    """
    parts = [(int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(one + share * (two - one)):02x}" for one, two in parts)
