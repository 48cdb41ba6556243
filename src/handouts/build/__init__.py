"""Every page of a collection, in a folder, with a list; and what changed in them.

Each page has an address that never dies.
"""

from handouts.build.addresses import add_addresses, publish_addresses
from handouts.build.compare import compare
from handouts.build.run import INDEX, Result, build_pages

__all__ = ["INDEX", "Result", "add_addresses", "build_pages", "compare", "publish_addresses"]
