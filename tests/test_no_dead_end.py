"""What users have and we did not think of: it works, or is one line with the cure."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from conftest import edit, now
from handouts.collection import notebook
from handouts.collection.folder import Collection
from handouts.errors import DataError, NotebookError
from handouts.page import make
from handouts.page.variant import Variant

Run = Callable[..., subprocess.CompletedProcess[str]]
CHOICE = "which-treatment-is-right"
PLAIN = Variant(CHOICE, {"audience": "general", "level": "plain", "size": "normal"})


def add(copy: Collection, source: str, kind: str = "code") -> None:
    """Add a cell to the notebook CHOICE."""
    nb = nbformat.read(copy.notebook(CHOICE), as_version=4)
    make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    nb.cells.append(make(source, id="added", metadata={"tags": ["level:plain"]}))
    nbformat.write(nb, copy.notebook(CHOICE))


def caption(copy: Collection, name: str, drawn_as: str = "table") -> None:
    """Give a table of data/ its caption."""
    with (copy.data / "captions.csv").open("a", encoding="utf-8") as file:
        file.write(f"{name},Title,Caption.,What it is.,{drawn_as},clinic\n")


@pytest.mark.parametrize(
    ("table", "heads"),
    [
        ("difference,When to call\nFever,Today [@clinic]\n", ["difference", "When to call"]),
        ("medicine,What it does,How often\nBlue,Helps now [@clinic],When needed [@clinic]\n", ["medicine", "What it does", "How often"]),
        ("What,ice,heat,neither\nFeels,cold [@clinic],warm [@clinic],same [@clinic]\n", ["What", "ice", "heat", "neither"]),
    ],
)  # fmt: skip
def test_a_table_has_any_first_column_and_one_or_more_others(
    copy: Collection, run: Run, table: str, heads: list[str]
) -> None:
    """A table with one compared column, or another first header, is shown with its own heads; build and check say nothing else."""
    (copy.data / "when.csv").write_text(table)
    caption(copy, "when")
    add(copy, 'table("when")')
    made = make.try_page(now(copy), PLAIN)
    assert made.page, made.failure
    shown = made.page.html[made.page.html.index('id="table-when"') :].partition("</thead>")[0]
    assert re.findall(r'<th scope="col"[^>]*>([^<]*)', shown) == heads
    done = run("handouts", "check", CHOICE, cwd=copy.root)
    assert "Traceback" not in done.stderr
    assert "when.csv" not in done.stdout.replace("warning: data/when.csv", "")


@pytest.mark.parametrize(
    ("table", "told"),
    [("only\nx\n", "has one column, and a table needs a second"), ("a,b\nx,1\nx,2\n", "'x' names two rows"), ("a,b\nx,\n", "x, column b: must not be empty"), ("a,b\n", "has no rows")],
)  # fmt: skip
def test_a_table_that_cannot_be_shown_is_told_in_one_line(copy: Collection, table: str, told: str) -> None:
    """A table without a second column, with one name twice, with a gap or without rows names its file and what to do."""
    (copy.data / "when.csv").write_text(table)
    caption(copy, "when")
    add(copy, 'table("when")')
    failure = make.try_page(now(copy), PLAIN).failure
    assert failure
    assert "data/when.csv" in failure
    assert told in failure
    assert len(failure.splitlines()) == 1


@pytest.mark.parametrize("options", [(), ("dry-needling",), ("dry-needling", "acupuncture", "massage")])
def test_steps_are_drawn_whatever_is_compared(copy: Collection, options: tuple[str, ...]) -> None:
    """With no option, one, or three, a diagram of steps is drawn, and one that lacks options it names says so in one line."""
    topic = Variant("your-dry-needling-session", {"audience": "general", "level": "plain", "size": "normal"})
    rows = "".join(f"{CHOICE},{name},{name.capitalize()}\n" for name in options)
    (copy.data / "options.csv").write_text(f"topic,option,label\n{rows}")
    assert make.try_page(now(copy), topic).failure is None
    two = Variant(CHOICE, {"audience": "general", "level": "original", "size": "normal"})
    failure = make.try_page(now(copy), two).failure
    if len(options) > 1:  # a third that the tables do not name changes nothing
        assert failure is None
        return
    assert failure
    assert "data/options.csv" in failure or "Wanted: " in failure
    assert len(failure.splitlines()) == 1


@pytest.mark.parametrize("how", ["empty", "missing"])
def test_tables_that_a_collection_can_do_without_may_be_empty_or_missing(copy: Collection, run: Run, how: str) -> None:
    """Glossary, words to avoid, standards and lines left out may have no rows, or not be there: build and check end without a traceback."""
    for name in ("glossary", "plain-words", "standards"):
        path = copy.data / f"{name}.csv"
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n") if how == "empty" else path.unlink()
    for command in (["build", CHOICE, "--audience", "general"], ["check", CHOICE]):
        done = run("handouts", *command, cwd=copy.root)
        assert "Traceback" not in done.stderr
        assert "Put" not in done.stderr, done.stderr


def test_a_message_counts_cells_as_jupyterlab_does(copy: Collection) -> None:
    """A cell that makes no page is named by its number in the notebook, not among the cells of one reader."""
    add(copy, "Call us at {{ nobodys_field }}. [@clinic]", "markdown")
    number = len(nbformat.read(copy.notebook(CHOICE), as_version=4).cells)
    assert f'cell {number} ("Call us at' in str(make.try_page(now(copy), PLAIN).failure)


@pytest.mark.parametrize(
    "line",
    [
        'audience: str = "general"',
        'audience = "general"  # who reads',
        'audience = reader = "general"',
        'audience: "str | None" = "general"',
    ],
)
def test_parameters_may_be_typed(tmp_path: Path, line: str) -> None:
    """papermill's own typed form, comments and two names at once set a parameter."""
    cell = nbformat.v4.new_code_cell(line, id="parameters", metadata={"tags": ["parameters"]})
    path = tmp_path / "t.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    assert notebook.declared(notebook.read(path), "t.ipynb")["audience"] == "general"


def stored(path: Path, **fields: object) -> Path:
    """Write a notebook with one parameters cell, and `fields` in place of what it has."""
    cell = {
        "cell_type": "code",
        "id": "p",
        "metadata": {"tags": ["parameters"]},
        "source": ["x = 1"],
        "outputs": [],
        "execution_count": None,
    }
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **fields}))
    return path


@pytest.mark.parametrize("minor", [0, 1, 2, 3, 4])
def test_a_notebook_of_an_older_format_is_read_or_told_what_mends_it(tmp_path: Path, minor: int) -> None:
    """Formats 4.0 to 4.4 are read where their cells have ids, and told to be saved in JupyterLab where not; so is format 3."""
    path = stored(tmp_path / "t.ipynb", nbformat_minor=minor)
    assert notebook.read(path).cells[0].source == "x = 1"
    cells = json.loads(path.read_text())["cells"]
    del cells[0]["id"]
    with pytest.raises(NotebookError, match=r"cell 1: has no id\. Open the notebook in JupyterLab and save it"):
        notebook.read(stored(path, nbformat_minor=minor, cells=cells))
    path.write_text(json.dumps({"worksheets": [{"cells": []}], "metadata": {}, "nbformat": 3, "nbformat_minor": 0}))
    with pytest.raises(NotebookError, match=r"has format 3 and must have 4\. Open it in JupyterLab and save it"):
        notebook.read(path)


@pytest.mark.parametrize(
    "marks",
    [
        "<<<<<<< LOCAL CELL DELETED >>>>>>>",
        "<<<<<<< local\na\n=======\nb\n>>>>>>> remote",
        '<span style="color:red">**<<<<<<< local**</span>',
    ],
)
@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_a_merge_that_was_not_finished_is_told_by_its_cell(copy: Collection, marks: str, kind: str) -> None:
    """What nbmerge or git leave where two versions differ makes no page, and names the cell and the marks."""
    add(copy, marks, kind)
    assert re.search(
        r'cell \d+ \(".*"\): holds the marks of two versions that were merged',
        str(make.try_page(now(copy), PLAIN).failure),
    )


def test_git_may_have_changed_the_line_ends(copy: Collection, run: Run) -> None:
    """A clone with CRLF (core.autocrlf) has notebooks that are up to date, and tables and an article that are read."""
    for path in [*copy.notebooks.glob("*.ipynb"), *copy.data.glob("*.*")]:
        path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    done = run("handouts", "refresh", "--check", CHOICE, cwd=copy.root)
    assert (done.returncode, done.stdout) == (0, f"{CHOICE}: up to date\n"), done.stderr


def test_a_cell_that_needs_quotation_marks_is_told(copy: Collection) -> None:
    """A comma in a cell without quotation marks is told with its file, row and cure."""
    edit(copy.data / "clinic.csv", "Example Clinic", "Example Clinic, North Side")

    with pytest.raises(
        DataError,
        match=r"clinic\.csv row 2: 3 cells where the header has 2\. Fill the row; a cell with a comma in it needs quotation marks",
    ):
        copy.clinic
