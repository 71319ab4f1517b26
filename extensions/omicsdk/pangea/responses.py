"""Parts of raw responses, checked: a missing list is not treated as empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from omicsdk.core.checked_json import check_fields
from omicsdk.core.consistency import UUID, checked_list, whole_list
from omicsdk.core.dates import seconds_of
from omicsdk.core.errors import DecodeError
from omicsdk.core.type_guards import is_array, is_object

if TYPE_CHECKING:
    from omicsdk.core.pages import PagedCall

T = TypeVar("T")

Blob = dict[str, Any]


_REQUIRED = ("uuid", "name", "module_name")
_OPTIONAL = ("replicate", "library", "metadata", "updated_at")


def identified(record: T) -> T:
    """Return an object of the server of which what workflows read is as the document states: its identifiers, by which
    others are requested, are texts.

    Raises:
        DecodeError: One is something else, or missing.
    """
    kind = type(record).__name__
    of_groups = ("organization",) if kind == "SampleGroup" else ()
    check_fields(f"the {kind} of the server", record, *_REQUIRED, *of_groups, optional=_OPTIONAL)
    return record


def listed_by(call: PagedCall[..., Any, T, Any], **arguments: Any) -> Iterator[T]:
    """Yield the objects of a list as they arrive; arguments and errors as those of `checked_list`."""
    return map(identified, checked_list(call, "count", "uuid", **arguments))


def all_listed_by(call: PagedCall[..., Any, T, Any], **arguments: Any) -> list[T]:
    """Return the objects of a list that has to be complete; arguments and errors as those of `whole_list`."""
    return [identified(record) for record in whole_list(call, "count", "uuid", **arguments)]


def update_order(updated_at: object) -> tuple[float, str]:
    """Return a key that sorts results by when they were updated; those without a time come first.

    The texts of times do not sort so: one of a whole second has no fraction.

    Args:
        updated_at: The time as the server states it.
    """
    text = str(updated_at)
    return seconds_of(text) or 0.0, text


def object_of(response: object, what: str) -> Blob:
    """Return a response that is an object.

    Args:
        response: The response.
        what: The request, for the error.

    Raises:
        DecodeError: It is something else, or nothing.
    """
    if not is_object(response):
        raise unlike(what, "the body", response, "an object")
    return response


def objects_in(blob: Blob, field: str, what: str, of: str = "") -> list[Blob]:
    """Return the objects of a list in a response.

    Args:
        blob: The response, or the part of one that has the list.
        field: The list's name.
        what: The request, for the error.
        of: The field in which each object states the UUID of what has the list; empty if none does.

    Raises:
        DecodeError: There is no list, or it contains something else.
        ResponseMismatch: An object belongs to something else.
    """
    listed_objects = blob.get(field)
    if not is_array(listed_objects):
        raise unlike(what, field, listed_objects, "a list")
    for at, item in enumerate(listed_objects):
        if not is_object(item):
            raise unlike(what, f"{field}[{at}]", item, "an object")
        if item.get(of) is not None:
            UUID.check(str(blob.get("uuid")), item[of], f"{what}, {field}[{at}].{of}")
    return listed_objects


def name_in(blob: Blob, what: str, field: str = "name") -> str:
    """Return a name in a response that files are named by.

    Args:
        blob: The object that has the name.
        what: What was requested.
        field: The field with the name.

    Raises:
        DecodeError: It is not text, or empty.
    """
    name = blob.get(field)
    if not isinstance(name, str) or not name:
        raise unlike(f"{what}, {blob.get('uuid')}", field, name, "a name")
    return name


def unlike(what: str, where: str, value: object, expected: str) -> DecodeError:
    """Return the error for a response that does not conform.

    Args:
        what: The request.
        where: The place in the response.
        value: The actual value.
        expected: What was expected, as text.
    """
    error = DecodeError(what, where, value, expected=expected)
    error.remedy = "Try again; if it persists, check for a proxy between this machine and the server."
    return error
