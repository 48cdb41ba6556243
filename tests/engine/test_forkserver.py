"""The process that snapshots are forks of: what is imported once for all of them, and what each has of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from test_snapshot import a_notebook, execute, gone, no_snapshots, text_of  # noqa: F401

from handouts.engine import forkserver, pool, runs

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the snapshot engine forks, on Linux only")


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder whose modules a notebook can import."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    return tmp_path


@pytest.fixture
def counted(modules: Path) -> Path:
    """Give a file to which a module of the notebook's, `counted_module`, adds a letter as it is imported; its `word` is "old"."""
    note = modules / "imports"
    note.touch()
    (modules / "counted_module.py").write_text(f"open({str(note)!r}, 'a').write('i')\nword = 'old'\n")
    return note


def other_cells(number: int, **options: object) -> str:
    """Return what a notebook prints that has other cells above the parameters than those with another number."""
    nb = a_notebook("print(word)", above=f"from counted_module import word\nnumber = {number}")
    return text_of(execute(nb, **options))


def test_modules_are_imported_once_for_all_snapshots(counted: Path) -> None:
    """What the caller names is imported once, for notebooks with whatever cells; without its name, once a snapshot."""
    assert [other_cells(number, preload=["counted_module"]) for number in range(3)] == ["old\n"] * 3
    assert counted.read_text() == "i"
    assert len(pool.waiting) == 3
    for number in range(2):
        other_cells(number)
    assert counted.read_text() == "iii"


def test_a_module_that_changed_is_imported_anew(counted: Path) -> None:
    """The fork server counts until a file changes that one of its modules was read from, or looked for; and so do its snapshots."""
    preload = {"preload": ["counted_module"]}
    assert other_cells(1, **preload) == "old\n"
    module = counted.with_name("counted_module.py")
    module.write_text(module.read_text().replace("old", "newer"))
    assert [other_cells(1, **preload), other_cells(2, **preload)] == ["newer\n", "newer\n"]
    assert counted.read_text() == "ii"


def test_what_a_module_reads_as_it_is_imported_counts(modules: Path) -> None:
    """A table that a module reads while nobody's cells run is one that its snapshots have read."""
    table = modules / "table.csv"
    table.write_text("one")
    (modules / "reading_module.py").write_text(f"word = open({str(table)!r}).read()\n")
    nb = a_notebook("print(word)", above="from reading_module import word")
    assert text_of(execute(nb, preload=["reading_module"])) == "one\n"
    table.write_text("three")
    assert text_of(execute(nb, preload=["reading_module"])) == "three\n"


def test_each_snapshot_has_its_own_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working folder, the mask of new files, standard input and variables that modules do not look at are those of who asks, every time."""
    tell = "import os, sys\nmask = os.umask(0); os.umask(mask)\nprint(os.getcwd(), oct(mask), os.environ.get('PLACE'), os.environ.get('OPENBLAS_NUM_THREADS'), sys.stdin.read())"
    apart = {"preload": ["json"], "preload_apart": ["PLACE"]}
    server = None
    for place, mask in (("é", 0o22), ("b", 0o77), (None, 0o22)):
        folder = tmp_path / str(place)
        folder.mkdir()
        monkeypatch.chdir(folder)
        monkeypatch.delenv("PLACE", raising=False) if place is None else monkeypatch.setenv("PLACE", place)
        before = os.umask(mask)
        try:
            told = text_of(execute(a_notebook("x", above=tell), **apart))
            assert told == text_of(execute(a_notebook("x", above=tell), None))
        finally:
            os.umask(before)
        assert str(folder) in told
        server = server or forkserver._server
        assert forkserver._server is server


def test_another_environment_is_another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that modules may look at makes another process: with what they read then, they are imported anew."""
    nb = a_notebook("import os\nprint(os.environ['PLACE'])", above="y = 1")
    for place in "ab":
        monkeypatch.setenv("PLACE", place)
        assert text_of(execute(nb)) == f"{place}\n"
        server = forkserver._server
    assert server is not None
    monkeypatch.setenv("PLACE", "c")
    execute(nb)
    assert gone([server[1].process.pid])


def test_draws_differ_between_snapshots() -> None:
    """Random numbers that nobody seeded are others in each snapshot and in each run, also where the modules are imported beforehand."""
    draws = "print(random.random(), np.random.rand(), np.random.default_rng().random())"
    preload = {"preload": ["numpy", "random"]}
    nbs = [a_notebook(draws, above=f"import random, numpy as np\n{draws}\ny = {number}") for number in range(2)]
    told = " ".join(text_of(execute(nb, **preload)) for nb in nbs).split()
    told += text_of(execute(nbs[0], **preload)).split()[3:]
    assert len(told) == len(set(told)) == 15


def test_figures_appear_where_matplotlib_is_imported_beforehand() -> None:
    """matplotlib, which asks how to draw as it is imported, draws into the notebook as it does for papermill's own engine."""
    nb = a_notebook("plt.plot([1, 2, 3])\nplt.show()", "plt.get_backend()", above="import matplotlib.pyplot as plt")
    ours, theirs = execute(nb, preload=["matplotlib.pyplot"]), execute(nb, None)
    assert ours.cells[-2].outputs[0].data == theirs.cells[-2].outputs[0].data
    assert text_of(ours) == text_of(theirs)


def test_a_module_that_cannot_be_imported_is_told_by_the_cell() -> None:
    """A module that is not there keeps no notebook from running; a cell that needs it says so, as ever."""
    nb = a_notebook("try: import not_there\nexcept ImportError as e: print(e)")
    assert text_of(execute(nb, preload=["not_there"])) == "No module named 'not_there'\n"


def test_modules_that_leave_threads_are_no_ground_to_fork(modules: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A fork has no threads: where a module starts one, papermill's own engine does the work, and a line says why."""
    (modules / "busy_module.py").write_text(
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    )
    assert text_of(execute(a_notebook("print(x)"), preload=["busy_module"])) == "2\n"
    assert "papermill's own engine: the modules imported before it leave threads (busy_module)" in caplog.text


@pytest.mark.parametrize("accident", [signal.SIGKILL, signal.SIGSTOP])
def test_a_server_that_is_lost_costs_one_start(accident: signal.Signals, caplog: pytest.LogCaptureFixture) -> None:
    """A fork server that is killed, or falls silent, is replaced; snapshots that were made from it go on."""
    first, second = a_notebook("print(y)", above="y = 1"), a_notebook("print(y)", above="y = 2")
    execute(first)
    (snapshot,) = pool.waiting.values()
    assert forkserver._server is not None
    server = forkserver._server[1]
    server.control.settimeout(2)  # how long a silent process is waited for
    os.kill(server.process.pid, accident)
    assert text_of(execute(second)) == "2\n"
    assert text_of(execute(first)) == "1\n"
    assert snapshot in pool.waiting.values()
    assert gone([server.process.pid])
    assert not runs._refused
    assert "Not run on a snapshot" not in caplog.text


def test_nothing_is_left_of_who_is_gone() -> None:
    """The fork server, and snapshots made from it, end with the process that they serve, however that ends."""
    code = (
        "import sys, time\nsys.path[:0] = ['tests', 'tests/engine']\nfrom test_snapshot import a_notebook, execute\n"
        "for y in range(2): execute(a_notebook('x', above=f'y = {y}'))\nprint('ready', flush=True)\ntime.sleep(600)"
    )
    asker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert asker.stdout is not None
    assert asker.stdout.readline() == "ready\n"
    family = [child.pid for child in psutil.Process(asker.pid).children(recursive=True)]
    assert len(family) >= 1 + 2 * 2  # the fork server, and two snapshots with who guards them
    asker.kill()
    asker.wait()
    asker.stdout.close()
    assert gone(family)
