"""Notebooks as files: read with every rule of their shape checked, written so that a diff is small."""

import ast
import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

import nbformat
from nbformat import NotebookNode

from handouts import files
from handouts.errors import NotebookError

PARAMETERS = "parameters"
INJECTED = "injected-parameters"
LARGEST = 30_000_000
"""How many bytes a notebook may have, pictures and all: a larger one would keep people waiting."""


def read(path: Path) -> NotebookNode:
    """Read the notebook at `path`.

    Raises NotebookError for a file that is missing or no notebook, for cells without an id or with
    the id of another, and for a notebook without exactly one cell tagged `parameters`.
    """
    where = _shown(path)
    try:
        stored = path.read_bytes()
    except FileNotFoundError:
        raise NotebookError(f"{where}: there is no such notebook. `handouts list` shows the topics.") from None
    except OSError as error:
        raise NotebookError(f"{where}: cannot be read ({error.strerror}).") from error
    return parse(stored, where)


def parse(stored: bytes, where: str) -> NotebookNode:
    """Return the notebook that a file holds, with the checks of `read`. Raises NotebookError."""
    if len(stored) > LARGEST:
        raise NotebookError(
            f"{where}: has {len(stored) / 1e6:,.0f} MB and may have {LARGEST / 1e6:.0f}. Make its pictures smaller, or remove large outputs."
        )
    try:
        content = json.loads(stored)
    except ValueError as error:
        if re.search(rb"(?m)^(<{7}|>{7})", stored):
            raise NotebookError(f"{where}: {UNMERGED}") from None
        raise NotebookError(
            f"{where}: is not JSON ({error}). Put back an earlier version of the file; a notebook is best edited in JupyterLab."
        ) from error
    _check_shape(content, where)  # as stored: nbformat mends ids without a word
    return check(nbformat.v4.to_notebook(content), where)


def check(nb: NotebookNode, where: str) -> NotebookNode:
    """Return `nb` if it has the shape that `read` asks for. Raises NotebookError."""
    _check_shape(nb, where)
    tagged = [cell for cell in nb.cells if PARAMETERS in tags(cell) and cell.cell_type == "code"]
    if len(tagged) != 1:
        raise NotebookError(
            f"{where}: has {len(tagged)} code cells tagged {PARAMETERS!r} and needs one. "
            "Tag the code cell that sets the parameters in JupyterLab's property inspector."
        )
    for cell in nb.cells:
        if re.search(r"<{7}|>{7}", cell.source):
            raise NotebookError(f"{where}, {place(nb, cell)}: {UNMERGED}")
    return nb


UNMERGED = (
    "holds the marks of two versions that were merged (<<<<<<< and >>>>>>>). Keep one of the two, and remove the marks."
)


def _check_shape(content: Any, where: str) -> None:
    if isinstance(content, dict) and content.get("nbformat") not in (None, 4):
        raise NotebookError(
            f"{where}: has format {content['nbformat']} and must have 4. Open it in JupyterLab and save it: that makes it format 4."
        )
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise NotebookError(f"{where}: is no notebook (it has no cells). Put back an earlier version of the file.")
    if any("id" in cell for cell in cells) and content.get("nbformat_minor", 0) in range(5):
        content["nbformat_minor"] = 5  # cells have had ids since 4.5; some tools write them, and an older number
    ids = Counter(str(cell.get("id")) for cell in cells)
    for count, cell in enumerate(cells, start=1):
        if not isinstance(cell.get("id"), str) or not cell["id"]:
            raise NotebookError(f"{where}, cell {count}: has no id. Open the notebook in JupyterLab and save it.")
        if ids[str(cell["id"])] > 1:
            raise NotebookError(
                f"{where}, cell {count}: has the id {cell['id']!r} of another cell. "
                "Delete the copy and make it again with copy and paste in JupyterLab."
            )
    try:
        nbformat.validate(content)
    except nbformat.ValidationError as error:
        reason = str(error).splitlines()[0]
        raise NotebookError(f"{where}: is no valid notebook ({reason}). Put back an earlier version.") from error


def tags(cell: NotebookNode) -> list[str]:
    """Return the tags of `cell`."""
    return list(cell.metadata.get("tags") or [])


def numbers(nb: NotebookNode) -> dict[str, int]:
    """Return the numbers of the cells by their ids, counted from 1 as in JupyterLab, but for what papermill put in."""
    own = [cell for cell in nb.cells if INJECTED not in tags(cell)]
    return {cell.id: count for count, cell in enumerate(own, start=1)}


def place(nb: NotebookNode, cell: NotebookNode, numbered: Mapping[str, int] | None = None) -> str:
    """Say which cell this is, and how it begins; `numbered` are the numbers of a notebook that `nb` is tailored from."""
    number = (numbered or numbers(nb)).get(cell.id, "put in by papermill")
    first = next((line.strip() for line in cell.source.splitlines() if line.strip()), "")
    return f'cell {number} ("{first[:40]}{"..." if len(first) > 40 else ""}")'


def declared(nb: NotebookNode, where: str) -> dict[str, object]:
    """Return the parameters that the notebook declares, with the values it gives them. Raises NotebookError."""
    return _assigned(next(cell for cell in nb.cells if PARAMETERS in tags(cell)), where)


def ran_with(nb: NotebookNode, where: str) -> dict[str, object]:
    """Return the parameters that the notebook ran with: its own, then those that papermill put in.

    Raises NotebookError where papermill put in one that the notebook does not declare: its code
    would not know of it, and the reader would get somebody else's page.
    """
    values = declared(nb, where)
    for cell in nb.cells:
        if INJECTED in tags(cell):
            for name, value in _assigned(cell, where).items():
                if name not in values:
                    raise NotebookError(
                        f"{where}: was run with a parameter {name!r} that it does not declare. Declared: {', '.join(values)}."
                    )
                values[name] = value
    return values


def _assigned(cell: NotebookNode, where: str) -> dict[str, object]:
    values: dict[str, object] = {}
    try:
        for statement in ast.parse(cell.source).body:
            if isinstance(statement, ast.Assign):
                targets, value = statement.targets, statement.value
            elif isinstance(statement, ast.AnnAssign) and statement.value:  # audience: str = "general"
                targets, value = [statement.target], statement.value
            else:
                continue
            values |= {target.id: ast.literal_eval(value) for target in targets if isinstance(target, ast.Name)}
    except (SyntaxError, ValueError) as error:
        raise NotebookError(
            f'{where}: the parameters cell holds more than plain values ({error}). Write lines such as: audience = "general"'
        ) from error
    return values


def topic_of(nb: NotebookNode, name: str) -> str:
    """Return the topic of a notebook: the file that papermill read, else `name`, the file's own stem."""
    source = nb.metadata.get("papermill", {}).get("input_path")
    return PurePath(source).stem if isinstance(source, str) else name


def normalised(nb: NotebookNode) -> NotebookNode:
    """Return a copy that holds nothing of when, where and by whom it was run, so that diffs stay small.

    Text, tags, ids and outputs stay; execution counts run from 1.
    """
    nb = nbformat.from_dict(nb)
    nb.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    counts = iter(range(1, len(nb.cells) + 1))
    for cell in nb.cells:
        kept = {
            key: value
            for key, value in cell.metadata.items()
            if key not in ("execution", "papermill", "trusted", "collapsed")
        }
        if not kept.get("tags"):
            kept.pop("tags", None)
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type == "code":
            cell.execution_count = next(counts) if cell.source.strip() else None
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = cell.execution_count
    return nb


def write(nb: NotebookNode, path: Path) -> bool:
    """Write `nb` to `path` as JupyterLab would, and tell whether the file changed. Raises OutputError."""
    return files.write(path, _content(nb), durable=True)


def is_stored(nb: NotebookNode, path: Path) -> bool:
    """Tell whether `path` holds just `nb`, whatever its line ends: git may have changed those."""
    return path.read_bytes().replace(b"\r\n", b"\n") == _content(nb)


def _content(nb: NotebookNode) -> bytes:
    return (nbformat.writes(nb).rstrip("\n") + "\n").encode()


def _shown(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
