"""Where each sentence of a page comes from."""

from collections.abc import Iterator, Sequence

from handouts.checks.readers import make_readers, origin
from handouts.collection import Collection
from handouts.page.citations import cited


def trace(collection: Collection, topics: Sequence[str] = ()) -> Iterator[tuple[str, str, str]]:
    """Yield where each sentence of `topics`, or of all, and of their tables comes from: the place, the words, and the source."""
    facts = collection.facts
    for topic in collection.topics.values():
        if topics and topic.name not in topics:
            continue
        seen: set[tuple[str, str]] = set()
        for reader in make_readers(collection, topic):
            told = [(one.place, one.words, origin(reader, one)) for one in reader.sentences]
            told += [
                (f"data/captions.csv, {name}", f"{caption.title}. {caption.text}", ", ".join(caption.sources))
                for name, caption in reader.captions()
            ]
            told += [
                (
                    file,
                    " | ".join(value for column, value in row.items() if column != "source"),
                    ", ".join([*sources, *cited(row.values())]),
                )
                for file, row, sources in reader.table_rows()
            ]
            told += [
                (f"data/facts.csv, {name}", facts[name].sentence, ", ".join(facts[name].sources))
                for name in reader.facts()
            ]
            for place, words, source in told:
                if (place, words) not in seen:
                    seen.add((place, words))
                    yield f"{topic.name}, {place}", words, source or "the article"
