"""Rosters: tables with one row a person, read row by row however long they are.

A roster is a CSV, Excel or Parquet file, or a query of a database that SQLAlchemy knows. No message
here quotes what stands in a row.
"""

import csv
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from handouts.errors import RosterError

ROWS_AT_A_TIME = 2000
"""How many rows are asked of a database or a Parquet file at a time."""

EXCEL_ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")

Line = tuple[int, list[str] | str]
"""A row's number with its cells, or with why it cannot be read. Where there is a header row, it is row 1."""


@dataclass(frozen=True)
class Roster:
    """A roster that is open for reading: `lines` can be read once."""

    name: str
    columns: list[str]
    lines: Iterator[Line]


@contextmanager
def open_roster(source: str, sql: str | None = None) -> Iterator[Roster]:
    """Open the file at `source`, or what `sql` selects from the database at that URL. Raises RosterError."""
    is_database = re.match(r"[a-z][a-z0-9+]*://", source) is not None
    if is_database != (sql is not None):
        raise RosterError(
            f"{_shown(source)}: a database needs a query. Add --sql with a SELECT statement."
            if is_database
            else f"{source}: --sql is for a database; a file is read as it is. Leave --sql out."
        )
    if is_database:
        assert sql is not None
        lines = _from_database(source, sql)
    else:
        path = Path(source)
        if path.suffix.lower() not in READERS:
            raise RosterError(
                f"{source}: is no roster that can be read. Give a file that ends in {', '.join(READERS)}, or a database's URL."
            )
        if not path.is_file():
            raise RosterError(f"{source}: there is no such file. Check the name and the folder.")
        lines = READERS[path.suffix.lower()](path)
    try:
        name = Path(_shown(source)).name
        _, header = next(lines, (0, []))
        columns = [str(column).strip() for column in header]
        while columns and not columns[-1]:
            columns.pop()
        if doubled := {column for column in columns if columns.count(column) > 1}:
            raise RosterError(f"{name}: the column {', '.join(sorted(doubled))!r} comes twice. Remove one.")
        if not columns:
            raise RosterError(f"{name}: is empty. Its first row names the columns, such as id and topic.")
        if len(columns) == 1 and re.search(r"[;\t]", columns[0]):
            raise RosterError(f"{name}: looks separated by semicolons or tabs. Save it as CSV with commas.")
        yield Roster(name, columns, _checked(lines, len(columns)))
    finally:
        lines.close()


def _checked(lines: Iterator[Line], width: int) -> Iterator[Line]:
    """Yield the lines that are not blank, each with a cell a column."""
    for number, cells in lines:
        if isinstance(cells, str):
            yield number, cells
        elif any(cell.strip() for cell in cells):
            cells = [cell.strip(" \t") for cell in cells]
            extra = any(cells[width:])
            yield (
                (number, f"has {len(cells)} cells where the header has {width}")
                if extra
                else (number, (cells + [""] * width)[:width])
            )


def _from_csv(path: Path) -> Generator[Line]:
    # What is not UTF-8 becomes a character that no field may hold: its row is rejected, not the roster.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(file)
        number = 0
        try:
            for number, cells in enumerate(reader, start=1):
                yield number, cells
        except csv.Error:
            raise RosterError(
                f"{path.name} row {number + 1}: cannot be read; a quotation mark may be opened and not closed. Mend the row."
            ) from None


def _from_excel(path: Path) -> Generator[Line]:
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception:
        raise RosterError(f"{path.name}: is no Excel file that can be read. Save it again as .xlsx or CSV.") from None
    try:
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if len(sheets) != 1:
            raise RosterError(f"{path.name}: has {len(sheets)} sheets. Keep the one that is the roster.")
        sheets[0].reset_dimensions()  # the size that a file says it has may be wrong
        for number, row in enumerate(sheets[0].iter_rows(values_only=True), start=1):
            yield number, _texts(row)
    finally:
        book.close()


def _from_parquet(path: Path) -> Generator[Line]:
    import duckdb

    with duckdb.connect(config={"threads": "1"}) as connection:
        try:
            found = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        except duckdb.Error:
            raise RosterError(f"{path.name}: is no Parquet file that can be read. Write it again.") from None
        yield 0, [column[0] for column in found.description]
        number = 0
        while rows := found.fetchmany(ROWS_AT_A_TIME):
            for row in rows:
                number += 1
                yield number, _texts(row)


def _from_database(url: str, sql: str) -> Generator[Line]:
    from sqlalchemy import create_engine, exc, text

    try:
        engine = create_engine(url, hide_parameters=True)
    except ImportError as error:
        raise RosterError(f"{_shown(url)}: needs the package {error.name}. Install it, then run this again.") from None
    except (exc.ArgumentError, ValueError):
        raise RosterError(
            f"{_shown(url)}: is no database URL. Write it as postgresql+psycopg://host/database."
        ) from None
    try:
        with engine.connect().execution_options(stream_results=True, yield_per=ROWS_AT_A_TIME) as connection:
            found = connection.execute(text(sql))
            if not found.returns_rows:
                raise RosterError(f"{_shown(url)}: the statement of --sql gives no rows. Write a SELECT statement.")
            yield 0, list(found.keys())
            for number, row in enumerate(found, start=1):
                yield number, _texts(row)
    except (exc.OperationalError, exc.ProgrammingError) as error:  # a wrong name, password or statement
        told = str(error.orig).strip().splitlines()[0]
        raise RosterError(f"{_shown(url)}: {told}. Check the URL and the statement of --sql.") from None
    except exc.SQLAlchemyError as error:
        raise RosterError(f"{_shown(url)}: the query failed ({type(error).__name__}).") from None
    finally:
        engine.dispose()


READERS = {".csv": _from_csv, ".xlsx": _from_excel, ".xlsm": _from_excel, ".parquet": _from_parquet}
"""Who reads a file, by how its name ends."""


def _texts(row: Any) -> list[str] | str:
    """Return the values of a row as a CSV file would hold them, or why that cannot be."""
    texts = []
    for value in row:
        if value is None:
            texts.append("")
        elif isinstance(value, datetime):
            texts.append(value.date().isoformat() if value.time() == time() else value.isoformat(" "))
        elif isinstance(value, date):
            texts.append(value.isoformat())
        elif isinstance(value, time):
            texts.append(value.strftime("%H:%M" if not value.second else "%H:%M:%S"))
        elif isinstance(value, float) and value.is_integer():
            texts.append(str(int(value)))
        elif isinstance(value, bytes | memoryview):
            return "holds bytes where text is wanted"
        elif isinstance(value, str) and value in EXCEL_ERRORS:
            return "holds an error of Excel, such as #N/A"
        else:
            texts.append(str(value))
    return texts


def _shown(source: str) -> str:
    """Return a URL without its password."""
    return re.sub(r"(://[^:/@]*):.*@", r"\1@", source)
