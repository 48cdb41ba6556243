"""Snapshots that wait for runs: how to reach them, and when they are ended.

Runs may be in several threads. What they share is a snapshot, whose forks are asked for one at a time,
and the list of those that wait. Nothing here waits longer than the time that a kernel may take to start.
"""

import atexit
import contextlib
import hashlib
import json
import os
import select
import signal
import socket
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.session import Session
from nbformat import NotebookNode

from handouts.engine.forkserver import LostError, Preload, UnsuitableError, start_process, umask
from handouts.engine.messages import IOPUB, SHELL, Channel
from handouts.engine.stamps import is_fresh

MOST_SNAPSHOTS = 4
"""How many snapshots wait for runs at a time; the one used longest ago goes first."""
MOST_MEMORY = 2 << 30
"""How much memory, in bytes, the waiting snapshots may hold together."""
SECONDS_TO_END = 5.0
"""How long a snapshot may take to end by itself before it is killed."""


@dataclass
class Executed:
    """A cell that was executed above the parameters, with the messages it gave."""

    code: str
    messages: dict[str, list[Any]] = field(default_factory=lambda: {SHELL: [], IOPUB: []})


class Snapshot:
    """A process that runs the cells above the parameters once, and is forked for each run.

    `options` are those of the interpreter, `preload` what it has imported before. Raises LostError where the process does not
    start within `patience` seconds.
    """

    def __init__(self, options: list[str], patience: float, preload: Preload) -> None:
        self.patience = patience
        self.executed: list[Executed] = []
        self.read: list[tuple[str, str, Any]] = []
        self.frozen = False
        self.runs = 1  # who made it
        self.waits = False
        self.asking = threading.Lock()
        with contextlib.ExitStack() as started:
            try:
                self._start(options, preload, started)
            except OSError as error:
                raise LostError(f"its process could not be started ({error.strerror})") from error
            told = self.shell.wait()
            if told is None:
                raise LostError("its process did not start")
            self.kernel_info = told["content"]
            self.pid = int(self.kernel_info.pop("pid"))
            started.pop_all()

    def _start(self, options: list[str], preload: Preload, started: contextlib.ExitStack) -> None:
        pairs = {}
        for name in (SHELL, IOPUB, "control", "life"):
            pairs[name] = socket.socketpair()
            for end in pairs[name]:
                started.callback(end.close)
        self.shell = Channel(pairs[SHELL][0], self.patience)
        self.iopub = Channel(pairs[IOPUB][0], self.patience)
        self.control, self.life = pairs["control"][0], pairs["life"][0]
        self.control.settimeout(self.patience)
        theirs = [pair[1].fileno() for pair in pairs.values()]
        self.guard = start_process(options, preload, self.patience, theirs)
        started.callback(self.end)
        for _, end in pairs.values():
            end.close()

    def freeze(self) -> None:
        """Make the process ready to be forked.

        Raises UnsuitableError where it owns what a fork cannot, or has read what nobody can watch;
        LostError where it is gone.
        """
        self.shell.send(Session().msg("freeze_request"))
        told = self.shell.wait()
        if told is None:
            raise LostError("the process that ran the cells above the parameters has ended")
        if told["content"]["reason"]:
            raise UnsuitableError(f"the cells above the parameters {told['content']['reason']}")
        self.read = told["content"]["read"]
        self.frozen = True

    def fork(self) -> tuple[int, Channel, Channel]:
        """Start a run; return its process and channels. Raises LostError where the process is gone, or silent."""
        with contextlib.ExitStack() as opened:
            try:
                ours, theirs = zip(*(socket.socketpair() for _ in range(2)), strict=True)
                for end in ours:
                    opened.callback(end.close)
                try:
                    with self.asking:
                        socket.send_fds(self.control, [b"run\n"], [end.fileno() for end in theirs])
                        told = self.control.recv(64)
                finally:
                    for end in theirs:
                        end.close()
            except OSError:
                told = b""
            if not told:
                raise LostError("the snapshot has ended")
            opened.pop_all()
        return int(told), Channel(ours[0], self.patience), Channel(ours[1], self.patience)

    def end_run(self, pid: int) -> None:
        """Have a run's process, and all it started, end."""
        with contextlib.suppress(OSError), self.asking:
            self.control.sendall(f"end {pid}\n".encode())

    def fresh(self) -> bool:
        """Tell whether the process lives, and all that it read is as it was."""
        return not self.ended() and is_fresh(self.read)

    def ended(self, seconds: float = 0) -> bool:
        """Tell whether the process is gone, after waiting so long for it: who guards it has the other end of its life."""
        return self.life.fileno() < 0 or bool(select.select([self.life], [], [], seconds)[0])

    def memory(self) -> int:
        """Return how much memory the process holds, in bytes."""
        try:
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
        except (OSError, IndexError):
            return 0

    def end(self) -> None:
        """End the process and all its runs."""
        self.shell.close()
        self.iopub.close()
        self.control.close()
        with self.life, contextlib.suppress(OSError):
            self.life.shutdown(socket.SHUT_WR)
            if not self.ended(SECONDS_TO_END):
                os.kill(self.guard, signal.SIGKILL)


waiting: OrderedDict[str, Snapshot] = OrderedDict()
"""Snapshots by the key of their cells; a snapshot that is in no list any more ends with its last run."""
_listed = threading.Lock()


@atexit.register
def forget_all() -> None:
    """End every snapshot that waits."""
    while waiting:
        waiting.popitem()[1].end()


def _forget_inherited() -> None:
    """Leave the snapshots, in a fork of this process, to the process that made them."""
    global _listed
    _listed = threading.Lock()
    while waiting:
        snapshot = waiting.popitem()[1]
        for end in (snapshot.shell.end, snapshot.iopub.end, snapshot.control, snapshot.life):
            end.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_inherited)


def key_of(above: list[NotebookNode], kernel: list[str]) -> str:
    """Return a digest of what the cells above the parameters depend on, beside what they read."""
    cells = [[cell.source, cell.metadata.get("tags")] for cell in above if cell.cell_type == "code"]
    folder = os.stat(".")
    surroundings = [os.getcwd(), folder.st_dev, folder.st_ino, umask(), sorted(os.environ.items())]
    today = time.strftime("%Y-%m-%d")  # what the cells above say of the day must not outlive it
    return hashlib.sha256(json.dumps([cells, kernel, surroundings, today]).encode()).hexdigest()


def take(key: str) -> Snapshot | None:
    """Return the waiting snapshot of `key` for a run, which gives it back; end it where it is out of date."""
    with _listed:
        snapshot = waiting.get(key)
        if snapshot is None:
            return None
        waiting.move_to_end(key)
        snapshot.runs += 1
    if snapshot.fresh():
        return snapshot
    drop(key, snapshot)
    give_back(snapshot)
    return None


def keep(key: str, snapshot: Snapshot) -> None:
    """Let `snapshot` wait for further runs, in place of another; drop the ones used longest ago beyond the bounds."""
    with _listed:
        too_many = [waiting.pop(key)] if key in waiting else []
        waiting[key] = snapshot
        snapshot.waits = True
        while len(waiting) > MOST_SNAPSHOTS or (
            len(waiting) > 1 and sum(one.memory() for one in waiting.values()) > MOST_MEMORY
        ):
            too_many.append(waiting.popitem(last=False)[1])
    for one in too_many:
        _retire(one)


def drop(key: str, snapshot: Snapshot) -> None:
    """Let `snapshot` wait no more; it ends with its last run."""
    with _listed:
        if waiting.get(key) is snapshot:
            del waiting[key]
    _retire(snapshot)


def _retire(snapshot: Snapshot) -> None:
    with _listed:
        over = snapshot.waits and not snapshot.runs
        snapshot.waits = False
    if over:
        snapshot.end()


def give_back(snapshot: Snapshot) -> None:
    """Tell that a run is over; a snapshot that waits for no other one ends."""
    with _listed:
        snapshot.runs -= 1
        over = not snapshot.runs and not snapshot.waits
    if over:
        snapshot.end()
