"""JSON of responses of which a workflow reads some parts."""

from typing import TYPE_CHECKING, Any

from omicsdk.core.json_responses import json_of
from omicsdk.core.model import Shape, check

if TYPE_CHECKING:
    import httpx


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
