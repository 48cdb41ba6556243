"""A collection: the folder that holds `notebooks/` and `data/`, read once into one value that is handed down."""

import hashlib
import os
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from handouts import files
from handouts.collection import clinic as read_from
from handouts.collection.article import Section, read_article
from handouts.collection.clinic import Clinic, Field, Option, Topic
from handouts.collection.csvfile import MissingError, Row, Tables
from handouts.collection.evidence import (
    Caption,
    Fact,
    PictureFile,
    Sources,
    read_captions,
    read_facts,
    read_glossary,
    read_pictures,
    read_sources,
)  # fmt: skip
from handouts.collection.parameters import Parameters, read_parameters
from handouts.collection.phrases import Phrases, read_phrases
from handouts.collection.reviews import Review, read_reviews
from handouts.collection.safety import SafetySet, find_changes, join, read_record, read_safety
from handouts.errors import DataError, known

MARK = Path("data", "parameters.csv")
NEEDED = ("parameters", "clinic", "topics", "parts", "sources", "facts", "glossary", "article", "safety_record", "options", "phrases", "reviews")  # fmt: skip
"""What each page is made from."""
NAMED_IN = "HANDOUTS_COLLECTION"
"""The variable of the environment that names a collection."""


@dataclass(frozen=True)
class Collection:
    """A folder with `notebooks/`, one notebook a topic, and `data/`, the tables they draw on.

    Each table is read and parsed once, when it is first asked for; what was saved later is another Collection, and `is_current` tells.
    One that is broken raises DataError when it is asked for. A process that is given a Collection reads the folder on its own machine.
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
        """The folder that batches write to unless told otherwise: handouts of persons."""
        return self.root / "personal"

    @property
    def cache(self) -> Path:
        """The folder of finished pages."""
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
        return read_from.read_fields(self.tables)

    @cached_property
    def topics(self) -> Mapping[str, Topic]:
        """The topics by name, in their order."""
        return read_from.read_topics(self.tables, self.fields)

    @cached_property
    def clinic(self) -> Clinic:
        """Who hands the pages out."""
        return read_from.read_clinic(self.tables)

    @cached_property
    def parts(self) -> Mapping[str, str]:
        """The label of each part that a cell can be tagged as, by name."""
        return {row["part"]: row["label"] for row in read_from.read_parts(self.tables)}

    @cached_property
    def own_parts(self) -> list[str]:
        """The parts whose words are the clinic's own, behind which no source stands."""
        return [row["part"] for row in read_from.read_parts(self.tables) if row["own"] == "yes"]

    @cached_property
    def options(self) -> Mapping[str, Option]:
        """What topics compare, by name, in the order of data/options.csv."""
        return read_from.read_options(self.tables, self.topics)

    @cached_property
    def phrases(self) -> Phrases:
        """The package's own words in the clinic's language."""
        return read_phrases(self.tables, self.clinic.language)

    @cached_property
    def pictures(self) -> Mapping[str, PictureFile]:
        """The collection's own pictures by name."""
        return read_pictures(self.tables, self.sources)

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
            raise DataError(f"data/captions.csv: has no row {name!r}; every table and diagram needs one. {known(name, self.captions)}")  # fmt: skip
        return self.captions[name]

    @cached_property
    def glossary(self) -> Mapping[str, Row]:
        """The words that are taught in place, by the word."""
        return read_glossary(self.tables)

    @cached_property
    def safety(self) -> Mapping[str, SafetySet]:
        """The sets of safety text, by name."""
        return read_safety(self.tables, self.sources)

    @cached_property
    def safety_record(self) -> list[Row]:
        """What is recorded of each line of the safety text."""
        return read_record(self.tables)

    def safety_of(self, topic: Topic) -> SafetySet | None:
        """Return the safety text of `topic`, its sets one after the other, or None for one that says why it needs none. Raises DataError."""
        sets = self._safety_sets(topic)
        return join(sets) if sets else None

    def _safety_sets(self, topic: Topic) -> list[SafetySet]:
        names = topic.safety.split()
        for name in names:
            if name not in self.safety:
                raise DataError(
                    f"data/topics.csv, topic {topic.name}, column safety: {name!r} is not in safety-sets.csv. {known(name, self.safety)}"
                )
        return [self.safety[name] for name in names]

    def safety_changes(self, topic: Topic) -> list[str]:
        """Return what was changed in the safety text of `topic` since it was recorded. Raises DataError."""
        return [told for one in self._safety_sets(topic) for told in find_changes(one, self.safety_record)]

    @cached_property
    def reviews(self) -> tuple[Review, ...]:
        """The reviews on record of pages in the language of this collection, the earliest first."""
        return tuple(one for one in read_reviews(self.tables) if one.language in ("", self.clinic.language))

    @cached_property
    def article(self) -> list[Section]:
        """The sections of the clinic's article, without the lines that are left out."""
        sections = read_article(self.tables, self.topics)
        rows = [row for one in self.parameters.values() for row in one.values.values()]
        if not sections and any(row.get("article") == "yes" for row in rows):
            raise MissingError("data/article.txt: the file is missing, and readers of some level get its own words. Put it there.")  # fmt: skip
        return sections

    def check(self) -> None:
        """Read every table that each page is made from. Raises DataError for the first that is broken, or for all that are missing."""
        missing = []
        for name in NEEDED:
            try:
                getattr(self, name)
            except MissingError as error:
                missing.append(str(error))
        if missing:
            raise DataError("\n".join(dict.fromkeys(missing)))
        for topic in self.topics.values():
            self.safety_of(topic)

    @cached_property
    def fingerprint(self) -> str:
        """A digest of what every page is made from beside its notebook: the tables, and files beside the notebooks."""
        return self.fingerprint_but(())

    def fingerprint_but(self, names: Container[str]) -> str:
        """Return a digest of the same, but for what the tables `names` hold."""
        return hashlib.sha256(f"{self.tables.fingerprint(names)} {self._fingerprint_beside}".encode()).hexdigest()

    @cached_property
    def _fingerprint_beside(self) -> str:
        assert self._stamps
        return files.fingerprint(self._beside(), self.root)

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
            "Go to the folder that holds notebooks/ and data/, or name it in HANDOUTS_COLLECTION. To begin one: handouts init FOLDER"
        )
    return _current(root)


def find(start: Path | None = None) -> Collection:
    """Open the collection that a user means.

    That is the folder named by HANDOUTS_COLLECTION, else the nearest one around `start` (the working directory).
    Raises DataError.
    """
    name = os.environ.get(NAMED_IN)
    here = (start or Path.cwd()).resolve()
    folders = [Path(name).resolve()] if name else [here, *here.parents]
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
