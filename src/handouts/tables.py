"""Tables that a patient reads: each is the file of its name in data/."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from handouts.collection import find
from handouts.data import read_table, read_treatments, text
from handouts.errors import DataError
from handouts.evidence import caption_of


@dataclass(frozen=True)
class Table:
    """A table with a title and a caption.

    `frame` has a row for each thing compared, its name as the index, and a column a treatment, its
    label as the name. `looks` has the number of the treatment that each column is about, or 0.
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
        head = f'<th scope="col">{escape(heads[0])}</th>' + "".join(
            f'<th scope="col" class="treatment-{look}">{escape(label)}</th>'
            for look, label in zip(self.looks, heads[1:], strict=True)
        )
        body = "".join(
            f'<tr><th scope="row">{escape(str(of))}</th>'
            + "".join(
                f'<td class="treatment-{look}" data-label="{escape(label)}">{escape(str(cell))}</td>'
                for look, label, cell in zip(self.looks, heads[1:], cells, strict=True)
            )
            + "</tr>\n"
            for of, cells in zip(self.frame.index, self.frame.itertuples(index=False), strict=True)
        )
        return (
            f'<table class="compared" id="table-{self.name}">\n'
            f"<caption><strong>{escape(self.title)}.</strong> {escape(self.caption)}</caption>\n"
            f"<thead><tr>{head}</tr></thead>\n"
            f"<tbody>\n{body}</tbody>\n</table>"
        )


def table(name: str) -> Table:
    """Return the table `name`: a column that names what is compared, and one for each thing compared.

    A column that is named like a treatment has its label and its colour; a cell may cite, as text does. Raises DataError.
    """
    treatments = read_treatments(find())
    caption = caption_of(find(), name)
    rows = read_table(find().data / f"{name}.csv", {"difference": text}, key=["difference"], more=True)
    columns = [column for column in rows[0] if column != "difference"]
    for row in rows:
        if empty := [column for column in columns if not row[column]]:
            raise DataError(f"data/{name}.csv, {row['difference']}, column {empty[0]}: must not be empty.")
    frame = pd.DataFrame(rows).set_index("difference")[columns].rename(columns=treatments).rename_axis("Compare")
    looks = [list(treatments).index(column) + 1 if column in treatments else 0 for column in columns]
    return Table(name, caption.title, caption.text, frame, looks)
