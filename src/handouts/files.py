"""Files written whole or not at all, and fingerprints of what is on disk."""

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from handouts.errors import OutputError


def write(path: Path, content: bytes, *, durable: bool = False) -> bool:
    """Write `content` to `path` in one step and tell whether the file changed.

    A reader sees the old file or the new one, never half of either; a file that already holds
    `content` is left alone. A link stays a link, a file keeps its mode, and a new one has that of the umask.
    What is `durable` outlives a power cut: for what cannot be made again. Raises OutputError where the folder cannot be written.
    """
    try:
        if path.is_file() and path.read_bytes() == content:
            return False
        real = Path(os.path.realpath(path))
        real.parent.mkdir(parents=True, exist_ok=True)
        temporary = real.with_name(f".{real.name[:100]}.{secrets.token_hex(8)}.part")
        try:
            with open(temporary, "xb") as file:
                file.write(content)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            with suppress(OSError):  # a new file has none, and some folders know no modes
                os.chmod(temporary, real.stat().st_mode & 0o777)
            os.replace(temporary, real)
            if durable:
                _sync_folder(real.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror or error}). "
            "Free some space, or choose a folder that you may write to with --out."
        ) from error
    return True


def remove(path: Path) -> None:
    """Remove a file, where it is there. Raises OutputError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be removed ({error.strerror or error}). Close it where it is open."
        ) from error


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # Windows opens no folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def fingerprint(paths: Iterable[Path], *roots: Path) -> str:
    """Return a digest of those `paths` that are there, in the order given: where they lie below `roots`, or their names, and contents."""

    def read() -> Iterator[tuple[str, bytes]]:
        for path in paths:
            with suppress(FileNotFoundError):  # removed since it was listed
                content = path.read_bytes()
                root = next((root for root in roots if path.is_relative_to(root)), path.parent)
                yield path.relative_to(root).as_posix(), content

    return digest_of(read())


def digest_of(contents: Iterable[tuple[str, bytes]]) -> str:
    """Return a digest of names and what stands under them, in the order given."""
    digest = hashlib.sha256()
    for name, content in contents:
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def stamp(path: Path) -> tuple[int, int, int, int] | None:
    """Return what tells whether the file at `path` was written meanwhile, even if as it was; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def files_in(folder: Path) -> list[Path]:
    """List the files below `folder` by name, without hidden ones, backups and compiled Python."""
    return sorted(_found(folder))


def _found(folder: str | Path) -> Iterator[Path]:
    with suppress(OSError), os.scandir(folder) as entries:  # of what is not there, or not to be read, there is nothing
        for entry in entries:
            if entry.name.startswith((".", "~", "__pycache__")):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _found(entry.path)
            elif entry.is_file():
                yield Path(entry.path)
