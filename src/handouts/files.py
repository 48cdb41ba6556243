"""Files written whole or not at all, and fingerprints of what is on disk."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from handouts.errors import OutputError


def write(path: Path, content: bytes) -> bool:
    """Write `content` to `path` in one step and tell whether the file changed.

    A reader sees the old file or the new one, never half of either; a file that already holds
    `content` is left alone. Raises OutputError where the folder cannot be written.
    """
    try:
        if path.is_file() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o644)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror or error}). "
            "Free some space, or choose a folder that you may write to with --out."
        ) from error
    return True


def fingerprint(paths: Iterable[Path]) -> str:
    """Return a digest of the names and contents of `paths`, in the order given."""
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def files_in(folder: Path) -> list[Path]:
    """List the files below `folder` by name, without hidden ones, backups and compiled Python."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith((".", "~", "__pycache__")) for part in path.relative_to(folder).parts)
    )
