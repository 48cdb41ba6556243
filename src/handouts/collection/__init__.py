"""A clinic's folder, each table checked as it is read."""

from handouts.collection.folder import LIST, MANIFEST, Collection, find, named, open_collection

__all__ = ["LIST", "MANIFEST", "Collection", "find", "named", "open_collection"]
