"""What JupyterLab's *Export* makes of a topic: the page for the reader that its preview shows, or our PDF of it."""

import asyncio
from pathlib import Path

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import path_regex
from jupyter_server.nbconvert.handlers import NbconvertFileHandler
from tornado import web

from handouts.desk import preview, trust
from handouts.desk.answers import MOST_SECONDS
from handouts.desk.choices import LANGUAGE
from handouts.desk.handlers import Handler, may_run
from handouts.page.pdf import try_pdf
from handouts.page.variant import Variant

KINDS = {"handout": ("html", "text/html; charset=utf-8"), "pdf": ("pdf", "application/pdf")}


class ExportHandler(NbconvertFileHandler, Handler):
    """Jupyter's own address for exports; what is no topic is exported as everywhere."""

    @web.authenticated
    @authorized
    async def get(self, form: str, path: str) -> None:
        """Send the page of a topic, or its PDF, as a file. Where nobody said yes to its code, nothing runs: the page is that of the outputs stored."""
        try:
            place = await self.desk.place(path)
        except web.HTTPError:
            await ensure_async(super().get(form, path))
            return
        if form == "handout" and not self.desk.may_run(trust.read_code(place.file)):
            await ensure_async(super().get(form, path))
        else:
            await self._send(form=form, path=path)

    @may_run
    async def _send(self, form: str, path: str) -> None:
        place = await self.desk.place(path)
        asked = self.desk.shown.get(place.file, {})
        code = trust.read_code(place.file)
        if not self.desk.may_run(code):
            raise web.HTTPError(
                403, reason="Nobody has said yes to the code of this notebook. Open its preview, and run it there."
            )
        _, made = await self.desk.soon(place, asked, MOST_SECONDS, preview.make_preview, code)
        if made is None or not made.html:
            raise web.HTTPError(422, reason=(made and made.error) or "The page is not made yet. Export it again.")
        content = made.html.encode()
        if form == "pdf":
            content, failed = await asyncio.to_thread(try_pdf, made.html, place.collection.clinic.paper)
            if failed:
                raise web.HTTPError(422, reason=failed)
        ending, kind = KINDS[form]
        name = "_".join(filter(None, (asked.get(LANGUAGE), *Path(Variant(place.topic, made.values).path).parts)))
        self.set_attachment_header(name.removesuffix("html") + ending)
        self.set_header("Content-Type", kind)
        self.set_header("Cache-Control", "no-store")
        await self.finish(content)


ADDRESSES = [(rf"/nbconvert/(?P<form>handout|pdf){path_regex}", ExportHandler)]
"""Jupyter's address of two of its exports, which this extension answers first."""
