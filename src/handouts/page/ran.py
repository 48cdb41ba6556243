"""What code cells gave, kept by what they ran on: where words alone were changed, no cell runs again.

The key is the code cells themselves, the values of the parameters, the names of the tables, the files beside the notebooks,
this package and what is installed; with what they gave stands which tables they read, and what those held. That is all that a
cell can know of, but for the world outside of its collection.
"""

import hashlib
import json
import os
from collections.abc import Mapping

import nbformat
from nbformat import NotebookNode

from handouts.collection import Collection, notebook
from handouts.page.cache import RUNS, keep_file, read_kept_file


def key_of_run(collection: Collection, cells: NotebookNode, values: Mapping[str, str], made_by: str) -> str:
    """Return a digest of all that the code `cells` of a tailored notebook run on, but for what the tables hold."""
    code = [cell for cell in cells.cells if cell.cell_type == "code"]
    told = [[cell.id, cell.source, cell.metadata] for cell in code]
    parts = [
        json.dumps(told, sort_keys=True),
        json.dumps(dict(values)),
        json.dumps(cells.metadata, sort_keys=True),
        collection.fingerprint_but(collection.tables.names()),
        made_by,
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def read_run(collection: Collection, key: str, cells: NotebookNode) -> tuple[NotebookNode, set[str]] | None:
    """Return the notebook `cells` with what its code gave when it ran, and the tables it read, or None where that is not kept, or those changed."""
    content = read_kept_file(collection, f"{RUNS}/{key}.json")
    try:
        ran = nbformat.from_dict(json.loads(content or b""))
    except ValueError:
        return None
    if any(collection.tables.digest(name) != digest for name, digest in ran.tables.items()):
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
    return executed, set(ran.tables)


def keep_run(collection: Collection, key: str, executed: NotebookNode, read: set[str]) -> None:
    """Keep what the code of a notebook gave that `read` some tables; where that cannot be, it runs again next time."""
    code = {"metadata": executed.metadata, "cells": [cell for cell in executed.cells if cell.cell_type == "code"]}
    code["tables"] = {name: collection.tables.digest(name) for name in sorted(read)}
    keep_file(collection, f"{RUNS}/{key}.json", json.dumps(code, ensure_ascii=False).encode())


def tables_read(collection: Collection, executed: NotebookNode) -> set[str]:
    """Take what files a run has read out of the notebook; return the names of those of data/, or of all where that is not known."""
    paths = executed.metadata.papermill.pop("read", None)
    if paths is None:
        return set(collection.tables.names())
    opened = {os.path.realpath(path) for path in paths}  # a table may be a link
    return {name for name in collection.tables.names() if os.path.realpath(collection.data / name) in opened}
