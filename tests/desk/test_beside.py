"""beside.py: a page's words beside their translation, in the preview of a page in another language."""

import shutil
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from test_desk import NOTEBOOK, TOPIC, Desk, until

from conftest import PSEUDO, change, now, po, pseudo, with_language
from handouts.collection.folder import Collection
from handouts.desk.preview import find_findings


def without_a_block(entry: Any) -> None:
    """Take the translation of a block away."""
    if "plain-before/1" in entry.msgctxt:
        entry.msgstr = ""


def test_each_block_stands_beside_its_translation(copy: Collection) -> None:
    """The blocks that a reader gets come in their order, each with its translation as it is read, or why it has none, and no other reader's."""
    with_language(copy, PSEUDO, "level:plain", pseudo)
    change(po(copy, TOPIC), without_a_block)
    asked = {"audience": "athlete", "level": "plain", "language": PSEUDO}
    pairs = find_findings(now(copy), TOPIC, asked).beside
    lacking = [one for one in pairs if one.why]
    assert [(one.cell, one.why, one.target) for one in lacking] == [("plain-before", "is not translated", "")]
    assert len(pairs) > 10
    for one in pairs:
        assert "[@" not in one.source + one.target
        assert (
            one.why or one.target == pseudo(one.source) or "{{" in one.source or "|" in one.target or "[" in one.target
        )
    cells = [one.cell for one in pairs]
    assert any("athlete" in cell for cell in cells)
    assert not any("older-adult" in cell for cell in cells)
    assert find_findings(now(copy), TOPIC, {"audience": "athlete", "level": "plain"}).beside == []


@pytest.mark.browser
def test_who_translates_sees_both_and_finds_the_place(desk: Desk) -> None:
    """In the preview each block stands beside its translation; one that lacks it is counted and said, and a click finds the words on the page; axe finds nothing."""
    collection = Collection(desk.server.root)
    with_language(collection, PSEUDO, "level:plain", pseudo)
    try:
        change(po(collection, TOPIC), without_a_block)
        page = desk.context.new_page()
        page.goto(
            f"{desk.server.address}handouts/preview/{NOTEBOOK}?audience=athlete&level=plain&language={PSEUDO}&token={desk.server.token}"
        )
        page.locator("#toggle").wait_for()
        until(page, lambda: page.locator("#pairs li").count() > 10, 60, lambda: page.locator("#panel").inner_text())
        page.locator("#toggle").click()
        assert page.locator("#whole").inner_text() == "1 block has no translation that counts."
        assert page.locator("#pairs .errors").all_inner_texts() == ["is not translated"]
        pair = page.locator("#pairs button").nth(3)
        source, target = pair.locator("span").all()
        assert target.get_attribute("lang") == PSEUDO
        assert source.inner_text() != target.inner_text()
        assert source.bounding_box()["x"] < target.bounding_box()["x"]
        pair.click()
        assert pair.get_attribute("aria-current") == "true"
        found = [one["id"] for one in Axe().run(page).response["violations"]]
        assert found in ([], ["valid-lang"])  # the pseudo-language is none
    finally:
        shutil.rmtree(desk.server.root / "po", ignore_errors=True)
