"""edit_tables.py: a table that was written by any spreadsheet, changed cell by cell."""

import csv
import io
import itertools
import random

import pytest

from handouts.collection.dialects import dialect_of, parse_table
from handouts.collection.edit_tables import read_cells, write_cells

WORDS = ("", "one", "two words", 'a "quoted" one', "3,5", "a;b", "a\tb", "línea", "two\nlines", "  in spaces")


def a_table(dice: random.Random) -> tuple[bytes, list[list[str]]]:
    """Return a table as some spreadsheet may write it, and its cells."""
    separator, ends = dice.choice(",;\t"), dice.choice(("\n", "\r\n"))
    width = dice.randint(2, 5)
    rows = [[dice.choice(WORDS) for _ in range(width)] for _ in range(dice.randint(0, 8))]
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    text = io.StringIO()
    above = f"sep={separator}{ends}" if separator != "," else ""
    quoting = dice.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    csv.writer(text, delimiter=separator, lineterminator=ends, quoting=quoting).writerows(
        [[f"column{count}" for count in range(width)], *rows]
    )
    encoding = dice.choice(("utf-8", "utf-8-sig", "utf-16"))
    written = above + text.getvalue()
    return (written[: -len(ends)] if dice.random() < 0.3 else written).encode(encoding), [
        [cell.strip() for cell in row] for row in rows
    ]


@pytest.mark.parametrize("seed", range(200))
def test_only_what_was_changed_is_written_anew(seed: int) -> None:
    """In a table of any spreadsheet, rows that were changed, added, moved or taken out are as asked; all others keep their bytes."""
    dice = random.Random(seed)
    content, cells = a_table(dice)
    columns, rows = read_cells(content)
    assert [row for _, row in rows] == cells
    assert write_cells(content, rows) == content
    wanted = [(number, list(row)) for number, row in rows]
    for _ in range(dice.randint(1, 4)):
        do = dice.choice(("change", "add", "move", "remove"))
        if do == "add":
            new = [dice.choice(WORDS[1:]).strip() for _ in columns]
            wanted.insert(dice.randint(0, len(wanted)), (None, new))
        elif wanted and do == "change":
            row = dice.choice(wanted)[1]
            row[dice.randrange(len(row))] = dice.choice(WORDS[1:]).strip()
        elif wanted:
            one = wanted.pop(dice.randrange(len(wanted)))
            if do == "move":
                wanted.insert(dice.randint(0, len(wanted)), one)
    after = write_cells(content, wanted)
    found = parse_table(after)
    assert [cell.strip() for cell in found[0]] == columns
    assert [[cell.strip() for cell in row] for row in found[1:]] == [row for _, row in wanted]
    encoding = dialect_of(content).encoding
    lines = content.decode(encoding).removeprefix(dialect_of(content).above).splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=dialect_of(content).separator)
    ends = [reader.line_num for _ in reader]
    raw = ["".join(lines[begin:end]) for begin, end in itertools.pairwise(ends)]
    for number, row in wanted:
        if number is not None and row == cells[[one for one, _ in rows].index(number)]:
            assert raw[number].rstrip("\r\n") in after.decode(encoding)


def test_rows_that_stay_keep_their_bytes() -> None:
    """Quotes, spaces and line ends of rows that nobody touched stay as somebody wrote them, in a row that is moved, too."""
    content = b'a,b\r\n"x", 1 \r\ny,"2"\r\n\r\nz,3'
    _, rows = read_cells(content)
    (first, one), (second, _), (third, three) = rows
    assert write_cells(content, rows) == b'a,b\r\n"x", 1 \r\ny,"2"\r\nz,3'
    assert (
        write_cells(content, [(third, three), (first, one), (second, ["y", "4"])])
        == b'a,b\r\nz,3\r\n"x", 1 \r\ny,4\r\n'
    )


def test_a_cell_without_a_column_is_seen_and_can_be_emptied() -> None:
    """A comma too many makes a cell beside the table, which is shown; emptied, it is gone."""
    content = b"a,b\n1,2,3\n"
    columns, rows = read_cells(content)
    assert (columns, rows) == (["a", "b", ""], [(0, ["1", "2", "3"])])
    assert write_cells(content, [(0, ["1", "2, 3", ""])]) == b'a,b\n1,"2, 3"\n'
