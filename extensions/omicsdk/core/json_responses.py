"""JSON of whole responses."""

from typing import TYPE_CHECKING, Any

from omicsdk.core.api_errors import not_json
from omicsdk.core.json_coding import DECODED, charset_in, decoded

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
    if DECODED in response.extensions:  # by a comparison with the request
        return response.extensions.pop(DECODED)
    try:
        return decoded(content, charset_in(response.headers.get("content-type", "")))
    except ValueError as error:
        raise not_json(operation or response.url.path, str(response.url), response.text, str(error)) from error
