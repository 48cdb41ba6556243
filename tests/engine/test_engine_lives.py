"""What the `snapshot` engine's processes live through: threads, accidents, and changes of what was read."""

import gc
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from test_snapshot import a_notebook, execute, gone, no_snapshots, text_of  # noqa: F401

from conftest import ROOT
from handouts.engine import forkserver, pool, runs

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the snapshot engine forks, on Linux only")


def test_threads_run_notebooks_at_the_same_time() -> None:
    """Runs in several threads, of the same notebook and of others, each give their own parameters, and leave one snapshot a notebook."""
    wrong: list[object] = []

    def run(thread: int) -> None:
        for number in range(5):
            nb = a_notebook("import time; time.sleep(0.02); print(y, x)", above=f"y = {thread % 2}")
            try:
                text = text_of(execute(nb, parameters={"x": f"{thread}-{number}"}))
            except Exception as error:
                text = repr(error)
            if text != f"{thread % 2} {thread}-{number}\n":
                wrong.append((thread, number, text))

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
    assert len(pool.waiting) == 2
    assert all(snapshot.runs == 0 for snapshot in pool.waiting.values())


@pytest.mark.parametrize("accident", [signal.SIGKILL, signal.SIGSTOP])
def test_one_accident_is_not_remembered(
    accident: signal.Signals, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A snapshot that is killed, or falls silent, just as a run asks for its fork costs that run another start, and later ones nothing."""
    nb = a_notebook("print(y, x)", above="y = 1")
    execute(nb)
    snapshot = next(iter(pool.waiting.values()))
    snapshot.control.settimeout(2)  # how long a silent process is waited for
    fork = snapshot.fork

    def fork_after() -> object:
        os.kill(snapshot.pid, accident)
        return fork()

    monkeypatch.setattr(snapshot, "fork", fork_after)
    assert text_of(execute(nb)) == "1 2\n"
    (anew,) = pool.waiting.values()
    assert anew is not snapshot
    assert gone([snapshot.pid, snapshot.guard])
    assert text_of(execute(nb)) == "1 2\n"
    assert list(pool.waiting.values()) == [anew]
    assert not runs._refused
    assert "Not run on a snapshot" not in caplog.text


def test_a_start_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A process that does not start, or cannot be made, leaves no socket and no process behind, and is tried again later."""
    execute(a_notebook("x"), None)  # papermill's engine opens an event loop for good
    for start in ("raise SystemExit(1)", "import time; time.sleep(60)", None):
        gc.collect()  # what earlier tests have left
        with monkeypatch.context() as patched, warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", ResourceWarning)
            if start is None:
                patched.setattr(sys, "executable", "/nowhere/python")
            else:
                patched.setattr(forkserver, "START", start)
            before = set(os.listdir("/proc/self/fd"))
            with pytest.raises(forkserver.LostError):
                pool.Snapshot([], 1, forkserver.Preload())
            gc.collect()
            assert set(os.listdir("/proc/self/fd")) <= before
            assert [str(one.message) for one in told] == []
    nb = a_notebook("print(x)")
    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING, logger="papermill"):
        forkserver.forget_server()
        patched.setattr(forkserver, "START", "raise SystemExit(1)")
        assert text_of(execute(nb)) == "2\n"
        assert "papermill's own engine: its process did not start" in caplog.text
    caplog.clear()
    assert text_of(execute(nb)) == "2\n"
    assert not caplog.text


@pytest.mark.parametrize("code", ["import os; os._exit(1)", "import time; time.sleep(60)", "1 / 0", "print(1)"])
def test_nothing_is_said_of_tasks_and_loops(code: str) -> None:
    """A process whose runs crashed, were stopped, failed or went well ends without a word of asyncio's, or of a resource left open."""
    script = (
        "import asyncio, sys\nsys.path[:0] = ['tests', 'tests/engine']\nfrom test_snapshot import a_notebook, execute\n"
        f"for _ in range(2):\n    try: execute(a_notebook({code!r}), execution_timeout=1)\n    except Exception as e: print(type(e).__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
    )
    for word in ("Task was", "never retrieved", "loop", "ResourceWarning", "Traceback"):
        assert word not in done.stderr, done.stderr


def write_rows(path: Path, value: int) -> None:
    """Write a database of SQLite with one value."""
    with sqlite3.connect(path) as database:
        database.execute("create table if not exists t (v)")
        database.execute("delete from t")
        database.execute("insert into t values (?)", (value,))
    database.close()


def write_log(path: Path, value: int) -> None:
    """Write the value where SQLite's log holds it, and the database itself does not."""
    database = sqlite3.connect(path)
    database.execute("pragma journal_mode=wal")
    database.execute("create table if not exists t (v)")
    database.execute("delete from t")
    database.execute("insert into t values (?)", (value,))
    database.commit()
    LOGGED.append(database)  # closed, it would write the log into the database


LOGGED: list[sqlite3.Connection] = []


def write_text(path: Path, value: int) -> None:
    """Write a value of always the same length, with the time of change that the file had."""
    before = path.stat() if path.exists() else None
    path.write_text(str(value))
    if before:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


READS: dict[str, tuple[str, Callable[[Path], None], Callable[[Path], None]]] = {
    "a file": ("y = open(PATH).read()", lambda p: write_text(p, 1), lambda p: write_text(p, 2)),
    "a file open for reading and writing": ("with open(PATH, 'r+') as f: y = f.read()", lambda p: write_text(p, 1), lambda p: write_text(p, 2)),
    "a file that goes": ("import pathlib\ny = pathlib.Path(PATH).exists()", lambda p: write_text(p, 1), Path.unlink),
    "a file that comes": ("import pathlib\ny = pathlib.Path(PATH).exists()", lambda p: None, lambda p: write_text(p, 2)),
    "a file that cannot be opened": ("try: y = open(PATH).read()\nexcept OSError: y = 'none'", lambda p: None, lambda p: write_text(p, 2)),
    "a size": ("import os\ny = os.path.getsize(PATH)", lambda p: p.write_text("1"), lambda p: p.write_text("22")),
    "a link": ("import os\ny = os.readlink(PATH)", lambda p: p.symlink_to("one"), lambda p: (p.unlink(), p.symlink_to("two"))),
    "a permission": ("import os\ny = os.access(PATH, os.R_OK)", lambda p: None, lambda p: write_text(p, 1)),
    "os.listdir": ("import os\ny = sorted(os.listdir(PATH))", Path.mkdir, lambda p: (p / "b").touch()),
    "os.scandir": ("import os\ny = sorted((e.name, e.stat().st_size) for e in os.scandir(PATH))", lambda p: (p.mkdir(), (p / "a").touch()), lambda p: (p / "a").write_text("longer")),
    "glob": ("import glob\ny = sorted(glob.glob(PATH + '/*.csv'))", Path.mkdir, lambda p: (p / "b.csv").touch()),
    "pathlib's glob, from inside": ("import os, pathlib\nos.chdir(PATH)\ny = sorted(map(str, pathlib.Path().rglob('*.csv')))", Path.mkdir, lambda p: (p / "b.csv").touch()),
    "a module that comes": ("import sys\nsys.path.insert(0, PATH)\ntry: from later_module import y\nexcept ImportError: y = 'none'", Path.mkdir, lambda p: (p / "later_module.py").write_text("y = 1")),
    "sqlite3": ("import sqlite3\nc = sqlite3.connect(PATH); y = c.execute('select v from t').fetchall(); c.close(); del c", lambda p: write_rows(p, 1), lambda p: write_rows(p, 2)),
    "sqlite3 with a log": ("import sqlite3\nc = sqlite3.connect(PATH); y = c.execute('select v from t').fetchall(); c.close(); del c", lambda p: write_log(p, 1), lambda p: write_log(p, 2)),
    "sqlalchemy": ("import sqlalchemy\ne = sqlalchemy.create_engine('sqlite:///' + PATH)\nwith e.connect() as c: y = c.execute(sqlalchemy.text('select v from t')).fetchall()\ne.dispose(); del c", lambda p: write_rows(p, 1), lambda p: write_rows(p, 2)),
    "pandas": ("import pandas as pd\ny = pd.read_csv(PATH, header=None).iloc[0, 0]", lambda p: write_text(p, 1), lambda p: write_text(p, 2)),
    "numpy's memmap": ("import numpy as np\ny = bytes(np.memmap(PATH, mode='r'))", lambda p: write_text(p, 1), lambda p: write_text(p, 2)),
}  # fmt: skip

UNSEEN: dict[str, tuple[str, str]] = {
    "duckdb": ("import duckdb\nc = duckdb.connect(config={'threads': '1'}); y = c.execute(f\"select * from '{PATH}'\").fetchall(); c.close(); del c", "use _duckdb"),
    "lxml": ("import lxml.etree\ny = lxml.etree.parse(PATH.replace('.csv', '.xml')).getroot().text", "use lxml"),
    "a program": ("import subprocess\ny = subprocess.run(['cat', PATH], capture_output=True).stdout", "start the program cat"),
    "the shell": ("y = !cat {PATH}", "start"),
    "a process of Python's": ("import os\npid = os.fork()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)\ny = 1", "start processes"),
    "the network": ("import socket\ntry: socket.create_connection(('127.0.0.1', 9), 0.2)\nexcept OSError: y = 'none'", "use the network"),
    "a library": ("import ctypes, glob, sys\ny = ctypes.CDLL('libz.so.1').zlibVersion is None", "load the library libz.so.1"),
}  # fmt: skip


@pytest.mark.parametrize("how", READS)
def test_a_change_of_what_was_read_makes_a_new_snapshot(how: str, tmp_path: Path) -> None:
    """What the cells above read, in whatever way, counts until it changes; then they run anew, and say what papermill's engine says."""
    code, first, then = READS[how]
    path = tmp_path / "read.csv"
    nb = a_notebook("print(y)", above=f"PATH = {str(path)!r}\n{code}")
    first(path)
    before = text_of(execute(nb))
    (snapshot,) = pool.waiting.values()
    assert text_of(execute(nb)) == before
    assert list(pool.waiting.values()) == [snapshot]
    then(path)
    after = text_of(execute(nb))
    while LOGGED:
        LOGGED.pop().close()
    assert after != before
    assert after == text_of(execute(nb, None))


@pytest.mark.parametrize("how", UNSEEN)
def test_what_reads_unseen_is_not_frozen(how: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Cells above that use what reads past Python are run by papermill's engine each time, with the reason in a line."""
    code, reason = UNSEEN[how]
    (tmp_path / "read.csv").write_text("a\n1\n")
    (tmp_path / "read.xml").write_text("<a>1</a>")
    nb = a_notebook("print('done', x)", above=f"PATH = {str(tmp_path / 'read.csv')!r}\n{code}")
    with caplog.at_level(logging.WARNING, logger="papermill"):
        assert "done 2" in text_of(execute(nb))
    assert f"papermill's own engine: the cells above the parameters {reason}" in caplog.text
    assert not pool.waiting


def test_files_written_beside_the_notebook_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports look through the working folder; a file there that is no module does not make the cells run anew."""
    monkeypatch.chdir(tmp_path)
    nb = a_notebook("print(y)", above="import colorsys\ny = 1")
    execute(nb)
    (snapshot,) = pool.waiting.values()
    (tmp_path / "out.ipynb").write_text("{}")
    execute(nb)
    assert list(pool.waiting.values()) == [snapshot]


def test_a_fork_of_this_process_leaves_snapshots_alone() -> None:
    """A child of the process that runs notebooks neither uses its snapshots nor ends them."""
    nb = a_notebook("print(x)")
    execute(nb)
    (snapshot,) = pool.waiting.values()
    pid = os.fork()
    if pid == 0:
        os._exit(len(pool.waiting))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert text_of(execute(nb)) == "2\n"
    assert list(pool.waiting.values()) == [snapshot]
