"""From one page to the next: the Link header, and where in a page its items stand."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from omicsdk.core.errors import DecodeError
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.core.request import Paging, Request

CONTENT_KEY_HEADER = "x-openapi-paginated-content-key"
"""Names the page's list; HCA services send it with every page but the last."""

# Quotes may be single ones: the Data Store's /events sends rel='next'.
_LINK = re.compile(r"""<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+\s*(?:=\s*(?:"(?:\\.|[^"\\])*"|'[^']*'|[^\s;,"']+))?)*)""")
_REL = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;,"']+))""", re.IGNORECASE)


def next_link(headers: Mapping[str, str]) -> str | None:
    """The URL of the Link header with relation `next` (RFC 8288), or None.

    Args:
        headers: An answer's headers, looked up as `link` (httpx ignores case).
    """
    for target, parameters in _LINK.findall(headers.get("link") or ""):
        relation = _REL.search(parameters)
        if relation and "next" in (relation[1] or relation[2] or relation[3]).lower().split():
            return target
    return None


def next_request(request: Request, url: str, headers: Mapping[str, str]) -> Request | None:
    """The request for the page after the one that was answered, or None after the last.

    The next URL is followed as it stands, and a body is sent again with it.

    Args:
        request: The request that was answered.
        url: The absolute URL that it was sent to; a relative link is resolved against it.
        headers: The answer's headers.

    Raises:
        DecodeError: The page names itself as the next one, which would never end.
    """
    link = next_link(headers)
    if link is None:
        return None
    following = urljoin(url, link)
    if following == url:
        raise DecodeError(request.operation, "the Link header", link, expected="the URL of another page")
    return request.at(following)


def content_key(paging: Paging, headers: Mapping[str, str]) -> str:
    """Dotted key of a page's list: the server's word, else the document's."""
    return headers.get(CONTENT_KEY_HEADER) or paging.items


def items_at(page: Any, key: str) -> list[Any]:
    """The list under a dotted key of a decoded page; empty when a step isn't there.

    A member whose own name has dots wins over the steps.
    """
    if is_object(page) and key in page:
        found = page[key]
    else:
        found = page
        for step in key.split("."):
            found = found.get(step) if is_object(found) else None
    return found if is_array(found) else []


def with_items(page: Any, key: str, items: list[Any]) -> Any:
    """A copy of a page whose list under a dotted key is another: all pages merged into the first."""
    if not is_object(page):
        return page
    if key in page or "." not in key:
        return {**page, key: items}
    head, _, rest = key.partition(".")
    return {**page, head: with_items(page.get(head, {}), rest, items)}
