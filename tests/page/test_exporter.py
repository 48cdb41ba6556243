"""A page is complete, self-contained and safe, or it is not made."""

import json
import re
from html import unescape
from itertools import pairwise

import nbformat
import pytest
from bs4 import BeautifulSoup

from conftest import NEEDLES, ROOT, Blocks, a_notebook, edit, now, sign_pages, text_cell
from handouts.collection.folder import Collection
from handouts.errors import PageError, ParameterError
from handouts.page import Variant, make_page
from handouts.page.exporter import HandoutExporter, css_string

TOPIC = "your-dry-needling-session"
SESSION = Variant(TOPIC, {"audience": "general", "level": "plain", "size": "normal"})
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def export(*cells: nbformat.NotebookNode, name: str = TOPIC, **injected: str) -> str:
    """Export a notebook of `cells`, run with `injected`."""
    if injected:
        source = "\n".join(f"{key} = {value!r}" for key, value in injected.items())
        put_in = nbformat.v4.new_code_cell(source, execution_count=2, metadata={"tags": ["injected-parameters"]})
        cells = (put_in, *cells)
    filled_in = Collection(NEEDLES).topics[name].fields if name == TOPIC else ()
    fields = text_cell("\n".join(f"- {{{{ {field} }}}}" for field in filled_in))
    html, _ = HandoutExporter().from_notebook_node(a_notebook(*cells, fields), {"metadata": {"name": name}})
    return html


def shows(
    data: dict[str, str], metadata: dict[str, object] | None = None, kind: str = "display_data"
) -> nbformat.NotebookNode:
    """Return a code cell that has shown `data`."""
    output = nbformat.v4.new_output(kind, data, metadata=metadata or {})
    return nbformat.v4.new_code_cell("show()", execution_count=3, outputs=[output])


DESCRIBED = re.compile(r'<script type="application/ld\+json">([^<]*)</script>')
"""What a page says of itself to machines: data, which no browser runs."""
READER = {"audience": "general", "level": "plain", "size": "normal"}
PLAIN = text_cell("# Title\n\nText.")


def test_every_page_asks_nothing_of_any_machine(pages: dict[str, str]) -> None:
    """No page has a script, a link to a style, font or picture elsewhere, or room for one: its policy forbids it."""
    for path, html in pages.items():
        assert "<script" not in DESCRIBED.sub("", html).lower(), path
        assert not re.search(r"\son[a-z]+=", html), path
        loads = re.findall(r'\s(?:src|srcset|data|action|poster)="([^"]*)"|url\((?!data:font/)([^)]*)\)|@import', html)
        assert [found for found in loads if not found[1].startswith("#")] == [], path
        assert "<link" not in html, path
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
        assert policy, path
        assert policy[1].startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:;"), (
            path
        )


def test_every_page_describes_itself_as_it_shows(pages: dict[str, str], copy: Collection) -> None:
    """The JSON-LD of a page says what the page shows: title, reader, clinic, version, sources, and no review but a recorded one."""
    for path, html in pages.items():
        told = json.loads(DESCRIBED.findall(html)[0])
        words = " ".join(block for _, block in Blocks(html).blocks)
        assert told["@type"] == "MedicalWebPage"
        assert told["name"] in words
        assert all(label in words for label in told["medicalAudience"]["audienceType"].split(", "))
        assert told["publisher"]["name"] in words
        assert f"Version: {told['version']}." in words
        assert told["datePublished"] == "2026-11-25"
        assert "Written: November 25, 2026." in words
        assert len(told["citation"]) == html.count('<li id="source-'), path
        assert "reviewedBy" not in told
        assert "lastReviewed" not in told
    sign_pages(copy, "your-dry-needling-session", READER)
    (told,) = map(
        json.loads, DESCRIBED.findall(make_page(now(copy), Variant("your-dry-needling-session", READER)).html)
    )
    assert (told["lastReviewed"], told["reviewedBy"]["name"]) == ("2026-01-15", "A. Reviewer, PT")


def test_every_page_is_small(pages: dict[str, str]) -> None:
    """Each page is under 150 kB, pictures and style included."""
    assert max(len(html.encode()) for html in pages.values()) < 150_000


def test_every_page_shows_no_code(pages: dict[str, str]) -> None:
    """No page shows code, prompts or a picture's address in a kernel."""
    for html in pages.values():
        for trace in ("In [", "Out[", "diagram(", "draw_for", "import ", "object at 0x"):
            assert trace not in html


def test_every_page_has_one_title_headings_in_order_and_landmarks(pages: dict[str, str]) -> None:
    """One h1, no skipped level, a language, header, main and footer, a skip link that leads somewhere."""
    for html in pages.values():
        levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        assert '<html lang="en">' in html
        assert [html.count(f"<{mark}") for mark in ("header>", "main ", "footer>")] == [1, 1, 1]
        assert 'href="#text"' in html
        assert 'id="text"' in html


def test_every_figure_has_a_text_alternative_a_caption_and_a_description(pages: dict[str, str]) -> None:
    """Each figure has a title for screen readers, a caption for everyone, and all of its words as text."""
    for html in pages.values():
        for figure in re.findall(r"<figure id=.*?</figure>", html, flags=re.S):
            assert len(re.findall(r"<title id=[^>]*>[^<]{20,}</title>", figure)) == 2
            assert re.search(r'<p class="title"><strong>[^<]+[.?]</strong></p>', figure)
            assert re.search(r"<figcaption>[^<]{10,}", figure)
            assert figure.count("<li>") >= 1


def test_every_page_says_whose_it_is_and_that_nobody_reviewed_it(pages: dict[str, str]) -> None:
    """Clinic, reader, topic, version, contact, and that no clinical review is recorded."""
    for path, html in pages.items():
        text = " ".join(block for _, block in Blocks(html).blocks)
        topic = path.split("/")[0]
        assert "Example Clinic, 555-0100. An example: this clinic does not exist." in text
        assert "Questions? Call Example Clinic at 555-0100." in text
        assert text.count("Draft: no clinician has reviewed this page yet.") == 2
        assert re.search(rf"Topic: {topic}\. Version: [0-9a-f]{{10}}\.", text)
        assert "Call 911 at once if, minutes, hours, or days after needles" in text
        assert ("Some of what it says is disputed or not proven" in text) == ("_original_" in path)


def test_the_audience_stands_at_the_top(pages: dict[str, str]) -> None:
    """Whom a page is for stands below its title; large print says so."""
    html = pages[f"{TOPIC}/older-adult_original_large.html"]
    assert (
        '<ul class="labels"><li>For older adults</li><li>The clinic\'s article</li><li>Large print</li></ul>'
        in unescape(html)
    )
    assert "--points: 18" in html


def test_a_recorded_review_is_printed(copy: Collection) -> None:
    """Where a review is recorded, its reviewer and dates are printed from the data."""
    sign_pages(copy, "your-dry-needling-session", READER)
    html = make_page(now(copy), Variant("your-dry-needling-session", READER)).html
    assert "Clinical review: A. Reviewer, PT, January 15, 2026. Next review due: January 15, 2027." in html
    assert "no clinician has reviewed" not in html


def test_the_version_is_made_from_the_content(copy: Collection) -> None:
    """The same content has the same version, another word or another phone number another one."""

    def version(html: str) -> str:
        found = re.search(r'<meta name="version" content="([0-9a-f]{10})">', html)
        assert found
        assert html.count(found[1]) == 4
        return found[1]

    first = version(export(PLAIN))
    assert version(export(PLAIN)) == first
    assert version(export(text_cell("# Title\n\nTexts."))) != first
    edit(copy.data / "clinic.csv", "555-0100", "555-0101")
    assert version(export(PLAIN)) != first


def test_attributes_that_could_run_or_style_are_gone(copy: Collection) -> None:
    """Handlers, styles and addresses that run code are refused; plain marks, and what an output says for readers, stay."""
    for written in ('<b onclick="x()">', '<b class="skip">', '<b style="display:none">', '<a href="javascript:x()">'):
        with pytest.raises(PageError, match="has no effect on a page|leads nowhere"):
            export(text_cell(f"# Title\n\n{written}bold"))
    html = export(text_cell("# Title\n\nBefore<br>after <b>bold</b> H<sub>2</sub>O"))
    assert "Before<br>after <b>bold</b> H<sub>2</sub>O" in html[html.index("<main") :]
    with pytest.raises(PageError, match="<td> has onclick, which has no effect on a page"):
        export(PLAIN, shows({"text/html": "<table><tr><td onclick='x()'>1</td></tr></table>"}))
    html = export(PLAIN, shows({"text/html": "<table class='skip compared'><tr><td id='safety'>1</td></tr></table>"}))
    assert '<table class="compared">' in html
    assert "<td>1</td>" in html


@pytest.mark.parametrize(
    "lost",
    [
        "Take <dose> mg of <your medicine>.", "x<y and y>z", "<script>alert(1)</script>", "<style>p{}</style>",
        '<iframe src="https://x.example"></iframe>', "<details><summary>More</summary>Stop.</details>",
        '<form action="https://x.example"><button>Go</button></form>', '<img src="https://x.example/i.png" alt="i">',
        "<h1>Second title</h1>", '<img src="data:image/png;base64,xx">', "<!-- note\n\nStop at once.",
        "See[^1].\n\n[^1]: Stop.", "[Warning]: Stop",
    ],
)  # fmt: skip
def test_words_that_would_be_lost_are_an_error(lost: str) -> None:
    """What a page cannot show is told; it never vanishes from a page without a word."""
    with pytest.raises(PageError, match=r'cell 3 \("Before\."\): '):
        export(PLAIN, text_cell(f"Before.\n\n{lost}\n\nAfter."))


def test_what_is_escaped_is_shown() -> None:
    """Angle brackets written as text, a link with its address below, and closed comments do what they should."""
    html = export(
        PLAIN, text_cell("Take \\<dose> mg, 1 < 2. See [us][site].\n\n<!-- mine -->\n\n[site]: https://x.example")
    )
    assert 'Take &lt;dose&gt; mg, 1 &lt; 2. See <a href="https://x.example">us</a>.' in html
    assert "mine" not in html


@pytest.mark.parametrize(
    "html",
    ["<script>x()</script>", "<div></div>", "<div><!-- x --></div>", "<iframe></iframe>", "<style>p{}</style><p>x</p>"],
)
def test_an_html_output_that_would_be_lost_is_an_error(html: str) -> None:
    """An output that shows nothing once cleaned, or holds what a page cannot, makes no page."""
    with pytest.raises(PageError, match="has no place in a handout|shows nothing|is not whole|a table of pandas"):
        export(PLAIN, shows({"text/html": html}))


def test_a_raw_cell_is_refused() -> None:
    """A raw cell, which nbconvert would put into the page as it is, makes no page."""
    with pytest.raises(PageError, match="is a raw cell, which has no place in a handout"):
        export(PLAIN, nbformat.v4.new_raw_cell("Stop taking <dose>."))


@pytest.mark.parametrize(
    "svg",
    [
        "<svg><script>x()</script></svg>", "<svg onload='x()'></svg>", "<svg><foreignObject/></svg>",
        "<svg><a href='https://x.example'/></svg>", "<svg><image href='https://x.example/i.png'/></svg>",
    ],
)  # fmt: skip
def test_a_drawing_that_could_run_or_load_is_refused(svg: str) -> None:
    """A drawing is lines and words."""
    told = {"image/svg+xml": {"alt": "a", "name": "n", "title": "t", "caption": "c"}}
    with pytest.raises(PageError, match="which may do more than draw"):
        export(PLAIN, shows({"image/svg+xml": svg}, told))
    assert "<svg><path/></svg>" in export(PLAIN, shows({"image/svg+xml": "<svg><path/></svg>"}, told))
    with pytest.raises(PageError, match="without a title and a caption"):
        export(PLAIN, shows({"image/svg+xml": "<svg/>"}, {"image/svg+xml": {"alt": "a"}}))


def test_of_several_forms_of_an_output_one_is_shown() -> None:
    """A picture that also comes as LaTeX or PDF, which a page cannot show, is shown as the picture."""
    for other in ("text/latex", "application/pdf"):
        html = export(PLAIN, shows({other: "x", "image/png": PIXEL}, {"image/png": {"alt": "A needle"}}))
        assert '<img alt="A needle"' in html


def test_an_empty_box_is_refused() -> None:
    """A box without words, or with a heading alone, makes no page."""
    for source in ("", "## Heading"):
        with pytest.raises(PageError, match="its box has nothing in it"):
            export(PLAIN, text_cell(source, "part:for-you"), text_cell("After."))


def test_headings_have_ids_of_their_own() -> None:
    """Two headings of the same words, or of no Latin letters, can both be linked to."""
    html = export(PLAIN, text_cell("## Same\n\nText."), text_cell("## Same\n\nText.\n\n## \u75db\u307f\n\nText."))
    ids = re.findall(r' id="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    assert [name for name in ids if name.startswith("cell-")] == ["cell-2-1", "cell-3-1", "cell-3-2"]
    assert "" not in ids


def test_data_cannot_break_out_of_the_page(copy: Collection) -> None:
    """A clinic's name with quotes and tags is shown as it is written; one with what looks like a field is refused."""
    edit(copy.data / "clinic.csv", "Example Clinic", '"</style><script>x</script> ""Q"" \\ 7 * 7"')
    html = export(PLAIN)
    assert "<script" not in DESCRIBED.sub("", html)
    assert "&#34;Q&#34; \\ 7 * 7" in html
    assert html.count("</style>") == 1
    edit(copy.data / "clinic.csv", "7 * 7", "{{ 7 * 7 }}")
    with pytest.raises(PageError, match="was not understood"):
        export(PLAIN)


def test_a_cell_that_was_not_run_is_told() -> None:
    """A table that is missing because nobody ran its cell is an error, not a gap."""
    with pytest.raises(PageError, match=r'cell 3 \("table\("comparison"\)"\): has not been run. Run all cells'):
        export(PLAIN, nbformat.v4.new_code_cell('table("comparison")'))


def test_a_failed_cell_is_told() -> None:
    """A traceback never reaches a patient."""
    failed = nbformat.v4.new_code_cell("1/0", execution_count=3)
    failed.outputs = [
        nbformat.v4.new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=[])
    ]
    with pytest.raises(PageError, match="failed with ZeroDivisionError: division by zero"):
        export(PLAIN, failed)


def test_output_without_a_place_in_a_handout_is_told() -> None:
    """Printed text and bare values have no place; warnings to the log are left out without a word."""
    printed = nbformat.v4.new_code_cell("print(1)", execution_count=3)
    printed.outputs = [nbformat.v4.new_output("stream", name="stdout", text="1\n")]
    with pytest.raises(PageError, match="prints text"):
        export(PLAIN, printed)
    with pytest.raises(PageError, match="shows text/plain, which has no place"):
        export(PLAIN, shows({"text/plain": "3"}))
    printed.outputs[0].name = "stderr"
    assert export(PLAIN, printed)


def test_a_picture_without_a_text_alternative_is_refused() -> None:
    """A picture that a blind reader would miss is an error, from code and from text."""
    with pytest.raises(PageError, match="shows a picture without a text alternative"):
        export(PLAIN, shows({"image/png": PIXEL}))
    with pytest.raises(PageError, match="has no text alternative"):
        export(text_cell("# Title\n\n![](attachment:a.png)"))


def test_a_picture_in_a_text_cell_becomes_part_of_the_page() -> None:
    """A picture pasted into a cell travels inside the page; one from elsewhere is refused."""
    cell = text_cell("# Title\n\n![A needle](attachment:a.png)")
    cell["attachments"] = {"a.png": {"image/png": PIXEL}}
    assert '<img alt="A needle" src="data:image/png;base64,iVBORw0KGgo' in export(cell)
    cell.source = '# Title\n\n![A "thin" & long needle](attachment:my%20needle.png)'
    cell["attachments"] = {"my needle.png": {"image/png": PIXEL + "\n"}}
    assert '<img alt="A &quot;thin&quot; &amp; long needle" src="data:' in export(cell)
    cell["attachments"] = {"my needle.png": {"image/png": "?"}}
    with pytest.raises(PageError, match="is damaged"):
        export(cell)
    with pytest.raises(PageError, match=r"'https://x\.example/a\.png' is on another machine"):
        export(text_cell("# Title\n\n![A needle](https://x.example/a.png)"))


def test_a_page_needs_one_title() -> None:
    """No title, or two, is an error."""
    with pytest.raises(PageError, match="has 0 titles and needs one"):
        export(text_cell("## Part\n\nText."))
    with pytest.raises(PageError, match="has 2 titles"):
        export(text_cell("# One\n\nText.\n\n# Two\n\nText."))


@pytest.mark.parametrize(
    "title", ["What *is* it?\n==========", "  # What is it?", "# What is it? #", "```\n# no\n```\n\n# What is it?"]
)
def test_a_title_may_be_written_in_any_way(title: str) -> None:
    """However a title is written in Markdown, it is shown once, and nothing around it is lost."""
    html = export(text_cell(f"{title}\n\nText."))
    assert html.count("What is it?") == 3  # in the window's title, on the page, and for machines
    assert "==" not in html[html.index("<body") :]
    assert ("# no" in html) == ("# no" in title)


def test_a_title_with_special_characters() -> None:
    """An ampersand in a title is shown as one."""
    assert "<h1>Pain &amp; you</h1>" in export(text_cell("# Pain &amp; you\n\nText."))


@pytest.mark.parametrize("second", ["> # Quoted", "- # In a list"])
def test_a_second_title_is_found_wherever_it_stands(second: str) -> None:
    """A first-level heading in a quotation or a list is a second title."""
    with pytest.raises(PageError, match="has 2 titles"):
        export(PLAIN, text_cell(second))


def test_a_skipped_heading_level_is_refused() -> None:
    """A heading two levels down is told with the mark to write, from text and from outputs."""
    with pytest.raises(PageError, match=r"'Deep' has level 3 below level 1\. Write it with ##\."):
        export(text_cell("# Title\n\n### Deep\n\nText."))
    with pytest.raises(PageError, match=r"'Deep' has level 4 below level 1"):
        export(PLAIN, shows({"text/html": "<h4>Deep</h4>"}))


def test_parameters_that_are_not_declared_make_no_page() -> None:
    """A wrong audience put in by papermill makes no page."""
    with pytest.raises(ParameterError, match="unknown audience 'atlete'"):
        export(PLAIN, audience="atlete")


def test_a_notebook_that_is_no_topic_makes_no_page() -> None:
    """A page must belong to a topic, which has its purpose and review on record."""
    with pytest.raises(PageError, match=r"'my-notes' is no topic of data/topics\.csv"):
        export(PLAIN, name="my-notes")


def test_a_string_in_a_style_sheet_stays_one() -> None:
    """Quotes, backslashes, line ends and tags cannot end a string in a style sheet."""
    assert css_string('a"b\\c\n</style>') == '"a\\22 b\\5c c\\a \\3c /style>"'


def test_the_look_has_no_address_and_no_capitals() -> None:
    """The style sheet loads nothing, and uses neither capitals nor italics for emphasis."""
    css = (ROOT / "src/handouts/page/templates/handout/handout.css").read_text()
    for word in ("url(", "@import", "uppercase", "italic", "justify"):
        assert word not in css


def test_a_part_of_the_safety_text_follows_the_cell_that_names_it(copy: Collection) -> None:
    """safety-here:tell-first puts that part after its cell, under a heading of its own; the others stay together, and none is lost."""
    path = copy.notebook("your-dry-needling-session")
    whole = BeautifulSoup(make_page(copy, SESSION).html, "html.parser")
    nb = nbformat.read(path, as_version=4)
    cell = next(cell for cell in nb.cells if cell.id == "plain-before")
    cell.metadata.tags.append("safety-here:tell-first")
    nbformat.write(nb, path)
    page = BeautifulSoup(make_page(now(copy), SESSION).html, "html.parser")
    placed = page.select_one("#safety-tell-first")
    assert placed.find_previous("h2", id=True).get_text() == "What will I do, and when?"
    assert placed.h2
    assert placed.parent.select(".safety-part") == [placed]
    said = [sorted(part.get_text(" ").split("\n")[0] for part in of.select(".safety-part")) for of in (whole, page)]
    assert len(page.select(".safety-part")) == len(whole.select(".safety-part"))
    assert said[0] == said[1]


def test_a_part_that_the_safety_text_has_not_is_refused(copy: Collection) -> None:
    """safety-here: with a name that no part has is told, with the name that was probably meant."""
    path = copy.notebook("your-dry-needling-session")
    nb = nbformat.read(path, as_version=4)
    next(cell for cell in nb.cells if cell.id == "plain-before").metadata.tags.append("safety-here:tel-first")
    nbformat.write(nb, path)
    with pytest.raises(PageError, match=r"safety-here:tel-first.*Did you mean 'tell-first'"):
        make_page(now(copy), SESSION)
