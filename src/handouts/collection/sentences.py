"""Where a sentence ends: the one place that decides, for the article, the checks and the grades."""

import re
from itertools import pairwise

NEVER = (
    "al", "approx", "dept", "dr", "dra", "e.g", "eq", "est", "fig", "figs", "i.e", "jr", "mr", "mrs", "ms", "no", "nos", "nr", "pp", "prof", "sr", "sra", "srta", "st", "vit", "vs",
)  # fmt: skip
"""Abbreviations that a sentence does not end with: what they belong to follows."""
SELDOM = ("a.d", "b.c", "d.c", "u.k", "u.n", "u.s", "u.s.a")
"""Abbreviations that stand before names, which begin with a capital letter as a sentence does."""
UNTRANSLATED = re.compile("⟦[^⟧]*⟧?")
"""What stands in the place of words without a translation that counts: where the translators find them."""
BEGINS = re.compile(r"\s+(?:I|It|He|She|They|We|You|Then|This|That|If|Do|Ask|Call|Tell|Take|Stop|Your)\b")
"""What begins a sentence and no name."""
STOPS = ".!?…؟۔।"
"""What ends a sentence: in Latin, Greek and Cyrillic letters, in Arabic and Urdu, and in Hindi."""
_STOP = re.compile(rf"(?<![{STOPS}])[{STOPS}]+[”»\"')\]*¹²³]*(?=\s)")
_WORD_BEFORE = re.compile(r"[\w.]*$")


def ends(text: str) -> list[int]:
    """Return the positions in `text` at which its sentences end, the last included.

    >>> ends("One. Two?")
    [4, 9]
    """
    found = []
    for stop in _STOP.finditer(text):
        before = _WORD_BEFORE.search(text, max(0, stop.start() - 20), stop.start())
        word = before[0].lower() if before else ""
        after = text[stop.end() :].lstrip()[:2].lstrip("“\"'(‘¿¡")[:1]
        abbreviated = stop[0] == "." and (word in NEVER or word in SELDOM)
        if word in ("no", "nos"):  # "no. 5" is a number, "no." is a word
            abbreviated = after.isdigit()
        if word in (*SELDOM, "st") and BEGINS.match(text[stop.end() :]):
            abbreviated = False
        if not abbreviated and not after.islower():
            found.append(stop.end())
    return [*found, len(text)] if text.strip() and (not found or text[found[-1] :].strip()) else found


def ended(text: str) -> str:
    """Return `text` with a full stop at its end, but after a mark that ends a sentence.

    >>> ended("Side by side"), ended("How much?")
    ('Side by side.', 'How much?')
    """
    return text if text.endswith(tuple(STOPS)) else f"{text}."


def split(text: str) -> list[str]:
    """Split `text` into sentences, white space folded.

    >>> split("Call Dr. Smith at 9 a.m. on Monday. The U.S. study (see Fig. 2) found 3.5 vs. 4.")
    ['Call Dr. Smith at 9 a.m. on Monday.', 'The U.S. study (see Fig. 2) found 3.5 vs. 4.']
    >>> split("هل تؤلم؟ قد تشعر بوخزة.")
    ['هل تؤلم؟', 'قد تشعر بوخزة.']
    >>> split("Not simply to “release tight muscles.” It is used to help.")
    ['Not simply to “release tight muscles.”', 'It is used to help.']
    """
    folded = " ".join(text.split())
    at = [0, *ends(folded)]
    return [folded[start:end].strip() for start, end in pairwise(at)]
