"""Text as a page shows it: Markdown becomes HTML.

What is written reaches the patient, or the page is not made: nothing is dropped without a word.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import mistune
from nbformat import NotebookNode

from handouts.collection.clinic import Field
from handouts.collection.phrases import Phrases
from handouts.errors import PageError
from handouts.page import citations, fields, marks, pictures
from handouts.page.elements import IN_TEXT, TEXT, WHOLE_TAG, attributes_of, check_address, check_html, clean
from handouts.page.pictures import decode

LONGEST = 200_000
"""How many characters a text cell may have; a book has a million."""


EATEN = re.compile(r"(?m)^[ \t]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)*>[> \t]*+[*_`\[]*+[=\d.½⅓⅔¼¾⅛$€£~≈+−-].*")
"""A sign for more than, and a number, where Markdown takes the sign for a quotation."""


def headings(tokens: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the headings among Markdown tokens, those in lists and quotations too."""
    for token in tokens:
        if token["type"] == "heading":
            yield token
        else:
            yield from headings(token.get("children", []))


def check_headings(html: str) -> None:
    """Raise PageError where a page has a second title, or a heading skips a level.

    People who listen to a page find their way by its headings.
    """
    before = 0
    for level, words in re.findall(r"<h([1-6])[^>]*>(.*?)</h", html[html.index("<body") :], flags=re.S):
        told = f"the heading {unescape(re.sub('<[^>]*>', '', words))!r} has level {level}"
        if int(level) == 1 and before:
            raise PageError(f"{told}, as the title has. Give it two marks: ##.")
        if int(level) > before + 1:
            raise PageError(f"{told} below level {before}. Write it with {'#' * (before + 1)}.")
        before = int(level)


def check_links(html: str) -> None:
    """Raise PageError for a link to a place on the page that the page does not have."""
    places = set(re.findall(r'\sid="([^"]*)"', html))
    for place in re.findall(r'\shref="#([^"]*)"', html):
        if unescape(place) not in places:
            raise PageError(
                f"a link leads to #{place}, which is no place on the page. Remove it, or write where it is in words."
            )


class _Markdown(mistune.HTMLRenderer):
    """Markdown as a page shows it: headings can be linked to, pictures are part of the page, HTML is whole."""

    def __init__(self, cell: NotebookNode, beside: Path | None) -> None:
        super().__init__(escape=False)
        self.cell = cell
        self.beside = beside
        self.count = 0

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        if level == 1:  # the title, which stands in the page's header
            return ""
        self.count += 1
        return f'<h{level} id="{self.cell.id}-{self.count}">{text}</h{level}>\n'

    def strong(self, text: str) -> str:
        check_marked(text, "**")
        return super().strong(text)

    def emphasis(self, text: str) -> str:
        check_marked(text, "*")
        return super().emphasis(text)

    def link(self, text: str, url: str, title: str | None = None) -> str:
        check_address(url)
        if title:
            raise PageError(
                f"the link to {url[:80]!r} has words that show under a mouse only: {title[:40]!r}. Write them in the text."
            )
        return f'<a href="{escape(url)}">{text}</a>'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return self._picture(unescape(mistune.util.striptags(text)).strip(), url)

    def block_html(self, html: str) -> str:
        return self.inline_html(html) + "\n"

    def inline_html(self, html: str) -> str:
        check_html(html, IN_TEXT)
        return re.sub(r"<img\b[^<>]*+>", lambda found: self._written(found[0]), html)

    def _written(self, tag: str) -> str:
        (attributes,) = (attributes_of(found[2]) for found in [WHOLE_TAG.fullmatch(tag)] if found)
        width = re.sub(r"px$", "", attributes.get("width", ""))
        picture = self._picture(attributes.get("alt", "").strip(), attributes.get("src", ""))
        return picture.replace(">", f' width="{width}">') if re.fullmatch(r"\d{1,4}%?", width) else picture

    def _picture(self, alt: str, url: str) -> str:
        pictures.check_alternative(alt, url)
        try:
            kind, content = pictures.shrink(self._content(url))
        except PageError as error:
            raise PageError(f"the picture {url[:80]!r} {error}") from None
        return f'<img alt="{escape(alt)}" src="data:{kind};base64,{base64.b64encode(content).decode()}">'

    def _content(self, url: str) -> bytes:
        """Return the bytes of a picture that was pasted into the cell, or lies beside the notebook. Raises PageError."""
        name = unquote(url)
        if url.startswith("attachment:"):
            attached = self.cell.get("attachments", {}).get(name.removeprefix("attachment:"), {})
            encoded = next((attached[kind] for kind in ("image/png", "image/jpeg") if kind in attached), None)
            if encoded is None:
                raise PageError("is not in the cell, or is no PNG or JPEG. Paste it again.")
            return decode(encoded)
        if url.startswith("data:"):
            return decode(url.partition(",")[2])
        if re.match(r"[a-zA-Z][\w+.-]*:|//", url):
            raise PageError(
                "is on another machine, and a page holds all that it shows. Save it beside the notebook, or paste it."
            )
        if self.beside is None:
            raise PageError("cannot be found from here. Paste it into the cell.")
        path = (self.beside / name).resolve()
        if not any(path.is_relative_to((self.beside.parent / one).resolve()) for one in ("notebooks", "data")):
            raise PageError(
                "lies outside of notebooks/ and data/. Put it there, for the page is made from what lies there."
            )
        try:
            return path.read_bytes()
        except OSError as error:
            raise PageError(
                f"cannot be read ({error.strerror}). Put it beside the notebook, or paste it into the cell."
            ) from None


def check_marked(text: str, mark: str) -> None:
    """Raise PageError where signs that were meant as they stand, such as a line to write on, were taken for marks."""
    words = re.sub(r"<[^<>]*>", "", text)
    if not re.search(r"\w", unescape(words)) or re.match(r"[)/:;,.%-]", words):
        raise PageError(
            f"{text[:40]!r} stands between two marks ({mark} or {mark.replace('*', '_')}), which are lost. Write a line to write on with dots: ........"
        )


def markdown(
    cell: NotebookNode,
    declared: Mapping[str, Field],
    numbers: Mapping[str, int],
    say: Phrases,
    at: str = "",
    beside: Path | None = None,
) -> str:
    """Return the Markdown of `cell` as HTML, with `declared` fields to fill in and sources by their numbers.

    Pictures may lie `beside` the notebook. Raises PageError, which begins with `at`, for what a page cannot show.
    """
    try:
        _check_source(cell.source)
        plugins: list[Any] = ["table", "strikethrough", fields.in_markdown, citations.in_markdown]
        html, state = mistune.create_markdown(renderer=_Markdown(cell, beside), plugins=plugins).parse(
            marks.with_whole_addresses(cell.source)
        )
        for link in state.env["ref_links"].values():
            if len(re.findall(re.escape(f"[{link['label']}]"), cell.source, flags=re.I)) < 2:
                raise PageError(
                    f"the line that begins [{link['label']}]: is read as a link's address, and never shown."
                )
        shown = citations.linked(fields.opened(clean(str(html), TEXT), declared, say), numbers, say)
        marks.check_words(marks.words_of(shown), html=not re.search(r"\\<|&lt;", cell.source))
        return shown
    except PageError as error:
        raise PageError(f"{at or f'a text cell that begins {cell.source[:40]!r}'}: {error}") from None


def _check_source(source: str) -> None:
    """Raise PageError for what Markdown would eat, and for what no page shows."""
    if len(source) > LONGEST:
        raise PageError(f"has {len(source):,} characters and may have {LONGEST:,}. Split it.")
    if re.search(r"&#\w{9,}", source):
        raise PageError("a character is written by a number that is none. Write the character.")
    marks.check_characters(unescape(source))  # a page shows &#x202e; as the character that it stands for
    if re.search(r"\[\^[^\]\s]{1,100}\]", source):
        raise PageError("footnotes have no place in a handout. Write the sentence where it belongs.")
    if found := EATEN.search(source):
        raise PageError(
            f'{found[0].strip()[:60]!r}: Markdown takes > at the beginning for a quotation, and the sign is lost. Write "more than".'
        )
    if found := re.search(r"\d\*{1,2}\d|\d\*{1,2}\w{1,20}\*|(?<!\*)\*\d{1,20}\*(?!\*)", source):
        raise PageError(
            f'{found[0]!r}: Markdown takes the sign between two numbers for a mark, and it is lost. Write "times", or \\ in front of it.'
        )
    _check_tables(source.splitlines())


def _check_tables(lines: list[str]) -> None:
    """Raise PageError for a row of a table that has more or fewer cells than its head."""
    seen = 0
    for count, line in enumerate(lines[1:], start=1):
        if count < seen or "-" not in line or "|" not in line or not re.fullmatch(r"[ \t|:-]+", line):
            continue
        head, seen = _cells(lines[count - 1]), count
        for row in (line, *lines[count + 1 :]):
            seen += 1
            if not row.strip() or "|" not in row:
                break
            if _cells(row) != head:
                raise PageError(
                    f"the row {row.strip()[:60]!r} of a table has {_cells(row)} cells, and its head has {head}. Make them as many."
                )


def _cells(row: str) -> int:
    return len(re.split(r"(?<!\\)\|", row.strip().removeprefix("|").removesuffix("|")))
