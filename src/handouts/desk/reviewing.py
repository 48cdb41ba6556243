"""A review, read and signed in the desk: the words of a page with what changed since the last one, and a form."""

import asyncio
from datetime import date
from typing import Any

from jupyter_server.utils import url_path_join
from tornado import web

from handouts.collection import Collection
from handouts.desk import trust
from handouts.desk.handlers import HTMLHandler, may_run
from handouts.errors import HandoutsError
from handouts.page import list_variants


class ReviewHandler(HTMLHandler):
    """A page to be reviewed: what changed since, and a form to sign."""

    def set_default_headers(self) -> None:
        """Let the form say where it comes from, or Jupyter's server would not take it."""
        super().set_default_headers()
        self.set_header("Referrer-Policy", "same-origin")

    @property
    def content_security_policy(self) -> str:
        """Allow the form, and no script."""
        return "default-src 'none'; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"

    @web.authenticated
    @may_run
    async def get(self, topic: str) -> None:
        """Send it; where nobody said yes to the notebook's code, lead to the preview, which asks."""
        await self._show(topic, "")

    @web.authenticated
    @may_run
    async def post(self, topic: str) -> None:
        """Record the review, and send the page again with it; or with why it was not recorded."""
        from handouts.build import review

        collection = self._collection(topic)
        told = ""
        if self._asks(collection, topic):
            return
        try:
            compared = await asyncio.to_thread(review.compare_reviews, collection, self._variants(collection, topic))
            said = {name: self.get_body_argument(name, "") for name in ("by", "role", "seen", "due")}
            due = date.fromisoformat(said["due"])
            review.sign(collection, compared, said["seen"], by=said["by"], role=said["role"], on=date.today(), due=due)
        except HandoutsError as error:
            told = str(error)
        except ValueError:
            told = "the day of the next review is no date such as 2027-11-24."
        await self._show(topic, told)

    async def _show(self, topic: str, told: str) -> None:
        from handouts.build import review

        collection = self._collection(topic)
        if self._asks(collection, topic):
            return
        try:
            variants = self._variants(collection, topic)
            compared = await asyncio.to_thread(review.compare_reviews, collection, variants)
            every = list_variants(collection, [topic])
        except HandoutsError as error:
            raise web.HTTPError(422, reason=str(error)) from None
        readers = [
            ({name: one.values[name] for name in collection.parameters}, one.values == variants[0].values)
            for one in every
        ]
        user = self.current_user
        name = getattr(user, "display_name", "") or ""
        today = date.today()
        form = {
            "xsrf": self.xsrf_token.decode(), "told": told, "readers": readers, "by": "" if name.startswith("Anonymous") else name,
            "due": today.replace(year=today.year + 1, day=min(today.day, 28)).isoformat(), "today": today.isoformat(),
        }  # fmt: skip
        self.set_header("Cache-Control", "no-store")
        await self.finish(review.render(collection, compared, form))

    def _asks(self, collection: Collection, topic: str) -> bool:
        """Tell whether nobody said yes to the notebook's code, and lead to the preview, which asks, then."""
        file = collection.notebook(topic).resolve()
        if self.desk.may_run(trust.read_code(file)):
            return False
        self.redirect(
            url_path_join(self.base_url, "handouts", "preview", file.relative_to(self.desk.root()).as_posix())
        )
        return True

    def _collection(self, topic: str) -> Collection:
        collection: Collection | None = self.desk.collection_here()
        if collection is None or topic not in collection.topics:
            raise web.HTTPError(404, reason=f"{topic} is no topic of the collection here.")
        return collection

    def _variants(self, collection: Collection, topic: str) -> list[Any]:
        """Return the page asked for, in the print size of its reader; the first where none is."""
        asked = {name: value for name, value in self.asked().items() if name in collection.parameters}
        return list_variants(collection, [topic], asked)[:1]


ADDRESSES = [(r"/handouts/review/(?P<topic>[a-z][a-z0-9-]*)", ReviewHandler)]
"""Each address with its handler."""
