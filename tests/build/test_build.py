"""A build makes every page whole, makes none twice, and loses none when something fails."""

import csv
import os
import re
import shutil
import subprocess
from base64 import b64encode
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from conftest import BIN, edit, now, sign_pages
from handouts.build.run import Result, build_pages, read_manifest
from handouts.collection.folder import Collection
from handouts.collection.safety import record
from handouts.errors import CellError, DataError, OutputError, ParameterError
from handouts.page import make
from handouts.page.variant import Variant

SESSION = "your-dry-needling-session"
CHOICE = "which-treatment-is-right"


def tree(folder: Path) -> dict[str, bytes]:
    """Return the files below `folder` by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def states(collection: Collection, out: Path, **options: object) -> tuple[Result, list[str]]:
    """Build, and return the result with what became of each page."""
    told: list[str] = []
    result = build_pages(now(collection), out, progress=lambda variant, state: told.append(state), **options)  # type: ignore[arg-type]
    return result, told


def test_the_manifest_lists_every_page(built: Path) -> None:
    """Every page is listed, with its path, topic, values, version and review, and every listed page exists."""
    rows = read_manifest(built)
    assert len(rows) == 12
    assert list(rows[0]) == [
        "path",
        "pdf",
        "topic",
        "audience",
        "level",
        "size",
        "title",
        "version",
        "reviewed_by",
        "reviewed_on",
        "review_due",
        "missing",
    ]
    pages = {str(path.relative_to(built)) for path in built.glob("*/*.html")}
    assert {row["path"] for row in rows} == pages
    for row in rows:
        assert f'content="{row["version"]}"' in (built / row["path"]).read_text()
    assert [row["audience"] for row in rows[:6:2]] == ["general", "athlete", "older-adult"]


def test_the_index_leads_to_every_page(built: Path) -> None:
    """The index links each page once, under its topic's title, and the manifest."""
    index = (built / "index.html").read_text()
    for row in read_manifest(built):
        assert index.count(f'href="{row["path"]}"') == 1
    assert "Which Treatment Is Right for You?</h2>" in index
    assert 'href="manifest.csv"' in index
    (script,) = re.findall(r"<script>(.*?)</script>", index, flags=re.S)
    assert f"script-src 'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in index


def test_two_builds_are_the_same_bytes(built: Path, copy: Collection, tmp_path: Path) -> None:
    """Another folder, working directory, hash seed and time zone: the same bytes in every file."""
    (tmp_path / "elsewhere").mkdir()
    before = tree(copy.notebooks) | tree(copy.data)
    subprocess.run(
        [BIN / "handouts", "build", "--out", tmp_path / "again"],
        cwd=tmp_path / "elsewhere",
        env={**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "HANDOUTS_COLLECTION": str(copy.root)},
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    assert tree(tmp_path / "again") == tree(built)
    assert tree(copy.notebooks) | tree(copy.data) == before


def test_an_unchanged_page_is_not_made_again(copy: Collection, tmp_path: Path) -> None:
    """Made once, a page is unchanged; in a new folder it comes from the cache; changed by hand, it is put back."""
    reader = {"audience": "athlete", "level": "original"}
    assert states(copy, tmp_path / "out", topics=[CHOICE], asked=reader)[1] == ["made"]
    assert states(copy, tmp_path / "out", topics=[CHOICE], asked=reader)[1] == ["unchanged"]
    assert states(copy, tmp_path / "new", topics=[CHOICE], asked=reader)[1] == ["made before"]
    page = next((tmp_path / "out" / CHOICE).glob("*.html"))
    page.write_text("half a pa")
    assert states(copy, tmp_path / "out", topics=[CHOICE], asked=reader)[1] == ["made before"]
    assert page.read_bytes() == next((tmp_path / "new" / CHOICE).glob("*.html")).read_bytes()
    assert states(copy, tmp_path / "out", topics=[CHOICE], asked=reader, force=True)[1] == ["made"]


@pytest.mark.parametrize("change", ["notebook", "data"])
def test_what_changed_is_made_again(copy: Collection, tmp_path: Path, change: str) -> None:
    """A changed word in the notebook or in data/ makes the page again, with the new word in it."""
    reader = {"audience": "athlete", "level": "original"}
    states(copy, tmp_path / "out", topics=[CHOICE], asked=reader)
    if change == "notebook":
        edit(copy.notebook(CHOICE), "They are different tools", "They are other tools")
    else:
        edit(copy.data / "treatment-goals.csv", "Muscle function", "They are other tools")
    assert states(copy, tmp_path / "out", topics=[CHOICE], asked=reader)[1] == ["made"]
    assert "They are other tools" in next((tmp_path / "out" / CHOICE).glob("*.html")).read_text()


def test_a_failing_cell_stops_only_its_own_pages(copy: Collection, tmp_path: Path) -> None:
    """Topic, cell, reader and the Python error are told; the other pages are made; the old page stays as it was."""
    states(copy, tmp_path / "out", asked={"audience": "athlete", "level": "original"})
    before = tree(tmp_path / "out")
    edit(copy.notebook(SESSION), '"draw_for(audience', '"1/0; draw_for(audience')
    edit(copy.notebook(CHOICE), "They are different tools", "They are other tools")
    result, _ = states(copy, tmp_path / "out", asked={"audience": "athlete", "level": "original"})
    assert result.failed == [
        f'notebooks/{SESSION}.ipynb, cell 4 ("1/0; draw_for(audience=audience, level=l..."), athlete, original, normal: '
        "ZeroDivisionError: division by zero"
    ]
    after = tree(tmp_path / "out")
    assert {name for name in after if after[name] != before[name]} == {
        f"{CHOICE}/athlete_original_normal.html", "manifest.csv", "index.html",
    }  # fmt: skip


def test_the_failed_cell_is_counted_as_in_the_notebook(copy: Collection, tmp_path: Path) -> None:
    """A cell below cells for other readers is told with its number in JupyterLab, not in the tailored notebook."""
    edit(copy.notebook(SESSION), 'diagram(\\"session-steps\\")', 'diagram(\\"session-stairs\\")')
    result, _ = states(copy, tmp_path / "out", topics=[SESSION], asked={"audience": "older-adult", "level": "original"})
    assert len(result.failed) == 1
    assert (
        'cell 33 ("diagram("session-stairs")"), older-adult, original, large: DataError: data/captions.csv'
        in result.failed[0]
    )


def test_a_broken_notebook_stops_only_its_own_pages(copy: Collection, tmp_path: Path) -> None:
    """A notebook that is not JSON, or missing, fails for each of its readers; the rest is built."""
    copy.notebook(SESSION).write_text("{")
    result, told = states(copy, tmp_path / "out", asked={"audience": "general", "level": "original"})
    assert (result.made, told.count("failed")) == (1, 1)
    copy.notebook(CHOICE).unlink()
    result, told = states(copy, tmp_path / "out", asked={"audience": "general", "level": "original"})
    assert (result.made, told.count("failed")) == (0, 2)
    assert (tmp_path / "out" / CHOICE / "general_original_normal.html").is_file()
    assert any("is not JSON" in failure for failure in result.failed)
    assert any("data/topics.csv names it" in failure for failure in result.failed)


def test_a_kernel_that_dies_is_told(copy: Collection, tmp_path: Path) -> None:
    """A kernel that is gone is an error of that page."""
    edit(copy.notebook(SESSION), '"draw_for(audience', '"import os; os._exit(1); draw_for(audience')
    result, _ = states(copy, tmp_path / "out", topics=[SESSION], asked={"audience": "general", "level": "original"})
    assert len(result.failed) == 1
    assert "the kernel stopped: Kernel died" in result.failed[0]


def test_building_one_topic_keeps_the_others_listed(copy: Collection, tmp_path: Path) -> None:
    """A build of one topic and reader adds to the manifest and the index, and takes nothing from them."""
    out = tmp_path / "out"
    build_pages(now(copy), out, [CHOICE], {"audience": "athlete", "level": "original"})
    build_pages(now(copy), out, [SESSION], {"audience": "older-adult", "level": "original", "size": "giant"})
    assert [row["path"] for row in read_manifest(out)] == [
        f"{SESSION}/older-adult_original_giant.html", f"{CHOICE}/athlete_original_normal.html",
    ]  # fmt: skip


def test_pages_of_readers_that_are_no_more_are_removed(copy: Collection, tmp_path: Path) -> None:
    """A page whose audience was taken out of data/ is taken off the shelf by the next whole build; files the build did not write stay."""
    out, audiences = tmp_path / "out", copy.data / "audiences.csv"
    before = audiences.read_text()
    audiences.write_text(before + "runner,Runners,For runners,To run,normal,,,\n")
    with pytest.raises(ParameterError):
        build_pages(now(copy), out, [CHOICE], {"audience": "swimmer", "level": "original"})
    edit(copy.notebook(CHOICE), '"audience:athlete"', '"audience:athlete",\n     "audience:runner"')
    assert build_pages(now(copy), out, [CHOICE], {"audience": "runner", "level": "original"}).made == 1
    (out / CHOICE / "note.html").write_text("mine")
    audiences.write_text(before)
    edit(copy.notebook(CHOICE), '"audience:athlete",\n     "audience:runner"', '"audience:athlete"')
    result = build_pages(now(copy), out, [CHOICE], {"audience": "general", "level": "original"})
    assert (result.removed, result.kept, result.made) == (0, 1, 1)
    assert build_pages(now(copy), out).removed == 1
    names = {path.name for path in (out / CHOICE).iterdir()}
    assert "note.html" in names
    assert "runner_original_normal.html" not in names
    assert len(names) == 7


def test_a_manifest_cannot_make_a_build_remove_other_files(copy: Collection, tmp_path: Path) -> None:
    """A path in the manifest that leads out of the folder is not followed."""
    out, precious = tmp_path / "out", tmp_path / "precious.html"
    precious.write_text("keep")
    out.mkdir()
    with (out / "manifest.csv").open("w") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "topic", "audience", "level", "size", "version", "reviewed_on", "review_due"])
        writer.writerow(["../precious.html", "gone", "general", "original", "normal", "", "", ""])
    build_pages(now(copy), out, [CHOICE], {"audience": "general", "level": "original"})
    assert precious.read_text() == "keep"


def test_unknown_topics_and_values_stop_before_any_work(copy: Collection, tmp_path: Path) -> None:
    """A misspelt topic is told with the nearest, and nothing is written."""
    with pytest.raises(ParameterError, match=f"unknown topic 'which-treatment'. Did you mean '{CHOICE}'"):
        build_pages(now(copy), tmp_path / "out", ["which-treatment"])
    with pytest.raises(ParameterError, match="unknown audience 'atlete'"):
        build_pages(now(copy), tmp_path / "out", asked={"audience": "atlete", "level": "original"})
    assert not (tmp_path / "out").exists()


def test_pages_in_other_print_sizes_do_not_grow_old(copy: Collection, tmp_path: Path) -> None:
    """A page asked for once in another size is renewed by a full build; a build of something else says that it is out of date."""
    out, giant = tmp_path / "out", f"{CHOICE}/athlete_original_giant.html"
    build_pages(now(copy), out, [CHOICE], {"audience": "athlete", "level": "original", "size": "giant"})
    edit(copy.data / "clinic.csv", "555-0100", "555-0199")
    result = build_pages(now(copy), out, [CHOICE], {"audience": "general", "level": "original"})
    assert (result.made, result.outdated) == (1, 1)
    assert "555-0100" in (out / giant).read_text()
    result = build_pages(now(copy), out)
    assert (result.made, result.unchanged, result.outdated) == (12, 1, 0)
    assert "555-0199" in (out / giant).read_text()
    assert giant in {row["path"] for row in read_manifest(out)}


def test_manifest_and_index_claim_no_review_that_the_page_does_not_carry(copy: Collection, tmp_path: Path) -> None:
    """A review recorded after a page was made is claimed once the page says so too, not before."""
    out, reader = tmp_path / "out", {"audience": "athlete", "level": "original"}
    build_pages(now(copy), out, [CHOICE], reader)
    sign_pages(copy, CHOICE, on="2026-11-01", due="2027-11-01")
    edit(copy.notebook(CHOICE), '"draw_for(audience', '"1/0; draw_for(audience')
    assert build_pages(now(copy), out, [CHOICE], reader).failed
    assert read_manifest(out)[0]["reviewed_on"] == ""
    assert "A. Reviewer" not in (out / "index.html").read_text()
    edit(copy.notebook(CHOICE), '"1/0; draw_for(audience', '"draw_for(audience')
    build_pages(now(copy), out, [CHOICE], reader)
    assert read_manifest(out)[0]["reviewed_on"] == "2026-11-01"
    assert "Clinical review: A. Reviewer, PT, November 1, 2026" in (out / "index.html").read_text()


def test_a_file_beside_a_notebook_counts(copy: Collection, tmp_path: Path) -> None:
    """A module or a file in notebooks/ that changed makes pages again."""
    (copy.notebooks / "helper.py").write_text("TEXT = 1")
    build_pages(now(copy), tmp_path / "out", [CHOICE], {"audience": "athlete", "level": "original"})
    (copy.notebooks / "helper.py").write_text("TEXT = 2")
    assert states(copy, tmp_path / "out", topics=[CHOICE], asked={"audience": "athlete", "level": "original"})[1] == [
        "made"
    ]


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xff\xfe"])
def test_a_damaged_manifest_is_told_before_any_work(copy: Collection, tmp_path: Path, content: bytes) -> None:
    """A manifest that is none is told with what to do, and nothing is overwritten."""
    (tmp_path / "manifest.csv").write_bytes(content)
    with pytest.raises(OutputError, match=r"manifest\.csv: .* Delete it"):
        build_pages(now(copy), tmp_path, [CHOICE])
    assert (tmp_path / "manifest.csv").read_bytes() == content


def test_a_cache_that_cannot_be_written_stops_nothing(copy: Collection, tmp_path: Path) -> None:
    """Where no finished page can be kept, pages are made all the same."""
    shutil.rmtree(copy.root / ".cache", ignore_errors=True)
    (copy.root / ".cache").write_text("in the way")
    result = build_pages(now(copy), tmp_path / "out", [CHOICE], {"audience": "athlete", "level": "original"})
    assert (result.made, result.failed) == (1, [])


def test_a_missing_article_stops_the_build(copy: Collection, tmp_path: Path) -> None:
    """The article is part of the data: a build without it is refused."""
    (copy.data / "article.txt").unlink()
    with pytest.raises(DataError, match=r"data/article\.txt: the file is missing"):
        build_pages(now(copy), tmp_path / "out", [CHOICE])


def test_a_cell_without_end_fails(copy: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell that takes longer than any may is an error of its page; the build does not hang."""
    monkeypatch.setattr(make, "MOST_SECONDS", 2)
    edit(copy.notebook(CHOICE), '"draw_for(audience', '"while True: pass\\n", "draw_for(audience')
    with pytest.raises(CellError, match="the kernel stopped: .*timed out"):
        make.make_page(now(copy), Variant(CHOICE, {"audience": "athlete", "level": "original", "size": "normal"}))


def test_any_kernel_name_will_do(copy: Collection, tmp_path: Path) -> None:
    """A notebook saved in another environment, or without a kernel's name, is run by this one."""
    edit(copy.notebook(CHOICE), '"name": "python3"', '"name": "conda-env-clinic-py"')
    assert build_pages(now(copy), tmp_path / "out", [CHOICE], {"audience": "athlete", "level": "original"}).failed == []


@pytest.mark.skipif(os.geteuid() != 0 and not shutil.which("sudo"), reason="mounting a small disk needs root")
def test_a_full_disk_loses_nothing(copy: Collection, tmp_path: Path) -> None:
    """On a full disk the build says so; what was there stays whole, and no half page is left."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine does not allow mounting a small disk")
    try:
        (disk / "kept").write_bytes(b"x" * 40_000)
        with pytest.raises(OutputError, match=r"cannot be written \(No space left on device\)\. Free some space"):
            build_pages(now(copy), disk, [CHOICE], {"audience": "general", "level": "original"})
        assert [path.name for path in disk.rglob("*") if path.is_file()] == ["kept"]
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_folder_that_cannot_be_written_is_told_first(copy: Collection, tmp_path: Path) -> None:
    """A file in the place of the output folder is told before any page is made."""
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="cannot be written"):
        build_pages(now(copy), tmp_path / "out")


def test_a_page_has_its_variant_in_its_path() -> None:
    """The path of a page is its topic and one value of every parameter."""
    variant = Variant("t", {"audience": "older-adult", "level": "original", "size": "large"})
    assert variant.path == "t/older-adult_original_large.html"


def test_a_build_for_patients_makes_no_page_that_somebody_has_yet_to_sign(copy: Collection, tmp_path: Path) -> None:
    """Review, safety text and the clinic's own rules must all be signed; what is missing is told, and no page of an earlier build stays."""
    build_pages(now(copy), tmp_path, [CHOICE])
    result, told = states(copy, tmp_path, topics=[CHOICE], release=True)
    assert set(told) == {"not signed"}
    assert len(result.unready) == len(told)
    assert f"its review (handouts review {CHOICE})" in result.unready[0]
    assert "lines of its safety text (handouts safety needles --sign NAME)" in result.unready[0]
    assert list(tmp_path.glob(f"{CHOICE}/*.html")) == []
    sign_pages(copy, CHOICE)
    record(
        copy.data, {"needles": now(copy).safety["needles"]}, now(copy).safety_record, "A. Clinician", date(2026, 11, 27)
    )
    result, told = states(copy, tmp_path, topics=[CHOICE], release=True)
    assert result.unready == []
    assert set(told) == {"made"}
    with (copy.data / "facts.csv").open("a") as file:
        file.write("own-days,Wait {low} days.,3,3,,,days,days,Patients,Our own rule,clinic,Not tested.\n")
    edit(copy.notebook(CHOICE), "## What should I ask?", "## What should I ask?\\n\\n[=own-days]")
    result, _ = states(copy, tmp_path, topics=[CHOICE], release=True)
    assert "the clinic's own own-days (data/facts.csv, column signed_by)" in result.unready[0]
