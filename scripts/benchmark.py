#!/usr/bin/env python
"""Measure how fast Handouts is, and write the table in the README.

Each row compares two ways of doing the same in one run, in turn, and takes medians. Both sides run
from compiled bytecode: ./scripts/setup compiles the environment. On a machine that does something else,
no figure counts as reached, and nothing is written.

    .venv/bin/python scripts/benchmark.py               measures all, and writes README.md and docs/speed.json
    .venv/bin/python scripts/benchmark.py --only export  measures one thing, and writes its rows
    .venv/bin/python scripts/benchmark.py --check        fails where a figure is a fifth worse than that of docs/speed.json
"""

import argparse
import csv
import json
import logging
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import papermill
from nbconvert import HTMLExporter

from handouts.build.run import build_pages
from handouts.collection import notebook
from handouts.collection.folder import Collection, open_collection
from handouts.collection.languages import read_languages
from handouts.collection.translated import in_language
from handouts.page.exporter import HandoutExporter
from handouts.page.make import PRELOAD, execute, make_page, try_page
from handouts.page.pdf import make_pdf
from handouts.page.tailor import tailor
from handouts.page.variant import Variant, list_variants
from handouts.page.workers import cluster, do_all, processes, without_slow_imports

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
QUIET = {
    "extra_arguments": ["--IPKernelApp.log_level=50"],
    "progress_bar": False,
    "request_save_on_cell_execute": False,
}
SILENT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
SPEED = ROOT / "docs" / "speed.json"
BEGIN, END = "<!-- what scripts/benchmark.py wrote -->", "<!-- up to here -->"
MOST_LOAD = 0.5
"""The load of a machine that does nothing else."""
Row = tuple[str, str, float, str, float, bool]
"""What, against what, the figure, its unit, the figure wanted, and whether more is better."""


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turn(times: int, *works: Callable[[], object]) -> list[float]:
    """Return the median time of each of `works`, run one after the other so many times."""
    taken = [[timed(work) for work in works] for _ in range(times)]
    return [median(column) for column in zip(*taken, strict=True)]


def one_variant(clinic: Collection) -> Iterator[Row]:
    """Execute one variant on a snapshot, by papermill's own engine, and its cells in place."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    variant = Variant("dry-needling-or-acupuncture", {"audience": "athlete", "level": "original", "size": "normal"})
    nb = notebook.read(clinic.notebook(variant.topic))
    cells = tailor(nb, variant.values, clinic.parameters, clinic.parts, "notebook")

    def run(engine: str | None) -> None:
        papermill.execute_notebook(
            cells, None, engine_name=engine, parameters=dict(variant.values), cwd=str(clinic.notebooks), kernel_name="python3", **QUIET,
            **(PRELOAD if engine else {}),
        )  # fmt: skip

    code = [cell for cell in cells.cells if cell.cell_type == "code"]
    first = next(count for count, cell in enumerate(code) if notebook.PARAMETERS in notebook.tags(cell))
    shell = InteractiveShell.instance(user_module=types.ModuleType("place"))

    def in_place(begin: int, end: int | None) -> None:
        with capture_output():
            for cell in code[begin:end]:
                shell.run_cell(cell.source).raise_error()

    here = os.getcwd()
    os.chdir(clinic.notebooks)
    in_place(0, first + 1)
    os.chdir(here)

    def below() -> None:
        os.chdir(clinic.notebooks)
        in_place(first + 1, None)
        os.chdir(here)

    run("snapshot")
    below()
    stock, snapshot, place = in_turn(9, lambda: run(None), lambda: run("snapshot"), below)
    yield (
        f"one variant on a snapshot ({snapshot * 1000:.0f} ms)",
        f"papermill's engine ({stock * 1000:.0f} ms)",
        stock / snapshot,
        "times faster",
        25,
        True,
    )
    yield (
        f"the same ({snapshot * 1000:.0f} ms)",
        f"its cells in place, warm ({place * 1000:.0f} ms)",
        snapshot / place,
        "times as long",
        1.3,
        False,
    )


def stock_page(clinic: Collection, variant: Variant) -> int:
    """Make one page with papermill's engine and nbconvert's lab template; return its length."""
    logging.getLogger("papermill").setLevel(logging.ERROR)
    executed = papermill.execute_notebook(
        str(clinic.notebook(variant.topic)), None, parameters=dict(variant.values), cwd=str(clinic.notebooks), **QUIET
    )
    return len(HTMLExporter(template_name="lab").from_notebook_node(executed)[0])


def whole_collection(clinic: Collection) -> Iterator[Row]:
    """Make every page of every language: forced, by papermill and nbconvert in a loop, after a change, and with nothing changed."""
    every = [clinic, *(in_language(clinic, tag)[0] for tag in read_languages(clinic))]
    wanted = [(one, variant) for one in every for variant in list_variants(one)]
    workers, out = os.cpu_count() or 1, clinic.root / "pages"
    text, table = clinic.notebook("your-dry-needling-session"), clinic.data / "the-needle.csv"
    before = {path: path.read_bytes() for path in (text, table)}
    turn = iter(range(1000))

    def stock() -> None:
        with processes(workers) as pool:
            list(pool.map(stock_page, *zip(*wanted, strict=True)))

    def build(*more: str) -> None:
        subprocess.run([BIN / "handouts", "build", "--workers", str(workers), "--out", out, *more], **SILENT)

    def change(path: Path, words: str) -> None:
        path.write_bytes(before[path].replace(words.encode(), f"{words} {next(turn)}".encode(), 1))

    def reword() -> None:
        change(text, "A session is short")

    def redraw() -> None:
        change(table, "Nothing is injected")

    def check() -> None:
        subprocess.run([BIN / "handouts", "check"], **SILENT)

    def nothing() -> None:
        subprocess.run([sys.executable, "-c", "pass"], check=True)

    stock_time, forced = in_turn(3, stock, lambda: build("--force"))
    _, words, _, value = in_turn(3, reword, build, redraw, build)
    for path, content in before.items():
        path.write_bytes(content)
    build()
    unchanged, start = in_turn(9, build, nothing)
    (checked,) = in_turn(3, check)
    yield (
        f"{len(wanted)} pages in {len(every)} languages, forced, a cold command ({forced:.1f} s)",
        f"papermill + nbconvert lab, {workers} processes each ({stock_time:.1f} s)",
        stock_time / forced, "times faster", 20, True,
    )  # fmt: skip
    yield (
        f"the same after words of one text cell changed ({words:.2f} s)", f"forced ({forced:.1f} s)",
        100 * words / forced, "% of it", 5, False,
    )  # fmt: skip
    yield (
        f"the same after one value of a table changed ({value:.2f} s)", f"forced ({forced:.1f} s)",
        100 * value / forced, "% of it", 20, False,
    )  # fmt: skip
    yield (
        f"the same with nothing changed ({unchanged:.2f} s)", f"`python -c pass` ({start * 1000:.0f} ms)",
        unchanged / start, "times as long", 2, False,
    )  # fmt: skip
    yield (
        f"`handouts check`, a cold command, checked before ({checked:.1f} s)", "the time wanted (2 s)",
        checked / 2, "times as long", 1, False,
    )  # fmt: skip


def export(clinic: Collection) -> Iterator[Row]:
    """Export one executed notebook by the handout exporter and by nbconvert's lab template, both warm."""
    wanted = list_variants(clinic, ["dry-needling-or-acupuncture"], {"audience": "athlete"})[0]
    nb = notebook.read(clinic.notebook(wanted.topic))
    executed = execute(clinic, nb, nb, wanted.values, f"notebooks/{wanted.topic}.ipynb")
    ours, lab = HandoutExporter(), HTMLExporter(template_name="lab")
    resources = {"metadata": {"name": wanted.topic}, "collection": clinic}
    page, stock = ours.from_notebook_node(executed, dict(resources))[0], lab.from_notebook_node(executed)[0]
    ours_time, lab_time = in_turn(
        15, lambda: ours.from_notebook_node(executed, dict(resources)), lambda: lab.from_notebook_node(executed)
    )
    yield (
        f"export of one page ({ours_time * 1000:.0f} ms)",
        f"nbconvert lab, warm ({lab_time * 1000:.0f} ms)",
        ours_time / lab_time,
        "of its time",
        0.15,
        False,
    )
    sizes = [len(re.sub(r"data:font/[^)]*", "", html).encode()) for html in (page, stock)]
    yield (
        f"its size, fonts apart ({sizes[0] / 1000:.0f} kB)", f"nbconvert lab ({sizes[1] / 1000:.0f} kB)",
        sizes[0] / sizes[1], "of its bytes", 0.1, False,
    )  # fmt: skip


def long_roster(path: Path, rows: int) -> Path:
    """Write a roster of invented people; the same every time."""
    draw = random.Random(rows)
    topics = ["your-dry-needling-session", "which-treatment-is-right", "dry-needling-or-acupuncture"]
    audiences = ["general", "athlete", "chronic-pain", "older-adult"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "topic", "audience", "first_name", "clinician"])
        writer.writerows(
            [f"R{number:07d}", draw.choice(topics), draw.choice(audiences), f"Person {number}", "Sam Example"] for number in range(rows)
        )  # fmt: skip
    return path


def rosters(clinic: Collection) -> Iterator[Row]:
    """Make ten thousand handouts, pages included, against papermill a row, and against writing plain files."""
    source, out, plain = long_roster(clinic.root / "10000.csv", 10_000), clinic.root / "handouts", clinic.root / "plain"

    def again() -> None:
        subprocess.run([BIN / "handouts", "batch", source, "--out", out], check=True, **SILENT)

    def ours() -> None:
        shutil.rmtree(clinic.cache, ignore_errors=True)
        clear()
        again()

    def clear() -> None:
        for folder in (out, plain):
            shutil.rmtree(folder, ignore_errors=True)
        os.sync()

    def write() -> None:
        plain.mkdir()
        for name, content in contents:
            (plain / name).write_bytes(content)

    wanted = list_variants(clinic)
    stock = timed(lambda: [stock_page(clinic, wanted[count % len(wanted)]) for count in range(50)]) / 50 * 10_000
    (cold,) = in_turn(3, ours)
    contents = [(path.name, path.read_bytes()) for path in out.glob("*.html")]
    _, warm, _, files = in_turn(7, clear, again, clear, write)
    total = sum(len(content) for _, content in contents)
    yield (
        f"10,000 rows, pages made too ({cold:.1f} s)",
        f"papermill + nbconvert once a row, from 50 ({stock / 3600:.1f} h)",
        stock / cold,
        "times faster",
        5000,
        True,
    )
    yield (
        f"10,000 rows, pages made before ({warm:.2f} s)",
        f"writing these {total / 1e6:.0f} MB as plain files, one process ({files:.2f} s)",
        warm / files,
        "times as long",
        1.2,
        False,
    )


def on_paper(clinic: Collection) -> Iterator[Row]:
    """Print one page by WeasyPrint alone and as we do, warm, and a roster."""
    from weasyprint import HTML

    variant = list_variants(clinic, ["your-dry-needling-session"], {"audience": "general", "level": "plain"})[0]
    html = make_page(clinic, variant).html
    paper = clinic.clinic.paper
    make_pdf(html, paper)
    ours, alone = in_turn(7, lambda: make_pdf(html, paper), lambda: HTML(string=html).write_pdf(pdf_variant="pdf/ua-1"))
    yield (
        f"PDF of one page ({ours:.2f} s)", f"WeasyPrint on the same page, in whatever font it finds ({alone:.2f} s)",
        ours / alone, "times as long", 1.1, False,
    )  # fmt: skip
    rows, workers = 8, os.cpu_count() or 1
    source = long_roster(clinic.root / "8.csv", rows)
    subprocess.run([BIN / "handouts", "batch", source, "--out", clinic.root / "letters"], check=True, **SILENT)
    (taken,) = in_turn(1, lambda: [shutil.rmtree(clinic.root / "letters"), subprocess.run(
        [BIN / "handouts", "batch", "--pdf", source, "--out", clinic.root / "letters"], check=True, **SILENT
    )])  # fmt: skip
    yield (
        f"PDFs for {rows} rows, pages made before ({taken:.1f} s)", f"a second of each of {workers} cores",
        rows / taken / workers, "PDFs", 20, True,
    )  # fmt: skip


def more_workers(clinic: Collection) -> Iterator[Row]:
    """Make the collection ten times over with one worker, with two, and with two Dask workers."""
    anew = partial(try_page, fresh=True)
    to_make = {(count, variant): (clinic, variant) for count in range(10) for variant in list_variants(clinic)}

    def seconds(executor: Executor) -> float:
        list(do_all(executor, anew, dict(list(to_make.items())[:4])))  # workers and snapshots have started
        return timed(lambda: list(do_all(executor, anew, to_make)))

    with processes(1) as one:
        alone = seconds(one)
    with processes(2) as two:
        both = seconds(two)
    with a_cluster() as address, cluster(address) as (executor, _):
        dask = seconds(executor)
    yield (
        f"{len(to_make)} pages, 2 workers ({both:.1f} s)",
        f"1 worker ({alone:.1f} s)",
        alone / both,
        "times faster",
        1.9,
        True,
    )
    yield (
        f"{len(to_make)} pages, 2 Dask workers ({dask:.1f} s)",
        f"1 worker ({alone:.1f} s)",
        alone / dask,
        "times faster",
        1.8,
        True,
    )


@contextmanager
def a_cluster() -> Iterator[str]:
    """Give the address of a Dask scheduler on this machine with two workers of one thread."""
    started = []
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder) / "scheduler.json"
        dask = [
            BIN / "dask",
            "scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
            "--scheduler-file",
            at,
        ]
        started.append(subprocess.Popen(dask, stderr=subprocess.DEVNULL))
        while not at.exists() or not at.read_text().strip():
            time.sleep(0.05)
        address = json.loads(at.read_text())["address"]
        for _ in range(2):
            dask = [BIN / "dask", "worker", address, "--nthreads", "1", "--no-dashboard", "--local-directory", folder]
            started.append(subprocess.Popen(dask, stderr=subprocess.DEVNULL))
        time.sleep(4)
        try:
            yield address
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait()


def memory(clinic: Collection) -> Iterator[Row]:
    """Take the most memory that a batch of 10,000 and of 100,000 rows hold at a time, workers included."""
    most = []
    build_pages(clinic, clinic.root / "pages")
    for rows in (10_000, 100_000):
        source = long_roster(clinic.root / f"{rows}.csv", rows)
        # From a small process: a child starts with the peak of the one that it was forked from.
        told = subprocess.run(
            [sys.executable, "-c", PEAK, BIN / "handouts", "batch", source, "--out", clinic.root / "handouts"],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        most.append(int(told.stdout) / 1024)
    yield (
        f"peak memory, 100,000 rows ({most[1]:.0f} MB)",
        f"10,000 rows ({most[0]:.0f} MB)",
        most[1] / most[0],
        "times as much",
        1.05,
        False,
    )


PEAK = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
print(usage.ru_maxrss)
sys.exit(process.returncode)
"""
"""Runs a command and prints the most memory that it or one of its children held, in kB."""

MEASURES = (one_variant, whole_collection, export, on_paper, rosters, more_workers, memory)


def describe_machine() -> str:
    """Return what measures, in a line."""
    memory_size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory_size:.0f} GiB, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def as_table(rows: list[dict[str, Any]], *, busy: bool) -> str:
    """Return the rows as Markdown."""
    told = ["| what | against | measured | wanted |", "|---|---|---|---|"]
    for row in rows:
        reached = (
            "" if row["reached"] and not busy else ": not counted, the machine was busy" if busy else ": not reached"
        )
        told.append(
            f"| {row['what']} | {row['against']} | {row['figure']:.3g} {row['unit']} | {row['wanted']:g}{reached} |"
        )
    return "\n".join(told)


def is_worse(row: dict[str, Any], stored: dict[str, Any]) -> bool:
    """Tell whether a figure is a fifth worse than the one that is stored."""
    better, worse = (row["figure"], stored["figure"]) if row["more"] else (stored["figure"], row["figure"])
    return bool(better < worse / 1.2)


def main() -> None:
    """Measure, print the table, and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--only", nargs="+", choices=[measure.__name__ for measure in MEASURES])
    parser.add_argument("--check", action="store_true", help="compare with docs/speed.json, and write nothing")
    options = parser.parse_args()
    logging.getLogger("papermill").setLevel(logging.ERROR)
    without_slow_imports()
    load = os.getloadavg()[0]
    busy = load > MOST_LOAD
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("papermill", "nbconvert", "ipykernel", "matplotlib", "pandas")
    )
    machine = describe_machine()
    print(f"{machine}; {versions}; load {load:.2f}{': busy, no figure counts' if busy else ''}\n", file=sys.stderr)
    rows: list[dict[str, Any]] = []
    # Beside the collection, not in /tmp: there a disk may be memory.
    with tempfile.TemporaryDirectory(prefix=".benchmark-", dir=ROOT) as folder:
        for part in ("data", "notebooks", "po"):
            shutil.copytree(ROOT / part, Path(folder) / part)
        os.chdir(folder)
        for measure in MEASURES:
            if not options.only or measure.__name__ in options.only:
                for what, against, figure, unit, wanted, more in measure(open_collection(folder)):
                    reached = figure >= wanted if more else figure <= wanted
                    rows.append(
                        {
                            "measure": measure.__name__,
                            "what": what,
                            "against": against,
                            "figure": figure,
                            "unit": unit,
                            "wanted": wanted,
                            "more": more,
                            "reached": reached,
                        }
                    )
                    print(as_table(rows[-1:], busy=busy).splitlines()[-1], flush=True)
        os.chdir(ROOT)
    stored = json.loads(SPEED.read_text()) if SPEED.is_file() else {"machine": "", "rows": []}
    if options.check:
        if stored["machine"] != machine:
            raise SystemExit(f"docs/speed.json is of another machine ({stored['machine']}): nothing to compare with.")
        measured = {row["measure"] for row in rows}
        known = list(zip(rows, [row for row in stored["rows"] if row["measure"] in measured], strict=True))
        worse = [
            f"{one['what']}: {one['figure']:.3g} {one['unit']}, was {before['figure']:.3g}"
            for one, before in known
            if is_worse(one, before)
        ]
        raise SystemExit("\n".join(["A fifth worse than in docs/speed.json:", *worse]) if worse else 0)
    if busy:
        return
    kept = (
        [row for row in stored["rows"] if row["measure"] not in {one["measure"] for one in rows}]
        if stored["machine"] == machine
        else []
    )
    order = [measure.__name__ for measure in MEASURES]
    rows = sorted([*kept, *rows], key=lambda row: order.index(row["measure"]))
    SPEED.write_text(json.dumps({"machine": machine, "versions": versions, "rows": rows}, indent=1) + "\n")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    head, _, rest = readme.partition(BEGIN)
    told = f"{machine}; {versions}\n\n{as_table(rows, busy=False)}"
    (ROOT / "README.md").write_text(f"{head}{BEGIN}\n\n{told}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
