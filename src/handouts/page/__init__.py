"""One notebook, one reader, one page."""

from handouts.page.make import Made, Page, make_page
from handouts.page.many import make_pages
from handouts.page.variant import Variant, list_variants

__all__ = ["Made", "Page", "Variant", "list_variants", "make_page", "make_pages"]
