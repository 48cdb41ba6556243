"""Tables that a patient reads: each is the file of its name in data/."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from handouts.collection import Collection
from handouts.collection.sentences import ended
from handouts.errors import DataError

LONG = 6300
"""How many letters the HTML of a table may have that stands on one sheet of paper: a longer one goes on on the next, below its heads again."""
MOST_BESIDE = 3
"""How many columns stand beside the names of the rows; more stand below each name, which then is a band across them."""


@dataclass(frozen=True)
class Table:
    """A table with a title and a caption.

    `frame` has a row for each thing compared, its name as the index, and a column an option, its
    label as the name. `looks` has the number of the option that each column is about, or 0.
    """

    name: str
    title: str
    caption: str
    frame: pd.DataFrame
    looks: Sequence[int]

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.frame.to_string()}

    def html(self) -> str:
        """Return the table with header cells, scopes and a caption."""
        heads = [str(self.frame.index.name), *map(str, self.frame.columns)]
        banded = len(self.looks) > MOST_BESIDE
        head = "" if banded else f'<th scope="col">{escape(heads[0])}</th>'
        head += "".join(
            f'<th scope="col" class="option-{look}">{escape(label)}</th>'
            for look, label in zip(self.looks, heads[1:], strict=True)
        )
        body = ""
        for of, cells in zip(self.frame.index, self.frame.itertuples(index=False), strict=True):
            answers = "".join(
                f'<td class="option-{look}" data-label="{escape(label)}">{escape(str(cell))}</td>'
                for look, label, cell in zip(self.looks, heads[1:], cells, strict=True)
            )
            if banded:
                body += f'<tbody>\n<tr><th scope="rowgroup" colspan="{len(cells)}">{escape(str(of))}</th></tr>\n<tr>{answers}</tr>\n</tbody>\n'
            else:
                body += f'<tr><th scope="row">{escape(str(of))}</th>{answers}</tr>\n'
        return (
            f'<table class="compared{" banded" if banded else ""}{" long" if len(body) > LONG else ""}" id="table-{self.name}">\n'
            f"<caption><strong>{escape(ended(self.title))}</strong> {escape(self.caption)}</caption>\n"
            f"<thead><tr>{head}</tr></thead>\n" + (body if banded else f"<tbody>\n{body}</tbody>\n") + "</table>"
        )


def make_table(collection: Collection, name: str) -> Table:
    """Return the table `name`: a first column that names the rows, and one or more with what is said of them.

    The first column's own heading is shown. A column that is named like an option of data/options.csv has its label and its
    colour; a column `source` is not shown, and a cell may cite, as text does. Raises DataError.
    """
    options = collection.options
    caption = collection.caption(name)
    rows = collection.tables.shown(name)
    first, *columns = rows[0]
    if not columns:
        raise DataError(f"data/{name}.csv: has one column, and a table needs a second, with what is said of each row.")
    seen: set[str] = set()
    for row in rows:
        if empty := [column for column in row if not row[column]]:
            raise DataError(f"data/{name}.csv, {row[first]}, column {empty[0]}: must not be empty.")
        if row[first] in seen:
            raise DataError(f"data/{name}.csv: {row[first]!r} names two rows. Give each a name of its own.")
        seen.add(row[first])
    frame = (
        pd.DataFrame(rows)
        .set_index(first)[columns]
        .rename(columns={name: option.label for name, option in options.items()})
    )
    looks = [options[column].colour if column in options else 0 for column in columns]
    return Table(name, caption.title, caption.text, frame, looks)
