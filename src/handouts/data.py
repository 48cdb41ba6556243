"""The tables in data/, each checked when it is read.

Every table is a CSV file that a spreadsheet opens. An error names file, row (as the spreadsheet
counts them, the header being row 1), column, value, and the values allowed.
"""

import csv
import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from handouts.collection import Collection
from handouts.errors import DataError, known
from handouts.pdf import PAPERS

RESERVED = (
    "allow_expired", "check", "dask", "dry_run", "force", "help", "id", "out", "pdf", "roster", "run", "shared", "sql", "today", "topic", "topics", "version", "workers",
)  # fmt: skip
"""Names that the command line and rosters have for other things."""

FIELD_KINDS = ("text", "date", "time")
"""What a field can hold: any text, a date such as 2026-11-24, a time of the day such as 14:30."""

Row = Mapping[str, str]
Rule = Callable[[str], str | None]
"""Takes a cell's text and returns what is wrong with it, or None."""


def text(value: str) -> str | None:
    """Accept anything but an empty cell."""
    return None if value else "must not be empty."


def optional(value: str) -> str | None:
    """Accept anything, nothing included."""
    return None


def name(value: str) -> str | None:
    """Accept a name that is safe in a tag, a file name and an address: small letters, digits, hyphens."""
    return None if re.fullmatch(r"[a-z][a-z0-9-]*", value) else "use small letters, digits and hyphens, a letter first."


def number(value: str) -> str | None:
    """Accept a whole number above zero."""
    return None if re.fullmatch(r"[1-9][0-9]*", value) else "use a whole number above zero."


def day(value: str) -> str | None:
    """Accept nothing or a date written as 2026-11-23."""
    try:
        return None if not value or date.fromisoformat(value).isoformat() == value else "write dates as 2026-11-23."
    except ValueError:
        return "write dates as 2026-11-23."


def language(value: str) -> str | None:
    """Accept a language tag as HTML wants it (BCP 47), such as en or es-MX."""
    return None if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value) else "write a language tag such as en."


def phone(value: str) -> str | None:
    """Accept a number that a phone can call."""
    return None if re.fullmatch(r"\+?[0-9() .-]*[0-9]", value) else "write digits, with spaces or hyphens: 555-0100."


def address(value: str) -> str | None:
    """Accept nothing or the address of a web page."""
    return None if not value or re.fullmatch(r"https?://[^\s\"'<>]+", value) else "write it with https:// in front."


def parameter(value: str) -> str | None:
    """Accept a name that a notebook can set and the command line can offer."""
    if not value.isidentifier() or keyword.iskeyword(value) or value in RESERVED:
        return f"use a Python name other than {', '.join(RESERVED)}."
    return None


def one_of(*values: str) -> Rule:
    """Accept one of `values`."""
    return lambda value: None if value in values else known(value, (repr(allowed) for allowed in values))


def read_table(
    path: Path, rules: Mapping[str, Rule], *, key: Sequence[str] = (), more: bool = False, optional: bool = False
) -> list[Row]:
    """Read the CSV file `path`, one rule a column, and return its rows in order.

    `key` names the columns that together tell rows apart; `more` allows columns without a rule; one that is `optional` may have
    no rows, or be missing. Raises DataError for a missing or broken file, a wrong column, value or number of cells, a row
    that comes twice, and a table without rows.
    """
    where = f"data/{path.name}"
    if optional and not path.exists():
        return []
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines(keepends=True), strict=True))
    except FileNotFoundError:
        columns = f" Its columns are {','.join(rules)}." if rules else ""
        raise DataError(
            f"{where}: the file is missing. Put it back, for example from version control.{columns}"
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{where}: cannot be read ({error}). Save it again as CSV in UTF-8.") from error
    header = [cell.strip() for cell in lines[0]] if lines else []
    missing = [column for column in rules if column not in header]
    extra = [column for column in header if column not in rules]
    if missing or (extra and not more) or len(set(header)) < len(header):
        separated = " It looks separated by semicolons: save it with commas." if ";" in "".join(header) else ""
        raise DataError(f"{where} row 1: columns are {', '.join(header)}. Wanted: {', '.join(rules)}.{separated}")
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
        row = {column: cell.strip() for column, cell in zip(header, cells, strict=True)}
        for column, rule in rules.items():
            if wrong := rule(row[column]):
                raise DataError(f"{where} row {count}, column {column}: {row[column]!r} is not allowed: {wrong}")
        same = tuple(row[column] for column in key)
        if key and same in seen:
            raise DataError(f"{where} row {count}: {', '.join(same)} stands in row {seen[same]} already. Remove one.")
        seen[same] = count
        rows.append(row)
    if not rows and not optional:
        raise DataError(f"{where}: has no rows. Put them back, for example from version control.")
    return rows


@dataclass(frozen=True)
class Field:
    """A person's detail that is filled into a finished page; `longest` counts characters."""

    name: str
    label: str
    kind: str
    longest: int


def read_fields(collection: Collection) -> dict[str, Field]:
    """Return the fields by name. Raises DataError."""
    rules = {"field": parameter, "label": text, "kind": one_of(*FIELD_KINDS), "longest": number}
    rows = read_table(collection.data / "fields.csv", rules, key=["field"], optional=True)
    return {row["field"]: Field(row["field"], row["label"], row["kind"], int(row["longest"])) for row in rows}


@dataclass(frozen=True)
class Topic:
    """One subject, one notebook: where it stands in the collection, who has reviewed it, and its fields.

    `only` names the values of facets that it has pages for, such as level:plain; a facet that it does not name has all.
    """

    name: str
    order: int
    purpose: str
    fields: tuple[str, ...]
    only: tuple[str, ...]
    written_on: str
    reviewed_by: str
    reviewed_on: str
    review_due: str

    def overdue(self, today: date | None) -> bool:
        """Tell whether the review was due before `today`; where that is None, nobody asks."""
        return bool(today and self.review_due and date.fromisoformat(self.review_due) < today)


def read_topics(collection: Collection) -> dict[str, Topic]:
    """Return the topics by name, in their order. Raises DataError."""
    rules = {
        "topic": name, "order": number, "purpose": text, "fields": optional,
        "only": optional, "written_on": day, "reviewed_by": optional, "reviewed_on": day, "review_due": day,
    }  # fmt: skip
    rows = read_table(collection.data / "topics.csv", rules, key=["topic"])
    fields = read_fields(collection)
    for row in rows:
        for field in row["fields"].split():
            if field not in fields:
                raise DataError(
                    f"data/topics.csv, topic {row['topic']}, column fields: {field!r} is not in fields.csv. {known(field, fields)}"
                )
        review = [bool(row["reviewed_by"]), bool(row["reviewed_on"]), bool(row["review_due"])]
        if any(review) and not (all(review) and row["reviewed_on"] < row["review_due"]):
            raise DataError(
                f"data/topics.csv, topic {row['topic']}: a review needs reviewed_by, reviewed_on and a later review_due. "
                "Fill all three, or leave all three empty until a clinician has reviewed the topic."
            )
    topics = [
        Topic(
            name=row["topic"],
            order=int(row["order"]),
            purpose=row["purpose"],
            fields=tuple(row["fields"].split()),
            only=tuple(row["only"].split()),
            written_on=row["written_on"],
            reviewed_by=row["reviewed_by"],
            reviewed_on=row["reviewed_on"],
            review_due=row["review_due"],
        )
        for row in rows
    ]
    return {topic.name: topic for topic in sorted(topics, key=lambda topic: (topic.order, topic.name))}


@dataclass(frozen=True)
class Clinic:
    """Who hands the pages out, and how to reach them."""

    name: str
    phone: str
    address: str
    web_page: str
    language: str
    notice: str
    paper: str
    emergency: str
    funding: str
    update_policy: str


def read_clinic(collection: Collection) -> Clinic:
    """Return the clinic's details. Raises DataError."""
    fields = Clinic.__dataclass_fields__
    rows = read_table(collection.data / "clinic.csv", {"field": one_of(*fields), "value": optional}, key=["field"])
    values = {row["field"]: row["value"] for row in rows}
    rules = {
        "phone": phone,
        "web_page": address,
        "language": language,
        "notice": optional,
        "paper": one_of(*PAPERS),
        "emergency": optional,
        "funding": optional,
        "update_policy": optional,
    }
    for field in fields:
        if wrong := rules.get(field, text)(values.get(field, "")):
            raise DataError(f"data/clinic.csv, field {field}: {values.get(field, '')!r} is not allowed: {wrong}")
    return Clinic(**{field: values.get(field, "") for field in fields})


def read_parts(collection: Collection) -> dict[str, str]:
    """Return the label of each part that a cell can be tagged as, by name. Raises DataError."""
    return {row["part"]: row["label"] for row in _parts(collection)}


def own_parts(collection: Collection) -> list[str]:
    """Return the parts whose words are the clinic's own, behind which no source stands. Raises DataError."""
    return [row["part"] for row in _parts(collection) if row["own"] == "yes"]


def _parts(collection: Collection) -> list[Row]:
    rules = {"part": name, "label": text, "use": text, "own": one_of("yes", "no")}
    return read_table(collection.data / "parts.csv", rules, key=["part"])


def read_treatments(collection: Collection) -> dict[str, str]:
    """Return the treatments compared, label by name, in their order. Raises DataError."""
    rules = {"treatment": name, "label": text}
    rows = read_table(collection.data / "treatments.csv", rules, key=["treatment"], optional=True)
    return {row["treatment"]: row["label"] for row in rows}
