"""grid.py: the tables of a collection, edited in a real browser as somebody would who has no spreadsheet."""

import csv
import json
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from test_desk import NOTEBOOK, Desk, Server, picture, until

from conftest import edit
from handouts.collection.folder import Collection
from handouts.desk.grid import WRITTEN, find_problems, list_tables, show_grid


class Grid:
    """A table in a browser."""

    def __init__(self, desk: Desk, name: str, at: Any = None) -> None:
        self.desk, self.name, self.page = desk, name, at or desk.context.new_page()
        if at is None:
            self.page.goto(f"{desk.server.address}handouts/table/{name}?token={desk.server.token}")
        self.page.locator("tbody tr").first.wait_for()

    def cell(self, row: int, column: str) -> Any:
        """Return a cell by its row, as a spreadsheet counts it, and its column."""
        return self.page.get_by_label(f"{column}, row {row}", exact=True)

    def write(self, row: int, column: str, text: str) -> None:
        """Write other words into a cell, and leave it."""
        self.cell(row, column).fill(text)
        self.page.keyboard.press("Tab")

    def says(self, words: str) -> None:
        """Wait until the line above the table has `words`."""
        until(
            self.page,
            lambda: words in self.page.locator("#status").inner_text(),
            10,
            lambda: self.page.locator("#status").inner_text(),
        )

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def stored(self) -> str:
        """Return the table as it is on disk."""
        return (self.desk.server.root / "data" / self.name).read_bytes().decode()

    def rows(self) -> list[dict[str, str]]:
        """Return its rows as they are on disk."""
        return list(csv.DictReader(self.stored().splitlines()))


@pytest.mark.browser
def test_a_wrong_cell_is_told_and_one_that_is_right_is_saved(desk: Desk) -> None:
    """What is wrong stands in the cell and is not saved; mended, it is saved, and no other line of the file is changed."""
    grid = Grid(desk, "facts.csv")
    before = grid.stored()
    assert Axe().run(grid.page).response["violations"] == []
    grid.write(2, "low", "1.5")
    grid.page.locator("td.wrong").wait_for()
    assert "use a whole number" in grid.page.locator("td.wrong .told").inner_text()
    assert Axe().run(grid.page).response["violations"] == []
    picture(grid.page, "grid")
    grid.page.keyboard.press("Control+s")
    until(grid.page, lambda: "Not saved yet" in grid.page.locator("#error").inner_text())
    assert grid.stored() == before
    grid.write(2, "low", "180")
    until(grid.page, lambda: not grid.page.locator("td.wrong").count())
    grid.page.keyboard.press("Control+s")
    grid.says("Saved")
    old, new = before.splitlines(), grid.stored().splitlines()
    assert [count for count, line in enumerate(old) if line != new[count]] == [1]
    assert grid.rows()[0]["low"] == "180"
    for _ in range(2):
        grid.press("Undo")
    grid.press("Save")
    grid.says("Saved")
    assert grid.rows() == list(csv.DictReader(before.splitlines()))


@pytest.mark.browser
def test_rows_are_added_moved_removed_pasted_and_taken_back(desk: Desk) -> None:
    """A row is added below the one that one is in, moved and removed; cells from a spreadsheet fill what is there; Ctrl+Z and Ctrl+Y go through all of it."""
    grid = Grid(desk, "glossary.csv")
    terms = [row["term"] for row in grid.rows()]
    grid.cell(2, "meaning").focus()
    grid.press("Add row")
    grid.write(3, "term", "tendon")
    grid.says("1 thing to mend")
    grid.write(3, "meaning", "what ties a muscle to a bone")
    grid.press("Move row 3 up")
    grid.press(f"Remove row {len(terms) + 2}")
    grid.page.keyboard.press("Control+s")
    grid.says("Saved")
    assert [row["term"] for row in grid.rows()] == ["tendon", *terms[:-1]]
    grid.cell(2, "term").focus()
    grid.page.evaluate(
        "() => { const data = new DataTransfer(); data.setData('text/plain', 'joint\\tJOYNT\\twhere two bones meet\\r\\nnerve\\t\\twhat carries feeling\\r\\n');"
        " document.activeElement.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})); }"
    )
    assert grid.cell(3, "meaning").input_value() == "what carries feeling"
    grid.page.locator("h1").click()
    grid.page.keyboard.press("Control+z")
    assert grid.cell(2, "term").input_value() == "tendon"
    grid.page.keyboard.press("Control+y")
    assert grid.cell(2, "say").input_value() == "JOYNT"
    for _ in range(9):
        grid.page.keyboard.press("Control+z")
    grid.press("Save")
    grid.says("Saved")
    assert [row["term"] for row in grid.rows()] == terms


@pytest.mark.browser
def test_what_was_not_saved_is_there_again(desk: Desk) -> None:
    """A tab that is closed with words that were not saved: they are back when the table is opened again, and go when they are taken back."""
    grid = Grid(desk, "glossary.csv")
    before = grid.stored()
    grid.cell(2, "meaning").fill("other words")
    grid.page.goto(f"{desk.server.address}handouts/")
    assert grid.stored() == before
    grid = Grid(desk, "glossary.csv")
    grid.says("is back")
    assert grid.cell(2, "meaning").input_value() == "other words"
    grid.press("Undo")
    grid.page.reload()
    grid.page.locator("tbody tr").first.wait_for()
    assert grid.cell(2, "meaning").input_value() != "other words"


@pytest.mark.browser
def test_somebody_elses_change_is_not_written_over(desk: Desk) -> None:
    """A table that was changed meanwhile is not saved; loaded again, it has both changes, and nothing is lost."""
    grid = Grid(desk, "clinic.csv")
    grid.write(2, "value", "Hill Clinic")
    grid.says("Not saved yet")
    edit(desk.server.root / "data" / "clinic.csv", "555-01", "555-77")
    grid.press("Save")
    until(grid.page, lambda: "was changed since" in grid.page.locator("#why").inner_text())
    assert "555-77" in grid.stored()
    grid.press("Load what is there now")
    grid.says("on a table that was changed since")
    assert grid.cell(2, "value").input_value() == "Hill Clinic"


@pytest.mark.browser
def test_a_cell_with_a_choice_offers_it(desk: Desk) -> None:
    """What a cell may hold is chosen from a list: topics, yes or no, parts of the clinic's details."""
    grid = Grid(desk, "parameters.csv")
    choices = grid.cell(2, "facet").locator("option").all_inner_texts()
    assert choices == ["yes", "no"]
    options = Grid(desk, "options.csv")
    assert NOTEBOOK.split("/")[1].removesuffix(".ipynb") in options.cell(2, "topic").locator("option").all_inner_texts()


@pytest.mark.browser
def test_a_preview_leads_to_the_table(desk: Desk) -> None:
    """A table that stops a page is opened from what the preview says, at the cell; a picture is opened by a double click on it."""
    preview = desk.alone("audience=general&level=plain")
    preview.until(lambda: preview.words())
    edit(desk.server.root / "data" / "clinic.csv", "555-01", "call 01")
    preview.fails("data/clinic.csv")
    with desk.context.expect_page() as opened:
        preview.at.locator("#mend").click()
    grid = Grid(desk, "clinic.csv", opened.value)
    assert grid.page.locator("#cells textarea").count()
    edit(desk.server.root / "data" / "clinic.csv", "call 01", "555-01")
    preview.until(lambda: not preview.at.locator("#banner:not([hidden])").count(), 20)
    frame = preview.at.locator("#stage iframe:not(.coming)").content_frame
    with desk.context.expect_page() as opened:
        frame.locator("figure[id^=diagram-]").first.dblclick()
    Grid(desk, "any.csv", opened.value)


@pytest.mark.browser
def test_a_double_click_in_jupyterlab_opens_a_table(desk: Desk) -> None:
    """In JupyterLab's files a table of the collection opens as a grid, and so it does from the panel's list; axe finds nothing in the list."""
    page = desk.lab()
    page.evaluate("jupyterapp.commands.execute('docmanager:open', {path: 'data/glossary.csv'})")
    frame = page.wait_for_selector("iframe[src*='/handouts/table/glossary.csv']", timeout=20_000).content_frame()
    frame.locator("td textarea").first.wait_for()
    picture(page, "grid-lab")
    page.evaluate("jupyterapp.commands.execute('handouts:panel')")
    panel = page.wait_for_selector("iframe[title=Handouts]").content_frame()
    panel.locator("summary").click()
    panel.get_by_role("link", name="facts.csv").click()
    frame = page.wait_for_selector("iframe[src*='/handouts/table/facts.csv']", timeout=20_000).content_frame()
    frame.locator("td textarea").first.wait_for()


def send(server: Server, name: str, content: object) -> tuple[int, Any]:
    """Return what the server says to rows that are sent."""
    return server.ask(f"/handouts/cells/{name}", "POST", content)


def test_only_tables_that_people_write_are_written(fresh: Server) -> None:
    """What commands sign is shown and not changed; no address leads to another file; the token is needed."""
    for name in sorted(WRITTEN):
        status, told = fresh.ask(f"/handouts/cells/{name}")
        assert status == 200
        assert told["written"]
        assert send(fresh, name, {"digest": told["digest"], "rows": [], "save": True, "anyway": True})[0] == 403
    for name in ("none.csv", "..%2Fnotebooks%2Fx.csv", "%2e%2e/data/clinic.csv", "sources.json", ".hidden.csv"):
        assert fresh.ask(f"/handouts/cells/{name}")[0] == 404, name
    assert fresh.ask("/handouts/cells/clinic.csv", headers={})[0] == 403


def test_rows_that_are_none_are_refused(fresh: Server) -> None:
    """What is no row of words is refused, and the file stays as it is."""
    before = (fresh.root / "data/clinic.csv").read_bytes()
    digest = fresh.ask("/handouts/cells/clinic.csv")[1]["digest"]
    for rows in ([{"cells": [1, 2]}], [{"from": 0}], [[]], ["name"]):
        assert send(fresh, "clinic.csv", {"digest": digest, "rows": rows, "save": True, "anyway": True})[0] == 400, rows
    assert (fresh.root / "data/clinic.csv").read_bytes() == before


def test_a_table_that_is_not_there_yet_is_begun(fresh: Server) -> None:
    """A table that a collection may have and has not is shown empty with its columns, and is there once it is saved."""
    file = fresh.root / "data" / "phrases.csv"
    assert not file.exists()
    told = fresh.ask("/handouts/cells/phrases.csv")[1]
    assert [one["name"] for one in told["columns"]] == ["phrase", "text"]
    row = {"from": None, "cells": ["sources", "Where this comes from"]}
    status, answer = send(fresh, "phrases.csv", {"digest": told["digest"], "rows": [row], "save": True})
    assert (status, answer.get("saved")) == (200, True), json.dumps(answer)
    assert file.read_text() == "phrase,text\nsources,Where this comes from\n"


def test_what_another_table_would_lack_is_told(copy: Collection) -> None:
    """A row that others need and that is taken out is told, though each cell of the table is right."""
    content = (copy.data / "safety-sets.csv").read_bytes()
    header, *rows = content.splitlines(keepends=True)
    assert find_problems(copy, "safety-sets.csv", content)[0] == []
    told = [one.told for one in find_problems(copy, "safety-sets.csv", b"".join([header, *rows[1:]]))[0]]
    assert any("safety" in one for one in told)


def test_every_table_is_listed_and_shown_without_a_fault(collection: Collection) -> None:
    """Each table of a collection that is as it should be is shown with nothing to mend."""
    listed = list_tables(collection)
    assert {one["name"] for one in listed} >= {"facts.csv", "audiences.csv", "clinic.csv", "the-needle.csv"}
    for one in listed:
        assert show_grid(collection, one["name"])["problems"] == [], one
