"""The last look at the finished words of a page: a mark that nothing has understood never reaches a patient.

What means something in one place (a field, a citation, a box of another tool's Markdown) may mean nothing where it was
written; then it would be printed as it stands.
"""

import re
import unicodedata
from html import unescape

from handouts.collection.sentences import UNTRANSLATED
from handouts.errors import PageError

UNREADABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ue000-\uf8ff\ufffd-\uffff\U000f0000-\U0010ffff]"
)
TAG = re.compile(r"""(<[a-zA-Z/!](?:[^<>"']++|"[^"]*+"|'[^']*+')*+>)""")
"""A tag of HTML that was cleaned."""
BLOCKS = re.compile(
    r"</?(?:address|blockquote|br|caption|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|img|li|main|ol|p|pre|section|summary|svg|table|t[dhr]|tbody|text|thead|title|ul)\b",
    re.I,
)
"""Tags between which words belong together."""
FIELD = "A field, such as {{ first_name }}, is one of the topic's in data/topics.csv and stands in a text cell, a table or a caption."
CITATION = "Write [@source], [=fact] and [?word] with a name that data/ has and nothing else in the brackets, outside of HTML and pictures."
UNCLOSED = "A mark of Markdown is not closed, stands where it means nothing, or is another tool's. Use **bold** in text cells, and ## for headings."
MARKS = tuple(
    (needed, re.compile(pattern, re.M), cure)
    for needed, pattern, cure in (
        (("[",), r"\[[@=?][^\]\n]{0,80}\]?|\[[^\]\n]{0,80}(?<![\w.+])@[\w-]", CITATION),
        (("{", "}", "«", "<<"), r"[{}][^{}\n]{0,80}[{}]?|«[A-Za-z_]\w{0,79}»|<<\w{1,80}>>", FIELD),
        (("![", "attachment:"), r"!\[[^\]\n]{0,80}|\battachment:\S{1,80}", "A picture is ![what it shows](its file), and stands in a text cell."),
        (("[!", ":", "!!!", "???", "^[", "[TOC]"), r"\[![A-Za-z]{1,20}\]|:::|^(?:!!!|\?\?\?\+?) ?\w|^\.\. \w+::|(?<!\S):[a-z_]{3,20}:(?!\S)|\^\[|^\[TOC\]", "Boxes are made by tagging the cell, such as part:main-message; see data/parts.csv."),
        (("[",), r"^[ \t]*(?:[-*] )?\[[ xX]\](?![(\[])", "Write a list with - and tag its cell part:checklist."),
        (("$", "\\"), r"\$\$[^$\n]{1,200}\$\$|\$[^$\n]{0,200}(?:\\[A-Za-z]|[A-Za-z0-9)}][\\^_][A-Za-z0-9{(])[^$\n]{0,200}\$(?!\d)|\\[A-Za-z]{2,20}", "Formulas have no place in a handout. Say it in words."),
        (("==", "~", "*", "```", "_", "#", "^"), r"==[^=\n]{1,80}==|~~|\*\*|```|(?<!\w)__(?=[^\W_])|^#{2,6}|~\w{1,20}~|\^\w{1,20}\^|\d\^\d|(?<![\w*])\*[^\s*][^*\n]{0,80}\*(?!\w)|(?<!\w)_[^\W_][^_\n]{0,80}_(?!\w)", UNCLOSED),
        ((":",), r"^: ", UNCLOSED),
        (("|",), r"\|[^|\n]{0,200}\||^[ |:-]*-{3,}\|[ |:-]*$", "A table needs a line of dashes below its head, and as many cells in each row as the head has."),
        (("](", "] (", "[[", "[^"), r"\]\([^)\n]{0,80}|\] \(https?:|\[\[|\[\^", "A link is [words](https://address), in a text cell."),
        (("<!--", "-->"), r"<!--|-->", "A comment begins with <!-- and ends with -->."),
        (("&",), r"&(?:[a-zA-Z]{2,8}|#[0-9]{1,6}|#x[0-9a-fA-F]{1,6});", "Write the sign itself."),
    )
)  # fmt: skip
"""Marks that mean something to a tool and nothing to a patient: of what each holds one, so that few texts are searched, and what to do."""
HTML = (
    ("<",),
    re.compile(r"</\s?[a-zA-Z][^<>\n]{0,80}>|<[a-zA-Z][^<>\n]{0,80}>"),
    "It is no HTML, or stands where HTML means nothing. To show it as text, write \\< in a text cell.",
)


def check_characters(text: str) -> None:
    """Raise PageError for a character that no patient could read: a control, a private one, or one that turns the text around."""
    if found := UNREADABLE.search(text):
        words = text[max(0, found.start() - 20) : found.start()].rpartition("\n")[2]
        told = " (Word's bullets and ticks are such)" if unicodedata.category(found[0]) == "Co" else ""
        raise PageError(
            f"the character U+{ord(found[0]):04X} after {words!r} shows as nothing or as a box{told}. Remove it, or write what it means."
        )


def check_words(text: str, *, html: bool = False) -> None:
    """Raise PageError for a mark in `text` that a patient would read as it stands; with `html`, for tags too."""
    for needed, pattern, cure in (*MARKS, HTML) if html else MARKS:
        if any(one in text for one in needed) and (found := pattern.search(text)):
            line = text[text.rfind("\n", 0, found.start()) + 1 :].partition("\n")[0].strip()
            raise PageError(
                f"{found[0]!r} in {line[:80]!r} was not understood, and would be printed as it stands. {cure}"
            )


def with_whole_addresses(source: str) -> str:
    """Return Markdown whose pasted pictures can be found: JupyterLab writes names as they are, and in Markdown an address has no spaces."""
    return re.sub(
        r"(!\[[^\]\n]{0,1000}\]\(attachment:)([^)\n]{1,300})\)",
        lambda found: f"{found[1]}{found[2].strip().replace(' ', '%20')})",
        source,
    )


def words_of(html: str) -> str:
    """Return the words of cleaned HTML, a line for each block."""
    pieces = TAG.split(html)
    pieces[1::2] = ["\n" if BLOCKS.match(tag) else "" for tag in pieces[1::2]]
    return unescape("".join(pieces))


def check_translated(html: str) -> None:
    """Raise PageError where some words of a page, wherever it has them, are not translated."""
    if found := UNTRANSLATED.search(html):
        raise PageError(
            f"{found[0].strip('⟦⟧')} has no translation that counts. To see why: handouts translate --check"
        )


def check_page(html: str) -> None:
    """Raise PageError for a mark in the words of a whole page, or words that are not translated."""
    check_translated(html)
    words = words_of(html[html.index("<body") :])
    check_words(words)
    check_characters(words)
