"""Where a collection lies: the folder that holds `notebooks/` and `data/`."""

import os
from dataclasses import dataclass
from pathlib import Path

from handouts.errors import DataError

MARK = Path("data", "parameters.csv")
MANIFEST = "manifest.csv"
"""The list in a folder of pages, which a clinic publishes."""
LIST = "handouts.csv"
"""The list in a folder of handouts of persons, which nobody publishes."""


@dataclass(frozen=True)
class Collection:
    """A folder with `notebooks/`, one notebook a topic, and `data/`, the tables they draw on."""

    root: Path

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


def find(start: Path | None = None) -> Collection:
    """Find the collection that a user means.

    That is the folder named by HANDOUTS_COLLECTION, else the nearest one around `start` (the
    working directory), else the one this package was installed from. Raises DataError.
    """
    named = os.environ.get("HANDOUTS_COLLECTION")
    here = (start or Path.cwd()).resolve()
    folders = [Path(named).resolve()] if named else [here, *here.parents, Path(__file__).resolve().parents[3]]
    for folder in folders:
        if (folder / MARK).is_file():
            return Collection(folder)
    raise DataError(
        f"{folders[0]}: no collection here (no {MARK.as_posix()}). "
        "Go to the folder that holds notebooks/ and data/, or name it in HANDOUTS_COLLECTION."
    )
