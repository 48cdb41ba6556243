"""The process behind the `snapshot` engine: a kernel that runs the cells above the parameters, and is forked.

It is started by pool.py with four sockets. It runs the cells above the parameters, freezes, and
is then forked once a run; each fork runs the cells below with sockets of its own. What the cells
above compute is computed once and shared by every run, random draws that nobody seeded included.
"""

import atexit
import contextlib
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
from handouts.engine.messages import SHELL, Link
from handouts.engine.watch import Watch

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
    """Run as a snapshot: the numbers of the shell, iopub, control and life sockets, and SINGLE, are the arguments."""
    shell, iopub, control, life = (socket.socket(fileno=int(number)) for number in sys.argv[1:5])
    single = dict(setting.split("=") for setting in sys.argv[5:])
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
        _run(Server(IPKernelApp.instance().begin(link), link), control, watch, single)
    except BaseException:
        os.write(log, traceback.format_exc().encode())
        os._exit(1)
    kill(list(children(os.getpid())))
    os._exit(0)


def _run(server: Server, control: socket.socket, watch: Watch, single: dict[str, str]) -> None:
    """Run the cells above the parameters, and in each fork those below.

    Libraries that the cells above load find the settings `single`, which keep them from starting threads;
    what the cells see of their environment does not have them.
    """
    for name, value in single.items():
        os.putenv(name, value)
    assert server.kernel.shell is not None
    watch.start(server.kernel.shell.InteractiveTB)
    server.link.send(SHELL, "kernel_info_reply", {**server.kernel.kernel_info, "pid": os.getpid()})
    if server.serve() == "freeze":
        request = server.kernel.freeze_request
        reason = watch.left_behind(request["content"]["tasks"])
        read = watch.read()
        watch.stop()
        server.link.send(SHELL, "freeze_reply", {"reason": reason, "read": read}, parent=request)
        for name in single:
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
