"""The sheets of a page on paper, measured as they are laid out: how full each is, how small its type, what is torn between two."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from handouts.page.pdf import lay_out

PIXEL = 0.75
"""A pixel of CSS, in points."""
WHOLE = ("td", "th", "li", "figure")
"""Elements that stand on one sheet."""
WHOLE_CLASSES = ("get-help", "part-main-message")


@dataclass(frozen=True)
class Sheet:
    """One side of paper: how much of its text's height is used, 0 to 1; its smallest type in points; what ends on the next one."""

    filled: float
    smallest: float
    torn: tuple[str, ...]


def measure_sheets(html: str, paper: str) -> list[Sheet]:
    """Return the sheets of a page on `paper`, A4 or Letter. Raises PageError where it cannot be laid out."""
    return lay_out(html, paper, lambda document: list(_measured(document.pages)))


def _measured(pages: Any) -> Iterator[Sheet]:
    boxes = [page._page_box for page in pages]
    everywhere = [{id(box.element): box for box in _whole(page)} for page in boxes]
    for number, page in enumerate(boxes):
        top, height = page.content_box_y(), page.height
        ends, sizes = [top], []
        for box in page.descendants():
            kind = type(box).__name__
            if kind == "TextBox" and box.text.strip():
                sizes.append(box.style["font_size"] * PIXEL)
            elif kind.endswith("ReplacedBox"):
                sizes += _drawn_sizes(box)
            else:
                continue
            if top <= box.position_y <= top + height:  # not in the margin
                ends.append(box.position_y + box.height)
        after = everywhere[number + 1] if number + 1 < len(boxes) else {}
        torn = tuple(_words(box) for of, box in everywhere[number].items() if of in after)
        yield Sheet(round((max(ends) - top) / height, 3), round(min(sizes, default=0.0), 1), torn)


def _whole(page: Any) -> Iterator[Any]:
    repeated = {id(one) for box in page.descendants() if box.element_tag == "thead" for one in box.element.iter()}
    for box in page.descendants():
        if (
            box.element is None
            or id(box.element) in repeated
            or (isinstance(box.element_tag, str) and "::" in box.element_tag)
        ):
            continue
        classes = set((box.element.get("class") or "").split())
        if box.element_tag in WHOLE or classes.intersection(WHOLE_CLASSES):
            yield box


def _drawn_sizes(box: Any) -> Iterator[float]:
    """Yield the size of the words of a drawing, as large as it is shown."""
    drawing = box.element
    said = re.search(r"font-size: ([\d.]+)px", drawing.get("style") or "")
    if said and drawing.find(".//{*}text") is not None:
        width, height = map(float, (drawing.get("viewBox") or "0 0 1 1").split()[2:])
        yield float(said[1]) * PIXEL * min(box.width / width, box.height / height)


def _words(box: Any) -> str:
    return " ".join("".join(box.element.itertext()).split())[:60]
