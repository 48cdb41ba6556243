"""Rows of a table added, changed, or taken out; all others stay as they were written, in the way that a spreadsheet wrote them."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from handouts import files
from handouts.collection.csvfile import write_table
from handouts.collection.dialects import Dialect, dialect_of


def add_rows(path: Path, rows: Sequence[Mapping[str, str]], columns: Iterable[str] = ()) -> None:
    """Add `rows` at the end of a table; what is there stays as it is. One that is not there begins with `columns`. Raises OutputError."""
    if columns and not path.is_file():
        files.write(path, write_table(list(columns), rows).encode(), durable=True)
        return
    text, dialect = _read(path)
    header = [cell.strip() for cell in next(cells for _, cells in _records(text, dialect))]
    begun = "" if text.endswith("\n") else dialect.ends
    new = write_table(header, rows, dialect.ends, head=False, separator=dialect.separator)
    files.write(path, (text + begun + new).encode(dialect.encoding), durable=True)


def change_rows(path: Path, change: Callable[[dict[str, str]], dict[str, str] | None]) -> None:
    """Change the rows of a table, or take out those of which `change` makes None; others stay as they are."""
    text, dialect = _read(path)
    pieces = [dialect.above]
    header: list[str] = []
    for raw, cells in _records(text, dialect):
        cells = [cell.strip() for cell in cells]
        if not header or not any(cells) or any(cells[len(header) :]):
            header = header or cells
            pieces.append(raw)
            continue
        row = dict(zip(header, [*cells, *[""] * len(header)], strict=False))
        new = change(row)
        written = (
            "" if new is None else write_table(header, [new], dialect.ends, head=False, separator=dialect.separator)
        )
        pieces.append(raw if new == row else written)
    files.write(path, "".join(pieces).encode(dialect.encoding), durable=True)


def read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the columns of a table as it is written, and its rows."""
    header, *rows = ([cell.strip() for cell in cells] for _, cells in _records(*_read(path)))
    fitting = (cells for cells in rows if any(cells) and not any(cells[len(header) :]))
    return header, [dict(zip(header, [*cells, *[""] * len(header)], strict=False)) for cells in fitting]


def read_cells(content: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the columns of a table, and its rows that are not empty: the number of each among all, and its cells, as many in each.

    Raises UnicodeDecodeError and csv.Error.
    """
    dialect = dialect_of(content)
    header, *rows = (
        [cell.strip() for cell in cells] for _, cells in _records(content.decode(dialect.encoding), dialect)
    )
    filled = [(number, cells) for number, cells in enumerate(rows) if any(cells)]
    width = max(_last_filled(cells) for cells in [header, *(cells for _, cells in filled)])
    return _fitted(header, width), [(number, _fitted(cells, width)) for number, cells in filled]


def write_cells(content: bytes, rows: Sequence[tuple[int | None, Sequence[str]]]) -> bytes:
    """Return a table with other `rows`: each with the number that it had, if any, and its cells. One that is as it was stays as it was written."""
    dialect = dialect_of(content)
    (header, columns), *before = _records(content.decode(dialect.encoding), dialect)
    width = max(len(columns), *(_last_filled(cells) for _, cells in rows)) if rows else len(columns)
    pieces = [dialect.above, header if width == len(columns) else _line(_fitted(columns, width), dialect)]
    for number, cells in rows:
        cells = _fitted(cells, width)
        raw, old = before[number] if number is not None and 0 <= number < len(before) else ("", [])
        same = _fitted([cell.strip() for cell in old], width) == cells
        if not pieces[-1].endswith(("\n", "\r")):
            pieces[-1] += dialect.ends
        pieces.append(raw if raw and same else _line(cells, dialect))
    return "".join(pieces).encode(dialect.encoding)


def _last_filled(cells: Sequence[str]) -> int:
    return max((count for count, cell in enumerate(cells, start=1) if cell.strip()), default=0)


def _fitted(cells: Sequence[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))][:width]


def _line(cells: Sequence[str], dialect: Dialect) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator=dialect.ends, delimiter=dialect.separator).writerow(cells)
    return line.getvalue()


def _read(path: Path) -> tuple[str, Dialect]:
    content = path.read_bytes()
    dialect = dialect_of(content)
    return content.decode(dialect.encoding), dialect


def _records(text: str, dialect: Dialect) -> Iterator[tuple[str, list[str]]]:
    """Yield each record of a table as it is written, its header first, and its cells."""
    lines = text.removeprefix(dialect.above).splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=dialect.separator)
    before = 0
    for cells in reader:
        yield "".join(lines[before : reader.line_num]), cells
        before = reader.line_num
