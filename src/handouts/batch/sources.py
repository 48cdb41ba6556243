"""Rosters as clinics have them: the columns, values and formats of another program, read as data/ declares them.

`understand` gives a roster the columns that a batch wants. Names of columns, and labels of values, are known in any case
and spelling that leaves no doubt; everything else, such as how dates are written, is declared or not read.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

from handouts.batch.formats import check_format, read_formatted
from handouts.batch.rosters import Line, Roster, Source
from handouts.batch.rows import ID, TOPIC
from handouts.batch.values import fault
from handouts.collection import Collection
from handouts.collection.roster_layouts import ROSTER_COLUMNS, ROSTERS
from handouts.errors import DataError, RosterError, known

VISIT = "visit"
"""A column that tells visits of one person apart: a part of the handout's name."""
LOOKED_AT = 20
"""How many rows are looked through for the names of columns where the first has none."""


@dataclass(frozen=True)
class _Use:
    """What a column is for: its place, and how a cell becomes a value; the place is None where all rows have one value."""

    name: str
    place: int | None
    read: Callable[[str], str]


def read_sources(collection: Collection) -> dict[str, Source]:
    """Return the declared rosters by name. Raises DataError."""
    rows = collection.tables.rows(ROSTERS)
    columns = collection.tables.rows(ROSTER_COLUMNS)
    uses = _uses(collection)
    for row in columns:
        where = f"data/roster-columns.csv, {row['roster']}, {row['column'] or row['use']}"
        if row["roster"] not in {one["roster"] for one in rows}:
            raise DataError(f"{where}: is of no roster of data/rosters.csv. {known(row['roster'], [one['roster'] for one in rows])}")  # fmt: skip
        if row["use"] and row["use"] not in uses:
            raise DataError(
                f"{where}, column use: {row['use']!r} is nothing that a batch wants. {known(row['use'], uses)}"
            )
        if not row["column"] and not (row["use"] and row["means"]):
            raise DataError(f"{where}: without a column, use says what all rows have, and means its value. Fill both.")
        if row["format"] and (wrong := check_format(row["format"], _kind(collection, row["use"]))):
            raise DataError(f"{where}, column format: {row['format']!r} is not allowed: {wrong}")
    return {
        row["roster"]: Source(
            name=row["roster"], files=row["files"], encoding=row["encoding"], header_row=int(row["header_row"] or 1), ends_at=row["ends_at"],
            named_by=row["named_by"], others=row["others"], columns=tuple(one for one in columns if one["roster"] == row["roster"]),
        )
        for row in rows
    }  # fmt: skip


def find_source(collection: Collection, roster: str, asked: str | None = None) -> Source | None:
    """Return how the roster is declared: by the name asked for, or by its file's name; None where it is not. Raises RosterError."""
    sources = read_sources(collection)
    if asked is not None:
        if asked not in sources:
            raise RosterError(f"unknown roster {asked!r}: it is not in data/rosters.csv. {known(asked, sources)}")
        return sources[asked]
    fitting = [one for one in sources.values() if one.files and fnmatch(Path(roster).name.lower(), one.files.lower())]
    if len(fitting) > 1:
        raise RosterError(f"data/rosters.csv: the file's name fits {' and '.join(one.name for one in fitting)}. Say which with --from.")  # fmt: skip
    return fitting[0] if fitting else None


def understand(collection: Collection, roster: Roster) -> Roster:
    """Return `roster` with the columns and values that a batch wants, as its source declares them. Raises RosterError."""
    source = roster.source
    if source:
        uses, unused = _declared(collection, roster, source)
    else:
        known_as = _names(collection)
        if not _is_header(known_as, roster.columns):
            _look_for_header(known_as, roster)
        uses, unused = _by_name(collection, known_as, roster), ()
    names = [use.name for use in uses]
    if VISIT in names and ID not in names:
        raise RosterError(f"{roster.name}: has a column for visits and none for ids. Every row needs an id.")
    columns = [name for name in names if name != VISIT]
    return replace(roster, columns=columns, lines=_translated(roster.lines, uses, source), unused=unused)


def _translated(lines: Iterator[Line], uses: Sequence[_Use], source: Source | None) -> Iterator[Line]:
    over = False
    for number, cells in lines:
        if isinstance(cells, str):
            yield number, cells
            continue
        if over or (
            source and source.ends_at and re.match(rf"{re.escape(source.ends_at)}(?!\w)", next(filter(None, cells), ""))
        ):
            if over and sum(map(bool, cells)) > 1:  # somebody may stand there
                yield (
                    number,
                    f"stands below the line with which the roster ends ({source.ends_at if source else ''}); move it above that, or mend ends_at in data/rosters.csv",
                )
            over = True
            continue
        row: dict[str, str] = {}
        reasons = []
        for use in uses:
            try:
                row[use.name] = use.read("" if use.place is None else cells[use.place])
            except ValueError as error:
                reasons.append(
                    f"{use.name}: {error}; mend the cell, or what data/roster-columns.csv says of its column"
                )
        if reasons:
            yield number, "; ".join(reasons)
            continue
        parts = [row.pop(VISIT, ""), row.get(TOPIC, "") if source and source.named_by == TOPIC else ""]
        if row.get(ID):
            row[ID] = "-".join(filter(None, (row[ID], *parts)))
        yield number, list(row.values())


def _declared(collection: Collection, roster: Roster, source: Source) -> tuple[list[_Use], tuple[str, ...]]:
    """Return what the columns of a declared roster are for, and the names of those that are for nothing."""
    places = {_plain(column): place for place, column in enumerate(roster.columns)}
    if len(places) < len(roster.columns):
        raise RosterError(f"{roster.name}: two columns differ by capitals and signs only. Rename one.")
    missing = [
        one["column"] for one in source.columns if one["column"] and one["use"] and _plain(one["column"]) not in places
    ]
    if missing:
        raise RosterError(f"{roster.name}: has no column {' and no column '.join(missing)} in row {source.header_row}, which data/roster-columns.csv declares for {source.name}. Is it another program's file, or has it other columns by now?")  # fmt: skip
    named = {_plain(one["column"]) for one in source.columns if one["column"]}
    others = [column for column in roster.columns if _plain(column) not in named]
    if others and source.others == "refuse":
        raise RosterError(f"{roster.name}: data/roster-columns.csv does not say what {', '.join(others)} {'is' if len(others) == 1 else 'are'} for. Add a row each, or let data/rosters.csv drop others.")  # fmt: skip
    uses = []
    for one in source.columns:
        if one["use"]:
            place = places[_plain(one["column"])] if one["column"] else None
            uses.append(_Use(one["use"], place, _reader(collection, one)))
    twice = [use.name for count, use in enumerate(uses) if use.name in [before.name for before in uses[:count]]]
    if twice:
        raise RosterError(f"data/roster-columns.csv, {source.name}: two rows are for {twice[0]}. Remove one.")
    needed = {_plain(one["column"]) for one in source.columns if one["use"]}
    return uses, tuple(column for column in roster.columns if _plain(column) not in needed)


def _by_name(collection: Collection, known_as: Mapping[str, str], roster: Roster) -> list[_Use]:
    """Return what columns are for by their names or labels; one that is not known keeps its name, and is refused with it."""
    uses: list[_Use] = []
    for place, column in enumerate(roster.columns):
        name = known_as.get(_plain(column), column)
        if any(use.name == name for use in uses):
            raise RosterError(f"{roster.name}: columns {[use.name for use in uses].index(name) + 1} and {place + 1} are both for {name}. Remove one.")  # fmt: skip
        uses.append(_Use(name, place, _reader(collection, {"use": name, "format": "", "means": "", "column": column})))
    return uses


def _reader(collection: Collection, declared: Mapping[str, str]) -> Callable[[str], str]:
    """Return what makes a value of a cell. It raises ValueError for a cell that is not as declared."""
    use, form, language = declared["use"], declared["format"], collection.clinic.language
    if not declared["column"]:
        return lambda text: declared["means"]
    means, kind = dict(_meanings(declared["means"], use)), _kind(collection, use)
    labels = _labels(collection, use)
    if not (means or form):
        return (lambda text: labels.get(_said(text), text)) if labels else (lambda text: text)

    def read(text: str) -> str:
        if not text:
            return means.get("*", "")
        if fault(text):  # what is no value is told later
            return text
        if means:
            meant = means.get(_said(text), means.get("*"))
            if meant is None:
                raise ValueError("has a value whose meaning is not in the column means")
            return meant
        return read_formatted(text, form, kind, language)

    return read


def _meanings(means: str, use: str) -> Iterator[tuple[str, str]]:
    for one in filter(None, (one.strip() for one in means.split(";"))):
        said, equals, meant = one.rpartition("=")
        if not equals or not said.strip():
            raise DataError(f"data/roster-columns.csv, {use}, column means: {one!r} is not written as value = meaning. Put a semicolon between two.")  # fmt: skip
        yield _said(said), meant.strip()


def _labels(collection: Collection, use: str) -> dict[str, str]:
    """Return the values of a parameter, or the topics, by what they are called in any case; a label of two is none."""
    if use == TOPIC:
        return {name.casefold(): name for name in collection.topics}
    if use not in collection.parameters:
        return {}
    rows = collection.parameters[use].values
    return _of_one((_said(said), value) for value, row in rows.items() for said in (value, row["label"]))


def _names(collection: Collection) -> dict[str, str]:
    """Return what a batch wants by what a column may be called; a label of two is none."""
    labels = {name: one.label for name, one in collection.parameters.items()}
    labels |= {name: one.label for name, one in collection.fields.items()}
    return _of_one((_plain(said), name) for name in _uses(collection) for said in (name, labels.get(name, name)))


def _of_one(called: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return what each is called, without what two are called."""
    found: dict[str, set[str]] = {}
    for said, name in called:
        found.setdefault(said, set()).add(name)
    return {said: name for said, (name, *others) in found.items() if not others}


def _uses(collection: Collection) -> list[str]:
    return [ID, VISIT, TOPIC, *collection.parameters, *collection.fields]


def _kind(collection: Collection, use: str) -> str:
    if use in (ID, VISIT):
        return "number"
    return collection.fields[use].kind if use in collection.fields else "text"


def _is_header(known_as: Mapping[str, str], cells: Sequence[str]) -> bool:
    found = {known_as.get(_plain(cell)) for cell in cells}
    return ID in found or TOPIC in found


def _look_for_header(known_as: Mapping[str, str], roster: Roster) -> None:
    """Raise RosterError where a later row has the names of columns: what stands above them is to be declared."""
    for _, (number, cells) in zip(range(LOOKED_AT), roster.lines, strict=False):
        wider = isinstance(cells, str)  # a row with more cells than a title has
        if wider or _is_header(known_as, cells):
            raise RosterError(f"{roster.name}: row {number} seems to name the columns, not row 1. Remove what stands above it, or declare header_row {number} in data/rosters.csv.")  # fmt: skip


def _plain(column: str) -> str:
    return re.sub(r"[\W_]+", "", column).casefold()


def _said(text: str) -> str:
    return " ".join(text.split()).casefold()
