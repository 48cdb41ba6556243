"""The rules of what a page may say: each looks at a page for one reader and yields what it finds.

Facts are errors: where a sentence comes from, numbers, sources, the safety text, parts that must be
there. Reading is advice with a ceiling. What only people can judge is not judged.
"""

import re
from collections.abc import Callable, Mapping

from bs4 import BeautifulSoup

from handouts.checks import inflesz, listed, readability
from handouts.checks.findings import ERROR, WARNING, Finding, Findings
from handouts.checks.readers import MAIN_MESSAGE, Reader, origin
from handouts.checks.texts import texts_in
from handouts.collection.evidence import CLINIC
from handouts.errors import HandoutsError
from handouts.page.citations import CITE, Expander
from handouts.page.markdown import parse_markdown, plain_text
from handouts.page.tailor import part_of

LOWEST_GRADE, WANTED_GRADE, HIGHEST_GRADE, WANTED_SMOG = 4.0, 7.0, 8.0, 10.0
"""School grades: below the first, text is chopped until nobody would say it; above the second it gets hard (AMA and NIH ask for grade 6 to 8)."""
SMOG_SENTENCES = 30
"""How many sentences SMOG was made on; on fewer it is not asked for."""
SENTENCES = 5
"""How many sentences a section must have to be graded: formulas are unreliable on less (SMOG was made on 30)."""
EMPTY_HEADINGS = (
    "overview", "introduction", "more", "more information", "background", "general information", "conclusion",
)  # fmt: skip
"""Headings that fit any text (PEMAT-P 9)."""
BALANCED = 1.25
"""How many times as many words one option may have as another."""
NUMBER = re.compile(
    r"\d|\b(two|three|four|five|six|seven|eight|nine|ten|twelve|dozen|half|halves|thirds?|quarters?|hundreds?|thousands?|millions?|percent|per cent)\b",
    re.I,
)
PRAISE = re.compile(
    r"\b(best|better than|superior|more appropriate|ensures?|guarantees?|proven to work|always works|safer than|no risk|risk-free|harmless|completely safe)\b",
    re.I,
)
"""Words that steer to one choice, or promise (IPDAS: balance; DISCERN 6)."""
NOT_PRAISE = re.compile(r"\b(no|not|none|nothing|cannot|unknown|nobody|never)\b|\bno one\b|\bwhich\b|n't\b|\?$", re.I)


def of_sources(reader: Reader) -> Findings:
    """Find sources, facts and words that data/ does not have; the other rules need a page without these."""
    known = reader.collection.sources
    expander = Expander(reader.collection)
    broken = False
    for cell in reader.texts:
        try:
            expander.expand(cell.source)
        except HandoutsError as error:
            broken = True
            yield Finding("source", ERROR, reader.file, reader.place(cell), "", str(error))
    if broken:
        return
    for sentence in reader.sentences:
        for name in sentence.cites:
            if name not in known and name != CLINIC:
                told = f"[@{name}] is not in data/sources.json. Mend the name, or add the source."
                yield Finding("source", ERROR, reader.file, sentence.place, sentence.words, told)
    if not reader.articles and not any(set(sentence.cites) - {CLINIC} for sentence in reader.sentences):
        told = f"readers {reader.who} get no source at all. Put [@source] after each sentence that rests on one."
        yield Finding("source", WARNING, reader.file, "", "", told)


def number(reader: Reader) -> Findings:
    """Find numbers in text, at levels whose words are not the article's own."""
    phone = reader.collection.clinic.phone
    rules_of_clinic = {fact.sentence for fact in reader.collection.facts.values() if fact.is_own}
    for sentence in () if reader.articles else reader.sentences:
        has_source = set(sentence.cites) - {CLINIC}
        if sentence.words in rules_of_clinic or not NUMBER.search(sentence.words.replace(phone, "")):
            continue
        if not has_source and not sentence.exempt:
            told = f"has a number without a source. Put [@source] after the sentence, or make it a fact: [=fact]; a rule of the clinic's own is a fact with the source {CLINIC}."
            yield Finding("number", ERROR, reader.file, sentence.place, sentence.words, told)


def nowhere(reader: Reader) -> Findings:
    """Find sentences, captions and table rows behind which nobody stands."""
    if reader.articles:
        return
    mark = f"Put [@source] after it, or [@{CLINIC}] where it is the clinic's own advice and no claim."
    for sentence in reader.sentences:
        if origin(reader, sentence) == "nowhere":
            told = f"cites no source and is not marked as the clinic's own. {mark}"
            yield Finding("origin", ERROR, reader.file, sentence.place, sentence.words, told)
    for name, caption in reader.captions():
        if not caption.sources and caption.drawn_as != "table":
            told = f"names no source. Fill the column source, or write {CLINIC} where it is the clinic's own."
            yield Finding("origin", ERROR, "data/captions.csv", name, caption.title, told)
    for file, row, sources in reader.table_rows():
        first, *columns = (column for column in row if column != "source")
        cells = [row[column] for column in columns]
        if not sources and not all(re.search(CITE, cell) for cell in cells):
            told = f"has a cell that names no source. Fill the column source, or put [@source] or [@{CLINIC}] into the cell."
            yield Finding("origin", ERROR, file, row[first], " | ".join(cells), told)


def part(reader: Reader) -> Findings:
    """Find parts that the level requires and this reader does not get."""
    there = {part_of(cell) for cell in reader.cells}
    for name in reader.column("requires").split():
        if name not in there:
            told = f"readers {reader.who} get no cell tagged part:{name}. Write one, or remove a tag."
            yield Finding("part", ERROR, reader.file, "", "", told)


def denominator(reader: Reader) -> Findings:
    """Find facts of a page that are out of different numbers."""
    facts = reader.collection.facts
    counted = {facts[name].denominator for name in reader.facts() if name in facts} - {None}
    if len(counted) > 1:
        numbers = ", ".join(f"{number:,}" for number in sorted(filter(None, counted)))
        told = f"readers {reader.who} get numbers out of {numbers}. Write all facts of a page out of the same number."
        yield Finding("denominator", ERROR, reader.file, "", "", told)


def grade(reader: Reader) -> Findings:
    """Grade the page and its sections, at levels whose words are not the article's own."""
    language = reader.collection.clinic.language.partition("-")[0]
    if reader.articles or language != readability.LANGUAGE:
        yield from inflesz.judge(reader) if not reader.articles and language == inflesz.LANGUAGE else ()
        return
    if not readability.can_measure():
        yield Finding("grade", WARNING, "grades", "", "", readability.NOT_MEASURED)
        return
    said = [one.words for one in reader.sentences if not one.exempt]
    whole = [" ".join(said)]  # in one block: a block of less than four words would not be graded
    low = readability.grades(reader.collection, whole).fkgl if len(said) >= SENTENCES else LOWEST_GRADE
    if low < LOWEST_GRADE:
        told = (
            f"readers {reader.who} get sentences of grade {low} ({readability.tool()}): chopped so short that nobody would say them. "
            f"Join them as speech does, with because, so, and but; grade {LOWEST_GRADE:g} to {WANTED_GRADE:g} is wanted."
        )
        yield Finding("grade", WARNING, reader.file, "", "", told)
    wholes = [("the page", reader.blocks())]
    wholes += [(f"the section {section.heading!r}", section.blocks) for section in reader.sections]
    for what, texts in wholes:
        counted = readability.sentences_in(reader.collection, texts)
        if what != "the page" and counted < SENTENCES:
            continue
        grades = readability.grades(reader.collection, texts)
        if grades.fkgl > WANTED_GRADE or (grades.smog > WANTED_SMOG and counted >= SMOG_SENTENCES):
            severity = ERROR if grades.fkgl > HIGHEST_GRADE else WARNING
            hard = readability.worst(reader.collection, texts, 1)
            told = (
                f"readers {reader.who} get {what} at grade {grades.fkgl} (SMOG {grades.smog}; {readability.tool()}); "
                f"wanted {WANTED_GRADE:g} (SMOG {WANTED_SMOG:g}). This sentence is the hardest. "
                f"Long words: {', '.join(readability.long_words(reader.collection, texts)[:8])}."
            )
            yield Finding("grade", severity, reader.file, "", hard[0] if hard else "", told)


def heading(reader: Reader) -> Findings:
    """Find headings that fit any text."""
    for cell in reader.texts:
        for token in parse_markdown(cell.source):
            if token["type"] == "heading" and plain_text(token).strip().lower() in EMPTY_HEADINGS:
                told = "says nothing of what follows. Ask the question that the text answers, or say its point."
                yield Finding("heading", WARNING, reader.file, reader.place(cell), plain_text(token), told)


def off_purpose(reader: Reader) -> Findings:
    """Find words of a web page's menus and buttons."""
    selling = re.compile(r"\b(contact us today|our services|book now|call today|learn more|special offer)\b", re.I)  # fmt: skip
    for sentence in reader.sentences:
        if selling.search(sentence.words):
            told = "sells, or belongs to a web page's menu. Remove it."
            yield Finding("off-purpose", ERROR, reader.file, sentence.place, sentence.words, told)


def balance(reader: Reader) -> Findings:
    """Weigh words, pictures and tone for the options where they are compared, at levels whose words are not the article's own."""
    if reader.articles:
        return
    options = reader.options
    words: dict[str, int] = dict.fromkeys(options, 0)
    under: str | None = None
    for cell in reader.texts:
        for token in parse_markdown(cell.source):
            if token["type"] == "heading":
                asked = plain_text(token).strip().lower()
                named = [name for name, label in options.items() if label.lower() == asked]
                under = named[0] if named else None
            elif under:
                words[under] += sum(len(re.sub(CITE, "", block).split()) for block in texts_in([token]))
    if words and all(words.values()):
        yield from _uneven(reader, reader.file, words, "the sections of the options", "words")
    if len({column for _, row, _ in reader.table_rows() for column in row} & set(options)) > 1:
        facts = reader.collection.facts
        drawn = [facts[name].sentence.lower() for _, name, _ in reader.shown("icons") if name in facts]
        pictures = {name: sum(label.lower() in one for one in drawn) for name, label in options.items()}
        if any(pictures.values()):
            yield from _uneven(reader, reader.file, pictures, "the options", "pictures of numbers")
    for file in dict.fromkeys(file for file, _, _ in reader.table_rows()):
        rows = [row for of, row, _ in reader.table_rows() if of == file]
        columns = {
            column: sum(len(re.sub(CITE, "", row[column]).split()) for row in rows)
            for column in [column for column in rows[0] if column != "source"][1:]
        }  # fmt: skip
        yield from _uneven(reader, file, columns, "its columns", "words")
    for sentence in reader.sentences:
        steers = PRAISE.search(sentence.words)
        if steers and not NOT_PRAISE.search(sentence.words) and not set(sentence.cites) - {CLINIC}:
            told = f"steers to one choice or promises ({steers[0]!r}), and names no source. Say what each choice may do, and how sure that is."
            yield Finding("balance", ERROR, reader.file, sentence.place, sentence.words, told)


def _uneven(reader: Reader, file: str, counts: Mapping[str, int], what: str, of: str) -> Findings:
    if len(counts) < 2:
        return
    (few, least), *_, (many, most) = sorted(counts.items(), key=lambda pair: pair[1])
    if most > BALANCED * least:
        told = (
            f"{what} have {most} {of} for {many} and {least} for {few}; one may have {BALANCED:g} times as many as another. "
            "Say more of one, or less of the other."
        )
        yield Finding("balance", WARNING, file, "", "", told)


def safety(reader: Reader) -> Findings:
    """Find what the safety text does not speak of and must, whatever its words."""
    for part, word in reader.must:
        told = reader.text() if reader.safety is None else reader.warnings(part).lower()
        if word.lower() not in told:
            message = (
                f"the part {part} does not speak of {word!r}, which data/safety-must.csv asks for. Put the row back."
            )
            file = reader.file if reader.safety is None else "data/safety.csv"
            yield Finding("safety", ERROR, file, "", "", message)


OF_TEXT: tuple[Callable[[Reader], Findings], ...] = (
    number, nowhere, part, denominator, grade, balance, heading, off_purpose, safety, listed.never_say, listed.question,
    listed.side_by_side, listed.counted,
)  # fmt: skip
"""The rules that look at the words of a page, of which `of_sources` finds nothing."""


MOST_COLUMNS = 5
"""How many columns a table may have: names, and four things compared."""
LARGEST_PAGE = 150_000
"""Bytes that a page may have: over a slow connection that is some seconds."""


def size(html: str, file: str, who: str) -> Findings:
    """Find a page that is too large to send to a phone."""
    if (length := len(html.encode())) > LARGEST_PAGE:
        said = f"readers {who} get a page of {length // 1000} kB, and it may have {LARGEST_PAGE // 1000}. Take a picture out, or a smaller one."
        yield Finding("size", ERROR, file, "", "", said)


def of_page(soup: BeautifulSoup, file: str, who: str) -> Findings:
    """Look at a finished page: alternatives, tables, order."""
    for picture in soup.select("img, svg"):
        title, figure = picture.find("title"), picture.find_parent("figure")
        told = picture.get("alt") if picture.name == "img" else (title.get_text() if title else "")
        drawn = picture.name == "svg"  # a photograph is told by its alternative, and by the text around it
        if not told or (drawn and (figure is None or figure.find("figcaption") is None)):
            said = f"readers {who} get a picture without a text alternative, or a drawing without a caption. Show it by diagram() or icons()."
            yield Finding("alternative", ERROR, file, "", str(told or ""), said)
    for table in soup.select("table"):
        heads = [cell.get_text().strip() for cell in table.select("thead th")]
        sides = table.select("tbody th") if "compared" in (table.get("class") or []) else []
        if not heads or not all(heads) or len(heads) > MOST_COLUMNS or any(not cell.get("scope") for cell in sides):
            said = f"readers {who} get a table without header cells, with an empty one, or with more than {MOST_COLUMNS} columns."
            yield Finding("table", ERROR, file, "", table.get_text(" ").strip()[:60], said)
    before = 0
    for one in soup.select("h1, h2, h3, h4, h5, h6"):
        level = int(one.name[1])
        if level > before + 1 or (level == 1 and before):
            said = f"readers {who} get a heading of level {level} after level {before}."
            yield Finding("order", ERROR, file, "", one.get_text(), said)
        before = level
    parts = [" ".join(part.get("class") or []) for part in soup.select("main .part")]
    if not parts or f"part-{MAIN_MESSAGE}" not in parts[0]:
        said = f"readers {who} do not get the main message first. Move its cell up, below the title."
        yield Finding("order", ERROR, file, "", "", said)


def safety_of(soup: BeautifulSoup, reader: Reader) -> str:
    """Return the words of the safety section of a page, without sources, which it takes out, and what a word means at its first use.

    Where readers of some site call another number, its name stands in its place.
    """
    parts = soup.select(".safety-part")
    for cite in [cite for part in parts for cite in part.select("sup")]:
        cite.decompose()
    said = " ".join(sorted(part.get_text(" ") for part in parts))  # they may stand in several places
    text = " ".join(re.sub(r"\([^)]*\)", "", said).split()).replace(" .", ".").replace(" ,", ",")
    clinic = reader.collection.clinic.at(reader.rows.values())
    numbers = {"phone": clinic.phone, "evening_phone": clinic.evening_phone}
    numbers["emergency"] = clinic.emergency or reader.collection.phrases("emergency_number")
    for name, called in numbers.items():
        text = text.replace(called, name) if called else text
    return text
