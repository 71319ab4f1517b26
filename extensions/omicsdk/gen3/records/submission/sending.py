"""How documents of records go to a commons, and what it says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import APIError, DecodeError
from omicsdk.core.narrowing import is_object
from omicsdk.core.retry import RETRIED_STATUSES
from omicsdk.gen3.records.submission.chunks import is_too_much
from omicsdk.gen3.service import plain

if TYPE_CHECKING:
    from omicsdk.core.operation import Call
    from omicsdk.core.request import Request


def sent(operation: Call[..., Any], request: Request, *, patient: bool) -> Mapping[str, Any]:
    """Sends a document of records.

    A document that was too long for the commons isn't sent again as it is, unless there is nothing else to do; other trouble
    that may pass is met as the client's retries say.

    Args:
        operation: The operation.
        request: Its request.
        patient: Whether to try again where time ran out, too.

    Returns:
        The answer.

    Raises:
        APIError: The commons answered with an error.
        TransportError: No answer came.
        DecodeError: The answer is no object.
    """
    try:
        told = plain(next(operation.answers(request if patient else replace(request, idempotent=False))))
    except APIError as error:
        if patient or error.status not in RETRIED_STATUSES or is_too_much(error):
            raise
        told = plain(next(operation.answers(request)))
    if not is_object(told):
        raise DecodeError(request.operation, "the body", told, expected="an object")
    return told
