"""Pages: the request for the next one."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit, urlunsplit

from omicsdk.core.errors import DecodeError
from omicsdk.core.page_items import CONTENT_KEY_HEADER, found_at, items_at, list_at
from omicsdk.core.redaction import url_parts
from omicsdk.core.request import Paging, Request
from omicsdk.core.type_guards import number_in

_TARGET = re.compile(r"<([^>]*)>")
# Quotes may be single ones: the Data Store's /events sends rel='next'. Within a value they are preserved:
# title*=UTF-8''page.
_PARAMETER = re.compile(
    r"""\s*;\s*([\w!#$&+.^`|~*-]+)\s*(?:=\s*(?:"((?:\\.|[^"\\])*)"|'([^']*)'|([^\s;,"'][^\s;,"]*)))?"""
)


def next_link(headers: Mapping[str, str], wanted: str = "next") -> str | None:
    """Return the URL of the Link header with relation `next` (RFC 8288), or None.

    Args:
        headers: A response's headers, read as `link` (httpx ignores case).
        wanted: Another relation.
    """
    text, at = headers.get("link") or "", 0
    while target := _TARGET.search(text, at):
        relation, at = None, target.end()
        while parameter := _PARAMETER.match(text, at):
            name, *values = parameter.groups()
            # The first rel is used, and none within another parameter's value, such as a title.
            if name.lower() == "rel" and relation is None:
                relation = next((value for value in values if value), "").lower().split()
            at = parameter.end()
        if wanted in (relation or ()):
            return target[1]
    return None


def next_request(
    paging: Paging | None, request: Request, url: str, headers: Mapping[str, str], page: Callable[[], Any]
) -> Request | None:
    """Return the request for the page after a response, or None after the last.

    The next URL is followed unchanged, and a body is sent again with it. If the document names the parameter with the
    token, only that is taken from it: a service behind a proxy may not know its own address.

    Some services state a next page for ever. Where pages are counted, by an offset or a page number, an empty page is
    the last; so is a page before a link beyond the last page, unless its length is the limit. Where tokens lead from page
    to page, an empty one may have others after it.

    Args:
        paging: How pages follow; None for an operation without pages.
        request: The request that was sent.
        url: The absolute URL that it was sent to; relative links are resolved against it.
        headers: The response's headers.
        page: Returns the decoded response; not called if the headers suffice.

    Raises:
        DecodeError: The page names itself or one before it as the next one, which would never end.
    """
    if paging is None:
        return None
    if paging.style in ("link", "continuation"):
        link = _header_link(headers, paging.next) if paging.style == "link" else found_at(page(), paging.next)
        if not isinstance(link, str) or not link or _is_after_last(paging, request, link, headers, page):
            return None
        token = _token_in(link, paging.parameter) if paging.style == "link" else None
        if token is not None:
            if token == dict(parse_qsl(urlsplit(request.url).query)).get(paging.parameter):
                raise DecodeError(request.operation, paging.parameter, token, expected="the token of another page")
            return request.at(_with_query(request.url, paging.parameter, token))
        try:
            following = urljoin(url, link)
        except ValueError:
            raise DecodeError(request.operation, "the link to the next page", link, expected="a URL") from None
        if following == url:
            raise DecodeError(request.operation, "the link to the next page", link, expected="the URL of another page")
        return request.at(following)
    following = request
    for name, value in _next_values(paging, request, page()).items():
        following = following.at(_with_query(following.url, name, value))
    return None if following is request else following


def _header_link(headers: Mapping[str, str], name: str, relation: str = "next") -> str | None:
    return headers.get(name) if name else next_link(headers, relation)


def _is_after_last(
    paging: Paging, request: Request, link: str, headers: Mapping[str, str], page: Callable[[], Any]
) -> bool:
    """Return whether a link leads beyond the last page; of links that do not count this is unknown.

    Raises:
        DecodeError: It leads to this page, or to one before it.
    """
    query = dict(parse_qsl(url_parts(link).query))
    name = next((name for name in (paging.parameter, "offset", "page") if number_in(query.get(name)) is not None), None)
    if name is None:
        return False
    items = list_at(page(), content_key(paging, headers))
    if items is not None and not items:
        return True
    place, begin = int(query[name]), dict(parse_qsl(urlsplit(request.url).query)).get(name, "")
    if place <= _number(begin, -1):
        raise DecodeError(request.operation, name, query[name], expected="the token of another page")
    stated = _header_link(headers, paging.last, "last") if paging.style == "link" else None
    last = dict(parse_qsl(url_parts(stated or "").query)).get(name)
    is_full = items is None or len(items) >= _number(query.get(paging.limit or "limit"), len(items) + 1)
    return place > _number(last, place) and not is_full


def _token_in(link: str, parameter: str) -> str | None:
    """Return the token in a link's query; the last one of several, since some services only append."""
    given = [value for name, value in parse_qsl(url_parts(link).query) if name == parameter]
    return given[-1] if given else None


def _next_values(paging: Paging, request: Request, page: Any) -> dict[str, str]:
    """Return the query parameters of the next page; empty after the last."""
    asked = dict(parse_qsl(urlsplit(request.url).query))
    if paging.next:
        found = found_at(page, paging.next)
        if found is None or found in ("", False):
            return {}
        if paging.style == "token":
            if str(found) == asked.get(paging.parameter):
                raise DecodeError(request.operation, paging.next, found, expected="the token of another page")
            return {paging.parameter: str(found)}
    got = len(items_at(page, paging.items, request.operation))
    if got == 0:
        return {}
    is_short = got < _number(asked.get(paging.limit), 1)
    if paging.style == "offset":
        begin = _number(asked.get(paging.parameter), 0)
        following = {paging.parameter: str(begin + got)}
        # The first page may be as long as the service's limit: its length is then the length of pages.
        if is_short:
            return {} if begin else {**following, paging.limit: str(got)}
        return following
    return {} if is_short else {paging.parameter: str(_number(asked.get(paging.parameter), 1) + 1)}


def _number(text: str | None, otherwise: int) -> int:
    return otherwise if (number := number_in(text)) is None else number


def _with_query(url: str, name: str, value: str) -> str:
    """Return a URL with another value of one query parameter; the others are unchanged."""
    parts = urlsplit(url)
    kept = [piece for piece in parts.query.split("&") if piece and unquote(piece.partition("=")[0]) != name]
    return urlunsplit(parts._replace(query="&".join([*kept, f"{quote(name)}={quote(value, safe='')}"])))


def content_key(paging: Paging, headers: Mapping[str, str]) -> str:
    """Return the dotted key of a page's list: the server's, else the document's."""
    return headers.get(CONTENT_KEY_HEADER) or paging.items
