"""nbval compares stored outputs with fresh ones, and notices a changed number in data/."""

import subprocess
from collections.abc import Callable

from conftest import edit
from handouts.collection.folder import Collection

Run = Callable[..., subprocess.CompletedProcess[str]]
NBVAL = ("pytest", "-q", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider", "--rootdir", ".")


def test_a_changed_number_in_data_turns_nbval_red(copy: Collection, run: Run) -> None:
    """Stored outputs pass; with another number in a table that a notebook shows, they fail."""
    notebook = "notebooks/your-dry-needling-session.ipynb"
    assert run(*NBVAL, notebook).returncode == 0
    edit(copy.data / "session-steps.csv", "5,Treatment is", "6,Treatment is")
    done = run(*NBVAL, notebook)
    assert done.returncode == 1
    assert "1 failed" in done.stdout


def test_a_changed_word_in_a_table_turns_nbval_red(copy: Collection, run: Run) -> None:
    """The table's stored output fails when the table changes."""
    edit(copy.data / "needle-options.csv", "Not very: little", "Not so sure: little")
    assert "1 failed" in run(*NBVAL, "notebooks/which-treatment-is-right.ipynb").stdout
