"""Servers as users start them: JupyterLab in a collection, or the preview alone; each ends when it is told to."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence

from jupyter_server.serverapp import ServerApp

from handouts.collection import Collection
from handouts.desk.extension import Desk

SECONDS_TO_END = 5
"""How long what a server still does, when it has ended, may take to be stopped."""


def start_lab(collection: Collection, arguments: Sequence[str] = ()) -> None:
    """Start JupyterLab in a collection, with `arguments` of its own, and show it in a browser, until it is stopped with Ctrl-C.

    It asks nobody on the internet for news or newer versions.
    """
    from jupyterlab.labapp import LabApp

    with _ended_whole():
        LabApp.launch_instance(
            [
                f"--ServerApp.root_dir={collection.root}", "--LabApp.default_url=/lab/tree/notebooks", "--LabApp.news_url=None",
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", *_as_root(), *arguments,
            ]
        )  # fmt: skip


def start(collection: Collection, topic: str | None, arguments: Sequence[str] = ()) -> None:
    """Start a server with nothing but the desk, and show it in a browser, until it is stopped with Ctrl-C."""
    address = f"/handouts/preview/notebooks/{topic}.ipynb" if topic else Desk.extension_url
    with _ended_whole():
        Desk.launch_instance(
            [
                f"--ServerApp.root_dir={collection.root}", f"--Desk.default_url={address}", "--ServerApp.answer_yes=True",
                *_as_root(), *arguments,
            ]
        )  # fmt: skip


@contextlib.contextmanager
def _ended_whole() -> Iterator[None]:
    """Cancel what a server was in the middle of when it ended: anyio's threads for it would wait for its end, and Python for them, for ever."""
    try:
        yield
    finally:
        if ServerApp.initialized() and hasattr(ServerApp.instance(), "io_loop"):
            ServerApp.instance().io_loop.run_sync(_cancel_all)


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=SECONDS_TO_END)
    await asyncio.sleep(0)  # what is to be called at the end of one that was done already


def _as_root() -> list[str]:
    """Return what lets root start a server, and say that another account is safer."""
    if not hasattr(os, "geteuid") or os.geteuid():
        return []
    print(
        "handouts: you are root, and so is all that a notebook runs. It is better to be another user.", file=sys.stderr
    )
    return ["--ServerApp.allow_root=True"]
