"""index.py and scorecard.py: who gives out handouts finds one by typing and choosing; what is counted of each page is told."""

import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from handouts.checks.readers import make_readers
from handouts.checks.scorecard import own_share
from handouts.collection.folder import Collection

SESSION, CHOICE = "your-dry-needling-session", "which-treatment-is-right"


class Silent(SimpleHTTPRequestHandler):
    """Gives out files, and tells nobody."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(built: Path) -> Iterator[str]:
    """The address of the index, from a server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(built))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()


def shown(page: Any) -> dict[str, list[str]]:
    """Return the links that can be seen, by topic."""
    return {
        card.query_selector("h2").get_attribute("id"): [
            link.get_attribute("href") for link in card.query_selector_all("li a") if link.is_visible()
        ]
        for card in page.query_selector_all(".card")
        if card.is_visible()
    }


@pytest.mark.browser
def test_a_handout_is_found_by_typing_and_choosing(browser: Any, address: str) -> None:
    """Words narrow the topics, a choice narrows the pages of each, and how many topics fit is told."""
    page = browser.new_page()
    page.goto(address)
    everything = shown(page)
    assert set(everything) >= {SESSION, CHOICE}
    page.get_by_label("Find a topic").fill("EXPECT session")
    assert list(shown(page)) == [SESSION]
    assert page.inner_text(".found") == "Topics shown: 1"
    page.get_by_label("Who reads").select_option("older-adult")
    assert all("older-adult" in link for link in shown(page)[SESSION])
    assert 0 < len(shown(page)[SESSION]) < len(everything[SESSION])
    page.get_by_label("Find a topic").fill("nothing of this kind")
    assert shown(page) == {}
    assert page.inner_text(".found") == "No topic fits. Try fewer words."
    page.close()


@pytest.mark.browser
def test_a_choice_is_made_once(browser: Any, address: str) -> None:
    """Who opens the index again finds the reader chosen that was chosen before; what was typed is gone."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    page.get_by_label("Who reads").select_option("athlete")
    page.get_by_label("Find a topic").fill("session")
    page.reload()
    assert page.get_by_label("Who reads").input_value() == "athlete"
    assert page.get_by_label("Find a topic").input_value() == ""
    assert all("athlete" in link for links in shown(page).values() for link in links)
    context.close()


@pytest.mark.browser
def test_without_scripts_everything_is_there(browser: Any, built: Path) -> None:
    """Where scripts do not run, all topics and pages stand in the index, and nothing that would do nothing."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((built / "index.html").as_uri())
    assert page.locator(".card li a[href$='.html']").count() == len(list(built.glob("*/*.html")))
    assert not page.locator(".find").is_visible()
    assert not any(button.is_visible() for button in page.locator(".print").all())
    context.close()


@pytest.mark.browser
def test_a_page_is_printed_from_the_index(browser: Any, address: str) -> None:
    """The button beside a page prints that page, and no other."""
    page = browser.new_page()
    page.add_init_script("window.print = () => console.log(location.pathname)")
    page.goto(address)
    button = page.locator(".print").first
    with page.expect_console_message() as printed:
        button.click()
    assert printed.value.text == f"/{button.get_attribute('data-page')}"
    page.close()


def test_the_share_that_only_an_audience_gets_is_counted(collection: Collection, built: Path) -> None:
    """It is the words of cells for just these readers among the words of all their cells, and stands in the scorecard."""
    readers = [one for one in make_readers(collection, collection.topics[SESSION]) if not one.articles]
    for reader in readers:
        assert 0 < own_share(reader) < 1
        value = next(iter(reader.facets.values()))
        for cell in reader.cells:
            cell.metadata.tags = [tag for tag in cell.metadata.get("tags", []) if not tag.endswith(f":{value}")]
        assert own_share(reader) == 0
    told = re.findall(
        r'<th scope="row">[^<]+</th><td>\d+</td><td>\d+ %</td><td>\d+</td>', (built / "scorecard.html").read_text()
    )
    assert len(told) >= len(readers)
