"""Pages of JSON of which a program reads the whole."""

from typing import TYPE_CHECKING, Any

from omicsdk.core.json_responses import json_of
from omicsdk.core.page_items import items_at

if TYPE_CHECKING:
    import httpx


def page_of(response: "httpx.Response", key: str, operation: str) -> Any:
    """Return a whole response as a decoded page that has its list; arguments and errors as those of `items_at`.

    Raises:
        NotJson: It is not JSON.
    """
    page = json_of(response, operation)
    items_at(page, key, operation)
    return page
