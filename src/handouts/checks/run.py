"""Check a collection, a topic, or a text that is no notebook, by all rules."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

from handouts.checks import rules
from handouts.checks.findings import ERROR, WARNING, Finding
from handouts.checks.kept import keep_judged
from handouts.checks.readers import Reader, make_readers
from handouts.checks.standards import FAILS, Answer, answers, read_standards
from handouts.checks.texts import texts_in
from handouts.collection.clinic import Topic
from handouts.collection.folder import Collection
from handouts.collection.page_layouts import REVIEWS
from handouts.collection.sentences import split
from handouts.errors import DataError, HandoutsError
from handouts.page import Page, Variant, make_pages
from handouts.page.markdown import parse_markdown
from handouts.page.review import last_review, name_reader
from handouts.page.tailor import part_of

DAYS_BEFORE = 60
"""How many days before a review is due that is told."""


def check_collection(collection: Collection, today: date, topics: Sequence[str] = ()) -> list[Finding]:
    """Return what all rules find in `topics`, or in all, errors first. Raises DataError for a broken table.

    Pages that are not made yet are made, and kept for the next build.
    """
    found, readable = check_words(collection, topics)
    return _sorted([*found, *_pages(collection, readable, today)])


def check_words(collection: Collection, topics: Sequence[str] = ()) -> tuple[list[Finding], list[Reader]]:
    """Return what the rules find in the words of `topics`, or of all, and the readers whose pages can be made."""
    found: list[Finding] = []
    readable: list[Reader] = []
    for topic in collection.topics.values():
        if topics and topic.name not in topics:
            continue
        found += _safety(collection, topic)
        try:
            readers = make_readers(collection, topic)
        except HandoutsError as error:
            file = f"notebooks/{topic.name}.ipynb"
            found.append(Finding("notebook", ERROR, file, "", "", _without(file, str(error))))
            continue
        found += _article(collection, topic, readers)
        for reader in readers:
            of_text = check_reader(reader)
            found += of_text
            if not any(finding.rule == "source" and finding.severity == ERROR for finding in of_text):
                readable.append(reader)
    return _sorted(found), readable


def check_reader(reader: Reader) -> list[Finding]:
    """Return what the rules find in the words of a page for one reader."""
    found = keep_judged(reader.collection, reader.key, "words", lambda: [asdict(one) for one in _look_at_words(reader)])
    return [Finding(**one) for one in found]


def _look_at_words(reader: Reader) -> Iterator[Finding]:
    unknown = list(rules.of_sources(reader))
    yield from unknown
    if not any(finding.severity == ERROR for finding in unknown):
        for rule in rules.OF_TEXT:
            yield from rule(reader)


def check_page(reader: Reader) -> list[Finding]:
    """Return what the rules find in the words of one page, errors first. Raises HandoutsError.

    A sentence of the article counts as lost where no reader of the topic gets it, as in `check`.
    """
    others = make_readers(reader.collection, reader.topic) if reader.articles else []
    places = {"", *(reader.place(cell) for cell in reader.cells)}
    article = [one for one in _article(reader.collection, reader.topic, others) if one.cell in places]
    return _sorted([*_safety(reader.collection, reader.topic), *article, *check_reader(reader)])


def check_text(collection: Collection, path: Path) -> list[Finding]:
    """Return what the rules find in a file of text, as if it were a page at the default level. Raises DataError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error}). Name a topic, or a file of text in UTF-8.") from error
    if not text.strip():
        raise DataError(f"{path}: is empty. Name a file of text.")
    return _sorted(check_reader(Reader.of_text(collection, text, path.name)))


def failing(collection: Collection, path: Path) -> list[tuple[str, Answer]]:
    """Return the items of standards that a file of text fails, with the file's name. Raises DataError."""
    reader = Reader.of_text(collection, path.read_text(encoding="utf-8"), path.name)
    return [(path.name, one) for one in answers(reader, read_standards(collection)) if one.answer == FAILS]


def _without(file: str, message: str) -> str:
    """Return a message without the file that it begins with: a finding names that itself."""
    return message.removeprefix(file).lstrip(",: ")


def _sorted(found: list[Finding]) -> list[Finding]:
    return sorted(dict.fromkeys(found), key=lambda finding: finding.severity != ERROR)


def _review(collection: Collection, variant: Variant, page: Page, today: date) -> Iterator[Finding]:
    """Find a review that is due, or overdue, or that does not count any more, for the words are others now."""
    reader, last = name_reader(collection, variant), last_review(collection, variant)
    where, cure = f"topic {variant.topic}, {reader}", f"handouts review {variant.topic}"
    if not page.reviewed_on:
        if last:
            told = f"words changed since {last.who} reviewed the page on {last.on}, and it is a draft again. `{cure}` shows what changed."
            yield Finding("review", WARNING, f"data/{REVIEWS.file}", where, "", told)
        return
    days = (date.fromisoformat(page.review_due) - today).days
    if days < 0:
        told = f"the review was due on {page.review_due}. Have it reviewed: {cure}"
        yield Finding("review", ERROR, f"data/{REVIEWS.file}", where, "", told)
    elif days <= DAYS_BEFORE:
        told = f"the review is due on {page.review_due}, in {days} days. Ask for it now: {cure}"
        yield Finding("review", WARNING, f"data/{REVIEWS.file}", where, "", told)


def _safety(collection: Collection, topic: Topic) -> Iterator[Finding]:
    """Find what was changed in the safety text since it was recorded."""
    for told in collection.safety_changes(topic):
        yield Finding("safety", ERROR, "data/safety.csv", "", "", told)


def _article(collection: Collection, topic: Topic, readers: list[Reader]) -> Iterator[Finding]:
    """Sentences of the article that no reader gets, and sentences that stand in no article, at levels with its words."""
    sections = collection.article
    wanted = [line for one in sections if one.topic == topic.name for line in (one.heading, *one.sentences)]
    everywhere = {line for one in sections for line in (one.heading, *one.sentences)}
    there: set[str] = set()
    for reader in readers:
        if not reader.articles:
            continue
        for cell in reader.texts:
            for block in texts_in(parse_markdown(cell.source)):
                for sentence in split(block):
                    there.add(sentence)
                    if sentence not in everywhere and part_of(cell) not in reader.own:
                        told = "is not in the article, and this level has its words. Put the article's sentence back."
                        yield Finding("article", ERROR, reader.file, reader.place(cell), sentence, told)
    if there:
        for line in dict.fromkeys(wanted):
            if line not in there:
                told = "stands in the article and on no page. Put it back into the notebook."
                yield Finding("article", ERROR, f"notebooks/{topic.name}.ipynb", "", line, told)


def _look_at_page(page: Page, reader: Reader) -> dict[str, Any]:
    """Return what is found in a finished page, and the words of its safety section."""
    soup = BeautifulSoup(page.html, "html.parser")
    found = [*rules.size(page.html, reader.file, reader.who), *rules.of_page(soup, reader.file, reader.who)]
    safety = rules.safety_of(soup, reader) if reader.safety else ""
    return {"found": [asdict(one) for one in found], "safety": safety}


def _digest(page: Page) -> str:
    return hashlib.sha256(page.html.encode()).hexdigest()


def _pages(collection: Collection, readers: list[Reader], today: date) -> Iterator[Finding]:
    """Look at the finished pages, one by one and side by side."""
    made = dict(make_pages(collection, [Variant(reader.topic.name, reader.values) for reader in readers]))
    texts: dict[str, dict[str, str]] = {}
    for reader in readers:
        page, failure = (one := made[Variant(reader.topic.name, reader.values)]).page, one.failure
        if page is None:
            yield Finding("page", ERROR, reader.file, "", "", _without(reader.file, str(failure)))
            continue
        yield from _review(collection, Variant(reader.topic.name, reader.values), page, today)
        judged = keep_judged(collection, reader.key, f"page {_digest(page)}", partial(_look_at_page, page, reader))
        yield from (Finding(**found) for found in judged["found"])
        if reader.safety:
            of_set = texts.setdefault(reader.safety.name, {})
            of_set.setdefault(judged["safety"], reader.who)
            if len(of_set) > 1:
                told = f"readers {reader.who} get another safety text than readers {next(iter(of_set.values()))}. It must be the same for all."
                yield Finding("safety", ERROR, reader.file, "", "", told)
