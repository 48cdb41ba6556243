"""Errors a user can act on. Each message says where, what, and what to do.

HandoutsError
├── DataError        a file in data/ is missing, broken, or holds a value it may not
├── ParameterError   a parameter or a value that data/ does not declare
├── NotebookError    a notebook that is not JSON, has no parameters cell, wrong ids or tags
├── CellError        a cell failed while it ran
├── PageError        a page that would reach a patient incomplete
├── ClusterError     a Dask cluster that does not answer, or is lost
├── RosterError      a roster that cannot be read, or whose columns are not what it may have
├── DeskError        a preview that cannot be started
└── OutputError      a file that cannot be written
"""

from collections.abc import Iterable
from difflib import get_close_matches
from importlib.util import find_spec

STOPPED = "handouts: stopped. What was finished is kept; run the same command again to go on."
"""What a command says that was interrupted."""


class HandoutsError(Exception):
    """Base of every error that Handouts raises on purpose; its text is one line for a user."""


class DataError(HandoutsError):
    """A file in data/ is missing, broken, or holds a value it may not."""


class ParameterError(HandoutsError):
    """A parameter or a value that data/ does not declare."""


class NotebookError(HandoutsError):
    """A notebook that is not JSON, has no parameters cell, or has wrong ids or tags."""


class CellError(HandoutsError):
    """A cell failed while it ran."""


class PageError(HandoutsError):
    """A page that would reach a patient incomplete."""


class ClusterError(HandoutsError):
    """A Dask cluster that does not answer, or is lost."""


class RosterError(HandoutsError):
    """A roster that cannot be read, or whose columns are not what it may have."""


class DeskError(HandoutsError):
    """A preview that cannot be started."""


class OutputError(HandoutsError):
    """A file that cannot be written."""


def check_installed(package: str, extra: str, what: str, error: type[HandoutsError]) -> None:
    """Raise `error` where `package`, which `what` needs, is not installed; `extra` of this package brings it."""
    if not find_spec(package):
        raise error(f"{what} needs the package {package}. Install it: pip install 'handouts[{extra}]'.")


MOST_NAMED = 30


def known(value: str, values: Iterable[str]) -> str:
    """Tell which values are known, nearest first when one is near, and no more of them than somebody reads.

    >>> known("atlete", ["general", "athlete"])
    "Did you mean 'athlete'? Known: general, athlete."
    """
    values = list(values)
    near = get_close_matches(value, values, n=1)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    more = f", and {len(values) - MOST_NAMED} more" if len(values) > MOST_NAMED else ""
    return f"{hint}Known: {', '.join(values[:MOST_NAMED])}{more}."
