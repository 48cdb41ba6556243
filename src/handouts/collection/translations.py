"""Translations in PO files, as translators' tools have them: po/LANGUAGE/TOPIC.po for each topic, and shared.po for the tables.

A translation counts while the words it was made from stand as they were, nobody has doubts about it (PO calls that
fuzzy), and it holds the citations, facts, fields, taught words, links, bullets and numbers of its source.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polib

from handouts import files
from handouts.collection import layouts
from handouts.collection.folder import Collection
from handouts.collection.languages import TRANSLATIONS
from handouts.collection.words import MARKS, SHARED, Source, Words, list_words, marks_of
from handouts.errors import DataError

WIDTH = 100
FEWEST_WORDS, MOST_SHARED = 4, 0.6
"""How many words a translation needs for its language to be judged, and what share of them it may have from its source."""
SAFETY = (layouts.SAFETY.file, layouts.SAFETY_PARTS.file, layouts.SAFETY_SETS.file, layouts.SAFETY_MUST.file)
"""The tables of the safety text: all of it is translated, or none."""

Key = tuple[str, str, str]
"""A file of translations, the name of words, and the words."""


@dataclass(frozen=True)
class Translations:
    """The `texts` that count, and why others do not."""

    texts: Mapping[Key, str]
    missing: Mapping[Key, str]


@dataclass(frozen=True)
class Renewed:
    """What became of the words of a language: how many are translated, to be looked at again because the source changed, and to be translated."""

    translated: int
    changed: int
    new: int


def read_translations(source: Source, language: str) -> Translations:
    """Return the translations into `language` that count for the words as they are. Raises HandoutsError."""
    collection = source.collection
    stored = {file: _by_name(_read(collection, language, file)) for file in _files(collection)}
    words = list_words(source, language)
    terms = _terms(words, stored)
    same = language.partition("-")[0] == collection.clinic.language.partition("-")[0]
    texts: dict[Key, str] = {}
    missing: dict[Key, str] = {}
    for one in words:
        key, entry = (one.file, one.name, one.text), stored[one.file].get((one.name, one.text))
        if entry is None or not entry.msgstr.strip():
            missing[key] = "is not translated"
        elif wrong := _find_wrong(one, entry, terms) or ("" if same else _tell_untranslated(one.text, entry.msgstr)):
            missing[key] = wrong
        else:
            texts[key] = entry.msgstr
    unsafe = next((key for key in missing if key[1].startswith(SAFETY)), None)
    if unsafe:
        for key in [key for key in texts if key[1].startswith(SAFETY)]:
            del texts[key]
            missing[key] = f"the safety text is translated whole or not at all, and {unsafe[1]} is not"
    return Translations(texts, missing)


def _find_wrong(words: Words, entry: polib.POEntry, terms: Mapping[str, str]) -> str:
    """Return why a translation does not count, or nothing."""
    if entry.fuzzy:
        return "is marked to be looked at again: the English was changed"
    source, target = Counter(marks_of(words.text, {})), Counter(marks_of(entry.msgstr, terms))
    if source != target:
        lost, added = (", ".join((one - other).elements()) for one, other in ((source, target), (target, source)))
        return " and ".join(
            [*([f"lost {lost}"] if lost else []), *([f"has {added}, which the English has not"] if added else [])]
        )
    if words.file != SHARED and "\n\n" in entry.msgstr:
        return "is two paragraphs where the English is one"
    return ""


def _tell_untranslated(source: str, target: str) -> str:
    """Return what is wrong where a translation has the words of its source: somebody forgot to translate it, or pasted it back."""
    before, after = (
        [word for word in re.findall(r"[^\W\d_]+", MARKS.sub(" ", one.lower())) if len(word) > 1]
        for one in (source, target)
    )
    shared = sum(word in before for word in after)
    if len(after) >= FEWEST_WORDS and shared > MOST_SHARED * len(after):
        return f"has {shared} of its {len(after)} words from the source: it is not translated"
    return ""


def _terms(words: Sequence[Words], stored: Mapping[str, Mapping[tuple[str, str], polib.POEntry]]) -> dict[str, str]:
    """Return the word of the source that each translated word of the glossary stands for."""
    terms = {}
    for one in words:
        if one.name.startswith(f"{layouts.GLOSSARY.file}/") and one.name.endswith("/term"):
            entry = stored[SHARED].get((one.name, one.text))
            if entry and entry.msgstr:
                terms[entry.msgstr.lower()] = one.text.lower()
    return terms


def renew_translations(source: Source, language: str) -> Renewed:
    """Write the files of a language anew for the words as they are: new ones empty, changed ones to be looked at again, moved ones kept.

    What is no longer in the collection stays at the end of its file, as PO keeps it. Raises HandoutsError.
    """
    collection, words = source.collection, list_words(source, language)
    counts: Counter[str] = Counter()
    for file in _files(collection):
        before = _read(collection, language, file)
        exact = _by_name(before)
        current = {(one.name, one.text) for one in words if one.file == file}
        free = [entry for entry in before if (entry.msgctxt, entry.msgid) not in current and entry.msgstr]
        after = polib.POFile(wrapwidth=WIDTH)
        after.metadata = before.metadata or _header(collection, language, file)
        used: set[int] = set()
        for one in words:
            if one.file == file:
                entry = _renewed(one, exact, free, used)
                counts["new" if not entry.msgstr else "changed" if entry.fuzzy else "translated"] += 1
                after.append(entry)
        for entry in free:
            if id(entry) not in used:
                entry.obsolete = True
                after.append(entry)
        files.write(_path(collection, language, file), str(after).encode(), durable=True)
    return Renewed(counts["translated"], counts["changed"], counts["new"])


def _renewed(
    words: Words, exact: Mapping[tuple[str, str], polib.POEntry], free: Sequence[polib.POEntry], used: set[int]
) -> polib.POEntry:
    entry = exact.get((words.name, words.text))
    if entry is None or not entry.msgstr:
        moved = next((one for one in free if one.msgid == words.text), None)
        changed = next(
            (one for one in free if one.msgctxt == words.name and id(one) not in used and not one.obsolete), None
        )
        before, entry = moved or changed, polib.POEntry(msgctxt=words.name, msgid=words.text)
        if before is not None:
            used.add(id(before))
            entry.msgstr, entry.tcomment, entry.flags = before.msgstr, before.tcomment, list(before.flags)
            if before is not moved:
                entry.flags = list(dict.fromkeys([*entry.flags, "fuzzy"]))
                entry.previous_msgid = before.msgid
    entry.comment = words.told
    entry.obsolete = False
    return entry


def _header(collection: Collection, language: str, file: str) -> dict[str, str]:
    """Return the header of a new file; its date is that of the newest topic, for nothing in a collection comes from the clock."""
    newest = max((topic.written_on for topic in collection.topics.values() if topic.written_on), default="1970-01-01")
    return {
        "Project-Id-Version": file, "PO-Revision-Date": f"{newest} 00:00+0000", "Last-Translator": "nobody", "Language-Team": language,
        "Language": language.replace("-", "_"), "MIME-Version": "1.0", "Content-Type": "text/plain; charset=UTF-8", "Content-Transfer-Encoding": "8bit",
    }  # fmt: skip


def _files(collection: Collection) -> Iterator[str]:
    yield from collection.topics
    yield SHARED


def _path(collection: Collection, language: str, file: str) -> Path:
    return collection.root / TRANSLATIONS / language / f"{file}.po"


def _read(collection: Collection, language: str, file: str) -> polib.POFile:
    path = _path(collection, language, file)
    if not path.is_file():
        return polib.POFile(wrapwidth=WIDTH)
    try:
        return polib.pofile(str(path), wrapwidth=WIDTH, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{TRANSLATIONS}/{language}/{path.name}: cannot be read ({error}). Put back an earlier version of the file."
        ) from error


def _by_name(entries: polib.POFile) -> dict[tuple[str, str], polib.POEntry]:
    return {(entry.msgctxt or "", entry.msgid): entry for entry in entries if not entry.obsolete}
