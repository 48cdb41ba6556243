"""Tailoring as nbconvert's own exporters can use it: a preprocessor."""

from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

from handouts.collection import notebook
from handouts.collection.folder import find
from handouts.collection.parameters import resolve
from handouts.page.tailor import tailor


class TailorPreprocessor(Preprocessor):
    """Tailor a notebook to the parameters it was run with; works with any nbconvert exporter."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Return the tailored notebook. Raises NotebookError and ParameterError."""
        collection = resources.get("collection") or find()
        where = f"{resources.get('metadata', {}).get('name') or 'notebook'}.ipynb"
        parameters = collection.parameters
        nb = notebook.check(nb, where)
        resources.setdefault("numbers", notebook.numbers(nb))
        values = resolve(parameters, notebook.ran_with(nb, where), where)
        return tailor(nb, values, parameters, collection.parts, where), resources
