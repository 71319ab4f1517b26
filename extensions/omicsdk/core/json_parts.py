"""JSON of responses whose parts are checked: those that a workflow reads, and the list of a page."""

from typing import TYPE_CHECKING, Any

from omicsdk.core.json_responses import json_of
from omicsdk.core.model import Shape, check
from omicsdk.core.page_items import items_at

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


def page_of(response: "httpx.Response", key: str, operation: str) -> Any:
    """Return a whole response as a decoded page that has its list; arguments and errors as those of `items_at`.

    Raises:
        NotJson: It is not JSON.
    """
    page = json_of(response, operation)
    items_at(page, key, operation)
    return page
