"""review.py, reviews.py: a review counts for the words that were signed, and for no others."""

import random
import re
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from conftest import edit, now, sign_pages
from handouts.build import build_pages
from handouts.build.review import code_of, compare_reviews, render, sign
from handouts.collection.change_topics import duplicate_topic, rename_topic
from handouts.collection.folder import Collection
from handouts.errors import ParameterError
from handouts.page import Variant, list_variants, make_page
from handouts.page.review import read_lines

Run = Callable[..., subprocess.CompletedProcess[str]]
SESSION = "your-dry-needling-session"
ASKED = {"audience": "general", "level": "plain"}
READER = Variant(SESSION, {**ASKED, "size": "normal"})
TODAY = date(2026, 11, 27)


def reviewed(copy: Collection) -> str:
    """Return who reviewed the page, as it says itself."""
    return make_page(now(copy), READER).reviewed_by


def test_a_review_stops_counting_when_one_word_changes_anywhere(copy: Collection) -> None:
    """A word of a text cell, a table, a picture, the safety text or a fact, a number, or a source: the review counts no more, and again when it is put back."""
    sign_pages(copy, SESSION, ASKED)
    assert reviewed(copy) == "A. Reviewer, PT"
    changes = (
        (copy.notebook(SESSION), "The muscle may twitch", "The muscle may jump"),
        (copy.notebook(SESSION), "A thin needle goes into the muscle. [@saintlukes_dn]", "A thin needle goes into the muscle. [@brady2014]"),
        (copy.data / "safety.csv", "You are short of breath.", "You are out of breath."),
        (copy.data / "visit-path.csv", "Get up slowly", "Get up gently"),
        (copy.data / "captions.csv", "Your visit in four steps", "The visit in four steps"),
        (copy.data / "topics.csv", "for dry needling.", "for your dry needling."),
    )  # fmt: skip
    tried = 0
    for path, before, after in changes:
        stored = path.read_bytes()
        if before not in stored.decode():
            continue
        edit(path, before, after)
        assert reviewed(copy) == "", (path.name, after)
        path.write_bytes(stored)
        assert reviewed(copy) == "A. Reviewer, PT", path.name
        tried += 1
    assert tried >= 5


def test_any_word_that_a_patient_reads_is_signed(copy: Collection) -> None:
    """Of fifty words of the page, taken by chance from all of its text between title and sources, each changes what is signed."""
    html = make_page(now(copy), READER).html
    lines = read_lines(html, copy.clinic)
    start, end = html.index("<h1"), html.index('<section class="sources"')
    words = [
        word
        for line in lines
        for word in re.findall(r"[A-Za-z]{4,}", line.replace("(the clinic's number)", "").partition(" [")[0])
    ]
    assert len(words) > 200
    for word in random.Random(7).sample(words, 50):
        changed = re.sub(rf"(?<=[^\w-]){word}(?=[^\w-])", "Xyzzy", html[start:end])
        assert read_lines(html[:start] + changed + html[end:], copy.clinic) != lines, word


def test_what_is_signed_is_what_was_seen(copy: Collection) -> None:
    """A code of other words, or of other pages, signs nothing; a review without a name, a role or a later day is none."""
    pages = list_variants(now(copy), [SESSION], ASKED)
    seen = code_of(compare_reviews(now(copy), pages))
    edit(copy.notebook(SESSION), "The muscle may twitch", "The muscle may jump")
    compared = compare_reviews(now(copy), pages)
    days = {"on": TODAY, "due": date(2027, 11, 27)}
    for code, by, role, told in (
        (seen, "A. Reviewer", "PT", "they changed since you saw them"),
        ("", "A. Reviewer", "PT", "they changed since you saw them"),
        (code_of(compared), " ", "PT", "needs the name and the role"),
        (code_of(compared), "A. Reviewer", "", "needs the name and the role"),
    ):
        with pytest.raises(ParameterError, match=told):
            sign(now(copy), compared, code, by=by, role=role, **days)
    with pytest.raises(ParameterError, match="is no day after"):
        sign(now(copy), compared, code_of(compared), by="A. Reviewer", role="PT", on=TODAY, due=TODAY)
    assert not (copy.data / "reviews.csv").exists()


def test_a_reviewer_sees_each_changed_line_before_and_after_with_its_sources(copy: Collection, run: Run) -> None:
    """The command tells what changed and a code, the same code signs, and then nothing has changed."""
    sign_pages(copy, SESSION, ASKED)
    edit(
        copy.notebook(SESSION),
        "A thin needle goes into the muscle. [@saintlukes_dn]",
        "A fine needle goes into the muscle. [@brady2014]",
    )
    asked = ["review", SESSION, "--audience", "general", "--level", "plain"]
    told = run("handouts", *asked).stdout
    assert f"{SESSION} (general plain): changed since: A. Reviewer, PT, 2026-01-15, due 2027-01-15" in told
    before, after = (next(line for line in told.splitlines() if line.startswith(mark)) for mark in ("  - ", "  + "))
    assert "A thin needle" in before
    assert "saintlukes_dn" in before
    assert "A fine needle" in after
    assert "brady2014" in after
    code = re.search(r"--seen ([0-9a-f]{8})", told)
    assert code
    done = run("handouts", *asked, "--sign", "B. Reviewer", "--role", "DPT", "--seen", code[1], "--due", "2030-01-01")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Signed by B. Reviewer, DPT: 1 page, next review due 2030-01-01.")
    assert reviewed(copy) == "B. Reviewer, DPT"
    (again,) = compare_reviews(now(copy), [READER])
    assert again.changes == []


def test_a_comparison_is_read_on_paper_too(copy: Collection, run: Run) -> None:
    """`--out` writes the comparison as HTML with what is gone struck out and what is new underlined, or as a PDF; other endings are refused."""
    sign_pages(copy, SESSION, ASKED)
    edit(copy.notebook(SESSION), "The muscle may twitch", "The muscle may jump")
    html = render(now(copy), compare_reviews(now(copy), [READER]))
    assert "<del>twitch,</del>" in html
    assert "<ins>jump,</ins>" in html
    assert "Last review: A. Reviewer, PT, January 15, 2026." in html
    asked = ["review", SESSION, "--audience", "general", "--level", "plain", "--out"]
    assert run("handouts", *asked, "review.pdf").returncode == 0
    assert Path("review.pdf").read_bytes().startswith(b"%PDF-1.7")
    refused = run("handouts", *asked, "review.docx")
    assert refused.stderr == "handouts: review.docx: ends in none of .html, .pdf. Name the file so.\n"


def test_a_clinics_own_number_is_no_matter_of_review(copy: Collection) -> None:
    """Another phone number, and another print size, leave the review as it is; another audience's page is not reviewed by it."""
    sign_pages(copy, SESSION, ASKED)
    edit(copy.data / "clinic.csv", "555-0100", "555-0199")
    assert reviewed(copy) == "A. Reviewer, PT"
    assert make_page(now(copy), Variant(SESSION, {**READER.values, "size": "giant"})).reviewed_by == "A. Reviewer, PT"
    other = Variant(SESSION, {**READER.values, "audience": "athlete"})
    assert make_page(now(copy), other).reviewed_by == ""


def test_a_review_goes_with_a_renamed_topic_and_not_with_a_copy(copy: Collection) -> None:
    """A topic that is renamed stays reviewed, for its words are the same; a copy has yet to be reviewed."""
    sign_pages(copy, SESSION, ASKED)
    duplicate_topic(now(copy), SESSION, "copied", TODAY)
    assert make_page(now(copy), Variant("copied", READER.values)).reviewed_by == ""
    rename_topic(now(copy), SESSION, "renamed")
    assert make_page(now(copy), Variant("renamed", READER.values)).reviewed_by == "A. Reviewer, PT"


def test_a_build_for_patients_holds_back_what_changed_since_its_review(copy: Collection, tmp_path: Path) -> None:
    """A page whose words changed since it was signed is not made for patients, and the page of an earlier build goes."""
    sign_pages(copy, SESSION, ASKED)
    edit(copy.notebook(SESSION), "The muscle may twitch", "The muscle may jump")
    result = build_pages(now(copy), tmp_path, [SESSION], ASKED, release=True, today=TODAY)
    assert any("of its safety text" in one for one in result.unready)
    assert not (tmp_path / READER.path).exists()
