"""The process that every snapshot is a fork of: it has imported what kernels need, and what the caller names.

A kernel takes half a second to import, and what a notebook draws with may take two more; the second
snapshot of a process does without. There is one fork server at a time: other options of the
interpreter, other modules or another environment make another.
"""

import atexit
import contextlib
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handouts.engine.messages import Channel
from handouts.engine.stamps import is_fresh

START = "import sys\nif sys.path[0] == '': del sys.path[0]\nfrom handouts.engine.process import main\nmain()"
"""What the process runs: no module in its working folder may stand for one of these."""


class NoSnapshotError(Exception):
    """Why a notebook cannot run on a snapshot."""


class UnsuitableError(NoSnapshotError):
    """What in the notebook itself keeps it from running on one, now and later."""


class LostError(NoSnapshotError):
    """What became of the process, this time."""


@dataclass(frozen=True)
class Preload:
    """Modules that the fork server imports before any cell runs, and the environment variables that these do not look at."""

    modules: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()


class ForkServer:
    """A process that is forked for each snapshot. Raises LostError where it does not start within `patience` seconds."""

    def __init__(self, options: Sequence[str], preload: Preload, patience: float) -> None:
        self.control, theirs = socket.socketpair()
        with contextlib.ExitStack() as started:
            started.callback(self.control.close)
            with theirs:
                try:
                    self.process = subprocess.Popen(
                        [sys.executable, *options, "-c", START, str(theirs.fileno()), *preload.modules],
                        pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                        start_new_session=True,  # Ctrl-C is for who asked for it
                    )  # fmt: skip
                except OSError as error:
                    raise LostError(f"its process could not be started ({error.strerror})") from error
            started.callback(self.end)
            told = Channel(self.control, patience).wait()
            if told is None:
                raise LostError("its process did not start")
            if told["content"]["threads"]:
                raise NoSnapshotError(f"the modules imported before it leave threads ({', '.join(preload.modules)})")
            self.read: list[tuple[str, str, Any]] = told["content"]["read"]
            self.control.settimeout(patience)
            started.pop_all()

    def fork(self, sockets: Sequence[int]) -> int:
        """Start a snapshot with these four sockets, and our working folder, environment and output; return the process that guards it.

        Raises LostError where the fork server is gone, or silent.
        """
        environment = {**os.environb, b"JPY_PARENT_PID": str(os.getpid()).encode()}
        told = b"\0".join(b"%s=%s" % pair for pair in environment.items())
        folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
        try:
            socket.send_fds(self.control, [struct.pack(">I", len(told))], [*sockets, 1, 2, folder])
            self.control.sendall(struct.pack(">I", umask()) + told)
            answer = self.control.recv(64)
        except OSError:
            answer = b""
        finally:
            os.close(folder)
        if not answer:
            raise LostError("the process that starts it has ended")
        return int(answer)

    def fresh(self) -> bool:
        """Tell whether the process lives, and all that it has read is as it was."""
        return self.process.poll() is None and is_fresh(self.read)

    def end(self) -> None:
        """End the process; snapshots that are forks of it go on."""
        self.control.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


_server: tuple[object, ForkServer] | None = None
_asking = threading.Lock()


def start_process(options: Sequence[str], preload: Preload, patience: float, sockets: Sequence[int]) -> int:
    """Start a snapshot's process by the fork server, which is started where it is not there; return the process that guards it."""
    global _server
    around = sorted((name, value) for name, value in os.environb.items() if os.fsdecode(name) not in preload.apart)
    relative = not all(map(os.path.isabs, filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))))
    key = (options, preload, around, os.getcwd() if relative else "")
    with _asking:
        if _server and (_server[0] != key or not _server[1].fresh()):
            _forget()
        if not _server:
            _server = key, ForkServer(options, preload, patience)
        try:
            return _server[1].fork(sockets)
        except LostError:
            _forget()
            raise


@atexit.register
def forget_server() -> None:
    """End the fork server."""
    with _asking:
        _forget()


def _forget() -> None:
    global _server
    if _server:
        _server[1].end()
        _server = None


def _forget_inherited() -> None:
    """Leave the fork server, in a fork of this process, to the process that made it."""
    global _server, _asking
    _asking = threading.Lock()
    if _server:
        _server[1].control.close()
        _server[1].process.returncode = 0  # not this process's child
        _server = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_inherited)


def umask() -> int:
    """Return the mask that new files of this process are made with; asking os for it would change it for a moment."""
    told = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in told if line.startswith("Umask")).split()[1], 8)
