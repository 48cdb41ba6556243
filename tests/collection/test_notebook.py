"""A notebook is read only in the right shape, and stored so that a diff is small."""

import json
from pathlib import Path

import nbformat
import pytest

from conftest import a_notebook, text_cell
from handouts.collection import notebook
from handouts.errors import NotebookError


def stored(tmp_path: Path, nb: nbformat.NotebookNode) -> Path:
    """Write `nb` as it is, without the mending that nbformat does."""
    path = tmp_path / "t.ipynb"
    path.write_text(json.dumps(nb))
    return path


def test_a_notebook_that_is_not_json_is_told(tmp_path: Path) -> None:
    """Half a file is told as such, with what to do."""
    (tmp_path / "t.ipynb").write_text('{"cells": [')
    with pytest.raises(NotebookError, match=r"t\.ipynb: is not JSON .*Put back an earlier version"):
        notebook.read(tmp_path / "t.ipynb")


@pytest.mark.parametrize("content", ["[]", "{}", '{"cells": 3}', '"text"', '{"cells": [1], "nbformat": 4}'])
def test_json_that_is_no_notebook_is_told(tmp_path: Path, content: str) -> None:
    """JSON of another kind is told as such."""
    (tmp_path / "t.ipynb").write_text(content)
    with pytest.raises(NotebookError, match="is no notebook"):
        notebook.read(tmp_path / "t.ipynb")


def test_a_missing_notebook_is_told(tmp_path: Path) -> None:
    """A topic without a notebook is told with the way to see the topics."""
    with pytest.raises(NotebookError, match="no such notebook. `handouts list` shows"):
        notebook.read(tmp_path / "t.ipynb")


def test_duplicate_ids_are_refused(tmp_path: Path) -> None:
    """Two cells with one id are told by number, before nbformat mends them without a word."""
    nb = a_notebook(text_cell("a"), text_cell("b"))
    nb.cells[2].id = nb.cells[1].id
    with pytest.raises(NotebookError, match=r"cell 2: has the id 'cell-1' of another cell"):
        notebook.read(stored(tmp_path, nb))


def test_a_cell_without_an_id_is_refused(tmp_path: Path) -> None:
    """A cell without an id would get another one at each export."""
    nb = a_notebook(text_cell("a"))
    del nb.cells[1]["id"]
    with pytest.raises(NotebookError, match="cell 2: has no id"):
        notebook.read(stored(tmp_path, nb))


def test_a_notebook_needs_one_parameters_cell(tmp_path: Path) -> None:
    """No parameters cell, or two, is an error that says how to tag one."""
    nb = a_notebook(text_cell("a"))
    nb.cells[0].metadata = {}
    with pytest.raises(NotebookError, match="has 0 code cells tagged 'parameters' and needs one"):
        notebook.read(stored(tmp_path, nb))


def test_parameters_are_plain_values() -> None:
    """A parameters cell that computes is refused: its values must be known without running it."""
    nb = a_notebook()
    nb.cells[0].source = "audience = pick()"
    with pytest.raises(NotebookError, match="holds more than plain values"):
        notebook.declared(nb, "t.ipynb")


def test_a_parameter_that_the_notebook_does_not_declare_is_refused() -> None:
    """papermill only warns of a misspelt parameter; the page would be somebody else's."""
    injected = nbformat.v4.new_code_cell('audeince = "athlete"', metadata={"tags": ["injected-parameters"]})
    with pytest.raises(NotebookError, match="run with a parameter 'audeince' that it does not declare"):
        notebook.ran_with(a_notebook(injected), "t.ipynb")


def test_stored_notebooks_hold_nothing_of_the_run() -> None:
    """Times, paths and versions go; text, tags, ids and outputs stay; counts run from 1."""
    output = nbformat.v4.new_output("execute_result", {"text/plain": "2"}, execution_count=41)
    code = nbformat.v4.new_code_cell("1 + 1", execution_count=41, outputs=[output])
    code.metadata = {"execution": {"iopub.execute_input": "2026-01-01"}, "papermill": {"duration": 1}, "tags": ["keep"]}
    nb = a_notebook(text_cell("a"), code)
    nb.metadata = {"papermill": {"input_path": "/somewhere"}, "language_info": {"name": "python", "version": "3.11.7"}}
    kept = notebook.normalised(nb)
    assert kept.metadata == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert kept.cells[2].metadata == {"tags": ["keep"]}
    assert (kept.cells[2].execution_count, kept.cells[2].outputs[0].execution_count) == (2, 2)
    assert kept.cells[2].outputs[0].data == {"text/plain": "2"}
    assert [cell.id for cell in kept.cells] == [cell.id for cell in nb.cells]


def test_the_topic_is_the_file_that_papermill_read() -> None:
    """An output file of any name still belongs to its topic."""
    nb = a_notebook()
    assert notebook.topic_of(nb, "out") == "out"
    nb.metadata = nbformat.from_dict({"papermill": {"input_path": "notebooks/your-dry-needling-session.ipynb"}})
    assert notebook.topic_of(nb, "out") == "your-dry-needling-session"


def test_a_notebook_of_another_format_or_kind_is_told(tmp_path: Path) -> None:
    """A format that is not known, cells without what they need, and a folder are told in one line."""
    for content, told in (
        ('{"cells": [], "nbformat": 5}', "has format 5 and must have 4"),
        ('{"cells": [{"id": ["x"], "cell_type": "markdown"}], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "cell 1: has no id"),
        ('{"cells": [{"id": "x", "cell_type": "code", "source": ""}], "nbformat": 4, "nbformat_minor": 5}', "no valid notebook"),
    ):  # fmt: skip
        (tmp_path / "t.ipynb").write_text(content)
        with pytest.raises(NotebookError, match=told):
            notebook.read(tmp_path / "t.ipynb")
    with pytest.raises(NotebookError, match="cannot be read"):
        notebook.read(tmp_path)
