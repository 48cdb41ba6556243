"""Build a collection: every variant's page into a folder, with a manifest and an index.

Pages that did not change are taken from the cache. The rest are made in parallel, one process a
core; a page that fails is told and the others are made all the same.
"""

import csv
import io
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from handouts import files
from handouts.build.manifest import read_manifest
from handouts.build.paper import on_paper
from handouts.checks import readability
from handouts.collection.article import read_article
from handouts.collection.clinic import Topic, read_clinic, read_topics
from handouts.collection.folder import LIST, MANIFEST, Collection
from handouts.collection.parameters import Parameters, offered, read_parameters
from handouts.errors import HandoutsError, OutputError
from handouts.page import pages
from handouts.page.around import between, told_by
from handouts.page.many import make_all, variants
from handouts.page.pages import Made, Variant
from handouts.page.pdf import check_can_print
from handouts.page.workers import processes

INDEX = "index.html"
SCORECARD = "scorecard.html"
TOLD = ("version", "reviewed_by", "reviewed_on", "review_due")  # what a page tells of itself in its head


@dataclass
class Result:
    """What a build did: how many pages it made, found unchanged, and removed; and what failed.

    `unready` says which pages lack a part that they require; `kept` counts those that are no more in the collection
    and stay until their replacements are whole; `outdated` those in the folder that were not asked for and that a build
    would make anew. `saved` tells whether notebooks or tables were saved while it ran.
    """

    made: int = 0
    unchanged: int = 0
    removed: int = 0
    kept: int = 0
    outdated: int = 0
    saved: bool = False
    unready: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def build(
    collection: Collection,
    out: Path,
    topics: Sequence[str] = (),
    asked: Mapping[str, str] | None = None,
    *,
    force: bool = False,
    workers: int | None = None,
    today: date | None = None,
    pdf: bool = False,
    progress: Callable[[Variant, str], None] = lambda variant, state: None,
    start: Callable[[int], None] = lambda pages: None,
) -> Result:
    """Write the pages of `topics` with the values `asked` for into `out`, then manifest and index.

    A page is written whole or not at all, and one that fails leaves the page of the last build in
    place; pages that are no more in the collection go when all others are whole. Pages whose review was due before `today` are not made. With `pdf` each page has a PDF beside it; one that
    is there already is renewed in any case, so that none grows old. `start` is told how many pages there are, `progress` each page and what became of it.
    Raises HandoutsError for what stops all pages: broken tables, a folder that cannot be written.
    """
    wanted = variants(collection, topics, asked)
    read_clinic(collection)
    read_article(collection)
    for personal in (out / LIST, *out.glob(f"*/{LIST}")):
        if personal.is_file():
            raise OutputError(
                f"{personal.parent}: holds handouts of persons ({LIST}), and pages are published. Move it away, or build elsewhere with --out."
            )
    listed, gone = _listed(collection, out)
    if not topics and not asked:  # everything: also what was asked for in other print sizes before
        wanted += [variant for variant in listed if variant not in wanted]
    _check_writable(out)
    had_pdf = {row["path"] for row in read_manifest(out) if row.get("pdf")}
    printed = [variant for variant in wanted if pdf or variant.path in had_pdf or (out / variant.pdf_path).is_file()]
    if printed:
        check_can_print()
    start(len(wanted))
    result = Result()
    declared = read_topics(collection)
    surroundings = pages.surroundings(collection)
    to_make: dict[str, Variant] = {}
    for variant in wanted:
        if (topic := declared[variant.topic]).overdue(today):
            told = f"{variant}: its review was due on {topic.review_due}. Have it reviewed, or make it all the same with --allow-expired."
            _fail(result, variant, told, progress)
            continue
        try:
            key = pages.key(collection, variant, surroundings)
        except HandoutsError as error:
            _fail(result, variant, str(error), progress)
            continue
        html = None if force else pages.cached(collection, key)
        if html is None:
            to_make[key] = variant
        elif _write(out, variant, html):
            result.made += 1
            progress(variant, "made before")
        else:
            result.unchanged += 1
            progress(variant, "unchanged")
    for variant, made in _made(collection, list(to_make.values()), workers or os.cpu_count() or 1):
        if made.failure:
            _fail(result, variant, made.failure, progress)
            continue
        _write(out, variant, made.html)
        result.made += 1
        progress(variant, "made")
    for variant, content, failure in on_paper(collection, out, printed, workers or os.cpu_count() or 1):
        if failure:
            _fail(result, variant, f"{variant}: {failure}", progress)
            files.remove(out / variant.pdf_path)  # of an older page
        elif files.write(out / variant.pdf_path, content):
            progress(variant, "printed")
    if result.failed or topics or asked:  # what is to stand in their place is not whole
        result.kept = len(gone)
    else:
        for row in gone:
            for name in (row["path"], f"{row['path'].removesuffix('.html')}.pdf"):
                files.remove(out / name)
        result.removed, gone = len(gone), []
    others = [variant for variant in listed if variant not in wanted]
    result.outdated = sum(not _up_to_date(collection, out, variant, surroundings) for variant in others)
    result.unready = _describe(collection, out, [*wanted, *others], gone)
    result.saved = surroundings != pages.surroundings(collection)
    return result


def _write(out: Path, variant: Variant, html: str) -> bool:
    """Write a page, and tell whether it changed; a PDF of the page that was there goes first, so that none is older than its page."""
    path, content = out / variant.path, html.encode()
    if path.is_file() and path.read_bytes() == content:
        return False
    files.remove(out / variant.pdf_path)
    return files.write(path, content)


def _up_to_date(collection: Collection, out: Path, variant: Variant, surroundings: str) -> bool:
    try:
        html = pages.cached(collection, pages.key(collection, variant, surroundings))
    except HandoutsError:
        return False
    return html is not None and (out / variant.path).read_bytes() == html.encode()


def _fail(result: Result, variant: Variant, failure: str, progress: Callable[[Variant, str], None]) -> None:
    result.failed.append(failure)
    progress(variant, "failed")


def _made(collection: Collection, to_make: Sequence[Variant], workers: int) -> Iterator[tuple[Variant, Made]]:
    """Yield each variant with its page or what failed, in the order they are done."""
    if to_make:
        with processes(min(workers, len(to_make))) as pool:
            yield from make_all(collection, to_make, pool)


def _check_writable(out: Path) -> None:
    """Raise OutputError where `out` cannot be written, before any work is done."""
    probe = out / f".writable-{secrets.token_hex(8)}"
    files.write(probe, b"")
    probe.unlink(missing_ok=True)


def _listed(collection: Collection, out: Path) -> tuple[list[Variant], list[dict[str, str]]]:
    """Return the variants that the manifest in `out` lists, and its rows of those that are no more.

    Pages of earlier builds stay listed while their variant exists: a build of one topic is no reason
    to forget the others.
    """
    parameters, topics = read_parameters(collection), read_topics(collection)
    listed: list[Variant] = []
    gone: list[dict[str, str]] = []
    for row in read_manifest(out):
        values = {name: row.get(name) or "" for name in parameters}
        variant = Variant(row["topic"], values)
        exists = (
            variant.topic in topics
            and all(value in parameters[name].values for name, value in values.items())
            and offered(topics[variant.topic].only, values)
        )
        if not (out / row["path"]).is_file() or not (out / row["path"]).resolve().is_relative_to(out.resolve()):
            continue
        if exists and variant.path == row["path"]:
            listed.append(variant)
        else:
            gone.append(row)
    return listed, gone


def _describe(
    collection: Collection, out: Path, here: Sequence[Variant], gone: Sequence[Mapping[str, str]]
) -> list[str]:
    """Write manifest and index of the pages `here`, and return those that lack a part that they require.

    What they say of a page is read from the page. Those and the rows `gone` stand in the manifest only.
    """
    parameters, topics = read_parameters(collection), read_topics(collection)
    rows = []
    unready = []
    for variant in sorted(here, key=lambda variant: _order(variant, topics, parameters)):
        html = _text_of(out / variant.path)
        if html:
            if missing := pages.missing_parts(html, variant.values, parameters):
                unready.append(f"{variant}: {_lacks(missing)}")
            told = {name: told_by(html, name) for name in TOLD}
            rows.append(
                {
                    "path": variant.path,
                    "topic": variant.topic,
                    **variant.values,
                    **told,
                    "pdf": variant.pdf_path if (out / variant.pdf_path).is_file() else "",
                    "missing": " ".join(missing),
                    "title": between(html, "<h1>", "</h1>"),
                }
            )
    manifest = io.StringIO()
    columns = ["path", "pdf", "topic", *parameters, "version", "reviewed_on", "review_due", "missing"]
    writer = csv.DictWriter(manifest, columns, restval="", lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows([*rows, *gone])
    changed = files.write(out / MANIFEST, manifest.getvalue().encode())
    inputs = [*files.files_in(collection.data), *files.files_in(pages.PACKAGE)]
    made_from = files.fingerprint([out / MANIFEST, *inputs]) + ("" if readability.can_measure() else "-without-grades")
    if changed or f'content="{made_from}"' not in _text_of(out / INDEX):
        from handouts.build import index
        from handouts.checks import scorecard
        from handouts.checks.readers import readers_of

        files.write(
            out / SCORECARD,
            scorecard.render(collection, readers_of(collection, [(one.topic, one.values) for one in here])).encode(),
        )
        ready = [row for row in rows if not row["missing"]]
        files.write(out / INDEX, index.render(collection, ready, made_from).encode())
    return unready


def _lacks(parts: Sequence[str]) -> str:
    return f"is not ready, for it has no cell tagged {' and '.join(f'part:{part}' for part in parts)}. Write one for this reader."


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _order(variant: Variant, topics: Mapping[str, Topic], parameters: Parameters) -> tuple[int, ...]:
    places = [list(parameters[name].values).index(value) for name, value in variant.values.items()]
    return (list(topics).index(variant.topic), *places)
