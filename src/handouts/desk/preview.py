"""What the preview of a topic shows: its page, what the checks find on it, how hard it is to read.

    notebook on disk --make_preview--> page, or why there is none --find_findings--> findings and grades

All of it are functions from value to value, called in a process of their own: see extension.py.
"""

import hashlib
import logging
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handouts import files
from handouts.collection.folder import Collection
from handouts.collection.languages import TRANSLATIONS
from handouts.collection.parameters import offered, resolve
from handouts.desk import trust
from handouts.desk.choices import LANGUAGE
from handouts.errors import HandoutsError, NotebookError, known
from handouts.page import Made, Page, Variant
from handouts.page.around import day
from handouts.page.cache import read_kept
from handouts.page.keys import PACKAGE, key_of
from handouts.page.make import try_page
from handouts.page.review import last_review

if TYPE_CHECKING:
    from handouts.desk.beside import Pair

MOST_TOLD = 3
"""How many words without a translation are told."""
HARDEST = 3
"""How many of the sentences that are hardest to read are shown."""


@dataclass(frozen=True)
class Shown:
    """The page of a topic for one reader, or what failed, and in which cell (its id); `review` says whether somebody has reviewed these words."""

    html: str | None
    error: str | None
    cell: str | None
    seconds: float
    values: Mapping[str, str]
    review: str = ""


@dataclass(frozen=True)
class Found:
    """What the checks find on one page; `findings` and `hardest` name the cell (its id) they are in, where it is known.

    Of a page in another language, `beside` has each block beside its translation.
    """

    findings: list[dict[str, str | None]]
    grade: dict[str, float | str] | None
    hardest: list[dict[str, str | float | None]]
    error: str | None
    beside: "Sequence[Pair]" = ()


def make_preview(collection: Collection, topic: str, asked: Mapping[str, str], code: str | None) -> Shown:
    """Make the page of `topic` for the reader asked for; a finished page that a build has kept is taken.

    Nothing runs but `code`, which is what may: see trust.py.
    """
    start = time.perf_counter()
    values: dict[str, str] = {}
    review, lacking = "", None
    try:
        place = collection.notebook(topic)
        check_topic(collection, topic)
        asked, language = without_language(asked)
        if language:
            check_code(place.read_bytes(), place, code)  # a translation has the code of its notebook
            collection, lacking = _translated(collection, topic, language)
        values = resolve(collection.parameters, asked, "the preview")
        check_offered(collection, topic, values)
        variant = Variant(topic, values)
        kept = read_kept(collection, key_of(collection, variant))
        check = (lambda stored: None) if language else (lambda stored: check_code(stored, place, code))
        page = Made(kept) if kept else try_page(collection, variant, check)
        html, error = page.page.html if page.page else "", page.failure
        review = _tell_review(collection, variant, page.page) if page.page else ""
    except (HandoutsError, OSError) as failed:
        html, error = "", str(failed)
    if error and lacking:
        return Shown(html or None, lacking[0], lacking[1], round(time.perf_counter() - start, 3), values, review)
    cell = _cell_of(collection, topic, error or "")
    return Shown(html or None, error, cell, round(time.perf_counter() - start, 3), values, review)


def without_language(asked: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Return what a page is asked for with, and the language of it, which is no parameter."""
    return {name: value for name, value in asked.items() if name != LANGUAGE}, asked.get(LANGUAGE, "")


def _translated(collection: Collection, topic: str, language: str) -> tuple[Collection, tuple[str, str | None] | None]:
    """Return a collection in another language; and, where words that the topic's pages may have are not translated, which, and in which cell."""
    from handouts.collection.translated import in_language
    from handouts.collection.words import SHARED

    translated, translations = in_language(collection, language)
    missing = [(key, why) for key, why in translations.missing.items() if key[0] in (topic, SHARED)]
    if not missing:
        return translated, None
    told = [f"po/{language}/{file}.po, {name}: {why}." for (file, name, _), why in missing[:MOST_TOLD]]
    more = f" And {len(missing) - MOST_TOLD} more." if len(missing) > MOST_TOLD else ""
    (file, name, _), _why = missing[0]
    return translated, (
        f"The page is not whole in {language}. {' '.join(told)}{more}",
        name.partition("/")[0] if file == topic else None,
    )


def _tell_review(collection: Collection, variant: Variant, page: Page) -> str:
    """Say who reviewed a page, or that its words changed since, or that nobody has."""
    say, language = collection.phrases, collection.clinic.language
    if page.reviewed_on:
        return say("preview_reviewed", name=page.reviewed_by, day=day(page.reviewed_on, language))
    if last := last_review(collection, variant):
        return say("preview_changed_since", name=last.who, day=day(last.on, language))
    return say("preview_draft")


def check_code(stored: bytes, place: Path, code: str | None) -> None:
    """Raise NotebookError where the notebook that was read would run anything but `code`."""
    from handouts.collection import notebook

    where = f"notebooks/{place.name}"
    if trust.digest(notebook.parse(stored, where), place.parent) != code:
        raise NotebookError(f"{where}: changed at this moment. Load this again.")


def warm() -> None:
    """Run a cell of our own, in an empty folder: what a first page needs is then loaded."""
    import nbformat
    import papermill

    from handouts.engine import forget_all
    from handouts.page import exporter  # noqa: F401  # a page needs it
    from handouts.page.make import PRELOAD

    logging.getLogger("papermill").setLevel(logging.WARNING)
    cells = [nbformat.v4.new_code_cell("import handouts.show"), nbformat.v4.new_code_cell("x = 1")]
    cells[1].metadata["tags"] = ["parameters"]
    with tempfile.TemporaryDirectory() as folder:
        papermill.execute_notebook(
            nbformat.v4.new_notebook(cells=cells), None, {"x": 2},
            engine_name="snapshot", kernel_name="python3", language="python", cwd=folder, progress_bar=False, **PRELOAD,
        )  # fmt: skip
    forget_all()


def find_findings(collection: Collection, topic: str, asked: Mapping[str, str]) -> Found:
    """Check the page of `topic` for the reader asked for, and grade its text."""
    from handouts.checks import readability
    from handouts.checks.readers import Reader
    from handouts.checks.rules import HIGHEST_GRADE, WANTED_GRADE, WANTED_SMOG
    from handouts.checks.run import check_page
    from handouts.collection import notebook
    from handouts.collection.translated import in_language
    from handouts.desk.beside import list_pairs

    pairs: list[Pair] = []
    try:
        check_topic(collection, topic)
        asked, language = without_language(asked)
        if language:
            main = collection
            collection, translations = in_language(main, language)
        values = resolve(collection.parameters, asked, "the preview")
        check_offered(collection, topic, values)
        if language:
            pairs = list_pairs(main, topic, language, values, translations)
        nb = notebook.read(collection.notebook(topic))
        reader = Reader.of_topic(collection, collection.topics[topic], nb, values)
        findings = check_page(reader)
        texts = reader.blocks()
        sentences = {one.words: one.cell for one in reader.sentences}
    except HandoutsError as failed:
        return Found([], None, [], str(failed), pairs)
    shown = [
        {**finding.as_dict(), "id": _numbered(nb, finding.cell) or _holding(sentences, finding.sentence)}
        for finding in findings
    ]
    if collection.clinic.language.partition("-")[0] != readability.LANGUAGE or not readability.can_measure():
        return Found(shown, None, [], None, pairs)
    grades = readability.grades(collection, texts)
    grade: dict[str, float | str] = {
        **asdict(grades), "wanted": WANTED_GRADE, "wanted_smog": WANTED_SMOG, "highest": HIGHEST_GRADE, "tool": readability.tool(),
    }  # fmt: skip
    hardest: list[dict[str, str | float | None]] = [
        {
            "sentence": sentence,
            "grade": readability.grades(collection, [sentence]).fkgl,
            "id": _holding(sentences, sentence),
        }
        for sentence in readability.worst(collection, texts, HARDEST)
    ]
    return Found(shown, grade, hardest, None, pairs)


def check_topic(collection: Collection, topic: str) -> None:
    """Raise NotebookError where data/topics.csv does not name `topic`."""
    topics = collection.topics
    if topic not in topics:
        raise NotebookError(
            f"notebooks/{topic}.ipynb: {topic!r} is no topic yet. Add a row for it to data/topics.csv. {known(topic, topics)}"
        )


def check_offered(collection: Collection, topic: str, values: Mapping[str, str]) -> None:
    """Raise NotebookError where the topic has no page for `values`."""
    only = collection.topics[topic].only
    if not offered(only, values):
        raise NotebookError(f"{topic} has pages for {', '.join(only)} only (data/topics.csv, column only).")


def stamp(collection: Collection, path: Path) -> str:
    """Return a digest of when and how large the files were written that the pages of the notebook `path` are made from.

    Cheap enough to be asked for every second: nothing is read.
    """
    translations = files.files_in(collection.root / TRANSLATIONS)
    return _written([path, *collection.list_files(), *translations, *_package()])


def code_stamp() -> str:
    """Return a digest of when this package was written: a process that loaded it before is out of date."""
    return _written(_package())


def _package() -> list[Path]:
    """List the files of this package that make pages: all but those that only show them here."""
    desk = PACKAGE / "desk"
    shown = (desk / "labextension", desk / "jupyter", desk / "templates")
    return [path for path in files.files_in(PACKAGE) if not any(path.is_relative_to(folder) for folder in shown)]


def _written(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        try:
            status = path.stat()
        except OSError:  # replaced at this moment: the next look sees it
            continue
        digest.update(f"{path.name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:16]


def _holding(sentences: Mapping[str, str], sentence: str) -> str | None:
    """Return the id of the cell that holds `sentence`; a grade's sentence may have been given a full stop."""
    if not sentence:
        return None
    wanted = sentence.rstrip(".")
    return next((cell for text, cell in sentences.items() if wanted in text or text.rstrip(".:") == wanted), None)


def _cell_of(collection: Collection, topic: str, told: str) -> str | None:
    """Return the id of the cell that a message names by its number."""
    from handouts.collection import notebook

    if not re.search(r", cell \d+", told):
        return None
    try:
        return _numbered(notebook.read(collection.notebook(topic)), told)
    except HandoutsError:
        return None


def _numbered(nb: Any, told: str) -> str | None:
    number = re.search(r"\bcell (\d+)", told)
    return nb.cells[int(number[1]) - 1].id if number and 0 < int(number[1]) <= len(nb.cells) else None
