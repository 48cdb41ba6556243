"""Every page of a collection, in a folder, with a list; and what changed in them."""

from handouts.build.compare import compare
from handouts.build.run import INDEX, Result, build

__all__ = ["INDEX", "Result", "build", "compare"]
