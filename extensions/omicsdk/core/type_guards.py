"""Type guards: `isinstance(x, dict)` alone narrows to an unknown element type. And whole numbers that others state."""

from __future__ import annotations

from collections.abc import Collection, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeGuard
    from typing import cast as cast
else:

    def cast(_, value):  # commands start without `typing`, whose import takes 2 ms
        return value


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """True for a decoded JSON object."""
    return type(value) is dict


def is_array(value: object) -> TypeGuard[list[Any]]:
    """True for a decoded JSON array."""
    return type(value) is list


def only_objects(value: object) -> list[dict[str, Any]]:
    """The objects of a decoded JSON array; none of anything else."""
    return [item for item in value if is_object(item)] if is_array(value) else []


def only_texts(value: object) -> list[str]:
    """The texts of a decoded JSON array; none of anything else."""
    return [item for item in value if isinstance(item, str)] if is_array(value) else []


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """True for any mapping that a caller gives; models, which are mappings too, convert themselves."""
    return not hasattr(value, "_to_json") and isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[Collection[Any]]:
    """True for what a caller may give as an array: list, tuple or set."""
    return isinstance(value, (list, tuple, set, frozenset))


_BEYOND, _DIGITS = 1 << 63, 20


def is_number(value: object) -> TypeGuard[int]:
    """True for a whole number from 0 to 2**63 - 1: the one rule for sizes and counts that others state."""
    return type(value) is int and 0 <= value < _BEYOND


def number_in(value: object) -> int | None:
    """That number, where a text may state it in digits as well; None for anything else. Python refuses 5,000 digits."""
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdigit() and len(value) < _DIGITS else None
    return value if is_number(value) else None
