"""What notebooks import: tables and pictures."""

from handouts.show.diagrams import diagram, draw_for
from handouts.show.icon_arrays import icons
from handouts.show.tables import table

__all__ = ["diagram", "draw_for", "icons", "table"]
