"""Which documents a search means: conditions by path of keys, as PostgreSQL reads paths of JSON."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

ANY = "*"
_LITERAL = "\\*"
_INDEX = re.compile(r"-?\d{1,9}")

Conditions = Mapping[str, Sequence[str]]
"""Values by path; of one path any value will do, all paths must match."""


def conditions(query: Sequence[tuple[str, str]], other: frozenset[str]) -> dict[str, list[str]]:
    """The conditions of a request.

    Args:
        query: The query's parameters.
        other: Parameters that are no conditions.
    """
    found: dict[str, list[str]] = {}
    for name, value in query:
        if name not in other:
            found.setdefault(name, []).append(value)
    return found


def matches(document: Any, wanted: Conditions) -> bool:
    """Whether a document meets all conditions.

    Args:
        document: The document, any JSON value.
        wanted: The conditions; the value `*` is met by whatever has the path's last key.
    """
    return all(_meets(document, path.split("."), values) for path, values in wanted.items())


def _meets(document: Any, path: list[str], values: Sequence[str]) -> bool:
    if ANY in values:
        return _has(_at(document, path[:-1]), path[-1])
    found = _text(_at(document, path))
    return found is not None and found in [ANY if value == _LITERAL else value for value in values]


def _at(value: Any, path: Sequence[str]) -> Any:
    """What stands at a path; None when nothing does. Members of lists are found by their number."""
    for step in path:
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value).get(step)
        elif isinstance(value, list) and _INDEX.fullmatch(step):
            members, number = cast("list[Any]", value), int(step)
            value = members[number] if -len(members) <= number < len(members) else None
        else:
            return None
    return value


def _has(value: Any, key: str) -> bool:
    """Whether an object has a key, or a list a text."""
    return isinstance(value, dict | list) and key in cast("dict[str, Any] | list[Any]", value)


def _text(value: Any) -> str | None:
    """A value as it is compared: texts themselves, all else as its JSON; null matches nothing."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
