"""Tables that a patient reads: each is the file of its name in data/."""

from dataclasses import dataclass
from html import escape

import pandas as pd

from handouts.collection import find
from handouts.data import read_captions, read_table, read_treatments, text
from handouts.errors import DataError


@dataclass(frozen=True)
class Table:
    """A table with a title and a caption.

    `frame` has a row for each thing compared, its name as the index, and a column a treatment, its
    label as the name.
    """

    name: str
    title: str
    caption: str
    frame: pd.DataFrame

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.frame.to_string()}

    def html(self) -> str:
        """Return the table with header cells, scopes and a caption.

        The roles say what the elements are anyway: a narrow page stacks the cells, and a stacked
        cell loses its role in some browsers.
        """
        heads = [str(self.frame.index.name), *map(str, self.frame.columns)]
        head = f'<th role="columnheader" scope="col">{escape(heads[0])}</th>' + "".join(
            f'<th role="columnheader" scope="col" class="treatment-{count}">{escape(label)}</th>'
            for count, label in enumerate(heads[1:], start=1)
        )
        body = "".join(
            f'<tr role="row"><th role="rowheader" scope="row">{escape(str(of))}</th>'
            + "".join(
                f'<td role="cell" class="treatment-{count}" data-label="{escape(label)}">{escape(str(cell))}</td>'
                for count, (label, cell) in enumerate(zip(heads[1:], cells, strict=True), start=1)
            )
            + "</tr>\n"
            for of, cells in zip(self.frame.index, self.frame.itertuples(index=False), strict=True)
        )
        return (
            f'<table role="table" class="compared" id="table-{self.name}">\n'
            f"<caption><strong>{escape(self.title)}</strong> {escape(self.caption)}</caption>\n"
            f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n'
            f'<tbody role="rowgroup">\n{body}</tbody>\n</table>'
        )


def table(name: str) -> Table:
    """Return the table `name`: a column that names what is compared, then one a treatment. Raises DataError."""
    treatments = read_treatments(find())
    captions = read_captions(find())
    if name not in captions:
        raise DataError(f"data/captions.csv: has no row {name!r}. Add one: every table needs a title and a caption.")
    rows = read_table(find().data / f"{name}.csv", dict.fromkeys(["difference", *treatments], text), key=["difference"])
    frame = pd.DataFrame(rows).set_index("difference").rename(columns=treatments).rename_axis("Difference")
    return Table(name, captions[name]["title"], captions[name]["caption"], frame[list(treatments.values())])
