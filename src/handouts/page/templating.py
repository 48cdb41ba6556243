"""The templates of a room: what an index or a scorecard looks like, in the style of the pages."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from handouts.collection.locales import written_from
from handouts.page.around import day

STYLE = Path(__file__).parent / "templates" / "handout"
"""The folder of the style sheet that every page carries, and of the head that lists have."""


@cache
def read_template(path: Path) -> Template:
    """Return the template at `path`; it may include those beside it, and the style sheet of the pages."""
    loader = FileSystemLoader([path.parent, STYLE])
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    environment.filters |= {"day": day, "dir": lambda language: Markup(written_from(language))}
    return environment.get_template(path.name)
