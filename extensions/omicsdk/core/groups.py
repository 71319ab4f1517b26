"""Groups of a client's operations, for `client.samples.list()` beside `client.list_samples()`.

A client makes a group at its first use (`omicsdk.core.client`). The group's attributes are the client's calls by shorter names, so they are made
once, and options and connections are the client's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.client import Bound, ClientOfPart, Part, client_of

if TYPE_CHECKING:
    from omicsdk.core.operation import AnyCall


class Group(Part[ClientOfPart]):
    """Operations of a client that belong together.

    Args:
        client: The client.
    """

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._client!r}>"

    def __dir__(self) -> list[str]:
        """The operations and the groups below, for completion."""
        return [name for name in super().__dir__() if not name.startswith("_") or name.startswith("__")]

    def __getstate__(self) -> dict[str, Any]:
        """The client: the calls of a copy are made anew."""
        return {"_client": self._client}


class _Member:
    """An operation of a group: the client's, by a shorter name."""

    def __init__(self, name: str, display_name: str, operation: str) -> None:
        self._name, self._display_name, self._operation = name, display_name, operation

    def __get__(self, group: Part[Any] | None, owner: type) -> Any:
        if group is None:
            return self
        call: Any = getattr(client_of(group), self._operation)
        # A method of a subclass stays itself.
        if isinstance(call, Bound):
            call = cast("AnyCall[..., Any, Any, Any]", call).shown_as(self._display_name)
        vars(group)[self._name] = call
        return call

    def __repr__(self) -> str:
        return f"<operation {self._display_name}>"


def members(group: str, names: str) -> dict[str, Any]:
    """Return the operations of a group as class attributes.

    Args:
        group: The attributes that lead to the group.
        names: `name=operation` for each, separated by spaces.
    """
    pairs = (word.partition("=") for word in names.split())
    return {name: _Member(name, f"{group}.{name}", operation) for name, _, operation in pairs}
