"""What the collection knows, and from where: facts, sources, words to teach, and the safety text.

Facts are rows of `data/facts.csv`: sentence, picture and text alternative are all made from the row.
Sources are `data/sources.json`, in CSL-JSON, which Zotero opens.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from handouts.collection.csvfile import Row, one_of, optional, read_table, text
from handouts.collection.folder import Collection
from handouts.errors import DataError, known

CLINIC = "clinic"
"""In the place of a source: the words are the clinic's own, and no source stands behind them. It is not printed."""
SAFETY_PARTS = ("tell-first", "may-notice", "get-help")
"""What the safety text says, in the order of a page."""


def fact_name(value: str) -> str | None:
    """Accept a name that can stand in text as [=name]."""
    return None if re.fullmatch(r"[a-z][a-z0-9-]*", value) else "use small letters, digits and hyphens, a letter first."


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


def read_facts(collection: Collection) -> dict[str, Fact]:
    """Return the facts by name, each with its sentence filled in. Raises DataError."""
    rules: dict[str, Callable[[str], str | None]] = {
        "fact": fact_name, "sentence": text, "low": count, "high": count, "best": count, "denominator": count, "unit": text,
        "what": text, "population": text, "counted": text, "source": text, "confidence": text,
    }  # fmt: skip
    sources = read_sources(collection)
    facts = {}
    for row in read_table(collection.data / "facts.csv", rules, key=["fact"], optional=True):
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
            row["population"], _sources(sources, row, where), row["confidence"],
        )  # fmt: skip
    return facts


def read_sources(collection: Collection) -> dict[str, Mapping[str, object]]:
    """Return the sources by id, as CSL-JSON has them. Raises DataError."""
    path = collection.data / "sources.json"
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
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


def read_captions(collection: Collection) -> dict[str, Caption]:
    """Return the captions of the tables and diagrams by their name. Raises DataError."""
    rules = {"name": fact_name, "title": text, "caption": text, "drawn_as": text, "source": optional}
    return {
        row["name"]: Caption(
            row["title"], row["caption"], row["drawn_as"],
            sources_of(collection, row, f"data/captions.csv, {row['name']}"),
        )
        for row in read_table(collection.data / "captions.csv", rules, key=["name"], optional=True)
    }  # fmt: skip


def caption_of(collection: Collection, name: str) -> Caption:
    """Return the caption of the table or diagram `name`. Raises DataError where there is none."""
    captions = read_captions(collection)
    if name not in captions:
        raise DataError(
            f"data/captions.csv: has no row {name!r}; every table and diagram needs one. {known(name, captions)}"
        )
    return captions[name]


def sources_of(collection: Collection, row: Row, where: str) -> tuple[str, ...]:
    """Return the sources that `row` names in its column `source`, where it has one. Raises DataError, which begins with `where`."""
    return _sources(read_sources(collection), row, where) if row.get("source") else ()


def read_glossary(collection: Collection) -> dict[str, Row]:
    """Return the words that are taught in place, by the word. Raises DataError."""
    rules = {"term": text, "say": optional, "meaning": text}
    return {
        row["term"]: row for row in read_table(collection.data / "glossary.csv", rules, key=["term"], optional=True)
    }


def read_safety(collection: Collection) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """Return the lines of the safety text, with their sources, by part. Raises DataError."""
    rules = {"part": one_of(*SAFETY_PARTS), "text": text, "source": optional}
    sources = read_sources(collection)
    safety: dict[str, list[tuple[str, tuple[str, ...]]]] = {part: [] for part in SAFETY_PARTS}
    for row in read_table(collection.data / "safety.csv", rules, key=["part", "text"]):
        safety[row["part"]].append((row["text"], _sources(sources, row, f"data/safety.csv, {row['text']!r}")))
    if empty := [part for part, lines in safety.items() if not lines]:
        raise DataError(
            f"data/safety.csv: has no row for {', '.join(empty)}. No page may go out without it: put it back."
        )
    return safety


def cite(names: Iterable[str]) -> str:
    """Return the citation of the sources `names` as it is written after a sentence; "" where there are none."""
    written = "; ".join(f"@{name}" for name in names)
    return f" [{written}]" if written else ""


def _sources(sources: Mapping[str, object], row: Row, where: str) -> tuple[str, ...]:
    for name in row["source"].split():
        if name not in sources and name != CLINIC:
            raise DataError(f"{where}, column source: {name!r} is not in sources.json. {known(name, sources)}")
    return tuple(row["source"].split())
