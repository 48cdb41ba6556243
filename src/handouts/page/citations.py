"""Citations, facts and taught words in text.

[@brady2014]     a source: a numbered link, and an entry at the end of the page
[@clinic]        the clinic's own words, behind which no source stands; nothing is printed
[=dn-mild]       a fact of data/facts.csv: its sentence, with its sources
{{ clinic_phone }} a detail of data/clinic.csv, the same for everyone
[?trigger points] a word of data/glossary.csv: bold, with its meaning, at its first use on a page
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import cache, lru_cache
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handouts.collection.clinic import Clinic
from handouts.collection.evidence import CLINIC, cite
from handouts.collection.folder import Collection
from handouts.collection.phrases import Phrases
from handouts.errors import PageError, known
from handouts.page.marks import TAG

if TYPE_CHECKING:
    from mistune import InlineState, Markdown

CITE = r"\[@[\w-]+(?:; *@[\w-]+)*\]"
OPEN, CLOSE = "\ue002", "\ue003"
"""Stand around the ids of a citation while Markdown becomes HTML; text that holds them is refused."""
BOLD, BOLD_ENDS = "\ue004", "\ue005"
"""Stand around a word to teach while it is put into HTML."""


def in_markdown(markdown: "Markdown") -> None:
    """Have mistune take note of citations: its plugin."""

    def parse(inline: object, found: re.Match[str], state: "InlineState") -> int:
        names = " ".join(re.findall(r"[\w-]+", found[0]))
        state.append_token({"type": "text", "raw": f"{OPEN}{names}{CLOSE}"})
        return found.end()

    markdown.inline.register("citation", CITE, parse, before="link")


class Expander:
    """Replaces facts and words to teach in the texts of one page, in order; `told` and `taught` are those that it had."""

    def __init__(self, collection: Collection, clinic: Clinic | None = None) -> None:
        self.facts = collection.facts
        self.glossary = collection.glossary
        self.clinic = clinic or collection.clinic
        self.say = collection.phrases
        self.taught: set[str] = set()
        self.told: dict[str, None] = {}

    def expand(self, source: str) -> str:
        """Return `source` with facts and words replaced, without comments. Raises PageError for one that data/ does not have."""
        return self._expand(without_comments(source), "**{}**")

    def expand_html(self, html: str) -> str:
        """Return the HTML of a table or a caption with facts and words replaced; in attributes they are plain words."""
        pieces = TAG.split(html)
        for count, piece in enumerate(pieces):
            if not re.search(r"\{\{|\[[=?@]", piece):
                continue
            if count % 2:
                pieces[count] = re.sub(r'"([^"]*)"', lambda found: f'"{escape(self.plain(unescape(found[1])))}"', piece)
            else:
                pieces[count] = escape(self._expand(unescape(piece), f"{BOLD}{{}}{BOLD_ENDS}"), quote=False)
        return "".join(pieces).replace(BOLD, "<strong>").replace(BOLD_ENDS, "</strong>")

    def plain(self, text: str) -> str:
        """Return `text` with facts and words replaced, as words without citations. Raises PageError."""
        return re.sub(f" ?{CITE}", "", self._expand(text, "{}"))

    def _expand(self, source: str, bold: str) -> str:
        source = re.sub(r"\{\{ {0,20}clinic_(\w{1,80}) {0,20}\}\}", lambda found: self._detail(found[1]), source)
        source = re.sub(r"\[=([^\]\n]{0,200})\]", lambda found: self._fact(found[1]), source)
        return re.sub(r"\[\?([^\]\n]{0,200})\]", lambda found: self._term(found[1], bold), source)

    def _detail(self, name: str) -> str:
        details = {name: value for name, value in asdict(self.clinic).items() if value}
        details.setdefault("emergency", self.say("emergency_number"))
        if name not in details:
            raise PageError(f"{{{{ clinic_{name} }}}} is no detail of data/clinic.csv. {known(name, details)}")
        return details[name]

    def _fact(self, name: str) -> str:
        if name not in self.facts:
            raise PageError(f"[={name}] is no fact of data/facts.csv. {known(name, self.facts)}")
        fact = self.facts[name]
        self.told[name] = None
        return f"{fact.sentence}{cite(fact.sources)}"

    def _term(self, term: str, bold: str) -> str:
        if term.lower() not in self.glossary:
            raise PageError(f"[?{term}] is no word of data/glossary.csv. {known(term, self.glossary)}")
        if term.lower() in self.taught:
            return term
        self.taught.add(term.lower())
        row = self.glossary[term.lower()]
        said = f"{self.say('say', said=row['say'])} " if row["say"] else ""
        return f"{bold.format(term)} ({said}{row['meaning']})"


def without_comments(source: str) -> str:
    """Return Markdown without its comments. Raises PageError for one whose end is not certain: words could be lost with it."""
    kept, at = [], 0
    while (start := source.find("<!--", at)) >= 0:
        end = source.find("-->", start + 4)
        inside = source[start + 4 : end]
        if end < 0 or inside.startswith((">", "->")) or "<!--" in inside or "--!>" in inside:
            raise PageError(
                f"a comment that begins {source[start : start + 30]!r} is not ended with -->, or holds another; text could be lost with it."
            )
        kept.append(source[at:start])
        begins_its_line = not source[:start].rpartition("\n")[2].strip()
        rest = re.compile(r"[ \t]*\n?").match(source, end + 3)
        at = rest.end() if begins_its_line and rest else end + 3
    return "".join([*kept, source[at:]])


def cited(texts: Iterable[str]) -> list[str]:
    """Return the ids of the sources cited in `texts`, in order of their first use."""
    found = [name for text in texts for cite in re.findall(CITE, text) for name in re.findall(r"[\w-]+", cite)]
    return [name for name in dict.fromkeys(found) if name != CLINIC]


def linked(html: str, numbers: Mapping[str, int], say: Phrases) -> str:
    """Return HTML made of Markdown with each citation as numbered links. Raises PageError for an unknown source."""
    return re.sub(f" ?{OPEN}([^{CLOSE}]*){CLOSE}", lambda found: links(found[1].split(), numbers, say), html)


def linked_output(html: str, numbers: Mapping[str, int], say: Phrases) -> str:
    """Return the HTML of a table or caption with its citations, written as in Markdown, as numbered links. Raises PageError."""
    return re.sub(f" ?{CITE}", lambda found: links(re.findall(r"[\w-]+", found[0]), numbers, say), html)


def links(names: Iterable[str], numbers: Mapping[str, int], say: Phrases) -> str:
    """Return links to the entries of the sources `names`, in order of their numbers."""
    cited = [name for name in names if name != CLINIC]
    for name in cited:
        if name not in numbers:
            raise PageError(f"[@{name}] is no source of data/sources.json. {known(name, numbers)}")
    made = [link(name, numbers[name], say) for name in sorted(cited, key=numbers.__getitem__)]
    return f'<sup class="cite">{" ".join(made)}</sup>' if made else ""


def link(name: str, number: int, say: Phrases) -> str:
    """Return a link to the entry of the source `name`."""
    return f'<a href="#source-{escape(name)}" aria-label="{escape(say("source", number=number))}">{number}</a>'


def entries(collection: Collection, names: list[str]) -> list[dict[str, str]]:
    """Return the entries of the sources `names` as plain text, with the address to link to where there is one.

    citeproc-py formats them, by the style in templates/handout/sources.csl. Raises PageError for an unknown source.
    """
    sources = collection.sources
    for name in names:
        if name not in sources:
            raise PageError(f"[@{name}] is no source of data/sources.json. {known(name, sources)}")
    return [
        {"id": name, **_formatted(json.dumps(_listed(sources[name]))), "short": _short(sources[name])} for name in names
    ]


@lru_cache(maxsize=4096)
def _formatted(source: str) -> dict[str, str]:
    """Return the words of a source, given as JSON, and its address: each is formatted once a process, for that takes some milliseconds."""
    from citeproc import Citation, CitationItem, CitationStylesBibliography, formatter
    from citeproc.source.json import CiteProcJSON

    one = json.loads(source)
    bibliography = CitationStylesBibliography(_style(), CiteProcJSON([one]), formatter.plain)
    bibliography.register(Citation([CitationItem(one["id"])]))
    words = str(bibliography.bibliography()[0]).replace("..", ".")
    found = re.search(r"https?://\S+(?=\.$)", words)
    address = found[0] if found else ""
    return {"words": words.removesuffix(f" {address}."), "address": address}


def _short(source: Mapping[str, object]) -> str:
    """Return a source in a few words: whose it is, where it stands, and the year."""
    authors, issued = source.get("author"), source.get("issued")
    first = authors[0] if isinstance(authors, list) and authors else {}
    year = str(issued["date-parts"][0][0]) if isinstance(issued, dict) and issued.get("date-parts") else ""
    who = str(first.get("family") or first.get("literal") or "")
    where = str(source.get("container-title") or source["title"])
    return f"{', '.join(filter(None, (who, where if where != who else '')))} {year}".strip()


def _listed(source: Mapping[str, object]) -> dict[str, object]:
    """Return what is printed of a source: no note, no subtitle, and no publisher that is its author too."""
    authors = source.get("author")
    own = [author.get("literal") for author in authors] if isinstance(authors, list) else []
    kept = {key: value for key, value in source.items() if key != "note" and not (key != "title" and value in own)}
    return {**kept, "title": str(source["title"]).partition(": ")[0]}


@cache
def _style() -> Any:
    from citeproc import CitationStylesStyle

    return CitationStylesStyle(str(Path(__file__).parent / "templates" / "handout" / "sources.csl"), validate=False)
