"""markup.py, marks.py, sentences.py: what is written reaches the patient as it was meant, or the page is not made."""

import random
import re
import time
from html import unescape

import nbformat
import pytest

from conftest import ENGLISH, text_cell
from handouts.checks.texts import sentences
from handouts.collection.clinic import Field
from handouts.collection.folder import Collection
from handouts.collection.notebook import parse
from handouts.collection.sentences import split
from handouts.errors import PageError
from handouts.page import marks
from handouts.page.citations import Expander, without_comments
from handouts.page.exporter import css_string, make_ready
from handouts.page.marks import check_page, check_words
from handouts.page.markup import check_links, markdown

NAME = Field("first_name", "First name", "text", 40)


def shown(source: str) -> str:
    """Return the HTML of a text cell that may cite one source and name one field."""
    cell = text_cell(without_comments(source))
    cell.id = "cell"
    return markdown(cell, {"first_name": NAME}, {"brady2014": 1}, ENGLISH)


def told(source: str) -> str:
    """Return why a text cell makes no page."""
    with pytest.raises(PageError) as error:
        shown(source)
    return str(error.value)


LOST = [
    'A small thing.\n\n<div title="oops>\nStop the drug first.\n\nCall us if you bleed.', "<p lang=en Call us if you bleed.", "<?Call us?>", "<![CDATA[Call us]]>",
    "Before <!--> Call us --> after", "Before <!---> Call us --> after", "Before <!-- x --!> Call us", "Before <!-- a <!-- b --> Call us", "Before <!-- Call us",
    "Call us --> now <!--", "<b title='a>Call us</b>", "<div\nCall us", '<a href="https://x.org>Call us</a> now', "<area alt=\"Call us\">", '<col title="Call us">',
    "<!DOCTYPE Call us>", "</ Call us>", "<b/ Call us>", "<table><tr>Call us</tr></table>", "<select><option>Call us</option></select>", "<math><mi>Call us</mi></math>",
    "<noscript>Call us</noscript>", "<template>Call us</template>", "<textarea>Call us</textarea>", '<span style="color:red">Call us</span>', '<p id="safety">Call us</p>',
    '<p class="skip">Call us</p>', "<header>Call us</header>", "<nav>Call us</nav>", '<bdo dir="rtl">50</bdo>', "<details>Call us</details>", '<b onclick="x()">Call us</b>',
]  # fmt: skip


@pytest.mark.parametrize("source", LOST)
def test_no_word_is_lost_between_the_notebook_and_the_page(source: str) -> None:
    """HTML that two readers could understand in two ways, or that hides, names or reverses text, is refused with its cell."""
    with pytest.raises(PageError, match="a text cell that begins|comment"):
        shown(f"{source} [@clinic]")


@pytest.mark.parametrize(
    "source",
    [
        "Take <b>two</b> tablets.<br>Then rest.", '<p lang="es">Llame ya.</p>', "Press <kbd>1</kbd>, H<sub>2</sub>O, <mark>now</mark>.", "5 < 6 and 7 & 8 \\<b>",
        "<table>\n<tr><td>Call us</td></tr>\n</table>", "A <!-- note --> b", "Fish & chips &lt; &eacute;", '<a href="tel:555-0100">Call us</a>', "<ul>\n<li>One\n<li>Two\n</ul>",
    ],
)  # fmt: skip
def test_html_that_is_whole_keeps_every_word(source: str) -> None:
    """Words in HTML that a page may hold stand on the page, in their order."""
    before = re.findall(r"\w+", unescape(re.sub(r"<!--.*?-->|(?<!\\)</?[a-z][^>]*>", " ", source)))
    assert re.findall(r"\w+", unescape(re.sub(r"<[^>]*>", " ", shown(source)))) == before


MARKS = [
    "Call {{ clinic_phone }", "{ first_name }", "{% if x %}", "«first_name»", "[@brady2014, p. 3]", "[@10.1002/14651858.CD001351]", "[=dn-mild]", "[?]", "A ![knee", "![A knee] (knee.png)",
    "see attachment:x.png", "> [!WARNING]\n> Call us", "::: {.callout-warning}\nCall us\n:::", "- [ ] Call us", "- [x] Called", "$$x^2$$", "take $\\frac{1}{2}$ of it", "\\newpage Call us",
    "==Call us==", "~~Call us", "**Call us", "Call us** now", "H~2~O", "x^2^", "2^3", "Term\n: Call us", "##Call us", "a | b | c", "[Call us](", "[[Call us]]", "[Call us] (x) [^1]", "a &amp;nbsp; b",
    "<div>Call us [@clinic]</div>", "<div>[=dn-mild]</div>",
]  # fmt: skip


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_that_was_not_understood_never_reaches_a_patient(mark: str) -> None:
    """Near misses and other tools' marks are refused in text, in tables and captions, with the mark and what to do."""
    assert re.search(r"^a text cell that begins", told(mark))


@pytest.mark.parametrize("source", ["قل «توقف» في أي وقت.", "اقرأ «أخبرنا أولًا».", "Il dit « stop »."])
def test_words_in_angle_quotes_are_no_fields(source: str) -> None:
    """A language that quotes words as Word marks its fields may do so: what is no name of a field stands on the page."""
    assert re.findall(r"\w+", source) == re.findall(r"\w+", unescape(re.sub(r"<[^>]*>", " ", shown(source))))


@pytest.mark.parametrize(
    "mark",
    [
        *(mark for mark in MARKS[:-2] if mark != "[=dn-mild]"),
        "**bold**",
        "<b>",
        "<br>",
        "&#39;",
        "[words](https://x.org)",
        "tab\x0blet",
        "\uf0b7 item",
        "Bo\ufffd",
    ],
)
@pytest.mark.parametrize("place", ["cell", "head", "caption", "alternative", "description", "picture"])
def test_tables_captions_and_pictures_are_looked_at_too(collection: Collection, place: str, mark: str) -> None:
    """What would be printed as it stands in a table's cell or head, a caption, an alternative or a drawing is refused."""
    from html import escape

    if "\n" in mark or mark in (
        "- [ ] Call us",
        "- [x] Called",
        "##Call us",
        "![A knee] (knee.png)",
        "[Call us](",
        "<div>",
        "a &amp;nbsp; b",
    ):
        mark = (
            mark.removeprefix("Term\n").partition("\n")[0].removeprefix("- ").removeprefix("> ")
            if "```" not in mark
            else "```"
        )
    written = escape(mark)
    if place in ("cell", "head"):
        cell, head = (written, "x") if place == "cell" else ("x", written)
        data = {
            "text/html": f'<table class="compared" id="table-x"><tr><th scope="col">{head}</th></tr><tr><td data-label="y">{cell}</td></tr></table>'
        }
        output = nbformat.v4.new_output("display_data", data)
    else:
        say = {"title": "T", "caption": "C", "alt": "What it shows", "description": ["D"], "name": "x"}
        say |= {"caption": {"caption": mark}, "alternative": {"alt": mark}, "description": {"description": [mark]}}.get(
            place, {}
        )
        words = written if place == "picture" else ""
        svg = f'<svg xmlns="http://www.w3.org/2000/svg"><title id="x-title">t</title><text x="1">{words}</text></svg>'
        output = nbformat.v4.new_output("display_data", {"image/svg+xml": svg}, metadata={"image/svg+xml": say})
    with pytest.raises(PageError):
        make_ready(output, Expander(collection), {"first_name": NAME})


def test_fields_facts_and_words_work_in_tables_and_captions(collection: Collection) -> None:
    """In a table's cell and in a caption a detail, a field, a fact with its source, a word to teach and a citation are what they are in text."""
    html = '<table class="compared"><tr><th>{{ clinic_name }} [@brady2014]</th></tr><tr><td data-label="{{ clinic_name }} [@brady2014]">{{ clinic_phone }}, {{ first_name }}, [=dn-mild] [?qi] [@brady2014]</td></tr></table>'
    output = nbformat.v4.new_output("display_data", {"text/html": html})
    make_ready(output, Expander(collection), {"first_name": NAME})
    made = output.data["text/html"]
    assert "555-0100" in made
    assert 'data-field="first_name"' in made
    assert "out of" in made.lower() or "of every" in made.lower()
    assert "<strong>qi</strong>" in made
    assert re.search(r'data-label="[^"\[{]+"', made)
    say = {"title": "At {{ clinic_name }}", "caption": "Call {{ clinic_phone }}. [@brady2014]", "alt": "A", "name": "x"}
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><title id="x-title">t</title></svg>'
    output = nbformat.v4.new_output("display_data", {"image/svg+xml": svg}, metadata={"image/svg+xml": say})
    make_ready(output, Expander(collection), {})
    assert output.metadata["image/svg+xml"]["caption"] == "Call 555-0100. [@brady2014]"


@pytest.mark.parametrize(
    "source",
    [
        "> A quotation stays.",
        "$5 to $10, or $$20",
        "a_b_c and 2 * 3 * 4",
        "Name: ______ Date: ......",
        "**Bold**, *so*",
        "- 3 days\n- 5 days",
        "100% & more #1",
    ],
)
def test_what_is_meant_as_it_stands_is_left(source: str) -> None:
    """Prices, lines to write on, quotations and signs between spaces are no marks."""
    assert re.search(r"\w", shown(source))


@pytest.mark.parametrize(
    "source",
    [
        "- >38.5 C of fever",
        "- >=3 bruises",
        ">3 days",
        "1. > 5 times",
        "Call us if it is\n>38.5 C",
        ">> 4",
        "  * >= 2",
        "3*4*5 mg",
        "2**3",
    ],
)
def test_signs_that_markdown_eats_are_refused(source: str) -> None:
    """A sign that would be taken for a quotation or a mark, and be lost before a number, is refused with what to write."""
    assert "is lost" in told(source)


@pytest.mark.parametrize("row", ["| a | b | c |", "| a |", "a | b | c"])
def test_a_ragged_table_is_refused_by_its_row(row: str) -> None:
    """A table one of whose rows has more or fewer cells than its head is refused, naming the row."""
    why = told(f"| x | y |\n|---|---|\n| 1 | 2 |\n{row}\n\nText.")
    assert row in why
    assert "and its head has 2" in why
    assert "<table>" in shown("| x | y |\n|---|---|\n| 1 | 2 \\| 3 |\n\nText.")


@pytest.mark.parametrize(
    "sign", ["\uf0b7", "\uf0fc", "\ue000", "\U000f0001", "\x0b", "\x00", "\x85", "\ufffd", "\u202e", "\u2066", "\u2028"]
)
def test_characters_that_nobody_can_read_are_refused_with_their_place(sign: str) -> None:
    """Word's private characters, controls and signs that turn text around are named with the words before them, written as entities too."""
    assert f"U+{ord(sign):04X} after 'Take one'" in told(f"First.\n\nTake one{sign} tablet.")
    if unescape(f"&#{ord(sign)};") == sign:
        assert "shows as nothing or as a box" in told(f"First.\n\nTake one&#{ord(sign)}; tablet.")


@pytest.mark.parametrize(
    "url",
    [
        "which-treatment-is-right.ipynb",
        "../data/article.txt",
        "file:///etc/passwd",
        "javascript:x()",
        "//evil.example",
        "whatsapp:1",
        "webcal://x",
        "data:text/html,x",
        "page.html",
        "C:\\x",
    ],
)
@pytest.mark.parametrize("form", ["[words]({})", '<a href="{}">words</a>', "[words][1]\n\n[1]: {}"])
def test_a_link_that_leads_nowhere_is_refused(url: str, form: str) -> None:
    """An address that a patient's phone cannot open is refused, however it is written."""
    assert "leads nowhere on a patient's phone" in told(form.format(url)) or "was not understood" in told(
        form.format(url)
    )


@pytest.mark.parametrize(
    "url",
    ["https://medlineplus.gov/", "mailto:a@example.org", "tel:555-0100", "sms:+15550100", "geo:40.7,-74.0", "#safety"],
)
def test_addresses_of_phones_work(url: str) -> None:
    """Web pages, mail, telephone, messages, maps and places on the page are kept as they are."""
    assert f'href="{url}"' in shown(f"[words]({url})")


def test_a_link_to_a_place_that_no_page_has_is_refused() -> None:
    """A link within the page needs its place there."""
    check_links('<h2 id="a">A</h2><a href="#a">A</a>')
    with pytest.raises(PageError, match="#nowhere, which is no place on the page"):
        check_links('<h2 id="a">A</h2><a href="#nowhere">A</a>')


@pytest.mark.parametrize(
    "source",
    [
        "<!--" * 10_000, "[?" * 20_000, "[=a" * 13_000, "[^" * 20_000, "{{ " * 13_000, "![" * 20_000, "<a " * 13_000, '<a href="' * 4_000, "<b>" * 13_000, "> " * 20_000,
        "- " * 20_000, "* a\n " * 8_000, "|" * 40_000, "| a " * 10_000 + "\n" + "|---" * 10_000, "$" * 40_000, "==" * 20_000, "`" * 40_000, "*" * 40_000, "_" * 40_000, "[a](" * 10_000,
        "&" * 40_000, "<" * 40_000, "a\\" * 20_000, "![](attachment:" * 2_700, "x" * 300_000, "-->" * 13_000, "]" * 40_000, "~" * 40_000, "|-|\n" * 13_000, " " * 40_000 + "x", "." * 40_000 + "x",
    ],
    ids=lambda source: source[:8],
)  # fmt: skip
def test_no_text_keeps_anybody_waiting(collection: Collection, source: str) -> None:
    """Forty thousand characters made to be slow are answered, or refused, within seconds."""
    start = time.process_time()
    cell = text_cell(source)
    cell.id = "cell"
    try:
        cell.source = Expander(collection).expand(source)
        check_words(markdown(cell, {}, {}, ENGLISH))
        split(source)
    except PageError:
        pass
    assert time.process_time() - start < 5


def test_a_notebook_too_large_to_show_is_refused_at_once() -> None:
    """A notebook of 50 MB is refused by its size, before it is read."""
    with pytest.raises(Exception, match="has 50 MB and may have 30. Make its pictures smaller"):
        parse(b" " * 50_000_000, "notebooks/t.ipynb")


def test_the_whole_page_is_looked_at_last() -> None:
    """A mark in what stands around the text, such as a label from a table, is found on the finished page."""
    check_page("<html><style>a { b }</style><body><p>All right.</p></body>")
    with pytest.raises(PageError, match="clinic_phone"):
        check_page("<html><body><p class='label'>Call {{ clinic_phone }}</p></body>")


@pytest.mark.parametrize(
    "name", ["Cl\f } } .safety{display:none} @page{", "a\x0bb", "a\x00b", 'a"b', "a\\b", "a\nb", "a</style>b"]
)
def test_a_name_cannot_leave_its_string_in_the_style_sheet(name: str) -> None:
    """A form feed, a quotation mark or a backslash in the clinic's name stays in the string."""
    assert re.fullmatch(r'"(?:[^"\\<\x00-\x1f]|\\[0-9a-f]+ )*"', css_string(name))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Call Dr. Smith at 9 a.m. on Monday.", 1), ("The U.S. study (see Fig. 2) found 3.5 vs. 4.", 1), ("It lasts e.g. two days, i.e. not long.", 1), ("Come at 9 a.m. Bring water.", 2),
        ("It eases pain. It lasts.", 2), ("Does it hurt? Not much!", 2), ("He said “stop.” Then we stopped.", 2), ("Take no. 5 first.", 1), ("Is it safe? No. Ask us.", 3), ("Mr. and Mrs. Lee vs. Prof. Wu.", 1),
        ("Wait approx. 5 minutes.", 1), ("Plan A. Then plan B.", 2), ("See www.example.org for more. Thanks.", 2), ("", 0), ("No mark at all", 1), ("Hepatitis B. Tell us.", 2),
    ],
)  # fmt: skip
def test_a_sentence_ends_where_it_ends(text: str, wanted: int) -> None:
    """Abbreviations, initials of countries, numbers and addresses do not cut a sentence; marks at its end do."""
    assert len(split(text)) == wanted
    assert "".join(split(text)).replace(" ", "") == text.replace(" ", "")


def test_a_citation_belongs_to_the_sentence_that_it_follows_or_stands_in() -> None:
    """Sources after a sentence, inside one, and several are given to the right sentence, and to no other."""
    assert list(sentences("One. [@a] Two [@b] goes on. Three, says Dr. Lee. [@c; @d] Four.")) == [
        ("One.", ["a"]), ("Two goes on.", ["b"]), ("Three, says Dr. Lee.", ["c", "d"]), ("Four.", []),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("## When to stop <!-- by MB -->\nStop if you bleed.", ["When to stop", "Stop if you bleed."]), ("- one <!-- a -->\n- two", ["one", "two"]), ("Text <!-- a -->\n## Heading", ["Text", "Heading"]),
        ("Do not take<!-- a -->\nmore than 4", ["Do not take\nmore than 4"]), ("Stop. <!-- x -->\n\nNext", ["Stop.", "Next"]), ("One\n<!-- x -->\ntwo", ["One\ntwo"]),
    ],
)  # fmt: skip
def test_a_comment_joins_nothing_that_stands_apart(source: str, wanted: list[str]) -> None:
    """A comment at the end of a line leaves the line's end, and one on a line of its own goes with it."""
    assert re.findall(r">([^<>]+)</(?:p|li|h2)>", re.sub(r" (?=</)", "", shown(source))) == wanted


@pytest.mark.parametrize(
    "source",
    [
        "Date of birth: __/__/____",
        "Time: __:__",
        "BP: ___/___",
        "Dose __,__ mg",
        "(__) Yes (__) No",
        "Dial *67* first",
        "mL*3*day",
        "4*a*5",
    ],
)
def test_signs_that_are_taken_for_marks_are_refused(source: str) -> None:
    """A line to write on, or a sign between numbers, that Markdown would take for a mark is refused with what to write."""
    assert re.search("are lost|is lost", told(source))


@pytest.mark.parametrize("source", ["- > ½ tablet", ">.5", ">$5", "> -5", "> ~5 days", "> **5** days", "- - >5"])
def test_a_quotation_that_begins_with_a_number_is_refused(source: str) -> None:
    """However the number is written, the sign before it is not lost without a word."""
    assert "is lost" in told(source)


@pytest.mark.parametrize(
    "source",
    [
        "Your co-pay: $____ Your bill: $____", "Pay $5 at https://c.org/pay_now or $10 by mail.", "Open the attachment: it has exercises.", "Write to [nurse@clinic.org].", "At 9:30:15 or 8:05.",
        "Yes [ ] No [ ]", "Take 1/2 (½) a tablet.", "**Stop** now, *please*.", "3 * 4 * 5", "snake_case_word and user_name", "Pain (0-10): 7", "¿Duele? ¡No!", "a | b",
    ],
)  # fmt: skip
def test_ordinary_words_are_let_through(source: str) -> None:
    """Prices, blanks, addresses, times, brackets and Spanish marks are what they are."""
    assert re.search(r"\w", shown(source))


@pytest.mark.parametrize(
    "mark",
    [
        "[see @brady2014, p. 3]",
        "[-@brady2014]",
        "^[inline note]",
        '!!! warning "Stop"',
        "??? note",
        ".. warning::",
        ":warning: Call",
        "[TOC]",
        "[Call us] (https://a.org)",
        "<div>\nStop *now*\n</div>",
        "<div>\n_Stop_ now\n</div>",
        "[ ] Yes",
    ],
)
def test_marks_of_other_tools_are_refused_too(mark: str) -> None:
    """Pandoc's citations, Python-Markdown's and Sphinx's boxes, emoji names, and marks inside HTML are no words for patients."""
    assert "was not understood" in told(mark)


def test_html_in_text_is_held_to_its_sources_too() -> None:
    """Sentences in paragraphs, bullets and lines of HTML are sentences, each with its own source."""
    assert [words for words, _ in sentences("<p>It cures all. It is safe.</p>")] == ["It cures all.", "It is safe."]
    assert list(sentences("Stop the drug.<br>Call us. [@a]")) == [("Stop the drug.", []), ("Call us.", ["a"])]
    assert list(sentences("One. ([@a]) Two.")) == [("One.", ["a"]), ("Two.", [])]
    assert len(split("Sra. García llama.")) == 1
    assert (
        len(split("I live in the U.S. It cures."))
        == len(split("Wait… Then go."))
        == len(split("Dijo «pare.» Luego siga."))
        == 2
    )


def test_an_attribute_that_stands_twice_is_refused() -> None:
    """Of two addresses one reader of HTML takes the first, and another the last."""
    assert "has an attribute twice" in told('<a href="javascript:x" href="https://a.org">y</a>')
    assert "by a number that is none" in told("&#" + "0" * 10_000 + "65;")


def test_a_text_that_is_not_searched_for_a_mark_has_none() -> None:
    """Of a hundred thousand short texts made of marks, each in which a mark is found holds what is needed for it to be searched at all."""
    made = random.Random(17)
    pieces = [
        *"[]{}()<>«»!?:$\\=~*`_#^|&-.@; \nxa1",
        "attachment:",
        "[TOC]",
        "https:",
        "amp",
        "--",
        "==",
        "!!!",
        "???",
        "_x_",
    ]
    found = dict.fromkeys(pattern for _, pattern, _ in (*marks.MARKS, marks.HTML))
    for _ in range(100_000):
        text = "".join(made.choices(pieces, k=8))
        for needed, pattern, _ in (*marks.MARKS, marks.HTML):
            if pattern.search(text):
                found[pattern] = text
                assert any(one in text for one in needed), (text, pattern.pattern)
    assert None not in found.values()
