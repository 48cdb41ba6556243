"""The collection panel: all topics with their state, and what the command line does to them, for who opens no terminal.

Where something runs notebooks, somebody has to have said yes to each: see trust.py.
"""

import os
import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from handouts.collection import Collection, notebook
from handouts.collection.change_topics import name_of
from handouts.desk import trust
from handouts.desk.handlers import HTMLHandler, JSONHandler, may_run
from handouts.errors import DeskError, HandoutsError, ParameterError
from handouts.page import list_variants
from handouts.page.cache import read_kept_pages
from handouts.page.review import last_review

ROSTERS = ".rosters"
"""The folder in personal/ with the rosters that were handed over here. No batch writes there: a roster's name begins with no dot."""
ROWS_SHOWN = 5
Arguments = Callable[[Collection, Mapping[str, str]], list[str]]


def _topic(collection: Collection, asked: Mapping[str, str]) -> str:
    if asked.get("topic", "") not in collection.topics:
        raise ParameterError(
            f"{asked.get('topic', '')!r} is no topic of this collection any more. Load this page again."
        )
    return asked["topic"]


def _new_name(asked: Mapping[str, str]) -> str:
    name = name_of(asked.get("new", ""))
    if not name:
        raise ParameterError("A topic needs a name: letters, digits and hyphens.")
    return name


def _roster(collection: Collection, asked: Mapping[str, str]) -> str:
    return str(roster_file(collection, asked.get("roster", "")))


def roster_file(collection: Collection, name: str) -> Path:
    """Return where a roster of this name lies that was handed over here. Raises ParameterError for a name that is none."""
    from handouts.batch.rosters import READERS

    if (
        PurePosixPath(name).name != name
        or name.startswith((".", "-"))
        or "\\" in name
        or Path(name).suffix.lower() not in READERS
    ):
        raise ParameterError(
            f"{name!r} is no roster that can be read. Choose a file that ends in {', '.join(READERS)}."
        )
    return collection.personal / ROSTERS / name


WORK: Mapping[str, tuple[Arguments, bool]] = {
    "build": (lambda collection, asked: ["build"], True),
    "pdf": (lambda collection, asked: ["build", "--pdf"], True),
    "check": (lambda collection, asked: ["check", "--format", "html"], True),
    "new": (lambda collection, asked: ["new", "--title", asked.get("new", ""), "--kind", asked.get("kind") or "choice", "--", _new_name(asked)], False),
    "copy": (lambda collection, asked: ["duplicate", "--", _topic(collection, asked), _new_name(asked)], False),
    "rename": (lambda collection, asked: ["rename", "--", _topic(collection, asked), _new_name(asked)], False),
    "remove": (lambda collection, asked: ["remove", "--", _topic(collection, asked)], False),
    "undo": (lambda collection, asked: ["remove", "--undo", "--", asked.get("topic", "")], False),
    "letters": (lambda collection, asked: ["batch", *(["--print"] if asked.get("pdf") else []), "--", _roster(collection, asked)], True),
    "try": (lambda collection, asked: ["batch", "--dry-run", "--", _roster(collection, asked)], False),
}  # fmt: skip
"""What can be asked for: the command line of each, and whether it runs notebooks."""


class CollectionHandler(JSONHandler):
    """The topics and their state."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Send them, and what is at work."""
        collection = self.collection()
        folder = collection.notebooks.resolve().relative_to(self.desk.root())
        running = self.desk.jobs.running()
        try:
            topics = [
                {
                    "name": name, "purpose": topic.purpose, "path": (folder / f"{name}.ipynb").as_posix(),
                    "state": state_of(collection, name, date.today()), "there": collection.notebook(name).is_file(),
                }
                for name, topic in collection.topics.items()
            ]  # fmt: skip
        except HandoutsError as error:
            await self.answer({"error": str(error), "topics": [], "running": running and running.told()})
            return
        await self.answer({"topics": topics, "running": running and running.told()})


def state_of(collection: Collection, topic: str, today: date) -> dict[str, Any]:
    """Return how the pages of a topic stand: how many there are, are made as they are now, reviewed, changed since, and when one is due."""
    variants = list_variants(collection, [topic])
    kept = read_kept_pages(collection, variants)
    reviewed = [page for page in kept.values() if page.reviewed_on]
    changed = [one for one, page in kept.items() if not page.reviewed_on and last_review(collection, one)]
    due = min((page.review_due for page in reviewed), default="")
    return {
        "title": _title(collection, topic), "recorded": any(one.topic == topic for one in collection.reviews), "pages": len(variants), "made": len(kept), "reviewed": len(reviewed), "changed": len(changed), "due": due,
        "overdue": any(page.tell_overdue(today) for page in reviewed), "safety": len(collection.safety_changes(collection.topics[topic])),
    }  # fmt: skip


def _title(collection: Collection, topic: str) -> str:
    """Return the title of a notebook, or its name where it has none that can be read."""
    try:
        cells = notebook.read(collection.notebook(topic)).cells
    except HandoutsError:
        return topic
    found = (re.search(r"^# +(.+?) *$", cell.source, re.M) for cell in cells if cell.cell_type == "markdown")
    return next((one[1] for one in found if one), topic)


class StartHandler(JSONHandler):
    """A command that is started."""

    @web.authenticated
    @may_run
    async def post(self) -> None:
        """Start what is asked for; where it runs notebooks that nobody here said yes to, send which."""
        asked = {key: str(value) for key, value in self.body().items()}
        collection = self.collection()
        try:
            if asked.get("do") not in WORK:
                raise ParameterError(f"{asked.get('do')!r} is nothing that can be done here.")
            arguments, runs = WORK[asked["do"]]
            command = arguments(collection, asked)
            if runs and (untrusted := self._untrusted(collection)):
                await self.answer({"untrusted": untrusted})
                return
            job = await self.desk.jobs.start(collection, asked["do"], command)
        except DeskError as error:
            raise web.HTTPError(409, reason=str(error)) from None
        except HandoutsError as error:
            raise web.HTTPError(400, reason=str(error)) from None
        self.set_status(201)
        await self.answer(job.told())

    def _untrusted(self, collection: Collection) -> list[str]:
        places = [place for place in self.desk.places(collection) if place.file.is_file()]
        return [place.topic for place in places if not self.desk.may_run(trust.read_code(place.file))]


class WorkHandler(JSONHandler):
    """A command that is watched, or stopped."""

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        """Send how it stands."""
        await self.answer(self._job(name).told())

    @web.authenticated
    @may_run
    async def delete(self, name: str) -> None:
        """Stop it."""
        job = self._job(name)
        job.stop()
        await self.answer(job.told())

    def _job(self, name: str) -> Any:
        job = self.desk.jobs.get(name)
        if job is None:
            raise web.HTTPError(404, reason="This is not known any more.")
        return job


class RosterHandler(JSONHandler):
    """A roster that is handed over."""

    @web.authenticated
    @may_run
    async def post(self) -> None:
        """Keep it for its owner only, and send its first rows as they will be used."""
        from handouts.batch.rosters import open_roster
        from handouts.batch.rows import Rows
        from handouts.batch.sources import find_source, understand

        collection = self.collection()
        try:
            path = roster_file(collection, self.get_query_argument("name", ""))
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(self.request.body)
            shown = []
            with open_roster(str(path), None, find_source(collection, str(path))) as opened:
                roster = understand(collection, opened)
                rows = Rows(collection, roster.columns, roster.name)
                for _, (number, cells) in zip(range(ROWS_SHOWN), roster.lines, strict=False):
                    wanted = cells if isinstance(cells, str) else rows.check(cells)
                    if isinstance(wanted, str):
                        shown.append({"row": number, "wrong": wanted})
                    else:
                        values = dict(zip(rows.parameters, wanted.values, strict=True))
                        shown.append(
                            {"row": number, "id": wanted.id, "topic": wanted.topic, **values, **dict(wanted.fields)}
                        )
                rows.close()
        except (HandoutsError, OSError) as error:
            raise web.HTTPError(400, reason=str(error)) from None
        await self.answer(
            {"name": path.name, "rows": shown, "unused": roster.unused, "source": roster.source and roster.source.name}
        )


class ExportsHandler(HTMLHandler):
    """What a build wrote, and what a check found."""

    @property
    def content_security_policy(self) -> str:
        """Let pages be what they are, apart from everything of this server."""
        return "sandbox allow-scripts allow-popups allow-downloads allow-modals; frame-ancestors 'self'"

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Send a file of exports/."""
        collection: Collection | None = self.desk.collection_here()
        file = (collection.exports / path).resolve() if collection else Path()
        kinds = {".html": "text/html; charset=utf-8", ".pdf": "application/pdf", ".csv": "text/csv; charset=utf-8"}
        if (
            not collection
            or not file.is_relative_to(collection.exports.resolve())
            or file.suffix not in kinds
            or not file.is_file()
        ):
            raise web.HTTPError(404, reason="There is no such page. Build, then load this again.")
        self.set_header("Content-Type", kinds[file.suffix])
        self.set_header("Cache-Control", "no-store")
        await self.finish(file.read_bytes())


class FoundHandler(HTMLHandler):
    """What a check found, as a page."""

    @property
    def content_security_policy(self) -> str:
        """Allow no script."""
        return "default-src 'none'; style-src 'unsafe-inline'; font-src data:; frame-ancestors 'self'; sandbox"

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        """Send it."""
        job = self.desk.jobs.get(name)
        if job is None or job.what != "check":
            raise web.HTTPError(404, reason="This is not known any more. Check again.")
        self.set_header("Content-Type", "text/html; charset=utf-8")
        await self.finish("\n".join(job.output))


ADDRESSES = [
    (r"/handouts/collection", CollectionHandler),
    (r"/handouts/work", StartHandler),
    (r"/handouts/work/(?P<name>[0-9a-f]+)", WorkHandler),
    (r"/handouts/found/(?P<name>[0-9a-f]+)", FoundHandler),
    (r"/handouts/roster", RosterHandler),
    (r"/handouts/exports/(?P<path>.+)", ExportsHandler),
]
"""Each address with its handler."""
