"""Every page of a collection, in a folder, with a list, and an address of its own for each; and what changed in them."""

from handouts.build.addresses import add_addresses, publish_addresses
from handouts.build.compare import compare
from handouts.build.run import INDEX, Result, build_pages

__all__ = ["INDEX", "Result", "add_addresses", "build_pages", "compare", "publish_addresses"]
