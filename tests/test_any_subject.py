"""The package knows no subject: collections about other things build, check clean, and carry no word of the first one."""

import csv
import dataclasses
import io
import re
import runpy
import subprocess
from collections.abc import Callable
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from matplotlib.colors import to_rgb

from conftest import ENGLISH, ICE, INHALER, NEEDLES, ROOT, copied, edit, now
from handouts.build.run import build_pages
from handouts.checks.findings import ERROR
from handouts.checks.run import check_collection, check_words
from handouts.collection import Collection, open_collection
from handouts.collection.rules import contrast
from handouts.errors import DataError, HandoutsError
from handouts.page import Variant, list_variants, make_page
from handouts.page.around import with_calls
from handouts.page.brand import accents, mix
from handouts.page.make import try_page
from handouts.show import diagram, draw_for, icons, picture, table
from handouts.show.shapes import COLOURS

TODAY = date(2026, 11, 27)
WORDS = re.compile(r"needl|acupunct|treatment|\b911\b", re.I)


def test_no_word_of_a_subject_stands_in_the_package() -> None:
    """No module, template, style or skeleton speaks of needles, acupuncture, treatments or one country's emergency number."""
    files = [
        path
        for path in (ROOT / "src").rglob("*")
        if path.suffix in {".py", ".j2", ".css", ".csv", ".ipynb", ".js", ".mplstyle"}
    ]
    assert len(files) > 100
    assert [str(path) for path in files if WORDS.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("root", [INHALER, ICE], ids=lambda root: root.name)
def test_another_subject_builds_and_checks_clean(root: Path, tmp_path: Path) -> None:
    """A collection without options and one with three make all their pages, check clean, and no page has a word of the first subject."""
    collection = open_collection(root)
    result = build_pages(collection, tmp_path)
    assert (result.failed, result.unready) == ([], [])
    assert [str(one) for one in check_collection(collection, TODAY) if one.severity == ERROR] == []
    for page in tmp_path.rglob("*.html"):
        if page.name != "scorecard.html":  # which quotes what standards ask
            assert not WORDS.search(re.sub(r"<style>.*?</style>", "", page.read_text(encoding="utf-8"), flags=re.S)), (
                page
            )


@pytest.mark.parametrize("root", [INHALER, ICE], ids=lambda root: root.name)
def test_a_batch_of_another_subject_is_made(
    root: Path, tmp_path: Path, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """A roster gives each person the page of their topic, audience and site."""
    topic = next(iter(open_collection(root).topics))
    (tmp_path / "roster.csv").write_text(f"id,topic,audience\n1,{topic},older-adult\n2,{topic},\n")
    done = run(
        "handouts", "batch", tmp_path / "roster.csv", "--out", tmp_path / "out", env={"HANDOUTS_COLLECTION": str(root)}
    )
    assert (done.returncode, len(list((tmp_path / "out").rglob("*.html")))) == (0, 2), done.stderr


@pytest.fixture
def three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Collection:
    """A copy of the collection with three options, which a test may change."""
    copied(ICE, tmp_path)
    monkeypatch.setenv("HANDOUTS_COLLECTION", str(tmp_path))
    draw_for()
    return open_collection(tmp_path)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("kind", ["paths", "grid", "overlap", "table"])
def test_any_number_of_options_is_drawn_and_told(three: Collection, count: int, kind: str) -> None:
    """With one option, or six, each kind of picture and a table show and tell every option, or say in a line how many they can."""
    names = [f"way-{at}" for at in range(1, count + 1)]
    (three.data / "options.csv").write_text(
        "topic,option,label\n" + "".join(f"ice-or-heat,{name},Way {name[-1]}\n" for name in names)
    )
    rows = {
        "paths": "option,step,text\n" + "".join(f"{name},1,Do it\n" for name in names),
        "grid": "option,question,text\n" + "".join(f"{name},Why?,So\n" for name in names),
        "overlap": f"shared,{','.join(names)}\nEases{',yes' * count}\n",
        "table": f"What,{','.join(names)}\nIt is{',this' * count}\n",
    }
    (three.data / "shown.csv").write_text(rows[kind])
    (three.data / "captions.csv").write_text(
        f"name,title,caption,alt,drawn_as,source\nshown,Shown,See.,Ways.,{kind},clinic\n"
    )
    labels = [f"Way {at}" for at in range(1, count + 1)]
    if kind == "table":
        assert list(table("shown").frame.columns) == labels
        assert [f"option-{at}" in table("shown").html() for at in range(1, count + 1)] == [True] * count
    elif kind == "overlap" and not 2 <= count <= 3:
        with pytest.raises(DataError, match=f"shows {count} options .* has 2 to 3"):
            diagram("shown")
    else:
        drawn = diagram("shown")
        told = " ".join(drawn.description)
        assert "Both: Eases." in told or "All: Eases." in told or all(label in told for label in labels)
        assert all(label in drawn.svg for label in labels) or kind == "overlap"


def test_topics_have_options_of_their_own_in_colours_of_their_own(three: Collection) -> None:
    """Two topics compare different things in one collection; options of a topic never share a colour, and a label is the same everywhere."""
    assert {name: option.colour for name, option in three.options.items()} == {
        "ice": 1,
        "heat": 2,
        "neither": 3,
        "rest": 1,
        "move": 2,
    }
    with (three.data / "options.csv").open("a") as file:
        file.write("rest-or-move,ice,Ice\n")
    assert now(three).options["ice"].colour == 1
    assert {now(three).options[name].colour for name in ("rest", "move")} == {2, 3}
    edit(three.data / "options.csv", "rest-or-move,ice,Ice", "rest-or-move,ice,Cold")
    with pytest.raises(DataError, match="is called 'Cold' here and 'Ice' above"):
        now(three).options


def test_balance_is_over_all_options(three: Collection) -> None:
    """A column with 1.36 times the words of another is told, whichever two of the three they are."""
    words = {"ice": 25, "heat": 22, "neither": 30}
    cells = ",".join(" ".join(["word"] * (many - 1)) + " [@clinic]" for many in words.values())
    (three.data / "three-ways.csv").write_text(f"What,{','.join(words)}\nIt,{cells}\n")
    told = [one.told for one in check_words(now(three))[0] if one.rule == "balance"]
    assert told
    assert all("for neither and" in one and "for heat" in one for one in told)


@pytest.mark.parametrize("count", [100, 1000])
def test_an_icon_array_has_as_many_marks_as_the_fact(three: Collection, count: int) -> None:
    """A fact out of a hundred is drawn with a hundred marks, one out of a thousand with a thousand."""
    edit(three.data / "facts.csv", "30,50,40,100,", f"30,50,40,{count},")
    drawn = icons("eased")
    assert drawn.alt.startswith(f"{count:,} marks.")
    assert f"In {count:,} people: about 40 said that it helped (dark)." in drawn.alt


def test_six_colours_stay_apart_for_every_kind_of_colour_blindness() -> None:
    """Any two of the six are further apart than 20 (CIE 1976), as seen without red, green or blue cones.

    The matrices are those of Machado, Oliveira and Fernandes (2009) for a severity of 1.
    """
    import numpy as np

    seen = [
        np.eye(3),
        np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
        np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
        np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
    ]  # fmt: skip
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])

    def lab(colour: str, matrix: np.ndarray) -> np.ndarray:
        rgb = np.array(to_rgb(colour))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        t = xyz @ np.clip(matrix @ linear, 0, 1) / np.array([0.95047, 1, 1.08883])
        f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
        return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])

    for matrix in seen:
        for one, other in combinations(COLOURS, 2):
            assert np.linalg.norm(lab(one, matrix) - lab(other, matrix)) > 20, (one, other)


def test_pictures_come_from_lucide_or_from_the_collection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step's picture is the collection's own file, else Lucide's of that name; an unknown one is told with the nearest."""
    monkeypatch.setenv("HANDOUTS_COLLECTION", str(INHALER))
    draw_for()
    drawn = diagram("puffs")
    assert "M8 2h8v12H8z" in drawn.svg  # inhaler.svg
    assert drawn.svg.count("<symbol") == drawn.svg.count("<use") == 3
    shown = picture("my-inhaler")._repr_mimebundle_()
    assert shown[1]["image/svg+xml"]["alt"] == "An inhaler: a can in a holder with a mouthpiece"
    assert "Picture: Example Clinic." in shown[1]["image/svg+xml"]["caption"]


def test_a_picture_that_cannot_be_shown_is_told(copy: Collection) -> None:
    """A name that nobody has, a file that is no drawing of shapes, and a picture without its file are told with what to do."""
    draw_for()
    edit(copy.data / "choice-path.csv", "target", "targett") if "target" in (
        copy.data / "choice-path.csv"
    ).read_text() else edit(copy.data / "choice-path.csv", "split", "splitt")
    with pytest.raises(DataError, match=r"no symbol of Lucide. Did you mean '(target|split)'"):
        diagram("choice-path")
    (copy.data / "pictures/splitt.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><script>x()</script></svg>'
    )
    with pytest.raises(DataError, match="has <script> in it"):
        diagram("choice-path")
    (copy.data / "pictures.csv").write_text(
        "picture,file,alt,title,caption,credit,source\nknee,knee.png,A knee,A knee,See.,,clinic\n"
    )
    with pytest.raises(DataError, match="knee.png: the file is missing"):
        picture("knee")


def test_readers_of_a_site_get_its_own_numbers_everywhere() -> None:
    """A page for a site names its phone, address and emergency number, and nowhere the other site's."""
    collection = open_collection(ICE)
    pages = {
        one.values["site"]: make_page(collection, one).html
        for one in list_variants(collection, ["ice-or-heat"], {"audience": "older-adult"})
    }
    assert "555-0177" in pages["hill"]
    assert '<a href="tel:112">112</a> at once' in pages["hill"]
    assert "7 Hill Street" in pages["hill"]
    assert "555-0100" not in pages["hill"]
    assert "555-0177" not in pages["river"]


def test_the_clinics_numbers_in_the_safety_text_can_be_called(copy: Collection) -> None:
    """A number of the clinic's is a link to call, once, also where an author made it one; a longer number is left alone."""
    clinic = dataclasses.replace(now(copy).clinic, phone="555-0100", evening_phone="555-01")
    link = '<a href="tel:555-0100">555-0100</a>'
    assert with_calls("Call 555-0100.", clinic) == f"Call {link}."
    assert with_calls(f"Call {link}.", clinic) == f"Call {link}."
    assert with_calls('<img alt="555-0100"> 555-01002', clinic) == '<img alt="555-0100"> 555-01002'
    assert with_calls("At night 555-01", clinic) == 'At night <a href="tel:555-01">555-01</a>'
    assert with_calls("Call 911.", clinic, "911") == 'Call <a href="tel:911">911</a>.'
    assert with_calls("Call 999 or 112.", clinic, "999 or 112") == "Call 999 or 112."


def test_a_clinics_brand_is_on_its_pages() -> None:
    """Logo, colour, hours, the number for evenings, e-mail and the collection's own style stand on each page."""
    collection = open_collection(INHALER)
    html = make_page(collection, list_variants(collection)[0]).html
    for there in (
        'alt="The logo of Example Breathing Clinic"', "--accent: #00564c", "Open: Monday to Friday, 8 to 17.", "tel:555-0199",
        "mailto:help@clinic.example", "h1 { letter-spacing: .01em; }",
    ):  # fmt: skip
        assert there in html


@pytest.mark.parametrize(
    ("file", "before", "after", "told"),
    [
        ("clinic.csv", "paper,A4", "paper,A4\ncolour,#ffd700", "has a contrast of 1.4:1 with white, and needs 4.5:1"),
        ("clinic.csv", "paper,A4", "paper,A4\nemail,nobody", "write an address such as"),
        ("clinic.csv", "paper,A4", "paper,A4\nlogo,none.png", "data/pictures/none.png is not there"),
        ("audiences.csv", "#7a1d4b", "#eeeeee", "has a contrast of 1.2:1 with white"),
    ],
)
def test_a_brand_that_harms_reading_is_refused(copy: Collection, file: str, before: str, after: str, told: str) -> None:
    """A colour too pale to read, an address that is none, and a logo that is not there are told with what to do."""
    edit(copy.data / file, before, after)
    failure = ""
    try:
        one = next(one for one in list_variants(now(copy)) if one.values["audience"] == "older-adult")
        failure = try_page(now(copy), one).failure or ""
    except HandoutsError as error:
        failure = str(error)
    assert told in failure


@pytest.mark.parametrize(
    "css", ["@import 'x';", "p { background: url(http://x.example/a.png) }", "</style><script>x()</script>"]
)
def test_a_style_that_asks_another_machine_is_refused(copy: Collection, css: str) -> None:
    """A collection's own style sheet may neither load anything nor end the page's."""
    (copy.data / "theme.css").write_text(css)
    assert "data/theme.css" in (try_page(now(copy), list_variants(now(copy))[0]).failure or "")


@pytest.mark.parametrize(
    "css",
    [".safety { display : NONE }", "li { font-size:0 }", "h2::after { content: 'No risk' }", "section { opacity: 0 }"],
)
def test_a_style_that_could_hide_words_is_refused(copy: Collection, css: str) -> None:
    """A collection's own style sheet may neither hide what a page says nor say anything itself."""
    (copy.data / "theme.css").write_text(css)
    assert "data/theme.css" in (try_page(now(copy), list_variants(now(copy))[0]).failure or "")


def test_a_collection_says_a_block_of_its_pages_in_its_own_way(copy: Collection) -> None:
    """Letterhead, contact and imprint are said as the collection's own templates say them, with what pages say without them."""
    blocks = copy.data / "blocks"
    blocks.mkdir()
    (blocks / "letterhead.html").write_text(
        "{{ usual }}<p>Part of <b>Example Hospital</b>{% for label in labels %}, {{ label }}{% endfor %}</p>"
    )
    (blocks / "contact.html").write_text("<p>Ring {{ clinic.phone }}. A nurse answers.</p>")
    (blocks / "imprint.html").write_text("<p>{{ review }} <small>{{ version }}</small></p>")
    page = make_page(now(copy), list_variants(now(copy))[0])
    text = BeautifulSoup(page.html, "html.parser")
    assert "Part of Example Hospital, " in text.header.get_text()
    assert text.header.select_one("p.clinic")
    assert text.footer.get_text(" ", strip=True).endswith(page.version)
    assert 'href="tel:' in str(text.footer)
    assert "A nurse answers." in text.footer.get_text()
    assert text.select_one("section.safety")


@pytest.mark.parametrize(
    ("name", "template", "told"),
    [
        ("letterhead", "<p>{{ clinic.name }}</p>", "does not say '555"),
        ("letterhead", "{{ usual }}<style>p { color: red }</style>", "<style> has no place"),
        ("letterhead", "{{ usual }}<!-- ", "not whole"),
        ("letterhead", "{{ usual }}{{ usual }}", "stands once"),
        ("letterhead", '<p lang="{{ usual }}">{{ usual }}</p>', "stands once"),
        ("contact", "<p>Write to us.</p>", "does not say '555"),
        ("imprint", "<p>{{ review }}</p>", "does not say 'the version'"),
        ("imprint", "<p>{{ version }}</p>", "does not say '"),
        ("imprint", "<p>{{ nobody }}</p>", "'nobody' is undefined"),
        ("imprint", "{{ usual.__class__.__mro__ }}", "unsafe"),
        ("imprint", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "unsafe"),
        ("imprint", "{{ 'x' * 1000000000 }}", "has no place"),
        ("imprint", "{% for one in range(10) %}x{% endfor %}", "'range' is undefined"),
        ("imprint", "{% include 'x' %}", "no loader"),
        ("imprint", "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "recursion"),
        ("imprint", "{% block", "unexpected end"),
        ("safety", "", "a page has no such block"),
    ],
)  # fmt: skip
def test_a_block_that_loses_or_runs_something_is_refused(copy: Collection, name: str, template: str, told: str) -> None:
    """A template that can run, load or hide anything, or leaves out what a page must say, makes no page; its file is named."""
    (copy.data / "blocks").mkdir()
    (copy.data / "blocks" / f"{name}.html").write_text(template)
    failure = try_page(now(copy), list_variants(now(copy))[0]).failure or ""
    assert f"data/blocks/{name}.html" in failure, failure
    assert told in failure, failure


@pytest.mark.parametrize("colour", ["#00564c", "#54297a", "#7a1d4b", "#1f3a5f", "#767676"])
def test_a_clinics_colour_can_be_read_in_the_dark_too(colour: str) -> None:
    """The colour of headings made for dark screens has a contrast of 4.5:1 with their ground and with boxes on it (WCAG 2.2, 1.4.3)."""
    dark = re.findall(r"--accent: (#\w{6}); --accent-shade: (#\w{6})", accents(colour))[1]
    for ground in ("#16181c", dark[1]):
        assert contrast(ground) / contrast(dark[0]) >= 4.5, (colour, dark)
    assert mix("#000000", "#ffffff", 1) == "#ffffff"


def test_a_third_treatment_needs_tables_only(copy: Collection) -> None:
    """A third option added to the needle collection by its tables is in the table and the pictures, with a colour, and pages are made."""
    with (copy.data / "options.csv").open("a") as file:
        file.writelines(f"{topic},massage,Massage\n" for topic in copy.topics)
    path = copy.data / "treatment-goals.csv"
    rows = list(csv.reader(io.StringIO(path.read_text())))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(
        [*rows[0], "massage"] if at == 0 else [*row, "yes" if at == 5 else "no"] for at, row in enumerate(rows)
    )
    path.write_text(out.getvalue())
    draw_for()
    drawn = diagram("treatment-goals")
    assert "All: Pain." in drawn.description
    assert COLOURS[2] in drawn.svg
    made = try_page(
        now(copy), Variant("which-treatment-is-right", {"audience": "general", "level": "original", "size": "normal"})
    )
    assert made.failure is None


def test_every_word_of_the_package_comes_from_its_catalogue(copy: Collection) -> None:
    """A collection says any phrase in its own words; one with other words in braces, or a language without words, is refused."""
    (copy.data / "phrases.csv").write_text("phrase,text\nskip,Jump\nquestions,Ask {clinic}: {phone}!\n")
    html = make_page(now(copy), list_variants(now(copy))[0]).html
    assert ">Jump<" in html
    assert "Ask <strong>Example Clinic</strong>: <a" in html
    (copy.data / "phrases.csv").write_text("phrase,text\nquestions,Ask us!\n")
    with pytest.raises(DataError, match="needs the same words in braces"):
        now(copy).check()
    (copy.data / "phrases.csv").unlink()
    edit(copy.data / "clinic.csv", "language,en", "language,fr")
    with pytest.raises(DataError, match="there are no words for pages in 'fr'"):
        now(copy).check()


def test_every_phrase_is_used() -> None:
    """Each phrase of the catalogue is asked for by some template or module."""
    code = "".join(path.read_text() for path in (ROOT / "src").rglob("*") if path.suffix in {".py", ".j2", ".js"})
    dynamic = re.compile(r"scorecard_(fails|ready|declared|people|none|software|author|by_people)|page_of")
    assert [name for name in ENGLISH.texts if f'"{name}"' not in code and not dynamic.fullmatch(name)] == []


def test_the_page_on_tables_is_what_the_code_checks() -> None:
    """docs/tables.md is written from the declarations by which tables are read."""
    tables = runpy.run_path(str(ROOT / "scripts/tables.py"))  # leaves no compiled file among the scripts
    assert (ROOT / "docs/tables.md").read_text(encoding="utf-8") == tables["tell"]()


def test_the_first_collection_still_says_what_it_said() -> None:
    """The needle collection's safety text is as recorded."""
    assert [
        told
        for topic in open_collection(NEEDLES).topics.values()
        for told in open_collection(NEEDLES).safety_changes(topic)
    ] == []
