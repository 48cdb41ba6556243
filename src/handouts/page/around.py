"""What a page says around its text, and of itself to machines."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape, unescape
from pathlib import Path

from nbformat import NotebookNode

from handouts.collection.clinic import Clinic, Field, Topic
from handouts.collection.locales import say_day
from handouts.collection.phrases import Phrases
from handouts.collection.reviews import Review
from handouts.page.safety import Warnings

UNSEALED = "{=version=}"
"""Stands in a page for its version until all of the page is known."""


@dataclass(frozen=True)
class Around:
    """What a page says around its text.

    `notes` follow the cell with the id `notes_after`, or open the text where that is None; the safety text
    follows the cell with the id `safety_after`, or ends the text; `safety_at` are its parts that follow other cells, by their ids. `places` says where each text stands, by its cell's id;
    pictures may lie in the folder `beside`. `logo` is an address of data, `theme` the collection's own style sheet,
    `blocks` its own templates by block, and `accent` the colour of headings. `used_parts` are the parts that its cells are tagged as. `review` is that of the `reviews` which is of these words;
    `translated` says from which language it is, and who translated it, and `written_in` is the tag of that language, or empty; `carries` names what it could be called back for, such as fact:dn-mild.
    """

    title: str
    topic: Topic
    clinic: Clinic
    points: int
    labels: list[str]
    notes: list[NotebookNode]
    notes_after: str | None
    classes: str
    parts: Mapping[str, str]
    used_parts: list[str]
    fields: dict[str, Field]
    safety: list[Warnings]
    safety_heading: str
    about_safety_sources: str
    safety_after: str | None
    safety_at: Mapping[str, list[Warnings]]
    sources: list[dict[str, str]]
    numbers: dict[str, int]
    web_address: str
    places: dict[str, str]
    beside: Path
    say: Phrases
    logo: str
    accent: str
    theme: str
    blocks: Mapping[str, str]
    faces: str
    reviews: Sequence[Review]
    review: Review | None
    translated: str
    written_in: str
    carries: Sequence[str]

    @property
    def emergency(self) -> str:
        """The number to call in an emergency: the clinic's own, or the one of the page's language."""
        return self.clinic.emergency or self.say("emergency_number")


def day(text: str, language: str) -> str:
    """Return a date such as 2026-11-23 in the words of `language`."""
    return say_day(date.fromisoformat(text), language)


def call(phone: str) -> str:
    """Return a phone number as what a phone can call.

    >>> call("555 0100")
    '<a href="tel:5550100">555 0100</a>'
    """
    return f'<a href="tel:{escape(phone.replace(" ", ""))}">{escape(phone)}</a>'


def with_calls(html: str, clinic: Clinic, emergency: str = "") -> str:
    """Return HTML made of Markdown with the clinic's phone numbers as what a phone can call, but for those that an author linked.

    The number for emergencies is one too, where it is a single number.
    """
    numbers = (clinic.phone, clinic.evening_phone, emergency if re.fullmatch(r"[\d +()-]+", emergency) else "")
    phones = "|".join(re.escape(escape(phone)) for phone in numbers if phone)
    link = re.compile(rf"(<a\b.*?</a>|<[^>]*>)|(?<!\w)({phones})(?!\w)", re.S)
    return link.sub(lambda found: found[1] or call(unescape(found[2])), html)


def css_pages(say: Phrases) -> str:
    """Return what a style sheet puts at the foot of each sheet, such as "Page " counter(page) " of " counter(pages)."""
    pieces = re.split(r"\{(pages?)\}", say.texts["page_of"])
    return " ".join(
        f"counter({piece})" if count % 2 else css_string(piece) for count, piece in enumerate(pieces) if piece
    )


def compact(css: str) -> str:
    """Return a style sheet without comments and spaces that say nothing."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = re.sub(r"\s*([{};,])\s*", r"\1", css)
    return re.sub(r"([{;][a-z-]+):\s+", r"\1:", css).replace(";}", "}").replace("}", "}\n")


def css_string(text: str) -> str:
    r"""Return `text` as a string in a style sheet.

    >>> css_string('5 o"clock')
    '"5 o\\22 clock"'
    """
    return '"' + re.sub(r'["\\<\x00-\x1f\x7f]', lambda found: f"\\{ord(found[0]):x} ", text) + '"'


def describe(page: Around) -> str:
    """Return what search engines and record systems read of a page: a schema.org MedicalWebPage, as JSON-LD.

    It says nothing that the page does not show; a review stands in it only where one is recorded.
    """
    told: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "MedicalWebPage",
        "name": page.title,
        "description": page.topic.purpose,
        "inLanguage": page.clinic.language,
        "medicalAudience": {"@type": "MedicalAudience", "audienceType": ", ".join(page.labels)},
        "publisher": {"@type": "Organization", "name": page.clinic.name, "telephone": page.clinic.phone},
        "version": UNSEALED,
        "citation": [source["address"] or source["words"] for source in page.sources],
    }
    if page.topic.written_on:
        told["datePublished"] = page.topic.written_on
    if page.review:
        told |= {
            "lastReviewed": page.review.on,
            "reviewedBy": {"@type": "Person", "name": page.review.who},
        }
    return json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")
