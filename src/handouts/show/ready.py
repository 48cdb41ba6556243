"""Drawing, made ready: who imports this has drawn a picture that nobody sees.

The first picture of a process takes three times as long as the next: fonts are loaded, and what matplotlib
works out but once. A fork of a process that has imported this begins with the next.
"""

from pathlib import Path

from handouts.collection import open_collection
from handouts.show.diagrams import draw_diagram

draw_diagram(open_collection(Path(__file__).parents[1] / "starter" / "collection"), "three-steps", 12)
