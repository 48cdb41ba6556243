"""The tables of data/ as grids: each cell with its own rule, what is wrong told beside it, and a save that leaves all else as it was written."""

import asyncio
import csv
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado import web

from handouts import files
from handouts.collection import Collection
from handouts.collection.csvfile import MOST_KEPT, write_table
from handouts.collection.edit_tables import read_cells, write_cells
from handouts.collection.languages import read_languages
from handouts.collection.layouts import ALL, SAFETY_RECORD, VALUES
from handouts.collection.page_layouts import ADDRESSES as PAGE_ADDRESSES
from handouts.collection.page_layouts import REVIEWS
from handouts.collection.rules import OneOf, Rule
from handouts.desk.answers import words_of
from handouts.desk.handlers import HTMLHandler, JSONHandler
from handouts.errors import DataError, HandoutsError

LAYOUTS = {layout.file: layout for layout in ALL}
WRITTEN = {REVIEWS.file, PAGE_ADDRESSES.file, SAFETY_RECORD.file}
"""The tables that commands write, and nobody else: what is signed there would be worth nothing."""
IN_TABLE = re.compile(r"data/(?P<file>\S+\.csv)(?: row (?P<row>\d+))?(?:,? column (?P<column>[\w-]+))?")
Rows = Sequence[tuple[int | None, list[str]]]


@dataclass(frozen=True)
class Problem:
    """What is wrong with a table: in which of the rows below its header, counted from 0, and in which column, where that is known."""

    told: str
    row: int | None = None
    column: str | None = None


def list_tables(collection: Collection) -> list[dict[str, Any]]:
    """Return the tables of a collection that can be edited: name, what it is for, and whether it is there. Raises HandoutsError."""
    says = {layout.file: layout.says for layout in ALL if layout.file not in WRITTEN}
    says |= {name: f"{label}: what can be chosen." for name, label in _values_in(collection).items()}
    with suppress(HandoutsError):
        says |= {f"{name}.csv": one.title for name, one in collection.captions.items()}
    there = set(collection.tables.names())
    listed = [{"name": name, "says": said, "there": name in there} for name, said in says.items()]
    return [one for one in listed if one["there"] or one["name"] in LAYOUTS]


def _values_in(collection: Collection) -> dict[str, str]:
    """Return the label of each parameter by the table of its values."""
    with suppress(HandoutsError):
        return {row["values_in"]: row["label"] for row in collection.tables.rows(LAYOUTS["parameters.csv"])}
    return {}


def read_table(collection: Collection, name: str) -> bytes:
    """Return what a table holds, or its header where it is not there yet. Raises DataError."""
    content = collection.tables.files_named(name)
    if content is not None and len(content) > MOST_KEPT:
        raise DataError(f"data/{name}: is too long to be edited here. Open it in a spreadsheet.")
    if content and content.strip():
        return content
    if name not in LAYOUTS:
        raise DataError(f"data/{name}: the file is missing, and no table of this collection is called so.")
    return write_table(list(LAYOUTS[name].columns), []).encode()


def show_grid(collection: Collection, name: str) -> dict[str, Any]:
    """Return a table for people: its columns with what they hold and may hold, its rows, a digest, and what is wrong. Raises DataError."""
    content = read_table(collection, name)
    try:
        columns, rows = read_cells(content)
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"data/{name}: cannot be read ({error}). In Excel, save it as CSV UTF-8.") from error
    problems, rules = find_problems(collection, name, content)
    layout = LAYOUTS.get(name)
    says = layout.columns if layout else VALUES if name in _values_in(collection) else {}
    listed = next(
        (one["says"] for one in list_tables(collection) if one["name"] == name), layout.says if layout else ""
    )
    return {
        "name": name,
        "says": listed,
        "written": name in WRITTEN,
        "columns": [
            {
                "name": column,
                "says": says[column].says if column in says else "",
                "choices": _choices(rules.get(column)),
            }
            for column in columns
        ],
        "rows": [{"from": number, "cells": cells} for number, cells in rows],
        "digest": digest(content),
        "problems": [asdict(one) for one in problems],
    }


def _choices(rule: Rule | None) -> list[str] | None:
    return list(rule.values) if isinstance(rule, OneOf) else None


def digest(content: bytes) -> str:
    """Return by what a table is known that somebody began to edit."""
    return hashlib.sha256(content).hexdigest()


def find_problems(collection: Collection, name: str, content: bytes) -> tuple[list[Problem], dict[str, Rule]]:
    """Return what is wrong where a table holds `content`, and would not be without it; and the rules of its columns."""
    supposed = Collection(collection.root)
    supposed.tables.suppose(name, content)
    told = list(_faults(supposed))
    declared = LAYOUTS[name].columns if name in LAYOUTS else {}
    rules: dict[str, Rule] = {column: of.rule for column, of in declared.items()}
    rules |= supposed.tables.rules.get(name, {})
    columns, rows = read_cells(content)
    problems = [
        Problem(wrong, count, column)
        for count, (_, cells) in enumerate(rows)
        for column, cell in zip(columns, cells, strict=True)
        if column in rules and (wrong := rules[column](cell))
    ]
    places = {(one.row, one.column) for one in problems}
    before = set(_faults(collection)) if content != collection.tables.files_named(name) else set()
    numbers = [number for number, _ in rows]
    for one in told:
        found = IN_TABLE.match(one)
        own = found is not None and found["file"] == name
        if not own and one in before:
            continue
        number = int(found["row"]) - 2 if found and own and found["row"] else None
        row = numbers.index(number) if number in numbers else None
        column = found["column"] if found and own and found["column"] in columns else None
        if (row, column) not in places:
            problems.append(Problem(one, row, column))
    return problems, rules


def _faults(collection: Collection) -> Iterator[str]:
    """Yield what is wrong with the tables of a collection, as far as each can be read alone."""
    told: dict[str, None] = {}
    looks: list[Callable[[], object]] = [partial(collection.tables.rows, layout) for layout in ALL]
    looks += [
        collection.check,
        lambda: collection.captions,
        lambda: collection.pictures,
        lambda: read_languages(collection),
    ]
    for look in looks:
        try:
            look()
        except HandoutsError as error:
            told |= dict.fromkeys(str(error).splitlines())
    yield from told


def read_sent(body: dict[str, Any]) -> Rows:
    """Return the rows that were sent. Raises HTTPError where they are none."""
    rows = []
    for one in body.get("rows", ()):
        number, cells = (one.get("from"), one.get("cells")) if isinstance(one, dict) else (None, None)
        if not isinstance(cells, list) or not all(isinstance(cell, str) for cell in cells):
            raise web.HTTPError(400, reason="Rows of text are wanted.")
        texts = [cell.replace("\r\n", "\n").strip() for cell in cells]
        rows.append((number if isinstance(number, int) else None, texts))
    return rows


class TablesHandler(JSONHandler):
    """The tables that can be edited."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Send them, and the folder that they lie in, as the server calls it."""
        collection = self.collection()
        folder = collection.data.resolve().relative_to(self.desk.root())
        await self.answer({"folder": folder.as_posix(), "tables": list_tables(collection)})


class CellsHandler(JSONHandler):
    """The cells of a table."""

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        """Send them."""
        try:
            await self.answer(await asyncio.to_thread(show_grid, self.collection(), name))
        except HandoutsError as error:
            raise web.HTTPError(404, reason=str(error)) from None

    @web.authenticated
    @authorized
    async def post(self, name: str) -> None:
        """Look at rows that were changed, and `save` them where nothing is wrong, or `anyway`; send what is wrong, or the table as it is now.

        Where the file is not as it was when it was sent, nothing is saved (409).
        """
        self.refuse_other_sites()
        collection, body = self.collection(), self.body()
        if name in WRITTEN:
            raise web.HTTPError(403, reason="A command writes this table, and nobody else.")
        try:
            before = read_table(collection, name)
            if body.get("digest") != digest(before):
                raise web.HTTPError(409, reason=f"data/{name} was changed since it was opened here.")
            content = write_cells(before, read_sent(body))
            problems, _ = await asyncio.to_thread(find_problems, collection, name, content)
            if not body.get("save") or (problems and not body.get("anyway")):
                await self.answer({"saved": False, "problems": [asdict(one) for one in problems]})
                return
            files.write(collection.data / name, content, durable=True)
            await self.answer({"saved": True, **await asyncio.to_thread(show_grid, self.collection(), name)})
        except HandoutsError as error:
            raise web.HTTPError(400, reason=str(error)) from None


class GridHandler(HTMLHandler):
    """A table to edit."""

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        """Send it, empty: its script fetches the cells."""
        base = url_path_join(self.base_url, "handouts")
        await self.show("grid.html.j2", base=base, table=name, **words_of(self.desk.collection_here(), "grid"))


NAME = r"(?P<name>[\w-][\w.-]*\.csv)"
ADDRESSES = [
    (r"/handouts/tables", TablesHandler),
    (rf"/handouts/cells/{NAME}", CellsHandler),
    (rf"/handouts/table/{NAME}", GridHandler),
]
"""Each address with its handler."""
