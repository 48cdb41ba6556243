"""What each reader gets, as text: the cells of a topic for one reader, in sentences with their sources."""

import re
from collections.abc import Iterator, Mapping

from nbformat import NotebookNode

from handouts import notebook
from handouts.citations import CITE, Expander
from handouts.collection import Collection
from handouts.data import Topic, read_parts, read_topics
from handouts.evidence import read_safety
from handouts.parameters import choices, read_parameters
from handouts.tailor import blocks, part_of, plain_text, tailor

CLINICS_OWN = ("your-visit",)
"""Parts that hold the clinic's own words, at every level."""


def sentences(source: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the sentences of a Markdown text, each with the ids of the sources that follow it."""
    for block in blocks_of(blocks(source)):
        for sentence, cites in re.findall(rf"((?:[^.!?\[]|[.!?](?=\S)|\[(?!@))+[.!?]*)\s*((?:{CITE}\s*)*)", block):
            words = " ".join(sentence.split())
            if words:
                yield words, re.findall(r"@([\w-]+)", cites)


def blocks_of(tokens: list[dict[str, object]]) -> Iterator[str]:
    """Yield the text of each paragraph, heading, bullet and table cell among Markdown tokens."""
    for token in tokens:
        children = token.get("children")
        if token["type"] in ("paragraph", "heading", "block_text", "table_cell"):
            yield plain_text(token)
        elif isinstance(children, list):
            yield from blocks_of(children)


class Reader:
    """The page of one topic for one reader, as text: what the rules look at."""

    def __init__(self, collection: Collection, topic: Topic, nb: NotebookNode, values: Mapping[str, str]) -> None:
        self.collection = collection
        self.topic = topic
        self.values = values
        self.file = f"notebooks/{topic.name}.ipynb"
        self.nb = nb
        parameters = read_parameters(collection)
        self.facets = {name: value for name, value in values.items() if parameters[name].facet}
        self.rows = {name: parameters[name].values[value] for name, value in values.items()}
        self.who = ", ".join(self.facets.values())
        self.cells = tailor(nb, values, parameters, read_parts(collection), self.file).cells
        self.texts = [cell for cell in self.cells if cell.cell_type == "markdown"]

    def place(self, cell: NotebookNode) -> str:
        """Say which cell this is, and for whom."""
        return notebook.place(self.nb, cell)

    def column(self, name: str) -> str:
        """Return what the rows of this reader's parameters say in the column `name`."""
        return next((row[name] for row in self.rows.values() if row.get(name)), "")

    def blocks(self) -> list[str]:
        """Return the paragraphs, bullets and headings of the page, without sources."""
        expander = Expander(self.collection)
        found = [
            re.sub(CITE, "", block)
            for cell in self.texts
            for block in blocks_of(blocks(expander.expand(cell.source)))
            if "{{" not in block
        ]
        if self.column("safety") == "yes":
            found += [expander.expand(line) for lines in read_safety(self.collection).values() for line, _ in lines]
        return found


def trace(collection: Collection) -> Iterator[tuple[str, str, str]]:
    """Yield where each sentence of the notebooks comes from: the cell, the sentence, and its sources, or who says it."""
    parameters = read_parameters(collection)
    for topic in read_topics(collection).values():
        nb = notebook.read(collection.notebook(topic.name))
        seen: set[str] = set()
        for values in choices(parameters, {}, "trace"):
            reader = Reader(collection, topic, nb, values)
            expander = Expander(collection)
            for cell in reader.texts:
                if cell.id in seen:
                    continue
                seen.add(cell.id)
                facts = re.findall(r"\[=([\w-]+)\]", cell.source)
                for sentence, cites in sentences(expander.expand(cell.source)):
                    own = (
                        "the clinic"
                        if reader.column("article") != "yes" or part_of(cell) in CLINICS_OWN
                        else "the article"
                    )
                    fact = [name for name in facts if expander.facts[name].sentence.startswith(sentence[:40])]
                    told = [*(f"fact {name}" for name in fact), *cites]
                    yield f"{topic.name}, {notebook.place(nb, cell)}", sentence, ", ".join(told) or own
