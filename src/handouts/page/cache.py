"""The pages and PDFs that need not be made again, by a digest of all that they were made from."""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict

from handouts import files
from handouts.collection import Collection
from handouts.errors import HandoutsError, OutputError
from handouts.page.keys import Likeness, key_of, key_of_stored, likeness_of, read_stored
from handouts.page.make import Page
from handouts.page.variant import Variant

RUNS = "outputs"
"""The folder, among the finished pages, of what cells gave when they ran."""
JUDGED = "judged"
"""The folder of what was found of pages."""
ALIKE = "alike"
"""The folder of what tables pages read: a page is taken where those are as they were."""
MOST_CACHED = 500
"""How many finished pages are kept; those used longest ago go first."""


def read_kept(collection: Collection, key: str) -> Page | None:
    """Return the finished page of `key`, if there is one."""
    content = read_kept_file(collection, f"{key}.json")
    if content is None:
        return None
    try:
        page = Page(**json.loads(content))
    except (ValueError, TypeError):  # of another version, or damaged: it is made again
        return None
    return page


def read_kept_pages(collection: Collection, wanted: Iterable[Variant]) -> dict[Variant, Page]:
    """Return those of the variants `wanted` that are finished, with their pages."""
    found = {}
    for variant in wanted:
        with suppress(HandoutsError):
            if page := read_kept(collection, key_of(collection, variant)):
                found[variant] = page
    return found


def read_alike(collection: Collection, variant: Variant) -> tuple[str, Page] | None:
    """Return the finished page of `variant`, with its key now, where all that it was made from is as it was.

    That is looked at table by table, and the page is kept by its new key. Raises NotebookError.
    """
    stored = read_stored(collection, variant.topic)
    likeness = likeness_of(collection, variant, stored)
    try:
        alike = json.loads(read_kept_file(collection, f"{ALIKE}/{likeness.digest}.json") or b"")
    except ValueError:
        return None
    as_it_was = all(likeness.tables.get(name) == digest for name, digest in alike["tables"].items())
    page = read_kept(collection, alike["key"]) if as_it_was else None
    if page is None:
        return None
    key = key_of_stored(collection, variant, stored)
    keep(collection, key, page, Likeness(likeness.digest, alike["tables"]))
    return key, page


def keep(collection: Collection, key: str, page: Page, likeness: Likeness | None) -> None:
    """Keep the finished page of `key` for the next build; where that cannot be, the next build makes it again."""
    keep_file(collection, f"{key}.json", json.dumps(asdict(page), ensure_ascii=False).encode())
    if likeness:
        told = {"key": key, "tables": dict(likeness.tables)}
        keep_file(collection, f"{ALIKE}/{likeness.digest}.json", json.dumps(told).encode())


def read_kept_file(collection: Collection, name: str) -> bytes | None:
    """Return the kept file `name`, if there is one."""
    path = collection.cache / name
    try:
        content = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    return content


def keep_file(collection: Collection, name: str, content: bytes) -> None:
    """Keep a file that was dear to make."""
    with suppress(OutputError):
        files.write(collection.cache / name, content)


def forget_oldest(collection: Collection) -> None:
    """Remove the finished pages, and their PDFs, beyond MOST_CACHED, and as many of what cells gave, what was found, and what was read."""
    for folder in (collection.cache, *(collection.cache / name for name in (RUNS, JUDGED, ALIKE))):
        used = []
        for path in folder.glob("*.*"):
            with suppress(FileNotFoundError):  # another build forgets too
                used.append((path.stat().st_mtime, path))
        for _, path in sorted(used, reverse=True)[MOST_CACHED:]:
            with suppress(OSError):
                path.unlink(missing_ok=True)
