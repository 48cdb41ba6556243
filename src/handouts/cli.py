"""The command line: it parses, calls, prints. Nothing heavy is imported before it is needed."""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from handouts import __version__
from handouts.collection import Collection, find
from handouts.data import read_topics
from handouts.errors import HandoutsError, ParameterError, known
from handouts.parameters import Parameters, read_parameters
from handouts.progress import pages_done, shown, steps


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
    except BrokenPipeError:  # who reads our pipe, such as head, has gone
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
    _takes_work(build, "how many pages to make at a time")
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
    _takes_work(batch, "how many processes write at a time")
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

    check = commands.add_parser(
        "check",
        help="find what a page must not say, or could say better",
        description="Check what the pages say: numbers, sources, the safety text, the article's sentences, required parts, "
        "reviews, reading grade, balance. Exit code 1 where there is an error, 0 where there are warnings only.",
    )
    check.add_argument(
        "what", nargs="*", metavar="TOPIC|FILE",
        help="a topic, or a file of text to check as if it were a page; all topics where nothing is named",
    )  # fmt: skip
    check.add_argument(
        "--format", choices=["text", "json", "html"], default="text", help="how to print findings (default: text)"
    )
    check.add_argument("--trace", action="store_true", help="print where each sentence comes from instead")
    check.add_argument(
        "--on", type=_day, default=None, metavar="DATE", help="the day to compare reviews with (default: today)"
    )
    check.set_defaults(run=_check)

    changes = commands.add_parser(
        "changed",
        help="list the pages whose words changed since a git revision",
        description="List the pages whose words changed since a git revision, line by line: before with -, after with +. "
        "For the person who reviews them.",
    )
    changes.add_argument("revision", metavar="REV", help="a commit or tag, such as HEAD or v1")
    changes.set_defaults(run=_changed)

    listing = commands.add_parser(
        "list",
        help="show topics and readers",
        description="Show the topics, and the values a page can be asked for with.",
    )
    listing.set_defaults(run=_list)
    return parser


def _takes_work(command: argparse.ArgumentParser, what: str) -> None:
    """Add the options of commands that make pages."""
    command.add_argument(
        "--allow-expired", dest="today", action="store_const", const=None, default=date.today(), help="take topics whose review is overdue, too",
    )  # fmt: skip
    command.add_argument("--workers", type=_above_zero, metavar="N", help=f"{what} (default: one a core)")


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
        start, progress = pages_done(stack)
        result = build(
            collection, out, options.topics, asked,
            force=options.force, workers=options.workers, today=options.today, start=start, progress=progress,
        )  # fmt: skip
    for failure in result.failed:
        print(f"handouts: {failure}", file=sys.stderr)
    told = [f"{result.made} made", f"{result.unchanged} unchanged"]
    told += [f"{result.removed} removed that are no longer in the collection"] if result.removed else []
    told += [f"{len(result.failed)} failed; pages of the last build stay in their place"] if result.failed else []
    if result.outdated:
        told += [f"{result.outdated} others in the folder are out of date: run `handouts build` to renew them"]
    print(f"Pages: {', '.join(told)}. Open {shown(out / INDEX)}")
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
            workers=options.workers or os.cpu_count() or 1, dask=options.dask, dry_run=options.dry_run,
            today=options.today, progress=steps(stack),
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
        where = shown(Path(place)) if "://" not in place else place
        listed = f" The rows without a handout, with reasons: {REJECTED} there." if left else ""
        rate = f"{(done.made + done.unchanged) / max(seconds, 0.001):,.0f} a second"
        print(f"Handouts: {', '.join(told)}, in {seconds:,.1f} s ({rate}). See {where}.{listed}")
    return 1 if left or done.failed else 0


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


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-11-24") from None


def _check(collection: Collection, options: argparse.Namespace) -> int:
    from handouts.workers import without_slow_imports

    without_slow_imports()
    from handouts.checks import check, check_text, failing
    from handouts.readers import trace
    from handouts.rules import ERROR

    if options.trace:
        for cell, sentence, source in trace(collection):
            print(f"{cell}\n  {sentence}\n  from: {source}")
        return 0
    topics = read_topics(collection)
    named = [what for what in options.what if what in topics]
    texts = [Path(what) for what in options.what if what not in topics]
    for path in texts:
        if not path.is_file():
            raise ParameterError(f"{path}: is neither a topic nor a file. {known(str(path), topics)}")
    findings = check(collection, options.on or date.today(), named) if named or not texts else []
    findings += [finding for path in texts for finding in check_text(collection, path)]
    failed = [line for path in texts for line in failing(collection, path)]
    errors = sum(finding.severity == ERROR for finding in findings)
    if options.format == "json":
        print(json.dumps([finding.as_dict() for finding in findings], indent=1, ensure_ascii=False))
    elif options.format == "html":
        from handouts.scorecard import render_findings

        print(render_findings(collection, findings))
    else:
        for finding in findings:
            print(finding)
        for line in failed:
            print(line)
        print(f"Findings: {errors} errors, {len(findings) - errors} warnings.")
    return 1 if errors else 0


def _changed(collection: Collection, options: argparse.Namespace) -> int:
    from handouts.changed import changed

    found = list(changed(collection, options.revision))
    for path, lines in found:
        print(path, *(f"  {line}" for line in lines), sep="\n")
    if not found:
        print(f"No page has changed its words since {options.revision}.")
    return 0


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
