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
from handouts.collection.safety import record
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


CLINIC = '<a href="tel:555-0100">555-0100</a>'
SAME_WORDS = {
    "a cell moved": (
        "<table><tr><td>Ice</td><td>yes</td><td></td></tr></table>",
        "<table><tr><td>Ice</td><td></td><td>yes</td></tr></table>",
    ),
    "a word struck out": ("<p>Do not drive.</p>", "<p>Do <del>not</del> drive.</p>"),
    "a word struck out by another element": ("<p>Do not drive.</p>", "<p>Do <s>not</s> drive.</p>"),
    "a number raised": ("<p>Take 102 steps.</p>", "<p>Take 10<sup>2</sup> steps.</p>"),
    "words in a link to a source": (
        '<p>Take it <a href="#source-a">with food</a>.</p>',
        '<p>Take it <a href="#source-a">without food</a>.</p>',
    ),
    "the address of a link": (
        '<p>See <a href="https://good.example/">this</a>.</p>',
        '<p>See <a href="https://bad.example/">this</a>.</p>',
    ),
    "a number behind words": ('<p>Call <a href="tel:911">us</a>.</p>', '<p>Call <a href="tel:119">us</a>.</p>'),
    "another photograph": (
        '<p><img alt="A knee" src="data:image/png;base64,AA"></p>',
        '<p><img alt="A knee" src="data:image/png;base64,AB"></p>',
    ),
    "steps in another order": ("<ol><li>Rest.</li><li>Ice.</li></ol>", "<ol><li>Ice.</li><li>Rest.</li></ol>"),
    "steps that are none": ("<ol><li>Rest.</li></ol>", "<ul><li>Rest.</li></ul>"),
    "steps that begin later": ("<ol><li>Rest.</li></ol>", '<ol start="3"><li>Rest.</li></ol>'),
    "the alternative of a picture": (
        '<p><span role="img" aria-label="One in ten"></span></p>',
        '<p><span role="img" aria-label="Two in ten"></span></p>',
    ),
    "another source": (
        '<p>So.<sup class="cite"><a href="#source-a">1</a></sup></p>',
        '<p>So.<sup class="cite"><a href="#source-b">1</a></sup></p>',
    ),
    "two lines as one": ("<p>No.</p><p>Needles.</p>", "<p>No. Needles.</p>"),
}
"""What has the same words for a machine that does not look, and says something else."""


@pytest.mark.parametrize("how", SAME_WORDS)
def test_what_means_something_else_is_signed_as_something_else(collection: Collection, how: str) -> None:
    """Words moved, struck out, raised, hidden behind a link or in a picture: none of it keeps a review."""
    before, after = (f"<h1>T</h1><main>{html}</main>" for html in SAME_WORDS[how])
    assert read_lines(before, collection.clinic) != read_lines(after, collection.clinic)


def test_the_number_of_a_source_is_no_word(collection: Collection) -> None:
    """A source that is listed elsewhere by now, and another number of the clinic, leave the words as they are."""
    pairs = (
        (
            '<p>So.<sup class="cite"><a href="#source-a">1</a></sup></p>',
            '<p>So.<sup class="cite key"><a href="#source-a">7</a></sup></p>',
        ),
        (f"<p>Call {CLINIC}.</p>", f"<p>Call {CLINIC}.</p>"),
    )
    for pair in pairs:
        before, after = (read_lines(f"<h1>T</h1><main>{html}</main>", collection.clinic) for html in pair)
        assert before == after
    assert (
        read_lines(f"<h1>T</h1><main><p>Call {CLINIC}.</p></main>", collection.clinic)[-1]
        == "Call (the clinic's number)."
    )


def test_any_word_that_a_patient_reads_is_signed(copy: Collection) -> None:
    """Of fifty words of the page, taken by chance from all of its text between title and sources, each changes what is signed."""
    html = make_page(now(copy), READER).html
    lines = read_lines(html, copy.clinic)
    start, end = html.index("<h1"), html.index('<section class="sources"')
    words = [
        word
        for line in lines
        if line != "(empty)"
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


def test_a_build_for_patients_leaves_no_page_that_is_overdue_or_failed(copy: Collection, tmp_path: Path) -> None:
    """A page whose review is overdue by now, or that cannot be made any more, goes from the folder and from the index."""
    record(copy.data, {"needles": now(copy).safety["needles"]}, now(copy).safety_record, "A. Clinician", TODAY)
    sign_pages(copy, SESSION, ASKED, on="2026-11-01", due="2026-12-01")

    def release(today: date) -> tuple[bool, bool]:
        build_pages(now(copy), tmp_path, [SESSION], ASKED, release=True, today=today)
        return (tmp_path / READER.path).exists(), READER.path in (tmp_path / "index.html").read_text()

    assert release(TODAY) == (True, True)
    assert release(date(2026, 12, 2)) == (False, False)
    assert release(TODAY) == (True, True)
    edit(copy.notebook(SESSION), '"draw_for(audience', '"1/0; draw_for(audience')
    assert release(TODAY) == (False, False)


def test_a_build_for_patients_holds_back_what_changed_since_its_review(copy: Collection, tmp_path: Path) -> None:
    """A page whose words changed since it was signed is not made for patients, and the page of an earlier build goes."""
    sign_pages(copy, SESSION, ASKED)
    edit(copy.notebook(SESSION), "The muscle may twitch", "The muscle may jump")
    result = build_pages(now(copy), tmp_path, [SESSION], ASKED, release=True, today=TODAY)
    assert any("of its safety text" in one for one in result.unready)
    assert not (tmp_path / READER.path).exists()
