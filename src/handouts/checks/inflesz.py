"""How hard a Spanish text is to read: the index of Szigriszt-Pazos, read on the INFLESZ scale, which was validated on texts for patients."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec

from handouts.checks.findings import ERROR, WARNING, Finding
from handouts.checks.readability import NOT_MEASURED, as_sentences
from handouts.checks.readers import Reader
from handouts.collection.sentences import split

LANGUAGE = "es"
WANTED, LOWEST = 65.0, 55.0
"""From 65 a text is fairly easy (bastante fácil), from 55 normal (Barrio-Cantalejo 2008, An Sist Sanit Navar 31(2):135-152)."""


@cache
def can_measure() -> bool:
    """Tell whether what counts syllables is installed."""
    return bool(find_spec("silabeador"))


def index(blocks: Sequence[str]) -> float:
    """Return the index of `blocks`, each a paragraph, bullet, heading or cell; higher is easier, and 100 for no words.

    206.835 - 62.3 syllables/words - words/sentences (Szigriszt-Pazos 1993).

    >>> index(["Lave sus manos con agua y jabón."]) > 80
    True
    """
    text = as_sentences(blocks)
    words = re.findall(r"[^\W\d_]+", text.lower())
    if not words:
        return 100.0
    return round(206.835 - 62.3 * sum(map(_syllables, words)) / len(words) - len(words) / len(split(text)), 1)


def hardest(blocks: Sequence[str]) -> str:
    """Return the sentence that is hardest to read, of those with more than four words."""
    sentences = [one for one in split(as_sentences(blocks)) if len(one.split()) > 4]
    return min(sentences, key=lambda sentence: index([sentence]), default="")


def judge(reader: Reader) -> Iterator[Finding]:
    """Find a Spanish page that is harder to read than wanted."""
    if not can_measure():
        yield Finding("grade", WARNING, "grades", "", "", NOT_MEASURED)
        return
    found = index(reader.blocks())
    if found < WANTED:
        told = f"readers {reader.who} get the page at INFLESZ {found}; wanted {WANTED:g} or more. This sentence is the hardest. Use shorter sentences and words."
        severity = ERROR if found < LOWEST else WARNING
        yield Finding("grade", severity, reader.file, "", hardest(reader.blocks()), told)


@cache
def _syllables(word: str) -> int:
    import silabeador

    return len(silabeador.syllabify(word))
