"""Does a PDF say every word of its page? The words in the HTML against what pdftotext finds."""

import re
import subprocess
import unicodedata
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

INLINE = {"a", "b", "strong", "em", "span", "sup", "tspan", "bdi"}
VOID = {"br", "meta", "img", "hr", "link", "wbr", "input", "col"}


class _Printed(HTMLParser):
    """Collects the text that paper shows, a block each: all but what `hidden` says."""

    def __init__(self, giant: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.giant = giant
        self.open: list[tuple[str, bool]] = []
        self.blocks: list[str] = [""]

    def hidden(self, tag: str, classes: set[str]) -> bool:
        return (
            tag in {"head", "script", "style", "details", "title"}
            or classes & {"skip", "to-help", "on-screen"}
            or (tag == "sup" and "key" not in classes)
            or {"picture", "narrow"} <= classes
            or (self.giant and tag == "thead")
        )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        hidden = bool(self.open and self.open[-1][1]) or self.hidden(tag, set((told.get("class") or "").split()))
        if tag not in INLINE or tag == "sup":
            self.blocks.append("")
        if self.giant and tag == "td" and not hidden:
            self.blocks += [told.get("data-label") or "", ""]
        if tag not in VOID:
            self.open.append((tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        names = [name for name, _ in self.open]
        if tag in names:
            del self.open[len(names) - 1 - names[::-1].index(tag) :]
        if tag not in INLINE or tag == "sup":
            self.blocks.append("")

    def handle_data(self, data: str) -> None:
        if not (self.open and self.open[-1][1]):
            self.blocks[-1] += data


def letters(text: str) -> str:
    """Return what of `text` no line break, hyphenation or ligature changes, in order."""
    return re.sub(r"[\s\u00ad\u200b\u2060•-]", "", unicodedata.normalize("NFKC", text))


def lost(html: str, file: Path) -> list[str]:
    """Return the blocks of the page `html` (paragraphs, items, cells, lines of pictures) that the PDF `file` does not say.

    Within a block the letters must stand in one run; between blocks order does not matter. Page feet are cut
    out, so that a block may go over two pages; a block that occurs twice must be found twice.
    """
    reader = _Printed(giant="size-giant" in html.split("<body", 1)[1][:200])
    reader.feed(html)
    told = subprocess.run(["pdftotext", "-raw", file, "-"], capture_output=True, text=True, check=True).stdout
    told = re.sub(r"(?m)^\f?(?:.*\. Version [0-9a-f]{10})?\s*(?:Page \d+ of \d+)?$", "", told)
    paper = letters(told)
    wanted = Counter(letters(block) for block in reader.blocks)
    missing = []
    for block in sorted(wanted, key=len, reverse=True):  # longest first: a short one may stand inside a long one
        for _ in range(wanted[block] if block else 0):
            if block not in paper:
                missing.append(block)
            else:
                paper = paper.replace(block, "\n", 1)
    return missing
