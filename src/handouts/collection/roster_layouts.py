"""The tables in data/ that say how the rosters of other programs are read."""

from handouts.collection.csvfile import Column, Layout
from handouts.collection.rules import name, number, one_of, optional


def row_number(value: str) -> str | None:
    """Accept nothing or a whole number above zero."""
    return number(value) if value else None


ENCODINGS = ("utf-8", "utf-16", "windows-1252", "iso-8859-1", "mac-roman")
ROSTERS = Layout(
    "rosters.csv", "Where rosters come from, one row a program that writes them, with how its files are to be read.",
    {
        "roster": Column("Its name, for `handouts batch --from NAME`.", name),
        "files": Column("The names of its files, such as visits-*.csv: they are then read so without --from.", optional),
        "encoding": Column("What its letters are written in; UTF-8 where it is empty.", one_of("", *ENCODINGS)),
        "header_row": Column("The number of the row with the names of the columns; 1 where it is empty.", row_number),
        "ends_at": Column("What the first cell below the last person begins with, such as Total.", optional),
        "named_by": Column("What beside the id tells handouts of one person apart: topic, or nothing.", one_of("", "topic")),
        "others": Column("What becomes of columns that roster-columns.csv does not name: drop, or refuse the file.", one_of("drop", "refuse")),
    },
    ("roster",),
)  # fmt: skip
ROSTER_COLUMNS = Layout(
    "roster-columns.csv", "Which column of a roster is what, one row each.",
    {
        "roster": Column("The name in rosters.csv.", name),
        "column": Column("The column's name in the file, in any case; nothing where all rows have one value.", optional),
        "use": Column("What it is for: id, visit, topic, a parameter, or a field; nothing for a column that nobody needs.", optional),
        "format": Column("How a date, a time, a number or a whole name is written, such as MM/dd/yyyy, h:mm a, excel, or Last, First.", optional),
        "means": Column("What its values mean, such as Older adults = older-adult; Sports = athlete; * = general. Without a column: the one value.", optional),
    },
    ("roster", "column", "use"),
)  # fmt: skip
