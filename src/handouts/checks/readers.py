"""What each reader gets, as text: the cells of a topic for one reader, in sentences with their sources."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import nbformat
from nbformat import NotebookNode

from handouts.checks.texts import kinds_of, split_block
from handouts.collection import notebook
from handouts.collection.clinic import Topic
from handouts.collection.csvfile import Row
from handouts.collection.evidence import Caption, sources_of
from handouts.collection.folder import Collection
from handouts.collection.parameters import choices, offered, resolve
from handouts.errors import HandoutsError
from handouts.page import Variant
from handouts.page.citations import CITE, Expander
from handouts.page.keys import likeness_of, read_stored
from handouts.page.markdown import parse_markdown, plain_text
from handouts.page.tailor import SHOWING, part_of, tailor

MAIN_MESSAGE = "main-message"
SHOWN = re.compile(rf"^({'|'.join(SHOWING)})\([\"']([\w-]+)[\"']\)", re.M)
"""A call in a code cell that shows something."""


@dataclass(frozen=True)
class Sentence:
    """A sentence of a page: its words, the sources that follow it, the cell where it stands, and the id of that cell.

    `exempt` says why it needs no source: it is a heading, a question, a lead-in, or in a part that is the clinic's own.
    """

    words: str
    cites: tuple[str, ...]
    place: str
    cell: str
    exempt: str = ""


@dataclass(frozen=True)
class Section:
    """A second-level heading of a page and the blocks of text under it; what comes before the first is under the title."""

    heading: str
    blocks: list[str]


class Reader:
    """The page of one topic for one reader, as text: what the rules look at."""

    def __init__(
        self, collection: Collection, topic: Topic, nb: NotebookNode, values: Mapping[str, str],
        cells: list[NotebookNode], file: str,
    ) -> None:  # fmt: skip
        self.collection = collection
        self.topic = topic
        self.values = values
        self.file = file
        self.nb = nb
        self.cells = cells
        parameters = collection.parameters
        self.facets = {name: value for name, value in values.items() if parameters[name].facet}
        self.rows = {name: parameters[name].values[value] for name, value in values.items()}
        self.who = ", ".join(self.facets.values())
        self.own = collection.own_parts
        self.texts = [cell for cell in self.cells if cell.cell_type == "markdown"]
        self.safety = collection.safety_of(topic)
        self.must = self.safety.must if self.safety else ()
        self.reviewed_by = ""
        self.key = ""

    @classmethod
    def of_topic(
        cls,
        collection: Collection,
        topic: Topic,
        nb: NotebookNode,
        values: Mapping[str, str],
        stored: bytes | None = None,
    ) -> "Reader":
        """Return what a reader with these `values` gets of a notebook; `stored` is its file, where it is as on disk. Raises NotebookError."""
        file = f"notebooks/{topic.name}.ipynb"
        cells = tailor(nb, values, collection.parameters, collection.parts, file).cells
        reader = cls(collection, topic, nb, values, cells, file)
        if stored is not None:
            named = {f"{name}.csv" for _, name, _ in reader.shown(*SHOWING)}
            likeness = likeness_of(collection, Variant(topic.name, values), stored, named)
            reader.key = f"{likeness.digest} {sorted(likeness.tables.items())}"
        return reader

    @classmethod
    def of_text(cls, collection: Collection, text: str, file: str) -> "Reader":
        """Return a text that is no notebook as the page that every reader would get, at the default level.

        A line that begins with a bullet is a bullet, and a short line that ends with no mark a heading.
        """
        first, *rest = (line.strip() for line in text.splitlines() if line.strip())
        lines = [f"# {first.lstrip('# ')}"]
        for line in rest:
            is_heading = len(line.split()) <= 10 and re.search(r"[\w?]$", line) and not re.match(r"[-*•#|\d]", line)
            lines.append(f"## {line}" if is_heading else re.sub("^•", "-", line))
        source = re.sub(r"(?m)^(?!- )", "\n", "\n".join(lines))
        cell = nbformat.v4.new_markdown_cell(source, id="text")
        topic = Topic(
            name=file,
            order=1,
            purpose="",
            fields=(),
            only=(),
            safety="",
            why_no_safety="it is a text of its own",
            written_on="",
        )
        values = resolve(collection.parameters, {}, file)
        reader = cls(collection, topic, nbformat.v4.new_notebook(cells=[cell]), values, [cell], file)
        sets = [one for one in collection.safety.values() if one.must]
        if len(sets) == 1:  # what every page must speak of, this text must too
            reader.must = sets[0].must
        return reader

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return notebook.numbers(self.nb)

    def place(self, cell: NotebookNode) -> str:
        """Say which cell this is, and for whom."""
        return notebook.place(self.nb, cell, self._numbers)

    def warnings(self, part: str) -> str:
        """Return the lines of a part of the safety text."""
        parts = self.safety.parts if self.safety else ()
        return " ".join(line.text for one in parts if one.name == part for line in one.lines)

    @cached_property
    def options(self) -> Mapping[str, str]:
        """The options that the topic compares, label by name."""
        options = self.collection.options
        return {name: option.label for name, option in options.items() if self.topic.name in option.topics}

    def column(self, name: str) -> str:
        """Return what the rows of this reader's parameters say in the column `name`."""
        return next((row[name] for row in self.rows.values() if row.get(name)), "")

    @property
    def articles(self) -> bool:
        """Tell whether this level has the article's own words."""
        return self.column("article") == "yes"

    @cached_property
    def sentences(self) -> list[Sentence]:
        """The sentences of the text cells, in order, facts and words to teach filled in. Raises PageError."""
        expander = Expander(self.collection)
        found = []
        for cell in self.texts:
            part = part_of(cell) or ""
            for token, kind in kinds_of(parse_markdown(expander.expand(cell.source)), ""):
                for words, cites in split_block(plain_text(token)):
                    exempt = kind if kind == "heading" or (kind == "steps" and part == MAIN_MESSAGE) else ""
                    exempt = exempt or ("question or lead-in" if re.search(r"[?؟:]$|\.{4}", words) else "")
                    exempt = exempt or (f"part {part}" if part in self.own else "")
                    found.append(Sentence(words, tuple(cites), self.place(cell), cell.id, exempt))
        return found

    def shown(self, *calls: str) -> list[tuple[str, str, NotebookNode]]:
        """Return what code cells show by `calls`, such as "diagram": the call, the name, the cell."""
        found = [
            (*call, cell) for cell in self.cells if cell.cell_type == "code" for call in SHOWN.findall(cell.source)
        ]
        return [(call, name, cell) for call, name, cell in found if call in calls]

    def captions(self) -> list[tuple[str, Caption]]:
        """Return the captions of tables and diagrams by the name of the table. Raises DataError."""
        captions = self.collection.captions
        return [(name, captions[name]) for _, name, _ in self.shown("diagram", "table") if name in captions]

    def table_rows(self) -> Iterator[tuple[str, Row, tuple[str, ...]]]:
        """Yield the rows of the tables that compare, with their file and sources. Raises DataError."""
        for _, name, _ in self.shown("table"):
            file = f"data/{name}.csv"
            for row in self.collection.tables.shown(name):
                yield file, row, sources_of(self.collection.sources, row, file)

    @cached_property
    def sections(self) -> list[Section]:
        """The sections of the page, without sources and fields, and without what the clinic adds for itself."""
        expander = Expander(self.collection)
        found = [Section("", [])]
        for cell in self.cells:
            if cell.cell_type != "markdown":
                found[-1].blocks.extend(self._cells_shown(cell))
                continue
            for token, kind in kinds_of(parse_markdown(expander.expand(cell.source)), ""):
                block = re.sub(CITE, "", plain_text(token))
                attributes = token.get("attrs")
                if kind == "heading" and isinstance(attributes, dict) and attributes["level"] == 1:
                    found[0] = Section(" ".join(block.split()), found[0].blocks)
                elif kind == "heading" and isinstance(attributes, dict) and attributes["level"] == 2:
                    found.append(Section(" ".join(block.split()), []))
                if "{{" not in block:
                    found[-1].blocks.append(block)
        if self.safety:
            lines = [re.sub(CITE, "", expander.expand(one.text)) for part in self.safety.parts for one in part.lines]
            found.append(Section(self.safety.heading, lines))
        return [section for section in found if section.blocks]

    def _cells_shown(self, cell: NotebookNode) -> Iterator[str]:
        for call, name in SHOWN.findall(cell.source):
            for row in self.collection.tables.shown(name) if call == "table" else []:
                yield from (re.sub(f" ?{CITE}", "", text) for column, text in row.items() if column != "source")

    def blocks(self) -> list[str]:
        """Return the paragraphs, bullets and headings of the page, without sources."""
        return [block for section in self.sections for block in section.blocks]

    def title(self) -> str:
        """Return the words of the first heading."""
        return self.sections[0].heading

    def text(self) -> str:
        """Return all words of the page, in small letters."""
        return " ".join(self.blocks()).lower()

    def facts(self) -> list[str]:
        """Return the names of the facts that the page tells or shows."""
        told = [name for cell in self.texts for name in re.findall(r"\[=([\w-]+)\]", cell.source)]
        return list(dict.fromkeys([*told, *(name for _, name, _ in self.shown("icons"))]))


def make_readers(collection: Collection, topic: Topic) -> list[Reader]:
    """Return what each reader of `topic` gets. Raises HandoutsError for a notebook that no page can be made of."""
    stored = read_stored(collection, topic.name)
    nb = notebook.parse(stored, f"notebooks/{topic.name}.ipynb")
    return [
        Reader.of_topic(collection, topic, nb, values, stored)
        for values in choices(collection.parameters, {}, "check")
        if offered(topic.only, values)
    ]


def make_readers_of(collection: Collection, reviewed: Mapping[Variant, str]) -> Iterator[Reader]:
    """Yield what the readers of some pages get, each once whatever the print size; `reviewed` tells who reviewed each, if anybody.

    There is none of a page that cannot be made.
    """
    for topic in collection.topics.values():
        wanted = [one for one in reviewed if one.topic == topic.name]
        found: dict[tuple[str, ...], Reader] = {}
        with suppress(HandoutsError):
            stored = read_stored(collection, topic.name)
            nb = notebook.parse(stored, f"notebooks/{topic.name}.ipynb")
            for variant in wanted:
                with suppress(HandoutsError):
                    reader = Reader.of_topic(collection, topic, nb, variant.values, stored)
                    reader.reviewed_by = reviewed[variant]
                    found.setdefault(tuple(reader.facets.values()), reader)
        yield from found.values()


def origin(reader: Reader, sentence: Sentence) -> str:
    """Say where `sentence` comes from: its sources, the article, the clinic's own part, or "nowhere"."""
    if sentence.cites:
        return ", ".join(sentence.cites)
    if sentence.exempt:
        return f"the clinic ({sentence.exempt})"
    return "the article" if reader.articles else "nowhere"
