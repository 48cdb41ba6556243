"""paper.py, sheets.py: a page is measured as it is printed."""

from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from conftest import edit, now
from handouts.checks.findings import ERROR, Finding
from handouts.checks.paper import check_sheets
from handouts.collection.folder import Collection
from handouts.page.sheets import measure_sheets

CHOICE = "which-treatment-is-right"
TEXT = "<p>One line of text, and more of it.</p>"


def page(body: str, style: str = "") -> str:
    return f"<!DOCTYPE html><html lang='en'><title>A page</title><style>body {{ font-size: 13pt }} {style}</style><body>{body}"


def test_a_sheet_is_as_full_as_what_stands_on_it() -> None:
    """Lines of half an inch fill what they fill of a sheet's text, and a second sheet begins where the first ends."""
    (sheet,) = measure_sheets(page(TEXT * 17, "p { margin: 0; line-height: 36pt }"), "Letter")
    assert 0.8 < sheet.filled <= 1
    first, second = measure_sheets(page(TEXT * 26, "p { margin: 0; line-height: 36pt }"), "Letter")
    assert first.filled > 0.9 > 0.5 > second.filled


def test_the_smallest_type_is_found_in_text_and_in_pictures() -> None:
    """Eight points are found, and words of a drawing at the size at which it is shown."""
    assert measure_sheets(page(TEXT + "<p style='font-size: 8pt'>Small.</p>"), "A4")[0].smallest == 8
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="100pt" height="50pt" viewBox="0 0 200 100" style="font-size: 14px"><text y="40">Words</text></svg>'
    assert measure_sheets(page(TEXT + svg), "A4")[0].smallest == 7


@pytest.mark.parametrize("whole", ["<ul><li>{}</li></ul>", "<table><tr><td>{}</td></tr></table>", "<figure>{}</figure>", "<div class='get-help'>{}</div>"])  # fmt: skip
def test_what_is_torn_between_two_sheets_is_found(whole: str) -> None:
    """A bullet, a cell, a figure and the box for help that end on the next sheet are told by their words."""
    lines = "".join(f"<p>Line {count} of many.</p>" for count in range(60))
    sheets = measure_sheets(page(whole.format(lines)), "Letter")
    assert any(words.startswith("Line 0 of many.") for words in sheets[0].torn)
    assert [sheet.torn for sheet in measure_sheets(page(whole.format("<p>Line 0 of many.</p>")), "Letter")] == [()]


def found_in(copy: Collection) -> list[Finding]:
    return check_sheets(now(copy), [CHOICE])[0]


def test_the_pages_of_the_collection_are_whole_on_paper(collection: Collection) -> None:
    """Nothing is too small or torn, in normal and in large print, and each page says how many sheets it has."""
    found, measured = check_sheets(collection, [CHOICE])
    assert [finding for finding in found if finding.severity == ERROR] == []
    assert len(measured) == len({variant for variant, _ in measured}) > 2
    assert all(sheets for _, sheets in measured)


@pytest.mark.parametrize(
    ("theme", "told"),
    [
        (".compared td { font-size: 7pt }", "points, and 10.5 is the smallest"),
        (".size-large figcaption { font-size: 12pt }", "points, and 16 is the smallest"),
        ("@media print { td p, td { line-height: 900pt; break-inside: auto } }", "ends inside of this"),
        ("@media print { h2 { break-before: page } }", "% full; 33% is wanted"),
    ],
)
def test_a_theme_that_spoils_paper_is_found(copy: Collection, theme: str, told: str) -> None:
    """Type too small, by print size, a torn cell and a sheet left empty are told with reader and sheet."""
    (copy.data / "theme.css").write_text(theme, encoding="utf-8")
    assert any(told in finding.told for finding in found_in(copy)), [finding.told for finding in found_in(copy)]


def test_the_command_looks_at_paper_where_it_is_asked(
    clinic: Collection, run: Callable[..., CompletedProcess[str]]
) -> None:
    """`handouts check --sheets` tells the sheets of each page, and ends with 1 where one is spoilt."""
    done = run("handouts", "check", CHOICE, "--sheets", "--on", "2026-11-24")
    assert done.returncode == 0, done.stdout
    assert f"{CHOICE} (general, plain, normal): " in done.stdout
    (clinic.data / "theme.css").write_text(".compared td { font-size: 7pt }", encoding="utf-8")
    assert run("handouts", "check", CHOICE, "--sheets", "--on", "2026-11-24").returncode == 1


def test_a_page_is_looked_at_by_its_own_words_too(copy: Collection) -> None:
    """A long safety box that no sheet holds is told as torn."""
    edit(copy.data / "safety.csv", "You bleed a lot.", "You bleed a lot. " + "Press on it. " * 400)
    assert any("ends inside of this" in finding.told for finding in found_in(copy))
