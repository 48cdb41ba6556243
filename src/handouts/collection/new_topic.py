"""A new topic: a notebook that makes a page at once, and its row in data/topics.csv.

What guides the author stands in comments, which no page shows; the words around them are true of any topic.
"""

import csv
import io
import re
from datetime import date

import nbformat
from nbformat import NotebookNode

from handouts import files
from handouts.collection import notebook
from handouts.collection.folder import Collection
from handouts.errors import NotebookError

SKELETON = {
    "lead": (
        "part:main-message",
        """<!-- The one thing to remember, in one or two short sentences. Put [@source] after each claim. -->
It helps to know your choices before you decide. [@clinic]

**Why it matters:** what counts most is up to you. [@clinic]

**What to do next:**

<!-- Two or three small steps: who does what, and when. -->
1. Read this page.
2. Write down what you want to ask.
3. Call us at {{ clinic_phone }} to talk it over.""",
    ),
    "about": (
        "",
        """## What is this about?

<!-- Short sentences, of up to fifteen words. Say "you". A number is a fact of data/facts.csv: [=name]. A picture: diagram("name"). -->
This page is about one question: {title} [@clinic]""",
    ),
    "known": (
        "",
        """## What is known, and what is not?

<!-- What studies found, with [@source], and what they did not. -->
**What is known:** please ask us. [@clinic]

**What is not known:** please ask us this too. [@clinic]""",
    ),
    "ask": (
        "part:checklist",
        """<!-- Questions to mark. -->
- What are my choices? What if I wait?
- What good and what harm may each one do?""",
    ),
    "teach-back": (
        "part:teach-back",
        """Did we explain it well? Please tell us in your own words:

<!-- Two or three open questions, one for each main point. -->
- What are your choices?
- What will you do next?""",
    ),
    "slip": ("part:slip", "- Told us both. Date, initials: .........."),
}
"""The cells that an author begins with: part and text, by the cell's id."""


def name_of(title: str) -> str:
    """Return a topic's name made from its title.

    >>> name_of("Ice or heat: which one?")
    'ice-or-heat-which-one'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].strip("-")


def new_topic(collection: Collection, name: str, title: str, today: date) -> None:
    """Make the notebook of a new topic, and its row in data/topics.csv. Nothing that is there is changed. Raises NotebookError."""
    topics = collection.topics
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise NotebookError(
            f"{name or title!r} is no name for a topic. Use small letters, digits and hyphens, a letter first."
        )
    if name in topics or collection.notebook(name).exists():
        raise NotebookError(f"notebooks/{name}.ipynb: there is such a topic already. Choose another title.")
    first = notebook.read(collection.notebook(next(iter(topics))))
    cells = [nbformat.v4.new_markdown_cell(f"# {title}", id="title"), *_tools(first)]
    for count, (part, text) in SKELETON.items():
        tags = {"tags": [part]} if part else {}
        source = text.replace("{title}", title if title.endswith(("?", ".")) else f"{title}.")
        cells.append(nbformat.v4.new_markdown_cell(source, id=count, metadata=tags))
    notebook.write(notebook.normalised(nbformat.v4.new_notebook(cells=cells)), collection.notebook(name))
    path = collection.data / "topics.csv"
    stored = path.read_bytes()
    text = stored.decode("utf-8-sig")
    ends = "\r\n" if b"\r\n" in stored else "\n"
    row = {
        "topic": name,
        "order": str(1 + max(topic.order for topic in topics.values())),
        "purpose": title if title.endswith(("?", ".")) else f"{title}.",
        "only": " ".join(_levels(collection)),
        "written_on": today.isoformat(),
    }
    line = io.StringIO()
    csv.DictWriter(line, next(csv.reader([text.splitlines()[0]])), restval="", lineterminator=ends).writerow(row)
    begun = b"" if stored.endswith(b"\n") else ends.encode()
    files.write(path, stored + begun + line.getvalue().encode(), durable=True)


def _tools(nb: NotebookNode) -> list[NotebookNode]:
    """Return the code cells up to the one that follows the parameters: the same for every topic, which share their snapshot."""
    at = next(count for count, cell in enumerate(nb.cells) if notebook.PARAMETERS in notebook.tags(cell))
    return [cell for cell in nb.cells[: at + 2] if cell.cell_type == "code"]


def _levels(collection: Collection) -> list[str]:
    """Return the values of facets whose words are not the article's: a new topic is not in the article."""
    found = []
    for name, parameter in collection.parameters.items():
        own = [value for value, row in parameter.values.items() if row.get("article") != "yes"]
        if parameter.facet and len(own) < len(parameter.values):
            found += [f"{name}:{value}" for value in own]
    return found
