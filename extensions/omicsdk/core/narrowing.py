"""Type guards for decoded JSON: `isinstance(x, dict)` alone narrows to an unknown element type."""

from typing import Any, TypeGuard


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """True for a JSON object."""
    return type(value) is dict


def is_array(value: object) -> TypeGuard[list[Any]]:
    """True for a JSON array."""
    return type(value) is list
