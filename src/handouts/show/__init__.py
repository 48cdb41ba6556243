"""What notebooks import: tables and pictures.

A notebook says once for whom it is run, and shows what lies in the collection around it, as that is on disk at the moment.
"""

from handouts.collection import Collection, find
from handouts.collection.parameters import SIZE, resolve
from handouts.show.diagrams import Diagram, draw_diagram
from handouts.show.icon_arrays import draw_icons
from handouts.show.pictures import Picture, show_picture
from handouts.show.tables import Table, make_table

__all__ = ["diagram", "draw_for", "icons", "picture", "table"]

_reader: dict[str, str | None] = {}
"""The parameters of the reader whom this notebook is run for."""


def draw_for(**parameters: str | None) -> None:
    """Draw for the reader whom a notebook's parameters name, from here on.

    Raises ParameterError where data/ does not know a parameter or its value.
    """
    resolve(find().parameters, parameters, "parameters")
    _reader.clear()
    _reader.update(parameters)


def diagram(name: str) -> Diagram:
    """Draw the table `name` as data/captions.csv says, at the reader's print size. Raises DataError."""
    collection = find()
    return draw_diagram(collection, name, _points(collection))


def icons(name: str) -> Diagram:
    """Draw the fact `name` as an icon array at the reader's print size. Raises DataError for a fact without a denominator."""
    collection = find()
    return draw_icons(collection, name, _points(collection))


def picture(name: str) -> Picture:
    """Return the collection's own picture `name`, with its words from data/pictures.csv. Raises DataError."""
    return show_picture(find(), name)


def table(name: str) -> Table:
    """Return the table `name` of data/. Raises DataError."""
    return make_table(find(), name)


def _points(collection: Collection) -> float:
    """Return the reader's print size."""
    size = resolve(collection.parameters, _reader, "parameters")[SIZE]
    return float(collection.parameters[SIZE].values[size]["points"])
