"""All words of a collection that a page in another language needs, each with a name that stays: what is translated.

A text cell gives one for each block between empty lines, a table one for each cell that a patient reads; what names
rows, pictures, sources or colours is no word.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nbformat import NotebookNode

from handouts.collection import layouts, notebook
from handouts.collection.clinic import Topic
from handouts.collection.csvfile import Row
from handouts.collection.folder import Collection
from handouts.collection.phrases import list_for_patients, package_words

SHARED = "shared"
"""What a file of translations is called that is of no topic."""
COLUMNS: Mapping[str, tuple[tuple[str, ...], Sequence[str]]] = {
    layouts.PARAMETERS.file: (("parameter",), ("label",)),
    layouts.TOPICS.file: (("topic",), ("purpose",)),
    layouts.OPTIONS.file: (("topic", "option"), ("label",)),
    layouts.FIELDS.file: (("field",), ("label",)),
    layouts.PARTS.file: (("part",), ("label",)),
    layouts.CAPTIONS.file: (("name",), ("title", "caption", "alt")),
    layouts.FACTS.file: (("fact",), ("sentence", "unit", "what", "population", "confidence")),
    layouts.GLOSSARY.file: (("term",), ("term", "say", "meaning")),
    layouts.SAFETY_SETS.file: (("set",), ("heading", "about_sources")),
    layouts.SAFETY_PARTS.file: (("set", "part"), ("heading", "lead", "close")),
    layouts.SAFETY.file: (("set", "part"), ("group", "text")),
    layouts.SAFETY_MUST.file: (("set", "part"), ("word",)),
    layouts.PICTURES.file: (("picture",), ("alt", "title", "caption", "credit")),
}
"""Which columns of a table tell its rows apart, and which hold words."""
CLINIC_WORDS = ("hours", "notice", "funding", "update_policy")
VALUE_WORDS = ("label", "on_page", "note", "on_cell")
DRAWN_WORDS = ("text", "label", "question", "shared")
"""Columns of a diagram's table that hold words; in a table that is shown as one, each column does."""
EVERYWHERE = ("question", "shared")
"""Columns whose words several rows have, and which must be the same in all."""
DRAWN_KEYS = ("option", "step", "at", "fact", "kind")
"""Columns of a diagram's table that tell its rows apart."""
MARKS = re.compile(r"\[[@=][^\]]*\]|\{\{.*?\}\}|\{\w+\}|\]\([^)]*\)")
"""What stands in a translation as it does in its source: citations, facts, fields, numbers of facts, addresses."""
NAMED_FACT = re.compile(r"""\[=([\w-]+)\]|\bicons\(\s*["']([\w-]+)""")
TAUGHT = re.compile(r"\[\?([^\]]*)\]")
SAFETY = (layouts.SAFETY_SETS.file, layouts.SAFETY_PARTS.file, layouts.SAFETY.file, layouts.SAFETY_MUST.file)
NAMING = (layouts.CAPTIONS, layouts.SAFETY_PARTS, layouts.SAFETY)
"""Tables whose words can name facts, beside those that cells show."""
LONGEST_NAME = 40


@dataclass(frozen=True)
class Words:
    """Words to translate: the file of translations they belong to, their name there, and what a translator should know."""

    file: str
    name: str
    text: str
    told: str


Change = Callable[[str, str], str]
"""Takes the name of words and the words, and returns what stands in their place."""


@dataclass(frozen=True)
class Source:
    """What is translated: of a collection `only` what is for some values, such as level:plain, and some topics, or all. Each notebook is read once."""

    collection: Collection
    only: Sequence[str]
    of_topics: Sequence[str] = ()

    @cached_property
    def topics(self) -> dict[str, Topic]:
        """The topics that are translated."""
        return {
            name: one for name, one in self.collection.topics.items() if not self.of_topics or name in self.of_topics
        }

    @cached_property
    def notebooks(self) -> dict[str, NotebookNode]:
        """The notebook of each topic, without the cells that are for other values. Raises NotebookError."""
        return {name: self._read(self.collection.notebook(name)) for name in self.topics}

    def _read(self, path: Path) -> NotebookNode:
        nb = notebook.read(path)
        nb.cells = [cell for cell in nb.cells if is_for(notebook.tags(cell), self.only)]
        for cell in nb.cells:
            if tags := notebook.tags(cell):
                cell.metadata.tags = _allowed(tags, self.only)
        return nb

    @cached_property
    def shown(self) -> list[str]:
        """The names in data/captions.csv that cells show."""
        code = "\n".join(cell.source for nb in self.notebooks.values() for cell in nb.cells if cell.cell_type == "code")
        return [name for name in self.collection.captions if re.search(rf"""["']{re.escape(name)}["']""", code)]

    @cached_property
    def facts(self) -> set[str]:
        """The facts that cells name, and tables: those that they show, captions, and the safety text."""
        shown = [row for name in self.shown for row in self.collection.tables.shown(name)]
        named = [row for layout in NAMING for row in self.collection.tables.rows(layout)]
        words = [cell.source for nb in self.notebooks.values() for cell in nb.cells]
        words += [cell for row in (*shown, *named) for cell in row.values()]
        found = NAMED_FACT.findall("\n".join(words))
        return {row["fact"] for row in shown if "fact" in row} | {name for pair in found for name in pair}

    @cached_property
    def safety(self) -> set[str]:
        """The sets of safety text that the topics have."""
        return {name for topic in self.topics.values() for name in topic.safety.split()}

    @cached_property
    def value_tables(self) -> dict[str, str]:
        """The parameter of each table of values."""
        return {one.values_in: name for name, one in self.collection.parameters.items()}

    @cached_property
    def tables(self) -> list[str]:
        """The tables with words that pages show."""
        named = [layouts.CLINIC.file, *self.value_tables, *COLUMNS, *(f"{name}.csv" for name in self.shown)]
        return [name for name in named if name in self.collection.tables.names()]


def list_words(source: Source, language: str) -> list[Words]:
    """Return the words to translate into `language`. Raises HandoutsError.

    Those of a topic come first, in its order. The package's own words are among them where it has none of the language.
    """
    found: dict[tuple[str, str, str], Words] = {}

    def note(file: str, told: str) -> Change:
        def take(name: str, text: str) -> str:
            found.setdefault((file, name, text), Words(file, name, text, told))
            return text

        return take

    for topic, nb in source.notebooks.items():
        for cell in nb.cells:
            change_cell(cell, note(topic, " ".join(notebook.tags(cell))))
    for name in source.tables:
        change_table(source, name, note(SHARED, f"data/{name}"))
    change_phrases(source.collection, language, note(SHARED, "the package's own words"))
    return list(found.values())


def change_cell(cell: NotebookNode, change: Change) -> None:
    """Replace the words of a text cell, block by block; code stays."""
    if cell.cell_type != "markdown":
        return
    pieces, count = re.split(r"(\n[ \t]*\n\s*)", cell.source), 0
    for at in range(0, len(pieces), 2):
        if pieces[at].strip() and not re.fullmatch(r"\s*<!--.*?-->\s*", pieces[at], re.S):
            count += 1
            words = pieces[at].strip()
            pieces[at] = pieces[at].replace(words, change(f"{cell.id}/{count}", words))
    cell.source = "".join(pieces)


def change_table(source: Source, name: str, change: Change) -> tuple[list[str], list[dict[str, str]]]:
    """Return the columns of a table, and its rows that pages use, with the words replaced. Raises DataError."""
    collection, rows = source.collection, rows_for(source, name)
    header = list(rows[0]) if rows else []
    key, words = _columns_of(source, name, header)
    heads = {}
    if _is_shown_as_table(collection, name):
        own = [column for column in words if column not in collection.options]
        heads = {column: change(f"{name}/{slug(column)}", column) for column in own}
    changed: list[dict[str, str]] = []
    for row in rows:
        new = dict(row)
        for column in words:
            if row.get(column) and (name != layouts.CLINIC.file or row["field"] in CLINIC_WORDS):
                place = [] if column in EVERYWHERE else [slug(row[one]) for one in key if one in row]
                new[column] = change("/".join((name, *place, slug(column))), row[column])
        changed.append({heads.get(column, column): text for column, text in new.items()})
    return [heads.get(column, column) for column in header], changed


def change_phrases(collection: Collection, language: str, change: Change) -> list[dict[str, str]]:
    """Return the rows of data/phrases.csv in `language`: the collection's own words, and the package's where it has none of the language."""
    own = {row["phrase"]: row["text"] for row in collection.tables.rows(layouts.PHRASES)}
    texts = {**({} if package_words(language) else list_for_patients()), **own}
    return [{"phrase": name, "text": change(f"{layouts.PHRASES.file}/{name}", text)} for name, text in texts.items()]


def rows_for(source: Source, name: str) -> list[Row]:
    """Return the rows of a table that pages use. Raises DataError."""
    rows = source.collection.tables.read(name, {}, more=True, optional=True)
    if facet := source.value_tables.get(name):
        return [row for row in rows if is_for([f"{facet}:{row[facet]}"], source.only)]
    if name == layouts.CAPTIONS.file:
        return [row for row in rows if row["name"] in source.shown]
    if name == layouts.FACTS.file:
        return [row for row in rows if row["fact"] in source.facts]
    if name in SAFETY:
        return [row for row in rows if row["set"] in source.safety]
    if name == layouts.STANDARDS.file:
        of = [(row, [topic for topic in row["applies_to"].split() if topic in source.topics]) for row in rows]
        return [{**row, "applies_to": " ".join(topics)} for row, topics in of if topics or not row["applies_to"]]
    if name == layouts.OPTIONS.file:
        return [row for row in rows if row["topic"] in source.topics]
    if name in (layouts.TOPICS.file, layouts.QUESTIONS.file):
        own = [(row, row.get("only", "").split()) for row in rows if row["topic"] in source.topics]
        return [{**row, "only": " ".join(_allowed(of, source.only))} for row, of in own if is_for(of, source.only)]
    return rows


def is_for(own: Sequence[str], only: Sequence[str]) -> bool:
    """Tell whether what has these tags or values is for `only` some values: of each facet that it names, for one of them.

    >>> is_for(["level:plain"], ["level:plain"]), is_for(["level:other"], ["level:plain"]), is_for(["part:x"], ["level:plain"])
    (True, False, True)
    >>> is_for(["level:other", "audience:some"], ["level:plain", "audience:some"])
    False
    """
    return _facets(_allowed(own, only)) == _facets(own)


def _allowed(own: Sequence[str], only: Sequence[str]) -> list[str]:
    """Return the tags or values that something is for, without those that `only` leaves out."""
    return [one for one in own if one.partition(":")[0] not in _facets(only) or one in only]


def _facets(only: Sequence[str]) -> set[str]:
    return {one.partition(":")[0] for one in only}


def _is_shown_as_table(collection: Collection, name: str) -> bool:
    caption = collection.captions.get(name.removesuffix(".csv"))
    return caption is not None and caption.drawn_as == "table"


def _columns_of(source: Source, name: str, header: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Return the columns that name a row of a table, and those that hold words."""
    if name == layouts.CLINIC.file:
        return ("field",), ("value",)
    if name in source.value_tables:
        return (source.value_tables[name],), VALUE_WORDS
    if name in COLUMNS:
        return COLUMNS[name]
    if _is_shown_as_table(source.collection, name):
        return header[:1], [column for column in header if column != "source"]
    return [one for one in DRAWN_KEYS if one in header], [one for one in DRAWN_WORDS if one in header]


def slug(text: str) -> str:
    """Return a short name made from `text`."""
    return re.sub(r"[^\w]+", "-", text.lower()).strip("-")[:LONGEST_NAME].strip("-")


def marks_of(text: str, glossary: Mapping[str, str]) -> list[str]:
    """Return what a translation must hold as its source does: citations, facts, fields, taught words, links, bold, bullets, numbers.

    `glossary` has the source's word of each taught word.
    """
    found = MARKS.findall(text)
    found += [f"[?{glossary.get(term.lower(), term.lower())}]" for term in TAUGHT.findall(text)]
    found += ["**"] * text.count("**") + re.findall(r"(?m)^\s*(?:#+|[-*]|\d+\.)(?= )|^\|(?=.)", text)
    return sorted(re.sub(r"\s+", " ", one) for one in found) + _numbers_of(TAUGHT.sub("", MARKS.sub("", text)))


def _numbers_of(text: str) -> list[str]:
    """Return the numbers in a text, without the signs that languages put in between."""
    return sorted(re.sub(r"[.,]", "", one) for one in re.findall(r"\d+(?:[.,]\d+)*", text))
