"""The panel of the collection, and the page beside the notebook in JupyterLab, renewed at each save.

Jupyter's server loads this as its extension. What needs the server is loaded when it is asked for: the processes that
make pages import this room too.
"""

from collections.abc import Sequence
from typing import Any

from handouts.collection import Collection
from handouts.errors import DeskError, check_installed

__all__ = ["start", "start_lab"]


def start(collection: Collection, topic: str | None, arguments: Sequence[str] = ()) -> None:
    """Start a server with nothing but the desk, and show it in a browser, until it is stopped with Ctrl-C. Raises DeskError."""
    check_installed("jupyter_server", "desk", "the preview", DeskError)
    from handouts.desk import starting

    starting.start(collection, topic, arguments)


def start_lab(collection: Collection, arguments: Sequence[str] = ()) -> None:
    """Start JupyterLab in a collection, with `arguments` of its own, until it is stopped with Ctrl-C. Raises DeskError."""
    check_installed("jupyterlab", "desk", "the desk", DeskError)
    from handouts.desk import starting

    starting.start_lab(collection, arguments)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from handouts.desk.extension import Desk

    return [{"module": __name__, "app": Desk}]
