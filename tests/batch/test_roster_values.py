"""values.py, sheets.py, databases.py, rosters.py: what is no value is no value, in every format."""

import re
import sqlite3
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import duckdb
import openpyxl
import pytest
from babel import Locale
from test_rosters import read

from handouts.batch.databases import shown
from handouts.batch.rosters import open_roster
from handouts.batch.rows import Rows, Wanted
from handouts.batch.values import NOTHING, fault, faults, texts
from handouts.collection.folder import Collection
from handouts.errors import RosterError

HEADER = ["id", "topic", "first_name"]
TOPIC = "your-dry-needling-session"
BROKEN = [
    *("#N/A", "#REF!", "#NAME?", "#DIV/0!", "#VALUE!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BUSY!", "#GETTING_DATA"),
    *("#CONNECT!", "#BLOCKED!", "#UNKNOWN!", "#EXTERNAL!", "#PYTHON!", "#NEW_IN_2030!", "#n/a", "#NV", "#WERT!", "#¡VALOR!", "#Н/Д", "Err:502"),
    *("########", "-", "--", "?", "???", "...", "—"),
    *sorted(NOTHING),
    *("JosÃ©", "FranÃ§ois", "Å\u0081ukasz", "Å\u00a0tÄ›pÃ¡n", "ErdÅ‘s", "GintarÄ—", "Ð˜Ð²Ð°Ð½", "×©×¨×”", "æ\u009d\u008eå¨œ", "ZoÃ« ðŸ™‚", "Oâ€™Neil", "Jos√©", "Jos├®", "JosĂ©"),
    *("Bo\ufffd", "A\ufffcna", "A\ufff9na"),
    *("O&#39;Brien", "O&#x27;Brien", "Anne &amp; Bob", "Jos&eacute;", "Ana_x000D_", "_x005F_", r"Jos\u00e9", "Jos%C3%A9"),
    *("\uf0b7 Ana", "\uf0fcAna", "\ue000Ana", "\uf8ffAna", "\U000f0000Ana", "\U0010fffdAna"),
    *("\ufdd0Ana", "\U0001fffeAna", "\uffffAna"),
    *("A\x00na", "A\x1fna", "A\nna", "A\tna", "A\x7fna", "A\x85na", "A\u2028na"),
    *("\u202egnp.exe", "A\u202ana", "A\u2067na"),
    *("A\u200bna", "A\u00adna", "A\u200dna", "A\u2060na", "Ana\ufeff", "\u200eAna", "\u3164", "A\U000e0061na"),
]  # fmt: skip
SOUND = [
    *("Maya", "José", "Zoë 🙂👩‍👩‍👧", "李娜", "שרה", "\u200fשרה", "می\u200cخواهم", "क्\u200dष", "O'Neil", "O’Neil", "Ó’Brien", "RENÉ’S", "Anne-Marie \"Annie\""),
    *("Null", "Na", "Nan", "Nil", "NULLA", "NAN", "Noneman", "Ann N/A", "Jr.", "D.", "Å", "Ærø", "SÃO JOÃO", "MACIÁ", "Đặng Thị Ánh", "ÎLE", "Ørsted", "Čapek", "Łukasz"),
    *("<b>Bobby</b> {{ clinician }}", "R&D; lab", "AT&T", "Q&A;", "#12", "Room #A1b", "under_score", "x_max", "100 %", "5%", "«\u00a0à\u00a0»", "Voltarol® 2 %", "ﬁ", "½"),
]  # fmt: skip


@pytest.mark.parametrize("value", BROKEN)
def test_what_is_no_value_is_found(value: str) -> None:
    """Errors, words for nothing, damaged letters and characters that nobody sees are told, and not quoted."""
    told = fault(value)
    assert told
    examples = "#N/A or ####|NULL or NA; leave the cell empty, or write a name|UTF-8|as web pages write it, such as"
    assert not re.search(rf"(?<!\w){re.escape(value)}(?!\w)", re.sub(examples, "", told))
    assert list(faults(["P-1", value, "Maya"])) == [1]


def test_what_is_a_value_is_kept() -> None:
    """Names of all scripts, of people called Null or Na, and markup as text are values."""
    assert {value: fault(value) for value in SOUND if fault(value)} == {}
    assert faults(SOUND) == {}


def test_letters_read_in_the_wrong_encoding_are_found_in_words_of_many_languages() -> None:
    """UTF-8 that was read as Windows-1252 or Latin-1 is found in nearly every word, and no right word is taken for it."""
    words = set()
    for language in ("bg", "cs", "de", "el", "es", "fr", "he", "hu", "is", "ja", "ko", "lt", "lv", "pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh", "ar", "hi", "da", "et", "hr"):  # fmt: skip
        locale = Locale.parse(language)
        words |= {str(word) for names in (locale.territories, locale.languages) for word in names.values()}
    words |= {word.upper() for word in words}
    assert len(words) > 20_000
    assert [word for word in words if fault(word) or faults([word, word])] == []
    found = lost = 0
    for word in words:
        for encoding in ("cp1252", "latin-1"):
            try:
                damaged = word.encode().decode(encoding)
            except UnicodeDecodeError:
                continue
            if damaged != word:
                found += fault(damaged) is not None
                lost += fault(damaged) is None
    assert lost < (found + lost) / 25


def write_csv(path: Path, rows: list[list[str]]) -> tuple[str, str | None]:
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    path.with_suffix(".csv").write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    return str(path.with_suffix(".csv")), None


def write_excel(path: Path, rows: list[list[str]]) -> tuple[str, str | None]:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(path.with_suffix(".xlsx"))
    return str(path.with_suffix(".xlsx")), None


def write_parquet(path: Path, rows: list[list[str]]) -> tuple[str, str | None]:
    name = path.with_suffix(".parquet")
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE roster ({', '.join(f'{column} VARCHAR' for column in rows[0])})")
        connection.executemany("INSERT INTO roster VALUES (?, ?, ?)", rows[1:])
        connection.execute(f"COPY roster TO '{name}' (FORMAT parquet)")
    return str(name), None


def write_sqlite(path: Path, rows: list[list[str]]) -> tuple[str, str | None]:
    database = sqlite3.connect(path.with_suffix(".db"))
    with database:
        database.execute(f"CREATE TABLE roster ({', '.join(rows[0])})")
        database.executemany("INSERT INTO roster VALUES (?, ?, ?)", rows[1:])
    database.close()
    return f"sqlite:///{path.with_suffix('.db')}", "SELECT * FROM roster"


@pytest.mark.parametrize("write", [write_csv, write_excel, write_parquet, write_sqlite])
def test_every_format_rejects_what_is_no_value(
    tmp_path: Path, collection: Collection, write: Callable[[Path, list[list[str]]], tuple[str, str | None]]
) -> None:
    """No broken value becomes a greeting, whichever file or database it comes from; every other row is right."""
    # XML and CSV cannot carry all, and a workbook undoes what it means by _x000D_
    unfit = "\x00\x1f\x0b" + ("\n" if write is write_csv else "") + ("\uffff" if write is write_excel else "")
    values = [value for value in [*BROKEN, *SOUND] if not set(value) & set(unfit)]
    values = [value for value in values if write is not write_excel or not value.endswith("_")]
    rows = [[f"P-{number}", TOPIC, value] for number, value in enumerate(values)]
    with open_roster(*write(tmp_path / "roster", [HEADER, *rows])) as roster:
        checker = Rows(collection, roster.columns, roster.name)
        checked = [cells if isinstance(cells, str) else checker.check(cells) for _, cells in roster.lines]
    assert len(checked) == len(values)
    for value, one in zip(values, checked, strict=True):
        if value in SOUND:
            assert isinstance(one, Wanted), (value, one)
            assert dict(one.fields)["first_name"] == value
        else:
            assert isinstance(one, str), ascii(value)
            assert one.startswith("first_name: "), one


def test_typed_values_become_text_or_are_told() -> None:
    """Dates, times and numbers become what a CSV file holds; what is none of a person is told with its column."""
    moment = datetime(2026, 12, 1, 9, 30)
    assert texts([None, 190.0, Decimal("190.00"), 12.5, True, float("nan"), Decimal("NaN"), 10**20, timedelta(hours=9.5)]) == [
        "", "190", "190", "12.5", "TRUE", "", "", "100000000000000000000", "09:30",
    ]  # fmt: skip
    assert texts([date(2026, 12, 1), datetime(2026, 12, 1), moment, time(9, 30), time(9, 30, 15)]) == [
        "2026-12-01", "2026-12-01", "2026-12-01 09:30:00", "09:30", "09:30:15",
    ]  # fmt: skip
    for value, told in [
        (float("inf"), "endless"), (date(1900, 1, 1), "outside the years 1905 to 2099"), (datetime(1, 1, 1), "outside"), (date(9999, 12, 31), "outside"),
        (datetime.fromisoformat("2026-12-01 00:00+00:00"), "time zone"), (time.fromisoformat("09:30+01:00"), "time zone"),
        (timedelta(days=2), "length of time"), (b"Ana", "bytes"), (["Ana"], "a list"), ({"a": "Ana"}, "a list"),
    ]:  # fmt: skip
        reason = texts(["P-1", value])
        assert isinstance(reason, str)
        assert reason.startswith("column 2 holds ")
        assert told in reason


def a_sheet(path: Path, *rows: list[object], **formats: str) -> openpyxl.Workbook:
    """Return a workbook with `rows`, whose cells have `formats`."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cell, number_format in formats.items():
        book.active[cell].number_format = number_format
    book.save(path)
    return book


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (42, "General", "42"), (42, "00000", "00042"), (42, "0", "42"), (190.0, "General", "190"), (12.5, "General", "12.5"), (0.1 + 0.2, "General", "0.3"),
        (12.5, "0", "13"), (12, "0.00", "12.00"), (42, '"P-"0000', "P-0042"), (42, r"\P000", "P042"), (42, "0_);(0)", "42"), (-3, "General", "-3"),
        (123456789012345, "0", "123456789012345"), (True, "General", "TRUE"), ("00042", "@", "00042"), (42, "@", "42"),
        (0.25, "0%", None), (5, '"$"#,##0.00', None), (1234, "#,##0", None), (5, "[$€-407] 0", None), (1e6, "0.00E+00", None), (2.5, "# ?/?", None), (-3, "0;(0)", None),
        (1234567890123456, "0", None), (9.1e18, "General", None),
        (datetime(2026, 12, 1), "yyyy-mm-dd", "2026-12-01"), (datetime(2026, 12, 1, 9, 30), "d mmm yyyy", "2026-12-01"), (datetime(2026, 12, 1, 9, 30), "h:mm AM/PM", "09:30"),
        (datetime(2026, 12, 1, 9, 30), "m/d/yy h:mm", "2026-12-01 09:30:00"), (time(9, 30), "h:mm", "09:30"), (time(9, 30, 20), "h:mm", "09:30"), (time(9, 30, 20), "h:mm:ss", "09:30:20"),
        (timedelta(hours=9.5), "[h]:mm", "09:30"), (datetime(2026, 12, 1), '[$-409]mmmm\\ d"th, "yyyy', "2026-12-01"), (datetime(2026, 12, 1), "mmm", "2026-12-01"),
        (0, "yyyy-mm-dd", None), (0.5, "yyyy-mm-dd", None), (42, "m/d/yyyy", None), (-1, "yyyy-mm-dd", None), (9e9, "yyyy-mm-dd", "#VALUE!"), (timedelta(days=2), "[h]:mm", None),
    ],
)  # fmt: skip
def test_a_cell_of_excel_is_read_as_excel_shows_it(
    tmp_path: Path, value: object, number_format: str, shown: str | None
) -> None:
    """Padding, decimals, dates and times are those of the cell's format; money, percentages and lost digits are told."""
    a_sheet(tmp_path / "roster.xlsx", HEADER, ["P-1", TOPIC, value], C2=number_format)
    line = read(tmp_path / "roster.xlsx")[1][0]
    if shown is None:
        assert isinstance(line, str)
        assert line.startswith("column 3 holds ")
    else:
        assert line[2] == shown


def test_what_excel_means_by_x000d_is_undone(tmp_path: Path) -> None:
    """`_x000D_` in a workbook is a line break, and `_x005F_` an underscore."""
    a_sheet(tmp_path / "roster.xlsx", HEADER, ["P-1", "Ana_x000D_", "a_x005F_x000D_b"], ["P-2", "A_x000D_na", "x_y"])
    assert read(tmp_path / "roster.xlsx")[1] == [["P-1", "Ana", "a_x000D_b"], ["P-2", "A\rna", "x_y"]]


def test_rows_that_a_filter_hides_get_no_handout_and_are_told(tmp_path: Path) -> None:
    """A hidden row is rejected by its number; hidden rows without anything in them are passed over."""
    book = a_sheet(tmp_path / "roster.xlsx", HEADER, *([f"P-{number}", TOPIC, "Maya"] for number in range(2, 6)))
    for row in (3, 4, 9):
        book.active.row_dimensions[row].hidden = True
    book.active.auto_filter.ref = "A1:C5"
    book.save(tmp_path / "roster.xlsx")
    with open_roster(str(tmp_path / "roster.xlsx")) as roster:
        lines = dict(roster.lines)
    assert list(lines) == [2, 3, 4, 5]
    assert [number for number, line in lines.items() if "is hidden in the sheet, perhaps by a filter" in line] == [3, 4]


def test_a_formula_that_was_never_computed_is_told(tmp_path: Path) -> None:
    """What a program wrote as a formula, and Excel never opened, is no empty cell; a formula that gave "" is one."""
    path = tmp_path / "roster.xlsx"
    a_sheet(path, HEADER, ["P-1", TOPIC, '="Ma"&"ya"'], ["P-2", TOPIC, "Maya"], ["P-3", TOPIC, '=""'], ['="P"'])
    computed = ('<f>""</f><v></v>', 't="str"><f>""</f><v></v>')
    change(
        path,
        "xl/worksheets/sheet1.xml",
        lambda xml: re.sub(r'<c r="C4"[^>]*>.*?</c>', f'<c r="C4" {computed[1]}</c>', xml),
    )
    lines = read(path)[1]
    assert [("never computed" in line) for line in lines] == [True, False, False, True]
    assert lines[2] == ["P-3", TOPIC, ""]


def change(path: Path, part: str, by: Callable[[str], str]) -> None:
    """Change the XML of a part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    changed = by(parts[part].decode())
    assert changed != parts[part].decode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**parts, part: changed.encode()}.items():
            archive.writestr(name, content)


def hide_column(book: openpyxl.Workbook) -> None:
    book.active.column_dimensions["C"].hidden = True


def merge(book: openpyxl.Workbook) -> None:
    book.active.insert_rows(1)
    book.active["A1"] = "Monday"
    book.active.merge_cells("A1:C1")


def add_sheet(book: openpyxl.Workbook) -> None:
    book.create_sheet("more")


@pytest.mark.parametrize(
    ("do", "told"),
    [(hide_column, "column 3 is hidden"), (merge, "has merged cells"), (add_sheet, "has 2 sheets")],
)
def test_a_sheet_that_can_be_misread_is_refused(
    tmp_path: Path, do: Callable[[openpyxl.Workbook], None], told: str
) -> None:
    """Hidden columns, merged cells and a second sheet are told with what to do, and nothing is read."""
    book = a_sheet(tmp_path / "roster.xlsx", HEADER, ["P-1", TOPIC, "Maya"])
    do(book)
    book.save(tmp_path / "roster.xlsx")
    with pytest.raises(RosterError, match=told):
        read(tmp_path / "roster.xlsx")


ROW = '<row r="2"'


@pytest.mark.parametrize(
    ("by", "told"),
    [
        (lambda xml: xml.replace(ROW, '<row r="300000000"'), "more than a roster can"),
        (lambda xml: xml.replace('r="C2"', 'r="XFD2"'), "more than a roster can"),
        (lambda xml: xml.replace('r="C2"', 'r="ZZZZZZZ2"'), "more than a roster can"),
        (lambda xml: xml.replace("<sheetData>", f"<sheetData><row><c><v>{'1' * 40_000}</v></c></row>"), "more than a roster can"),
        (lambda xml: xml.replace("<sheetData>", f"<sheetData>{' ' * 11_000_000}"), "more than a roster can"),
        (lambda xml: xml.replace(ROW, '<row r="1"'), "is no Excel file"),
        (lambda xml: xml.replace("</sheetData>", ""), "is no Excel file"),
        (lambda xml: '<!DOCTYPE worksheet [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + xml.replace("Maya", "&a;"), "is no Excel file"),
        (lambda xml: "<!DOCTYPE worksheet [<!ENTITY a 'lol'>" + "".join(f"<!ENTITY {b} '{f'&{a};' * 99}'>" for a, b in zip("abcdefg", "bcdefgh", strict=True)) + "]>" + xml.replace("Maya", "&h;"), "is no Excel file"),
    ],
)  # fmt: skip
def test_a_workbook_made_to_exhaust_the_machine_is_refused(tmp_path: Path, by: Callable[[str], str], told: str) -> None:
    """Gaps of rows, far columns, bombs and entities are refused at once, and in little memory."""
    a_sheet(tmp_path / "roster.xlsx", HEADER, ["P-1", TOPIC, "Maya"])
    change(tmp_path / "roster.xlsx", "xl/worksheets/sheet1.xml", by)
    started = perf_counter()
    tracemalloc.start()
    with pytest.raises(RosterError, match=told):
        read(tmp_path / "roster.xlsx")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert perf_counter() - started < 5
    assert most < 20_000_000


def test_a_workbook_of_too_many_shared_words_is_refused(tmp_path: Path) -> None:
    """A part that unpacks to far more than its size is not unpacked."""
    a_sheet(tmp_path / "roster.xlsx", HEADER)
    with zipfile.ZipFile(tmp_path / "roster.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst><si><t>{'a' * 50_000_000}</t></si></sst>")
    with pytest.raises(RosterError, match="more than a roster can"):
        read(tmp_path / "roster.xlsx")


def test_rows_far_below_are_read_by_their_numbers(tmp_path: Path) -> None:
    """A gap that Excel allows is passed over, and rows keep the numbers that Excel shows."""
    book = a_sheet(tmp_path / "roster.xlsx", HEADER)
    book.active["A90000"] = "P-1"
    book.save(tmp_path / "roster.xlsx")
    with open_roster(str(tmp_path / "roster.xlsx")) as roster:
        assert list(roster.lines) == [(90000, ["P-1", "", ""])]


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "sep=;\r\n;", "sep=,\r\n,", "sep=|\n|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_csv_file_is_read_however_a_spreadsheet_writes_it(tmp_path: Path, bom: str, separator: str, end: str) -> None:
    """Commas, semicolons, tabs, Excel's line `sep=;`, each line end, with and without a byte order mark, are the same."""
    first, between = separator[:-1], separator[-1]
    rows = [HEADER, ["P-1", TOPIC, "José"], ["P-2", TOPIC, '"Ann; or, \t|"']]
    text = bom + first + "".join(between.join(row) + end for row in rows)
    (tmp_path / "roster.csv").write_bytes(text.encode())
    with open_roster(str(tmp_path / "roster.csv")) as roster:
        assert (roster.columns, list(roster.lines)) == (HEADER, [(2, rows[1]), (3, ["P-2", TOPIC, "Ann; or, \t|"])])
    if bom:
        (tmp_path / "roster.csv").write_bytes(text.encode("utf-16-le"))
        assert read(tmp_path / "roster.csv") == (HEADER, [rows[1], ["P-2", TOPIC, "Ann; or, \t|"]])


@pytest.mark.parametrize("encoding", ["cp1252", "mac-roman", "cp850", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("last", [0, 1, 9_000])
def test_a_file_in_another_encoding_is_refused_whole(
    tmp_path: Path, collection: Collection, encoding: str, last: int
) -> None:
    """A roster in an old or unmarked encoding gives one message with the line, and never a part of its rows."""
    rows = [
        "id,topic,first_name",
        *[f"P-{number},{TOPIC},Maya" for number in range(last)],
        f"Q,{TOPIC},José",
        f"R,{TOPIC},Noor",
    ]
    (tmp_path / "roster.csv").write_bytes("\n".join(rows).encode(encoding))
    line = last + 2 if encoding in ("cp1252", "mac-roman", "cp850") else 1
    with pytest.raises(
        RosterError, match=f"roster.csv: is not saved as UTF-8, as line {line} shows. In Excel, save it as CSV UTF-8"
    ):
        read(tmp_path / "roster.csv")


@pytest.mark.parametrize(
    "text",
    [
        'P-2,t,"Maya\nP-3,t,Noor\nP-4,t,Ruth\n',
        'P-2,t,"Maya\nP-3,t,"Noor"\nP-4,t,Ruth\n',
        'P-2,t,"Maya\nP-3,t,Noor "6"\nP-4,t,Ruth\n',
        'P-2,t,"Maya\nP-3,t,Noor"\nP-4,t,Ruth\n',
        'P-2,t,"Maya" Marker\nP-3,t,Noor\n',
        'P-2,t,"\n\n\n\n',
        f"P-2,t,{'x' * 200_000}\nP-3,t,Noor\n",
        f"P-2,t,{'x,' * 1_000_000}\nP-3,t,Noor\n",
    ],
)
def test_a_quotation_mark_that_is_not_closed_swallows_nobody(tmp_path: Path, text: str) -> None:
    """A cell that runs on in the next line, or without end, stops the batch with the number of its row."""
    (tmp_path / "roster.csv").write_text(f"id,topic,first_name\nP-1,t,Ann\n{text}")
    with pytest.raises(RosterError, match=r"roster.csv row 3: cannot be read; a quotation mark is not closed") as told:
        read(tmp_path / "roster.csv")
    assert "Maya" not in str(told.value)


def test_a_cell_of_several_lines_that_is_closed_costs_its_own_row(tmp_path: Path, collection: Collection) -> None:
    """A line break within quotation marks rejects the row, and those below keep their numbers."""
    rows = [f'P-1,{TOPIC},"Ma\nya"', f'P-2,{TOPIC},"Maya\n"', f"P-3,{TOPIC},Noor"]
    (tmp_path / "roster.csv").write_text("\n".join(["id,topic,first_name", *rows]))
    with open_roster(str(tmp_path / "roster.csv")) as roster:
        checker = Rows(collection, roster.columns, roster.name)
        checked = {number: checker.check(cells) for number, cells in roster.lines}  # type: ignore[arg-type]
    assert ["control character" in str(one) for one in checked.values()] == [True, True, False]
    assert list(checked) == [2, 3, 4]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (
            "P-1,your-dry-needling-session,Jane Doe",
            "column 1 has an unknown name. Does the first row name the columns?",
        ),
        ("id,topic,Jane Doe", "column 3 has an unknown name. Does the first row name the columns?"),
        ("Jane Doe,topic,Jane Doe", "columns 1 and 3 have one name"),
        ("id,,topic", "column 2 has an unknown name"),
        ("ID,topic", "column 1 has an unknown name. Did you mean 'id'?"),
        ("id,Topic", "column 2 has an unknown name. Did you mean 'topic'?"),
        ("id,topic,First Name", "column 3 has an unknown name. Did you mean 'first_name'?"),
        ("id,topic,first-name", "column 3 has an unknown name. Did you mean 'first_name'?"),
        ("id,topic,fist_name", "column 3 has an unknown name. Did you mean 'first_name'?"),
    ],
)
def test_a_roster_without_its_header_row_quotes_nobody(
    tmp_path: Path, collection: Collection, header: str, told: str
) -> None:
    """The first row may be a person's: columns are told by their number, and names only from those that are known."""
    (tmp_path / "roster.csv").write_text(f"{header}\n")
    with pytest.raises(RosterError) as error, open_roster(str(tmp_path / "roster.csv")) as roster:
        Rows(collection, roster.columns, roster.name)
    assert told in str(error.value)
    assert "Jane" not in str(error.value)
    assert "P-1" not in str(error.value)


def test_types_of_parquet_become_text_or_are_told(tmp_path: Path) -> None:
    """Decimals, booleans, dictionaries and missing numbers are read; lists, structs, bytes and moments are told."""
    path = tmp_path / "roster.parquet"
    for value, read_as in [
        ("1.50::DECIMAL(9,2)", "1.50"), ("190.00::DECIMAL(9,2)", "190"), ("true", "TRUE"), ("'a'::ENUM('a')", "a"), ("'nan'::DOUBLE", ""), ("NULL::VARCHAR", ""),
        ("TIMESTAMP '2026-12-01 00:00'", "2026-12-01"), ("TIMESTAMP_NS '2026-12-01 09:30:00'", "2026-12-01 09:30:00"), ("TIME '09:30'", "09:30"), ("INTERVAL 9 HOUR", "09:00"),
        ("TIMESTAMPTZ '2026-12-01 00:00+00'", "2026-12-01"), ("TIMESTAMPTZ '2026-12-01 00:00+01'", None), ("'09:30:00+01'::TIMETZ", None), ("DATE '20226-01-01'", "20226-01-01"), ("DATE '0226-01-01'", None),
        ("[1, 2]", None), ("{'a': 1}", None), ("MAP {'a': 1}", None), ("'Ana'::BLOB", None),
    ]:  # fmt: skip
        duckdb.execute(f"COPY (SELECT 'P-1' AS id, {value} AS \"a \"\"b\") TO '{path}' (FORMAT parquet)")
        line = read(path)[1][0]
        assert line == ["P-1", read_as] if read_as is not None else str(line).startswith("column 2 holds "), value
    days = "SELECT unnest([TIMESTAMPTZ '2026-12-01 00:00+00', TIMESTAMPTZ '2026-12-01 09:00+00', NULL]) AS id"
    duckdb.execute(f"COPY ({days}) TO '{path}' (FORMAT parquet)")
    assert [isinstance(line, str) for line in read(path)[1]] == [True, True]


@pytest.mark.parametrize(
    "name", ["p_[a].parquet", "p_*.parquet", "p_?.parquet", "p_{a,b}.parquet", "year=2026/p.parquet"]
)
def test_exactly_the_file_that_is_named_is_read(tmp_path: Path, name: str) -> None:
    """Signs of patterns in a name, and folders that look like columns, mean nothing."""
    for one in ("p_a.parquet", name):
        (tmp_path / one).parent.mkdir(exist_ok=True)
        duckdb.execute(f"COPY (SELECT '{one == name}' AS id) TO '{tmp_path / one}' (FORMAT parquet)")
    assert read(tmp_path / name) == (["id"], [["True"]])


def test_a_parquet_file_that_is_cut_off_is_told(tmp_path: Path) -> None:
    """What is missing inside a file is one line, however far it was read."""
    path = tmp_path / "roster.parquet"
    duckdb.execute(f"COPY (SELECT md5(range::VARCHAR) AS id FROM range(300_000)) TO '{path}' (FORMAT parquet)")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + bytes(1_000_000) + whole[len(whole) // 2 + 1_000_000 :])
    with pytest.raises(RosterError, match="is no Parquet file that can be read"):
        read(path)


@pytest.mark.parametrize(
    "source",
    [
        "postgresql://clinic:S3cret@h/db", "PostgreSQL://clinic:S3cret@h/db", "POSTGRESQL+psycopg://:S3cret@h/db", "postgresql://h/db?user=u&password=S3cret",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3DX;PWD=S3cret", "mysql://u:p@S3cret@h/db", "mysql://u:p@S3/S3cret@h/db", "postgresql://u:a/S3cret@h/db", "postgresql://u:S3cret@h:port/db",
        "postgresql:/u:S3cret@h/db", "postgresql:u:S3cret@h/db", "DRIVER=X;PWD=S3cret", "host=h password=S3cret", "no.such://u:S3cret@h", "oracle://u:S3cret@h/db?wallet_password=S3cret",
        "sqlite+pysqlcipher://:S3cret@/none.db", "sqlite:///none.db?key=S3cret",
    ],
)  # fmt: skip
def test_no_message_shows_a_password(source: str) -> None:
    """However a URL is written or mistyped, what may be its password is not shown."""
    assert "S3" not in shown(source)
    for sql in (None, "SELECT 1", "DROP TABLE x"):
        with pytest.raises(RosterError) as told:
            read(source, sql)
        assert "S3" not in str(told.value)


def test_what_a_url_is_of_is_shown() -> None:
    """A file, and user, host and database of a URL, are told as they are."""
    assert shown("data/my:roster.csv") == "data/my:roster.csv"
    assert shown("postgresql+psycopg://clinic@db:5432/visits?x=1") == "postgresql+psycopg://clinic@db:5432/visits"
    assert shown("sqlite:///folder/clinic.db") == "sqlite:///folder/clinic.db"


WRITING = [
    "DROP TABLE visits", "INSERT INTO visits VALUES ('x') RETURNING id", "DELETE FROM visits RETURNING id", "UPDATE visits SET id = 'x' RETURNING id", "CREATE TABLE more (id TEXT)",
    "WITH x AS (SELECT 1) INSERT INTO visits SELECT 'x' RETURNING id", "WITH x AS (DELETE FROM visits RETURNING id) SELECT * FROM x", "SELECT 1 AS id; DROP TABLE visits", "SELECT ';' AS id; DROP TABLE visits; --",
    "SELECT * INTO more FROM visits", "/* SELECT */ DROP TABLE visits", "-- SELECT\nDROP TABLE visits", "ATTACH DATABASE 'attached.db' AS other", "PRAGMA user_version = 7", "VACUUM INTO 'copy.db'",
    "EXPLAIN ANALYZE DELETE FROM visits", "COPY visits TO '/tmp/visits'", "SET default_transaction_read_only = off", "COMMIT", "",
]  # fmt: skip
SQLITE_ONLY = ["SELECT load_extension('x') AS id", "SELECT * FROM pragma_user_version(7)"]


def test_a_query_of_sqlite_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement that writes, makes a file or attaches one is refused, also where the wording would pass."""
    monkeypatch.chdir(tmp_path)
    with sqlite3.connect("clinic.db") as database:
        database.execute("CREATE TABLE visits (id TEXT)")
        database.execute("INSERT INTO visits VALUES ('P-1')")
    database.close()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for wording in ("asked", "passed"):
        for sql in [*WRITING, *SQLITE_ONLY]:
            with pytest.raises(RosterError):
                read("sqlite:///clinic.db", sql)
            assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before, sql
        if wording == "asked":  # what follows is what SQLite itself refuses
            monkeypatch.setattr("handouts.batch.databases.READS", re.compile(""))
            monkeypatch.setattr("handouts.batch.databases.WRITES", re.compile("(?!)"))
    assert read("SQLite:///clinic.db", "  -- of Monday\n SELECT id FROM visits;\n") == (
        ["id"],
        [["P-1"]],
    )
    assert read(
        "sqlite:///clinic.db",
        "WITH x AS (SELECT id, 'delete into' AS y FROM visits) SELECT id FROM x",
    )[1] == [["P-1"]]


def test_a_sqlite_file_that_is_not_there_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped name is told, and no empty database is left."""
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///none.db", f"sqlite:///{tmp_path}/none.db", "sqlite://", "sqlite:///file:none.db?uri=true"):
        with pytest.raises(RosterError, match="there is no such file"):
            read(url, "SELECT 1 AS id")
    (tmp_path / "roster.db").write_text("no database at all, but long enough to look like a file of one" * 20)
    with pytest.raises(RosterError):
        read("sqlite:///roster.db", "SELECT * FROM visits")
    assert [path.name for path in tmp_path.iterdir()] == ["roster.db"]


def test_letters_of_sqlite_that_are_not_utf8_are_told_and_not_quoted(tmp_path: Path, collection: Collection) -> None:
    """A row that another program stored in its own encoding is rejected alone."""
    with sqlite3.connect(tmp_path / "clinic.db") as database:
        database.execute("CREATE TABLE visits (id, topic, first_name)")
        database.execute(
            "INSERT INTO visits VALUES ('P-1', ?, CAST(x'4a6f73e9' AS TEXT)), ('P-2', ?, 'José')", [TOPIC, TOPIC]
        )
    database.close()
    with open_roster(f"sqlite:///{tmp_path}/clinic.db", "SELECT * FROM visits") as roster:
        rows = Rows(collection, roster.columns, roster.name)
        checked = [rows.check(cells) for _, cells in roster.lines]
    assert checked[0] == "first_name: is not written in UTF-8; save the roster in UTF-8"
    assert isinstance(checked[1], Wanted)


def test_a_query_of_postgresql_writes_nothing(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL itself refuses what the wording lets pass, and functions that write."""
    from sqlalchemy import create_engine, text

    engine = create_engine(postgresql, isolation_level="AUTOCOMMIT")

    def state() -> list[object]:
        with engine.connect() as connection:
            return [
                connection.execute(text(query)).scalars().all()
                for query in (
                    "SELECT id FROM appointments",
                    "SELECT relname FROM pg_class ORDER BY 1",
                    "SELECT last_value FROM numbers",
                    "SELECT oid FROM pg_largeobject_metadata",
                )
            ]

    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE appointments AS SELECT 'P-1' AS id"))
        connection.execute(text("CREATE SEQUENCE numbers"))
        connection.execute(
            text("CREATE FUNCTION sweep() RETURNS text LANGUAGE sql AS $$ DELETE FROM appointments RETURNING id $$")
        )
    before = state()
    more = [
        "SELECT sweep() AS id", "SELECT nextval('numbers') AS id", "SELECT setval('numbers', 9) AS id", "SELECT id FROM appointments FOR UPDATE",
        "SELECT set_config('transaction_read_only', 'off', true), sweep() AS id", "SELECT 1 AS id; COMMIT; DELETE FROM appointments",
    ]  # fmt: skip
    for wording in ("asked", "passed"):
        for sql in [*(sql.replace("visits", "appointments") for sql in WRITING), *more]:
            with pytest.raises(RosterError):
                read(postgresql, sql)
            assert state() == before, sql
        if wording == "asked":  # what follows is what PostgreSQL itself refuses
            monkeypatch.setattr("handouts.batch.databases.READS", re.compile(""))
            monkeypatch.setattr("handouts.batch.databases.WRITES", re.compile("(?!)"))
    with suppress(RosterError):  # before PostgreSQL 16 it is not refused; it is rolled back
        read(postgresql, "SELECT lo_create(0) AS id")
    assert state() == before
    assert read(postgresql, "TABLE appointments;") == (["id"], [["P-1"]])
    assert read(postgresql, "VALUES ('P-1')")[1] == [["P-1"]]
    types = "SELECT 'P-1' AS id, 1.50::numeric AS a, 'NaN'::float AS b, true AS c, NULL AS d"
    assert read(postgresql, types)[1] == [["P-1", "1.50", "", "TRUE", ""]]
    for value in (
        "now()",
        "ARRAY['Ana']",
        "'{}'::jsonb",
        "'Ana'::bytea",
        "'infinity'::float",
        "DATE '0226-01-01'",
        "TIMETZ '09:30+01'",
    ):
        line = read(postgresql, f"SELECT 'P-1' AS id, {value} AS a")[1][0]
        assert str(line).startswith("column 2 holds "), value
    engine.dispose()


def test_a_moment_is_read_as_the_clock_of_its_zone_shows_it(tmp_path: Path) -> None:
    """Where pandas has noted a column's time zone, a day stays the day it was there; where nobody has, the row is rejected."""
    import duckdb

    noted = '{"columns": [{"name": "appointment_date", "metadata": {"timezone": "Europe/Berlin"}}]}'
    for name, metadata in (("with", f", KV_METADATA {{pandas: '{noted}'}}"), ("without", "")):
        with duckdb.connect() as connection:
            select = "SELECT '1' AS id, make_timestamptz(2026, 12, 1, 0, 0, 0, 'Europe/Berlin') AS appointment_date"
            connection.execute(f"COPY ({select}) TO '{tmp_path / name}.parquet' (FORMAT parquet{metadata})")
    assert read(tmp_path / "with.parquet")[1] == [["1", "2026-12-01"]]
    assert "time zone" in str(read(tmp_path / "without.parquet")[1])
