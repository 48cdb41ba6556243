"""The face of every page, which each page carries itself, so that every screen and printer shows the same: see scripts/fonts.py."""

import base64
from functools import cache
from pathlib import Path

FAMILY = "Handout Hyperlegible"
WEIGHTS = {400: "regular", 700: "bold"}


@cache
def font_faces() -> str:
    """Return the rules of a style sheet that bring both weights, as data."""
    return "\n".join(
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight}; '
        f"src: url(data:font/woff2;base64,{base64.b64encode((Path(__file__).parent / 'fonts' / f'{name}.woff2').read_bytes()).decode()}) }}"
        for weight, name in WEIGHTS.items()
    )
