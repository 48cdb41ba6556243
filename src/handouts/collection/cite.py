"""A source taken over into data/sources.json from what a journal, PubMed or a library exports: never typed, never invented.

    RIS, nbib, BibTeX, CSL JSON --parse--> CSL JSON --check--> data/sources.json, and [@id] for texts

What a source is called by alone (a DOI, a PMID) is fetched only where the user says so.
"""

import json
import re
import tempfile
import unicodedata
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import Any

from handouts import files
from handouts.collection.folder import Collection
from handouts.errors import DataError, ParameterError, check_installed

DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi: ?)?(10\.[0-9]{4,9}/[^\s\"<>]+)", re.I)
PMID = re.compile(r"(?:pmid:? ?)?([0-9]{1,8})", re.I)
ISBN = re.compile(r"(?:isbn:? ?)?((?:97[89][- ]?)?(?:[0-9][- ]?){9}[0-9X])", re.I)
ADDRESSES = {
    "DOI": "https://doi.org/{}",
    "PMID": "https://api.ncbi.nlm.nih.gov/lit/ctxp/v1/pubmed/?format=csl&id={}",
}
"""Who is asked for a record in CSL JSON: the registrar of a DOI (Crossref or DataCite, by content negotiation), and PubMed."""
CSL_JSON = "application/vnd.citationstyles.csl+json"
MOST_SECONDS, MOST_BYTES = 20, 1 << 20
KEPT = (
    "type", "author", "editor", "title", "container-title", "publisher", "publisher-place", "issued", "volume", "issue", "page",
    "edition", "DOI", "PMID", "PMCID", "ISBN", "URL",
)  # fmt: skip
"""What is kept of a record."""
RIS_TYPES = {"JOUR": "article-journal", "EJOUR": "article-journal", "BOOK": "book", "CHAP": "chapter", "RPRT": "report", "CONF": "paper-conference", "THES": "thesis", "ELEC": "webpage"}  # fmt: skip
RETRACTED = re.compile(r"^\W*(retracted|withdrawn|retraction)\b|retracted (article|publication)|retraction in", re.I)
"""How journals and PubMed mark what was taken back."""

Record = dict[str, Any]


def read_records(text: str) -> list[Record]:
    """Return the records in what a journal, PubMed or a library exported, as CSL JSON has them. Raises DataError."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").strip()
    try:
        if text.startswith(("[", "{")):
            return _from_csl(text)
        if re.search(r"^PMID- ", text, re.M):
            return _from_nbib(text)
        if re.search(r"^TY  -", text, re.M):
            return _from_ris(text)
        if text.startswith(("@", "%")):
            return _from_bibtex(text)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, SyntaxError) as error:
        raise DataError(f"the record cannot be read ({type(error).__name__}). Export it again, as RIS, nbib, BibTeX or CSL JSON.") from error  # fmt: skip
    raise DataError("this is no record in RIS, nbib, BibTeX or CSL JSON. On the page of the paper choose Cite, or Export citation, and one of these.")  # fmt: skip


def fetch(name: str, *, addresses: Mapping[str, str] = ADDRESSES) -> list[Record]:
    """Return the record of a DOI or PMID, asked of its registrar over the network. Raises ParameterError and DataError."""
    kind, number = name_of(name)
    if kind not in addresses:
        raise ParameterError(f"{name}: nobody is asked about an {kind}. Export the record where you found the book, and give the file.")  # fmt: skip
    request = urllib.request.Request(addresses[kind].format(number), headers={"Accept": CSL_JSON})
    try:
        with urllib.request.urlopen(request, timeout=MOST_SECONDS) as answer:
            text = answer.read(MOST_BYTES).decode()
    except (OSError, ValueError) as error:
        reason = "it knows no such record" if isinstance(error, urllib.error.HTTPError) and error.code == 404 else "it does not answer"  # fmt: skip
        raise DataError(f"{name}: {reason}. Look at the number, or export the record from the paper's page and give the file.") from None  # fmt: skip
    (record,) = _from_csl(text)
    if str(record.get(kind, number)).casefold() != number.casefold():
        raise DataError(f"{name}: the answer is of another {kind}. Export the record from the paper's page, and give the file.")  # fmt: skip
    record[kind] = number
    return [record]


def name_of(text: str) -> tuple[str, str]:
    """Return which kind of name `text` is, DOI, PMID or ISBN, and the name alone. Raises ParameterError.

    An ISBN has a check digit (ISO 2108), so that a slip is found.
    """
    text = text.strip().rstrip(".,;")
    if found := DOI.fullmatch(text):
        return "DOI", found[1]
    if found := ISBN.fullmatch(text):
        digits = re.sub(r"[- ]", "", found[1]).upper()
        numbers = [10 if one == "X" else int(one) for one in digits]
        weights = (10, 9, 8, 7, 6, 5, 4, 3, 2, 1) if len(digits) == 10 else (1, 3) * 6 + (1,)
        if sum(a * b for a, b in zip(numbers, weights, strict=True)) % (11 if len(digits) == 10 else 10) == 0:
            return "ISBN", digits
        raise ParameterError(f"{text}: is no ISBN, for its check digit is wrong. Look at it again.")
    if found := PMID.fullmatch(text):
        return "PMID", found[1]
    raise ParameterError(f"{text}: is no file, DOI, PMID or ISBN. A DOI begins with 10. and stands on the paper's first page.")  # fmt: skip


def add_sources(collection: Collection, records: Sequence[Record], name: str | None = None) -> list[tuple[str, bool]]:
    """Add records to data/sources.json; return the id of each, and whether it is new: one that is there already is not added.

    Raises DataError for a record without authors, year or title, and for one that was taken back; ParameterError for a name that is taken.
    """
    path = collection.data / "sources.json"
    stored = path.read_text(encoding="utf-8-sig") if path.is_file() else "[]"
    listed: list[Record] = json.loads(stored)
    if name and (len(records) > 1 or not re.fullmatch(r"[A-Za-z][\w-]*", name)):
        raise ParameterError(
            f"--id {name}: is a name of letters and digits, for one record. Leave it out, and names are made."
        )
    told = []
    for record in records:
        check_record(record)
        if there := _find(listed, record):
            told.append((str(there["id"]), False))
            continue
        taken = {str(one["id"]) for one in listed}
        if name and name in taken:
            raise ParameterError(f"--id {name}: is taken by {next(one['title'] for one in listed if one['id'] == name)!r}. Choose another.")  # fmt: skip
        of = name or _new_id(record, taken)
        listed.append({"id": of, **{key: record[key] for key in KEPT if record.get(key)}})
        told.append((of, True))
    if any(new for _, new in told):
        indent = re.search(r"\n( +)", stored)
        content = json.dumps(listed, indent=len(indent[1]) if indent else 1, ensure_ascii=False) + "\n"
        files.write(path, content.encode(), durable=True)
    return told


def check_record(record: Record) -> None:
    """Raise DataError for a record that must not be cited as it is: incomplete, or taken back."""
    title = str(record.get("title") or "")
    where = f"{title or record.get('DOI') or 'the record'}"
    missing = [
        what
        for what, there in (("a title", title), ("authors", _people(record)), ("a year", _year(record)))
        if not there
    ]
    if missing:
        raise DataError(f"{where}: the record has no {' and no '.join(one.removeprefix('a ') for one in missing)}. Nothing is made up: find a record that has them, or add them in Zotero and export again.")  # fmt: skip
    if "\ufffd" in json.dumps(record, ensure_ascii=False):
        raise DataError(f"{where}: a letter of the record was lost, for it is not in UTF-8. Export it again.")
    if record.get("retracted") or RETRACTED.search(title):
        raise DataError(
            f"{where}: is marked as retracted or withdrawn, and no page may rest on it. Find another source."
        )


def _people(record: Record) -> list[dict[str, str]]:
    """Return those who wrote or edited it and have a name."""
    return [
        one for one in (*record.get("author", ()), *record.get("editor", ())) if one.get("family") or one.get("literal")
    ]


def _year(record: Record) -> int:
    try:
        return int(record["issued"]["date-parts"][0][0])
    except (KeyError, IndexError, TypeError, ValueError):
        return 0


def _find(listed: Sequence[Record], record: Record) -> Record | None:
    for key in ("DOI", "PMID", "ISBN"):
        if own := str(record.get(key) or "").casefold():
            for one in listed:
                if str(one.get(key) or "").casefold() == own:
                    return one
    same = (one for one in listed if _plain(one["title"]) == _plain(record["title"]) and _year(one) == _year(record))
    return next((one for one in same if not (one.get("DOI") and record.get("DOI"))), None)


def _new_id(record: Record, taken: set[str]) -> str:
    first = _people(record)[0]
    stem = f"{_plain(str(first.get('family') or first['literal']).split(',')[0])[:20] or 'source'}{_year(record)}"
    return next(name for name in (stem, *(f"{stem}{letter}" for letter in "bcdefghijklmnopqrstuvwxyz")) if name not in taken)  # fmt: skip


def _plain(text: object) -> str:
    ascii_only = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", ascii_only.casefold())


def _from_csl(text: str) -> list[Record]:
    told = json.loads(text)
    records = []
    for one in told if isinstance(told, list) else [told]:
        record = dict(one)
        for key in ("title", "container-title", "publisher", "ISBN"):  # Crossref has lists where CSL has one
            if isinstance(record.get(key), list):
                record[key] = next(iter(record[key]), "")
        record |= {key: [] for key in ("author", "editor") if not isinstance(record.get(key), list)}
        if not str(record.get("URL") or "https://").startswith(("https://", "http://")):
            del record["URL"]
        for key in ("title", "container-title"):
            record[key] = " ".join(unescape(re.sub(r"<[^>]*>", "", str(record.get(key) or ""))).split())
        record["retracted"] = any("retract" in str(of.get("type", "")).lower() for of in record.get("updated-by") or ())
        records.append(record)
    return records


def _from_ris(text: str) -> list[Record]:
    check_installed("rispy", "desk", "a record in RIS", DataError)
    import rispy

    records = []
    for one in rispy.loads(text if re.search(r"^ER  -", text, re.M) else f"{text}\nER  - \n"):
        year = one.get("year") or one.get("publication_year") or one.get("date") or ""
        pages = "-".join(filter(None, (one.get("start_page"), one.get("end_page"))))
        record: Record = {
            "type": RIS_TYPES.get(one.get("type_of_reference", ""), "document"),
            "author": [_person(name) for name in one.get("authors") or one.get("first_authors") or ()],
            "title": one.get("title") or one.get("primary_title") or "",
            "container-title": one.get("journal_name") or one.get("secondary_title") or one.get("alternate_title3") or "",
            "publisher": one.get("publisher"), "volume": one.get("volume"), "issue": one.get("number"), "page": pages,
            **_issued(year), **_names(one.get("doi"), one.get("urls")),
        }  # fmt: skip
        records.append(record)
    return records


def _from_nbib(text: str) -> list[Record]:
    records = []
    for block in re.split(r"\n(?=PMID- )", re.sub(r"\n {6}", " ", text)):
        tags: dict[str, list[str]] = {}
        for tag, said in re.findall(r"^([A-Z]{2,4}) *- (.*)$", block, re.M):
            tags.setdefault(tag, []).append(said.strip())

        def first(tag: str, tags: dict[str, list[str]] = tags) -> str:
            return tags.get(tag, [""])[0]

        dois = [one.removesuffix("[doi]").strip() for tag in ("LID", "AID") for one in tags.get(tag, []) if one.endswith("[doi]")]  # fmt: skip
        records.append({
            "type": "article-journal", "author": [_person(name) for name in tags.get("FAU") or tags.get("AU") or ()] or [{"literal": name} for name in tags.get("CN", ())],
            "title": first("TI").rstrip("."), "container-title": first("JT") or first("TA"), "volume": first("VI"), "issue": first("IP"),
            "page": first("PG"), **_issued(first("DP")), "DOI": dois[0] if dois else "", "PMID": first("PMID"), "PMCID": first("PMC"),
            "retracted": any(RETRACTED.search(one) for one in tags.get("PT", ())) or "RIN" in tags,
        })  # fmt: skip
    return records


def _from_bibtex(text: str) -> list[Record]:
    from citeproc.source.bibtex import BibTeX

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "record.bib")
        path.write_text(text, encoding="utf-8")
        found = BibTeX(str(path), encoding="utf-8")
    records = []
    for one in found.values():
        of = {key.replace("_", "-"): value for key, value in one.items()}
        people = [{part: str(said) for part in ("family", "given") if (said := person.get(part))} for person in of.get("author", ())]  # fmt: skip
        simple = {key: str(of[key]) for key in ("title", "container-title", "publisher", "volume", "issue", "page", "DOI", "PMID", "ISBN") if of.get(key)}  # fmt: skip
        year = of.get("issued", {}).get("year", "")
        records.append({"type": str(one.type), **simple, "author": people, **_issued(str(year))})
    return records


def _person(name: str) -> dict[str, str]:
    family, comma, given = name.partition(",")
    return {"family": family.strip(), "given": given.strip()} if comma else {"literal": name.strip()}


def _issued(text: str) -> Record:
    found = re.search(r"\b(1[5-9]|20)[0-9]{2}\b", text)
    return {"issued": {"date-parts": [[int(found[0])]]}} if found else {}


def _names(doi: str | None, urls: Sequence[str] | None) -> Record:
    found = DOI.search(doi or "") or next(filter(None, map(DOI.search, urls or ())), None)
    return {"DOI": found[1]} if found else {"URL": urls[0]} if urls and urls[0].startswith("http") else {}
