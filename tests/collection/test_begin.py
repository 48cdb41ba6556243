"""A collection is begun, and topics come and go, by commands; nothing that was written is lost."""

import csv
import io
import subprocess
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from conftest import NEEDLES, SMALLEST, copied, now
from handouts.build.run import build_pages
from handouts.checks.findings import ERROR
from handouts.checks.run import check_collection
from handouts.collection import Collection, find, open_collection
from handouts.collection.begin import begin
from handouts.collection.change_topics import duplicate_topic, new_topic, remove_topic, rename_topic, restore_topic
from handouts.collection.layouts import KINDS
from handouts.collection.sentences import split
from handouts.errors import DataError, NotebookError
from handouts.page import list_variants, make_page

TODAY = date(2026, 11, 27)
ARTICLE = """# Sleep and you

Intro line here. It has two sentences.

## Why sleep matters

You need **rest** to heal. It helps you to think.
- Go to bed at the same time.
- Keep the room dark, 20% of *light* [or less].

## What can I do?

Turn off your phone.
"""


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with no collection around it."""
    monkeypatch.delenv("HANDOUTS_COLLECTION")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def errors(collection: Collection) -> list[str]:
    return [str(one) for one in check_collection(now(collection), TODAY) if one.severity == ERROR]


def test_three_commands_make_a_first_page(nowhere: Path, run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """From an empty folder to a page of one's own: init, new, build; no table is edited, and the check finds no error."""
    assert run("handouts", "init", "mine").returncode == 0
    folder = nowhere / "mine"
    made = run("handouts", "new", "starting-a-drug", "--kind", "medicine", cwd=folder)
    assert made.returncode == 0, made.stderr
    built = run("handouts", "build", "--workers", "1", cwd=folder)
    assert built.returncode == 0, built.stderr
    assert "Starting a drug?" in (folder / "exports/starting-a-drug/general_plain_normal.html").read_text()
    assert errors(Collection(folder)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_page_checks_clean(nowhere: Path, kind: str) -> None:
    """What an author begins with makes a page for every reader, on which the check finds no error."""
    collection, _ = begin(nowhere / "mine", None, TODAY)
    remove_topic(collection, "your-questions")
    new_topic(now(collection), "my-topic", "How does it work?", TODAY, kind=kind)
    assert errors(collection) == []
    assert "My name" not in make_page(now(collection), list_variants(now(collection))[0]).html


def test_without_a_collection_a_line_says_how_to_begin_one(
    nowhere: Path, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """In a folder without a collection no command falls back to another; it says how to begin one, and writes nothing."""
    for command in (["build"], ["new", "x"], ["check"]):
        done = run("handouts", *command)
        assert (done.returncode, "handouts init FOLDER" in done.stderr, done.stdout) == (1, True, "")
    assert list(nowhere.iterdir()) == []
    with pytest.raises(DataError, match="no collection here"):
        find()


def test_a_folder_that_is_not_empty_is_left_alone(nowhere: Path) -> None:
    """A collection is begun in a new folder, or an empty one; what lies in another is not touched."""
    (nowhere / "mine").mkdir()
    (nowhere / "mine/letter.txt").write_text("mine")
    with pytest.raises(DataError, match="is not empty"):
        begin(nowhere / "mine", None, TODAY)
    assert [one.name for one in (nowhere / "mine").iterdir()] == ["letter.txt"]
    begin(nowhere / "other", None, TODAY)
    with pytest.raises(DataError, match="is a collection already"):
        begin(nowhere / "other", None, TODAY)


def as_docx(path: Path, *paragraphs: tuple[str, str]) -> None:
    """Write a Word document of paragraphs, each a style and its words."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'
        for style, text in paragraphs
    )
    types = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    rels = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{level}"><w:name w:val="heading {level}"/></w:style>'
        for level in (1, 2)
    )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("[Content_Types].xml", types)
        file.writestr("_rels/.rels", rels)
        file.writestr("word/document.xml", f'<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>')
        file.writestr("word/styles.xml", f'<w:styles xmlns:w="{word}">{styles}</w:styles>')
        file.writestr(
            "word/_rels/document.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>',
        )


@pytest.mark.parametrize("kind", ["md", "txt", "docx"])
def test_an_article_becomes_topics_and_keeps_every_sentence(nowhere: Path, kind: str) -> None:
    """Each section of an article is a topic with every sentence of it, and the check finds nothing lost; of Word's files, too."""
    path = nowhere / f"article.{kind}"
    if kind == "docx":
        as_docx(
            path, ("Heading1", "Sleep and you"), ("Normal", "Intro line here. It has two sentences."),
            ("Heading2", "Why sleep matters"), ("Normal", "You need rest to heal."), ("Heading2", "What can I do?"),
            ("Normal", "Turn off your phone."),
        )  # fmt: skip
    else:
        path.write_text(
            ARTICLE if kind == "md" else ARTICLE.replace("#", "").replace("**", "").replace("*light*", "light")
        )
    collection, told = begin(nowhere / "mine", path, TODAY)
    assert told == []
    assert list(collection.topics) == ["sleep-and-you", "why-sleep-matters", "what-can-i-do"]
    sentences = [sentence for section in collection.article for sentence in section.sentences]
    assert {"It has two sentences.", "You need rest to heal.", "Turn off your phone."} <= set(sentences)
    assert len(sentences) == sum(len(split(line)) for line in sentences)
    assert errors(collection) == []


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.pdf", b"%PDF", "ends in .txt, .md or .docx"),
        ("a.docx", b"no zip", "is no Word document"),
        ("a.txt", b"\xff\xfe\x00", "is no text in UTF-8"),
        ("a.md", b"# Only a title\n", "has no text below a heading"),
        ("a.md", b"# One\nText.\n## One\nText too.\n", "cannot name one topic"),
        ("a.md", b"# 1\nText.\n", "cannot name one topic"),
    ],
)
def test_an_article_that_cannot_be_read_writes_nothing(nowhere: Path, name: str, content: bytes, told: str) -> None:
    """What is no article is told in a line with what to do, and no folder is made."""
    (nowhere / name).write_bytes(content)
    with pytest.raises(DataError, match=told):
        begin(nowhere / "mine", nowhere / name, TODAY)
    assert not (nowhere / "mine").exists()


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_a_topic_is_copied_renamed_removed_and_put_back(copy: Collection) -> None:
    """Every table that names a topic follows; what is put back is as it was, to the byte of its notebook."""
    tables = ("topics.csv", "options.csv", "standards.csv")
    duplicate_topic(now(copy), "which-treatment-is-right", "a-choice", TODAY)
    row = next(row for row in rows_of(copy.data / "topics.csv") if row["topic"] == "a-choice")
    assert (row["written_on"], row["safety"]) == ("2026-11-27", "needles")
    assert [row["option"] for row in rows_of(copy.data / "options.csv") if row["topic"] == "a-choice"] == [
        "dry-needling",
        "acupuncture",
    ]
    rename_topic(now(copy), "a-choice", "my-choice")
    named = {name for row in rows_of(copy.data / "standards.csv") for name in row["applies_to"].split()}
    assert named == {"which-treatment-is-right", "my-choice"}
    before = {table: (copy.data / table).read_bytes() for table in tables}
    notebook = copy.notebook("my-choice").read_bytes()
    remove_topic(now(copy), "my-choice")
    for table in tables:
        assert "my-choice" not in (copy.data / table).read_text()
    assert "my-choice" not in now(copy).topics
    restore_topic(now(copy), "my-choice")
    assert copy.notebook("my-choice").read_bytes() == notebook
    assert {table: sorted((copy.data / table).read_bytes().splitlines()) for table in tables} == {
        table: sorted(content.splitlines()) for table, content in before.items()
    }
    assert now(copy).topics["my-choice"].safety == "needles"


def test_rows_of_other_topics_stay_as_they_were_written(copy: Collection) -> None:
    """A change of one topic's rows leaves the bytes of all others, quotes and line ends too."""
    path = copy.data / "topics.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = path.read_bytes().splitlines(keepends=True)
    rename_topic(now(copy), "your-dry-needling-session", "your-session")
    after = path.read_bytes().splitlines(keepends=True)
    assert [one for one in before if b"your-dry" not in one] == [one for one in after if b"your-session" not in one]
    assert all(line.endswith(b"\r\n") for line in after)


def test_what_cannot_be_done_to_a_topic_changes_nothing(copy: Collection) -> None:
    """An unknown topic, a name that is taken, and a topic that has the article's words are told with what to do."""
    before = {path: path.read_bytes() for path in copy.data.glob("*.csv")}
    for act, told in (
        (lambda: rename_topic(now(copy), "nothing", "x"), "unknown topic 'nothing'"),
        (
            lambda: rename_topic(now(copy), "which-treatment-is-right", "your-dry-needling-session"),
            "there is such a topic already",
        ),
        (lambda: duplicate_topic(now(copy), "which-treatment-is-right", "Not a name", TODAY), "is no name for a topic"),
        (lambda: remove_topic(now(copy), "which-treatment-is-right"), "has sections of the article"),
        (lambda: restore_topic(now(copy), "never-there"), "no topic of this name was removed"),
        (lambda: new_topic(now(copy), "x", "X?", TODAY, safety="nothing"), "name its safety text by --safety"),
    ):
        with pytest.raises(NotebookError, match=told):
            act()
    assert before == {path: path.read_bytes() for path in copy.data.glob("*.csv")}


def test_a_topic_is_begun_in_a_collection_that_has_none(tmp_path: Path) -> None:
    """A table of topics with no row is no obstacle: the first topic needs no other to be begun from."""
    copied(SMALLEST, tmp_path)
    header = (tmp_path / "data/topics.csv").read_text().splitlines()[0]
    (tmp_path / "data/topics.csv").write_text(header + "\n")
    (tmp_path / "notebooks/wash-your-hands.ipynb").unlink()
    with (tmp_path / "data/parts.csv").open("a") as parts:
        parts.writelines(f"{name},{name},For the author.,yes\n" for name in ("checklist", "teach-back", "slip"))
    new_topic(open_collection(tmp_path), "first", "First?", TODAY, why_no_safety="It tells nobody to do anything.")
    result = build_pages(open_collection(tmp_path), tmp_path / "out")
    assert (result.failed, result.made) == ([], 1)


def test_all_that_is_missing_is_told_at_once_with_its_columns(copy: Collection) -> None:
    """Tables that a collection needs and that are not there are told together, each with its columns."""
    for name in ("clinic.csv", "audiences.csv"):
        (copy.data / name).unlink()
    with pytest.raises(DataError) as told:
        now(copy).check()
    assert "data/clinic.csv: the file is missing. Its columns are field,value." in str(told.value)
    assert "data/audiences.csv: the file is missing. Its columns are audience,label," in str(told.value)


def test_the_collections_of_tests_are_what_these_commands_made() -> None:
    """No collection that tests stand on lies inside another, so that none is found by chance."""
    assert find(NEEDLES / "data").root == NEEDLES
