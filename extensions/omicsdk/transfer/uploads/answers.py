"""What a store answers to a PUT: taken in, then judged by status, headers and the error's XML. All but `Answer` is pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from omicsdk.core.api_errors import complaint_of
from omicsdk.core.retry import REDIRECT_STATUSES, retry_after
from omicsdk.transfer.network.requests import LATER

#: Bytes of an answer's body that are kept: an error's XML is far shorter.
BODY_LIMIT = 64 * 1024

_SENT = frozenset({200, 201, 202, 204})
_SIGN_AGAIN = frozenset({401, 403, 410})
#: S3's codes for signatures and tokens that have ended, which some stores answer with 400.
_ENDED_CODES = frozenset({"ExpiredToken", "RequestTimeTooSkewed", "TokenRefreshRequired", "ExpiredRequest"})
#: Its codes for bytes that arrived otherwise than they were announced.
_DAMAGED_CODES = frozenset({"BadDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch", "InvalidDigest"})
#: Its codes for trouble that passes, which come with 400 or 409.
_LATER_CODES = frozenset({"RequestTimeout", "IncompleteBody", "OperationAborted", "SlowDown", "InternalError"})
_GONE_CODES = frozenset({"NoSuchUpload"})

_MD5 = re.compile(r"[0-9a-f]{32}\Z")
_CHECKSUM_HEADER = "x-amz-checksum-"


class Kind(Enum):
    """What to do with an answer."""

    SENT = "sent"  # the store has the bytes
    MOVED = "moved"  # send them there
    ENDED = "ended"  # the URL isn't accepted (any longer)
    LATER = "later"  # in a while perhaps
    DAMAGED = "damaged"  # other bytes arrived than were announced
    GONE = "gone"  # the upload isn't known (any longer)
    REFUSED = "refused"  # for good


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer is.

    Attributes:
        kind: What to do.
        status: The answer's HTTP status.
        facts: What it says of the bytes: "etag" without quotes, and checksums by their algorithm, as text.
        location: Where a redirect leads, as the header has it.
        retry_after: Seconds that the server asks to wait, None when it doesn't.
        code: The store's own code for what went wrong, "" when it gave none.
        message: Its own words, "" when it gave none.
        request_id: Its name for the request, "" when it gave none.
    """

    kind: Kind
    status: int
    facts: Mapping[str, str]
    location: str = ""
    retry_after: float | None = None
    code: str = ""
    message: str = ""
    request_id: str = ""


class Answer:
    """Takes in an answer; see `wire.Receiver`.

    Attributes:
        lines: Its head.
        body: The beginning of its body, at most BODY_LIMIT bytes.
    """

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.body = bytearray()

    def take(self, chunk: bytes, /) -> int | None:
        """Takes bytes of the body; what is beyond the limit is dropped."""
        self.body += chunk[: BODY_LIMIT - len(self.body)]
        return None


def judge(status: int, headers: Mapping[str, str], body: bytes, now: float) -> Verdict:
    """Judges an answer to a PUT.

    Args:
        status: Its status.
        headers: Its headers, with lower-case names.
        body: Its body, or the beginning of it.
        now: Seconds since 1970 by the wall clock, for a Retry-After that is a date.
    """
    if status in _SENT:
        return Verdict(Kind.SENT, status, facts_of(headers))
    if status in REDIRECT_STATUSES and headers.get("location"):
        return Verdict(Kind.MOVED, status, {}, headers["location"], retry_after(headers, now))
    said = complaint_of(body)
    return Verdict(
        _kind(status, said.code or "", empty=not body.strip()),
        status,
        {},
        retry_after=retry_after(headers, now),
        code=said.code or "",
        message=said.message,
        request_id=said.request_id or headers.get("x-amz-request-id", ""),
    )


def facts_of(headers: Mapping[str, str]) -> dict[str, str]:
    """Reads what an answer says of the stored bytes.

    Args:
        headers: Its headers, with lower-case names.

    Returns:
        "etag" without quotes, and checksums by algorithm, as text like ours. An MD5 is there only where the ETag is
        one: S3's isn't where it encrypts with keys of the customer's or of KMS.
    """
    facts = dict[str, str]()
    for name, value in headers.items():
        if name.startswith(_CHECKSUM_HEADER) and (text := hex_of(value)):
            facts[name.removeprefix(_CHECKSUM_HEADER)] = text
        elif name == "x-goog-hash":
            pairs = (pair.strip().partition("=") for pair in value.split(","))
            facts.update((algorithm, text) for algorithm, _, value in pairs if (text := hex_of(value)))
    etag = headers.get("etag", "").removeprefix("W/").strip('"')
    if etag:
        facts["etag"] = etag
        if _MD5.match(etag) and not _encrypted(headers):
            facts.setdefault("md5", etag)
    return facts


def difference(ours: Mapping[str, str], facts: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Compares checksums with what a store says.

    Args:
        ours: From algorithm to value.
        facts: What the store says, likewise.

    Returns:
        The first algorithm that both know and don't agree on, our value and the store's; None when there is none.
    """
    for name, value in ours.items():
        theirs = facts.get(name)
        if theirs is not None and theirs != value:
            return name, value, theirs
    return None


def agreed(ours: Mapping[str, str], facts: Mapping[str, str]) -> tuple[str, ...]:
    """Gives the algorithms whose values a store states as we do.

    Args:
        ours: From algorithm to value.
        facts: What the store says, likewise.
    """
    return tuple(name for name, value in ours.items() if facts.get(name) == value)


def hex_of(base64_text: str) -> str:
    """Turns a checksum as S3 writes it into hex digits; "" when it is no single checksum (one of parts ends in -N)."""
    try:
        return base64.b64decode(base64_text, validate=True).hex()
    except binascii.Error:
        return ""


def base64_of(hex_text: str) -> str:
    """Turns hex digits into a checksum as S3 writes it."""
    return base64.b64encode(bytes.fromhex(hex_text)).decode()


def _encrypted(headers: Mapping[str, str]) -> bool:
    kind = headers.get("x-amz-server-side-encryption", "")
    return kind.startswith("aws:") or "x-amz-server-side-encryption-customer-algorithm" in headers


def _kind(status: int, code: str, *, empty: bool) -> Kind:
    if code in _DAMAGED_CODES:
        return Kind.DAMAGED
    if code in _GONE_CODES or (status == 404 and empty):
        return Kind.GONE
    if status in LATER or code in _LATER_CODES:
        return Kind.LATER
    if status in _SIGN_AGAIN or code in _ENDED_CODES:
        return Kind.ENDED
    return Kind.REFUSED
