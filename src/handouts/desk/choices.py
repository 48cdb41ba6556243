"""What can be chosen at the desk: for whom a page is and in which language, and for whom a cell is."""

from typing import Any

from handouts.collection.folder import Collection
from handouts.collection.languages import read_languages
from handouts.collection.locales import name_language
from handouts.collection.parameters import Parameter

LANGUAGE = "language"
"""What the address of a preview calls the language."""


def switches(collection: Collection) -> list[dict[str, Any]]:
    """Return what the page can be asked for: each parameter with its values, and where its default comes from; and languages, where there are any."""
    own, others = collection.clinic.language, read_languages(collection).values()
    languages = [
        {"value": "", "label": name_language(own, own).capitalize()},
        *({"value": one.tag, "label": one.label} for one in others),
    ]
    of_languages = {
        "name": LANGUAGE,
        "label": collection.phrases("preview_language"),
        "default": "",
        "default_from": None,
        "values": languages,
    }
    return [
        {
            "name": parameter.name,
            "label": parameter.label,
            "default": parameter.default,
            "default_from": parameter.default_from,
            "values": [{"value": value, "label": row["label"]} for value, row in parameter.values.items()],
        }
        for parameter in collection.parameters.values()
    ] + ([of_languages] if others else [])


def facets(collection: Collection) -> dict[str, Any]:
    """Return what a cell can be tagged with: each facet with its values, and the parts.

    A value is called as in the column `on_cell` of its table, where there is one: whom a page is for
    and whom a cell is for can need two words.
    """
    return {
        "facets": [_facet(parameter) for parameter in collection.parameters.values() if parameter.facet],
        "parts": [{"value": value, "label": label} for value, label in collection.parts.items()],
    }


def _facet(parameter: Parameter) -> dict[str, Any]:
    values = [{"value": value, "label": row.get("on_cell") or row["label"]} for value, row in parameter.values.items()]
    return {"name": parameter.name, "label": parameter.label, "values": values}
