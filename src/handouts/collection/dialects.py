"""How a spreadsheet writes a table: with which signs, in which encoding, and with what around it."""

import codecs
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """How a spreadsheet has written a table: its encoding, what stands between cells and ends lines, and what stands above the header."""

    encoding: str
    separator: str
    ends: str
    above: str


def dialect_of(content: bytes) -> Dialect:
    """Return how a table is written: commas and UTF-8, or what Excel makes of them. Raises UnicodeDecodeError."""
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if wide else "utf-8-sig" if content.startswith(codecs.BOM_UTF8) else "utf-8"
    lines = content.decode(encoding).splitlines(keepends=True)
    above = lines[0] if lines and lines[0].lower().startswith("sep=") else ""
    header = lines[bool(above)] if len(lines) > bool(above) else ""
    separator = above[4:5] if above else _separator([header, *lines[1 + bool(above) :]])
    return Dialect(encoding, separator, "\r\n" if header.endswith("\r\n") else "\n", above)


def _separator(lines: Sequence[str]) -> str:
    """Return what stands between cells: a comma, or another sign where each line has it as often, and the header no comma."""
    header = _unquoted(lines[0])
    for sign in ";\t" if "," not in header else "":
        count = header.count(sign)
        if count and all(_unquoted(line).count(sign) == count for line in lines if line.strip()):
            return sign
    return ","


def _unquoted(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def parse_table(content: bytes) -> list[list[str]]:
    """Return the lines of a table, its header first, each as wide as that. Raises UnicodeDecodeError and csv.Error.

    Columns without a name and without a cell, as a spreadsheet leaves them at the right, are none.
    """
    dialect = dialect_of(content)
    text = content.decode(dialect.encoding).removeprefix(dialect.above)
    lines = list(
        csv.reader(
            io.StringIO(text, newline=None).read().splitlines(keepends=True), delimiter=dialect.separator, strict=True
        )
    )
    if lines:
        width = len(lines[0])
        while (
            width and not lines[0][width - 1].strip() and not any("".join(line[width - 1 :]).strip() for line in lines)
        ):
            width -= 1
        lines = [line[:width] if not "".join(line[width:]).strip() else line for line in lines]
    return lines
