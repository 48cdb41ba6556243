"""The words of a page as a reviewer signs them, and whether somebody has.

They are what a patient reads or hears between the title and the list of sources: a line for each paragraph, bullet, cell and
picture, with the ids of the sources that it cites and the addresses of its links. The clinic's own numbers stand as marks, for they are no matter of review.
"""

import hashlib
from collections.abc import Sequence
from html.parser import HTMLParser

from handouts.collection import Collection
from handouts.collection.clinic import Clinic
from handouts.collection.reviews import Review, digest_lines
from handouts.page.variant import Variant

BLOCKS = frozenset(("p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "th", "td", "caption", "figcaption", "summary", "div", "figure", "svg"))  # fmt: skip
CELLS, LISTS = ("td", "th"), ("ol", "ul")
EMPTY = "(empty)"
"""Stands for a cell of a table with nothing in it: where it stands says something."""
MARKED = frozenset(("del", "s", "strike", "sub", "sup", "ins"))
"""Elements that change what words mean."""
VOID = frozenset(("br", "hr", "img", "input", "wbr"))
LEFT_OUT = frozenset(("narrow", "draft", "jump", "labels", "sources", "on-screen"))
"""Classes of what says nothing of its own: a picture drawn a second time for phones, the note that this is a draft, links to sections, whom it
is for and in which print size."""
OWN_NUMBER = "(the clinic's number)"
CITE = "#source-"
ENDS = " ["
"""Begins the sources of a line."""


def read_lines(html: str, clinic: Clinic | None = None) -> list[str]:
    """Return the words of a page as they are signed; with the clinic's own numbers where no `clinic` is given."""
    reader = _Lines()
    reader.feed(html[html.index("<h1") : html.index("</main>")])
    lines = []
    for line in reader.lines:
        for number in filter(None, (clinic.evening_phone, clinic.phone)) if clinic else ():
            line = line.replace(number, OWN_NUMBER).replace(f"tel:{number.replace(' ', '')}", f"tel:{OWN_NUMBER}")
        lines.append(line)
    return lines


def split_sources(line: str) -> tuple[str, str]:
    """Return a line's words, and the ids of its sources with semicolons between."""
    words, ends, sources = line.rpartition(ENDS)
    return (words, sources.removesuffix("]")) if ends and sources.endswith("]") else (line, "")


def find_review(reviews: Sequence[Review], topic: str, lines: Sequence[str]) -> Review | None:
    """Return the latest of the `reviews` of a topic that is of these words."""
    digest = digest_lines(lines)
    return next((one for one in reversed(reviews) if one.topic == topic and one.digest == digest), None)


def name_reader(collection: Collection, variant: Variant) -> str:
    """Return what reviews call the reader of a page: the values that choose words, such as "general plain"."""
    return " ".join(value for name, value in variant.values.items() if collection.parameters[name].facet)


def last_review(collection: Collection, variant: Variant) -> Review | None:
    """Return the latest review of a page, whatever its words were."""
    reader = name_reader(collection, variant)
    return next((one for one in reversed(collection.reviews) if (one.topic, one.reader) == (variant.topic, reader)), None)  # fmt: skip


class _Lines(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._words: list[str] = []
        self._sources: set[str] = set()
        self._left_out = 0
        self._cite = 0
        self._links: list[tuple[str, int]] = []
        self._cells: list[int] = []
        self._lists: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        classes = set(told.get("class", "").split())
        if self._left_out:
            self._left_out += tag not in VOID
            return
        if self._cite:
            self._cite += tag not in VOID
            if tag == "a":
                self._sources.add(told.get("href", "").removeprefix(CITE))
            return
        if LEFT_OUT & classes:
            self._left_out = 1
            return
        if tag in BLOCKS:
            self._end()
        if tag == "sup" and "cite" in classes:
            self._cite = 1
        elif tag == "a":
            self._links.append((told.get("href", ""), len(self._words)))
        elif tag in CELLS:
            self._cells.append(len(self.lines))
        elif tag in LISTS:
            self._lists.append(int(told.get("start") or 1) if tag == "ol" else 0)
        elif tag == "li" and self._lists and self._lists[-1]:
            self._words.append(f"{self._lists[-1]}. ")
            self._lists[-1] += 1
        elif tag == "img":
            shown = hashlib.sha256(told.get("src", "").encode()).hexdigest()[:8]
            self._words.append(f" ({told.get('alt', '')}; picture {shown}) ")
        elif told.get("role") == "img" and tag != "svg":
            self._words.append(f" ({told.get('aria-label', '')}) ")
        elif tag in ("text", "title", "br"):
            self._words.append(" ")
        elif tag in MARKED:
            self._words.append(f"<{tag}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._left_out:
            self._left_out -= tag not in VOID
            return
        if self._cite:
            self._cite -= tag not in VOID
            return
        if tag == "a" and self._links:
            address, start = self._links.pop()
            if address != f"tel:{''.join(self._words[start:]).replace(' ', '')}":  # a number that is read
                self._words.append(f" ({address})")
        elif tag in MARKED:
            self._words.append(f"</{tag}>")
        elif tag in LISTS and self._lists:
            self._lists.pop()
        if tag in BLOCKS:
            self._end()
        if tag in CELLS and self._cells and self._cells.pop() == len(self.lines):
            self.lines.append(EMPTY)

    def handle_data(self, data: str) -> None:
        if not self._left_out and not self._cite:
            self._words.append(data)

    def _end(self) -> None:
        if line := " ".join("".join(self._words).split()):
            self.lines.append(f"{line}{ENDS}{'; '.join(sorted(self._sources))}]" if self._sources else line)
        self._words, self._sources = [], set()
