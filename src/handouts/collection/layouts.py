"""What tables a collection can have, and what each column holds: what is read is checked by this, and docs/tables.md is written from it."""

from handouts.collection.csvfile import Column, Layout
from handouts.collection.page_layouts import ADDRESSES, LANGUAGES, REVIEWS
from handouts.collection.roster_layouts import ROSTER_COLUMNS, ROSTERS
from handouts.collection.rules import (
    address,
    colour,
    count,
    day,
    email,
    language,
    name,
    number,
    one_of,
    optional,
    parameter,
    phone,
    yes_no,
)

PAPERS = ("A4", "Letter")
"""What a clinic can print on."""
FIELD_KINDS = ("text", "date", "time")
"""What a field can hold: any text, a date such as 2026-11-24, a time of the day such as 14:30."""
URGENCIES = ("now", "soon", "")
"""How urgent a part of the safety text is: call at once, call the same day, read it in time."""
STATES = ("signed", "draft")
KINDS = ("choice", "visit", "medicine", "condition", "test")
"""What a page can be about: one of several options, a visit, a medicine, a condition, a test or an operation."""
ANY_TOPIC = "any-topic"
"""The set of safety text that fits any topic."""
SOURCE = Column("What it rests on: ids of data/sources.json, with spaces between, or clinic.", optional)

PARAMETERS = Layout(
    "parameters.csv", "What a page can be asked for, one row a parameter. Every collection has it.",
    {
        "parameter": Column("Its name, such as audience. One is called size: the print size.", parameter),
        "label": Column("What it asks, as help shows it."),
        "values_in": Column("The table of its values."),
        "facet": Column("yes where cells can be tagged with its values, such as audience:athlete; else no.", yes_no),
        "default": Column("The value where none is asked for.", optional),
        "default_from": Column("Instead of a default: the parameter above whose values name this one's in a column.", optional),
    },
    ("parameter",), needed=True,
)  # fmt: skip
CLINIC_FIELDS = {
    "name": Column("The clinic's name."),
    "phone": Column("Its phone number.", phone),
    "address": Column("Where it is."),
    "language": Column("The language of the pages, such as en.", language),
    "paper": Column("What it prints on: A4 or Letter. A4 where it is empty.", one_of(*PAPERS, "")),
    "web_page": Column("Where its pages lie on the web; a printed page then has a code that leads there.", address),
    "notice": Column("A line beside the name.", optional),
    "emergency": Column("The number to call in an emergency.", optional),
    "evening_phone": Column("Whom to call when the clinic is closed.", lambda value: phone(value) if value else None),
    "hours": Column("When it is open.", optional),
    "email": Column("Its address for e-mail.", email),
    "logo": Column("A picture in data/pictures/, SVG, PNG or JPEG.", optional),
    "colour": Column("The colour of headings and lines, such as #1f3a5f: 4.5:1 on white, or darker.", colour),
    "funding": Column("Who paid for the pages.", optional),
    "update_policy": Column("How often pages are looked at again.", optional),
}  # fmt: skip
CLINIC = Layout(
    "clinic.csv", "Who hands the pages out, one row a detail. Every collection has it. A text names a detail by {{ clinic_phone }}.",
    {"field": Column(f"One of {', '.join(CLINIC_FIELDS)}."), "value": Column("What it is.", optional)},
    ("field",), needed=True,
)  # fmt: skip
VALUES = {
    "label": Column("What a clinician chooses it by."),
    "on_page": Column("What a page says of whom it is for; nothing where it is empty.", optional),
    "note": Column("What pages for this value say in a box.", optional),
    "requires": Column("The parts that pages for this value must have, with spaces between.", optional, absent=True),
    "article": Column("yes where pages for this value have the article's own words.", one_of("yes", "no", ""), absent=True),
    "wants": Column("What these readers want, for the author.", optional, absent=True),
    "accent": Column("The colour of headings and lines, such as #00564c: 4.5:1 on white, or darker.", colour, absent=True),
}  # fmt: skip
"""The columns of the table of a parameter's values, beside one with the parameter's name."""
TOPICS = Layout(
    "topics.csv", "The topics, one row a notebook. `handouts new` writes it.",
    {
        "topic": Column("Its name, which is that of its notebook.", name),
        "order": Column("Where it stands in the index.", number),
        "purpose": Column("What it is for, in a sentence."),
        "fields": Column("The fields of data/fields.csv that it has, with spaces between.", optional),
        "only": Column("The values that it has pages for, such as level:plain; all where it is empty.", optional),
        "safety": Column("Its set of data/safety-sets.csv, or several with spaces between.", optional),
        "why_no_safety": Column("Instead of a set: why its readers need no safety text.", optional),
        "written_on": Column("The day it was written.", day),
    },
    ("topic",),
)  # fmt: skip
OPTIONS = Layout(
    "options.csv", "What topics compare, one row a topic and option, in the order of tables and pictures.",
    {
        "topic": Column("The topic.", name),
        "option": Column("The option's name, which heads a column of tables.", name),
        "label": Column("What readers call it; the same in every topic."),
    },
    ("topic", "option"),
)  # fmt: skip
FIELDS = Layout(
    "fields.csv", "A person's details, which are filled into finished pages.",
    {
        "field": Column("Its name, as texts have it: {{ first_name }}.", parameter),
        "label": Column("What stands beside the line to write on, for who listens to a page."),
        "kind": Column("text, date or time.", one_of(*FIELD_KINDS)),
        "longest": Column("How many characters fit.", number),
    },
    ("field",),
)  # fmt: skip
PARTS = Layout(
    "parts.csv", "Parts that a cell can be tagged as, such as part:main-message.",
    {
        "part": Column("Its name.", name),
        "label": Column("What a page calls it."),
        "use": Column("What it is for, for the author."),
        "own": Column("yes where its words are the clinic's own, behind which no source stands; else no.", yes_no),
    },
    ("part",),
)  # fmt: skip
CAPTIONS = Layout(
    "captions.csv", "The tables and diagrams that notebooks show by table() and diagram(), one row each.",
    {
        "name": Column("Its name: the table data/NAME.csv.", name),
        "title": Column("Its title."),
        "caption": Column("What to see in it."),
        "alt": Column("Of a diagram: a sentence that says what the picture is, for who cannot see it.", optional),
        "drawn_as": Column("table, or a kind of diagram, below."),
        "source": SOURCE,
    },
    ("name",),
)  # fmt: skip
FACTS = Layout(
    "facts.csv", "Numbers that patients read, one row each: [=fact] in a text, icons(\"fact\") as a picture.",
    {
        "fact": Column("Its name.", name),
        "sentence": Column("What a page says, with {low}, {high}, {best} and {denominator} for its numbers."),
        "low": Column("The lowest number.", count),
        "high": Column("The highest number; the same where there is one only.", count),
        "best": Column("The best estimate, where the source gives one.", count),
        "denominator": Column("Out of how many.", count),
        "unit": Column("What they are: people, days, ..."),
        "what": Column("What was counted."),
        "population": Column("In whom."),
        "counted": Column("The numbers as the source has them, for who checks."),
        "source": SOURCE,
        "confidence": Column("How sure that is, in a sentence."),
        "signed_by": Column("Who signed a number that is the clinic's own rule (source clinic); empty until somebody did.", optional, absent=True),
        "signed_on": Column("When, as 2026-11-27.", optional, absent=True),
    },
    ("fact",),
)  # fmt: skip
GLOSSARY = Layout(
    "glossary.csv", "Words to teach: [?word] in a text is bold, with its meaning, at its first use on a page.",
    {"term": Column("The word."), "say": Column("How to say it.", optional), "meaning": Column("What it means, in a few plain words.")},
    ("term",),
)  # fmt: skip
SAFETY_SETS = Layout(
    "safety-sets.csv", "Sets of safety text, which topics use.",
    {
        "set": Column("Its name.", name),
        "heading": Column("The heading on the page."),
        "about_sources": Column("What a page says of where it comes from.", optional),
    },
    ("set",),
)  # fmt: skip
SAFETY_PARTS = Layout(
    "safety-parts.csv", "The lists of each set, in the order of a page.",
    {
        "set": Column("The set.", name),
        "part": Column("The list's name.", name),
        "heading": Column("Its heading."),
        "lead": Column("What is said before the list.", optional),
        "close": Column("What is said after it.", optional),
        "urgency": Column("now (call at once), soon (call the same day), or empty.", one_of(*URGENCIES)),
    },
    ("set", "part"),
)  # fmt: skip
SAFETY = Layout(
    "safety.csv", "The lines of the safety text.",
    {
        "set": Column("The set.", name),
        "part": Column("The list.", name),
        "group": Column("A heading inside the list, above this line and those after it.", optional, absent=True),
        "text": Column("What it says."),
        "source": SOURCE,
    },
    ("set", "part", "text"),
)  # fmt: skip
SAFETY_MUST = Layout(
    "safety-must.csv", "What the safety text must speak of, whatever its words.",
    {
        "set": Column("The set.", name),
        "part": Column("The list.", name),
        "word": Column("What must stand in it."),
        "source": Column("Why: ids of data/sources.json, or clinic."),
    },
    ("set", "part", "word"),
)  # fmt: skip
SAFETY_RECORD = Layout(
    "safety-record.csv", "Each line of the safety text as it was signed, or recorded as a draft. `handouts safety` writes it.",
    {
        "set": Column("The set.", name),
        "part": Column("The list; empty where it is of the whole set.", optional),
        "line": Column("The words."),
        "digest": Column("By which a change is noticed."),
        "state": Column("signed or draft.", one_of(*STATES)),
        "by": Column("The clinician who signed it.", optional),
        "on": Column("The day.", day),
    },
    ("set", "digest"),
)  # fmt: skip
PICTURES = Layout(
    "pictures.csv", "The collection's own pictures, shown by picture(\"name\"); the files lie in data/pictures/.",
    {
        "picture": Column("Its name.", name),
        "file": Column("The file: SVG, PNG or JPEG."),
        "alt": Column("What it shows, for who cannot see it."),
        "title": Column("Its title."),
        "caption": Column("What to see in it."),
        "credit": Column("Who made it, and under what licence.", optional),
        "source": SOURCE,
    },
    ("picture",),
)  # fmt: skip
PHRASES = Layout(
    "phrases.csv", "The package's own words on pages, said in the clinic's words or language.",
    {"phrase": Column("Its name, below."), "text": Column("The words, with the same names in braces.")},
    ("phrase",),
)  # fmt: skip
ARTICLE_SECTIONS = Layout(
    "article-sections.csv", "The sections of data/article.txt, and the topic that each belongs to.",
    {"section": Column("The heading, as the article has it."), "topic": Column("The topic.", name)},
    ("section",),
)  # fmt: skip
ARTICLE_LEFT_OUT = Layout(
    "article-left-out.csv", "Lines of data/article.txt that no page has.",
    {"line": Column("The line, as the article has it."), "why": Column("Why no reader needs it.")},
    ("line",),
)  # fmt: skip
PLAIN_WORDS = Layout(
    "plain-words.csv", "Hard words, and what to say instead.",
    {"hard": Column("The hard word."), "say": Column("The plain one.")},
    ("hard",),
)  # fmt: skip
NEVER_SAY = Layout(
    "never-say.csv", "What no page may say: the author's homework, and English that nobody speaks.",
    {
        "phrase": Column("The words, in any case; ... between two of them stands for up to five words."),
        "say": Column("What to say or do instead."),
    },
    ("phrase",),
)  # fmt: skip
QUESTIONS = Layout(
    "questions.csv", "What people ask, and where a topic answers it: each reader must get one of the cells.",
    {
        "topic": Column("The topic.", name),
        "question": Column("The question, as a patient asks it."),
        "cells": Column("The ids of the cells that answer it, with spaces between, or safety for the safety text."),
        "only": Column("The values whose readers ask it, such as audience:athlete; all where it is empty.", optional, absent=True),
    },
    ("topic", "question"),
)  # fmt: skip
STANDARDS = Layout(
    "standards.csv", "What standards of patient education ask of each page, for the scorecard.",
    {
        "instrument": Column("The standard."),
        "item": Column("The item's number or name."),
        "asks": Column("What it asks."),
        "judged_by": Column("software, author or people.", one_of("software", "author", "people")),
        "check": Column("By which check software or the author speaks to it; none where people judge.", optional),
        "looks_for": Column("What the checks says, each_option and row look for: words, with | between those of which one will do.", optional),
        "applies_to": Column("The topics that it is asked of, with spaces between; all where it is empty.", optional),
    },
    ("instrument", "item"),
)  # fmt: skip
ALL = (
    PARAMETERS, CLINIC, TOPICS, OPTIONS, FIELDS, PARTS, CAPTIONS, FACTS, GLOSSARY, SAFETY_SETS, SAFETY_PARTS, SAFETY, SAFETY_MUST,
    SAFETY_RECORD, PICTURES, ROSTERS, ROSTER_COLUMNS, PHRASES, REVIEWS, LANGUAGES, ADDRESSES, ARTICLE_SECTIONS, ARTICLE_LEFT_OUT, PLAIN_WORDS, NEVER_SAY, QUESTIONS, STANDARDS,
)  # fmt: skip
