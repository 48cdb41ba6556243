"""What the desk runs, for whom, and when: nothing of a notebook before somebody who may said yes to its code."""

import contextlib
import http.client
import http.server
import json
import os
import secrets
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import nbformat.sign
import psutil
import pytest
from axe_playwright_python.sync_playwright import Axe
from test_desk import LAB, NOTEBOOK, TOPIC, Desk, Preview, Server, a_copy, picture, restored, started, stopped, until

from conftest import BIN
from handouts import files
from handouts.collection.folder import Collection
from handouts.desk import trust

OTHER = "notebooks/which-treatment-is-right.ipynb"
READER = """
from jupyter_server.auth import Authorizer


class Roles(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return handler.request.headers.get("X-Role") != "reader" or action == "read"


c.ServerApp.authorizer_class = Roles
"""
"""Settings of a server where whoever says to be a reader may read only."""
PAGES = {"page", "alone", "findings"}
"""The addresses that make something of a notebook."""


class Marked(Server):
    """A server whose notebooks, when they run, leave a line in the file `ran` beside the collection."""

    def mark(self) -> None:
        """Have each notebook, which nobody has run then, leave a line: its name, and whom it runs for."""
        now = secrets.token_hex(4)  # what was begun before may still run, and leaves its lines with another
        (self.root.parent / "round").write_text(now)
        for path in (self.root / "notebooks").glob("*.ipynb"):
            line = f"_ = open({str(self.marks)!r}, 'a').write('{now} {path.stem}' + %s + '\\n')"
            above, below = line % "' starts'", line % "' for ' + audience"
            change(path, lambda nb, above=above, below=below: put(nb, above, below))
        self.marks.unlink(missing_ok=True)

    @property
    def marks(self) -> Path:
        """Where the lines are."""
        return self.root.parent / "ran"

    def ran(self, path: str = NOTEBOOK) -> list[str]:
        """Return the lines that a notebook left."""
        lines = self.marks.read_text().splitlines() if self.marks.exists() else []
        now = f"{(self.root.parent / 'round').read_text()} "
        return [line.removeprefix(now) for line in lines if line.startswith((f"{now}{Path(path).stem}", "a module"))]

    def asks(self, path: str = NOTEBOOK) -> bool:
        """Tell whether the preview of a notebook asks before it runs."""
        status, told = self.ask(f"/handouts/page/{path}")
        assert status == 200, told
        return bool(told["untrusted"])

    def say_yes(self, path: str = NOTEBOOK) -> None:
        """Say that a notebook may run."""
        assert self.ask(f"/handouts/trust/{path}", "POST", {})[1] == {"trusted": [path]}

    def made(self, path: str = NOTEBOOK, query: str = "") -> Any:
        """Return what the desk says of a page, once it is made."""
        page: dict[str, Any] = {"pending": True}
        while page["pending"]:  # each waits for a second at most
            status, page = self.ask(f"/handouts/page/{path}?{query}")
            assert status == 200, page
            assert not page["untrusted"]
        return page


def put(nb: Any, above: str, below: str) -> None:
    """Put a code cell above the parameters of a notebook, and one below, in place of those put before."""
    nb.cells = [cell for cell in nb.cells if not cell.id.startswith("mark-")]
    at = next(count for count, cell in enumerate(nb.cells) if cell.id == "parameters")
    nb.cells.insert(at + 1, nbformat.v4.new_code_cell(below, id="mark-below"))
    nb.cells.insert(at, nbformat.v4.new_code_cell(above, id="mark-above"))


def change(path: Path, how: Callable[[Any], Any]) -> None:
    """Change a notebook on disk, as another program does."""
    nb = nbformat.read(path, as_version=4)
    how(nb)
    files.write(path, (nbformat.writes(nb) + "\n").encode())


def cell(nb: Any, name: str) -> Any:
    """Return a cell by its id."""
    return next(one for one in nb.cells if one.id == name)


def lab_in(folder: Path, root: Path, home: Path, *options: str) -> Marked:
    """Start JupyterLab in `folder`, with the collection at `root`."""
    command = [BIN / "jupyter", "lab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root"]
    options = ("--LabApp.expose_app_in_browser=True", *options)
    lab = started([*command, *options], folder, home, secrets.token_hex(16))
    return Marked(root, lab.port, lab.token, lab.process)


@contextlib.contextmanager
def ended(server: Marked) -> Iterator[Marked]:
    """End a server after its test."""
    try:
        yield server
    finally:
        if server.process.poll() is None:
            stopped(server.process, signal.SIGTERM)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marked]:
    """JupyterLab in a copy of the collection, where the header X-Role makes somebody a reader."""
    home = tmp_path_factory.mktemp("home")
    root = a_copy(tmp_path_factory.mktemp("desk") / "clinic")
    (home / "roles.py").write_text(READER)
    with ended(lab_in(root, root, home / "lab", f"--config={home / 'roles.py'}")) as server:
        yield server


@pytest.fixture
def server(lab: Marked) -> Marked:
    """Give a server whose collection is as it was at first, and whose notebooks nobody has run."""
    restored(lab)
    lab.mark()
    assert lab.asks()
    return lab


@pytest.fixture
def window(server: Marked, browser: Any) -> Iterator[Desk]:
    """Open a new browser window on the server."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    yield Desk(server, context)
    context.close()


@pytest.fixture
def start_alone(tmp_path: Path) -> Iterator[Callable[..., Marked]]:
    """Start `handouts preview` on a copy of the collection."""
    with contextlib.ExitStack() as stack:

        def start() -> Marked:
            root = a_copy(tmp_path / "clinic")
            preview = started([BIN / "handouts", "preview"], root, tmp_path / "home", secrets.token_hex(16))
            return stack.enter_context(ended(Marked(root, preview.port, preview.token, preview.process)))

        yield start


def cookies(server: Server) -> str:
    """Log in as a browser does, and return its cookies."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", f"/handouts?token={server.token}")
    told = [value.partition(";")[0] for name, value in connection.getresponse().getheaders() if name == "Set-Cookie"]
    connection.close()
    return "; ".join(told)


@pytest.mark.browser
@pytest.mark.parametrize("above", [False, True], ids=["in-the-collection", "above-it"])
def test_opening_a_notebook_runs_nothing(tmp_path: Path, browser: Any, above: bool) -> None:
    """JupyterLab is started in a collection, or above it, and a notebook opened: none of its cells runs, nor a module that lies there."""
    root = a_copy(tmp_path / "clinic")
    evil = f"open({str(tmp_path / 'ran')!r}, 'a').write('a module\\n')\n"
    for name in ("multiprocessing", "json", "nbformat"):
        (root / f"{name}.py").write_text(evil)
    first = f"clinic/{NOTEBOOK}" if above else NOTEBOOK
    other = f"clinic/{OTHER}" if above else OTHER
    with ended(lab_in(tmp_path if above else root, root, tmp_path / "home")) as server:
        server.mark()
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{server.address}lab/tree/{first}?token={server.token}")
        page.locator(".handouts-Button:visible").wait_for(timeout=90_000)
        server.say_yes(other)
        assert server.made(other)["error"] is None  # whatever was begun before is over
        assert server.ran(OTHER) != []
        assert server.asks(first)
        assert server.ran(first) == []
        context.close()


@pytest.mark.browser
def test_a_preview_asks_once_and_is_answered_by_keyboard(window: Desk, server: Marked) -> None:
    """Preview of a notebook that nobody ran asks. Yes, by keyboard, shows the page, JupyterLab trusts it too, and nobody asks again."""
    page = window.lab()
    page.locator(".handouts-Button:visible").click()
    frame = page.wait_for_selector("iframe[src*='/handouts/preview/']", timeout=20_000).content_frame()
    preview = Preview(page, frame)
    frame.locator("#ask").wait_for()
    assert "This notebook has not been run by you. Run it to show the page?" in frame.locator("#ask").inner_text()
    assert frame.get_by_role("alert").filter(has_text="has not been run by you").count() == 1
    preview.checked()
    assert "Nothing found" not in frame.locator("#count").inner_text(), "a page that is not there is called fine"
    picture(page, "question")
    flags = "[...[...jupyterapp.shell.widgets('main')].find(one => one.context).content.model.cells].filter(one => one.type === 'code').map(one => one.trusted)"
    assert set(page.evaluate(flags)) == {False}
    assert server.ran() == []
    frame.locator("#print").focus()
    page.keyboard.press("Tab")
    assert frame.evaluate("document.activeElement.textContent") == "Run this notebook"
    page.keyboard.press("Enter")
    preview.shows("For everyone", 60)
    assert set(server.ran()) == {f"{TOPIC} starts", f"{TOPIC} for general"}
    assert not frame.locator("#ask").is_visible()
    until(page, lambda: set(page.evaluate(flags)) == {True})
    frame.locator("select[name=audience]").select_option("athlete")
    preview.shows("For athletes")
    _, stored = server.ask(f"/api/contents/{NOTEBOOK}?content=1")
    code = [one for one in stored["content"]["cells"] if one["cell_type"] == "code"]
    assert {one["metadata"]["trusted"] for one in code} == {True}
    again = Preview(other := window.context.new_page(), other)
    other.goto(f"{server.address}handouts/preview/{NOTEBOOK}")
    again.shows("For everyone")
    assert server.asks(OTHER), "yes to one notebook is no yes to another"


@pytest.mark.browser
def test_code_written_in_jupyterlab_runs_without_a_question(window: Desk, server: Marked) -> None:
    """An educator who has said yes changes a code cell in JupyterLab and saves: the page is made of it, and nobody asks."""
    server.say_yes()
    page = window.lab()
    preview = window.beside(page)
    preview.shows("For everyone")
    names = [one["id"] for one in server.stored()["cells"]]
    code = page.locator(LAB + ".jp-Cell").nth(names.index("plain-before-picture"))
    code.scroll_into_view_if_needed()
    code.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text('diagram("the-needle")  # mine')
    page.keyboard.press("Control+s")
    until(page, lambda: "# mine" in server.source("plain-before-picture"))
    preview.until(lambda: "Lie down for the needles" not in preview.words())
    assert not preview.at.locator("#ask").is_visible()
    assert not server.asks()


@pytest.mark.browser
def test_all_notebooks_are_trusted_by_one_answer(window: Desk, server: Marked) -> None:
    """One answer trusts all notebooks of the collection; a preview that asks elsewhere shows its page by itself, and a new topic too."""
    here, there = window.alone(), window.alone(topic=Path(OTHER).stem)
    for preview in (here, there):
        preview.at.locator("#ask").wait_for()
    assert server.ask("/handouts/new", "POST", {"title": "Before anybody said yes"})[0] == 201
    assert server.asks("notebooks/before-anybody-said-yes.ipynb"), "it holds code of a notebook that nobody ran"
    here.at.get_by_role("button", name="Trust all notebooks of this collection").click()
    for preview in (here, there):
        preview.shows("For everyone", 60)
    for topic in Collection(server.root).topics:
        assert not server.asks(f"notebooks/{topic}.ipynb")
    assert server.ask("/handouts/new", "POST", {"title": "After that"})[0] == 201
    assert not server.asks("notebooks/after-that.ipynb")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_question(window: Desk, scheme: str) -> None:
    """axe-core finds no violation on a preview that asks, and on a phone nothing of it scrolls sideways."""
    preview = window.alone()
    preview.page.emulate_media(color_scheme=scheme)
    preview.at.locator("#ask").wait_for()
    preview.checked()
    for width, height in ((1000, 800), (320, 640)):
        preview.page.set_viewport_size({"width": width, "height": height})
        results = Axe().run(preview.page)
        assert results.violations_count == 0, results.generate_report()
        wide = "[...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1).length"
        assert preview.at.evaluate(wide) == 0
        assert preview.at.locator("#all").is_visible()
        picture(preview.page, f"question-{width}-{scheme}")


def test_no_address_runs_what_nobody_said_yes_to(server: Marked) -> None:
    """Whatever address of the desk is asked, and for whichever reader, a notebook that nobody said yes to does not run."""
    for what in (*PAGES, "preview", "stamp", "facets", "saved"):
        for query in ("", "audience=athlete", "wait=no", "audience=athlete&level=original&size=giant"):
            assert server.ask(f"/handouts/{what}/{NOTEBOOK}?{query}")[0] in (200, 302)
    server.say_yes(OTHER)
    assert server.made(OTHER)["error"] is None  # whatever was begun before is over
    assert server.ran() == []
    assert server.ran(OTHER) != []


def added(nb: Any) -> None:
    nb.cells.append(nbformat.v4.new_code_cell("1", id="one-more"))


BESIDE = {
    "module": lambda folder: (folder / "pandas.py").write_text("1"),
    "package": lambda folder: [(folder / "numpy").mkdir(), (folder / "numpy/__init__.py").write_text("1")],
    "compiled": lambda folder: (folder / "numpy.pyc").write_bytes(b"1"),
    "library": lambda folder: (folder / "numpy.so").write_bytes(b"1"),
    "link": lambda folder: (folder / "numpy").symlink_to(folder.parent / "data", target_is_directory=True),
}
RUNS = {
    "code": lambda nb: cell(nb, "plain-before-picture").update(source='diagram("the-needle")'),
    "tags": lambda nb: cell(nb, "plain-before-picture").metadata.update(tags=["level:original"]),
    "cell": added,
    "order": lambda nb: nb.cells.append(nb.cells.pop(nb.cells.index(cell(nb, "mark-below")))),
    "gone": lambda nb: nb.cells.remove(cell(nb, "mark-below")),
    "text-to-code": lambda nb: nb.cells.append(nbformat.v4.new_code_cell(cell(nb, "title").source, id="was-text")),
}
SHOWS = {
    "text": lambda nb: cell(nb, "title").update(source="# Zebras"),
    "outputs": lambda nb: [one.update(outputs=[]) for one in nb.cells if one.cell_type == "code"],
    "metadata": lambda nb: nb.metadata.update(authors=[{"name": "A colleague"}]),
}


@pytest.mark.parametrize("how", [*RUNS, *BESIDE])
def test_changed_code_asks_again(server: Marked, how: str) -> None:
    """Code that somebody else changes on disk, in a cell or in what cells can import, asks again; put back, it does not."""
    server.say_yes()
    assert not server.asks()
    folder, before = server.root / "notebooks", (server.root / NOTEBOOK).read_bytes()
    there = set(folder.iterdir())
    if how in RUNS:
        change(server.root / NOTEBOOK, RUNS[how])
    else:
        BESIDE[how](folder)
    try:
        assert server.asks()
    finally:
        (server.root / NOTEBOOK).write_bytes(before)
        for path in set(folder.iterdir()) - there:
            subprocess.run(["rm", "-r", path], check=True)
    assert not server.asks()


@pytest.mark.parametrize("how", [*SHOWS, "table", "picture"])
def test_words_and_tables_do_not_ask_again(server: Marked, how: str) -> None:
    """Text, outputs, tables and pictures that somebody else changes on disk run nothing else, and ask nothing."""
    server.say_yes()
    beside, table = server.root / "notebooks" / "photo.png", server.root / "data" / "clinic.csv"
    before = table.read_bytes()
    try:
        if how in SHOWS:
            change(server.root / NOTEBOOK, SHOWS[how])
        elif how == "table":
            table.write_bytes(before + b"\n")
        else:
            beside.write_bytes(b"1")
        assert not server.asks()
    finally:
        beside.unlink(missing_ok=True)
        table.write_bytes(before)


def content_of(server: Server, path: str = NOTEBOOK) -> Any:
    """Return a notebook as JupyterLab gets it."""
    return server.ask(f"/api/contents/{path}?content=1")[1]["content"]


def with_flags(content: Any, trusted: bool) -> Any:
    """Mark all code cells as JupyterLab marks those that were run, or were not."""
    for one in content["cells"]:
        if one["cell_type"] == "code":
            one["metadata"]["trusted"] = trusted
    return content


def without_outputs(server: Server) -> None:
    """Take all outputs out of the notebook: Jupyter itself signs one without, whoever wrote it."""
    change(server.root / NOTEBOOK, SHOWS["outputs"])


def test_a_save_keeps_what_may_run(server: Marked) -> None:
    """Who may run a notebook, changes its code and text and loses its parameters in a save, may run it still; Jupyter trusts it too."""
    server.say_yes()
    content = content_of(server)
    content["cells"] = [one for one in content["cells"] if one["id"] != "parameters"]
    next(one for one in content["cells"] if one["id"] == "title")["source"] = "# Zebras"
    next(one for one in content["cells"] if one["id"] == "mark-above")["source"] = "2 + 2"
    assert server.save(content)[0] == 200
    assert server.source("parameters")
    assert server.source("mark-above") == "2 + 2"
    assert not server.asks()
    code = [one for one in content_of(server)["cells"] if one["cell_type"] == "code"]
    assert {one["metadata"]["trusted"] for one in code} == {True}


def test_a_save_makes_nothing_run_that_nobody_ran(server: Marked) -> None:
    """A notebook that nobody ran is opened, its words changed and saved: it asks still, though Jupyter signs it where it has no outputs."""
    without_outputs(server)
    content = content_of(server)
    assert {one["metadata"]["trusted"] for one in content["cells"] if one["cell_type"] == "code"} == {False}
    next(one for one in content["cells"] if one["id"] == "title")["source"] = "# Zebras"
    assert server.save(content)[0] == 200
    code = [one for one in content_of(server)["cells"] if one["cell_type"] == "code"]
    assert {one["metadata"]["trusted"] for one in code} == {True}, "Jupyter signs it no more: this test is empty"
    assert server.asks()
    content = content_of(server)
    next(one for one in content["cells"] if one["id"] == "mark-above")["metadata"]["trusted"] = False
    assert server.save(content)[0] == 200
    assert server.asks(), "one cell that was not run is enough"


def test_an_upload_makes_nothing_run(server: Marked) -> None:
    """A notebook that is uploaded asks, even where it says of itself that all its cells were run."""
    content = with_flags(json.loads((server.root / NOTEBOOK).read_text(encoding="utf-8")), True)
    path = "notebooks/uploaded.ipynb"
    try:
        assert server.save(content, path)[0] == 201
        assert server.asks(path)
    finally:
        (server.root / path).unlink()


def test_who_ran_every_cell_is_not_asked(server: Marked) -> None:
    """A notebook whose cells were all run, or trusted, in JupyterLab, and which was saved there, does not ask."""
    assert server.save(with_flags(content_of(server), True))[0] == 200
    assert not server.asks()


def test_no_notebook_can_be_signed_into_trust(copy: Collection) -> None:
    """What Jupyter signs as a notebook is never what lets code run, and the code of a notebook that cannot be read is none."""
    path = copy.notebook(TOPIC)
    code = trust.read_code(path)
    assert code is not None

    store = nbformat.sign.MemorySignatureStore()
    notary = nbformat.sign.NotebookNotary(data_dir=str(copy.root), store_factory=lambda: store)
    notary.sign(nbformat.read(path, as_version=4))
    notary.sign(nbformat.v4.new_notebook(metadata={f"handouts may run {code}": ""}))
    assert len(store.data) == 2
    assert not trust.is_trusted(notary, code)
    trust.trust(notary, code)
    assert trust.is_trusted(notary, code)
    path.write_text("{")
    assert trust.read_code(path) is None


def test_who_may_only_read_runs_nothing(server: Marked) -> None:
    """Who may read and not execute gets 403 from all that runs code or says that it may, and nothing runs; the list of topics shows."""
    server.say_yes()
    reader = {"Authorization": f"token {server.token}", "X-Role": "reader"}
    for what in PAGES:
        assert server.ask(f"/handouts/{what}/{NOTEBOOK}?audience=athlete", headers=reader)[0] == 403, what
    assert server.ask(f"/handouts/trust/{OTHER}", "POST", {}, reader)[0] == 403
    assert server.ask("/handouts/new", "POST", {"title": "Of a reader"}, reader)[0] == 403
    assert server.ask("/handouts", headers=reader)[0] == 200
    assert server.ask(f"/handouts/facets/{NOTEBOOK}", headers=reader)[0] == 200
    assert server.asks(OTHER)
    server.made()
    assert set(server.ran()) == {f"{TOPIC} starts", f"{TOPIC} for general"}


@pytest.mark.parametrize("what", sorted(PAGES))
def test_other_sites_may_not_ask(server: Marked, what: str) -> None:
    """Only a page of the server itself, or who knows the token, has a page made; a login alone is not enough."""
    server.say_yes()
    address, logged_in = f"/handouts/{what}/{NOTEBOOK}", {"Cookie": cookies(server)}
    for site in ("cross-site", "same-site"):
        assert server.ask(address, headers={**logged_in, "Sec-Fetch-Site": site})[0] == 403
    assert server.ask(address, headers=logged_in)[0] == 403
    assert server.ask(address, headers={**logged_in, "Referer": "http://127.0.0.1:1/"})[0] == 403
    server.say_yes(OTHER)
    server.made(OTHER)
    assert server.ran() == []
    for site in ("same-origin", "none"):
        assert server.ask(address, headers={**logged_in, "Sec-Fetch-Site": site})[0] == 200
    assert server.ask(address)[0] == 200
    token = dict(one.split("=", 1) for one in logged_in["Cookie"].split("; "))["_xsrf"]
    assert server.ask(address, headers={**logged_in, "X-XSRFToken": token})[0] == 200


@pytest.mark.browser
def test_a_picture_on_another_site_runs_nothing(window: Desk, server: Marked, tmp_path: Path) -> None:
    """A page on another port of this machine, in the browser that is logged in, gets nothing run by a picture, a frame or a script."""
    window.alone()
    server.say_yes()
    address = f"{server.address}handouts/%s/{NOTEBOOK}?audience=%s"
    tags = f"""<img src="{address % ("alone", "athlete")}"><img src="{address % ("page", "older-adult")}">
      <script src="{address % ("page", "athlete")}"></script><iframe src="{address % ("alone", "general")}"></iframe>"""
    (tmp_path / "index.html").write_text(tags)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        page = window.context.new_page()
        over: list[str] = []
        answers: list[int] = []
        page.on("response", lambda answer: "/handouts/" in answer.url and answers.append(answer.status))
        for event in ("requestfinished", "requestfailed"):  # a browser shows nobody some of what it was refused
            page.on(event, lambda request: "/handouts/" in request.url and over.append(request.url))
        page.goto(f"http://127.0.0.1:{other.server_port}/")
        until(page, lambda: len(over) == 4)
        other.shutdown()
    assert set(answers) == {403}
    assert server.made()["error"] is None
    assert set(server.ran()) == {f"{TOPIC} starts", f"{TOPIC} for general"}


def test_a_preview_alone_serves_nothing_else(start_alone: Callable[..., Marked], tmp_path: Path) -> None:
    """`handouts preview` starts, as root too, for this machine only; even with the token it serves no kernel, file or terminal."""
    server = start_alone()
    log = (tmp_path / "home/server.log").read_text()
    assert ("you are root" in log) == (os.geteuid() == 0)
    listening = [one for one in psutil.Process(server.process.pid).net_connections() if one.status == "LISTEN"]
    assert {one.laddr.ip for one in listening} <= {"127.0.0.1", "::1"}
    assert listening
    other = (
        "api", "api/", "api/kernels", "api/kernelspecs", "api/sessions", "api/contents", f"api/contents/{NOTEBOOK}", "api/terminals", "api/status",
        "api/config/x", "api/me", "api/shutdown", "api/kernels/x/channels", f"api/contents/{NOTEBOOK}/trust", "metrics", f"files/{NOTEBOOK}",
        f"nbconvert/html/{NOTEBOOK}", f"view/{NOTEBOOK}", "edit/data/clinic.csv", "tree", "lab", "notebooks/x", "terminals/1", "kernelspecs/python3/logo-64x64.png",
        "/api/kernels", "%61pi/kernels", "handouts/../api/kernels", "handouts//api/kernels", "static/../api/kernels", "handoutsapi/kernels",
        "static/handouts/preview.html.j2", "static/handouts/../preview.html.j2", "static/handouts/panel.html.j2",
    )  # fmt: skip
    before = (server.root / NOTEBOOK).read_bytes()
    for path in other:
        for method, content in (
            ("GET", None),
            ("POST", {}),
            ("PUT", {"type": "file", "format": "text", "content": "x"}),
            ("DELETE", None),
        ):
            status = server.ask(f"/{path}", method, content)[0]
            assert status in ((404, 405) if "static/" in path else (404,)), (method, path, status)
    assert (server.root / NOTEBOOK).read_bytes() == before
    assert server.ask("/static/handouts/preview.js", headers={})[0] == 200
    assert server.ask("/", headers={})[0] == 302
    assert server.asks()
    server.say_yes()
    assert "For everyone" in server.made()["html"]


def test_a_cell_that_does_not_end_holds_up_its_own_page_only(start_alone: Callable[..., Marked]) -> None:
    """While a cell does not end, other readers of its notebook, other notebooks and findings come; processes are few, and end with the server."""
    server = start_alone()
    server.mark()
    change(server.root / NOTEBOOK, lambda nb: cell(nb, "mark-below").update(source="import threading\nif audience != 'general': threading.Event().wait()"))  # fmt: skip
    assert server.ask(f"/handouts/trust/{NOTEBOOK}", "POST", {"all": True})[0] == 200
    assert server.ask(f"/handouts/page/{NOTEBOOK}?audience=athlete")[1]["pending"]
    assert server.made()["error"] is None
    for reader in ("athlete&level=original", "older-adult"):  # more readers than it gets processes
        assert server.ask(f"/handouts/page/{NOTEBOOK}?audience={reader}&wait=no")[1]["pending"]
    topics = [f"notebooks/{topic}.ipynb" for topic in Collection(server.root).topics if topic != TOPIC]
    assert topics
    for path in topics:
        assert "For everyone" in server.made(path)["html"]
    while server.ask(f"/handouts/findings/{NOTEBOOK}?audience=athlete")[1]["pending"]:
        pass
    assert server.ask(f"/handouts/page/{NOTEBOOK}?audience=athlete&wait=no")[1]["pending"], (
        "it ended: this test is empty"
    )
    workers = [one for one in psutil.Process(server.process.pid).children() if "spawn_main" in " ".join(one.cmdline())]
    assert 2 <= len(workers) <= 5
    assert stopped(server.process, signal.SIGTERM)[1] == []


@pytest.mark.parametrize("what", ["page", "alone", "findings"])
@pytest.mark.parametrize(
    "query", ["wrong=1", "audience=nobody", "audience=%0D%0Ax%E2%80%AE", "level=plain&_=1", "size=%FF"]
)
def test_what_an_address_may_not_ask_is_told_in_a_line(server: Marked, what: str, query: str) -> None:
    """A parameter or value that the tables do not know is answered with 400 and a line of text, whether the notebook may run or not."""
    for _ in range(2):
        status, told = server.ask(f"/handouts/{what}/{NOTEBOOK}?{query}")
        assert status == 400, told
        reason = told["reason"] or told["message"] if what != "alone" else told.decode()
        assert len(reason.splitlines()) == 1
        assert "Traceback" not in reason
        server.say_yes()
    server.say_yes(OTHER)
    server.made(OTHER)
    assert server.ran() == []


@pytest.mark.parametrize("body", [[1], "all", None, 7])
def test_an_odd_answer_is_refused(server: Marked, body: object) -> None:
    """What is sent must be a JSON object; anything else is answered with 400, and lets nothing run."""
    status, _ = server.ask(f"/handouts/trust/{NOTEBOOK}", "POST", body)
    assert status == (400 if body is not None else 200)
    assert server.asks() == (body is not None)


def test_each_answer_has_its_headers(server: Marked) -> None:
    """Each answer, be it a page, JSON or an error, tells no other site where it was seen, is framed by none, and is what it says it is."""
    server.say_yes()
    asked = [f"/{what}/{path}{query}" for what in (*PAGES, "preview", "stamp", "facets", "saved") for path in (NOTEBOOK, "notebooks/none.ipynb") for query in ("", "?wrong=1")]  # fmt: skip
    for path in ("", *asked):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("GET", f"/handouts{path}", headers={"Authorization": f"token {server.token}"})
        answer = connection.getresponse()
        told = f"{path}: {answer.status} {answer.read()[:100]!r}"
        connection.close()
        assert answer.status < 500, told
        assert answer.headers["Referrer-Policy"] == "no-referrer", told
        assert answer.headers["X-Content-Type-Options"] == "nosniff", told
        wanted = "frame-ancestors 'none'" if path.startswith("/alone") else "frame-ancestors 'self'"
        assert wanted in answer.headers["Content-Security-Policy"], told
