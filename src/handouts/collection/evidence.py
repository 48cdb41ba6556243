"""What the collection knows, and from where: facts, sources, words to teach, and the safety text.

Facts are rows of `data/facts.csv`: sentence, picture and text alternative are all made from the row.
Sources are `data/sources.json`, in CSL-JSON, which Zotero opens.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from handouts.collection.csvfile import Row, Tables, name, one_of, optional, text
from handouts.errors import DataError, known

CLINIC = "clinic"
"""In the place of a source: the words are the clinic's own, and no source stands behind them. It is not printed."""
Sources = Mapping[str, Mapping[str, object]]
"""The sources by id, as CSL-JSON has them."""
SAFETY_PARTS = ("tell-first", "may-notice", "get-help")
"""What the safety text says, in the order of a page."""
SafetyLine = tuple[str, tuple[str, ...]]
"""A line of the safety text, and its sources."""


def count(value: str) -> str | None:
    """Accept nothing or a whole number."""
    return None if re.fullmatch(r"[0-9]*", value) else "use a whole number, without commas."


@dataclass(frozen=True)
class Fact:
    """A number that a patient reads: from `low` to `high` in `denominator` `unit`, or so many `unit` where that is None.

    `best` is the best estimate where the source gives one with its range; `what` is what was counted.
    """

    name: str
    sentence: str
    low: int
    high: int
    best: int | None
    denominator: int | None
    unit: str
    what: str
    population: str
    sources: tuple[str, ...]
    confidence: str


def read_facts(tables: Tables, sources: Sources) -> dict[str, Fact]:
    """Return the facts by name, each with its sentence filled in, and resting on some of `sources`. Raises DataError."""
    rules: dict[str, Callable[[str], str | None]] = {
        "fact": name, "sentence": text, "low": count, "high": count, "best": count, "denominator": count, "unit": text,
        "what": text, "population": text, "counted": text, "source": text, "confidence": text,
    }  # fmt: skip
    facts = {}
    for row in tables.read("facts.csv", rules, key=["fact"], optional=True):
        where = f"data/facts.csv, fact {row['fact']}"
        if not row["low"] or not row["high"] or int(row["low"]) > int(row["high"]):
            raise DataError(
                f"{where}: needs low and high, and low must not be above high. Fill both; they may be equal."
            )
        best = int(row["best"]) if row["best"] else None
        if best is not None and not int(row["low"]) <= best <= int(row["high"]):
            raise DataError(f"{where}, column best: {best} does not lie between low and high. Mend one of the three.")
        of = int(row["denominator"]) if row["denominator"] else None
        if of is not None and int(row["high"]) > of:
            raise DataError(f"{where}, column high: {row['high']} is more than the denominator. Mend one of the two.")
        try:
            numbers = {"low": row["low"], "high": row["high"], "best": row["best"], "denominator": of or ""}
            sentence = row["sentence"].format(
                **{key: f"{int(value):,}" if value else value for key, value in numbers.items()}
            )
        except (KeyError, IndexError, ValueError):
            raise DataError(
                f"{where}, column sentence: braces may hold low, high, best and denominator. Write {{low}}, not a number."
            ) from None
        if re.search(r"\d", re.sub(r"\{\w+\}", "", row["sentence"])):
            raise DataError(
                f"{where}, column sentence: has a number of its own. Write {{low}}, {{high}} or {{denominator}}."
            )
        facts[row["fact"]] = Fact(
            row["fact"], sentence, int(row["low"]), int(row["high"]), best, of, row["unit"], row["what"],
            row["population"], sources_of(sources, row, where), row["confidence"],
        )  # fmt: skip
    return facts


def read_sources(tables: Tables) -> dict[str, Mapping[str, object]]:
    """Return the sources by id, as CSL-JSON has them. Raises DataError."""
    try:
        listed = json.loads(tables.content("sources.json"))
        sources = {source["id"]: source for source in listed if source["title"]}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"data/sources.json: cannot be read ({type(error).__name__}). Export it from Zotero again, as CSL JSON."
        ) from error
    if len(sources) < len(listed):
        raise DataError("data/sources.json: two sources have one id, or one has no title. Mend it.")
    return sources


@dataclass(frozen=True)
class Caption:
    """What stands under a table or a diagram; `drawn_as` says which, `sources` what it rests on."""

    title: str
    text: str
    drawn_as: str
    sources: tuple[str, ...]


def read_captions(tables: Tables, sources: Sources) -> dict[str, Caption]:
    """Return the captions of the tables and diagrams by their name. Raises DataError."""
    rules = {"name": name, "title": text, "caption": text, "drawn_as": text, "source": optional}
    return {
        row["name"]: Caption(
            row["title"], row["caption"], row["drawn_as"],
            sources_of(sources, row, f"data/captions.csv, {row['name']}"),
        )
        for row in tables.read("captions.csv", rules, key=["name"], optional=True)
    }  # fmt: skip


def sources_of(sources: Sources, row: Row, where: str) -> tuple[str, ...]:
    """Return those of `sources` that `row` names in its column `source`, where it has one. Raises DataError, which begins with `where`."""
    names = (row.get("source") or "").split()
    for source in names:
        if source not in sources and source != CLINIC:
            raise DataError(f"{where}, column source: {source!r} is not in sources.json. {known(source, sources)}")
    return tuple(names)


def read_glossary(tables: Tables) -> dict[str, Row]:
    """Return the words that are taught in place, by the word. Raises DataError."""
    rules = {"term": text, "say": optional, "meaning": text}
    return {row["term"]: row for row in tables.read("glossary.csv", rules, key=["term"], optional=True)}


def read_safety(tables: Tables, sources: Sources) -> dict[str, list[SafetyLine]]:
    """Return the lines of the safety text, with their sources, by part. Raises DataError."""
    rules = {"part": one_of(*SAFETY_PARTS), "text": text, "source": optional}
    safety: dict[str, list[SafetyLine]] = {part: [] for part in SAFETY_PARTS}
    for row in tables.read("safety.csv", rules, key=["part", "text"]):
        safety[row["part"]].append((row["text"], sources_of(sources, row, f"data/safety.csv, {row['text']!r}")))
    if empty := [part for part, lines in safety.items() if not lines]:
        raise DataError(
            f"data/safety.csv: has no row for {', '.join(empty)}. No page may go out without it: put it back."
        )
    return safety


def cite(names: Iterable[str]) -> str:
    """Return the citation of the sources `names` as it is written after a sentence; "" where there are none."""
    written = "; ".join(f"@{name}" for name in names)
    return f" [{written}]" if written else ""
