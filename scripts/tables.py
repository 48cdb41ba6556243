"""Writes docs/tables.md from what the code declares of each table: python scripts/tables.py."""

from collections.abc import Mapping
from pathlib import Path

from handouts.checks.criteria import CHECKS, CHECKS_FOR
from handouts.collection import layouts
from handouts.collection.csvfile import Column
from handouts.collection.phrases import read_catalogue
from handouts.page.blocks import BLOCKS
from handouts.show.diagrams import DRAWN

PAGE = Path(__file__).resolve().parents[1] / "docs" / "tables.md"
DIAGRAMS = {
    "paths": "a path of numbered steps for each option, side by side: `option`, `step`, `text`",
    "pictured-paths": "the same, each step with a picture: a column picture too, as steps in pictures have",
    "overlap": "what two options share, or three: `shared`, and a column an option with yes or no",
    "grid": "the same questions answered for each option: `option`, `question`, `text`",
    "steps": "numbered steps, one below the other: `step`, `text`",
    "pictures": "steps with a small picture each: `step`, `picture`, `text`. A picture is data/pictures/NAME.svg, or one of "
    "[Lucide's](https://lucide.dev/icons), by its name",
    "groups": "groups of 100 people or other things, side by side: `fact` (all counted alike), `label`",
    "scale": "a scale from top to bottom: `at` (a number), `text`",
    "layers": "layers from the top down: `kind` (layer; or, first, a pointer that goes into them; or, last, a spot in the last), `text`",
}


def tell() -> str:
    """Return the page as Markdown."""
    told = [
        "# The tables of a collection",
        "",
        "Each is a CSV file in `data/` that a spreadsheet opens. What is wrong in one is told with file, row and column. A table that is",
        "not needed may be missing, or have no rows. This page is written by `scripts/tables.py` from what the code checks.",
        "",
    ]
    for layout in layouts.ALL:
        told += [
            f"## {layout.file}",
            "",
            f"{layout.says}{' It is needed.' if layout.needed else ''}",
            "",
            *_columns(layout.columns),
        ]
        if layout is layouts.PARAMETERS:
            told += [
                "The table of a parameter's values has one row a value: a column with the parameter's name, and",
                "", *_columns(layouts.VALUES),
                "The table of `size` has `points` too: how large the text is on paper. A table can also have columns that are called like a",
                "detail of clinic.csv, but for its name and language: readers of that value, such as a site's, get another phone or logo.",
                "",
            ]  # fmt: skip
        if layout is layouts.CLINIC:
            told += _columns(layouts.CLINIC_FIELDS, "field")
        if layout is layouts.CAPTIONS:
            told += ["What `drawn_as` can be, and the columns of such a table:", ""]
            told += [
                "- `table`: any first column, whose cells name the rows, and one or more others; one called like an option has its colour"
            ]
            told += [f"- `{kind}`: {DIAGRAMS[kind]}" for kind in DRAWN] + [""]
        if layout is layouts.STANDARDS:
            told += [f"Checks: {', '.join(f'`{name}`' for name in CHECKS)}; with words to look for: {', '.join(f'`{name}`' for name in CHECKS_FOR)}.", ""]  # fmt: skip
        if layout is layouts.PHRASES:
            told += ["| phrase | in English |", "|---|---|"]
            told += [f"| `{name}` | {text} |" for name, text in read_catalogue("en").items()] + [""]
    told += [
        "## Other files", "",
        "- `article.txt`: the clinic's article, word for word, one paragraph a line, where a level has its words.",
        "- `sources.json`: the sources that texts cite, as Zotero exports them: CSL JSON. `[]` where there are none yet.",
        "- `theme.css`: the collection's own looks, after those of the package. It may name no address, and hide nothing.",
        "- `blocks/NAME.html`: what a page says in one place, in the collection's own way. A template of Jinja that can say words and call nothing: "
        "`{{ usual }}` (what the page says without it), `{{ title }}`, `{{ labels }}`, `{{ topic }}`, `{{ purpose }}`, `{{ clinic.name }}` and the other details of "
        "`clinic.csv`, `{{ review }}`, `{{ version }}`. The blocks: " + "; ".join(f"`{name}` ({says})" for name, says in BLOCKS.items()) + ".",
        "- `pictures/`: the collection's own pictures.",
    ]  # fmt: skip
    return "\n".join(told) + "\n"


def _columns(columns: Mapping[str, Column], head: str = "column") -> list[str]:
    told = [f"| {head} | what it holds |", "|---|---|"]
    may = " The column may be absent."
    return [
        *told,
        *(f"| `{name}` | {column.says}{may if column.absent else ''} |" for name, column in columns.items()),
        "",
    ]


if __name__ == "__main__":
    PAGE.write_text(tell(), encoding="utf-8")
