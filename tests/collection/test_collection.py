"""folder.py: a collection is read once, into a value that stays what it is."""

import copy as copies
import os
import pickle
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from conftest import NEEDLES, SMALLEST, copied, edit, now
from handouts.build import build_pages
from handouts.checks.readers import make_readers, make_readers_of
from handouts.collection import Collection, find, notebook, open_collection
from handouts.errors import DataError, NotebookError
from handouts.page import list_variants

COUNT = """
import collections, os, sys
from datetime import date
opened = collections.Counter()
ROOT = os.environ["HANDOUTS_COLLECTION"]
def note(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, os.PathLike)):
        path = os.fspath(arguments[0])
        if path.startswith(ROOT) and (f"{os.sep}data{os.sep}" in path or f"{os.sep}notebooks{os.sep}" in path):
            opened[os.path.basename(path)] += 1
sys.addaudithook(note)
from handouts.collection import Collection, find
from handouts.page.markdown import parse_markdown
WORK
info = parse_markdown.cache_info()
print(len(opened), max(opened.values()), info.misses == info.currsize, info.hits > 0)
"""
WORK = {
    "the rules": "from handouts.checks.run import check_words; check_words(find())",
    "the scorecard": "from handouts.checks.readers import make_readers_of; from handouts.checks import scorecard\n"
    "from handouts.page import list_variants\nscorecard.render(find(), make_readers_of(find(), dict.fromkeys(list_variants(find()), '')))",
    "a saved keystroke": "from handouts.desk.preview import find_findings\n"
    "find_findings(find(), 'which-treatment-is-right', {'audience': 'athlete'})",
}


@pytest.mark.parametrize("work", WORK)
def test_each_file_is_read_once_and_each_text_parsed_once(work: str) -> None:
    """One command reads each table and notebook once, and parses no text twice."""
    code = COUNT.replace("WORK", WORK[work])
    done = subprocess.run([sys.executable, "-c", code], cwd=NEEDLES, capture_output=True, text=True, check=True)
    count, most, once, again = done.stdout.split()
    assert int(count) > 5
    assert (most, once, again) == ("1", "True", "True")


def test_a_kernel_reads_each_table_once_and_no_roster() -> None:
    """What a notebook shows reads each table that it needs once, and nobody's details, though a roster lies beside them."""
    shown = "from handouts.show import *\ndraw_for(audience='athlete'); diagram('choice-path'); table('needle-options'); icons('dn-mild')"
    code = COUNT.replace("WORK", shown) + "print('example-roster.csv' in opened)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=NEEDLES / "notebooks", capture_output=True, text=True, check=True
    )
    _, most, *_, has_roster = done.stdout.split()
    assert (most, has_roster) == ("1", "False")


def test_a_collection_stays_what_it_was(copy: Collection) -> None:
    """What is saved later is in the next one; copies of a value are that value, and another process reads the folder itself."""
    before = now(copy)
    assert before.clinic.phone == "555-0100"
    fingerprint = before.fingerprint
    edit(copy.data / "clinic.csv", "555-0100", "555-0199")
    assert before.clinic.phone == copies.deepcopy(before).clinic.phone == "555-0100"
    assert not before.is_current()
    after = now(copy)
    assert (after.clinic.phone, after is now(copy)) == ("555-0199", True)
    assert after.fingerprint != fingerprint
    assert pickle.loads(pickle.dumps(before)).clinic.phone == "555-0199"


def test_a_file_beside_the_notebooks_counts_from_the_moment_it_is_looked_at(copy: Collection) -> None:
    """A file saved as it was still tells that something was written."""
    beside = copy.notebooks / "picture.txt"
    beside.write_text("1")
    looked = now(copy)
    assert looked.fingerprint
    os.utime(beside, (1, 1))
    assert not looked.is_current()


def test_a_table_with_other_capitals_is_not_taken_for_none(copy: Collection) -> None:
    """An optional table whose name has other capitals is told, and never read as an empty one."""
    (copy.data / "glossary.csv").rename(copy.data / "Glossary.csv")
    with pytest.raises(DataError, match=r"data/Glossary\.csv: is to be called glossary\.csv\. Rename it\."):
        now(copy).glossary


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Collection:
    """A copy of the smallest collection."""
    copied(SMALLEST, tmp_path)
    monkeypatch.delenv("HANDOUTS_COLLECTION")
    return Collection(tmp_path)


def test_a_collection_without_safety_text_is_built(small: Collection, tmp_path: Path) -> None:
    """Where each topic says why it needs no safety text, none is asked for; nothing said is refused, with what to do."""
    result = build_pages(now(small), tmp_path / "out")
    assert (result.failed, result.made) == ([], 1)
    edit(small.data / "topics.csv", "Washing hands harms nobody.", "")
    with pytest.raises(DataError, match="topic wash-your-hands: name its set of safety text in the column safety"):
        now(small).topics


def test_readers_of_every_page_are_checked_and_one_that_fails_costs_no_other(small: Collection) -> None:
    """Values that no cell is tagged with make readers too; the scorecard leaves out who gets no page, and nobody else."""
    with (small.data / "sizes.csv").open("a") as file:
        file.write("large,Large print,,18,\n")
    with (small.data / "audiences.csv").open("a") as file:
        file.write("child,Children,For children,\n")
    collection = now(small)
    topic = collection.topics["wash-your-hands"]
    assert len(make_readers(collection, topic)) == len(list_variants(collection)) == 4
    nb = notebook.read(collection.notebook(topic.name))
    nb.cells[-1].metadata["tags"] = ["audience:child"]
    nb.cells.append(nbformat.v4.new_markdown_cell("## For you", id="left", metadata={"tags": ["audience:general"]}))
    notebook.write(nb, collection.notebook(topic.name))
    with pytest.raises(NotebookError, match="nothing is left under the heading"):
        make_readers(now(small), topic)
    (reader,) = make_readers_of(now(small), dict.fromkeys(list_variants(now(small)), ""))
    assert reader.facets["audience"] == "child"


def test_a_folder_without_a_collection_is_told(tmp_path: object) -> None:
    """Opening, and finding from there, names the folder and what to do."""
    with pytest.raises(DataError, match="no collection here"):
        open_collection(str(tmp_path))
    assert find(NEEDLES / "notebooks").root == NEEDLES
