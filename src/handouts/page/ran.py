"""What code cells gave, kept by what they ran on: where words alone were changed, no cell runs again.

The key is the code cells themselves, the values of the parameters, the tables and files beside the notebooks, this package
and what is installed: all that a cell can know of, but for the world outside of its collection.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from handouts import files
from handouts.collection import Collection, notebook
from handouts.errors import OutputError


def folder_of(collection: Collection) -> Path:
    """Return the folder of what cells gave."""
    return collection.cache.with_name("outputs")


def key_of_run(collection: Collection, cells: NotebookNode, values: Mapping[str, str], made_by: str) -> str:
    """Return a digest of all that the code `cells` of a tailored notebook run on."""
    code = [cell for cell in cells.cells if cell.cell_type == "code"]
    told = [[cell.id, cell.source, cell.metadata] for cell in code]
    parts = [
        json.dumps(told, sort_keys=True),
        json.dumps(dict(values)),
        json.dumps(cells.metadata, sort_keys=True),
        collection.fingerprint,
        made_by,
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def read_run(collection: Collection, key: str, cells: NotebookNode) -> NotebookNode | None:
    """Return the notebook `cells` with what its code gave when it ran, or None where that is not kept."""
    path = folder_of(collection) / f"{key}.json"
    try:
        ran = nbformat.from_dict(json.loads(path.read_bytes()))
        os.utime(path)
    except (OSError, ValueError):
        return None
    executed = nbformat.from_dict({**cells, "metadata": ran.metadata})
    code = list(ran.cells)
    executed.cells = []
    for cell in cells.cells:
        if cell.cell_type != "code":
            executed.cells.append(cell)
            continue
        executed.cells.append(code.pop(0))
        while code and notebook.INJECTED in notebook.tags(code[0]):  # papermill puts it after the parameters
            executed.cells.append(code.pop(0))
    return executed


def keep_run(collection: Collection, key: str, executed: NotebookNode) -> None:
    """Keep what the code of a notebook gave; where that cannot be, it runs again next time."""
    code = {"metadata": executed.metadata, "cells": [cell for cell in executed.cells if cell.cell_type == "code"]}
    with suppress(OutputError):
        files.write(folder_of(collection) / f"{key}.json", json.dumps(code, ensure_ascii=False).encode())
