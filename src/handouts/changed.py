"""What changed in the words of the pages since a git revision: before and after, for who reviews them."""

import difflib
import io
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from handouts import pages
from handouts.build import make_all, variants
from handouts.collection import Collection
from handouts.errors import OutputError
from handouts.workers import processes

BLOCKS = ("p", "li", "h1", "h2", "h3", "th", "td", "caption", "figcaption", "summary")


def changed(collection: Collection, revision: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each page whose words changed since `revision`, with its lines: "- before" and "+ after".

    A page that is new, or gone, has all of its lines. Raises OutputError where git does not know the
    revision, or the collection as it was then cannot be made into pages any more.
    """
    with tempfile.TemporaryDirectory() as folder:
        before = _words(_as_of(collection, revision, Path(folder)))
        after = _words(collection)
    for path in dict.fromkeys([*after, *before]):
        lines = list(difflib.ndiff(before.get(path, []), after.get(path, [])))
        told = [line for line in lines if line.startswith(("- ", "+ "))]
        if told:
            yield path, told


def _as_of(collection: Collection, revision: str, folder: Path) -> Collection:
    archive = subprocess.run(
        ["git", "-C", collection.root, "archive", "--format=zip", revision, "data", "notebooks"],
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        reason = archive.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise OutputError(
            f"{revision}: git cannot show the collection as it was then ({' '.join(reason)}). Name a commit or a tag."
        )
    with zipfile.ZipFile(io.BytesIO(archive.stdout)) as files:
        files.extractall(folder)
    return Collection(folder.resolve())


def _words(collection: Collection) -> dict[str, list[str]]:
    """Return the lines of every page, by its path."""
    surroundings = pages.surroundings(collection)
    wanted = {pages.key(collection, variant, surroundings): variant for variant in variants(collection)}
    html = {key: page for key in wanted if (page := pages.cached(collection, key))}
    to_make = {key: variant for key, variant in wanted.items() if key not in html}
    if to_make:
        with processes(min(os.cpu_count() or 1, len(to_make))) as pool:
            for key, variant, page, failure in make_all(collection, to_make, pool):
                if failure:
                    raise OutputError(f"{variant}: cannot be compared: {failure}")
                html[key] = page
    return {variant.path: _lines(html[key]) for key, variant in wanted.items()}


def _lines(html: str) -> list[str]:
    reader = _Lines()
    reader.feed(html[html.index("<body") : html.index("<footer")])
    return reader.lines


class _Lines(HTMLParser):
    """The words of a page, a line for each paragraph, bullet, heading and cell; without pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._words: list[str] = []
        self._picture = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._picture = self._picture or tag == "svg"
        if tag in BLOCKS:
            self._end()

    def handle_endtag(self, tag: str) -> None:
        self._picture = self._picture and tag != "svg"
        if tag in BLOCKS:
            self._end()

    def handle_data(self, data: str) -> None:
        if not self._picture:
            self._words.append(data)

    def _end(self) -> None:
        if line := " ".join("".join(self._words).split()):
            self.lines.append(line)
        self._words = []
