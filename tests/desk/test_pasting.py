"""What is pasted from Word, Google Docs and web pages, as these programs put it on the clipboard."""

import pytest

from handouts.collection.phrases import Phrases, read_catalogue
from handouts.desk.pasting import read_pasted

SAY = Phrases(read_catalogue("en"))
WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word"><head>
<meta name=Generator content="Microsoft Word 15"><style><!-- p.MsoNormal {margin:0in;} --></style>
<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml><![endif]--></head><body lang=EN-US>
<!--StartFragment-->
<p class=MsoTitle>Before your visit<o:p></o:p></p>
<h1>What to bring<o:p></o:p></h1>
<p class=MsoNormal>Bring your <b style='mso-bidi-font-weight:normal'>medicine list</b> and <a href="https://example.org/form">this
form</a>.<a style='mso-comment-reference:A_1;mso-comment-date:20260101T0900'><span class=MsoCommentReference><a href="#_msocom_1">[A1]</a></span></a>
<del cite="mailto:A"> Bring a friend.</del><a style='mso-footnote-id:ftn1' href="#_ftn1"><sup>[1]</sup></a></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-.25in;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='font-family:Symbol'><span style='mso-list:Ignore'>\u00b7<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp; </span></span></span><![endif]>Pills<o:p></o:p></p>
<p class=MsoListParagraphCxSpMiddle style='margin-left:1.0in;mso-list:l0 level2 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>o<span>&nbsp;</span></span><![endif]>in their boxes</p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>\u00b7<span>&nbsp;</span></span><![endif]>Inhalers</p>
<p class=MsoNormal>Then:</p>
<p class=MsoListParagraphCxSpFirst style='mso-list:l1 level1 lfo2'><![if !supportLists]><span style='mso-list:Ignore'>1.<span>&nbsp;</span></span><![endif]>Sit down</p>
<p class=MsoListParagraphCxSpLast style='mso-list:l1 level1 lfo2'><![if !supportLists]><span style='mso-list:Ignore'>2.<span>&nbsp;</span></span><![endif]>Wait</p>
<h2>How much</h2>
<table class=MsoTableGrid border=1><tr><td><p class=MsoNormal><b>Weight</b></p></td><td><p class=MsoNormal><b>Dose</b></p></td></tr>
<tr><td><p class=MsoNormal>&lt;50&nbsp;kg</p></td><td><p class=MsoNormal>5 mg | 10<sup>3</sup> units</p></td></tr></table>
<p class=MsoNormal><img width=100 src="file:///C:/a.png"><span style='display:none;mso-hide:all'>secret</span>Done.</p>
<!--EndFragment--></body></html>"""
IN_MARKDOWN = """## Before your visit

## What to bring

Bring your **medicine list** and [this form](https://example.org/form).

- Pills
  - in their boxes
- Inhalers

Then:

1. Sit down
2. Wait

### How much

| **Weight** | **Dose** |
| --- | --- |
| <50 kg | 5 mg \\| 10³ units |

Done."""
DOCS = """<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-1"><h2 dir="ltr"><span style="font-weight:400">After</span></h2>
<p dir="ltr"><span style="font-weight:400">Rest. </span><span style="font-weight:700">Do not drive</span><span style="font-style:italic"> today</span>.</p>
<ul><li dir="ltr"><p dir="ltr" role="presentation"><span style="font-weight:400">Drink</span></p></li>
<li dir="ltr"><p dir="ltr"><span style="font-weight:400">Eat</span></p></li></ul>
<p><span style="text-decoration:line-through">Run.</span><span style="text-decoration:none">Walk.</span></p></b><br class="Apple-interchange-newline">"""


def paste(html: str) -> str:
    """Return the Markdown of what is pasted."""
    return read_pasted(html, SAY).text


def test_a_text_from_word_keeps_what_a_page_can_say_and_tells_the_rest() -> None:
    """Headings, two levels of lists, numbered steps, bold, links and tables stay; deleted, hidden and commented words go, and that is told."""
    pasted = read_pasted(WORD, SAY)
    assert pasted.text == IN_MARKDOWN
    assert [line.split(":")[1].split(".")[0].strip() for line in pasted.left_out] == [
        "pictures", "words that were struck out or deleted", "comments", "footnotes",
    ]  # fmt: skip


def test_a_text_from_google_docs_keeps_its_bold_and_only_that() -> None:
    """The bold wrapper that Docs puts around everything is no bold; what is bold by style is; struck out words go."""
    assert paste(DOCS) == "## After\n\nRest. **Do not drive** *today*.\n\n- Drink\n- Eat\n\nWalk."


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>10<sup>-3</sup> mol, CO<sub>2</sub>, 1<sup>st</sup></p>", "10⁻³ mol, CO₂, 1st"),
        ("<p>a * b and snake_case</p>", r"a \* b and snake\_case"),
        ("<p>If x &lt;b then</p>", r"If x \<b then"),
        ("<div>one</div><div>two</div>", "one\n\ntwo"),
        ("<p>one<br>two</p>", "one\\\ntwo"),
        ("<p>See <a href='#below'>below</a> or <a href='javascript:x()'>this</a></p>", "See below or this"),
        ("<a href='tel:+15550100'>555-0100</a>", "[555-0100](tel:+15550100)"),
        ("<h3>a</h3><h5>b</h5><h3>c</h3>", "## a\n\n### b\n\n## c"),
        ("<h1><strong>Bold title</strong></h1>", "## **Bold title**"),
        ("<table><thead><tr><th>a<th>b</tr></thead><tr><td>1<br>2<td><ul><li>x<li>y</ul></tr></table>", "| a | b |\n| --- | --- |\n| 1 2 | x y |"),
        ("<script>alert(1)</script><p onclick='x()'>Hi</p>", "Hi"),
        ("plain", "plain"),
        ("", ""),
        ("<p>soft\u00adhyphen, no\u200bthing</p>", "softhyphen, nothing"),
        ("<p><b></b>x<b> </b>y</p>", "x y"),
    ],
)  # fmt: skip
def test_no_number_and_no_word_becomes_another(html: str, text: str) -> None:
    """Raised digits stay raised, marks of Markdown stay characters, headings skip no level, scripts go."""
    assert paste(html) == text


def test_what_is_lost_of_a_table_or_a_link_is_told() -> None:
    """Merged cells, links into a file, underlining: each is one line."""
    pasted = read_pasted(
        "<table><tr><td colspan=2>a</td></tr></table><p><a href='file:///C:/x.docx'>f</a> <u>u</u></p>", SAY
    )
    assert len(pasted.left_out) == 3
    assert pasted.text.endswith("f u")
