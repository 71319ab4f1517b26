"""Requests for the bytes of a file: locations, headers, the interpretation of responses, and retries. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, cast

from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import APIError, TooManyRedirects, TransferError, TransportError
from omicsdk.core.frozen import EMPTY, Frozen, NamedTuple
from omicsdk.core.redaction import without_query
from omicsdk.core.retry import LEAST_RATE, REDIRECT_LIMIT, REDIRECT_STATUSES, SILENCE, retry_after, seconds_of_date
from omicsdk.core.type_guards import number_in
from omicsdk.core.version import USER_AGENT
from omicsdk.transfer.arguments import a, number, whole_number
from omicsdk.transfer.network.header_checksums import HEADERS, WEB_HEADERS
from omicsdk.transfer.network.plan import LARGEST

if TYPE_CHECKING:
    from dataclasses import KW_ONLY

    from omicsdk.core.sending.origins import Cookies
else:
    # For programs that evaluate annotations.
    KW_ONLY, Cookies = None, tuple[tuple[tuple[str, str], str], ...]

# Patterns that few transfers need are compiled, and cached by `re`, at their first use.
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z"
_HEADER_VALUE = r"[\t -~]*\Z"
_LONE_SURROGATE = "[\ud800-\udfff]"


_MAPPINGS = (type(EMPTY), dict)


class InvalidLocation(TransferError, ValueError):
    """HTTP cannot carry a URL or its headers: a service's error, or that of a caller."""


class Location(Frozen):
    """Where a file's bytes are.

    Attributes:
        url: An http or https URL, presigned or not; downloads also accept ftp.
        headers: Headers to send to that URL's origin (scheme, host, port); redirects to another origin drop them.
        sign: Returns further headers of a request by its method and URL, when it is sent: it is never too old then. Its
            requests may ask the store for checksums. None for no signature.
        states: Returns the checksums that a response states of the whole file, by its headers; used for files of which
            none is known otherwise. None where responses state none.
        takes_gzip: Whether to request an object as it is stored, compressed. Google Cloud Storage would decompress it.
        cookies: Those that redirects within the origin set; they are among the headers where they are sent.

    Raises:
        InvalidLocation: A header that contains a line break, or characters that HTTP cannot carry; it is a ValueError.
        TypeError: A URL or header that is not text.
    """

    url: str
    headers: Mapping[str, str] = EMPTY
    _: KW_ONLY
    sign: Callable[[str, str], Mapping[str, str]] | None = None
    states: Callable[[Mapping[str, str]], Mapping[str, str]] | None = None
    takes_gzip: bool = False
    cookies: Cookies = ()

    def __post_init__(self) -> None:
        if not isinstance(cast("object", self.url), str):
            raise TypeError(f"a Location's url must be text, not {a(self.url)}")
        # The second comparison, of an abstract class, takes as long as all else here.
        if type(self.headers) not in _MAPPINGS and not isinstance(cast("object", self.headers), Mapping):
            raise TypeError(f"a Location's headers must be a mapping from name to value, not {a(self.headers)}")
        for name, value in self.headers.items():
            if not isinstance(cast("object", value), str):
                raise TypeError(f"the header {name!r} must be text, not {a(value)}")
            if not re.match(_HEADER_NAME, name) or not re.match(_HEADER_VALUE, value):
                raise InvalidLocation(f"the header {name!r} has characters that cannot be sent")
        if not self.url.isascii() and re.search(_LONE_SURROGATE, self.url):
            raise InvalidLocation(f"the URL has characters that cannot be sent: {without_query(self.url)!a}")

    @cached_property
    def server(self) -> str:
        """The server; see `server_of`."""
        return server_of(self.url)

    def __repr__(self) -> str:
        names = ", ".join(sorted(self.headers))
        return f"Location({without_query(self.url)!r}{f', headers: {names}' if names else ''})"


#: Headers that are read from a head.
HEAD_HEADERS = {
    name.encode(): name
    for name in (
        "content-length",
        "content-range",
        "date",
        "etag",
        "last-modified",
        "location",
        "retry-after",
        "set-cookie",
        "transfer-encoding",
        "x-goog-stored-content-length",
        *HEADERS,
        *WEB_HEADERS,
    )
}
#: Seconds by which a response must be younger than the file's last change for that date to be a strong validator: RFC
#: 9110, 8.8.2.2, requires the date and the clock that set it to be a second apart, or so far that clock differences do
#: not matter. The server that answers is seldom the one that stores, so it is the minute of RFC 7232.
SETTLED = 60.0
# The same by this machine's clock, which may differ from the server's: some servers of HTTP, and all of FTP, do not state theirs, and
# some of these state dates in their time zone.
_SETTLED_HERE = 86_400.0
_CONTENT_RANGE = r"(?i)bytes\s+(?:(\d{1,19})-(\d{1,19})|\*)/(\d{1,19}|\*)\s*\Z"


class Kind(Enum):
    """How to handle a response."""

    ACCEPT = "accept"  # the requested bytes
    WHOLE = "whole"  # the whole file from its first byte, although a part was requested
    MOVED = "moved"  # repeat the request there
    ENDED = "ended"  # the URL has expired, or was never accepted
    LATER = "later"  # may succeed after a delay
    CHANGED = "changed"  # the source has changed
    WRONG_RANGE = "wrong range"  # other bytes than requested: this server does not support ranges
    WRONG_SIZE = "wrong size"  # another size than stated
    UNVALIDATED = "unvalidated"  # a part that nothing shows to be of the same file as others
    REFUSED = "refused"  # permanently


class RequestedRange(NamedTuple):
    """The range that a request asks for, and what is known of its file.

    Attributes:
        start: The first byte.
        end: The offset after the last byte, None for all to the end.
        ranged: Whether it had a Range header.
        size: The file's size, if known.
        size_is_stated: Whether that size is the platform's (else from an earlier response).
        validator: The ETag or date of the present bytes, "" if there is none.
        joins: Whether its bytes may be joined with those of other responses without a strong validator: a checksum will
            be verified, or the user allowed it.
    """

    start: int
    end: int | None
    ranged: bool
    size: int | None
    size_is_stated: bool
    validator: str
    joins: bool = False


class Verdict(NamedTuple):
    """The interpretation of a response.

    Attributes:
        kind: How to handle it.
        status: The response's HTTP status.
        start: The first byte that it contains.
        end: The offset after the last byte, None if it does not state it.
        size: The file's size as it states it, None if it does not.
        validator: A strong ETag, else the date of the last change, else a weak ETag, else ""; see `is_strong`.
        location: A redirect's target, as in the header; empty to request the same URL with `Location.takes_gzip`.
        retry_after: Seconds that the server requests to wait, None if it does not.
        why: The reason in words, for messages.
        cookies: A redirect's Set-Cookie headers, one a line.
    """

    kind: Kind
    status: int
    start: int = 0
    end: int | None = None
    size: int | None = None
    validator: str = ""
    location: str = ""
    retry_after: float | None = None
    why: str = ""
    cookies: str = ""


# Google's code of "Bucket is a requester pays bucket but no user project provided.".
_NO_PAYER = "UserProjectMissing"
#: S3's codes for an object that must be restored from an archive before it is read or copied. They come with 403.
ARCHIVED = frozenset({"InvalidObjectState", "ObjectNotInActiveTierError"})
RESTORE = (
    "The object is archived, as in S3 Glacier: restore it with `aws s3api restore-object`, or ask the owner of the data;"
    " then try again."
)


def unavailable(title: str, url: str, verdict: Verdict, headers: Mapping[str, str], body: bytes) -> APIError:
    """Return the error of a file that its server refuses.

    Args:
        title: The file's name in messages.
        url: The requested URL.
        verdict: The response.
        headers: Its headers.
        body: The beginning of its body.
    """
    from omicsdk.core.api_errors import api_error

    error = api_error(
        status=verdict.status,
        headers=headers,
        body=body,
        method="GET",
        url=without_query(url),
        retry_after=verdict.retry_after,
    )
    if isinstance(error.body, str):  # a store's XML repeats what was signed
        error.body = None
    if error.code == _NO_PAYER:
        error.remedy = (
            # Only the server that signed the URL could have named a project.
            "The bucket is requester-pays, and the URL that the server signed names no project to bill: prefer another "
            "copy (--prefer), or ask the server's operators."
            if "signature=" in url.lower()
            else "The bucket is requester-pays: name the Google project to bill with --google-project, or set OMICS_GOOGLE_PROJECT."
        )
    sent = seconds_of_date(headers.get("date", ""))
    if verdict.status == 403 and sent is not None and (expiry := _sas_expiry(url)) is not None and expiry <= sent:
        error.remedy = "The signature in the URL has expired: get a new URL, and run the same command again to resume."
    if is_ftp(url) and verdict.status == 403:
        error.remedy = "Name your login in the URL, ftp://USER:PASSWORD@HOST/PATH (# as %23, @ as %40), or ask the owner of the data."
    if is_archived := error.code in ARCHIVED:
        error.remedy = RESTORE
    refused = "denies access to" if verdict.status in (401, 403) and not is_archived else "does not provide"
    error.message = f"{title}: the server {refused} this file: {error.message}"
    return error


def _sas_expiry(url: str) -> float | None:
    """Return when a URL that Azure's storage signed expires, in seconds since 1970: its error does not state that it has."""
    match = re.search(r"[?&]se=([^&#]+)", url) if "sig=" in url else None
    if match is None:
        return None
    from datetime import UTC, datetime
    from urllib.parse import unquote

    try:
        expiry = datetime.fromisoformat(unquote(match[1]))
    except ValueError:
        return None
    return (expiry if expiry.tzinfo else expiry.replace(tzinfo=UTC)).timestamp()


def judge(request: RequestedRange, status: int, headers: Mapping[str, str], now: float) -> Verdict:
    """Compare a response with its request.

    Args:
        request: The request.
        status: The response's status.
        headers: Its headers, with lower-case names.
        now: Seconds since 1970 by the wall clock, for a Retry-After that is a date, and a response without its own date.

    Returns:
        How to handle it. Only ACCEPT and WHOLE allow writing.
    """
    if status in (200, 206):
        if _is_decompressed(request, headers):
            return Verdict(Kind.MOVED, status, why="decompressed by the server")
        is_part = status == 206 or _is_part(request, headers)
        verdict = (_judge_part if is_part else _judge_whole)(request, headers, now)
        # The journal's grid for a size that a server made up could take all memory.
        if (verdict.size or 0) > LARGEST:
            return Verdict(Kind.WRONG_SIZE, status, why=f"{verdict.size:,} bytes, more than any file has")
        return verdict
    # So hapi sends a file without bytes. A service that has no file states no version of one.
    if status == 204 and not request.size and validator_in(headers):
        return _judge_whole(request, {**headers, "content-length": "0"}, now)
    if status == 416:
        return _judge_unsatisfiable(request, headers)
    if status == 304 and request.ranged:  # so Ruby's WEBrick reads If-Range
        return Verdict(Kind.WRONG_RANGE, status, why="no bytes, as if the request had named a copy that it has")
    later = retry_after(headers, now)
    if status in REDIRECT_STATUSES and headers.get("location"):
        cookies = headers.get("set-cookie", "")
        return Verdict(Kind.MOVED, status, location=headers["location"], retry_after=later, cookies=cookies)
    if status in LATER:
        return Verdict(Kind.LATER, status, retry_after=later)
    if status in ENDED:
        return Verdict(Kind.ENDED, status)
    return Verdict(Kind.REFUSED, status)


def _is_decompressed(request: RequestedRange, headers: Mapping[str, str]) -> bool:
    """Whether Google Cloud Storage decompressed an object whose stored bytes have the stated size."""
    is_stored = headers.get("content-encoding", "identity") == headers.get("x-goog-stored-content-encoding", "identity")
    return not is_stored and str(request.size) == headers.get("x-goog-stored-content-length")


def _is_part(request: RequestedRange, headers: Mapping[str, str]) -> bool:
    """Whether a response of status 200 has the requested part alone, as those of `rclone serve s3`: it says so twice."""
    match = re.match(_CONTENT_RANGE, headers.get("content-range", "")) if request.ranged else None
    # Without the file's size nothing shows that a response of 200 has less than all of it.
    if match is None or match[1] is None or match[3] == "*":
        return False
    start, end = int(match[1]), int(match[2]) + 1
    return start == request.start and length_in(headers) == end - start < int(match[3])


def _judge_part(request: RequestedRange, headers: Mapping[str, str], now: float) -> Verdict:
    content_range = headers.get("content-range", "")
    match = re.match(_CONTENT_RANGE, content_range)
    unusable = Verdict(Kind.WRONG_RANGE, 206, why=f"a part without a usable Content-Range ({content_range[:80]!r})")
    if match is None or match[1] is None:
        return unusable
    start, end, size = int(match[1]), int(match[2]) + 1, None if match[3] == "*" else int(match[3])
    # Some servers and proxies respond with 206 whatever is requested.
    is_requested = request.ranged and request.start == 0 and request.end in {None, end}
    if (start, end) == (0, size) and not is_requested:
        return _judge_whole(request, {**headers, "content-length": str(size)}, now)
    if not request.ranged:
        return unusable
    validator = validator_in(headers, now)
    # Before the validators: whether the platform states the size decides if this is another file or another version.
    if size is not None and request.size is not None and size != request.size:
        return _other_size(request, 206, size, validator)
    if _differs(request.validator, validator):
        return Verdict(Kind.CHANGED, 206, size=size, validator=validator, why="its ETag or date differs")
    announced = length_in(headers)
    if (
        start != request.start
        or end <= start
        or any(bound is not None and end > bound for bound in (request.end, size))
        or (announced is not None and announced != end - start)
    ):
        return Verdict(Kind.WRONG_RANGE, 206, why=f"other bytes than requested ({content_range[:80]!r})")
    if not may_join(request, validator):
        return Verdict(
            Kind.UNVALIDATED, 206, size=size, validator=validator, why=f"a part with {validator_words(validator)}"
        )
    return Verdict(Kind.ACCEPT, 206, start, end, size, validator)


def _judge_whole(request: RequestedRange, headers: Mapping[str, str], now: float) -> Verdict:
    size, validator = length_in(headers), validator_in(headers, now)
    if size is not None and request.size is not None and size != request.size:
        return _other_size(request, 200, size, validator)
    if _differs(request.validator, validator):
        return Verdict(Kind.CHANGED, 200, size=size, validator=validator, why="its ETag or date differs")
    kind = Kind.WHOLE if request.ranged else Kind.ACCEPT
    return Verdict(kind, 200, 0, size if size is not None else request.size, size, validator)


def size_in(status: int, headers: Mapping[str, str]) -> int | None:
    """Return the size of a whole file by the headers of a response to a GET; None if they do not state it.

    Args:
        status: The response's status: a response of 200 has the whole file.
        headers: Its headers, names in lower case.
    """
    match = re.match(_CONTENT_RANGE, headers.get("content-range", ""))
    if match is not None:
        return number_in(match[3])
    return length_in(headers) if status == 200 else None


def _judge_unsatisfiable(request: RequestedRange, headers: Mapping[str, str]) -> Verdict:
    size = size_in(416, headers)
    if size is not None and size != request.size:
        return _other_size(request, 416, size, "")
    return Verdict(Kind.WRONG_RANGE, 416, why="a refusal of bytes that it has")


def _other_size(request: RequestedRange, status: int, size: int, validator: str) -> Verdict:
    kind = Kind.WRONG_SIZE if request.size_is_stated else Kind.CHANGED
    return Verdict(kind, status, size=size, validator=validator, why=f"{size} bytes instead of {request.size}")


def length_in(headers: Mapping[str, str]) -> int | None:
    """Return the length of a response's body as its headers state it; None if they do not.

    Args:
        headers: Its headers, with lower-case names.
    """
    # RFC 9112, 6.3: the chunks decide, and a Content-Length beside them is void.
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return None
    # RFC 9110, 8.6: equal values of a repeated field are one.
    values = {value.strip() for value in headers.get("content-length", "").split(",")}
    return number_in(values.pop()) if len(values) == 1 else None


def _differs(before: str, now: str) -> bool:
    """Whether two validators state different contents; an ETag and a date, or a weak and a strong one, cannot be
    compared.
    """
    return before.removeprefix("W/") != now.removeprefix("W/") and bool(before and now) and _sort(before) == _sort(now)


def _sort(validator: str) -> str:
    return next((mark for mark in ('"', 'W/"') if validator.startswith(mark)), "date")


def may_join(request: RequestedRange, validator: str) -> bool:
    """Whether a response's bytes may be joined with others.

    RFC 9110, 15.3.7.3: parts are combined only if all have the same strong validator.

    Args:
        request: The request.
        validator: The response's validator.
    """
    return request.joins or (is_strong(validator) and request.validator in ("", validator))


def is_weak(validator: str) -> bool:
    """Whether a validator shows a change but is not accepted by If-Range: an ETag or a date that is marked as weak."""
    return validator.startswith("W/")


def is_strong(validator: str) -> bool:
    """Whether a validator is equal for equal bytes only: a strong ETag, or a date that was long past when it was sent."""
    return bool(validator) and not is_weak(validator)


def validator_of(lines: Iterable[bytes]) -> str:
    """Return the ETag or date in a head, as in a verdict.

    Args:
        lines: Status and header lines as received.
    """
    return validator_in(parse_head((line for line in lines if line[:1] in b"DdEeLl"), HEAD_HEADERS)[1])


def validator_in(headers: Mapping[str, str], received: float = 0.0) -> str:
    """Return what distinguishes versions of a file: a strong ETag, else the date of the last change, else a weak ETag.

    Args:
        headers: A response's headers, with lower-case names.
        received: When it was received, in seconds since 1970: RFC 9110, 6.6.1, puts it in place of a date that is missing.

    Returns:
        The ETag, or the date; "W/" before a date that is not a strong validator (see `SETTLED`); "" for neither.
    """
    etag, date = headers.get("etag", ""), headers.get("last-modified", "")[:100]
    if etag.startswith('"') and etag.endswith('"') and len(etag) > 2:
        return etag[:200]
    if not date:
        return etag[:200] if is_weak(etag) else ""
    changed, sent = seconds_of_date(date), seconds_of_date(headers.get("date", ""))
    settled = changed is not None and changed <= (received - _SETTLED_HERE if sent is None else sent - SETTLED)
    return date if settled else f"W/{date}"


def validator_words(validator: str) -> str:
    """Name a kind of validator ("a weak ETag").

    Args:
        validator: As in a verdict.
    """
    if not validator:
        return "neither ETag nor date"
    kind = "ETag" if validator.removeprefix("W/").startswith('"') else "date of change"
    return f"a weak {kind}" if is_weak(validator) else f"{'an' if kind == 'ETag' else 'a'} {kind}"


# Offsets and checksums are those of the bytes as stored.
_IDENTITY = {"accept-encoding": "identity"}
_PLAIN = {"accept": "*/*", "user-agent": USER_AGENT}
#: Headers of a request that adds none: always the same object, which the wire reuses.
PLAIN = tuple((_PLAIN | _IDENTITY).items())


def headers_for(location: Location, requested: RequestedRange | None = None) -> tuple[tuple[str, str], ...]:
    """Return a request's headers.

    Args:
        location: The URL.
        requested: The requested bytes, None for the whole file.

    Returns:
        Names in lower case and values.
    """
    ranged = requested is not None and requested.ranged
    if not (location.headers or ranged or location.sign or location.takes_gzip):
        return PLAIN
    headers = dict(PLAIN)
    if location.headers:
        # A caller may replace the plain headers, but not the encoding, on which all offsets depend.
        headers = _PLAIN | {name.lower(): value for name, value in location.headers.items()} | _IDENTITY
    if location.takes_gzip:
        headers["accept-encoding"] = "gzip"
    if location.sign is not None:
        headers |= location.sign("GET", location.url)
    # After the signature, which covers only headers that it names: a range may differ for each request.
    if requested is not None and ranged:
        headers["range"] = f"bytes={requested.start}-{'' if requested.end is None else requested.end - 1}"
        # RFC 9110, 13.1.5: If-Range takes no weak validator.
        if requested.validator and not is_weak(requested.validator):
            headers["if-range"] = requested.validator
    return tuple(headers.items())


def followed(here: Location, target: str, cookies: str) -> Location:
    """Return a redirect's target, with the headers that may be sent to it.

    A redirect to another origin must not reveal headers; one within the origin may keep them.

    Args:
        here: The redirecting location.
        target: The URL that it redirects to.
        cookies: Its Set-Cookie headers, one a line.
    """
    if (here.headers or here.sign or here.cookies or cookies) and origin_of(target) == origin_of(here.url):
        headers, jar = here.headers, here.cookies
        if cookies or jar:
            from omicsdk.core.sending.origins import cookies_after

            pairs, jar = cookies_after(headers.items(), jar, cookies.splitlines(), here.url, target)
            headers = dict(pairs)
        return Location(target, headers, sign=here.sign, states=here.states, cookies=jar)
    return Location(target, states=None if here.sign else here.states)


def next_location(here: Location, verdict: Verdict, hops: int) -> Location:
    """Return where to repeat a request whose response is MOVED.

    Args:
        here: Where it was sent.
        verdict: The response.
        hops: Consecutive repetitions, including this one.

    Raises:
        TransportError: The address is invalid, or the server decompresses the file nevertheless.
        TooManyRedirects: There are more than REDIRECT_LIMIT consecutive ones.
    """
    if verdict.location:
        return followed(here, next_url(here.url, verdict.location, hops), verdict.cookies)
    if here.takes_gzip:
        problem = "the server decompresses the file, whose stated size is that of the compressed one"
        raise TransportError(problem, method="GET", url=without_query(here.url))
    return here.replaced(takes_gzip=True)


#: The statuses, as in a status line, of which only other headers show whether a proxy or the server refused a login.
LOGIN_REFUSALS = (b"401", b"407")
#: Characters that are not escaped in a URL; existing escapes are kept.
URL_SAFE = "%/:?#[]@!$&'()*+,;=~-._"

# A URL that can be sent unchanged; one with dot segments is normalised first.
_ABSOLUTE = r"https?://(?!.*/\.)[A-Za-z0-9%/:?@!$&'()*+,;=~._-]+\Z"

_BLANK = frozenset({b"\r\n", b"\n"})


def last_status(lines: Sequence[bytes]) -> tuple[bytes, bool]:
    """Return the last status line of a response, b"" for none, and whether an empty line ends its head.

    Proxies (for CONNECT) and servers (100 Continue) send heads before the final one.

    Args:
        lines: Status and header lines as received; of a chunked body the trailers follow.
    """
    if lines and lines[-1] == b"\r\n" and lines.count(b"\r\n") == 1 and lines[0].startswith(b"HTTP/"):
        return lines[0], True  # one head, as most responses have: there are many small ones
    ended = False
    for line in reversed(lines):
        if line.startswith(b"HTTP/"):
            return line, ended
        ended |= line in _BLANK
    return b"", False


def is_whole(lines: Sequence[bytes]) -> bool:
    """Whether the head of a final response ends with an empty line, as it must.

    libcurl takes the end of the connection for the end of the head, too: such a response may have lost its Location,
    size or ETag.

    Args:
        lines: As for `last_status`.
    """
    status, ended = last_status(lines)
    return ended and not status.split(None, 1)[-1].startswith(b"1")


@lru_cache(maxsize=256)  # servers write the same names in each response
def _field(text: bytes) -> bytes:
    return text.strip().lower()


def parse_head(lines: Iterable[bytes], names: Mapping[bytes, str] | None = None) -> tuple[int, dict[str, str]]:
    """Parse the last head of a response (there may be 100s before).

    Args:
        lines: Status and header lines as received.
        names: The headers to read, from their names in lower case to the names in the result; others are not decoded.
            None for all.

    Returns:
        The status, 0 if there is none, and the headers with lower-case names; of a repeated one the last, but all of
        Set-Cookie, one a line.
    """
    status, headers = 0, dict[str, str]()
    for line in lines:
        if line.startswith(b"HTTP/"):  # before the search for a colon: the reason phrase may contain one
            fields = line.split(None, 2)
            status, headers = int(fields[1]) if len(fields) > 1 and fields[1].isdigit() else 0, {}
            continue
        field, colon, value = line.partition(b":")
        if colon:
            name = _field(field).decode("latin-1") if names is None else names.get(_field(field))
            if name:
                text = value.strip().decode("latin-1")  # a text's strip would take the last byte of UTF-8's "à" and "Å"
                headers[name] = f"{headers[name]}\n{text}" if name == "set-cookie" and name in headers else text
    return status, headers


def redirected(url: str, location: str) -> str | None:
    """Return the absolute URL of a redirect.

    Args:
        url: The redirecting URL.
        location: The header, as `parse_head` read it.

    Returns:
        The URL, None if it is invalid.
    """
    if re.match(_ABSOLUTE, location):
        return location
    from urllib.parse import quote, urljoin

    try:
        # Headers are decoded as Latin-1, which restores the exact bytes.
        target = quote(urljoin(quote(url, safe=URL_SAFE), location).encode("latin-1"), safe=URL_SAFE)
    except ValueError:
        return None
    return target if target[:8].lower().startswith(("http://", "https://")) else None


_REDIRECT_STARTS = tuple(f"HTTP/1.1 {status}".encode() for status in REDIRECT_STATUSES)
_OF_REDIRECTS = {name: name.decode() for name in (b"location", b"retry-after", b"set-cookie")}


def moved(location: Location, lines: Sequence[bytes]) -> Location | None:
    """Return where a response redirects its request; None if it does not, asks to wait before, or redirects back.

    Args:
        location: The requested location.
        lines: Status and header lines as received.
    """
    if not last_status(lines)[0].startswith(_REDIRECT_STARTS):
        return None
    headers = parse_head(lines, _OF_REDIRECTS)[1]
    target = redirected(location.url, headers.get("location", "")) if "retry-after" not in headers else None
    if not target or target == location.url:
        return None
    return followed(location, target, headers.get("set-cookie", ""))


def next_url(url: str, location: str, hops: int, method: str = "GET") -> str:
    """Return the URL of a redirect that has to be followed.

    Args:
        url: The redirecting URL.
        location: The header, as `parse_head` read it.
        hops: Consecutive redirects, including this one.
        method: The request's method, for the error.

    Raises:
        TransportError: The address is invalid.
        TooManyRedirects: There are more than REDIRECT_LIMIT consecutive ones.
    """
    target = redirected(url, location)
    if target is None:
        raise TransportError("the redirect's address is invalid", method=method, url=without_query(url))
    if hops > REDIRECT_LIMIT:
        raise TooManyRedirects("redirect loop", method=method, url=without_query(url))
    return target


def server_of(url: str) -> str:
    """Scheme and authority of a URL: cheaper than its origin, and two spellings of one do no harm."""
    end = url.find("/", url.find("//") + 2)
    server = url if end < 0 else url[:end]
    return server.partition("?")[0] if "?" in server else server


#: The end of an FTP URL for which libcurl would request a folder's list, or a file as text: with other line ends.
NO_FTP_FILE = r"(?i)(?:/|;type=[ad])\Z"
_RANGE = r"bytes=(\d+)-(\d*)\Z"
#: Replies (RFC 959) and their HTTP equivalents: not logged in, a busy server, a missing or forbidden file.
_REFUSALS = {
    b"421": b"503 Service Unavailable",
    b"425": b"503 Service Unavailable",
    b"450": b"503 Service Unavailable",
    b"451": b"503 Service Unavailable",
    b"530": b"403 Forbidden",
    b"532": b"403 Forbidden",
    # RFC 959: the file was not found, or may not be accessed. Only its text, in any language, tells which.
    b"550": b"404 Not Found",
    b"553": b"404 Not Found",
}
# How ProFTPD and others refuse a login that exceeds their number of connections.
_TOO_MANY = rb"(?i)maximum number|already connected|too many (?:clients|connections|sessions|users)"
_DATA_COMES = (b"125", b"150")
_UNKNOWN = (b"500", b"501", b"502", b"504")


def is_ftp(url: str) -> bool:
    """Whether a URL is that of a file on an FTP server.

    Args:
        url: The URL.
    """
    return url[:6].lower() == "ftp://"


def requested_range(headers: Iterable[tuple[str, str]]) -> str:
    """Return the requested bytes in libcurl's form ("0-99", "5-"); empty for all.

    Args:
        headers: The request's headers, with lower-case names.
    """
    match = re.match(_RANGE, dict(headers).get("range", ""))
    return f"{match[1]}-{match[2]}" if match is not None else ""


def is_refusal(lines: Iterable[bytes]) -> bool:
    """Whether a server refused before the first byte: a response for us, an error for libcurl.

    Args:
        lines: The head's lines, as `FtpReplies` made them.
    """
    statuses = [line.split()[1] for line in lines if line.startswith(b"HTTP/")]
    return bool(statuses) and all(status >= b"400" for status in statuses)


class FtpReplies:
    """Converts the lines of an FTP session, as libcurl passes them, to the head of an HTTP response.

    Args:
        lines: Receives the head's lines.
        byte_range: The requested bytes, see `requested_range`.
        now: Seconds since 1970 by the wall clock.

    Attributes:
        refusal: The last reply that refused a command.
    """

    def __init__(self, lines: list[bytes], byte_range: str, now: float = 0.0) -> None:
        self._lines = lines
        self._byte_range = byte_range
        self._now = now
        self._size: int | None = None
        self._dates: list[bytes] = []
        self._has_head = False
        self.refusal = b""

    def take(self, line: bytes, /) -> None:
        """Process a line of a reply.

        Args:
            line: As received.
        """
        code, rest = line[:3], line[4:].strip()
        if line[3:4] == b"-":  # not the last line of a reply
            return
        if code.isdigit() and code >= b"400":
            self.refusal = line.strip()
        if self._has_head:  # later replies are about the rest of the transfer, of which libcurl reports the end
            return
        if code == b"213" and not self._dates and (changed := _seconds_of_mdtm(rest)) is not None:
            self._dates = _dates(changed, self._now - _SETTLED_HERE)
        elif code == b"213" and (size := number_in(rest.decode("ascii", "replace"))) is not None:
            self._size = size
        elif code in _REFUSALS:
            is_busy = code == b"530" and re.search(_TOO_MANY, rest)
            self._lines += [b"HTTP/1.1 " + _REFUSALS[b"421" if is_busy else code] + b"\r\n", b"\r\n"]
        elif code in _UNKNOWN and self._byte_range:  # perhaps REST; if it was another command, the session continues
            self._lines += [b"HTTP/1.1 416 Range Not Satisfiable\r\n", b"\r\n"]
        elif code in _DATA_COMES:
            self._has_head = True
            self._lines += self._head()

    def _head(self) -> list[bytes]:
        if not self._byte_range:
            length = [] if self._size is None else [f"Content-Length: {self._size}\r\n".encode()]
            return [b"HTTP/1.1 200 OK\r\n", *length, *self._dates, b"\r\n"]
        first, _, last = self._byte_range.partition("-")
        content_range = ""  # which bytes follow is unknown: the whole file is requested then
        if self._size is not None:
            end = min(int(last), self._size - 1) if last else self._size - 1
            content_range = f"Content-Range: bytes {first}-{end}/{self._size}\r\n"
        elif last:
            content_range = f"Content-Range: bytes {first}-{last}/*\r\n"
        return [b"HTTP/1.1 206 Partial Content\r\n", content_range.encode(), *self._dates, b"\r\n"]


def _seconds_of_mdtm(reply: bytes) -> float | None:
    """Return the time in a reply to MDTM (RFC 3659, 3.1), None if it is a size."""
    match = re.match(rb"(\d{14})(?:\.\d+)?\Z", reply)
    if match is None:
        return None
    from datetime import UTC, datetime

    try:
        return datetime.strptime(match[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _dates(changed: float, sent: float) -> list[bytes]:
    from email.utils import formatdate

    names = ("Last-Modified", changed), ("Date", sent)
    return [f"{name}: {formatdate(seconds, usegmt=True)}\r\n".encode() for name, seconds in names]


#: The longest delay between two tries in seconds, unless a server requests more.
LONGEST_DELAY = 60.0


#: The longest wait in seconds that a server may request; beyond it the file fails with a message that states the wait.
LONGEST_RETRY_AFTER = 3600.0


#: Statuses of overloaded servers: fewer requests at once may help.
OVERLOADED = frozenset({429, 503})


#: Statuses that mean "later": time-outs, rate limits, and failing servers.
#: 425 refuses early data (RFC 8470); 520 to 524 are of proxies whose own server failed or was silent.
LATER = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})


#: Statuses with which stores refuse an expired presigned URL.
#: A URL's expiry is not parsed: each store states it otherwise, and resuming failed in a client that did so.
ENDED = frozenset({400, 401, 403, 410})


class Patience(Frozen):
    """How long to wait for a peer.

    Attributes:
        connect: Seconds until a connection is established.
        silence: Seconds over which fewer bytes than `least_rate` end a request as a lost connection. Seconds in which a
            bandwidth limit pauses it do not count.
        least_rate: Bytes a second, 0 or more; with 0 a request never ends for slowness, not even for silence.
        renewals: How often a URL or login is renewed that a server refuses with 400, 401, 403 or 410 without a byte in
            between; 0 or more.
        retry_after: The longest wait in seconds that a server may ask for, also by several redirects that say "not
            yet"; a file for which it asks more fails.

    Raises:
        ValueError: A number that is out of bounds.
        TypeError: A value that is not a number.
    """

    connect: float = 10.0
    silence: float = SILENCE
    least_rate: int = LEAST_RATE
    renewals: int = 1
    retry_after: float = LONGEST_RETRY_AFTER

    def __post_init__(self) -> None:
        for name in ("connect", "silence", "least_rate", "retry_after"):
            number(name, getattr(self, name), "bytes a second" if name == "least_rate" else "seconds")
        whole_number("renewals", self.renewals, 0)
        if not (self.connect > 0 and self.silence > 0 and self.least_rate >= 0 and self.retry_after >= 0):
            raise ValueError(f"{self}: seconds to wait must be above 0, the others cannot be negative")


#: The default of a transfer.
PATIENCE = Patience()


class Quota(NamedTuple):
    """The failures that a file has left.

    Attributes:
        retries: Its limit.
        min_delay: Seconds before the first retry.
        left: Failures that it has left.
        streak: Failures since the last progress.
    """

    retries: int
    min_delay: float
    left: int
    streak: int = 0

    @classmethod
    def of(cls, retries: int, min_delay: float) -> Quota:
        """Return a full quota."""
        return cls(retries, min_delay, retries)

    def gained(self) -> Quota:
        """Return the quota after progress: a cell arrived."""
        return self._replace(left=min(self.retries, self.left + 1), streak=0)

    def failed(
        self, jitter: float, retry_after: float | None = None, longest: float = LONGEST_RETRY_AFTER
    ) -> tuple[Quota, float] | None:
        """Return the quota after a failure and the delay, or None if the file has failed permanently.

        Args:
            jitter: A random number from 0 to 1; the delay is between half and all of its full length.
            retry_after: Seconds that the server requested to wait, None if it did not.
            longest: The most that it may ask for.

        Returns:
            The remaining quota and the seconds to wait, or None.
        """
        if self.left <= 0 or (retry_after or 0.0) > longest:
            return None
        # The exponent is bounded, as a file may have any number of retries, and a float ends at 2 ** 1024.
        delay = min(LONGEST_DELAY, self.min_delay * 2 ** min(self.streak, 30)) * (0.5 + jitter / 2)
        return self._replace(left=self.left - 1, streak=self.streak + 1), max(delay, retry_after or 0.0)
