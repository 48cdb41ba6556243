"""Locks: one process at a time works in a folder, and one that has died holds nothing."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from handouts.errors import OutputError


@contextlib.contextmanager
def locked(path: Path, told: str) -> Iterator[None]:
    """Hold the lock `path`, a file that is there meanwhile. Raises OutputError with `told` where another process holds it.

    The system frees it when its process ends, however that is. Where there are no such locks, nobody is kept out: on
    Windows, and in some folders of other machines.
    """
    try:
        import fcntl
    except ImportError:
        path.parent.mkdir(exist_ok=True)
        yield
        return
    while True:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise OutputError(told) from None
        except OSError:  # a folder that knows no locks
            pass
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(handle).st_ino:
                break
        os.close(handle)  # who held it has removed it meanwhile
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)
