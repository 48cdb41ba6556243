"""The command line: parses, calls, prints."""

from handouts.cli.commands import main

__all__ = ["main"]
