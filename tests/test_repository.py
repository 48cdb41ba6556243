"""The repository is as it says: packages, scripts, structure, README."""

import ast
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from conftest import ROOT
from handouts.collection import Collection
from handouts.data import read_topics
from handouts.parameters import Parameters
from handouts.parser import make_parser

README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "src" / "handouts"
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")
LAYERS = [
    ["cli"], ["desk", "parser", "progress"], ["answers"], ["batch", "changed", "handlers"], ["preview"], ["account", "tasks"], ["checks"], ["build"], ["manifest"], ["index", "paper", "scorecard"], ["standards"], ["criteria"],
    ["rules"], ["readers"], ["findings"], ["mending", "topics", "trust", "warm"], ["pages", "workers"], ["exporter"], ["page"], ["outputs"], ["tailor"], ["markup"], ["elements", "pictures"], ["citations"], ["marks"],
    ["engine"], ["runs"], ["snapshots"], ["snapshot"], ["kernel", "watch"], ["messages", "processes"], ["notebook"],
    ["rows"], ["fields", "rosters", "targets"], ["databases", "sheets"], ["values"], ["locks"], ["icons"], ["diagrams", "tables"], ["shapes"], ["pictograms"], ["drawing", "descriptions"],
    ["evidence", "reading"], ["article"], ["sentences"], ["parameters"], ["data"], ["pdf", "codes"], ["files", "collection"], ["errors"],
]  # fmt: skip
KERNEL, BUILDER = (
    {"diagrams", "tables", "drawing", "icons", "shapes", "pictograms"},
    {
        "batch",
        "build",
        "index",
        "pages",
        "workers",
        "exporter",
        "tailor",
        "markup",
        "notebook",
        "engine",
        "runs",
        "rows",
        "fields",
    },
)


def project() -> dict[str, object]:
    """Return the project table of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def imports(module: str) -> set[str]:
    """Return the modules of this package that `module` imports, in functions too."""
    found = set()
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == "handouts":
            found |= {node.module.split(".")[1]} if "." in node.module else {alias.name for alias in node.names}
    return found & set(MODULES)


def test_conda_and_pip_get_the_same_packages() -> None:
    """environment.yml and pyproject.toml name the same packages, in the same ranges, and the same Pythons."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    named = [
        entry.replace("python-duckdb", "duckdb") for entry in environment if isinstance(entry, str) and entry != "pip"
    ]
    assert sorted(named) == sorted([*project()["dependencies"], f"python{project()['requires-python']}"])
    for package in ("jupyterlab", "nbconvert", "matplotlib", "pandas", "papermill", "nbval"):
        assert any(entry.startswith(f"{package}>=") for entry in named)


def test_the_lock_file_pins_every_package_by_hash_and_names_no_index() -> None:
    """Each line of the lock file is an exact version with hashes, and no address of an index is in it."""
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    assert "index" not in lock.replace("zope-index", "")
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9._-]*==[^\s;]+", entry), entry[:60]
        assert "--hash=sha256:" in entry, entry[:60]
    names = {re.match(r"[a-z0-9._-]+", entry)[0] for entry in entries}  # type: ignore[index]
    wanted = [*project()["dependencies"], *project()["optional-dependencies"]["test"]]
    assert {re.match(r"[a-z0-9._-]+", entry)[0].replace("_", "-") for entry in wanted} <= names  # type: ignore[index]


@pytest.mark.parametrize("module", MODULES)
def test_modules_import_only_downwards(module: str) -> None:
    """No module imports one beside or above it."""
    level = next(count for count, layer in enumerate(LAYERS) if module in layer)
    below = {name for layer in LAYERS[level + 1 :] for name in layer}
    assert imports(module) <= below


def test_the_kernels_side_and_the_builders_side_never_meet() -> None:
    """What notebooks import knows nothing of what builds, and the other way round."""
    for module in KERNEL:
        assert imports(module) & BUILDER == set()
    for module in BUILDER:
        assert imports(module) & KERNEL == set()


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_small_and_say_what_they_are(module: str) -> None:
    """A module has a docstring and is not much over 250 lines."""
    text = (PACKAGE / f"{module}.py").read_text()
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 300


@pytest.mark.parametrize("module", MODULES)
def test_public_names_have_docstrings(module: str) -> None:
    """Every public function and class says what it does."""
    for node in ast.parse((PACKAGE / f"{module}.py").read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


def test_code_knows_no_audience_or_level_by_name(parameters: Parameters) -> None:
    """Audiences, levels and sizes are declared in data/: no module names one, or a facet."""
    values = {value for parameter in parameters.values() for value in parameter.values} - {"normal"}
    for module in MODULES:
        tree = ast.parse((PACKAGE / f"{module}.py").read_text())
        words = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert words & (values | {"audience"}) == set(), module


def test_every_test_says_what_it_proves() -> None:
    """Each test's docstring is the sentence it proves."""
    for path in (ROOT / "tests").glob("test_*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert (ast.get_docstring(node) or "").rstrip().endswith("."), f"{path.name}: {node.name}"


def test_scripts_can_be_run_and_read() -> None:
    """The scripts have their run bit, and bash understands them."""
    for script in ("scripts/setup", "scripts/build", "scripts/desk", "scripts/test", ".ci/run"):
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
        if path.is_file() and path.suffix != ".png":
            assert str(ROOT) not in path.read_text(encoding="utf-8"), name
            assert not re.search(
                r"/(?:root|Users)/\w", path.read_text(encoding="utf-8").replace('r"/(?:root|Users)', "")
            ), name


def test_the_readme_lists_the_topics(collection: Collection) -> None:
    """The README's index names each topic in order, with its purpose, and links to its notebook."""
    rows = re.findall(r"^\| \[([a-z-]+)\]\((notebooks/[a-z-]+\.ipynb)\) \| (.*) \|$", README, flags=re.M)
    assert rows == [(name, f"notebooks/{name}.ipynb", topic.purpose) for name, topic in read_topics(collection).items()]


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
        assert module in MODULES
    assert set(re.findall(r"\w+", re.search(r"only modules below it:(.*?)\n12\.", README, flags=re.S)[1])) >= set(
        MODULES
    ) - {  # type: ignore[index]
        "errors"
    }


def test_the_readmes_commands_work(parameters: Parameters, collection: Collection) -> None:
    """Every `handouts` command in the README is one that the parser takes, and every command is in the README."""
    parser = make_parser(parameters)
    commands = re.findall(r"`handouts ([^`]+)`|^handouts (.+)$", README, flags=re.M)
    called = set()
    for command in {one or other for one, other in commands}:
        words = shlex.split(command.partition(" #")[0])
        options = parser.parse_args(words)
        called.add(words[0])
        for topic in getattr(options, "topics", []):
            assert topic in read_topics(collection)
        for name, parameter in parameters.items():
            assert getattr(options, name, None) in (None, *parameter.values)
    assert called == {"build", "batch", "refresh", "list", "check", "changed", "new", "preview"}


def test_the_readmes_host_commands_work(tmp_path: Path, run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """The two host commands of the README, word for word, make a page."""
    papermill, nbconvert = re.findall(r"^\.venv/bin/((?:papermill|jupyter nbconvert) .*)$", README, flags=re.M)
    for command in (papermill, nbconvert):
        words = command.replace("notebooks/", f"{ROOT}/notebooks/").split()
        run(*words, cwd=tmp_path, check=True)
    assert "For athletes" in (tmp_path / "out.html").read_text()


def test_the_article_stays_its_owners() -> None:
    """Licence and README say that the licence is for the code, not for the article."""
    assert (ROOT / "LICENSE").read_text().startswith("BSD 3-Clause License")
    assert "stay the property of its owner" in README
