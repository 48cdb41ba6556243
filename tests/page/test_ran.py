"""What is kept of pages: code runs where it must, words alone never start a kernel, and a table is asked for by those who read it."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

from conftest import ICE, SMALLEST, copied, edit, now
from handouts.build import build_pages
from handouts.collection import notebook
from handouts.collection.edit_tables import add_rows, read_rows
from handouts.collection.folder import Collection, open_collection
from handouts.page import Variant, list_variants, make_page, make_pages
from handouts.page.cache import read_alike, read_kept
from handouts.page.keys import key_of
from handouts.page.make import Made, try_page


@pytest.fixture
def counted(tmp_path: Path) -> tuple[Collection, Path]:
    """A collection whose notebook counts how often it runs, in a file."""
    collection, counter = copied(SMALLEST, tmp_path / "c"), tmp_path / "runs"
    path = collection.notebook("wash-your-hands")
    nb = notebook.read(path)
    nb.cells.append(nbformat.v4.new_code_cell(f"_ = open({str(counter)!r}, 'a').write('x')", id="counts"))
    notebook.write(nb, path)
    return now(collection), counter


def test_words_alone_start_no_kernel(counted: tuple[Collection, Path]) -> None:
    """A text cell changed: the page has the new words, byte for byte as if all had run, and no cell ran. Code changed: it runs."""
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
    assert runs() == 0  # no cell reads it; the page does
    assert "always" in try_page(now(collection), variant).page.html
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


ICY, RESTING = "ice-or-heat", "rest-or-move"
"""The topics of a collection: each shows tables of its own."""
MORE = {
    "no cell more": "pass",
    "a cell that opens the other's table by itself": "_ = open('../data/two-ways.csv').read()",
    "a cell that opens it through a library": "import pandas; _ = pandas.read_csv('../data/two-ways.csv')",
    "a cell that starts a program": "import subprocess; _ = subprocess.run(['cat', '../data/two-ways.csv'], capture_output=True)",
}


@pytest.fixture
def two(tmp_path: Path) -> Collection:
    """A collection of two topics, with tables of their own, whose notebooks count how often they run."""
    return copied(ICE, tmp_path / "two")


def counting(collection: Collection, topic: str, more: str) -> Callable[[], int]:
    """Have the notebook of `topic` run `more`, and count its runs; return what tells how often it ran since it was last asked."""
    path, counter, before = collection.notebook(topic), collection.root / f"{topic}.runs", [0]
    nb = notebook.read(path)
    nb.cells.append(nbformat.v4.new_code_cell(f"{more}\n_ = open({str(counter)!r}, 'a').write('x')", id="counts"))
    notebook.write(nb, path)
    counter.write_text("")

    def ran() -> int:
        before.append(len(counter.read_text()))
        return before[-1] - before[-2]

    return ran


def firsts(collection: Collection) -> dict[str, Variant]:
    """Return the first variant of each topic."""
    return {variant.topic: variant for variant in reversed(list_variants(now(collection)))}


def make_firsts(collection: Collection) -> dict[str, Made]:
    """Make the page of each, or take it as it is kept."""
    with ThreadPoolExecutor(1) as one:
        made_now = make_pages(now(collection), firsts(collection).values(), executor=one)
        return {variant.topic: made for variant, made in made_now}


def first_pages(collection: Collection) -> dict[str, Made]:
    """Make the first page of each topic, or take it as it is kept; it is the one that is made anew, byte for byte."""
    found = make_firsts(collection)
    for topic, made in found.items():
        assert made.page, made.failure
        assert made.as_asked
        assert made.page == make_page(now(collection), firsts(collection)[topic])
    return found


@pytest.mark.parametrize("more", MORE)
def test_a_table_is_asked_for_by_those_who_read_it(two: Collection, more: str) -> None:
    """A value of a table changed: cells run for the topics that read it, however they do, and for no other; nor is any other's page made."""
    does_read = {
        "two-ways": {RESTING} | ({ICY} if more != "no cell more" else set()),
        "ways": {ICY},
        "standards": {ICY} if more == "a cell that starts a program" else set(),  # nobody sees what that reads
    }  # fmt: skip
    counts = {ICY: counting(two, ICY, MORE[more]), RESTING: counting(two, RESTING, "pass")}
    first_pages(two)
    for table, readers in does_read.items():
        for count in counts.values():
            count()
        edit(
            two.data / f"{table}.csv",
            {"two-ways": "until it feels better", "ways": "Wrap the pack", "standards": "plain from title"}[table],
            "here",
        )
        made = first_pages(two)
        anew = {topic for topic, count in counts.items() if count() > 1}  # once more, to compare
        assert anew == readers, table
        if table != "standards":  # by what a page is judged, each page is told
            assert {topic for topic, page in made.items() if not page.kept} == readers, table


def test_what_is_kept_is_what_would_be_made(two: Collection) -> None:
    """Twenty random edits of tables, some taken back, a table that comes and goes: each page taken is the page made anew, byte for byte."""
    chance = random.Random(20)
    tables = [
        "ways.csv",
        "two-ways.csv",
        "three-ways.csv",
        "answers.csv",
        "captions.csv",
        "facts.csv",
        "clinic.csv",
        "safety-sets.csv",
    ]
    stored = {name: (two.data / name).read_bytes() for name in tables}
    taken = 0
    for turn in range(20):
        name = chance.choice(tables)
        path, rows = two.data / name, read_rows(two.data / name)[1]
        if chance.random() < 0.3:
            path.write_bytes(stored[name])
        else:
            column = {
                "captions.csv": "caption",
                "facts.csv": "what",
                "clinic.csv": "value",
                "safety-sets.csv": "heading",
            }.get(name, [*rows[0]][-1])
            word = chance.choice([row[column] for row in rows if row[column]]).split()[0]
            path.write_bytes(stored[name].replace(f"{word} ".encode(), f"{word} {chr(97 + turn)}ha ".encode(), 1))
        (two.data / "more.csv").unlink(missing_ok=True)
        if chance.random() < 0.2:
            (two.data / "more.csv").write_text("a,b\n1,2\n")
        taken += sum(made.kept for made in first_pages(two).values())
    assert 5 < taken < 40


@pytest.mark.parametrize("how", ["a link", "a database"])
def test_a_table_that_is_a_link_or_a_database_is_seen_to_change(two: Collection, tmp_path: Path, how: str) -> None:
    """A table that is a link to a file elsewhere, or a database, makes those cells run that read it, once."""
    if how == "a link":
        (two.data / "two-ways.csv").rename(tmp_path / "two-ways.csv")
        (two.data / "two-ways.csv").symlink_to(tmp_path / "two-ways.csv")
        counts = counting(two, RESTING, "pass")

        def change() -> None:
            edit(tmp_path / "two-ways.csv", "until it feels better", "for a while")
    else:
        database = sqlite3.connect(two.data / "ways.db")
        database.execute("create table ways (way)")
        counts = counting(
            two,
            RESTING,
            "import sqlite3; _ = sqlite3.connect('../data/ways.db').execute('select * from ways').fetchall()",
        )

        def change() -> None:
            database.execute("insert into ways values ('another')")
            database.commit()

    variant = firsts(two)[RESTING]
    for _ in range(2):
        assert try_page(now(two), variant).failure is None
    assert counts() == 1
    change()
    for _ in range(2):
        assert try_page(now(two), variant).failure is None
    assert counts() == 1


def test_what_is_kept_moves_with_its_collection(two: Collection, tmp_path: Path) -> None:
    """A collection that was copied with what is kept of it runs no cell again, and makes anew what shows a table that changes there."""
    counts = {ICY: counting(two, ICY, "pass"), RESTING: counting(two, RESTING, "pass")}
    make_firsts(two)
    assert [count() for count in counts.values()] == [1, 1]
    moved = open_collection(shutil.copytree(two.root, tmp_path / "moved"))
    edit(moved.notebook(ICY), "cold may ease pain", "cold can ease pain")
    assert [make_firsts(moved)[topic].kept for topic in (ICY, RESTING)] == [False, True]
    edit(moved.data / "ways.csv", "Wrap the pack", "Wrap it")
    made = make_firsts(moved)
    assert [made[topic].kept for topic in (ICY, RESTING)] == [False, True]
    assert "Wrap it" in made[ICY].page.html
    assert [count() for count in counts.values()] == [1, 0]


def test_a_page_is_kept_once_more_by_what_is_on_disk_now(two: Collection) -> None:
    """A page that was taken although a table of others changed is found by its key from then on; one that reads the table is not taken."""
    first_pages(two)
    edit(two.data / "ways.csv", "Wrap the pack", "Wrap it")
    variants = firsts(two)
    assert read_alike(now(two), variants[ICY]) is None
    found = read_alike(now(two), variants[RESTING])
    assert found is not None
    key, page = found
    assert read_kept(now(two), key) == page == make_page(now(two), variants[RESTING])
    assert key == key_of(now(two), variants[RESTING])
