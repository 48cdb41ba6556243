"""Print files: the PDFs of a batch, one after the other in the roster's order, in files that a printer takes at once.

Each handout begins on a sheet of its own, also on paper printed on both sides. Screen readers read the PDF beside each
handout: a print file is for printers.
"""

import re
import tempfile
from collections.abc import Iterable
from itertools import islice

from handouts.batch.targets import Target

A_RUN = 100
"""How many handouts a print file has at most."""
PRINT_FILE = re.compile(r"print\.[0-9]{3,}\.pdf")
"""The names of print files. No handout has such a name: an id has no dot."""


def remove_print_files(goal: Target) -> None:
    """Remove the print files of an earlier batch: none is older than the handouts in it. Raises OutputError."""
    for name in [name for name in goal.names() if PRINT_FILE.fullmatch(name)]:
        goal.remove(name)


def write_print_files(goal: Target, ids: Iterable[str]) -> int:
    """Write the PDFs of the handouts `ids` into print files, and return how many files that are. Raises OutputError."""
    from pypdf import PdfReader, PdfWriter

    count, rest = 0, iter(ids)
    while run := list(islice(rest, A_RUN)):
        count += 1
        with PdfWriter() as writer, tempfile.TemporaryFile() as file:
            for name in run:
                with goal.open(f"{name}.pdf") as printed:
                    reader = PdfReader(printed)
                    writer.append(reader, import_outline=False)
                    if len(reader.pages) % 2:
                        writer.add_blank_page()
            writer.write(file)
            goal.write_from(f"print.{count:03}.pdf", file)
    return count
