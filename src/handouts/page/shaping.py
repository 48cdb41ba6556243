"""Words of a PDF that are written from right to left: those in pictures, and what each glyph is read as.

WeasyPrint sets the letters of a picture's words one by one, from left to right (weasyprint/svg/text.py): Arabic would stand
apart, and the wrong way round. Here each line has its letters joined, and in the order in which they stand on paper. A
reader for the blind is given the picture's alternative, which is not touched.
"""

import io
import re
import unicodedata
from html import escape, unescape
from typing import Any

from handouts.collection.locales import LEFT_TO_RIGHT_MARK, RIGHT_TO_LEFT_MARK

LINE = re.compile(r"(<text\b[^>]*>)([^<]*)(</text>)")
LEFT_TO_RIGHT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.,:/+'%-]*[A-Za-z0-9%])?(?: [A-Za-z](?:[\w.-]*\w)?)*")
"""A number, or words in Latin letters: within a line from right to left they stand from left to right."""
TURNED = str.maketrans("()[]{}<>«»", ")(][}{><»«")


def shape_pictures(html: str) -> str:
    """Return a page that is written from right to left with the words of its pictures as they stand on paper."""
    return LINE.sub(lambda line: f"{line[1]}{escape(as_seen(unescape(line[2])), quote=False)}{line[3]}", html)


def as_seen(line: str) -> str:
    """Return a line that is written from right to left with its letters joined, and from the one at the left on.

    >>> as_seen("\u05d0\u05d1 12 (\u05d2).")
    '.(\u05d2) 12 \u05d1\u05d0'
    """
    from arabic_reshaper import reshape

    joined = reshape(line.strip().strip(LEFT_TO_RIGHT_MARK + RIGHT_TO_LEFT_MARK))
    pieces = re.split(f"({LEFT_TO_RIGHT.pattern})", joined)
    pieces[::2] = [words[::-1].translate(TURNED) for words in pieces[::2]]
    return "".join(reversed(pieces))


def name_glyphs(document: Any, pdf: Any) -> None:
    """Say what each glyph of a PDF is read as, before it is written: WeasyPrint's finisher.

    Of a letter that it met first with a mark above or below it, as in Arabic, WeasyPrint says nothing (weasyprint/draw/text.py),
    and who listens to the PDF would miss it.
    """
    from fontTools.ttLib import TTFont
    from weasyprint.text.fonts import get_hb_object_data

    tables = {entry.reference: entry for entry in pdf.objects if hasattr(entry, "stream")}
    named = {
        entry["BaseFont"]: tables[entry["ToUnicode"]]
        for entry in pdf.objects
        if isinstance(entry, dict) and "ToUnicode" in entry
    }
    for font in document.fonts.values():
        if all(font.to_unicode.values()) or font.name not in named:
            continue
        whole = TTFont(io.BytesIO(get_hb_object_data(font.hb_face)))  # what the PDF holds of it says no letters
        letters = {whole.getGlyphID(name): chr(code) for code, name in whole.getBestCmap().items()}
        stream = named[font.name].stream
        for at, line in enumerate(stream):
            if line.endswith(b" <>"):
                letter = unicodedata.normalize("NFKC", letters[int(line[1:5], 16)])
                stream[at] = line[:-2] + b"<" + letter.encode("utf-16-be").hex().encode() + b">"
