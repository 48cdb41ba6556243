"""Check pages as they are printed: the size of type, sheets left empty, and what is torn between two."""

from collections.abc import Sequence

from handouts.checks.findings import ERROR, WARNING, Finding, Findings
from handouts.collection.folder import Collection
from handouts.collection.parameters import SIZE
from handouts.page import Variant, list_variants, make_pages
from handouts.page.sheets import Sheet, measure_sheets

LARGE = 16
"""The size of text in points from which print is large, and nothing may be smaller (APH and RNIB: 16 to 18)."""
SMALLEST = 10.5
"""The smallest type of other print, in points."""
EMPTY, LAST_EMPTY = 1 / 3, 1 / 4
"""How much of a sheet is used at least, and of the last one."""


def check_sheets(
    collection: Collection, topics: Sequence[str] = ()
) -> tuple[list[Finding], list[tuple[Variant, list[Sheet]]]]:
    """Return what is wrong with the pages of `topics`, or of all, on paper, and the sheets of each page that can be made.

    Pages that are not made yet are made, and kept for the next build. Raises PageError where this machine makes no PDF.
    """
    found: list[Finding] = []
    measured: list[tuple[Variant, list[Sheet]]] = []
    for variant, made in make_pages(collection, list_variants(collection, topics)):
        if made.page is None:
            continue  # the rules of words tell why
        rows = [collection.parameters[name].values[value] for name, value in variant.values.items()]
        sheets = measure_sheets(made.page.html, collection.clinic.at(rows).paper)
        points = float(collection.parameters[SIZE].values[variant.values[SIZE]]["points"])
        measured.append((variant, sheets))
        found += _look_at(sheets, points, variant)
    return found, measured


def _look_at(sheets: Sequence[Sheet], points: float, variant: Variant) -> Findings:
    file, who = f"notebooks/{variant.topic}.ipynb", ", ".join(variant.values.values())
    least = LARGE if points >= LARGE else SMALLEST
    for number, sheet in enumerate(sheets, start=1):
        where = f"readers {who}, sheet {number} of {len(sheets)}:"
        if sheet.smallest < least - 0.05:
            told = f"{where} has type of {sheet.smallest:g} points, and {least:g} is the smallest. Make the picture's words fewer, or the style's type larger."
            yield Finding("sheets", ERROR, file, "", "", told)
        for words in sheet.torn:
            yield Finding(
                "sheets", ERROR, file, "", words, f"{where} ends inside of this. Make it shorter, or move it."
            )
        wanted = LAST_EMPTY if number == len(sheets) else EMPTY
        if sheet.filled < wanted:
            told = f"{where} is {sheet.filled:.0%} full; {wanted:.0%} is wanted. Make what follows smaller, or move it."
            yield Finding("sheets", WARNING, file, "", "", told)
