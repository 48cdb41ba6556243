"""The whole way from a notebook to a page, and the pages that need not be made again.

    notebook --tailor--> cells for one reader --execute--> outputs --export--> page

Each step is a function from value to value; nothing here writes but the cache of finished pages.
"""

import hashlib
import logging
import os
import platform
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from handouts import files
from handouts.collection import Collection
from handouts.data import read_parts
from handouts.errors import CellError, HandoutsError, NotebookError, OutputError
from handouts.parameters import read_parameters

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from handouts.exporter import HandoutExporter


_one_at_a_time = threading.Lock()
"""A page is made in the notebooks' folder, and a process has one working folder for all its threads."""


@dataclass(frozen=True)
class Variant:
    """A topic and one value of every parameter: what gets executed."""

    topic: str
    values: Mapping[str, str]

    @property
    def path(self) -> str:
        """Where its page lies in the folder that a build writes to."""
        return f"{self.topic}/{'_'.join(self.values.values())}.html"

    @property
    def pdf_path(self) -> str:
        """Where its PDF lies."""
        return f"{self.path.removesuffix('.html')}.pdf"

    def __str__(self) -> str:
        return f"{self.topic} ({', '.join(self.values.values())})"


def make(collection: Collection, variant: Variant) -> str:
    """Return the page of `variant`, made anew. Raises HandoutsError."""
    from handouts import notebook
    from handouts.tailor import tailor

    where = f"notebooks/{variant.topic}.ipynb"
    nb = notebook.read(collection.notebook(variant.topic))
    tailored = tailor(nb, variant.values, read_parameters(collection), read_parts(collection), where)
    check_declared(nb, variant.values, where)
    executed = execute(collection, nb, tailored, variant.values, where)
    html, _ = _exporter().from_notebook_node(executed, {"metadata": {"name": variant.topic}, "collection": collection})
    return html


def attempt(collection: Collection, variant: Variant, expected: str) -> tuple[str, str | None]:
    """Return the page of `variant`, or "" and what failed; made one at a time in a process.

    `expected` are the `surroundings` of who asks: a machine with other tables or packages would make another page.
    """
    try:
        with _one_at_a_time:
            if surroundings(collection) != expected:
                return "", f"{variant}: {platform.node()} has other tables, notebooks or packages. Make them the same."
            return make(collection, variant), None
    except HandoutsError as error:
        return "", str(error)
    except Exception as error:
        return "", f"{variant}: {type(error).__name__}: {error}. This should not happen: please report it."


def execute(
    collection: Collection, nb: "NotebookNode", cells: "NotebookNode", values: Mapping[str, str], where: str
) -> "NotebookNode":
    """Return the notebook `cells` with its outputs, run with `values`, or with its own where there are none.

    `nb` is the notebook that `cells` was tailored from. Raises CellError, which begins with `where`.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from handouts import notebook

    logging.getLogger("papermill").setLevel(logging.WARNING)
    reader = f", {', '.join(values.values())}" if values else ""
    try:
        executed = papermill.execute_notebook(
            cells,
            None,
            engine_name="snapshot",
            parameters=dict(values),
            cwd=str(collection.notebooks),
            progress_bar=False,
            request_save_on_cell_execute=False,
            kernel_name="python3",
            language="python",
            execution_timeout=MOST_SECONDS,
            extra_arguments=["--IPKernelApp.log_level=50"],  # it reports its own shutdown as an error
        )
    except PapermillExecutionError as error:
        ran = list(cells.cells)
        if values:  # papermill put one cell after the parameters
            parameters = next(count for count, cell in enumerate(ran) if notebook.PARAMETERS in notebook.tags(cell))
            ran.insert(parameters + 1, ran[parameters])
        cell = notebook.place(nb, ran[error.cell_index])
        raise CellError(f"{where}, {cell}{reader}: {error.ename}: {error.evalue}") from None
    except (CellTimeoutError, DeadKernelError) as error:
        raise CellError(f"{where}{reader}: the kernel stopped: {str(error).strip().splitlines()[0]}") from None
    executed.metadata.papermill["input_path"] = where
    return executed


def refreshed(collection: Collection, topic: str) -> "NotebookNode":
    """Return the notebook of `topic` as it is to be stored: run as it stands, and normalised. Raises HandoutsError."""
    from handouts import notebook

    nb = notebook.read(collection.notebook(topic))
    return notebook.normalised(execute(collection, nb, nb, {}, f"notebooks/{topic}.ipynb"))


def check_declared(nb: "NotebookNode", values: Mapping[str, str], where: str) -> None:
    """Raise NotebookError where the parameters cell of `nb` lacks one of `values`: its code would not know of it."""
    from handouts import notebook

    declared = notebook.declared(nb, where)
    if missing := [name for name in values if name not in declared]:
        raise NotebookError(
            f"{where}: the parameters cell does not set {', '.join(missing)}. Add a line for each, such as: {missing[0]} = None"
        )


@cache
def _exporter() -> "HandoutExporter":
    from handouts.exporter import HandoutExporter

    return HandoutExporter()


def surroundings(collection: Collection) -> str:
    """Return a digest of what every page is made from beside its notebook.

    That is the tables, files beside the notebooks, this package, Python, and the name and version of every package installed.
    """
    package = Path(__file__).parent
    installed = sorted(
        entry.name
        for folder in {folder for folder in sys.path if os.path.isdir(folder)}
        for entry in os.scandir(folder)
        if entry.name.endswith((".dist-info", ".egg-info"))
    )
    beside = [path for path in files.files_in(collection.notebooks) if path.suffix != ".ipynb"]
    content = files.fingerprint([*files.files_in(collection.data), *beside, *files.files_in(package)])
    return hashlib.sha256("\n".join([content, sys.version, *installed]).encode()).hexdigest()


def key(collection: Collection, variant: Variant, surroundings: str) -> str:
    """Return a digest of all that the page of `variant` is made from. Raises NotebookError."""
    path = collection.notebook(variant.topic)
    if not path.is_file():
        raise NotebookError(f"notebooks/{path.name}: there is no such notebook, but data/topics.csv names it.")
    parts = [files.fingerprint([path]), surroundings, repr(sorted(variant.values.items()))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


MOST_SECONDS = 300
"""How long one cell may take; one that takes longer fails, so that no build hangs."""

MOST_CACHED = 500
"""How many finished pages are kept; those used longest ago go first."""


def cached(collection: Collection, key: str) -> str | None:
    """Return the finished page of `key`, if there is one."""
    kept = cached_file(collection, f"{key}.html")
    return kept.decode() if kept is not None else None


def cached_file(collection: Collection, name: str) -> bytes | None:
    """Return the kept file `name`, if there is one."""
    path = collection.cache / name
    try:
        content = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    return content


def keep(collection: Collection, key: str, html: str) -> None:
    """Keep the finished page of `key` for the next build; where that cannot be, the next build makes it again."""
    keep_file(collection, f"{key}.html", html.encode())


def keep_file(collection: Collection, name: str, content: bytes) -> None:
    """Keep a file that was dear to make."""
    with suppress(OutputError):
        files.write(collection.cache / name, content)


def forget_oldest(collection: Collection) -> None:
    """Remove the finished pages, and their PDFs, beyond MOST_CACHED."""
    pages = sorted(collection.cache.glob("*.*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in pages[MOST_CACHED:]:
        path.unlink(missing_ok=True)
