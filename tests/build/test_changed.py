"""changed.py, and pages whose review is overdue: what a reviewer needs to see."""

import shutil
import subprocess
from collections.abc import Callable

import pytest

from conftest import edit, sign_pages
from handouts.collection.folder import Collection

Run = Callable[..., subprocess.CompletedProcess[str]]
SESSION = "your-dry-needling-session"


@pytest.fixture
def in_git(clinic: Collection) -> Collection:
    """A copy of the collection under version control, with one commit."""
    if not shutil.which("git"):
        pytest.skip("no git on this machine: install it (Debian: apt install git) to compare pages with a revision")
    git = ["git", "-c", "user.name=Test", "-c", "user.email=test@clinic.example"]
    (clinic.root / ".gitignore").write_text(".cache\nexports\n")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "First"]):
        subprocess.run([*git, *command], cwd=clinic.root, check=True)
    return clinic


def test_the_pages_whose_words_changed_are_listed_with_before_and_after(in_git: Collection, run: Run) -> None:
    """`handouts changed REV` names each page whose words changed, and no other, with the line before and after."""
    done = run("handouts", "changed", "HEAD")
    assert (done.returncode, done.stdout) == (0, "No page has changed its words since HEAD.\n"), done.stderr
    edit(in_git.notebook(SESSION), "The muscle may twitch, but it need not.", "The muscle may jump, but it need not.")
    done = run("handouts", "changed", "HEAD")
    assert done.returncode == 0, done.stderr
    pages = [line for line in done.stdout.splitlines() if line.endswith(".html")]
    assert len(pages) == 3
    assert all("_plain_" in page and SESSION in page for page in pages)
    assert done.stdout.count("  - 4. The muscle may twitch, but it need not.") == 3
    assert done.stdout.count("  + 4. The muscle may jump, but it need not.") == 3


def test_an_unknown_revision_is_told(in_git: Collection, run: Run) -> None:
    """A revision that git does not know is told in a line."""
    done = run("handouts", "changed", "nothing")
    assert done.returncode == 1
    assert done.stderr.startswith("handouts: nothing is no commit or tag that git knows")
    assert "Traceback" not in done.stderr


def test_a_page_whose_review_is_overdue_is_not_made_unless_asked_for(copy: Collection, run: Run) -> None:
    """A page past its review date is refused, with what to do; `--allow-expired` makes it all the same."""
    sign_pages(copy, SESSION, {"audience": "general", "level": "plain"}, on="2001-01-01", due="2002-01-01")
    asked = ["build", SESSION, "--audience", "general", "--level", "plain"]
    done = run("handouts", *asked)
    assert done.returncode == 1
    assert "its review was due on 2002-01-01. Have it reviewed" in done.stderr
    assert list(copy.exports.glob("*/*.html")) == []
    assert run("handouts", *asked, "--allow-expired").returncode == 0
    assert len(list(copy.exports.glob("*/*.html"))) == 1


def test_a_roster_gets_no_page_whose_review_is_overdue(clinic: Collection, run: Run) -> None:
    """Rows whose page is past its review date get no handout, and the reason is told; `--allow-expired` makes them."""
    sign_pages(clinic, SESSION, on="2001-01-01", due="2002-01-01")
    done = run("handouts", "batch", "data/example-roster.csv", "--dry-run")
    assert done.returncode == 1
    assert "6 without a page" in done.stdout
    done = run("handouts", "batch", "data/example-roster.csv")
    assert "its review was due on 2002-01-01. Have it reviewed (handouts review)" in done.stderr
    assert "6 made, 0 unchanged, 6 without a page" in done.stdout
    assert run("handouts", "batch", "data/example-roster.csv", "--allow-expired").returncode == 0
