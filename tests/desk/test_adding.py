"""adding.py, insertions.py: what is not there yet, added from Insert: a picture from this computer, a number, a word."""

import base64
import csv
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from test_desk import LAB, NOTEBOOK, Desk, Server, cell_of, picture, until

from handouts.collection.folder import Collection
from handouts.page import Variant, make_page

WORDS = {
    "title": "Stretch your calf",
    "caption": "Keep the heel down.",
    "alt": "A person leans on a wall and stretches a calf.",
}


def a_photograph() -> bytes:
    """Return a photograph that says where it was taken."""
    file, noted = io.BytesIO(), Image.Exif()
    noted[0x010E] = "Maya Smith, room 7"
    Image.effect_noise((1600, 1200), 60).convert("RGB").save(file, "JPEG", exif=noted)
    return file.getvalue()


def send(server: Server, file: str, content: bytes, **words: str) -> tuple[int, Any]:
    """Hand a picture over."""
    return server.ask(
        "/handouts/picture", "POST", {"file": file, "content": base64.b64encode(content).decode(), **words}
    )


def test_a_photograph_is_kept_small_and_without_what_a_camera_noted(fresh: Server) -> None:
    """A photograph gets a name of its own and a row, is small, and says no more where or of whom it was taken; a second one has another name."""
    for name in ("stretch-your-calf", "stretch-your-calf-2"):
        assert send(fresh, "IMG_0001.JPG", a_photograph(), **WORDS) == (201, {"name": name})
        kept = (fresh.root / "data/pictures" / f"{name}.jpg").read_bytes()
        assert len(kept) <= 60_000
        assert b"Maya" not in kept
    with (fresh.root / "data/pictures.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == ["stretch-your-calf.jpg", "stretch-your-calf-2.jpg"]
    assert rows[0]["alt"] == WORDS["alt"]


@pytest.mark.parametrize(
    ("file", "content", "words", "told"),
    [
        ("a.png", a_photograph(), {"alt": ""}, "needs words: alt"),
        ("a.png", a_photograph(), {"alt": "IMG_0001.JPG"}, "name of a file"),
        ("a.png", b"no picture", {}, "no PNG or JPEG"),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', {}, "script"),
    ],
)
def test_what_no_page_can_show_is_refused(
    fresh: Server, file: str, content: bytes, words: dict[str, str], told: str
) -> None:
    """Without words for who cannot see it, damaged, or with a script in it, a picture is refused with the reason, and nothing is kept."""
    before = sorted((fresh.root / "data").rglob("*"))
    status, answer = send(fresh, file, content, **{**WORDS, **words})
    assert status == 400
    assert told in str(answer)
    assert sorted((fresh.root / "data").rglob("*")) == before


@pytest.mark.browser
def test_a_picture_from_this_computer_is_put_in(desk: Desk, tmp_path: Path) -> None:
    """Insert asks for a picture and its words; the cell that shows it stands below, and the page has it."""
    (tmp_path / "calf.jpg").write_bytes(a_photograph())
    page = desk.lab()
    name = next(one["id"] for one in desk.server.stored()["cells"] if "The muscle may twitch" in "".join(one["source"]))
    cell_of(page, desk.server, name).click()
    page.locator(".handouts-Insert:visible").click()
    page.locator("#handouts-search").fill("from this computer")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.locator("#handouts-file").set_input_files(tmp_path / "calf.jpg")
    for field, words in WORDS.items():
        page.locator(f"#handouts-{field}").fill(words)
    picture(page, "insert-picture")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.locator(".jp-Dialog").wait_for(state="detached")
    call = 'picture("stretch-your-calf")'
    page.locator(LAB + ".jp-CodeCell", has_text=call).wait_for()
    page.keyboard.press("Control+s")
    until(page, lambda: call in ["".join(one["source"]) for one in desk.server.stored()["cells"]])
    shown = make_page(
        Collection(desk.server.root),
        Variant(NOTEBOOK.split("/")[1][:-6], {"audience": "general", "level": "plain", "size": "normal"}),
    )
    assert WORDS["alt"] in shown.html


@pytest.mark.browser
def test_a_new_word_opens_its_table_at_a_new_row(desk: Desk) -> None:
    """Insert leads to the table of words to teach, with a row to fill; what was added is offered next time."""
    page = desk.lab()
    page.locator(LAB + ".handouts-For").first.wait_for()
    page.locator(".handouts-Insert:visible").click()
    page.locator("#handouts-search").fill("a word to teach: add")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    frame = page.wait_for_selector("iframe[src*='/handouts/table/glossary.csv']", timeout=20_000).content_frame()
    rows = len((desk.server.root / "data/glossary.csv").read_text().splitlines())
    added = frame.get_by_label(f"term, row {rows + 1}", exact=True)
    added.fill("tendon")
    frame.get_by_label(f"meaning, row {rows + 1}", exact=True).fill("what ties a muscle to a bone")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+s")
    until(page, lambda: "tendon,,what ties a muscle to a bone" in (desk.server.root / "data/glossary.csv").read_text())
    told = desk.server.ask(f"/handouts/insertions/{NOTEBOOK}")[1]
    assert any(one["text"] == "[?tendon]" for one in told)
