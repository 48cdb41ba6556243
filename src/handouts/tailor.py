"""Tailor a notebook to its reader: cells are chosen by their tags.

A cell tagged `audience:athlete` is for athletes; a cell without such a tag is for everyone. Several
values of one facet mean any of them; different facets must all match. `part:main-message` says how
a cell looks. A tag with a colon that data/ does not declare is an error: a typo would silently
drop a warning from a patient's page.
"""

import ast
from collections.abc import Collection as Names
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import mistune
import nbformat
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

from handouts import notebook
from handouts.collection import find
from handouts.data import read_parts
from handouts.errors import NotebookError, known
from handouts.notebook import place, tags
from handouts.parameters import Parameters, Values, read_parameters, resolve

PART = "part"


def tailor(nb: NotebookNode, values: Values, parameters: Parameters, parts: Names[str], where: str) -> NotebookNode:
    """Return a copy of `nb` with the cells that are for a reader with these `values`.

    Raises NotebookError, which begins with `where`, for an unknown facet, value or part in a tag, for
    a heading left with nothing under it, and for a reader to whom nothing is left.
    """
    check_tags(nb, parameters, parts, where)
    kept = nbformat.from_dict({**nb, "cells": [cell for cell in nb.cells if is_for(cell, values, parameters)]})
    reader = ", ".join(f"{name} {value}" for name, value in values.items() if parameters[name].facet)
    _check_something_left(nb, kept, f"{where}, {reader}")
    return kept


def is_for(cell: NotebookNode, values: Values, parameters: Parameters) -> bool:
    """Tell whether `cell` is for a reader with these `values`."""
    wanted: dict[str, set[str]] = {}
    for tag in tags(cell):
        facet, colon, value = tag.partition(":")
        if colon and facet != PART:
            wanted.setdefault(facet, set()).add(value)
    return all(values[facet] in allowed for facet, allowed in wanted.items())


def part_of(cell: NotebookNode) -> str | None:
    """Return the part that `cell` is tagged as."""
    return next((tag.partition(":")[2] for tag in tags(cell) if tag.startswith(f"{PART}:")), None)


def check_tags(nb: NotebookNode, parameters: Parameters, parts: Names[str], where: str) -> None:
    """Raise NotebookError for the first tag with a colon that data/ does not declare.

    Also for a code cell that is for some readers only and sets a name: cells for the others could
    use that name, and would then depend on whether the notebook was tailored before it was run.
    """
    facets: dict[str, Names[str]] = {name: list(one.values) for name, one in parameters.items() if one.facet}
    facets[PART] = parts
    for cell in nb.cells:
        for tag in tags(cell):
            facet, colon, value = tag.partition(":")
            if not colon:
                continue
            at = f"{where}, {place(nb, cell)}: tag {tag!r}"
            if facet not in facets:
                raise NotebookError(f"{at}: unknown facet {facet!r}. {known(facet, facets)}")
            if value not in facets[facet]:
                raise NotebookError(f"{at}: unknown {facet} {value!r}. {known(value, facets[facet])}")
            if cell.cell_type == "code" and facet != PART and _sets_a_name(cell.source):
                raise NotebookError(
                    f"{at}: a cell for some readers only must not set names. Set them in a cell without the tag."
                )


def _sets_a_name(source: str) -> bool:
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a magic; what it does is the educator's to know
        return False
    return not all(isinstance(statement, ast.Expr) for statement in statements)


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
            for token in blocks(cell.source):
                if token["type"] == "heading":
                    yield cell, plain_text(token), token["attrs"]["level"]
                elif token["type"] != "blank_line":
                    yield cell, "", 0
        elif cell.cell_type == "code" and not {notebook.PARAMETERS, notebook.INJECTED} & set(tags(cell)):
            yield from [(cell, "", 0)] if cell.outputs or cell.execution_count is None else []


_read_markdown = mistune.create_markdown(renderer=None, plugins=["table", "strikethrough"])


def blocks(source: str) -> list[dict[str, Any]]:
    """Return the blocks of a Markdown text as mistune's tokens."""
    tokens = _read_markdown(source)
    assert isinstance(tokens, list)
    return tokens


def plain_text(token: dict[str, Any]) -> str:
    """Return the words of a Markdown token without their marks."""
    if "children" in token:
        return "".join(map(plain_text, token["children"]))
    return str(token.get("raw", " "))


class TailorPreprocessor(Preprocessor):
    """Tailor a notebook to the parameters it was run with; works with any nbconvert exporter."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Return the tailored notebook. Raises NotebookError and ParameterError."""
        collection = resources.get("collection") or find()
        where = f"{resources.get('metadata', {}).get('name') or 'notebook'}.ipynb"
        parameters = read_parameters(collection)
        nb = notebook.check(nb, where)
        values = resolve(parameters, notebook.ran_with(nb, where), where)
        return tailor(nb, values, parameters, read_parts(collection), where), resources
