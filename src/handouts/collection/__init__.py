"""A clinic's folder, each table checked as it is read."""

from handouts.collection.folder import NAMED_IN, Collection, find, named, open_collection

__all__ = ["LIST", "MANIFEST", "NAMED_IN", "Collection", "find", "named", "open_collection"]

MANIFEST = "manifest.csv"
"""The list in a folder of pages, which a clinic publishes."""
LIST = "handouts.csv"
"""The list in a folder of handouts of persons, which nobody publishes."""
