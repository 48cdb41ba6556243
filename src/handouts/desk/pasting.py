"""What is pasted from Word, Google Docs or a web page, as the Markdown that a page understands, and what of it was left out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup, CData, Comment, Declaration, Doctype, ProcessingInstruction, Tag

from handouts.collection.phrases import Phrases
from handouts.errors import HandoutsError, check_installed

NOT_WORDS = ("head", "script", "style", "title", "meta", "link", "o:p", "xml", "template", "noscript")
"""Elements whose content nobody reads."""
PICTURES = ("img", "svg", "picture", "video", "audio", "iframe", "object", "canvas", "v:shape")
LINKS = re.compile(r"(?:https?|mailto|tel):", re.I)
RAISED = str.maketrans("0123456789+-−()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿ")
LOWERED = str.maketrans("0123456789+-−()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₍₎")
NUMBERED = re.compile(r"\s*\(?(?:\d+|[a-z]{1,4})[.)]", re.I)
"""How Word writes the number of a list's line; a bullet is anything else."""


@dataclass(frozen=True)
class Pasted:
    """The Markdown to put in, and a line for each kind of thing that was left out."""

    text: str
    left_out: list[str]


def read_pasted(html: str, say: Phrases) -> Pasted:
    """Return what is on the clipboard as Markdown. Raises HandoutsError where the library for it is missing.

    Words that were struck out, deleted or hidden are no words of the author, and are left out; a raised digit stays
    raised, so that 10³ never becomes 103. The first level of headings is the title's, so all go one down.
    """
    check_installed("markdownify", "desk", "pasting from Word", HandoutsError)
    import markdownify

    soup = BeautifulSoup(html, "lxml")
    left_out = dict.fromkeys(_leave_out(soup))
    _name_styles(soup)
    _make_lists(soup)
    left_out |= dict.fromkeys(_simplify(soup))
    text = markdownify.MarkdownConverter(
        heading_style="ATX",
        bullets="-",
        escape_misc=False,
        table_infer_header=True,
        newline_style="backslash",
        autolinks=False,
    ).convert_soup(soup)
    text = re.sub(r"[ \t]+\n", "\n", re.sub(r"[\u00ad\u200b\ufeff]", "", text).replace("\xa0", " "))
    texts = {
        "pictures": say("pasted_pictures"), "struck": say("pasted_struck"), "comments": say("pasted_comments"), "notes": say("pasted_notes"),
        "links": say("pasted_links"), "cells": say("pasted_cells"), "marks": say("pasted_marks"),
    }  # fmt: skip
    return Pasted(re.sub(r"\n{3,}", "\n\n", text).strip("\n"), [texts[kind] for kind in texts if kind in left_out])


def _style(tag: Tag) -> str:
    return re.sub(r"\s+", "", str(tag.get("style") or "")).lower()


def _leave_out(soup: BeautifulSoup) -> Iterator[str]:
    """Remove what is no word of the author's, and yield of what kind it was, where somebody could miss it."""
    for text in soup.find_all(
        string=lambda one: isinstance(one, Comment | CData | Declaration | Doctype | ProcessingInstruction)
    ):
        text.extract()
    for tag in soup.find_all(NOT_WORDS):
        tag.decompose()
    for text in soup.find_all(string=re.compile(r"[\n\t]")):  # Word breaks its lines anywhere
        if not text.find_parent("pre"):
            text.replace_with(re.sub(r"[ \t\n]+", " ", text))
    for tag in soup.find_all(True):
        if tag.decomposed:
            continue
        style, classes, anchor = _style(tag), " ".join(tag.get("class") or []), str(tag.get("href") or "")
        if tag.name in PICTURES:
            yield "pictures"
        elif tag.name in ("del", "s", "strike") or "line-through" in style:
            yield "struck"
        elif (
            "mso-element:comment" in style
            or "MsoCommentReference" in classes
            or re.match(r"#_?(?:msocom|cmnt)", anchor)
        ):
            yield "comments"
        elif "mso-element:footnote" in style or re.match(r"#_?(?:ftn|edn)", anchor) or "mso-footnote-id" in style:
            yield "notes"
        elif "display:none" not in style and "mso-hide:all" not in style and "hidden" not in tag.attrs:
            continue
        tag.decompose()


def _name_styles(soup: BeautifulSoup) -> None:
    """Give bold and italics that are only a style, and Word's own paragraphs, the elements that mean it."""
    for tag in soup.find_all(["b", "strong", "span", "font", "i", "em", "p"]):
        style = _style(tag)
        if tag.name == "p":
            classes = " ".join(tag.get("class") or [])
            if classes.startswith(("MsoTitle", "MsoHeading")):
                tag.name = "h1"
            continue
        if tag.name in ("b", "strong") and re.search(r"(?:^|;)font-weight:(?:normal|[1-4]00)", style):
            tag.name = "span"  # how Google Docs wraps a whole document
        if tag.name in ("i", "em") and "font-style:normal" in style:
            tag.name = "span"
        if tag.name in ("span", "font"):
            for wanted, found in (
                ("em", r"(?:^|;)font-style:(?:italic|oblique)"),
                ("strong", r"(?:^|;)font-weight:(?:bold|[6-9]00)"),
            ):
                inside_heading = tag.find_parent(re.compile("^h[1-6]$"))
                if (
                    re.search(found, style)
                    and not inside_heading
                    and not tag.find_parent(wanted)
                    and tag.get_text(strip=True)
                ):
                    tag.wrap(soup.new_tag(wanted))


def _make_lists(soup: BeautifulSoup) -> None:
    """Make lists of the paragraphs by which Word writes them, each with its level in its style."""
    stack: list[Tag] = []
    last: Tag | None = None
    for line in soup.find_all(["p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "div"]):
        found = re.search(r"mso-list:\S*?level(\d)", _style(line)) if line.name == "p" else None
        if not found:
            if line.find_parent("li") is None and line.name != "div":
                stack, last = [], None
            continue
        level, numbered = int(found[1]), False
        for mark in line.find_all("span"):
            if "mso-list:ignore" in _style(mark):
                numbered = bool(NUMBERED.match(mark.get_text()))
                mark.extract()
        if last is None or (last.find_parent("table") is not line.find_parent("table")):
            stack = []
        del stack[level:]
        while len(stack) < level:
            made = soup.new_tag("ol" if numbered else "ul")
            if not stack:
                line.insert_before(made)
            else:
                if not stack[-1].find("li"):  # a list may begin at its second level
                    stack[-1].append(soup.new_tag("li"))
                stack[-1].find_all("li", recursive=False)[-1].append(made)
            stack.append(made)
        line.name, line.attrs = "li", {}
        stack[-1].append(line.extract())
        last = line


def _simplify(soup: BeautifulSoup) -> Iterator[str]:
    """Leave only what Markdown can say, and yield of what kind the rest was."""
    levels = sorted({int(tag.name[1]) for tag in soup.find_all(re.compile("^h[1-6]$"))})
    for tag in soup.find_all(re.compile("^h[1-6]$")):
        tag.name = f"h{min(2 + levels.index(int(tag.name[1])), 6)}"
    for tag in soup.find_all(["sup", "sub"]):
        words = tag.get_text()
        tag.replace_with(
            words.translate(RAISED if tag.name == "sup" else LOWERED) if re.search(r"\d", words) else words
        )
    for tag in soup.find_all("a"):
        if not LINKS.match(str(tag.get("href") or "")):
            if tag.get("href"):
                yield "links"
            tag.unwrap()
        else:
            tag.attrs = {"href": tag["href"]}
    for tag in soup.find_all(["td", "th"]):
        if str(tag.get("colspan") or "1") != "1" or str(tag.get("rowspan") or "1") != "1":
            yield "cells"
        for text in tag.find_all(string=re.compile(r"\|")):
            text.replace_with(text.replace("|", "\\|"))
        for inner in tag.find_all(["p", "div", "li", "ul", "ol", "br", "h2", "h3", "h4", "h5", "h6"]):
            inner.insert_before(" ")
            inner.unwrap() if inner.name != "br" else inner.decompose()
    for tag in soup.find_all("br"):
        if not any(one.get_text(strip=True) for one in tag.next_siblings):
            tag.decompose()
    for tag in soup.find_all(["u", "mark"]):
        yield "marks"
        tag.unwrap()
    for tag in soup.find_all(["strong", "b", "em", "i"]):
        if not tag.get_text(strip=True):
            tag.unwrap()
    for text in soup.find_all(string=re.compile(r"<(?=[A-Za-z/!?])")):
        text.replace_with(re.sub(r"<(?=[A-Za-z/!?])", r"\<", text))
