"""What the cells above the parameters read, draw, and leave behind that a fork cannot own.

A snapshot stands for a run of these cells as long as all that they read is as it was. What is read
through Python is seen as it happens: files, folders, databases of SQLite, and whether there is a file
at all. Programs, other machines and compiled libraries read what nobody here sees: cells that use
them are not frozen.
"""

import contextlib
import functools
import gc
import importlib.machinery
import importlib.util
import os
import random
import site
import stat
import sys
import sysconfig
import tempfile
import threading
import urllib.parse
from collections.abc import Callable
from typing import Any

from handouts.engine.lifetime import children
from handouts.engine.stamps import ENTRIES, FILE, FOLDER, LINK, LOG, MODULES, readlink, stamp

MEMORY_DEVICES = 1
"""The number that Linux gives /dev/null, /dev/zero and the like."""
HARMLESS = {"fc-list", "ldconfig", "lscpu", "uname", "gcc", "cc", "ld", "objdump"}
"""Programs that libraries ask about the machine, and that read none of a notebook's data."""
OPEN_IN_PYTHON = {
    "IPython", "PIL", "_cffi_backend", "_cyutility", "babel", "bottleneck", "brotli", "charset_normalizer", "coverage", "cryptography",
    "cycler", "cytoolz", "debugpy", "fontTools", "frozenlist", "greenlet", "jinja2", "jiter", "joblib", "kiwisolver", "contourpy",
    "llvmlite", "markupsafe", "matplotlib", "msgpack", "multidict", "nh3", "numba", "numexpr", "numpy", "orjson", "pandas",
    "patsy", "propcache", "psutil", "pyarrow", "pydantic_core", "pywt", "regex", "rpds", "scipy", "shapely", "simplejson",
    "skimage", "sklearn", "sqlalchemy", "statsmodels", "tornado", "ujson", "wrapt", "yaml", "_yaml", "yarl", "zmq", "zstandard",
}  # fmt: skip
"""Compiled packages that open files through Python, or none."""
OPEN_BY_THEMSELVES = {
    "_dbm", "_gdbm", "pyarrow._csv", "pyarrow._dataset", "pyarrow._feather", "pyarrow._flight", "pyarrow._fs",
    "pyarrow._json", "pyarrow._orc", "pyarrow._parquet",
}  # fmt: skip
"""Their parts, and Python's own, that do not."""
ASKING = ("stat", "lstat", "access", "readlink")
"""Functions of os that look at a path without Python's audit hooks being told."""


class Watch:
    """Notes what modules imported beforehand and the cells above the parameters read, and what these leave behind that a fork cannot own."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str], Any] = {}
        self.unseen: dict[str, None] = {}
        self.temporary = False
        self.on = True
        self._busy = threading.local()
        self._asked: dict[str, Callable[..., Any]] = {}
        installed = {*sysconfig.get_paths().values(), *site.getsitepackages(), f"{sys.prefix}/share"}
        code_of_cells = f"{tempfile.gettempdir()}/ipykernel_"
        self._not_data = (*(f"{folder}/" for folder in installed), "/proc/", "/sys/", "/dev/", code_of_cells)
        self._modules = set(sys.modules)
        for name in ASKING:
            self._ask(name)
        sys.addaudithook(self._audit)

    def pause(self) -> None:
        """Note nothing until `start`; what was imported up to here counts as the notebook's."""
        self.on = False
        self._imported = set(sys.modules) - self._modules

    def start(self, reporter: Any) -> None:
        """Take what there is now as not the notebook's; `reporter` is IPython's, which tells tracebacks."""
        self.descriptors = _descriptors()
        self._modules = set(sys.modules) - self._imported
        self.python = random.getstate()
        self._hide(reporter)
        self.on = True

    def stop(self) -> None:
        """Note nothing from here on."""
        self.on = False
        del self._reporter.structured_traceback
        for name, function in self._asked.items():
            ours = getattr(os, name)
            setattr(os, name, function)
            for group in _function_groups():
                group.discard(ours)

    def resume(self) -> None:
        """Note what is opened from here on: in a fork, by the cells below the parameters."""
        self.seen, self.unseen, self.on = {}, {}, True

    def opened(self) -> list[str] | None:
        """Return the files that were opened for reading since `resume`, or None where others may have been, unseen."""
        if self.unseen or self._compiled():
            return None
        return [path for kind, path in self.seen if kind in (FILE, LOG)]

    def _ask(self, name: str) -> None:
        """Have a function of os tell the path that it looks at."""
        function = self._asked[name] = getattr(os, name)

        @functools.wraps(function)
        def asking(path: Any, *arguments: Any, **options: Any) -> Any:
            if self.on and not isinstance(path, int):
                follow = name == "access" or (name == "stat" and options.get("follow_symlinks", True))
                with contextlib.suppress(TypeError, ValueError):
                    self._note(FILE if follow else LINK, path, options.get("dir_fd"))
            return function(path, *arguments, **options)

        setattr(os, name, asking)
        for group in _function_groups():
            if function in group:
                group.add(asking)

    def _hide(self, reporter: Any) -> None:
        """Have tracebacks without the calls of this module's functions, which stand for those of os."""
        tell, self._reporter = reporter.structured_traceback, reporter

        def structured_traceback(kind: Any, error: Any, *arguments: Any, **options: Any) -> Any:
            one = error
            while one is not None:
                call = one.__traceback__
                while call is not None:
                    while call.tb_next is not None and call.tb_next.tb_frame.f_code.co_filename == __file__:
                        call.tb_next = call.tb_next.tb_next
                    call = call.tb_next
                one = one.__cause__ or one.__context__
            return tell(kind, error, *arguments, **options)

        reporter.structured_traceback = structured_traceback

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.on and event in _EVENTS and not getattr(self._busy, "now", False):
            self._busy.now = True
            try:
                _EVENTS[event](self, *arguments)
            finally:
                self._busy.now = False

    def _opened(self, path: Any, mode: Any, flags: Any) -> None:
        if not isinstance(path, int) and not (flags & os.O_WRONLY or flags & os.O_TRUNC):
            path = os.fsdecode(path)
            if path.endswith(".pyc"):
                with contextlib.suppress(ValueError):
                    path = importlib.util.source_from_cache(path)
            self._note(FILE, path)

    def _listed(self, path: Any) -> None:
        importing = sys._getframe(2).f_code.co_filename == "<frozen importlib._bootstrap_external>"
        self._note(MODULES if importing else FOLDER, "." if path is None else path)

    def _scanned(self, path: Any) -> None:
        self._note(ENTRIES, "." if path is None else path)

    def _database(self, path: Any, *_: Any) -> None:
        path = os.fsdecode(path)
        if path.startswith("file:"):
            path = urllib.parse.unquote(urllib.parse.urlsplit(path).path)
        if path and path != ":memory:":
            self._note(FILE, path)
            self._note(LOG, f"{path}-wal")
            self._note(LOG, f"{path}-journal")

    def _program(self, program: Any, *_: Any) -> None:
        name = os.path.basename(os.fsdecode(program).partition(" ")[0])
        if name not in HARMLESS:
            self.unseen[f"start the program {name}"] = None

    def _fork(self, *_: Any) -> None:
        self.unseen["start processes"] = None

    def _network(self, *_: Any) -> None:
        self.unseen["use the network"] = None

    def _library(self, name: Any) -> None:
        if name and not str(name).startswith(("libc.", "libm.")):
            self.unseen[f"load the library {os.path.basename(str(name))}"] = None

    def _temporary(self, *_: Any) -> None:
        self.temporary = True

    def _note(self, kind: str, path: Any, folder: int | None = None) -> None:
        with contextlib.suppress(OSError):  # there is no such folder: what asks is told so
            if isinstance(path, int):
                path = readlink(f"/proc/self/fd/{path}")
            base = os.getcwd() if folder is None else readlink(f"/proc/self/fd/{folder}")
            path = os.path.join(base, os.fsdecode(path))
            if (kind, path) not in self.seen and not f"{path}/".startswith(self._not_data):
                self.seen[kind, path] = stamp(kind, path)

    def left_behind(self, tasks: bool) -> str | None:
        """Say what the cells above do that stands against a fork, if anything does."""
        if len(os.listdir("/proc/self/task")) > 1:
            return "leave behind threads"
        if list(children(os.getpid())):
            return "leave behind child processes"
        if tasks:
            return "leave behind tasks of the event loop"
        if self.temporary:
            return "leave behind temporary files"
        gc.collect()
        extra = {number: file for number, file in _descriptors().items() if self.descriptors.get(number) != file}
        self.reading = [number for number in extra if _only_read(number)]
        if owned := sorted({name for number, (_, _, name) in extra.items() if number not in self.reading}):
            return f"leave behind open files or sockets ({', '.join(owned)})"
        if self.unseen:
            return f"{next(iter(self.unseen))}, and what that reads is not seen"
        if compiled := self._compiled():
            return f"use {compiled}, a compiled package that may read files unseen"
        return None

    def _compiled(self) -> str | None:
        """Return the name of a compiled package that was imported and may open files past Python, if there is one."""
        suffixes = tuple(importlib.machinery.EXTENSION_SUFFIXES)
        known = OPEN_IN_PYTHON | sys.stdlib_module_names
        for name in sorted(sys.modules.keys() - self._modules):
            compiled = str(getattr(sys.modules[name], "__file__", None) or "").endswith(suffixes)
            if name in OPEN_BY_THEMSELVES or (compiled and name.partition(".")[0] not in known):
                return name
        return None

    def reopen(self) -> None:
        """Give a fork files of its own where the cells above read some: two forks must not move each other's place."""
        for number in filter(_only_read, self.reading):  # those that are still open
            place = os.lseek(number, 0, os.SEEK_CUR)
            own = os.open(f"/proc/self/fd/{number}", os.O_RDONLY)
            os.lseek(own, place, os.SEEK_SET)
            os.dup2(own, number, inheritable=os.get_inheritable(number))
            os.close(own)

    def read(self) -> list[tuple[str, str, Any]]:
        """Return what was read, modules too, with a stamp of each; without installed packages."""
        for module in list(sys.modules.values()):
            if file := getattr(module, "__file__", None):
                self._note(FILE, file)
        return [(kind, path, told) for (kind, path), told in self.seen.items()]


_EVENTS: dict[str, Callable[..., None]] = {
    "open": Watch._opened,
    "os.listdir": Watch._listed,
    "os.scandir": Watch._scanned,
    "sqlite3.connect": Watch._database,
    **dict.fromkeys(("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"), Watch._program),
    **dict.fromkeys(("os.fork", "os.forkpty"), Watch._fork),
    **dict.fromkeys(
        ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"),
        Watch._network,
    ),
    "ctypes.dlopen": Watch._library,
    **dict.fromkeys(("tempfile.mkstemp", "tempfile.mkdtemp"), Watch._temporary),
}
"""Who takes note of which of Python's audit events."""


def _function_groups() -> list[set[Any]]:
    return [os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks]


def _only_read(number: int) -> bool:
    """Tell whether a file descriptor is a file on disk, still there, that is open for reading alone."""
    import fcntl  # only where this runs: `stamp` is for every system

    with contextlib.suppress(OSError):
        flags = fcntl.fcntl(number, fcntl.F_GETFL)
        status = os.fstat(number)
        return stat.S_ISREG(status.st_mode) and status.st_nlink > 0 and flags & os.O_ACCMODE == os.O_RDONLY
    return False


def _descriptors() -> dict[int, tuple[int, int, str]]:
    """Return the descriptors of this process: what file each is, and that file's name; without those that hold nothing."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            status = os.fstat(int(name))
            if not (stat.S_ISCHR(status.st_mode) and os.major(status.st_rdev) == MEMORY_DEVICES):
                found[int(name)] = (
                    status.st_dev, status.st_ino, os.path.basename(readlink(f"/proc/self/fd/{name}")),
                )  # fmt: skip
    return found
