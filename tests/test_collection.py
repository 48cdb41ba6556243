"""The collection itself: no sentence of the article is lost, and none comes from nowhere."""

import ast
import re
from collections import Counter

import nbformat
import pytest

from conftest import Blocks
from handouts.collection import notebook
from handouts.collection.csvfile import text
from handouts.collection.folder import Collection
from handouts.collection.sentences import split
from handouts.page.markdown import parse_markdown as markdown_blocks
from handouts.page.tailor import part_of, plain_text

TOPICS = ("dry-needling-or-acupuncture", "your-dry-needling-session", "which-treatment-is-right")
AUDIENCES = ("general", "athlete", "chronic-pain", "older-adult")


def page_of(pages: dict[str, str], topic: str, audience: str) -> str:
    """Return the page of a topic for an audience at level `original`."""
    return next(html for path, html in pages.items() if path.startswith(f"{topic}/{audience}_original_"))


def sentences_of(html: str) -> list[str]:
    """Return the headings and sentences of a page's header and text, in order."""
    text = html[html.index("<h1>") : html.index('<section class="safety"')]
    body = re.sub(r'<sup class="cite">.*?</sup>', "", text)
    return [sentence for _, block in Blocks(body).blocks for sentence in split(block)]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_general_page_holds_its_sections_word_for_word_and_in_order(
    topic: str, pages: dict[str, str], collection: Collection
) -> None:
    """Everybody's page has every heading, sentence and bullet of its sections, in the article's order."""
    wanted = [
        line
        for section in collection.article
        if section.topic == topic
        for line in [section.heading, *section.sentences]
    ]
    rest = iter(sentences_of(page_of(pages, topic, "general")))
    missing = [line for line in wanted if line not in rest]
    assert missing == []


@pytest.mark.parametrize("audience", AUDIENCES[1:])
@pytest.mark.parametrize("topic", TOPICS)
def test_an_audiences_page_loses_only_what_is_said_to_other_audiences(
    topic: str, audience: str, pages: dict[str, str], collection: Collection
) -> None:
    """Each audience has every sentence of its sections but the ones that begin by naming another audience."""
    others = {
        "For an athlete,": "athlete",
        "For someone with chronic pain,": "chronic-pain",
        "For an older adult,": "older-adult",
    }
    there = set(sentences_of(page_of(pages, topic, audience)))
    for section in collection.article:
        if section.topic == topic:
            for line in [section.heading, *section.sentences]:
                of = next((who for start, who in others.items() if line.startswith(start)), audience)
                assert (line in there) == (of == audience), line


def test_no_sentence_of_the_article_is_lost(pages: dict[str, str], collection: Collection) -> None:
    """Every sentence of the article, but the lines left out with a reason, is in a page for every reader it speaks to."""
    everything = {sentence for html in pages.values() for sentence in sentences_of(html)}
    for section in collection.article:
        assert section.heading in everything
        assert set(section.sentences) <= everything
    raw = [
        line.strip().removeprefix("•").strip()
        for line in (collection.data / "article.txt").read_text().splitlines()
        if line.strip()
    ]
    left_out = {row["line"] for row in collection.tables.read("article-left-out.csv", {"line": text, "why": text})}
    lost = [line for line in raw if line not in everything and not set(split(line)) <= everything]
    assert set(lost) == left_out


def test_no_sentence_of_a_page_comes_from_nowhere(pages: dict[str, str], collection: Collection) -> None:
    """Each sentence of a page is the article's, or the clinic's own from a table in data/."""
    article = {line for section in collection.article for line in [section.heading, *section.sentences]}
    captions = collection.captions.values()
    own = {f"{row.title}." for row in captions} | {row.title for row in captions}
    own |= {sentence for row in captions for sentence in split(row.text)}
    own |= set(collection.parts.values()) | {"This picture in words", "Compare", "Dry needling", "Acupuncture"}
    for parameter in collection.parameters.values():
        for row in parameter.values.values():
            own |= {row["on_page"], *split(re.sub(r" ?\[@[^]]*\]", "", row["note"]))}
    own |= set(split(collection.clinic.notice))
    own |= {"Name:", "Date:", "Time:", "Clinician:"}  # beside the lines to write on
    own |= {cell for row in collection.tables.shown("comparison") for cell in row.values()}
    own |= {"The clinic's article"}
    for path, html in pages.items():
        if "_original_" not in path:  # `handouts check` looks at the others, see test_checks.py
            continue
        html = re.sub(r'<figure class="code">.*?</figure>', "", html, flags=re.S)  # leads to this page on the web
        body = re.sub(
            r"<details.*?</details>|<caption>.*?</caption>|<figcaption>.*?</figcaption>", "", html, flags=re.S
        )
        assert set(sentences_of(body)) - article - own == set()
        for caption in re.findall(r"<(?:fig)?caption>(.*?)(?:<details|</)(?!strong)", html, flags=re.S):
            words = " ".join(re.sub(r"<[^>]*>", "", caption).split())
            assert any(words.startswith(row.title) and words.endswith(row.text) for row in captions), words


def test_tables_and_diagrams_use_the_articles_words(collection: Collection) -> None:
    """Each text of a table or diagram stands in the article, word for word but for capitals."""
    article = " ".join((collection.data / "article.txt").read_text().split()).lower()
    for name in ("comparison", "diagnostic-approach", "treatment-goals", "training-background", "session-steps"):
        for row in collection.tables.shown(name):
            for column, cell in row.items():
                if column not in ("treatment", "step", "difference", "question") and cell not in ("yes", "no"):
                    assert cell.lower() in article, (name, cell)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_section_is_in_one_topic(topic: str, collection: Collection) -> None:
    """Each heading of the article stands in one notebook, its own, once."""
    headings = Counter(
        plain_text(token) for cell in notebook.read(collection.notebook(topic)).cells
        if cell.cell_type == "markdown" and "level:plain" not in notebook.tags(cell)
        for token in markdown_blocks(cell.source) if token["type"] == "heading"
    )  # fmt: skip
    assert headings == Counter(section.heading for section in collection.article if section.topic == topic)


@pytest.mark.parametrize("topic", TOPICS)
def test_each_audience_has_its_own_lead_and_emphasis(topic: str, pages: dict[str, str]) -> None:
    """No two audiences read the same main point, and each but everybody's has its part or emphasis."""
    leads = [
        re.search(r'<div class="part part-main-message">.*?</div>', page_of(pages, topic, audience), flags=re.S)[0]  # type: ignore[index]
        for audience in AUDIENCES
    ]
    assert len(set(leads)) == 4
    if topic == "your-dry-needling-session":
        parts = {audience: page_of(pages, topic, audience).partition("part-for-you")[2][:400] for audience in AUDIENCES}
        assert "For an athlete, this may mean" in parts["athlete"]
        assert "For an athlete" not in parts["chronic-pain"] + parts["older-adult"]
    else:
        bold = [
            tuple(re.findall(r"<li><strong>(.*?)</strong></li>", page_of(pages, topic, audience)))
            for audience in AUDIENCES
        ]
        assert bold[0] == ()
        assert len(set(bold)) == 4


@pytest.mark.parametrize("topic", TOPICS)
def test_notebooks_keep_their_shape(topic: str, collection: Collection) -> None:
    """Above the parameters stand title and imports; below, code cells are one call; ids say what a cell is."""
    nb = notebook.read(collection.notebook(topic))
    ids = [cell.id for cell in nb.cells]
    at = ids.index("parameters")
    assert [cell.cell_type for cell in nb.cells[:at]] == ["markdown", "code"]
    for cell in nb.cells[at + 1 :]:
        if cell.cell_type == "code":
            body = ast.parse(cell.source).body
            assert len(body) == 1
            assert isinstance(body[0], ast.Expr)
            assert isinstance(body[0].value, ast.Call)
    assert all(re.fullmatch(r"[a-z][a-z-]+", cell_id) for cell_id in ids)
    assert notebook.declared(nb, topic).keys() == collection.parameters.keys()
    assert sum(part_of(cell) == "main-message" for cell in nb.cells) == 2 * len(AUDIENCES)


@pytest.mark.parametrize("topic", TOPICS)
def test_notebooks_are_stored_normalised_with_outputs(topic: str, collection: Collection) -> None:
    """Stored notebooks hold their outputs, for nbval to compare, and nothing of the run that made them."""
    path = collection.notebook(topic)
    nb = notebook.read(path)
    assert notebook.is_stored(notebook.normalised(nb), path)
    shown = [cell for cell in nb.cells if cell.cell_type == "code" and cell.outputs]
    assert [cell.source for cell in shown] == [
        cell.source for cell in nb.cells if cell.source.startswith(("table(", "diagram(", "icons("))
    ]  # fmt: skip
    assert nbformat.reads(path.read_text(), as_version=4) == nb


def test_every_notebook_is_a_topic(collection: Collection) -> None:
    """Notebooks and data/topics.csv name the same topics."""
    assert {path.stem for path in collection.notebooks.glob("*.ipynb")} == set(collection.topics)
