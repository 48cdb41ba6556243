"""Drawing, made ready: who imports this has drawn a picture and shown a table that nobody sees.

The first of a process take three times as long as the next: fonts are loaded, and what matplotlib and pandas
work out but once. A fork of a process that has imported this begins with the next.
"""

from pathlib import Path

from handouts.collection import open_collection
from handouts.show.diagrams import draw_diagram
from handouts.show.tables import make_table

_starter = open_collection(Path(__file__).parents[1] / "starter" / "collection")
draw_diagram(_starter, "three-steps", 12)
make_table(_starter, "three-steps")._repr_mimebundle_()
