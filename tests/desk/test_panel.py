"""panel.py, jobs.py: a clinic's day without a terminal, in a real browser on a real JupyterLab."""

import csv
import http.client
import json
import re
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from test_desk import (
    FRAME,
    IN_SIGHT,
    LAB,
    NOTEBOOK,
    TOPIC,
    Desk,
    Server,
    cell_of,
    picture,
    until,
)

from conftest import edit, now
from handouts.collection.folder import Collection
from handouts.desk.insertions import list_insertions
from handouts.page import Variant, make_page
from handouts.page.citations import Expander

TITLE = "What to Expect During a Dry Needling Session"
CHOICE = "Which Treatment Is Right for You?"
ROSTER = f"ID,Topic,Audience,First Name\n1,{TOPIC},Athletes,Maya\n2,{TOPIC},Athlets,Zoe\n"


class Panel:
    """The panel in a browser window of its own."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.page = desk.context.new_page()
        self.page.goto(f"{desk.server.address}handouts/?token={desk.server.token}")
        self.page.locator("#topics h2").first.wait_for()

    def press(self, action: str, title: str = "") -> None:
        """Press a button, of the topic with `title` where one is given."""
        self.page.get_by_role("button", name=f"{action}: {title}" if title else action, exact=True).first.click()

    def answer(self, name: str = "") -> None:
        """Answer the question that is asked."""
        self.page.locator("#ask[open]").wait_for()
        if name:
            self.page.fill("#name", name)
        self.page.locator("#go").click()

    def done(self, seconds: float = 90) -> str:
        """Wait until the work is over, and return how it ended, with what was said."""
        until(self.page, lambda: re.match("Done|Not all", self.page.locator("#status").text_content() or ""), seconds)
        return f"{self.page.locator('#status').text_content()}\n{self.page.locator('#lines').text_content()}"

    def begin(self, action: str, title: str = "") -> None:
        """Press a button that starts work, and wait until it is at work, or over."""
        before = self.page.locator("#work").inner_html()
        self.press(action, title)
        until(
            self.page,
            lambda: self.page.locator("#ask[open]").count() or self.page.locator("#work").inner_html() != before,
        )

    def card(self, title: str) -> str:
        """Return what the card of a topic says."""
        return self.page.locator(
            "#topics > li", has=self.page.get_by_role("heading", name=title, exact=True)
        ).first.inner_text()

    def shows(self, title: str, words: str) -> None:
        """Wait until the card of a topic has `words`."""
        until(self.page, lambda: words in self.card(title), 20, lambda: f" It shows: {self.card(title)}")


@pytest.fixture
def panel(desk: Desk) -> Panel:
    """Open the panel."""
    return Panel(desk)


def collection_of(desk: Desk) -> Collection:
    """Return the collection of the server."""
    return now(Collection(desk.server.root))


@pytest.mark.browser
def test_pages_are_built_checked_and_opened(panel: Panel) -> None:
    """Build tells what it makes and opens the pages; Check opens what it found; a card tells how many pages are to build."""
    panel.shows(TITLE, "6 of 6 pages to build")
    panel.begin("Build all pages")
    assert "12 made, 0 unchanged" in panel.done()
    until(panel.page, lambda: "to build" not in panel.card(TITLE), 20)
    assert "Draft: not reviewed" in panel.card(TITLE)
    with panel.desk.context.expect_page() as opened:
        panel.page.locator("#result").click()
    assert opened.value.get_by_role("heading", name="Patient handouts").count() == 1
    opened.value.close()
    panel.begin("Check everything")
    panel.done()
    with panel.desk.context.expect_page() as opened:
        panel.page.get_by_role("link", name="Open what was found").click()
    assert opened.value.get_by_role("heading", name="Findings").count() == 1
    picture(panel.page, "panel")


@pytest.mark.browser
def test_a_topic_is_begun_copied_renamed_removed_and_put_back(panel: Panel) -> None:
    """Each keeps notebook and tables together, what is removed is put back by a button, and an impossible name is told."""
    root = panel.desk.server.root
    panel.begin("New handout")
    panel.answer("Heat or cold?")
    assert panel.done().startswith("Done")
    panel.shows("Heat or cold?", "Draft: not reviewed")
    panel.begin("Copy", "Heat or cold?")
    panel.answer("warm or cool")
    until(panel.page, lambda: panel.page.locator("#status").text_content() == "Done: Copy", 30)
    assert (root / "notebooks/warm-or-cool.ipynb").is_file()
    panel.begin("Rename", "Heat or cold?")
    panel.answer("warm-or-cool")
    until(panel.page, lambda: "Not all went well: Rename" in panel.page.locator("#status").inner_text())
    panel.begin("Remove", "Heat or cold?")
    panel.answer()
    panel.page.locator("#undo:visible").wait_for()
    until(panel.page, lambda: len(list(root.glob("notebooks/*.ipynb"))) == 3)
    panel.page.locator("#undo").click()
    until(panel.page, lambda: len(list(root.glob("notebooks/*.ipynb"))) == 4)


@pytest.mark.browser
def test_a_list_becomes_letters(panel: Panel, tmp_path: Path) -> None:
    """The first rows show as they will be used, a wrong one with why; letters are made of the others; the list is kept for its owner only."""
    (tmp_path / "visits.csv").write_text(ROSTER)
    panel.press("Letters for a list")
    panel.page.set_input_files("#roster", tmp_path / "visits.csv")
    panel.page.locator("#shown li").first.wait_for()
    first, second = panel.page.locator("#shown li").all_inner_texts()
    assert first == f"Row 2: 1 · {TOPIC} · athlete · plain · normal · Maya"
    assert "audience: is not one of its values. Did you mean 'athlete'" in second
    picture(panel.page, "letters")
    panel.page.locator("#make").click()
    told = panel.done()
    assert "1 made, 0 unchanged, 1 rejected" in told
    assert "Maya" not in panel.page.content()
    personal = panel.desk.server.root / "personal"
    assert "Maya" in (personal / "visits/1.html").read_text()
    assert stat.S_IMODE((personal / ".rosters/visits.csv").stat().st_mode) == 0o600
    with (personal / "visits/handouts.csv").open(newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == ["1"]


@pytest.mark.browser
def test_a_review_is_read_and_signed_and_stops_counting(panel: Panel) -> None:
    """Who reviews reads the page's words, signs, and the card, the page and the preview say so; one word changed, and all three say that too."""
    with panel.desk.context.expect_page() as opened:
        panel.press("Review", TITLE)
    form = opened.value
    assert "Nobody has reviewed this page." in form.locator("main").inner_text()
    assert "The muscle may twitch, but it need not." in form.locator("main").inner_text()
    form.fill("#by", "A. Reviewer")
    form.fill("#role", "PT")
    form.get_by_role("button", name="Sign this review").click()
    form.get_by_text("Last review: A. Reviewer, PT").wait_for()
    assert Axe().run(form).response["violations"] == []
    page = Variant(TOPIC, {"audience": "general", "level": "plain", "size": "normal"})
    assert make_page(collection_of(panel.desk), page).reviewed_by == "A. Reviewer, PT"
    preview = panel.desk.alone()
    preview.until(lambda: "Reviewed: A. Reviewer, PT" in preview.at.locator("#review").inner_text())
    panel.begin("Build all pages")
    panel.done()
    panel.shows(TITLE, "1 of 6 pages reviewed")
    edit(panel.desk.server.root / f"notebooks/{TOPIC}.ipynb", "The muscle may twitch", "The muscle may jump")
    preview.until(lambda: "Changed since its review by A. Reviewer, PT" in preview.at.locator("#review").inner_text())
    assert make_page(collection_of(panel.desk), page).reviewed_by == ""
    form.reload()
    assert form.locator("del").all_inner_texts() == ["twitch,"]
    assert form.locator("ins").all_inner_texts() == ["jump,"]
    picture(form, "review")
    panel.begin("Build all pages")
    panel.done()
    panel.shows(TITLE, "Changed since its review: 1 of 6 pages")


@pytest.mark.browser
def test_nobody_signs_what_changed_meanwhile(panel: Panel) -> None:
    """A form that was opened before a word changed records nothing, and says so."""
    form = panel.desk.context.new_page()
    form.goto(f"{panel.desk.server.address}handouts/review/{TOPIC}?audience=general&level=plain")
    edit(panel.desk.server.root / f"notebooks/{TOPIC}.ipynb", "The muscle may twitch", "The muscle may jump")
    form.fill("#by", "A. Reviewer")
    form.fill("#role", "PT")
    form.get_by_role("button", name="Sign this review").click()
    assert "they changed since you saw them" in form.get_by_role("alert").inner_text()
    assert not (panel.desk.server.root / "data/reviews.csv").exists()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_on_the_panel_and_it_fits(panel: Panel, width: int) -> None:
    """The panel has no fault that axe finds, on a screen and as narrow as a phone, its questions neither; nothing is cut off, each button is 24 px high."""
    panel.page.set_viewport_size({"width": width, "height": 800})
    assert panel.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    heights = panel.page.eval_on_selector_all(
        "button", "all => all.filter((one) => one.offsetParent).map((one) => one.offsetHeight)"
    )
    assert min(heights) >= 24
    assert Axe().run(panel.page).response["violations"] == []
    panel.press("Letters for a list")
    assert Axe().run(panel.page).response["violations"] == []
    panel.page.keyboard.press("Escape")
    panel.press("New handout")
    assert Axe().run(panel.page).response["violations"] == []


@pytest.mark.browser
def test_the_panel_is_used_by_keyboard(panel: Panel) -> None:
    """A topic is copied with Tab, Enter and letters alone, and Escape leaves a question unanswered."""
    panel.page.get_by_role("button", name=f"Copy: {CHOICE}", exact=True).focus()
    panel.page.keyboard.press("Enter")
    panel.page.locator("#ask[open]").wait_for()
    panel.page.keyboard.press("Escape")
    assert panel.page.locator("#ask[open]").count() == 0
    panel.page.keyboard.press("Enter")
    panel.page.locator("#ask[open]").wait_for()
    panel.page.keyboard.type("by-keyboard")
    panel.page.keyboard.press("Enter")
    assert panel.done().startswith("Done")
    assert (panel.desk.server.root / "notebooks/by-keyboard.ipynb").is_file()


@pytest.mark.browser
def test_the_panel_stands_at_the_side_of_jupyterlab(desk: Desk) -> None:
    """In JupyterLab the panel shows the topics, and Preview opens the notebook with its page beside it."""
    page = desk.lab()
    page.locator("[data-id='handouts-panel']").click()
    frame = page.frame_locator("iframe[title='Handouts']")
    frame.get_by_role("button", name=f"Preview: {CHOICE}", exact=True).click()
    page.wait_for_selector("iframe[src*='/handouts/preview/notebooks/which-treatment-is-right']", timeout=30_000)
    picture(page, "lab-panel")


@pytest.mark.browser
def test_a_topic_opened_is_not_unsaved_and_what_is_typed_is_text(desk: Desk) -> None:
    """A notebook that was only opened is not marked as unsaved; typing after a double click writes; + adds a text cell; a closed tab leaves no kernel."""
    page = desk.lab()
    dirty = "jupyterapp.shell.currentWidget.context.model.dirty"
    until(
        page,
        lambda: page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"),
        40,
    )
    page.wait_for_timeout(500)
    assert page.evaluate(dirty) is False
    cells = len(desk.server.stored()["cells"])
    name = next(one["id"] for one in desk.server.stored()["cells"] if "The muscle may twitch" in "".join(one["source"]))
    cell_of(page, desk.server, name).locator(".jp-RenderedMarkdown").dblclick()
    page.wait_for_timeout(300)
    page.keyboard.press("Control+End")
    page.keyboard.type(" Bring water, or tea.")
    assert page.evaluate(dirty) is True
    page.keyboard.press("Control+s")
    until(page, lambda: "Bring water, or tea." in desk.server.source(name))
    assert len(desk.server.stored()["cells"]) == cells
    page.locator(LAB + "[data-command='notebook:insert-cell-below']").first.click()
    until(page, lambda: page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length") == cells + 1)
    page.wait_for_timeout(300)
    assert page.evaluate(dirty) is True
    page.keyboard.press("Control+s")
    until(page, lambda: len(desk.server.stored()["cells"]) == cells + 1)
    new = [one for one in desk.server.stored()["cells"] if not one["source"]]
    assert [one["cell_type"] for one in new] == ["markdown"]
    until(page, lambda: page.evaluate(dirty) is False)  # or it would ask whether to save
    page.evaluate("jupyterapp.shell.currentWidget.close()")
    until(page, lambda: NOTEBOOK not in [one["path"] for one in desk.server.ask("/api/sessions")[1]], 20)


@pytest.mark.browser
def test_a_source_a_number_and_a_box_are_put_in_from_a_list(desk: Desk) -> None:
    """Insert finds a source by its author and writes its citation at the cursor; a box becomes a cell of its own for the same readers; axe finds nothing."""
    page = desk.lab()
    name = next(one["id"] for one in desk.server.stored()["cells"] if "The muscle may twitch" in "".join(one["source"]))
    cell = cell_of(page, desk.server, name)
    cell.locator(".jp-RenderedMarkdown").dblclick()
    until(page, lambda: page.evaluate("jupyterapp.shell.currentWidget.content.mode") == "edit")
    page.keyboard.press("Control+End")
    page.keyboard.press("Control+Alt+i")
    page.locator("#handouts-search").wait_for()
    page.keyboard.type("brady")
    assert Axe().run(page, {"include": [[".jp-Dialog"]]}).response["violations"] == []
    picture(page, "insert")
    page.keyboard.press("Enter")
    page.locator(".jp-Dialog").wait_for(state="detached")
    page.keyboard.press("Control+s")
    until(page, lambda: desk.server.source(name).endswith(" [@brady2014]"))
    cells = len(desk.server.stored()["cells"])
    page.locator(".handouts-Insert:visible").click()
    page.locator("#handouts-search").fill("box staff only")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.locator(".jp-Dialog").wait_for(state="detached")
    page.keyboard.insert_text("- Told. Date, initials: ......")
    page.keyboard.press("Control+s")
    until(page, lambda: len(desk.server.stored()["cells"]) == cells + 1)
    new = next(one for one in desk.server.stored()["cells"] if "Told. Date" in "".join(one["source"]))
    assert new["cell_type"] == "markdown"
    assert set(new["metadata"]["tags"]) == {"level:plain", "part:slip"}


def test_what_can_be_put_in_is_understood_by_pages(collection: Collection) -> None:
    """Each name that the list offers is one that the collection has, and every group has something."""
    found = list_insertions(collection, TOPIC)
    assert len({one["group"] for one in found}) == 10
    expander = Expander(collection)
    for one in found:
        if one["opens"]:
            assert one["opens"] == "picture" or (collection.data / one["opens"]).is_file()
        elif not one["cell"] and "{{ " not in one["text"]:
            expander.expand(one["text"])
        elif one["text"].startswith("{{ clinic_"):
            assert "{{" not in expander.expand(one["text"])


@pytest.mark.browser
def test_a_preview_shows_what_was_changed(desk: Desk) -> None:
    """A paragraph that is changed far below comes into sight."""
    preview = desk.alone("audience=general&level=plain")
    preview.until(lambda: preview.words())
    name = next(one["id"] for one in desk.server.stored()["cells"] if "The muscle may twitch" in "".join(one["source"]))
    desk.server.change(name, desk.server.source(name).replace("The muscle may twitch", "The muscle may jump"))
    preview.shows("The muscle may jump")
    until(preview.page, lambda: preview.at.eval_on_selector(FRAME, IN_SIGHT, "The muscle may jump"))


def ask(server: Server, path: str, method: str, content: object, **headers: str) -> tuple[int, Any]:
    """Return the status and the answer of a request."""
    return server.ask(path, method, content, {"Authorization": f"token {server.token}", **headers})


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"do": "format"}, "is nothing that can be done here"),
        ({"do": "copy", "topic": "no-topic", "new": "x"}, "is no topic of this collection"),
        ({"do": "copy", "topic": TOPIC, "new": "//"}, "needs a name"),
        ({"do": "letters", "roster": "../data/example-roster.csv"}, "is no roster that can be read"),
        ({"do": "letters", "roster": "-h.csv"}, "is no roster that can be read"),
        ({"do": "letters", "roster": "notes.docx"}, "is no roster that can be read"),
    ],
)
def test_what_cannot_be_done_is_told(fresh: Server, asked: object, told: str) -> None:
    """What is asked for wrongly starts nothing, whatever it names."""
    status, answer = ask(fresh, "/handouts/work", "POST", asked)
    assert status == 400
    assert told in json.dumps(answer)


def test_work_is_stopped_and_one_runs_at_a_time(fresh: Server) -> None:
    """A second command waits for the first; a stopped one is over within seconds, whenever that is, and says so in words."""
    status, job = ask(fresh, "/handouts/work", "POST", {"do": "pdf"})
    assert status == 201
    assert ask(fresh, "/handouts/work", "POST", {"do": "check"})[0] == 409
    assert ask(fresh, f"/handouts/work/{job['id']}", "DELETE", {})[0] == 200
    deadline = time.monotonic() + 20
    while job["running"]:
        assert time.monotonic() < deadline
        job = ask(fresh, f"/handouts/work/{job['id']}", "GET", None)[1]
    assert job["lines"][-1] == "handouts: stopped. What was finished is kept; run the same command again to go on."
    assert not any("Traceback" in line for line in job["lines"])


@pytest.mark.parametrize(
    "path",
    [
        "/handouts/exports/../data/clinic.csv",
        "/handouts/exports/%2e%2e/data/clinic.csv",
        "/handouts/exports/none.html",
        "/handouts/found/abc",
        "/handouts/review/no-topic",
    ],
)
def test_nothing_but_published_pages_is_served(fresh: Server, path: str) -> None:
    """No address leads out of exports/, to a page that is not there, or to a topic that is none."""
    connection = http.client.HTTPConnection("127.0.0.1", fresh.port, timeout=40)
    try:
        connection.request("GET", path, headers={"Authorization": f"token {fresh.token}"})
        assert connection.getresponse().status == 404
    finally:
        connection.close()


@pytest.mark.parametrize("what", ["collection", "work", "roster?name=a.csv", f"review/{TOPIC}"])
def test_the_panel_answers_nobody_without_the_token_and_no_other_site(fresh: Server, what: str) -> None:
    """Without the token nobody is answered; a page of another site starts and records nothing."""
    method = "GET" if what == "collection" else "POST"
    assert fresh.ask(f"/handouts/{what}", method, {}, {})[0] in (302, 403)
    if method == "POST":
        assert ask(fresh, f"/handouts/{what}", "POST", {"do": "check"}, **{"Sec-Fetch-Site": "cross-site"})[0] == 403
