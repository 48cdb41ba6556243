"""The manifest: the list of the pages in a folder, and what a page tells of itself."""

import csv
import io
import re
from html import unescape
from pathlib import Path

from handouts.errors import OutputError

MANIFEST = "manifest.csv"


def read_manifest(out: Path) -> list[dict[str, str]]:
    """Return the rows of the manifest in `out`; none where there is no manifest. Raises OutputError."""
    try:
        rows = list(csv.DictReader(io.StringIO((out / MANIFEST).read_text(encoding="utf-8"))))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, csv.Error) as error:
        raise OutputError(f"{out / MANIFEST}: cannot be read ({error}). Delete it, then build again.") from error
    if any(row.get("path") is None or row.get("topic") is None for row in rows):
        raise OutputError(f"{out / MANIFEST}: is not a list of pages. Delete it or choose another folder with --out.")
    return rows


def told_by(html: str, name: str) -> str:
    """Return what a page tells of itself in its head under `name`, or ""."""
    return between(html, f'<meta name="{name}" content="', '"')


def between(text: str, before: str, after: str) -> str:
    """Return what stands in `text` between `before` and `after`, or ""."""
    found = re.search(f"{before}(.*?){after}", text)
    return unescape(found[1]) if found else ""
