"""One notebook, one reader, one page."""

from handouts.page.many import make_all, variants
from handouts.page.pages import Made, Variant

__all__ = ["Made", "Variant", "make_all", "variants"]
