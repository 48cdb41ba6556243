"""ran.py: code runs where it must, and words alone never start a kernel."""

import shutil
from pathlib import Path

import nbformat
import pytest

from conftest import ROOT, edit, now
from handouts.build import build_pages
from handouts.collection import notebook
from handouts.collection.edit_tables import add_rows
from handouts.collection.folder import Collection, open_collection
from handouts.page import list_variants, make_page
from handouts.page.make import try_page

SMALLEST = ROOT / "tests/collections/smallest"


@pytest.fixture
def counted(tmp_path: Path) -> tuple[Collection, Path]:
    """A collection whose notebook counts how often it runs, in a file."""
    for part in ("data", "notebooks"):
        shutil.copytree(SMALLEST / part, tmp_path / "c" / part)
    collection, counter = open_collection(tmp_path / "c"), tmp_path / "runs"
    path = collection.notebook("wash-your-hands")
    nb = notebook.read(path)
    nb.cells.append(nbformat.v4.new_code_cell(f"_ = open({str(counter)!r}, 'a').write('x')", id="counts"))
    notebook.write(nb, path)
    return now(collection), counter


def test_words_alone_start_no_kernel(counted: tuple[Collection, Path]) -> None:
    """A text cell changed: the page has the new words, byte for byte as if all had run, and no cell ran. Code, a table or a parameter changed: it runs."""
    collection, counter = counted
    variant = list_variants(collection)[0]
    path = collection.notebook(variant.topic)

    def runs() -> int:
        before = len(counter.read_text()) if counter.is_file() else 0
        made = try_page(now(collection), variant)
        assert made.failure is None
        ran = len(counter.read_text()) - before
        assert make_page(now(collection), variant).html == made.page.html
        return ran

    assert runs() == 1
    for count in range(3):
        edit(path, "hands", f"hands{count}") if count == 0 else edit(path, f"hands{count - 1}", f"hands{count}")
        assert runs() == 0
        assert f"hands{count}" in try_page(now(collection), variant).page.html
    edit(path, "_ = open", "_ =  open")
    assert runs() == 1
    add_rows(collection.data / "clinic.csv", [{"field": "hours", "value": "always"}])
    assert runs() == 1
    edit(path, '"id": "counts"', '"id": "counted"')
    assert runs() == 1
    assert runs() == 0


def test_a_forced_build_runs_every_cell(counted: tuple[Collection, Path], tmp_path: Path) -> None:
    """`--force` takes nothing that was kept; a damaged file of outputs is made again."""
    collection, counter = counted
    build_pages(collection, tmp_path / "out", workers=1)
    assert counter.read_text() == "x"
    build_pages(now(collection), tmp_path / "out", workers=1, force=True)
    assert counter.read_text() == "xx"
    for kept in collection.cache.rglob("*.json"):
        kept.write_text("{")
    assert build_pages(now(collection), tmp_path / "out", workers=1).failed == []
    assert counter.read_text() == "xxx"
