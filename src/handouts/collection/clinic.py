"""Who hands the pages out, the topics, and what a page can be asked to hold: small tables, each checked when it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from handouts.collection.csvfile import (
    Row,
    Tables,
    address,
    day,
    language,
    name,
    number,
    one_of,
    optional,
    parameter,
    phone,
    text,
)
from handouts.errors import DataError, known

PAPERS = ("A4", "Letter")
"""What a clinic can print on."""
FIELD_KINDS = ("text", "date", "time")
"""What a field can hold: any text, a date such as 2026-11-24, a time of the day such as 14:30."""


@dataclass(frozen=True)
class Field:
    """A person's detail that is filled into a finished page; `longest` counts characters."""

    name: str
    label: str
    kind: str
    longest: int


def read_fields(tables: Tables) -> dict[str, Field]:
    """Return the fields by name. Raises DataError."""
    rules = {"field": parameter, "label": text, "kind": one_of(*FIELD_KINDS), "longest": number}
    rows = tables.read("fields.csv", rules, key=["field"], optional=True)
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


def read_topics(tables: Tables, fields: Mapping[str, Field]) -> dict[str, Topic]:
    """Return the topics by name, in their order; each may have some of `fields`. Raises DataError."""
    rules = {
        "topic": name, "order": number, "purpose": text, "fields": optional,
        "only": optional, "written_on": day, "reviewed_by": optional, "reviewed_on": day, "review_due": day,
    }  # fmt: skip
    rows = tables.read("topics.csv", rules, key=["topic"])
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


def read_clinic(tables: Tables) -> Clinic:
    """Return the clinic's details. Raises DataError."""
    fields = Clinic.__dataclass_fields__
    rows = tables.read("clinic.csv", {"field": one_of(*fields), "value": optional}, key=["field"])
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


def read_parts(tables: Tables) -> list[Row]:
    """Return the parts that a cell can be tagged as. Raises DataError."""
    rules = {"part": name, "label": text, "use": text, "own": one_of("yes", "no")}
    return tables.read("parts.csv", rules, key=["part"])


def read_treatments(tables: Tables) -> dict[str, str]:
    """Return the treatments compared, label by name, in their order. Raises DataError."""
    rules = {"treatment": name, "label": text}
    rows = tables.read("treatments.csv", rules, key=["treatment"], optional=True)
    return {row["treatment"]: row["label"] for row in rows}
