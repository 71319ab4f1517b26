"""Requests as plain data: the base URL of a service, other addresses on its host, an operation's facts, and the request built from
its arguments, whose values become text.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit, urlunsplit

from omicsdk.core.bodies import NO_BODY, Body, Joined, members, plain, utf8
from omicsdk.core.credentials import origin_of
from omicsdk.core.date_texts import written
from omicsdk.core.errors import ConfigError, UsageError
from omicsdk.core.json_coding import encoded, shown
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.redaction import mask_url
from omicsdk.core.type_guards import is_list, is_mapping

if TYPE_CHECKING:
    from omicsdk.core.retry import Retry

T = TypeVar("T")

#: Called with a request or response.
Hook = Callable[[T], None]

#: The same of an asynchronous client: a plain function, or one that is awaited.
AsyncHook = Callable[[T], Awaitable[None] | None]

Hooks = Hook[T] | Sequence[Hook[T]]
AsyncHooks = AsyncHook[T] | Sequence[AsyncHook[T]]
#: Those of requests, and those of responses.
AnyHooks = tuple[Sequence[Callable[[Any], Any]], Sequence[Callable[[Any], Any]]]

#: Names and values in the order of the document; a value may be OMIT, a scalar, a list or an object.
Query = Sequence[tuple[str, object]]


#: RFC 9110, section 9.2.2.
IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})

# RFC 3986: characters that need no escape in a path segment and in a query value.
_SEGMENT_SAFE = "-._~!$&'()*+,;=:@"
# Without & + ; and =, which servers read as separators or as a space.
QUERY_SAFE = "-._~!$'()*,:@/"


class WrongSegment(UsageError, ValueError):
    """A path parameter's value that would change the path."""


#: Media type of a response that is an address (RFC 2483).
URI_LIST = "text/uri-list"


@dataclass(frozen=True, slots=True)
class Paging:
    """The paging of an operation's list.

    Attributes:
        style: How the next page is requested. `link`: by the URL of a Link header with rel="next", or of the header that
            `next` names, or by the value of `parameter` in it. `continuation`: by the URL in the response at `next`. `token`:
            by the response's value at `next`, or in `header`, as the parameter. `offset`: by the number of items so far,
            `page`: by the page's number, or both by the number at `next` if it is one.
        items: Dotted key of the list in a page, such as `bundle.files`; empty if the response itself is the list; several
            separated by `|` if the list's name depends on the request; with `?` at its end if a page without items may lack
            it. The header X-OpenAPI-Paginated-Content-Key of a response takes precedence.
        parameter: The query parameter with the start of a page: a token, an offset or a page's number.
        limit: The query parameter with the length of a page: a shorter page is the last, except for the first of
            offsets, which determines the length of this service's pages.
        next: Where a response states what follows; nothing there means that it is the last. A dotted key in which a
            whole number selects from a list, and `rel=next` the list's member whose field rel is next; of `link` the
            name of a header.
        last: The header with the URL of the last page, of `link`; by default the Link header with rel="last".
        header: The header with what follows, in place of `next`.
        more: Dotted key of a value that is false in the last page.
        total: Dotted key of the number of all items, of `offset`, or of all pages, of `page`: the page that reaches it is the
            last, and a short one before it is not.
        first: The parameter's value for the first page; by default 0 of offsets and 1 of pages.
    """

    style: Literal["link", "continuation", "token", "offset", "page"]
    items: str
    parameter: str = ""
    limit: str = ""
    next: str = ""
    last: str = ""
    header: str = ""
    more: str = ""
    total: str = ""
    first: int | None = None

    def arguments(self, request: "Request") -> Mapping[str, Any]:
        """Return what a request states of its page, by parameter."""
        return dict(parse_qsl(urlsplit(request.url).query))

    def with_argument(self, request: "Request", name: str, value: object) -> "Request":
        """Return a request with another value of one parameter; the others are unchanged."""
        parts = urlsplit(request.url)
        # The other parameters keep their spelling, which decoding and encoding again would change.
        pieces = [piece for piece in parts.query.split("&") if piece and unquote(piece.partition("=")[0]) != name]
        query = "&".join([*pieces, f"{quote(name)}={quote(text_of(value), safe='')}"])
        return request.at(urlunsplit(parts._replace(query=query)))


@dataclass(frozen=True, slots=True)
class Repetition:
    """What a document states about sending an operation's request again.

    Attributes:
        key: The header by which the service recognises a repeated request, in lower case. A transport adds it to requests
            without one, the same for each try of a call. Empty if there is none.
        retry: When to retry, unless the client was created with a `retry`; None for the default. With a single try,
            requests are never repeated.
    """

    key: str = ""
    retry: "Retry | None" = None


@dataclass(frozen=True, slots=True)
class OperationFacts:
    """An operation's facts from the document, besides its arguments and responses.

    Attributes:
        name: The attribute's name on the client.
        method: HTTP method in upper case.
        path: Path template relative to the base URL, such as `/bundles/{uuid}`.
        accept: Media types of the responses, as an Accept header.
        secured: Whether the document requires credentials.
        public: Whether credentials are never sent, since it needs none (`security: []`, `x-omics-public`).
        idempotent: Whether it may be repeated after its body may have arrived.
        streams: Whether responses are bytes of any length.
        paging: Its paging, or None.
        location: The query parameter that makes the response an address, by a redirect that need not be http
            (`x-omics-location`); empty if there is none.
        server: The key of the server that the document places it on (`omicsdk.core.servers`); empty for the client's.
        security: The schemes that it requires (`omicsdk.core.security`), if these are not the document's usual ones.
        repetition: What the document states about sending it again; None if it states nothing.
    """

    name: str
    method: str
    path: str
    accept: str = "application/json"
    secured: bool = False
    public: bool = False
    idempotent: bool = False
    streams: bool = False
    paging: Paging | None = None
    location: str = ""
    server: str = ""
    security: Sequence[Sequence[str]] = ()
    repetition: Repetition | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to be sent by a transport.

    Attributes:
        method: HTTP method in upper case.
        url: Absolute, or a path relative to the URL of its server that starts with `/`; quoted, with its query.
        headers: Names and values, without credentials.
        content: The body's bytes, a function that yields them again for each try, or None.
        idempotent: Whether repeating it does no harm.
        secured: Whether the document requires credentials.
        operation: The operation's name, for logs and errors.
        public: Whether it needs no credentials: the client's are not sent, since a secret that is not sent cannot leak.
        location: Whether a redirect to another scheme than http is allowed: the address is the response.
        streams: Whether its responses are bytes of any length, to which no limit applies.
        live: Whether its response's items are sent as events occur: silence between them is not a lost connection.
        server: The key of its server; empty for the client's.
        security: The schemes that it requires, if these are not the document's usual ones.
        repetition: What the document states about sending it again; None if it states nothing.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    content: bytes | Callable[[], Iterable[bytes]] | None = field(repr=False)  # may be a form with a refresh token
    idempotent: bool
    secured: bool
    operation: str
    public: bool = False
    location: bool = False
    streams: bool = False
    live: bool = False
    server: str = ""
    security: Sequence[Sequence[str]] = ()
    repetition: Repetition | None = None

    def for_items(self, accept: str) -> "Request":
        """Return the same request for a response that is read item by item.

        Args:
            accept: The requested media type.
        """
        headers = tuple((name, accept if name == "accept" else value) for name, value in self.headers)
        return replace(self, headers=headers, live=True)

    def at(self, url: str) -> "Request":
        """Return the same request to another URL: the next page's."""
        return replace(self, url=url)


def request(
    facts: OperationFacts,
    path: str,
    *,
    query: Query = (),
    querystring: str = "",
    headers: Sequence[tuple[str, object]] = (),
    cookies: Sequence[tuple[str, object]] = (),
    body: Body = NO_BODY,
) -> Request:
    """Build an operation's request.

    Args:
        facts: The operation.
        path: Its path with every placeholder filled in by `segment`.
        query: Query parameters; those that are OMIT or None are left out.
        querystring: The whole query, from `whole_query`; an operation with one has no query parameters.
        headers: Header parameters; OMIT and None are left out.
        cookies: Cookie parameters; OMIT and None are left out.
        body: The result of `omicsdk.core.bodies` for the body's arguments.

    Returns:
        The request, not sent.
    """
    text = query_text(query) or querystring
    sent = [("accept", facts.accept)]
    sent += [(name, _bare(name, value)) for name, value in headers if value is not OMIT and value is not None]
    crumbs = [
        f"{name}={value if isinstance(value, Verbatim) else _quoted(name, value, '/')}"
        for name, value in cookies
        if value is not OMIT and value is not None
    ]
    if crumbs:
        sent.append(("cookie", "; ".join(crumbs)))
    if body.media_type is not None:
        sent.append(("content-type", body.media_type))
    return Request(
        method=facts.method,
        url=f"{path}?{text}" if text else path,
        headers=tuple(sent),
        content=body.content,
        idempotent=facts.idempotent or facts.method in IDEMPOTENT_METHODS,
        secured=facts.secured,
        operation=facts.name,
        public=facts.public,
        location=any(name == facts.location and text_of(value) == "true" for name, value in query if value is not OMIT),
        streams=facts.streams,
        server=facts.server,
        security=facts.security,
        repetition=facts.repetition,
    )


def segment(name: str, value: object, *, raw: bool = False) -> str:
    """Quote a path parameter's value for its place.

    Args:
        name: The parameter, for errors.
        value: A scalar, or a list (joined by commas).
        raw: Keep slashes: the value is itself a path (x-omics-raw-path).

    Raises:
        WrongSegment: The value is None, OMIT or empty, or `.` or `..`, which a server would read as another path.
        UsageError: The value has no text form, such as a function.
    """
    value = joined(value, ",") if not isinstance(value, str) and is_list(value) else value
    text = "" if value is None or value is OMIT else text_of(value, name)
    # `.` and `..` are removed by clients and servers before they route (RFC 3986, 5.2.4), percent-encoded or not.
    pieces = text.split("/") if raw else [text]
    if not text or any(piece in (".", "..") for piece in pieces):
        what = repr(text) if text else "empty"
        raise WrongSegment(
            f"{name} cannot be {what}: it is part of the path, and a server would read a different path",
            remedy=f"Use another {name}." if text else f"Pass a value for {name}.",
        )
    return _quoted(name, value, f"{_SEGMENT_SAFE}/" if raw else _SEGMENT_SAFE)


def _quoted(name: str, value: object, safe: str) -> str:
    """Percent-encode a value for its place; each item of joined ones."""

    def quoted(text: str) -> str:
        return quote(text if text.isascii() else utf8(name, text), safe=safe)

    return value.encoded(name, quoted) if isinstance(value, Joined) else quoted(text_of(value, name))


def _bare(name: str, value: object) -> str:
    """Return a header's value, without encoding: RFC 9110 defines none, and OpenAPI 3.1.1 excludes percent-encoding."""
    if isinstance(value, Joined):
        value.refuse_delimiters(name)
        if any(item != item.strip(" \t") for item in value.items):
            raise UsageError(
                f"{name} cannot be sent: an item begins or ends with a space, which servers remove from items of a "
                "header",
                remedy="Use items without surrounding spaces.",
            )
    return text_of(value, name)


def query_text(query: Query) -> str:
    """Return the query string of parameters in OpenAPI's default style (form, exploded).

    Lists repeat the name; an object's members become separate parameters.
    """
    pieces: list[str] = []
    for name, value in query:
        for key, item in exploded(name, value):
            pieces.append(f"{_quoted(name, key, QUERY_SAFE)}={_quoted(name, item, QUERY_SAFE)}")
    return "&".join(pieces)


def exploded(name: str, value: Any) -> list[tuple[str, str]]:
    """Return names and texts of one parameter in form style, exploded; nothing for OMIT and None, also as items."""
    if value is OMIT or value is None:
        return []
    if isinstance(value, str):
        return [(name, value)]
    value = members(value)
    if is_list(value):
        return [(name, text_of(item, name)) for item in value if item is not None and item is not OMIT]
    if is_mapping(value):
        return [pair for key, item in value.items() for pair in exploded(str(key), item)]
    return [(name, text_of(value, name))]


def joined(value: Any, separator: str, name: str = "A value") -> object:
    """Join a list into one value (styles without explode: `,` form, a space spaceDelimited, `|` pipeDelimited; TAB has
    no style).

    An object becomes its members' names and values in turn. An empty list is OMIT: RFC 6570 sends nothing for it, and
    an empty text would mean a list of one empty item. Items and members that are None or OMIT are skipped, also as in
    RFC 6570.

    Args:
        value: A list, an object, a model or a scalar; OMIT and None are returned unchanged.
        separator: The text between items.
        name: The parameter, for errors.

    Raises:
        UsageError: An item has no text form.
    """
    value = members(value)
    if is_list(value):
        return _joined([text_of(item, name) for item in value if item is not None and item is not OMIT], separator)
    if is_mapping(value):
        pairs = ((str(key), item) for key, item in value.items() if item is not None and item is not OMIT)
        return _joined([text for key, item in pairs for text in (key, text_of(item, name))], separator)
    return value if value is OMIT or value is None else Joined([""], [text_of(value, name)], separator, splits=False)


def _joined(items: Sequence[str], separator: str) -> Joined | Omit:
    return Joined(["", *[separator] * (len(items) - 1)], items, separator) if items else OMIT


class Verbatim(str):
    """A cookie's value that is sent unchanged, from `cookie_pairs`."""

    __slots__ = ()


def text_of(value: object, name: str = "A value") -> str:
    """Return a scalar's text form; values for which OpenAPI has no style (an object in a list) become JSON.

    Raises:
        UsageError: It has no text form: a function, a class, an object, NaN or an infinite number.
    """
    if isinstance(value, str):
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    data = plain(value, sent=True)
    if isinstance(data, date):
        return written(data, name)
    if is_list(data) or is_mapping(data):
        return encoded(data).decode()
    if isinstance(data, str):
        return data
    if isinstance(data, (int, float)) or getattr(data, "ndim", None) == 0:  # the last: a scalar of numpy
        with suppress(ValueError):  # of an integer with more digits than Python writes
            text = str(data).lower() if getattr(getattr(data, "dtype", None), "kind", "") == "b" else str(data)
            if text not in ("nan", "inf", "-inf"):  # what pandas has for missing texts would be sent as one
                return text
    raise UsageError(
        f"{name} cannot be sent: {shown(value)[:120]} is of type {type(value).__name__}",
        remedy="Use text, a finite number, a date, True or False.",
    )


# -- base URLs

_AFTER_HOST = re.compile(r"[/?#]")
_ODD = re.compile(r"[\s\\\x00-\x1f\x7f]")
_NO_HOST = "has a host that is not one"
_NO_USER = "has a user or password that must be percent-encoded"
_NO_PORT = "has a port that is no number from 1 to 65535"
_REMEDY = "Use one that begins with https:// and a host."


def fault_of(url: str) -> str | None:
    """Return why a URL cannot be that of a service.

    Args:
        url: The URL, without spaces around it.

    Returns:
        Words that follow "which", such as `has no host`; None if it can. Valid user information, a query or a fragment
        is accepted here.
    """
    scheme, separator, rest = url.partition("://")
    if not url:
        return "is empty"
    if not separator or scheme.lower() not in ("http", "https"):
        return "does not begin with http:// or https://"
    authority = _AFTER_HOST.split(rest, maxsplit=1)[0]
    host_and_port = authority.rpartition("@")[2]
    if not host_and_port or host_and_port.startswith(":"):
        return "has no host"
    try:
        # Without the user information, so that the fault states which of the two is wrong.
        parts = urlsplit(f"{scheme}://{host_and_port}")
        host = (parts.hostname or "").rstrip(".")
    except ValueError:  # unbalanced brackets, or an invalid address in them
        return _NO_HOST
    if not host or _ODD.search(host_and_port):
        return _NO_HOST
    try:
        urlsplit(f"{scheme}://{authority}")
    except ValueError:  # brackets, or a letter that NFKC turns into one of "/?#@:"
        return _NO_USER
    try:
        return _NO_PORT if parts.port == 0 else None
    except ValueError:
        return _NO_PORT


def checked_base_url(url: str, *, source: str = "The base URL", remedy: str = _REMEDY) -> str:
    """Return a service's base URL in its normal form: without spaces around it and slashes at its end.

    Args:
        url: The URL.
        source: Where it came from, such as a variable's name: the beginning of the error.
        remedy: What to do if it is invalid.

    Raises:
        ConfigError: It is invalid; states the URL, its source and the reason.
    """
    fault = fault_of(url.strip())
    if fault is not None:
        raise ConfigError(f"{source} is {mask_url(url)!r}, which {fault}", remedy=remedy)
    return url.strip().rstrip("/")


def service_url(base_url: str, *, source: str = "The base URL") -> str:
    """Return a URL that requests of a client go to, as `checked_base_url` and without what cannot precede a path.

    Args:
        base_url: The URL.
        source: Where it came from: the beginning of the error.

    Raises:
        ConfigError: It is invalid, or has a password, a query or a fragment.
    """
    url = checked_base_url(base_url, source=source)
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise ConfigError(
            f"{source} {mask_url(url)!r} contains a password, which would appear in logs",
            remedy="Pass it as credentials=Basic(name, password).",
        )
    if "?" in url or "#" in url:
        raise ConfigError(
            f"{source} {mask_url(url)!r} has a query or fragment, and paths cannot follow one",
            remedy="Remove them.",
        )
    return url


@dataclass(frozen=True)
class OneServer:
    """The server of a document; `omicsdk.core.servers` has those of documents with several.

    Attributes:
        default: The document's URL for operations without a server of their own; empty or a path if it states no whole one.
    """

    default: str = ""

    def url_of(self, key: str, base_url: str, operation: str) -> str:
        """Return the base URL of an operation with a server of its own.

        Args:
            key: What the operation's facts call the server.
            base_url: The client's base URL. If it is not the document's, it stands for all servers of the same origin.
            operation: The operation's name, for errors.

        Raises:
            LookupError: There is no other server.
        """
        raise LookupError(
            f"{operation} is on the server {key!r}, and the client has that of {mask_url(base_url)} alone"
        )

    def address_of(self, url: str, base_url: str) -> str:
        """Return another address that the document states, such as that for tokens, as a client with a base URL uses it.

        Args:
            url: The address, absolute or relative to the base URL.
            base_url: The client's base URL.

        Raises:
            ConfigError: The base URL was replaced, and this address is on another host.
        """
        if "://" not in url:
            return urljoin(f"{base_url}/", url)
        if base_url == self.default:
            return url
        if self.default and origin_of(url) == origin_of(self.default):
            return moved(f"/{url.partition('://')[2].partition('/')[2]}", self.default, base_url)
        raise ConfigError(
            f"The document states {mask_url(url)} for tokens, and base_url {mask_url(base_url)} does not replace that server",
            remedy='Pass the address to the credentials, such as token_url="https://...".',
        )


def moved(path: str, default: str, base_url: str) -> str:
    """Return the URL of a path on the default server's host, with another base URL in place of the default.

    What precedes the default's path in the base URL, such as a proxy's prefix, is kept.

    Args:
        path: The path.
        default: The document's URL.
        base_url: The client's base URL.
    """
    parts, replaced = urlsplit(base_url), urlsplit(default).path
    base = base_url.removesuffix(replaced) if base_url.endswith(replaced) else f"{parts.scheme}://{parts.netloc}"
    return f"{base}{path}".rstrip("/")
