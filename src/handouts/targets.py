"""Where handouts are written: a folder, or any place that fsspec knows by its URL.

A handout is there whole or not at all; one that is there already, byte for byte, is left alone.
"""

import contextlib
import os
import shutil
from functools import lru_cache
from typing import IO, Any

from handouts.errors import OutputError

UNFINISHED = ".unfinished"
"""A folder in the target for what is being written; a batch that was killed leaves it, the next one clears it."""
WHOLE = ("abfs", "abfss", "az", "gcs", "gs", "memory", "s3", "s3a")
"""Protocols whose files appear when they are whole, and where renaming is copying."""


class Target:
    """A folder for handouts, here or elsewhere."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._fs: Any = None
        self.folder = place
        if "://" in place:
            self._connect()

    def _connect(self) -> None:
        from fsspec.core import url_to_fs

        try:
            fs, self.folder = url_to_fs(self.place)
        except Exception as error:
            raise OutputError(f"{self.shown}: cannot be reached ({_told(error)}). Check the address.") from None
        protocols = [fs.protocol] if isinstance(fs.protocol, str) else list(fs.protocol)
        if "file" not in protocols:
            self._fs = fs
            self._whole = any(protocol in WHOLE for protocol in protocols)

    @property
    def shown(self) -> str:
        """The place as it may be shown: without a password."""
        protocol, colons, rest = self.place.partition("://")
        return f"{protocol}{colons}{rest.rpartition('@')[2]}" if colons else self.place

    def prepare(self) -> None:
        """Make the folder, and clear what a batch that was killed has left. Raises OutputError."""
        try:
            if self._fs:
                self._clear()
                self._fs.makedirs(self.folder, exist_ok=True)
                if not self._whole:
                    self._fs.makedirs(f"{self.folder}/{UNFINISHED}", exist_ok=True)
            else:
                self._clear()
                os.makedirs(os.path.join(self.folder, UNFINISHED), exist_ok=True)
        except Exception as error:
            raise self._error(error) from None

    def finish(self) -> None:
        """Remove the folder for what is being written."""
        with contextlib.suppress(Exception):
            self._clear()

    def _clear(self) -> None:
        if not self._fs:
            shutil.rmtree(os.path.join(self.folder, UNFINISHED), ignore_errors=True)
        elif not self._whole and self._fs.exists(f"{self.folder}/{UNFINISHED}"):
            self._fs.rm(f"{self.folder}/{UNFINISHED}", recursive=True)

    def has(self, name: str) -> bool:
        """Tell whether the file `name` is there. Raises OutputError."""
        try:
            path = f"{self.folder}/{name}"
            return bool(self._fs.exists(path)) if self._fs else os.path.isfile(path)
        except Exception as error:
            raise self._error(error) from None

    def write(self, name: str, content: bytes) -> bool:
        """Write the file `name` in one step, and tell whether it changed. Raises OutputError."""
        try:
            return self._write_remote(name, content) if self._fs else self._write_here(name, content)
        except Exception as error:
            raise self._error(error) from None

    def _write_here(self, name: str, content: bytes) -> bool:
        path = f"{self.folder}/{name}"
        with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size == len(content) and file.read() == content:
                return False
        unfinished = f"{self.folder}/{UNFINISHED}/{os.getpid()}"
        with open(unfinished, "wb", buffering=0) as file:
            rest = memoryview(content)
            while rest:
                rest = rest[file.write(rest) :]
        os.replace(unfinished, path)
        return True

    def _write_remote(self, name: str, content: bytes) -> bool:
        path = f"{self.folder}/{name}"
        with contextlib.suppress(FileNotFoundError):
            if self._fs.size(path) == len(content) and self._fs.cat_file(path) == content:
                return False
        if self._whole:
            self._fs.pipe_file(path, content)
        else:
            unfinished = f"{self.folder}/{UNFINISHED}/{name}"
            self._fs.pipe_file(unfinished, content)
            self._fs.mv(unfinished, path)
        return True

    def write_from(self, name: str, file: IO[bytes]) -> None:
        """Write the file `name` in one step from the start of `file`, however long it is. Raises OutputError."""
        file.seek(0)
        here = f"{self.folder}/{UNFINISHED}/{name}"
        try:
            with (
                self._fs.open(f"{self.folder}/{name}" if self._whole else here, "wb")
                if self._fs
                else open(here, "wb") as out
            ):
                shutil.copyfileobj(file, out, 1 << 20)
            if not self._fs:
                os.replace(here, f"{self.folder}/{name}")
            elif not self._whole:
                self._fs.mv(here, f"{self.folder}/{name}")
        except Exception as error:
            raise self._error(error) from None

    def _error(self, error: Exception) -> OutputError:
        return OutputError(
            f"{self.shown}: cannot be written ({_told(error)}). What is written is whole. "
            "Free some space or choose another place with --out, then run the same command again to go on."
        )


def _told(error: Exception) -> str:
    """Return what went wrong without any path or content: a file's name may be a person's number."""
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


@lru_cache(maxsize=4)
def target(place: str) -> Target:
    """Return the target at `place`, one a process."""
    return Target(place)
