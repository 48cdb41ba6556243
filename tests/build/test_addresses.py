"""addresses.py: a printed code leads to its page, or to a notice, whatever is renamed, added or withdrawn."""

import random
import re
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from conftest import SMALLEST, copied, edit, now
from handouts.build.addresses import add_addresses, publish_addresses
from handouts.build.manifest import read_manifest
from handouts.collection.addresses import find_address, read_addresses
from handouts.collection.change_topics import duplicate_topic, remove_topic, rename_topic, restore_topic
from handouts.collection.csvfile import write_table
from handouts.collection.edit_tables import add_rows, change_rows
from handouts.collection.folder import Collection, open_collection
from handouts.collection.languages import read_languages
from handouts.collection.page_layouts import LANGUAGES
from handouts.collection.translated import in_language
from handouts.page import list_variants, make_page

Run = Callable[..., subprocess.CompletedProcess[str]]
TODAY = date(2026, 11, 27)


def where_it_leads(page: Path) -> Path | None:
    """Return the file that an address leads to, or None where it shows a notice."""
    html = page.read_text()
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]*)"', html)
    if not found:
        assert "is not here any more" in html or '<html lang="en"' not in html
        assert "555-0100" in html  # a notice says whom to ask, in words that somebody can read
        assert "⟦" not in html
        return None
    return page.parent / found[1]


def on_the_web(root: Path) -> Path:
    """Copy the smallest collection to `root`, and give it a place on the web."""
    copied(SMALLEST, root)
    add_rows(root / "data/clinic.csv", [{"field": "web_page", "value": "https://clinic.example/h"}])
    return root


def publish(collection: Collection, out: Path) -> Collection:
    """Write files where the pages would lie, in every language, and publish their addresses."""
    tags = ["", *read_languages(collection)]
    variants = {tag: list_variants(in_tag(collection, tag)) for tag in tags}
    collection = add_addresses(collection, variants)
    for tag in tags:
        rows = [{"path": one.path, "topic": one.topic} for one in variants[tag]]
        for row in rows:
            (out / tag / row["path"]).parent.mkdir(parents=True, exist_ok=True)
            (out / tag / row["path"]).write_text(row["path"])
        (out / tag / "manifest.csv").write_text(write_table(["path", "topic"], rows))
    publish_addresses({tag: in_tag(collection, tag) for tag in tags}, out)
    return collection


def in_tag(collection: Collection, tag: str) -> Collection:
    """Return the collection in a language, its own where that is ""."""
    return in_language(collection, tag)[0] if tag else collection


class History:
    """What a clinic does to its collection in the course of years, by chance."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root, self.chance, self.count = root, random.Random(seed), 0
        self.languages = seed % 4 == 0

    @property
    def now(self) -> Collection:
        """The collection as it is."""
        return open_collection(self.root)

    def step(self) -> None:
        """Do one thing."""
        self.count += 1
        steps = [
            self.rename,
            self.copy,
            self.remove,
            self.restore,
            self.parameter,
            self.value,
            self.less,
            self.withdraw,
        ]
        self.chance.choice([*steps, *([self.language, self.language, self.no_language] if self.languages else [])])()

    def topic(self) -> str:
        """Return a topic that there is."""
        return self.chance.choice(list(self.now.topics))

    def rename(self) -> None:
        rename_topic(self.now, self.topic(), f"renamed-{self.count}")

    def copy(self) -> None:
        duplicate_topic(self.now, self.topic(), f"copied-{self.count}", TODAY)

    def remove(self) -> None:
        if len(self.now.topics) > 1:
            remove_topic(self.now, self.topic())

    def restore(self) -> None:
        removed = [path.stem for path in (self.root / ".removed").glob("*/*.ipynb")]
        if removed and (name := self.chance.choice(removed)) not in self.now.topics:
            restore_topic(self.now, name)

    def parameter(self) -> None:
        name = f"extra{self.count}"
        (self.root / f"data/{name}.csv").write_text(f"{name},label,on_page,note\nusual,Usual,,\nother,Other,,\n")
        row = {"parameter": name, "label": name, "values_in": f"{name}.csv", "facet": "yes", "default": "usual"}
        add_rows(self.root / "data/parameters.csv", [row])

    def value(self) -> None:
        add_rows(
            self.root / "data/audiences.csv",
            [{"audience": f"some{self.count}", "label": "Some", "on_page": "", "note": ""}],
        )

    def less(self) -> None:
        change_rows(self.root / "data/audiences.csv", lambda row: None if row["audience"].startswith("some") else row)

    def language(self) -> None:
        tag = self.chance.choice(
            [tag for tag in ("es-US", "ar", "fr") if tag not in read_languages(self.now)] or ["de"]
        )
        if tag not in read_languages(self.now):
            topics = self.chance.choice(["", self.topic()])
            row = {"language": tag, "label": tag, "only": "", "topics": topics, "translated_by": "nobody"}
            add_rows(self.root / "data/languages.csv", [row], LANGUAGES.columns)

    def no_language(self) -> None:
        if languages := list(read_languages(self.now)):
            tag = self.chance.choice(languages)
            change_rows(self.root / "data/languages.csv", lambda row: None if row["language"] == tag else row)

    def withdraw(self) -> None:
        known = read_addresses(self.now.tables)
        one, other = self.chance.choice(known).address, self.chance.choice(known).address
        leads_to = self.chance.choice(["withdrawn", other if other != one else "withdrawn"])
        change_rows(
            self.root / "data/addresses.csv",
            lambda row: {**row, "leads_to": leads_to} if row["address"] == one else row,
        )


def test_no_address_ever_dies(tmp_path: Path) -> None:
    """A hundred histories by chance (topics renamed, copied, removed, put back, parameters, values and languages added and removed, pages withdrawn and replaced): each address ever printed leads to a page that is there, or to a notice."""
    dead, printed, led, translated = [], 0, 0, 0
    for seed in range(100):
        root, out = tmp_path / str(seed), tmp_path / f"{seed}-out"
        history = History(on_the_web(root), seed)
        before: set[str] = set()
        for _ in range(6):
            collection = publish(history.now, out)
            for tag in ["", *read_languages(collection)]:
                there = in_tag(collection, tag)
                before |= {find_address(there, one.topic, one.values) for one in list_variants(there)}
                translated += bool(tag)
            for address in before:
                page = out / "p" / address / "index.html"
                target = where_it_leads(page) if page.is_file() else page
                led += target is not None
                if target is not None and not target.is_file():
                    dead.append((seed, address))
            history.step()
        printed += len(before)
    print(f"addresses printed: {printed}, looked at and leading to a page: {led}")
    assert dead == []
    assert translated > 50
    assert printed > 300
    assert led > 1000


def test_a_page_keeps_its_address_when_its_topic_is_renamed_or_a_parameter_is_added(tmp_path: Path) -> None:
    """The address of the page for everyone stays, and a page that comes with a new value gets another."""
    history = History(on_the_web(tmp_path / "c"), 1)
    first = list_variants(publish(history.now, tmp_path / "out"))[0]
    address = find_address(history.now, first.topic, first.values)
    history.rename()
    renamed = list_variants(publish(history.now, tmp_path / "out"))[0]
    assert renamed.topic != first.topic
    assert f"https://clinic.example/h/p/{address}/" in make_page(history.now, renamed).html
    history.parameter()
    collection = publish(history.now, tmp_path / "out")
    usual, other = list_variants(collection)[:2]
    assert find_address(collection, usual.topic, usual.values) == address
    assert find_address(collection, other.topic, other.values) != address


def test_a_build_writes_addresses_once_and_a_site_map(copy: Collection, run: Run) -> None:
    """`handouts build` gives each page a row in data/addresses.csv, and changes nothing the second time; search engines find each page."""
    edit(copy.data / "clinic.csv", "web_page,https://clinic.example/handouts", "web_page,https://clinic.example/h")
    asked = ("your-dry-needling-session", "--audience", "general")
    run("handouts", "build", *asked, check=True)
    table, pages = copy.data / "addresses.csv", read_manifest(copy.exports)
    stored = table.read_bytes()
    address = find_address(now(copy), pages[0]["topic"], {name: pages[0][name] for name in copy.parameters})
    assert address in stored.decode()
    assert (
        where_it_leads(copy.exports / "p" / address / "index.html").resolve()
        == (copy.exports / pages[0]["path"]).resolve()
    )
    assert f"/h/p/{address}/" in (copy.exports / pages[0]["path"]).read_text()
    sites = (copy.exports / "sitemap.xml").read_text()
    assert all(f"https://clinic.example/h/{row['path']}" in sites for row in pages)
    assert "0 made" in run("handouts", "build", *asked, check=True).stdout
    assert table.read_bytes() == stored


@pytest.mark.parametrize("leads_to", ["withdrawn", "itself"])
def test_what_was_withdrawn_says_so_and_gives_no_advice(tmp_path: Path, leads_to: str) -> None:
    """A withdrawn page's address, and one that leads in a circle, shows a notice with the clinic's number, and nothing of the page."""
    collection = publish(open_collection(on_the_web(tmp_path / "c")), tmp_path / "out")
    address = read_addresses(collection.tables)[0].address
    leads_to = address if leads_to == "itself" else leads_to
    change_rows(collection.data / "addresses.csv", lambda row: {**row, "leads_to": leads_to})
    publish(now(collection), tmp_path / "out")
    page = tmp_path / "out/p" / address / "index.html"
    assert where_it_leads(page) is None
    assert "555-0100" in page.read_text()
    assert "wash" not in page.read_text().lower()
