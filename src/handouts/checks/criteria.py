"""What software can tell of a page for an item of a standard: that it fails, and why.

Each check returns what is wrong, "" where nothing is, and None where the item does not apply; for items of
the author it returns what is declared.
"""

import re
from collections.abc import Callable, Iterator

from handouts.checks import rules
from handouts.checks.findings import Findings
from handouts.checks.readers import MAIN_MESSAGE, Reader
from handouts.collection.csvfile import text
from handouts.collection.evidence import CLINIC
from handouts.page.markdown import parse_markdown
from handouts.page.tailor import part_of


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


def _found(reader: Reader, what: str, *patterns: str) -> str:
    """Return "" where each of `patterns` is in the text, else that nothing is said of `what`."""
    text = reader.text()
    return "" if all(re.search(pattern, text) for pattern in patterns) else f"says nothing on {what}"


def _none_of(rule: Callable[[Reader], Findings]) -> Callable[[Reader], str]:
    return lambda reader: next((finding.told for finding in rule(reader)), "")


def _common_words(reader: Reader) -> str:
    rows = reader.collection.tables.read("plain-words.csv", {"hard": text, "say": text}, key=["hard"], optional=True)
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
    passive = _passive([one.words for one in reader.sentences if one.place in _places_of_main(reader)])
    return f"passive: {passive[0]}" if passive else ""


def _places_of_main(reader: Reader) -> set[str]:
    return {reader.place(cell) for cell in reader.texts if part_of(cell) == MAIN_MESSAGE}


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


def _action(reader: Reader) -> str:
    return "" if "what to do next" in _main(reader).lower() else "the main message does not say what to do next"


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


def _known_and_not(reader: Reader) -> str:
    return _found(
        reader,
        "what is known and what is not",
        r"what is known|how sure we are",
        r"what is not known|not known|we do not know",
    )


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


def _of_each(what: str) -> Callable[[Reader], str]:
    """Return a check that each treatment is named in a block of text, table or picture that matches `what`."""

    def check(reader: Reader) -> str:
        told = [block.lower() for block in reader.blocks()]
        told += list(_rows_with_columns(reader))
        facts = reader.collection.facts
        told += [facts[name].sentence.lower() for name in reader.facts() if name in facts]
        sections = [" ".join([one.heading, *one.blocks]).lower() for one in reader.sections]
        for label in reader.collection.treatments.values():
            if label.lower() not in reader.title().lower() and label.lower() not in reader.text():
                continue
            if not any(label.lower() in block and re.search(what, block) for block in [*told, *sections]):
                return f"nothing on it for {label.lower()}"
        return ""

    return check


def _rows_with_columns(reader: Reader) -> Iterator[str]:
    treatments = reader.collection.treatments
    for _, row, _ in reader.table_rows():
        for column, cell in row.items():
            if column in treatments:
                yield f"{treatments[column]}: {next(iter(row.values()))}: {cell}".lower()


def _options(label: str) -> Callable[[Reader], str]:
    """Return a check that the row `label` of the tables that compare options says something for each."""

    def check(reader: Reader) -> str:
        rows = [row for _, row, _ in reader.table_rows() if next(iter(row.values())).lower().startswith(label)]
        if len(rows) < 2:
            return f"no row {label!r} in each table of options"
        return next(
            (f"{label!r} is empty" for row in rows for cell in row.values() if not cell and "source" not in row), ""
        )

    return check


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
    "pictures": lambda reader: "" if reader.shown("diagram", "icons") else "no picture",
    "captions": lambda reader: "" if reader.shown("diagram", "icons", "table") else None,  # each brings one, or is refused
    "tables": _tables,
    "action": _action,
    "you": _you,
    "steps": _steps,
    "tool": _tool,
    "meaning": lambda reader: _found(reader, "what the picture means for you", "what this means for you") if reader.shown("icons") else None,
    "lists": _lists_short,
    "known_and_not": _known_and_not,
    "why": lambda reader: _found(reader, "why it matters", "why it matters"),
    "risks": _none_of(rules.safety),
    "risks_and_benefits": lambda reader: _none_of(rules.safety)(reader) or _found(reader, "what good it does", r"\b(may|can|might) (ease|help|do)|good it may do|less pain"),
    "probabilities": _probabilities,
    "views": lambda reader: ("" if reader.shown("icons") else "no picture of a number") if _chances(reader) else None,
    "one_denominator": _none_of(rules.denominator),
    "purpose_declared": lambda reader: _declared(reader.topic.purpose, "declared"),
    "audience_declared": lambda reader: ", ".join(row["label"] for row in reader.rows.values()),
    "sources": _sources,
    "dated": lambda reader: _sources(reader) and "no source, so no date of one",
    "balanced": _none_of(rules.balance),
    "support": lambda reader: "" if reader.safety else _found(reader, "whom to ask", r"\bcall\b|\bask\b"),
    "how_it_works": _of_each(r"aims?|idea|what it is|into|energy|nerves|spots"),
    "benefits": _of_each(r"ease|good it may do|less|help|as well as"),
    "risks_each": _of_each(r"side effect|bruise|harm|mild effects|sore"),
    "no_treatment": lambda reader: _found(reader, "waiting", r"\bwait(ing)?\b|do nothing|not have to choose|what else could"),
    "daily_life": lambda reader: _found(reader, "daily life", r"what it is like|daily|work|family|walk|drive|plan a light day|visit"),
    "choices": lambda reader: _found(reader, "other choices", r"choice|what else could|other care"),
    "shared_decision": lambda reader: _found(reader, "questions to ask", r"what should i ask|what you want to (ask|know)"),
    "condition": lambda reader: _found(reader, "the condition", r"pain"),
    "decision": lambda reader: _found(reader, "the decision", r"you have a choice"),
    "option_good": _options("good"),
    "option_bad": _options("what may be bad"),
    "option_like": _options("what it is like"),
    "written": lambda reader: "" if reader.topic.written_on else "no date in data/topics.csv, column written_on",
    "update_policy": lambda reader: "" if reader.collection.clinic.update_policy else "none in data/clinic.csv",
    "funding": lambda reader: "" if reader.collection.clinic.funding else "none in data/clinic.csv",
    "grade": _grade,
    "reviewed": lambda reader: _declared(reader.topic.reviewed_by, "recorded"),
}  # fmt: skip
"""By the name in the column `check` of `data/standards.csv`."""
