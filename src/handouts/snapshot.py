"""The process behind the `snapshot` engine: a kernel that runs the cells above the parameters, and is forked.

It is started by snapshots.py with four sockets. It runs the cells above the parameters, freezes, and
is then forked once a run; each fork runs the cells below with sockets of its own. What the cells
above compute is computed once and shared by every run, random draws that nobody seeded included.
"""

import asyncio
import atexit
import contextlib
import gc
import os
import random
import select
import signal
import socket
import sys
import time
import traceback

from handouts.kernel import App, Kernel, serve
from handouts.messages import SHELL, Link
from handouts.processes import adopt_orphans, children, die_with_the_parent, guard, kill
from handouts.watch import Watch, drawn_from, numpy_drawn_from

GRACE = 5.0
"""Seconds that a run which is over may take to end by itself before it is killed."""


def fork_runs(kernel: Kernel, link: Link, control: socket.socket, watch: Watch) -> socket.socket | None:
    """Fork a run for each request on `control`.

    Returns in a fork, with its sockets connected, and in the frozen process when nobody asks any more.
    """
    unseeded = drawn_from(watch.python, random.getstate())
    seeded_state = None if unseeded else random.getstate()
    numpy = sys.modules.get("numpy")
    numpy_unseeded = numpy is not None and (
        watch.numpy is None or numpy_drawn_from(watch.numpy, numpy.random.get_state())
    )
    gc.freeze()
    runs: set[int] = set()
    ending: dict[int, float] = {}
    while True:
        ready, _, _ = select.select([control], [], [], 0.05 if ending else 0.5)
        _reap(runs, ending)
        if not ready:
            continue
        try:
            told, descriptors, _, _ = socket.recv_fds(control, 4096, 2)
        except OSError:
            told, descriptors = b"", []
        if not told:
            kill(list(children(os.getpid())))
            return None
        for line in told.decode().splitlines():
            if line.startswith("end "):
                ending[int(line.split()[1])] = time.monotonic() + GRACE
                continue
            pid = os.fork()
            if pid == 0:
                os.setsid()
                die_with_the_parent()
                control.close()
                link.connect(*(socket.socket(fileno=descriptor) for descriptor in descriptors))
                for stream in (sys.stdout, sys.stderr):
                    stream.captured.renew()  # type: ignore[union-attr]
                watch.reopen()
                if seeded_state:
                    random.setstate(seeded_state)
                if numpy_unseeded and numpy is not None:
                    numpy.random.seed()
                return link.sockets[SHELL]
            runs.add(pid)
            for descriptor in descriptors:
                os.close(descriptor)
            control.sendall(f"{pid}\n".encode())


def _reap(runs: set[int], ending: dict[int, float]) -> None:
    """Collect runs that ended; kill those that should have, and what runs that are gone left behind."""
    with contextlib.suppress(ChildProcessError):
        while (pid := os.waitpid(-1, os.WNOHANG)[0]) > 0:
            runs.discard(pid)
            ending.pop(pid, None)
    for pid, deadline in ending.items():
        if time.monotonic() > deadline:
            kill([*children(pid), pid])
    kill([orphan for orphan in children(os.getpid(), deep=False) if orphan not in runs])


def main() -> None:
    """Run as a snapshot: the numbers of the shell, iopub, control and life sockets are the arguments."""
    shell, iopub, control, life = (socket.socket(fileno=int(number)) for number in sys.argv[1:5])
    sys.argv[1:] = []
    adopt_orphans()
    snapshot = os.fork()
    if snapshot:
        for end in (shell, iopub, control):
            end.close()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        guard(snapshot, life)
    life.close()
    die_with_the_parent()
    watch = Watch()
    link = Link()
    link.connect(shell, iopub)
    log = os.dup(2)  # the standard error of who started this; from here on it is the notebook's
    try:
        _run(App.instance().begin(link), link, control, watch)
    except BaseException:
        os.write(log, traceback.format_exc().encode())
        os._exit(1)
    kill(list(children(os.getpid())))
    os._exit(0)


def _run(kernel: Kernel, link: Link, control: socket.socket, watch: Watch) -> None:
    """Run the cells above the parameters, and in each fork those below."""
    with contextlib.suppress(ImportError):
        import numpy  # noqa: F401  # while its library may have no threads of its own
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        if os.environ.get(f"HANDOUTS_{name}") == "unset":
            os.environ.pop(name, None)
        os.environ.pop(f"HANDOUTS_{name}", None)
    watch.start()
    link.send(SHELL, "kernel_info_reply", {**kernel.kernel_info, "pid": os.getpid()})
    if asyncio.run(serve(kernel, link)) == "freeze":
        request = kernel.freeze_request
        reason = watch.left_behind(request["content"].get("tasks", False))
        watch.on = False
        link.send(SHELL, "freeze_reply", {"reason": reason, "files": watch.files()}, parent=request)
        if reason is None and fork_runs(kernel, link, control, watch):
            asyncio.run(serve(kernel, link))
            _leave()


def _leave() -> None:
    """End a run as an interpreter ends: what was registered to run at exit runs; then nothing is left."""
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    kill(list(children(os.getpid())))
    os._exit(0)


if __name__ == "__main__":
    main()
