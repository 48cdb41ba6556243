"""The PDFs of finished pages; those that did not change are kept."""

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import as_completed
from importlib.metadata import version
from pathlib import Path

from handouts.collection.clinic import read_clinic
from handouts.collection.folder import Collection
from handouts.page import pages
from handouts.page.pages import Variant
from handouts.page.pdf import attempt
from handouts.page.workers import processes


def on_paper(
    collection: Collection, out: Path, variants: Iterable[Variant], workers: int
) -> Iterator[tuple[Variant, bytes, str | None]]:
    """Yield the PDF of each page in `out`, and, in place of one, what failed."""
    paper = read_clinic(collection).paper
    made_by = version("weasyprint")
    to_print: dict[str, list[Variant]] = {}
    htmls: dict[str, str] = {}
    for variant in variants:
        if not (out / variant.path).is_file():
            continue
        html = (out / variant.path).read_bytes()
        name = f"{hashlib.sha256(b'|'.join([html, paper.encode(), made_by.encode()])).hexdigest()}.pdf"
        if (content := pages.cached_file(collection, name)) is not None:
            yield variant, content, None
        else:
            to_print.setdefault(name, []).append(variant)
            htmls[name] = html.decode()
    if not to_print:
        return
    with processes(min(workers, len(to_print))) as pool:
        futures = {pool.submit(attempt, htmls[name], paper): name for name in to_print}
        for future in as_completed(futures):
            try:
                content, failure = future.result()
            except Exception:  # a worker that died takes its page with it, not the rest
                content, failure = b"", "the process that printed it was ended. Run the same command again."
            if not failure:
                pages.keep_file(collection, futures[future], content)
            for variant in to_print[futures[future]]:
                yield variant, content, failure
