"""What a page says around its text, and of itself to machines."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from nbformat import NotebookNode

from handouts.collection.clinic import Clinic, Field, Topic

UNSEALED = "{=version=}"
"""Stands in a page for its version until all of the page is known."""


@dataclass(frozen=True)
class Around:
    """What a page says around its text.

    `notes` follow the cell with the id `notes_after`, or open the text where that is None; the safety text
    follows the cell with the id `safety_after`, or ends the text. `places` says where each text stands, by its cell's id;
    pictures may lie in the folder `beside`. `used_parts` are the parts that its cells are tagged as.
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
    safety: dict[str, list[NotebookNode]]
    safety_after: str | None
    sources: list[dict[str, str]]
    numbers: dict[str, int]
    read_on: str
    web_address: str
    places: dict[str, str]
    beside: Path


def day(text: str, language: str) -> str:
    """Return a date such as 2026-11-23 in the words of `language`."""
    from babel.dates import format_date

    return format_date(date.fromisoformat(text), "long", language.replace("-", "_"))


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
    if page.topic.reviewed_on:
        told |= {
            "lastReviewed": page.topic.reviewed_on,
            "reviewedBy": {"@type": "Person", "name": page.topic.reviewed_by},
        }
    return json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")
