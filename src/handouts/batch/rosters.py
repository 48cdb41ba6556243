"""Rosters: tables with one row a person, read row by row however long they are.

A roster is a CSV, Excel or Parquet file, or a query of a database that SQLAlchemy knows. It is read
whole or refused whole, and reading writes nothing. No message here quotes what stands in a row, nor in
the header, for that may be a person's row.
"""

import codecs
import csv
import glob
import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from handouts.batch.databases import is_database, read_query, shown
from handouts.batch.sheets import read_sheet
from handouts.batch.values import texts
from handouts.errors import RosterError, check_installed

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS_AT_A_TIME = 2000
"""How many rows are asked of a Parquet file at a time."""
LONGEST_LINE = 1 << 20
"""How many characters a line of a CSV file may have."""
EDGES = " \t\u00a0\u202f\u3000"
"""What is cut from both ends of a cell."""

Line = tuple[int, list[str] | str]
"""A row's number with its cells, or with why it cannot be read. Where there is a header row, it is row 1."""


@dataclass(frozen=True)
class Source:
    """A program that writes rosters, as data/rosters.csv and data/roster-columns.csv declare it."""

    name: str
    files: str
    encoding: str
    header_row: int
    ends_at: str
    named_by: str
    others: str
    columns: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Roster:
    """A roster that is open for reading: `lines` can be read once. `unused` are columns that nothing is made of."""

    name: str
    columns: list[str]
    lines: Iterator[Line]
    source: Source | None = None
    unused: tuple[str, ...] = ()


@contextmanager
def open_roster(source: str, sql: str | None = None, declared: Source | None = None) -> Iterator[Roster]:
    """Open the file at `source`, or what `sql` selects from the database at that URL, as it is `declared`. Raises RosterError."""
    kind = "a database" if is_database(source) else Path(source).suffix.lower()
    if kind in NEEDS:
        check_installed(NEEDS[kind], "rosters", f"a roster from {kind}", RosterError)
    if is_database(source) != (sql is not None):
        raise RosterError(
            f"{shown(source)}: a database needs a query. Add --sql with a SELECT statement."
            if is_database(source)
            else f"{shown(source)}: --sql is for a database; a file is read as it is. Leave --sql out."
        )
    if sql is not None:
        lines = read_query(source, sql)
    else:
        path = Path(source)
        if path.suffix.lower() not in READERS:
            raise RosterError(
                f"{shown(source)}: is no roster that can be read. Give a file that ends in {', '.join(READERS)}, or a database's URL."
            )
        if not path.is_file():
            raise RosterError(f"{shown(source)}: there is no such file. Check the name and the folder.")
        lines = READERS[path.suffix.lower()](path, declared)
    try:
        name = Path(shown(source)).name
        at, header = next(lines, (0, []))
        while declared and at and at < declared.header_row:
            at, header = next(lines, (0, []))
        if isinstance(header, str):
            raise RosterError(f"{name}: the header row {header}.")
        columns = [column.strip(EDGES) for column in header]
        while columns and not columns[-1]:
            columns.pop()
        if not columns:
            raise RosterError(
                f"{name}: is empty, or its first row is. The first row names the columns, such as id and topic."
            )
        for place, column in enumerate(columns, start=1):
            if column in columns[place:]:
                again = columns.index(column, place) + 1
                raise RosterError(
                    f"{name}: columns {place} and {again} have one name. Remove one, or add a header row."
                )
        yield Roster(name, columns, _checked(lines, len(columns)), declared)
    finally:
        lines.close()


def _checked(lines: Iterator[Line], width: int) -> Iterator[Line]:
    """Yield the lines that are not blank, each with a cell a column."""
    for number, cells in lines:
        if isinstance(cells, str):
            yield number, cells
            continue
        cells = [cell.strip(EDGES) for cell in cells]
        if any(cells[width:]):
            yield number, f"has {len(cells)} cells where the header has {width}"
        elif any(cells):
            yield number, cells if len(cells) == width else (cells + [""] * width)[:width]


def _from_csv(path: Path, declared: Source | None) -> Generator[Line]:
    with path.open("rb") as binary:
        wide = binary.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    number = 0
    wanted = (declared.encoding if declared else "") or "utf-8"
    encoding = "utf-16" if wide else wanted
    try:
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
            lines = _text_lines(file)
            first = next(lines, "")
            separator = ""
            if first.lower().startswith("sep="):  # a line for Excel, which does not count it
                separator, first = first[4:5], next(lines, "")
            above = [first, *islice(lines, declared.header_row - 1 if declared else 0)]
            if any("\0" in line for line in above):
                raise UnicodeError
            separator = separator or max(",;\t", key=above[-1].count)
            number = len(above) - 1
            reader = csv.reader(chain(above[-1:], lines), delimiter=separator, strict=True)
            line = 0
            for cells in reader:
                # A cell of several lines may be right, and its row is rejected; with a separator in them it holds people.
                if reader.line_num > line + 1 and any(
                    separator in below for cell in cells for below in cell.splitlines()[1:]
                ):
                    raise csv.Error
                line = reader.line_num
                number += 1
                yield number, cells
    except UnicodeError:
        raise RosterError(
            f"{path.name}: is not saved as {wanted.upper()}, as line {_not_utf8(path)} shows. In Excel, save it as CSV UTF-8; or declare its encoding in data/rosters.csv."
        ) from None
    except (csv.Error, TypeError, ValueError):  # the last two are of a separator that is none
        raise RosterError(
            f"{path.name} row {number + 1}: cannot be read; a quotation mark is not closed, or a cell has no end. Mend the row."
        ) from None


def _text_lines(file: IO[str]) -> Iterator[str]:
    """Yield the lines of a file, one in the memory at a time. Raises csv.Error for one that has no end."""
    for line in iter(partial(file.readline, LONGEST_LINE), ""):
        if len(line) == LONGEST_LINE:
            raise csv.Error
        yield line


def _not_utf8(path: Path) -> int:
    """Return the number of the first line that is not UTF-8."""
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    with path.open("rb") as file:
        if b"\0" in file.readline(LONGEST_LINE):
            return line
        file.seek(0)
        while chunk := file.read(LONGEST_LINE):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return line + error.object[: error.start].count(b"\n")
            line += chunk.count(b"\n")
    return 1


def _from_parquet(path: Path, declared: Source | None) -> Generator[Line]:
    import duckdb

    # DuckDB takes names for patterns, and folders such as year=2026 for columns
    table, name = "read_parquet(?, hive_partitioning = false)", [glob.escape(str(path))]
    with duckdb.connect(config={"threads": "1"}) as connection:
        try:
            found = connection.execute(f"SELECT * FROM {table} LIMIT 0", name)
            columns = [column[0] for column in found.description]
            zoned = {
                place: '"{}"'.format(column[0].replace('"', '""'))
                for place, column in enumerate(found.description)
                if str(column[1]) == "TIMESTAMP WITH TIME ZONE"
            }
            homes = _time_zones(connection, name)
            as_utc = ", ".join(f"make_timestamp(epoch_us({column})) AS {column}" for column in zoned.values())
            # Where every moment of a column is a midnight, they are dates; any other may be another day at the clinic.
            for place, column in list(zoned.items()):
                query = f"SELECT bool_and(epoch_us({column}) % 86400000000 = 0) FROM {table}"
                if connection.execute(query, name).fetchall() == [(True,)]:
                    del zoned[place]
            found = connection.execute(f"SELECT * {f'REPLACE ({as_utc})' if as_utc else ''} FROM {table}", name)
            yield 0, columns
            number = 0
            while rows := found.fetchmany(ROWS_AT_A_TIME):
                for row in rows:
                    number += 1
                    yield (
                        number,
                        texts(
                            _at_home(value, homes.get(columns[place])) if place in zoned and value else value
                            for place, value in enumerate(row)
                        ),
                    )
        except duckdb.Error:
            raise RosterError(f"{path.name}: is no Parquet file that can be read. Write it again.") from None


def _time_zones(connection: "DuckDBPyConnection", name: list[str]) -> dict[str, tzinfo]:
    """Return the time zone of each column whose zone pandas has noted in the file: Parquet itself keeps moments only."""
    noted = connection.execute("SELECT value FROM parquet_kv_metadata(?) WHERE key = 'pandas'::BLOB", name).fetchall()
    zones: dict[str, tzinfo] = {}
    for (text,) in noted:
        with suppress(ValueError, KeyError, TypeError, AttributeError):  # not as pandas writes it
            for column in json.loads(bytes(text))["columns"]:
                with suppress(ZoneInfoNotFoundError):
                    if zone := (column.get("metadata") or {}).get("timezone"):
                        zones[column["name"]] = ZoneInfo(zone)
    return zones


def _at_home(value: datetime, zone: tzinfo | None) -> datetime:
    """Return a moment as the clock of its zone shows it; where no zone is known, as one that no roster may hold."""
    moment = value.replace(tzinfo=UTC)
    return moment.astimezone(zone).replace(tzinfo=None) if zone else moment


NEEDS = {"a database": "sqlalchemy", ".xlsx": "openpyxl", ".xlsm": "openpyxl", ".parquet": "duckdb"}
"""What reads each kind of roster; CSV needs nothing."""


def _from_sheet(path: Path, declared: Source | None) -> Generator[Line]:
    return read_sheet(path, declared.header_row if declared else 1)


READERS = {
    ".csv": _from_csv,
    ".txt": _from_csv,
    ".tsv": _from_csv,
    ".xlsx": _from_sheet,
    ".xlsm": _from_sheet,
    ".parquet": _from_parquet,
}
"""Who reads a file, by how its name ends."""
