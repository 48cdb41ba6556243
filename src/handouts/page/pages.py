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
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from handouts import files
from handouts.collection.clinic import read_parts
from handouts.collection.folder import Collection
from handouts.collection.parameters import Parameters, read_parameters
from handouts.errors import CellError, HandoutsError, NotebookError, OutputError

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from handouts.page.exporter import HandoutExporter


PACKAGE = Path(__file__).parents[1]
CODE = files.fingerprint(files.files_in(PACKAGE), PACKAGE)
"""A digest of this package as it was when this process began with it: a worker may live longer than the code on its disk."""
_one_at_a_time = threading.Lock()
"""A page is made in the notebooks' folder, and a process has one working folder for all its threads."""


@dataclass(frozen=True)
class Variant:
    """A topic and one value of every parameter: what gets executed."""

    topic: str
    values: Mapping[str, str]

    def __hash__(self) -> int:
        return hash((self.topic, *self.values.items()))

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


@dataclass(frozen=True)
class Made:
    """A page, and the key of what it was made from, or what failed in its place; and the machine that made it."""

    html: str
    key: str = ""
    failure: str | None = None
    machine: str = field(default_factory=platform.node)


def make(collection: Collection, variant: Variant, stored: bytes) -> str:
    """Return the page of `variant`, made anew from the notebook that `stored` holds. Raises HandoutsError."""
    from handouts.collection import notebook
    from handouts.page.tailor import tailor

    where = f"notebooks/{variant.topic}.ipynb"
    nb = notebook.parse(stored, where)
    tailored = tailor(nb, variant.values, read_parameters(collection), read_parts(collection), where)
    check_declared(nb, variant.values, where)
    executed = execute(collection, nb, tailored, variant.values, where)
    html, _ = _exporter().from_notebook_node(
        executed, {"metadata": {"name": variant.topic}, "collection": collection, "numbers": notebook.numbers(nb)}
    )
    return html


def attempt(collection: Collection, variant: Variant, check: Callable[[bytes], None] = lambda stored: None) -> Made:
    """Return the page of `variant`, or what failed; made one at a time in a process.

    Its key is that of what it was made from: where a notebook or table is saved meanwhile, it is made again. `check` is
    given the notebook as it was read, before any of it runs, and may raise HandoutsError.
    """
    try:
        with _one_at_a_time:
            for _ in range(TRIES):
                before = _stamps(collection, variant)
                stored = _stored(collection, variant)
                check(stored)
                key = _key(stored, variant, surroundings(collection))
                try:
                    made = Made(make(collection, variant, stored), key)
                except HandoutsError as error:
                    made = Made("", key, str(error))
                if _stamps(collection, variant) == before:
                    return made
        return Made("", failure=f"{variant}: its notebook or tables were saved again and again while it was made. Run the same command when they are not.")  # fmt: skip
    except HandoutsError as error:
        return Made("", failure=str(error))
    except Exception as error:
        return Made(
            "", failure=f"{variant}: {type(error).__name__}: {error}. This should not happen: please report it."
        )


def execute(
    collection: Collection, nb: "NotebookNode", cells: "NotebookNode", values: Mapping[str, str], where: str
) -> "NotebookNode":
    """Return the notebook `cells` with its outputs, run with `values`, or with its own where there are none.

    `nb` is the notebook that `cells` was tailored from. Raises CellError, which begins with `where`.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from handouts.collection import notebook

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
    """Return the notebook of `topic` as it is to be stored: run as it stands, and normalised.

    Raises HandoutsError, also where somebody saved it meanwhile: that would be lost.
    """
    from handouts.collection import notebook

    where = f"notebooks/{topic}.ipynb"
    stored = _stored(collection, Variant(topic, {}))
    nb = notebook.parse(stored, where)
    new = notebook.normalised(execute(collection, nb, nb, {}, where))
    if _stored(collection, Variant(topic, {})) != stored:
        raise NotebookError(f"{where}: was saved while it ran. Run the same command again.")
    return new


def check_declared(nb: "NotebookNode", values: Mapping[str, str], where: str) -> None:
    """Raise NotebookError where the parameters cell of `nb` lacks one of `values`: its code would not know of it."""
    from handouts.collection import notebook

    declared = notebook.declared(nb, where)
    if missing := [name for name in values if name not in declared]:
        raise NotebookError(
            f"{where}: the parameters cell does not set {', '.join(missing)}. Add a line for each, such as: {missing[0]} = None"
        )


@cache
def _exporter() -> "HandoutExporter":
    from handouts.page.exporter import HandoutExporter

    return HandoutExporter()


def surroundings(collection: Collection) -> str:
    """Return a digest of what every page is made from beside its notebook.

    That is the tables, files beside the notebooks, this package, Python, and the name and version of every package installed.
    """
    installed = sorted(
        entry.name
        for folder in {folder for folder in sys.path if os.path.isdir(folder)}
        for entry in os.scandir(folder)
        if entry.name.endswith((".dist-info", ".egg-info"))
    )
    content = files.fingerprint(_around(collection), collection.root)
    return hashlib.sha256("\n".join([content, CODE, sys.version, *installed]).encode()).hexdigest()


def _around(collection: Collection) -> list[Path]:
    """List the files of the collection that every page is made from beside its notebook."""
    beside = [path for path in files.files_in(collection.notebooks) if path.suffix != ".ipynb"]
    return [*files.files_in(collection.data), *beside]


def _stamps(collection: Collection, variant: Variant) -> list[tuple[Path, int, int, int, int]]:
    """Return what tells whether a file that the page of `variant` is made from was written meanwhile, even if as it was."""
    found = []
    for path in [collection.notebook(variant.topic), *_around(collection)]:
        with suppress(FileNotFoundError):
            told = path.stat()
            found.append((path, told.st_mtime_ns, told.st_ctime_ns, told.st_size, told.st_ino))
    return found


def key(collection: Collection, variant: Variant, surroundings: str) -> str:
    """Return a digest of all that the page of `variant` is made from. Raises NotebookError."""
    return _key(_stored(collection, variant), variant, surroundings)


def _stored(collection: Collection, variant: Variant) -> bytes:
    path = collection.notebook(variant.topic)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotebookError(
            f"notebooks/{path.name}: there is no such notebook, but data/topics.csv names it."
        ) from None
    except OSError as error:
        raise NotebookError(f"notebooks/{path.name}: cannot be read ({error.strerror}).") from None


def _key(stored: bytes, variant: Variant, surroundings: str) -> str:
    parts = [variant.topic, hashlib.sha256(stored).hexdigest(), surroundings, repr(sorted(variant.values.items()))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def missing_parts(html: str, values: Mapping[str, str], parameters: Parameters) -> list[str]:
    """Return the parts that the values of a page require and that `html` lacks: such a page is not ready for a patient."""
    rows = [parameters[name].values[value] for name, value in values.items()]
    wanted = [part for row in rows for part in (row.get("requires") or "").split()]
    return [part for part in dict.fromkeys(wanted) if f'class="part part-{part}"' not in html]


TRIES = 3
"""How often a page is begun whose notebook or tables are saved meanwhile."""
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
    used = []
    for path in collection.cache.glob("*.*"):
        with suppress(FileNotFoundError):  # another build forgets too
            used.append((path.stat().st_mtime, path))
    for _, path in sorted(used, reverse=True)[MOST_CACHED:]:
        with suppress(OSError):
            path.unlink(missing_ok=True)
