"""Changes of a resource since it was received, and their merge with later responses, as plain JSON values."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Mapping
from itertools import starmap
from typing import Any, cast

from omicsdk.core.date_texts import is_naive
from omicsdk.core.type_guards import is_list, is_mapping


def changes(
    before: Mapping[str, Any], now: Mapping[str, Any], names: Iterable[str], assigned: Iterable[str] = ()
) -> dict[str, Any]:
    """Return what has to be sent so that the platform has what is here.

    Args:
        before: What the platform returned.
        now: What is here.
        names: The fields that may be sent.
        assigned: Those in whose place another value was put as a whole.

    Returns:
        Of dictionaries the members that changed, those that were deleted as None; of those that were put as a whole, and of
        all other values, the new value.
    """
    whole = set(assigned)
    changed: dict[str, Any] = {}
    for name in names:
        if name not in now or (name in before and same(before[name], now[name])):
            continue
        old, new = before.get(name), now[name]
        if isinstance(old, dict) and isinstance(new, dict) and name not in whole:
            changed[name] = sendable(members(cast("dict[str, Any]", old), cast("dict[str, Any]", new)))
        else:
            changed[name] = sendable(new)
    return changed


def members(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """Return the changed members of a dictionary; deleted ones as None.

    Args:
        before: The dictionary as it was.
        now: As it is.
    """
    changed = {key: value for key, value in raw(now) if key not in before or not same(before[key], value)}
    return changed | {key: None for key in before if key not in now}


def rebased(before: dict[str, Any], now: dict[str, Any], told: Mapping[str, Any]) -> None:
    """Merge the edits of a dictionary into its present state on the platform: all that was not edited is updated.

    Args:
        before: The dictionary as the platform first returned it.
        now: As it was edited; it is changed in its place, since someone may hold it.
        told: The dictionary as the platform returns it now.
    """
    edits = members(before, now)
    for key in [key for key in now if key not in told and key not in edits]:
        del now[key]
    now.update({key: value for key, value in told.items() if key not in edits})


def sendable(value: Any) -> Any:
    """Return a copy of a value with the text of each datetime that has no time zone: the platform accepts it for UTC.

    Args:
        value: JSON values and datetimes.
    """
    return mapped(value, lambda leaf: leaf.isoformat() if is_naive(leaf) else leaf)


def copied(value: Any) -> Any:
    """Copy a JSON value with new, plain dictionaries and lists; other values are shared."""
    return mapped(value, lambda leaf: leaf)


def mapped(value: Any, leaf: Callable[[Any], Any]) -> Any:
    """Copy a JSON value with new, plain dictionaries and lists, and mapped values.

    Args:
        value: The value.
        leaf: What becomes of what is neither a dictionary nor a list.
    """
    if is_mapping(value):
        members = raw(value) if isinstance(value, dict) else value.items()
        return {name: mapped(member, leaf) for name, member in members}
    return [mapped(item, leaf) for item in value] if is_list(value) else leaf(value)


def raw(values: dict[str, Any]) -> ItemsView[str, Any]:
    """Return raw keys and values: a view may convert values.

    Args:
        values: A dictionary.
    """
    return dict.items(values)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal in JSON, where True is not 1.

    Args:
        one: A value.
        other: Another.
    """
    if one is other:  # what was not touched, usually
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        first, second = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        values = dict(raw(second))
        return first.keys() == values.keys() and all(same(value, values[key]) for key, value in raw(first))
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        pairs = list(zip(cast("list[Any]", one), cast("list[Any]", other), strict=False))
        return len(cast("list[Any]", one)) == len(cast("list[Any]", other)) and all(starmap(same, pairs))
    return isinstance(one, bool) == isinstance(other, bool) and one == other
