"""Build a collection: every variant's page into a folder, with a manifest and an index.

Pages that did not change are taken from the cache. The rest are made in parallel, one process a
core; a page that fails is told and the others are made all the same.
"""

import csv
import hashlib
import io
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from handouts import files
from handouts.build.manifest import read_manifest, read_page
from handouts.build.paper import print_pages
from handouts.build.release import find_unsigned
from handouts.checks import readability
from handouts.collection import LIST, MANIFEST, Collection, open_collection
from handouts.collection.languages import Language, main_of
from handouts.collection.parameters import offered
from handouts.errors import OutputError, PageError
from handouts.page import Page, Variant, list_variants, make_pages
from handouts.page.cache import read_kept_pages
from handouts.page.keys import CODE
from handouts.page.missing import missing_parts, tell_missing
from handouts.page.pdf import check_can_print

INDEX = "index.html"
SCORECARD = "scorecard.html"
COLUMNS = ("title", "version", "reviewed_by", "reviewed_on", "review_due", "missing")
"""What the manifest says of a page beside where it lies and whom it is for."""

Row = Mapping[str, str]


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


def build_pages(
    collection: Collection,
    out: Path,
    topics: Sequence[str] = (),
    asked: Mapping[str, str] | None = None,
    *,
    force: bool = False,
    workers: int | None = None,
    executor: Executor | None = None,
    today: date | None = None,
    pdf: bool = False,
    release: bool = False,
    languages: Sequence[Language] = (),
    progress: Callable[[Variant, str], None] = lambda variant, state: None,
    start: Callable[[int], None] = lambda pages: None,
) -> Result:
    """Write the pages of `topics` with the values `asked` for into `out`, then manifest and index.

    A page is written whole or not at all, and one that fails leaves the page of the last build in
    place; pages that are no more in the collection go when all others are whole. Pages whose review was due before `today` are not made; with `release`, none
    of what somebody has yet to sign is made either, and none of an earlier build stays. With `pdf` each page has a PDF beside it; one that
    is there already is renewed in any case, so that none grows old. Pages are made by `executor`, else by processes of their own. The index leads to the same pages in other `languages`. `start` is told how many pages there are, `progress` each page and what became of it.
    Raises HandoutsError for what stops all pages: broken tables, a folder that cannot be written.
    """
    wanted = list_variants(collection, topics, asked)
    collection.check()
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
    fresh: list[Variant] = []
    asked_for = {one.topic for one in wanted} if release else set()
    unsigned = {name: find_unsigned(collection, collection.topics[name]) for name in asked_for}
    held: dict[Variant, list[str]] = {}
    rows: dict[Variant, Row] = {}
    for variant in wanted:
        if unsigned.get(variant.topic):
            held[variant] = unsigned[variant.topic]
        else:
            fresh.append(variant)
    for variant, made in make_pages(collection, fresh, executor=executor, workers=workers, force=force):
        if made.page is None:
            _fail(result, variant, str(made.failure), progress)
            continue
        if overdue := made.page.tell_overdue(today):
            _fail(result, variant, f"{variant}: {overdue}", progress)
            continue
        if release and not made.page.reviewed_on:
            held[variant] = [f"its words as they are now (handouts review {variant.topic})"]
            continue
        rows[variant] = _row(collection, variant, made.page)
        if _write(out, variant, made.page.html) or not made.kept:
            result.made += 1
            progress(variant, "made before" if made.kept else "made")
        else:
            result.unchanged += 1
            progress(variant, "unchanged")
    must_be_whole = release or main_of(collection) is not collection
    withdrawn = [variant for variant in wanted if variant not in rows] if must_be_whole else []
    # neither what failed nor what is overdue stays as it was before somebody signed; nor an older translation
    for variant in withdrawn:
        for path in (out / variant.path, out / variant.pdf_path):
            files.remove(path)
        if variant in held:
            progress(variant, "not signed")
    printed = [variant for variant in printed if variant not in withdrawn]
    for variant, content, failure in print_pages(collection, out, printed, workers):
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
    kept = read_kept_pages(collection, others)
    result.outdated = sum(one not in kept or kept[one].html.encode() != (out / one.path).read_bytes() for one in others)
    for variant in [*wanted, *others]:
        if variant not in rows and (html := _text_of(out / variant.path)):  # of an earlier build
            rows[variant] = _row(collection, variant, read_page(html))
    result.unready = [
        f"{one}: is no page for patients yet. Nobody has signed {'; nor '.join(missing)}."
        for one, missing in held.items()
    ]
    result.unready += [f"{one}: {tell_missing(row['missing'].split())}" for one, row in rows.items() if row["missing"]]
    try:
        _describe(collection, out, rows, gone, languages)
    except PageError as error:
        result.failed.append(f"{INDEX}: {error}")
    now = open_collection(collection.root)
    result.saved = now is not collection and now.fingerprint != collection.fingerprint
    return result


def _write(out: Path, variant: Variant, html: str) -> bool:
    """Write a page, and tell whether it changed; a PDF of the page that was there goes first, so that none is older than its page."""
    path, content = out / variant.path, html.encode()
    if path.is_file() and path.read_bytes() == content:
        return False
    files.remove(out / variant.pdf_path)
    return files.write(path, content)


def _fail(result: Result, variant: Variant, failure: str, progress: Callable[[Variant, str], None]) -> None:
    result.failed.append(failure)
    progress(variant, "failed")


def _check_writable(out: Path) -> None:
    """Raise OutputError where `out` cannot be written, before any work is done."""
    probe = out / f".writable-{secrets.token_hex(8)}"
    files.write(probe, b"")
    probe.unlink(missing_ok=True)


def _listed(collection: Collection, out: Path) -> tuple[list[Variant], list[Row]]:
    """Return the variants that the manifest in `out` lists, and its rows of those that are no more.

    Pages of earlier builds stay listed while their variant exists: a build of one topic is no reason
    to forget the others.
    """
    parameters, topics = collection.parameters, collection.topics
    listed: list[Variant] = []
    gone: list[Row] = []
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


def _row(collection: Collection, variant: Variant, page: Page) -> Row:
    """Return what the manifest says of a page."""
    return {
        "path": variant.path, "topic": variant.topic, **variant.values,
        "title": page.title, "version": page.version,
        "reviewed_by": page.reviewed_by, "reviewed_on": page.reviewed_on, "review_due": page.review_due,
        "missing": " ".join(missing_parts(collection, page, variant)),
    }  # fmt: skip


def _describe(
    collection: Collection, out: Path, told: Mapping[Variant, Row], gone: Sequence[Row], languages: Sequence[Language]
) -> None:
    """Write the manifest of the pages `told` and of those that are `gone`, and the index of those that are ready."""
    here = sorted(told, key=lambda variant: _order(variant, collection))
    rows = [{**told[one], "pdf": one.pdf_path if (out / one.pdf_path).is_file() else ""} for one in here]
    manifest = io.StringIO()
    columns = ["path", "pdf", "topic", *collection.parameters, *COLUMNS]
    writer = csv.DictWriter(manifest, columns, restval="", lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows([*rows, *gone])
    changed = files.write(out / MANIFEST, manifest.getvalue().encode())
    others = [f"{one.tag} {one.label}" for one in languages]
    digest = hashlib.sha256(
        "\n".join([manifest.getvalue(), collection.fingerprint, CODE, *others]).encode()
    ).hexdigest()
    made_from = digest + ("" if readability.can_measure() else "-without-grades")
    if changed or f'content="{made_from}"' not in _text_of(out / INDEX):
        from handouts.build import index
        from handouts.checks import scorecard
        from handouts.checks.readers import make_readers_of

        files.write(
            out / SCORECARD,
            scorecard.render(
                collection, make_readers_of(collection, {one: told[one]["reviewed_by"] for one in here})
            ).encode(),
        )
        ready = [row for row in rows if not row["missing"]]
        files.write(out / INDEX, index.render(collection, ready, made_from, languages).encode())


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _order(variant: Variant, collection: Collection) -> tuple[int, ...]:
    places = [list(collection.parameters[name].values).index(value) for name, value in variant.values.items()]
    return (list(collection.topics).index(variant.topic), *places)
