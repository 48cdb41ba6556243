"""What software can tell of a page for an item of a standard: that it fails, and why.

Each check returns what is wrong, "" where nothing is, and None where the item does not apply; for items of
the author it returns what is declared.
"""

import re
from collections.abc import Callable

from handouts.checks import rules
from handouts.checks.findings import Findings
from handouts.checks.readers import MAIN_MESSAGE, Reader
from handouts.collection import layouts
from handouts.collection.evidence import CLINIC
from handouts.page.markdown import parse_markdown
from handouts.page.tailor import SHOWING, part_of


def _main(reader: Reader) -> str:
    """Return the text of the main message."""
    return "\n".join(cell.source for cell in reader.texts if part_of(cell) == MAIN_MESSAGE)


def _lists(reader: Reader) -> list[int]:
    """Return how many items each list has."""
    tokens = [token for cell in reader.texts for token in parse_markdown(cell.source)]
    return [len(token["children"]) for token in tokens if token["type"] == "list"]


def _passive(sentences: list[str]) -> list[str]:
    return [
        sentence for sentence in sentences
        if re.search(r"\b(is|are|was|were|be|been|being)\s+(\w+ly\s+)?(?!often|open|even|ten|seven|need|red)\w+(ed|wn|ught|en|ade)\b", sentence, re.I)
    ]  # fmt: skip


def _says(told: str, looks_for: str) -> str:
    """Return "" where one of the words between | is in `told`, of each group between &, else which group is not."""
    for group in looks_for.lower().split("&"):
        words = [word.strip() for word in group.split("|")]
        if not any(word in told for word in words):
            return f"does not say {' or '.join(repr(word) for word in words)}"
    return ""


def _none_of(rule: Callable[[Reader], Findings]) -> Callable[[Reader], str]:
    return lambda reader: next((finding.told for finding in rule(reader)), "")


def _common_words(reader: Reader) -> str:
    rows = reader.collection.tables.rows(layouts.PLAIN_WORDS)
    words = reader.text()
    hard = [f"{row['hard']} (say: {row['say']})" for row in rows if re.search(rf"\b{re.escape(row['hard'])}\b", words)]
    return f"hard words: {', '.join(hard[:5])}" if hard else ""


def _terms(reader: Reader) -> str:
    words = reader.text()
    for term, row in reader.collection.glossary.items():
        used = re.search(rf"\b{re.escape(term)}\b", words)
        taught = row["meaning"].lower() in words or re.search(
            rf"(called {re.escape(term)}|\({re.escape(term)}\))", words
        )
        if used and not taught:
            return f"{term!r} is not explained"
    return ""


def _active(reader: Reader) -> str:
    sentences = [one.words for one in reader.sentences if one.exempt != "heading"]
    passive = _passive(sentences)
    share = len(passive) / max(1, len(sentences))
    return f"{share:.0%} of sentences are passive, such as: {passive[0]}" if share > 0.25 else ""


def _active_message(reader: Reader) -> str:
    if not _main(reader):
        return "no main message"
    main = {cell.id for cell in reader.texts if part_of(cell) == MAIN_MESSAGE}
    passive = _passive([one.words for one in reader.sentences if one.cell in main])
    return f"passive: {passive[0]}" if passive else ""


def _numbers(reader: Reader) -> str | None:
    if not reader.facts() and not any(rules.NUMBER.search(one.words) for one in reader.sentences if not one.exempt):
        return None
    bad = [one.words for one in reader.sentences if re.search(r"\d\.\d|\d *%|\b1 in \d", one.words)]
    if bad and len({re.findall(r"1 in ([\d,]+)", one)[0] for one in bad if "1 in " in one}) > 1:
        return f"chances as 1 in so many, out of different numbers: {bad[0]}"
    return next((f"decimals or percent: {one}" for one in bad if "1 in " not in one), "")


def _no_sums(reader: Reader) -> str:
    sums = re.search(r"\b(multiply|divide|subtract|add up|per kg|percent of your|times your)\b", reader.text())
    return f"asks to calculate: {sums[0]}" if sums else ""


def _chunks(reader: Reader) -> str:
    long = next((block for block in reader.blocks() if len(block.split()) > 70), "")
    heavy = next((one.heading for one in reader.sections if sum(len(b.split()) for b in one.blocks) > 330), "")
    return f"a long paragraph: {long[:60]}..." if long else (f"a long section: {heavy}" if heavy else "")


def _headings(reader: Reader) -> str:
    empty = _none_of(rules.heading)(reader)
    headings = [one.heading for one in reader.sections if one.heading]
    if len(headings) < 2:
        return "fewer than two headings"
    return empty


def _summary(reader: Reader) -> str:
    count = sum(part_of(cell) == MAIN_MESSAGE for cell in reader.texts)
    return "" if count == 1 else f"{count} boxes with a main message"


def _summary_first(reader: Reader) -> str:
    parts = [part_of(cell) for cell in reader.texts if part_of(cell)]
    return "" if parts[:1] == [MAIN_MESSAGE] else "the main message is not the first part"


def _cues(reader: Reader) -> str:
    return "" if any("**" in cell.source or part_of(cell) for cell in reader.texts) or _lists(reader) else "no cues"


def _tables(reader: Reader) -> str | None:
    rows = list(reader.table_rows())
    if not rows:
        return None
    wide = next((file for file, row, _ in rows if len([one for one in row if one != "source"]) > 4), "")
    return f"{wide} has more than four columns" if wide else ""


def _you(reader: Reader) -> str:
    away = re.search(r"\b(patients|the patient|people|athletes|adults) (should|must|need to)\b", reader.text())
    if away:
        return f"speaks of others: {away[0]}"
    return "" if len(re.findall(r"\byou", reader.text())) >= 3 else "hardly says you"


def _steps(reader: Reader) -> str:
    tokens = [token for cell in reader.texts for token in parse_markdown(cell.source)]
    ordered = any(token["type"] == "list" and token["attrs"]["ordered"] for token in tokens)
    return "" if ordered else "no numbered steps"


def _tool(reader: Reader) -> str:
    has = {part_of(cell) for cell in reader.texts} & {"checklist", "diary"}
    return "" if has else "no checklist or diary"


def _lists_short(reader: Reader) -> str:
    lists = _lists(reader)
    return "no list" if not lists else (f"a list of {max(lists)} items" if max(lists) > 7 else "")


def _chances(reader: Reader) -> list[str]:
    """Return the sentences of the chances that the page tells."""
    facts = reader.collection.facts
    return [facts[name].sentence for name in reader.facts() if name in facts and facts[name].denominator]


def _probabilities(reader: Reader) -> str | None:
    chances = _chances(reader)
    if not chances:
        return None
    worded = all(re.search(r"\b(rare|common|often)", sentence) for sentence in chances)
    return "" if worded or reader.shown("icons") else "a number without a word for it, and no picture"


def _sources(reader: Reader) -> str:
    return "" if any(set(one.cites) - {CLINIC} for one in reader.sentences) else "no source is cited"


def _row(reader: Reader, label: str) -> str:
    """Return what is wrong with the row whose name begins with `label` in the tables that compare options, or "" for nothing."""
    rows = [row for _, row, _ in reader.table_rows() if next(iter(row.values())).lower().startswith(label.lower())]
    return "" if rows else f"no table has a row {label!r}"


def _declared(value: str, missing: str) -> str:
    return value or f"not {missing}"


def _grade(reader: Reader) -> str:
    return "" if reader.articles else _none_of(rules.grade)(reader)


CHECKS: dict[str, Callable[[Reader], str | None]] = {
    "purpose": lambda reader: "" if reader.title() and (reader.topic.purpose or _main(reader)) else "no purpose",
    "on_purpose": _none_of(rules.off_purpose),
    "common_words": _common_words,
    "terms": _terms,
    "active": _active,
    "active_message": _active_message,
    "numbers": _numbers,
    "no_sums": _no_sums,
    "shown_sums": lambda reader: None if not _no_sums(reader) else "no worked example",
    "chunks": _chunks,
    "headings": _headings,
    "summary": _summary,
    "summary_first": _summary_first,
    "cues": _cues,
    "pictures": lambda reader: "" if reader.shown("diagram", "icons", "picture") else "no picture",
    "captions": lambda reader: "" if reader.shown(*SHOWING) else None,  # each brings one, or is refused
    "tables": _tables,
    "you": _you,
    "steps": _steps,
    "tool": _tool,
    "lists": _lists_short,
    "risks": lambda reader: _none_of(rules.safety)(reader) if reader.safety or reader.must else None,
    "probabilities": _probabilities,
    "views": lambda reader: ("" if reader.shown("icons") else "no picture of a number") if _chances(reader) else None,
    "one_denominator": _none_of(rules.denominator),
    "purpose_declared": lambda reader: _declared(reader.topic.purpose, "declared"),
    "audience_declared": lambda reader: ", ".join(row["label"] for row in reader.rows.values()),
    "sources": _sources,
    "dated": lambda reader: _sources(reader) and "no source, so no date of one",
    "balanced": _none_of(rules.balance),
    "written": lambda reader: "" if reader.topic.written_on else "no date in data/topics.csv, column written_on",
    "update_policy": lambda reader: "" if reader.collection.clinic.update_policy else "none in data/clinic.csv",
    "funding": lambda reader: "" if reader.collection.clinic.funding else "none in data/clinic.csv",
    "grade": _grade,
    "reviewed": lambda reader: _declared(reader.reviewed_by, "recorded"),
}  # fmt: skip
"""By the name in the column `check` of `data/standards.csv`."""

CHECKS_FOR: dict[str, Callable[[Reader, str], str | None]] = {
    "says": lambda reader, words: _says(reader.text(), words),
    "main_says": lambda reader, words: _says(_main(reader).lower(), words),
    "says_with_icons": lambda reader, words: _says(reader.text(), words) if reader.shown("icons") else None,
    "row": _row,
}
"""Those that look for the words in the column `looks_for`."""
