"""The last touches on a page: sources that do not crowd, lists to tick, lines to write on, links at the top."""

import re

import pytest
from bs4 import BeautifulSoup, Tag

from conftest import ENGLISH, ICE, INHALER
from handouts.collection import open_collection
from handouts.page import list_variants, make_page
from handouts.page.finish import finish


def mark(*names: str) -> str:
    """Return a citation of sources, as it stands in the HTML of a cell."""
    links = "".join(f'<a href="#source-{name}" aria-label="x">{at}</a>' for at, name in enumerate(names, start=1))
    return f'<sup class="cite">{links}</sup>'


def page(text: str, *sources: str) -> BeautifulSoup:
    """Return a page of these words, which lists `sources`, finished."""
    listed = "".join(f'<li id="source-{name}" data-short="{name} 2020">{name}</li>\n' for name in sources)
    html = f'<body><nav>{{=jump=}}</nav><main>{text}<section class="sources"><p class="on-paper">{{=on-paper=}}</p><ol>\n{listed}</ol></section></main></body>'
    return BeautifulSoup(finish(html, ENGLISH), "html.parser")


def marks(block: Tag) -> list[tuple[str, bool]]:
    """Return the marks in a block of text: number, and whether it stands on paper."""
    return [(link.get_text(), "key" in link.find_parent("sup")["class"]) for link in block.select("sup.cite a")]


def test_a_paragraph_has_one_mark_at_its_end() -> None:
    """However many sentences cite, a paragraph, bullet or cell ends with one mark, in order and each source once."""
    text = page(f"<p>One.{mark('b')} Two.{mark('a', 'b')} Three.</p><ul><li>Four.{mark('a')} Five</li></ul>", "a", "b")
    assert len(text.select("p sup")) == len(text.select("li sup")) == 1
    assert text.p.get_text().startswith("One. Two. Three.1")
    assert [one for one, _ in marks(text.p)] == ["1", "2"]
    assert marks(text.li) == [("2", False)]


def test_sources_that_numbers_rest_on_come_first_and_stand_on_paper() -> None:
    """A source of a block that tells a number is numbered before the others, and is printed; the list has all, in their order."""
    text = page(f"<p>Words only.{mark('a')}</p><p>48 of 100.{mark('b')}</p>", "a", "b", "c")
    first, second, *_ = text.select("p")
    assert (marks(first), marks(second)) == ([("2", False)], [("1", True)])
    assert [one["id"] for one in text.select("ol li")] == ["source-b", "source-a", "source-c"]
    assert text.select_one(".on-paper").get_text() == "1 b 2020."


def test_the_box_for_help_has_no_marks() -> None:
    """Nothing stands in the way of who needs help; its sources are in the list."""
    text = page(f'<div class="get-help now" id="help-x"><ul><li>Call 911.{mark("a")}</li></ul></div><p>Yes.{mark("b")}</p>', "a", "b")  # fmt: skip
    assert text.select(".get-help sup") == []
    assert marks(text.select("p")[0]) == [("1", False)]
    assert [one["id"] for one in text.select("ol li")] == ["source-b", "source-a"]


def test_lists_to_tick_can_be_ticked_and_say_that_nothing_is_stored() -> None:
    """Each item of a checklist is a box with its words as its label; one that holds more than words stays as it is."""
    text = page(
        '<div class="part part-checklist"><ul><li>One</li><li><a href="https://x.example">Two</a></li></ul></div>'
    )
    assert [label.get_text().strip() for label in text.select("label:has(input[type=checkbox])")] == ["One"]
    assert "Nothing is saved or sent" in text.select_one(".on-screen").get_text()


def test_a_row_of_dots_is_a_line_to_write_on() -> None:
    """Six dots and more become a line as long as they are; three stay an omission."""
    text = page("<p>Our price: ........ and so on...</p>")
    assert len(text.select("span.write")) == 1
    assert text.p.get_text() == "Our price:  and so on..."


@pytest.mark.parametrize("root", [INHALER, ICE])
def test_a_page_begins_with_links_to_help_and_to_its_sections(root: str) -> None:
    """The first link leads to the box for help, the others to sections, and every one of them to a place on the page."""
    collection = open_collection(root)
    for variant in list_variants(collection)[:2]:
        text = BeautifulSoup(make_page(collection, variant).html, "html.parser")
        help_at, others = text.select("nav.jump > a.to-help"), text.select("nav.jump li a")
        boxes = [text.select_one(link["href"]) for link in help_at]
        assert boxes == text.select(".get-help.now")
        assert [link.get_text() for link in help_at] == [box.find(["h2", "h3"]).get_text() for box in boxes]
        assert len(others) > 1
        assert all(text.select_one(link["href"]).name == "h2" for link in others)


def test_a_page_carries_its_face() -> None:
    """Both weights stand in the page as data, and nothing else is asked for letters."""
    collection = open_collection(INHALER)
    html = make_page(collection, list_variants(collection)[0]).html
    assert len(re.findall(r"@font-face \{[^}]*url\(data:font/woff2;base64,", html)) == 2
    assert "font-src data:" in html
