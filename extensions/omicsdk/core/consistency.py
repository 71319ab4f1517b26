"""Whether a response is about what was requested, and whether a listing agrees with itself.

A gateway that ignores a filter, a cache that returns another object or a page that is lost must not move, overwrite or
delete anything. Equality is declared once for each kind of identifier, as an `Identifier`; a `ListingCheck` follows the
entries of a listing as they arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from omicsdk.core.errors import OmicsError, shortened

T = TypeVar("T")


class ResponseMismatch(OmicsError):
    """A response is about something else than was requested.

    Args:
        operation: What was requested, such as "list_files of sb://me/project".
        kind: The kind of identifier that differs, such as "name" or "project".
        requested: The requested one.
        returned: The returned one.
    """

    default_remedy = (
        "Nothing was changed by it. Check the service's URL, and for a proxy or gateway that alters requests."
    )

    def __init__(self, operation: str, kind: str, requested: object, returned: object) -> None:
        pair = (shortened(repr(value), 200) for value in (requested, returned))
        super().__init__(f"{operation}: requested the {kind} {' but the service returned '.join(pair)}")
        self.operation = operation
        self.kind = kind
        self.requested = requested
        self.returned = returned


class InconsistentListing(OmicsError):
    """A listing contradicts itself: entries are repeated or missing, or its total changed.

    It may have changed while it was read, so that reading it again helps; nothing is deleted by it.

    Args:
        operation: The listing.
        problem: What contradicts what.
    """

    default_remedy = "Nothing was changed by it. Try again: entries may have been added or removed meanwhile."

    def __init__(self, operation: str, problem: str) -> None:
        super().__init__(f"{operation}: {problem}")
        self.operation = operation


@dataclass(frozen=True, slots=True)
class Identifier:
    """A kind of identifier, and when two of them mean the same.

    Attributes:
        kind: What messages call it, such as "project".
        canonical: Returns the same text for identifiers that mean the same; by default they are compared as they are.
    """

    kind: str
    canonical: Callable[[str], str] = str

    def same(self, requested: str, returned: object) -> bool:
        """Return whether a returned value means what was requested; one that is no text does not."""
        return isinstance(returned, str) and self.canonical(requested) == self.canonical(returned)

    def check(self, requested: str, returned: object, operation: str) -> None:
        """Refuse a response about something else.

        Args:
            requested: The requested identifier.
            returned: The identifier in the response; None if it has none.
            operation: What was requested, for the error.

        Raises:
            ResponseMismatch: They do not mean the same.
        """
        if not self.same(requested, returned):
            raise ResponseMismatch(operation, self.kind, requested, returned)


class ListingCheck:
    """The consistency of one listing, followed while its pages arrive.

    Args:
        operation: The listing, for errors.
    """

    def __init__(self, operation: str) -> None:
        self._operation = operation
        # Hashes of 8 bytes instead of the keys: two equal ones of a million entries are a chance of one in 10^7, and would
        # only have the listing read again.
        self._seen: set[int] = set()
        self._total: int | None = None
        self._problem = ""

    @property
    def count(self) -> int:
        """The number of different entries so far."""
        return len(self._seen)

    def entry(self, key: Hashable) -> bool:
        """Note an entry; the first repeated one makes the listing inconsistent. Return whether it is new."""
        number, before = hash(key), len(self._seen)
        self._seen.add(number)
        is_new = len(self._seen) > before
        if not is_new:
            self._note(f"the entry {shortened(repr(key), 200)} is listed more than once")
        return is_new

    def page(self, listed: int, stated: int | None) -> None:
        """Note how many entries a page has; fewer than the page states make the listing inconsistent."""
        if stated is not None and listed < stated:
            self._note(f"a page states {stated} entries, but has {listed}")

    def total(self, stated: int | None) -> None:
        """Note the total that a page states; one that differs from an earlier page's makes the listing inconsistent."""
        if stated is None:
            return
        if self._total is not None and stated != self._total:
            self._note(f"the stated total changed from {self._total} to {stated}")
        self._total = stated

    def finish(self, *, exact: bool = True) -> None:
        """Raise what was noted, after the last page.

        Args:
            exact: Whether the stated total counts the entries that were noted; otherwise it is a lower bound.

        Raises:
            InconsistentListing: The listing contradicts itself.
        """
        wrong = self._total is not None and (self.count != self._total if exact else self.count < self._total)
        if wrong:
            self._note(f"the stated total is {self._total}, but {self.count} entries are listed")
        if self._problem:
            raise InconsistentListing(self._operation, self._problem)

    def _note(self, problem: str) -> None:
        self._problem = self._problem or problem


def read_again_if_inconsistent(read: Callable[[], Iterable[T]]) -> list[T]:
    """Read a listing whole; a second time if it contradicts itself, since it may have changed meanwhile.

    Args:
        read: Reads it from its first page.

    Raises:
        InconsistentListing: It contradicts itself both times.
    """
    try:
        return list(read())
    except InconsistentListing:
        return list(read())
