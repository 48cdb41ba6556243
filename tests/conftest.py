"""What tests share: a collection to change at will, and pages built once a session."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

import pytest

import chromium
from handouts.page.workers import without_slow_imports

without_slow_imports()  # two seconds a process; what the tests start finds tests/slim/
import nbformat
import polib

from handouts.build.addresses import publish_addresses
from handouts.build.review import code_of, compare_reviews, sign
from handouts.build.run import build_pages, read_manifest
from handouts.collection import Collection, open_collection
from handouts.collection.csvfile import write_table
from handouts.collection.parameters import Parameters
from handouts.collection.phrases import Phrases, read_catalogue
from handouts.collection.translations import renew_translations
from handouts.collection.words import Source
from handouts.page import list_variants
from handouts.page.cache import RUNS

if TYPE_CHECKING:
    from test_desk import Desk, Server

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts the tests behind itself has it ignored

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
COLLECTIONS = ROOT / "tests" / "collections"
NEEDLES, SMALLEST = COLLECTIONS / "needles", COLLECTIONS / "smallest"
INHALER, ICE = COLLECTIONS / "inhaler", COLLECTIONS / "ice-or-heat-or-neither"
"""The collections that tests stand on: one that compares two options, the smallest that builds, one without options, one with three."""
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT / "tests" / "slim"), os.environ.get("PYTHONPATH")]))
os.environ["HANDOUTS_COLLECTION"] = str(NEEDLES)  # for what tests start, too: never the one that educators work on


SLOW = {
    f"test_{name}.py" for name in (
        "batch", "browser", "build", "changed", "checks", "cli", "dask", "desk", "desk_trust", "panel", "engine_lives", "engine_same",
        "host_tools", "nbval", "no_dead_end", "pdf", "privacy", "right_page", "setup", "shipped", "snapshot", "workers",
    )
}  # fmt: skip
"""Modules that start servers, browsers, clusters, or kernels again and again: `./scripts/test --fast` leaves them out."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of slow modules."""
    for item in items:
        if item.path.name in SLOW:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def collection() -> Collection:
    """The small collection that uses every feature; nobody may change it."""
    return open_collection(NEEDLES)


@pytest.fixture(scope="session")
def shipped() -> Collection:
    """The collection of this repository, which educators change as they like."""
    return open_collection(ROOT)


@pytest.fixture
def parameters(collection: Collection) -> Parameters:
    return collection.parameters


def copied(source: Path, root: Path) -> Collection:
    """Copy the collection in the folder `source` to `root`, without what is kept of it."""
    for part in ("data", "notebooks"):
        shutil.copytree(source / part, root / part, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    return open_collection(root)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Collection:
    """A copy of the collection that a test may break; every tool started by the test finds it first."""
    # with the dictionary, which takes seconds to write, and what cells gave that nobody changed, for which no kernel starts
    for folder in ("data", "notebooks", ".cache/words", f".cache/pages/{RUNS}"):
        if (NEEDLES / folder).is_dir():
            shutil.copytree(NEEDLES / folder, tmp_path / "clinic" / folder, ignore=shutil.ignore_patterns("*.part"))
    monkeypatch.chdir(tmp_path / "clinic")
    monkeypatch.delenv("HANDOUTS_COLLECTION")
    return Collection(tmp_path / "clinic")


@pytest.fixture(scope="session")
def built(collection: Collection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every page of the collection."""
    out = tmp_path_factory.mktemp("built")
    result = build_pages(collection, out)
    assert result.failed == []
    publish_addresses({"": collection}, out)
    return out


@pytest.fixture(scope="session")
def pages(built: Path) -> dict[str, str]:
    """Every page as HTML, by its path in the manifest."""
    return {row["path"]: (built / row["path"]).read_text(encoding="utf-8") for row in read_manifest(built)}


@pytest.fixture
def clinic(copy: Collection, built: Path) -> Collection:
    """A copy of the collection whose pages are made: what a batch does with them shows fast."""
    shutil.copytree(open_collection(NEEDLES).cache, copy.cache, dirs_exist_ok=True)
    return copy


@pytest.fixture
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command of the environment and return what it printed."""

    def start(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **options.pop("env", {})}
        return subprocess.run(
            [str(BIN / str(command[0])), *map(str, command[1:])],
            capture_output=True, text=True, timeout=120, env=environment, **options,
        )  # fmt: skip

    return start


def now(collection: Collection) -> Collection:
    """Return the collection as a command that begins now reads it."""
    return open_collection(collection.root)


def anchor_of(picture: Element, text: Element) -> str:
    """Return which part of a line of text stands at its x in an SVG: start, middle or end."""
    said = re.findall(r"text-anchor: ?(\w+)", f"{picture.get('style', '')};{text.get('style', '')}")
    return said[-1] if said else "start"


ENGLISH = Phrases(read_catalogue("en"))
"""The words of the package."""


def edit(path: Path, before: str, after: str) -> None:
    """Replace `before`, which must stand in the file, by `after`."""
    content = path.read_text(encoding="utf-8")
    assert before in content, f"{before!r} is not in {path.name}"
    path.write_text(content.replace(before, after), encoding="utf-8")


def sign_pages(
    collection: Collection, topic: str, asked: dict[str, str] | None = None, *, on: str = "2026-01-15", due: str = "2027-01-15",
) -> None:  # fmt: skip
    """Record that A. Reviewer has reviewed the pages of `topic`, or those asked for, as they are now."""
    compared = compare_reviews(now(collection), list_variants(now(collection), [topic], asked))
    days = {"on": date.fromisoformat(on), "due": date.fromisoformat(due)}
    sign(now(collection), compared, code_of(compared), by="A. Reviewer", role="PT", **days)


PSEUDO = "qps"
ACCENTS = str.maketrans("aeiounycAEIOU", "áéíóúñýçÁÉÍÓÚ")
KEPT = re.compile(r"(\[@[^\]]*\]|\[=[^\]]*\]|\{\{.*?\}\}|\{\w+\}|\]\([^)]*\))")


def pseudo(text: str) -> str:
    """Return words that nobody takes for English: accents on each, and a third longer."""
    pieces = KEPT.split(text)
    pieces[::2] = [
        re.sub(r"[A-Za-z]+", lambda word: word[0].translate(ACCENTS) + "ż" * max(1, len(word[0]) // 3), piece)
        for piece in pieces[::2]
    ]
    return "".join(pieces)


def with_language(collection: Collection, tag: str, only: str, translate: Callable[[str], str]) -> Collection:
    """Give a collection a language, with all of its words translated."""
    row = {"language": tag, "label": "Pseudo", "only": only, "translated_by": ""}
    (collection.data / "languages.csv").write_text(write_table(list(row), [row]))
    renew_translations(Source(now(collection), only.split()), tag)
    for file in (collection.root / "po" / tag).glob("*.po"):
        change(file, lambda entry: (entry.flags.clear(), setattr(entry, "msgstr", translate(entry.msgid))))
    return now(collection)


def change(file: Path, how: Callable[[polib.POEntry], object], of: str = "") -> None:
    """Change the entries of a file of translations whose source begins with `of`."""
    stored = polib.pofile(str(file), wrapwidth=100)
    for entry in stored:
        if entry.msgid.startswith(of):
            how(entry)
    stored.save()


def po(collection: Collection, file: str, tag: str = PSEUDO) -> Path:
    """Return a file of translations."""
    return collection.root / "po" / tag / f"{file}.po"


def a_notebook(*cells: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a notebook with a parameters cell, followed by `cells`."""
    first = nbformat.v4.new_code_cell(
        'audience = "general"\nlevel = "original"\nsize = None', id="parameters", metadata={"tags": ["parameters"]}
    )
    first.execution_count = 1
    nb = nbformat.v4.new_notebook(cells=[first, *cells])
    for count, cell in enumerate(nb.cells):
        cell.id = cell.id if cell.id == "parameters" else f"cell-{count}"
    return nb


def text_cell(source: str, *tags: str) -> nbformat.NotebookNode:
    """Return a Markdown cell."""
    return nbformat.v4.new_markdown_cell(source, metadata={"tags": list(tags)} if tags else {})


class Blocks(HTMLParser):
    """The text of a page's paragraphs, list items, headings and cells, in order, without pictures."""

    ENDS = ("p", "li", "h1", "h2", "h3", "th", "td", "caption", "figcaption", "summary", "title")
    SKIPS = ("svg", "style")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.blocks: list[tuple[str, str]] = []
        self._text: list[str] = []
        self._skip = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._skip += tag in self.SKIPS
        if tag in self.ENDS or tag in ("ul", "ol", "div"):
            self._flush("text")

    def handle_endtag(self, tag: str) -> None:
        self._skip -= tag in self.SKIPS
        if tag in self.ENDS:
            self._flush(tag)

    def handle_data(self, data: str) -> None:
        if not self._skip:
            self._text.append(data)

    def _flush(self, tag: str) -> None:
        text = " ".join("".join(self._text).split())
        if text:
            self.blocks.append((tag, text))
        self._text = []


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A Chromium of this machine, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    path = chromium.find()
    if path is None:
        pytest.skip(chromium.MISSING)
    if subprocess.run([BIN / "playwright", "--version"], capture_output=True).returncode:
        pytest.skip("Playwright cannot start here: install what it needs (Debian: apt install libatomic1)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Server"]:
    """JupyterLab on a copy of the collection: one for each module of tests that asks."""
    from test_desk import serve

    yield from serve(tmp_path_factory)


@pytest.fixture
def fresh(server: "Server") -> Iterator["Server"]:
    """Give the server, and make its collection as it was again after the test."""
    from test_desk import lend

    yield from lend(server)


@pytest.fixture
def desk(fresh: "Server", browser: object) -> Iterator["Desk"]:
    """Open a new browser window on a server that shows the collection."""
    from test_desk import open_desk

    yield from open_desk(fresh, browser)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server of this test's own, on a socket in a folder."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [shutil.which("initdb")]
    if not found[-1]:
        pytest.skip(
            "no PostgreSQL on this machine: install it (Debian: apt install postgresql) to test rosters from it"
        )
    programs = Path(found[-1]).parent
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))  # pytest's own folders are closed to other users
    user: dict[str, object] = {}
    if os.getuid() == 0:  # the server refuses to run as root
        account = pwd.getpwnam("postgres")
        user = {"user": "postgres", "group": account.pw_gid, "extra_groups": []}
        shutil.chown(folder, "postgres")

    def call(program: str, *arguments: str | Path) -> None:
        subprocess.run([programs / program, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL, **user)

    call(
        "initdb",
        "--pgdata",
        folder / "data",
        "--username",
        "clinic",
        "--auth",
        "trust",
        "--no-sync",
        "--locale",
        "C.UTF-8",
    )
    call("pg_ctl", "--pgdata", folder / "data", "--wait", "--log", folder / "log",
         "-o", f"-c listen_addresses='' -c unix_socket_directories='{folder}'", "start")  # fmt: skip
    yield f"postgresql+psycopg://clinic@/postgres?host={folder}"
    call("pg_ctl", "--pgdata", folder / "data", "--wait", "--mode", "fast", "stop")
    shutil.rmtree(folder)
