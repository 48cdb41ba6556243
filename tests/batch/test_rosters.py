"""rosters.py, rows.py: a roster is read as it is, and each row is checked."""

import csv
import sqlite3
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from conftest import NEEDLES
from handouts.batch.rosters import open_roster
from handouts.batch.rows import Rows, Wanted
from handouts.collection.folder import Collection
from handouts.errors import RosterError

EXAMPLE = NEEDLES / "data" / "example-roster.csv"


def read(source: str | Path, sql: str | None = None) -> tuple[list[str], list[list[str] | str]]:
    """Return the columns of a roster and its lines, without their numbers."""
    with open_roster(str(source), sql) as roster:
        return roster.columns, [cells for _, cells in roster.lines]


def example() -> list[list[str]]:
    """Return the rows of the example roster, its header first."""
    with EXAMPLE.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def as_typed(header: list[str], row: list[str]) -> list[object]:
    """Return a row as a spreadsheet or database holds it: with dates, times and nothing for what is empty."""
    kinds = {"appointment_date": date.fromisoformat, "appointment_time": time.fromisoformat}
    return [kinds.get(column, str)(cell) if cell else None for column, cell in zip(header, row, strict=True)]


def test_an_excel_roster_is_read_as_the_csv_file(tmp_path: Path) -> None:
    """Dates, times and numbers of a spreadsheet become what a CSV file holds; rows left empty are passed over."""
    header, *rows = example()
    book = openpyxl.Workbook()
    book.active.append(header)
    for row in rows:
        book.active.append(as_typed(header, row))
    book.active.append([])
    book.active["A20"] = 1001
    book.active["B20"] = datetime(2026, 12, 1, 9, 30)
    book.save(tmp_path / "roster.xlsx")
    columns, lines = read(tmp_path / "roster.xlsx")
    assert (columns, lines[: len(rows)]) == (header, rows)
    assert lines[len(rows)][:2] == ["1001", "2026-12-01 09:30:00"]  # type: ignore[index]
    book.create_sheet("more")
    book.save(tmp_path / "roster.xlsx")
    with pytest.raises(RosterError, match="has 2 sheets"):
        read(tmp_path / "roster.xlsx")


def test_a_parquet_roster_is_read_as_the_csv_file(tmp_path: Path) -> None:
    """Dates and times of a Parquet file become what a CSV file holds, in the order of its rows."""
    import duckdb

    header, *rows = example()
    path = tmp_path / "roster.parquet"
    duckdb.execute(f"COPY (SELECT * FROM read_csv('{EXAMPLE}', header = true)) TO '{path}' (FORMAT parquet)")
    assert read(path) == (header, rows)
    duckdb.execute(f"COPY (SELECT range AS id FROM range(5000)) TO '{path}' (FORMAT parquet)")
    assert read(path) == (["id"], [[str(number)] for number in range(5000)])


def test_a_query_is_read_as_the_csv_file(tmp_path: Path) -> None:
    """What a SELECT statement gives becomes what a CSV file holds."""
    header, *rows = example()
    with sqlite3.connect(tmp_path / "clinic.db") as database:
        database.execute(f"CREATE TABLE visits ({', '.join(header)})")
        database.executemany(f"INSERT INTO visits VALUES ({', '.join('?' * len(header))})", rows)
    database.close()
    url = f"sqlite:///{tmp_path}/clinic.db"
    assert read(url, "SELECT * FROM visits ORDER BY id") == (header, rows)
    assert read(url, "SELECT id, '12:30' AS topic FROM visits WHERE id LIKE '%1'")[1] == [
        ["P-0001", "12:30"], ["P-0011", "12:30"],
    ]  # fmt: skip
    with pytest.raises(RosterError, match="no such table: nowhere.*statement of --sql"):
        read(url, "SELECT * FROM nowhere")


def test_a_roster_comes_from_a_real_postgresql(postgresql: str) -> None:
    """Dates, times and names from a PostgreSQL server become what a CSV file holds; what it says is told in a line."""
    from sqlalchemy import create_engine, text

    header, *rows = example()
    engine = create_engine(postgresql)
    with engine.begin() as connection:
        columns = ", ".join(
            f"{column} {({'appointment_date': 'date', 'appointment_time': 'time'}).get(column, 'text')}"
            for column in header
        )
        connection.execute(text(f"CREATE TABLE visits ({columns})"))
        values = ", ".join(f":{column}" for column in header)
        connection.execute(
            text(f"INSERT INTO visits VALUES ({values})"),
            [dict(zip(header, as_typed(header, row), strict=True)) for row in rows],
        )
    engine.dispose()
    assert read(postgresql, "SELECT * FROM visits ORDER BY id") == (header, rows)
    assert len(read(postgresql, "SELECT 'P' || n AS id FROM generate_series(1, 5000) AS n")[1]) == 5000
    with pytest.raises(RosterError, match='relation "nothing" does not exist'):
        read(postgresql, "SELECT * FROM nothing")
    with pytest.raises(RosterError) as told:
        read(postgresql, "SELECT CAST(first_name AS integer) AS id FROM visits")
    assert "Maya" not in str(told.value)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("roster.csv", "", "is empty"),
        ("roster.csv", "\nid,topic\n", "or its first row is"),
        ("roster.csv", "id,topic,id\n", "columns 1 and 3 have one name"),
        ("roster.csv", 'id,topic\n1,"' + "x" * 200_000, r"roster.csv row 2: cannot be read; a quotation mark"),
        ("roster.xlsx", "no workbook", "is no Excel file"),
        ("roster.parquet", "no parquet", "is no Parquet file"),
        ("roster.docx", "id,topic\n", r"is no roster that can be read. Give a file that ends in \.csv"),
    ],
)
def test_a_file_that_is_no_roster_is_told(tmp_path: Path, name: str, content: str, told: str) -> None:
    """What cannot be read as a roster is told with the file and what to do."""
    (tmp_path / name).write_text(content)
    with pytest.raises(RosterError, match=told):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("source", "sql", "told"),
    [
        ("nowhere.csv", None, "there is no such file"),
        ("sqlite:///x.db", None, "needs a query. Add --sql"),
        ("roster.csv", "SELECT 1", "--sql is for a database"),
        ("oracle://user:secret@host/db", "SELECT 1", "oracle://user@host/db: needs the package"),
        ("nothing+at+all://", "SELECT 1", "is no database URL|needs"),
    ],
)
def test_a_source_that_is_wrong_is_told_without_its_password(source: str, sql: str | None, told: str) -> None:
    """A wrong file, database or query is told in a line that shows no password."""
    with pytest.raises(RosterError, match=told) as error:
        read(source, sql)
    assert "secret" not in str(error.value)


def test_rows_with_too_many_or_too_few_cells_are_told_apart(tmp_path: Path) -> None:
    """Cells that are missing at the end are empty; cells too many reject the row; blank lines count as rows."""
    (tmp_path / "roster.csv").write_text("id,topic,,\na,b\n\nc,d,,\ne,f,g\n \nh\n")
    with open_roster(str(tmp_path / "roster.csv")) as roster:
        assert list(roster.lines) == [
            (2, ["a", "b"]), (4, ["c", "d"]), (5, "has 3 cells where the header has 2"), (7, ["h", ""]),
        ]  # fmt: skip


GOOD = {"id": "A-1", "topic": "your-dry-needling-session", "audience": "athlete", "first_name": "Maya"}


def check(collection: Collection, **changed: str) -> Wanted | str:
    """Return what becomes of a good row that is changed so."""
    row = {**GOOD, **changed}
    return Rows(collection, list(row), "roster.csv").check(list(row.values()))


def test_a_good_row_says_what_is_wanted(collection: Collection) -> None:
    """A row gives a topic, one value of every parameter, and the fields that are filled."""
    wanted = check(collection, appointment_date="2026-12-01", clinician="")
    assert wanted == Wanted(
        "A-1", "your-dry-needling-session", ("athlete", "plain", "normal"),
        (("first_name", "Maya"), ("appointment_date", "Tuesday, December 1, 2026")),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"id": ""}, "id: is missing"),
        ({"id": "../etc"}, "id: is no safe file name"),
        ({"id": "a/b"}, "id: is no safe file name"),
        ({"id": ".hidden"}, "id: is no safe file name"),
        ({"id": "CON"}, "id: is no safe file name"),
        ({"id": "x" * 65}, "id: is no safe file name"),
        ({"id": "josé"}, "id: is no safe file name"),
        ({"topic": "your-dry-session"}, "topic: is none of the collection. Did you mean 'your-dry-needling-session'"),
        ({"audience": "atlete"}, "audience: is not one of its values. Did you mean 'athlete'"),
        ({"first_name": "x" * 41}, "first_name: has 41 characters and may have 40"),
        ({"appointment_date": "tomorrow"}, "appointment_date: is no date"),
        (
            {"topic": "which-treatment-is-right", "appointment_date": "2026-12-01"},
            "appointment_date: is no field of this topic",
        ),
        ({"id": "", "audience": "Maya Marker"}, "id: is missing; audience: is not one"),
    ],
)
def test_a_bad_row_is_told_without_what_stands_in_it(
    collection: Collection, changed: dict[str, str], told: str
) -> None:
    """Each reason names the column and what to do, and never quotes the row."""
    reason = check(collection, **changed)
    assert isinstance(reason, str)
    assert told in reason
    assert not any(value in reason for value in changed.values() if value and value != "which-treatment-is-right")


def test_an_id_that_comes_twice_is_rejected_once(collection: Collection) -> None:
    """The second row with an id is rejected, capitals or not; a row that is rejected takes no id away."""
    rows = Rows(collection, list(GOOD), "roster.csv")
    checked = [
        rows.check([*cells, "your-dry-needling-session", audience, ""][:4])
        for cells, audience in [(["A-1"], "nobody"), (["A-1"], "athlete"), (["a-1"], "athlete"), (["A-2"], "")]
    ]
    assert [isinstance(one, str) for one in checked] == [True, False, True, False]
    assert "earlier row" in str(checked[2])


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (["id", "topic", "frist_name"], "column 3 has an unknown name. Did you mean 'first_name'"),
        (["id", "first_name"], "has no column topic"),
        (["first_name"], "has no column id and no column topic"),
    ],
)
def test_columns_are_checked_before_any_row(collection: Collection, columns: list[str], told: str) -> None:
    """A column that is missing or unknown stops the batch: a field would be lost on every page."""
    with pytest.raises(RosterError, match=told):
        Rows(collection, columns, "roster.csv")


def test_the_example_roster_is_right(collection: Collection) -> None:
    """Every row of the roster that ships with the collection is one that can be made."""
    with open_roster(str(EXAMPLE)) as roster:
        rows = Rows(collection, roster.columns, roster.name)
        checked = [rows.check(cells) for _, cells in roster.lines]
    assert len(checked) >= 10
    assert [reason for reason in checked if isinstance(reason, str)] == []
    assert {wanted.topic for wanted in checked} == set(rows.topics)  # type: ignore[union-attr]
