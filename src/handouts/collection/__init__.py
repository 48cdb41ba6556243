"""A clinic's folder, each table checked as it is read."""

from handouts.collection.folder import Collection, find, named, open_collection

__all__ = ["LIST", "MANIFEST", "Collection", "find", "named", "open_collection"]

MANIFEST = "manifest.csv"
"""The list in a folder of pages, which a clinic publishes."""
LIST = "handouts.csv"
"""The list in a folder of handouts of persons, which nobody publishes."""
