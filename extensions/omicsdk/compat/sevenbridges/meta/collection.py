"""Lists of the platform: a page is a list with links to the previous and next pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Never, Self, SupportsIndex, TypeVar, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from omicsdk.compat.sevenbridges.errors import PaginationError, as_ours, as_sbg
from omicsdk.compat.sevenbridges.http.responses import Response, items_of, object_of
from omicsdk.compat.sevenbridges.meta.resource import Resource, linked_request
from omicsdk.core.errors import DecodeError
from omicsdk.core.redaction import url_parts
from omicsdk.core.type_guards import number_in
from omicsdk.sb.listings import PAGE, CircularPages, followed, paged

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, VolumeObject
    from omicsdk.core.request import Request

R = TypeVar("R", bound="Resource")
S = TypeVar("S", bound="Resource")
P = TypeVar("P")

#: The platform's longest page.
LONGEST_PAGE = PAGE
_TOTAL = "x-total-matching-query"
# The published client sends its DEFAULT_BULK_LIMIT in place of a limit of 0 or less.
_NO_LIMIT = re.compile(r"(?<=[?&]limit=)(?:0|-\d+)(?=&|$)")


def pages_after(page: P, follow: Callable[[P], P], next_of: Callable[[P], str | None]) -> Iterator[P]:
    """The pages after a page; arguments as those of `omicsdk.sb.listings.followed`, a circle is a PaginationError."""
    try:
        yield from followed(page, follow, next_of)
    except CircularPages:
        raise PaginationError("The platform's link to the next page points to the page itself") from None


class Collection(list[R], Generic[R]):
    """A page of resources, with its URL and the platform's links to other pages."""

    resource: type[R]

    def __init__(
        self, resource: type[R], href: str, total: int, items: Sequence[R], links: Sequence[Mapping[str, str]], api: Api
    ) -> None:
        super().__init__(items)
        self.resource, self.href, self.links = resource, href, list(links)
        self._total, self._api = total, api
        self._limit = LONGEST_PAGE  # of later pages

    @classmethod
    def fetch(cls, resource: type[S], request: Request, api: Api) -> Collection[S]:
        """Request a page of resources of a class; `request` is what a list operation's `build` returned."""
        href, payload, response = _answered(request, api)
        items = [resource.of(item, api) for item in items_of(payload, response)]
        reported_total = number_in(response.headers.get(_TOTAL))
        total = -1 if reported_total is None else reported_total
        page = Collection(resource, href, total, items, _optional("links", payload, response), api)
        page._limit = min(number_in(_query(request.url).get("limit")) or LONGEST_PAGE, LONGEST_PAGE)
        return page

    @property
    def total(self) -> int:
        """Total number of items on all pages; -1 if the platform does not state it."""
        return self._total

    def next_page(self) -> Collection[R]:
        """The page after this one; a PaginationError on the last one."""
        return self._linked("next", "This is the last page")

    @property
    def next_link(self) -> str | None:
        """URL of the next page; None on the last one."""
        return self._link("next")

    def previous_page(self) -> Collection[R]:
        """The page before this one; a PaginationError on the first one."""
        return self._linked("prev", "This is the first page")

    def all(self) -> Iterator[R]:
        """Iterate over all items from this page on; pages are requested concurrently if their number is known.

        Later pages are as long as the requested limit; without one, as long as possible. Items that are added or deleted in the
        meantime may shift later ones.
        """

        def following(page: Collection[R]) -> Collection[R]:
            return page.next_page()

        # An empty page ends a list by offsets: later items were deleted, or a link is stated for ever.
        def link_of(page: Collection[R]) -> str | None:
            return page.next_link if page or offset is None else None

        # The published client requests this page a second time here; its items are at hand.
        link = self._link("next")
        offset = None if link is None else _offset(link)
        if link is None or offset is None or self._total < 0:
            yield from self
            for page in pages_after(self, following, link_of):
                self._add_page(page)
                yield from page
            return

        def page_at(offset: int) -> Collection[R]:
            return self._fetched(_with(link, offset=offset, limit=self._limit))

        with as_ours():
            yield from paged(self, self._total, page_at, following, list[R], link_of, offset - len(self), self._limit)

    def _link(self, rel: str) -> str | None:
        link = next((link for link in self.links if str(link.get("rel", "")).lower() == rel), None)
        return None if link is None else _url_in(link, "href")

    def _linked(self, rel: str, end: str) -> Collection[R]:
        href = self._link(rel)
        if href is None:
            raise PaginationError(end)
        return self._fetched(href)

    def _fetched(self, href: str) -> Collection[R]:
        return Collection.fetch(self.resource, linked_request(href, "page"), self._api)

    def _add_page(self, page: Collection[R]) -> None:
        """Take in what a page that follows this one has beside its items."""

    def __copy__(self) -> Self:
        duplicate = type(self).__new__(type(self))
        duplicate.extend(self)
        for name, value in vars(self).items():
            setattr(duplicate, name, list(cast("list[Any]", value)) if isinstance(value, list) else value)
        return duplicate

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        duplicate = self.__copy__()
        duplicate[:] = [item.deepcopy() for item in self]
        return duplicate

    def __reduce_ex__(self, protocol: SupportsIndex) -> Never:
        raise TypeError("A page cannot be pickled: its Api has a token. Pickle list(page)")

    def __repr__(self) -> str:
        return f"<Collection: total={self.total}, fetched={len(self)}>"


class VolumeCollection(Collection["VolumeObject"]):
    """Page of the contents of a volume: objects, and `prefixes`, its folders; the total number is unknown."""

    def __init__(
        self,
        href: str,
        items: Sequence[VolumeObject],
        links: Sequence[Mapping[str, Any]],
        prefixes: Sequence[Resource],
        api: Api,
        resource: type[VolumeObject],
    ) -> None:
        # -1 as in the published client, which reads no total of these lists.
        super().__init__(resource, href, -1, items, links, api)
        self.prefixes = list(prefixes)
        self._own_prefixes = tuple(prefixes)

    @classmethod
    def page_of(cls, resource: type[VolumeObject], request: Request, api: Api) -> VolumeCollection:
        """Request a page; `request` is what `list_volume_objects.build` returned."""
        href, payload, response = _answered(request, api)
        items = [resource.of(item, api) for item in items_of(payload, response)]
        prefixes = [resource.PREFIX.of(prefix, api) for prefix in _optional("prefixes", payload, response)]
        return cls(href, items, _optional("links", payload, response), prefixes, api, resource)

    def previous_page(self) -> VolumeCollection:
        """Raise PaginationError: a volume is only listed forwards."""
        raise PaginationError("Cannot list a previous page of a volume: request the first page again")

    def all(self) -> Iterator[VolumeObject]:
        """All objects from this page on; the prefixes of the pages that follow are added to this one's."""
        self.prefixes[:] = self._own_prefixes
        return super().all()

    def _link(self, rel: str) -> str | None:
        # Links of volumes are {"next": URL}, those of other lists {"rel": "next", "href": URL}.
        return next((_url_in(link, rel) for link in self.links if link.get(rel)), None)

    def _fetched(self, href: str) -> VolumeCollection:
        return VolumeCollection.page_of(self.resource, linked_request(href, "page"), self._api)

    def _add_page(self, page: Collection[VolumeObject]) -> None:
        self.prefixes += page.prefixes if isinstance(page, VolumeCollection) else ()

    def __repr__(self) -> str:
        return f"<VolumeCollection: fetched={len(self)}, prefixes={len(self.prefixes)}>"


def _answered(request: Request, api: Api) -> tuple[str, dict[str, Any], Response]:
    """Request a page; return its URL, value and response. A limit of 0 or less means the longest page, as published."""
    request = request.at(_NO_LIMIT.sub(str(LONGEST_PAGE), request.url))
    response = api.send(request)
    payload = object_of(response)
    href = payload.get("href")
    return href if isinstance(href, str) and href else request.url, payload, response


def _url_in(link: Mapping[str, Any], name: str) -> str:
    """Return the URL that a link states."""
    url = link.get(name)
    if not isinstance(url, str) or not url_parts(url).scheme:
        raise as_sbg(DecodeError("a page's links", name, url, expected="a URL"))
    return url


def _optional(name: str, payload: Mapping[str, Any], response: Response) -> list[dict[str, Any]]:
    """A list that a page may lack; one that came as something else would hide the pages that follow."""
    return [] if payload.get(name) is None else items_of(payload, response, name)


def _offset(href: str) -> int | None:
    query = _query(href)
    # A list by tokens has no positions that could be computed: its pages are requested one after the other.
    return None if "token" in query else number_in(query.get("offset"))


def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def _with(href: str, **parameters: object) -> str:
    """A URL with other query parameters."""
    parts = urlsplit(href)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([*(pair for pair in pairs if pair[0] not in parameters), *parameters.items()])
    return urlunsplit(parts._replace(query=query))
