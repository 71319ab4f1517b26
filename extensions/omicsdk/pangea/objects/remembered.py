"""Lists that an object remembers until something is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from omicsdk.pangea.knex import Knex

T = TypeVar("T")


class Remembered(Generic[T]):
    """One list of an object.

    Args:
        knex: Whose writing makes it old.
    """

    def __init__(self, knex: Knex) -> None:
        self._knex = knex
        self._seen: tuple[int, list[T]] | None = None

    def iterate(
        self, fetch: Callable[[], Iterator[T]], *, cache: bool, whole: Callable[[], bool] = lambda: True
    ) -> Iterator[T]:
        """Yields what is remembered, or what is fetched, as it comes.

        Args:
            fetch: Gets the list.
            cache: Whether the list is remembered when it was read to its end, and what is remembered may be given.
            whole: Tells at the end whether nothing is missing, by what only the caller knows.
        """
        if cache and self._seen is not None and self._seen[0] == self._knex.writes:
            yield from self._seen[1]
            return
        writes, found = self._knex.writes, list[T]()
        for each in fetch():
            if cache:
                found.append(each)
            yield each
        if cache and whole():
            self._seen = writes, found
