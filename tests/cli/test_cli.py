"""The command line: help at once, errors in one line, a bar on a terminal and lines elsewhere."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from conftest import BIN, NEEDLES, edit
from handouts.cli import commands
from handouts.collection.folder import Collection

Run = Callable[..., subprocess.CompletedProcess[str]]
HEAVY = {
    "nbformat",
    "nbconvert",
    "papermill",
    "pandas",
    "matplotlib",
    "numpy",
    "jinja2",
    "IPython",
    "nh3",
    "tqdm",
    "mistune",
}


@pytest.mark.parametrize("arguments", [["--help"], ["build", "--help"], ["refresh", "--help"], ["list"], ["--version"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """Help, the list of topics and the version come without loading what builds pages."""
    code = (
        "import sys\nfrom handouts.cli import main\n"
        f"try: main({arguments!r})\nexcept SystemExit: pass\n"
        "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=NEEDLES, capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split("LOADED")[1].split()) == set()


def test_a_build_with_nothing_to_do_loads_nothing_heavy(copy: Collection, run: Run) -> None:
    """A build in which no page changed starts no kernel and loads none of what makes pages."""
    run("handouts", "build", "which-treatment-is-right", "--audience", "athlete", check=True)
    code = (
        "import sys\nfrom handouts.cli import main\n"
        "assert main(['build', 'which-treatment-is-right', '--audience', 'athlete']) == 0\n"
        "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=copy.root, capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split("LOADED")[1].split()) == set()


def test_every_command_has_help(run: Run) -> None:
    """Every command says what it is for and what its options mean."""
    overview = run("handouts", "--help", check=True).stdout
    for command in ("build", "refresh", "list"):
        assert f"  {command} " in overview
        assert len(run("handouts", command, "--help", check=True).stdout) > 100
    assert "general, athlete, older-adult" in " ".join(run("handouts", "build", "--help").stdout.split())


def test_a_build_says_what_it_does_and_where_to_look(copy: Collection, run: Run) -> None:
    """Off a terminal: plain lines, then a summary with the page to open; nothing from the tools below."""
    done = run("handouts", "build", "which-treatment-is-right", "--level", "original", "--out", "shelf")
    assert done.returncode == 0
    assert done.stdout == f"Pages: 3 made, 0 unchanged. Open {Path('shelf/index.html')}\n"
    lines = done.stderr.splitlines()
    assert lines[0] == "Building 3 pages"
    assert sorted(lines[1:]) == sorted(
        f"  made: which-treatment-is-right ({reader})"
        for reader in (
            "general, original, normal", "athlete, original, normal", "older-adult, original, large",
        )
    )  # fmt: skip


def test_on_a_terminal_there_is_a_bar(copy: Collection) -> None:
    """On a terminal one bar counts the pages instead of a line for each."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    done = subprocess.run(
        [BIN / "handouts", "build", "which-treatment-is-right", "--audience", "general", "--level", "plain"],
        cwd=copy.root, stdout=subprocess.PIPE, stderr=theirs, timeout=60, check=True,
    )  # fmt: skip
    assert select.select([ours], [], [], 5)[0]
    shown = os.read(ours, 100_000).decode()
    os.close(theirs)
    os.close(ours)
    assert "Pages" in shown
    assert "1/1" in shown
    assert "made:" not in shown
    assert b"1 made" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["build", "--audience", "atlete"],
            "handouts: --audience: unknown audience 'atlete'. Did you mean 'athlete'? Known: ",
        ),
        (["build", "--audience", ""], "handouts: --audience: unknown audience ''. Known: "),
        (["build", "--level", "plane"], "handouts: --level: unknown level 'plane'."),
        (["build", "your-session"], "handouts: unknown topic 'your-session'. "),
        (["refresh", "your-session"], "handouts: unknown topic 'your-session'. "),
        (["build", "--out", "data/clinic.csv"], "handouts: data/clinic.csv/.writable-"),
    ],
)
def test_mistakes_are_told_in_one_line(copy: Collection, run: Run, arguments: list[str], told: str) -> None:
    """A wrong value, topic or folder is one line on standard error, exit code 1, and no traceback."""
    done = run("handouts", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(told)
    assert done.stderr.count("\n") == 1


def test_a_broken_table_is_told_in_one_line(copy: Collection, run: Run) -> None:
    """A broken table stops every command with one line; help still comes."""
    edit(copy.data / "parameters.csv", ",yes,general", ",perhaps,general")
    for arguments in (["build"], ["build", "--audience", "athlete"], ["list"]):
        done = run("handouts", *arguments)
        assert done.returncode == 1
        assert done.stderr.startswith("handouts: data/parameters.csv row 2, column facet: 'perhaps' is not allowed")
        assert done.stderr.count("\n") == 1
    assert run("handouts", "--help").returncode == 0


def test_a_failing_page_sets_the_exit_code(copy: Collection, run: Run) -> None:
    """A failed page is told on standard error and the exit code is 1."""
    edit(copy.notebook("your-dry-needling-session"), '"draw_for(audience', '"1/0; draw_for(audience')
    done = run("handouts", "build", "your-dry-needling-session", "--audience", "general", "--level", "plain")
    assert done.returncode == 1
    assert "ZeroDivisionError: division by zero" in done.stderr
    assert "Traceback" not in done.stderr
    assert "0 made, 0 unchanged, 1 failed; pages of the last build stay in their place" in done.stdout


def test_refresh_stores_what_the_notebooks_show(copy: Collection, run: Run) -> None:
    """Refresh stores new outputs; run again it changes nothing; --check tells without changing."""
    topic = "which-treatment-is-right"
    assert run("handouts", "refresh", topic, "--check").stdout == f"{topic}: up to date\n"
    edit(copy.data / "treatment-goals.csv", "Coordination", "Timing")
    before = copy.notebook(topic).read_bytes()
    done = run("handouts", "refresh", topic, "--check")
    assert (done.returncode, done.stdout) == (1, f"{topic}: out of date: run `handouts refresh`\n")
    assert copy.notebook(topic).read_bytes() == before
    assert run("handouts", "refresh", topic).stdout == f"{topic}: refreshed\n"
    assert b"Timing" in copy.notebook(topic).read_bytes()
    assert run("handouts", "refresh", topic).stdout == f"{topic}: unchanged\n"


def test_a_failed_refresh_leaves_the_notebook_as_it_was(copy: Collection, run: Run) -> None:
    """A cell that fails stores nothing: what the educator wrote, and the last good outputs, stay."""
    path = copy.notebook("which-treatment-is-right")
    edit(path, '"draw_for(audience', '"1/0; draw_for(audience')
    before = path.read_bytes()
    done = run("handouts", "refresh", "which-treatment-is-right")
    assert done.returncode == 1
    assert "cell 4" in done.stderr
    assert path.read_bytes() == before


def test_list_shows_topics_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    """The list shows each topic with its purpose, and each value with the default marked."""
    assert commands.main(["list"]) == 0
    shown = capsys.readouterr().out
    assert "  your-dry-needling-session  What to expect when you come for dry needling." in shown
    assert "  general      Everyone (default). What they want: to move better" in shown


def test_workers_must_be_a_number(run: Run) -> None:
    """Options that make no sense are refused with the usage."""
    done = run("handouts", "build", "--workers", "0")
    assert done.returncode == 2
    assert "'0' is no whole number above zero" in done.stderr


def test_ctrl_c_is_answered_by_one_line(clinic: Collection) -> None:
    """Ctrl-C is answered by one line that says what is kept, whatever the build and its processes were at."""
    for count in range(8):
        started = subprocess.Popen(
            [BIN / "handouts", "build", "--force"],
            cwd=clinic.root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        assert started.stderr is not None
        assert started.stderr.readline() == "Building 12 pages\n"
        time.sleep(0.25 * count)
        os.killpg(started.pid, signal.SIGINT)
        told = started.communicate(timeout=30)[1]
        assert (started.returncode, told) == (
            130, "handouts: stopped. What was finished is kept; run the same command again to go on.\n",
        )  # fmt: skip


@pytest.mark.parametrize("end", ["ctrl-c", "interrupt", "kill"])
def test_a_stopped_build_leaves_no_process_behind(copy: Collection, end: str) -> None:
    """However a build is ended, its processes and kernels are gone, and no half page is left."""
    edit(
        copy.notebook("which-treatment-is-right"),
        '"draw_for(audience',
        '"import time; time.sleep(60); draw_for(audience',
    )
    started = subprocess.Popen(
        [BIN / "handouts", "build", "which-treatment-is-right"],
        cwd=copy.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    process = psutil.Process(started.pid)
    deadline = time.monotonic() + 30
    while not any("handouts.engine.process" in " ".join(child.cmdline()) for child in process.children(recursive=True)):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    time.sleep(1)
    family = process.children(recursive=True)
    if end == "ctrl-c":
        os.killpg(started.pid, signal.SIGINT)
    else:
        os.kill(started.pid, signal.SIGINT if end == "interrupt" else signal.SIGKILL)
    _, told = started.communicate(timeout=30)
    if end != "kill":
        assert started.returncode == 130
        assert "handouts: stopped. What was finished is kept" in told
    assert "Traceback" not in told
    _, alive = psutil.wait_procs(family, timeout=15)
    assert alive == []
    assert list((copy.root / "exports").rglob("*.part")) == []
