"""Snapshots that wait for runs: how to reach them, and when they are ended."""

import asyncio
import atexit
import contextlib
import hashlib
import json
import os
import socket
import subprocess
import sys
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.jsonutil import extract_dates
from jupyter_client.session import Session
from nbformat import NotebookNode

from handouts.messages import IOPUB, SHELL, Frames, frame
from handouts.notebook import tags

MOST_SNAPSHOTS = 4
"""How many snapshots wait for runs at a time; the one used longest ago goes first."""
MOST_MEMORY = 2 << 30
"""How much memory, in bytes, the waiting snapshots may hold together."""


class NoSnapshotError(Exception):
    """Why a notebook cannot run on a snapshot."""


class Channel:
    """One of the two ways messages come from a process, or from nowhere, for those that are replayed.

    While `noting` holds the number of a request and a list, the messages for it are added to the list.
    """

    def __init__(self, end: socket.socket | None = None) -> None:
        self.nobody: socket.socket | None = None
        if end is None:
            end, self.nobody = socket.socketpair()
        self.end = end
        self.noting: tuple[str, list[Any]] | None = None
        self.frames = Frames()
        self.replies: list[Any] = []
        self.closed = False
        self.loop: asyncio.AbstractEventLoop | None = None
        end.setblocking(False)

    async def get_msg(self, timeout: float | None = None) -> Any:
        """Return the next message; raise Empty after `timeout` seconds, and wait forever where the process is gone."""
        self.loop = loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        while True:
            if self.replies:
                return self.replies.pop(0)
            message = self.frames.next()
            if message is not None:
                return self._noted(_received(message))
            left = None if deadline is None else max(0.0, deadline - loop.time())
            try:
                if self.closed:  # papermill's client asks is_alive every second, and tells that it is dead
                    await asyncio.wait_for(asyncio.Event().wait(), left)
                received = await asyncio.wait_for(loop.sock_recv(self.end, 1 << 16), left)
            except TimeoutError:
                raise Empty from None
            except ConnectionResetError:
                received = b""
            if received:
                self.frames.feed(received)
            else:
                self.closed = True

    def _noted(self, message: Any) -> Any:
        if self.noting and message["parent_header"].get("msg_id") == self.noting[0]:
            self.noting[1].append(message)
        return message

    def send(self, message: Any) -> None:
        """Send `message` to the process."""
        buffers = [bytes(part).hex() for part in message.get("buffers", [])]
        self.end.setblocking(True)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.end.sendall(frame({**message, "buffers": buffers}))
        self.end.setblocking(False)

    def close(self) -> None:
        """Close this end; the event loop must not go on to look at its number, which another socket may get."""
        if self.loop and not self.loop.is_closed() and self.end.fileno() >= 0:
            self.loop.remove_reader(self.end)
        self.closed = True
        self.end.close()
        if self.nobody:
            self.nobody.close()

    def wait(self) -> Any:
        """Return the next message, or None where the process is gone."""
        self.end.setblocking(True)
        while (message := self.frames.next()) is None:
            try:
                received = self.end.recv(1 << 16)
            except ConnectionResetError:
                received = b""
            if not received:
                self.closed = True
                return None
            self.frames.feed(received)
        self.end.setblocking(False)
        return _received(message)


def _received(message: Any) -> Any:
    message["buffers"] = [memoryview(bytes.fromhex(part)) for part in message.get("buffers", [])]
    message["header"] = extract_dates(message["header"])
    message["parent_header"] = extract_dates(message["parent_header"])
    return message


@dataclass
class Executed:
    """A cell that was executed above the parameters, with the messages it gave."""

    code: str
    messages: dict[str, list[Any]] = field(default_factory=lambda: {SHELL: [], IOPUB: []})


class Snapshot:
    """A process that runs the cells above the parameters once, and is forked for each run."""

    def __init__(self) -> None:
        pairs = {name: socket.socketpair() for name in (SHELL, IOPUB, "control", "life")}
        theirs = [pair[1].fileno() for pair in pairs.values()]
        environment = dict(os.environ)
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            if name not in environment:
                environment |= {name: "1", f"HANDOUTS_{name}": "unset"}
        environment.setdefault("JE_ARROW_MALLOC_CONF", "background_thread:false")  # pandas imports pyarrow where it is
        self.process = subprocess.Popen(
            [sys.executable, "-Xfrozen_modules=off", "-m", "handouts.snapshot", *map(str, theirs)],
            pass_fds=theirs, env=environment, stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for who asked for it
        )  # fmt: skip
        for _, end in pairs.values():
            end.close()
        self.shell, self.iopub = Channel(pairs[SHELL][0]), Channel(pairs[IOPUB][0])
        self.control, self.life = pairs["control"][0], pairs["life"][0]
        self.executed: list[Executed] = []
        self.files: dict[str, list[int]] = {}
        self.frozen = False
        told = self.shell.wait()
        if told is None:
            raise NoSnapshotError("its process did not start")
        self.kernel_info = told["content"]
        self.pid = int(self.kernel_info.pop("pid"))

    def freeze(self) -> None:
        """Make the process ready to be forked. Raises NoSnapshotError where it owns what a fork cannot."""
        self.shell.send(Session().msg("freeze_request"))
        told = self.shell.wait()
        if told is None:
            raise NoSnapshotError("the process that ran the cells above the parameters has ended")
        if told["content"]["reason"]:
            raise NoSnapshotError(f"the cells above the parameters leave behind {told['content']['reason']}")
        self.files = told["content"]["files"]
        self.frozen = True

    def fork(self) -> tuple[int, Channel, Channel]:
        """Start a run; return its process and channels. Raises NoSnapshotError where the process is gone."""
        ours, theirs = zip(*(socket.socketpair() for _ in range(2)), strict=True)
        try:
            socket.send_fds(self.control, [b"run\n"], [end.fileno() for end in theirs])
            told = self.control.recv(64)
        except OSError:
            told = b""
        for end in theirs:
            end.close()
        if not told:
            raise NoSnapshotError("the snapshot has ended")
        return int(told), Channel(ours[0]), Channel(ours[1])

    def end_run(self, pid: int) -> None:
        """Have a run's process, and all it started, end."""
        with contextlib.suppress(OSError):
            self.control.sendall(f"end {pid}\n".encode())

    def fresh(self) -> bool:
        """Tell whether the process lives, and the files it read are as they were."""
        if self.process.poll() is not None:
            return False
        for path, (size, changed) in self.files.items():
            try:
                status = os.stat(path)
            except OSError:
                return False
            if [status.st_size, status.st_mtime_ns] != [size, changed]:
                return False
        return True

    def memory(self) -> int:
        """Return how much memory the process holds, in bytes."""
        try:
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
        except (OSError, IndexError):
            return 0

    def end(self) -> None:
        """End the process and all its runs."""
        for end in (self.control, self.shell, self.iopub, self.life):
            end.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


waiting: OrderedDict[str, Snapshot] = OrderedDict()
_owner = os.getpid()


@atexit.register
def forget_all() -> None:
    """End every snapshot."""
    while waiting and os.getpid() == _owner:
        waiting.popitem()[1].end()


def key_of(above: list[NotebookNode], kernel_name: str) -> str:
    """Return a digest of what the cells above the parameters depend on, beside the files they read."""
    cells = [[cell.source, tags(cell)] for cell in above if cell.cell_type == "code"]
    return hashlib.sha256(
        json.dumps([cells, kernel_name, os.getcwd(), sorted(os.environ.items())]).encode()
    ).hexdigest()


def find(key: str) -> Snapshot | None:
    """Return the waiting snapshot of `key`; end it where it is out of date."""
    snapshot = waiting.pop(key, None)
    if snapshot and snapshot.fresh():
        waiting[key] = snapshot
        return snapshot
    if snapshot:
        snapshot.end()
    return None


def keep(key: str, snapshot: Snapshot) -> None:
    """Let `snapshot` wait for further runs; end the ones used longest ago beyond the bounds."""
    waiting[key] = snapshot
    while len(waiting) > MOST_SNAPSHOTS or (
        len(waiting) > 1 and sum(one.memory() for one in waiting.values()) > MOST_MEMORY
    ):
        waiting.popitem(last=False)[1].end()
