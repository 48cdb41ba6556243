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

from handouts.cli import tending
from handouts.cli.building import build
from handouts.cli.parser import make_parser
from handouts.cli.progress import shown, steps
from handouts.collection import Collection, find
from handouts.errors import STOPPED, HandoutsError, ParameterError, known


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 for done, 1 for failed, 2 for not understood."""
    for name in ("stdout", "stderr"):  # a terminal or a service may have closed them
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115  # stays open as long as the process
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        collection, missing = None, None
        try:
            collection = find()
            parameters = collection.parameters
        except HandoutsError as error:
            missing, parameters = error, {}
        if missing and not {"-h", "--help", "--version", tending.INIT} & set(arguments):
            raise missing
        options = make_parser(parameters).parse_args(arguments)
        from handouts.page.workers import without_slow_imports

        without_slow_imports()
        if options.run == tending.INIT:
            return tending.init(options)
        if missing or collection is None:
            raise missing or AssertionError
        if getattr(options, "language", None) and options.run != "build":
            from handouts.collection.translated import in_language

            collection = in_language(collection, options.language)[0]
        return int(COMMANDS[options.run](collection, options))
    except HandoutsError as error:
        print(f"handouts: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(STOPPED, file=sys.stderr)
        sys.stderr.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())  # a pool that was stopped half-way may complain
        return 130
    except BrokenPipeError:  # who reads our pipe, such as head, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _batch(collection: Collection, options: argparse.Namespace) -> int:
    from handouts.batch import make_handouts, open_roster
    from handouts.batch.account import REJECTED
    from handouts.batch.sources import find_source
    from handouts.batch.targets import Target
    from handouts.collection.languages import main_of
    from handouts.page.workers import is_open

    if options.dask and is_open(options.dask):
        print(f"handouts: {options.dask}: details of persons go over the network as they are. Use tls://, as the README says, where it is not yours alone.", file=sys.stderr)  # fmt: skip
    start = time.monotonic()
    declared = find_source(collection, options.roster, options.source)
    with open_roster(options.roster, options.sql, declared) as roster, ExitStack() as stack:
        stem = "roster" if options.sql else Path(options.roster).stem
        place = options.out or str(main_of(collection).personal / stem)
        done = make_handouts(
            collection, roster, place,
            workers=options.workers or os.cpu_count() or 1, dask=options.dask, dry_run=options.dry_run,
            today=options.today,
            pdf=options.pdf, print_files=options.print_files, shared=options.shared, progress=steps(stack),
        )  # fmt: skip
    for failure in done.failed:
        print(f"handouts: {failure}", file=sys.stderr)
    if done.unused:
        print(f"Columns that nothing was made of: {', '.join(done.unused)}.")
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
        told += [f"{done.removed:,} of earlier batches removed"] if done.removed else []
        told += [f"{done.print_files} files for the printer, print.001.pdf and on"] if done.print_files else []
        where = shown(Path(place)) if "://" not in place else Target(place).shown
        listed = f" The rows without a handout, with reasons: {REJECTED} there." if left else ""
        rate = f"{(done.made + done.unchanged) / max(seconds, 0.001):,.0f} a second"
        others = f" {done.others:,} other files there are of no row, such as {done.other}." if done.others else ""
        print(f"Handouts: {', '.join(told)}, in {seconds:,.1f} s ({rate}). See {where}.{listed}{others}")
    return 1 if left or done.failed else 0


def _refresh(collection: Collection, options: argparse.Namespace) -> int:
    topics = collection.topics
    for topic in options.topics:
        if topic not in topics:
            raise ParameterError(f"unknown topic {topic!r}. {known(topic, topics)}")
    from handouts.collection import notebook
    from handouts.page.make import refresh

    failed = False
    for topic in options.topics or topics:
        path = collection.notebook(topic)
        try:
            nb = refresh(collection, topic)
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


def _check(collection: Collection, options: argparse.Namespace) -> int:
    from handouts.checks.findings import ERROR
    from handouts.checks.paper import check_sheets
    from handouts.checks.run import check_collection, check_text, failing
    from handouts.checks.trace import trace

    topics = collection.topics
    named = [what for what in options.what if what in topics]
    texts = [Path(what) for what in options.what if what not in topics]
    for path in texts:
        if not path.is_file():
            raise ParameterError(f"{path}: is neither a topic nor a file. {known(str(path), topics)}")
    if options.trace:
        if texts:
            raise ParameterError(
                f"{texts[0]}: is no topic, and only topics can be traced. {known(str(texts[0]), topics)}"
            )
        for cell, sentence, source in trace(collection, named):
            print(f"{cell}\n  {sentence}\n  from: {source}")
        return 0
    findings = check_collection(collection, options.on or date.today(), named) if named or not texts else []
    findings += [finding for path in texts for finding in check_text(collection, path)]
    failed = [answer for path in texts for answer in failing(collection, path)]
    on_paper, measured = check_sheets(collection, named) if options.sheets else ([], [])
    findings += on_paper
    errors = sum(finding.severity == ERROR for finding in findings)
    if options.format == "json":
        items = [
            {
                "rule": "standard",
                "severity": "item",
                "file": file,
                "cell": "",
                "sentence": "",
                "told": str(answer),
                "authority": answer.item.instrument,
            }
            for file, answer in failed
        ]
        print(json.dumps([*(finding.as_dict() for finding in findings), *items], indent=1, ensure_ascii=False))
    elif options.format == "html":
        from handouts.checks.scorecard import render_findings

        print(render_findings(collection, findings, failed))
    else:
        for finding in findings:
            print(finding)
        for _, answer in failed:
            print(answer)
        for variant, sheets in measured:
            emptiest = min((sheet.filled for sheet in sheets[:-1]), default=1.0)
            smallest = min(sheet.smallest for sheet in sheets)
            print(
                f"{variant}: {len(sheets)} sheets, type from {smallest:g} points, emptiest {emptiest:.0%}, last {sheets[-1].filled:.0%}"
            )
        print(f"Findings: {errors} errors, {len(findings) - errors} warnings.")
    return 1 if errors else 0


def _changed(collection: Collection, options: argparse.Namespace) -> int:
    from handouts.build import compare

    found = list(compare(collection, options.revision))
    for path, lines in found:
        print(path, *(f"  {line}" for line in lines), sep="\n")
    if not found:
        print(f"No page has changed its words since {options.revision}.")
    return 0


def _preview(collection: Collection, options: argparse.Namespace) -> int:
    topics = collection.topics
    if options.topic and options.topic not in topics:
        raise ParameterError(f"unknown topic {options.topic!r}. {known(options.topic, topics)}")
    from handouts.desk import start

    start(collection, options.topic)
    return 0


def _desk(collection: Collection, options: argparse.Namespace) -> int:
    from handouts.desk import start_lab

    start_lab(collection, options.arguments)
    return 0


def _list(collection: Collection, options: argparse.Namespace) -> int:
    topics = collection.topics
    print("Topics")
    width = max(map(len, topics), default=0)
    for topic in topics.values():
        print(f"  {topic.name:<{width}}  {topic.purpose}")
    for parameter in collection.parameters.values():
        print(f"\n{parameter.label} (--{parameter.name})")
        width = max(map(len, parameter.values))
        for value, row in parameter.values.items():
            wants = f". What they want: {row['wants'].lower()}" if row.get("wants") else ""
            print(f"  {value:<{width}}  {row['label']}{' (default)' if value == parameter.default else ''}{wants}")
    return 0


COMMANDS = {
    "build": build, "batch": _batch, "refresh": _refresh, "check": _check, "changed": _changed, "translate": tending.translate, "preview": _preview, "desk": _desk, "list": _list,
    "new": tending.new, "duplicate": tending.duplicate, "rename": tending.rename, "remove": tending.remove, "safety": tending.safety, "review": tending.review, "recall": tending.recall, "cite": tending.cite,
}  # fmt: skip
