"""The processes behind the `snapshot` engine: one imports what kernels need, and is forked once a snapshot.

A snapshot is a kernel. It runs the cells above the parameters, freezes, and is then forked once a run;
each fork runs the cells below with sockets of its own. What the cells above compute is computed once and
shared by every run, random draws that nobody seeded included.
"""

import atexit
import contextlib
import importlib
import os
import random
import select
import signal
import socket
import sys
import time
import traceback
from typing import Any

from handouts.engine.kernel import IPKernelApp, Server
from handouts.engine.lifetime import adopt_orphans, children, die_with_the_parent, guard, kill
from handouts.engine.messages import SHELL, Link, frame
from handouts.engine.watch import Watch

SINGLE = {
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # pandas imports pyarrow where it is
}  # fmt: skip
"""What keeps libraries, in their own settings, from starting a thread as they are loaded."""
BACKEND, INLINE = "MPLBACKEND", "module://matplotlib_inline.backend_inline"
"""How matplotlib, which looks as it is imported, is told to draw into a notebook; ipykernel says so before any cell."""
GRACE = 5.0
"""Seconds that a run which is over may take to end by itself before it is killed."""


def fork_runs(server: Server, control: socket.socket, watch: Watch) -> bool:
    """Fork a run for each request on `control`.

    Returns True in a fork, with its sockets connected, and False in the frozen process when nobody asks any more.
    """
    seeded = None if python_unseeded(watch.python) else random.getstate()  # a fork of itself seeds Python's generator
    seed_numpy = numpy_unseeded()
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
            return False
        for line in told.decode().splitlines():
            if line.startswith("end "):
                ending[int(line.split()[1])] = time.monotonic() + GRACE
                continue
            pid = os.fork()
            if pid == 0:
                os.setsid()
                die_with_the_parent()
                control.close()
                server.link.connect(*(socket.socket(fileno=descriptor) for descriptor in descriptors))
                server.renew()
                watch.reopen()
                if seeded:
                    random.setstate(seeded)
                if seed_numpy:
                    sys.modules["numpy.random"].seed()
                return True
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


def python_unseeded(start: Any) -> bool:
    """Tell whether Python's generator came from `start` to where it is by draws alone, without a seed.

    Looks at up to 1.2 million draws; more count as seeded.
    """
    generator, state = random.Random(), random.getstate()[1][:-1]
    generator.setstate(start)
    for _ in range(2000):
        if generator.getstate()[1][:-1] == state:
            return True
        generator.getrandbits(32 * 624)
    return False


def draw_anew() -> None:
    """Let numpy's global generator begin elsewhere than that of other forks, as if it were imported here; Python's own does."""
    if "numpy.random" in sys.modules:
        draws = sys.modules["numpy.random"]
        draws.set_bit_generator(draws.MT19937())


def numpy_unseeded() -> bool:
    """Tell the same of numpy's global generator, from where it was when numpy was imported."""
    if "numpy.random" not in sys.modules:
        return False
    draws = sys.modules["numpy.random"]
    own = draws.get_bit_generator()
    if not isinstance(own, draws.MT19937):
        return False
    generator, state = draws.RandomState(draws.MT19937(own.seed_seq)), draws.get_state()[1]
    for _ in range(2000):
        if (generator.get_state()[1] == state).all():
            return True
        generator.bytes(4 * 624)
    return False


def main() -> None:
    """Run as the fork server: the number of the socket where snapshots are asked for, and modules to import, are the arguments."""
    control, modules = socket.socket(fileno=int(sys.argv[1])), sys.argv[2:]
    for name, value in SINGLE.items():
        if name not in os.environ:
            os.putenv(name, value)
    os.environ[BACKEND] = os.environ.get(BACKEND) or INLINE
    watch = Watch()
    for name in modules:
        with contextlib.suppress(Exception):  # the cells that import it will tell
            importlib.import_module(name)
    watch.pause()
    told = {"threads": len(os.listdir("/proc/self/task")) > 1, "read": watch.read()}
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        control.sendall(frame({"header": {}, "parent_header": {}, "content": told}))
        while (sockets := _fork_snapshot(control)) is None:
            pass
    except (ConnectionError, EOFError):  # who asks is gone
        os._exit(0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    control.close()
    draw_anew()
    _begin(watch, *sockets)


def _fork_snapshot(control: socket.socket) -> list[socket.socket] | None:
    """Fork a snapshot when it is asked for: return its sockets in the fork, with the asker's folder, environment and output, and None here.

    Raises EOFError when nobody asks any more.
    """
    told, descriptors, _, _ = socket.recv_fds(control, 4, 7)
    length = 4 + int.from_bytes(told)
    told = control.recv(length, socket.MSG_WAITALL)
    if len(told) < length:
        raise EOFError
    pid = os.fork()
    if pid:
        for descriptor in descriptors:
            os.close(descriptor)
        control.sendall(str(pid).encode())
        return None
    os.setsid()
    *sockets, output, errors, folder = descriptors
    os.fchdir(folder)
    os.dup2(output, 1)
    os.dup2(errors, 2)
    for descriptor in (output, errors, folder):
        os.close(descriptor)
    os.umask(int.from_bytes(told[:4]))
    os.environ.clear()
    os.environb.update(dict(pair.split(b"=", 1) for pair in told[4:].split(b"\0")))
    return [socket.socket(fileno=number) for number in sockets]


def _begin(
    watch: Watch, shell: socket.socket, iopub: socket.socket, control: socket.socket, life: socket.socket
) -> None:
    """Be a snapshot, with a process that guards it."""
    adopt_orphans()
    snapshot = os.fork()
    if snapshot:
        for end in (shell, iopub, control):
            end.close()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        guard(snapshot, life)
    life.close()
    die_with_the_parent()
    link = Link()
    link.connect(shell, iopub)
    log = os.dup(2)  # the standard error of who started this; from here on it is the notebook's
    try:
        _run(Server(IPKernelApp.instance().begin(link), link), control, watch)
    except BaseException:
        os.write(log, traceback.format_exc().encode())
        os._exit(1)
    kill(list(children(os.getpid())))
    os._exit(0)


def _run(server: Server, control: socket.socket, watch: Watch) -> None:
    """Run the cells above the parameters, and in each fork those below.

    Libraries that the cells above load find the settings SINGLE; what the cells see of their environment does not have them.
    """
    assert server.kernel.shell is not None
    watch.start(server.kernel.shell.InteractiveTB)
    server.link.send(SHELL, "kernel_info_reply", {**server.kernel.kernel_info, "pid": os.getpid()})
    if server.serve() == "freeze":
        request = server.kernel.freeze_request
        reason = watch.left_behind(request["content"]["tasks"])
        read = watch.read()
        watch.stop()
        server.link.send(SHELL, "freeze_reply", {"reason": reason, "read": read}, parent=request)
        for name in SINGLE:
            if name not in os.environ:
                os.unsetenv(name)
        if reason is None and fork_runs(server, control, watch):
            watch.resume()
            server.opened = watch.opened
            server.serve()
            _leave()


def _leave() -> None:
    """End a run as an interpreter ends: what was registered to run at exit runs; then nothing is left."""
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    kill(list(children(os.getpid())))
    os._exit(0)
