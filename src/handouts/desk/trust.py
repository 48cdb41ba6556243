"""What may run: the code of notebooks that somebody here said yes to, kept where Jupyter keeps whom it trusts.

Jupyter signs a whole notebook, and signs one without outputs whenever it is saved or uploaded: that tells whether its
outputs may show, not whether its code may run. So the code has a signature of its own, made with the same key.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from functools import lru_cache
from importlib.machinery import all_suffixes
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from handouts import files
from handouts.collection import notebook
from handouts.errors import NotebookError

IMPORTED = tuple(all_suffixes())
"""How the name of a file ends that Python can import."""


def read_code(path: Path) -> str | None:
    """Return a digest of the code that the page of the notebook at `path` runs, or None where it can run none."""
    try:
        status = path.stat()
        return _with_modules(_cells_on_disk(path, status.st_size, status.st_mtime_ns), path.parent)
    except (NotebookError, OSError):
        return None


def digest(nb: NotebookNode, folder: Path) -> str:
    """Return a digest of the code of `nb`: its cells with the tags that choose them, and what they can import from `folder`.

    Text, outputs and tables count for nothing.
    """
    return _with_modules(_cells(nb), folder)


@lru_cache(64)
def _cells_on_disk(path: Path, size: int, changed: int) -> str:
    """Return the code cells of a notebook that was of this size and changed then: it is asked for every second."""
    return _cells(notebook.read(path))


def _cells(nb: NotebookNode) -> str:
    return json.dumps([[cell.source, notebook.tags(cell)] for cell in code_cells(nb)])


def _with_modules(cells: str, folder: Path) -> str:
    result = hashlib.sha256(cells.encode())
    for path in files.files_in(folder):
        if path.name.endswith(IMPORTED):
            content = path.read_bytes()
            result.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() and path.is_dir():  # what is in it can be imported, and is not looked through
            result.update(f"{path.relative_to(folder).as_posix()}\0{path.resolve()}\0".encode())
    return result.hexdigest()


def code_cells(nb: NotebookNode) -> Iterator[NotebookNode]:
    """Yield the cells of `nb` that hold code."""
    return (cell for cell in nb.cells if cell.cell_type == "code")


def is_trusted(notary: Any, code: str | None) -> bool:
    """Tell whether somebody said that `code` may run; where there is none, nothing runs."""
    return code is None or notary.store.check_signature(_signature(notary, code), notary.algorithm)


def trust(notary: Any, code: str) -> None:
    """Remember that `code` may run."""
    notary.store.store_signature(_signature(notary, code), notary.algorithm)


def _signature(notary: Any, code: str) -> str:
    """Return what stands for `code` in Jupyter's store. What Jupyter signs itself holds the word nbformat; this does not."""
    return hmac.new(notary.secret, f"handouts may run {code}".encode(), notary.digestmod).hexdigest()


def is_own(nb: NotebookNode, stored: NotebookNode, stored_may_run: bool) -> bool:
    """Tell whether who saves `nb` over `stored` has run or written all its code.

    JupyterLab marks the cells that were run, or written, or trusted in it; and code that might run before may run still.
    """
    before = {cell.source for cell in code_cells(stored)} if stored_may_run else set()
    return all(cell.metadata.get("trusted") is True or cell.source in before for cell in code_cells(nb))
