"""A handout for each row of a roster."""

from handouts.batch.rosters import Roster, open_roster
from handouts.batch.run import Summary, batch

__all__ = ["Roster", "Summary", "batch", "open_roster"]
