"""What the desk answers: JSON for its own scripts, and pages for people. Who may ask is for Jupyter's server to say."""

import json
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler, path_regex
from jupyter_server.extension.handler import ExtensionHandlerJinjaMixin, ExtensionHandlerMixin
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.iostream import StreamClosedError

from handouts import preview
from handouts.data import read_topics
from handouts.errors import HandoutsError
from handouts.topics import name_of, new_topic

MOST_SECONDS = 60.0
"""How long a preview may take; a build allows more."""
AT_ONCE = 1.0
"""How long a request waits for its page. A browser has six connections to a server, and JupyterLab needs them too."""
NO_SCRIPT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; sandbox allow-popups"
"""What a page opened alone may do: it is words from a notebook, on the server's own address."""


class Handler(ExtensionHandlerMixin, JupyterHandler):
    """What the handlers share."""

    @property
    def desk(self) -> Any:
        """The extension: a Desk."""
        return self.settings["handouts_desk"]

    def asked(self) -> dict[str, str]:
        """Return the values of parameters that the address asks for."""
        return {
            name: self.get_query_argument(name)
            for name in self.request.query_arguments
            if name not in ("wait", "token", "_") and self.get_query_argument(name)
        }

    def seconds(self) -> float:
        """Return how long to wait for a page: none at all where this asks again."""
        return 0.0 if self.get_query_argument("wait", "") == "no" else AT_ONCE


class JSONHandler(Handler, APIHandler):
    """A handler that answers with JSON; one that a page asks by itself does not keep an idle server alive."""

    auth_resource = "contents"

    async def answer(self, told: Any) -> None:
        """Send `told`."""
        self.set_header("Cache-Control", "no-store")
        with suppress(StreamClosedError):  # nobody waits any more
            await self.finish(json.dumps(told, ensure_ascii=False))


class PageHandler(JSONHandler):
    """The page of a topic for the reader asked for."""

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Send the page, or what failed together with the last page that was whole; or that it is not made yet."""
        place, asked = await self.desk.place(path), self.asked()
        stamp, made = await self.desk.soon(place, asked, self.seconds(), preview.made)
        try:
            switches = preview.switches(place.collection)
        except HandoutsError:
            switches = None
        told = {"stamp": stamp, "switches": switches, "pending": made is None}
        if made is not None:
            last = self.desk.last.get((place, tuple(sorted(asked.items()))))
            told |= {**asdict(made), "html": made.html or last}
        await self.answer(told)


class FindingsHandler(JSONHandler):
    """What the checks find on the page of a topic for the reader asked for."""

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Send the findings and grades; or that they are not known yet."""
        place = await self.desk.place(path)
        stamp, found = await self.desk.soon(place, self.asked(), self.seconds(), preview.found, date.today())
        await self.answer({"stamp": stamp, "pending": found is None, **(asdict(found) if found else {})})


class StampHandler(JSONHandler):
    """Whether anything on disk changed that a topic's page is made from."""

    _track_activity = False

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Send a digest."""
        place = await self.desk.place(path)
        await self.answer({"stamp": preview.stamp(place.collection, place.file)})


class FacetsHandler(JSONHandler):
    """What a cell of a notebook can be tagged with."""

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Send facets and parts with their labels; 404 where the notebook is in no collection."""
        place = await self.desk.place(path)
        try:
            told = {"topic": place.topic, **preview.facets(place.collection)}
        except HandoutsError as error:
            raise web.HTTPError(500, reason=str(error)) from None
        await self.desk.warm_up(place)
        await self.answer(told)


class SavedHandler(JSONHandler):
    """What the last save of a notebook put back."""

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Send it, once."""
        place = await self.desk.place(path)
        told = self.desk.saved.pop(place.file, [])
        await self.answer([asdict(one) for one in told])


class NewHandler(JSONHandler):
    """A new topic."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Make the topic with the title asked for, and send where its notebook lies."""
        asked = self.get_json_body() or {}
        title = " ".join(str(asked.get("title", "")).split())
        collection = self.desk.collection_here()
        if collection is None:
            raise web.HTTPError(
                400, reason="JupyterLab shows no collection: start it in the folder that holds notebooks/ and data/."
            )
        if not title:
            raise web.HTTPError(400, reason="A handout needs a title: the question that it answers.")
        name = str(asked.get("topic") or name_of(title))
        try:
            new_topic(collection, name, title, date.today())
        except HandoutsError as error:
            raise web.HTTPError(400, reason=str(error)) from None
        path = collection.notebook(name).resolve().relative_to(self.desk.root())
        self.set_status(201)
        await self.answer({"path": path.as_posix(), "topic": name})


class HTMLHandler(ExtensionHandlerJinjaMixin, Handler):
    """A handler that answers with a page for people."""

    auth_resource = "contents"

    @property
    def content_security_policy(self) -> str:
        """Allow our own script and nothing else; a page shown inside takes this over."""
        return (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
        )

    async def show(self, template: str, **told: object) -> None:
        """Send the page made from `template`."""
        self.set_header("Cache-Control", "no-store")
        await self.finish(self.render_template(template, **told))


class PreviewHandler(HTMLHandler):
    """The preview of a topic."""

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Send the preview, empty: its script fetches the page, or why there is none."""
        base = url_path_join(self.base_url, "handouts")
        await self.show("preview.html.j2", topic=PurePosixPath(path).stem, path=path.strip("/"), base=base)


class AloneHandler(HTMLHandler):
    """The page of a topic alone, to read or to print."""

    @property
    def content_security_policy(self) -> str:
        """Allow no script at all."""
        return NO_SCRIPT

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Send the page, or what failed."""
        place = await self.desk.place(path)
        _, made = await self.desk.soon(place, self.asked(), MOST_SECONDS, preview.made)
        self.set_header("Cache-Control", "no-store")
        if made is None or not made.html:
            self.set_status(500)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            await self.finish((made and made.error) or "The page is not made yet. Load this again.")
        else:
            await self.finish(made.html)


class IndexHandler(HTMLHandler):
    """The topics of the collection."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Send a list of topics, each with a link to its preview."""
        collection = self.desk.collection_here()
        topics = read_topics(collection).values() if collection else []
        folder = collection.notebooks.resolve().relative_to(self.desk.root()) if collection else Path()
        await self.show(
            "topics.html.j2",
            topics=[(topic, (folder / f"{topic.name}.ipynb").as_posix()) for topic in topics],
            base=url_path_join(self.base_url, "handouts"),
        )


ADDRESSES = [
    (r"/handouts/?", IndexHandler),
    (rf"/handouts/preview{path_regex}", PreviewHandler),
    (rf"/handouts/alone{path_regex}", AloneHandler),
    (rf"/handouts/page{path_regex}", PageHandler),
    (rf"/handouts/findings{path_regex}", FindingsHandler),
    (rf"/handouts/stamp{path_regex}", StampHandler),
    (rf"/handouts/facets{path_regex}", FacetsHandler),
    (rf"/handouts/saved{path_regex}", SavedHandler),
    (r"/handouts/new", NewHandler),
]
"""Each address with its handler."""
