"""Typed data of errors: what a document states of the bodies of error responses."""

import json
from collections.abc import Callable, Mapping
from typing import TypeVar

from omicsdk.core.errors import APIError, DecodeError
from omicsdk.core.response import Response

T = TypeVar("T")


def error_data(
    error: APIError,
    readers: Mapping[str, Callable[[Response], T]],
    operations: Mapping[str, Mapping[str, Callable[[Response], T]]] | None = None,
) -> T:
    """Decode the body of an error, in which secrets are masked.

    Args:
        error: The error.
        readers: What reads the body, by the names of errors' classes.
        operations: The same by the names of operations and by statuses (`404`, `4XX`, `default`), where operations differ.

    Raises:
        DecodeError: The body is not what the document states: a proxy's web page, for example.
    """
    readers_of_operation = (operations or {}).get(error.operation, {})
    candidates = (readers_of_operation.get(key) for key in (str(error.status), f"{error.status // 100}XX", "default"))
    of_classes = (readers.get(class_.__name__) for class_ in type(error).__mro__)
    read = next(reader for reader in (*candidates, *of_classes) if reader is not None)
    try:
        return read(_response_of(error))
    except DecodeError as wrong:
        wrong.remedy = "Read the error's `body`, which is what the service sent."
        raise wrong from error


def _response_of(error: APIError) -> Response:
    """Return the response of an error, as far as the error keeps it."""
    body, content = error.body, ""
    if body is not None:
        is_text = isinstance(body, str) and "json" not in error.headers.get("content-type", "")
        content = str(body) if is_text else json.dumps(body)
    # Without a body, only what may be null can be read.
    strict = error.strict or body is None
    return Response(error.operation, error.status, error.headers, content.encode(), strict=strict, url=error.url)
