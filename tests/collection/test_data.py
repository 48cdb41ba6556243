"""Tables are checked when they are read."""

import re

import pytest

from conftest import edit, now
from handouts.collection.edit_tables import add_rows, change_rows, read_rows
from handouts.collection.folder import Collection, find
from handouts.collection.sentences import split
from handouts.errors import DataError


def test_every_table_of_the_collection_can_be_read(collection: Collection) -> None:
    """The tables that ship are right by the rules they are read with."""
    assert list(collection.topics) == [
        "your-dry-needling-session", "which-treatment-is-right",
    ]  # fmt: skip
    assert collection.clinic.name == "Example Clinic"
    assert collection.captions
    assert list(collection.options) == ["dry-needling", "acupuncture"]


def test_no_topic_claims_a_review_that_nobody_made(collection: Collection) -> None:
    """No topic has a reviewer until a clinician has reviewed it."""
    assert collection.reviews == ()


def test_a_missing_file_is_named(copy: Collection) -> None:
    """A missing table is told by its name, with what to do."""
    (copy.data / "clinic.csv").unlink()
    with pytest.raises(DataError, match=r"data/clinic\.csv: the file is missing\. Its columns are field,value"):
        copy.clinic


def test_a_wrong_value_is_told_with_file_row_column_value_and_what_is_allowed(copy: Collection) -> None:
    """A value that is not allowed is told with file, row, column, value and the values allowed."""
    edit(copy.data / "parameters.csv", "levels.csv,yes", "levels.csv,maybe")
    with pytest.raises(
        DataError, match=r"data/parameters\.csv row 3, column facet: 'maybe' is not allowed: write yes or no\."
    ):
        copy.parameters


def test_a_date_must_be_one(copy: Collection) -> None:
    """A date that does not exist is refused, with the way to write one."""
    edit(
        copy.data / "topics.csv",
        'your own goals.",first_name clinician,,needles,,2026-11-25',
        'your own goals.",first_name clinician,,needles,,2026-02-30',
    )
    with pytest.raises(DataError, match=r"row 3, column written_on: '2026-02-30' is not allowed: write dates as"):
        copy.topics


def test_half_a_review_is_refused(copy: Collection) -> None:
    """A review without a reviewer, a role, a day or a later day of the next one is none."""
    whole = ["a-topic", "general plain", "A. Reviewer", "PT", "2026-01-01", "2027-01-01", "0123456789abcdef"]
    for column, value, told in (
        (2, "", "column by: '' is not allowed"), (3, "", "column role: '' is not allowed"), (4, "", "column on: '' is not allowed"),
        (5, "2026-01-01", "which is no later day"),
    ):  # fmt: skip
        row = [*whole[:column], value, *whole[column + 1 :]]
        (copy.data / "reviews.csv").write_text(f"topic,reader,by,role,on,due,digest\n{','.join(row)}\n")
        with pytest.raises(DataError, match=told):
            now(copy).reviews


def test_a_wrong_column_is_told_with_the_columns_wanted(copy: Collection) -> None:
    """A column that is not known is told with the columns wanted."""
    edit(copy.data / "topics.csv", "written_on", "written")
    with pytest.raises(DataError, match=r"data/topics\.csv row 1: columns are .*written\. Wanted: .*written_on"):
        copy.topics


AS_EXCEL_WRITES = {
    "semicolons": lambda text: text.replace(",", ";").encode(),
    "tabs in UTF-16": lambda text: text.replace(",", "\t").encode("utf-16"),
    "the mark of UTF-8 and its line ends": lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"),
    "a line for Excel": lambda text: ("sep=;\r\n" + text.replace(",", ";").replace("\n", "\r\n")).encode(),
    "empty columns at the right": lambda text: "".join(f"{line},,\n" for line in text.splitlines()).encode(),
    "empty rows below": lambda text: (text + ",,,\n,,,\n").encode(),
}
"""A table without commas in its cells, as a spreadsheet saves it."""


@pytest.mark.parametrize("how", AS_EXCEL_WRITES)
def test_a_table_is_read_and_changed_as_a_spreadsheet_writes_it(copy: Collection, how: str) -> None:
    """What Excel saves is read as it was, and a row is added, changed and taken out in its way: the other rows keep their bytes."""
    path = copy.data / "fields.csv"
    before = now(copy).fields
    stored = AS_EXCEL_WRITES[how](path.read_text())
    path.write_bytes(stored)
    assert now(copy).fields == before
    add_rows(path, [{"field": "nurse", "label": "Your nurse", "kind": "text", "longest": "60"}])
    assert list(now(copy).fields) == [*before, "nurse"]
    change_rows(path, lambda row: {**row, "label": "The nurse"} if row["field"] == "nurse" else row)
    assert now(copy).fields["nurse"].label == "The nurse"
    assert path.read_bytes().startswith(stored.rstrip(b"\r\n\0"))
    change_rows(path, lambda row: None if row["field"] == "nurse" else row)
    assert now(copy).fields == before


def test_rows_are_changed_however_wide_a_hand_wrote_them(copy: Collection) -> None:
    """Spaces in the header, cells left out at the end and commas too many change no row wrongly, and a header's semicolons separate nothing."""
    path = copy.data / "mine.csv"
    path.write_text("topic, by,\nold,B\nold ,C,,\nother,D\n")
    change_rows(path, lambda row: {**row, "topic": "new"} if row["topic"] == "old" else row)
    add_rows(path, [{"topic": "last", "by": "E"}])
    assert [(row["topic"], row["by"]) for row in read_rows(path)[1]] == [
        ("new", "B"),
        ("new", "C"),
        ("other", "D"),
        ("last", "E"),
    ]
    path.write_text("Pain; swelling; heat,fact\none; two,three\n")
    assert now(copy).tables.shown("mine") == [{"Pain; swelling; heat": "one; two", "fact": "three"}]
    path.write_text("Do; not do\nRest\n")
    assert now(copy).tables.shown("mine") == [{"Do; not do": "Rest"}]


def test_what_a_spreadsheet_made_of_values_is_told(copy: Collection) -> None:
    """A date, or a number, that a spreadsheet wrote in its own way is refused with how to write it, and never read as another."""
    for table, right, wrong, told in (
        ("topics.csv", "2026-11-25", "11/25/2026", "where Excel changes that, give the column the format Text"),
        (
            "facts.csv",
            ",190,370,",
            ",190.0,370,",
            "'190.0' is not allowed: use a whole number, without commas or decimals",
        ),
    ):
        path = copy.data / table
        stored = path.read_text()
        edit(path, right, wrong)
        with pytest.raises(DataError, match=re.escape(told)):
            now(copy).check()
        path.write_text(stored)


def test_a_row_that_comes_twice_is_refused(copy: Collection) -> None:
    """A row that comes twice is told with both row numbers."""
    path = copy.data / "clinic.csv"
    path.write_text(path.read_text() + "phone,555-0199\n")
    with pytest.raises(DataError, match=r"row 12: phone stands in row 3 already"):
        copy.clinic


def test_a_row_with_too_many_cells_is_refused(copy: Collection) -> None:
    """A comma without quotes makes a cell too many, and is told."""
    edit(copy.data / "clinic.csv", '"1 Example Street, Exampletown"', "1 Example Street, Exampletown")
    with pytest.raises(DataError, match=r"row 4: 3 cells where the header has 2"):
        copy.clinic


def test_what_excel_writes_is_read(copy: Collection) -> None:
    """A byte order mark, Windows line ends and empty rows at the end are no fault."""
    path = copy.data / "clinic.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b",\r\n")
    assert copy.clinic.phone == "555-0100"


def test_a_file_that_is_no_text_is_refused(copy: Collection) -> None:
    """A table in another encoding is refused instead of shown with wrong letters."""
    (copy.data / "clinic.csv").write_bytes("field,value\nname,Praxis M\u00fcller\n".encode("latin-1"))
    with pytest.raises(DataError, match="In Excel, save it as CSV UTF-8"):
        copy.clinic


def test_an_empty_table_is_refused(copy: Collection) -> None:
    """A table that every page needs is refused without rows; one that a collection may do without may be empty, or missing."""
    (copy.data / "clinic.csv").write_text("field,value\n")
    with pytest.raises(DataError, match=r"data/clinic\.csv: has no rows"):
        copy.clinic
    (copy.data / "captions.csv").write_text("name,title,caption,alt,drawn_as,source\n")
    assert now(copy).captions == {}
    (copy.data / "captions.csv").unlink()
    assert now(copy).captions == {}


def test_a_line_left_out_must_be_in_the_article(copy: Collection) -> None:
    """A line that is said to be left out, but is not in the article, is a mistake."""
    edit(copy.data / "article-left-out.csv", "Contact Us Today", "Contact us today")
    with pytest.raises(DataError, match=r"article-left-out\.csv row 2, column line: 'Contact us today' is 0 lines"):
        copy.article


def test_the_articles_sections_and_sentences(collection: Collection) -> None:
    """The article has its sections; quotes end sentences and bullets are sentences."""
    article = collection.article
    assert [len(section.sentences) for section in article] == [9, 9]
    assert split("Not simply to “release tight muscles.” It helps.")[0] == "Not simply to “release tight muscles.”"
    assert "Load-related pain" in article[1].sentences
    assert split("") == []


def test_the_rules_of_a_table_allow_more_columns_only_where_asked(copy: Collection) -> None:
    """A column that no rule knows is refused, unless the table is open for more."""
    (copy.data / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="columns are a, b"):
        copy.tables.read("t.csv", {"a": lambda value: None})
    assert copy.tables.read("t.csv", {"a": lambda value: None}, more=True) == [{"a": "1", "b": "2"}]


def test_the_nearest_collection_is_found(copy: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    """The collection around the working directory is meant, or the one that HANDOUTS_COLLECTION names."""
    monkeypatch.chdir(copy.notebooks)
    assert find().root == copy.root
    monkeypatch.setenv("HANDOUTS_COLLECTION", str(copy.root / "nowhere"))
    with pytest.raises(DataError, match="no collection here"):
        find()


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ("555-0100", "see website", "phone"), ("https://clinic.example", "javascript:alert(1)//", "web_page"),
        ("https://clinic.example", "www.clinic.example", "web_page"), ("language,en", "language,English please", "language"),
        ("Example Clinic", "", "name"),
    ],
)  # fmt: skip
def test_a_clinics_details_must_work(copy: Collection, before: str, after: str, field: str) -> None:
    """A phone can be called, an address opened, a language is one: patients will try."""
    edit(copy.data / "clinic.csv", before, after)
    with pytest.raises(DataError, match=f"clinic.csv, field {field}: .* is not allowed"):
        copy.clinic
