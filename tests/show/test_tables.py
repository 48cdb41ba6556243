"""Tables bring header cells, scopes and a caption, and what data/ says."""

import xml.etree.ElementTree as ET

import pytest

from conftest import edit
from handouts.collection.folder import Collection
from handouts.errors import DataError
from handouts.show import table


def test_the_comparison_has_header_cells_with_scopes_and_a_caption() -> None:
    """Columns and rows have header cells that say what they head, so that a screen reader can tell."""
    html = ET.fromstring(table("comparison").html())
    assert [(th.text, th.attrib["scope"]) for th in html.iterfind("thead/tr/th")] == [
        ("Compare", "col"), ("Dry needling", "col"), ("Acupuncture", "col"),
    ]  # fmt: skip
    assert [(th.text, th.attrib["scope"]) for th in html.iterfind("tbody/tr/th")] == [
        ("Diagnostic approach", "row"), ("Treatment goal", "row"), ("Training background", "row"),
    ]  # fmt: skip
    assert "".join(html.find("caption").itertext()).startswith("Dry needling and acupuncture, side by side")
    assert {td.attrib["data-label"] for td in html.iterfind("tbody/tr/td[1]")} == {"Dry needling"}


def test_the_frame_holds_what_the_table_shows() -> None:
    """The pandas frame has a row a difference and a column a treatment."""
    frame = table("comparison").frame
    assert frame.shape == (3, 2)
    assert frame.loc["Treatment goal", "Acupuncture"] == "Restoring energetic balance and overall wellness"


def test_special_characters_are_escaped(copy: Collection) -> None:
    """A table's text is text, never HTML."""
    edit(copy.data / "comparison.csv", "Orthopedic evaluation", "<script>x</script> & evaluation")
    assert "&lt;script&gt;x&lt;/script&gt; &amp; evaluation" in table("comparison").html()


def test_a_table_without_a_caption_is_told(copy: Collection) -> None:
    """A table without a row in captions.csv is told where to add it."""
    edit(copy.data / "captions.csv", "comparison,", "comparisons,")
    with pytest.raises(DataError, match="captions.csv: has no row 'comparison'"):
        table("comparison")


def test_an_empty_cell_is_refused(copy: Collection) -> None:
    """A comparison says something of both treatments, or it is no comparison."""
    edit(copy.data / "comparison.csv", "Traditional Chinese medicine principles", "")
    with pytest.raises(DataError, match=r"comparison\.csv, Diagnostic approach, column acupuncture: must not be empty"):
        table("comparison")
