"""The whole way from a notebook to a page.

    notebook --tailor--> cells for one reader --execute--> outputs --export--> page

Each step is a function from value to value; nothing here writes.
"""

import logging
import platform
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from handouts import files
from handouts.collection import NAMED_IN, Collection, named, open_collection
from handouts.errors import CellError, HandoutsError, NotebookError, PageError
from handouts.page.keys import Likeness, key_of_stored, likeness_of, made_by, read_stored
from handouts.page.variant import Variant

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from handouts.page.exporter import HandoutExporter


_one_at_a_time = threading.RLock()
"""Cells run in the notebooks' folder, with the collection named in the environment, and a process has one of each, and one exporter, for all its
threads."""


@dataclass(frozen=True)
class Page:
    """A rendered variant: the HTML, its fields open, and what it says of itself.

    `parts` are those that cells of it are tagged as, `carries` names what it could be called back for, such as fact:dn-mild.
    """

    html: str
    title: str
    version: str
    reviewed_by: str
    reviewed_on: str
    review_due: str
    parts: Sequence[str]
    carries: Sequence[str] = ()

    def tell_overdue(self, today: date | None) -> str:
        """Say that the next review was due before `today`, and what to do, or nothing; where `today` is None, nobody asks."""
        if not today or not self.review_due or date.fromisoformat(self.review_due) >= today:
            return ""
        return f"its review was due on {self.review_due}. Have it reviewed (handouts review), or make it all the same with --allow-expired."


@dataclass(frozen=True)
class Made:
    """What became of a variant: its page, or what failed.

    `key` is that of what it was made from, `as_asked` tells whether that is what was asked for, `kept` whether the page was
    made before, `machine` which one made it, and `likeness` what it shares with its pages of other states of the tables.
    """

    page: Page | None = None
    key: str = ""
    failure: str | None = None
    kept: bool = False
    as_asked: bool = True
    machine: str = field(default_factory=platform.node)
    likeness: Likeness | None = None


def make_page(collection: Collection, variant: Variant) -> Page:
    """Return the page of `variant`, made anew from what is on disk now. Raises HandoutsError."""
    with _one_at_a_time:
        now = open_collection(collection.root)
        return _make(now, variant, read_stored(now, variant.topic), fresh=True)[0]


def _make(collection: Collection, variant: Variant, stored: bytes, *, fresh: bool) -> tuple[Page, set[str]]:
    """Return the page of `variant`, made from the notebook that `stored` holds, and the files of the tables that it may have read.

    Cells run where they must, or where it is to be `fresh`.
    """
    from handouts.collection import notebook
    from handouts.page.marks import check_translated
    from handouts.page.ran import keep_run, key_of_run, read_run, tables_read
    from handouts.page.tailor import tailor

    where = f"notebooks/{variant.topic}.ipynb"
    nb = notebook.parse(stored, where)
    tailored = tailor(nb, variant.values, collection.parameters, collection.parts, where)
    check_declared(nb, variant.values, where)
    try:  # before any of it runs
        check_translated("\n".join(cell.source for cell in tailored.cells if cell.cell_type == "markdown"))
    except PageError as error:
        raise PageError(f"{variant.topic}.ipynb: {error}") from None
    run = key_of_run(collection, tailored, variant.values, made_by())
    ran = None if fresh else read_run(collection, run, tailored)
    if ran is None:
        executed = execute(collection, nb, tailored, variant.values, where)
        ran = executed, tables_read(collection, executed)
        if collection.is_current():
            keep_run(collection, run, *ran)
    executed, read = ran
    collection.tables.asked.clear()
    html, resources = _exporter().from_notebook_node(
        executed, {"metadata": {"name": variant.topic}, "collection": collection, "numbers": notebook.numbers(nb)}
    )
    review = resources["page"].review
    page = Page(
        html=html,
        title=resources["page"].title,
        version=resources["version"],
        reviewed_by=review.who if review else "",
        reviewed_on=review.on if review else "",
        review_due=review.due if review else "",
        parts=resources["page"].used_parts,
        carries=resources["page"].carries,
    )
    return page, read | collection.tables.asked


def try_page(
    collection: Collection,
    variant: Variant,
    check: Callable[[bytes], None] = lambda stored: None,
    *,
    fresh: bool = False,
) -> Made:
    """Return the page of `variant`, or what failed; made one at a time in a process. Where it is to be `fresh`, all of its cells run.

    Its key is that of what it was made from: where a notebook or table is saved meanwhile, it is made again. `check` is
    given the notebook as it was read, before any of it runs, and may raise HandoutsError.
    """
    try:
        with _one_at_a_time:
            for _ in range(TRIES):
                now = open_collection(collection.root)
                before = files.stamp(now.notebook(variant.topic))
                stored = read_stored(now, variant.topic)
                check(stored)
                key = key_of_stored(now, variant, stored)
                try:
                    page, read = _make(now, variant, stored, fresh=fresh)
                    made = Made(page, key, likeness=likeness_of(now, variant, stored, read))
                except HandoutsError as error:
                    made = Made(None, key, str(error))
                if now.is_current() and files.stamp(now.notebook(variant.topic)) == before:
                    return made
        return Made(failure=f"{variant}: its notebook or tables were saved again and again while it was made. Run the same command when they are not.")  # fmt: skip
    except HandoutsError as error:
        return Made(failure=str(error))
    except Exception as error:
        return Made(failure=f"{variant}: {type(error).__name__}: {error}. This should not happen: please report it.")


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
        with _one_at_a_time, named(collection):
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
                note_read=True,
                **({} if (collection.notebooks / "matplotlibrc").exists() else PRELOAD),
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


def refresh(collection: Collection, topic: str) -> "NotebookNode":
    """Return the notebook of `topic` as it is to be stored: run as it stands, and normalised.

    Raises HandoutsError, also where somebody saved it meanwhile: that would be lost.
    """
    from handouts.collection import notebook

    where = f"notebooks/{topic}.ipynb"
    stored = read_stored(collection, topic)
    nb = notebook.parse(stored, where)
    new = notebook.normalised(execute(collection, nb, nb, {}, where))
    if read_stored(collection, topic) != stored:
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


TRIES = 3
"""How often a page is begun whose notebook or tables are saved meanwhile."""
PRELOAD = {"preload": ["handouts.show", "handouts.show.ready"], "preload_apart": [NAMED_IN]}
"""What the engine imports once for all collections and languages; a matplotlibrc beside notebooks is read as that is imported."""
MOST_SECONDS = 300
"""How long one cell may take; one that takes longer fails, so that no build hangs."""
