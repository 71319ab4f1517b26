"""Counts and sizes that services state."""

from omicsdk.core.errors import DecodeError
from omicsdk.core.type_guards import is_number, number_in


def count_at(response: object, key: str, operation: str) -> int:
    """Return a count from a response; a missing one is not treated as 0.

    Args:
        response: The decoded response.
        key: The count's dotted place in the response.
        operation: The operation, for the error.

    Raises:
        DecodeError: It is not a whole number of 0 or more.
    """
    from omicsdk.core.page_items import found_at  # of pages' models, which lists of other services do without

    count = found_at(response, key)
    if not is_number(count):
        raise DecodeError(operation, key, count, expected="a count")
    return count


def declared_number(value: object, field: str, operation: str, *, text: bool = False) -> int | None:
    """Return a size or count as a response states it; None if it states none.

    Args:
        value: What the response has in its place.
        field: The place, for the error.
        operation: The operation, for the error.
        text: Whether digits in a text are legal there, as in a header.

    Raises:
        DecodeError: It is something else than a whole number from 0 to 2**63 - 1.
    """
    number = number_in(value) if text or is_number(value) else None
    if number is None and value is not None:
        raise DecodeError(operation, field, value, expected="a whole number from 0 to 2**63 - 1")
    return number
