"""The command line: it parses, calls, prints. Nothing heavy is imported before it is needed."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from handouts import __version__
from handouts.collection import Collection, find
from handouts.data import read_topics
from handouts.errors import HandoutsError, ParameterError, known
from handouts.parameters import Parameters, read_parameters

SECONDS_BETWEEN_LINES = 5.0
"""How often progress is told where there is no terminal to draw a bar on."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 for done, 1 for failed, 2 for not understood."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        try:
            collection = find()
            parameters = read_parameters(collection)
        except HandoutsError:
            if not {"-h", "--help", "--version"} & set(arguments):
                raise
            parameters = {}
        options = make_parser(parameters).parse_args(arguments)
        return int(options.run(collection, options))
    except HandoutsError as error:
        print(f"handouts: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("handouts: stopped. What was finished is kept; run the same command again to go on.", file=sys.stderr)
        sys.stdout.flush()
        os._exit(130)  # a pool that was stopped half-way may print a traceback at the end of the interpreter
    except BrokenPipeError:  # the reader of a pipe, such as head, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def make_parser(parameters: Parameters) -> argparse.ArgumentParser:
    """Return the parser, with an option for each of `parameters`."""
    parser = argparse.ArgumentParser(
        prog="handouts",
        description="Make patient handouts from notebooks: tailored to the reader, executed, exported as accessible pages.",
        epilog="Run it anywhere inside the folder that holds notebooks/ and data/.",
    )
    parser.add_argument("--version", action="version", version=f"handouts {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    build = commands.add_parser(
        "build",
        help="write every page, or those asked for",
        description="Write the pages of all topics, or of those named, for every reader or for those asked for. "
        "A page that did not change since last time is not made again.",
    )
    build.add_argument(
        "topics", nargs="*", metavar="TOPIC", help="a topic, as `handouts list` shows it; all where none is named"
    )
    for parameter in parameters.values():
        values = ", ".join(parameter.values)
        rest = f"the {parameter.default_from}'s own" if parameter.default_from else "all"
        build.add_argument(
            f"--{parameter.name}",
            metavar="VALUE",
            help=f"{parameter.label.lower()}: {values} (default: {rest})".replace("%", "%%"),
        )
    build.add_argument("--out", type=Path, metavar="DIR", help="the folder to write to (default: exports/)")
    build.add_argument("--force", action="store_true", help="make every page again")
    build.add_argument(
        "--workers", type=_above_zero, metavar="N", help="how many pages to make at a time (default: one a core)"
    )
    build.set_defaults(run=_build)

    batch = commands.add_parser(
        "batch",
        help="make a handout for every row of a roster",
        description="Make a handout for every row of a roster: its page, with the person's details filled in. "
        "Rows that are wrong are listed in rejected.csv, with the reason; the others are made.",
        epilog="Example: handouts batch data/example-roster.csv. What was made before is found and kept: "
        "run the same command again after a stop, and it goes on.",
    )
    batch.add_argument(
        "roster",
        metavar="ROSTER",
        help="a file that ends in .csv, .xlsx or .parquet, or the SQLAlchemy URL of a database",
    )
    batch.add_argument("--sql", metavar="SELECT", help="the query, where ROSTER is a database")
    batch.add_argument(
        "--out",
        metavar="TARGET",
        help="a folder, or a URL such as s3://bucket/folder (default: exports/NAME of the roster)",
    )
    batch.add_argument(
        "--workers", type=_above_zero, metavar="N", help="how many processes write at a time (default: one a core)"
    )
    batch.add_argument("--dask", metavar="ADDRESS", help="work on the Dask cluster of this scheduler, tcp://host:8786")
    batch.add_argument(
        "--dry-run", action="store_true", help="check every row, tell what would be made, and write nothing"
    )
    batch.set_defaults(run=_batch)

    refresh = commands.add_parser(
        "refresh",
        help="run the notebooks and store their outputs",
        description="Run the notebooks in place and store their outputs, so that nbval can compare and diffs stay small.",
    )
    refresh.add_argument("topics", nargs="*", metavar="TOPIC", help="a topic; all where none is named")
    refresh.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 where stored outputs are out of date"
    )
    refresh.set_defaults(run=_refresh)

    listing = commands.add_parser(
        "list",
        help="show topics and readers",
        description="Show the topics, and the values a page can be asked for with.",
    )
    listing.set_defaults(run=_list)
    return parser


def _above_zero(text: str) -> int:
    if not text.isdigit() or text == "0":
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above zero")
    return int(text)


def _build(collection: Collection, options: argparse.Namespace) -> int:
    from handouts.build import INDEX, build

    parameters = read_parameters(collection)
    asked = {name: getattr(options, name) for name in parameters if getattr(options, name) is not None}
    for name, value in asked.items():
        parameters[name].check(value, f"--{name}")
    out = options.out or collection.exports
    with ExitStack() as stack:
        start, progress = _progress(stack)
        result = build(
            collection, out, options.topics, asked,
            force=options.force, workers=options.workers, start=start, progress=progress,
        )  # fmt: skip
    for failure in result.failed:
        print(f"handouts: {failure}", file=sys.stderr)
    told = [f"{result.made} made", f"{result.unchanged} unchanged"]
    told += [f"{result.removed} removed that are no longer in the collection"] if result.removed else []
    told += [f"{len(result.failed)} failed; pages of the last build stay in their place"] if result.failed else []
    if result.outdated:
        told += [f"{result.outdated} others in the folder are out of date: run `handouts build` to renew them"]
    print(f"Pages: {', '.join(told)}. Open {_shown(out / INDEX)}")
    return 1 if result.failed else 0


def _batch(collection: Collection, options: argparse.Namespace) -> int:
    from handouts.batch import REJECTED, batch
    from handouts.rosters import open_roster

    start = time.monotonic()
    with open_roster(options.roster, options.sql) as roster, ExitStack() as stack:
        stem = "roster" if options.sql else Path(options.roster).stem
        place = options.out or str(collection.exports / stem)
        done = batch(
            collection, roster, place,
            workers=options.workers or os.cpu_count() or 1, dask=options.dask, dry_run=options.dry_run, progress=_steps(stack),
        )  # fmt: skip
    for failure in done.failed:
        print(f"handouts: {failure}", file=sys.stderr)
    left = [f"{done.rejected:,} rejected"] if done.rejected else []
    left += [f"{done.without_page:,} without a page"] if done.without_page else []
    if options.dry_run:
        for reason in done.reasons:
            print(f"  {reason}")
        told = [f"{done.rows - done.rejected:,} handouts would be made", *left]
        print(
            f"Rows: {done.rows:,}; {', '.join(told)}. Pages: {done.pages}, of which {done.executed} are not made yet. Nothing was written."
        )
    else:
        seconds = time.monotonic() - start
        told = [f"{done.made:,} made", f"{done.unchanged:,} unchanged", *left]
        where = _shown(Path(place)) if "://" not in place else place
        listed = f" The rows without a handout, with reasons: {REJECTED} there." if left else ""
        rate = f"{(done.made + done.unchanged) / max(seconds, 0.001):,.0f} a second"
        print(f"Handouts: {', '.join(told)}, in {seconds:,.1f} s ({rate}). See {where}.{listed}")
    return 1 if left or done.failed else 0


def _steps(stack: ExitStack) -> Callable[[str, int, int], None]:
    """Return what to call with a step, how many are done, and of how many; it shows rate and time left."""
    if sys.stderr.isatty():
        from tqdm import tqdm

        bar = stack.enter_context(tqdm(leave=False, dynamic_ncols=True, unit_scale=True))

        def show(step: str, done: int, of: int) -> None:
            if bar.desc != f"{step}: ":
                bar.reset(of or None)
                bar.set_description(step)
            bar.update(done - bar.n)

        return show
    begun: dict[str, float] = {}
    told = time.monotonic()

    def tell(step: str, done: int, of: int) -> None:
        nonlocal told
        now = time.monotonic()
        since = begun.setdefault(step, now)
        if done != of and now - told < SECONDS_BETWEEN_LINES:
            return
        told = now
        rate = done / (now - since) if now > since else 0
        left = f", {rate:,.0f} a second, {(of - done) / rate:,.0f} s left" if rate and done < of else ""
        print(f"  {step}: {done:,}{f' of {of:,}' if of else ''}{left}", file=sys.stderr, flush=True)

    return tell


def _progress(stack: ExitStack) -> tuple[Callable[[int], None], Callable[[object, str], None]]:
    """Return what to call with the number of pages, and for each page: a bar on a terminal, lines elsewhere."""
    if not sys.stderr.isatty():
        return (
            lambda pages: print(f"Building {pages} pages", file=sys.stderr, flush=True),
            lambda page, state: print(f"  {state}: {page}", file=sys.stderr, flush=True),
        )
    from tqdm import tqdm

    bar = stack.enter_context(tqdm(desc="Pages", unit="page", leave=False, dynamic_ncols=True))

    def start(pages: int) -> None:
        bar.total = pages
        bar.refresh()

    return start, lambda page, state: bar.update()


def _refresh(collection: Collection, options: argparse.Namespace) -> int:
    topics = read_topics(collection)
    for topic in options.topics:
        if topic not in topics:
            raise ParameterError(f"unknown topic {topic!r}. {known(topic, topics)}")
    from handouts.workers import without_slow_imports

    without_slow_imports()
    from handouts import notebook, pages

    failed = False
    for topic in options.topics or topics:
        path = collection.notebook(topic)
        try:
            nb = pages.refreshed(collection, topic)
            if options.check:
                state = "up to date" if notebook.is_stored(nb, path) else "out of date: run `handouts refresh`"
                failed = failed or state != "up to date"
            else:
                state = "refreshed" if notebook.write(nb, path) else "unchanged"
            print(f"{topic}: {state}", flush=True)
        except HandoutsError as error:
            print(f"handouts: {error}", file=sys.stderr)
            failed = True
    return 1 if failed else 0


def _list(collection: Collection, options: argparse.Namespace) -> int:
    topics = read_topics(collection)
    print("Topics")
    width = max(map(len, topics))
    for topic in topics.values():
        print(f"  {topic.name:<{width}}  {topic.purpose}")
    for parameter in read_parameters(collection).values():
        print(f"\n{parameter.label} (--{parameter.name})")
        width = max(map(len, parameter.values))
        for value, row in parameter.values.items():
            wants = f". What they want: {row['wants'].lower()}" if row.get("wants") else ""
            print(f"  {value:<{width}}  {row['label']}{' (default)' if value == parameter.default else ''}{wants}")
    return 0


def _shown(path: Path) -> str:
    """Return `path` from the working directory where it lies below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
