"""Checks of what a page says: each is a rule with the authority that it comes from.

Facts are errors: where a sentence comes from, numbers, sources, the safety text, parts that must be
there, a review that is due. Reading is advice with a ceiling. What only people can judge is not judged.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date

from handouts import notebook, reading
from handouts.article import read_article
from handouts.article import sentences as article_sentences
from handouts.citations import CITE, Expander
from handouts.collection import Collection
from handouts.data import Row, Topic, read_clinic, read_table, read_topics, read_treatments, text
from handouts.errors import HandoutsError
from handouts.evidence import Fact, read_facts, read_safety, read_sources
from handouts.parameters import choices, read_parameters
from handouts.readers import CLINICS_OWN, Reader, blocks_of, sentences
from handouts.tailor import blocks, part_of, plain_text

ERROR, WARNING = "error", "warning"
WANTED_GRADE, HIGHEST_GRADE, WANTED_SMOG = 6.0, 8.0, 9.0
"""School grades: what a page should have, and what it may have at most (STANDARDS b6)."""
EMPTY_HEADINGS = (
    "overview",
    "introduction",
    "more",
    "more information",
    "background",
    "general information",
    "conclusion",
)
"""Headings that fit any text (PEMAT-P 9)."""
DAYS_BEFORE = 60
"""How many days before a review is due that is told."""
MUST_SPEAK_OF = {
    "tell-first": (
        "blood thinner",
        "bleed",
        "pregnant",
        "pacemaker",
        "infect",
        "metal",
        "cancer",
        "faint",
        "do not stop",
    ),
    "may-notice": ("bruise", "blood", "pain", "faint", "infection", "lung"),
    "get-help": ("short of breath", "chest", "cough up blood", "bleed"),
}
"""Words without which the safety text would lose a warning (evidence pack S01, S02, S13 to S19, S21)."""
BALANCED = (0.8, 1.25)
"""Between which shares the words for one treatment must lie, of the words for the other."""


@dataclass(frozen=True)
class Rule:
    """A rule with the authority it comes from."""

    name: str
    says: str
    authority: str


RULES = {
    rule.name: rule
    for rule in (
        Rule("notebook", "A notebook has the shape and the tags that a page can be made from.", "DESIGN: tags choose cells"),
        Rule("number", "A number comes from a fact, or stands in a sentence with its source.", "DISCERN 4, CDC Index 15 and 16"),
        Rule("source", "A source, a fact and a word to teach are in data/.", "DISCERN 4, IPDAS certification: citations"),
        Rule("article", "At a level that has its words, no sentence of the article is lost, and none comes from nowhere.", "DESIGN: the text and the truth"),
        Rule("safety", "Every page has the whole safety text, the same for every reader.", "DESIGN: the text and the truth"),
        Rule("part", "A page has the parts that its level requires.", "PEMAT-P 11, 20 and 23, CDC Index 1 to 3"),
        Rule("review", "The date of the next review has not passed.", "NHS standard: planned review cycle; PIF TICK"),
        Rule("denominator", "All numbers of a page that are compared are out of the same number.", "CDC Index 17, IPDAS quality"),
        Rule("grade", "A plain page reads at grade 6, and at grade 8 at most.", "AMA and NIH: 6th grade; NHS rule for bullets"),
        Rule("balance", "Both treatments have about as many words where they are compared.", "IPDAS certification: equal detail"),
        Rule("heading", "A heading says the point or asks a question.", "PEMAT-P 9"),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """What a rule found: where, the sentence, what is wrong, and what to do."""

    rule: str
    severity: str
    file: str
    cell: str
    sentence: str
    told: str

    def __str__(self) -> str:
        at = ", ".join(filter(None, [self.file, self.cell]))
        quoted = f' "{self.sentence}"' if self.sentence else ""
        return f"{self.severity}: {at}:{quoted} {self.told} [{self.rule}: {RULES[self.rule].authority}]"

    def as_dict(self) -> dict[str, str]:
        """Return the finding with the authority of its rule."""
        return {**asdict(self), "authority": RULES[self.rule].authority}


def check(collection: Collection, today: date) -> list[Finding]:
    """Return what all rules find in the collection, errors first. Raises DataError for a broken table."""
    facts = read_facts(collection)
    parameters = read_parameters(collection)
    found: list[Finding] = []
    for topic in read_topics(collection).values():
        found += _review(topic, today)
        file = f"notebooks/{topic.name}.ipynb"
        try:
            nb = notebook.read(collection.notebook(topic.name))
            readers = [Reader(collection, topic, nb, values) for values in choices(parameters, {}, "check")]
        except HandoutsError as error:
            found.append(Finding("notebook", ERROR, file, "", "", str(error).removeprefix(f"{file}, ")))
            continue
        found += _article(collection, topic, readers)
        for reader in readers:
            unknown = list(_source(reader))
            found += unknown
            if not unknown:
                found += _number(reader)
                found += _part(reader)
                found += _denominator(reader, facts)
                found += _grade(reader)
                found += _balance(reader)
                found += _heading(reader)
                found += _safety(reader)
    found += _safety_text(collection)
    unique = dict.fromkeys(found)
    return sorted(unique, key=lambda finding: finding.severity != ERROR)


def _review(topic: Topic, today: date) -> Iterator[Finding]:
    if topic.review_due:
        days = (date.fromisoformat(topic.review_due) - today).days
        if days < 0:
            told = f"the review was due on {topic.review_due}. Have it reviewed, and fill in the new dates."
            yield Finding("review", ERROR, "data/topics.csv", f"topic {topic.name}", "", told)
        elif days <= DAYS_BEFORE:
            told = f"the review is due on {topic.review_due}, in {days} days. Ask for it now."
            yield Finding("review", WARNING, "data/topics.csv", f"topic {topic.name}", "", told)


def _source(reader: Reader) -> Iterator[Finding]:
    known = read_sources(reader.collection)
    expander = Expander(reader.collection)
    for cell in reader.texts:
        try:
            source = expander.expand(cell.source)
        except HandoutsError as error:
            yield Finding("source", ERROR, reader.file, reader.place(cell), "", str(error))
            continue
        for sentence, cites in sentences(source):
            for name in cites:
                if name not in known:
                    told = f"[@{name}] is not in data/sources.json. Mend the name, or add the source."
                    yield Finding("source", ERROR, reader.file, reader.place(cell), sentence, told)


def _number(reader: Reader) -> Iterator[Finding]:
    """Numbers in text, at levels whose words are not the article's own."""
    if reader.column("article") == "yes":
        return
    expander = Expander(reader.collection)
    for cell in reader.texts:
        for sentence, cites in sentences(expander.expand(cell.source)):
            if re.search(r"\d", sentence) and not cites:
                told = "has a number without a source. Put [@source] after the sentence, or make it a fact: [=fact]."
                yield Finding("number", ERROR, reader.file, reader.place(cell), sentence, told)


def _article(collection: Collection, topic: Topic, readers: list[Reader]) -> Iterator[Finding]:
    """Sentences of the article that no reader gets, and sentences that stand in no article, at levels with its words."""
    wanted = {
        line: None for section in read_article(collection) if section.topic == topic.name
        for line in (section.heading, *section.sentences)
    }  # fmt: skip
    everywhere = {line for section in read_article(collection) for line in (section.heading, *section.sentences)}
    there: set[str] = set()
    for reader in readers:
        if reader.column("article") != "yes":
            continue
        for cell in reader.texts:
            for block in blocks_of(blocks(cell.source)):
                for sentence in article_sentences(block):
                    there.add(sentence)
                    if sentence not in everywhere and part_of(cell) not in CLINICS_OWN:
                        told = "is not in the article, and this level has its words. Put the article's sentence back."
                        yield Finding("article", ERROR, reader.file, reader.place(cell), sentence, told)
    if there:
        for line in wanted:
            if line not in there:
                told = "stands in the article and on no page. Put it back into the notebook."
                yield Finding("article", ERROR, f"notebooks/{topic.name}.ipynb", "", line, told)


def _safety_text(collection: Collection) -> Iterator[Finding]:
    """Yield what the safety text does not speak of and must, whatever its words."""
    text = {part: " ".join(line for line, _ in lines).lower() for part, lines in read_safety(collection).items()}
    for part, names in MUST_SPEAK_OF.items():
        for name in names:
            if name not in text[part]:
                told = f"the part {part} does not speak of {name!r} any more. Put the row back."
                yield Finding("safety", ERROR, "data/safety.csv", "", "", told)


def _part(reader: Reader) -> Iterator[Finding]:
    required = reader.column("requires").split()
    there = {part_of(cell) for cell in reader.cells}
    for part in required:
        if part not in there:
            told = f"readers {reader.who} get no cell tagged part:{part}. Write one, or remove a tag."
            yield Finding("part", ERROR, reader.file, "", "", told)


def _denominator(reader: Reader, facts: Mapping[str, Fact]) -> Iterator[Finding]:
    used = {
        name
        for cell in reader.cells
        for name in re.findall(r"\[=([\w-]+)\]|icons\([\"']([\w-]+)[\"']\)", cell.source)
        for name in name
        if name
    }
    counted = {facts[name].denominator for name in used if name in facts} - {None}
    if len(counted) > 1:
        numbers = ", ".join(f"{number:,}" for number in sorted(filter(None, counted)))
        told = f"readers {reader.who} get numbers out of {numbers}. Write all facts of a page out of the same number."
        yield Finding("denominator", ERROR, reader.file, "", "", told)


def _grade(reader: Reader) -> Iterator[Finding]:
    language = read_clinic(reader.collection).language.partition("-")[0]
    if reader.column("article") == "yes" or language != reading.LANGUAGE:
        return
    texts = reader.blocks()
    grades = reading.grades(reader.collection, texts)
    if grades.fkgl > WANTED_GRADE or grades.smog > WANTED_SMOG:
        severity = ERROR if grades.fkgl > HIGHEST_GRADE else WARNING
        hard = reading.worst(reader.collection, texts, 1)
        told = (
            f"readers {reader.who} get a page of grade {grades.fkgl} (SMOG {grades.smog}; {reading.tool()}); "
            f"wanted {WANTED_GRADE:g} (SMOG {WANTED_SMOG:g}). This sentence is the hardest. "
            f"Long words: {', '.join(reading.long_words(reader.collection, texts)[:8])}."
        )
        yield Finding("grade", severity, reader.file, "", hard[0] if hard else "", told)


def _heading(reader: Reader) -> Iterator[Finding]:
    for cell in reader.texts:
        for token in blocks(cell.source):
            if token["type"] == "heading" and plain_text(token).strip().lower() in EMPTY_HEADINGS:
                told = "says nothing of what follows. Ask the question that the text answers, or say its point."
                yield Finding("heading", WARNING, reader.file, reader.place(cell), plain_text(token), told)


def _balance(reader: Reader) -> Iterator[Finding]:
    """Words under two headings that name the treatments, and in the two columns of a table."""
    treatments = read_treatments(reader.collection)
    words: dict[str, int] = dict.fromkeys(treatments, 0)
    under: str | None = None
    for cell in reader.texts:
        for token in blocks(cell.source):
            if token["type"] == "heading":
                named = [
                    name for name, label in treatments.items() if label.lower() == plain_text(token).strip().lower()
                ]
                under = named[0] if named else None
            elif under:
                words[under] += sum(len(re.sub(CITE, "", block).split()) for block in blocks_of([token]))
    if all(words.values()):
        yield from _uneven(reader, reader.file, words, "the sections of the treatments")
    for name in sorted({name for cell in reader.cells for name in re.findall(r"^table\([\"']([\w-]+)", cell.source)}):
        rules = dict.fromkeys(treatments, text)
        rows: list[Row] = read_table(reader.collection.data / f"{name}.csv", rules, more=True)
        columns = {column: sum(len(row[column].split()) for row in rows) for column in treatments}
        if reader.column("article") != "yes":
            yield from _uneven(reader, f"data/{name}.csv", columns, "its columns")


def _uneven(reader: Reader, file: str, words: Mapping[str, int], what: str) -> Iterator[Finding]:
    (one, first), (other, second) = list(words.items())[:2]
    if not BALANCED[0] <= first / second <= BALANCED[1]:
        told = (
            f"{what} have {first} words for {one} and {second} for {other}; the first may have {BALANCED[0]:g} to "
            f"{BALANCED[1]:g} times as many. Say more of one, or less of the other."
        )
        yield Finding("balance", WARNING, file, "", "", told)


def _safety(reader: Reader) -> Iterator[Finding]:
    if reader.column("safety") != "yes":
        told = f"readers {reader.who} get no safety text. Write yes in the column safety of data/levels.csv."
        yield Finding("safety", ERROR, reader.file, "", "", told)
