"""Groups of a client's operations, for `client.samples.list()` beside `client.list_samples()`.

A client makes a group at its first use. The group's attributes are the client's calls by shorter names, so they are made once, and options and
connections are the client's.
"""

from __future__ import annotations

from copy import copy
from importlib import import_module
from typing import Any

from omicsdk.core.client import Bound, ClientOfPart, Part, late_operations


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


def _client_of(holder: Any) -> Any:
    """Return the client of a part; a client itself."""
    return vars(holder)["_client"] if isinstance(holder, Part) else holder


class _LateGroup:
    """A group of a client, or of another group; made at its first use."""

    def __init__(self, package: str, name: str, module: str) -> None:
        self._module, self._name = f"{package}.{module}", name

    def __get__(self, holder: Any, owner: type) -> Any:
        kind = import_module(self._module).GROUP
        if holder is None:
            return kind
        group = vars(holder)[self._name] = kind(_client_of(holder))
        return group


class _Member:
    """An operation of a group: the client's, by a shorter name."""

    def __init__(self, name: str, shown: str, operation: str) -> None:
        self._name, self._shown, self._operation = name, shown, operation

    def __get__(self, group: Part[Any] | None, owner: type) -> Any:
        if group is None:
            return self
        call: Any = getattr(_client_of(group), self._operation)
        # A method of a subclass stays itself. The class of calls is not imported here: clients import it with their first operation.
        if isinstance(call, Bound):
            call = copy(call)
            call.show_as(self._shown)
        vars(group)[self._name] = call
        return call

    def __repr__(self) -> str:
        return f"<operation {self._shown}>"


def late_groups(package: str, names: str) -> dict[str, Any]:
    """Return groups as class attributes, each made at its first use.

    Args:
        package: The package with one module per group.
        names: The groups' names, separated by spaces; `name=module` if the module has another name.
    """
    words = (word.partition("=") for word in names.split())
    return {name: _LateGroup(package, name, module or name) for name, _, module in words}


def members(group: str, names: str) -> dict[str, Any]:
    """Return the operations of a group as class attributes.

    Args:
        group: The attributes that lead to the group.
        names: `name=operation` for each, separated by spaces.
    """
    words = (word.partition("=") for word in names.split())
    return {name: _Member(name, f"{group}.{name}", operation) for name, _, operation in words}


def grouped_operations(package: str, names: str, grouped: str, groups: str) -> dict[str, Any]:
    """Return the attributes of a client with groups: its operations, which completion only offers in their groups, and the groups.

    Args:
        package: The package.
        names: The names of operations without a group, as of `late_operations`.
        grouped: Those of the others.
        groups: The names of groups, as of `late_groups`.
    """
    hidden = late_operations(package, grouped)

    def __dir__(client: object) -> list[str]:
        return [name for name in object.__dir__(client) if name not in hidden]

    return {**late_operations(package, names), **hidden, **late_groups(f"{package}.groups", groups), "__dir__": __dir__}
