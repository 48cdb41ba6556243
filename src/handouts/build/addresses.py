"""What lies at the addresses of pages: a way to the page, or to the one in its place, or a notice; none ever leads nowhere."""

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from string import Template

from handouts import files
from handouts.build.manifest import read_manifest
from handouts.collection import Collection, open_collection, page_layouts
from handouts.collection.addresses import (
    FOLDER,
    Address,
    name_reader,
    new_address,
    read_addresses,
)
from handouts.collection.edit_tables import add_rows
from handouts.collection.locales import written_from
from handouts.collection.sentences import UNTRANSLATED
from handouts.page import Variant

TEMPLATES = Path(__file__).parent / "templates"
SITEMAP = "sitemap.xml"


def add_addresses(collection: Collection, pages: Mapping[str, Iterable[Variant]]) -> Collection:
    """Give each of the `pages`, by their language, a row in data/addresses.csv where it has none; return the collection as it is then.

    Pages in the collection's own language have the language "". Where the clinic has no place on the web there are no
    addresses. Raises HandoutsError.
    """
    if not collection.clinic.web_page:
        return collection
    known = read_addresses(collection.tables)
    rows: list[dict[str, str]] = []
    taken = {one.address for one in known}
    for language, variants in pages.items():
        for variant in variants:
            if not any(one.means(collection.parameters, variant.topic, variant.values, language) for one in known):
                address = new_address(variant.topic, variant.values, language, taken)
                taken.add(address)
                told = {"address": address, "topic": variant.topic, "reader": name_reader(variant.values)}
                rows.append({**told, "language": language, "leads_to": ""})
    if not rows:
        return collection
    add_rows(collection.data / page_layouts.ADDRESSES.file, rows, page_layouts.ADDRESSES.columns)
    return open_collection(collection.root)


def publish_addresses(collections: Mapping[str, Collection], out: Path) -> None:
    """Write what lies at each address into `out`, and the site map of the pages there; the main collection has the language "".

    Raises HandoutsError.
    """
    main = collections[""]
    known = {one.address: one for one in read_addresses(main.tables)}
    pages = {language: _list_pages(out / language) for language in collections}
    template = Template((TEMPLATES / "address.html").read_text(encoding="utf-8"))
    for one in known.values():
        target = _follow(one, known, collections, pages)
        html = template.substitute(_say(collections.get(one.language, main), target))
        if UNTRANSLATED.search(html):  # a notice that nobody can read helps nobody
            html = template.substitute(_say(main, target))
        files.write(out / FOLDER / one.address / "index.html", html.encode())
    if main.clinic.web_page:
        files.write(out / SITEMAP, _map_site(main, pages).encode())


def _say(collection: Collection, target: str) -> dict[str, str]:
    """Return what an address says, as HTML: where its page is, or that it is not there."""
    say, clinic = collection.phrases, collection.clinic
    told = {"language": clinic.language, "direction": written_from(clinic.language), "clinic": escape(clinic.name)}
    if not target:
        return {
            **told,
            "heading": say.html("address_gone"),
            "words": say.html("address_ask", phone=escape(clinic.phone)),
            "refresh": "",
        }
    link = f'<a href="{escape(target)}">{say.html("address_go")}</a>'
    return {
        **told,
        "heading": say.html("address_here"),
        "words": link,
        "refresh": f'<meta http-equiv="refresh" content="0; url={escape(target)}">\n',
    }


def _list_pages(out: Path) -> list[dict[str, str]]:
    return [row for row in read_manifest(out) if (out / row["path"]).is_file() and not row.get("missing")]


def _follow(
    one: Address,
    known: Mapping[str, Address],
    collections: Mapping[str, Collection],
    pages: Mapping[str, list[dict[str, str]]],
) -> str:
    """Return where an address leads, from the folder that it lies in; "" where its page is not there."""
    seen = set()
    while one.leads_to in known and one.address not in seen:
        seen.add(one.address)
        one = known[one.leads_to]
    values = one.values(collections[one.language].parameters) if one.language in collections else None
    if one.leads_to or values is None:
        return ""
    path, there = Variant(one.topic, values).path, pages[one.language]
    if all(row["path"] != path for row in there):  # an older page stays in its place until it is made
        older = (row["path"] for row in there if row["topic"] == one.topic and _agree(row, one.reader))
        path = next(older, "")
    return "/".join(filter(None, ("../..", one.language, path))) if path else ""


def _agree(row: Mapping[str, str], reader: Mapping[str, str]) -> bool:
    """Tell whether a page of the manifest is for the values of an address, as far as it tells."""
    told = [name for name in reader if name in row]
    return bool(told) and all(row[name] == reader[name] for name in told)


def _map_site(main: Collection, pages: Mapping[str, list[dict[str, str]]]) -> str:
    """Return the pages on the web as sitemaps.org wants them, each with the same page in other languages."""
    site = main.clinic.web_page.rstrip("/")
    tags = {language: language or main.clinic.language for language in pages}
    entries = []
    paths = {language: [row["path"] for row in rows] for language, rows in pages.items()}
    for language in pages:
        for path in paths[language]:
            same = [other for other in pages if path in paths[other]]
            links = "".join(
                f'<xhtml:link rel="alternate" hreflang="{tags[other]}" href="{"/".join(filter(None, (site, other, path)))}"/>'
                for other in (same if len(same) > 1 else [])
            )
            entries.append(f"<url><loc>{'/'.join(filter(None, (site, language, path)))}</loc>{links}</url>\n")
    head = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{"".join(entries)}</urlset>\n'
