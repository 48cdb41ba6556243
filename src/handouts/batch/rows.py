"""A row of a roster: what it asks for, or why it is rejected. No reason quotes what stands in the row."""

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from handouts.batch.values import faults
from handouts.collection.folder import Collection
from handouts.collection.parameters import offered, resolve
from handouts.errors import RosterError, known
from handouts.page.fields import read_value

ID, TOPIC = "id", "topic"
SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What a handout may be named."""
RESERVED_NAMES = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]", re.I)
"""Names that Windows gives to devices, and to no file."""


@dataclass(frozen=True)
class Wanted:
    """A handout that a row asks for: `values` has one value of every parameter, `fields` a text a field."""

    id: str
    topic: str
    values: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]


class Rows:
    """Checks the rows of one roster; remembers their ids in a file without a name, so that memory stays flat."""

    def __init__(self, collection: Collection, columns: Sequence[str], name: str) -> None:
        """Raise RosterError where a column is missing, or is none that a roster has."""
        self.topics = collection.topics
        self.parameters = collection.parameters
        self.fields = collection.fields
        self.language = collection.clinic.language
        self.columns = columns
        allowed = [ID, TOPIC, *self.parameters, *self.fields]
        for place, column in enumerate(columns, start=1):
            if column not in allowed:
                # The name is not told: without a header row it is what stands in a person's.
                near = get_close_matches(re.sub(r"\W+", "_", column).lower(), allowed, n=1)
                hint = f"Did you mean '{near[0]}'?" if near else "Does the first row name the columns?"
                raise RosterError(f"{name}: column {place} has an unknown name. {hint} Known: {', '.join(allowed)}.")
        if missing := [column for column in (ID, TOPIC) if column not in columns]:
            raise RosterError(f"{name}: has no column {' and no column '.join(missing)}. Every row needs one.")
        self._resolve = lru_cache(maxsize=1024)(self._values)
        self._ids = sqlite3.connect("")
        self._ids.execute("CREATE TABLE ids (id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._ids.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -500")  # kB

    def close(self) -> None:
        """Forget the ids."""
        self._ids.close()

    def check(self, cells: Sequence[str]) -> Wanted | str:
        """Return what a row asks for, or every reason why it is rejected."""
        row = dict(zip(self.columns, cells, strict=True))
        # of a cell the first reason is told
        reasons = {
            self.columns[place]: told
            for place, told in faults(cells).items()
            if not self._is_offered(self.columns[place], cells[place])
        }
        topic = self.topics.get(row[TOPIC])
        if topic is None:
            reasons.setdefault(TOPIC, f"is none of the collection. {known(row[TOPIC], self.topics)}")
        if wrong := self._wrong_id(row[ID]):
            reasons.setdefault(ID, wrong)
        asked = tuple(row.get(name, "") for name in self.parameters)
        for value, parameter in zip(asked, self.parameters.values(), strict=True):
            if value and value not in parameter.values:
                reasons.setdefault(parameter.name, f"is not one of its values. {known(value, parameter.values)}")
        if (
            topic
            and not reasons
            and not offered(topic.only, dict(zip(self.parameters, self._resolve(asked), strict=True)))
        ):
            reasons[TOPIC] = f"has pages for {', '.join(topic.only)} only"
        filled = []
        for name, field in self.fields.items():
            text, wrong = read_value(field, row.get(name, ""), self.language)
            if wrong:
                reasons.setdefault(name, wrong)
            elif text and topic and name not in topic.fields:
                reasons.setdefault(name, "is no field of this topic; leave the cell empty")
            elif text:
                filled.append((name, text))
        if reasons or topic is None:
            return "; ".join(f"{name}: {reason.rstrip('.')}" for name, reason in reasons.items())
        # Only now: a row that is rejected takes no id away from one that is right.
        added = self._ids.execute("INSERT OR IGNORE INTO ids VALUES (?)", [row[ID].casefold()])
        if not added.rowcount:
            return "id: stands in an earlier row already, perhaps with small letters for capitals"
        return Wanted(row[ID], topic.name, self._resolve(asked), tuple(filled))

    def _values(self, asked: tuple[str, ...]) -> tuple[str, ...]:
        values: Mapping[str, str] = dict(zip(self.parameters, asked, strict=True))
        return tuple(resolve(self.parameters, values, "row").values())

    def _is_offered(self, name: str, text: str) -> bool:
        """Tell whether `text` is a value of the parameter `name`: one may be called none."""
        return name in self.parameters and text in self.parameters[name].values

    def _wrong_id(self, text: str) -> str | None:
        if not text:
            return "is missing"
        if not SAFE_ID.fullmatch(text) or RESERVED_NAMES.fullmatch(text):
            return "is no safe file name; use up to 64 letters, digits, hyphens and underscores"
        return None
