"""The page to browse a collection by topic and reader, and to find a handout in it."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from handouts.collection.folder import Collection
from handouts.collection.languages import Language, main_of
from handouts.collection.locales import name_language
from handouts.page.brand import accents
from handouts.page.fonts import font_faces
from handouts.page.marks import check_translated
from handouts.page.templating import read_template

TEMPLATES = Path(__file__).parent / "templates"


def render(
    collection: Collection, rows: Sequence[Mapping[str, str]], made_from: str, languages: Sequence[Language] = ()
) -> str:
    """Return the index of the pages in `rows`, with links to the same in other `languages`. Raises HandoutsError.

    A row is one of the manifest's, with the `title` and `reviewed_by` that its page tells; `made_from`
    is noted in the index.
    """
    parameters = collection.parameters
    by_topic = []
    for topic in collection.topics.values():
        links = []
        for row in rows:
            if row["topic"] == topic.name:
                values = [parameter.values[row[name]] for name, parameter in parameters.items()]
                links.append(
                    {
                        "path": row["path"],
                        "pdf": row["pdf"],
                        "accent": next((value["accent"] for value in values if value.get("accent")), ""),
                        "labels": [value["label"] for value in values if value["on_page"]],
                        "values": {name: row[name] for name in parameters},
                    }
                )
        if links:
            of_topic = [row for row in rows if row["topic"] == topic.name]
            first = of_topic[0]
            reviewed = all(row["reviewed_on"] for row in of_topic)
            words = " ".join(
                [first["title"], topic.purpose, *(label for link in links for label in link["labels"])]
            ).lower()
            by_topic.append(
                {
                    "topic": topic,
                    "title": first["title"],
                    "review": first if reviewed else None,
                    "links": links,
                    "words": words,
                }
            )
    script = (TEMPLATES / "index.js").read_text(encoding="utf-8")
    html = read_template(TEMPLATES / "index.html.j2").render(
        clinic=collection.clinic, say=collection.phrases, accent=accents, topics=by_topic, made_from=made_from,
        parameters=_choices(collection, rows), faces=Markup(font_faces()), script=Markup(script),
        script_digest="sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(), languages=_links(collection, languages),
    )  # fmt: skip
    check_translated(html)
    return html


def _links(collection: Collection, languages: Sequence[Language]) -> list[dict[str, str]]:
    """Return where the index of each other language lies: the main one above those of the others."""
    if main_of(collection) is collection:
        return [{"tag": one.tag, "label": one.label, "path": f"{one.tag}/index.html"} for one in languages]
    main = main_of(collection).clinic.language
    others = [one for one in languages if one.tag != collection.clinic.language]
    return [
        {"tag": main, "label": name_language(main, main).capitalize(), "path": "../index.html"},
        *({"tag": one.tag, "label": one.label, "path": f"../{one.tag}/index.html"} for one in others),
    ]


def _choices(collection: Collection, rows: Sequence[Mapping[str, str]]) -> list[dict[str, object]]:
    """Return what a reader of the index can choose: each parameter of which the pages in `rows` have several values."""
    found: list[dict[str, object]] = []
    for name, parameter in collection.parameters.items():
        used = {row[name] for row in rows}
        shown = [{"name": value, "label": of["label"]} for value, of in parameter.values.items() if value in used]
        if len(shown) > 1:
            found.append({"name": name, "label": parameter.label, "values_shown": shown})
    return found
