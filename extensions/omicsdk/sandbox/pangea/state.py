"""The platform: who may ask, and where its parts keep what they know."""

from omicsdk.sandbox.pangea.store import Store
from omicsdk.sandbox.service import Grounds


class Pangea:
    """Pangea.

    Args:
        grounds: What it stands on.

    Attributes:
        store: What it keeps.
    """

    def __init__(self, grounds: Grounds) -> None:
        self.grounds = grounds
        self.store = Store(grounds.database, grounds.clock.now)

    def clear(self) -> None:
        """Puts back what is there from the start, after the database was emptied."""
