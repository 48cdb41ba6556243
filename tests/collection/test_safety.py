"""The safety text is frozen: a word changed, moved or dropped is told until somebody signs it, or records it again."""

import re
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from conftest import INHALER, edit, now
from handouts.build.run import build_pages, read_manifest
from handouts.checks.findings import ERROR
from handouts.checks.run import check_words
from handouts.collection import Collection, open_collection
from handouts.collection.safety import find_changes
from handouts.collection.words import Source, list_words
from handouts.errors import DataError
from handouts.page import list_variants, make_page

TODAY = date(2026, 11, 27)
CHANGES = {
    "a heading": ("safety-sets.csv", "Stay safe with any needle treatment", "Stay well with any needle treatment"),
    "a lead": ("safety-parts.csv", "at once if, minutes, hours", "if, hours"),
    "a close": ("safety-parts.csv", "Do not wait for your next visit. Say", "Say"),
    "how urgent": ("safety-parts.csv", ",now", ",soon"),
    "a line": ("safety.csv", "You bleed a lot.", "You bleed."),
    "a line lost": ("safety.csv", "needles,get-help,Your chest hurts.,smith2021\n", ""),
    "a line moved": ("safety.csv", "needles,get-help,You bleed a lot.", "needles,may-notice,You bleed a lot."),
    "a source": ("safety.csv", "You are or may be pregnant.,who1999", "You are or may be pregnant.,clinic"),
}  # fmt: skip


def changes(collection: Collection) -> list[str]:
    return list(find_changes(now(collection).safety["needles"], now(collection).safety_record))


@pytest.mark.parametrize("what", CHANGES)
def test_one_change_is_an_error_until_it_is_recorded_or_signed(
    copy: Collection, run: Callable[..., subprocess.CompletedProcess[str]], what: str
) -> None:
    """Whatever of the safety text is changed, the check fails; once signed it does not, and the record says by whom and when."""
    file, before, after = CHANGES[what]
    assert changes(copy) == []
    edit(copy.data / file, before, after)
    found = [one for one in check_words(now(copy))[0] if one.rule == "safety" and one.severity == ERROR]
    assert any("recorded" in one.told for one in found)
    assert all("handouts safety needles --sign NAME" in one.told for one in found if "recorded" in one.told)
    assert run("handouts", "safety", cwd=copy.root).returncode == 1
    assert run("handouts", "safety", "needles", "--sign", "A. Clinician", cwd=copy.root).returncode == 0
    assert changes(copy) == []
    assert {(row["state"], row["by"]) for row in now(copy).safety_record if row["set"] == "needles"} == {
        ("signed", "A. Clinician")
    }
    assert {row["state"] for row in now(copy).safety_record if row["set"] != "needles"} == {"draft"}


def test_a_page_whose_safety_text_is_not_as_recorded_is_not_published(copy: Collection, tmp_path: Path) -> None:
    """Such a page is listed as not ready, with why, and stands in no index; the pages are ready when it is recorded again."""
    edit(copy.data / "safety.csv", "You bleed a lot.", "You bleed.")
    topics, asked = ["which-treatment-is-right"], {"audience": "athlete", "level": "plain"}
    result = build_pages(now(copy), tmp_path, topics, asked)
    assert "its safety text is not as recorded" in result.unready[0]
    assert {row["missing"] for row in read_manifest(tmp_path)} == {"safety-text"}
    assert 'href="which' not in (tmp_path / "index.html").read_text()


def test_a_signed_line_stays_signed_when_another_is_recorded(
    copy: Collection, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """Recording a draft takes no signature away from lines that did not change."""
    run("handouts", "safety", "--sign", "A. Clinician", cwd=copy.root)
    edit(copy.data / "safety.csv", "You bleed a lot.", "You bleed.")
    assert any("signed by A. Clinician on" in told for told in changes(copy))
    assert run("handouts", "safety", "--record", cwd=copy.root).returncode == 0
    states = [row["state"] for row in now(copy).safety_record]
    assert (states.count("draft"), changes(copy)) == (1, [])


def test_nothing_is_signed_yet(shipped: Collection) -> None:
    """No line of the safety text that ships is signed, and nobody is named: no clinician has read it."""
    assert {(row["state"], row["by"], row["on"]) for row in shipped.safety_record} == {("draft", "", "")}


def test_a_page_has_any_number_of_steps_in_their_order() -> None:
    """A set's lists stand on the page in the order of the table, with their own headings, leads, close and urgency."""
    collection = open_collection(INHALER)
    html = make_page(collection, list_variants(collection)[0]).html
    section = html[html.index('<section class="safety"') : html.index('<section class="sources"')]
    heads = [
        "Stay safe with your inhaler",
        "Get help now",
        "Call us the same day",
        "Tell us first",
        "What you may notice",
    ]
    places = [section.index(head) for head in heads]
    assert places == sorted(places)
    assert section.count('class="safety-part get-help now"') == section.count('class="safety-part get-help soon"') == 1
    assert "Call 999 or 112 at once if:" in re.sub("<[^>]*>", "", section)


def test_lines_stand_in_groups_under_headings_of_their_own(copy: Collection) -> None:
    """A heading in the column group stands above its line and those after it, each group a list; it is frozen, and is translated."""
    header, *rows = (copy.data / "safety.csv").read_text().splitlines()
    grouped = [f"{row},{'Blood' if 'You cough up blood' in row else ''}\n" for row in rows]
    (copy.data / "safety.csv").write_text("".join([f"{header},group\n", *grouped]))
    assert [told for told in changes(copy) if "'Blood' is not recorded" in told]
    assert [one.name.rpartition("/")[0] for one in list_words(Source(now(copy), []), "es") if one.text == "Blood"] == [
        "safety.csv/needles/get-help"
    ]
    html = make_page(copy, list_variants(copy, topics=["which-treatment-is-right"])[0]).html
    part = BeautifulSoup(html, "html.parser").select_one("#help-get-help")
    said = [(one.name, len(one.select("li"))) for one in part.select_one(".groups").find_all(recursive=False)]
    assert said == [("ul", 2), ("h4", 0), ("ul", 2)]
    assert part.h4.find_next("li").text.startswith("You cough up blood.")
    assert part.select_one("h3").text == "Get help now"


@pytest.mark.parametrize(
    ("file", "before", "after", "told"),
    [
        ("topics.csv", ",needles,,", ",needels,,", "'needels' is not in safety-sets.csv. Did you mean 'needles'"),
        ("topics.csv", ",needles,,", ",,,", "say in why_no_safety why its readers need none"),
        ("topics.csv", ",needles,,", ",needles,None needed,", "Fill one of the two"),
        ("safety.csv", "needles,get-help,You", "needles,get-halp,You", "'get-halp' is no part of needles"),
        ("safety.csv", "needles,", "needels,", "column set: 'needels' is not allowed: Did you mean"),
        ("safety-parts.csv", ",now", ",tomorrow", "column urgency"),
        (
            "safety-must.csv",
            "needles,get-help,chest,smith2021",
            "needles,get-help,chest,smith2012",
            "is not in sources.json",
        ),
    ],
)
def test_a_safety_text_that_cannot_be_right_is_told(
    copy: Collection, file: str, before: str, after: str, told: str
) -> None:
    """A set, part, source or urgency that data/ does not have stops every command, with file and what to do."""
    edit(copy.data / file, before, after)
    with pytest.raises(DataError, match=told):
        now(copy).check()


def test_a_topic_has_several_sets_one_after_the_other(copy: Collection) -> None:
    """Their parts stand on the page in that order, under the heading of the first, and a change of either holds the page back."""
    edit(copy.data / "topics.csv", ",needles,", ",needles any-topic,")
    edit(copy.data / "safety-parts.csv", "any-topic,get-help", "any-topic,in-danger")
    edit(copy.data / "safety.csv", "any-topic,get-help", "any-topic,in-danger")
    topic = next(iter(now(copy).topics.values()))
    joined = now(copy).safety_of(topic)
    assert joined
    assert [part.name for part in joined.parts] == ["tell-first", "may-notice", "get-help", "in-danger", "call-us"]
    assert joined.heading == now(copy).safety["needles"].heading
    assert any("in-danger" in told for told in now(copy).safety_changes(topic))


def test_two_sets_with_a_part_of_one_name_are_refused(copy: Collection) -> None:
    """Nobody could tell on a page which part is meant: the two sets and the part are named."""
    edit(copy.data / "topics.csv", ",needles,", ",needles any-topic,")
    with pytest.raises(DataError, match="needles and any-topic, and both have a part get-help"):
        now(copy).safety_of(next(iter(now(copy).topics.values())))
