"""The `snapshot` engine gives what papermill's own engine gives, keeps runs apart, and leaves nothing behind."""

import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import papermill
import psutil
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from handouts.engine import forkserver, pool, runs

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the snapshot engine forks, on Linux only")


@pytest.fixture(autouse=True)
def no_snapshots() -> Iterator[None]:
    """Begin and end each test without a snapshot, and without a process to make one from."""
    pool.forget_all()
    forkserver.forget_server()
    runs._refused.clear()
    yield
    pool.forget_all()
    forkserver.forget_server()


def cell(source: str, *tags: str) -> nbformat.NotebookNode:
    """Return a code cell."""
    return nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)})


def a_notebook(*below: str | nbformat.NotebookNode, above: str = "") -> nbformat.NotebookNode:
    """Return a notebook with a parameter x, code above it, and cells below."""
    cells = [cell(one) if isinstance(one, str) else one for one in below]
    nb = nbformat.v4.new_notebook(cells=[*([cell(above)] if above else []), cell("x = 1", "parameters"), *cells])
    nb.metadata.kernelspec = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return nb


def execute(nb: nbformat.NotebookNode, engine: str | None = "snapshot", **options: Any) -> nbformat.NotebookNode:
    """Execute a copy of `nb` with x = 2; once more where a kernel of papermill's own engine lost its port to another process."""
    options = {"parameters": {"x": 2}, "progress_bar": False, "request_save_on_cell_execute": False, **options}

    def once() -> nbformat.NotebookNode:
        return papermill.execute_notebook(nbformat.from_dict(nb), None, engine_name=engine, **options)

    try:
        return once()
    except RuntimeError as error:
        if engine or "Kernel didn't respond" not in str(error):
            raise
        return once()


def text_of(nb: nbformat.NotebookNode) -> str:
    """Return all that the cells of `nb` printed or returned."""
    outputs = [output for one in nb.cells if one.cell_type == "code" for output in one.outputs]
    return "".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)


CORPUS = {
    "values": a_notebook("print(x)", "x + y", "", above="import math\ny = 2"),
    "streams": a_notebook(
        "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')",
        "print('x', end='')\nprint('y')\nsys.stdout.flush()\nprint('e', file=sys.stderr)\n1",
        above="import sys\nprint('above')\nprint('err', file=sys.stderr)",
    ),
    "displays": a_notebook(
        "from IPython.display import HTML, Markdown, display\nd = display('one', display_id='d')",
        "d.update('two')\ndisplay(HTML('<b>x</b>'), Markdown('*m*'))\n{'a': [1, {'b': 3}]}",
        "from IPython.display import update_display\nupdate_display('three', display_id='d')",
        "print('a')\ndisplay(1)\nprint('b')\ndisplay(2)\nprint('c')",
    ),
    "display updated from below": a_notebook(
        "h.update('new')", above="from IPython.display import display\nh = display('old', display_id='k')"
    ),
    "clear_output": a_notebook(
        "from IPython.display import clear_output\nprint(1)\nclear_output(wait=True)\nprint(2)",
        "print(1)\nclear_output()\nprint(3)",
        "for i in range(3):\n    clear_output(wait=True)\n    print(i)",
    ),
    "error": a_notebook("def f(): raise ValueError('bad')\nf()", "print('never')"),
    "error above": a_notebook("print(1)", above="1 / 0"),
    "syntax error": a_notebook("1 +"),
    "raises-exception": a_notebook(cell("1 / 0", "raises-exception"), "print('on')"),
    "skip-execution": a_notebook(cell("print('no')", "skip-execution"), "print('yes')"),
    "await": a_notebook(
        "import asyncio\nawait asyncio.sleep(0.01)\nprint('done')",
        "t = asyncio.create_task(asyncio.sleep(0.01, 7))",
        "await t",
    ),
    "magics": a_notebook(
        "%%capture out\nprint('hidden')", "out.stdout", "%who_ls", "!echo hi", "f = !printf 'a\\nb'\nf", "%%bash\necho bash", "%pwd"
    ),
    "figures": a_notebook(
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])",
        "fig, ax = plt.subplots()\nax.plot([3, 1])\nplt.show()\nprint('after')",
        above="import numpy as np, pandas as pd",
    ),
    "figure above": a_notebook(
        "plt.plot([1, x])",
        "plt.rcParams['font.size']",
        above="%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.rcParams['font.size'] = 13\nplt.plot([0, 0]);",
    ),
    "pandas": a_notebook("df.head(x + 1)", above="import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3]})"),
    "child processes": a_notebook(
        "import os, subprocess\nprint('first')\nsubprocess.run(['echo', 'child'])\nos.system('echo sys')",
        "subprocess.run(['sh', '-c', 'echo e >&2'])",
        "subprocess.check_output(['echo', 'x'])",
        "import multiprocessing as mp\ndef sq(v): return v * v\n"
        "with mp.get_context('fork').Pool(2) as p: print(p.map(sq, [1, 2, 3]))",
    ),
    "threads": a_notebook("import threading\nt = threading.Thread(target=lambda: print('in'))\nt.start()\nt.join()"),
    "input": a_notebook("input('name? ')"),
    "exit": a_notebook("import sys\nprint('a')\nsys.exit(3)", "print('b')"),
    "history": a_notebook("In[-1]", "1 + x", "_", "Out[5]", "get_ipython().execution_count"),
    "warnings": a_notebook("import warnings\nwarnings.warn('careful')", "import logging\nlogging.warning('log')"),
    "seeds": a_notebook(
        "random.random(), np.random.rand()", above="import random, numpy as np\nrandom.seed(3)\nnp.random.seed(4)"
    ),
    "unicode": a_notebook("print('é痛😀')", "'\\x00\\x1b[31mred'"),
    "much": a_notebook("print('x' * 300_000)", "list(range(2000))"),
    "formats": a_notebook(
        "class R:\n    def _repr_mimebundle_(self, **k): return {'text/plain': 'p', 'application/json': {'a': 1}}, {'m': 2}\nR()",
        "class B:\n    def __repr__(self): raise KeyError('k')\nB()",
    ),
    "nothing below": a_notebook(),
    "surroundings": a_notebook(
        "import os, sys\nsorted(k for k in os.environ if 'THREADS' in k or 'HANDOUTS' in k or 'MPL' in k)",
        "os.getcwd(), __name__, sys.stdin.read() if 0 else None, sys.flags.dev_mode, os.path.basename(sys.executable)",
    ),
}  # fmt: skip


def compared(nb: nbformat.NotebookNode) -> Any:
    """Return what must be the same of an executed notebook: all but times, addresses and temporary names."""
    content = json.loads(nbformat.writes(nb))
    told = content["metadata"].pop("papermill")
    content["status"] = [told["exception"], sorted(told)]
    for one in content["cells"]:
        state = one["metadata"].pop(
            "papermill", {"status": "marker", "exception": None}
        )  # papermill's own markers have none
        times = one["metadata"].pop("execution", None)
        one["state"] = [state["status"], state["exception"], sorted(state), times and sorted(times)]
        one.pop("id")
        merged: list[Any] = []  # papermill's engine cuts what children print wherever its thread happens to read
        for output in one.get("outputs", []):
            if merged and output["output_type"] == "stream" and merged[-1].get("name") == output["name"]:
                merged[-1]["text"] += output["text"]
            else:
                merged.append(output)
        one["outputs"] = merged
    text = json.dumps(content, sort_keys=True)
    text = re.sub(r"ipykernel_\d+/\d+", "ipykernel", text)
    return json.loads(re.sub(r"0x[0-9a-f]{8,}", "0x", text))


def outcome(nb: nbformat.NotebookNode, engine: str | None, path: Path) -> tuple[Any, Any]:
    """Execute `nb`, and return the notebook that papermill wrote with the error that it raised."""
    nbformat.write(nb, path / "in.ipynb")
    error = None
    try:
        papermill.execute_notebook(
            path / "in.ipynb", path / "out.ipynb", parameters={"x": 2}, engine_name=engine, progress_bar=False,
            request_save_on_cell_execute=False,
        )  # fmt: skip
    except PapermillExecutionError as raised:
        error = (
            raised.ename,
            raised.evalue,
            raised.exec_count,
            re.sub("ipykernel.*?py", "", "".join(raised.traceback)),
        )
    written = nbformat.read(path / "out.ipynb", 4)
    return compared(written), error and error[:3]


@pytest.mark.parametrize("name", CORPUS)
def test_the_same_as_papermills_own_engine(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outputs, order, counts, errors, markers and metadata are the same, on a new snapshot and on a waiting one."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it ipykernel does not catch what children print
    # What children print reaches papermill's engine by a thread, now and then too late: it has three tries there.
    wanted = [outcome(CORPUS[name], None, tmp_path) for _ in range(3 if name == "child processes" else 1)]
    assert outcome(CORPUS[name], "snapshot", tmp_path) in wanted
    assert outcome(CORPUS[name], "snapshot", tmp_path) in wanted
    assert not runs._refused


def test_the_cells_above_run_once(tmp_path: Path) -> None:
    """What stands above the parameters is computed once and shared; what stands below is computed each time."""
    count = tmp_path / "count"
    nb = a_notebook(
        "print(x, drawn)",
        above=f"import os\nwith open({str(count)!r}, 'a') as f: print(1, file=f)\ndrawn = os.urandom(4).hex()",
    )
    first, second = (text_of(execute(nb, parameters={"x": x})) for x in (2, 3))
    assert (first[:2], second[:2]) == ("2 ", "3 ")
    assert first[2:] == second[2:]
    assert count.read_text() == "1\n"


def test_no_run_sees_anothers_doings(tmp_path: Path) -> None:
    """Names, lists, options, figures, working directory, environment, modules and arguments of one run are not another's."""
    below = (
        "print('seen', seen, 'leak' in globals(), plt.get_fignums(), pd.get_option('display.max_rows'), os.getcwd(), 'LEAK' in"
        " os.environ, 'colorsys' in sys.modules, len(sys.path))\n"
        "seen.append(x); leak = 1; plt.figure(); pd.set_option('display.max_rows', 7); os.chdir('/'); os.environ['LEAK'] = '1'\n"
        "import colorsys; sys.path.append('/x'); plt.close()"
    )
    nb = a_notebook(
        below, above="import os, sys\nimport matplotlib.pyplot as plt, pandas as pd\nseen = []\nplt.figure();"
    )
    assert text_of(execute(nb)) == text_of(execute(nb))


def test_random_draws_differ_unless_seeded() -> None:
    """Draws below the parameters differ from run to run; a seed above gives each run the same ones."""
    draw = "(random.random(), np.random.rand())"
    for above, alike in (("", False), (f"\n{draw}", False), ("\nrandom.seed(1)\nnp.random.seed(1)", True)):
        pool.forget_all()
        nb = a_notebook(f"print({draw})", above=f"import random, numpy as np{above}")
        first, second = (text_of(execute(nb)).splitlines()[-1] for _ in range(2))
        assert (first == second) is alike, above
        if alike:
            assert first == text_of(execute(nb, None)).splitlines()[-1]


def test_temporary_files_have_names_of_their_own() -> None:
    """Two runs that make a temporary folder do not get the same one."""
    nb = a_notebook("import tempfile\nprint(tempfile.mkdtemp())")
    assert text_of(execute(nb)) != text_of(execute(nb))


def alive(pid: int) -> bool:
    """Tell whether a process is there, and is more than a name that nobody has collected."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def gone(pids: list[int]) -> bool:
    """Tell whether all processes end within some seconds."""
    deadline = time.monotonic() + 15
    while any(map(alive, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


LEAVES = (
    "import os, subprocess\np = subprocess.Popen(['sleep', '600'])\n"
    "q = subprocess.Popen(['setsid', 'sleep', '600'])\nprint('pids', os.getpid(), p.pid, q.pid, flush=True)\n"
)


def pids_in(text: str) -> list[int]:
    found = re.search(r"pids ([\d ]+)", text)
    assert found
    return [int(pid) for pid in found[1].split()]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("", None),
        ("1 / 0", PapermillExecutionError),
        ("os._exit(1)", DeadKernelError),
        ("os.kill(os.getpid(), 9)", DeadKernelError),
        ("import ctypes; ctypes.string_at(0)", DeadKernelError),
        ("import time; time.sleep(600)", CellTimeoutError),
        ("while True: pass", CellTimeoutError),
        ("import signal; signal.signal(15, signal.SIG_IGN)\nwhile True:\n    try:\n        while True: pass\n    except BaseException: pass",
         CellTimeoutError),
    ],
)  # fmt: skip
def test_a_run_that_fails_fails_alone(code: str, error: type[Exception] | None, tmp_path: Path) -> None:
    """A run that crashes, is killed or does not end raises papermill's own error; it and its children are gone; the next runs."""
    note = tmp_path / "pids"
    nb = a_notebook(
        LEAVES + f"open({str(note)!r}, 'w').write(f'pids {{os.getpid()}} {{p.pid}} {{q.pid}}')", code, above="y = 5"
    )
    if error:
        with pytest.raises(error):
            execute(nb, execution_timeout=2)
    else:
        execute(nb)
    assert gone(pids_in(note.read_text()))
    assert text_of(execute(a_notebook("print(y)", above="y = 5"))) == "5\n"
    assert len(pool.waiting) == 1


@pytest.mark.parametrize(
    ("above", "reason"),
    [
        ("import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()", "threads"),
        ("import subprocess\np = subprocess.Popen(['sleep', '600'])", "child processes"),
        ("f = open('made', 'w')", r"open files or sockets \(made\)"),
        ("import socket\ns = socket.socket()", r"open files or sockets \(socket"),
        ("import tempfile\nd = tempfile.TemporaryDirectory()", "temporary files"),
        ("import asyncio\nt = asyncio.create_task(asyncio.sleep(600))", "tasks of the event loop"),
    ],
)
def test_what_a_fork_cannot_own_is_run_by_papermills_engine(
    above: str, reason: str, caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads, children, open files, sockets, temporary folders and tasks above the parameters: papermill's engine, told in a line."""
    monkeypatch.chdir(tmp_path)
    nb = a_notebook("print('done', x)", above=above)
    for _ in range(2):
        caplog.clear()
        with caplog.at_level(logging.WARNING, logger="papermill"):
            assert "done 2" in text_of(execute(nb))
        assert re.search(
            f"Not run on a snapshot but by papermill's own engine: the cells above .* leave behind {reason}",
            caplog.text,
        )


def test_other_notebooks_are_run_by_papermills_engine(caplog: pytest.LogCaptureFixture) -> None:
    """A notebook without parameters cell, or for another kernel, is run as papermill runs it."""
    nb = nbformat.v4.new_notebook(cells=[cell("print('done')")])
    nb.metadata.kernelspec = {"name": "python3", "language": "python", "display_name": "Python 3"}
    with caplog.at_level(logging.WARNING, logger="papermill"):
        assert text_of(execute(nb, parameters={})) == "done\n"
    assert "it has no parameters cell" in caplog.text


def test_files_read_above_are_each_runs_own(tmp_path: Path) -> None:
    """A file that the cells above opened to read stands for every run where they left it, whatever another run read."""
    (tmp_path / "lines").write_text("1\n2\n3\n")
    nb = a_notebook("print(f.readline(), f.readline())", above=f"f = open({str(tmp_path / 'lines')!r})\nf.readline()")
    assert text_of(execute(nb)).count("2") == text_of(execute(nb)).count("2") == 1


def test_a_changed_file_makes_a_new_snapshot(tmp_path: Path) -> None:
    """A data file or a module that the cells above read, changed on disk, is read again."""
    data, module = tmp_path / "data.csv", tmp_path / "local_module.py"
    data.write_text("1")
    module.write_text("VALUE = 1")
    above = (
        f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nimport local_module\nvalue = open({str(data)!r}).read()"
    )
    nb = a_notebook("print(value, local_module.VALUE)", above=above)
    assert "1 1" in text_of(execute(nb))
    data.write_text("22")
    assert "22 1" in text_of(execute(nb))
    module.write_text("VALUE = 333")
    assert "22 333" in text_of(execute(nb))


def test_a_run_tells_which_files_it_read(tmp_path: Path) -> None:
    """With `note_read` a run lists the files that its cells opened, those above the parameters too, or None where some may be unseen; without, nothing."""
    for name in "abc":
        (tmp_path / name).write_text(f"{name},n\n1,2\n")
    above = f"import os; os.chdir({str(tmp_path)!r}); open('a').read(); import pandas"
    for below, read in (
        ("pandas.read_csv('b'); open('new', 'w').write('w')", ["a", "b"]),
        ("open('c').read(); os.stat('b')", ["a", "c"]),
        ("pass", ["a"]),
        ("import subprocess; subprocess.run(['cat', 'b'], capture_output=True)", None),
        ("os.system('cat b > /dev/null');", None),
        ("pid = os.fork()\nif not pid: os._exit(0)\nos.waitpid(pid, 0);", None),
    ):
        told = execute(a_notebook(below, above=above), note_read=True).metadata.papermill["read"]
        assert (told and [Path(path).name for path in told if path.startswith(str(tmp_path))]) == read, below
    assert "read" not in execute(a_notebook("open('c').read()", above=above)).metadata.papermill


def test_snapshots_are_bounded() -> None:
    """No more than MOST_SNAPSHOTS wait; the one used longest ago is ended."""
    for number in range(pool.MOST_SNAPSHOTS + 2):
        execute(a_notebook("print(y)", above=f"y = {number}"))
    assert len(pool.waiting) == pool.MOST_SNAPSHOTS


def test_logs_and_files_get_what_cells_print(caplog: pytest.LogCaptureFixture) -> None:
    """log_output, stdout_file and stderr_file work as with papermill's engine."""
    nb = a_notebook("print('out')", "import sys\nprint('err', file=sys.stderr)", above="print('above')")
    for engine in (None, "snapshot", "snapshot"):
        caplog.clear()
        out, err = io.StringIO(), io.StringIO()
        with caplog.at_level(logging.INFO, logger="papermill"):
            execute(nb, engine, stdout_file=out, stderr_file=err, log_output=True)
        assert (out.getvalue(), err.getvalue()) == ("above\nout\n", "err\n")
        assert "above" in caplog.text


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_the_process_that_runs_notebooks(end: signal.Signals, tmp_path: Path) -> None:
    """Interrupted, ended or killed in the middle of a cell: snapshot, run and what the run started are gone."""
    note = tmp_path / "pids"
    nb = a_notebook(
        LEAVES
        + f"open({str(note)!r}, 'w').write(f'pids {{os.getpid()}} {{p.pid}} {{q.pid}}')\nimport time\ntime.sleep(600)"
    )
    nbformat.write(nb, tmp_path / "in.ipynb")
    code = f"import papermill\npapermill.execute_notebook({str(tmp_path / 'in.ipynb')!r}, None, engine_name='snapshot', parameters={{'x': 2}})"
    started = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not note.exists() or not note.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    family = [child.pid for child in psutil.Process(started.pid).children(recursive=True)]
    os.kill(started.pid, end)
    started.wait(timeout=30)
    assert gone([*family, *pids_in(note.read_text())])


@pytest.mark.parametrize("who", ["pid", "guard"])
def test_a_snapshot_that_was_killed_is_made_anew(who: str) -> None:
    """A snapshot that is gone, for whatever reason, is no error: the next run makes another."""
    nb = a_notebook("print(y)", above="y = 6")
    execute(nb)
    snapshot = next(iter(pool.waiting.values()))
    os.kill(getattr(snapshot, who), signal.SIGKILL)
    assert snapshot.ended(10)
    assert text_of(execute(nb)) == "6\n"


def test_the_command_line_has_the_engine(tmp_path: Path) -> None:
    """`papermill --engine snapshot` runs anybody's notebook."""
    nbformat.write(a_notebook("print('x is', x)"), tmp_path / "in.ipynb")
    command = [
        Path(sys.executable).parent / "papermill",
        "--engine",
        "snapshot",
        tmp_path / "in.ipynb",
        tmp_path / "out.ipynb",
        "-p",
        "x",
        "3",
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert "x is 3" in (tmp_path / "out.ipynb").read_text()
