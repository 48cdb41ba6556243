"""Variants: a topic and one value of every parameter, and which of them a collection has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from handouts.collection import Collection
from handouts.collection.parameters import check_only, choices, offered
from handouts.errors import ParameterError, known


@dataclass(frozen=True)
class Variant:
    """A topic and one value of every parameter: what becomes a page."""

    topic: str
    values: Mapping[str, str]

    def __hash__(self) -> int:
        return hash((self.topic, *self.values.items()))

    @property
    def path(self) -> str:
        """Where its page lies in the folder that a build writes to."""
        return f"{self.topic}/{'_'.join(self.values.values())}.html"

    @property
    def pdf_path(self) -> str:
        """Where its PDF lies."""
        return f"{self.path.removesuffix('.html')}.pdf"

    def __str__(self) -> str:
        return f"{self.topic} ({', '.join(self.values.values())})"


def list_variants(
    collection: Collection, topics: Iterable[str] = (), asked: Mapping[str, str] | None = None
) -> list[Variant]:
    """Return the variants of `topics`, or of all, with the values `asked` for. Raises ParameterError and DataError."""
    topics = list(topics)
    for one in collection.topics.values():
        check_only(collection.parameters, one.only, f"data/topics.csv, topic {one.name}")
    for topic in topics:
        if topic not in collection.topics:
            raise ParameterError(f"unknown topic {topic!r}. {known(topic, collection.topics)}")
    return [
        Variant(name, values)
        for name, topic in collection.topics.items()
        if not topics or name in topics
        for values in choices(collection.parameters, asked or {}, "asked for")
        if offered(topic.only, values)
    ]
