"""Type guards (`isinstance(x, dict)` alone narrows to an unknown element type), and numbers in texts."""

from collections.abc import Collection, Mapping
from typing import Any, TypeGuard


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """True for a decoded JSON object."""
    return type(value) is dict


def is_array(value: object) -> TypeGuard[list[Any]]:
    """True for a decoded JSON array."""
    return type(value) is list


def number_in(text: str) -> int | None:
    """The whole number below 2**63 that a text states; None for any other text. Python refuses to read 5,000 digits."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else _BEYOND
    return number if number < _BEYOND else None


_BEYOND, _DIGITS = 1 << 63, 20


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """True for any mapping that a caller gives."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[Collection[Any]]:
    """True for what a caller may give as an array: list, tuple or set."""
    return isinstance(value, (list, tuple, set, frozenset))
