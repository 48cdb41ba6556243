"""What the cells above the parameters read, draw, and leave behind that a fork cannot own."""

import contextlib
import fcntl
import gc
import os
import random
import stat
import sys
import tempfile
from typing import Any

from handouts.processes import children


class Watch:
    """Notes what the cells above the parameters read, and what they leave behind that a fork cannot own."""

    def __init__(self) -> None:
        self.read: set[str] = set()
        self.temporary = False
        self.on = True
        sys.addaudithook(self._note)

    def start(self) -> None:
        """Take what there is now as not the notebook's."""
        self.descriptors = set(_descriptors())
        self.python = random.getstate()
        self.numpy = sys.modules["numpy"].random.get_state() if "numpy" in sys.modules else None

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.on and event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            flags = arguments[2] if len(arguments) > 2 and isinstance(arguments[2], int) else 0
            if not flags & (os.O_WRONLY | os.O_RDWR):
                self.read.add(os.path.abspath(os.fsdecode(arguments[0])))
        elif self.on and event in ("tempfile.mkstemp", "tempfile.mkdtemp"):
            self.temporary = True

    def left_behind(self, tasks: bool) -> str | None:
        """Say what stands against a fork, if anything does."""
        if len(os.listdir("/proc/self/task")) > 1:
            return "threads"
        if list(children(os.getpid())):
            return "child processes"
        if tasks:
            return "tasks of the event loop"
        if self.temporary:
            return "temporary files"
        gc.collect()
        extra = {number: kind for number, kind in _descriptors().items() if number not in self.descriptors}
        self.reading = [number for number in extra if _only_read(number)]
        if owned := sorted({kind for number, kind in extra.items() if number not in self.reading}):
            return f"open files or sockets ({', '.join(owned)})"
        return None

    def reopen(self) -> None:
        """Give a fork files of its own where the cells above read some: two forks must not move each other's place."""
        for number in filter(_only_read, self.reading):  # those that are still open
            place = os.lseek(number, 0, os.SEEK_CUR)
            own = os.open(f"/proc/self/fd/{number}", os.O_RDONLY)
            os.lseek(own, place, os.SEEK_SET)
            os.dup2(own, number, inheritable=os.get_inheritable(number))
            os.close(own)

    def files(self) -> dict[str, list[int]]:
        """Return the files that were read, modules too, with size and time of change; without installed packages."""
        installed = tuple({sys.prefix, sys.base_prefix, tempfile.gettempdir() + "/ipykernel_"})
        modules = {str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())}
        found = {}
        for path in self.read | modules:
            if path.startswith("/") and not path.startswith((*installed, "/proc/", "/sys/", "/dev/")):
                with contextlib.suppress(OSError):
                    status = os.stat(path)
                    found[path] = [status.st_size, status.st_mtime_ns]
        return found


def _only_read(number: int) -> bool:
    """Tell whether a file descriptor is a file on disk, still there, that is open for reading alone."""
    with contextlib.suppress(OSError):
        flags = fcntl.fcntl(number, fcntl.F_GETFL)
        status = os.fstat(number)
        return stat.S_ISREG(status.st_mode) and status.st_nlink > 0 and flags & os.O_ACCMODE == os.O_RDONLY
    return False


def _descriptors() -> dict[int, str]:
    found = {}
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found[int(name)] = os.path.basename(os.readlink(f"/proc/self/fd/{name}"))
    return found


def drawn_from(start: Any, state: Any) -> bool:
    """Tell whether Python's generator came from `start` to `state` by draws alone, without a seed.

    Looks at up to 1.2 million draws; more count as seeded.
    """
    generator = random.Random()
    generator.setstate(start)
    for _ in range(2000):
        if generator.getstate()[1][:-1] == state[1][:-1]:
            return True
        generator.getrandbits(32 * 624)
    return False


def numpy_drawn_from(start: Any, state: Any) -> bool:
    """Tell the same of numpy's global generator."""
    generator = sys.modules["numpy"].random.RandomState()
    generator.set_state(start)
    for _ in range(2000):
        if (generator.get_state()[1] == state[1]).all():
            return True
        generator.bytes(4 * 624)
    return False
