"""Words in the pictures of a PDF, where they are written from right to left.

WeasyPrint sets the letters of a picture's words one by one, from left to right (weasyprint/svg/text.py): Arabic would stand
apart, and the wrong way round. Here each line has its letters joined, and in the order in which they stand on paper. A
reader for the blind is given the picture's alternative, which is not touched.
"""

import re
from html import escape, unescape

LINE = re.compile(r"(<text\b[^>]*>)([^<]*)(</text>)")
LEFT_TO_RIGHT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.,:/+'%-]*[A-Za-z0-9%])?(?: [A-Za-z](?:[\w.-]*\w)?)*")
"""A number, or words in Latin letters: within a line from right to left they stand from left to right."""
TURNED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
INVISIBLE = "\u200e\u200f"


def shape_pictures(html: str) -> str:
    """Return a page that is written from right to left with the words of its pictures as they stand on paper."""
    return LINE.sub(lambda line: f"{line[1]}{escape(as_seen(unescape(line[2])), quote=False)}{line[3]}", html)


def as_seen(line: str) -> str:
    """Return a line that is written from right to left with its letters joined, and from the one at the left on.

    >>> as_seen("\u05d0\u05d1 12 (\u05d2).")
    '.(\u05d2) 12 \u05d1\u05d0'
    """
    from arabic_reshaper import reshape

    joined = reshape(line.strip().strip(INVISIBLE))
    pieces = re.split(f"({LEFT_TO_RIGHT.pattern})", joined)
    pieces[::2] = [words[::-1].translate(TURNED) for words in pieces[::2]]
    return "".join(reversed(pieces))
