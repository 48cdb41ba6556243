"""Who hands the pages out, the topics, and what a page can be asked to hold: small tables, each checked when it is read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from handouts.collection import layouts
from handouts.collection.csvfile import Row, Tables
from handouts.collection.rules import one_of
from handouts.collection.sentences import UNTRANSLATED
from handouts.errors import DataError, known


@dataclass(frozen=True)
class Field:
    """A person's detail that is filled into a finished page; `longest` counts characters."""

    name: str
    label: str
    kind: str
    longest: int


def read_fields(tables: Tables) -> dict[str, Field]:
    """Return the fields by name. Raises DataError."""
    return {
        row["field"]: Field(row["field"], row["label"], row["kind"], int(row["longest"]))
        for row in tables.rows(layouts.FIELDS)
    }


@dataclass(frozen=True)
class Topic:
    """One subject, one notebook: where it stands in the collection, and its fields.

    `safety` names its set of safety text; where it has none, `why_no_safety` says why.
    `only` names the values of facets that it has pages for, such as level:plain; a facet that it does not name has all.
    """

    name: str
    order: int
    purpose: str
    fields: tuple[str, ...]
    only: tuple[str, ...]
    safety: str
    why_no_safety: str
    written_on: str


def read_topics(tables: Tables, fields: Mapping[str, Field]) -> dict[str, Topic]:
    """Return the topics by name, in their order; each may have some of `fields`. Raises DataError."""
    rows = tables.rows(layouts.TOPICS)
    for row in rows:
        for field in row["fields"].split():
            if field not in fields:
                raise DataError(
                    f"data/topics.csv, topic {row['topic']}, column fields: {field!r} is not in fields.csv. {known(field, fields)}"
                )
        if bool(row["safety"]) == bool(row["why_no_safety"]):
            raise DataError(
                f"data/topics.csv, topic {row['topic']}: name its set of safety text in the column safety, or say in why_no_safety "
                "why its readers need none. Fill one of the two."
            )
    topics = [
        Topic(
            name=row["topic"],
            order=int(row["order"]),
            purpose=row["purpose"],
            fields=tuple(row["fields"].split()),
            only=tuple(row["only"].split()),
            safety=row["safety"],
            why_no_safety=row["why_no_safety"],
            written_on=row["written_on"],
        )
        for row in rows
    ]
    return {topic.name: topic for topic in sorted(topics, key=lambda topic: (topic.order, topic.name))}


@dataclass(frozen=True)
class Clinic:
    """Who hands the pages out, and how to reach them: the details of layouts.CLINIC_FIELDS."""

    name: str
    phone: str
    address: str
    language: str
    paper: str
    web_page: str
    notice: str
    emergency: str
    evening_phone: str
    hours: str
    email: str
    logo: str
    colour: str
    funding: str
    update_policy: str

    def at(self, rows: Iterable[Row]) -> "Clinic":
        """Return the clinic as the readers know it whose values have these `rows`: a column named like a detail replaces it."""
        own = {
            name: row[name]
            for row in rows
            for name in layouts.CLINIC_FIELDS
            if name not in ("name", "language") and row.get(name)
        }
        return replace(self, **own)


def read_clinic(tables: Tables) -> Clinic:
    """Return the clinic's details. Raises DataError."""
    rows = tables.rows(layouts.CLINIC, field=one_of(*layouts.CLINIC_FIELDS))
    values = {row["field"]: row["value"] for row in rows}
    for field, column in layouts.CLINIC_FIELDS.items():
        if wrong := column.rule(values.get(field, "")):
            raise DataError(f"data/clinic.csv, field {field}: {values.get(field, '')!r} is not allowed: {wrong}")
    values["paper"] = values.get("paper") or layouts.PAPERS[0]
    return Clinic(**{field: values.get(field, "") for field in layouts.CLINIC_FIELDS})


def read_parts(tables: Tables) -> list[Row]:
    """Return the parts that a cell can be tagged as. Raises DataError."""
    return tables.rows(layouts.PARTS)


@dataclass(frozen=True)
class Option:
    """What topics compare with others: `colour` counts from 1 and differs from those of all it is compared with."""

    name: str
    label: str
    colour: int
    topics: tuple[str, ...]


def read_options(tables: Tables, topics: Mapping[str, Topic]) -> dict[str, Option]:
    """Return the options by name, in their order. Raises DataError."""
    rows = tables.rows(layouts.OPTIONS, topic=one_of(*topics))
    labels: dict[str, str] = {}
    topics_of: dict[str, list[str]] = {}
    for row in rows:
        label = labels.setdefault(row["option"], row["label"])
        if label != row["label"] and not UNTRANSLATED.search(label + row["label"]):
            raise DataError(
                f"data/options.csv, topic {row['topic']}: {row['option']} is called {row['label']!r} here and {label!r} above. "
                "Call it the same, or give it a name of its own."
            )
        topics_of.setdefault(row["option"], []).append(row["topic"])
    options: dict[str, Option] = {}
    for name, label in labels.items():
        taken = {one.colour for one in options.values() if set(one.topics) & set(topics_of[name])}
        colour = next(number for number in range(1, len(labels) + 1) if number not in taken)
        options[name] = Option(name, label, colour, tuple(topics_of[name]))
    return options
