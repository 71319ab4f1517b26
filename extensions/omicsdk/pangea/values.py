"""Values here and on the server: whether one has all of the other, and whether it was changed in its place."""

from __future__ import annotations

import json

from omicsdk.core.narrowing import is_mapping

SHOWN = 200
"""Characters of a value that a message shows."""


def extends(there: object, here: object) -> bool:
    """Whether what the server has is what was set here, and more.

    Args:
        there: What the server has.
        here: What was set.

    Returns:
        True where both are objects and all members of the one are in the other.
    """
    if not is_mapping(there) or not is_mapping(here):
        return False
    return all(name in there and there[name] == value for name, value in here.items())


def print_of(value: object) -> object:
    """What a value is told by from others later, without holding on to it where it can be changed in its place.

    Args:
        value: A JSON value as it is now; something else is like nothing that a server has.
    """
    if isinstance(value, dict | list):
        try:
            return hash(json.dumps(value))
        except (TypeError, ValueError):
            return object()
    return value


def shown(value: object) -> str:
    """A value as a message shows it.

    Args:
        value: Any value.
    """
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
