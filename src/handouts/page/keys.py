"""By what a page is kept: digests of what it is made from."""

import hashlib
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from handouts import files
from handouts.collection import Collection
from handouts.collection.layouts import ALL
from handouts.errors import DataError, NotebookError
from handouts.page.variant import Variant

PACKAGE = Path(__file__).parents[1]
CODE = files.fingerprint(files.files_in(PACKAGE), PACKAGE)
"""A digest of this package as it was when this process began with it: a worker may live longer than the code on its disk."""


def key_of(collection: Collection, variant: Variant) -> str:
    """Return a digest of all that the page of `variant` is made from. Raises NotebookError.

    That is its notebook, the tables, files beside the notebooks, this package, Python, and the name and version of every
    package installed.
    """
    return key_of_stored(collection, variant, read_stored(collection, variant.topic))


def keys_of(collection: Collection, variants: Iterable[Variant]) -> dict[Variant, str]:
    """Return the key of each of `variants`, as `key_of` does; each notebook is read once, so that all are of one state of it."""
    stored: dict[str, bytes] = {}
    for variant in variants:
        if variant.topic not in stored:
            stored[variant.topic] = read_stored(collection, variant.topic)
    return {variant: key_of_stored(collection, variant, stored[variant.topic]) for variant in variants}


def key_of_stored(collection: Collection, variant: Variant, stored: bytes) -> str:
    """Return the key of the page of `variant`, as `key_of` does, where its notebook holds `stored`."""
    return _digest(variant, stored, collection.fingerprint)


def _digest(variant: Variant, stored: bytes, fingerprint: str) -> str:
    parts = [
        variant.topic, hashlib.sha256(stored).hexdigest(), repr(sorted(variant.values.items())), fingerprint, made_by(),
    ]  # fmt: skip
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def made_by() -> str:
    """Return what makes pages: this package, Python, and the name and version of every package installed."""
    return "\n".join([CODE, sys.version, *_installed()])


def _installed() -> list[str]:
    return sorted(
        entry.name
        for folder in {folder for folder in sys.path if os.path.isdir(folder)}
        for entry in os.scandir(folder)
        if entry.name.endswith((".dist-info", ".egg-info"))
    )


@dataclass(frozen=True)
class Likeness:
    """What a page is made from: the digest of what all pages of its topic are, and those of the tables that it shows, by file.

    Two pages with the same are the same, whatever became of tables that neither shows.
    """

    digest: str
    tables: Mapping[str, str]


def likeness_of(collection: Collection, variant: Variant, stored: bytes, read: Iterable[str] | None = None) -> Likeness:
    """Return the likeness of the page of `variant`, where its notebook holds `stored`, and which reads the files `read` of data/, or all."""
    some = shown_by_some(collection)
    names = sorted(some if read is None else some.intersection(read))
    return Likeness(
        _digest(variant, stored, collection.fingerprint_but(some)),
        {name: collection.tables.digest(name) for name in names},
    )


def shown_by_some(collection: Collection) -> frozenset[str]:
    """Return the files of the tables and diagrams that a page shows by name: no page that does not show them is made from them."""
    try:
        named = {f"{name}.csv" for name in collection.captions} & {*collection.tables.names()}
        declared = {layout.file for layout in ALL} | {one.values_in for one in collection.parameters.values()}
        return frozenset(named - declared)
    except DataError:  # whoever asks for the table tells of it
        return frozenset()


def read_stored(collection: Collection, topic: str) -> bytes:
    """Return what the notebook of `topic` holds. Raises NotebookError."""
    path = collection.notebook(topic)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotebookError(
            f"notebooks/{path.name}: there is no such notebook, but data/topics.csv names it."
        ) from None
    except OSError as error:
        raise NotebookError(f"notebooks/{path.name}: cannot be read ({error.strerror}).") from None
