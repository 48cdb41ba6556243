"""Build a collection: every variant's page into a folder, with a manifest and an index.

Pages that did not change are taken from the cache. The rest are made in parallel, one process a
core; a page that fails is told and the others are made all the same.
"""

import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, field
from datetime import date
from html import unescape
from pathlib import Path

from handouts import files, pages
from handouts.article import read_article
from handouts.collection import Collection
from handouts.data import Topic, read_clinic, read_topics
from handouts.errors import HandoutsError, OutputError, ParameterError, known
from handouts.pages import Variant
from handouts.paper import on_paper
from handouts.parameters import Parameters, check_only, choices, offered, read_parameters
from handouts.workers import processes

MANIFEST = "manifest.csv"
INDEX = "index.html"
SCORECARD = "scorecard.html"
TOLD = ("version", "reviewed_by", "reviewed_on", "review_due")
"""What a page tells of itself in its head."""


@dataclass
class Result:
    """What a build did: how many pages it made, found unchanged, and removed; and what failed.

    `outdated` counts pages in the folder that were not asked for and that a build would make anew.
    """

    made: int = 0
    unchanged: int = 0
    removed: int = 0
    outdated: int = 0
    failed: list[str] = field(default_factory=list)


def variants(
    collection: Collection, topics: Iterable[str] = (), asked: Mapping[str, str] | None = None
) -> list[Variant]:
    """Return the variants of `topics`, or of all, with the values `asked` for. Raises ParameterError and DataError."""
    declared, parameters = read_topics(collection), read_parameters(collection)
    topics = list(topics)
    for one in declared.values():
        check_only(parameters, one.only, f"data/topics.csv, topic {one.name}")
    for topic in topics:
        if topic not in declared:
            raise ParameterError(f"unknown topic {topic!r}. {known(topic, declared)}")
    return [
        Variant(topic, values)
        for topic in declared
        if not topics or topic in topics
        for values in choices(parameters, asked or {}, "asked for")
        if offered(declared[topic].only, values)
    ]


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
    place. Pages whose review was due before `today` are not made. With `pdf` each page has a PDF beside it; one that
    is there already is renewed in any case, so that none grows old. `start` is told how many pages there are, `progress` each page and what became of it.
    Raises HandoutsError for what stops all pages: broken tables, a folder that cannot be written.
    """
    wanted = variants(collection, topics, asked)
    read_clinic(collection)
    read_article(collection)
    listed, gone = _listed(collection, out)
    if not topics and not asked:  # everything: also what was asked for in other print sizes before
        wanted += [variant for variant in listed if variant not in wanted]
    _check_writable(out)
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
        elif files.write(out / variant.path, html.encode()):
            result.made += 1
            progress(variant, "made before")
        else:
            result.unchanged += 1
            progress(variant, "unchanged")
    for _, variant, html, failure in _made(collection, to_make, workers or os.cpu_count() or 1):
        if failure:
            _fail(result, variant, failure, progress)
            continue
        files.write(out / variant.path, html.encode())
        result.made += 1
        progress(variant, "made")
    printed = [variant for variant in wanted if pdf or (out / variant.pdf_path).is_file()]
    for variant, content, failure in on_paper(collection, out, printed, workers or os.cpu_count() or 1):
        if failure:
            _fail(result, variant, f"{variant}: {failure}", progress)
            (out / variant.pdf_path).unlink(missing_ok=True)  # of an older page
        elif files.write(out / variant.pdf_path, content):
            progress(variant, "printed")
    for path in gone:
        for name in (path, f"{path.removesuffix('.html')}.pdf"):
            (out / name).unlink(missing_ok=True)
    result.removed = len(gone)
    others = [variant for variant in listed if variant not in wanted]
    result.outdated = sum(not _up_to_date(collection, out, variant, surroundings) for variant in others)
    _describe(collection, out, [*wanted, *others])
    return result


def _up_to_date(collection: Collection, out: Path, variant: Variant, surroundings: str) -> bool:
    try:
        html = pages.cached(collection, pages.key(collection, variant, surroundings))
    except HandoutsError:
        return False
    return html is not None and (out / variant.path).read_bytes() == html.encode()


def _fail(result: Result, variant: Variant, failure: str, progress: Callable[[Variant, str], None]) -> None:
    result.failed.append(failure)
    progress(variant, "failed")


def _made(
    collection: Collection, to_make: Mapping[str, Variant], workers: int
) -> Iterator[tuple[str, Variant, str, str | None]]:
    """Yield key, variant, page and, in place of a page, what failed; in the order they are done."""
    if to_make:
        with processes(min(workers, len(to_make))) as pool:
            yield from make_all(collection, to_make, pool)


def make_all(
    collection: Collection, to_make: Mapping[str, Variant], executor: Executor
) -> Iterator[tuple[str, Variant, str, str | None]]:
    """Yield key, variant, page and, in place of a page, what failed; in the order they are done. Pages are kept.

    What the pages are made from must be the same where `executor` works.
    """
    surroundings = pages.surroundings(collection)
    futures = {
        executor.submit(pages.attempt, collection, variant, surroundings): key for key, variant in to_make.items()
    }
    for future in as_completed(futures):
        key = futures[future]
        try:
            html, failure = future.result()
        except Exception:  # a worker that died takes its page with it, not the rest
            html, failure = "", f"{to_make[key]}: the process that made it was ended. Run the same command again."
        if not failure:
            pages.keep(collection, key, html)
        yield key, to_make[key], html, failure
    pages.forget_oldest(collection)


def _check_writable(out: Path) -> None:
    """Raise OutputError where `out` cannot be written, before any work is done."""
    probe = out / ".writable"
    files.write(probe, b"")
    probe.unlink()


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


def _listed(collection: Collection, out: Path) -> tuple[list[Variant], list[str]]:
    """Return the variants that the manifest in `out` lists, and the paths of those that are no more.

    Pages of earlier builds stay listed while their variant exists: a build of one topic is no reason
    to forget the others.
    """
    parameters, topics = read_parameters(collection), read_topics(collection)
    listed, gone = [], []
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
            gone.append(row["path"])
    return listed, gone


def _describe(collection: Collection, out: Path, here: Sequence[Variant]) -> None:
    """Write manifest and index of the pages `here`. What they say of a page is read from the page."""
    parameters, topics = read_parameters(collection), read_topics(collection)
    rows = []
    for variant in sorted(here, key=lambda variant: _order(variant, topics, parameters)):
        html = _text_of(out / variant.path)
        if html:
            told = {name: told_by(html, name) for name in TOLD}
            rows.append(
                {
                    "path": variant.path,
                    "topic": variant.topic,
                    **variant.values,
                    **told,
                    "pdf": variant.pdf_path if (out / variant.pdf_path).is_file() else "",
                    "title": _between(html, "<h1>", "</h1>"),
                }
            )
    manifest = io.StringIO()
    columns = ["path", "pdf", "topic", *parameters, "version", "reviewed_on", "review_due"]
    writer = csv.DictWriter(manifest, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    changed = files.write(out / MANIFEST, manifest.getvalue().encode())
    inputs = [*files.files_in(collection.data), *files.files_in(Path(__file__).parent)]
    made_from = files.fingerprint([out / MANIFEST, *inputs])
    if changed or f'content="{made_from}"' not in _text_of(out / INDEX):
        from handouts import index, scorecard
        from handouts.readers import readers_of

        files.write(
            out / SCORECARD,
            scorecard.render(collection, readers_of(collection, [(one.topic, one.values) for one in here])).encode(),
        )
        files.write(out / INDEX, index.render(collection, rows, made_from).encode())


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _order(variant: Variant, topics: Mapping[str, Topic], parameters: Parameters) -> tuple[int, ...]:
    places = [list(parameters[name].values).index(value) for name, value in variant.values.items()]
    return (list(topics).index(variant.topic), *places)


def told_by(html: str, name: str) -> str:
    """Return what a page tells of itself in its head under `name`, or ""."""
    return _between(html, f'<meta name="{name}" content="', '"')


def _between(text: str, before: str, after: str) -> str:
    found = re.search(f"{before}(.*?){after}", text)
    return unescape(found[1]) if found else ""
