"""Where handouts are written: a folder, or any place that fsspec knows by its URL.

A handout is there whole or not at all; one that is there already, byte for byte, is left alone. What is being written bears
its handout's name and a token of the run: not with equal process numbers on two machines, not with threads, not from
workers of a run that was killed can one person's bytes come under another's name.
"""

import contextlib
import os
import re
import secrets
import shutil
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from handouts.batch.locks import locked
from handouts.collection import LIST
from handouts.errors import OutputError

UNFINISHED = ".unfinished"
"""A folder in the target for what is being written; a batch that was killed leaves it, the next one clears it."""
WHOLE = ("abfs", "abfss", "az", "gcs", "gs", "memory", "s3", "s3a")
"""Protocols whose files appear when they are whole, and where renaming is copying."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_OLD = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Target:
    """A folder for handouts, here or elsewhere. Where it is not `shared`, folders are made with 0700, files with 0600."""

    def __init__(self, place: str, shared: bool = False, token: str = "") -> None:
        scheme, colons, rest = place.partition("://")
        self.place = f"{scheme.lower()}{colons}{rest}" if colons else os.path.abspath(place)
        self.shared = shared
        self.token = token or secrets.token_hex(8)
        self._held = contextlib.ExitStack()
        self._fs: Any = None
        self.folder = self.place
        if colons:
            self._connect()

    def _connect(self) -> None:
        from fsspec.core import url_to_fs

        try:
            fs, self.folder = url_to_fs(self.place)
        except Exception as error:
            raise OutputError(f"{self.shown}: cannot be reached ({_reason(error)}). Check the address.") from None
        protocols = [fs.protocol] if isinstance(fs.protocol, str) else list(fs.protocol)
        if "file" not in protocols:
            self._fs = fs
            self._whole = any(protocol in WHOLE for protocol in protocols)

    @property
    def here(self) -> Path | None:
        """The folder, where it is one of this machine."""
        return None if self._fs else Path(self.folder)

    @property
    def shown(self) -> str:
        """The place as it may be shown: without user, password and options.

        >>> Target("memory://clinic:S3cret@host/out?key=S3cret").shown
        'memory://host/out'
        """
        protocol, colons, rest = self.place.partition("://")
        if not colons:
            return self.place
        path = re.split(r"[?#]", rest)[0]
        path = "..." if "@" in rest[len(path) :] else path  # a password may hold any sign: its end is not certain
        return f"{protocol}://{path.rpartition('@')[2]}"

    def prepare(self) -> None:
        """Make the folder ready for a run. Raises OutputError.

        One run at a time writes to a folder of this machine: another that is under way is told of. A run that was
        killed holds nothing.
        """
        unfinished = f"{self.folder}/{UNFINISHED}"
        try:
            if self._fs:
                self._fs.makedirs(self.folder, exist_ok=True)
                self._clear_remote()
                if not self._whole:
                    self._fs.makedirs(f"{unfinished}/{self.token}", exist_ok=True)
                return
            self._make_folder(self.folder)
            with contextlib.ExitStack() as stack:
                stack.callback(_remove_folder, unfinished)
                stack.enter_context(locked(Path(unfinished, "lock"), f"{self.shown}: {BUSY}"))
                for name in os.listdir(unfinished):
                    if name not in ("lock", LIST):
                        _remove(os.path.join(unfinished, name))
                os.mkdir(os.path.join(unfinished, self.token), mode=0o700)
                stack.callback(shutil.rmtree, os.path.join(unfinished, self.token), ignore_errors=True)
                self._held = stack.pop_all()
        except OutputError:
            raise
        except Exception as error:
            raise self._error(error) from None

    def release(self) -> None:
        """Let others write to the folder; what this run has written stays."""
        self._held.close()

    def finish(self) -> None:
        """Release the folder, which is whole: no account of this run is needed any more."""
        with contextlib.suppress(Exception):
            if self._fs:
                self._fs.rm(f"{self.folder}/{UNFINISHED}", recursive=True)
            else:
                os.unlink(f"{self.folder}/{UNFINISHED}/{LIST}")
        self.release()

    def _make_folder(self, folder: str) -> None:
        """Make a folder, for the one who makes it only; PERSONAL, where it lies in that, is kept out of version control."""
        if os.path.isdir(folder):
            return
        parent = os.path.dirname(folder)
        if os.path.basename(parent) == PERSONAL:
            self._make_folder(parent)
            with contextlib.suppress(FileExistsError), open(os.path.join(parent, ".gitignore"), "x") as file:
                file.write("*\n")
        os.makedirs(parent, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o777 if self.shared else 0o700)

    def _clear_remote(self) -> None:
        folder = f"{self.folder}/{UNFINISHED}"
        for path in self._fs.ls(folder, detail=False) if self._fs.exists(folder) else []:
            if not str(path).endswith(f"/{LIST}"):
                self._fs.rm(path, recursive=True)

    def write(self, name: str, content: bytes, *, without: str = "") -> bool:
        """Write the file `name` in one step, and tell whether it changed. Raises OutputError.

        Where it changes, the file `without`, which was made of what was there before, goes first.
        """
        try:
            if self._same(name, content):
                return False
            if without:
                self.remove(without)
            if self._fs:
                self._write_remote(name, content)
            else:
                self._write_here(name, content)
            return True
        except Exception as error:
            raise self._error(error) from None

    def _same(self, name: str, content: bytes) -> bool:
        path = f"{self.folder}/{name}"
        if self._fs:
            with contextlib.suppress(FileNotFoundError):
                return bool(self._fs.size(path) == len(content) and self._fs.cat_file(path) == content)
            return False
        try:
            handle = os.open(path, _OLD)
        except OSError:  # none is there, or a link
            return False
        try:
            told = os.fstat(handle)
            if not stat.S_ISREG(told.st_mode) or told.st_size != len(content):
                return False
            with open(handle, "rb", buffering=0, closefd=False) as file:
                if file.read() != content:
                    return False
            if told.st_mode & 0o077 and not self.shared:
                with contextlib.suppress(OSError, AttributeError):  # Windows has no such modes
                    os.fchmod(handle, 0o600)
            return True
        finally:
            os.close(handle)

    def _write_here(self, name: str, content: bytes) -> None:
        unfinished = f"{self.folder}/{UNFINISHED}/{self.token}/{name}.{secrets.token_hex(4)}"
        with open(os.open(unfinished, _NEW, 0o666 if self.shared else 0o600), "wb", buffering=0) as file:
            rest = memoryview(content)
            while rest:
                rest = rest[file.write(rest) :]
        os.replace(unfinished, f"{self.folder}/{name}")

    def _write_remote(self, name: str, content: bytes) -> None:
        path = f"{self.folder}/{name}"
        if self._whole:
            self._fs.pipe_file(path, content)
        else:
            unfinished = f"{self.folder}/{UNFINISHED}/{self.token}/{name}.{secrets.token_hex(4)}"
            self._fs.pipe_file(unfinished, content)
            self._move(unfinished, path)

    def _move(self, unfinished: str, path: str) -> None:
        """Rename a file; some systems do not rename onto one that is there, and some do not say so."""
        if self._fs.exists(path):
            self._fs.rm_file(path)
        self._fs.mv(unfinished, path)
        if self._fs.exists(unfinished):
            raise OSError("cannot be renamed there")

    def has(self, name: str) -> bool:
        """Tell whether the file `name` is there. Raises OutputError."""
        path = f"{self.folder}/{name}"
        try:
            return bool(self._fs.exists(path)) if self._fs else os.path.isfile(path)
        except Exception as error:
            raise self._error(error) from None

    def remove(self, name: str) -> bool:
        """Remove the file `name`, and tell whether it was there. Raises OutputError."""
        path = f"{self.folder}/{name}"
        try:
            if self._fs:
                if not self._fs.exists(path):
                    return False
                self._fs.rm_file(path)
            else:
                os.unlink(path)
        except FileNotFoundError:
            return False
        except Exception as error:
            raise self._error(error) from None
        return True

    def write_from(self, name: str, file: IO[bytes]) -> None:
        """Write the file `name` in one step from the start of `file`, however long it is. Raises OutputError."""
        file.seek(0)
        here = f"{self.folder}/{UNFINISHED}/{self.token}/{secrets.token_hex(8)}"
        path = f"{self.folder}/{name}"
        try:
            if self._fs:
                with self._fs.open(path if self._whole else here, "wb") as out:
                    shutil.copyfileobj(file, out, 1 << 20)
                if not self._whole:
                    self._move(here, path)
            else:
                with open(os.open(here, _NEW, 0o666 if self.shared else 0o600), "wb") as out:
                    shutil.copyfileobj(file, out, 1 << 20)
                os.replace(here, path)
        except Exception as error:
            raise self._error(error) from None

    def open(self, name: str) -> IO[bytes]:
        """Open the file `name` to read it. Raises OutputError."""
        path = f"{self.folder}/{name}"
        try:
            return self._fs.open(path, "rb") if self._fs else open(path, "rb")
        except Exception as error:
            raise self._error(error) from None

    def names(self) -> Iterator[str]:
        """Yield the names of the HTML and PDF files in the target. Raises OutputError."""
        try:
            names = (str(path).rpartition("/")[2] for path in self._fs.ls(self.folder, detail=False)) if self._fs else (one.name for one in os.scandir(self.folder))  # fmt: skip
            yield from (name for name in names if name.endswith((".html", ".pdf")))
        except Exception as error:
            raise self._error(error) from None

    def _error(self, error: Exception) -> OutputError:
        cure = "Free some space or choose another place with --out, then run the same command again to go on."
        if isinstance(error, FileNotFoundError) and self.here and self.here.is_dir():
            cure = "Another run has begun in the same folder; run the same command again when that is done."
        return OutputError(f"{self.shown}: cannot be written ({_reason(error)}). What is written is whole. {cure}")


BUSY = "another batch is writing there. Wait until it is done, or choose another folder with --out."
PERSONAL = "personal"


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def _remove_folder(folder: str) -> None:
    with contextlib.suppress(OSError):  # not empty: what a run that was stopped has made is told there
        os.rmdir(folder)


def _reason(error: Exception) -> str:
    """Return what went wrong without any path or content: a file's name may be a person's number."""
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


_of_thread = threading.local()


def target(place: str, shared: bool, token: str) -> Target:
    """Return the target of the run `token` at `place`, one a thread: a connection serves one thread at a time."""
    wanted = (place, shared, token)
    kept: dict[tuple[str, bool, str], Target] = _of_thread.__dict__.setdefault("targets", {})
    if wanted not in kept:
        kept.clear()
        kept[wanted] = Target(*wanted)
    return kept[wanted]
