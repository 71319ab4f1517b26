"""`Closing`, the base of what has connections or files to close."""

from __future__ import annotations

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from typing import Self


class Closing:
    """Something that a `with` block closes at its end."""

    def close(self) -> None:
        """Close the connections and files that it opened."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
