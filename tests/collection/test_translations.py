"""words.py, translations.py, translated.py: pages in another language, whole or not at all."""

import random
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import nbformat
import polib
import pytest
from bs4 import BeautifulSoup

from conftest import PSEUDO, ROOT, change, edit, now, po, pseudo, with_language
from handouts.build import build_pages
from handouts.build.review import code_of, compare_reviews, sign
from handouts.collection import notebook
from handouts.collection.folder import Collection, open_collection
from handouts.collection.safety import record
from handouts.collection.translated import in_language
from handouts.collection.translations import read_translations, renew_translations
from handouts.collection.words import Source, list_words
from handouts.errors import DataError
from handouts.page import list_variants, make_page, make_pages
from handouts.page.review import read_lines

Run = Callable[..., subprocess.CompletedProcess[str]]
NAMES = re.compile(
    r"\w+ Clinic|manifest\.csv|1 Example Street, Exampletown|Example|https?://\S+|\b[\w.-]+\.(?:example|gov|org|uk)\b\S*|Pseudo|English|\b[0-9a-f]{10}\b"
)
SESSION = "your-dry-needling-session"


def said(html: str) -> list[str]:
    """Return all that a page says, to who sees it and who listens to it, but for names and citations."""
    soup = BeautifulSoup(html, "html.parser")
    for tag in soup.select("style, script, .sources li, .sources .on-paper, nav.languages"):
        tag.decompose()
    told = list(soup.stripped_strings)
    for tag in soup.find_all(True):
        told += [
            str(tag[name]) for name in ("alt", "title", "aria-label", "data-label", "placeholder") if tag.get(name)
        ]
        if tag.name == "meta" and tag.get("name") == "description":
            told.append(str(tag["content"]))
    return [NAMES.sub("", one) for one in told]


def english(html: str, topics: list[str]) -> list[str]:
    """Return the words of a page that are not of the pseudo-language."""
    words = [word for one in said(html) for word in re.findall(r"[^\W\d_]+", re.sub("|".join(topics), "", one))]
    return [word for word in words if re.search("[aeiou]", word) and word.isascii() and word not in ("en", "qps")]


def test_every_word_of_a_page_can_be_translated(copy: Collection, tmp_path: Path) -> None:
    """In a language with an accent on each word, no page and no index has a word left in English, but for names and citations."""
    with_language(copy, PSEUDO, "level:plain", pseudo)
    translated, translations = in_language(now(copy), PSEUDO)
    assert translations.missing == {}
    result = build_pages(translated, tmp_path / "out")
    assert (result.failed, result.made) == ([], 6)
    for page in (tmp_path / "out").rglob("*.html"):
        if page.name != "scorecard.html":
            assert english(page.read_text(), list(copy.topics)) == [], page


def test_the_same_words_in_the_same_language_are_the_same_pages(copy: Collection) -> None:
    """Translated into its own language word for word, a collection gives each page byte by byte: one with a cell for two levels, and a number in the safety text only, too."""
    edit(copy.data / "safety.csv", "sore or infected.", "sore or infected [=only-here].")
    with (copy.data / "facts.csv").open("a") as file:
        file.write("only-here,for about {high} days,2,2,,,days,days,people,by us,clinic,Ours.\n")
    record(copy.data, now(copy).safety, now(copy).safety_record, "", date(2026, 11, 27))
    for topic in copy.topics:
        path = copy.notebook(topic)
        nb = notebook.read(path)
        first = next(cell for cell in nb.cells if "level:plain" in notebook.tags(cell))
        first.metadata.tags = [*notebook.tags(first), "level:original"]
        path.write_text(nbformat.writes(nb))
    copy = now(copy)
    with_language(copy, "en", "level:plain", str)
    translated, _ = in_language(now(copy), "en")
    variants = list_variants(translated)
    pages = {variant: made.page.html for variant, made in make_pages(translated, variants) if made.page}
    assert pages == {variant: make_page(copy, variant).html for variant in variants}
    assert len(pages) == 6


def test_a_changed_sentence_withholds_exactly_its_pages(copy: Collection, tmp_path: Path) -> None:
    """English words changed: the pages in the other language that have them go, and come back when somebody looked; others keep their bytes."""
    with_language(copy, PSEUDO, "level:plain", pseudo)
    out = tmp_path / "out"
    build_pages(in_language(now(copy), PSEUDO)[0], out)
    before = {page: page.read_bytes() for page in out.rglob("*_*.html")}
    words = next(
        one for one in list_words(Source(copy, ["level:plain"]), PSEUDO) if one.name.startswith("plain-for-athlete/")
    )
    beginning = words.text.splitlines()[0][:20]
    edit(copy.notebook(words.file), beginning, f"{beginning} and more")
    result = build_pages(in_language(now(copy), PSEUDO)[0], out)
    assert len(result.failed) == 1
    assert words.name in result.failed[0]
    after = {page: page.read_bytes() for page in out.rglob("*_*.html")}
    gone = out / words.file / "athlete_plain_normal.html"
    assert after == {page: content for page, content in before.items() if page != gone}
    assert gone in before
    renew_translations(Source(now(copy), ["level:plain"]), PSEUDO)
    entry = next(one for one in polib.pofile(str(po(copy, words.file))) if one.fuzzy)
    assert (entry.previous_msgid, entry.msgstr) == (words.text, pseudo(words.text))
    assert build_pages(in_language(now(copy), PSEUDO)[0], out).failed
    change(po(copy, words.file), lambda entry: (entry.flags.clear(), setattr(entry, "msgstr", pseudo(entry.msgid))))
    assert build_pages(in_language(now(copy), PSEUDO)[0], out).failed == []
    assert gone.is_file()


def test_what_is_not_translated_breaks_no_table(copy: Collection, tmp_path: Path) -> None:
    """A language in which one block of all is translated can be read, and every page says what it lacks; none is written, and none of another stops."""
    with_language(copy, PSEUDO, "level:plain", str)
    for file in ("shared", *copy.topics):
        change(po(copy, file), lambda entry: setattr(entry, "msgstr", ""))
    first = next(one for one in list_words(Source(copy, ["level:plain"]), PSEUDO) if one.file == SESSION)
    change(po(copy, SESSION), lambda entry: setattr(entry, "msgstr", pseudo(first.text)), first.text)
    translated, translations = in_language(now(copy), PSEUDO)
    assert len(translations.texts) >= 1
    for name in (
        "facts",
        "captions",
        "glossary",
        "pictures",
        "options",
        "safety",
        "phrases",
        "clinic",
        "parts",
        "parameters",
        "topics",
        "fields",
    ):
        assert getattr(translated, name) is not None, name
    result = build_pages(translated, tmp_path / "out")
    assert len(result.failed) == 6 + 1  # the index too
    assert all("no translation that counts" in failure for failure in result.failed)
    assert not list((tmp_path / "out").rglob("*_*.html"))


def test_the_safety_text_is_translated_whole_or_not_at_all(copy: Collection) -> None:
    """One line of the safety text without a translation, and no page with safety text is made."""
    with_language(copy, PSEUDO, "level:plain", pseudo)
    line = next(one for one in list_words(Source(copy, ["level:plain"]), PSEUDO) if one.name.startswith("safety.csv/"))
    change(po(copy, "shared"), lambda entry: setattr(entry, "msgstr", ""), line.text)
    translated, translations = in_language(now(copy), PSEUDO)
    assert sum(name.startswith("safety") for _, name, _ in translations.missing) > 5
    with_safety = {name for name, topic in copy.topics.items() if topic.safety}
    made = {variant.topic for variant, made in make_pages(translated, list_variants(translated)) if made.page}
    assert made & with_safety == set()


def test_a_translation_of_safety_text_that_nobody_recorded_is_not_ready(copy: Collection, tmp_path: Path) -> None:
    """A safety line changed in English and translated anew: its pages in the other language are not ready either, until the change is on record."""
    with_language(copy, PSEUDO, "level:plain", pseudo)
    edit(copy.data / "safety.csv", "You are short of breath.", "You are out of breath.")
    with_language(copy, PSEUDO, "level:plain", pseudo)
    asked = {"audience": "athlete"}
    result = build_pages(in_language(now(copy), PSEUDO)[0], tmp_path / "out", [SESSION], asked)
    assert (result.failed, len(result.unready)) == ([], 1)
    assert "its safety text is not as recorded" in result.unready[0]
    record(copy.data, now(copy).safety, now(copy).safety_record, "", date(2026, 11, 27))
    assert build_pages(in_language(now(copy), PSEUDO)[0], tmp_path / "out", [SESSION], asked).unready == []


def seeded_losses() -> list[tuple[str, str]]:
    """Return 200 texts of the Spanish pages, each with what a translation may not lose or add."""
    chance = random.Random(16)
    marks = re.compile(
        r"\[@[^\]]*\] ?|\[=[^\]]*\]|\[\?[^\]]*\]|\{\{.*?\}\}|\{\w+\}|\*\*|\d+(?:[.,]\d+)*|(?m:^- |^\d+\. |^#+ )"
    )
    found = {}
    for file in sorted((ROOT / "po/es-US").glob("*.po")):
        for entry in polib.pofile(str(file)):
            places = [] if entry.obsolete else list(marks.finditer(entry.msgstr))
            if places:
                place = chance.choice(places)
                other = chance.choice([one for one in ("", "[@brady2014] ", "7 ") if one != place[0]])
                found[entry.msgid] = entry.msgstr[: place.start()] + other + entry.msgstr[place.end() :]
    return chance.sample(sorted(found.items()), 200)


def test_no_citation_no_number_and_no_field_is_lost_in_a_translation(shipped: Collection, tmp_path: Path) -> None:
    """Two hundred translations that lost or changed a citation, fact, field, taught word, number, bullet or bold: none of them counts."""
    for part in ("data", "notebooks", "po"):
        shutil.copytree(ROOT / part, tmp_path / part)
    worse = dict(seeded_losses())
    assert len(worse) == 200
    for file in (tmp_path / "po/es-US").glob("*.po"):
        change(file, lambda entry: setattr(entry, "msgstr", worse.get(entry.msgid, entry.msgstr)))
    missing = {
        text for _, _, text in read_translations(Source(open_collection(tmp_path), ["level:plain"]), "es-US").missing
    }
    assert set(worse) - missing == set()


def test_english_is_never_taken_for_a_translation(shipped: Collection, tmp_path: Path) -> None:
    """Of fifty Spanish blocks that somebody pasted back in English, whole or with one Spanish word, none counts."""
    for part in ("data", "notebooks", "po"):
        shutil.copytree(ROOT / part, tmp_path / part)
    chance = random.Random(92)
    plain = re.compile(r"\[[@=?][^\]]*\]|\{.*?\}")
    every = list_words(Source(shipped, ["level:plain"]), "es-US")
    words = [one for one in every if len(re.findall(r"[^\W\d_]{2,}", plain.sub("", one.text))) > 4]
    pasted = {one.text: one.text + chance.choice(["", " también"]) for one in chance.sample(words, 50)}
    for file in (tmp_path / "po/es-US").glob("*.po"):
        change(file, lambda entry: setattr(entry, "msgstr", pasted.get(entry.msgid, entry.msgstr)))
    missing = {
        text for _, _, text in read_translations(Source(open_collection(tmp_path), ["level:plain"]), "es-US").missing
    }
    assert set(pasted) - missing == set()


def test_what_translators_wrote_is_never_lost(copy: Collection) -> None:
    """A paragraph moved keeps its translation, one removed keeps it at the end of the file, and a second renewal changes nothing."""
    with_language(copy, PSEUDO, "level:plain", pseudo)
    first = po(copy, SESSION).read_bytes()
    renew_translations(Source(now(copy), ["level:plain"]), PSEUDO)
    assert po(copy, SESSION).read_bytes() == first
    words = [
        one
        for one in list_words(Source(copy, ["level:plain"]), PSEUDO)
        if one.file == SESSION and one.name.endswith("/2")
    ]
    stored = copy.notebook(SESSION).read_text()
    copy.notebook(SESSION).write_text(stored.replace(f'"id": "{words[0].name[:-2]}"', '"id": "moved"', 1))
    done = renew_translations(Source(now(copy), ["level:plain"]), PSEUDO)
    assert (done.changed, done.new) == (0, 0)
    (copy.data / "glossary.csv").write_text((copy.data / "glossary.csv").read_text().partition("\n")[0] + "\n")
    kept = {entry.msgstr for entry in polib.pofile(str(po(copy, "shared"))) if "glossary" in entry.msgctxt}
    renew_translations(Source(now(copy), ["level:plain"]), PSEUDO)
    after = polib.pofile(str(po(copy, "shared")))
    assert kept
    assert kept <= {entry.msgstr for entry in after.obsolete_entries()}
    assert in_language(now(copy), PSEUDO)[0].glossary == {}


def test_a_review_of_a_translation_counts_for_it_only(copy: Collection) -> None:
    """Who signs a translated page signs its words: the page says so, in its language; the English page has no review by that."""
    with_language(copy, PSEUDO, "level:plain", pseudo)
    translated, _ = in_language(now(copy), PSEUDO)
    asked = list_variants(translated, [SESSION], {"audience": "athlete"})
    draft = make_page(translated, asked[0])
    assert pseudo("No qualified translator has checked") in draft.html
    compared = compare_reviews(translated, asked)
    sign(
        translated,
        compared,
        code_of(compared),
        by="A. Translator",
        role="CT",
        on=date(2026, 11, 27),
        due=date(2027, 11, 27),
    )
    translated, _ = in_language(now(copy), PSEUDO)
    page = make_page(translated, asked[0])
    assert page.reviewed_by == "A. Translator, CT"
    assert pseudo("No qualified translator has checked") not in page.html
    assert read_lines(page.html) == read_lines(draft.html)
    assert now(copy).reviews == ()
    assert make_page(now(copy), asked[0]).reviewed_by == ""


def test_a_language_is_built_and_linked_by_one_command(copy: Collection, run: Run) -> None:
    """`handouts build` makes all languages; each index leads to the others, and each page tells its language."""
    with_language(copy, PSEUDO, "level:plain", pseudo)
    done = run("handouts", "build", SESSION, "--audience", "general", "--level", "plain", check=True)
    assert "Pseudo (qps): " in done.stdout
    page = (copy.exports / PSEUDO / SESSION / "general_plain_normal.html").read_text()
    assert '<html lang="qps">' in page
    assert '<a href="qps/index.html" hreflang="qps" lang="qps">Pseudo</a>' in (copy.exports / "index.html").read_text()
    assert 'hreflang="en" lang="en">English</a>' in (copy.exports / PSEUDO / "index.html").read_text()
    again = run("handouts", "translate", "--check", check=True)
    assert "0 words are not translated" in again.stdout


def test_a_language_that_is_not_declared_is_told(copy: Collection) -> None:
    """A language without a row is named, with those that there are."""
    with pytest.raises(DataError, match=r"unknown language 'fr'.*languages\.csv"):
        in_language(copy, "fr")
