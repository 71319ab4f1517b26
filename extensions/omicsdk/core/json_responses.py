"""JSON of responses of which a workflow reads some parts."""

from typing import TYPE_CHECKING, Any

from omicsdk.core.api_errors import not_json
from omicsdk.core.json_decoding import decoded
from omicsdk.core.model import Shape, check
from omicsdk.core.paging import items_at
from omicsdk.core.response import paused_for

if TYPE_CHECKING:
    import httpx


def json_of(response: "httpx.Response", operation: str = "") -> Any:
    """Decode the JSON of a response; None where its body is empty.

    Args:
        response: The response, as `raw` of an operation returns it.
        operation: The operation, for errors; by default the path of its URL.

    Raises:
        NotJson: It is not JSON.
    """
    content = response.content
    if not content:
        return None
    try:
        with paused_for(len(content)):
            return decoded(content)
    except ValueError as error:
        raise not_json(operation or response.url.path, str(response.url), response.text, str(error)) from error


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
