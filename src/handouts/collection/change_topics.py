"""Topics begun, copied, renamed and removed: their notebooks, and their rows in the tables.

A new one begins from a notebook in starter/kinds/. What guides the author stands in comments, which no page shows; the
words around them are true of any topic. Nothing is overwritten, and what is removed can be put back.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from handouts import files
from handouts.collection import notebook
from handouts.collection.csvfile import write_table
from handouts.collection.edit_tables import add_rows, change_rows, read_rows
from handouts.collection.folder import Collection
from handouts.collection.layouts import ANY_TOPIC, KINDS
from handouts.collection.page_layouts import ADDRESSES
from handouts.collection.sentences import ended
from handouts.errors import NotebookError, known

STARTER = Path(__file__).parents[1] / "starter"
NAMES = {
    "topics.csv": "topic",
    "options.csv": "topic",
    "article-sections.csv": "topic",
    "standards.csv": "applies_to",
    "reviews.csv": "topic",
}
"""The tables that name topics, and the column that does. An address stays where its topic goes: printed codes lead to it."""
REMOVED = ".removed"


def name_of(title: str) -> str:
    """Return a topic's name made from its title.

    >>> name_of("Ice or heat: which one?")
    'ice-or-heat-which-one'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].strip("-")


def new_topic(
    collection: Collection, name: str, title: str, today: date, *,
    kind: str = KINDS[0], safety: str | None = None, why_no_safety: str = "", only: Sequence[str] | None = None,
) -> None:  # fmt: skip
    """Make the notebook of a new topic, and its row in data/topics.csv. Nothing that is there is changed.

    It is of one of KINDS, and uses the set `safety`, or none for the reason `why_no_safety`; else the set that fits any topic.
    Its pages are those of the values `only`; else all but those that have the article's own words. Raises NotebookError.
    """
    check_new(collection, name)
    if not safety and not why_no_safety:
        safety = ANY_TOPIC if ANY_TOPIC in collection.safety else None
    if bool(safety) == bool(why_no_safety) or (safety and safety not in collection.safety):
        sets = ", ".join(collection.safety) or "none yet"
        raise NotebookError(
            f"{name}: name its safety text by --safety (sets: {sets}), or say by --no-safety why its readers need none."
        )
    nb = make_notebook(collection, kind, title)
    notebook.write(notebook.normalised(nb), collection.notebook(name))
    row = {
        "topic": name,
        "order": str(1 + max((topic.order for topic in collection.topics.values()), default=0)),
        "purpose": ended(title),
        "only": " ".join(levels_of(collection, article=False) if only is None else only),
        "safety": safety or "",
        "why_no_safety": why_no_safety,
        "written_on": today.isoformat(),
    }
    add_rows(collection.data / "topics.csv", [row])


def check_new(collection: Collection, name: str) -> None:
    """Raise NotebookError where `name` cannot be that of a new topic."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise NotebookError(f"{name!r} is no name for a topic. Use small letters, digits and hyphens, a letter first.")
    if name in collection.topics or collection.notebook(name).exists():
        raise NotebookError(f"notebooks/{name}.ipynb: there is such a topic already. Choose another name.")


def make_notebook(collection: Collection, kind: str, title: str) -> NotebookNode:
    """Return a notebook of one of KINDS with `title`, which knows the parameters of the collection."""
    nb = nbformat.read(STARTER / "kinds" / f"{kind}.ipynb", as_version=4)
    for cell in nb.cells:
        cell.source = cell.source.replace("{title}", title if cell.id == "title" else ended(title))
    nb.cells[1:1] = _tools(collection)
    return nb


def _tools(collection: Collection) -> list[NotebookNode]:
    """Return the code cells that a topic begins with: those of the first topic, or new ones. Topics that share them share a snapshot."""
    for topic in collection.topics:
        nb = notebook.read(collection.notebook(topic))
        at = next(count for count, cell in enumerate(nb.cells) if notebook.PARAMETERS in notebook.tags(cell))
        return [cell for cell in nb.cells[: at + 2] if cell.cell_type == "code"]
    defaults = {
        name: "None" if of.default is None else json.dumps(of.default) for name, of in collection.parameters.items()
    }
    values = [f"{name} = {default}" for name, default in defaults.items()]
    return [
        nbformat.v4.new_code_cell("from handouts.show import diagram, draw_for, icons, picture, table", id="imports"),
        nbformat.v4.new_code_cell("\n".join(values), id="parameters", metadata={"tags": [notebook.PARAMETERS]}),
        nbformat.v4.new_code_cell(f"draw_for({', '.join(f'{name}={name}' for name in defaults)})", id="reader"),
    ]


def levels_of(collection: Collection, *, article: bool) -> list[str]:
    """Return the values of facets, such as level:plain, whose words are the article's own, or are not; none where there are not both."""
    found = []
    for name, parameter in collection.parameters.items():
        some = [value for value, row in parameter.values.items() if (row.get("article") == "yes") == article]
        if parameter.facet and 0 < len(some) < len(parameter.values):
            found += [f"{name}:{value}" for value in some]
    return found


def duplicate_topic(collection: Collection, name: str, new: str, today: date) -> None:
    """Copy a topic under a new name: its notebook, and its rows, but for a review, and for sections of the article. Raises NotebookError."""
    _check_there(collection, name)
    check_new(collection, new)
    nb = notebook.read(collection.notebook(name))
    notebook.write(notebook.normalised(nb), collection.notebook(new))
    order = 1 + max(topic.order for topic in collection.topics.values())
    for table, column in NAMES.items():
        path = collection.data / table
        if path.is_file() and table not in ("article-sections.csv", "reviews.csv"):
            _, rows = read_rows(path)
            if table == "standards.csv":
                change_rows(path, lambda row: {**row, column: _also(row[column], name, new)})  # noqa: B023  # called at once
                continue
            of = [{**row, column: new} for row in rows if row[column] == name]
            if table == "topics.csv":
                unreviewed = {
                    "written_on": today.isoformat(),
                    "order": str(order),
                }
                of = [{**row, **unreviewed} for row in of]
            add_rows(path, of)


def _also(listed: str, name: str, new: str) -> str:
    return f"{listed} {new}" if name in listed.split() else listed


def rename_topic(collection: Collection, name: str, new: str) -> None:
    """Give a topic another name, in its notebook's file and in all tables. Raises NotebookError."""
    _check_there(collection, name)
    check_new(collection, new)
    for table, column in {**NAMES, ADDRESSES.file: "topic"}.items():
        if (collection.data / table).is_file():
            change_rows(
                collection.data / table,
                lambda row: {**row, column: " ".join(new if one == name else one for one in row[column].split(" "))},  # noqa: B023
            )
    collection.notebook(name).rename(collection.notebook(new))


def remove_topic(collection: Collection, name: str) -> Path:
    """Take a topic out of the collection, and return the folder where its notebook and rows are kept. Raises NotebookError."""
    _check_there(collection, name)
    if sections := [section.heading for section in collection.article if section.topic == name]:
        raise NotebookError(
            f"{name}: has sections of the article, such as {sections[0]!r}. Give them to another topic in data/article-sections.csv, "
            "or list their lines in data/article-left-out.csv, first."
        )
    kept = _place_for(collection, name)
    kept.mkdir(parents=True)
    for table, column in NAMES.items():
        path = collection.data / table
        if not path.is_file():
            continue
        header, rows = read_rows(path)
        if own := [row for row in rows if name in row[column].split()]:
            files.write(kept / table, write_table(header, own).encode(), durable=True)
        if table == "standards.csv":  # what was asked of this topic only is asked of none
            change_rows(path, lambda row: _without(row, column, name))  # noqa: B023
        else:
            change_rows(path, lambda row: None if row[column] == name else row)  # noqa: B023
    collection.notebook(name).rename(kept / f"{name}.ipynb")
    return kept


def restore_topic(collection: Collection, name: str) -> None:
    """Put a topic back that was removed, the one removed last of this name. Raises NotebookError."""
    check_new(collection, name)
    found = [one for one in (collection.root / REMOVED).glob(f"{name}*") if (one / f"{name}.ipynb").is_file()]
    if not found:
        there = {path.stem for path in (collection.root / REMOVED).glob("*/*.ipynb")}
        raise NotebookError(f"{name}: no topic of this name was removed. {known(name, there)}")
    kept = max(found, key=lambda one: (len(one.name), one.name))
    for table, column in NAMES.items():
        if (kept / table).is_file():
            _, rows = read_rows(kept / table)
            if table == "standards.csv":
                change_rows(collection.data / table, lambda row: _again(row, rows))  # noqa: B023
                listed = {_item(row) for row in read_rows(collection.data / table)[1]}
                rows = [{**row, column: name} for row in rows if _item(row) not in listed]
            add_rows(collection.data / table, rows)
    (kept / f"{name}.ipynb").rename(collection.notebook(name))
    for left in kept.iterdir():
        left.unlink()
    kept.rmdir()


def _item(row: Mapping[str, str]) -> tuple[str, ...]:
    return row["instrument"], row["item"]


def _again(row: dict[str, str], removed: list[dict[str, str]]) -> dict[str, str]:
    before = next((one for one in removed if _item(one) == _item(row)), None)
    return {**row, "applies_to": before["applies_to"]} if before else row


def _without(row: dict[str, str], column: str, name: str) -> dict[str, str] | None:
    listed = row[column].split()
    left = [one for one in listed if one != name]
    return row if left == listed else {**row, column: " ".join(left)} if left else None


def _place_for(collection: Collection, name: str) -> Path:
    at = collection.root / REMOVED / name
    count = 2
    while at.exists():
        at = at.with_name(f"{name}-{count}")
        count += 1
    return at


def _check_there(collection: Collection, name: str) -> None:
    if name not in collection.topics:
        raise NotebookError(f"unknown topic {name!r}. {known(name, collection.topics)}")
    if not collection.notebook(name).is_file():
        raise NotebookError(f"notebooks/{name}.ipynb: there is no such notebook, but data/topics.csv names it.")
