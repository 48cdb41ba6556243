"""Many pages: which ones there are, and how they are made at once."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor, as_completed

from handouts.collection.clinic import read_topics
from handouts.collection.folder import Collection
from handouts.collection.parameters import check_only, choices, offered, read_parameters
from handouts.errors import ParameterError, known
from handouts.page import pages
from handouts.page.pages import Made, Variant


def variants(
    collection: Collection, topics: Iterable[str] = (), asked: Mapping[str, str] | None = None
) -> list[Variant]:
    """Return the variants of `topics`, or of all, with the values `asked` for. Raises ParameterError and DataError."""
    declared, parameters = read_topics(collection), read_parameters(collection)
    topics = list(topics)
    for one in declared.values():
        check_only(parameters, one.only, f"data/topics.csv, topic {one.name}")
    for topic in topics:
        if topic not in declared:
            raise ParameterError(f"unknown topic {topic!r}. {known(topic, declared)}")
    return [
        Variant(topic, values)
        for topic in declared
        if not topics or topic in topics
        for values in choices(parameters, asked or {}, "asked for")
        if offered(declared[topic].only, values)
    ]


def make_all(collection: Collection, to_make: Iterable[Variant], executor: Executor) -> Iterator[tuple[Variant, Made]]:
    """Yield each variant with its page or what failed, in the order they are done.

    Pages are kept by the key of what they were made from: where `executor` works, that may be something else than here.
    """
    futures = {executor.submit(pages.attempt, collection, variant): variant for variant in to_make}
    for future in as_completed(futures):
        try:
            made = future.result()
        except Exception:  # a worker that died takes its page with it, not the rest
            made = Made(
                "", failure=f"{futures[future]}: the process that made it was ended. Run the same command again."
            )
        if not made.failure:
            pages.keep(collection, made.key, made.html)
        yield futures[future], made
    pages.forget_oldest(collection)
