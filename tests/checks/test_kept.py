"""kept.py: what was found of a page is kept, and stands as long as the page is made from the same."""

import shutil
from pathlib import Path

import pytest

from conftest import ICE, copied, edit, now
from handouts.checks import scorecard
from handouts.checks.readers import make_readers_of
from handouts.checks.run import check_words
from handouts.collection.folder import Collection
from handouts.page import list_variants
from handouts.page.cache import JUDGED

EDITS = {
    "words of a notebook": (
        "notebooks/ice-or-heat.ipynb",
        "cold may ease pain",
        "cold extraordinarily ameliorates pain",
    ),
    "a table that some show": (
        "data/three-ways.csv",
        "You leave the sore place alone [@clinic]",
        "You leave 7 sore places alone",
    ),
    "a table that all are made from": ("data/safety.csv", "You feel worse", "You feel far worse"),
    "what standards ask": ("data/standards.csv", "Is its purpose plain", "Is what it is for plain"),
    "the clinic": ("data/clinic.csv", "Example Clinic", "Another Clinic"),
}


@pytest.fixture
def icy(tmp_path: Path) -> Collection:
    """A small collection of two topics."""
    return copied(ICE, tmp_path / "c")


def judged(collection: Collection) -> tuple[list[str], str]:
    """Return what the rules find in all pages, and the scorecard."""
    collection = now(collection)
    readers = make_readers_of(collection, dict.fromkeys(list_variants(collection), ""))
    return [str(one) for one in check_words(collection)[0]], scorecard.render(collection, readers)


def test_what_is_kept_is_what_would_be_found(icy: Collection) -> None:
    """Whatever is edited, findings and scorecard are those of a collection where nothing is kept."""
    told = judged(icy)
    for path, before, after in EDITS.values():
        edit(icy.root / path, before, after)
        kept = judged(icy)
        shutil.rmtree(icy.cache / JUDGED)
        assert kept == judged(icy)
    assert kept != told
    assert any("7 sore places" in one for one in kept[0])


def test_what_did_not_change_is_not_judged_again(icy: Collection) -> None:
    """Nothing is judged a second time; a word of one topic makes those pages be judged that have it, and a damaged file one more."""
    judged(icy)
    first = {path.name: path.stat().st_mtime_ns for path in (icy.cache / JUDGED).iterdir()}
    said = {path.name: path.read_bytes() for path in (icy.cache / JUDGED).iterdir()}
    assert judged(icy)
    assert {path.name for path in (icy.cache / JUDGED).iterdir()} == set(first)
    edit(icy.data / "ways.csv", "Wrap the pack", "Wrap it")
    judged(icy)
    new = {path.name for path in (icy.cache / JUDGED).iterdir()} - set(first)
    assert 0 < len(new) < len(first)
    (icy.cache / JUDGED / min(first)).write_text("{")
    edit(icy.data / "ways.csv", "Wrap it", "Wrap the pack")
    judged(icy)
    assert {name: (icy.cache / JUDGED / name).read_bytes() for name in said} == said
