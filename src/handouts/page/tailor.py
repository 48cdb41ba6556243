"""Tailor a notebook to its reader: cells are chosen by their tags.

A cell tagged `audience:athlete` is for athletes; a cell without such a tag is for everyone. Several
values of one facet mean any of them; different facets must all match. `part:main-message` says how
a cell looks. A tag with a colon that data/ does not declare is an error: a typo would silently
drop a warning from a patient's page.
"""

import ast
import re
from collections.abc import Collection as Names
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import nbformat
from nbformat import NotebookNode

from handouts.collection import notebook
from handouts.collection.notebook import place, tags
from handouts.collection.parameters import Parameters, Values
from handouts.errors import NotebookError, known
from handouts.page.markdown import parse_markdown, plain_text

PART = "part"
SAFETY_HERE = "safety-here"
"""Tags a cell that the safety text follows; with a colon and a part's name, such as safety-here:tell-first, that part of it."""
HIDDEN = {f"{what}{sign}cell" for what in ("remove", "hide") for sign in "-_"}
HIDDEN_OUTPUT = {
    f"{what}{sign}{which}" for what in ("remove", "hide") for sign in "-_" for which in ("output", "outputs")
}
"""Tags by which nbconvert, Jupyter Book and others keep a cell, or what code shows, off a page."""
SHOWING = ("table", "diagram", "icons", "picture")
"""What a code cell that is for some readers only may call."""


def tailor(nb: NotebookNode, values: Values, parameters: Parameters, parts: Names[str], where: str) -> NotebookNode:
    """Return a copy of `nb` with the cells that are for a reader with these `values`.

    Raises NotebookError, which begins with `where`, for an unknown facet, value or part in a tag, for
    a heading left with nothing under it, and for a reader to whom nothing is left.
    """
    check_tags(nb, parameters, parts, where)
    cells = [cell for cell in nb.cells if is_for(cell, values, parameters)]
    # what hidden code does is still done; PagePreprocessor shows nothing of it
    kept = nbformat.from_dict({**nb, "cells": [one for one in cells if one.cell_type == "code" or not is_hidden(one)]})
    reader = ", ".join(f"{name} {value}" for name, value in values.items() if parameters[name].facet)
    _check_something_left(nb, kept, f"{where}, {reader}")
    return kept


def is_for(cell: NotebookNode, values: Values, parameters: Parameters) -> bool:
    """Tell whether `cell` is for a reader with these `values`."""
    wanted: dict[str, set[str]] = {}
    for tag in tags(cell):
        facet, colon, value = tag.partition(":")
        if colon and facet not in (PART, SAFETY_HERE):
            wanted.setdefault(facet, set()).add(value)
    return all(values[facet] in allowed for facet, allowed in wanted.items())


def is_hidden(cell: NotebookNode) -> bool:
    """Tell whether Jupyter's own tools hide `cell`: by a tag such as remove-cell, or as a note or skipped slide."""
    slide = (cell.metadata.get("slideshow") or {}).get("slide_type")
    hiding = HIDDEN | HIDDEN_OUTPUT if cell.cell_type == "code" else HIDDEN
    return bool(hiding & set(tags(cell))) or slide in ("notes", "skip")


def part_of(cell: NotebookNode) -> str | None:
    """Return the part that `cell` is tagged as."""
    return next((tag.partition(":")[2] for tag in tags(cell) if tag.startswith(f"{PART}:")), None)


def check_tags(nb: NotebookNode, parameters: Parameters, parts: Names[str], where: str) -> None:
    """Raise NotebookError for the first tag with a colon that data/ does not declare, or that lacks its colon.

    Also for two parts on one cell, and for a code cell that is for some readers only and does more
    than show a table or diagram: cells for the others could depend on what it did, and would then
    depend on whether the notebook was tailored before it was run.
    """
    facets: dict[str, Names[str]] = {name: list(one.values) for name, one in parameters.items() if one.facet}
    facets[PART] = parts
    forgotten = re.compile(
        rf"\W*(({'|'.join(facets)})\b.*|{'|'.join(value for values in facets.values() for value in values)})\W*"
    )

    def at(cell: NotebookNode, tag: str) -> str:
        return f"{where}, {place(nb, cell)}: tag {tag!r}"

    for cell in nb.cells:
        seen = ""
        for tag in tags(cell):
            facet, colon, value = tag.partition(":")
            if not colon and not forgotten.fullmatch(tag.lower()):
                continue
            if not colon:
                raise NotebookError(
                    f"{at(cell, tag)}: is no facet, and would be ignored. Write it as {_example(tag, facets)}."
                )
            if facet == SAFETY_HERE:
                continue  # which parts the safety text has, the exporter knows
            if facet not in facets:
                raise NotebookError(f"{at(cell, tag)}: unknown facet {facet!r}. {known(facet, facets)}")
            if value not in facets[facet]:
                raise NotebookError(f"{at(cell, tag)}: unknown {facet} {value!r}. {known(value, facets[facet])}")
            if facet == PART and seen:
                raise NotebookError(f"{at(cell, tag)}: the cell is a part already ({seen}). Keep one of the two tags.")
            seen = tag if facet == PART else seen
            if cell.cell_type == "code" and facet != PART and not _only_shows(cell.source):
                raise NotebookError(
                    f"{at(cell, tag)}: a cell for some readers only may hold one call of {' or '.join(SHOWING)} and nothing else."
                )


def _example(tag: str, facets: Mapping[str, Names[str]]) -> str:
    """Return the tag that was probably meant by a `tag` without a colon."""
    for facet, values in facets.items():
        for value in values:
            if value in tag.lower():
                return f"{facet}:{value}"
    return "facet:value"


def _only_shows(source: str) -> bool:
    try:
        (statement,) = ast.parse(source).body
    except (SyntaxError, ValueError):
        return False
    call = statement.value if isinstance(statement, ast.Expr) else None
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in SHOWING
        and all(isinstance(argument, ast.Constant) for argument in call.args)
        and not call.keywords
    )


def _check_something_left(nb: NotebookNode, kept: NotebookNode, where: str) -> None:
    outline = list(_outline(kept))
    if all(heading for _, heading, _ in outline):
        raise NotebookError(f"{where}: nothing is left for this reader. Write a cell for them, or remove a tag.")
    for (cell, heading, level), (_, following, deeper) in pairwise([*outline, (nb.cells[-1], "the end", 0)]):
        if heading and following and deeper <= level:
            raise NotebookError(
                f"{where}, {place(nb, cell)}: nothing is left under the heading {heading!r}. "
                "Tag the heading like the text below it, or write text for this reader."
            )


def _outline(nb: NotebookNode) -> Iterator[tuple[NotebookNode, str, int]]:
    """Yield each block a reader gets with its heading and level; a block that is no heading has "" and 0.

    A code cell that has never run counts as a block: what it shows is not known yet.
    """
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            for token in parse_markdown(cell.source):
                if token["type"] == "heading":
                    yield cell, plain_text(token), token["attrs"]["level"]
                elif token["type"] != "blank_line" and not _is_comment(token):
                    yield cell, "", 0
        elif (
            cell.cell_type == "code"
            and not is_hidden(cell)
            and not {notebook.PARAMETERS, notebook.INJECTED} & set(tags(cell))
        ):
            yield from [(cell, "", 0)] if cell.outputs or cell.execution_count is None else []


def _is_comment(token: dict[str, Any]) -> bool:
    """Tell whether a block is nothing but comments, which no reader sees."""
    if token["type"] != "block_html" or "-->" not in token["raw"]:
        return False
    return not re.sub(r"<!--.*?-->", "", token["raw"], flags=re.S).strip()
