"""The site: who may ask, and where its parts keep what they know."""

from pathlib import Path

from omicsdk.sandbox.service import Grounds


class Crunch:
    """A django-crunch site.

    Args:
        grounds: What it stands on.
        folder: Where the files of datasets are, below `crunch-storage`.
    """

    def __init__(self, grounds: Grounds, folder: Path) -> None:
        self.grounds = grounds
        self.storage = folder / "crunch-storage"

    def clear(self) -> None:
        """Puts back what is there from the start, after the database was emptied."""
