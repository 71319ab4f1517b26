"""Ids of resources, as calls take them: the resource itself, or its id."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from omicsdk.core.narrowing import is_list, is_mapping
from omicsdk.sb.errors import ValidationError
from omicsdk.sb.meta.resource import Resource

#: What the path of a URL takes for this place or the one above.
_ELSEWHERE = frozenset({".", ".."})


def identifier(thing: object, key: str = "id") -> str:
    """The id of a resource, or of what is one already.

    Args:
        thing: A resource or another object that has one, such as an upload's result; or the id: text, or a UUID.
        key: The member that has it.

    Raises:
        ValidationError: There is none, or it would lead to another place of the platform: `.` or `..`.
    """
    found = thing.field(key) if isinstance(thing, Resource) else getattr(thing, key, thing)
    if not found or is_mapping(found) or is_list(found):
        raise ValidationError(f"{thing!r} has no {key}", remedy=f"Give a resource of the platform, or its {key}.")
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
    alone = isinstance(things, str | Resource) or is_mapping(things) or not isinstance(things, Iterable)
    return [identifier(each) for each in cast("Iterable[object]", [things] if alone else things)]
