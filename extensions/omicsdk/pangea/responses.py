"""Parts of raw responses, checked: a missing list is not treated as empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from omicsdk.core.checked_fields import check_fields
from omicsdk.core.consistency import UUID, checked_list, whole_list
from omicsdk.core.errors import DecodeError
from omicsdk.core.type_guards import is_array, is_object

if TYPE_CHECKING:
    from omicsdk.core.pages import PagedCall

T = TypeVar("T")

Blob = dict[str, Any]
"""The JSON of an object on the server."""


_REQUIRED = ("uuid", "name", "module_name")
_OPTIONAL = ("replicate", "library", "metadata", "updated_at")


def identified(found: T) -> T:
    """Return an object of the server of which what workflows read is as the document states: its identifiers, by which
    others are requested, are texts.

    Raises:
        DecodeError: One is something else, or missing.
    """
    kind = type(found).__name__
    of_groups = ("organization",) if kind == "SampleGroup" else ()
    check_fields(f"the {kind} of the server", found, *_REQUIRED, *of_groups, optional=_OPTIONAL)
    return found


def listed_by(call: PagedCall[..., Any, T, Any], **arguments: Any) -> Iterator[T]:
    """Yield the objects of a list as they arrive; arguments and errors as those of `checked_list`."""
    return map(identified, checked_list(call, "count", "uuid", **arguments))


def all_listed_by(call: PagedCall[..., Any, T, Any], **arguments: Any) -> list[T]:
    """Return the objects of a list that has to be complete; arguments and errors as those of `whole_list`."""
    return [identified(each) for each in whole_list(call, "count", "uuid", **arguments)]


def object_of(response: object, asked: str) -> Blob:
    """Return a response that is an object.

    Args:
        response: The response.
        asked: The request, for the error.

    Raises:
        DecodeError: It is something else, or nothing.
    """
    if not is_object(response):
        raise unlike(asked, "the body", response, "an object")
    return response


def objects_in(told: Blob, field: str, asked: str, of: str = "") -> list[Blob]:
    """Return the objects of a list in a response.

    Args:
        told: The response, or the part of one that has the list.
        field: The list's name.
        asked: The request, for the error.
        of: The field in which each object states the UUID of what has the list; empty if none does.

    Raises:
        DecodeError: There is no list, or it contains something else.
        ResponseMismatch: An object belongs to something else.
    """
    listed = told.get(field)
    if not is_array(listed):
        raise unlike(asked, field, listed, "a list")
    for at, each in enumerate(listed):
        if not is_object(each):
            raise unlike(asked, f"{field}[{at}]", each, "an object")
        if each.get(of) is not None:
            UUID.check(str(told.get("uuid")), each[of], f"{asked}, {field}[{at}].{of}")
    return listed


def name_in(told: Blob, asked: str, field: str = "name") -> str:
    """Return a name in a response that files are named by.

    Args:
        told: The object that has the name.
        asked: What was requested.
        field: The field with the name.

    Raises:
        DecodeError: It is not text, or empty.
    """
    name = told.get(field)
    if not isinstance(name, str) or not name:
        raise unlike(f"{asked}, {told.get('uuid')}", field, name, "a name")
    return name


def unlike(asked: str, place: str, value: object, expected: str) -> DecodeError:
    """Return the error for a response that does not conform.

    Args:
        asked: The request.
        place: The place in the response.
        value: The actual value.
        expected: What was expected, as text.
    """
    error = DecodeError(asked, place, value, expected=expected)
    error.remedy = "Try again; if it persists, check for a proxy between this machine and the server."
    return error
