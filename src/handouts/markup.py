"""Text as a page shows it: Markdown becomes HTML, and HTML keeps only what a page may hold.

What is written reaches the patient, or the page is not made: nothing is dropped without a word.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

import mistune
import nh3
from nbformat import NotebookNode

from handouts import citations, fields
from handouts.data import Field
from handouts.errors import PageError


def headings(tokens: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the headings among Markdown tokens, those in lists and quotations too."""
    for token in tokens:
        if token["type"] == "heading":
            yield token
        else:
            yield from headings(token.get("children", []))


def check_headings(html: str, where: str) -> None:
    """Raise PageError where a page has a second title, or a heading skips a level.

    People who listen to a page find their way by its headings.
    """
    before = 0
    for level, words in re.findall(r"<h([1-6])[^>]*>(.*?)</h", html[html.index("<body") :], flags=re.S):
        told = f"{where}: the heading {unescape(re.sub('<[^>]*>', '', words))!r} has level {level}"
        if int(level) == 1 and before:
            raise PageError(f"{told}, as the title has. Give it two marks: ##.")
        if int(level) > before + 1:
            raise PageError(f"{told} below level {before}. Write it with {'#' * (before + 1)}.")
        before = int(level)


class _Markdown(mistune.HTMLRenderer):
    """Markdown as a page shows it: headings can be linked to, pictures are part of the page."""

    def __init__(self, cell: NotebookNode) -> None:
        super().__init__(escape=False)
        self.cell = cell
        self.count = 0

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        if level == 1:  # the title, which stands in the page's header
            return ""
        self.count += 1
        return f'<h{level} id="{self.cell.id}-{self.count}">{text}</h{level}>\n'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        alt = mistune.util.striptags(text).strip()
        if not alt:
            raise PageError(f"the picture {url!r} has no text alternative. Say what it shows: ![text]({url}).")
        attached = self.cell.get("attachments", {}).get(unquote(url).removeprefix("attachment:"), {})
        kind = next((kind for kind in ("image/png", "image/jpeg") if kind in attached), None)
        if not url.startswith("attachment:") or kind is None:
            raise PageError(f"the picture {url!r} is not part of the notebook. Paste a PNG or JPEG into the cell.")
        picture = "".join("".join(attached[kind]).split())
        try:
            base64.b64decode(picture, validate=True)
        except ValueError:
            raise PageError(f"the picture {url!r} is damaged. Paste it again.") from None
        return f'<img alt="{alt}" src="data:{kind};base64,{picture}">'


def markdown(cell: NotebookNode, declared: Mapping[str, Field], numbers: Mapping[str, int]) -> str:
    """Return the Markdown of `cell` as HTML, with `declared` fields to fill in and sources by their numbers.

    Raises PageError for what a page cannot show.
    """
    try:
        if {fields.OPEN, fields.CLOSE, citations.OPEN, citations.CLOSE} & set(cell.source):
            raise PageError("a character of the private use area has no place in a handout. Remove it.")
        if re.search(r"\[\^[^\]\s]+\]", cell.source):
            raise PageError("footnotes have no place in a handout. Write the sentence where it belongs.")
        plugins: list[Any] = ["table", "strikethrough", fields.in_markdown, citations.in_markdown]
        html, state = mistune.create_markdown(renderer=_Markdown(cell), plugins=plugins).parse(cell.source)
        for link in state.env["ref_links"].values():
            if len(re.findall(re.escape(f"[{link['label']}]"), cell.source, flags=re.I)) < 2:
                raise PageError(
                    f"the line that begins [{link['label']}]: is read as a link's address, and never shown."
                )
        return citations.linked(fields.opened(clean(str(html), TEXT), declared), numbers)
    except PageError as error:
        raise PageError(f"a text cell that begins {cell.source[:40]!r}: {error}") from None


TEXT = {**nh3.ALLOWED_ATTRIBUTES, "*": {"id", "lang", "dir"}}
"""Attributes that text may have, by element."""
OUTPUT = {**TEXT, "*": {"class", "id", "lang", "dir", "role", "scope", "data-label", "aria-label"}}
"""Attributes that outputs of code cells may have, by element."""
ELEMENTS = nh3.ALLOWED_TAGS - {"h1", "details", "summary"}
"""Elements that text and outputs may have: those that can neither run, nor load, nor hide anything."""


def clean(html: str, attributes: dict[str, set[str]] = OUTPUT) -> str:
    """Return `html` without attributes that could run, load or style anything.

    Raises PageError for an element that a page does not show, with the words in it: what is written
    reaches the patient, or the page is not made.
    """
    elements = _Elements()
    elements.feed(html)
    elements.close()
    if html.count("<!--") != html.count("-->"):
        raise PageError("a comment is begun with <!-- and not ended with -->; all after it would be lost.")
    for element, inside in elements.found:
        if element not in ELEMENTS:
            raise PageError(f"<{element}> has no place in a handout. To show it as text, write it as \\<{element}>.")
        if element == "img" and not (inside.get("alt") and (inside.get("src") or "").startswith("data:image/")):
            raise PageError("a picture needs a text alternative, and must be part of the notebook.")
    cleaned = nh3.clean(
        html,
        tags=ELEMENTS,
        attributes=attributes,
        url_schemes={"http", "https", "mailto", "tel", "data"},
        attribute_filter=lambda tag, name, value: (
            value if ((tag, name) == ("img", "src")) == value.strip().lower().startswith("data:") else None
        ),  # pictures are part of the page, and nothing else is data
        link_rel=None,
    )
    if not elements.shows and attributes is OUTPUT:
        raise PageError("an output shows nothing. Remove its cell, or mend it.")
    return cleaned


class _Elements(HTMLParser):
    """The elements of some HTML with their attributes, and whether it shows anything."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.shows = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.shows = self.shows or tag == "img"

    def handle_data(self, data: str) -> None:
        self.shows = self.shows or bool(data.strip())
