"""Diagrams fit their sheet at every print size, tell their data, and are the same bytes everywhere."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from conftest import ICE, NEEDLES, ROOT, anchor_of, edit
from handouts.collection.folder import Collection, find
from handouts.collection.sentences import ended
from handouts.errors import DataError, ParameterError
from handouts.show import diagram, draw_for, drawing, shapes
from handouts.show.diagrams import DRAWN, Diagram
from handouts.show.drawing import Sheet

SIZES = {"normal": 14.0, "large": 18.0, "giant": 24.0}
SVG = "{http://www.w3.org/2000/svg}"
NAMES = [name for name, caption in find().captions.items() if caption.drawn_as in DRAWN]


def pictures(drawn: Diagram) -> list[ET.Element]:
    """Return both pictures of a diagram as XML."""
    return [ET.fromstring(svg) for svg in (drawn.svg, drawn.narrow)]


def words_of(svg: ET.Element) -> str:
    """Return the words of a picture, in order."""
    return " ".join("".join(text.itertext()).strip() for text in svg.iter(f"{SVG}text"))


def width_of(text: ET.Element, size: float) -> float:
    """Return the width of a line of text as matplotlib measures it in the face that a page carries, in points."""
    weight = "bold" if "700" in text.get("style", "") else "regular"
    font = FontProperties(fname=Path(drawing.__file__).parent / "fonts" / f"{weight}.ttf", size=size)
    return float(text_to_path.get_text_width_height_descent("".join(text.itertext()), font, ismath=False)[0])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_every_text_lies_inside_its_picture(name: str, size: str) -> None:
    """No word is clipped: each line of text, as wide as it is drawn, lies inside the sheet, at every size."""
    draw_for(size=size)
    for svg in pictures(diagram(name)):
        _, _, width, height = map(float, svg.attrib["viewBox"].split())
        texts = list(svg.iter(f"{SVG}text"))
        assert texts
        for text in texts:
            wide = width_of(text, SIZES[size])
            x, y = float(text.attrib["x"]), float(text.attrib["y"])
            left = x - wide / 2 if anchor_of(svg, text) == "middle" else x
            assert left >= -0.5, (name, text.text)
            assert left + wide <= width + 0.5, (name, text.text)
            assert SIZES[size] * 0.7 <= y <= height, (name, text.text)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_lines_of_text_do_not_overlap(name: str, size: str) -> None:
    """No two lines of text cover each other."""
    draw_for(size=size)
    for svg in pictures(diagram(name)):
        boxes = []
        for text in svg.iter(f"{SVG}text"):
            words = "".join(text.itertext())
            wide = width_of(text, SIZES[size])
            x, y = float(text.attrib["x"]), float(text.attrib["y"])
            left = x - wide / 2 if anchor_of(svg, text) == "middle" else x
            boxes.append((left, y - 0.75 * SIZES[size], left + wide, y + 0.2 * SIZES[size], words))
        for count, one in enumerate(boxes):
            for other in boxes[count + 1 :]:
                apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
                assert apart, (name, one[4], other[4])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_text_is_as_large_as_the_print_size(name: str, size: str) -> None:
    """A figure is drawn again at the print size, not zoomed: its text has that size in the width of the paper."""
    draw_for(size=size)
    drawn = diagram(name)
    for svg in (drawn.svg, drawn.narrow):
        assert set(re.findall(r"font-size: ([\d.]+)px", svg)) == {f"{SIZES[size]:g}"}
    assert ET.fromstring(drawn.svg).attrib["width"] == "504pt"


@pytest.mark.parametrize("name", NAMES)
def test_the_words_of_the_data_are_in_picture_and_description(name: str, collection: Collection) -> None:
    """Picture, text alternative and long description come from the same rows: each text stands in both pictures and in words."""
    draw_for(audience="older-adult")
    drawn = diagram(name)
    told = " ".join([drawn.alt, *drawn.description])
    rows = collection.tables.shown(name)
    for row in rows:
        text = row.get("text") or row["shared"]
        assert text in told
        for svg in pictures(drawn):
            assert text in words_of(svg)


def test_a_changed_row_changes_picture_and_words(copy: Collection) -> None:
    """Changing a row changes both pictures, and the words, together."""
    draw_for()
    before = diagram("session-steps")
    edit(copy.data / "session-steps.csv", "Musculoskeletal evaluation", "A careful examination")
    after = diagram("session-steps")
    assert before.svg != after.svg
    assert before.narrow != after.narrow
    assert "Step 1: A careful examination." in after.description


def test_a_question_of_two_lines_lies_above_its_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """In columns so narrow that a question wraps, no line of a grid lies on another."""
    monkeypatch.setenv("HANDOUTS_COLLECTION", str(ICE))
    for size in SIZES:
        draw_for(size=size)
        for svg in pictures(diagram("answers")):
            places = [(line.attrib["x"], round(float(line.attrib["y"]), 1)) for line in svg.iter(f"{SVG}text")]
            assert len(set(places)) == len(places)
            for x in {x for x, _ in places}:
                rows = sorted(y for at, y in places if at == x)
                assert all(below - above > 0.9 * SIZES[size] for above, below in pairwise(rows))


def test_a_title_that_asks_keeps_its_mark() -> None:
    """A title that ends with a question mark has no full stop after it, in captions, alternatives and tables."""
    assert (ended("How much?"), ended("Side by side")) == ("How much?", "Side by side.")


def test_what_both_options_share_is_told_as_such(copy: Collection) -> None:
    """An aim marked for both options moves from one group to the shared one."""
    draw_for()
    assert "Both: Pain." in diagram("treatment-goals").description
    edit(copy.data / "treatment-goals.csv", "Headaches,no,yes", "Headaches,yes,yes")
    assert "Both: Pain, Headaches." in diagram("treatment-goals").description


def test_a_picture_has_a_title_and_ids_of_its_own() -> None:
    """Two pictures in one page do not share an id, and each names itself to a screen reader."""
    draw_for()
    ids: list[str] = []
    for name in NAMES:
        drawn = diagram(name)
        for svg in pictures(drawn):
            ids += [element.attrib["id"] for element in svg.iter() if "id" in element.attrib]
            assert svg.attrib["role"] == "img"
            title = svg.find(f"{SVG}title")
            assert title is not None
            assert (title.text, title.attrib["id"]) == (drawn.alt, svg.attrib["aria-labelledby"])
        assert "<style" not in drawn.svg
    assert len(ids) == len(set(ids))


def test_special_characters_survive(copy: Collection) -> None:
    """Quotes, ampersands, angle brackets and dollar signs in a table are shown as they are written."""
    edit(copy.data / "session-steps.csv", "1,Musculoskeletal evaluation", '1,"Pay $5 & <ask> ""why"" for $2"')
    edit(copy.data / "captions.csv", "Dry needling in order", "A <dry> & needling session")
    draw_for()
    drawn = diagram("session-steps")
    assert all('Pay $5 & <ask> "why" for $2' in words_of(svg) for svg in pictures(drawn))
    assert drawn.alt.startswith("A <dry> & needling session")


@pytest.mark.parametrize("seed", ["0", "12345"])
def test_the_same_bytes_in_every_process(seed: str) -> None:
    """Another process with another hash seed draws the same bytes."""
    draw_for()
    code = f"from handouts.show import diagram, draw_for; draw_for(); print(''.join(diagram(n).svg + diagram(n).narrow for n in {NAMES}))"
    env = {"PYTHONHASHSEED": seed, "HANDOUTS_COLLECTION": str(NEEDLES)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "".join(diagram(name).svg + diagram(name).narrow for name in NAMES) + "\n"


def test_a_narrow_picture_fits_the_narrowest_phone() -> None:
    """At normal print a phone's picture is 288 pixels wide, of the 320 that the narrowest phones have."""
    draw_for()
    assert ET.fromstring(diagram("treatment-goals").narrow).attrib["width"] == "216pt"


def test_colours_of_text_are_strong_on_their_ground(collection: Collection) -> None:
    """Options' colours carry white text and stand on white and on their own tint with a contrast of 4.5:1 (WCAG 2.2, 1.4.3); those of two, of 7:1."""

    def luminance(colour: str) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in mpl.colors.to_rgb(colour)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for count, colour in enumerate(shapes.COLOURS):
        for ground in ("white", drawing.tint(colour, 0.08)):
            assert (luminance(ground) + 0.05) / (luminance(colour) + 0.05) >= (7 if count < 2 else 4.5), (
                colour,
                ground,
            )


def test_an_unknown_diagram_is_told(copy: Collection) -> None:
    """A misspelt diagram is told with the nearest; one without a caption is told where to add it."""
    with pytest.raises(DataError, match="Did you mean 'session-steps'"):
        diagram("session-step")
    edit(copy.data / "captions.csv", "session-steps,", "session-stairs,")
    with pytest.raises(DataError, match="captions.csv: has no row 'session-steps'"):
        diagram("session-steps")


def test_an_unknown_reader_is_told_in_the_notebook() -> None:
    """A misspelt audience given to papermill stops the notebook, so no page is made for a wrong reader."""
    with pytest.raises(ParameterError, match="unknown audience 'atlete'"):
        draw_for(audience="atlete", level="original", size=None)


def test_text_wraps_between_words() -> None:
    """Lines are as long as fits, and a word longer than a line stands alone."""
    sheet = Sheet(100, 14)
    assert sheet.wrap("one two three", sheet.width_of("one two")) == ["one two", "three"]
    assert sheet.wrap("musculoskeletal evaluation", 10) == ["musculoskeletal", "evaluation"]
    assert sheet.put(sheet.words("a b", 1), 0, 0) == pytest.approx(2 * drawing.LINE_HEIGHT * 14)


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("session-steps", "3,A thin", "5,A thin", r"row 6: 5 stands in row 4 already|the steps  are 1, 2, 5"),
        ("session-steps", "3,A thin", "7,A thin", "are 1, 2, 7, 4, 5. Number them from 1"),
        ("diagnostic-approach", "acupuncture,2", "acupuncture,4", "the steps acupuncture are 1, 4, 3"),
        (
            "training-background",
            "acupuncture,Model",
            "acupuncture,Idea",
            "has no row for dry-needling and Idea|acupuncture and Model",
        ),
        ("training-background", "acupuncture,Model", "acupuncture,Who", "acupuncture, Who stands in row 5 already"),
        ("treatment-goals", "Headaches,no,yes", "Headaches,no,no", "Headaches: is of no option"),
        ("treatment-goals", "Headaches,no,yes", "Pain,no,yes", "Pain stands in row 6 already"),
    ],
)
def test_a_table_that_picture_and_words_would_tell_differently_is_refused(
    copy: Collection, name: str, before: str, after: str, told: str
) -> None:
    """A step, an answer or an aim that is missing or comes twice is told with the table."""
    edit(copy.data / f"{name}.csv", before, after)
    draw_for()
    with pytest.raises(DataError, match=told):
        diagram(name)


def test_tables_and_diagrams_share_the_options_colours() -> None:
    """An option has one colour, in the tables of a page as in its diagrams; there are six."""
    css = (ROOT / "src/handouts/page/templates/handout/handout.css").read_text()
    assert len(shapes.COLOURS) == 6
    for count, colour in enumerate(shapes.COLOURS, start=1):
        assert f"--option-{count}: {colour};" in css


def test_drawing_is_made_ready_anywhere(tmp_path: Path) -> None:
    """What is imported before cells run draws in a folder that is no collection, and tells nobody anything."""
    code = "import handouts.show.ready, matplotlib.pyplot as plt; assert not plt.get_fignums()"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
