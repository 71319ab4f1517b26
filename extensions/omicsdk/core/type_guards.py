"""Type guards: `isinstance(x, dict)` alone narrows to an unknown element type."""

from collections.abc import Collection, Mapping
from typing import Any, TypeGuard


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """True for a decoded JSON object."""
    return type(value) is dict


def is_array(value: object) -> TypeGuard[list[Any]]:
    """True for a decoded JSON array."""
    return type(value) is list


def only_objects(value: object) -> list[dict[str, Any]]:
    """The objects of a decoded JSON array; none of anything else."""
    return [each for each in value if is_object(each)] if is_array(value) else []


def only_texts(value: object) -> list[str]:
    """The texts of a decoded JSON array; none of anything else."""
    return [each for each in value if isinstance(each, str)] if is_array(value) else []


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """True for any mapping that a caller gives."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[Collection[Any]]:
    """True for what a caller may give as an array: list, tuple or set."""
    return isinstance(value, (list, tuple, set, frozenset))
