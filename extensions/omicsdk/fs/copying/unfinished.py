"""Where it is remembered how far a copy is, until it is done."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Self

from omicsdk.transfer.journals.places import journal_for


class Unfinished:
    """The journal of one copy, in the user's state folder: the same copy finds it again, and it goes when the copy is done.

    Those that nobody went on with for a month are removed by whoever begins another copy.

    Args:
        way: What kind of copy it is, a word.
        what: What tells it from others, lines; relative paths mean those of the current folder.

    Attributes:
        path: The journal's file; None where the state folder can't be written, or there is none since the user has no home.
        keep: Whether it is still needed when the block ends; so it is until somebody says otherwise.
    """

    def __init__(self, way: str, what: Iterable[str]) -> None:
        self.path = journal_for("copies", way, str(Path.cwd()), *what)
        self.keep = True

    @property
    def is_there(self) -> bool:
        """Whether an earlier run left it, or another one uses it."""
        return self.path is not None and self.path.exists()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.keep and self.path is not None:
            self.path.unlink(missing_ok=True)
