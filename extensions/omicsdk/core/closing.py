"""`Closing`, the base of objects with connections or files to close."""

from __future__ import annotations

TYPE_CHECKING = False  # avoids importing typing; type checkers recognise the name
if TYPE_CHECKING:
    from typing import Self


class Closing:
    """An object that a `with` block closes at its end."""

    def close(self) -> None:
        """Close the connections and files that it opened."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
