"""Ids of resources, as calls take them: the resource itself, or its id."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

from omicsdk.compat.sevenbridges.errors import ValidationError
from omicsdk.compat.sevenbridges.http.arguments import shown
from omicsdk.compat.sevenbridges.meta.resource import Resource
from omicsdk.core.narrowing import is_mapping

#: What the path of a URL takes for this place or the one above.
_ELSEWHERE = frozenset({".", ".."})


def identifier(thing: object, key: str = "id") -> str:
    """The id of a resource, or of what is one already.

    Args:
        thing: A resource, or its id: text, or a UUID. Nothing else is taken for an id: the text of a function, a number
            or a list would be sent as one.
        key: The member that has it.

    Raises:
        ValidationError: There is none, or it would lead to another place of the platform: `.` or `..`.
    """
    found = cast("object", thing.field(key)) if isinstance(thing, Resource) else thing
    # A resource's own id is what the platform has sent, which may be a number.
    takes = str | UUID | int if isinstance(thing, Resource) else str | UUID
    if not found or isinstance(found, bool) or not isinstance(found, takes):
        told = repr(thing) if isinstance(thing, Resource) else shown(thing)
        raise ValidationError(f"{told} has no {key}", remedy=f"Give a resource of the platform, or its {key}.")
    text = str(found)
    if text in _ELSEWHERE:
        raise ValidationError(
            f"{text!r} is no {key}: it would lead to another place of the platform",
            remedy=f"Give a resource of the platform, or its {key} as the platform tells it.",
        )
    return text


def identifiers(things: object) -> list[str]:
    """The ids of many resources; one alone counts as one.

    Args:
        things: Resources, their ids, or both.

    Raises:
        ValidationError: One has none.
    """
    return [identifier(each) for each in several(things)]


def several(things: object) -> list[Any]:
    """Many things as a list; one alone counts as one.

    Args:
        things: Resources, texts or dictionaries: one, or a collection of them.

    Raises:
        ValidationError: It is neither.
    """
    if isinstance(things, str | Resource | UUID) or is_mapping(things):
        return [things]
    if not isinstance(things, Iterable) or isinstance(things, bytes):
        raise ValidationError(
            f"{shown(things)} is neither a resource nor a list of them",
            remedy="Give resources of the platform, or their ids.",
        )
    return list(cast("Iterable[object]", things))
