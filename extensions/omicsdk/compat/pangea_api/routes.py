"""URLs in the form that the server requires: quoted, with the route's trailing slash; no token to another server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

#: The beginning of all paths.
API = "/api"

# A URL keeps all characters that are valid in one, and its quoted characters.
_SAFE_IN_PATH = "-._~!$&'()*+,;=:@/"
_SAFE_IN_QUERY = "-._~!$&'()*+,;=:@/?"
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
#: Routes that end with a slash; all others must not.
_WITH_SLASH = re.compile(
    r"auth(/.*)?"
    r"|contrib/(tags|covid19)"
    r"|nested/[^/]+(/sample_groups(/[^/]+(/samples(/[^/]+)?)?)?)?"
)


def path_of(url: str, endpoint: str, options: Mapping[str, object] | None = None) -> str:
    """Return the path of a request, quoted; an absolute URL on another server is returned unchanged.

    Args:
        url: A route below /api, such as `samples?page=2`, or an absolute URL. What a URL cannot contain is quoted, `#` among it.
        endpoint: The server, without /api.
        options: Parameters that are added to the query, not quoted yet; those that are None are not sent.
    """
    address, mark, query = url.partition("?")
    if "://" in address:
        relative = _below(address, endpoint)
        if relative is None:
            return _with_query(_quoted(address, _SAFE_IN_PATH), query if mark else "", options)
        address = relative
    route = _quoted(address.strip("/"), _SAFE_IN_PATH)
    slash = "/" if _WITH_SLASH.fullmatch(route) else ""
    return _with_query(f"{API}/{route}{slash}", query, options)


def list_url(route: str, query: Mapping[str, object]) -> str:
    """Return the URL of the first page of a list, with a query of values that are not quoted yet, without None."""
    return _with_query(route, "", query)


def page_of(url: str, endpoint: str) -> str:
    """Return the URL of the next page of a list, on the requested server regardless of the host in the list.

    A server behind a proxy may not know its own scheme and name, and without the token private objects would be missing.
    """
    address, mark, query = url.partition("?")
    if "://" in address and _below(address, endpoint) is None:
        path = "/" + address.partition("://")[2].partition("/")[2]
        address = path.partition(f"{API}/")[2]
    return f"{address}{mark}{query}"


def named(name: str) -> str | None:
    """Return a name as a quoted segment of a nested route; None if no nested route has it (`omicsdk.pangea.listings.has_route`)."""
    from omicsdk.core.request import segment
    from omicsdk.pangea.listings import has_route

    if not has_route(name):
        return None
    try:
        return segment("name", name)
    except ValueError:
        return None


def _below(address: str, endpoint: str) -> str | None:
    """Return the route of an absolute URL; None for another server."""
    from omicsdk.core.credentials import origin_of

    if origin_of(address) != origin_of(endpoint):
        return None
    path = "/" + address.partition("://")[2].partition("/")[2]
    prefix = "/" + endpoint.partition("://")[2].partition("/")[2].strip("/")
    base = f"{prefix.rstrip('/')}{API}/"
    return path[len(base) :] if path.startswith(base) else None


def _quoted(text: str, safe: str) -> str:
    return quote(_LONE_PERCENT.sub("%25", text), safe=f"{safe}%")


def _with_query(path: str, query: str, options: Mapping[str, object] | None) -> str:
    pieces = [_quoted(query, _SAFE_IN_QUERY)]
    if options:
        from omicsdk.core.request import query_text

        pieces.append(query_text(list(options.items())))
    joined = "&".join(piece for piece in pieces if piece)
    return f"{path}?{joined}" if joined else path
