"""What the desk's handlers share: who may ask, what is asked for, and how they answer."""

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import wraps
from http.client import responses
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.extension.handler import ExtensionHandlerJinjaMixin, ExtensionHandlerMixin
from tornado import web
from tornado.iostream import StreamClosedError

from handouts.collection import Collection
from handouts.collection.parameters import resolve
from handouts.desk.preview import without_language
from handouts.errors import HandoutsError, ParameterError

AT_ONCE = 1.0
"""How long a request waits for its page. A browser has six connections to a server, and JupyterLab needs them too."""

Method = Callable[..., Awaitable[None]]


def may_run(method: Method) -> Method:
    """Let `method` be called only for who may execute, and not by a page of another site."""
    allowed: Method = authorized(authorized("execute", "kernels")(method))

    @wraps(method)
    async def guarded(self: "Handler", **arguments: str) -> None:
        self.refuse_other_sites()
        await allowed(self, **arguments)

    return guarded


class Handler(ExtensionHandlerMixin, JupyterHandler):
    """What the handlers share."""

    def set_default_headers(self) -> None:
        """Tell no other site what is looked at here."""
        super().set_default_headers()
        self.set_header("Referrer-Policy", "no-referrer")

    def refuse_other_sites(self) -> None:
        """Raise HTTPError where the page of another site asks."""
        site = self.request.headers.get("Sec-Fetch-Site")
        if site in ("cross-site", "same-site"):
            raise web.HTTPError(403, reason="A page of another site may not ask for this.")
        if site is None:  # no browser, or no secure address
            self.check_xsrf_cookie()

    @property
    def desk(self) -> Any:
        """The extension: a Desk."""
        return self.settings["handouts_desk"]

    def collection(self) -> Collection:
        """Return the collection that the server shows. Raises HTTPError where there is none."""
        found: Collection | None = self.desk.collection_here()
        if found is None:
            raise web.HTTPError(404, reason="There is no collection here. To begin one: handouts init FOLDER")
        return found

    def asked(self) -> dict[str, str]:
        """Return the values of parameters that the address asks for."""
        return {
            name: self.get_query_argument(name)
            for name in self.request.query_arguments
            if name not in ("wait", "token", "_xsrf") and self.get_query_argument(name)
        }

    def values(self, place: Any) -> dict[str, str]:
        """Return a value for each parameter, or none where the tables cannot be read. Raises HTTPError for what they do not know."""
        try:
            return resolve(place.collection.parameters, without_language(self.asked())[0], "the address")
        except ParameterError as error:
            raise web.HTTPError(400, reason=str(error)) from None
        except HandoutsError:  # the page tells
            return {}

    def stamped(self, stamp: str) -> str:
        """Return a stamp that changes also when somebody says yes: previews that ask then look again."""
        return f"{stamp}-{self.desk.yeses}"

    def body(self) -> dict[str, Any]:
        """Return the JSON object that was sent. Raises HTTPError for anything else."""
        with suppress(ValueError):
            body = json.loads(self.request.body or b"{}")
            if isinstance(body, dict):
                return body
        raise web.HTTPError(400, reason="A JSON object is wanted.")

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


class HTMLHandler(ExtensionHandlerJinjaMixin, Handler):
    """A handler that answers with a page for people."""

    auth_resource = "contents"

    @property
    def content_security_policy(self) -> str:
        """Allow our own script and nothing else; a page shown inside takes this over."""
        return (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
        )

    def write_error(self, status_code: int, **told: Any) -> None:
        """Say what is wrong, in a line."""
        error = told.get("exc_info", (None, None))[1]
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(getattr(error, "reason", None) or responses.get(status_code, "Unknown HTTP Error"))

    async def show(self, template: str, **told: object) -> None:
        """Send the page made from `template`."""
        self.set_header("Cache-Control", "no-store")
        await self.finish(self.render_template(template, **told))
