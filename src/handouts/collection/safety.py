"""The safety text: sets of warnings that topics use, each line frozen by a digest until somebody signs it, or records it again.

A set has a heading and parts in their order; a part has a heading, a lead, lines, and a close, each with the words of
`data/`. What is recorded says of each line who signed it and when, or that it is a draft that somebody recorded on
purpose. What is said in other words since, or no more, is told by `find_changes`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from handouts import files
from handouts.collection import layouts
from handouts.collection.csvfile import Row, Tables, write_table
from handouts.collection.evidence import Sources, sources_of
from handouts.collection.rules import one_of
from handouts.errors import DataError, known

SIGNED, DRAFT = layouts.STATES
RECORD = layouts.SAFETY_RECORD.file


@dataclass(frozen=True)
class SafetyLine:
    """A line of the safety text, the ids of its sources, and a heading above it where a group of lines begins."""

    text: str
    sources: tuple[str, ...]
    group: str = ""


@dataclass(frozen=True)
class SafetyPart:
    """A list of the safety text, with what is said before and after it, and how urgent it is."""

    name: str
    heading: str
    lead: str
    lines: tuple[SafetyLine, ...]
    close: str
    urgency: str


@dataclass(frozen=True)
class SafetySet:
    """The warnings of one subject, in the order of a page. `about_sources` is what a page says of where they come from.

    `must` says what each part must speak of, in pairs of part and word, whatever its lines are.
    """

    name: str
    heading: str
    parts: tuple[SafetyPart, ...]
    about_sources: str
    must: tuple[tuple[str, str], ...]

    def lines(self) -> Iterator[tuple[str, str, str]]:
        """Yield part, words and digest of all that the set says, in its order."""
        yield self._frozen("", "heading", self.heading)
        yield self._frozen("", "about sources", self.about_sources)
        for part in self.parts:
            yield self._frozen(part.name, "heading", part.heading, part.urgency)
            yield self._frozen(part.name, "lead", part.lead)
            for line in part.lines:
                yield self._frozen(part.name, "group", line.group, line.text)
                yield self._frozen(part.name, "line", line.text, *sorted(line.sources))
            yield self._frozen(part.name, "close", part.close)

    def _frozen(self, part: str, *said: str) -> tuple[str, str, str]:
        digest = hashlib.sha256(json.dumps([self.name, part, *said]).encode()).hexdigest()[:16]
        return part, said[1], digest


def read_safety(tables: Tables, sources: Sources) -> dict[str, SafetySet]:
    """Return the sets by name, their lines resting on some of `sources`. Raises DataError."""
    sets = {row["set"]: row for row in tables.rows(layouts.SAFETY_SETS)}
    parts = tables.rows(layouts.SAFETY_PARTS, set=one_of(*sets))
    lines: dict[tuple[str, str], list[SafetyLine]] = {(row["set"], row["part"]): [] for row in parts}
    for row in tables.rows(layouts.SAFETY, set=one_of(*sets)):
        where = f"data/safety.csv, {row['text']!r}"
        _known_part(row, lines, where)
        lines[row["set"], row["part"]].append(SafetyLine(row["text"], sources_of(sources, row, where), row["group"]))
    must = tables.rows(layouts.SAFETY_MUST, set=one_of(*sets))
    for row in must:
        _known_part(row, lines, f"data/safety-must.csv, {row['word']!r}")
        sources_of(sources, row, f"data/safety-must.csv, {row['word']!r}")
    for (of, part), told in lines.items():
        if not told:
            raise DataError(f"data/safety.csv: has no row for the part {part} of {of}. No page may go out without it: put it back, or remove the part from data/safety-parts.csv.")  # fmt: skip
    found = {
        of: SafetySet(
            of, row["heading"],
            tuple(
                SafetyPart(one["part"], one["heading"], one["lead"], tuple(lines[of, one["part"]]), one["close"], one["urgency"])
                for one in parts if one["set"] == of
            ),
            row["about_sources"],
            tuple((one["part"], one["word"]) for one in must if one["set"] == of),
        )
        for of, row in sets.items()
    }  # fmt: skip
    if empty := [of for of, one in found.items() if not one.parts]:
        raise DataError(f"data/safety-parts.csv: has no row for the set {empty[0]}. Add its parts, or remove the set from data/safety-sets.csv.")  # fmt: skip
    return found


def join(sets: Sequence[SafetySet]) -> SafetySet:
    """Return several sets as one, under the heading of the first, in their order. Raises DataError for a part of two of them."""
    names = [part.name for one in sets for part in one.parts]
    if twice := [name for name in names if names.count(name) > 1]:
        raise DataError(f"data/safety-parts.csv: a topic has the sets {' and '.join(one.name for one in sets)}, and both have a part {twice[0]}. Call one otherwise.")  # fmt: skip
    return SafetySet(
        " ".join(one.name for one in sets), sets[0].heading, tuple(part for one in sets for part in one.parts),
        " ".join(one.about_sources for one in sets if one.about_sources), tuple(pair for one in sets for pair in one.must),
    )  # fmt: skip


def _known_part(row: Row, lines: Mapping[tuple[str, str], object], where: str) -> None:
    if (row["set"], row["part"]) not in lines:
        parts = [part for of, part in lines if of == row["set"]]
        raise DataError(f"{where}, column part: {row['part']!r} is no part of {row['set']} in data/safety-parts.csv. {known(row['part'], parts)}")  # fmt: skip


def read_record(tables: Tables) -> list[Row]:
    """Return what is recorded of each line of the safety text. Raises DataError."""
    rows = tables.rows(layouts.SAFETY_RECORD)
    for row in rows:
        if (row["state"] == SIGNED) != bool(row["by"] and row["on"]) or (row["state"] == DRAFT and row["by"]):
            raise DataError(f"data/{RECORD}, {row['line']!r}: a signed line needs by and on, and a draft has neither. Record it with `handouts safety`.")  # fmt: skip
    return rows


def find_changes(one: SafetySet, record: list[Row]) -> Iterator[str]:
    """Yield what is to be told of each line of a set that is new or changed since it was recorded, or that is gone."""
    recorded = {row["digest"]: row for row in record if row["set"] == one.name}
    said = {digest: (part, line) for part, line, digest in one.lines() if line}
    mend = f"Put the recorded words back, or have the change signed: handouts safety {one.name} --sign NAME (a draft: --record)."
    for digest, (part, line) in said.items():
        if digest not in recorded:
            yield f"{_in(one, part)}: {line!r} is not recorded, or was changed since. {mend}"
    for digest, row in recorded.items():
        if digest not in said:
            yield f"{_in(one, row['part'])}: {row['line']!r} was recorded{_by(row)} and is not there, or was changed. {mend}"


def _in(one: SafetySet, part: str) -> str:
    return f"the safety text {one.name}{f', part {part}' if part else ''}"


def _by(row: Row) -> str:
    return f" (signed by {row['by']} on {row['on']})" if row["state"] == SIGNED else ""


def record(data: Path, wanted: Mapping[str, SafetySet], before: list[Row], by: str, today: date) -> int:
    """Write down all that the sets `wanted` say now: as signed by `by`, or as a draft where nobody signs; return how many lines are new.

    A line that was signed before stays so; other sets stay as they are recorded. Raises OutputError.
    """
    kept = {(row["set"], row["digest"]): row for row in before}
    rows: list[Row] = [row for row in before if row["set"] not in wanted]
    new = 0
    for one in wanted.values():
        for part, line, digest in one.lines():
            if not line:
                continue
            earlier = kept.get((one.name, digest))
            if earlier and (earlier["state"] == SIGNED or not by):
                rows.append(earlier)
                continue
            new += 1
            state = {"state": SIGNED, "by": by, "on": today.isoformat()} if by else {"state": DRAFT, "by": "", "on": ""}
            rows.append({"set": one.name, "part": part, "line": line, "digest": digest, **state})
    files.write(data / RECORD, write_table(list(layouts.SAFETY_RECORD.columns), rows).encode(), durable=True)
    return new
