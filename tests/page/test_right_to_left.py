"""Pages in a language that is written from right to left: mirrored, their numbers as they are dialled, on a screen and on paper."""

import re
import unicodedata
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

import page as pdf_ua
from conftest import KEPT, NEEDLES, anchor_of, copied, edit, now, with_language
from handouts.build import build_pages
from handouts.collection.folder import Collection, open_collection
from handouts.collection.translated import in_language
from handouts.page.fields import Form
from handouts.page.pdf import make_pdf
from handouts.page.shaping import as_seen
from handouts.show.diagrams import DRAWN, draw_diagram

SESSION = "your-dry-needling-session"
LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ابثدهفغحيجكلمنوبقرستوفوزيظ") | {ord("i"): "\u0626\u064b"}
"""A letter for each; one has a mark above it, always."""
SVG = "{http://www.w3.org/2000/svg}"
PHONE = "555-0100"
PLACES = """(phone) => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode, at = node.data.indexOf(phone);
        if (at < 0 || !node.parentElement.getClientRects().length) continue;
        found.push([...phone].map((_, count) => {
            const range = document.createRange();
            range.setStart(node, at + count);
            range.setEnd(node, at + count + 1);
            return range.getBoundingClientRect().left;
        }));
    }
    return found;
}"""
"""Returns where each sign of a number stands, wherever it is shown."""


def arabic(text: str) -> str:
    """Return words in Arabic letters, as many and as long, which mean nothing; marks stay."""
    pieces = KEPT.split(text)
    pieces[::2] = [piece.lower().translate(LETTERS) for piece in pieces[::2]]
    return "".join(pieces)


@pytest.fixture(scope="module")
def translated(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """The collection in Arabic letters."""
    collection = copied(NEEDLES, tmp_path_factory.mktemp("arabic") / "clinic")
    edit(collection.data / "clinic.csv", f"phone,{PHONE}", f"phone,{PHONE}\nevening_phone,+1 555 010 0177")
    return in_language(with_language(collection, "ar", "level:plain", arabic), "ar")[0]


@pytest.fixture(scope="module")
def folder(translated: Collection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one of its pages, and the index."""
    out = tmp_path_factory.mktemp("pages")
    assert build_pages(translated, out, [SESSION], {"audience": "general"}).failed == []
    return out


def open_page(browser: Any, folder: Path, width: int = 320) -> Any:
    """Open the page in a browser window."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto((folder / SESSION / "general_plain_normal.html").as_uri())
    return page


def stands_in_order(page: Any, text: str) -> None:
    """See that `text` stands from left to right wherever a page shows it, and would not without the marks of direction; close the page."""
    places = page.evaluate(PLACES, text)
    assert places
    assert all(at == sorted(at) for at in places), places
    page.evaluate("document.body.innerHTML = document.body.innerHTML.replace(/[\\u200e\\u200f]/g, '')")
    assert not all(at == sorted(at) for at in page.evaluate(PLACES, text))
    page.close()


@pytest.mark.browser
def test_a_page_is_laid_out_from_right_to_left(folder: Path, browser: Any) -> None:
    """The page and the index say so, the list's marks stand at the right, on a phone nothing is wider than it, and axe finds nothing."""
    assert '<html lang="ar" dir="rtl">' in (folder / "index.html").read_text()
    page = open_page(browser, folder)
    left, right = page.evaluate(
        """() => {
            const list = document.querySelector(".safety ul");
            const outer = list.getBoundingClientRect(), inner = list.querySelector("li").getBoundingClientRect();
            return [inner.left - outer.left, outer.right - inner.right];
        }"""
    )
    assert right > left + 8
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert Axe().run(page).response["violations"] == []
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("number", [PHONE, "+1 555 010 0177"])
def test_a_number_is_shown_as_it_is_dialled(folder: Path, browser: Any, number: str) -> None:
    """Between Arabic words a phone's number stands from left to right, wherever it is shown; without the marks it would be turned."""
    page = open_page(browser, folder, 1000)
    stands_in_order(page, number)


@pytest.mark.browser
def test_an_address_on_the_web_is_shown_as_it_is_typed(folder: Path, browser: Any) -> None:
    """On paper the address of the page stands from left to right, with its last slash at its end; without the marks that would be before it."""
    page = open_page(browser, folder, 1000)
    page.emulate_media(media="print")
    address = re.search(r"https://clinic\.example/handouts/[\w/]+/", page.locator("body").inner_text())[0]
    stands_in_order(page, address)


@pytest.mark.browser
def test_a_name_in_other_letters_turns_nothing_around_it(folder: Path, browser: Any) -> None:
    """A name in Latin letters, filled into the page, stands apart: the words around it are where they were."""
    html = (folder / SESSION / "general_plain_normal.html").read_text()
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    for name in ("Zoë (Smith)", "محمد", "Đặng 3"):
        page.set_content(Form(html).fill({"first_name": name}).decode())
        assert page.locator("bdi.filled").first.inner_text() == name
        assert page.evaluate("getComputedStyle(document.querySelector('bdi.filled')).unicodeBidi") == "isolate"
    page.close()


@pytest.mark.parametrize(
    "name", [name for name, one in open_collection(NEEDLES).captions.items() if one.drawn_as in DRAWN]
)
def test_a_diagram_is_the_mirror_of_the_one_from_left_to_right(copy: Collection, name: str) -> None:
    """Each line of words begins as far from the right as it began from the left, and says the same."""
    edit(copy.data / "clinic.csv", "language,en", "language,ar")
    phrases = "phrase,text\n" + "".join(
        f'{phrase},"{text}"\n' for phrase, text in open_collection(NEEDLES).phrases.texts.items() if '"' not in text
    )
    plain = draw_diagram(open_collection(NEEDLES), name, 14)
    (copy.data / "phrases.csv").write_text(phrases)
    mirrored = draw_diagram(now(copy), name, 14)
    for before, after in ((plain.svg, mirrored.svg), (plain.narrow, mirrored.narrow)):
        one, other = ET.fromstring(before), ET.fromstring(after)
        width = float(one.attrib["viewBox"].split()[2])
        lines, turned = list(one.iter(f"{SVG}text")), list(other.iter(f"{SVG}text"))
        assert [text.text for text in lines] == [re.sub("[\u200e\u200f]", "", text.text or "") for text in turned]
        for left, right in zip(lines, turned, strict=True):
            assert float(left.attrib["x"]) + float(right.attrib["x"]) == pytest.approx(width, abs=0.02)
            ends = {"middle": "middle", "start": "end"}
            assert anchor_of(other, right) == ends[anchor_of(one, left)]


def test_a_pdf_has_the_words_of_pictures_joined_and_in_order(folder: Path) -> None:
    """On paper the letters of a picture's words are joined, from the right, and the PDF is valid for who listens to it."""
    html = (folder / SESSION / "general_plain_normal.html").read_text()
    file = folder / "page.pdf"
    file.write_bytes(make_pdf(html, "Letter"))
    report = pdf_ua.validate_pdf(str(file), profile="ua1")
    assert report.is_compliant, sorted({failure.rule_id for failure in report.failures})
    seen = as_seen("\u0643\u062a\u0627\u0628 12 (\u0628)")
    assert unicodedata.normalize("NFKC", seen) == "(\u0628) 12 \u0628\u0627\u062a\u0643"
    assert seen[-1] == "\ufedb"  # the first letter, as it stands at the beginning of a word
