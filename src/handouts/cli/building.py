"""The command that makes pages: of all languages, with their addresses."""

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from handouts.cli import tending
from handouts.cli.progress import pages_done, shown
from handouts.collection import MANIFEST, Collection
from handouts.collection.parameters import offered
from handouts.errors import DataError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from handouts.collection.languages import Language
    from handouts.page import Variant


def build(collection: Collection, options: argparse.Namespace) -> int:
    """Make the pages asked for in all languages, or in one."""
    from handouts.build import add_addresses, publish_addresses
    from handouts.collection.languages import find_language, read_languages
    from handouts.page.workers import processes_when_needed

    languages = read_languages(collection)
    out = options.out or collection.exports
    if options.language:
        find_language(collection, options.language)
    wanted = [options.language] if options.language else [tag for tag in languages if _offers(languages[tag], options)]
    translated = _translate(collection, [*languages])
    asked = {tag: translated[tag] for tag in wanted if tag in translated}
    asked |= {} if options.language else {"": collection}
    with_addresses = add_addresses(collection, {tag: _variants(one, options) for tag, one in asked.items()})
    if with_addresses is not collection:
        collection, translated = with_addresses, _translate(with_addresses, list(translated))
    failed = False
    with processes_when_needed(options.workers or os.cpu_count() or 1) as executor:
        for tag in wanted:
            if tag in translated:
                print(f"{languages[tag].label} ({tag})", end=": ", flush=True)
                try:
                    failed |= _build_one(translated[tag], out / tag, list(languages.values()), options, executor)
                except DataError as error:  # of its tables: the other languages are made all the same
                    print(f"handouts: {tag}: {error}", file=sys.stderr)
                    failed = True
        if not options.language:
            there = [languages[tag] for tag in languages if (out / tag / MANIFEST).is_file()]
            failed |= _build_one(collection, out, there, options, executor)
    publish_addresses({"": collection, **translated}, out)
    return int(failed)


def _translate(collection: Collection, tags: list[str]) -> dict[str, Collection]:
    """Return the collection in the languages of which some words are translated."""
    found = {}
    for tag in tags:
        from handouts.collection.translated import in_language

        translated, translations = in_language(collection, tag)
        if translations.texts:
            found[tag] = translated
        else:
            print(f"{tag}: nothing is translated yet. Its files: handouts translate {tag}", file=sys.stderr)
    return found


def _variants(collection: Collection, options: argparse.Namespace) -> "list[Variant]":
    from handouts.page import list_variants

    return list_variants(collection, _topics(collection, options), tending.readers_of(collection, options))


def _topics(collection: Collection, options: argparse.Namespace) -> list[str]:
    """Return the topics that are asked for, and that a language has."""
    return [topic for topic in options.topics if topic in collection.topics] or options.topics


def _offers(language: "Language", options: argparse.Namespace) -> bool:
    """Tell whether a language has the pages that are asked for."""
    asked = dict(one.split(":", 1) for one in language.only)
    topics = not options.topics or not language.topics or any(topic in language.topics for topic in options.topics)
    return topics and offered(
        language.only, {facet: getattr(options, facet) or value for facet, value in asked.items()}
    )


def _build_one(
    collection: Collection,
    out: Path,
    languages: "list[Language]",
    options: argparse.Namespace,
    executor: "Executor",
) -> bool:
    from handouts.build import INDEX, build_pages

    asked = tending.readers_of(collection, options)
    with ExitStack() as stack:
        start, progress = pages_done(stack)
        result = build_pages(
            collection, out, _topics(collection, options), asked,
            force=options.force, workers=options.workers, executor=executor, today=options.today,
            pdf=options.pdf, release=options.release, languages=languages, start=start, progress=progress,
        )  # fmt: skip
    for failure in [*result.failed, *result.unready]:
        print(f"handouts: {failure}", file=sys.stderr)
    told = [f"{result.made} made", f"{result.unchanged} unchanged"]
    told += [f"{result.removed} removed that are no longer in the collection"] if result.removed else []
    told += [f"{len(result.unready)} not ready, and not in the index"] if result.unready else []
    told += [f"{len(result.failed)} failed; pages of the last build stay in their place"] if result.failed else []
    told += [f"{result.kept} that are no longer in the collection stay until a whole build"] if result.kept else []
    if result.saved:
        told += ["notebooks or tables were saved meanwhile: run `handouts build` again for what came last"]
    if result.outdated:
        told += [f"{result.outdated} others in the folder are out of date: run `handouts build` to renew them"]
    print(f"Pages: {', '.join(told)}. Open {shown(out / INDEX)}")
    return bool(result.failed or result.unready)
