"""A clinic's folder, each table checked as it is read."""

from handouts.collection.folder import Collection, find

__all__ = ["Collection", "find"]
