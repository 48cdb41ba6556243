"""The account of a batch's folder: what it held before, what it holds now, and what it must not lie among."""

import csv
import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from handouts.batch.printing import PRINT_FILE
from handouts.batch.rows import SAFE_ID
from handouts.batch.targets import UNFINISHED, Target
from handouts.collection import LIST, MANIFEST, Collection
from handouts.errors import OutputError

HEADER = ("id", "file", "topic")
"""How the list of handouts begins; a file of its name that does not is somebody's own."""
REJECTED, REJECTED_HEADER = "rejected.csv", ("row", "reason")
"""The list of the rows without a handout, and how it begins."""


def check_not_published(collection: Collection, goal: Target) -> None:
    """Raise OutputError where handouts of persons would lie among the pages that a clinic publishes."""
    folder = goal.here
    if folder is None:
        published = goal.has(MANIFEST)
    else:
        folder = folder.resolve()
        published = folder.is_relative_to(collection.exports.resolve()) or any(
            (one / MANIFEST).is_file() and (one == folder or _is_of_pages(one / MANIFEST))
            for one in (folder, *folder.parents)
        )
    if published:
        raise OutputError(
            f"{goal.shown}: is where pages are published (it is exports/, or has {MANIFEST}), and handouts of persons must not lie there. "
            "Choose another folder with --out, or leave --out away."
        )


def _is_of_pages(manifest: Path) -> bool:
    with manifest.open("rb") as file:
        return file.read(9) == b"path,pdf,"


class Account:
    """What the target held before, and what it holds now, on disk rather than in memory: there may be millions."""

    def __init__(self, goal: Target) -> None:
        self._known = sqlite3.connect("")
        self._known.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -500")  # kB
        # ids differ by more than capitals in one roster, for some folders do not tell those apart
        self._known.execute("CREATE TABLE before (id TEXT PRIMARY KEY COLLATE NOCASE) WITHOUT ROWID")
        self._known.execute("CREATE TABLE now (id TEXT PRIMARY KEY COLLATE NOCASE) WITHOUT ROWID")
        for name in _listed(goal):
            self._known.execute("INSERT OR IGNORE INTO before VALUES (?)", [name])

    def close(self) -> None:
        """Forget it."""
        self._known.close()

    def add(self, name: str) -> None:
        """Take in that the handout `name` is of a row of this roster."""
        self._known.execute("INSERT OR IGNORE INTO now VALUES (?)", [name])

    def write_all(self, every: IO[bytes]) -> None:
        """Write the list of what will be there and what was, for the next batch where this one is killed."""
        write_row(every, [*HEADER])
        for (name,) in self._known.execute("SELECT id FROM before UNION SELECT id FROM now"):
            write_row(every, [name, f"{name}.html", ""])

    def had(self, name: str) -> bool:
        """Tell whether an earlier batch made the handout `name`."""
        return bool(self._known.execute("SELECT 1 FROM before WHERE id = ?", [name]).fetchone())

    def remove_the_rest(self, goal: Target) -> tuple[int, int, str]:
        """Remove the handouts of earlier batches that no row wants any more; return how many, and of other files how many and one."""
        gone, others, other = 0, 0, ""
        for (name,) in self._known.execute("SELECT id FROM before EXCEPT SELECT id FROM now"):
            removed = [goal.remove(f"{name}.pdf"), goal.remove(f"{name}.html")]
            gone += any(removed)
        for file in goal.names():
            if PRINT_FILE.fullmatch(file):
                continue
            name = file.rpartition(".")[0]
            if not self._known.execute("SELECT 1 FROM now WHERE id = ? COLLATE BINARY", [name]).fetchone():
                others += 1
                other = min(other or file, file)
        return gone, others, other


def _listed(goal: Target) -> Iterator[str]:
    """Yield the id of each handout that the lists in the target name. Raises OutputError, also where one is somebody's own."""
    for name, header in ((REJECTED, REJECTED_HEADER), (LIST, HEADER), (f"{UNFINISHED}/{LIST}", HEADER)):
        if not goal.has(name):
            continue
        with goal.open(name) as file:
            rows = csv.reader(io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline=""))
            try:
                if tuple(next(rows, ()))[: len(header)] != header:
                    raise csv.Error
                # a list may have been written by anybody
                yield from (row[0] for row in rows if header == HEADER and row and SAFE_ID.fullmatch(row[0]))
            except csv.Error:
                raise OutputError(
                    f"{goal.shown}: its {name} is not one that a batch writes, and would be lost. Move it, or choose another folder with --out."
                ) from None


def write_row(file: IO[bytes], cells: list[str]) -> None:
    """Write a row of a CSV file."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    file.write(line.getvalue().encode())
