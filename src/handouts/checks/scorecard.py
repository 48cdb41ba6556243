"""The scorecard: what standards ask of each page, and what can be said of it without a person."""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from handouts.checks.findings import ERROR, RULES, Finding
from handouts.checks.kept import keep_judged
from handouts.checks.readers import Reader
from handouts.checks.standards import (
    DECLARED,
    FAILS,
    NOT_APPLICABLE,
    PEOPLE,
    READY,
    Answer,
    Item,
    answers,
    read_standards,
)
from handouts.collection import notebook
from handouts.collection.evidence import CLINIC
from handouts.collection.folder import Collection
from handouts.page.citations import CITE
from handouts.page.templating import read_template

TEMPLATES = Path(__file__).parent / "templates"
ANSWERS = {FAILS: "fails", READY: "ready", DECLARED: "declared", PEOPLE: "people", NOT_APPLICABLE: "none"}
"""What an answer, or who judges, is called in the catalogue."""


def render(collection: Collection, readers: Iterable[Reader]) -> str:
    """Return the scorecard of the pages of `readers` as HTML. Raises DataError."""
    items = read_standards(collection)
    topics = []
    for topic, group in groupby(readers, key=lambda reader: reader.topic):
        pages = [(reader, _judge(reader, items)) for reader in group]
        cards = [
            {"item": item, "answers": _together([(reader, *judged["answers"][count]) for reader, judged in pages])}
            for count, item in enumerate(items)
        ]
        figures = [judged["figures"] for reader, judged in pages if not reader.articles]
        told = {"topic": topic, "title": pages[0][1]["title"], "figures": figures}
        topics.append({**told, "instruments": _by_instrument(items, cards)})
    return read_template(TEMPLATES / "scorecard.html.j2").render(
        clinic=collection.clinic, say=collection.phrases, answers=ANSWERS, topics=topics
    )


def _judge(reader: Reader, items: list[Item]) -> Any:
    """Return what can be said of each of the `items`, the figures and the title of a page, as they are on disk."""
    return keep_judged(
        reader.collection, reader.key, f"standards, reviewed by {reader.reviewed_by}",
        lambda: {
            "answers": [[one.answer, one.why] for one in answers(reader, items)],
            "figures": _figures(reader),
            "title": reader.title(),
        },
    )  # fmt: skip


def _figures(reader: Reader) -> dict[str, object]:
    """Return what is counted of a page: its words, the share that only these readers get, and its sources."""
    cited = {name for sentence in reader.sentences for name in sentence.cites} - {CLINIC}
    return {
        "who": " ".join(reader.facets.values()),
        "words": len(reader.text().split()),
        "share": round(100 * own_share(reader)),
        "sources": len(cited),
    }


def own_share(reader: Reader) -> float:
    """Return the share of a page's words, before the safety text, that only readers with the value of its first facet get."""
    facet, value = next(iter(reader.facets.items()))
    told = [(cell, re.sub(CITE, "", cell.source)) for cell in reader.texts]
    for _, name, cell in reader.shown("table", "diagram"):
        told += [
            (cell, re.sub(CITE, "", word)) for row in reader.collection.tables.shown(name) for word in row.values()
        ]
    words: dict[bool, int] = {True: 0, False: 0}
    for cell, said in told:
        own = [tag for tag in notebook.tags(cell) if tag.startswith(f"{facet}:")] == [f"{facet}:{value}"]
        words[own] += len(said.split())
    return words[True] / (sum(words.values()) or 1)


def _together(told: Sequence[tuple[Reader, str, str]]) -> list[dict[str, str]]:
    """Return the answers, each once, with the readers that it is of; "" where it is of all."""
    found: dict[tuple[str, str], list[str]] = {}
    for reader, answer, why in told:
        found.setdefault((answer, why), []).append(" ".join(reader.facets.values()))
    return [
        {"answer": answer, "why": why, "who": "" if len(found) == 1 else ", ".join(who)}
        for (answer, why), who in found.items()
    ]


def _by_instrument(items: list[Item], cards: list[dict[str, object]]) -> list[tuple[str, list[dict[str, object]]]]:
    rows = list(zip(items, cards, strict=True))
    return [(name, [card for _, card in group]) for name, group in groupby(rows, key=lambda row: row[0].instrument)]


def render_findings(
    collection: Collection, findings: Sequence[Finding], failed: Sequence[tuple[str, Answer]] = ()
) -> str:
    """Return findings as HTML, by file, then the items of standards that files of text have failed. Raises DataError."""
    by_file = [(file, list(group)) for file, group in groupby(sorted(findings, key=_place), key=lambda one: one.file)]
    errors = sum(finding.severity == ERROR for finding in findings)
    return read_template(TEMPLATES / "findings.html.j2").render(
        clinic=collection.clinic,
        say=collection.phrases,
        files=by_file,
        errors=errors,
        warnings=len(findings) - errors,
        rules=RULES,
        failed=failed,
    )


def _place(finding: Finding) -> tuple[str, bool]:
    return finding.file, finding.severity != ERROR
