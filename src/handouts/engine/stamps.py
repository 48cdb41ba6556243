"""What tells that a path is as it was when it was read."""

import hashlib
import importlib.machinery
import os
import stat
from collections.abc import Iterable
from typing import Any

FILE, LOG, LINK, FOLDER, ENTRIES, MODULES = "file", "log", "link", "folder", "entries", "modules"
"""What can be read at a path: a file, a database's log, a link itself, a folder's names, its names and files, its modules."""

stat_of, lstat, readlink = os.stat, os.lstat, os.readlink
"""The functions of os as they are before anybody watches them."""


def stamp(kind: str, path: str) -> Any:
    """Return what tells that `path` is as it was when it was read in this way; None where it is not there."""
    try:
        if kind == LOG:
            return _mark(path, follow=True)[:4]  # SQLite sets its owner, and so its last time, as it opens it
        if kind in (FILE, LINK):
            return _mark(path, follow=kind == FILE)
        if kind == ENTRIES:
            told = [[name, _mark(os.path.join(path, name), follow=False)] for name in sorted(os.listdir(path))]
            return hashlib.sha256(repr(told).encode("utf-8", "surrogateescape")).hexdigest()
        names = sorted(os.listdir(path))
    except (OSError, ValueError):
        return None
    if kind == MODULES:
        names = [name for name in names if "." not in name or name.endswith(tuple(importlib.machinery.all_suffixes()))]
        names = [name for name in names if name != "__pycache__"]
    return hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()


def is_fresh(read: Iterable[tuple[str, str, Any]]) -> bool:
    """Tell whether all that was read, of each the kind, path and stamp, is as it was."""
    return all(stamp(kind, path) == told for kind, path, told in read)


def _mark(path: str, *, follow: bool) -> Any:
    status = stat_of(path) if follow else lstat(path)
    if stat.S_ISREG(status.st_mode):
        return [status.st_mode, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]
    if stat.S_ISLNK(status.st_mode):
        return [status.st_mode, readlink(path)]
    return [status.st_mode]  # a folder changes with every file in it: its names are another kind
