"""Notebooks made to tell the `snapshot` engine from papermill's own: what docs/engine.md does not list must be the same."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from test_snapshot import a_notebook, cell, compared, no_snapshots  # noqa: F401

from conftest import ROOT
from handouts.engine import runs

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the snapshot engine forks, on Linux only")

KINDS: dict[str, tuple[list[str], list[str]]] = {
    "what context variables hold": (
        [
            "import contextvars, decimal, numpy as np\nv = contextvars.ContextVar('v', default=0)\nv.set(3)\nt = v.set(7)",
            "decimal.getcontext().prec = 5\ndecimal.getcontext().rounding = decimal.ROUND_UP",
            "np.set_printoptions(precision=2, suppress=True, threshold=5)\nnp.seterrcall(lambda kind, flag: print('called', kind))\nnp.seterr(all='call');",
            "import asyncio\nawait asyncio.sleep(0)\nv.set(9)  # a cell that awaits has a context of its own",
        ],
        [
            "v.get(), v.reset(t), v.get()", "decimal.Decimal(1) / 3", "decimal.getcontext()", "np.array([1/3, 2/3]), np.get_printoptions()['threshold']",
            "np.array([1.]) / 0", "np.arange(9.)", "with decimal.localcontext() as c:\n    c.prec = 2\n    print(decimal.Decimal(1) / 3)", "decimal.Decimal(1) / 7",
            "import threading\nseen = []\nthread = threading.Thread(target=lambda: seen.append((decimal.getcontext().prec, v.get())))\nthread.start(); thread.join(); seen",
            "v.set(11); await asyncio.sleep(0); v.get()", "v.get()", "await asyncio.create_task(asyncio.sleep(0, v.get()))",
        ],
    ),
    "settings of libraries": (
        [
            "import pandas as pd, matplotlib.pyplot as plt, locale, logging, warnings, sys\npd.set_option('display.precision', 2, 'display.max_rows', 4)",
            "plt.rcParams['font.size'] = 7\nlocale.setlocale(locale.LC_ALL, 'C.UTF-8')\nlogging.basicConfig(stream=sys.stdout, level=logging.INFO, format='%(levelname)s %(message)s')",
            "import codecs\ncodecs.register(lambda name: codecs.CodecInfo(lambda s, e=None: (b'Z', 1), None, name=name) if name == 'adv' else None)",
            "import functools\n@functools.lru_cache\ndef f(a): print('computed'); return a\nf(2)",
            "import sqlite3\ndb = sqlite3.connect(':memory:'); db.execute('create table t(a)'); db.execute('insert into t values (1)');",
        ],
        [
            "pd.DataFrame({'a': [i / 3 for i in range(9)]})", "plt.rcParams['font.size'], plt.get_backend(), plt.isinteractive(), plt.get_fignums()",
            "locale.format_string('%.2f', 1234.5, grouping=True)", "logging.info('below %s', x); logging.getLogger('a.b').error('e')", "codecs.encode('a', 'adv')",
            "f(2), f.cache_info()", "db.execute('select a from t').fetchall()", "plt.plot([1, 2]);", "fig, ax = plt.subplots(); print('a')", "plt.plot([1]); plt.close(); plt.get_fignums()",
        ],
    ),
    "the interpreter's state": (
        [
            "import os, sys, gc, signal, threading, weakref, random, numpy as np\nos.chdir('/'); os.umask(0o027); os.environ['A_B'] = 'c'",
            "sys.setrecursionlimit(5000); sys.setswitchinterval(0.01); sys.set_int_max_str_digits(5000); gc.set_threshold(5000, 6, 7)",
            "got = []\nsignal.signal(signal.SIGUSR1, lambda *_: got.append(1))\nlocal = threading.local(); local.a = 4\nrandom.seed(1); np.random.seed(2); rng = np.random.default_rng(3); own = random.Random(4)",
            "class A: pass\na = A(); a.me = a; gone = weakref.ref(a)\ndef numbers():\n    yield from range(9)\ng = numbers(); next(g)",
            "sys.displayhook_was = sys.displayhook\nimport atexit; atexit.register(print, 'at the end');",
        ],
        [
            "os.getcwd(), oct(os.umask(0o022)), os.environ['A_B']", "sys.getrecursionlimit(), sys.getswitchinterval(), sys.get_int_max_str_digits(), len(str(10 ** 4500))",
            "gc.isenabled(), gc.get_threshold(), gc.get_debug()", "os.kill(os.getpid(), signal.SIGUSR1); got", "local.a, threading.current_thread().name, threading.active_count() > 0",
            "random.random(), np.random.rand(), rng.random(), own.random()", "del a; gc.collect(); gone() is None", "next(g), next(g)",
            "[signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGCHLD)]", "sys.gettrace(), sys.getprofile(), sys.flags, sys.warnoptions, sys._xoptions",
            "sorted(os.environ), sys.path", "os.path.basename(sys.argv[0]), len(sys.argv), sys.argv[1], sys.argv[3]", "[name for name in ('numpy', 'pandas', 'matplotlib', 'duckdb', 'zmq') if name in sys.modules]",
            "import __main__\n__main__.__spec__, hasattr(__main__, '__file__'), sorted(k for k in vars(__main__) if k.startswith('__'))", "sorted(k for k in globals() if len(k) > 2)",
            "import resource\nresource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_STACK), os.getpid() == os.getpgid(0), os.isatty(0)",
            "def fall(n): return n and fall(n - 1)\nfall(3500)", "events = []\ndef trace(frame, event, arg):\n    events.append(event); return trace\ndef h(): return 1\nsys.settrace(trace); h(); sys.settrace(None)\nevents",
        ],
    ),
    "asyncio": (
        [
            "import asyncio\nloop = asyncio.get_running_loop()\nlock, queue, future, got = asyncio.Lock(), asyncio.Queue(), loop.create_future(), []",
            "async with lock: pass\nawait queue.put(1)\nloop.call_later(0.2, got.append, 1)\nasync def numbers():\n    for i in range(9): yield i\ng = numbers(); await g.__anext__()",
        ],
        [
            "loop is asyncio.get_running_loop(), loop is asyncio.get_event_loop(), loop.is_closed(), type(loop), loop.get_debug()", "async with lock: print('in')", "await queue.get()",
            "future.set_result(4); await future", "await asyncio.sleep(0.3); got", "await g.__anext__()", "await loop.run_in_executor(None, lambda: 5), await asyncio.to_thread(abs, -1)",
            "go = asyncio.Event()\nasync def tell():\n    await go.wait()\n    for i in range(3):\n        print('task', i); await asyncio.sleep(0.05)\ntask = asyncio.create_task(tell())", "go.set(); await task; print('joined')",
            "async def bad(): raise ValueError('in a task')\ntask = asyncio.create_task(bad()); await asyncio.sleep(0); task.exception()", "await task",
            "async with asyncio.TaskGroup() as group:\n    one = group.create_task(asyncio.sleep(0.01, 3))\none.result()", "async with asyncio.timeout(0.05): await asyncio.sleep(5)",
            "process = await asyncio.create_subprocess_exec('echo', 'hi', stdout=asyncio.subprocess.PIPE)\n(await process.communicate())[0]", "[i async for i in numbers()]",
            "import os, signal\nloop.add_signal_handler(signal.SIGUSR1, print, 'signal'); os.kill(os.getpid(), signal.SIGUSR1); await asyncio.sleep(0.05)",
            "loop.call_later(0.05, os.kill, os.getpid(), signal.SIGINT); await asyncio.sleep(3)", "raise asyncio.CancelledError", "async def never(): pass\nnever(); None", "import gc; gc.collect();",
        ],
    ),
    "warnings": (
        [
            "import warnings, numpy as np\nwarnings.warn('above')\ndef f():\n    warnings.warn('again', UserWarning)\nf()\ndef old():\n    warnings.warn('old', DeprecationWarning, stacklevel=1)",
            "warnings.warn('d', DeprecationWarning)",
        ],
        [
            "warnings.warn('below')", "def deep():\n    warnings.warn('deep', stacklevel=2)\ndeep()", "deep()", "for _ in range(3): f()", "f()", "old()", "warnings.warn('d', DeprecationWarning)",
            "warnings.warn('deeper', stacklevel=3)", "warnings.warn('deepest', stacklevel=40)", "a = '\\d'", "1 is 1", "np.array([1.]) / 0", "np.log(-1)", "warnings.filters[-5:]",
            "with warnings.catch_warnings():\n    warnings.simplefilter('error')\n    warnings.warn('raised')", "warnings.showwarning = lambda *a, **k: print('mine', a[0], a[3])\nwarnings.warn('x')",
        ],
    ),
    "errors": (
        [
            "def f(a):\n    # the line below\n    return 1 / a", "import json, inspect, linecache, traceback\nclass K:\n    z = 1", "import os\nos.stat('/nope')", "import pathlib\npathlib.Path('/nope').stat()",
            "open('/nope')", "os.listdir('/nope')",
        ],
        [
            "e = ValueError('v'); e.add_note('a note'); raise e", "raise ExceptionGroup('g', [ValueError(1), TypeError('t')])", "try: 1 / 0\nexcept Exception as e: raise KeyError('k') from e",
            "try: 1 / 0\nexcept Exception: {}['k']", "def f(:\n  pass", "if 1:\nprint(1)", "f(0)", "json.loads('{')", "assert x == 1, 'x is not 1'", "raise BaseException('b')", "raise SystemExit('bye')", "raise KeyboardInterrupt",
            "class E(Exception):\n    def __str__(self): raise ValueError\nraise E", "raise StopIteration(3)", "def down(n):\n    if n: down(n - 1)\n    else: raise ValueError\ndown(30)", "exec('1/0')",
            "class D:\n    def __del__(self): raise ValueError('del')\nd = D(); del d", "try: f(0)\nexcept ZeroDivisionError: traceback.print_exc()", "traceback.format_stack()[-1]", "inspect.getsource(f), inspect.getsource(K)",
            "linecache.getline(f.__code__.co_filename, 3)", "import threading\nthread = threading.Thread(target=f, args=(0,)); thread.start(); thread.join()", "%xmode Plain\nf(0)", "f(0)", "%xmode Verbose", "f(0)", "input('n')", "%nosuch",
            "get_ipython().set_custom_exc((ZeroDivisionError,), lambda shell, kind, value, tb, tb_offset=None: print('custom', value))", "1 / 0",
        ],
    ),
    "streams and descriptors": (
        ["import os, sys, io, subprocess, contextlib", "n = os.open('/dev/null', os.O_WRONLY); os.dup2(n, 2); os.close(n)\nprint('above')"],
        [
            "os.write(1, b'raw\\n'); print('python')", "saved = os.dup(1); n = os.open('/dev/null', os.O_WRONLY); os.dup2(n, 1); os.system('echo hidden'); os.dup2(saved, 1); print('shown')",
            "sys.stdout.fileno() in (1, 2), sys.stdout.isatty(), sys.stdout.encoding, sys.stdout.errors, sys.stdout.name, sys.stdout.closed, sys.stdout.readable()", "sys.stdout.buffer.write(b'x')",
            "subprocess.run(['echo', 'a'], stdout=subprocess.DEVNULL).returncode", "old, sys.stdout = sys.stdout, io.StringIO(); print('in'); text = sys.stdout.getvalue(); sys.stdout = old; text",
            "with contextlib.redirect_stdout(io.StringIO()) as f: print('q')\nf.getvalue()", "print('a\\udc80b')", "print('a\\x00b\\x1b[1mB\\x1b[0m\\r\\nc\\x08d')", "os.write(1, b'\\xff\\xfe\\n');",
            "sys.stdin.read(), sys.stdin.isatty()", "os.close(0)", "print('x' * 3_000_000)", "for i in range(3):\n    print('o', i); sys.stdout.flush(); print('e', i, file=sys.stderr); sys.stderr.flush()",
            "import multiprocessing\ndef say(): print('in a child', flush=True)\np = multiprocessing.get_context('fork').Process(target=say); p.start(); p.join(); p.exitcode", "subprocess.run(['cat'], capture_output=True).stdout",
            "import ctypes\nlibc = ctypes.CDLL(None); libc.puts(b'from c'); libc.fflush(None)", "n = os.open('/dev/null', os.O_WRONLY); os.dup2(n, 1); os.dup2(n, 2)", "print('still'); os.system('echo gone')", "1 / 0", "os.close(1); os.close(2)", "print('a'); 1",
        ],
    ),
    "streams that cells replace": (["import sys, io\nsys.stdout = io.StringIO()\nprint('above')"], ["print('a'); sys.stdout.getvalue()", "sys.stderr.close()", "print('b'); 5", "1 / 0"]),
    "displays": (
        [
            "from IPython.display import *\nh = display('old', display_id='k'); h.update('older')", "class A: pass\nget_ipython().display_formatter.formatters['text/html'].for_type(A, lambda a: '<i>A</i>')",
            "get_ipython().display_pub.register_hook(lambda m: (m['content']['metadata'].__setitem__('hooked', 1), m)[1])",
        ],
        [
            "h.update(x); A()", "h2 = display(1, display_id='b'); h2.update(2); h2.display(4)", "display('b', display_id='b', update=True)", "for i in range(4):\n    print(i); clear_output(wait=True)\nprint('end')",
            "print(1); clear_output(wait=True)", "print(2); clear_output(); print(3)", "SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')", "Latex('$x$')", "JSON({'a': 1})", "Image(data=b'\\x89PNG\\r\\n\\x1a\\n' + b'0' * 30, format='png')",
            "class B:\n    def _repr_html_(self): raise ValueError('h')\n    def __repr__(self): return 'B'\nB()", "class C:\n    def __repr__(self): return 3\nC()", "class D:\n    def _ipython_display_(self): print('mine')\nD()",
            "display({'text/plain': 'p', 'image/svg+xml': '<svg/>'}, raw=True, metadata={'image/svg+xml': {'alt': 'x'}})", "get_ipython().display_pub.publish({'text/plain': 'a'})", "from comm import create_comm\nc = create_comm(target_name='t', data={'a': 1}); c.send({'b': 2}); c.close()",
            "from tqdm.auto import tqdm\nfor i in tqdm(range(3), bar_format='{l_bar}{n}'): pass", "import threading\nthread = threading.Thread(target=lambda: display(HTML('<b>t</b>'))); thread.start(); thread.join()", "%precision 2", "3.14159", "?abs", "'z' * 200_000",
        ],
    ),
    "magics and the shell": (
        [
            "5", "6", "from IPython.core.magic import register_line_magic, register_cell_magic\n@register_line_magic\ndef mine(line): return 'got ' + line\n@register_cell_magic\ndef minec(line, cell): print(line, cell)",
            "ip = get_ipython()\nip.events.register('post_run_cell', lambda r: print('post', r.execution_count, r.result))\nip.input_transformers_cleanup.append(lambda lines: [line.replace('@@', '+') for line in lines])",
        ],
        [
            "In, Out", "_, __, ___, _i, _ii, _i1", "1 @@ 1", "_", "%mine hi", "%%minec a\nb", "%history", "%rerun 1", "%%bash\necho out; echo err >&2", "%%bash\nexit 3", "!echo a; exit 2", "_exit_code", "lines = !printf 'a\\nb'\nlines.n", "%system echo s",
            "r = %timeit -q -o -n1 -r1 pass\nr.loops", "%%capture c\nprint(1); display(2); 3", "c.stdout, len(c.outputs)", "%who", "%whos int", "%pwd", "%env A_C=4", "!echo $A_C", "%alias", "%lsmagic", "%gui", "%autocall 2", "abs -3", "%%html\n<b>",
            "type(ip).__name__, ip.kernel.implementation, ip.ast_node_interactivity, ip.user_module.__name__, ip.history_manager.enabled, ip.history_length", "list(ip.history_manager.get_range())[:2], list(ip.history_manager.get_tail(2))",
            "ip.get_parent()['msg_type'], sorted(ip.get_parent()['content']), ip.kernel.execution_count, sorted(ip.config)", "_ = 7", "1 + 1", "_", "del _", "2 + 2", "_", "", "# nothing", ";", "x;", "a = 1\r\nb = 2\r\na + b", "名前 = 3\n名前",
            "print = 3", "display = 3", "5", "%reset -f", "'y' in globals()",
        ],
    ),
    "threads, processes and pickles": (
        ["import os, threading, time, subprocess, pickle, multiprocessing as mp, sys\nclass B: y = 2"],
        [
            "go = threading.Event()\ndef late():\n    go.wait(); print('late')\nt = threading.Thread(target=late); t.start(); t.name", "go.set(); t.join(); print('joined')", "t = threading.Timer(0.05, print, ['tick']); t.start(); t.join()",
            "from concurrent.futures import ThreadPoolExecutor, ProcessPoolExecutor\nwith ThreadPoolExecutor(3) as p: print(list(p.map(abs, [-1, -2])))", "with ProcessPoolExecutor(2, mp.get_context('fork')) as p: print(list(p.map(abs, [-1, -2])))",
            "mp.current_process().name, mp.parent_process(), mp.active_children()", "q = mp.Queue(); q.put(3); q.get()", "pid = os.fork()\nif pid == 0: os._exit(3)\nos.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])",
            "subprocess.run(['echo', 'a'], capture_output=True, text=True).stdout, subprocess.run(['false']).returncode", "subprocess.run('exit 4', shell=True, check=True)", "try: print(os.waitpid(-1, os.WNOHANG))\nexcept ChildProcessError as e: print(e)",
            "pickle.loads(pickle.dumps(B())).y, B.__module__, B.__qualname__", "subprocess.run([sys.executable, '-c', 'import os; print(sorted(os.environ))'], capture_output=True, text=True).stdout",
            "import tempfile\nwith tempfile.NamedTemporaryFile('w') as f: f.write('a')\ntempfile.gettempdir()", "try:\n    os.kill(os.getpid(), 2); time.sleep(1)\nexcept KeyboardInterrupt: print('caught')",
        ],
    ),
    "functions that the engine watches": (
        ["import os, posix, shutil\nos.path.exists('/nope'), os.stat.__name__, os.stat in os.supports_follow_symlinks, os.access('/', os.R_OK), os.listdir is posix.listdir, shutil.rmtree.avoids_symlink_attacks"],
        ["os.stat is posix.stat, os.lstat is posix.lstat, os.access is posix.access, os.readlink is posix.readlink", "os.stat in os.supports_follow_symlinks, len(os.supports_dir_fd), len(os.supports_fd)"],
    ),
}  # fmt: skip

LIMITS: dict[str, list[str]] = {
    "a sleep": ["import time\nprint('before', flush=True)\ntime.sleep(60)"],
    "a sleep that ends with a word": ["import time\ntry: time.sleep(60)\nfinally: print('finally')"],
    "an interrupt that is swallowed": ["import time\ntry: time.sleep(60)\nexcept KeyboardInterrupt: print('swallowed')\n'value'"],
    "an await": ["import asyncio\nawait asyncio.sleep(60)"],
    "a program": ["!sleep 60"],
}  # fmt: skip

LISTED = {
    "handouts.engine.messages.OutStream": "ipykernel.iostream.OutStream",
    "handouts.engine.kernel.Kernel": "ipykernel.ipkernel.IPythonKernel",
}
"""Names that show in outputs with the engine, and what papermill's own has in their place."""


def same(nb: nbformat.NotebookNode) -> Any:
    """Return what must be the same of an executed notebook: all but what docs/engine.md lists, times and addresses."""
    content = compared(nb)
    for one in content["cells"]:
        for output in one["outputs"]:
            output.update({"text": "".join(output["text"])} if "text" in output else {})
    text = re.sub(r"object at [0-9a-f]{6,}", "object", json.dumps(content, sort_keys=True))
    text = re.sub(r"\(pid=\d+\)", "(pid)", text)  # Python 3.12 and later warn of forks
    for ours, theirs in LISTED.items():
        text = text.replace(ours, theirs)
    return json.loads(text)


def outcome(nb: nbformat.NotebookNode, engine: str | None, path: Path, **options: Any) -> tuple[Any, Any]:
    """Execute `nb`, with every cell that fails followed by the next; return what was written, and the error's kind and words."""
    nbformat.write(nb, path / "in.ipynb")
    error = None
    try:
        papermill.execute_notebook(
            path / "in.ipynb", path / "out.ipynb", parameters={"x": 2}, engine_name=engine, progress_bar=False, **options
        )  # fmt: skip
    except Exception as raised:
        error = type(raised).__name__, str(getattr(raised, "evalue", ""))
    return same(nbformat.read(path / "out.ipynb", 4)), error


def told_apart(ours: tuple[Any, Any], *theirs: tuple[Any, Any]) -> list[Any]:
    """Return the cells that no run of `theirs` gave, beside what the last gave, and what else differs from each."""
    runs_of_cells = zip(ours[0]["cells"], *(run["cells"] for run, _ in theirs), strict=True)
    differing: list[Any] = [(one["source"], one, others[-1]) for one, *others in runs_of_cells if one not in others]
    around, *theirs_around = [({**run, "cells": None}, error) for run, error in (ours, *theirs)]
    return differing or ([] if around in theirs_around else [around, theirs_around])


@pytest.mark.parametrize("kind", KINDS)
def test_made_to_tell_the_engines_apart(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each cell of a kind gives the same outputs, errors and counts with both engines, on a new snapshot and on a waiting one."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it ipykernel does not catch what children print
    above, below = KINDS[kind]
    nb = a_notebook(*below)
    nb.cells[:0] = [cell(one) for one in above]
    wanted = [outcome(nb, None, tmp_path, allow_errors=True)]
    for _ in range(2):
        ours = outcome(nb, "snapshot", tmp_path, allow_errors=True)
        # what programs print, papermill's own engine reads in a thread that may come late, in one cell or another: then it is asked again
        while told_apart(ours, *wanted) and len(wanted) < 6:
            wanted.append(outcome(nb, None, tmp_path, allow_errors=True))
        assert told_apart(ours, *wanted) == []
    assert not runs._refused


@pytest.mark.parametrize("limit", LIMITS)
def test_a_cell_that_is_stopped_says_what_it_says(limit: str, tmp_path: Path) -> None:
    """What a cell says to the interrupt of a time-out, the KeyboardInterrupt too, is in the notebook with both engines."""
    nb = a_notebook(*LIMITS[limit], above="y = 7")
    wanted = outcome(nb, None, tmp_path, execution_timeout=1)
    assert wanted[1]
    assert wanted[1][0] == "CellTimeoutError"
    assert told_apart(outcome(nb, "snapshot", tmp_path, execution_timeout=1), wanted) == []


def test_what_differs_is_listed() -> None:
    """Each name that the comparison leaves out is in the engine's page."""
    page = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")
    for name in LISTED:
        assert name in page
