"""pages.py, build.py: the right page, or no page, whatever is saved or fails meanwhile."""

import csv
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from conftest import BIN, NEEDLES, edit, now
from handouts import files
from handouts.batch.rosters import open_roster
from handouts.batch.run import make_handouts
from handouts.batch.targets import Target
from handouts.build.run import build_pages, read_manifest
from handouts.collection import Collection, open_collection
from handouts.errors import OutputError
from handouts.page import keys, make
from handouts.page.cache import read_kept
from handouts.page.many import make_pages
from handouts.page.variant import Variant

Run = Callable[..., subprocess.CompletedProcess[str]]
CHOICE = "which-treatment-is-right"
VALUES = {"audience": "athlete", "level": "plain", "size": "normal"}
STOPS = """import os
if os.path.exists("../held"):
    os.rename("../held", "../reached")
    open("../gate").read()
"""
"""A cell that tells that it was reached, and goes on when somebody writes to a pipe."""


def hold(copy: Collection) -> None:
    """Have the notebook CHOICE stop once, while its page is made."""
    path = copy.notebook(CHOICE)
    nb = json.loads(path.read_text(encoding="utf-8"))
    at = next(count for count, cell in enumerate(nb["cells"]) if "draw_for(" in "".join(cell["source"]))
    nb["cells"][at]["source"] = STOPS + "".join(nb["cells"][at]["source"])
    path.write_text(json.dumps(nb), encoding="utf-8")
    os.mkfifo(copy.root / "gate")
    (copy.root / "held").touch()


def while_held(copy: Collection, act: Callable[[], None]) -> threading.Thread:
    """Act when the cell that stops is reached, then let it go on."""

    def go() -> None:
        with (copy.root / "gate").open("w") as gate:  # opens when the cell reads
            act()
            gate.write("go")

    thread = threading.Thread(target=go)
    thread.start()
    return thread


@pytest.fixture
def pool() -> Iterator[Executor]:
    """One process that makes pages."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        yield executor


@pytest.mark.parametrize("undone", [False, True])
@pytest.mark.parametrize("what", ["notebook", "table"])
def test_a_page_is_made_from_what_its_key_was_taken_of(
    copy: Collection, pool: Executor, what: str, undone: bool
) -> None:
    """A notebook or table that is saved while its page is made, and perhaps put back, never leaves words under the wrong key."""
    hold(copy)
    path = copy.notebook(CHOICE) if what == "notebook" else copy.data / "clinic.csv"
    before, words = (
        path.read_bytes(),
        (b"Is Right for You", b"Suits You Best") if what == "notebook" else (b"555-01", b"777-89"),
    )
    after = before.replace(*words)
    assert after != before

    def save() -> None:
        path.write_bytes(after)
        if undone:
            path.write_bytes(before)

    thread = while_held(copy, save)
    ((_, made),) = make_pages(now(copy), [Variant(CHOICE, VALUES)], executor=pool)
    thread.join()
    assert made.page, made.failure
    assert made.as_asked is undone
    assert made.key == keys.key_of(open_collection(copy.root), Variant(CHOICE, VALUES))
    assert (words[1].decode() in made.page.html) is not undone
    assert read_kept(copy, made.key) == made.page
    assert len(list(copy.cache.glob("*.json"))) == 1


def test_no_handout_is_filled_where_tables_were_saved_meanwhile(copy: Collection, tmp_path: Path) -> None:
    """A batch whose tables are saved while its pages are made writes no handout, and says what to do; the next one does."""
    hold(copy)
    roster = tmp_path / "r.csv"
    roster.write_text(f"id,topic,audience\n1,{CHOICE},athlete\n")
    thread = while_held(copy, lambda: edit(copy.data / "clinic.csv", "555", "444"))
    with (
        open_roster(str(roster)) as opened,
        pytest.raises(OutputError, match="were saved while pages were made, and no handout was"),
    ):
        make_handouts(now(copy), opened, str(tmp_path / "out"))
    thread.join()
    assert not list((tmp_path / "out").glob("*.html"))
    with open_roster(str(roster)) as opened:
        make_handouts(now(copy), opened, str(tmp_path / "out"))
    assert "444" in (tmp_path / "out" / "1.html").read_text()


def test_a_page_is_drawn_from_its_own_collection(copy: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever collection the environment names, and wherever the work is done: cells draw the tables of the page's own."""
    edit(copy.data / "choice-path.csv", "1,clipboard-list,", "1,clipboard-list,Our own words. ")
    monkeypatch.setenv("HANDOUTS_COLLECTION", str(NEEDLES))
    monkeypatch.chdir(NEEDLES)
    assert "Our own words." in make.make_page(now(copy), Variant(CHOICE, VALUES)).html
    assert os.environ["HANDOUTS_COLLECTION"] == str(NEEDLES)


def test_threads_make_the_pages_of_their_own_collections(copy: Collection, tmp_path: Path) -> None:
    """Two threads with a collection each: every page is drawn from its own, and the environment is as it was."""
    other = shutil.copytree(copy.root, tmp_path / "other")
    edit(copy.data / "choice-path.csv", "1,clipboard-list,", "1,clipboard-list,Words of one. ")
    edit(other / "data" / "choice-path.csv", "1,clipboard-list,", "1,clipboard-list,Words of two. ")
    both = [open_collection(copy.root), open_collection(other)]
    with ThreadPoolExecutor(2) as threads:
        pages = list(threads.map(lambda one: make.make_page(one, Variant(CHOICE, VALUES)).html, both * 2))
    assert [("Words of one." in html, "Words of two." in html) for html in pages] == [(True, False), (False, True)] * 2
    assert "HANDOUTS_COLLECTION" not in os.environ


def test_pages_of_an_earlier_build_stay_listed_whatever_became_of_the_list(clinic: Collection) -> None:
    """A page that stands in the folder and cannot be made now is listed with what it says, though the list was deleted."""
    build_pages(now(clinic), clinic.exports)
    (clinic.exports / "manifest.csv").unlink()
    clinic.notebook(CHOICE).write_text("{")
    result = build_pages(now(clinic), clinic.exports)
    assert len(result.failed) == 6
    rows = {row["path"]: row for row in read_manifest(clinic.exports)}
    assert len(rows) == 12
    row = rows[f"{CHOICE}/athlete_plain_normal.html"]
    assert row["title"] == "Which Treatment Is Right for You?"
    assert row["version"] in (clinic.exports / row["path"]).read_text()


def test_a_batch_is_of_one_state_of_its_notebooks(
    clinic: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook saved between the look at what is kept and the making of the rest: no handout is written."""
    for page in clinic.cache.glob("*.json"):
        if '"athlete"' not in page.read_text() and "For athletes" not in page.read_text():
            page.unlink()
    roster = tmp_path / "r.csv"
    roster.write_text(f"id,topic,audience\n1,{CHOICE},athlete\n2,{CHOICE},general\n")
    prepare = Target.prepare

    def prepare_late(goal: Target) -> None:
        prepare(goal)
        edit(clinic.notebook(CHOICE), "For pain or trouble moving", "For trouble or pain moving")

    monkeypatch.setattr(Target, "prepare", prepare_late)
    with open_roster(str(roster)) as opened, pytest.raises(OutputError, match="were saved while pages were made"):
        make_handouts(now(clinic), opened, str(tmp_path / "out"))
    assert not list((tmp_path / "out").glob("*.html"))


def test_a_build_tells_that_something_was_saved_meanwhile(copy: Collection) -> None:
    """The build that overlaps a save says to build again; one that does not says nothing."""
    hold(copy)
    thread = while_held(copy, lambda: edit(copy.data / "clinic.csv", "555", "444"))
    assert build_pages(now(copy), copy.exports, [CHOICE], VALUES, workers=1).saved
    thread.join()
    assert not build_pages(now(copy), copy.exports, [CHOICE], VALUES).saved


def test_a_build_that_fails_removes_nothing(clinic: Collection, run: Run) -> None:
    """A parameter that notebooks do not set yet renames every page: none is removed until the pages in their place are whole."""
    assert build_pages(now(clinic), clinic.exports).failed == []
    before = {path: path.read_bytes() for path in clinic.exports.rglob("*.html")}
    with (clinic.data / "parameters.csv").open("a") as file:
        file.write("site,Site,sites.csv,yes,hill,\n")
    (clinic.data / "sites.csv").write_text("site,label,on_page,note\nhill,Hill,,\n")
    done = run("handouts", "build", cwd=clinic.root)
    assert done.returncode == 1
    assert (
        "12 failed; pages of the last build stay in their place, 12 that are no longer in the collection stay until a whole build"
        in done.stdout
    )
    addresses = clinic.exports / "p"
    after = {path: path.read_bytes() for path in clinic.exports.rglob("*.html") if addresses not in path.parents}
    pages = [path for path in before if path.parent != clinic.exports]
    assert {path: after[path] for path in after if path.parent != clinic.exports} == {
        path: before[path] for path in pages
    }
    led = [re.search(r"url=([^\"]*)", path.read_text()) for path in addresses.rglob("*.html")]
    there = [(addresses / "x" / found[1]).resolve() for found in led if found]
    assert sorted(there) == sorted(pages), "a printed code leads to the page that stays"
    for path in clinic.notebooks.glob("*.ipynb"):
        edit(path, "size = None", "size = None\\nsite = None")
    done = run("handouts", "build", cwd=clinic.root)
    assert done.returncode == 0, done.stderr
    assert "12 removed that are no longer in the collection" in done.stdout
    assert len(list(clinic.exports.glob("*/*.html"))) == len(read_manifest(clinic.exports)) == 12


def test_a_page_without_a_required_part_is_not_ready(clinic: Collection, run: Run) -> None:
    """An audience for whom nobody wrote a main message gets pages that are told of, marked in the manifest and not in the index."""
    edit(clinic.notebook(CHOICE), '"part:main-message"', '"part:for-you"')
    done = run("handouts", "build", CHOICE, "--audience", "athlete", "--level", "plain", cwd=clinic.root)
    assert done.returncode == 1
    assert (
        f"handouts: {CHOICE} (athlete, plain, normal): is not ready, for it has no cell tagged part:main-message"
        in done.stderr
    )
    assert "1 not ready, and not in the index" in done.stdout
    (row,) = read_manifest(clinic.exports)
    assert row["missing"] == "main-message"
    assert row["path"] not in (clinic.exports / "index.html").read_text()


def test_two_builds_in_one_folder_are_both_whole(clinic: Collection, run: Run) -> None:
    """Builds that run at the same time into one folder end well, and the folder is as after one of them."""
    ends: list[int] = []
    both = [
        threading.Thread(target=lambda: ends.append(run("handouts", "build", CHOICE, cwd=clinic.root).returncode))
        for _ in "ab"
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert ends == [0, 0]
    assert len(read_manifest(clinic.exports)) == len(list(clinic.exports.glob("*/*.html"))) == 6
    assert not [path for path in clinic.exports.rglob(".*") if path.is_file()]


def test_a_file_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    """A new file has the umask's mode, one that was there its own, and a link leads where it led, to the new words."""
    before = os.umask(0o077)
    try:
        files.write(tmp_path / "new", b"1")
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600
        (tmp_path / "new").chmod(0o640)
        files.write(tmp_path / "new", b"2", durable=True)
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640
        (tmp_path / "link").symlink_to("new")
        files.write(tmp_path / "link", b"3")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "new").read_bytes() == b"3"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "new"]
    finally:
        os.umask(before)


def test_a_new_topic_leaves_its_table_as_it_was(copy: Collection, run: Run) -> None:
    """A table that Excel saved keeps its mark and line ends when a topic is added, and every byte of its rows."""
    path = copy.data / "topics.csv"
    stored = b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n").rstrip()
    path.write_bytes(stored)
    assert run("handouts", "new", "ice-or-heat", cwd=copy.root).returncode == 0
    after = path.read_bytes()
    assert after.startswith(stored + b"\r\nice-or-heat,")
    assert after.count(b"\r\n") == after.count(b"\n")
    with path.open(newline="", encoding="utf-8-sig") as file:
        assert [row["topic"] for row in csv.DictReader(file)][-1] == "ice-or-heat"


def test_comparing_with_before_needs_git_and_takes_a_revision_only(copy: Collection, run: Run, tmp_path: Path) -> None:
    """Without git, outside a repository, for no revision and for an option of git: one line with the cure, and nothing is written."""
    told = run("handouts", "changed", "HEAD", cwd=copy.root)
    assert told.stderr.startswith("handouts: The collection is in no git repository: `git init` begins one")
    git = shutil.which("git")
    assert git
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "x"],
    ):
        subprocess.run([git, *command], cwd=copy.root, check=True)
    for revision in ("nonsense", f"--output={tmp_path}/made", "-h", "HEAD:data"):
        told = run("handouts", "changed", "--", revision, cwd=copy.root)
        assert told.returncode == 1
        assert told.stderr.startswith(f"handouts: {revision} is no commit or tag that git knows.")
        assert len(told.stderr.splitlines()) == 1
    assert not (tmp_path / "made").exists()
    told = run("handouts", "changed", "HEAD", cwd=copy.root, env={"PATH": str(tmp_path)})
    assert told.stderr == "handouts: git is not installed, and knows how the collection was. Debian: apt install git\n"


def test_a_trace_keeps_to_its_topic(run: Run, collection: Collection) -> None:
    """`handouts check TOPIC --trace` names sentences of that topic only, and all formats of findings name what a text fails."""
    told = run("handouts", "check", CHOICE, "--trace", cwd=collection.root).stdout
    assert {line.partition(",")[0] for line in told.splitlines() if not line.startswith("  ")} == {CHOICE}
    text = run("handouts", "check", "data/article.txt", cwd=collection.root).stdout
    failed = [line for line in text.splitlines() if " fails: " in line]
    assert failed
    found = json.loads(run("handouts", "check", "data/article.txt", "--format", "json", cwd=collection.root).stdout)
    assert [one["told"] for one in found if one["rule"] == "standard"] == failed
    html = run("handouts", "check", "data/article.txt", "--format", "html", cwd=collection.root).stdout
    assert html.count(" fails: ") == len(failed)


def test_closed_streams_stop_nothing(clinic: Collection) -> None:
    """A build whose standard error, or output, was closed makes its pages all the same."""
    for closed in ("2>&-", ">&-", ">&- 2>&-"):
        shutil.rmtree(clinic.exports, ignore_errors=True)
        done = subprocess.run(["bash", "-c", f'exec "$0" build {CHOICE} --audience athlete --level plain {closed}', BIN / "handouts"], cwd=clinic.root, check=False)  # fmt: skip
        assert done.returncode == 0, closed
        assert len(list(clinic.exports.glob("*/*.html"))) == 1


def test_two_topics_with_one_text_have_pages_of_their_own(copy: Collection) -> None:
    """A notebook that was copied, byte for byte, makes the pages of its own topic, with its purpose and fields."""
    shutil.copy(copy.notebook(CHOICE), copy.notebook("copied"))
    table = (copy.data / "topics.csv").read_text().rstrip("\n")
    row = next(line for line in table.splitlines() if line.startswith(CHOICE))
    (copy.data / "topics.csv").write_text(f"{table}\n{row.replace(CHOICE, 'copied', 1)}\n")
    assert build_pages(now(copy), copy.exports, [CHOICE, "copied"], VALUES).made == 2
    assert "Topic: copied." in (copy.exports / "copied" / "athlete_plain_normal.html").read_text()
    assert f"Topic: {CHOICE}." in (copy.exports / CHOICE / "athlete_plain_normal.html").read_text()


def test_a_build_of_one_topic_removes_no_page_of_another(clinic: Collection) -> None:
    """Pages of a topic that was renamed go when the whole collection is built, not with one topic."""
    build_pages(now(clinic), clinic.exports)
    edit(clinic.data / "topics.csv", CHOICE, "renamed")
    clinic.notebook(CHOICE).rename(clinic.notebook("renamed"))
    edit(clinic.data / "article-sections.csv", CHOICE, "renamed")
    edit(clinic.data / "standards.csv", CHOICE, "renamed")
    edit(clinic.data / "options.csv", CHOICE, "renamed")
    result = build_pages(now(clinic), clinic.exports, ["your-dry-needling-session"])
    assert (result.removed, result.kept) == (0, 6)
    assert len(list((clinic.exports / CHOICE).glob("*.html"))) == 6
    assert build_pages(now(clinic), clinic.exports).removed == 6


def test_a_save_while_a_notebook_is_refreshed_is_kept(copy: Collection) -> None:
    """What is saved while `refresh` runs the notebook is not written over: it says so instead."""
    from handouts.errors import NotebookError

    hold(copy)
    thread = while_held(copy, lambda: edit(copy.notebook(CHOICE), "Is Right for You", "Suits You Best"))
    with pytest.raises(NotebookError, match="was saved while it ran. Run the same command again"):
        make.refresh(now(copy), CHOICE)
    thread.join()
