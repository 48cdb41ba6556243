"""A handout for each row of a roster."""

from handouts.batch.rosters import Roster, open_roster
from handouts.batch.run import Summary, make_handouts

__all__ = ["Roster", "Summary", "make_handouts", "open_roster"]
