"""The names that a program imports from handouts, and the page that describes them."""

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

import handouts
from conftest import ROOT, SMALLEST, copied


def test_the_examples_of_the_api_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each example of docs/api.md gives what stands there, in a copy of the smallest collection with a roster beside it."""
    copied(SMALLEST, tmp_path)
    (tmp_path / "roster.csv").write_text("id,topic\np1,wash-your-hands\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HANDOUTS_COLLECTION")
    done = doctest.testfile(str(ROOT / "docs" / "api.md"), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert done.attempted > 10
    assert done.failed == 0


def test_the_page_names_all_that_is_offered() -> None:
    """Every name that `import handouts` offers is there, with a docstring, and on the page or an answer of what is."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert set(handouts.__all__) <= set(dir(handouts))
    for name in handouts.__all__:
        assert getattr(handouts, name).__doc__
        assert name in page or name in ("Finding", "Page", "Variant"), name
    with pytest.raises(AttributeError, match="has no attribute 'bild_pages'"):
        handouts.bild_pages


def test_importing_handouts_is_light() -> None:
    """`import handouts` loads the package's own names and nothing else, and ships its types."""
    code = "import sys; before = set(sys.modules); import handouts; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded <= {"handouts", *sys.stdlib_module_names}
    assert (Path(handouts.__file__).parent / "py.typed").is_file()


def test_python_runs_the_package() -> None:
    """`python -m handouts` is the command line."""
    done = subprocess.run([sys.executable, "-m", "handouts", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"handouts {handouts.__version__}\n"
