"""Rows of a table added, changed, or taken out; all others stay as they were written, to the byte."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from handouts import files
from handouts.collection.csvfile import write_table


def add_rows(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Add `rows` at the end of a table; what is there stays as it is, to the byte. Raises OutputError."""
    stored = path.read_bytes()
    text = stored.decode("utf-8-sig")
    ends = "\r\n" if b"\r\n" in stored else "\n"
    header = next(csv.reader([text.splitlines()[0]]))
    begun = b"" if stored.endswith(b"\n") else ends.encode()
    files.write(path, stored + begun + write_table(header, rows, ends, head=False).encode(), durable=True)


def change_rows(path: Path, change: Callable[[dict[str, str]], dict[str, str] | None]) -> None:
    """Change the rows of a table, or take out those of which `change` makes None; others stay as they are, to the byte."""
    stored = path.read_bytes()
    ends = "\r\n" if b"\r\n" in stored else "\n"
    pieces = []
    header: list[str] = []
    for raw, cells in _records(stored.decode("utf-8")):
        if not header or len(cells) != len(header):
            header = header or [cell.strip("\ufeff ") for cell in cells]
            pieces.append(raw)
            continue
        row = dict(zip(header, cells, strict=True))
        new = change(row)
        pieces.append(raw if new == row else "" if new is None else write_table(header, [new], ends, head=False))
    files.write(path, "".join(pieces).encode(), durable=True)


def _records(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each record of a table as it is written, and its cells."""
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines)
    before = 0
    for cells in reader:
        yield "".join(lines[before : reader.line_num]), cells
        before = reader.line_num


def read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the columns of a table as it is written, and its rows."""
    records = [cells for _, cells in _records(path.read_bytes().decode("utf-8-sig"))]
    header = [cell.strip() for cell in records[0]]
    return header, [dict(zip(header, cells, strict=True)) for cells in records[1:] if len(cells) == len(header)]
