"""Pages as a patient meets them: in a real browser, on a phone, in the dark, on paper, by keyboard."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from conftest import ROOT
from handouts.build.run import read_manifest

pytestmark = pytest.mark.browser
VIEWS = {
    "desktop": {"viewport": {"width": 1100, "height": 900}},
    "phone": {"viewport": {"width": 320, "height": 640}},
    "dark": {"viewport": {"width": 800, "height": 900}, "color_scheme": "dark"},
    "forced colours": {"viewport": {"width": 800, "height": 900}, "forced_colors": "active"},
}


def addresses(built: Path) -> list[str]:
    """Return the addresses of all pages, of the index and of the scorecard."""
    named = ["index.html", *(row["path"] for row in read_manifest(built)), "scorecard.html"]
    return [(built / path).as_uri() for path in named]


def pages_of(built: Path) -> list[str]:
    """Return the addresses of all pages that patients get."""
    return addresses(built)[1:-1]


@pytest.fixture
def requests() -> list[str]:
    return []


@pytest.fixture
def look(browser: Any, requests: list[str]) -> Any:
    """Open a browser window with the given settings; what it asks of the network goes into `requests`."""
    windows = []

    def start(**settings: Any) -> Any:
        context = browser.new_context(**settings)
        windows.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        return page

    yield start
    for window in windows:
        window.close()


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(look: Any, built: Path, view: str) -> None:
    """axe-core finds no violation on any page, the index or the scorecard, in any view, best practices included."""
    page = look(**VIEWS[view])
    axe = Axe()
    for address in addresses(built):
        page.goto(address)
        if view in ("desktop", "phone"):  # kept for somebody to look at
            name = "_".join(address.split("/")[-2:])[-80:].removesuffix(".html")
            page.screenshot(path=ROOT / "exports" / "screenshots" / view / f"{name}.png", full_page=True)
        results = axe.run(page, options={"resultTypes": ["violations"]})
        assert results.violations_count == 0, f"{address}: {results.generate_report()}"


def test_no_page_asks_anything_of_the_network(look: Any, built: Path, requests: list[str]) -> None:
    """Opening a page asks for that one file and nothing else, and no message of a broken policy appears."""
    page = look()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    for address in addresses(built):
        page.goto(address, wait_until="networkidle")
    assert requests == addresses(built)
    assert messages == []


def test_nothing_is_wider_than_the_narrowest_phone(look: Any, built: Path) -> None:
    """At 320 pixels, which is also a desktop at 400 % zoom, no page scrolls sideways and nothing sticks out."""
    page = look(**VIEWS["phone"])
    for address in addresses(built):
        page.goto(address)
        wide = page.evaluate(
            """() => [...document.querySelectorAll('body *')].filter(e => {
                 const r = e.getBoundingClientRect(), s = getComputedStyle(e);
                 return r.width && s.clipPath === 'none' && !e.closest('.skip, thead, .wide') && r.right > innerWidth + 1;
               }).map(e => e.outerHTML.slice(0, 80))"""
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
        assert wide == [], address


@pytest.mark.parametrize("view", ["desktop", "phone"])
def test_no_text_is_small(look: Any, built: Path, view: str) -> None:
    """Running text is 18 px or more, and no text, in pictures too, is under 14 px."""
    page = look(**VIEWS[view])
    for address in pages_of(built):
        page.goto(address)
        body, smallest, where = page.evaluate(
            """() => {
                 let least = 1e9, where = '';
                 const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                 for (let n = walk.nextNode(); n; n = walk.nextNode()) {
                   const e = n.parentElement;
                   if (!n.textContent.trim() || !e.checkVisibility() || e.closest('style, title')) continue;
                   let size = parseFloat(getComputedStyle(e).fontSize);
                   const svg = e.closest('svg');
                   if (svg) size *= svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
                   if (size < least) { least = size; where = n.textContent; }
                 }
                 return [parseFloat(getComputedStyle(document.querySelector('main p')).fontSize), least, where];
               }"""
        )
        assert body >= 18, address
        assert smallest >= 14, (address, where)


def test_one_picture_is_shown_at_a_time(look: Any, built: Path) -> None:
    """A phone shows the narrow picture and a wide screen the other; the hidden one is hidden from screen readers too."""
    for view, shown in (("phone", "narrow"), ("desktop", "wide")):
        page = look(**VIEWS[view])
        page.goto(next(one for one in addresses(built) if "athlete_original" in one))
        pictures = page.evaluate(
            "[...document.querySelectorAll('.picture')].map(e => [e.className, e.checkVisibility()])"
        )
        assert {name.split()[-1] for name, visible in pictures if visible} == {shown}


def test_text_in_pictures_is_as_wide_as_it_was_drawn(look: Any, built: Path) -> None:
    """The page's font is no wider than the one the pictures were drawn for: no text leaves its picture."""
    page = look(**VIEWS["desktop"])
    for address in pages_of(built):
        page.goto(address)
        out = page.evaluate(
            """() => [...document.querySelectorAll('.wide svg')].flatMap(svg => {
                 const box = svg.getBoundingClientRect();
                 return [...svg.querySelectorAll('text')].filter(t => t.getBoundingClientRect().right > box.right + 1)
                   .map(t => t.textContent);
               })"""
        )
        assert out == [], address


def test_a_keyboard_reaches_all_there_is(look: Any, built: Path) -> None:
    """Tab goes to the skip link, every source, description and contact link in their order, each with a visible mark; Enter skips to the text."""
    page = look(**VIEWS["desktop"])
    page.goto(next(one for one in addresses(built) if "your-dry-needling-session/general_plain" in one))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("getComputedStyle(document.activeElement).clipPath") == "none"
    page.keyboard.press("Enter")
    assert page.url.endswith("#text")
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    there = page.evaluate(
        "[...document.querySelectorAll('main a, main input, summary, footer a')].filter(e => !e.closest('header')).map(e => e.outerHTML)"
    )
    reached = []
    for _ in range(len(there) + 1):
        page.keyboard.press("Tab")
        tag, html, outline = page.evaluate(
            "(e => [e.tagName, e.outerHTML, parseFloat(getComputedStyle(e).outlineWidth)])(document.activeElement)"
        )
        if tag == "BODY":
            break
        assert outline >= 2
        reached.append(html)
    assert reached == there
    assert len(reached) > 20


def test_links_and_buttons_are_large_enough_to_hit(look: Any, built: Path) -> None:
    """What can be tapped is 24 px high or stands in running text (WCAG 2.2, 2.5.8)."""
    page = look(**VIEWS["phone"])
    for address in addresses(built):
        page.goto(address)
        small = page.evaluate(
            """() => [...document.querySelectorAll('summary, .topics a')]
                 .filter(e => e.getBoundingClientRect().height < 24).map(e => e.outerHTML)"""
        )
        assert small == [], address


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_paper(look: Any, built: Path, tmp_path: Path, paper: str) -> None:
    """On A4 and US Letter no row or figure is split, pages are numbered, and nothing is lost at the margin."""
    page = look()
    for count, address in enumerate(pages_of(built)):
        page.goto(address)
        page.emulate_media(media="print")
        assert page.evaluate(
            """() => ['figure', 'tr', '.part-main-message', '.part-diary', 'li'].every(s => [...document.querySelectorAll(s)]
                 .every(e => getComputedStyle(e).breakInside === 'avoid'))"""
        )
        width = 487 if paper == "A4" else 504  # points between the margins
        page.set_viewport_size({"width": int(width / 0.75), "height": 900})
        assert page.evaluate(
            f"[...document.querySelectorAll('.wide svg')].every(e => e.getBoundingClientRect().width * 0.75 <= {width})"
        )
        assert page.evaluate("getComputedStyle(document.body).fontSize") in ("18.6667px", "24px")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        file = tmp_path / f"{count}.pdf"
        page.pdf(path=file, format=paper)
        text = words_on_paper(file)
        pages = text.count("\f")
        assert [f"Page {number} of {pages}" in text for number in range(1, pages + 1)] == [True] * pages
        assert "Example Clinic, 555-0100. Version" in text


def words_on_paper(file: Path) -> str:
    """Return the text of a PDF, a form feed after each page."""
    import subprocess

    try:
        return subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        pytest.skip(
            "no pdftotext on this machine: install it (Debian: apt install poppler-utils) to read what is printed"
        )


def test_nothing_is_lost_at_twice_the_size(look: Any, built: Path) -> None:
    """At 200 % zoom, a screen half as wide, no page scrolls sideways and no text covers another (WCAG 1.4.4)."""
    page = look(viewport={"width": 640, "height": 450}, device_scale_factor=2)
    for address in addresses(built):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 640, address


def test_html_is_valid(built: Path) -> None:
    """The Nu HTML checker finds no error and no warning on any page, the index or the scorecard; it does on a broken one."""
    jar = ROOT / ".cache/vnu/node_modules/vnu-jar/build/dist/vnu.jar"
    if not jar.is_file() or not shutil.which("java"):
        pytest.skip(
            "no Nu HTML checker: run ./scripts/test without arguments, which installs it where npm and Java are"
        )
    allowed = ".*Inline script violates Content Security Policy.*"  # data for search engines; no browser runs it
    command = ["java", "-jar", jar, "--Werror", "--filterpattern", allowed]
    files = [built / "index.html", built / "scorecard.html", *(built / row["path"] for row in read_manifest(built))]
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    broken = built / "broken.html"
    broken.write_text("<!DOCTYPE html><title>x</title><td>")
    assert subprocess.run([*command, broken], capture_output=True, check=False).returncode == 1
    broken.unlink()


def test_a_plain_page_takes_three_sheets(look: Any, built: Path, tmp_path: Path) -> None:
    """Each plain page in normal print fits on three sheets of A4, printed on both sides."""
    page = look()
    for row in read_manifest(built):
        if row["level"] == "plain" and row["size"] == "normal":
            page.goto((built / row["path"]).as_uri())
            file = tmp_path / "page.pdf"
            page.pdf(path=file, format="A4")
            told = subprocess.run(["pdfinfo", file], capture_output=True, text=True, check=True).stdout
            assert int(re.search(r"Pages:\s+(\d+)", told)[1]) <= 6, row["path"]  # type: ignore[index]
