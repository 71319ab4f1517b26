"""Files: replaced as a whole, and their ages."""

import os
from pathlib import Path

from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.core.files import in_place_of


class FSHelper:
    """Functions on files."""

    @staticmethod
    def atomic_write(filename: str | os.PathLike[str], content: bytes) -> None:
        """Replace a file, or none of it."""
        with in_place_of(Path(filename)) as file:
            file.write(content)

    @staticmethod
    def get_days_since_last_modified(filename: str | os.PathLike[str]) -> int:
        """Return the whole days since a file was changed."""
        return int((SYSTEM_CLOCK.now() - os.path.getmtime(filename)) // 86400)  # noqa: PTH204 - one call, also on a double of it
