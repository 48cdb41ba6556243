"""The manifest: the list of the pages in a folder."""

import csv
import io
import re
from html import unescape
from pathlib import Path

from handouts.collection import MANIFEST
from handouts.errors import OutputError
from handouts.page import Page


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


def read_page(html: str) -> Page:
    """Return a page that lies in a folder since an earlier build, with what it says of itself."""

    def between(before: str, after: str) -> str:
        found = re.search(f"{before}(.*?){after}", html)
        return unescape(found[1]) if found else ""

    told = {
        name: between(f'<meta name="{name}" content="', '"')
        for name in ("version", "reviewed_by", "reviewed_on", "review_due")
    }
    parts = re.findall(r'class="part part-([\w-]+)"', html)
    return Page(html=html, title=between("<h1>", "</h1>"), parts=list(dict.fromkeys(parts)), **told)
