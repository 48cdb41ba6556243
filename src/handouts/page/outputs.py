"""Outputs: what code cells have shown, made fit for a page, or refused with the cell that shows it.

Outputs may have been stored by anybody: what they hold is looked at as if it came from the network.
"""

import base64
import re
from collections.abc import Mapping
from html import escape

from nbformat import NotebookNode

from handouts.collection.clinic import Field
from handouts.collection.notebook import place
from handouts.errors import PageError
from handouts.page.citations import CITE, Expander
from handouts.page.elements import OUTPUT_WRITTEN, check_html, clean
from handouts.page.fields import opened_output
from handouts.page.markdown import parse_markdown
from handouts.page.marks import check_characters, check_words, words_of
from handouts.page.pictures import check_alternative, check_drawing, decode, shrink
from handouts.page.tailor import part_of

SHOWN = ("text/html", "image/svg+xml", "image/png", "image/jpeg")
"""What a page can show of an output, best first."""
NARROW = "application/vnd.handouts.narrow+svg"
"""The drawing that a page shows on a phone, beside image/svg+xml."""


def check_cells(nb: NotebookNode, where: str, numbered: Mapping[str, int] | None = None) -> None:
    """Raise PageError for a cell that was not run, failed, is empty, or shows what no page can show; `numbered` as for `place`."""
    for cell in nb.cells:
        at = f"{where}, {place(nb, cell, numbered)}"
        if cell.cell_type == "raw" and cell.source.strip():
            raise PageError(f"{at}: is a raw cell, which has no place in a handout. Make it a Markdown cell.")
        if (
            cell.cell_type == "markdown"
            and part_of(cell)
            and not any(token["type"] not in ("heading", "blank_line") for token in parse_markdown(cell.source))
        ):
            raise PageError(f"{at}: its box has nothing in it. Write the text, or remove the cell.")
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if cell.execution_count is None:
            raise PageError(f"{at}: has not been run. Run all cells, or `handouts refresh`, then export again.")
        for output in cell.outputs:
            if output.output_type == "error":
                raise PageError(f"{at}: failed with {output.ename}: {output.evalue}. Mend the cell and run it again.")
            if output.output_type == "stream" and output.name == "stdout":
                raise PageError(
                    f"{at}: prints text, which has no place in a handout. Write the text in a Markdown cell."
                )
            if output.output_type in ("execute_result", "display_data"):
                _check_shown(output, at)


def _check_shown(output: NotebookNode, at: str) -> None:
    kind = next((kind for kind in SHOWN if kind in output.data), None)
    if kind is None:
        raise PageError(
            f"{at}: shows {', '.join(output.data)}, which has no place in a handout. Use table() or diagram()."
        )
    told = output.metadata.get(kind, {})
    if kind.startswith("image/") and not told.get("alt"):
        raise PageError(f"{at}: shows a picture without a text alternative. Use diagram(), which brings one.")
    if kind == "image/svg+xml" and not all(told.get(name) for name in ("name", "title", "caption")):
        raise PageError(f"{at}: shows a drawing without a title and a caption. Use diagram(), which brings both.")


def make_ready(output: NotebookNode, expander: Expander, fields: Mapping[str, Field]) -> None:
    """Make what a cell shows fit for a page: known elements only, fields open, facts and words filled in. Raises PageError.

    Outputs may have been stored by anybody: what they hold is looked at as if it came from the network.
    """
    kind = next(kind for kind in SHOWN if kind in output.data)
    told = output.metadata.get(kind, {})
    if kind == "text/html":
        html = "".join(output.data[kind])
        if 'class="dataframe"' in html or "<style" in html:
            raise PageError(
                'shows a table of pandas, which phones and screen readers cannot use. Save it as data/NAME.csv and show it by table("NAME").'
            )
        if re.search(r"<img\b", html, re.I):
            raise PageError("shows a picture inside HTML. Put it into a text cell: ![what it shows](its file).")
        check_html(html, OUTPUT_WRITTEN)
        html = opened_output(expander.expand_html(clean(html)), fields, expander.say)
        if not _look_at(html).strip():
            raise PageError("an output shows nothing. Remove its cell, or mend it.")
        output.data[kind] = html
    elif kind == "image/svg+xml":
        for drawn in {kind, NARROW} & set(output.data):
            output.data[drawn] = "".join(output.data[drawn])
            check_drawing(output.data[drawn], str(told.name))
        said = told.get("description") or []
        for words in (str(told.alt), *map(str, said if isinstance(said, list) else [said])):
            _look_at(escape(words))
        _open_words(told, expander, fields)
    else:
        try:
            check_alternative(str(told.alt), "of this cell")
            _open_words(told, expander, fields)
            small, content = shrink(decode(output.data[kind]))
        except PageError as error:
            raise PageError(f"shows a picture that {error}") from None
        del output.data[kind]
        output.data[small] = base64.b64encode(content).decode()
        output.metadata[small] = told


def _open_words(told: NotebookNode, expander: Expander, fields: Mapping[str, Field]) -> None:
    """Turn title and caption of a picture, where it has them, into HTML, fields open. Raises PageError."""
    for name in ("title", "caption"):
        if told.get(name):
            told[name] = opened_output(expander.expand_html(escape(str(told[name]))), fields, expander.say)
            _look_at(told[name])


def _look_at(html: str) -> str:
    """Return the words of a table or caption. Raises PageError for a mark in them that nothing has understood."""
    words = words_of(re.sub(CITE, "", html))
    check_words(words, html=True)
    check_characters(words)
    return words
