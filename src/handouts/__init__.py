"""Patient handouts kept as notebooks: tailored, executed, exported and checked.

docs/api.md shows how to use this from Python. What is offered is loaded when it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handouts.batch import make_handouts, open_roster
    from handouts.build import build_pages
    from handouts.checks import Finding, check_collection
    from handouts.collection import Collection, find, open_collection
    from handouts.errors import HandoutsError
    from handouts.page import Page, Variant, list_variants, make_page, make_pages

__version__ = "0.1.0"
__all__ = [
    "Collection",
    "Finding",
    "HandoutsError",
    "Page",
    "Variant",
    "build_pages",
    "check_collection",
    "find",
    "list_variants",
    "make_handouts",
    "make_page",
    "make_pages",
    "open_collection",
    "open_roster",
]

_ROOMS = {
    "Collection": "collection", "find": "collection", "open_collection": "collection",
    "Page": "page", "Variant": "page", "list_variants": "page", "make_page": "page", "make_pages": "page",
    "Finding": "checks", "check_collection": "checks", "build_pages": "build",
    "make_handouts": "batch", "open_roster": "batch", "HandoutsError": "errors",
}  # fmt: skip
"""The room that offers each name."""


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
