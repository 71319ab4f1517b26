"""Where it is remembered how far a copy is, until it is done."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Self

from omicsdk.core.files.state_folder import state_folder


class Unfinished:
    """The journal of one copy, in the user's state folder: the same copy finds it again, and it goes when the copy is done.

    Args:
        way: What kind of copy it is, a word.
        what: What tells it from others, lines; relative paths mean those of the current folder.

    Attributes:
        path: The journal's file.
        keep: Whether it is still needed when the block ends; so it is until somebody says otherwise.
    """

    def __init__(self, way: str, what: Iterable[str]) -> None:
        digest = blake2b(str(Path.cwd()).encode("utf-8", "surrogateescape"), digest_size=12)
        for line in what:
            digest.update(f"\n{line}".encode("utf-8", "surrogateescape"))
        self.path = state_folder() / "copies" / f"{way}-{digest.hexdigest()}.journal"
        self.keep = True

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self

    def __exit__(self, *_: object) -> None:
        if not self.keep:
            self.path.unlink(missing_ok=True)
