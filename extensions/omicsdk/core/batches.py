"""Batches of items: lists of limited size, as requests accept them, groups, the errors of single items, and repeated ones."""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from omicsdk.core.errors import OmicsError

E = TypeVar("E", bound=OmicsError)
T = TypeVar("T")
H = TypeVar("H", bound=Hashable)


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield items in lists of at most `size`, consuming them lazily."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def repeated(items: Iterable[H]) -> list[H]:
    """Return the items that occur more than once, each once, in the order of their first occurrences."""
    return [item for item, count in Counter(items).items() if count > 1]


def unique_object(pairs: list[tuple[str, T]]) -> dict[str, T]:
    """Make an object of JSON of its members, as a hook of `json.loads`, which by itself keeps the last of several with one name.

    Args:
        pairs: The members.

    Raises:
        ValueError: A name occurs twice.
    """
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError(f"the name {repeated(name for name, _ in pairs)[0]!r} occurs twice")
    return members


def grouped(pairs: Iterable[tuple[H, T]]) -> dict[H, list[T]]:
    """Return values by their keys, both in the order of the pairs."""
    groups: dict[H, list[T]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def named_error(error: E, name: str) -> E:
    """Return the error of one of several items, with the item's name in its message.

    Args:
        error: The error; it is changed.
        name: The item's name.
    """
    # As a word: `1` or `data` is a part of many messages that name nothing.
    if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", str(error)):
        error.message = f"{name}: {error.message}"
    return error
