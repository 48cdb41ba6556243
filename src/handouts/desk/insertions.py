"""What can be put into a text at the desk, each as the Markdown that a page understands: from lists, so that nobody types a name."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from handouts.collection import Collection
from handouts.page.citations import entries

SHAPES = (
    ("insert_heading", "## "), ("insert_steps", "1. \n2. \n3. "), ("insert_list", "- \n- \n- "), ("insert_line", " .............................. "),
    ("insert_table", "| | |\n|---|---|\n| | |\n| | |\n"), ("insert_bold", "**...**"),
)  # fmt: skip
"""What a text can be made of, by its name in the catalogue, and how it is written."""


@dataclass(frozen=True)
class Insertion:
    """Something to put in: `group` and `label` are shown, `text` is written; into a cell of its own where `cell` says of which kind.

    One that `opens` a table, or asks for a picture, adds what is not there yet.
    """

    group: str
    label: str
    text: str
    cell: str = ""
    tag: str = ""
    opens: str = ""


def list_insertions(collection: Collection, topic: str) -> list[dict[str, str]]:
    """Return all that can be put into a notebook, in the order of a list. Raises HandoutsError."""
    return [asdict(one) for one in _list(collection, topic)]


def _list(collection: Collection, topic: str) -> Iterator[Insertion]:
    say = collection.phrases
    for source in entries(collection, list(collection.sources)):
        yield Insertion(say("insert_source"), f"{source['words']} ({source['id']})", f" [@{source['id']}]")
    for name, fact in collection.facts.items():
        yield Insertion(say("insert_fact"), f"{fact.sentence} ({name})", f"[={name}]")
    for word, row in collection.glossary.items():
        yield Insertion(say("insert_word"), f"{word}: {row['meaning']}", f"[?{word}]")
    for name in collection.topics[topic].fields:
        yield Insertion(say("insert_field"), collection.fields[name].label, f"{{{{ {name} }}}}")
    for name, value in asdict(collection.clinic).items():
        if value:
            yield Insertion(say("insert_clinic"), f"{name}: {value}", f"{{{{ clinic_{name} }}}}")
    for name, text in SHAPES:
        yield Insertion(say("insert_shape"), say(name), text)
    for name, label in collection.parts.items():
        yield Insertion(say("insert_part"), label, "", "markdown", f"part:{name}")
    for name, caption in collection.captions.items():
        call = "table" if caption.drawn_as == "table" else "diagram"
        yield Insertion(say("insert_shown"), f"{caption.title} ({name})", f'{call}("{name}")', "code")
    for name, fact in collection.facts.items():
        if fact.denominator:
            yield Insertion(say("insert_icons"), f"{fact.sentence} ({name})", f'icons("{name}")', "code")
    for name, picture in collection.pictures.items():
        yield Insertion(say("insert_picture"), f"{picture.title} ({name})", f'picture("{name}")', "code")
    yield Insertion(say("insert_new"), say("insert_new_picture"), "", opens="picture")
    yield Insertion(say("insert_new"), say("insert_new_fact"), "", opens="facts.csv")
    yield Insertion(say("insert_new"), say("insert_new_word"), "", opens="glossary.csv")
