"""Sheets: a roster in Excel, each cell as Excel shows it.

openpyxl reads the cells. What it does not tell is looked for before it starts: rows and columns that
are hidden, formulas that were never computed, merged cells, and a file made to exhaust the machine.
"""

import re
import warnings
from collections.abc import Generator
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat
from zipfile import ZipFile

from handouts.batch.values import texts
from handouts.errors import RosterError

MOST_ROWS, MOST_COLUMNS, MOST_LETTERS = 1_048_576, 1_000, 32_767
"""What a sheet may hold: as many rows, and letters a cell, as Excel allows; and more columns than a roster has."""
MOST_BYTES, MOST_OTHER_BYTES, MOST_TIMES = 1 << 30, 200 << 20, 200
"""How large a sheet may be when unpacked, how large any other part, and how many times as large as packed."""
MOST_DIGITS = 15
"""How many digits of a number Excel keeps; the others it makes 0."""


class _TooLargeError(Exception):
    """The file holds more than a roster can."""


def read_sheet(path: Path, header_row: int = 1) -> Generator[tuple[int, list[str] | str]]:
    """Yield the rows of the one sheet, by number, with the names of columns in `header_row`, or why one cannot be read. Raises RosterError."""
    from openpyxl.reader.excel import ExcelReader

    # openpyxl warns of what it leaves out, and quotes cells
    warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")
    try:
        with ZipFile(path) as archive:
            _weigh(archive)
            reader = ExcelReader(path, read_only=True, data_only=True, keep_links=False)
            try:
                reader.read()
                sheets = [sheet for sheet in reader.wb.worksheets if sheet.sheet_state == "visible"]
                if len(sheets) != 1:
                    raise RosterError(f"{path.name}: has {len(sheets)} sheets. Keep the one that is the roster.")
                parts = {sheet.name: relation.target for sheet, relation in reader.parser.find_sheets()}
                with archive.open(parts[sheets[0].title]) as part:
                    look = _Look(part)
                yield from _rows(path.name, sheets[0], look, header_row)
            finally:
                reader.archive.close()
    except RosterError:
        raise
    except _TooLargeError:
        raise RosterError(f"{path.name}: holds more than a roster can. Copy the rows into a new workbook.") from None
    except Exception:
        raise RosterError(
            f"{path.name}: is no Excel file that can be read; a password may protect it. Save it again as .xlsx or CSV."
        ) from None


def _weigh(archive: ZipFile) -> None:
    """Raise _TooLargeError where a part of the file would fill the memory once it is unpacked."""
    for part in archive.infolist():
        most = MOST_BYTES if part.filename.startswith("xl/worksheets/") else MOST_OTHER_BYTES
        packed_too_well = part.file_size > max(MOST_TIMES * part.compress_size, 10 << 20)
        if part.file_size > most or packed_too_well:
            raise _TooLargeError


class _Look:
    """What the XML of a sheet holds that openpyxl does not tell; `rows` and `columns` are the last with a value."""

    def __init__(self, part: IO[bytes]) -> None:
        self.rows = self.columns = 0
        self.hidden_rows: set[int] = set()
        self.hidden_columns: list[tuple[int, int]] = []
        self.not_computed: set[int] = set()
        self.merged = False
        self._row = self._column = self._letters = 0
        self._kind: str | None = None
        self._formula = self._in_value = False
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.ParseFile(part)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "c":
            letters = attributes.get("r", "").rstrip("0123456789")
            self._column = _number_of(letters) if letters else self._column + 1
            self._kind, self._letters, self._formula = attributes.get("t"), 0, False
            if self._column > MOST_COLUMNS and "s" not in attributes:
                raise _TooLargeError
        elif tag in ("v", "t"):
            self._in_value = True
        elif tag == "row":
            before, self._row = self._row, int(attributes.get("r", self._row + 1))
            self._column = 0
            if self._row > MOST_ROWS:
                raise _TooLargeError
            if self._row <= before:
                raise ValueError("rows out of order, of which openpyxl drops some")
            if attributes.get("hidden") in ("1", "true"):
                self.hidden_rows.add(self._row)
        elif tag == "f":
            self._formula = True
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            self.hidden_columns.append((int(attributes["min"]), int(attributes["max"])))
        elif tag == "mergeCell":
            self.merged = True

    def _end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag in ("v", "t"):
            self._in_value = False
        elif tag == "c":
            if self._formula and not self._letters and self._kind != "str":  # a formula may give an empty text
                self.not_computed.add(self._row)
            if self._letters or self._formula:
                self.rows, self.columns = self._row, max(self.columns, self._column)
                if self.columns > MOST_COLUMNS:
                    raise _TooLargeError

    def _text(self, text: str) -> None:
        if self._in_value:
            self._letters += len(text)
            if self._letters > MOST_LETTERS:
                raise _TooLargeError


def _number_of(letters: str) -> int:
    """Return the number of a column, by its letters."""
    number = 0
    for letter in letters[:4]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _rows(name: str, sheet: Any, look: _Look, header_row: int) -> Generator[tuple[int, list[str] | str]]:
    if look.merged:
        raise RosterError(f"{name}: has merged cells. Unmerge them, so that each row has cells of its own.")
    sheet.reset_dimensions()  # the size that a file says it has may be wrong
    for number, cells in enumerate(sheet.iter_rows(max_col=look.columns or 1, max_row=look.rows or 1), start=1):
        if all(cell.value is None for cell in cells) and number not in look.not_computed and number > header_row:
            continue
        row = texts(map(_shown, cells))
        if number == header_row:
            for column, cell in enumerate(row, start=1):
                if cell and any(first <= column <= last for first, last in look.hidden_columns):
                    raise RosterError(
                        f"{name}: column {column} is hidden. Show it, or remove it: what nobody sees would be printed."
                    )
        elif number in look.hidden_rows:
            # Whoever filters may mean these people, or may have forgotten the filter: they are asked.
            row = "is hidden in the sheet, perhaps by a filter; show it, or remove it"
        elif number in look.not_computed:
            row = "holds a formula that was never computed; open the roster in Excel and save it"
        yield number, row


def _shown(cell: Any) -> Any:
    """Return a cell's value as Excel shows it. Raises ValueError where it shows none."""
    value = cell.value
    if isinstance(value, str):
        # how a workbook writes characters that XML cannot hold; a line break at the end is seen by nobody
        return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), value).rstrip("\r\n")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _shown_number(value, cell.number_format)
    return _shown_moment(value, cell.number_format)


def _shown_number(value: int | float, number_format: str) -> str:
    if abs(value) >= 10**MOST_DIGITS:
        raise ValueError(
            f"holds a number of more than {MOST_DIGITS} digits, of which Excel has lost the last; write it as text"
        )
    if number_format in ("General", "@", "#"):
        return str(int(value)) if value == int(value) else f"{value:.10g}"
    positive = re.sub(r"_.|\[\$-[^\]]*\]", "", number_format).partition(";")[0]
    form = re.fullmatch(r'((?:"[^"]*"|\\.)*)(0+)(?:\.(0+))?', positive)
    if not form or value < 0:
        raise ValueError("holds a number in a format such as money or a percentage; write it as text")
    places = len(form[3] or "")
    number = str(Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
    whole = len(form[2]) + (places + 1 if places else 0)
    return re.sub(r'"([^"]*)"|\\(.)', r"\1\2", form[1]) + number.zfill(whole)


def _shown_moment(value: Any, number_format: str) -> Any:
    """Return the date, the time or both, by which of them the format shows."""
    marks = re.sub(r'"[^"]*"|\\.|\[(?![hms]+\])[^\]]*\]|_.|\*.', "", number_format.lower())
    clock = re.search("[hs]", marks) is not None
    day = re.search("[yd]", marks) is not None or ("m" in marks and not clock)
    if isinstance(value, timedelta) and timedelta() <= value < timedelta(days=1):
        value = (datetime.min + value).time()
    if isinstance(value, time) and day:  # the number of no day, which Excel shows as 1900-01-00
        value = datetime.combine(date(1900, 1, 1), value)
    if isinstance(value, datetime) and day != clock:
        value = value.date() if day else value.time()
    return value.replace(second=0, microsecond=0) if isinstance(value, time) and "s" not in marks else value
