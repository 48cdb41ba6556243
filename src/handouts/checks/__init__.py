"""What a page may not say, and who says so.

What is offered is loaded when it is asked for: a build with nothing to do needs none of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handouts.checks.findings import ERROR, WARNING, Finding
    from handouts.checks.run import check_collection, check_text

__all__ = ["ERROR", "WARNING", "Finding", "check_collection", "check_text"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{'run' if name.startswith('check') else 'findings'}"), name)
