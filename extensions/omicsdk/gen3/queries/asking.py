"""Sending GraphQL to the service that answers queries over records (Peregrine)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import BadRequest
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.core.omit import OMIT
from omicsdk.gen3.errors import Gen3SubmissionQueryError
from omicsdk.gen3.service import plain

if TYPE_CHECKING:
    from omicsdk_api.gen3.peregrine import PeregrineApi


def answer(peregrine: PeregrineApi, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Sends a query, and gives the whole answer.

    Args:
        peregrine: The service's client.
        query: The query, in GraphQL.
        variables: The values of its variables, by name without the dollar.

    Returns:
        The answer, with its `data`.

    Raises:
        Gen3SubmissionQueryError: The service refused it, or a part of it.
        APIError: It answered with another error.
    """
    try:
        told = plain(peregrine.query.raw(query=query, variables=OMIT if variables is None else dict(variables)))
    except BadRequest as error:
        raise refusal(error.body, error) from error
    if is_object(told) and told.get("errors"):
        raise refusal(told, None)
    if not is_object(told):
        raise refusal({"errors": [f"the answer is {told!r}"]}, None)
    return told


def refusal(body: object, error: BadRequest | None) -> Gen3SubmissionQueryError:
    """The error for a query that was refused.

    Args:
        body: What the service said.
        error: The error of the answer, if it was one.
    """
    stated = body.get("errors") if is_object(body) else None
    reasons = [str(each.get("message", each)) if is_object(each) else str(each) for each in stated or ()]
    if not is_array(stated) and error is not None:
        reasons = [error.message]
    return Gen3SubmissionQueryError(
        f"The query was refused: {'; '.join(reasons)}",
        remedy="Correct it; the dictionary has the nodes, their properties and links, which are its types and fields.",
    )
