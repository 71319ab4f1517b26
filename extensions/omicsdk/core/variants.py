"""Which of several models a JSON object is, where a document allows more than one."""

from collections.abc import Mapping
from typing import Any

from omicsdk.core.model import Model, Shape, named_by_tag, problem_of, tag_of
from omicsdk.core.type_guards import is_array, is_object


class AsItCame:
    """Takes a model's place for an object that is none that the document knows."""

    @staticmethod
    def from_dict(data: dict[str, Any]) -> dict[str, Any]:
        """The object, unchanged."""
        return data


def fitting(data: Mapping[str, Any], *classes: type[Model]) -> type[Any]:
    """The model that an object fits best.

    Args:
        data: A decoded JSON object.
        classes: At least one model, in the document's order.

    Returns:
        The first of those that lack the fewest required fields and known literals, then know the most members, then
        have the fewest members of another type.
    """
    ranks = [_misfit(data, cls) for cls in classes]
    best = [cls for cls, rank in zip(classes, ranks, strict=True) if rank == min(ranks)]
    return best[0] if len(best) == 1 else min(best, key=lambda cls: _mistyped(data, cls))


def tagged(
    data: Mapping[str, Any], tag: str, table: Mapping[str | None, type[Model]], *classes: type[Model]
) -> type[Any]:
    """The model that an object names itself (OpenAPI's discriminator).

    Args:
        data: A decoded JSON object.
        tag: The member that states which model it is.
        table: Models by the tag's values; that of None (OpenAPI's defaultMapping) is for any other, and for no tag at all.
        classes: All models.

    Returns:
        The model that the tag names; the best fitting where there is no tag. Of an unknown tag the best fitting of those
        that the discriminator does not distinguish, and where there is none, what leaves the object as it came.
    """
    value = tag_of(data, tag)
    if value in table or None in table:
        return table[value if value in table else None]
    if value is None:
        return fitting(data, *classes)
    named = set(table.values())
    others = [cls for cls in classes if cls not in named and named_by_tag(cls, tag, value)]
    return fitting(data, *others) if others else AsItCame


def _misfit(data: Mapping[str, Any], cls: type[Model]) -> tuple[int, int]:
    wrong = 0
    known_count = 0
    for field in cls.FIELDS:
        if field.wire in data:
            known_count += 1
            wrong += field.shape.kind == "literal" and data[field.wire] not in field.shape.of
        else:
            wrong += field.required
    return wrong, -known_count


def _mistyped(data: Mapping[str, Any], cls: type[Model]) -> int:
    values = ((data.get(field.wire), field.shape) for field in cls.FIELDS)
    return sum(value is not None and not _has_type(value, shape) for value, shape in values)


def _has_type(value: Any, shape: Shape) -> bool:
    """Whether a value is of a shape's type. What is in it is not read: in unions within unions that would take long."""
    if shape.kind in ("array", "tuple"):
        return is_array(value)
    if shape.kind in ("map", "model", "members"):
        return is_object(value)
    if shape.kind in ("union", "tagged"):
        return any(_has_type(value, member) for member in shape.of)
    return problem_of("", value, shape) is None
