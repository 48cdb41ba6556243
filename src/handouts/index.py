"""The page to browse a collection by topic and reader."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from handouts.collection import Collection
from handouts.data import read_clinic, read_topics
from handouts.parameters import read_parameters


def render(collection: Collection, rows: Sequence[Mapping[str, str]], made_from: str) -> str:
    """Return the index of the pages in `rows`. Raises HandoutsError.

    A row is one of the manifest's, with the `title` and `reviewed_by` that its page tells; `made_from`
    is noted in the index.
    """
    parameters = read_parameters(collection)
    by_topic = []
    for topic in read_topics(collection).values():
        links = []
        for row in rows:
            if row["topic"] == topic.name:
                values = [parameter.values[row[name]] for name, parameter in parameters.items()]
                links.append(
                    {
                        "path": row["path"],
                        "pdf": row["pdf"],
                        "classes": " ".join(f"{name}-{row[name]}" for name in parameters if parameters[name].facet),
                        "labels": [value["label"] for value in values if value["on_page"]],
                    }
                )
        if links:
            first = next(row for row in rows if row["topic"] == topic.name)
            by_topic.append({"topic": topic, "title": first["title"], "review": first, "links": links})
    return _template().render(clinic=read_clinic(collection), topics=by_topic, made_from=made_from)


@cache
def _template() -> Template:
    templates = Path(__file__).parent / "templates"
    loader = FileSystemLoader([templates / "collection", templates / "handout"])
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("index.html.j2")
