"""Elements: what HTML a page may hold, in text and in what code cells show.

Two readers of HTML may understand a broken tag in two ways, so that words are lost between them: HTML must be whole, and
the words before and after cleaning are compared.
"""

import re
from collections.abc import Mapping
from html import unescape
from html.parser import HTMLParser

import nh3

from handouts.errors import PageError

ADDRESS = re.compile(r"(?:https?://[^\s/]|mailto:|tel:|sms:|geo:).+|#[\w.:-]+", re.I)
"""What a link may lead to: a place that a patient's phone can reach, or one on the page."""
NAMES = {"lang", "dir"}
TEXT: dict[str, set[str]] = {
    "*": NAMES, "a": {"href"}, "img": {"alt", "src", "width"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"}, **{f"h{level}": {"id"} for level in range(2, 7)},
}  # fmt: skip
"""Attributes that text may have, by element: what Markdown makes, and what a page shows."""
IN_TEXT = {**TEXT, "img": {"alt", "src", "width", "height"}, **{f"h{level}": set() for level in range(2, 7)}}
"""Attributes that HTML in text may have, by element."""
OUTPUT = {**TEXT, "*": {*NAMES, "class", "id", "data-label"}}
"""Attributes that outputs of code cells may have, by element."""
ELEMENTS = {
    "a", "abbr", "b", "bdi", "blockquote", "br", "caption", "code", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure",
    "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "small",
    "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
"""Elements that text and outputs may have: those that can neither run, nor load, nor hide anything, nor be taken for another part of the page."""
OUTPUT_WRITTEN = {**OUTPUT, "*": OUTPUT["*"] | {"role", "aria-label", "scope"}}
"""Attributes that outputs may be written with; those that are no attributes of OUTPUT say nothing here, and go."""
OUR_CLASS = re.compile(r"compared|banded|long|option-\d+")
OUR_ID, TABLE_ID = re.compile(r"[\w-]+-\d+"), re.compile(r"table-[\w-]+")
WHOLE_TAG = re.compile(
    r"""</?([a-zA-Z][a-zA-Z0-9]*+)((?:\s++[a-zA-Z][\w:-]*+(?:\s*+=\s*+(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'=<>`]++))?)*+)\s*+/?>"""
)
"""A tag that every reader of HTML understands in one way."""
NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*+)")
ATTRIBUTE = re.compile(r"""([a-zA-Z][\w:-]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'=<>`]++)))?""")


def attributes_of(written: str) -> dict[str, str]:
    """Return the attributes in what is written of a tag, by name."""
    return {found[1].lower(): unescape(found[2] or found[3] or found[4] or "") for found in ATTRIBUTE.finditer(written)}


def check_address(url: str) -> None:
    """Raise PageError for a link that leads nowhere on a patient's phone."""
    if not ADDRESS.fullmatch(url.strip()):
        raise PageError(
            f"the link to {url[:80]!r} leads nowhere on a patient's phone. Write the address of a web page with https:// in front, or say in words what is meant."
        )


def check_html(html: str, attributes: Mapping[str, set[str]]) -> None:
    """Raise PageError for HTML that is not whole, and for elements and attributes that a page does not show."""
    at = 0
    while (start := html.find("<", at)) >= 0:
        found = WHOLE_TAG.match(html, start)
        named = NAME.match(html, start)
        if named and named[1].lower() not in ELEMENTS:
            raise PageError(f"<{named[1]}> has no place in a handout. To show it as text, write it as \\<{named[1]}>.")
        if found is None:
            words = " ".join(html[start : start + 60].split())
            raise PageError(
                f"{words!r} is not whole: a quotation mark, a > or the end of a comment is missing, or it is no HTML. To show the sign itself, write \\<."
            )
        element, at = found[1].lower(), found.end()
        allowed = attributes["*"] | attributes.get(element, set())
        written = attributes_of(found[2])
        if len(written) < len(ATTRIBUTE.findall(found[2])):
            raise PageError(f"<{element}> has an attribute twice. Remove one.")
        for name, value in written.items():
            if name not in allowed:
                raise PageError(f"<{element}> has {name}, which has no effect on a page. Remove it.")
            if name == "href":
                check_address(value)


def clean(html: str, attributes: dict[str, set[str]] = OUTPUT) -> str:
    """Return `html` without anything that could run, load, style or hide.

    Raises PageError where that would lose words: what is written reaches the patient, or the page is not made.
    """
    cleaned = nh3.clean(
        html,
        tags=ELEMENTS,
        attributes=attributes,
        url_schemes={"http", "https", "mailto", "tel", "sms", "geo", "data"},
        attribute_filter=_kept,
        link_rel=None,
    )
    before, after = _Words(html).words, _Words(cleaned).words
    if "".join(before) != "".join(after):
        lost = next((one for one, other in zip(before, after, strict=False) if one != other), (before + after)[-1])
        raise PageError(
            f"words around {lost[:60]!r} would be lost, for the HTML there is not whole. Mend it, or write it without HTML."
        )
    return cleaned


def _kept(tag: str, name: str, value: str) -> str | None:
    """Return what is kept of an attribute: pictures are part of the page, and nothing else is data."""
    if (tag, name) == ("img", "src"):
        return value if re.match(r"data:image/(png|jpeg);base64,", value) else None
    if name == "class":
        return " ".join(one for one in value.split() if OUR_CLASS.fullmatch(one)) or None
    if name == "id":
        return value if (OUR_ID if re.fullmatch("h[2-6]", tag) else TABLE_ID).fullmatch(value) else None
    return None if value.strip().lower().startswith("data:") else value


class _Words(HTMLParser):
    """The words of some HTML, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.words.append(dict(attrs).get("alt") or "")

    def handle_data(self, data: str) -> None:
        self.words += data.split()
