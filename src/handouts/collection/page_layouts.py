"""The tables in data/ about finished pages: who reviewed them, in which languages they are, and where they lie on the web."""

from handouts.collection.csvfile import Column, Layout
from handouts.collection.rules import a_day, language, name, optional

REVIEWS = Layout(
    "reviews.csv",
    "Who reviewed which page, each row signed for the words that it had then. `handouts review` writes it, and keeps these words in data/reviews/.",
    {
        "topic": Column("The topic.", name),
        "reader": Column("Whom the page is for, such as general plain."),
        "by": Column("Who reviewed it."),
        "role": Column("What they are, such as PT, DPT."),
        "on": Column("The day of the review.", a_day),
        "due": Column("The day of the next review.", a_day),
        "digest": Column("The digest of the words: where the page has others, the review does not count."),
        "language": Column("The language of the page; that of data/clinic.csv where it is empty.", optional, absent=True),
    },
    ("topic", "reader", "digest", "by", "on"),
)  # fmt: skip
LANGUAGES = Layout(
    "languages.csv", "Languages that pages are translated into; the translations lie in po/, a folder a language.",
    {
        "language": Column("Its tag, such as es-US.", language), "label": Column("What its readers call it, such as Español."),
        "only": Column("The values that are translated, such as level:plain; all where it is empty.", optional),
        "topics": Column("The topics that are translated, with spaces between; all where it is empty.", optional, absent=True),
        "translated_by": Column("Who translated, with what makes them able to; pages say it.", optional),
    },
    ("language",),
)  # fmt: skip
ADDRESSES = Layout(
    "addresses.csv", "The short address that each page has on the web, which printed codes lead to. `handouts build` writes it.",
    {
        "address": Column("The address; it never changes, and is never given to another page.", name),
        "topic": Column("The topic.", name),
        "reader": Column("The values of the page's parameters, such as audience:general level:plain size:normal."),
        "language": Column("The language of the page; that of data/clinic.csv where it is empty.", optional),
        "leads_to": Column("Nothing for the page itself; withdrawn for a notice; or the address of the page that stands in its place.", optional),
    },
    ("address",),
)  # fmt: skip
