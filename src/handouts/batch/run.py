"""Batch: a handout for every row of a roster.

    roster --check--> rows --variants--> pages, each made once --fill--> handouts

Every row is checked before anything is made. What is known of a person goes from the roster into
their handout and nowhere else: not into a kernel, a cache, a log, a message or a file's name.
"""

import pickle
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import IO

from handouts.batch.account import HEADER, REJECTED, REJECTED_HEADER, Account, check_not_published, write_row
from handouts.batch.printing import remove_print_files, write_print_files
from handouts.batch.records import Records
from handouts.batch.rosters import Roster
from handouts.batch.rows import Rows
from handouts.batch.sources import understand
from handouts.batch.targets import UNFINISHED, Target
from handouts.batch.tasks import Task, filled
from handouts.collection import LIST, Collection
from handouts.errors import OutputError, check_installed
from handouts.page import Page, Variant, make_pages
from handouts.page.cache import read_kept
from handouts.page.keys import keys_of
from handouts.page.missing import missing_parts, tell_missing
from handouts.page.pdf import check_can_print
from handouts.page.review import last_review
from handouts.page.workers import cluster

ROWS_A_TASK = 500
"""How many handouts a worker makes at a time."""
MOST_REASONS = 20
NO_PAGE = "its page could not be made, or may not be handed out; see what the command told, and run it again"
OLD_STAYS = "; the handout that is there is of an earlier batch"

Progress = Callable[[str, int, int], None]
Row = tuple[int, str, int, tuple[tuple[str, str], ...]]
"""Number in the roster, id, number of the page, and the fields with their values."""


@dataclass
class Summary:
    """What a batch did: rows read, handouts made and found unchanged, rows rejected and rows whose page failed.

    `pages` are the variants wanted, `executed` those not found in the cache, `failed` says what failed, `reasons`
    why the first MOST_REASONS rows were rejected. `removed` counts handouts of earlier batches that no row wants any
    more, `others` the files that are of no row and were made by no batch that is known of, of which `other` is one. `unused` are columns of the roster that
    nothing was made of, `print_files` the files written for a printer.
    """

    rows: int = 0
    made: int = 0
    unchanged: int = 0
    rejected: int = 0
    without_page: int = 0
    pages: int = 0
    executed: int = 0
    removed: int = 0
    others: int = 0
    other: str = ""
    failed: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    unused: tuple[str, ...] = ()
    print_files: int = 0


def make_handouts(
    collection: Collection,
    roster: Roster,
    place: str,
    *,
    workers: int = 1,
    dask: str | None = None,
    dry_run: bool = False,
    pdf: bool = False,
    print_files: bool = False,
    shared: bool = False,
    today: date | None = None,
    progress: Progress = lambda step, done, of: None,
) -> Summary:
    """Make a handout for every row of `roster` at `place`, a folder or an fsspec URL.

    At the end the place holds the handouts of this roster: those that an earlier batch made, and that no row wants any
    more, are removed; other files are counted. With `pdf` each handout has a PDF beside it, and with `print_files` these stand in files for a printer too; without, the PDF of a handout
    that changes is removed. Only who runs this may read the handouts, unless they are `shared`. No page whose review was due before `today` is handed out.
    `progress` is told the step, how many are done, and of how many (0 where that is not known yet).
    Raises HandoutsError for what stops all rows; what was written stays, and another run goes on.
    """
    summary = Summary()
    goal = Target(place, shared)
    check_not_published(collection, goal)
    pdf = pdf or print_files
    if pdf:
        check_can_print()
    if print_files:
        check_installed("pypdf", "pdf", "a print file", OutputError)
    with ExitStack() as stack:
        # Files without a name: whatever happens to this process, nothing of them stays on the disk.
        spool, rejected, listed, every = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(4))
        roster = understand(collection, roster)
        rows = stack.enter_context(closing(Rows(collection, roster.columns, roster.name)))
        variants = _check(rows, roster, spool, rejected, summary, progress)
        keys = keys_of(collection, variants)
        pages = {variant: page for variant, key in keys.items() if (page := read_kept(collection, key))}
        to_make = [variant for variant in variants if variant not in pages]
        summary.unused = roster.unused
        summary.pages, summary.executed = len(variants), len(to_make)
        if dry_run:
            overdue = [_may_be_overdue(collection, variant, pages.get(variant), today) for variant in variants]
            summary.without_page = sum(overdue[page] for rows_of in _spooled(spool) for *_, page, _ in rows_of)
            return summary
        goal.prepare()
        stack.callback(goal.release)
        remove_print_files(goal)
        executor, size = stack.enter_context(cluster(dask)) if dask else (None, workers)
        pages.update(_make(collection, to_make, keys, executor, size, summary, progress))
        kept = stack.enter_context(closing(Account(goal)))
        ready = _ready(collection, variants, [pages.get(variant) for variant in variants], summary, today)
        _list(spool, variants, ready, kept, rejected, listed, summary, pdf)
        records = stack.enter_context(closing(Records(collection)))
        records.begin(
            [(one, page) for one, page in zip(variants, ready, strict=True) if page],
            _versions(spool, ready),
            goal.shown,
        )
        kept.write_all(every)
        goal.write_from(f"{UNFINISHED}/{LIST}", every)
        task = Task(goal.place, shared, goal.token, collection.clinic.paper if pdf else None, b"")
        tasks = _tasks(spool, task, ready)
        done = 0
        for made, unchanged, failure in filled(tasks, executor, size if summary.rows > ROWS_A_TASK else 0):
            if failure:
                raise OutputError(failure)
            summary.made += made
            summary.unchanged += unchanged
            done += made + unchanged
            progress("Handouts", done, summary.rows - summary.rejected)
        if done != summary.rows - summary.rejected - summary.without_page:
            raise OutputError("some handouts were not made, for their process was lost. Run the same command again.")
        if print_files:
            summary.print_files = write_print_files(goal, (name for name, _ in _versions(spool, ready)))
        records.end(_versions(spool, ready), goal.shown)
        summary.removed, summary.others, summary.other = kept.remove_the_rest(goal)
        goal.write_from(LIST, listed)
        goal.write_from(REJECTED, rejected)
        goal.finish()
    return summary


def _check(
    rows: Rows, roster: Roster, spool: IO[bytes], rejected: IO[bytes], summary: Summary, progress: Progress
) -> list[Variant]:
    """Put the rows that are right into `spool`, the others into `rejected`; return the variants wanted."""
    variants: dict[tuple[str, tuple[str, ...]], int] = {}
    good: list[Row] = []
    write_row(rejected, [*REJECTED_HEADER])
    for number, cells in roster.lines:
        summary.rows += 1
        wanted = cells if isinstance(cells, str) else rows.check(cells)
        if isinstance(wanted, str):
            summary.rejected += 1
            write_row(rejected, [str(number), wanted])
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


def _make(
    collection: Collection,
    to_make: list[Variant],
    keys: Mapping[Variant, str],
    executor: Executor | None,
    size: int,
    summary: Summary,
    progress: Progress,
) -> Iterator[tuple[Variant, Page]]:
    """Yield the pages that are not kept; each is executed once, wherever that is."""
    made_now = make_pages(collection, to_make, executor=executor, workers=size, known=keys)
    for count, (variant, made) in enumerate(made_now, start=1):
        progress("Pages", count, len(to_make))
        if made.page is None:
            summary.failed.append(str(made.failure))
        elif made.as_asked:
            yield variant, made.page
        elif executor:
            message = f"{variant}: {made.machine} has other tables, notebooks or packages. Make them the same."
            summary.failed.append(message)
        else:  # some handouts would be of before, some of after
            raise OutputError(
                f"{variant}: its notebook or tables were saved while pages were made, and no handout was. Run the same command again."
            )


def _may_be_overdue(collection: Collection, variant: Variant, page: Page | None, today: date | None) -> bool:
    """Tell whether the review of a page was due before `today`; of one that is not made yet, that of the words it had last."""
    if page:
        return bool(page.tell_overdue(today))
    last = last_review(collection, variant)
    return bool(last and last.overdue(today))


def _ready(
    collection: Collection, variants: list[Variant], pages: list[Page | None], summary: Summary, today: date | None
) -> list[Page | None]:
    """Return the pages that may be filled: none that lacks a part that it requires, or whose review was due before `today`."""
    ready: list[Page | None] = []
    for variant, page in zip(variants, pages, strict=True):
        missing = missing_parts(collection, page, variant) if page else []
        overdue = page.tell_overdue(today) if page else ""
        if missing:
            summary.failed.append(f"{variant}: {tell_missing(missing)}")
        if overdue:
            summary.failed.append(f"{variant}: {overdue}")
        ready.append(None if missing or overdue else page)
    return ready


def _list(
    spool: IO[bytes], variants: list[Variant], pages: list[Page | None], kept: Account,
    rejected: IO[bytes], listed: IO[bytes], summary: Summary, pdf: bool,
) -> None:  # fmt: skip
    """Note each row in the list of handouts, or of those rejected where its page failed."""
    told = [
        [one.topic, *one.values.values(), page.version if page else "", "yes" if pdf else ""]
        for one, page in zip(variants, pages, strict=True)
    ]
    write_row(listed, [*HEADER, *(variants[0].values if variants else ()), "version", "pdf"])
    for rows in _spooled(spool):
        for number, name, page, _ in rows:
            if pages[page]:
                write_row(listed, [name, f"{name}.html", *told[page]])
            else:
                summary.without_page += 1
                if kept.had(name):  # the account goes on
                    write_row(listed, [name, f"{name}.html", *told[page][:-2], "", ""])
                write_row(rejected, [str(number), NO_PAGE + (OLD_STAYS if kept.had(name) else "")])
            kept.add(name)


def _tasks(spool: IO[bytes], task: Task, pages: list[Page | None]) -> Iterator[Task]:
    """Yield the rows whose page is there, in tasks like `task`."""
    packed = {number: zlib.compress(page.html.encode(), 1) for number, page in enumerate(pages) if page}
    for rows in _spooled(spool):
        ready = [(name, page, values) for _, name, page, values in rows if page in packed]
        if ready:
            used = {page: packed[page] for _, page, _ in ready}
            yield replace(task, packed=pickle.dumps((used, ready)))


def _versions(spool: IO[bytes], pages: list[Page | None]) -> Iterator[tuple[str, str]]:
    """Yield the id of each handout whose page is there, with the page's version."""
    for rows in _spooled(spool):
        yield from ((name, found.version) for _, name, page, _ in rows if (found := pages[page]))


def _spooled(spool: IO[bytes]) -> Iterator[list[Row]]:
    spool.seek(0)
    with suppress(EOFError):
        while True:
            yield pickle.load(spool)
