"""Every page of a collection, in a folder, with a list; and what changed in them."""

from handouts.build.compare import compare
from handouts.build.run import INDEX, Result, build_pages

__all__ = ["INDEX", "Result", "build_pages", "compare"]
