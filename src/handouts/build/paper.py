"""The PDFs of finished pages; those that did not change are kept."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from handouts.collection import Collection
from handouts.page import Variant
from handouts.page.cache import keep_file, read_kept_file
from handouts.page.keys import made_by
from handouts.page.pdf import try_pdf
from handouts.page.workers import do_all, processes


def print_pages(
    collection: Collection, out: Path, variants: Iterable[Variant], workers: int | None
) -> Iterator[tuple[Variant, bytes, str | None]]:
    """Yield the PDF of each page in `out`, and, in place of one, what failed."""
    variants = [variant for variant in variants if (out / variant.path).is_file()]
    if not variants:
        return
    paper = collection.clinic.paper
    by = made_by()
    to_print: dict[str, list[Variant]] = {}
    calls: dict[str, tuple[str, str]] = {}
    for variant in variants:
        html = (out / variant.path).read_bytes()
        name = f"{hashlib.sha256(b'|'.join([html, paper.encode(), by.encode()])).hexdigest()}.pdf"
        if (content := read_kept_file(collection, name)) is not None:
            yield variant, content, None
        else:
            to_print.setdefault(name, []).append(variant)
            calls[name] = (html.decode(), paper)
    if not calls:
        return
    with processes(min(workers or os.cpu_count() or 1, len(calls))) as pool:
        for name, printed in do_all(pool, try_pdf, calls):
            content, failure = printed or (b"", "the process that printed it was ended. Run the same command again.")
            if not failure:
                keep_file(collection, name, content)
            for variant in to_print[name]:
                yield variant, content, failure
