"""icon_arrays.py: a number as a thousand marks, drawn from the row that holds it."""

import re

import pytest
from test_diagrams import SIZES, SVG, pictures, width_of

from conftest import edit
from handouts.collection.folder import Collection
from handouts.errors import DataError
from handouts.show import draw_for, icons

DRAWN = ["dn-mild", "dn-major", "ac-any", "ac-serious"]


def marks(svg: str) -> dict[str, int]:
    """Return how many marks of each colour a picture has, counted from the dashes that draw them."""
    counted: dict[str, int] = {}
    for path, style in re.findall(r'<path d="([^"]*)" style="([^"]*)"', svg):
        if dashes := re.search(r"stroke-dasharray:([\d.]+),([\d.]+)", style):
            side, gap = map(float, dashes.groups())
            colour = re.search(r"stroke:(#\w+)", style)[1]  # type: ignore[index]
            for left, right in re.findall(r"M([-\d.]+) [\d.]+H([-\d.]+)", path):
                counted[colour] = counted.get(colour, 0) + round((float(right) - float(left) + gap) / (side + gap))
    return counted


@pytest.mark.parametrize("name", DRAWN)
def test_as_many_marks_are_dark_as_the_fact_says(name: str, collection: Collection) -> None:
    """On paper and on a phone the dark, gray and pale marks are those of the row, a thousand in all; people are discs."""
    draw_for(size="normal")
    fact = collection.facts[name]
    drawn = icons(name)
    dark, gray = (fact.best, 0) if fact.best else (fact.low, fact.high - fact.low)
    for svg in (drawn.svg, drawn.narrow):
        assert list(marks(svg).values()) == [many for many in (dark, gray, 1000 - dark - gray) if many]
        assert ("stroke-linecap:round" in svg) == (fact.unit == "people")
    key = drawn.alt.removeprefix("1,000 marks. ")
    assert key.startswith(f"In 1,000 {fact.unit}: ")
    assert (f"{'about ' if fact.best else ''}{dark:,} {fact.what} (dark)" in key) == bool(dark)
    assert (f"{fact.high:,} (dark and gray)." in key or f"at most {fact.high:,} {fact.what} (gray)." in key) == bool(
        gray
    )
    for picture in pictures(drawn):
        assert " ".join(line.text for line in picture.iter(f"{SVG}text")) == key
    assert drawn.title == fact.sentence.rstrip(".")
    assert drawn.sources == fact.sources


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", DRAWN)
def test_nothing_leaves_the_picture(name: str, size: str) -> None:
    """At every print size the words and marks lie inside the sheet."""
    draw_for(size=size)
    drawn = icons(name)
    for svg, text in zip(pictures(drawn), (drawn.svg, drawn.narrow), strict=True):
        _, _, width, height = map(float, svg.attrib["viewBox"].split())
        for line in svg.iter(f"{SVG}text"):
            assert float(line.attrib["x"]) + width_of(line, SIZES[size]) <= width + 0.5, line.text
            assert float(line.attrib["y"]) <= height
        ends = [float(number) for number in re.findall(r"H([\d.]+)", text)]
        assert max(ends) <= width + 0.01


def test_what_cannot_be_drawn_is_told(copy: Collection) -> None:
    """An unknown fact, and one that is not out of a hundred or a thousand, are told with what to do."""
    with pytest.raises(DataError, match=r"there is no fact of this name. Did you mean 'dn-mild'"):
        icons("dn-mlid")
    with pytest.raises(DataError, match="an icon array shows 100 or 1,000"):
        icons("dn-minutes")
    edit(copy.data / "facts.csv", "0,1,,1000,treatments", "0,1,,200,treatments")
    with pytest.raises(DataError, match="Write the fact out of so many"):
        icons("dn-major")
