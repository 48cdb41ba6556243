"""The papermill engine `snapshot`: `papermill --engine snapshot`, for anybody's notebook.

papermill loads this module while it is still loading itself, so nothing of papermill is imported
before a notebook is run; the work is in runs.py, and in process.py, which is the process it forks.
This room knows nothing of handouts, and imports nothing of them.
"""

from typing import Any

__all__ = ["SnapshotEngine", "forget_all"]


def forget_all() -> None:
    """End the snapshots that wait for the next notebook of their kind."""
    from handouts.engine import pool

    pool.forget_all()


class SnapshotEngine:
    """Execute a notebook on a fork of a process that has already run the cells above the parameters."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **options: Any) -> Any:
        """Execute `nb` as papermill's own engine does, and return it."""
        from handouts.engine.runs import ForkingEngine

        return ForkingEngine.execute_notebook(nb, kernel_name, **options)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> Any:
        """Return the kernel that `nb` names."""
        from handouts.engine.runs import ForkingEngine

        return ForkingEngine.nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> Any:
        """Return the language that `nb` names."""
        from handouts.engine.runs import ForkingEngine

        return ForkingEngine.nb_language(nb, language)
