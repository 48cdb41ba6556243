"""What the collection knows, and from where: facts, sources, words to teach.

Facts are rows of `data/facts.csv`: sentence, picture and text alternative are all made from the row.
Sources are `data/sources.json`, in CSL-JSON, which Zotero opens.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from handouts.collection import layouts
from handouts.collection.csvfile import Row, Tables
from handouts.collection.sentences import UNTRANSLATED
from handouts.errors import DataError, known

CLINIC = "clinic"
"""In the place of a source: the words are the clinic's own, and no source stands behind them. It is not printed."""
Sources = Mapping[str, Mapping[str, object]]
"""The sources by id, as CSL-JSON has them."""


@dataclass(frozen=True)
class Fact:
    """A number that a patient reads: from `low` to `high` in `denominator` `unit`, or so many `unit` where that is None.

    `best` is the best estimate where the source gives one with its range; `what` is what was counted, and `counted` the count as the source tells it; `signed_by` says who
    signed a rule of the clinic's own.
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
    counted: str
    confidence: str
    signed_by: str = ""

    @property
    def is_own(self) -> bool:
        """Tell whether it is a rule of the clinic's own, behind which no source stands."""
        return self.sources == (CLINIC,)


def read_facts(tables: Tables, sources: Sources) -> dict[str, Fact]:
    """Return the facts by name, each with its sentence filled in, and resting on some of `sources`. Raises DataError."""
    facts = {}
    for row in tables.rows(layouts.FACTS):
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
        if re.search(r"\d", re.sub(rf"\{{\w+\}}|{UNTRANSLATED.pattern}", "", row["sentence"])):
            raise DataError(
                f"{where}, column sentence: has a number of its own. Write {{low}}, {{high}} or {{denominator}}."
            )
        facts[row["fact"]] = Fact(
            row["fact"], sentence, int(row["low"]), int(row["high"]), best, of, row["unit"], row["what"],
            row["population"], sources_of(sources, row, where), row["counted"], row["confidence"], row.get("signed_by") or "",
        )  # fmt: skip
    return facts


def read_sources(tables: Tables) -> dict[str, Mapping[str, object]]:
    """Return the sources by id, as CSL-JSON has them. Raises DataError."""
    try:
        listed = json.loads(tables.files_named("sources.json") or "[]")
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
    """What stands under a table or a diagram; `drawn_as` says which, `alt` what a diagram is, `sources` what it rests on."""

    title: str
    text: str
    alt: str
    drawn_as: str
    sources: tuple[str, ...]


def read_captions(tables: Tables, sources: Sources) -> dict[str, Caption]:
    """Return the captions of the tables and diagrams by their name. Raises DataError."""
    return {
        row["name"]: Caption(
            row["title"], row["caption"], row["alt"], row["drawn_as"],
            sources_of(sources, row, f"data/captions.csv, {row['name']}"),
        )
        for row in tables.rows(layouts.CAPTIONS)
    }  # fmt: skip


@dataclass(frozen=True)
class PictureFile:
    """A picture of the collection's own: its file in data/pictures/, and its words."""

    file: str
    alt: str
    title: str
    caption: str
    credit: str
    sources: tuple[str, ...]


def read_pictures(tables: Tables, sources: Sources) -> dict[str, PictureFile]:
    """Return the collection's own pictures by their name. Raises DataError."""
    return {
        row["picture"]: PictureFile(
            row["file"], row["alt"], row["title"], row["caption"], row["credit"],
            sources_of(sources, row, f"data/pictures.csv, {row['picture']}"),
        )
        for row in tables.rows(layouts.PICTURES)
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
    return {row["term"]: row for row in tables.rows(layouts.GLOSSARY)}


def cite(names: Iterable[str]) -> str:
    """Return the citation of the sources `names` as it is written after a sentence; "" where there are none."""
    written = "; ".join(f"@{name}" for name in names)
    return f" [{written}]" if written else ""
