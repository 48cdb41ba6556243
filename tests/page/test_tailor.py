"""Tags choose cells, and a tag that could drop a warning by mistake is an error."""

import nbformat
import pytest
from nbconvert.exporters import MarkdownExporter
from traitlets.config import Config

from conftest import a_notebook, text_cell
from handouts.collection.folder import Collection, find
from handouts.collection.parameters import Parameters
from handouts.errors import NotebookError
from handouts.page.tailor import check_tags, tailor

PARTS = ["main-message"]


def texts(nb: nbformat.NotebookNode, parameters: Parameters, **values: str) -> list[str]:
    """Return the text cells of `nb` that a reader gets."""
    reader = {"audience": "general", "level": "original", "size": "normal", **values}
    kept = tailor(nb, reader, parameters, PARTS, "t.ipynb")
    return [cell.source for cell in kept.cells if cell.cell_type == "markdown"]


def test_a_cell_without_tags_is_for_everyone(parameters: Parameters) -> None:
    """A cell without tags, or with tags that are no facet, is for everyone."""
    nb = a_notebook(text_cell("All."), text_cell("Me too.", "hide-input", "my tag", "part:main-message"))
    assert texts(nb, parameters) == ["All.", "Me too."]


def test_values_of_one_facet_mean_any_of_them(parameters: Parameters) -> None:
    """Two audiences on a cell: both get it, others do not."""
    nb = a_notebook(text_cell("All."), text_cell("Some.", "audience:athlete", "audience:older-adult"))
    assert texts(nb, parameters, audience="athlete") == ["All.", "Some."]
    assert texts(nb, parameters, audience="older-adult") == ["All.", "Some."]
    assert texts(nb, parameters, audience="general") == ["All."]


def test_different_facets_must_all_match(copy: Collection) -> None:
    """An audience and a level on a cell: the reader must have both."""
    parameters = copy.parameters
    nb = a_notebook(text_cell("All."), text_cell("Both.", "audience:athlete", "level:plain"))
    assert texts(nb, parameters, audience="athlete", level="plain") == ["All.", "Both."]
    assert texts(nb, parameters, audience="athlete", level="original") == ["All."]
    assert texts(nb, parameters, audience="general", level="plain") == ["All."]


def test_an_unknown_value_in_a_tag_is_an_error_for_every_reader(parameters: Parameters) -> None:
    """A typo in a tag names the notebook, the cell, and the values allowed."""
    nb = a_notebook(text_cell("All."), text_cell("## Warning\n\nCall us.", "audience:atlete"))
    with pytest.raises(NotebookError) as caught:
        texts(nb, parameters)
    assert str(caught.value) == (
        "t.ipynb, cell 3 (\"## Warning\"): tag 'audience:atlete': unknown audience 'atlete'. "
        "Did you mean 'athlete'? Known: general, athlete, older-adult."
    )


@pytest.mark.parametrize("tag", ["audeince:athlete", "size:large", ":athlete", "note:to self", "AUDIENCE:athlete"])
def test_an_unknown_facet_in_a_tag_is_an_error(parameters: Parameters, tag: str) -> None:
    """A tag with a colon is a facet, and must be one that data/ declares."""
    with pytest.raises(NotebookError, match="unknown facet"):
        texts(a_notebook(text_cell("All."), text_cell("Text.", tag)), parameters)


def test_an_unknown_part_is_an_error(parameters: Parameters) -> None:
    """A part that has no look is an error with the parts known."""
    with pytest.raises(NotebookError, match=r"unknown part 'main-mesage'\. Did you mean 'main-message'\?"):
        texts(a_notebook(text_cell("Text.", "part:main-mesage")), parameters)


def test_a_heading_left_with_nothing_under_it_is_an_error(parameters: Parameters) -> None:
    """A heading whose text is for somebody else is an error for the reader who gets only the heading."""
    nb = a_notebook(
        text_cell("# Title"),
        text_cell("## For you"),
        text_cell("Run.", "audience:athlete"),
        text_cell("## End\n\nBye."),
    )
    assert texts(nb, parameters, audience="athlete")
    with pytest.raises(
        NotebookError, match=r"t\.ipynb, audience general.* cell 3 .*nothing is left under the heading 'For you'"
    ):
        texts(nb, parameters)


def test_the_last_heading_needs_text_too(parameters: Parameters) -> None:
    """A heading at the very end with nothing under it is an error."""
    with pytest.raises(NotebookError, match="under the heading 'End'"):
        texts(a_notebook(text_cell("# Title\n\nText."), text_cell("## End")), parameters)


def test_a_heading_may_hold_only_lower_headings_with_text(parameters: Parameters) -> None:
    """A heading with a lower heading and text below is not empty."""
    assert texts(a_notebook(text_cell("# Title\n\n## Part\n\n### Detail\n\nText.")), parameters)


def test_a_hash_in_code_is_no_heading(parameters: Parameters) -> None:
    """Headings are found as Markdown finds them, not by a hash at a line's start."""
    assert texts(a_notebook(text_cell("# Title\n\n```\n# not a heading\n```")), parameters)


def test_a_diagram_under_a_heading_is_enough(parameters: Parameters) -> None:
    """A heading with only a table or diagram under it is not empty; one with a silent cell is."""
    shown = nbformat.v4.new_code_cell(
        "diagram('x')", outputs=[nbformat.v4.new_output("display_data", {"text/html": "x"})]
    )
    silent = nbformat.v4.new_code_cell("x = 1")
    shown.execution_count = silent.execution_count = 1
    assert texts(a_notebook(text_cell("# Title\n\nText.\n\n## Picture"), shown), parameters)
    with pytest.raises(NotebookError, match="under the heading 'Picture'"):
        texts(a_notebook(text_cell("# Title\n\nText.\n\n## Picture"), silent), parameters)


def test_a_reader_to_whom_nothing_is_left_is_an_error(parameters: Parameters) -> None:
    """A topic that leaves an audience empty is an error, not an empty page."""
    nb = a_notebook(text_cell("# Title", "audience:athlete"), text_cell("Run.", "audience:athlete"))
    with pytest.raises(NotebookError, match="audience older-adult, level original: nothing is left for this reader"):
        texts(nb, parameters, audience="older-adult")


@pytest.mark.parametrize(
    "code",
    ["dose = 2", "(dose := 2)", "doses.append(2)", "%matplotlib inline", 'draw_for(size="giant")', "table(x)", ""],
)
def test_a_code_cell_for_some_readers_only_shows_something(parameters: Parameters, code: str) -> None:
    """A cell for some readers that does more than show would make other cells depend on who reads."""
    cell = nbformat.v4.new_code_cell(code, metadata={"tags": ["audience:athlete"]})
    with pytest.raises(
        NotebookError, match="may hold one call of table or diagram or icons or picture and nothing else"
    ):
        texts(a_notebook(text_cell("All."), cell), parameters)
    cell.source = 'diagram("session-steps")'
    assert texts(a_notebook(text_cell("All."), cell), parameters)


@pytest.mark.parametrize(
    ("tag", "meant"),
    [
        ("athlete", "audience:athlete"), ("audience=older-adult", "audience:older-adult"),
        ("Audience-Older-Adult", "audience:older-adult"), (" athlete ", "audience:athlete"),
        ("main-message", "part:main-message"), ("audience", "facet:value"),
    ],
)  # fmt: skip
def test_a_tag_that_lacks_its_colon_is_an_error(parameters: Parameters, tag: str, meant: str) -> None:
    """A tag that was meant to choose readers, but would be ignored, is told with the way to write it."""
    with pytest.raises(NotebookError, match=f"is no facet, and would be ignored. Write it as {meant}"):
        texts(a_notebook(text_cell("All."), text_cell("Text.", tag)), parameters)


def test_two_parts_on_a_cell_are_an_error() -> None:
    """A cell has one look."""
    parameters = find().parameters
    cell = text_cell("Text.", "part:main-message", "part:for-you")
    with pytest.raises(NotebookError, match=r"the cell is a part already \(part:main-message\)"):
        check_tags(a_notebook(cell), parameters, ["main-message", "for-you"], "t.ipynb")


def test_a_comment_under_a_heading_is_nothing(parameters: Parameters) -> None:
    """A heading under which only a comment stands is empty: no reader sees a comment."""
    with pytest.raises(NotebookError, match="under the heading 'Help'"):
        texts(a_notebook(text_cell("# Title\n\nText.\n\n## Help"), text_cell("<!-- to do -->")), parameters)


def test_tailoring_leaves_its_input_alone_and_changes_nothing_twice(parameters: Parameters) -> None:
    """Tailoring a tailored notebook changes nothing, and the notebook it came from stays as it was."""
    nb = a_notebook(text_cell("All."), text_cell("Run.", "audience:athlete"))
    before = nbformat.writes(nb)
    reader = {"audience": "general", "level": "original", "size": "normal"}
    once = tailor(nb, reader, parameters, PARTS, "t.ipynb")
    assert nbformat.writes(nb) == before
    assert tailor(once, reader, parameters, PARTS, "t.ipynb") == once


def test_the_preprocessor_works_with_any_exporter(copy: Collection) -> None:
    """nbconvert's own Markdown exporter tailors with our preprocessor, by the parameters papermill put in."""
    injected = nbformat.v4.new_code_cell('audience = "athlete"', metadata={"tags": ["injected-parameters"]})
    nb = a_notebook(injected, text_cell("Run.", "audience:athlete"), text_cell("Rest.", "audience:older-adult"))
    exporter = MarkdownExporter(
        config=Config({"MarkdownExporter": {"preprocessors": ["handouts.page.preprocess.TailorPreprocessor"]}})
    )
    markdown, _ = exporter.from_notebook_node(nb)
    assert "Run." in markdown
    assert "Rest." not in markdown
