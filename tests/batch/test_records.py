"""records.py: what was handed out can be called back, exactly, by whatever turned out wrong."""

import csv
import random
import sqlite3
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import edit, now
from handouts.batch import make_handouts, open_roster
from handouts.batch.records import FILE, recall
from handouts.collection.folder import Collection
from handouts.errors import OutputError, ParameterError
from handouts.page.review import read_lines

Run = Callable[..., subprocess.CompletedProcess[str]]
SESSION, CHOICE = "your-dry-needling-session", "which-treatment-is-right"
NAMES = ("Maya", "Harold", "Zoe")


def batch(collection: Collection, rows: list[tuple[str, str, str]], place: Path, *, dry_run: bool = False) -> None:
    """Make handouts for rows of id, topic and audience."""
    path = collection.root / "roster.csv"
    lines = [f"{name},{topic},{audience},{NAMES[len(name) % 3]}" for name, topic, audience in rows]
    path.write_text("\n".join(["id,topic,audience,first_name", *lines, ""]))
    with open_roster(str(path)) as roster:
        make_handouts(now(collection), roster, str(place), dry_run=dry_run)


def test_exactly_the_handouts_that_carry_it_are_called_back(clinic: Collection, tmp_path: Path) -> None:
    """In fifty trials by chance of facts, sources, topics, pages, versions and sentences, over three batches between which texts change, the list is exact."""
    chance = random.Random(16)
    held: list[tuple[str, str, str, str, str]] = []  # id, topic, page, version, all that the handout says
    sentences: set[str] = set()
    changes = (
        lambda: None,
        lambda: edit(clinic.data / "safety.csv", "You are short of breath.", "You are short of breath now."),
        lambda: edit(clinic.notebook(SESSION), "The muscle may twitch", "The muscle may jump"),
    )
    for count, change in enumerate(changes):
        change()
        rows = [
            (
                f"P-{count}-{number}",
                chance.choice((SESSION, CHOICE)),
                chance.choice(("general", "athlete", "older-adult")),
            )
            for number in range(12)
        ]
        place = tmp_path / f"batch-{count}"
        batch(clinic, rows, place)
        with (place / "handouts.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                html = (place / row["file"]).read_text()
                lines = read_lines(html)
                sentences |= {line.partition(" [")[0] for line in lines}
                page = f"{row['topic']}/{row['audience']}_{row['level']}_{row['size']}.html"
                held.append((row["id"], row["topic"], page, row["version"], "\n".join([*lines, html])))
    facts = {f"[={name}]": fact.sentence for name, fact in now(clinic).facts.items()}
    asked = [
        *((name[2:-1], lambda one, words=words: words.rstrip(".") in one[4]) for name, words in facts.items()),
        *((name, lambda one, name=name: f'id="source-{name}"' in one[4]) for name in now(clinic).sources),
        *((topic, lambda one, topic=topic: one[1] == topic) for topic in (SESSION, CHOICE)),
        *((page, lambda one, page=page: one[2] == page) for page in sorted({one[2] for one in held})),
        *((version, lambda one, version=version: one[3] == version) for version in sorted({one[3] for one in held})),
        *((words, lambda one, words=words: words in one[4]) for words in sorted(sentences) if len(words) > 30),
    ]
    chance.shuffle(asked)
    tried = found = 0
    for what, carries in asked:
        expected = {one[0] for one in held if carries(one)}
        if not expected:
            continue
        assert {one.id for one in recall(now(clinic), what)} == expected, what
        tried, found = tried + 1, found + len(expected)
        if tried == 50:
            break
    assert tried == 50
    assert 0 < found < 50 * len(held)


def test_records_hold_no_name_and_are_their_owners_only(clinic: Collection, tmp_path: Path) -> None:
    """Nothing of a person but the id is in the records, only their owner can read them, and a dry run writes none."""
    batch(clinic, [("P-1", SESSION, "athlete")], tmp_path / "out", dry_run=True)
    assert not (clinic.personal / FILE).exists()
    batch(clinic, [("P-1", SESSION, "athlete"), ("P-22", SESSION, "general")], tmp_path / "out")
    content = (clinic.personal / FILE).read_bytes()
    assert b"P-22" in content
    assert not any(name.encode() in content for name in NAMES)
    assert stat.S_IMODE((clinic.personal / FILE).stat().st_mode) == 0o600


def test_a_handout_that_was_replaced_is_still_called_back(clinic: Collection, tmp_path: Path) -> None:
    """A person who holds an older version is listed with it, though the folder has a newer one by now."""
    batch(clinic, [("P-1", SESSION, "athlete")], tmp_path / "out")
    edit(clinic.notebook(SESSION), "The muscle may twitch", "The muscle may jump")
    batch(clinic, [("P-1", SESSION, "athlete")], tmp_path / "out")
    assert len(recall(now(clinic), SESSION)) == 2
    assert [one.made for one in recall(now(clinic), "The muscle may twitch, but it need not.")] == [True]


def test_a_batch_that_was_stopped_is_called_back_as_perhaps_made(clinic: Collection, tmp_path: Path) -> None:
    """What a stopped batch was to make stands in the records before a handout is written."""
    batch(clinic, [("P-1", SESSION, "athlete")], tmp_path / "out")
    with sqlite3.connect(clinic.personal / FILE) as file:
        file.execute("UPDATE handouts SET made = 0")
    assert [one.made for one in recall(now(clinic), SESSION)] == [False]


def test_the_command_lists_them_as_a_table(clinic: Collection, tmp_path: Path, run: Run) -> None:
    """`handouts recall` prints id, day, page and version as CSV; what nobody was handed, and records that are not there, are told."""
    with pytest.raises(OutputError, match="no batch of this collection has been recorded"):
        recall(now(clinic), "dn-mild")
    batch(clinic, [("P-1", SESSION, "athlete"), ("P-2", CHOICE, "general")], tmp_path / "out")
    done = run("handouts", "recall", CHOICE)
    (row,) = csv.DictReader(done.stdout.splitlines())
    assert (row["id"], row["page"], row["made"]) == ("P-2", f"{CHOICE}/general_plain_normal.html", "yes")
    assert done.stderr == f"Handouts that carry {CHOICE!r}: 1.\n"
    assert [one.id for one in recall(now(clinic), "needling")] == ["P-1", "P-2"]
    with pytest.raises(ParameterError, match="Did you mean"):
        recall(now(clinic), "dn-mlid")
