"""The `handout` exporter: an executed notebook becomes one page that a patient can hold.

nbconvert runs two preprocessors, TailorPreprocessor and PagePreprocessor, and then the template in
`templates/handout/`. The page asks nothing of any other machine and carries a version made from its
own content.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import mistune
import nh3
from nbconvert.exporters import TemplateExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets.config import Config

from handouts import notebook
from handouts.collection import find
from handouts.data import Clinic, Topic, read_clinic, read_parts, read_topics
from handouts.errors import PageError, known
from handouts.notebook import place
from handouts.parameters import SIZE, read_parameters, resolve
from handouts.tailor import TailorPreprocessor, blocks, part_of, plain_text

UNSEALED = "{=version=}"
"""Stands in a page for its version until all of the page is known."""

SHOWN = ("text/html", "image/svg+xml", "image/png", "image/jpeg")
"""What a page can show of an output, in nbconvert's order."""


@dataclass(frozen=True)
class Page:
    """What a page says around its text.

    `notes` follow the cell with the id `notes_after`, or open the text where that is None.
    """

    title: str
    topic: Topic
    clinic: Clinic
    points: int
    labels: list[str]
    notes: list[str]
    notes_after: str | None
    classes: str
    parts: dict[str, str]


class PagePreprocessor(Preprocessor):
    """Collect what a page says around its text, and refuse what would reach a patient incomplete."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Take the title out of `nb`, and put a Page into resources["page"]. Raises HandoutsError."""
        name = str(resources.get("metadata", {}).get("name") or "notebook")
        where = f"{name}.ipynb"
        collection = resources.get("collection") or find()
        topics = read_topics(collection)
        topic = notebook.topic_of(nb, name)
        if topic not in topics:
            raise PageError(f"{where}: {topic!r} is no topic of data/topics.csv. {known(topic, topics)}")
        parameters = read_parameters(collection)
        values = resolve(parameters, notebook.ran_with(nb, where), where)
        rows = [parameters[parameter].values[value] for parameter, value in values.items()]
        check_outputs(nb, where)
        resources["page"] = Page(
            title=take_title(nb, where),
            topic=topics[topic],
            clinic=read_clinic(collection),
            points=int(parameters[SIZE].values[values[SIZE]]["points"]),
            labels=[row["on_page"] for row in rows if row["on_page"]],
            notes=[row["note"] for row in rows if row["note"]],
            notes_after=next((cell.id for cell in nb.cells if part_of(cell)), None),
            classes=" ".join(f"{parameter}-{value}" for parameter, value in values.items()),
            parts=read_parts(collection),
        )
        return nb, resources


def check_outputs(nb: NotebookNode, where: str) -> None:
    """Raise PageError for a code cell that was not run, failed, or shows what no page can show."""
    for cell in nb.cells:
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        at = f"{where}, {place(nb, cell)}"
        if cell.execution_count is None:
            raise PageError(f"{at}: has not been run. Run all cells, or `handouts refresh`, then export again.")
        for output in cell.outputs:
            if output.output_type == "error":
                raise PageError(f"{at}: failed with {output.ename}: {output.evalue}. Mend the cell and run it again.")
            if output.output_type == "stream" and output.name == "stdout":
                raise PageError(
                    f"{at}: prints text, which has no place in a handout. Write the text in a Markdown cell."
                )
            if output.output_type not in ("execute_result", "display_data"):
                continue
            kind = next((kind for kind in SHOWN if kind in output.data), None)
            if kind is None:
                raise PageError(
                    f"{at}: shows {', '.join(output.data)}, which has no place in a handout. Use table() or diagram()."
                )
            if kind.startswith("image/") and not output.metadata.get(kind, {}).get("alt"):
                raise PageError(f"{at}: shows a picture without a text alternative. Use diagram(), which brings one.")


def take_title(nb: NotebookNode, where: str) -> str:
    """Take the one first-level heading out of `nb` and return its words.

    Raises PageError where there is none or more than one, and where a heading skips a level: people
    who listen to a page find their way by its headings.
    """
    headings = [
        (cell, token) for cell in nb.cells if cell.cell_type == "markdown"
        for token in blocks(cell.source) if token["type"] == "heading"
    ]  # fmt: skip
    titles = [(cell, token) for cell, token in headings if token["attrs"]["level"] == 1]
    if len(titles) != 1:
        raise PageError(f"{where}: has {len(titles)} titles and needs one: a single line that begins with one #.")
    before = 1
    for cell, token in headings:
        level = token["attrs"]["level"]
        if level > before + 1:
            raise PageError(
                f"{where}, {place(nb, cell)}: the heading {plain_text(token)!r} has level {level} below level {before}. "
                f"Write it with {'#' * (before + 1)}."
            )
        before = level
    cell, token = titles[0]
    cell.source = re.sub(r"^#[ \t]+.*$|^.+\n=+[ \t]*$", "", cell.source, count=1, flags=re.M).strip()
    return plain_text(token)


class _Markdown(mistune.HTMLRenderer):
    """Markdown as a page shows it: headings can be linked to, pictures are part of the page."""

    def __init__(self, cell: NotebookNode) -> None:
        super().__init__(escape=False)
        self.cell = cell

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        slug = re.sub(r"[^a-z0-9]+", "-", re.sub(r"<.*?>", "", text).lower()).strip("-")
        return f'<h{level} id="{slug}">{text}</h{level}>\n'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        if not text.strip():
            raise PageError(f"the picture {url!r} has no text alternative. Say what it shows: ![text]({url}).")
        attached = self.cell.get("attachments", {}).get(url.removeprefix("attachment:"), {})
        kind = next((kind for kind in ("image/png", "image/jpeg") if kind in attached), None)
        if not url.startswith("attachment:") or kind is None:
            raise PageError(f"the picture {url!r} is not part of the notebook. Paste a PNG or JPEG into the cell.")
        base64.b64decode(attached[kind], validate=True)
        return f'<img alt="{escape(text)}" src="data:{kind};base64,{attached[kind]}">'


def markdown(cell: NotebookNode) -> str:
    """Return the Markdown of `cell` as HTML; raw HTML in it is cleaned of all that could run. Raises PageError."""
    try:
        html = mistune.create_markdown(renderer=_Markdown(cell), plugins=["table", "strikethrough"])(cell.source)
    except PageError as error:
        raise PageError(f"a text cell that begins {cell.source[:40]!r}: {error}") from None
    return clean(str(html))


def clean(html: str) -> str:
    """Return `html` without anything that runs, loads or styles; words and structure stay."""
    return nh3.clean(
        html,
        attributes={
            **nh3.ALLOWED_ATTRIBUTES,
            "*": {"class", "id", "lang", "dir", "role", "scope", "data-label", "aria-label", "aria-hidden"},
        },
        url_schemes={"http", "https", "mailto", "tel", "data"},
        attribute_filter=lambda tag, name, value: (
            value if ((tag, name) == ("img", "src")) == value.strip().lower().startswith("data:") else None
        ),  # pictures are part of the page, and nothing else is data
        link_rel=None,
    )


def css_string(text: str) -> str:
    r"""Return `text` as a string in a style sheet.

    >>> css_string('5 o"clock')
    '"5 o\\22 clock"'
    """
    return '"' + re.sub(r'["\\<\n\r]', lambda found: f"\\{ord(found[0]):x} ", text) + '"'


def seal(html: str) -> str:
    """Put the version of a page, the digest of all its words and looks, in its place."""
    return html.replace(UNSEALED, hashlib.sha256(html.encode()).hexdigest()[:10])


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

    def _default_preprocessors_default(self) -> list[type[Preprocessor]]:
        return [TailorPreprocessor, PagePreprocessor]

    @property
    def default_config(self) -> Config:
        """Switch our preprocessors on."""
        config = Config({kind.__name__: {"enabled": True} for kind in (TailorPreprocessor, PagePreprocessor)})
        config.merge(super().default_config)
        return config

    def default_filters(self) -> Any:
        """Return nbconvert's filters and ours."""
        yield from super().default_filters()
        yield from {"handout_markdown": markdown, "clean": clean, "css_string": css_string, "part_of": part_of}.items()

    def from_notebook_node(  # type: ignore[override]  # as nbconvert's own template exporters
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page and its resources. Raises HandoutsError."""
        html, resources = super().from_notebook_node(nb, resources, **kw)
        return seal(html), resources
