"""What the desk answers: JSON for its own scripts, and pages for people. Who may ask is for Jupyter's server to say.

Where an answer can run code, who asks needs the permission to execute, and is no page of another site; and code runs
only where somebody here said yes to it: see trust.py.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlencode

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import path_regex
from jupyter_server.utils import url_escape, url_path_join
from tornado import web

from handouts.collection import Collection
from handouts.collection.change_topics import name_of, new_topic
from handouts.collection.layouts import KINDS
from handouts.collection.phrases import Phrases, read_catalogue
from handouts.desk import preview, trust
from handouts.desk.choices import facets, switches
from handouts.desk.handlers import HTMLHandler, JSONHandler, may_run
from handouts.desk.insertions import list_insertions
from handouts.desk.pasting import read_pasted
from handouts.errors import HandoutsError

MOST_SECONDS = 60.0
"""How long a preview may take; a build allows more."""
NO_SCRIPT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-popups"
"""What a page opened alone may do: it is words from a notebook, on the server's own address."""


class PageHandler(JSONHandler):
    """The page of a topic for the reader asked for."""

    @web.authenticated
    @may_run
    async def get(self, path: str) -> None:
        """Send the page, or what failed together with the last page that was whole; or that it is not made yet, or not trusted."""
        place, asked = await self.desk.place(path), self.asked()
        self.desk.shown[place.file] = asked
        told: dict[str, Any] = {"pending": False, "untrusted": False, "values": self.values(place)}
        try:
            told["switches"] = switches(place.collection)
        except HandoutsError:
            told["switches"] = None
        code = trust.read_code(place.file)
        if not self.desk.may_run(code):
            stamp = preview.stamp(place.collection, place.file)
            await self.answer({**told, "stamp": self.stamped(stamp), "untrusted": True})
            return
        stamp, made = await self.desk.soon(place, asked, self.seconds(), preview.make_preview, code)
        told["stamp"] = self.stamped(stamp)
        if made is None:
            told["pending"] = True
        else:
            last = self.desk.last.get((place, tuple(sorted(asked.items()))))
            told |= {**asdict(made), "html": made.html or last}
        await self.answer(told)


class FindingsHandler(JSONHandler):
    """What the checks find on the page of a topic for the reader asked for. They read words, and run nothing."""

    @web.authenticated
    @may_run
    async def get(self, path: str) -> None:
        """Send the findings and grades; or that they are not known yet."""
        place = await self.desk.place(path)
        self.values(place)
        _, found = await self.desk.soon(place, self.asked(), self.seconds(), preview.find_findings)
        await self.answer({"pending": found is None, **(asdict(found) if found else {})})


class TrustHandler(JSONHandler):
    """That a notebook may run."""

    @web.authenticated
    @may_run
    async def post(self, path: str) -> None:
        """Let the notebook run, or `all` of its collection, as they are now; send which."""
        place = await self.desk.place(path)
        try:
            places = [place, *(self.desk.places(place.collection) if self.body().get("all") else ())]
        except HandoutsError as error:
            raise web.HTTPError(400, reason=str(error)) from None
        trusted = [told for one in dict.fromkeys(places) if (told := await self.desk.trust(one))]
        await self.answer({"trusted": trusted})


class StampHandler(JSONHandler):
    """Whether anything changed that a topic's page is made from."""

    _track_activity = False

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Send a digest."""
        place = await self.desk.place(path)
        await self.answer({"stamp": self.stamped(preview.stamp(place.collection, place.file))})


class FacetsHandler(JSONHandler):
    """What a cell of a notebook can be tagged with."""

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Send facets and parts with their labels; 404 where the notebook is in no collection."""
        place = await self.desk.place(path)
        try:
            told = {"topic": place.topic, **facets(place.collection)}
        except HandoutsError as error:
            raise web.HTTPError(500, reason=str(error)) from None
        self.desk.warm_up()
        await self.answer(told)


class InsertionsHandler(JSONHandler):
    """What can be put into a notebook."""

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Send it; 404 where the notebook is no topic."""
        place = await self.desk.place(path)
        try:
            preview.check_topic(place.collection, place.topic)
            await self.answer(list_insertions(place.collection, place.topic))
        except HandoutsError as error:
            raise web.HTTPError(400, reason=str(error)) from None


class PastedHandler(JSONHandler):
    """What is pasted into a text from another program."""

    @web.authenticated
    @authorized
    async def post(self, path: str) -> None:
        """Send the Markdown for the HTML of a clipboard, and what was left out of it; 404 where the notebook is no topic."""
        place = await self.desk.place(path)
        try:
            pasted = await asyncio.to_thread(read_pasted, str(self.body().get("html", "")), place.collection.phrases)
        except HandoutsError as error:
            raise web.HTTPError(400, reason=str(error)) from None
        await self.answer(asdict(pasted))


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
    @may_run
    async def post(self) -> None:
        """Make the topic with the title asked for, and send where its notebook lies.

        It may run where the notebook may that its code is taken from.
        """
        asked = self.body()
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
            first = next(self.desk.places(collection), None)
            new_topic(collection, name, title, date.today())
        except HandoutsError as error:
            raise web.HTTPError(400, reason=str(error)) from None
        file = collection.notebook(name).resolve()
        if first is None or self.desk.may_run(trust.read_code(first.file)):
            await self.desk.trust(self.desk.of_file(file))
        path = file.relative_to(self.desk.root())
        self.set_status(201)
        await self.answer({"path": path.as_posix(), "topic": name})


class PreviewHandler(HTMLHandler):
    """The preview of a topic."""

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Send the preview, empty: its script fetches the page, or why there is none."""
        base = url_path_join(self.base_url, "handouts")
        try:
            collection = (await self.desk.place(path)).collection
        except (web.HTTPError, HandoutsError):  # the script tells
            collection = None
        await self.show(
            "preview.html.j2", topic=PurePosixPath(path).stem, path=path.strip("/"), base=base, **words_of(collection)
        )


class AloneHandler(HTMLHandler):
    """The page of a topic alone, to read or to print."""

    @property
    def content_security_policy(self) -> str:
        """Allow no script at all."""
        return NO_SCRIPT

    @web.authenticated
    @may_run
    async def get(self, path: str) -> None:
        """Send the page, or what failed; where nobody said yes to its code, lead to the preview, which asks."""
        place, asked = await self.desk.place(path), self.asked()
        self.values(place)
        code = trust.read_code(place.file)
        if not self.desk.may_run(code):
            address = url_path_join(self.base_url, "handouts", "preview", url_escape(path))
            self.redirect(f"{address}?{urlencode(asked)}")
            return
        _, made = await self.desk.soon(place, asked, MOST_SECONDS, preview.make_preview, code)
        self.set_header("Cache-Control", "no-store")
        if made is None or not made.html:
            self.set_status(422 if made else 202)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            await self.finish((made and made.error) or "The page is not made yet. Load this again.")
        else:
            await self.finish(made.html)


class IndexHandler(HTMLHandler):
    """The panel of the collection."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Send it, empty: its script fetches the topics."""
        base = url_path_join(self.base_url, "handouts")
        await self.show("panel.html.j2", base=base, kinds=KINDS, **words_of(self.desk.collection_here(), "panel"))


def words_of(collection: Collection | None, own: str = "preview") -> dict[str, object]:
    """Return the words of a collection for a template, and its own for a script; English ones where a table is broken, or there is none."""
    language, say = "en", Phrases(read_catalogue("en"))
    if collection:
        with suppress(HandoutsError):
            say, language = collection.phrases, collection.clinic.language
    texts = {name: text for name, text in say.texts.items() if name.startswith(own)}
    return {"say": say, "language": language, "words": json.dumps(texts, ensure_ascii=False)}


ADDRESSES = [
    (r"/handouts/?", IndexHandler),
    (rf"/handouts/preview{path_regex}", PreviewHandler),
    (rf"/handouts/alone{path_regex}", AloneHandler),
    (rf"/handouts/page{path_regex}", PageHandler),
    (rf"/handouts/findings{path_regex}", FindingsHandler),
    (rf"/handouts/trust{path_regex}", TrustHandler),
    (rf"/handouts/stamp{path_regex}", StampHandler),
    (rf"/handouts/facets{path_regex}", FacetsHandler),
    (rf"/handouts/insertions{path_regex}", InsertionsHandler),
    (rf"/handouts/pasted{path_regex}", PastedHandler),
    (rf"/handouts/saved{path_regex}", SavedHandler),
    (r"/handouts/new", NewHandler),
]
"""Each address with its handler."""
