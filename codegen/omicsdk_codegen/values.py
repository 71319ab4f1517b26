"""JSON values as Python types, JSON pointers (RFC 6901) into them, and what all steps do with values: walk and group them."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeAlias, TypeVar

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Object: TypeAlias = dict[str, Json]
Node: TypeAlias = dict[str, Json] | list[Json]
Key = TypeVar("Key", bound=Hashable)
Entry = TypeVar("Entry")

# No list is longer, and int() refuses thousands of digits with a ValueError.
_INDEX = re.compile("0|[1-9][0-9]{0,17}")


def escape(token: str | int) -> str:
    """Spell one key or index as a pointer does (`~` is `~0`, `/` is `~1`)."""
    text = str(token)
    return text.replace("~", "~0").replace("/", "~1") if "~" in text or "/" in text else text


def unescape(token: str) -> str:
    """Undo `escape`."""
    return token.replace("~1", "/").replace("~0", "~") if "~" in token else token


def join(pointer: str, *tokens: str | int) -> str:
    """Lengthen a pointer by keys and indices, each unescaped."""
    for token in tokens:
        pointer += "/" + escape(token)
    return pointer


def tokens(pointer: str) -> list[str]:
    """Split a pointer (`""` is the whole value) into its unescaped tokens."""
    return [unescape(part) for part in pointer.split("/")[1:]]


def object_in(node: Json, key: str) -> Object:
    """Return the object under a key; an empty one if the node has none there."""
    value = node.get(key) if isinstance(node, dict) else None
    return value if isinstance(value, dict) else {}


def list_in(node: Json, key: str) -> list[Json]:
    """Return the list under a key; an empty one if the node has none there."""
    value = node.get(key) if isinstance(node, dict) else None
    return value if isinstance(value, list) else []


def nodes_in(value: Json) -> Iterator[Node]:
    """Yield all containers in a value, itself first, in no particular order."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (dict, list)):
            yield node
            waiting.extend(node.values() if isinstance(node, dict) else node)


def placed(value: Json) -> Iterator[tuple[str, Json]]:
    """Yield a value and all that is in it with their pointers, in no particular order."""
    waiting = [("", value)]
    while waiting:
        place, node = waiting.pop()
        yield place, node
        if isinstance(node, (dict, list)):
            members = node.items() if isinstance(node, dict) else enumerate(node)
            waiting += [(join(place, key), member) for key, member in members]


def reachable(starts: Iterable[Key], following: Callable[[Key], Iterable[Key]]) -> list[Key]:
    """Return some values, and all that follow from these, each once, the nearest first."""
    reached: dict[Key, None] = {}
    waiting = [*starts]
    for value in waiting:  # which grows
        if value not in reached:
            reached[value] = None
            waiting += following(value)
    return list(reached)


def grouped(pairs: Iterable[tuple[Key, Entry]]) -> dict[Key, list[Entry]]:
    """Collect entries by their keys, both in the order of the pairs."""
    groups: dict[Key, list[Entry]] = {}
    for key, entry in pairs:
        groups.setdefault(key, []).append(entry)
    return groups


def step(value: Json, token: str) -> Json:
    """Go one token down.

    Raises:
        LookupError: there is no such member.
    """
    if isinstance(value, dict):
        return value[token]
    if isinstance(value, list):
        if not _INDEX.fullmatch(token):
            raise LookupError(token)
        return value[int(token)]
    raise LookupError(token)


def at(value: Json, pointer: str) -> Json:
    """Return what a pointer points at.

    Raises:
        LookupError: it points at nothing.
    """
    for token in tokens(pointer):
        value = step(value, token)
    return value


def value_at(value: Json, pointer: str) -> Json:
    """Return what a pointer points at; None if that is nothing."""
    try:
        return at(value, pointer)
    except LookupError:
        return None


def object_at(value: Json, pointer: str) -> Object:
    """Return the object that a pointer points at; an empty one if that is none."""
    node = value_at(value, pointer)
    return node if isinstance(node, dict) else {}


def schema_pointer(name: str) -> str:
    """The reference to a schema of the upgraded document: a plain pointer after `#`, never percent-encoded."""
    return "#" + join("/components/schemas", name)


def schema_name(reference: str) -> str:
    """Undo `schema_pointer`.

    Raises:
        ValueError: the reference is not one to a schema of this document.
    """
    prefix = "#/components/schemas/"
    if not reference.startswith(prefix) or "/" in reference[len(prefix) :]:
        raise ValueError(f"{reference} is not a reference to a schema of this document")
    return unescape(reference[len(prefix) :])
