"""Pages of lists: the page that a request asks for, and what a response states of the pages around it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from omicsdk.sandbox.document import Operation, Schema
from omicsdk.sandbox.engine.schemas import WORD_SETS, Schemas, words
from omicsdk.sandbox.engine.values import ABSENT
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import page_token, text_of_token

OFFSETS = WORD_SETS["offsets"]
NUMBERS = WORD_SETS["page_numbers"]
LIMITS = WORD_SETS["limits"]
TOKENS = WORD_SETS["tokens"]
# Tokens that are the identity of the last object of a page.
_LAST_ITEM = WORD_SETS["last_item"]
_BEFORE_NAMES = WORD_SETS["before"]
_TOTALS = WORD_SETS["totals"]
_RETURNED = WORD_SETS["returned"]
_PAGES = WORD_SETS["pages"]
_MORE = WORD_SETS["more"]
_AROUND = WORD_SETS["around"]
_ADDRESSES = WORD_SETS["addresses"]
_DEFAULT = 20
# Objects of a page where the document states no limit.
_MOST = 1000

# Words of parameters that name the field by which a list is sorted.
SORTS = WORD_SETS["sorts"]
# Words of parameters that are about pages, not about fields.
PAGED = OFFSETS | NUMBERS | LIMITS | TOKENS | _BEFORE_NAMES


@dataclass(frozen=True, slots=True)
class RequestedPage:
    """The page that a request asks for.

    Attributes:
        limit: Largest number of objects; -1 for all.
        start: Number of objects to skip.
        after: The token of the page before; empty for the first one.
        is_identity: Whether the token is the identity of that page's last object.
    """

    limit: int
    start: int = 0
    after: str = ""
    is_identity: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page as a response describes it.

    Attributes:
        start: Number of objects before it.
        length: Number of its objects.
        limit: The largest number that it could have.
        total: Number of all objects.
        more: Whether there are objects after it.
        token: Leads to the next page.
        first_id: The identity of its first object.
        last_id: The identity of its last object.
        here: The URL of the page; its query is a mapping beside it.
        query: The page's query.
    """

    start: int
    length: int
    limit: int
    total: int
    more: bool
    token: str
    first_id: str
    last_id: str
    here: str
    query: Mapping[str, str]


class Paging:
    """The paging of one operation.

    Args:
        operation: The operation; `x-omics-pagination` decides where it has one.
        schemas: The document's schemas.
    """

    def __init__(self, operation: Operation, schemas: Schemas) -> None:
        setting: Any = operation.data.get("x-omics-pagination")
        self._setting: Mapping[str, Any] = cast("Mapping[str, Any]", setting) if isinstance(setting, Mapping) else {}
        self._schemas = schemas
        self._queried = {parameter.name: schemas.flat(parameter.schema) for parameter in operation.sent("query")}
        self._limit = self._named("limit", LIMITS)
        self._offset = self._named("offset", OFFSETS)
        self._page = self._named("page", NUMBERS)
        self._token = self._named("token", TOKENS)
        kinds = schemas.kinds(self._queried.get(self._offset))
        if "string" in kinds and len(kinds) == 1 and "offset" not in self._setting:  # an opaque token by another name
            self._token, self._offset = self._token or self._offset, ""

    def _named(self, key: str, usual: frozenset[str]) -> str:
        setting = self._setting.get(key)
        if isinstance(setting, str) and setting in self._queried:
            return setting
        # page[size] and page.size are limits, like page_size.
        names = [name for name in self._queried if words(name) in usual and self._fits(key, name)]
        # Words that often mean something else count only where there is no other one.
        return min(names, key=lambda name: words(name) in ("from", "start", "first", "next", "count"), default="")

    def _fits(self, key: str, name: str) -> bool:
        kinds = self._schemas.kinds(self._queried[name])
        return key == "token" or not kinds or bool(kinds & {"string", "integer", "number"})

    @property
    def parameters(self) -> frozenset[str]:
        """Names of its parameters."""
        return frozenset(name for name in (self._limit, self._offset, self._page, self._token) if name)

    @property
    def _first_page(self) -> int:
        if "first" in self._setting:
            return int(self._setting["first"])
        schema = self._queried.get(self._page, {})
        return 0 if schema.get("default", schema.get("minimum", 1)) == 0 else 1

    @property
    def _first_offset(self) -> int:
        # SCIM counts from 1 (RFC 7644, 3.4.2.4).
        return 1 if words(self._offset) == "start_index" or self._setting.get("first") == 1 else 0

    def requested(self, arguments: Mapping[str, Any]) -> RequestedPage:
        """The page that a request asks for.

        Args:
            arguments: The query's arguments.

        Raises:
            Problem: 400; a number is no number.
        """
        limit = self._whole(arguments, self._limit)
        if limit is None:
            schema = self._queried.get(self._limit, {})
            default = schema.get("default")
            limit = default if isinstance(default, int) else min(_DEFAULT, int(schema.get("maximum", _DEFAULT)))
        if not self.parameters:
            return RequestedPage(-1)
        limit = min(max(limit, 0), _MOST)
        if token := str(arguments.get(self._token) or ""):
            return self._continued(token, limit)
        if (number := self._whole(arguments, self._page)) is not None:
            return RequestedPage(limit, max(0, number - self._first_page) * limit)
        offset = self._whole(arguments, self._offset) or 0
        return RequestedPage(limit, max(0, offset - self._first_offset))

    def _continued(self, token: str, limit: int) -> RequestedPage:
        """The page after a token: one of this server's, or the identity of the object before."""
        number = text_of_token(token) or ""
        last = number.removeprefix("after-") if number.startswith("after-") else ""
        is_identity = not last.isdecimal()
        return RequestedPage(limit, after=token if is_identity else last, is_identity=is_identity)

    @property
    def _is_identity(self) -> bool:
        return words(self._token) in _LAST_ITEM or str(self._setting.get("next", "")).endswith(("-1.id", "last_id"))

    def _whole(self, arguments: Mapping[str, Any], name: str) -> int | None:
        value = arguments.get(name) if name else None
        if value is None:
            return None
        try:
            return int(value)
        except (TypeError, ValueError) as error:
            raise bad_arguments(f"The query parameter {name} is a whole number, not {value!r}") from error

    def token(self, number: int, identity: str) -> str:
        """The token that leads to the objects after one.

        Args:
            number: Its number.
            identity: Its identity.
        """
        return identity if self._is_identity else page_token(f"after-{number}")

    # -- responses

    def fill(self, page: Page, place: Sequence[str], schema: Schema) -> Any:
        """The value of a field that describes a page.

        Args:
            page: The page.
            place: Names of the field and of those around it, the outermost first.
            schema: The field's flat schema.

        Returns:
            The value; ABSENT for another field, and for one of a next page that does not exist.
        """
        dotted = ".".join(place)
        for key, value in (
            ("next", self._next(page, schema)),
            ("more", page.more),
            ("total", page.total),
            ("pages", self._pages(page)),
        ):
            if self._setting.get(key) == dotted:
                return self._none(schema) if key == "next" and not page.more else value
        names = [words(part) for part in place]
        last, around = names[-1], names[:-1]
        kinds = self._schemas.kinds(schema)
        joined = "_".join(names)
        is_next = joined.startswith("next") or "_next" in joined
        if "previous" in joined or "prev" in names or joined.startswith("prev") or "_prev" in joined:
            return self._previous(page, schema, kinds)
        if is_next and not page.more and "boolean" not in kinds:
            return self._none(schema)
        if kinds & {"object"}:
            return {} if last in _AROUND or is_next or bool(set(around) & _AROUND) else ABSENT
        if kinds & {"integer", "number"}:
            return self._number(page, last, joined, is_next=is_next)
        if "boolean" in kinds:
            return (
                page.more if last in _MORE else not page.more if last in ("last", "is_last", "is_last_page") else ABSENT
            )
        if is_next:
            return self._next(page, schema, names)
        if last in ("first_id", "last_id"):
            return (page.first_id if last == "first_id" else page.last_id) if page.length else self._none(schema)
        if last in ("self", "href") and (not around or around[-1] in ("links", "_links", "link", "self")):
            return self._url(page, {})
        if last in TOKENS | {"end_cursor", "token"} and (
            around or last in ("cursor", "marker", "continuation_token", "continue")
        ):
            return page.token if page.more else self._none(schema)
        return ABSENT

    def _number(self, page: Page, last: str, joined: str, *, is_next: bool) -> Any:
        if is_next:
            return self._page_number(page) + 1 if self._page or not self._offset else page.start + page.length
        if last in _PAGES:
            return self._pages(page)
        if last in _RETURNED:
            return page.length
        if last in _TOTALS or joined.endswith(("_total", "_total_count")):
            return page.total
        if last in LIMITS:
            return page.limit if page.limit >= 0 else page.total
        if last in OFFSETS:
            return page.start + self._first_offset
        return self._page_number(page) if last in NUMBERS or joined == "page_current" else ABSENT

    def _page_number(self, page: Page) -> int:
        return self._first_page + (page.start // page.limit if page.limit > 0 else 0)

    def _pages(self, page: Page) -> int:
        return math.ceil(page.total / page.limit) if page.limit > 0 else 1

    def _none(self, schema: Schema) -> Any:
        """No next page: null, or no field."""
        return None if "null" in self._schemas.kinds(schema) else ABSENT

    def _next(self, page: Page, schema: Schema, names: Sequence[str] = ("next",)) -> Any:
        """The next page, as a URL or a token."""
        last = names[-1]
        format_ = str(schema.get("format", ""))
        is_address = (
            format_ in ("uri", "url", "uri-reference")
            or last in _ADDRESSES
            or last.endswith(("_url", "_uri", "_link", "_href"))
        )
        is_address |= last == "next" and "url" in str(schema.get("description", "")).lower()
        if not is_address and self._setting.get("style") not in ("continuation", "link"):
            if self._token:
                return page.token
            if "integer" in self._schemas.kinds(schema) or last in OFFSETS | NUMBERS:
                return next(iter(self.following(page).values()), ABSENT)
        return self._url(page, self.following(page))

    def _previous(self, page: Page, schema: Schema, kinds: frozenset[str]) -> Any:
        if not page.start or page.limit <= 0 or "string" not in kinds or not (self._offset or self._page):
            return self._none(schema)
        start = max(0, page.start - page.limit)
        number = self._first_page + start // page.limit
        change = {self._page: str(number)} if self._page else {self._offset: str(start + self._first_offset)}
        return self._url(page, change)

    def following(self, page: Page) -> Mapping[str, str]:
        """The parameters that lead to the next page."""
        if self._token and not (self._page or self._offset):
            return {self._token: page.token}
        if self._page:
            return {self._page: str(self._page_number(page) + 1)}
        if self._offset:
            return {self._offset: str(page.start + page.length + self._first_offset)}
        return {}

    def _url(self, page: Page, changes: Mapping[str, str]) -> str:
        query = {**page.query, **changes}
        return f"{page.here}?{urlencode(query)}" if query else page.here

    def headers(self, page: Page, declared: Mapping[str, Any]) -> dict[str, str]:
        """Headers of a page: the next one, and what the document has of numbers.

        Args:
            page: The page.
            declared: Headers of the response by name, as the document has them.
        """
        sent_headers: dict[str, str] = {}
        if page.more and (changes := self.following(page)):
            sent_headers["Link"] = f'<{self._url(page, changes)}>; rel="next"'
        if page.more and isinstance(name := self._setting.get("header"), str) and self._setting.get("style") == "token":
            sent_headers[name] = page.token
        numbers = {
            "total": page.total,
            "count": page.total,
            "pages": self._pages(page),
            "page": self._page_number(page),
        }
        for name in declared:
            last = words(name).removeprefix("x_").removeprefix("pagination_")
            key = "pages" if last in _PAGES else "total" if last in _TOTALS else last if last in numbers else ""
            if key:
                sent_headers[name] = str(numbers[key])
            elif page.more and last in TOKENS:
                sent_headers[name] = page.token
        return sent_headers


def not_listed(token: str) -> Problem:
    """The refusal of a page after an object that the list does not have."""
    return bad_arguments(f"{token!r} is no token of this server, and the list has no such object")
