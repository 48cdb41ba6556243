"""What changed in the words of the pages since a git revision: before and after, for who reviews them."""

import difflib
import io
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from handouts.collection import Collection
from handouts.errors import OutputError
from handouts.page import Variant, list_variants, make_pages
from handouts.page.review import read_lines


def compare(collection: Collection, revision: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each page whose words changed since `revision`, with its lines: "- before" and "+ after".

    A page that is new, or gone, has all of its lines. Raises OutputError where git does not know the
    revision, or the collection as it was then cannot be made into pages any more.
    """
    with tempfile.TemporaryDirectory() as folder:
        before = _words(_as_of(collection, revision, Path(folder)))
        after = _words(collection)
    for path in dict.fromkeys([*after, *before]):
        lines = list(difflib.ndiff(before.get(path, []), after.get(path, [])))
        told = [line for line in lines if line.startswith(("- ", "+ "))]
        if told:
            yield path, told


def _as_of(collection: Collection, revision: str, folder: Path) -> Collection:
    _git(collection, "rev-parse", "--git-dir", cure="The collection is in no git repository: `git init` begins one, and from the first commit on there is something to compare with.")  # fmt: skip
    commit = _git(collection, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", cure=f"{revision} is no commit or tag that git knows. Name one, as `git log` shows them.")  # fmt: skip
    archive = _git(collection, "archive", "--format=zip", commit.stdout.decode().strip(), "data", "notebooks", cure=f"The collection was not there at {revision}. Name a later commit.")  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(archive.stdout)) as files:
        files.extractall(folder)
    return Collection(folder.resolve())


def _git(collection: Collection, *arguments: str, cure: str) -> subprocess.CompletedProcess[bytes]:
    """Run git in the collection. Raises OutputError with `cure` where it fails."""
    try:
        done = subprocess.run(["git", "-C", collection.root, *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        raise OutputError("git is not installed, and knows how the collection was. Debian: apt install git") from None
    if done.returncode:
        reason = " ".join(done.stderr.decode(errors="replace").strip().splitlines()[-1:])
        raise OutputError(f"{cure}{f' (git says: {reason})' if reason else ''}")
    return done


def _words(collection: Collection) -> dict[str, list[str]]:
    """Return the lines of every page as a reviewer reads them, by its path."""
    wanted = list_variants(collection)
    found: dict[Variant, list[str]] = {}
    for variant, made in make_pages(collection, wanted):
        if made.page is None:
            raise OutputError(f"{variant}: cannot be compared: {made.failure}")
        found[variant] = read_lines(made.page.html, collection.clinic)
    return {variant.path: found[variant] for variant in wanted}  # in their order, whichever was done first
