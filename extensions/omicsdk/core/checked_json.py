"""Parts of responses that a workflow reads: these are checked, others may deviate from the document."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.errors import DecodeError
from omicsdk.core.model import Model, Shape, check, problem_of
from omicsdk.core.page_items import found_at, items_at
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import is_array, is_number, is_object

if TYPE_CHECKING:
    import httpx


def check_fields(operation: str, entry: Any, *required: str, optional: Sequence[str] = (), path: str = "") -> None:
    """Check those fields of a decoded model that the caller reads; others may deviate from the document.

    Args:
        operation: The operation, for the error.
        entry: The model.
        required: Attributes that must have a value.
        optional: Attributes that may be None.
        path: The model's place in the response; empty for the whole response.

    Raises:
        DecodeError: It is no model, or a field is missing or of another type than the document states.
    """
    if not isinstance(entry, Model):
        raise DecodeError(operation, path, entry, expected="an object")
    for field in entry.FIELDS:
        value = getattr(entry, field.python)
        is_read = field.python in required or (field.python in optional and value is not None)
        if is_read and (problem := _type_problem(f"{path}.{field.wire}".lstrip("."), value, field.shape)) is not None:
            raise DecodeError(operation, problem[0], problem[1], expected=problem[2])


def _type_problem(path: str, value: Any, shape: Shape) -> tuple[str, Any, str] | None:
    """As `problem_of`, but for a decoded value: enums are open, and models were checked to be objects when they were decoded."""
    if shape.kind == "model":
        return None if isinstance(value, Model) else (path, value, "an object")
    if shape.kind == "array" and is_array(value):
        misfits = (_type_problem(f"{path}[{number}]", item, shape.of[0]) for number, item in enumerate(value))
    elif shape.kind == "tuple" and isinstance(value, tuple):
        places = enumerate(zip(cast("tuple[Any, ...]", value), shape.of, strict=False))
        misfits = (_type_problem(f"{path}[{number}]", *pair) for number, pair in places)
    elif shape.kind == "map" and is_object(value):
        misfits = (_type_problem(f"{path}.{key}", item, shape.of[0]) for key, item in value.items())
    elif shape.kind == "union":
        problems = [_type_problem(path, value, member) for member in shape.of]
        return None if None in problems else problems[0]
    elif shape.kind == "literal":
        return (
            None
            if any(type(value) is type(choice) for choice in shape.of)
            else (path, value, type(shape.of[0]).__name__)
        )
    elif shape.kind in ("date", "date-time"):
        return None if isinstance(value, str | date) else (path, value, shape.kind)
    else:
        return None if shape.kind == "tagged" else problem_of(path, value, shape)
    return next((problem for problem in misfits if problem is not None), None)


def checked_json(response: "httpx.Response", operation: str, shape: Shape) -> Any:
    """Decode the JSON of a response of which a workflow reads some parts.

    Args:
        response: The response, as `raw` of an operation returns it.
        operation: The operation, for errors.
        shape: What is read of it.

    Raises:
        NotJson: It is not JSON.
        DecodeError: What is read of it is missing or of another type.
    """
    data = json_of(response)
    check(operation, "", data, shape)
    return data


def page_of(response: "httpx.Response", key: str, operation: str) -> Any:
    """Return a whole response as a decoded page that has its list; arguments and errors as those of `items_at`.

    Raises:
        NotJson: It is not JSON.
    """
    page = json_of(response, operation)
    items_at(page, key, operation)
    return page


def count_at(response: object, key: str, operation: str) -> int:
    """Return a count from a response; a missing one is not treated as 0.

    Args:
        response: The decoded response.
        key: The count's dotted place in the response.
        operation: The operation, for the error.

    Raises:
        DecodeError: It is not a whole number of 0 or more.
    """
    count = found_at(response, key)
    if not is_number(count):
        raise DecodeError(operation, key, count, expected="a count")
    return count
