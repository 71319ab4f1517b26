"""Which of several models a JSON object is, where a document allows more than one."""

from collections.abc import Mapping
from typing import Any, TypeVar

from omicsdk.core.model import Model

M = TypeVar("M", bound=Model)


def fitting(data: Mapping[str, Any], *classes: type[M]) -> type[M]:
    """The model that an object fits best.

    Args:
        data: A decoded JSON object.
        classes: At least one model, in the document's order.

    Returns:
        The first of those that lack the fewest required fields and known literals, then know the most members.
    """
    return min(classes, key=lambda cls: _misfit(data, cls))


def tagged(data: Mapping[str, Any], tag: str, table: Mapping[str, type[M]], *classes: type[M]) -> type[M]:
    """The model that an object names itself (OpenAPI's discriminator).

    Args:
        data: A decoded JSON object.
        tag: The member that says which model it is.
        table: Models by the tag's values.
        classes: All models; the best fitting is taken where the tag is missing or unknown.
    """
    value = data.get(tag)
    found = table.get(value) if isinstance(value, str) else None
    return found if found is not None else fitting(data, *classes)


def _misfit(data: Mapping[str, Any], cls: type[Model]) -> tuple[int, int]:
    wrong = 0
    known = 0
    for field in cls.FIELDS:
        if field.wire in data:
            known += 1
            wrong += field.shape.kind == "literal" and data[field.wire] not in field.shape.of
        else:
            wrong += field.required
    return wrong, -known
