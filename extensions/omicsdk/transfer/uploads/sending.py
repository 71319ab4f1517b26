"""A request of an upload: its body, read from the file while it is sent, and the interpretation of the store's response."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple

from omicsdk.core.api_errors import ErrorBody, error_body_of
from omicsdk.core.checksums import ALGORITHMS, base64_of, from_base64, is_checksum
from omicsdk.core.errors import error_class
from omicsdk.core.retry import REDIRECT_STATUSES, retry_after
from omicsdk.core.version import USER_AGENT
from omicsdk.transfer.network.connection_pool import BodyInMemory
from omicsdk.transfer.network.header_checksums import has_opaque_etag
from omicsdk.transfer.network.requests import LATER, Location, parse_head
from omicsdk.transfer.network.wire import ABORT, Ask, Body
from omicsdk.transfer.uploads.job import Job, SourceFile, unreadable
from omicsdk.transfer.uploads.store import Cut, Form, Unconfirmed

#: Maximum stored bytes of a response's body: an error's XML is far shorter.
BODY_LIMIT = 64 * 1024

# -- requests


class Prepared(NamedTuple):
    """A part that is ready to send.

    Attributes:
        cut: Its bytes.
        checksums: Its computed checksums.
        location: Where to send it.
        at: When the URL was signed, by the monotonic clock.
        epoch: The job's epoch when it was prepared.
        hops: Redirects that led to the location.
    """

    cut: Cut
    checksums: Mapping[str, str]
    location: Location
    at: float
    epoch: int
    hops: int = 0


class FileBody(Body):
    """A stretch of a file as the body of a request, and the parts of a form around it.

    Args:
        source: The file.
        cut: The bytes.
        before: The beginning of the body.
        after: The end of the body.

    Attributes:
        problem: Why it ended its request, None if it did not.
        sent: Bytes of the file that were passed to libcurl, including those passed twice.
        position: Bytes passed since the body was last sent from the start.
    """

    def __init__(self, source: SourceFile, cut: Cut, before: bytes = b"", after: bytes = b"") -> None:
        self.length = len(before) + cut.length + len(after)
        self.problem: BaseException | None = None
        self.sent = 0
        self.position = 0
        self._source = source
        self._cut = cut
        self._before = before
        self._after = after

    def read(self, size: int, /) -> bytes | int:
        """Return the next bytes, read directly from the file."""
        try:
            data = self._next(size)
        except OSError as error:
            self.problem = unreadable(self._source.name, self._source.path, error)
            return ABORT
        except BaseException as error:  # libcurl would discard the exception
            self.problem = error
            return ABORT
        self.position += len(data)
        return data

    def _next(self, size: int) -> bytes:
        at = self.position - len(self._before)
        if at < 0:
            return self._before[self.position : self.position + size]
        behind = at - self._cut.length
        if behind >= 0:
            return self._after[behind : behind + size]
        # Read when libcurl asks for it: as one bytes object each part in flight would take its size in memory.
        data = self._source.read(min(size, -behind), self._cut.start + at)
        if len(data) >= -behind:
            # Before the last byte leaves: a store keeps nothing of a body that is incomplete, so that no mix of two
            # states of the file gets a name.
            self._source.check()
        self.sent += len(data)
        return data

    def seek(self, offset: int, /) -> None:
        """Move back or forward within the body."""
        self.position = offset


# Escapes of a name within quotes:
# https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


def form_around(form: Form) -> tuple[str, bytes, bytes]:
    """Return the parts of a form around its file.

    Args:
        form: The form.

    Returns:
        The content type, which states the boundary, and the bytes before and after the file.
    """
    boundary = os.urandom(16).hex()
    lines = list[str]()
    for name, value in form.fields.items():
        lines += [f"--{boundary}", f'Content-Disposition: form-data; name="{name.translate(_ESCAPES)}"', "", value]
    file_name = form.file_name.translate(_ESCAPES)
    lines += [f"--{boundary}", f'Content-Disposition: form-data; name="file"; filename="{file_name}"', "", ""]
    before = "\r\n".join(lines).encode("utf-8", "surrogateescape")
    return f"multipart/form-data; boundary={boundary}", before, f"\r\n--{boundary}--\r\n".encode()


class Response:
    """Receives a response; see `wire.Receiver`.

    Attributes:
        lines: Its head.
        body: The beginning of its body, at most BODY_LIMIT bytes.
    """

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.body = bytearray()

    def take(self, chunk: bytes, /) -> int | None:
        """Receive bytes of the body; those beyond the limit are dropped."""
        self.body += chunk[: BODY_LIMIT - len(self.body)]
        return None


class Sending(Response):
    """One attempt at sending one part.

    Args:
        job: Its upload.
        prepared: The part.
        started_at: When it started, by the monotonic clock.
    """

    def __init__(self, job: Job, prepared: Prepared, started_at: float) -> None:
        super().__init__()
        self.job = job
        self.prepared = prepared
        self.location = location = prepared.location
        self.started_at = started_at
        self._content_type, before, after = form_around(location) if isinstance(location, Form) else ("", b"", b"")
        self.file_body = FileBody(job.file, prepared.cut, before, after)

    @property
    def method(self) -> str:
        """The HTTP method."""
        return "POST" if self._content_type else "PUT"

    def ask(self) -> Ask:
        """The request; raises ValueError if its URL is invalid."""
        route = self.job.store.route(self.location.url)
        headers = {name.lower(): value for name, value in self.location.headers.items()}
        if self._content_type:
            headers["content-type"] = self._content_type
        if self.location.sign is not None:
            headers |= self.location.sign(self.method, self.location.url)
        options = None if route is None else route.curl_options()
        return _ask(self.location.url, headers, self.method, self.file_body, options)

    @property
    def stale(self) -> bool:
        """Whether the job has restarted since, or is over."""
        return self.prepared.epoch != self.job.epoch


class Examining(Response):
    """A request for what a single URL has, after a PUT whose response states nothing of the bytes.

    Args:
        job: Its upload.
        location: Where the file was sent.

    Attributes:
        epoch: The job's epoch then.
    """

    def __init__(self, job: Job, location: Location) -> None:
        super().__init__()
        self.job = job
        self.epoch = job.epoch
        self.location = location

    def ask(self) -> Ask:
        """The request."""
        route = self.job.store.route(self.location.url)
        headers = {name.lower(): value for name, value in self.location.headers.items()}
        sent = {name: value for name, value in headers.items() if not name.startswith("content-")}
        if self.location.sign is not None:
            sent |= self.location.sign("HEAD", self.location.url)
        options = None if route is None else route.curl_options()
        return Ask(self.location.url, (("user-agent", USER_AGENT), *sent.items()), "HEAD", None, options)


class FollowUp(Response):
    """A small request that follows an upload. It is sent once, without redirects, renewals or retries; its caller
    decides.

    Args:
        url: The URL.
        headers: Headers to send, names in lower case.
        content: The body.
        answered: Called with the response's status (None if it was incomplete, or a web page) and headers, in the engine's thread; it
            should return soon and not raise. It is not called if the run is stopped before.
        method: PUT or POST.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        content: bytes,
        answered: Callable[[int | None, Mapping[str, str]], None],
        method: str = "PUT",
    ) -> None:
        super().__init__()
        self.ask = _ask(url, headers, method, BodyInMemory(content))
        self._answered = answered

    def ended(self, *, whole: bool) -> None:
        """Report the response.

        Args:
            whole: Whether the response is complete.
        """
        status, headers = parse_head(self.lines)
        whole = whole and not is_page(headers, bytes(self.body))  # such as a captive portal's
        self._answered(*((status, headers) if whole else (None, {})))


def _ask(url: str, headers: Mapping[str, str], method: str, body: Body, route: Mapping[str, str] | None = None) -> Ask:
    sent = {"accept": "*/*", "user-agent": USER_AGENT, **headers}
    sent.pop("content-length", None)  # libcurl guarantees it
    return Ask(url, tuple(sent.items()), method, body, route)


#: Parameters of signatures of version 2, which cover the header Content-MD5.
_COVERS_MD5 = re.compile(r"[?&](AWSAccessKeyId|GoogleAccessId)=", re.IGNORECASE)


def announced(location: Location, checksums: Mapping[str, str]) -> Location:
    """Return the location of a whole file with its MD5 as a header, so that the store refuses other bytes.

    Args:
        location: Where it is sent. Signatures of version 4 cover no header that they do not name.
        checksums: The file's checksums, with its MD5.
    """
    names = {name.lower() for name in location.headers}
    has_own = "content-md5" in names or any(name.startswith(_CHECKSUM_HEADER) for name in names)
    if has_own or isinstance(location, Form) or _COVERS_MD5.search(location.url):
        return location
    value = base64_of(checksums["md5"])
    return location.replaced(headers={**location.headers, "content-md5": value})


# -- answers

_SENT = frozenset({200, 201, 202, 204})
_SIGN_AGAIN = frozenset({401, 403, 410})
#: S3's codes for expired signatures and tokens, which some stores send with 400.
_ENDED_CODES = frozenset({"ExpiredToken", "RequestTimeTooSkewed", "TokenRefreshRequired", "ExpiredRequest"})
#: Its codes for bytes that differ from their announced checksum or size.
_DAMAGED_CODES = frozenset({"BadDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch", "InvalidDigest"})
#: Its codes for temporary errors, which come with 400 or 409.
_LATER_CODES = frozenset(
    {"RequestTimeout", "IncompleteBody", "OperationAborted", "ConditionalRequestConflict", "SlowDown", "InternalError"}
)
_GONE_CODES = frozenset({"NoSuchUpload"})

_CHECKSUM_HEADER = "x-amz-checksum-"
_PAGES = frozenset({"text/html", "application/xhtml+xml"})


class Kind(Enum):
    """How to handle a response."""

    SENT = "sent"  # the store has the bytes
    FOREIGN = "foreign"  # a success without any sign of the store, such as a captive portal's page
    MOVED = "moved"  # send the bytes there
    ENDED = "ended"  # the URL has expired, or was never accepted
    LATER = "later"  # may succeed after a delay
    DAMAGED = "damaged"  # the received bytes differ from the announced ones
    GONE = "gone"  # the upload no longer exists, or never did
    REFUSED = "refused"  # permanently


class Verdict(NamedTuple):
    """The interpretation of a response.

    Attributes:
        kind: How to handle it.
        status: The response's HTTP status.
        facts: What it states about the bytes: "etag" without quotes, and checksums by their algorithm, as text.
        location: A redirect's target, as in the header.
        retry_after: Seconds that the server requests to wait, None if it does not.
        error_body: The server's own error message.
    """

    kind: Kind
    status: int
    facts: Mapping[str, str]
    location: str = ""
    retry_after: float | None = None
    error_body: ErrorBody = ErrorBody("", None, None, None, "")


def judge(status: int, headers: Mapping[str, str], body: bytes, now: float, *, opaque: bool = False) -> Verdict:
    """Interpret a response to a PUT.

    Args:
        status: Its status.
        headers: Its headers, with lower-case names.
        body: Its body, or the beginning of it.
        now: Seconds since 1970 by the wall clock, for a Retry-After that is a date.
        opaque: Whether ETags of this server are not MD5, even if they look like it.
    """
    if status in _SENT:
        page = is_page(headers, body)
        facts = {} if page else facts_of(headers, opaque=opaque)  # a page may come with an ETag, of the page
        # Some servers (Apache with WebDAV) describe what they created in a page, with 201; they are asked with HEAD.
        return Verdict(Kind.FOREIGN if page and status == 200 else Kind.SENT, status, facts)
    if status in REDIRECT_STATUSES and headers.get("location"):
        return Verdict(Kind.MOVED, status, {}, headers["location"], retry_after(headers, now))
    error_body = error_body_of(body)
    error_body = error_body._replace(request_id=error_body.request_id or headers.get("x-amz-request-id"))
    kind = _kind(status, error_body.code, empty=not body.strip())
    return Verdict(kind, status, {}, retry_after=retry_after(headers, now), error_body=error_body)


def is_page(headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a response is a web page.

    Args:
        headers: Its headers, with lower-case names.
        body: Its body, or the beginning of it. Empty ones are no page, whatever their type: moto's are "text/html".
    """
    start = body.lstrip()[:15].lower()
    is_html = headers.get("content-type", "").partition(";")[0].strip().lower() in _PAGES
    return bool(start) and (is_html or start.startswith((b"<!doctype html", b"<html")))


def examined(name: str, status: int, headers: Mapping[str, str], *, opaque: bool = False) -> Mapping[str, str] | None:
    """Interpret the response to a HEAD of what a PUT has stored.

    Args:
        name: The upload's name.
        status: The response's status.
        headers: Its headers, with lower-case names.
        opaque: As `judge`'s.

    Returns:
        What it states, with its "size"; None if it states nothing, or the server does not allow the request: URLs
        that are signed for PUT are seldom valid for HEAD.

    Raises:
        Unconfirmed: There is nothing.
        APIError: The server fails.
    """
    if status in (404, 410):
        raise Unconfirmed(f"{name}: the store accepted it, but does not have it ({status})", name=name)
    if status in LATER:
        raise error_class(status)(f"{name}: the store was asked for its size", status=status)
    if status != 200 or not headers.get("content-length", "").isdecimal():
        return None
    return {"size": headers["content-length"], **facts_of(headers, opaque=opaque)}


def facts_of(headers: Mapping[str, str], *, opaque: bool = False) -> dict[str, str]:
    """Return what a response states about the stored bytes.

    Args:
        headers: Its headers, with lower-case names.
        opaque: As `judge`'s.

    Returns:
        "etag" without quotes, and checksums by algorithm in our text form. An MD5 is included only if the ETag is one:
        S3's is not if it encrypts with keys of the customer's or of KMS.
    """
    facts = dict[str, str]()
    for name, value in headers.items():
        pairs = [f"{name.removeprefix(_CHECKSUM_HEADER)}={value}"] if name.startswith(_CHECKSUM_HEADER) else []
        if name == "content-md5":  # Azure's
            pairs = [f"md5={value}"]
        for pair in value.split(",") if name == "x-goog-hash" else pairs:
            algorithm, _, text = pair.strip().partition("=")
            if algorithm in ALGORITHMS and (digest := from_base64(algorithm, text)):
                facts[algorithm] = digest
    etag = headers.get("etag", "").removeprefix("W/").strip('"')
    if etag:
        facts["etag"] = etag
        if is_checksum("md5", etag) and not (opaque or has_opaque_etag(headers)):
            facts.setdefault("md5", etag)
    return facts


def difference(ours: Mapping[str, str], facts: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Compare checksums with those that a store states.

    Args:
        ours: Values by algorithm.
        facts: The store's values by algorithm.

    Returns:
        The first algorithm whose values differ, our value and the store's; None if all agree.
    """
    for name, value in ours.items():
        theirs = facts.get(name)
        if theirs is not None and theirs != value:
            return name, value, theirs
    return None


def _kind(status: int, code: str | None, *, empty: bool) -> Kind:
    # By the code before the status: S3 sends these, and codes of passing errors, with 400.
    if code in _DAMAGED_CODES:
        return Kind.DAMAGED
    if code in _GONE_CODES or (status == 404 and empty):
        return Kind.GONE
    if status in LATER or code in _LATER_CODES:
        return Kind.LATER
    if status in _SIGN_AGAIN or code in _ENDED_CODES:
        return Kind.ENDED
    return Kind.REFUSED
