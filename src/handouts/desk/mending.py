"""What a save would lose or scramble in a notebook, put back before it is written; the text is never touched."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4.rwbase import rejoin_lines

from handouts.collection import notebook
from handouts.collection.notebook import PARAMETERS, tags


@dataclass(frozen=True)
class Mended:
    """What was put back, and in which cell (its id)."""

    cell: str
    told: str


def mended(nb: Mapping[str, Any], stored: NotebookNode | None) -> tuple[NotebookNode, list[Mended]]:
    """Return `nb` as it is to be saved over `stored`, and what was put back.

    >>> cell = nbformat.v4.new_markdown_cell("# Ice or heat?", id="title")
    >>> again, told = mended({"nbformat": 4, "cells": [cell, cell]}, None)
    >>> [one.id for one in again.cells], told[0].cell
    (['title', 'title-2'], 'title-2')
    """
    result = _whole(nb)
    result.nbformat_minor = max(5, result.get("nbformat_minor", 0))
    told = [*_ids(result), *_parameters(result, stored), *_outputs(result, stored)]
    return _normalised(result), told


def _whole(nb: Mapping[str, Any]) -> NotebookNode:
    """Return a copy with what each cell must have; a client may leave it out, or send lines as they stand in a file."""
    result = nbformat.from_dict(nb)
    for cell in result.cells:
        cell.metadata = cell.get("metadata") or NotebookNode()
        if isinstance(cell.metadata.get("tags", []), str):
            cell.metadata["tags"] = [cell.metadata["tags"]]
        elif not cell.metadata.get("tags", [""]):
            cell.metadata.pop("tags")
        if cell.cell_type == "code":
            cell.outputs = cell.get("outputs") or []
            cell.execution_count = cell.get("execution_count")
    return rejoin_lines(result)


def _ids(nb: NotebookNode) -> Iterator[Mended]:
    """Give an id to each cell that has none, or that of a cell above; made from its place and content."""
    taken = Counter(cell.get("id") for cell in nb.cells)
    seen: set[str] = set()
    for cell in nb.cells:
        name = cell.get("id") or ""
        if not name or name in seen:
            stem = name or f"cell-{hashlib.sha256(cell.source.encode()).hexdigest()[:8]}"
            count = 2
            cell.id = stem if not name and stem not in taken else f"{stem[:58]}-{count}"
            while taken[cell.id]:
                count += 1
                cell.id = f"{stem[:58]}-{count}"
            taken[cell.id] += 1
            yield Mended(cell.id, "This cell had no name of its own, and was given one.")
        seen.add(cell.id)


def _parameters(nb: NotebookNode, stored: NotebookNode | None) -> Iterator[Mended]:
    """Put back the parameters cell, where the save would lose it, or only its tag."""
    if stored is None or any(PARAMETERS in tags(cell) and cell.cell_type == "code" for cell in nb.cells):
        return
    kept = [cell for cell in stored.cells if PARAMETERS in tags(cell) and cell.cell_type == "code"]
    if len(kept) != 1:
        return
    same = next((cell for cell in nb.cells if cell.id == kept[0].id), None)
    if same is not None and same.cell_type == "code":
        same.metadata["tags"] = [*tags(same), PARAMETERS]
        yield Mended(same.id, f"The tag {PARAMETERS!r} was put back: without it no page can be made.")
        return
    at = stored.cells.index(kept[0])
    above = [cell.id for cell in stored.cells[:at]]
    places = [place for place, cell in enumerate(nb.cells) if cell.id in above]
    cell = nbformat.from_dict(kept[0])
    if same is not None:
        nb.cells[nb.cells.index(same)] = cell
    else:
        nb.cells.insert(places[-1] + 1 if places else 0, cell)
    yield Mended(cell.id, "The cell that sets who reads was put back: without it no page can be made.")


def _outputs(nb: NotebookNode, stored: NotebookNode | None) -> Iterator[Mended]:
    """Keep the stored outputs of code that did not change and whose outputs were cleared."""
    before = {cell.id: cell for cell in stored.cells if cell.cell_type == "code"} if stored else {}
    cleared = []
    for cell in nb.cells:
        old = before.get(cell.id)
        if (
            old is not None and cell.cell_type == "code" and cell.source == old.source
            and not cell.get("outputs") and cell.get("execution_count") is None
        ):  # fmt: skip
            cell.outputs, cell.execution_count = nbformat.from_dict(old).outputs, old.execution_count
            cleared += [cell] if old.outputs else []
    if cleared:
        pictures = "The picture or table" if len(cleared) == 1 else f"The pictures and tables of {len(cleared)} cells"
        yield Mended(cleared[0].id, f"{pictures} stayed in the file: the text that makes them did not change.")


def _normalised(nb: NotebookNode) -> NotebookNode:
    """Take out when and where cells were run.

    What JupyterLab needs to trust outputs stays (it writes it to no file), and a cell that never ran does not count as run.
    """
    trusted: dict[str, Any] = {cell.id: cell.metadata["trusted"] for cell in nb.cells if "trusted" in cell.metadata}
    never_ran = {cell.id for cell in nb.cells if cell.cell_type == "code" and cell.get("execution_count") is None}
    result = notebook.normalised(nb)
    for cell in result.cells:
        if cell.id in trusted:
            cell.metadata["trusted"] = trusted[cell.id]
        if cell.id in never_ran:
            cell.execution_count = None
    return result
