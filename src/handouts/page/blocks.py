"""Blocks of a page that a collection may say in its own way, each by a small template in data/blocks/.

A template comes with a collection that somebody may have downloaded, and opening a preview makes its pages: so it is given
words and nothing else, can call nothing, and what it makes is looked at as any other HTML is. The text, the safety text and
the sources are no such blocks.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from handouts.collection.folder import Collection
from handouts.collection.languages import find_language, main_of, translated_from
from handouts.collection.locales import name_language
from handouts.errors import PageError, known
from handouts.page.around import UNSEALED, Around, call, day
from handouts.page.elements import OUTPUT_WRITTEN, check_html, clean
from handouts.page.marks import words_of

FOLDER = "blocks/"
BLOCKS: Mapping[str, str] = {
    "letterhead": "above the title: the clinic, its number and what else it says there",
    "contact": "below the text: whom to ask",
    "imprint": "at the end: the address, the review and the version",
}
"""The blocks, and what each is for."""
USUAL = "{=usual=}"
"""Stands in what a template makes for what the page says without it."""
FILTERS = ("join", "upper", "lower", "title", "replace", "trim", "default", "e")


class _Words(ImmutableSandboxedEnvironment):
    """Templates that can say words: no function, no filter that makes much of little."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        raise SecurityError(f"{operator} has no place in a template of words")


def read_blocks(collection: Collection) -> dict[str, str]:
    """Return the templates of a collection by block. Raises PageError for one of no block, and DataError where one cannot be read."""
    names = [name.removeprefix(FOLDER) for name in collection.tables.names() if name.startswith(FOLDER)]
    blocks = {}
    for name in names:
        block = name.removesuffix(".html")
        if block not in BLOCKS or block == name:
            raise PageError(f"data/blocks/{name}: a page has no such block. {known(name, [f'{one}.html' for one in BLOCKS])}")  # fmt: skip
        blocks[block] = (collection.tables.files_named(FOLDER + name) or b"").decode("utf-8-sig", "replace")
    return blocks


def say_block(page: Around, block: str, usual: str) -> str:
    """Return the HTML of `block`: as the collection's own template says it, or `usual` where it has none. Raises PageError."""
    if block not in page.blocks:
        return usual
    where = f"data/blocks/{block}.html"
    environment = _Words(autoescape=True, undefined=StrictUndefined)
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    clinic = page.clinic
    details = {
        **{name: str(value) for name, value in asdict(clinic).items()},
        "phone": Markup(call(clinic.phone)),
        "evening_phone": Markup(call(clinic.evening_phone)) if clinic.evening_phone else "",
    }
    try:
        template = environment.from_string(page.blocks[block])
        html = template.render(
            usual=Markup(USUAL), title=page.title, labels=list(page.labels), topic=page.topic.name, purpose=page.topic.purpose,
            clinic=details, review=review(page), version=UNSEALED,
        )  # fmt: skip
        check_html(html, OUTPUT_WRITTEN)
        html = clean(html)
    except (TemplateError, RecursionError, TypeError) as error:
        raise PageError(f"{where}: {error}. It may use: usual, title, labels, topic, purpose, clinic.NAME, review, version.") from None  # fmt: skip
    except PageError as error:
        raise PageError(f"{where}: {error}") from None
    if html.count(USUAL) != words_of(html).count(USUAL) or html.count(USUAL) > 1:
        raise PageError(f"{where}: {{{{ usual }}}} stands once, among the words.")
    html = html.replace(USUAL, usual)
    said = " ".join(words_of(html).split())
    must = {"letterhead": (clinic.name, clinic.phone), "contact": (clinic.phone,), "imprint": (review(page), UNSEALED)}[block]  # fmt: skip
    if lost := [words for words in must if " ".join(words.split()) not in said]:
        raise PageError(f"{where}: does not say {lost[0].replace(UNSEALED, 'the version')!r}, which a page must. Put it in, or {{{{ usual }}}}, which says it.")  # fmt: skip
    return html


def review(page: Around) -> str:
    """Return what a page says of its translation and its review: who and when, or that there was none."""
    if not page.review:
        unchecked = page.say("translation_draft") if page.translated else ""
        return " ".join(filter(None, (page.translated, unchecked, page.say("not_reviewed"))))
    language = page.clinic.language
    reviewed = page.say("reviewed", name=page.review.who, day=day(page.review.on, language))
    return " ".join(
        filter(None, (page.translated, reviewed, page.say("review_due", day=day(page.review.due, language))))
    )


def tell_translation(collection: Collection) -> str:
    """Return what a page says of who translated it from which language; nothing of one in the collection's own."""
    tag, of = collection.clinic.language, translated_from(collection)
    if not of:
        return ""
    name, by = name_language(of, tag), find_language(main_of(collection), tag).translated_by
    say = collection.phrases
    return say("translated_by", language=name, name=by) if by else say("translated", language=name)
