"""A collection: the folder that holds `notebooks/` and `data/`, read once into one value that is handed down."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from handouts import files
from handouts.collection.article import Section, read_article
from handouts.collection.clinic import (
    Clinic,
    Field,
    Topic,
    read_clinic,
    read_fields,
    read_parts,
    read_topics,
    read_treatments,
)
from handouts.collection.csvfile import Row, Tables
from handouts.collection.evidence import (
    Caption,
    Fact,
    SafetyLine,
    Sources,
    read_captions,
    read_facts,
    read_glossary,
    read_safety,
    read_sources,
)  # fmt: skip
from handouts.collection.parameters import Parameters, read_parameters
from handouts.errors import DataError, known

MARK = Path("data", "parameters.csv")
NAMED_IN = "HANDOUTS_COLLECTION"
"""The variable of the environment that names a collection."""
MANIFEST = "manifest.csv"
"""The list in a folder of pages, which a clinic publishes."""
LIST = "handouts.csv"
"""The list in a folder of handouts of persons, which nobody publishes."""


@dataclass(frozen=True)
class Collection:
    """A folder with `notebooks/`, one notebook a topic, and `data/`, the tables they draw on.

    Each table is read and parsed once, when it is first asked for; what was saved later is another Collection, and
    `is_current` tells. One that is broken raises DataError when it is asked for. A process that is given a Collection
    reads the folder as it is on its own machine.
    """

    root: Path

    def __copy__(self) -> "Collection":
        return self

    def __deepcopy__(self, memo: object) -> "Collection":
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return _current, (self.root,)

    @property
    def data(self) -> Path:
        """The folder of tables."""
        return self.root / "data"

    @property
    def notebooks(self) -> Path:
        """The folder of topics."""
        return self.root / "notebooks"

    @property
    def exports(self) -> Path:
        """The folder that builds write to unless told otherwise."""
        return self.root / "exports"

    @property
    def personal(self) -> Path:
        """The folder that batches write to unless told otherwise: handouts of persons, which nobody publishes."""
        return self.root / "personal"

    @property
    def cache(self) -> Path:
        """The folder of finished pages, by the fingerprint of what they were made from."""
        return self.root / ".cache" / "pages"

    def notebook(self, topic: str) -> Path:
        """Return the notebook of `topic`."""
        return self.notebooks / f"{topic}.ipynb"

    @cached_property
    def tables(self) -> Tables:
        """The tables, checked as they are asked for."""
        assert self._stamps  # looked at before anything is read: what is saved meanwhile shows
        return Tables(self.data)

    @cached_property
    def parameters(self) -> Parameters:
        """What a page can be asked for, by name, in the order of data/parameters.csv."""
        return read_parameters(self.tables)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """What can be filled in, by name."""
        return read_fields(self.tables)

    @cached_property
    def topics(self) -> Mapping[str, Topic]:
        """The topics by name, in their order."""
        return read_topics(self.tables, self.fields)

    @cached_property
    def clinic(self) -> Clinic:
        """Who hands the pages out."""
        return read_clinic(self.tables)

    @cached_property
    def parts(self) -> Mapping[str, str]:
        """The label of each part that a cell can be tagged as, by name."""
        return {row["part"]: row["label"] for row in read_parts(self.tables)}

    @cached_property
    def own_parts(self) -> list[str]:
        """The parts whose words are the clinic's own, behind which no source stands."""
        return [row["part"] for row in read_parts(self.tables) if row["own"] == "yes"]

    @cached_property
    def treatments(self) -> Mapping[str, str]:
        """The treatments compared, label by name, in their order."""
        return read_treatments(self.tables)

    @cached_property
    def sources(self) -> Sources:
        """The sources by id, as CSL-JSON has them."""
        return read_sources(self.tables)

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        """The facts by name, each with its sentence filled in."""
        return read_facts(self.tables, self.sources)

    @cached_property
    def captions(self) -> Mapping[str, Caption]:
        """The captions of the tables and diagrams by their name."""
        return read_captions(self.tables, self.sources)

    def caption(self, name: str) -> Caption:
        """Return the caption of the table or diagram `name`. Raises DataError where there is none."""
        if name not in self.captions:
            raise DataError(
                f"data/captions.csv: has no row {name!r}; every table and diagram needs one. {known(name, self.captions)}"
            )
        return self.captions[name]

    @cached_property
    def glossary(self) -> Mapping[str, Row]:
        """The words that are taught in place, by the word."""
        return read_glossary(self.tables)

    @cached_property
    def safety(self) -> Mapping[str, list[SafetyLine]]:
        """The lines of the safety text, with their sources, by part."""
        return read_safety(self.tables, self.sources)

    @cached_property
    def article(self) -> list[Section]:
        """The sections of the clinic's article, without the lines that are left out."""
        return read_article(self.tables, self.topics)

    def check(self) -> None:
        """Read every table that each page is made from. Raises DataError for the first that is broken."""
        names = ["parameters", "topics", "clinic", "parts", "sources", "facts", "glossary", "article"]
        if any(row.get("safety") == "yes" for one in self.parameters.values() for row in one.values.values()):
            names.append("safety")
        for name in names:
            getattr(self, name)

    @cached_property
    def fingerprint(self) -> str:
        """A digest of what every page is made from beside its notebook: the tables, and files beside the notebooks."""
        assert self._stamps
        beside = files.fingerprint(self._beside(), self.root)
        return hashlib.sha256(f"{self.tables.fingerprint()} {beside}".encode()).hexdigest()

    def is_current(self) -> bool:
        """Tell whether nothing that this was read from was written since, even if as it was."""
        return "_stamps" not in self.__dict__ or self._stamps == self._look()

    @cached_property
    def _stamps(self) -> list[object]:
        return self._look()

    def _look(self) -> list[object]:
        return [self.root, *((path, files.stamp(path)) for path in self.list_files())]

    def list_files(self) -> list[Path]:
        """List the files that are there now, and that every page is made from beside its notebook."""
        return [*files.files_in(self.data), *self._beside()]

    def _beside(self) -> list[Path]:
        """List the files that lie beside the notebooks: pictures, say."""
        return [path for path in files.files_in(self.notebooks) if path.suffix != ".ipynb"]


_opened: dict[Path, Collection] = {}
"""The last look of this process at each collection."""


def open_collection(root: Path | str) -> Collection:
    """Return the collection in the folder `root` as it is now; the same value as before where nothing was written there.

    Raises DataError where that is no collection.
    """
    root = Path(root).resolve()
    if not (root / MARK).is_file():
        raise DataError(
            f"{root}: no collection here (no {MARK.as_posix()}). "
            "Go to the folder that holds notebooks/ and data/, or name it in HANDOUTS_COLLECTION."
        )
    return _current(root)


def find(start: Path | None = None) -> Collection:
    """Open the collection that a user means.

    That is the folder named by HANDOUTS_COLLECTION, else the nearest one around `start` (the
    working directory), else the one this package was installed from. Raises DataError.
    """
    name = os.environ.get(NAMED_IN)
    here = (start or Path.cwd()).resolve()
    folders = [Path(name).resolve()] if name else [here, *here.parents, Path(__file__).resolve().parents[3]]
    return open_collection(next((folder for folder in folders if (folder / MARK).is_file()), folders[0]))


@contextmanager
def named(collection: Collection) -> Iterator[None]:
    """Have what this process starts meanwhile find `collection`, whatever else is around it or was named."""
    before = os.environ.get(NAMED_IN)
    os.environ[NAMED_IN] = str(collection.root)
    try:
        yield
    finally:
        os.environ.pop(NAMED_IN, None)
        if before is not None:
            os.environ[NAMED_IN] = before


def _current(root: Path) -> Collection:
    if root not in _opened or not _opened[root].is_current():
        _opened[root] = Collection(root)
    return _opened[root]
