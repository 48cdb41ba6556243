"""The `handout` exporter: an executed notebook becomes one page that a patient can hold.

nbconvert runs two preprocessors, TailorPreprocessor and PagePreprocessor, and then the template in `templates/handout/`.
The page asks nothing of any other machine and carries a version made from its own content.
"""

import hashlib
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import TemplateExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets.config import Config

from handouts.collection import notebook
from handouts.collection.addresses import find_path
from handouts.collection.evidence import cite
from handouts.collection.folder import Collection, find
from handouts.collection.languages import translated_from
from handouts.collection.locales import written_from
from handouts.collection.notebook import place
from handouts.collection.parameters import SIZE, resolve
from handouts.collection.sentences import ended
from handouts.errors import PageError, known
from handouts.page.around import (
    UNSEALED,
    Around,
    call,
    compact,
    css_pages,
    css_string,
    day,
    describe,
    with_calls,
)
from handouts.page.blocks import read_blocks, review, say_block, tell_translation
from handouts.page.brand import accents, read_logo, read_theme
from handouts.page.carried import list_carried
from handouts.page.citations import Expander, cited, entries, linked_output, links
from handouts.page.codes import qr
from handouts.page.fields import fields_of
from handouts.page.finish import finish
from handouts.page.fonts import font_faces
from handouts.page.markdown import parse_markdown, plain_text
from handouts.page.marks import check_page
from handouts.page.markup import check_headings, check_links, headings, markdown
from handouts.page.outputs import SHOWN, check_cells, make_ready
from handouts.page.preprocess import TailorPreprocessor
from handouts.page.review import find_review, read_lines
from handouts.page.safety import as_cells, place_parts
from handouts.page.tailor import SAFETY_HERE, is_hidden, part_of


class PagePreprocessor(Preprocessor):
    """Collect what a page says around its text, and refuse what would reach a patient incomplete."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Put it into resources["page"]. Raises HandoutsError."""
        name = str(resources.get("metadata", {}).get("name") or "notebook")
        where = f"{name}.ipynb"
        collection = resources.get("collection")
        if collection is None:
            collection = find()
            check_same_collection(nb, collection, where)
        topics = collection.topics
        topic = notebook.topic_of(nb, name)
        if topic not in topics:
            raise PageError(f"{where}: {topic!r} is no topic of data/topics.csv. {known(topic, topics)}")
        parameters = collection.parameters
        values = resolve(parameters, notebook.ran_with(nb, where), where)
        rows = [parameters[parameter].values[value] for parameter, value in values.items()]
        for cell in nb.cells:
            if is_hidden(cell):
                cell.outputs = []
        check_cells(nb, where, resources.get("numbers"))
        clinic = collection.clinic.at(rows)
        expander = Expander(collection, clinic)
        declared = collection.fields
        fields = {field: declared[field] for field in topics[topic].fields}
        for cell in nb.cells:
            try:
                if cell.cell_type == "markdown":
                    cell.source = expander.expand(cell.source)
                for output in cell.get("outputs", []):
                    if output.output_type in ("execute_result", "display_data"):
                        make_ready(output, expander, fields)
            except PageError as error:
                raise PageError(f"{where}, {place(nb, cell, resources.get('numbers'))}: {error}") from None
        used = collection.safety_of(topics[topic])
        safety = [as_cells(part, expander) for part in used.parts] if used else []
        warnings = [cell for part in safety for cell in part.cells]
        notes = [
            nbformat.v4.new_markdown_cell(expander.expand(row["note"]), id=f"note-{count}")
            for count, row in enumerate(rows)
            if row["note"]
        ]
        places = {cell.id: f"{where}, {place(nb, cell, resources.get('numbers'))}" for cell in nb.cells}
        places |= {cell.id: f"the safety text {topics[topic].safety}, {cell.source[:40]!r}" for cell in warnings}
        places |= {note.id: f"the column note of this reader, {note.source[:40]!r}" for note in notes}
        for cell in [*notes, *warnings]:
            if any(token["attrs"]["level"] == 1 for token in headings(parse_markdown(cell.source))):
                raise PageError(f"{places[cell.id]}: begins with one #, which is for the title only, and would be lost. Remove the mark.")  # fmt: skip
        safety_after = next((cell.id for cell in nb.cells if SAFETY_HERE in notebook.tags(cell)), None)
        placed = place_parts(nb, safety, where)
        urgent = [cell.source for part in safety if part.urgency for cell in part.cells]
        texts = [note.source for note in notes]
        for cell in nb.cells:
            texts += _texts(cell)
            here = [part for part in safety if placed.get(part.name, safety_after) == cell.id and not part.urgency]
            texts += [one.source for part in here for one in part.cells]
        sources = entries(collection, cited([*texts, *(one.source for one in warnings), *urgent]))
        resources["page"] = Around(
            title=title_of(nb, where),
            topic=topics[topic],
            clinic=clinic,
            points=int(parameters[SIZE].values[values[SIZE]]["points"]),
            labels=[row["on_page"] for row in rows if row["on_page"]],
            notes=notes,
            notes_after=next((cell.id for cell in nb.cells if part_of(cell)), None),
            classes=" ".join(f"{parameter}-{value}" for parameter, value in values.items()),
            parts=collection.parts,
            used_parts=list(dict.fromkeys(filter(None, map(part_of, nb.cells)))),
            safety=[part for part in safety if part.name not in placed],
            safety_at={cell.id: [part for part in safety if placed.get(part.name) == cell.id] for cell in nb.cells},
            safety_heading=used.heading if used else "",
            about_safety_sources=used.about_sources if used else "",
            safety_after=safety_after,
            sources=sources,
            numbers={source["id"]: number for number, source in enumerate(sources, start=1)},
            web_address=_web_address(collection, clinic.web_page, topic, values),
            fields=fields,
            places=places,
            beside=collection.notebooks,
            say=collection.phrases,
            logo=read_logo(collection, clinic.logo),
            accent=next((row["accent"] for row in rows if row.get("accent")), clinic.colour),
            theme=read_theme(collection),
            blocks=read_blocks(collection),
            faces=font_faces(),
            reviews=[review for review in collection.reviews if review.topic == topic],
            review=resources.get("review"),
            translated=tell_translation(collection),
            written_in=translated_from(collection),
            carries=list(list_carried(nb, collection, expander, sources, used)),
        )
        return nb, resources


def _web_address(collection: Collection, web_page: str, topic: str, values: Mapping[str, str]) -> str:
    """Return the address of the page on the clinic's web site that never changes, or "" where it has none."""
    if not web_page:
        return ""
    site = web_page.rstrip("/")
    if translated_from(collection):  # all addresses lie in one place
        site = site.removesuffix(f"/{collection.clinic.language}")
    return f"{site}/{find_path(collection, topic, values)}"


def _texts(cell: NotebookNode) -> Iterator[str]:
    """Yield what may cite sources in a cell, in the order of the page: its text, or the sources of its picture or table."""
    if cell.cell_type == "markdown":
        yield cell.source
    for output in cell.get("outputs", []):
        of = output.get("metadata", {})
        told: dict[str, str] = next((of[kind] for kind in SHOWN if kind in of), {})
        yield f"{told.get('title', '')} {told.get('caption', '')}"
        yield cite(str(told.get("sources", "")).split())
        yield output.get("data", {}).get("text/html", "")


def check_same_collection(nb: NotebookNode, collection: Collection, where: str) -> None:
    """Raise PageError where papermill ran a notebook of one collection, and the page would be made with another's data."""
    source = nb.metadata.get("papermill", {}).get("input_path")
    if (
        isinstance(source, str)
        and Path(source).is_file()
        and not Path(source).resolve().is_relative_to(collection.root)
    ):
        raise PageError(
            f"{where}: was made from {source}, which is not of the collection found from this folder. "
            "Go to the folder that holds its notebooks/ and data/, and run papermill and nbconvert there."
        )


def title_of(nb: NotebookNode, where: str) -> str:
    """Return the words of the one first-level heading in `nb`. Raises PageError where there is none or more than one."""
    titles = [unescape(plain_text(token)).strip() for token in _title_tokens(nb)]
    if len(titles) != 1 or not titles[0]:
        raise PageError(f"{where}: has {len(titles)} titles and needs one: a single line that begins with one #.")
    marked = {"inline_html", "image", "link"} & {kind for token in _title_tokens(nb) for kind in _kinds(token)}
    if marked:
        raise PageError(
            f"{where}: the title holds more than words ({', '.join(sorted(marked))}). Write it below the title."
        )
    if "{{" in titles[0]:
        raise PageError(
            f"{where}: the title has a field, and a title is the same for everyone. Write it below the title."
        )
    return titles[0]


def _title_tokens(nb: NotebookNode) -> Iterator[dict[str, Any]]:
    for cell in nb.cells:
        for token in headings(parse_markdown(cell.source)) if cell.cell_type == "markdown" else ():
            if token["attrs"]["level"] == 1:
                yield token


def _kinds(token: dict[str, Any]) -> Iterator[str]:
    yield token["type"]
    for part in token.get("children", []):
        yield from _kinds(part)


def version_of(html: str) -> str:
    """Return the version of a page, which is not in it yet: a digest of all its words and looks."""
    return hashlib.sha256(html.encode()).hexdigest()[:10]


class HandoutExporter(TemplateExporter):
    """Export a notebook as a handout: one accessible HTML file that needs nothing else."""

    export_from_notebook = "Handout"
    output_mimetype = "text/html"

    def _file_extension_default(self) -> str:
        return ".html"

    def _template_name_default(self) -> str:
        return "handout"

    def _extra_template_basedirs_default(self) -> list[str]:
        return [str(Path(__file__).parent / "templates")]

    def _default_preprocessors_default(self) -> list[type[Preprocessor] | str]:
        # the first is for nbconvert --execute; off unless asked for
        return ["nbconvert.preprocessors.ExecutePreprocessor", TailorPreprocessor, PagePreprocessor]

    @property
    def default_config(self) -> Config:
        """Switch our preprocessors on, and show of an output what a page can show."""
        config = Config({kind.__name__: {"enabled": True} for kind in (TailorPreprocessor, PagePreprocessor)})
        config.NbConvertBase.display_data_priority = list(SHOWN)
        config.merge(super().default_config)
        return config

    def default_filters(self) -> Any:
        """Return nbconvert's filters and ours."""
        yield from super().default_filters()
        yield from {
            "handout_markdown": markdown,
            "css_string": css_string,
            "compact": compact,
            "part_of": part_of,
            "cite": links,
            "linked": linked_output,
            "described": describe,
            "day": day,
            "dir": written_from,
            "with_calls": with_calls,
            "call": call,
            "css_pages": css_pages,
            "accents": accents,
            "ended": ended,
            "qr": qr,
            "say_block": say_block,
            "review": review,
        }.items()

    def from_notebook_node(  # type: ignore[override]  # as nbconvert's own template exporters
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page and its resources. Raises HandoutsError."""
        asked = resources or {}
        html, resources = super().from_notebook_node(nb, resources, **kw)
        where = f"{resources['metadata'].get('name') or 'notebook'}.ipynb"
        page = resources["page"]
        html = finish(html, page.say)
        # what is signed are the words, which are known only now
        if page.reviews and (review := find_review(page.reviews, page.topic.name, read_lines(html, page.clinic))):
            html, resources = super().from_notebook_node(nb, {**asked, "review": review}, **kw)
            html = finish(html, page.say)
        resources["version"] = version_of(html)
        sealed = html.replace(UNSEALED, resources["version"])
        try:
            check_headings(html)
            check_links(html)
            check_page(sealed)
        except PageError as error:
            raise PageError(f"{where}: {error}") from None
        if lost := [name for name in resources["page"].fields if name not in fields_of(html)]:
            raise PageError(
                f"{where}: no text shows {', '.join(f'{{{{ {name} }}}}' for name in lost)}, which data/topics.csv declares. "
                "Write it in a cell for this reader, or remove it from the topic's fields."
            )
        return sealed, resources
