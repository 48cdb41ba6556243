"""fields.py: a person's details in a finished page."""

import pytest

from conftest import ENGLISH, a_notebook, text_cell
from handouts.collection.clinic import Field
from handouts.collection.folder import Collection
from handouts.errors import HandoutsError, PageError
from handouts.page.exporter import HandoutExporter
from handouts.page.fields import Form, fields_of, opened, read_value
from handouts.page.markup import markdown

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
NAME = Field("first_name", "First name", "text", 40)
HOSTILE = [
    "<script>alert(1)</script>", "<b>Bobby</b>", "{{ clinician }}", "{% raw %}{{ 7 * 7 }}", "${7*7}", "O'Neil & \"Sons\"",
    "\u202egnp.exe", "\u200fשרה", "Zoë 🙂👩‍👩‍👧", "&lt;&amp;", "</bdi></li><h1>", "\\g<0>", "%s %(x)s {0} {x!r}", "\ue000first_name\ue001",
]  # fmt: skip


def shown(source: str, **fields: Field) -> str:
    """Return the HTML of a text cell of a topic with `fields`."""
    cell = text_cell(source)
    cell.id = "cell"
    cell.attachments = {"a.png": {"image/png": PIXEL}}
    return markdown(cell, fields, {}, ENGLISH)


def test_a_field_is_a_line_to_write_on_until_it_is_filled() -> None:
    """`{{ first_name }}` in Markdown becomes a line with a label that is read out, and then the name."""
    html = shown("Name: {{ first_name }}, and **{{first_name}}** again", first_name=NAME)
    assert html.count('aria-label="First name: a line to write on"') == 2
    assert fields_of(html) == {"first_name"}
    filled = Form(html).fill({"first_name": "Maya"}).decode()
    assert filled.count('<bdi class="filled">Maya</bdi>') == 2
    assert "data-field" not in filled
    assert Form(html).fill({}).decode() == Form(html).fill({"first_name": ""}).decode() == html


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_text_and_nothing_else(value: str) -> None:
    """Markup, scripts, template syntax, marks that turn the text, and emoji are shown as they were typed."""
    from html.parser import HTMLParser

    html = Form(shown("Name: {{ first_name }}.", first_name=NAME)).fill({"first_name": value}).decode()
    elements, words = [], []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: elements.append(tag)  # type: ignore[method-assign]
    parser.handle_data = words.append  # type: ignore[method-assign]
    parser.feed(html)
    assert elements == ["p", "bdi"]
    assert "".join(words).strip() == f"Name: {value}."


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{{ frist_name }}", "is no field of this topic.*Did you mean 'first_name'"),
        ("`{{ first_name }}`", "where nothing can be filled in"),
        ("[call](tel:{{first_name}})", "where nothing can be filled in"),
        ("![{{ first_name }}](attachment:a.png)", "where nothing can be filled in"),
        ("{{ first_name.upper() }}", "where nothing can be filled in"),
        ("{{ first_name", "where nothing can be filled in"),
        ("\ue000first_name\ue001", r"the character U\+E000"),
    ],
)
def test_what_cannot_be_filled_in_is_refused(source: str, told: str) -> None:
    """A field that is unknown, in a link or in code, or more than a name, never reaches a page."""
    with pytest.raises(PageError, match=told):
        shown(source, first_name=NAME)


def test_markup_cannot_forge_a_field() -> None:
    """HTML in a text cell that looks like an open field is refused."""
    forged = '<span class="field" data-field="first_name" role="img" aria-label="x"></span>'
    with pytest.raises(PageError, match="<span> has class"):
        shown(f"a {forged} b", first_name=NAME)
    assert opened("plain", {}, ENGLISH) == "plain"


def test_a_page_shows_every_field_that_its_topic_declares(copy: Collection) -> None:
    """A page that would lose what a roster holds for it is not made, and the title has no field."""
    nb = a_notebook(text_cell("# T\n\nName: {{ first_name }}"))
    with pytest.raises(HandoutsError, match=r"no text shows \{\{ clinician \}\}, which data/topics.csv declares"):
        HandoutExporter().from_notebook_node(nb, {"metadata": {"name": "which-treatment-is-right"}, "collection": copy})
    nb = a_notebook(text_cell("# T {{ first_name }}\n\nName: {{ clinician }}"))
    with pytest.raises(HandoutsError, match="the title has a field"):
        HandoutExporter().from_notebook_node(nb, {"metadata": {"name": "which-treatment-is-right"}, "collection": copy})


@pytest.mark.parametrize(
    ("name", "text", "printed"),
    [
        ("first_name", "Maya", "Maya"),
        ("appointment_date", "2026-12-01", "Tuesday, December 1, 2026"),
        ("appointment_time", "14:30", "2:30\u202fPM"),
        ("appointment_time", "", ""),
        ("appointment_time", "9:30", "9:30\u202fAM"),
        ("appointment_time", "0:30", "12:30\u202fAM"),
        ("appointment_time", "09:30:00", "9:30\u202fAM"),
        ("appointment_time", "9:30 AM", "9:30\u202fAM"),
        ("appointment_time", "2:30pm", "2:30\u202fPM"),
        ("appointment_time", "12:05 a.m.", "12:05\u202fAM"),
        ("appointment_time", "12:05 P.M.", "12:05\u202fPM"),
        ("appointment_date", "2026-3-4", "Wednesday, March 4, 2026"),
    ],
)
def test_values_are_printed_as_people_read_them(collection: Collection, name: str, text: str, printed: str) -> None:
    """Dates and times are printed in words of the page's language."""
    assert read_value(collection.fields[name], text, "en") == (printed, None)


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("first_name", "x" * 41, "has 41 characters and may have 40"),
        ("first_name", "x" * 10_000, "has 10000 characters and may have 40"),
        ("appointment_date", "2026-02-30", "is no date of the calendar"),
        ("appointment_date", "12/01/2026", "is no date"),
        ("appointment_date", "3/4/2026", "or not a clear one"),
        ("appointment_date", "04.03.2026", "or not a clear one"),
        ("appointment_date", "26-3-4", "or not a clear one"),
        ("appointment_date", "46085", "is no date"),
        ("appointment_date", "20261201", "is no date"),
        ("appointment_date", "20226-01-01", "is no date"),
        ("appointment_date", "1900-01-00", "has a year outside 1905 to 2099"),
        ("appointment_date", "1904-01-01", "has a year outside"),
        ("appointment_date", "0226-12-01", "has a year outside"),
        ("appointment_date", "2206-12-01", "has a year outside"),
        ("appointment_time", "25:00", "is no time"),
        ("appointment_time", "24:00", "is no time"),
        ("appointment_time", "9:60", "is no time"),
        ("appointment_time", "14:30 PM", "is no time"),
        ("appointment_time", "0:30 AM", "is no time"),
        ("appointment_time", "09:30:15", "is no time"),
        ("appointment_time", "930", "is no time"),
        ("appointment_time", "2:30", "in the morning or in the afternoon"),
        ("appointment_time", "٠٩:٣٠", "is no time"),
    ],
)
def test_a_value_that_is_wrong_is_told_and_not_quoted(collection: Collection, name: str, text: str, wrong: str) -> None:
    """What is wrong with a value is said without the value."""
    printed, told = read_value(collection.fields[name], text, "en")
    assert printed == ""
    assert wrong in str(told)
    assert text not in str(told)
