"""Processes that end when they should, with all that they started (Linux)."""

import contextlib
import ctypes
import os
import select
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
"""What prctl(2) calls them, which Python does not know."""


def children(pid: int, *, deep: bool = True) -> Iterator[int]:
    """Yield the children of `pid`, and theirs, nearest first; or only its own."""
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                yield int(child)
                yield from children(int(child)) if deep else ()


def kill(pids: list[int]) -> None:
    """Kill these processes, where they are still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def die_with_the_parent() -> None:
    """Have the system kill this process when the one that made it is gone."""
    parent = os.getppid()
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)  # what a cell leaves behind stays findable below its run
    if os.getppid() != parent:
        os._exit(1)


def guard(snapshot: int, life: socket.socket) -> None:
    """Wait until the snapshot, or who asked for it, is gone; then kill all that it started, and end.

    This process runs none of a notebook's code, so nothing in a notebook can keep it from that.
    """
    while True:
        over = bool(select.select([life], [], [], 0.5)[0])
        with contextlib.suppress(ChildProcessError):
            while (pid := os.waitpid(-1, os.WNOHANG)[0]) > 0:
                over = over or pid == snapshot
        if over:
            while left := list(children(os.getpid())):
                kill(left)
                with contextlib.suppress(ChildProcessError):
                    while os.waitpid(-1, os.WNOHANG)[0] > 0:
                        pass
                time.sleep(0.01)
            os._exit(0)


def adopt_orphans() -> None:
    """Become the parent of what processes below this one leave behind, so that it can be found."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
