"""The last touches on a page, once its words are HTML: what depends on all of it, or on where a thing stands.

Sources do not crowd: one mark a paragraph or bullet, at its end, and none in the box for help. On paper stand the marks of
blocks that tell a number, and their sources; a screen has them all. Lists to tick can be ticked, rows of dots are lines to write on, and
links at the top lead to the sections, to help first.
"""

import re
from html import escape, unescape

from handouts.collection.locales import LEFT_TO_RIGHT_MARK, RIGHT_TO_LEFT_MARK
from handouts.collection.phrases import Phrases
from handouts.page.citations import link
from handouts.page.marks import TAG

JUMP = "{=jump=}"
"""Stands in a page for the links to its sections until they are known."""
BLOCK = re.compile(r"(</?(?:p|li|td|th|h[1-6]|div|ul|ol|table|tr|section|figure|figcaption|caption|details|summary|tbody|thead)\b[^>]*>)")  # fmt: skip
MARKS = re.compile(r'\s*<sup class="cite">(.*?)</sup>')
LINK = re.compile(r'<a href="#source-([^"]+)"[^>]*>(\d+)</a>')
ENTRY = re.compile(r'(<li id="source-([^"]+)" data-short="([^"]*)">.*?</li>\n?)', re.S)
"""An entry of the list of sources."""
PAPER = "{=on-paper=}"
"""Stands in a page for the sources that are printed on paper."""
HELP = re.compile(r'<div class="[^"]*\bget-help\b')
"""Begins a box for help."""
RIGHT_TO_LEFT = re.compile(r'<html [^>]*dir="rtl"')
"""Tells a page that is written from right to left."""
GROUPS = re.compile(
    rf"(?<![\w{LEFT_TO_RIGHT_MARK}])(?:(?:https?://)?[A-Za-z]\w*(?:[-./]+\w+)+/?|[+(]?\d+(?:[-/() \u2010-\u2012]+\d+)+(?!\w)|\d+(?= [A-Za-z]))",
    re.A,
)
"""An address on the web, a number of several groups, as a phone's or a day's, or one before a word in Latin letters, as a house's."""
DOT = 0.45
"""How much of a line to write on a dot stands for, in em."""


def finish(html: str, say: Phrases) -> str:
    """Return a page with its last touches."""
    start, end = html.index("<main"), html.index("</main>")
    text = _gather(html[start:end], say)
    text = re.sub(r'(<div class="part part-checklist">)(.*?)(</div>)', lambda found: found[1] + _with_boxes(found[2], say) + found[3], text, flags=re.S)  # fmt: skip
    pieces = TAG.split(text)
    pieces[::2] = [re.sub(r"\.{6,}", _line, words) for words in pieces[::2]]
    text = "".join(pieces)
    html = html[:start].replace(JUMP, _jump(text, say)) + text + html[end:]
    return _with_numbers_kept(html) if RIGHT_TO_LEFT.search(html) else html


def _with_numbers_kept(html: str) -> str:
    """Return a page that is written from right to left with each number of several groups as it is dialled and read, and no mark of a source in one.

    After an Arabic letter 555-0100 would be shown as 0100-555 (Unicode's bidirectional algorithm, rule W2): a mark at either end keeps its order.
    """
    head, body = html[: html.index("<body")], html[html.index("<body") :]
    pieces = re.split(r"(<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>)", body, flags=re.S)
    pieces[::2] = [GROUPS.sub(f"{LEFT_TO_RIGHT_MARK}\\g<0>{LEFT_TO_RIGHT_MARK}", words) for words in pieces[::2]]
    return head + "".join(pieces).replace('<sup class="cite', f'{RIGHT_TO_LEFT_MARK}<sup class="cite')


def _gather(text: str, say: Phrases) -> str:
    """Return `text` with the marks of each block at its end, and the sources in their order: those that numbers rest on, then the others."""
    pieces, urgent = BLOCK.split(text), False
    cited: dict[int, list[str]] = {}
    shown: dict[str, None] = {}
    numbers: dict[str, None] = {}
    telling: set[int] = set()
    for count, piece in enumerate(pieces):
        if count % 2:
            urgent = bool(HELP.match(piece)) or (urgent and piece != "</div>")
            continue
        names = list(dict.fromkeys(found[1] for sup in MARKS.findall(piece) for found in LINK.finditer(sup)))
        if not names:
            continue
        pieces[count] = MARKS.sub("", piece)
        if urgent:
            continue
        cited[count] = names
        shown |= dict.fromkeys(names)
        if re.search(r"\d", re.sub(r'<a href="tel:.*?</a>|<[^>]*>', "", pieces[count])):
            numbers |= dict.fromkeys(names)
            telling.add(count)
    listed = re.findall(ENTRY, text)
    order = list(dict.fromkeys([*numbers, *shown, *(name for _, name, _ in listed)]))
    numbered = {name: number for number, name in enumerate(order, start=1)}
    for count, names in cited.items():
        ends = pieces[count].rstrip()
        links = [link(unescape(name), numbered[name], say) for name in sorted(names, key=numbered.__getitem__)]
        kind = "cite key" if count in telling else "cite"
        pieces[count] = f'{ends}<sup class="{kind}">{" ".join(links)}</sup>{pieces[count][len(ends) :]}'
    entries = {name: entry.replace(f' data-short="{short}"', "") for entry, name, short in listed}
    paper = [
        f"<span><b>{numbered[name]}</b> {short}.</span>"
        for _, name, short in sorted(listed, key=lambda one: numbered[one[1]])
        if name in numbers
    ]
    return (
        "".join(pieces)
        .replace(
            "".join(entry for entry, _, _ in listed), "".join(entries[name] for name in order if name in entries), 1
        )
        .replace(PAPER, " ".join(paper))
    )


def _with_boxes(items: str, say: Phrases) -> str:
    boxes = re.sub(r"<li>((?:(?!</?li>|<ul|<ol|<p>|<a ).)*?)</li>", r'<li><label><input type="checkbox"> <span>\1</span></label></li>', items, flags=re.S)  # fmt: skip
    return f'{boxes}<p class="on-screen">{escape(say("ticks_stay"))}</p>\n' if boxes != items else items


def _line(dots: re.Match[str]) -> str:
    return f'<span class="write" style="inline-size: {len(dots[0]) * DOT:g}em"></span>'


def _jump(text: str, say: Phrases) -> str:
    """Return links to each box for help at once, and to the sections."""
    boxes = re.findall(r'<div class="safety-part get-help now" id="([^"]+)">\s*<h[23]>(.*?)</h[23]>', text, flags=re.S)
    to_help = "".join(f'<a class="to-help" href="#{place}">{words}</a>\n' for place, words in boxes)
    sections = "".join(
        f'<li><a href="#{place}">{re.sub(r"<[^>]*>", "", MARKS.sub("", words))}</a></li>\n'
        for place, words in re.findall(r'<h2 id="([^"]+)">(.*?)</h2>', text, flags=re.S)
    )
    return f"{to_help}<details>\n<summary>{escape(say('jump'))}</summary>\n<ul>\n{sections}</ul>\n</details>\n"
