"""The tables in data/, each checked when it is read.

Every table is a CSV file that a spreadsheet opens. An error names file, row (as the spreadsheet
counts them, the header being row 1), column, value, and the values allowed.
"""

import csv
import hashlib
import io
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from handouts.collection.dialects import parse_table
from handouts.collection.rules import Rule, text
from handouts.errors import DataError
from handouts.files import digest_of, files_in

MOST_KEPT = 1_000_000
"""Bytes of a file that are kept when all are looked at: no table of a page has more."""
Row = Mapping[str, str]


@dataclass(frozen=True)
class Column:
    """A column of a table: what it holds, the rule for its cells, and whether the table may do without it."""

    says: str
    rule: Rule = text
    absent: bool = False


@dataclass(frozen=True)
class Layout:
    """A table in data/: what it is for, its columns by name, the columns that tell its rows apart, and whether it is always needed."""

    file: str
    says: str
    columns: Mapping[str, Column]
    key: tuple[str, ...] = ()
    needed: bool = False


def write_table(
    columns: Sequence[str], rows: Iterable[Row], ends: str = "\n", *, head: bool = True, separator: str = ","
) -> str:
    """Return `rows` as a table with these columns, with their names above them where it has a `head`."""
    table = io.StringIO()
    writer = csv.DictWriter(table, columns, restval="", lineterminator=ends, extrasaction="ignore", delimiter=separator)
    if head:
        writer.writeheader()
    writer.writerows(rows)
    return table.getvalue()


class MissingError(DataError):
    """A table that is needed is not there."""


class Tables:
    """The files in a folder of tables, by their name there; each is read and parsed once, when it is first asked for.

    What nobody asks for is not kept: a roster may lie among them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = {path.relative_to(folder).as_posix(): path for path in files_in(folder)}
        self._content: dict[str, bytes] = {}
        self._digests: dict[str, str] = {}
        self._lines: dict[str, list[list[str]]] = {}
        self.asked: set[str] = set()
        """The names of the files that were asked for since somebody cleared it."""
        self.rules: dict[str, Mapping[str, Rule]] = {}
        """By which rules each table was read, a column each."""

    def content(self, name: str) -> bytes:
        """Return what the file `name` holds. Raises OSError."""
        self.asked.add(name)
        if name not in self._content:
            if name not in self._files:
                raise FileNotFoundError(name)
            self._content[name] = self._files[name].read_bytes()
        return self._content[name]

    def files_named(self, name: str) -> bytes | None:
        """Return what the file `name` holds, or None where there is none. Raises DataError."""
        try:
            return self.content(name)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DataError(f"data/{name}: cannot be read ({error.strerror}).") from error

    def suppose(self, name: str, content: bytes) -> None:
        """Have the file `name` hold `content` from here on, whatever is on disk: to see what would become of it."""
        self._files[name], self._content[name] = self.folder / name, content
        self._lines.pop(name, None)
        self._digests.pop(name, None)

    def names(self) -> list[str]:
        """Return the names of all files, in order."""
        return sorted(self._files)

    def digest(self, name: str) -> str:
        """Return a digest of what the file `name` holds; nothing where there is none."""
        if name not in self._digests and name in self._files:
            self._digests[name] = hashlib.sha256(self._look_at(name)).hexdigest()
        return self._digests.get(name, "")

    def fingerprint(self, but: Container[str] = ()) -> str:
        """Return a digest of the names of all files, and of what they hold, `but` for some."""
        return digest_of((name, (b"" if name in but else self.digest(name).encode())) for name in self._files)

    def _look_at(self, name: str) -> bytes:
        try:
            content = self._content.get(name) or self._files[name].read_bytes()
        except OSError as error:  # whoever asks for the table tells of it
            return str(error).encode()
        if len(content) <= MOST_KEPT:
            self._content[name] = content
        return content

    def shown(self, name: str) -> list[Row]:
        """Return the rows of the table `name` with any columns, as `read` does: what a page shows. Raises DataError."""
        return self.read(f"{name}.csv", {}, more=True)

    def rows(self, layout: Layout, **rules: Rule) -> list[Row]:
        """Return the rows of the table that `layout` describes, checked by its rules, or by those given for some of its columns.

        A table that is not needed may be missing or have no rows, and a column that may be absent is empty then. Raises DataError.
        """
        wanted = {name: rules.get(name, column.rule) for name, column in layout.columns.items()}
        may_lack = [name for name, column in layout.columns.items() if column.absent]
        return self.read(layout.file, wanted, key=layout.key, optional=not layout.needed, may_lack=may_lack)

    def read(
        self,
        name: str,
        rules: Mapping[str, Rule],
        *,
        key: Sequence[str] = (),
        more: bool = False,
        optional: bool = False,
        may_lack: Sequence[str] = (),
    ) -> list[Row]:
        """Return the rows of the CSV file `name` in order, checked by one rule a column.

        `key` names the columns that together tell rows apart; `more` allows columns without a rule; one that is `optional`
        may have no rows, or be missing; columns that it `may_lack` are empty where it does. Raises DataError for a missing or broken file, a wrong column, value or number of
        cells, a row that comes twice, and a table without rows.
        """
        where = f"data/{name}"
        self.asked.add(name)
        self.rules[name] = rules
        if optional and name not in self._files:
            if near := [one for one in self._files if one.casefold() == name.casefold()]:
                raise DataError(f"data/{near[0]}: is to be called {name}. Rename it.")
            return []
        if name not in self._lines:
            self._lines[name] = self._parse(name, rules)
        lines = self._lines[name]
        header = [cell.strip() for cell in lines[0]] if lines else []
        missing = [column for column in rules if column not in header and column not in may_lack]
        extra = [column for column in header if column not in rules]
        if missing or (extra and not more) or len(set(header)) < len(header):
            raise DataError(f"{where} row 1: columns are {', '.join(header)}. Wanted: {', '.join(rules)}.")
        rows: list[Row] = []
        seen: dict[tuple[str, ...], int] = {}
        for count, cells in enumerate(lines[1:], start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise DataError(
                    f"{where} row {count}: {len(cells)} cells where the header has {len(header)}. "
                    "Fill the row; a cell with a comma in it needs quotation marks around it."
                )
            row = {
                **dict.fromkeys(may_lack, ""),
                **{column: cell.strip() for column, cell in zip(header, cells, strict=True)},
            }
            for column, rule in rules.items():
                if wrong := rule(row[column]):
                    raise DataError(f"{where} row {count}, column {column}: {row[column]!r} is not allowed: {wrong}")
            same = tuple(row[column] for column in key)
            if key and same in seen:
                raise DataError(
                    f"{where} row {count}: {', '.join(same)} stands in row {seen[same]} already. Remove one."
                )
            seen[same] = count
            rows.append(row)
        if not rows and not optional:
            raise DataError(f"{where}: has no rows, and needs one. Its columns are {','.join(header)}.")
        return rows

    def _parse(self, name: str, rules: Mapping[str, Rule]) -> list[list[str]]:
        where = f"data/{name}"
        try:
            return parse_table(self.content(name))
        except FileNotFoundError:
            columns = f" Its columns are {','.join(rules)}." if rules else " Put it there, or show another."
            raise MissingError(f"{where}: the file is missing.{columns}") from None
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"{where}: cannot be read ({error}). In Excel, save it as CSV UTF-8.") from error
