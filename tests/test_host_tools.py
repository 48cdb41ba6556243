"""The host tools alone make a handout: papermill and nbconvert, and JupyterLab's menu."""

import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import BIN, NEEDLES, copied, edit
from handouts.build.run import read_manifest
from handouts.collection.folder import Collection

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize(
    ("topic", "given", "page"),
    [
        ("your-dry-needling-session", {"audience": "older-adult"}, "older-adult_plain_large"),
        ("which-treatment-is-right", {}, "general_plain_normal"),
    ],
)
def test_papermill_and_nbconvert_give_the_bytes_of_a_build(
    built: Path, tmp_path: Path, run: Run, topic: str, given: dict[str, str], page: str
) -> None:
    """`papermill`, then `jupyter nbconvert --to handout`: the same bytes as `handouts build`, whatever the file is called."""
    parameters = [word for name, value in given.items() for word in ("-p", name, value)]
    run("papermill", f"notebooks/{topic}.ipynb", tmp_path / "out.ipynb", *parameters, cwd=NEEDLES, check=True)
    run("jupyter", "nbconvert", "--to", "handout", tmp_path / "out.ipynb", cwd=NEEDLES, check=True)
    assert (tmp_path / "out.html").read_bytes() == (built / topic / f"{page}.html").read_bytes()


def test_any_print_size_can_be_asked_for(copy: Collection, tmp_path: Path, run: Run) -> None:
    """A size that no audience has of its own comes out the same on both ways."""
    topic = "which-treatment-is-right"
    run(
        "papermill",
        f"notebooks/{topic}.ipynb",
        tmp_path / "o.ipynb",
        "-p",
        "audience",
        "athlete",
        "-p",
        "size",
        "giant",
        check=True,
    )
    run("jupyter", "nbconvert", "--to", "handout", tmp_path / "o.ipynb", check=True)
    run("handouts", "build", topic, "--audience", "athlete", "--size", "giant", "--out", tmp_path / "out", check=True)
    assert (tmp_path / "o.html").read_bytes() == (tmp_path / "out" / topic / "athlete_plain_giant.html").read_bytes()


def test_papermill_refuses_an_unknown_audience(copy: Collection, tmp_path: Path, run: Run) -> None:
    """A misspelt audience stops papermill with the values known."""
    done = run(
        "papermill", "notebooks/which-treatment-is-right.ipynb", tmp_path / "o.ipynb", "-p", "audience", "atlete"
    )
    assert done.returncode != 0
    assert "unknown audience 'atlete'. Did you mean 'athlete'?" in done.stderr


def test_nbconvert_refuses_a_parameter_that_papermill_only_warned_of(
    copy: Collection, tmp_path: Path, run: Run
) -> None:
    """A misspelt parameter, of which papermill only warns, makes no page."""
    run(
        "papermill",
        "notebooks/which-treatment-is-right.ipynb",
        tmp_path / "o.ipynb",
        "-p",
        "audeince",
        "athlete",
        check=True,
    )
    done = run("jupyter", "nbconvert", "--to", "handout", tmp_path / "o.ipynb")
    assert done.returncode != 0
    assert "was run with a parameter 'audeince' that it does not declare" in done.stderr
    assert not (tmp_path / "o.html").exists()


def test_no_page_is_made_with_another_collections_data(
    copy: Collection, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """papermill on one collection's notebook, from a folder where another collection is found, makes no page."""
    copied(NEEDLES, tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path / "elsewhere")
    run("papermill", copy.notebook("which-treatment-is-right"), "o.ipynb", check=True)
    done = run("jupyter", "nbconvert", "--to", "handout", "o.ipynb")
    assert done.returncode != 0
    assert "which is not of the collection found from this folder" in done.stderr


def test_nbconvert_can_execute_too(copy: Collection, tmp_path: Path, run: Run) -> None:
    """`nbconvert --execute` runs the notebook before it makes the page."""
    edit(copy.data / "captions.csv", "Circle what you like or do not like.", "Timing.")
    notebook = copy.notebook("which-treatment-is-right")
    run("jupyter", "nbconvert", "--to", "handout", "--execute", notebook, "--output-dir", tmp_path, check=True)
    assert "Timing" in (tmp_path / "which-treatment-is-right.html").read_text()


def answers(address: str) -> bool:
    """Tell whether a server is there."""
    try:
        with urllib.request.urlopen(f"{address}api", timeout=5):
            return True
    except OSError:
        return False


@pytest.fixture
def lab(copy: Collection, tmp_path: Path) -> Iterator[str]:
    """JupyterLab on a copy of the collection; its address."""
    log = (tmp_path / "lab.log").open("w")
    server = subprocess.Popen(
        [
            BIN / "jupyter", "lab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root",
            "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True", "--ServerApp.open_browser=False",
        ],
        cwd=copy.root, stdout=log, stderr=log,
        env={**os.environ, "HOME": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path / "run")},
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not (found := re.search(r"(http://127\.0\.0\.1:\d+/)lab", (tmp_path / "lab.log").read_text())):
            assert time.monotonic() < deadline, (tmp_path / "lab.log").read_text()
            assert server.poll() is None, (tmp_path / "lab.log").read_text()
            time.sleep(0.2)
        while not answers(found[1]):  # it says where it is before it listens
            assert time.monotonic() < deadline, (tmp_path / "lab.log").read_text()
        yield found[1]
    finally:
        server.terminate()
        server.wait(timeout=20)
        log.close()


def test_the_server_offers_the_exporter(lab: str, built: Path) -> None:
    """Jupyter's server lists the exporter for the menu, and its download is the page of a build."""
    with urllib.request.urlopen(f"{lab}api/nbconvert") as answer:
        assert b'"handout"' in answer.read()
    with urllib.request.urlopen(
        f"{lab}nbconvert/handout/notebooks/which-treatment-is-right.ipynb?download=true"
    ) as answer:
        assert answer.read() == (built / "which-treatment-is-right" / "general_plain_normal.html").read_bytes()


@pytest.mark.browser
def test_the_exporter_is_in_jupyterlabs_menu(lab: str, browser: object) -> None:
    """An educator opens a topic in JupyterLab and chooses File, Save and Export Notebook As, Handout."""
    page = browser.new_page()  # type: ignore[attr-defined]
    # The menu is filled when the server has told what it can export to; a menu opened before stays as it is.
    with page.expect_response(lambda response: "/api/nbconvert" in response.url, timeout=90_000):
        page.goto(f"{lab}lab/tree/notebooks/which-treatment-is-right.ipynb")
    page.wait_for_selector(".jp-NotebookPanel:visible .jp-Notebook", timeout=60_000)
    page.locator('.lm-MenuBar-itemLabel:text-is("File")').click()
    page.locator('.lm-Menu-itemLabel:text-is("Save and Export Notebook As")').hover()
    with page.context.expect_event("response", lambda response: "/nbconvert/" in response.url) as answer:
        page.locator('.lm-Menu-itemLabel:text-is("Handout")').click()
    assert answer.value.status == 200
    assert "/nbconvert/handout/notebooks/which-treatment-is-right.ipynb?download=true" in answer.value.url


def test_every_page_of_the_manifest_can_be_made_again_by_its_row(built: Path) -> None:
    """A row of the manifest names all that papermill needs: topic and parameters."""
    for row in read_manifest(built):
        assert row["path"] == f"{row['topic']}/{row['audience']}_{row['level']}_{row['size']}.html"


def test_the_word_of_an_educator_reaches_the_page(copy: Collection, tmp_path: Path, run: Run) -> None:
    """A sentence changed in the notebook is in the page, on both ways."""
    edit(
        copy.notebook("which-treatment-is-right"),
        "For pain or trouble moving you have a choice",
        "It all depends on what you want. You have pain",
    )
    run("handouts", "build", "which-treatment-is-right", "--audience", "general", "--out", tmp_path, check=True)
    assert (
        "It all depends on what you want."
        in (tmp_path / "which-treatment-is-right/general_plain_normal.html").read_text()
    )
