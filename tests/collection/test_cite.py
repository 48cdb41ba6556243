"""cite.py: a source is taken over whole from what journals and PubMed export, or not at all."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conftest import now
from handouts.collection.cite import add_sources, check_record, fetch, name_of, read_records
from handouts.collection.folder import Collection
from handouts.errors import DataError, ParameterError

Run = Callable[..., subprocess.CompletedProcess[str]]
TITLE = "Soreness after exercise: a survey of walkers"
RIS = (
    f"TY  - JOUR\nAU  - Muñoz, Ana\nAU  - Roe, Jo\nTI  - {TITLE}\nJO  - Journal of Examples\nPY  - 2021/05/01\nVL  - 12\nIS  - 3\nSP  - 134\nEP  - 140\n"
    "DO  - 10.5555/example.1\nER  - \n"
)
NBIB = (
    "PMID- 12345678\nOWN - NLM\nDP  - 2021 May\nTI  - Soreness after exercise: a survey\n      of walkers.\nPG  - 134-140\nLID - 10.5555/example.1 [doi]\n"
    "FAU - Muñoz, Ana\nAU  - Muñoz A\nFAU - Roe, Jo\nJT  - Journal of Examples\nVI  - 12\nIP  - 3\nPT  - Journal Article\n"
)
BIBTEX = (
    r"@article{x, author = {Mu{\~n}oz, Ana and Roe, Jo}, title = {Soreness after exercise: a survey of walkers}, "
    "journal = {Journal of Examples}, year = {2021}, volume = {12}, number = {3}, pages = {134-140}, doi = {10.5555/example.1}}"
)
CSL = json.dumps(
    {
        "type": "article-journal", "title": [f"<i>{TITLE}</i>"], "container-title": ["Journal of Examples"], "volume": "12", "issue": "3", "page": "134-140",
        "author": [{"family": "Muñoz", "given": "Ana"}, {"family": "Roe", "given": "Jo"}], "issued": {"date-parts": [[2021, 5]]}, "DOI": "10.5555/example.1",
    }
)  # fmt: skip


@pytest.mark.parametrize(
    "export",
    [RIS, NBIB, BIBTEX, CSL, f"[{CSL}]", RIS.replace("\n", "\r\n"), "\ufeff" + RIS, RIS.removesuffix("ER  - \n")],
)
def test_every_export_gives_the_same_source(copy: Collection, export: str) -> None:
    """RIS, nbib, BibTeX and CSL JSON of a paper give its authors, title, journal, year and DOI, and a name made of them; twice is once."""
    before = now(copy).sources
    assert add_sources(now(copy), read_records(export)) == [("munoz2021", True)]
    source = now(copy).sources["munoz2021"]
    assert source["title"] == TITLE
    assert [(one["family"], one["given"]) for one in source["author"]] == [("Muñoz", "Ana"), ("Roe", "Jo")]  # type: ignore[attr-defined]
    assert source["issued"]["date-parts"][0][0] == 2021  # type: ignore[index]
    assert (source["container-title"], source["volume"], source["issue"], source["page"]) == (
        "Journal of Examples",
        "12",
        "3",
        "134-140",
    )
    assert source["DOI"] == "10.5555/example.1"
    assert {name: one for name, one in now(copy).sources.items() if name != "munoz2021"} == before
    stored = (copy.data / "sources.json").read_bytes()
    assert add_sources(now(copy), read_records(RIS)) == [("munoz2021", False)]
    assert (copy.data / "sources.json").read_bytes() == stored
    other = RIS.replace("example.1", "example.2")
    assert add_sources(now(copy), read_records(other)) == [("munoz2021b", True)]
    with pytest.raises(DataError, match="a letter of the record was lost"):
        add_sources(now(copy), read_records(RIS.replace("ñ", "\ufffd").replace("example.1", "example.3")))


@pytest.mark.parametrize(
    ("export", "told"),
    [
        (RIS.replace("AU  - Muñoz, Ana\nAU  - Roe, Jo\n", ""), "has no authors. Nothing is made up"),
        (RIS.replace("PY  - 2021/05/01\n", ""), "has no year"),
        (RIS.replace(f"TI  - {TITLE}\n", ""), "has no title"),
        (RIS.replace("TI  - ", "TI  - RETRACTED: "), "marked as retracted"),
        (NBIB.replace("PT  - Journal Article", "PT  - Retracted Publication"), "marked as retracted"),
        (CSL.replace('"type"', '"updated-by": [{"type": "retraction"}], "type"', 1), "marked as retracted"),
        (CSL.replace("Soreness", "WITHDRAWN: Soreness"), "marked as retracted"),
    ],
)
def test_what_must_not_be_cited_is_refused(copy: Collection, export: str, told: str) -> None:
    """A record without authors, year or title, or of a paper that was taken back, is refused, and nothing is written."""
    stored = (copy.data / "sources.json").read_bytes()
    with pytest.raises(DataError, match=told):
        add_sources(now(copy), read_records(export))
    assert (copy.data / "sources.json").read_bytes() == stored


def test_a_paper_about_retraction_is_no_retracted_paper() -> None:
    """A title that speaks of retraction elsewhere, such as of muscles, is cited."""
    check_record(read_records(RIS.replace("Soreness after", "Scapular retraction after"))[0])


@pytest.mark.parametrize("export", ["", "Muñoz A, Roe J. Soreness. 2021.", "{", "@article{", "[1]", "TY  - JOUR"])
def test_what_is_no_record_is_told(export: str) -> None:
    """Text that is no record is refused in one line with what to do, whatever it is."""

    def take() -> None:
        for record in read_records(export):
            check_record(record)

    with pytest.raises(DataError, match=r"[Ee]xport|has no"):
        take()


def test_a_name_is_known_by_its_form_and_check_digit() -> None:
    """A DOI is known as a link too, an ISBN by its check digit; what is none of them is told."""
    assert name_of("https://doi.org/10.5555/example.1") == ("DOI", "10.5555/example.1")
    assert name_of("doi:10.5555/example.1.") == ("DOI", "10.5555/example.1")
    assert name_of("PMID: 12345678") == ("PMID", "12345678")
    assert name_of("978-0-306-40615-7") == ("ISBN", "9780306406157")
    for wrong in ("978-0-306-40615-8", "hello", "11.5555/x"):
        with pytest.raises(ParameterError):
            name_of(wrong)


@pytest.fixture
def registrar() -> Iterator[str]:
    """The address of a registrar that knows one DOI, and answers with another paper to a second."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path in ("/10.5555/example.1", "/10.5555/other") and "csl+json" in self.headers["Accept"]
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write(CSL.encode() if known else b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/{{}}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_doi_is_fetched_and_another_papers_answer_refused(registrar: str) -> None:
    """The registrar's record of a DOI is taken; one that it does not know, that is of another DOI, or that does not come, is told."""
    (record,) = fetch("doi:10.5555/example.1", addresses={"DOI": registrar})
    assert (record["title"], record["DOI"]) == (TITLE, "10.5555/example.1")
    with pytest.raises(DataError, match="the answer is of another DOI"):
        fetch("10.5555/other", addresses={"DOI": registrar})
    with pytest.raises(DataError, match="it knows no such record"):
        fetch("10.5555/nothing", addresses={"DOI": registrar})
    with pytest.raises(DataError, match="it does not answer"):
        fetch("10.5555/example.1", addresses={"DOI": "http://127.0.0.1:9/{}"})
    with pytest.raises(ParameterError, match="nobody is asked about an ISBN"):
        fetch("978-0-306-40615-7", addresses={"DOI": registrar})


def test_the_command_takes_a_file_and_asks_nobody_unasked(copy: Collection, run: Run) -> None:
    """`handouts cite FILE` adds a source and says how to write it; a DOI alone is not fetched, but told what to do."""
    Path("paper.ris").write_text(RIS)
    done = run("handouts", "cite", "paper.ris", "--id", "walkers")
    assert done.stdout == "[@walkers] is added to data/sources.json. Write it after what rests on it.\n"
    assert run("handouts", "cite", "paper.ris").stdout.startswith("[@walkers] is in data/sources.json already.")
    assert "is a name of letters and digits" in run("handouts", "cite", "paper.ris", "--id", "a b").stderr
    alone = run("handouts", "cite", "10.5555/example.9")
    assert alone.returncode == 1
    assert "handouts cite 10.5555/example.9 --online" in alone.stderr
