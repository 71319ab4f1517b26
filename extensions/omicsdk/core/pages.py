"""Operations that respond in pages, and the request for the next one."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Generic
from urllib.parse import parse_qsl, urljoin, urlsplit

from omicsdk.core.errors import DecodeError
from omicsdk.core.items import AsyncItems, Item, Items, page_break
from omicsdk.core.json_coding import decoded, encoded
from omicsdk.core.model import ANY
from omicsdk.core.operation import A, AnyOperation, AsyncCall, Call, H, P, R, S, call_form
from omicsdk.core.page_items import alternatives, check_page, content_key, found_at, items_at, list_at
from omicsdk.core.redaction import url_parts
from omicsdk.core.request import OperationFacts, Paging, Request
from omicsdk.core.response import Response, ResponseHeaders
from omicsdk.core.type_guards import number_in

if TYPE_CHECKING:
    import httpx


def _items_of(
    facts: OperationFacts,
    response: Response,
    parse: Callable[[Response], R],
    items: Callable[[R], Sequence[Item] | None],
) -> Sequence[Item]:
    """Return a page's items: typed at the document's place, as plain JSON if the server names another key."""
    assert facts.paging is not None
    key = content_key(facts.paging, response.headers)
    if key == facts.paging.items or key in alternatives(facts.paging.items):
        return items(parse(response)) or ()  # none: a response without a body, such as a redirect that is not followed
    return response.json(lambda page: items_at(page, key, facts.name), ANY)


class PagedCall(Call[P, R, H], Generic[P, R, Item, H]):
    """An operation of a Client that responds in pages.

    Attributes:
        items: Finds a page's items.
    """

    items: Callable[[R], Sequence[Item] | None]

    def responses(self, request: Request) -> Iterator[httpx.Response]:
        """Yield the response to a request from `build`, and those of the following pages."""
        walk, following = Walk(self.facts.paging), request
        while True:
            response = self._sent(following)
            yield response
            following = walk.following(following, response)
            if following is None:
                return
            page_break()

    @call_form
    def pages(self, *args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        # Iterate over the pages as they arrive.
        return self._pages(self._request(*args, **kwargs))

    @call_form
    def iterate(self, *args: P.args, **kwargs: P.kwargs) -> Items[Item]:
        # Iterate over the items of all pages as they arrive.
        return Items(self._items(self._request(*args, **kwargs)), self.facts.name)

    def _pages(self, request: Request) -> Iterator[R]:
        for response in self.responses(request):
            yield self.parse(self._exchange.response(request, response, self.check_page))

    def _items(self, request: Request) -> Iterator[Item]:
        for response in self.responses(request):
            yield from _items_of(
                self.facts, self._exchange.response(request, response, self.check_page), self.parse, self.items
            )


class AsyncPagedCall(AsyncCall[P, R, H], Generic[P, R, Item, H]):
    """An operation of an AsyncClient that responds in pages.

    Attributes:
        items: Finds a page's items.
    """

    items: Callable[[R], Sequence[Item] | None]

    async def responses(self, request: Request) -> AsyncIterator[httpx.Response]:
        """Yield the response to a request from `build`, and those of the following pages."""
        walk, following = Walk(self.facts.paging), request
        while following is not None:
            response = await self._sent(following)
            yield response
            following = walk.following(following, response)

    @call_form
    def pages(self, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[R]:
        # Iterate over the pages as they arrive.
        return self._pages(self._request(*args, **kwargs))

    @call_form
    def iterate(self, *args: P.args, **kwargs: P.kwargs) -> AsyncItems[Item]:
        # Iterate over the items of all pages as they arrive.
        return AsyncItems(self._items(self._request(*args, **kwargs)), self.facts.name)

    async def _pages(self, request: Request) -> AsyncIterator[R]:
        async for response in self.responses(request):
            yield self.parse(self._exchange.response(request, response, self.check_page))

    async def _items(self, request: Request) -> AsyncIterator[Item]:
        async for response in self.responses(request):
            for item in _items_of(
                self.facts, self._exchange.response(request, response, self.check_page), self.parse, self.items
            ):
                yield item


class AnyPagedOperation(AnyOperation[P, R, S, A, H], Generic[P, R, Item, S, A, H]):
    def __init__(
        self,
        facts: OperationFacts,
        build: Callable[P, Request],
        parse: Callable[[Response], R],
        items: Callable[[R], Sequence[Item] | None],
        *,
        headers: type[H] = ResponseHeaders,
    ) -> None:
        super().__init__(facts, build, parse, headers=headers)
        self.items = items
        assert facts.paging is not None
        self.check_page = partial(check_page, facts.paging, facts.name)


class PagedOperation(
    AnyPagedOperation[P, R, Item, PagedCall[P, R, Item, H], AsyncPagedCall[P, R, Item, H], H], Generic[P, R, Item, H]
):
    """An operation that responds in pages; arguments as those of Operation, and `items`, which finds a page's items."""

    calls = (PagedCall, AsyncPagedCall)


_TARGET = re.compile(r"<([^>]*)>")
# As lenient as RFC 8288, appendix B.3: one odd parameter must not end a listing at its first page. Quotes may be single
# ones: the Data Store's /events sends rel='next'. Within a value they are preserved: title*=UTF-8''page.
_PARAMETER = re.compile(r"""\s*;\s*([^\s=;,]*)\s*(?:=\s*(?:"((?:\\.|[^"\\])*)"?|'([^']*)'|([^;,]*)))?""")


def next_link(headers: Mapping[str, str], link_relation: str = "next") -> str | None:
    """Return the URL of the Link header with relation `next` (RFC 8288), or None.

    Args:
        headers: A response's headers, read as `link` (httpx ignores case).
        link_relation: Another relation.
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
        if link_relation in (relation or ()):
            return target[1]
    return None


class Walk:
    """The way from page to page of one listing.

    Services may lead from a page back to an earlier one, for ever. One page is remembered, and replaced by the current one
    after twice as many pages as before, so any circle is found without memory of all pages (Brent's algorithm). Others
    respond to every page number or offset beyond the last page with the last page.

    Args:
        paging: How pages follow; None for an operation without pages.
    """

    def __init__(self, paging: Paging | None) -> None:
        self._paging = paging
        self._remembered: Request | None = None
        self._count, self._until = 0, 1
        self._content = 0

    def following(self, request: Request, response: httpx.Response) -> Request | None:
        """Return the request for the page after a response, or None after the last.

        Args:
            request: The request that was sent.
            response: Its response.

        Raises:
            DecodeError: The page leads to itself or to one before it, or is the same as the one before it.
        """
        following = next_request(self._paging, request, str(response.url), response.headers, response.json)
        if following is None:
            return None
        if following == self._remembered:
            raise DecodeError(request.operation, "the next page", following.url, expected="a page that was not read")
        if self._paging is not None and self._paging.style in ("offset", "page"):
            # A hash, not the page: a listing has two pages in memory otherwise.
            content, before = hash(response.content), self._content
            self._content = content
            # Equal numbers are no sign of it: signals consist of them.
            if content == before and any(
                item.__class__ is dict for item in list_at(response.json(), self._paging.items) or ()
            ):
                raise DecodeError(
                    request.operation, "the page", request.url, expected="another one than the page before"
                )
        self._count += 1
        # Brent's algorithm: one remembered request, replaced at powers of two, meets a cycle of any length.
        if self._count == self._until:
            self._remembered, self._until = following, 2 * self._until
        return following


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
        DecodeError: The page names itself or one before it as the next one, which would never end; or the next one is
            requested by its last item, which lacks the value.
    """
    if paging is None:
        return None
    # Decoded once at most: several members are looked up, and the links of headers need no body.
    page = cache(page)
    if paging.more and found_at(page(), paging.more) is False:
        return None
    if paging.style in ("link", "continuation"):
        link = _header_link(headers, paging.next) if paging.style == "link" else found_at(page(), paging.next)
        if not isinstance(link, str) or not link or _is_after_last(paging, request, link, headers, page):
            return None
        token = _token_in(link, paging.parameter) if paging.style == "link" else None
        if token is not None:
            return _with_token(paging, request, token, page)
        try:
            following = urljoin(url, link)
        except ValueError:
            raise DecodeError(request.operation, "the link to the next page", link, expected="a URL") from None
        if following == url:
            raise DecodeError(request.operation, "the link to the next page", link, expected="the URL of another page")
        return request.at(following)
    next_value: Any = None
    if paging.next or paging.header:
        next_value = headers.get(paging.header) if paging.header else found_at(page(), paging.next)
        if not next_value:
            # The last item has no token, such as another kind of item: what follows it would be left out.
            if paging.next.startswith(f"{paging.items}.-1".lstrip(".")) and list_at(page(), paging.items):
                expected = "a value by which the next page can be requested"
                raise DecodeError(request.operation, paging.next, next_value, expected=expected)
            return None
    if paging.style == "token":
        return _with_token(paging, request, next_value, page)
    following = request
    for name, value in _counted(paging, request, page(), number_in(next_value)).items():
        following = paging.with_argument(following, name, value)
    return None if following is request else following


def _with_token(paging: Paging, request: Request, token: Any, page: Callable[[], Any]) -> Request | None:
    """Return the request for a token's page; None if it is this page's own, which has no items.

    Raises:
        DecodeError: It is the token of this page, which has items.
    """
    argument = paging.arguments(request).get(paging.parameter)
    if argument is not None and str(token) == str(argument):
        # Some services always state a token: after the last item it leads to what may be added later.
        if paging.style == "token" and list_at(page(), paging.items) == []:
            return None
        where = paging.header or paging.next or paging.parameter
        raise DecodeError(request.operation, where, token, expected="the token of another page")
    return paging.with_argument(request, paging.parameter, token)


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
    number, begin = int(query[name]), dict(parse_qsl(urlsplit(request.url).query)).get(name, "")
    # `Walk` finds such a circle, too, but only after pages of it were returned again.
    if number <= _number(begin, -1):
        raise DecodeError(request.operation, name, query[name], expected="the token of another page")
    last_link = _header_link(headers, paging.last, "last") if paging.style == "link" else None
    last = dict(parse_qsl(url_parts(last_link or "").query)).get(name)
    is_full = items is None or len(items) >= _number(query.get(paging.limit or "limit"), len(items) + 1)
    return number > _number(last, number) and not is_full


def _token_in(link: str, parameter: str) -> str | None:
    """Return the token in a link's query; the last one of several, since some services only append."""
    values = [value for name, value in parse_qsl(url_parts(link).query) if name == parameter]
    return values[-1] if values else None


def _counted(paging: Paging, request: Request, page: Any, next_number: int | None) -> dict[str, int]:
    """Return the parameters of the next page where pages are counted; empty after the last.

    Args:
        paging: How pages follow.
        request: The request that was sent.
        page: The decoded response.
        next_number: The offset or number of the next page, if the service states it.

    Raises:
        DecodeError: The stated one is that of this page, or of one before it.
    """
    got = len(items_at(page, paging.items, request.operation))
    # First, since some services state a total or a next page even beyond the last one.
    if got == 0:
        return {}
    arguments, name = paging.arguments(request), paging.parameter
    is_offset = paging.style == "offset"
    first = paging.first if paging.first is not None else 0 if is_offset else 1
    begin = _number(arguments.get(name), first)
    following = {name: begin + (got if is_offset else 1)}
    if next_number is not None:
        if next_number <= begin and arguments.get(name) is not None:
            raise DecodeError(request.operation, paging.header or paging.next, next_number, expected="a following page")
        return {name: next_number}
    total = number_in(found_at(page, paging.total)) if paging.total else None
    if total is not None:
        return {} if following[name] - first >= total else following
    if got >= _number(arguments.get(paging.limit), 1):
        return following
    # The first page may be as long as the service's limit: its length is then the length of pages.
    return {**following, paging.limit: got} if is_offset and begin <= first else {}


def _number(text: object, otherwise: int) -> int:
    return otherwise if (number := number_in(text)) is None else number


@dataclass(frozen=True, slots=True)
class BodyPaging(Paging):
    """The paging of a list whose `parameter` and `limit` are dotted keys of the request's JSON body."""

    def arguments(self, request: Request) -> Mapping[str, Any]:
        """Return what a request states of its page, by parameter."""
        body = _body(request)
        return {name: found_at(body, name) for name in (self.parameter, self.limit) if name}

    def with_argument(self, request: Request, name: str, value: object) -> Request:
        """Return a request with another value of one parameter; the others are unchanged."""
        headers = request.headers
        if request.content is None:  # of an optional body, in which the first page needs nothing
            headers = (*headers, ("content-type", "application/json"))
        return replace(request, headers=headers, content=encoded(_with(_body(request), name.split("."), value)))


def _body(request: Request) -> Any:
    return decoded(request.content) if isinstance(request.content, bytes) else {}


def _with(data: Any, steps: Sequence[str], value: object) -> dict[str, Any]:
    """Return a copy of an object with another value in the place that steps lead to."""
    step, *further = steps
    members: dict[str, Any] = data if data.__class__ is dict else {}
    return {**members, step: _with(members.get(step), further, value) if further else value}
