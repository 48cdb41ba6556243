"""Batch: a handout for every row of a roster.

    roster --check--> rows --variants--> pages, each made once --fill--> handouts

Every row is checked before anything is made. What is known of a person goes from the roster into
their handout and nowhere else: not into a kernel, a cache, a log, a message or a file's name.
"""

import csv
import io
import pickle
import tempfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing, nullcontext
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import IO

from handouts import pages
from handouts.build import make_all, told_by
from handouts.collection import Collection
from handouts.data import read_clinic
from handouts.errors import ClusterError, HandoutsError, OutputError, PageError
from handouts.fields import Form
from handouts.pages import Variant
from handouts.pdf import pdf as make_pdf
from handouts.rosters import Roster
from handouts.rows import Rows
from handouts.targets import target
from handouts.workers import cluster, processes

ROWS_A_TASK = 500
"""How many handouts a worker makes at a time."""
TRIES = 3
"""How often workers that were ended are replaced before a batch gives up."""
MOST_REASONS = 20
LIST, REJECTED = "handouts.csv", "rejected.csv"
"""What is written beside the handouts: which there are, and which rows have none, with the reason."""

Progress = Callable[[str, int, int], None]
Row = tuple[int, str, int, tuple[tuple[str, str], ...]]
"""Number in the roster, id, number of the page, and the fields with their values."""


@dataclass
class Summary:
    """What a batch did: rows read, handouts made and found unchanged, rows rejected and rows whose page failed.

    `pages` are the variants wanted, `executed` those not found in the cache, `failed` says what failed, `reasons`
    why the first MOST_REASONS rows were rejected.
    """

    rows: int = 0
    made: int = 0
    unchanged: int = 0
    rejected: int = 0
    without_page: int = 0
    pages: int = 0
    executed: int = 0
    failed: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Task:
    """Some rows with the pages that they fill; packed, so that no tool that shows tasks shows a person.

    `paper` is what PDFs are made for, or None where none are.
    """

    place: str
    paper: str | None
    packed: bytes

    def __repr__(self) -> str:
        return "<some rows of a roster>"


def batch(
    collection: Collection,
    roster: Roster,
    place: str,
    *,
    workers: int = 1,
    dask: str | None = None,
    dry_run: bool = False,
    pdf: bool = False,
    today: date | None = None,
    progress: Progress = lambda step, done, of: None,
) -> Summary:
    """Make a handout for every row of `roster` at `place`, a folder or an fsspec URL.

    With `pdf` each handout has a PDF beside it. Rows for topics whose review was due before `today` are rejected. `progress` is told the step, how
    many are done, and of how many (0 where that is not known yet).
    Raises HandoutsError for what stops all rows; what was written stays, and another run goes on.
    """
    summary = Summary()
    with ExitStack() as stack:
        # Files without a name: whatever happens to this process, nothing of them stays on the disk.
        spool, rejected, listed = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(3))
        rows = stack.enter_context(closing(Rows(collection, roster.columns, roster.name, today)))
        variants = _check(rows, roster, spool, rejected, summary, progress)
        surroundings = pages.surroundings(collection)
        keys = [pages.key(collection, variant, surroundings) for variant in variants]
        htmls = {key: html for key in keys if (html := pages.cached(collection, key))}
        to_make = {key: variant for key, variant in zip(keys, variants, strict=True) if key not in htmls}
        summary.pages, summary.executed = len(variants), len(to_make)
        if dry_run:
            return summary
        target(place).prepare()
        executor, size = stack.enter_context(cluster(dask)) if dask else (None, workers)
        htmls.update(_pages(collection, to_make, executor, size, summary, progress))
        paper = read_clinic(collection).paper if pdf else None
        tasks = _tasks(spool, place, paper, variants, [htmls.get(key) for key in keys], rejected, listed, summary)
        done = 0
        for made, unchanged, failure in _filled(tasks, executor, size if summary.rows > ROWS_A_TASK else 0):
            if failure:
                raise OutputError(failure)
            summary.made += made
            summary.unchanged += unchanged
            done += made + unchanged
            progress("Handouts", done, summary.rows - summary.rejected)
        target(place).write_from(LIST, listed)
        target(place).write_from(REJECTED, rejected)
        target(place).finish()
    return summary


def _check(
    rows: Rows, roster: Roster, spool: IO[bytes], rejected: IO[bytes], summary: Summary, progress: Progress
) -> list[Variant]:
    """Put the rows that are right into `spool`, the others into `rejected`; return the variants wanted."""
    variants: dict[tuple[str, tuple[str, ...]], int] = {}
    good: list[Row] = []
    _write(rejected, ["row", "reason"])
    for number, cells in roster.lines:
        summary.rows += 1
        wanted = cells if isinstance(cells, str) else rows.check(cells)
        if isinstance(wanted, str):
            summary.rejected += 1
            _write(rejected, [str(number), wanted])
            if len(summary.reasons) < MOST_REASONS:
                summary.reasons.append(f"row {number}: {wanted}")
        else:
            page = variants.setdefault((wanted.topic, wanted.values), len(variants))
            good.append((number, wanted.id, page, wanted.fields))
        if summary.rows % ROWS_A_TASK == 0:
            pickle.dump(good, spool)
            good = []
            progress("Checked", summary.rows, 0)
    pickle.dump(good, spool)
    progress("Checked", summary.rows, 0)
    return [Variant(topic, dict(zip(rows.parameters, values, strict=True))) for topic, values in variants]


def _pages(
    collection: Collection,
    to_make: dict[str, Variant],
    executor: Executor | None,
    size: int,
    summary: Summary,
    progress: Progress,
) -> Iterator[tuple[str, str]]:
    """Yield the pages that were not in the cache, by key; each is executed once, wherever that is."""
    if not to_make:
        return
    with nullcontext(executor) if executor else processes(min(size, len(to_make))) as made_by:
        for count, (key, _, html, failure) in enumerate(make_all(collection, to_make, made_by), start=1):
            progress("Pages", count, len(to_make))
            if failure:
                summary.failed.append(failure)
            else:
                yield key, html


def _tasks(
    spool: IO[bytes], place: str, paper: str | None, variants: list[Variant], htmls: list[str | None],
    rejected: IO[bytes], listed: IO[bytes], summary: Summary,
) -> Iterator[Task]:  # fmt: skip
    """Yield the rows in tasks; note each row in the list of handouts, or of those rejected where its page failed."""
    packed = {number: zlib.compress(html.encode(), 1) for number, html in enumerate(htmls) if html}
    told = [
        [one.topic, *one.values.values(), told_by(html or "", "version")]
        for one, html in zip(variants, htmls, strict=True)
    ]
    _write(listed, ["id", "file", "topic", *(variants[0].values if variants else ()), "version"])
    spool.seek(0)
    while True:
        try:
            rows: list[Row] = pickle.load(spool)
        except EOFError:
            return
        ready = []
        for number, name, page, values in rows:
            if page in packed:
                _write(listed, [name, f"{name}.html", *told[page]])
                ready.append((name, page, values))
            else:
                summary.without_page += 1
                _write(
                    rejected,
                    [str(number), "its page could not be made; mend the notebook and run the same command again"],
                )
        if ready:
            used = {page: packed[page] for _, page, _ in ready}
            yield Task(place, paper, pickle.dumps((used, ready)))


def _filled(tasks: Iterator[Task], executor: Executor | None, size: int) -> Iterator[tuple[int, int, str | None]]:
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
                        waiting.append((task, workers.submit(fill, task)))
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
        goal = target(task.place)
        for name, page, values in rows:
            handout = forms[page].fill(dict(values))
            changed = goal.write(f"{name}.html", handout)
            if task.paper and (changed or not goal.has(f"{name}.pdf")):
                goal.write(f"{name}.pdf", make_pdf(handout.decode(), task.paper))
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


def _write(file: IO[bytes], cells: list[str]) -> None:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    file.write(line.getvalue().encode())
