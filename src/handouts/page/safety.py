"""The safety text on a page: its parts as text cells, and the cells that they follow."""

from collections.abc import Sequence
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from handouts.collection import notebook
from handouts.collection.evidence import cite
from handouts.collection.safety import SafetyPart
from handouts.errors import PageError, known
from handouts.page.citations import Expander
from handouts.page.tailor import SAFETY_HERE


@dataclass
class Group:
    """Lines of the safety text that stand together, as text cells, and the heading above them, which may be empty."""

    heading: str
    lines: list[NotebookNode]


@dataclass(frozen=True)
class Warnings:
    """A part of the safety text as text cells: groups of lines, and what is said before and after them, which may be nothing."""

    name: str
    heading: str
    lead: NotebookNode | None
    groups: list[Group]
    close: NotebookNode | None
    urgency: str

    @property
    def cells(self) -> list[NotebookNode]:
        """All its text, in order."""
        lines = [line for group in self.groups for line in group.lines]
        return [cell for cell in (self.lead, *lines, self.close) if cell]


def as_cells(part: SafetyPart, expander: Expander) -> Warnings:
    """Return a part of the safety text as text cells, with facts and words to teach filled in."""

    def cell(text: str, count: str, sources: tuple[str, ...] = ()) -> NotebookNode | None:
        source = expander.expand(text) + cite(sources)
        of = {"id": f"{part.name}-{count}", "cell_type": "markdown", "metadata": {}, "source": source}
        return nbformat.from_dict(of) if text else None

    lead = cell(part.lead, "lead")
    groups: list[Group] = []
    for count, line in enumerate(part.lines, start=1):
        if line.group or not groups:
            groups.append(Group(line.group, []))
        if of := cell(line.text, str(count), line.sources):
            groups[-1].lines.append(of)
    return Warnings(part.name, part.heading, lead, groups, cell(part.close, "close"), part.urgency)


def place_parts(nb: NotebookNode, safety: Sequence[Warnings], where: str) -> dict[str, str]:
    """Return the id of the cell that each part of the safety text follows which a tag, such as safety-here:tell-first, names."""
    names = {part.name for part in safety}
    placed: dict[str, str] = {}
    for cell in nb.cells:
        for tag in notebook.tags(cell):
            name = tag.removeprefix(f"{SAFETY_HERE}:")
            if name == tag:
                continue
            if name not in names:
                raise PageError(
                    f"{where}: a cell is tagged {tag!r}, and the page's safety text has no such part. {known(name, names)}"
                )
            placed.setdefault(name, cell.id)
    return placed
