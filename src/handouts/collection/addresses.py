"""Addresses of pages: each page has a short one of its own, which printed codes lead to, whatever is renamed, added or withdrawn later.

A row of `data/addresses.csv` says which page an address means. It names the values of the parameters that there were when
it was written: of one that was added since, the page is that for the default.
"""

import hashlib
from collections.abc import Container, Mapping
from dataclasses import dataclass

from handouts.collection import page_layouts
from handouts.collection.csvfile import Tables
from handouts.collection.folder import Collection
from handouts.collection.languages import main_of, translated_from
from handouts.collection.parameters import Parameters, resolve
from handouts.errors import ParameterError

FOLDER = "p"
"""The folder of addresses on the web."""
WITHDRAWN = "withdrawn"
LETTERS = "bcdfghjkmnpqrstvwxz"
SIGNS = LETTERS + "23456789"
"""What an address is made of: nothing that looks like something else in print, makes a word, or begins like a number in a spreadsheet."""
LENGTH = 6


@dataclass(frozen=True)
class Address:
    """An address, and the page that it means: `leads_to` is empty, withdrawn, or the address of the page that stands in its place."""

    address: str
    topic: str
    reader: Mapping[str, str]
    language: str
    leads_to: str

    def means(self, parameters: Parameters, topic: str, values: Mapping[str, str], language: str) -> bool:
        """Tell whether it is the address of a page."""
        return (self.topic, self.language) == (topic, language) and self.values(parameters) == dict(values)

    def values(self, parameters: Parameters) -> dict[str, str] | None:
        """Return a value of every parameter for its page, or None where one is no more."""
        told = {name: value for name, value in self.reader.items() if name in parameters}
        try:
            return resolve(parameters, told, "data/addresses.csv")
        except ParameterError:
            return None


def read_addresses(tables: Tables) -> list[Address]:
    """Return the addresses in the order of their table. Raises DataError."""
    return [
        Address(
            row["address"], row["topic"], dict(one.split(":", 1) for one in row["reader"].split() if ":" in one), row["language"], row["leads_to"],
        )
        for row in tables.rows(page_layouts.ADDRESSES)
    ]  # fmt: skip


def find_address(collection: Collection, topic: str, values: Mapping[str, str]) -> str:
    """Return the address of a page: that of its row, or the one that it will get."""
    language = collection.clinic.language if translated_from(collection) else ""
    known = read_addresses(main_of(collection).tables)
    for one in known:
        if one.means(collection.parameters, topic, values, language):
            return one.address
    return new_address(topic, values, language, {one.address for one in known})


def find_path(collection: Collection, topic: str, values: Mapping[str, str]) -> str:
    """Return where a page's address lies on the web, from where the pages do, such as p/zc668w/."""
    return f"{FOLDER}/{find_address(collection, topic, values)}/"


def new_address(topic: str, values: Mapping[str, str], language: str, taken: Container[str]) -> str:
    """Return the address that a page gets: always the same for the same page and the same addresses `taken`."""
    number = int.from_bytes(hashlib.sha256(f"{topic} {name_reader(values)} {language}".encode()).digest())
    address = ""
    while len(address) < LENGTH or address in taken:
        signs = SIGNS if address else LETTERS
        number, digit = divmod(number, len(signs))
        address += signs[digit]
    return address


def name_reader(values: Mapping[str, str]) -> str:
    """Return the values of a page as the table has them, such as audience:athlete level:plain."""
    return " ".join(f"{name}:{value}" for name, value in values.items())
