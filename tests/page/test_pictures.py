"""pictures.py: drawings that only draw, and photographs that are small, what they say, and without their history."""

import base64
import io
import os
import re
from pathlib import Path

import nbformat
import pytest
from PIL import Image

from conftest import ENGLISH, NEEDLES, now, text_cell
from handouts.checks.rules import LARGEST_PAGE
from handouts.checks.run import check_collection
from handouts.collection.folder import Collection
from handouts.errors import PageError
from handouts.page import make
from handouts.page.citations import Expander
from handouts.page.exporter import make_ready
from handouts.page.markup import markdown
from handouts.page.pictures import MOST_BYTES, check_drawing, shrink
from handouts.page.variant import Variant

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'


def photograph(width: int, height: int, kind: str = "JPEG", noise: bool = False, **options: object) -> bytes:
    """Return a picture of soft colours, as of a camera, or of noise."""
    picture = Image.effect_noise((width, height), 90) if noise else Image.linear_gradient("L").resize((width, height))
    file = io.BytesIO()
    Image.merge("RGB", [picture, picture.rotate(180), picture]).save(file, kind, **options)
    return file.getvalue()


def shown(source: str, beside: Path | None = None, **attached: bytes) -> str:
    """Return the HTML of a text cell with pictures pasted into it, or lying beside its notebook."""
    cell = text_cell(source)
    cell.id = "cell"
    cell.attachments = {
        name.replace("_", " ") + ".png": {"image/png": base64.b64encode(content).decode()}
        for name, content in attached.items()
    }
    return markdown(cell, {}, {}, ENGLISH, beside=beside)


def picture_of(html: str) -> Image.Image:
    """Return the picture that a page holds."""
    found = re.search(r'src="data:image/(?:png|jpeg);base64,([^"]*)"', html)
    assert found
    return Image.open(io.BytesIO(base64.b64decode(found[1])))


@pytest.mark.parametrize(
    "alt",
    [
        "image.png",
        "IMG_2041.JPG",
        "image",
        "Screenshot 2026-11-26 at 10.15.02.png",
        "screenshot",
        "photo 1",
        "DSC_0042",
        "A knee.jpeg",
        "untitled",
        "WhatsApp Image 2026-11-26 at 10.15.02 AM",
        "",
        "  ",
    ],
)
@pytest.mark.parametrize("form", ["![{}](attachment:a.png)", '<img alt="{}" src="attachment:a.png">'])
def test_a_file_name_is_no_alternative(alt: str, form: str) -> None:
    """What programs put in the place of a text alternative is refused, and so is none."""
    with pytest.raises(PageError, match="the name of a file|has no text alternative"):
        shown(form.format(alt), a=photograph(10, 10))


@pytest.mark.parametrize(
    "form",
    [
        "![A knee](attachment:my knee.png)",
        "![A knee](attachment:my%20knee.png)",
        '<img alt="A knee" src="attachment:my knee.png" width="300">',
    ],
)
def test_a_pasted_picture_is_shown_however_it_is_named(form: str) -> None:
    """A name with spaces, as JupyterLab pastes it, and an img tag with a width are understood."""
    html = shown(form, my_knee=photograph(40, 30))
    assert 'alt="A knee"' in html
    assert picture_of(html).size == (40, 30)
    assert ('width="300"' in html) is ("width" in form)


def test_a_file_beside_the_notebook_is_shown(copy: Collection) -> None:
    """A picture in notebooks/ or data/ is part of the page; one elsewhere, on another machine or missing is refused with what to do."""
    (copy.notebooks / "a knee.jpg").write_bytes(photograph(40, 30))
    (copy.data / "pictures").mkdir(exist_ok=True)
    (copy.data / "pictures" / "b.png").write_bytes(photograph(20, 10, "PNG"))
    (copy.root / "secret.png").write_bytes(photograph(20, 10, "PNG"))
    assert picture_of(shown("![A knee](a%20knee.jpg)", copy.notebooks)).size == (40, 30)
    assert picture_of(shown("![A knee](../data/pictures/b.png)", copy.notebooks)).size == (20, 10)
    (copy.notebooks / "link.png").symlink_to(copy.root / "secret.png")
    for url, why in (
        ("../secret.png", "lies outside"), ("link.png", "lies outside"), ("none.png", "cannot be read"), ("https://example.org/x.png", "on another machine"),
        ("//example.org/x.png", "on another machine"), ("/etc/passwd", "lies outside"), ("../data/clinic.csv", "no PNG or JPEG"), ("attachment:x.png", "is not in the cell"),
    ):  # fmt: skip
        with pytest.raises(PageError, match=why):
            shown(f"![A knee]({url})", copy.notebooks)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_photograph_is_made_small_and_forgets_where_it_was_taken(kind: str) -> None:
    """Twelve megapixels with place, time and a turned camera become a small upright picture without any of that; twice the same bytes."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x9003] = "2026:11:26 10:15:02"
    exif.get_ifd(0x8825)[1] = "N"
    told, content = shrink(photograph(4000, 3000, kind, exif=exif))
    made = Image.open(io.BytesIO(content))
    assert len(content) <= MOST_BYTES
    assert made.size == (900, 1200)
    assert not made.getexif()
    assert b"2026:11:26" not in content
    assert told == f"image/{made.format.lower()}"  # type: ignore[union-attr]
    shrink.cache_clear()
    assert shrink(photograph(4000, 3000, kind, exif=exif)) == (told, content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"handouts",
        b"GIF89a",
        os.urandom(500),
        photograph(40, 30)[:200],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b'AAAA"><meta http-equiv=refresh>',
    ],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    """Bytes that are no whole PNG or JPEG are told, where they were pasted and where code shows them."""
    with pytest.raises(PageError, match="is damaged, or no PNG or JPEG"):
        shown("![A knee](attachment:a.png)", a=content)
    output = nbformat.v4.new_output(
        "display_data", {"image/png": base64.b64encode(content).decode()}, metadata={"image/png": {"alt": "A knee"}}
    )
    with pytest.raises(PageError, match="is damaged, or no PNG or JPEG"):
        make_ready(output, Expander(Collection(NEEDLES)), {})


def test_a_picture_that_cannot_be_small_is_refused() -> None:
    """Noise that no quality makes small, and more pixels than a phone takes, are refused before memory fills."""
    with pytest.raises(PageError, match="too much detail"):
        shrink(photograph(520, 690, noise=True, quality=95))
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (30000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    import zlib

    bomb = header + zlib.crc32(header[12:]).to_bytes(4, "big") + b"\0\0\0\0IEND\xaeB`\x82"
    with pytest.raises(PageError, match="30000 x 30000 pixels|no PNG or JPEG"):
        shrink(bomb)


def test_a_page_with_a_photograph_passes_every_check(clinic: Collection) -> None:
    """A pasted photograph with its own alternative makes a page of less than 150 kB about which `check` finds nothing; a second large one is told of."""
    topic = "which-treatment-is-right"
    nb = nbformat.read(clinic.notebook(topic), as_version=4)
    at = next(
        count
        for count, cell in enumerate(nb.cells)
        if cell.cell_type == "markdown" and "level:plain" in cell.metadata.get("tags", []) and "##" in cell.source
    )
    cell = nbformat.v4.new_markdown_cell(
        "![A therapist shows where a needle goes](attachment:IMG 2041.JPG)",
        id="photo",
        metadata={"tags": ["level:plain"]},
    )
    cell.attachments = {"IMG 2041.JPG": {"image/jpeg": base64.b64encode(photograph(4000, 3000)).decode()}}
    nb.cells.insert(at + 1, cell)
    nbformat.write(nb, clinic.notebook(topic))
    from datetime import date

    assert [str(one) for one in check_collection(now(clinic), date(2026, 11, 26), [topic])] == []
    made = make.try_page(now(clinic), Variant(topic, {"audience": "general", "level": "plain", "size": "normal"}))
    assert made.page, made.failure
    assert len(made.page.html.encode()) < LARGEST_PAGE


HOSTILE = [
    "<script>x()</script>", "<style>.safety{display:none}</style>", "<foreignObject/>", "<image href='#a'/>", "<a href='#a'><text>x</text></a>", "<animate/>", "<set/>", "<iframe/>", "<svg onload='x()'/>",
    "<path d='M0 0' onclick='x()'/>", "<path style='position:fixed'/>", "<path style='fill:url(http://x.org/a)'/>", "<path fill='url(http://x.org)'/>", "<path class='skip'/>", "<g id='safety'/>", "<use href='http://x.org/a#b'/>",
    "<use xlink:href='data:image/svg+xml,x'/>", "<path style='fill:red;background:url(x)'/>", "<text>{{ first_name }}</text>", "<text>[@brady2014]</text>", "<g>loose words</g>", "<!-- x -->", "<?x y?>", "<title><script/></title>",
    "<desc><title/></desc>", "<title>{{ x }}</title>", "<g/>tail", "<tspan>[@x]</tspan>", "<a:g xmlns:a='http://www.w3.org/2000/svg'/>",
    "<path style=\"fill: red; } .safety { display: none\"/>", "<path fill='url(#a) url(http://x)'/>", "<g id='x-a'><use href='#x-a'/></g>",
    "<defs><g id='x-1'><path d='M0 0'/></g><g id='x-2'><use href='#x-1'/><use href='#x-1'/></g></defs><use href='#x-2'/>",
]  # fmt: skip


@pytest.mark.parametrize("drawing", HOSTILE)
def test_a_drawing_only_draws(drawing: str) -> None:
    """Elements, attributes and styles that could run, load, hide, cover, repeat without end, or be taken for a part of the page are refused."""
    with pytest.raises(PageError, match=r"shows a drawing|was not understood"):
        check_drawing(SVG.format(drawing), "x")


@pytest.mark.parametrize(
    "svg",
    [
        "",
        "<svg",
        "<svg></svg><meta http-equiv='refresh' content='0;url=http://x.org'>",
        "<p>x</p>",
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg/>',
        "<svg/onload=x()>",
        "\ud800",
    ],
)
def test_what_is_no_drawing_is_refused(svg: str) -> None:
    """Anything but one whole SVG element is refused, in both drawings of a figure."""
    with pytest.raises(PageError, match="shows a drawing"):
        check_drawing(svg, "x")
    say = {"name": "x", "title": "T", "caption": "C", "alt": "A"}
    data = {"image/svg+xml": SVG.format(""), "application/vnd.handouts.narrow+svg": svg}
    output = nbformat.v4.new_output("display_data", data, metadata={"image/svg+xml": say})
    with pytest.raises(PageError, match="shows a drawing"):
        make_ready(output, Expander(Collection(NEEDLES)), {})


def test_drawings_of_other_tools_are_welcome_where_they_only_draw() -> None:
    """Groups, gradients, clips, markers used once, rotated words and numbers with signs pass."""
    check_drawing(
        SVG.format(
            '<title id="x-t">A knee</title><defs><path id="x-p" d="M 0 0"/><clipPath id="x-c"><rect x="0" y="0" width="1" height="1"/></clipPath></defs><g clip-path="url(#x-c)" transform="rotate(-90)">'
            '<use xlink:href="#x-p" x="1" style="fill: #1f77b4; stroke: none"/><circle cx="1" cy="1" r="1" fill="none"/><text x="0" y="1" style="font: 10px \'DejaVu Sans\', sans-serif">5 % (+2)</text></g>'
        ),
        "x",
    )


def test_a_table_of_pandas_is_refused_with_what_to_use(copy: Collection) -> None:
    """A DataFrame or a Styler as the last line names its cell and says to use table()."""
    topic = "which-treatment-is-right"
    nb = nbformat.read(copy.notebook(topic), as_version=4)
    nb.cells.append(nbformat.v4.new_code_cell("import pandas\npandas.DataFrame({1: [2]})", id="frame"))
    nbformat.write(nb, copy.notebook(topic))
    made = make.try_page(now(copy), Variant(topic, {"audience": "general", "level": "plain", "size": "normal"}))
    assert made.failure
    assert re.search(r'cell \d+ \("import pandas"\): shows a table of pandas.*table\("NAME"\)', made.failure)


def test_cells_that_jupyter_hides_are_not_printed(copy: Collection) -> None:
    """Text tagged remove-cell or hide-cell, slide notes, and the output of hidden code are on no page; what the code does is done."""
    topic = "which-treatment-is-right"
    nb = nbformat.read(copy.notebook(topic), as_version=4)
    for count, metadata in enumerate(
        (
            {"tags": ["remove-cell"]},
            {"tags": ["hide_cell"]},
            {"slideshow": {"slide_type": "notes"}},
            {"slideshow": {"slide_type": "skip"}},
        )
    ):
        nb.cells.append(
            nbformat.v4.new_markdown_cell(f"Hidden words {count} [@clinic]", id=f"hidden-{count}", metadata=metadata)
        )
    nb.cells.append(
        nbformat.v4.new_code_cell("print('Hidden words')\nonce = 2", id="code", metadata={"tags": ["remove-cell"]})
    )
    nb.cells.append(nbformat.v4.new_code_cell("assert once == 2", id="uses"))
    nbformat.write(nb, copy.notebook(topic))
    made = make.try_page(now(copy), Variant(topic, {"audience": "general", "level": "plain", "size": "normal"}))
    assert made.page, made.failure
    assert "Hidden words" not in made.page.html
