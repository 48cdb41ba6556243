"""What standards of patient education ask of a page, and what software can say of it: `data/standards.csv`.

An answer of software can fail an item or make it ready for a rater. It awards no point: PEMAT-P, the CDC
Index, DISCERN and IPDAS are scored by people.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from handouts.checks import readability
from handouts.checks.criteria import CHECKS, CHECKS_FOR
from handouts.checks.readers import Reader
from handouts.collection import layouts
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
    looks_for: str
    applies_to: tuple[str, ...]


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
    topics = collection.topics
    items = []
    for row in collection.tables.rows(layouts.STANDARDS):
        where = f"data/standards.csv, {row['instrument']} {row['item']}"
        known_checks = [*CHECKS, *CHECKS_FOR]
        if (row["judged_by"] != "people") != bool(row["check"]) or (row["check"] and row["check"] not in known_checks):
            raise DataError(f"{where}, column check: {row['check']!r} is none. {known(row['check'], known_checks)}")
        if (row["check"] in CHECKS_FOR) != bool(row["looks_for"]):
            raise DataError(f"{where}, column looks_for: is for the checks {', '.join(CHECKS_FOR)}, and they need it.")
        for topic in row["applies_to"].split():
            if topic not in topics:
                raise DataError(f"{where}, column applies_to: no topic of this name. {known(topic, topics)}")
        items.append(
            Item(
                row["instrument"], row["item"], row["asks"], row["judged_by"], row["check"], row["looks_for"],
                tuple(row["applies_to"].split()),
            )
        )  # fmt: skip
    return items


def answers(reader: Reader, items: list[Item]) -> Iterator[Answer]:
    """Yield what can be said of each item for the page of `reader`."""
    for item in items:
        if item.applies_to and reader.topic.name not in item.applies_to:
            yield Answer(item, NOT_APPLICABLE, f"asked of {', '.join(item.applies_to)} only")
        elif item.judged_by == "people":
            yield Answer(item, PEOPLE)
        else:
            wrong = CHECKS_FOR[item.check](reader, item.looks_for) if item.looks_for else CHECKS[item.check](reader)
            if wrong is None:
                yield Answer(item, NOT_APPLICABLE)
            elif wrong == readability.NOT_MEASURED:
                yield Answer(item, PEOPLE, wrong)
            elif item.judged_by == "author":
                yield Answer(item, DECLARED if not wrong.startswith("not ") else FAILS, wrong)
            else:
                yield Answer(item, FAILS if wrong else READY, wrong)
