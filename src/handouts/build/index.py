"""The page to browse a collection by topic and reader."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from handouts.collection.folder import Collection
from handouts.page.brand import accents
from handouts.page.templating import read_template


def render(collection: Collection, rows: Sequence[Mapping[str, str]], made_from: str) -> str:
    """Return the index of the pages in `rows`. Raises HandoutsError.

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
                    }
                )
        if links:
            first = next(row for row in rows if row["topic"] == topic.name)
            by_topic.append({"topic": topic, "title": first["title"], "review": first, "links": links})
    return read_template(Path(__file__).parent / "templates" / "index.html.j2").render(
        clinic=collection.clinic, say=collection.phrases, accent=accents, topics=by_topic, made_from=made_from
    )
