"""What a page carries by name: what it could be called back for, should that turn out wrong."""

from collections.abc import Iterator, Mapping, Sequence

from nbformat import NotebookNode

from handouts.collection.folder import Collection
from handouts.collection.safety import SafetySet
from handouts.page.citations import Expander


def list_carried(
    nb: NotebookNode,
    collection: Collection,
    expander: Expander,
    sources: Sequence[Mapping[str, str]],
    safety: SafetySet | None,
) -> Iterator[str]:
    """Yield what a page could be called back for: its facts, words to teach, sources, tables and pictures, and lines of safety text."""
    shown = [
        told["name"]
        for cell in nb.cells
        for output in cell.get("outputs", [])
        for told in output.get("metadata", {}).values()
        if "name" in told
    ]
    facts = dict.fromkeys([*expander.told, *(name.removeprefix("fact-") for name in shown if name.startswith("fact-"))])
    for name in shown:
        if f"{name}.csv" in collection.tables.names():
            facts |= dict.fromkeys(row["fact"] for row in collection.tables.shown(name) if row.get("fact"))
    yield from (f"fact:{name}" for name in facts)
    yield from (f"word:{word}" for word in sorted(expander.taught))
    yield from (f"source:{source['id']}" for source in sources)
    yield from (f"shown:{name}" for name in dict.fromkeys(shown))
    yield from (f"safety:{digest}" for _, words, digest in safety.lines() if words) if safety else ()
