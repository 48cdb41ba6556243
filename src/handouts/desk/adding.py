"""A picture from this computer, put into the collection: made small, without what a camera noted, and with its words in data/pictures.csv."""

import asyncio
import base64
from pathlib import PurePath
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from handouts import files
from handouts.collection import Collection
from handouts.collection.change_topics import name_of
from handouts.collection.edit_tables import add_rows
from handouts.collection.layouts import PICTURES
from handouts.desk.handlers import JSONHandler
from handouts.errors import HandoutsError, PageError
from handouts.page.pictures import check_alternative, check_drawing, shrink

FOLDER = "pictures"
ENDS = {"image/png": ".png", "image/jpeg": ".jpg"}
WORDS = ("title", "caption", "alt")
"""What a picture needs: its title, what to see in it, and what it shows for who cannot see it."""


def add_picture(collection: Collection, file: str, content: bytes, words: dict[str, str]) -> str:
    """Put a picture into data/pictures/, with its row in data/pictures.csv, and return its name there. Raises HandoutsError.

    `file` is what it was called, and `words` are cells of its row. A photograph is made small; a drawing has to be one that pages show.
    """
    for name in WORDS:
        if not words.get(name):
            raise PageError(f"the picture {file!r} needs words: {name}. {PICTURES.columns[name].says}")
    check_alternative(words["alt"], file)
    if PurePath(file).suffix.lower() == ".svg":
        check_drawing(content.decode(errors="replace"), file)
        end = ".svg"
    else:
        kind, content = shrink(content)
        end = ENDS[kind]
    first = name_of(words["title"]) or "picture"
    first = first if first[0].isalpha() else f"picture-{first}"
    taken = {*collection.pictures, *(path.stem for path in (collection.data / FOLDER).glob("*"))}
    name = next(one for one in (first, *(f"{first}-{count}" for count in range(2, 10_000))) if one not in taken)
    files.write(collection.data / FOLDER / f"{name}{end}", content, durable=True)
    kept = {column: " ".join(words.get(column, "").split()) for column in PICTURES.columns}
    add_rows(collection.data / PICTURES.file, [{**kept, "picture": name, "file": f"{name}{end}"}], PICTURES.columns)
    return name


class PictureHandler(JSONHandler):
    """A picture that is handed over."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Keep it, and send its name."""
        self.refuse_other_sites()
        collection = self.collection()
        sent: dict[str, Any] = self.body()
        words = {name: str(sent.get(name, "")).strip() for name in PICTURES.columns}
        try:
            content = base64.b64decode(str(sent.get("content", "")), validate=True)
            name = await asyncio.to_thread(add_picture, collection, str(sent.get("file", "")), content, words)
        except ValueError:
            raise web.HTTPError(400, reason="The picture did not arrive whole. Choose it again.") from None
        except HandoutsError as error:
            raise web.HTTPError(400, reason=str(error)) from None
        self.set_status(201)
        await self.answer({"name": name})


ADDRESSES = [(r"/handouts/picture", PictureHandler)]
"""Each address with its handler."""
