"""Values here and on the server: what was told, whether one has all of the other, and what was changed in its place."""

from __future__ import annotations

import json
from typing import Any

from omicsdk.core.errors import DecodeError
from omicsdk.core.narrowing import is_array, is_mapping, is_object
from omicsdk.pangea.errors import PangeaGeneralError, pangea_error

Blob = dict[str, Any]
"""What the server says of a thing."""
SHOWN = 200
"""Characters of a value that a message shows."""


def object_of(answer: object, asked: str) -> Blob:
    """An answer that is an object.

    Args:
        answer: What came.
        asked: The route that it came from.

    Raises:
        PangeaGeneralError: It is something else, or nothing (a DecodeError, too).
    """
    if not is_object(answer):
        raise unlike(asked, "the body", answer, "an object")
    return answer


def objects_in(told: Blob, field: str, asked: str) -> list[Blob]:
    """The objects of a list in an answer.

    Args:
        told: The answer, or the part of one that has the list.
        field: The list's name.
        asked: The route that it came from.

    Raises:
        PangeaGeneralError: There is no list, or it has something else in it (a DecodeError, too): it isn't taken for an empty
            one.
    """
    listed = told.get(field)
    if not is_array(listed):
        raise unlike(asked, field, listed, "a list")
    for at, each in enumerate(listed):
        if not is_object(each):
            raise unlike(asked, f"{field}[{at}]", each, "an object")
    return listed


def name_in(told: Blob, asked: str, field: str = "name") -> str:
    """A name in an answer, which files are called by.

    Args:
        told: What has the name.
        asked: The route that it came from.
        field: What the name is of.

    Raises:
        PangeaGeneralError: It is no text, or empty (a DecodeError, too).
    """
    name = told.get(field)
    if not isinstance(name, str) or not name:
        raise unlike(f"{asked}, {told.get('uuid')}", field, name, "a name")
    return name


def unlike(asked: str, place: str, value: object, expected: str) -> PangeaGeneralError:
    """The error for an answer that isn't what it must be.

    Args:
        asked: The route that it came from.
        place: Where in the answer.
        value: What stood there.
        expected: What should have.
    """
    error = DecodeError(asked, place, value, expected=expected)
    error.remedy = "Try again; if it stays, look at what stands between this machine and the server."
    return pangea_error(error)


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
