"""The desk: beside the notebook, its page for any reader, renewed at each save. An extension of Jupyter's server.

It lives in JupyterLab, with its login, address and folder; `handouts preview` starts it alone. Pages
are made in a process of their own: papermill changes the working folder, and the server's must stay.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from jupyter_core.utils import ensure_async
from jupyter_server.extension.application import ExtensionApp, ExtensionAppJinjaMixin
from tornado import web

from handouts.collection.folder import Collection, find
from handouts.desk import adding, exporting, grid, panel, preview, reviewing, trust
from handouts.desk.answers import ADDRESSES, MOST_SECONDS
from handouts.desk.jobs import Jobs
from handouts.desk.mending import mended
from handouts.desk.warm import StoppedError, WarmProcesses
from handouts.errors import HandoutsError

MOST_KEPT = 64
"""How many pages stay in memory."""
TEMPLATES = Path(__file__).parent / "templates"
NOTHING_ELSE = r"/(?!(?:handouts|login|logout|static)(?:/|$)|favicon\.ico$).+"
"""The addresses that the preview started alone does not answer: all that Jupyter's server has beside it."""


@dataclass(frozen=True)
class Place:
    """A notebook of a collection, by its path on the server."""

    collection: Collection
    topic: str
    file: Path


class Kept(OrderedDict[Any, Any]):
    """The newest things by their key; the oldest go first."""

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        while len(self) > MOST_KEPT:
            self.popitem(last=False)


class Desk(ExtensionAppJinjaMixin, ExtensionApp):
    """The extension `handouts` of Jupyter's server."""

    name = "handouts"
    app_name = "Handouts"
    description = "Shows the page of a notebook for any reader, and renews it at each save."
    extension_url = "/handouts"
    load_other_extensions = False

    @classmethod
    def get_extension_package(cls) -> str:
        """Return the module that the server imports."""
        return "handouts.desk"

    def _static_paths_default(self) -> list[str]:
        return [str(TEMPLATES / "static")]  # anybody may read what is there

    def _template_paths_default(self) -> list[str]:
        return [str(TEMPLATES)]

    def initialize_settings(self) -> None:
        """Make ready what requests share, and watch saves."""
        # Findings have their own: a page never waits for them, nor they for a cell that does not end.
        self.processes = {
            preview.make_preview: WarmProcesses(preview.code_stamp, MOST_SECONDS, most=3, each=2),
            preview.find_findings: WarmProcesses(preview.code_stamp, MOST_SECONDS, most=2, each=1),
        }
        self.jobs = Jobs()
        self.known: set[str | None] = set()
        self.yeses = 0
        self.warming: asyncio.Task[None] | None = None
        self.working: dict[Any, tuple[Any, asyncio.Task[Any]]] = {}
        self.done, self.last, self.saved, self.shown = Kept(), Kept(), Kept(), Kept()
        self.settings["handouts_desk"] = self
        self.contents.register_pre_save_hook(self.before_save)

    def initialize_handlers(self) -> None:
        """Give each address its handler."""
        for addresses in (ADDRESSES, *(part.ADDRESSES for part in (adding, exporting, grid, panel, reviewing))):
            self.handlers.extend(addresses)
        assert self.serverapp is not None
        if self.serverapp.starter_app is self:
            self.handlers.append((NOTHING_ELSE, web.ErrorHandler, {"status_code": 404}))

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        """Warm the process up, where the server was started in a collection."""
        if self.collection_here():
            self.warm_up()

    async def stop_extension(self) -> None:
        """End the processes."""
        await self.jobs.end()
        for process in self.processes.values():
            process.end()

    @property
    def contents(self) -> Any:
        """What reads and writes the files that the server shows."""
        assert self.serverapp is not None
        return self.serverapp.contents_manager

    def root(self) -> Path:
        """Return the folder that the server shows. Raises HTTPError where it shows no folder of this machine."""
        root = getattr(self.contents, "root_dir", None)
        if not root:
            raise web.HTTPError(404, reason="Previews need notebooks in a folder of this machine.")
        return Path(root).resolve()

    def collection_here(self) -> Collection | None:
        """Return the collection that the server was started in, or whose folder it shows."""
        try:
            root = self.root()
            collection = find(root)
        except (HandoutsError, web.HTTPError):
            return None
        return collection if root == collection.root or collection.root in root.parents else None

    async def place(self, path: str) -> Place:
        """Return the topic whose notebook is at `path`, as the server calls it. Raises HTTPError for anything else."""
        path = path.strip("/")
        await ensure_async(self.contents.get(path, content=False, type="notebook"))
        root = self.root()
        file = (root / path).resolve()
        if not file.is_relative_to(root) or file.suffix != ".ipynb":
            raise web.HTTPError(404, reason="This file lies outside the folder that JupyterLab shows.")
        return self.of_file(file)

    def of_file(self, file: Path) -> Place:
        """Return the topic whose notebook `file` is. Raises HTTPError where it is in no collection."""
        try:
            collection = find(file.parent)
        except HandoutsError as error:
            raise web.HTTPError(404, reason=str(error)) from None
        if file.parent != collection.notebooks.resolve():
            raise web.HTTPError(
                404, reason=f"{file.name} is not in the folder notebooks/ of a collection, so it has no page."
            )
        return Place(collection, file.stem, file)

    def warm_up(self) -> None:
        """Make ready what the first page needs; nothing of a notebook is run, nor read."""
        if self.warming is None:
            self.warming = asyncio.create_task(self._warm_up())

    async def _warm_up(self) -> None:
        try:
            await self.processes[preview.make_preview].run(self, preview.warm)
        except Exception as error:  # the first page is slower, or tells why
            self.log.info("Handouts could not warm up: %s", error)

    def may_run(self, code: str | None) -> bool:
        """Tell whether somebody said that `code` may run. Jupyter writes to its disk each time that it is asked, so ask once."""
        if code not in self.known and trust.is_trusted(self.contents.notary, code):
            self.known.add(code)
        return code in self.known

    async def trust(self, place: Place) -> str | None:
        """Remember that a notebook may run as it is now, have Jupyter trust what it shows, and return its path on the server."""
        code, root = trust.read_code(place.file), self.root()
        if code is None or not place.file.is_relative_to(root):
            return None
        path = place.file.relative_to(root).as_posix()
        await ensure_async(self.contents.trust_notebook(path))
        trust.trust(self.contents.notary, code)
        self.yeses += 1
        return path

    def places(self, collection: Collection) -> Iterator[Place]:
        """Yield all topics of `collection`. Raises HandoutsError."""
        for topic in collection.topics:
            yield Place(collection, topic, collection.notebook(topic).resolve())

    async def soon(
        self, place: Place, asked: Mapping[str, str], seconds: float, function: Callable[..., Any], *more: object
    ) -> tuple[str, Any]:
        """Return the stamp of what is on disk, and what `function` makes of it, or None where that takes longer than `seconds`.

        Work on what was on disk before is given up: nobody will ask for it.
        """
        stamp = preview.stamp(place.collection, place.file)
        page, state = (function, place, tuple(sorted(asked.items()))), (stamp, more)
        if (page, state) in self.done:
            return stamp, self.done[page, state]
        before, task = self.working.get(page, (None, None))
        if task is None or before != state:
            if task is not None:
                task.cancel()
            task = asyncio.create_task(self.work(page, state))
            self.working[page] = (state, task)
        await asyncio.wait({task}, timeout=seconds)
        if task.cancelled():
            return await self.soon(place, asked, seconds, function, *more)
        return stamp, task.result() if task.done() else None

    async def work(self, page: Any, state: Any) -> Any:
        """Call a function for a page in its process, and keep what it makes of what is there."""
        (function, place, asked), (_, more) = page, state
        processes, arguments = self.processes[function], (place.collection, place.topic, dict(asked), *more)
        try:
            if self.warming:
                await asyncio.wait({self.warming})
            result = await processes.run(place.file, function, *arguments)
        except StoppedError as error:
            told = f"notebooks/{place.file.name}: {error}"
            result = (
                preview.Shown(None, told, None, 0, {})
                if function is preview.make_preview
                else preview.Found([], None, [], told)
            )
        finally:
            if self.working.get(page, (None, None))[0] == state:
                del self.working[page]
        self.done[page, state] = result
        if isinstance(result, preview.Shown) and result.html:
            self.last[place, asked] = result.html
        return result

    def before_save(self, *, model: dict[str, Any], path: str, **_: object) -> None:
        """Put back what the save of a topic's notebook would lose; a save is never refused."""
        try:
            self._before_save(model, path)
        except Exception:
            self.log.warning("Handouts could not look at %s before it was saved.", path, exc_info=True)

    def _before_save(self, model: dict[str, Any], path: str) -> None:
        if model.get("type") != "notebook" or not isinstance(model.get("content"), dict):
            return
        file = (self.root() / path.strip("/")).resolve()
        try:
            self.of_file(file)
        except web.HTTPError:
            return
        try:
            stored = nbformat.read(file, as_version=4) if file.is_file() else None
        except Exception:  # a broken file is best replaced
            stored = None
        nb, told = mended(nbformat.from_dict(model["content"]), stored)
        model["content"] = nb
        self.saved[file] = told
        if stored is not None:
            before, after = trust.read_code(file), trust.digest(nb, file.parent)
            ran_before = before is not None and self.may_run(before)
            if not self.may_run(after) and trust.is_own(nb, stored, ran_before):
                trust.trust(self.contents.notary, after)
