"""sources.py, formats.py: rosters as clinics' programs write them are read as meant, or refused with the row, the column and what to do.

The kit stays with us: each case is a file as some program writes it, with what its clinic has declared. A row that is read
otherwise than its clinic means is the worst that can happen here; one that is refused costs a minute.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from conftest import now
from handouts.batch.formats import check_format, read_formatted
from handouts.batch.rosters import open_roster
from handouts.batch.rows import Rows, Wanted
from handouts.batch.sources import find_source, understand
from handouts.collection.folder import Collection
from handouts.errors import DataError, HandoutsError, RosterError

SESSION, CHOICE = "your-dry-needling-session", "which-treatment-is-right"
MEANT = [
    ("1001", SESSION, "athlete", "Maya", "Tuesday, December 1, 2026", "9:30 AM"),
    ("1002", SESSION, "older-adult", "José", "Wednesday, December 2, 2026", "2:15 PM"),
]
"""What most files of the kit say: two visits."""
COLUMNS = "id,topic,audience,first_name,appointment_date,appointment_time"
PLAIN = f"{COLUMNS}\n1001,{SESSION},athlete,Maya,2026-12-01,09:30\n1002,{SESSION},older-adult,José,2026-12-02,14:15\n"


@dataclass(frozen=True)
class Case:
    """A file with its name, and what is declared: settings of rosters.csv, and rows of roster-columns.csv."""

    content: str | bytes
    file: str = "visits.csv"
    declared: str = ""
    columns: str = ""
    meant: list[tuple[str, ...]] = field(default_factory=lambda: MEANT)
    refused: str = ""
    unused: tuple[str, ...] = ()


def us(*rows: str, head: str = "Patient ID,Visit Type,Patient Name,Appt Date,Appt Time") -> str:
    """Return a file as a practice management program in the USA writes it."""
    return "\r\n".join((head, *rows, ""))


def sheet(*rows: list[object], formats: Mapping[str, str] | None = None) -> bytes:
    """Return a workbook."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cell, number_format in (formats or {}).items():
        book.active[cell].number_format = number_format
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


US_COLUMNS = (
    f"epic,Patient ID,id,,\nepic,,topic,,{SESSION}\nepic,Visit Type,audience,,Sports = athlete; Senior Fit = older-adult\n"
    'epic,Patient Name,first_name,"Last, First",\nepic,Appt Date,appointment_date,MM/dd/yyyy,\nepic,Appt Time,appointment_time,h:mm a,\n'
)
US = us('1001,Sports,"Roe, Maya",12/01/2026,9:30 AM', '1002,Senior Fit,"Doe, José",12/02/2026,2:15 PM')
EU_COLUMNS = (
    f"praxis,Nr,id,,\npraxis,,topic,,{SESSION}\npraxis,Gruppe,audience,,Sport = athlete; * = older-adult\npraxis,Vorname,first_name,,\n"
    "praxis,Datum,appointment_date,dd.MM.yyyy,\npraxis,Uhrzeit,appointment_time,HH:mm,\n"
)
EU = "Nr;Gruppe;Vorname;Datum;Uhrzeit\r\n1001;Sport;Maya;01.12.2026;09:30\r\n1002;60+;José;02.12.2026;14:15\r\n"
HL7_COLUMNS = (
    f"hl7,PID.3,id,,\nhl7,,topic,,{SESSION}\nhl7,PV1.2,audience,,S = athlete; O = older-adult\nhl7,PID.5,first_name,Last^First,\n"
    "hl7,SCH.11,appointment_date,yyyyMMddHHmm,\nhl7,SCH.11,appointment_time,yyyyMMddHHmm,\n"
)
HL7 = "PID.3\tPV1.2\tPID.5\tSCH.11\n1001\tS\tROE^Maya^A\t202612010930\n1002\tO\tDOE^José\t202612021415\n"
ID_ONLY = f"app,No,id,{{}},\napp,,topic,,{SESSION}\n"

KIT = {
    # as another program's default export, with nothing declared
    "plain": Case(PLAIN),
    "with the mark of UTF-8": Case("\ufeff" + PLAIN),
    "line ends of Windows": Case(PLAIN.replace("\n", "\r\n")),
    "line ends of an old Mac": Case(PLAIN.replace("\n", "\r")),
    "semicolons, as Excel writes in Europe": Case(PLAIN.replace(",", ";")),
    "tabs": Case(PLAIN.replace(",", "\t"), file="visits.tsv"),
    "a line for Excel": Case("sep=;\r\n" + PLAIN.replace(",", ";")),
    "UTF-16, as Excel writes text": Case(PLAIN.replace(",", "\t").encode("utf-16"), file="visits.txt"),
    "capitals and spaces in the names of columns": Case(PLAIN.replace(COLUMNS, "ID,Topic,Audience,First Name,Appointment Date,APPOINTMENT-TIME")),
    "labels for names of columns": Case(PLAIN.replace(COLUMNS, "Id,Topic,Audience,First name,Date of your visit,Time of your visit")),
    "labels for values": Case(PLAIN.replace(",athlete,", ",Athletes,").replace("older-adult", "OLDER  ADULTS")),
    "quotes around everything": Case("\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in PLAIN.splitlines())),
    "spaces around cells": Case(PLAIN.replace(",", " , ")),
    "blank lines and empty rows": Case(PLAIN.replace("\n", "\n\n,,,,,\n")),
    "empty columns at the end, as Excel leaves them": Case("\n".join(f"{line},,," for line in PLAIN.splitlines())),
    "half of a day said": Case(PLAIN.replace("09:30", "9:30 AM").replace("14:15", "2:15 p.m.")),
    "two visits of one person": Case(
        f"id,visit,topic,first_name\n1001,A,{SESSION},Maya\n1001,B,{SESSION},Maya\n",
        meant=[("1001-A", SESSION, "general", "Maya", "", ""), ("1001-B", SESSION, "general", "Maya", "", "")],
    ),
    "a workbook": Case(
        sheet(COLUMNS.split(","), [1001, SESSION, "athlete", "Maya", datetime(2026, 12, 1), "09:30"], [1002, SESSION, "older-adult", "José", datetime(2026, 12, 2), "14:15"], formats={"E2": "mm/dd/yyyy", "E3": "dd.mm.yyyy"}),
        file="visits.xlsx",
    ),
    # as a practice's program in the USA writes it
    "declared": Case(US, "visits.csv", "epic,visits*.csv,,,,,refuse", US_COLUMNS),
    "declared, with columns that nobody needs": Case(
        us('1001,Sports,"Roe, Maya",12/01/2026,9:30 AM,1970-01-01,Acme', '1002,Senior Fit,"Doe, José",12/02/2026,2:15 PM,1950-01-01,Acme', head="Patient ID,Visit Type,Patient Name,Appt Date,Appt Time,DOB,Payer"),
        "visits.csv", "epic,visits*.csv,,,,,drop", US_COLUMNS, unused=("DOB", "Payer"),
    ),
    "a report with its title above and its sum below": Case(
        'Appointments\r\n"Clinic ""North"", printed 11/27/2026"\r\n\r\n' + US + "Total: 2 visits,,,,\r\n,,,,\r\n", "visits.csv", "epic,visits*.csv,,4,Total,,refuse", US_COLUMNS
    ),
    "names of columns in other capitals": Case(US.replace("Patient ID", "PATIENT_ID"), "visits.csv", "epic,visits*.csv,,,,,refuse", US_COLUMNS),
    "one-digit days and months": Case(US.replace("12/01/2026", "12/1/2026").replace("12/02/2026", "12/2/2026"), "visits.csv", "epic,*.csv,,,,,refuse", US_COLUMNS),
    "the names of months": Case(US.replace("12/01/2026", "Dec 1, 2026").replace("12/02/2026", "December 2, 2026").replace("Dec 1, 2026", '"Dec 1, 2026"').replace("December 2, 2026", '"December 2, 2026"'), "visits.csv", "epic,*.csv,,,,,refuse", US_COLUMNS.replace("MM/dd/yyyy", '"MMM d, yyyy"')),
    "the days of the week": Case(US.replace("12/01/2026", "Tue 12/01/2026").replace("12/02/2026", "Wed 12/02/2026"), "visits.csv", "epic,*.csv,,,,,refuse", US_COLUMNS.replace("MM/dd/yyyy", "EEE MM/dd/yyyy")),
    "a report as a workbook": Case(
        sheet(["Appointments"], [], ["Patient ID", "Visit Type", "Patient Name", "Appt Date", "Appt Time"], [1001, "Sports", "Roe, Maya", "12/01/2026", "9:30 AM"], [1002, "Senior Fit", "Doe, José", "12/02/2026", "2:15 PM"], ["Total", 2]),
        "visits.xlsx", "epic,visits*.xlsx,,3,Total,,refuse", US_COLUMNS,
    ),
    "Windows-1252": Case(US.encode("cp1252"), "visits.csv", "epic,visits*.csv,windows-1252,,,,refuse", US_COLUMNS),
    "a topic for each visit type": Case(
        us("1001,DN new", "1002,Consult", head="No,Type"), "visits.csv", "app,*.csv,,,,,refuse", f"app,No,id,,\napp,Type,topic,,DN new = {SESSION}; Consult = {CHOICE}\n",
        meant=[("1001", SESSION, "general", "", "", ""), ("1002", CHOICE, "general", "", "", "")],
    ),
    "two topics for one person": Case(
        us("1001,DN", "1001,C", head="No,Type"), "visits.csv", "app,*.csv,,,,topic,refuse", f"app,No,id,,\napp,Type,topic,,DN = {SESSION}; C = {CHOICE}\n",
        meant=[(f"1001-{SESSION}", SESSION, "general", "", "", ""), (f"1001-{CHOICE}", CHOICE, "general", "", "", "")],
    ),
    "ids as floating numbers": Case("No\n1001.0\n1002.0\n", "visits.csv", "app,*.csv,,,,,refuse", ID_ONLY.format('"1,000.0"'), meant=[(number, SESSION, "general", "", "", "") for number in ("1001", "1002")]),
    "ids with commas for thousands": Case('No\n"1,001"\n', "visits.csv", "app,*.csv,,,,,refuse", ID_ONLY.format('"1,000.0"'), meant=[("1001", SESSION, "general", "", "", "")]),
    # as a program in Europe, and as an interface, writes it
    "days first": Case(EU, "visits.csv", "praxis,*.csv,,,,,refuse", EU_COLUMNS),
    "days first, on an old Mac": Case(EU.encode("mac-roman"), "visits.csv", "praxis,*.csv,mac-roman,,,,refuse", EU_COLUMNS),
    "HL7": Case(HL7, "visits.txt", "hl7,visits*.txt,,,,,refuse", HL7_COLUMNS),
    "days as Excel counts them": Case(EU.replace("01.12.2026", "46357").replace("02.12.2026", "46358").replace("09:30", "0.39583333").replace("14:15", "0.59375"), "visits.csv", "praxis,*.csv,,,,,refuse", EU_COLUMNS.replace("dd.MM.yyyy", "excel").replace("HH:mm", "excel")),
    "nobody is cut off by a name like the sum's": Case(
        us('1001,Sports,"Roe, Maya",12/01/2026,9:30 AM', '1002,Senior Fit,"Doe, José",12/02/2026,2:15 PM').replace("1002,", "Totalli2,"), "visits.csv", "epic,*.csv,,,Total,,refuse", US_COLUMNS,
        meant=[MEANT[0], ("Totalli2", *MEANT[1][1:])],
    ),
    # what may be read in two ways, or is not what was declared, is refused
    "a day or a month": Case(PLAIN.replace("2026-12-01", "01/12/2026"), refused="appointment_date: is no date, or not a clear one"),
    "another day of the week than its date's": Case(US.replace("12/01/2026", "Mon 12/01/2026"), "visits.csv", "epic,*.csv,,,,,refuse", US_COLUMNS.replace("MM/dd/yyyy", "EEE MM/dd/yyyy"), refused="names another day of the week"),
    "a day as a month": Case(US.replace("12/01/2026", "25/12/2026"), "visits.csv", "epic,*.csv,,,,,refuse", US_COLUMNS, refused="appointment_date: is no date of the calendar"),
    "a date in a second format": Case(US.replace("12/01/2026", "2026-12-01"), "visits.csv", "epic,*.csv,,,,,refuse", US_COLUMNS, refused="appointment_date: is not written as MM/dd/yyyy"),
    "a name in a second format": Case(US.replace('"Roe, Maya"', "Maya Roe"), "visits.csv", "epic,*.csv,,,,,refuse", US_COLUMNS, refused="first_name: is not written as Last, First"),
    "a value of no meaning": Case(US.replace("Senior Fit", "Peds"), "visits.csv", "epic,*.csv,,,,,refuse", US_COLUMNS, refused="audience: has a value whose meaning is not in the column means"),
    "a column that nobody declared": Case(US.replace("Appt Time", "Appt Time,DOB").replace("AM\r", "AM,1970\r").replace("PM\r", "PM,1950\r"), "visits.csv", "epic,*.csv,,,,,refuse", US_COLUMNS, refused="does not say what DOB is for"),
    "a column that is not there any more": Case(US.replace("Appt Date", "Start"), "visits.csv", "epic,*.csv,,,,,refuse", US_COLUMNS, refused="has no column Appt Date in row 1"),
    "a title above that nobody declared": Case("Appointments\n\n" + PLAIN, refused="row 3 seems to name the columns, not row 1"),
    "Windows-1252 that nobody declared": Case(PLAIN.encode("cp1252"), refused="is not saved as UTF-8, as line 3 shows"),
    "UTF-8 declared as Windows-1252": Case(US.encode(), "visits.csv", "epic,visits*.csv,windows-1252,,,,refuse", US_COLUMNS, refused="read in the wrong encoding"),
    "a sum below that nobody declared": Case(PLAIN + "Total,2\n", refused="topic: is none of the collection"),
    "one person twice": Case(PLAIN.replace("1002", "1001"), refused="id: stands in an earlier row already"),
    "two columns for one thing": Case(PLAIN.replace("appointment_time", "Appointment Date"), refused="are both for appointment_date"),
    "people below the sum": Case(US.replace("1002,", "Total,2,,,\r\n1002,"), "visits.csv", "epic,*.csv,,,Total,,refuse", US_COLUMNS, refused="stands below the line with which the roster ends"),
    "a name with a title in it": Case(US.replace('"Roe, Maya"', '"Roe, Jr., Maya"'), "visits.csv", "epic,*.csv,,,,,refuse", US_COLUMNS, refused="first_name: is not written as Last, First"),
    "a year of two digits, far off": Case(US.replace("12/01/2026", "12/01/66"), "visits.csv", "epic,*.csv,,,,,refuse", US_COLUMNS.replace("MM/dd/yyyy", "MM/dd/yy"), refused="has a year of two digits that is far from this one"),
    "a moment so near midnight that its day is not certain": Case(EU.replace("01.12.2026", "46357.999999"), "visits.csv", "praxis,*.csv,,,,,refuse", EU_COLUMNS.replace("dd.MM.yyyy", "excel"), refused="so near midnight"),
    "an error of a spreadsheet": Case(US.replace('"Roe, Maya"', "#N/A"), "visits.csv", "epic,*.csv,,,,,refuse", US_COLUMNS, refused="holds an error of a spreadsheet"),
}  # fmt: skip


def declare(copy: Collection, case: Case) -> None:
    """Write what a case declares into data/."""
    (copy.data / "rosters.csv").write_text(
        f"roster,files,encoding,header_row,ends_at,named_by,others\n{case.declared}\n", encoding="utf-8"
    )
    (copy.data / "roster-columns.csv").write_text(f"roster,column,use,format,means\n{case.columns}", encoding="utf-8")


def read(copy: Collection, case: Case, folder: Path) -> tuple[list[Wanted | str], tuple[str, ...]]:
    """Return what the rows of a file ask for, or why each is rejected, and the columns that nothing is made of."""
    path = folder / case.file
    path.write_bytes(case.content if isinstance(case.content, bytes) else case.content.encode())
    collection = now(copy)
    with open_roster(str(path), None, find_source(collection, str(path))) as opened:
        roster = understand(collection, opened)
        rows = Rows(collection, roster.columns, roster.name)
        checked = [cells if isinstance(cells, str) else rows.check(cells) for _, cells in roster.lines]
    return checked, roster.unused


@pytest.mark.parametrize("name", KIT)
def test_a_roster_is_read_as_its_clinic_means_it_or_refused(copy: Collection, tmp_path: Path, name: str) -> None:
    """Each file of the kit gives exactly the handouts that are meant, or says why not; no row is read in another way."""
    case = KIT[name]
    declare(copy, case)
    try:
        checked, unused = read(copy, case, tmp_path)
    except RosterError as error:
        checked, unused = [str(error)], ()
    told = [one for one in checked if isinstance(one, str)]
    wanted = [one for one in checked if not isinstance(one, str)]
    values = list(now(copy).parameters)
    as_read = [
        (one.id, one.topic, one.values[values.index("audience")], *(dict(one.fields).get(name, "") for name in ("first_name", "appointment_date", "appointment_time")))
        for one in wanted
    ]  # fmt: skip
    as_read = [tuple(text.replace("\u202f", " ") for text in row) for row in as_read]
    if case.refused:
        assert case.refused in "; ".join(told)
        assert set(as_read) <= set(case.meant)
    else:
        assert told == []
        assert as_read == case.meant
        assert unused == case.unused


def test_the_kit_is_mostly_read() -> None:
    """Of the kit at least thirty files are read as meant; there are forty or more."""
    assert len(KIT) >= 40
    assert sum(not case.refused for case in KIT.values()) >= 30


@pytest.mark.parametrize(
    ("rosters", "columns", "told"),
    [
        ("epic,,utf-7,,,,drop", US_COLUMNS, "column encoding: 'utf-7' is not allowed"),
        ("epic,,,,,,", US_COLUMNS, "column others: '' is not allowed"),
        ("epic,,,,,,drop", "epci,No,id,,\n", "is of no roster of data/rosters.csv. Did you mean 'epic'"),
        ("epic,,,,,,drop", "epic,No,idd,,\n", "'idd' is nothing that a batch wants. Did you mean 'id'"),
        ("epic,,,,,,drop", "epic,,topic,,\n", "without a column, use says what all rows have"),
        ("epic,,,,,,drop", "epic,Day,appointment_date,mm/dd/yyyy,\n", "write it with yyyy, MM and dd"),
        ("epic,,,,,,drop", "epic,At,appointment_time,h:mm,\n", "or h, mm and a"),
        ("epic,,,,,,drop", "epic,No,id,MM/dd/yyyy,\n", "write one of 1,000.0"),
        ("epic,,,,,,drop", "epic,At,appointment_date,MM/dd/yyyy HH:MM,\n", "each once"),
        ("epic,,,,,,drop", "epic,At,appointment_date,MM/dd/yyyy HH:mm:ss dd,\n", "each once"),
        ("epic,,,,,,drop", "epic,At,appointment_date,Mdyyyy,\n", "each once"),
        ("epic,,,0,,,drop", US_COLUMNS, "column header_row: '0' is not allowed"),
    ],
)  # fmt: skip
def test_what_is_declared_wrongly_is_told(copy: Collection, rosters: str, columns: str, told: str) -> None:
    """A table that says what cannot be is refused with the row and what is allowed."""
    declare(copy, Case("", declared=rosters, columns=columns))
    with pytest.raises(DataError) as error:
        find_source(now(copy), "visits.csv")
    assert told in str(error.value)


def test_a_roster_is_named_where_two_fit(copy: Collection) -> None:
    """A file whose name fits two declared rosters is read as the one that is named, and an unknown name is told."""
    declare(copy, Case("", declared="epic,*.csv,,,,,drop\npraxis,visits*,,,,,drop", columns=US_COLUMNS + EU_COLUMNS))
    with pytest.raises(RosterError, match="fits epic and praxis. Say which with --from"):
        find_source(now(copy), "visits.csv")
    found = find_source(now(copy), "visits.csv", "praxis")
    assert found
    assert found.name == "praxis"
    with pytest.raises(RosterError, match="Did you mean 'praxis'"):
        find_source(now(copy), "visits.csv", "praksis")
    assert find_source(now(copy), "other.xlsx") is None


def test_a_format_reads_every_minute_of_a_year_as_it_was_written() -> None:
    """What each format writes of 400 moments is read as the same moment, whatever signs stand between."""
    moments = [datetime(2026, 1, 1) .fromordinal(datetime(2026, 1, 1).toordinal() + day).replace(hour=day % 24, minute=day * 7 % 60) for day in range(400)]  # fmt: skip
    formats = {
        "MM/dd/yyyy HH:mm": "%m/%d/%Y %H:%M", "dd.MM.yy h:mm a": "%d.%m.%y %I:%M %p", "yyyyMMddHHmm": "%Y%m%d%H%M",
        "EEE, d MMM yyyy HH.mm": "%a, %d %b %Y %H.%M", "EEEE MMMM d yyyy hh:mm a": "%A %B %d %Y %I:%M %p",
    }  # fmt: skip
    for form, written in formats.items():
        assert check_format(form, "date") is None
        assert check_format(form, "time") is None
        for moment in moments:
            text = moment.strftime(written)
            assert read_formatted(text, form, "date", "en") == moment.date().isoformat(), text
            assert read_formatted(text, form, "time", "en") == f"{moment:%H:%M}", text


def test_a_declared_roster_makes_handouts(copy: Collection, tmp_path: Path) -> None:
    """A batch takes a file as it is declared, and no message of what is wrong quotes a person."""
    case = KIT["declared"]
    declare(copy, case)
    (tmp_path / "visits.csv").write_text(US.replace("12/01/2026", "Roe/Maya"))
    with open_roster(str(tmp_path / "visits.csv"), None, find_source(now(copy), "visits.csv")) as opened:
        told = "".join(str(cells) for _, cells in understand(now(copy), opened).lines if isinstance(cells, str))
    assert "appointment_date: is not written as MM/dd/yyyy" in told
    assert "Maya" not in told
    with pytest.raises(HandoutsError, match="Say|unknown"):
        find_source(now(copy), "visits.csv", "nobody")
