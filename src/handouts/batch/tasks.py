"""Tasks: rows of a roster with the pages that they fill, made into handouts by processes or by a cluster."""

import pickle
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache

from handouts.batch.targets import target
from handouts.errors import ClusterError, HandoutsError, OutputError, PageError
from handouts.page.fields import Form
from handouts.page.pdf import make_pdf
from handouts.page.workers import processes

TRIES = 3
"""How often workers that were ended are replaced before a batch gives up."""


@dataclass(frozen=True)
class Task:
    """Some rows with the pages that they fill; packed, so that no tool that shows tasks shows a person.

    `paper` is what PDFs are made for, or None where none are.
    """

    place: str
    shared: bool
    token: str
    paper: str | None
    packed: bytes

    def __repr__(self) -> str:
        return "<some rows of a roster>"


def filled(tasks: Iterator[Task], executor: Executor | None, size: int) -> Iterator[tuple[int, int, str | None]]:
    """Yield what became of each task, in order. Few are under way at a time, so that memory stays flat."""
    if not size:
        yield from map(fill, tasks)
        return
    waiting: deque[tuple[Task, Future[tuple[int, int, str | None]]]] = deque()
    for _ in range(TRIES):
        with nullcontext(executor) if executor else processes(size) as workers:
            try:
                waiting = deque((task, workers.submit(fill, task)) for task, _ in waiting)
                while True:
                    while len(waiting) < 2 * size + 2 and (task := next(tasks, None)):
                        waiting.append((task, Future()))  # before it is handed over: a pool that broke takes none
                        waiting[-1] = (task, workers.submit(fill, task))
                    if not waiting:
                        return
                    done = waiting[0][1].result()
                    waiting.popleft()
                    yield done
            except BrokenProcessPool:
                continue  # a worker was ended: others make what it left
            except (HandoutsError, GeneratorExit):
                raise
            except Exception as error:
                if executor is None:
                    raise
                raise ClusterError(
                    f"the Dask cluster gave up ({type(error).__name__}). Look at its workers, then run the same command again to go on."
                ) from None
    raise OutputError(
        "the processes that make handouts were ended again and again; there may be too little memory. Try --workers 1."
    )


def fill(task: Task) -> tuple[int, int, str | None]:
    """Write the handouts of a task; return how many were made and found unchanged, and what failed.

    Never raises: who runs tasks may show their arguments where one does.
    """
    made = unchanged = 0
    try:
        packed, rows = pickle.loads(task.packed)
        forms = {page: _form(html) for page, html in packed.items()}
        goal = target(task.place, task.shared, task.token)
        for name, page, values in rows:
            handout = forms[page].fill(dict(values))
            printed = f"{name}.pdf"
            changed = goal.write(f"{name}.html", handout, without=printed)
            if task.paper and (changed or not goal.has(printed)):
                goal.write(printed, make_pdf(handout.decode(), task.paper))
                changed = True
            made, unchanged = made + changed, unchanged + (not changed)
    except (OutputError, PageError) as error:
        return made, unchanged, str(error)
    except Exception as error:
        return (
            made,
            unchanged,
            f"a handout could not be made ({type(error).__name__}). This should not happen: please report it.",
        )
    return made, unchanged, None


@lru_cache(maxsize=64)
def _form(packed: bytes) -> Form:
    return Form(zlib.decompress(packed).decode())
