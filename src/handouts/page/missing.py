"""Parts that a page for some readers must have, and whether it has them."""

from collections.abc import Sequence

from handouts.collection import Collection
from handouts.collection.languages import main_of
from handouts.page.make import Page
from handouts.page.variant import Variant


def missing_parts(collection: Collection, page: Page, variant: Variant) -> list[str]:
    """Return the parts that the values of a page require and that it lacks: such a page is not ready for a patient.

    A safety text that is not as recorded counts as lacking; that of a translation, where the one that it was made from is not.
    """
    rows = [collection.parameters[name].values[value] for name, value in variant.values.items()]
    wanted = [part for row in rows for part in (row.get("requires") or "").split()]
    main = main_of(collection)
    changed = main.safety_changes(main.topics[variant.topic])
    return [*(part for part in dict.fromkeys(wanted) if part not in page.parts), *([SAFETY_TEXT] if changed else [])]


def tell_missing(missing: Sequence[str]) -> str:
    """Say why a page that lacks the parts `missing` is not ready, and what to do."""
    parts = " and ".join(f"part:{part}" for part in missing if part != SAFETY_TEXT)
    told = [f"it has no cell tagged {parts}. Write one for this reader."] if parts else []
    told += (
        ["its safety text is not as recorded. `handouts safety` shows what changed."] if SAFETY_TEXT in missing else []
    )
    return f"is not ready, for {' And '.join(told)}"


SAFETY_TEXT = "safety-text"
"""Stands among the missing parts of a page whose safety text is not as recorded."""
