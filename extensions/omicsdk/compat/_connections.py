"""Base of the clients of the published packages that have a token and connections."""

from __future__ import annotations

from typing import Never, Self

from omicsdk.core.closing import Closing


class Connection(Closing):
    """Client of one user on one server, closed by a `with` block. It cannot be pickled."""

    def __reduce__(self) -> Never:
        raise TypeError(f"{self!r} has a token and connections, so it cannot be pickled: create one in each process")

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        # A copy of an object that refers to it, such as a page or a sample, refers to the same server.
        return self
