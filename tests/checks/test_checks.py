"""checks.py, readers.py, readability.py: what a page must not say is found, and what it may say is not."""

import json
import re
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from conftest import edit, now, sign_pages
from handouts.checks import inflesz, readability
from handouts.checks.criteria import CHECKS, CHECKS_FOR
from handouts.checks.findings import ERROR, RULES, WARNING, Finding
from handouts.checks.readers import make_readers
from handouts.checks.rules import of_page, size
from handouts.checks.run import check_collection, check_text, check_words, failing
from handouts.checks.standards import FAILS, answers, read_standards
from handouts.checks.texts import sentences
from handouts.checks.trace import trace
from handouts.collection.folder import Collection

TODAY = date(2026, 11, 24)
SESSION = "your-dry-needling-session"
CHOICE = "which-treatment-is-right"
MUTATIONS: dict[str, tuple[str, str, str, str, str]] = {
    # name: rule, file, what stands there, what a hand makes of it, part of what is told
    "a number in text": ("number", f"notebooks/{SESSION}.ipynb", "A few people are. [@brady2014]", "About 3 in 100 people are.", "has a number without a source"),
    "an unknown source": ("source", f"notebooks/{SESSION}.ipynb", "[@brady2014]", "[@bradey2014]", "[@bradey2014] is not in data/sources.json"),
    "an unknown fact": ("source", f"notebooks/{SESSION}.ipynb", "[=dn-minutes]", "[=dn-hours]", "[=dn-hours] is no fact"),
    "an unknown word": ("source", f"notebooks/{SESSION}.ipynb", "[?blood thinner]", "[?blood thiner]", "Did you mean 'blood thinner'"),
    "a safety line": ("safety", "data/safety.csv", "You are or may be pregnant.", "You are well.", "does not speak of 'pregnant'"),
    "the stop rule": ("safety", "data/safety.csv", "Do not stop the drug on your own.", "Stop the drug.", "does not speak of 'do not stop'"),
    "a safety heading": ("safety", "data/safety-parts.csv", "Get help now,", "Good to know,", "'Get help now' was recorded and is not there, or was changed"),
    "a safety line lost": ("safety", "data/safety.csv", "needles,get-help,You bleed a lot.,clinic\n", "", "'You bleed a lot.' was recorded and is not there"),
    "a safety source": ("safety", "data/safety.csv", "You are short of breath.,grusche", "You are short of breath.,clinic", "'You are short of breath.' is not recorded, or was changed since"),
    "a tag": ("part", f"notebooks/{SESSION}.ipynb", '"audience:athlete",\n     "part:main-message"', '"audience:athlete",\n     "part:for-you"', "get no cell tagged part:main-message"),
    "a misspelt tag": ("notebook", f"notebooks/{SESSION}.ipynb", '"audience:athlete"', '"audience:atlete"', "unknown audience 'atlete'"),
    "a sentence of the article changed": ("article", f"notebooks/{SESSION}.ipynb", "This reflects neuromuscular stimulation", "This shows neuromuscular stimulation", "is not in the article"),
    "a sentence of the article lost": ("article", f"notebooks/{SESSION}.ipynb", "Dry needling is precise and targeted.", "", "stands in the article and on no page"),
    "another denominator": ("denominator", "data/facts.csv", "0,1,,1000,treatments", "0,1,,100,treatments", "get numbers out of 100, 1,000"),
    "hard words": ("grade", f"notebooks/{SESSION}.ipynb", "A thin needle goes into the muscle. [@saintlukes_dn]", "Musculoskeletal practitioners systematically administer filiform instrumentation intramuscularly, facilitating neurophysiological desensitization, biomechanical optimization, and comprehensive multidisciplinary rehabilitation, notwithstanding considerable heterogeneity. " * 6, "This sentence is the hardest"),
    "one treatment praised": ("balance", "data/needle-options.csv", "Less pain for a short time", "By checking with great care each of your muscles and all of your joints and how you stand and walk and move from day to day and with much time for all that you want to tell and to show and to ask of us", "Say more of one, or less of the other"),
    "a sentence from nowhere": ("origin", f"notebooks/{SESSION}.ipynb", "We have not looked for studies yet: ask us. [@clinic]", "We have not looked for studies yet: ask us.", "cites no source and is not marked as the clinic's own"),
    "a table row from nowhere": ("origin", "data/other-options.csv", "and no cost for now [@clinic]", "and no cost for now", "has a cell that names no source"),
    "a sales line": ("off-purpose", f"notebooks/{SESSION}.ipynb", "We have not looked for studies yet: ask us. [@clinic]", "Contact us today. [@clinic]", "Remove it"),
    "a promise": ("balance", f"notebooks/{CHOICE}.ipynb", "learn the signs of harm: see", "dry needling is the best choice. [@clinic] Learn the signs of harm: see", "steers to one choice"),
    "a cell that fails": ("page", f"notebooks/{SESSION}.ipynb", 'icons(\\"dn-mild\\")', 'icons(\\"dn-mlid\\")', "Did you mean 'dn-mild'"),
    "an empty heading": ("heading", f"notebooks/{SESSION}.ipynb", "## Does it help?", "## Overview", "says nothing of what follows"),
    "homework put back": ("never-say", f"notebooks/{SESSION}.ipynb", "A few people are. [@brady2014]", "A few people are, as far as we have read. [@brady2014]", "says 'as far as we have read'"),
    "homework in a table": ("never-say", "data/needle-options.csv", "Bruises, sore spots, and, rarely, a hurt lung [@brady2014", "Adverse events, and, rarely, a hurt lung [@brady2014", "says 'adverse events'"),
    "English that nobody speaks": ("never-say", "data/safety.csv", "You bleed a lot.", "You bleed at this point in time.", "says 'at this ... in time'"),
    "a question that lost its answer": ("question", "data/questions.csv", "plain-help", "plain-gone", "get no answer to 'Does it help?'"),
    "an answer that lost its reader": ("question", f"notebooks/{SESSION}.ipynb", '"level:plain",\n     "audience:athlete",\n     "part:for-you"', '"level:plain",\n     "audience:general",\n     "part:for-you"', "get no answer to 'Will it make me stronger?'"),
    "a number changed": ("number", "data/facts.csv", "190,370,,1000", "190,730,,1000", "tells 730, which is not what its column counted says"),
    "a best estimate changed": ("number", "data/facts.csv", "15,15,,,minutes", "25,25,,,minutes", "tells 25"),
    "a unit swapped": ("number", "data/facts.csv", "190,370,,1000,treatments", "190,370,,1000,people", "is counted in people"),
    "numbers side by side": ("denominator", "data/other-options.csv", "and no cost for now [@clinic]", "and 3 of 100 people, or 4 of 1,000 [@clinic]", "not counted alike"),
    "a chopped page": ("grade", f"notebooks/{SESSION}.ipynb", "A thin needle goes into the muscle. [@saintlukes_dn]", "It is in. [@saintlukes_dn] It is thin. [@saintlukes_dn] You lie still. [@saintlukes_dn] We find it. [@saintlukes_dn] You rest. [@saintlukes_dn] " * 40, "chopped so short"),
    "a sign dropped": ("safety", "data/safety.csv", "You are short of breath.", "You are tired.", "does not speak of"),
    "a body part dropped": ("safety", "data/safety.csv", "chest", "foot", "does not speak of"),
}  # fmt: skip


TOPIC_OF = dict.fromkeys(["data/needle-options.csv", "data/other-options.csv"], CHOICE)
"""Where a table is shown, if not in the session."""
ON_PAGES = [
    ("alternative", "Four steps to your choice. 4 numbered steps.</title>", "</title>"),
    ("alternative", "figcaption", "p"),
    ("table", '<th scope="row"', "<th"),
    ("table", "<thead>", "<tbody>"),
    ("order", "<h2", "<h4"),
    ("order", "part-main-message", "part-other"),
]
"""Rule, what stands on a page, what a hand makes of it."""


def test_the_collection_has_no_findings(collection: Collection) -> None:
    """What ships is free of errors and warnings: every rule has an example that passes."""
    assert check_collection(collection, TODAY) == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_what_a_hand_changes_is_caught(copy: Collection, name: str) -> None:
    """A number, source, word, safety line, tag, sentence or heading changed by hand is found, with where and what to do."""
    rule, file, before, after, told = MUTATIONS[name]
    edit(copy.root / file, before, after)
    topic = next((topic for topic in copy.topics if topic in file), TOPIC_OF.get(file, SESSION))
    everything = check_collection(now(copy), TODAY, [topic]) if rule == "page" else check_words(now(copy), [topic])[0]
    found = [finding for finding in everything if finding.rule == rule]
    assert found, name
    assert any(told in finding.told for finding in found), [str(finding) for finding in found]
    assert all(finding.file for finding in found)


@pytest.mark.parametrize(("rule", "before", "after"), ON_PAGES)
def test_what_is_wrong_with_a_page_is_caught(pages: dict[str, str], rule: str, before: str, after: str) -> None:
    """A picture without words, a table without header cells, and a heading or box out of order are found on a page."""
    html = pages[f"{CHOICE}/general_plain_normal.html"]
    assert list(of_page(BeautifulSoup(html, "html.parser"), "file", "general")) == []
    assert before in html
    assert [
        finding.rule
        for finding in of_page(BeautifulSoup(html.replace(before, after), "html.parser"), "file", "general")
    ].count(rule)


def test_a_page_too_large_for_a_phone_is_found(pages: dict[str, str]) -> None:
    """A page of more than 150 kB is an error; every page that ships is smaller."""
    for html in pages.values():
        assert list(size(html, "file", "general")) == []
    (found,) = size(html + "x" * 150_000, "file", "general")
    assert (found.rule, found.severity) == ("size", "error")


def test_every_rule_has_an_example_that_fails() -> None:
    """Each rule is shown to find something, and names the authority that it comes from."""
    assert {mutation[0] for mutation in MUTATIONS.values()} | {rule for rule, _, _ in ON_PAGES} | {
        "size",
        "review",
        "sheets",
    } == set(RULES)
    assert all(rule.says and rule.authority for rule in RULES.values())


def test_a_review_soon_due_is_a_warning(copy: Collection) -> None:
    """Sixty days before a review is due, that is told; after, it is an error; a word changed, and the page is a draft again."""
    of = {"audience": "general", "level": "plain"}
    sign_pages(copy, SESSION, of, on="2025-01-01", due="2027-01-20")

    def found(today: date) -> list[tuple[str, str]]:
        told = check_collection(now(copy), today, [SESSION])
        return [(one.severity, one.told.partition(". ")[0]) for one in told if one.rule == "review"]

    assert found(date(2026, 11, 1)) == []
    assert found(TODAY) == [(WARNING, "the review is due on 2027-01-20, in 57 days")]
    assert found(date(2027, 1, 21)) == [(ERROR, "the review was due on 2027-01-20")]
    edit(copy.notebook(SESSION), "The muscle may twitch", "The muscle may jump")
    assert found(TODAY) == [(WARNING, "words changed since A")]


def test_a_finding_says_where_what_and_by_whose_rule(copy: Collection) -> None:
    """A finding names file, cell, sentence, what to do, and the authority; errors come first."""
    _, file, before, after, _ = MUTATIONS["a number in text"]
    edit(copy.root / file, before, after)
    edit(copy.root / file, "## Does it help?", "## Overview")
    found, _ = check_words(now(copy))
    assert [(finding.rule, finding.severity) for finding in found] == [
        ("number", ERROR), ("origin", ERROR), ("heading", WARNING),
    ]  # fmt: skip
    assert str(found[0]).startswith(
        f'error: {file}, cell 20 ("## After: what is normal?"): "About 3 in 100 people are." has a number'
    )
    assert "DISCERN 4" in str(found[0])
    assert Finding(**{name: value for name, value in found[0].as_dict().items() if name != "authority"}) == found[0]


def test_the_command_tells_findings_and_sets_the_exit_code(
    clinic: Collection, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """`handouts check` ends with 0 where all is well or only advice is left, with 1 where there is an error."""
    done = run("handouts", "check", "--on", "2026-11-24")
    assert (done.returncode, done.stdout) == (0, "Findings: 0 errors, 0 warnings.\n")
    edit(clinic.notebook(SESSION), "## Does it help?", "## Overview")
    done = run("handouts", "check", SESSION, "--on", "2026-11-24")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Findings: 0 errors, 1 warnings.")
    edit(clinic.data / "safety.csv", "You are or may be pregnant.", "You are well.")
    done = run("handouts", "check", SESSION, "--format", "json", "--on", "2026-11-24")
    assert done.returncode == 1
    assert [finding["rule"] for finding in json.loads(done.stdout)] == ["safety", "safety", "safety", "heading"]


def test_the_trace_tells_where_each_sentence_comes_from(collection: Collection) -> None:
    """Each sentence has its sources, its fact, the article or the clinic behind it."""
    told = {sentence: source for _, sentence, source in trace(collection)}
    assert told["It does about as well as other care."] == "chys2023"
    assert told["Dry needling is precise and targeted."] == "the article"
    assert told["We have not looked for studies yet: ask us."] == "clinic"
    assert told["Does it help?"] == "the clinic (heading)"
    assert told["Your visit in four steps. You can say no, or ask us to stop, at any time."] == "clinic"
    assert "nowhere" not in told.values()
    assert any(place.endswith("data/facts.csv, dn-mild") for place, _, _ in trace(collection))


def test_a_number_of_the_clinics_own_is_a_fact_that_somebody_can_sign(copy: Collection) -> None:
    """A rule such as three days stands in data/facts.csv with the source clinic; typed into the text it is an error."""
    rule = "Leave at least 3 full days between needles and a race."
    with (copy.data / "facts.csv").open("a") as file:
        file.write(
            "rest-days,Leave at least {low} full days between needles and a race.,3,3,,,days,days,Patients,Our own rule,clinic,Not tested.\n"
        )
    edit(copy.notebook(SESSION), "A few people are. [@brady2014]", "[=rest-days]")
    assert [one.told for one in check_words(now(copy))[0] if one.severity == ERROR] == []
    edit(copy.notebook(SESSION), "[=rest-days]", f"{rule} [@clinic]")
    edit(copy.data / "facts.csv", "full days", "whole days")
    assert [one.rule for one in check_words(now(copy))[0] if one.severity == ERROR] == ["number"]


def test_text_that_is_chopped_is_advice_too(copy: Collection) -> None:
    """Grade is a ceiling, never a target to undercut: sentences below grade 4 are told, with how to mend them."""
    assert [one for one in check_words(now(copy))[0] if one.rule == "grade"] == []
    edit(copy.notebook(SESSION), "A few people are. [@brady2014]", "Now it is so. [@clinic] " * 60)
    found = [one for one in check_words(now(copy))[0] if one.rule == "grade"]
    assert {one.severity for one in found} == {WARNING}
    assert all("chopped so short that nobody would say them" in one.told for one in found)


def test_sentences_are_read_with_their_sources() -> None:
    """A sentence takes the sources that follow it, also in bullets, headings and after numbers with points."""
    source = "## Is it so?\n\nOne is 1.5 long. [@a] Two! [@b; @c]\n\n- three\n- **four:** five [@d]"
    assert list(sentences(source)) == [
        ("Is it so?", []), ("One is 1.5 long.", ["a"]), ("Two!", ["b", "c"]), ("three", []), ("four: five", ["d"]),
    ]  # fmt: skip


def test_the_safety_text_is_on_every_page_and_the_same(pages: dict[str, str], collection: Collection) -> None:
    """Every page of every audience and level has every line of the safety text, in the same words."""
    texts = set()
    for html in pages.values():
        section = html[html.index('<section class="safety"') : html.index("</section>")]
        words = re.sub(r"<sup.*?</sup>", "", section, flags=re.S)
        words = re.sub(r"\(a drug that slows blood clots\)", "", words)  # taught at its first use on a page
        texts.add(" ".join(re.sub("<[^>]*>", " ", words).split()))
    assert len(texts) == 1
    (text,) = texts
    safety = collection.safety["needles"]
    assert [part.name for part in safety.parts] == ["tell-first", "may-notice", "get-help"]
    for part in safety.parts:
        for line in part.lines:
            words = re.sub(r" ?\[@[^]]*\]", "", line.text).replace("[?", "").replace("]", "")
            assert " ".join(words.split()) in text, line


def test_grades_are_those_of_the_formulas(collection: Collection) -> None:
    """Grades follow the published formulas; a label is no sentence; a bullet ends as one."""
    words = ["The cat sat on the mat", "The dog ran to the red barn"]
    assert readability.as_sentences([*words, "Name:"]) == "The cat sat on the mat. The dog ran to the red barn."
    # 13 words, 2 sentences, 13 syllables
    assert readability.grades(collection, words).fkgl == pytest.approx(0.39 * 13 / 2 + 11.8 * 13 / 13 - 15.59, abs=0.06)
    assert readability.long_words(collection, ["A terrible catastrophe for the musician"]) == [
        "catastrophe",
        "musician",
        "terrible",
    ]


def test_the_article_fails_what_it_fails(collection: Collection) -> None:
    """Checked as if it were a page, the clinic's article fails: no source, date, number, risk or choice; hard, and steering."""
    path = collection.data / "article.txt"
    found = check_text(collection, path)
    assert {"source", "origin", "part", "grade", "balance", "off-purpose", "safety"} <= {one.rule for one in found}
    assert all(one.file == "article.txt" for one in found)
    failed = " ".join(str(answer) for _, answer in failing(collection, path))
    for item in ("PEMAT-P 2", "PEMAT-P 3", "PEMAT-P 11", "PEMAT-P 20", "CDC Index 1", "CDC Index 11", "CDC Index 18",
                 "DISCERN 4", "DISCERN 5", "DISCERN 6", "DISCERN 8"):  # fmt: skip
        assert f"{item} fails" in failed


def test_a_file_of_text_is_checked_by_the_command(
    collection: Collection, tmp_path: Path, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """`handouts check FILE` ends with 1 for the article, in HTML too; a name that is neither topic nor file is told."""
    done = run("handouts", "check", "data/article.txt", cwd=collection.root)
    assert done.returncode == 1
    assert "DISCERN 4 fails" in done.stdout
    page = run("handouts", "check", "--format", "html", "data/article.txt", cwd=collection.root)
    assert page.returncode == 1
    assert "<h2>article.txt</h2>" in page.stdout
    done = run("handouts", "check", "your-dry-needling-sesion", cwd=collection.root)
    assert (done.returncode, "Did you mean 'your-dry-needling-session'" in done.stderr) == (1, True)


def test_plain_pages_fail_no_item_that_software_can_judge(collection: Collection) -> None:
    """Of four standards, plain pages fail no item but that nobody outside has reviewed them, and one view by choice.

    The decision aid has no picture of chances: those of the two treatments were counted differently, and two pictures rank them.
    """
    items = read_standards(collection)
    for topic in collection.topics.values():
        for reader in make_readers(collection, topic):
            if not reader.articles:
                failed = [one.item.asks for one in answers(reader, items) if one.answer == FAILS]
                views, outside = (
                    "Are chances told in words and numbers and a picture?",
                    "Has somebody outside reviewed it?",
                )
                assert failed == ([views, outside] if reader.topic.name == CHOICE else []), reader.who


def test_no_item_awards_a_point(built: Path, collection: Collection) -> None:
    """The scorecard says of each item that it fails, is ready for a rater, declared, left to people or does not apply; no total."""
    html = (built / "scorecard.html").read_text()
    told = set(re.findall(r'<span class="answer answer-\w+">([^<]*)</span>', html))
    assert told <= {"fails", "ready for a rater", "declared", "left to people", "does not apply"}
    counted = len(re.findall(r"<td>\d+ %</td>", html))  # what is counted of each page, under a head of its own
    assert html.count("<tr>") == len(collection.topics) * (len(read_standards(collection)) + 6 + 1) + counted
    assert not re.search(
        r"score:? *\d|\d+ (of|/) \d+ (items|points)", re.sub("<style.*?</style>", "", html, flags=re.S)
    )
    assert 'href="scorecard.html"' in (built / "index.html").read_text()


def test_every_check_of_an_item_is_asked_for(collection: Collection) -> None:
    """Each check in the code speaks to an item of a standard."""
    assert {item.check for item in read_standards(collection)} - {""} == {*CHECKS, *CHECKS_FOR}


def test_the_article_itself_reads_too_hard(collection: Collection) -> None:
    """By the same measure the clinic's article is far above the grade that a plain page may have."""
    text = (collection.data / "article.txt").read_text().splitlines()
    assert readability.grades(collection, text).fkgl > 8


@pytest.mark.parametrize(
    ("file", "before", "after", "told"),
    [
        ("facts.csv", "190,370,,1000", "370,190,,1000", "low must not be above high"),
        ("facts.csv", "51,146,93,1000", "51,2000,93,1000", "is more than the denominator"),
        ("facts.csv", "51,146,93,1000", "51,146,193,1000", "193 does not lie between low and high"),
        ("facts.csv", "therapists counted about {low}", "therapists counted about 190", "has a number of its own"),
        ("facts.csv", "{denominator} people who", "{number} people who", "braces may hold"),
        ("facts.csv", "(baumler2021)\",baumler2021", "(baumler2021)\",baeumler2021", "is not in sources.json. Did you mean 'baumler2021'"),
        ("safety.csv", "smith2021", "smith2012", "is not in sources.json"),
        ("sources.json", '"id": "brady2014"', '"id": "boyce2020"', "two sources have one id"),
    ],
)  # fmt: skip
def test_broken_evidence_is_told(copy: Collection, file: str, before: str, after: str, told: str) -> None:
    """A fact, safety line or source that cannot be right stops every command, with file, row and what to do."""
    from handouts.errors import DataError

    edit(copy.data / file, before, after)
    with pytest.raises(DataError, match=told):
        copy.safety if file == "safety.csv" else copy.facts


def test_changing_a_fact_changes_sentence_picture_and_alternative(copy: Collection, tmp_path: Path) -> None:
    """One row feeds the sentence, the icon array, its text alternative and its description."""
    from handouts.build.run import build_pages

    edit(copy.data / "facts.csv", "190,370,,1000", "210,420,,1000")
    build_pages(now(copy), tmp_path, [SESSION], {"audience": "general", "level": "plain"})
    html = next(tmp_path.glob(f"{SESSION}/*.html")).read_text()
    assert "therapists counted about 210 to 420 mild effects" in html
    assert html.count("In 1,000 treatments: 210 mild effects (dark), or 420 (dark and gray).") >= 2
    assert not re.search(r"190 (mild|to 370)|370 \(dark", html)


def test_spanish_is_read_by_a_scale_made_for_spanish() -> None:
    """A set phrase for patients is easy, a professional's sentence below what is wanted, and it is the one that is shown."""
    eased = ["Llámenos el mismo día si un moretón sigue creciendo."]
    hard = [
        "La administración concomitante de anticoagulantes orales incrementa significativamente la probabilidad de hematomas, por lo cual "
        "se recomienda la evaluación individualizada de la relación entre beneficio terapéutico y complicaciones hemorrágicas potenciales."
    ]
    assert inflesz.index(hard) < inflesz.LOWEST < inflesz.WANTED < inflesz.index(eased)
    assert inflesz.hardest([*eased, *hard]) == hard[0]
