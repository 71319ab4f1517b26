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
    """Return what has to be sent so that the platform has what is here: of dictionaries the changed members, deleted ones as None.

    Args:
        before: What the platform returned.
        now: What is here.
        names: The fields that may be sent.
        assigned: Those that were replaced as a whole, and are sent so.
    """
    whole = set(assigned)
    changed: dict[str, Any] = {}
    for name in names:
        if name not in now or (name in before and same(before[name], now[name])):
            continue
        old, new = before.get(name), now[name]
        # What was assigned is sent whole, as the published client sends assigned metadata.
        if isinstance(old, dict) and isinstance(new, dict) and name not in whole:
            changed[name] = sendable(members(cast("dict[str, Any]", old), cast("dict[str, Any]", new)))
        else:
            changed[name] = sendable(new)
    return changed


def members(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """Return the changed members of a dictionary; deleted ones as None."""
    changed = {key: value for key, value in raw(now) if key not in before or not same(before[key], value)}
    return changed | {key: None for key in before if key not in now}


def rebased(before: dict[str, Any], now: dict[str, Any], returned: Mapping[str, Any]) -> None:
    """Merge the edits of a dictionary, in place, into what the platform returned now: all that was not edited is updated."""
    edits = members(before, now)
    for key in [key for key in now if key not in returned and key not in edits]:
        del now[key]
    now.update({key: value for key, value in returned.items() if key not in edits})


def sendable(value: Any) -> Any:
    """Copy JSON values and datetimes; datetimes without zone become text, which the platform accepts for UTC."""
    return mapped(value, lambda leaf: leaf.isoformat() if is_naive(leaf) else leaf)


def copied(value: Any) -> Any:
    """Copy a JSON value with new, plain dictionaries and lists; other values are shared."""
    return mapped(value, lambda leaf: leaf)


def mapped(value: Any, leaf: Callable[[Any], Any]) -> Any:
    """Copy a JSON value with new, plain dictionaries and lists; `leaf` maps all other values."""
    if is_mapping(value):
        members = raw(value) if isinstance(value, dict) else value.items()
        return {name: mapped(member, leaf) for name, member in members}
    return [mapped(item, leaf) for item in value] if is_list(value) else leaf(value)


def raw(values: dict[str, Any]) -> ItemsView[str, Any]:
    """Return the keys and values of a dictionary as they are stored: a view may convert values."""
    return dict.items(values)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def same(left: Any, right: Any) -> bool:
    """Return whether two values are equal in JSON, where True is not 1."""
    if left is right:  # what was not touched, usually
        return True
    if isinstance(left, dict) and isinstance(right, dict):
        first, second = cast("dict[str, Any]", left), cast("dict[str, Any]", right)
        values = dict(raw(second))
        return first.keys() == values.keys() and all(same(value, values[key]) for key, value in raw(first))
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        pairs = list(zip(cast("list[Any]", left), cast("list[Any]", right), strict=False))
        return len(cast("list[Any]", left)) == len(cast("list[Any]", right)) and all(starmap(same, pairs))
    # Python's True equals 1: an edit from one to the other would not be sent.
    return isinstance(left, bool) == isinstance(right, bool) and left == right
