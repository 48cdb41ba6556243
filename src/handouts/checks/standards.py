"""What standards of patient education ask of a page, and what software can say of it: `data/standards.csv`.

An answer of software can fail an item or make it ready for a rater. It awards no point: PEMAT-P, the CDC
Index, DISCERN and IPDAS are scored by people.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from handouts.checks import readability
from handouts.checks.criteria import CHECKS
from handouts.checks.readers import Reader
from handouts.collection.csvfile import one_of, optional, text
from handouts.collection.folder import Collection
from handouts.errors import DataError, known

FAILS, READY, DECLARED, PEOPLE, NOT_APPLICABLE = (
    "fails", "ready for a rater", "declared", "left to people", "does not apply",
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """An item of an instrument, who can judge it, and the check by which software or the author speaks to it."""

    instrument: str
    number: str
    asks: str
    judged_by: str
    check: str
    applies_to: str


@dataclass(frozen=True)
class Answer:
    """What can be said of an item for one page: one of the five answers, and why."""

    item: Item
    answer: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.item.instrument} {self.item.number} {self.answer}: {self.item.asks} {self.why}"


def read_standards(collection: Collection) -> list[Item]:
    """Return the items, in their order. Raises DataError."""
    rules_of = {
        "instrument": text, "item": text, "asks": text, "judged_by": one_of("software", "author", "people"),
        "check": optional, "applies_to": optional,
    }  # fmt: skip
    topics = collection.topics
    items = []
    for row in collection.tables.read("standards.csv", rules_of, key=["instrument", "item"], optional=True):
        where = f"data/standards.csv, {row['instrument']} {row['item']}"
        if (row["judged_by"] != "people") != bool(row["check"]) or (row["check"] and row["check"] not in CHECKS):
            raise DataError(f"{where}, column check: {row['check']!r} is none. {known(row['check'], CHECKS)}")
        if row["applies_to"] and row["applies_to"] not in topics:
            raise DataError(f"{where}, column applies_to: no topic of this name. {known(row['applies_to'], topics)}")
        items.append(Item(*row.values()))
    return items


def answers(reader: Reader, items: list[Item]) -> Iterator[Answer]:
    """Yield what can be said of each item for the page of `reader`."""
    for item in items:
        if item.applies_to and item.applies_to != reader.topic.name:
            yield Answer(item, NOT_APPLICABLE, f"asked of {item.applies_to} only")
        elif item.judged_by == "people":
            yield Answer(item, PEOPLE)
        else:
            wrong = CHECKS[item.check](reader)
            if wrong is None:
                yield Answer(item, NOT_APPLICABLE)
            elif wrong == readability.NOT_MEASURED:
                yield Answer(item, PEOPLE, wrong)
            elif item.judged_by == "author":
                yield Answer(item, DECLARED if not wrong.startswith("not ") else FAILS, wrong)
            else:
                yield Answer(item, FAILS if wrong else READY, wrong)
