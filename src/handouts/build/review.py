"""What a reviewer is shown of a page: its words as they were signed and as they are now; and that they sign."""

import difflib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from handouts.collection import Collection
from handouts.collection.languages import main_of
from handouts.collection.page_layouts import REVIEWS
from handouts.collection.reviews import Review, digest_lines, read_signed, record_reviews
from handouts.errors import OutputError, ParameterError
from handouts.page import Page, Variant, make_pages
from handouts.page.citations import entries
from handouts.page.review import last_review, name_reader, read_lines, split_sources
from handouts.page.templating import read_template

TEMPLATES = Path(__file__).parent / "templates"
Words = list[tuple[bool, str]]
"""A line in pieces, each with whether it differs from the other line."""


@dataclass(frozen=True)
class Change:
    """A line before and after, each with its sources; one that was not there, or is gone, is empty."""

    before: Words
    before_sources: str
    now: Words
    now_sources: str


@dataclass(frozen=True)
class Compared:
    """A page, and what changed in its `lines` since its `last` review; all of them where there is none, or where its words are not kept."""

    variant: Variant
    reader: str
    page: Page
    lines: list[str]
    last: Review | None
    changes: list[Change]

    @property
    def digest(self) -> str:
        """The digest of the words, which is what is signed."""
        return digest_lines(self.lines)


def compare_reviews(collection: Collection, variants: Sequence[Variant]) -> list[Compared]:
    """Return each of `variants` with what changed since it was reviewed. Raises OutputError for a page that cannot be made."""
    made = dict(make_pages(collection, variants))
    found = []
    for variant in variants:
        one = made[variant]
        if one.page is None:
            raise OutputError(f"{variant}: cannot be reviewed: {one.failure}")
        lines, last = read_lines(one.page.html, collection.clinic), last_review(collection, variant)
        before = (read_signed(collection.tables, last.digest) if last else None) or []
        changes = list(_changes(before, lines))
        found.append(Compared(variant, name_reader(collection, variant), one.page, lines, last, changes))
    return found


def code_of(compared: Sequence[Compared]) -> str:
    """Return a short code of all the words shown: who signs gives it, so that nobody signs what they have not seen."""
    return hashlib.sha256(" ".join(one.digest for one in compared).encode()).hexdigest()[:8]


def sign(
    collection: Collection, compared: Sequence[Compared], seen: str, *, by: str, role: str, on: date, due: date
) -> list[Review]:
    """Record that `by` reviewed the pages that were shown under the code `seen`. Raises ParameterError where the words are others by now."""
    by, role = " ".join(by.split()), " ".join(role.split())
    if not by or not role:
        raise ParameterError("a review needs the name and the role of who answers for the words, such as --sign 'A. Name' --role 'PT, DPT'.")  # fmt: skip
    if due <= on:
        raise ParameterError(f"the next review, {due}, is no day after {on}. Name a later day.")
    if seen != code_of(compared):
        raise ParameterError(f"the code {seen!r} is not that of the words as they are now: they changed since you saw them, or you saw other pages. Look at them again, and sign with the code that is shown.")  # fmt: skip
    main = main_of(collection)
    signed = {
        (one.variant.topic, one.reader, one.digest): (
            Review(one.variant.topic, one.reader, by, role, on.isoformat(), due.isoformat(), one.digest, "" if main is collection else collection.clinic.language), one.lines,
        )
        for one in compared
    }  # fmt: skip
    record_reviews(main.tables, signed.values())
    return [review for review, _ in signed.values()]


def render(collection: Collection, compared: Sequence[Compared], form: Mapping[str, object] | None = None) -> str:
    """Return the comparison as HTML, to read on a screen or on paper and to sign: on paper, or in the `form` of a server."""
    told = (
        sources for one in compared for change in one.changes for sources in (change.before_sources, change.now_sources)
    )
    names = sorted({name for sources in told for name in sources.split("; ") if name in collection.sources})
    sources = {entry["id"]: entry["words"] for entry in entries(collection, names)}
    return read_template(TEMPLATES / "review.html.j2").render(
        clinic=collection.clinic, say=collection.phrases, compared=compared, code=code_of(compared), sources=sources,
        table=REVIEWS.file, form=form,
    )  # fmt: skip


def _changes(before: list[str], now: list[str]) -> Iterator[Change]:
    matcher = difflib.SequenceMatcher(None, before, now, autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            continue
        old, new = before[start:end], now[first:last]
        for count in range(max(len(old), len(new))):
            was, was_from = split_sources(old[count]) if count < len(old) else ("", "")
            words, words_from = split_sources(new[count]) if count < len(new) else ("", "")
            yield Change(_mark(was, words, 0), was_from, _mark(was, words, 1), words_from)


def _mark(before: str, now: str, side: int) -> Words:
    """Return one side of two lines in pieces, each with whether the other side has other words there."""
    pair = before.split(), now.split()
    if not all(pair):
        return [(True, " ".join(pair[side]))] if pair[side] else []
    pieces: Words = []
    for kind, *ends in difflib.SequenceMatcher(None, *pair, autojunk=False).get_opcodes():
        start, end = ends[2 * side : 2 * side + 2]
        if start < end:
            pieces.append((kind != "equal", " ".join(pair[side][start:end])))
    return pieces
