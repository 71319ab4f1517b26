"""Requests for bytes: where they go, what they ask for, and what an answer to them is, judged by its head alone. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, cast

from omicsdk.core.credentials import origin_of
from omicsdk.core.redaction import without_query
from omicsdk.core.retry import retry_after, seconds_of_date
from omicsdk.core.sending.transport import REDIRECT_STATUSES, user_agent
from omicsdk.transfer.arguments import a
from omicsdk.transfer.network.heads import parse_head, server_of
from omicsdk.transfer.plan import LARGEST
from omicsdk.transfer.retrying import ENDED, LATER

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_HEADER_VALUE = re.compile(r"[\t -~]*\Z")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Location:
    """Where a file's bytes are.

    Attributes:
        url: An http or https URL, presigned or not; to fetch from, an ftp URL will do, too.
        headers: Headers to send to that URL's origin (scheme, host, port); on a redirect to another one they are
            dropped.

    Raises:
        ValueError: A header that would become more than one, or characters outside of what HTTP can carry.
        TypeError: A URL or header that isn't text.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        if not isinstance(cast("object", self.url), str):
            raise TypeError(f"a Location's url must be text, not {a(self.url)}")
        if not isinstance(cast("object", self.headers), Mapping):
            raise TypeError(f"a Location's headers must be a mapping from name to value, not {a(self.headers)}")
        for name, value in self.headers.items():
            if not isinstance(cast("object", value), str):
                raise TypeError(f"the header {name!r} must be text, not {a(value)}")
            if not _HEADER_NAME.match(name) or not _HEADER_VALUE.match(value):
                raise ValueError(f"the header {name!r} has characters that cannot be sent")
        if _LONE_SURROGATE.search(self.url):
            raise ValueError(f"the URL has characters that cannot be sent: {without_query(self.url)!a}")

    @property
    def server(self) -> str:
        """Whom it asks; see `server_of`."""
        return server_of(self.url)

    def __repr__(self) -> str:
        names = ", ".join(sorted(self.headers))
        return f"Location({without_query(self.url)!r}{f', headers: {names}' if names else ''})"


#: What is looked at in a head.
WANTED = {
    name.encode(): name
    for name in (
        "content-length",
        "content-range",
        "date",
        "etag",
        "last-modified",
        "location",
        "retry-after",
        "transfer-encoding",
    )
}
#: Seconds by which an answer must be younger than the file's last change for that date to be a strong validator: RFC 9110,
#: 8.8.2.2, wants the date and the clock that set it to be a second apart, or so far that it doesn't matter whose clock it
#: was. Who answers seldom is who stores, so it is the minute that RFC 7232 named for that.
SETTLED = 60.0
_CONTENT_RANGE = re.compile(r"bytes\s+(?:(\d{1,19})-(\d{1,19})|\*)/(\d{1,19}|\*)\s*\Z", re.IGNORECASE)


class Kind(Enum):
    """What to do with an answer."""

    ACCEPT = "accept"  # the bytes that were asked for
    WHOLE = "whole"  # the whole file from its first byte, though another part was asked for
    MOVED = "moved"  # ask there
    ENDED = "ended"  # the URL isn't accepted (any longer)
    LATER = "later"  # in a while perhaps
    CHANGED = "changed"  # the source isn't what it was
    WRONG_RANGE = "wrong range"  # not what was asked for: this server can't do ranges
    WRONG_SIZE = "wrong size"  # not the size that was stated
    UNVALIDATED = "unvalidated"  # a part, and nothing shows that it is of the same file as others
    REFUSED = "refused"  # for good


class Asked(NamedTuple):
    """What a request asked for.

    Attributes:
        start: The first byte.
        end: The byte behind the last, None for all to the end.
        ranged: Whether it had a Range header.
        size: The file's size as far as it is known.
        stated: Whether that size is the platform's statement (else a server's earlier answer).
        validator: The ETag or date of the bytes that are already there, "" when there is none.
        joins: Whether its bytes may be joined with those of other answers though no strong validator says that they are
            of one file: a checksum will tell, or the user allowed it.
    """

    start: int
    end: int | None
    ranged: bool
    size: int | None
    stated: bool
    validator: str
    joins: bool = False


class Verdict(NamedTuple):
    """What an answer is.

    Attributes:
        kind: What to do.
        status: The answer's HTTP status.
        start: The first byte that it brings.
        end: The byte behind the last one, None when it doesn't say.
        size: The file's size as it says, None when it doesn't.
        validator: A strong ETag, else the date of the last change, else a weak ETag, else ""; see `is_strong`.
        location: Where a redirect leads, as the header has it.
        retry_after: Seconds that the server asks to wait, None when it doesn't.
        why: The reason in words, for messages.
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


def judge(asked: Asked, status: int, headers: Mapping[str, str], now: float) -> Verdict:
    """Compares an answer with what was asked for.

    Args:
        asked: The request.
        status: The answer's status.
        headers: Its headers, with lower-case names.
        now: Seconds since 1970 by the wall clock, for a Retry-After that is a date.

    Returns:
        What to do. Only ACCEPT and WHOLE allow writing.
    """
    if status in (200, 206):
        verdict = _judge_part(asked, headers) if status == 206 else _judge_whole(asked, headers)
        if (verdict.size or 0) > LARGEST:
            return Verdict(Kind.WRONG_SIZE, status, why=f"{verdict.size:,} bytes, more than any file has")
        return verdict
    if status == 416:
        return _judge_unsatisfiable(asked, headers)
    later = retry_after(headers, now)
    if status in REDIRECT_STATUSES and headers.get("location"):
        return Verdict(Kind.MOVED, status, location=headers["location"], retry_after=later)
    if status in LATER:
        return Verdict(Kind.LATER, status, retry_after=later)
    if status in ENDED:
        return Verdict(Kind.ENDED, status)
    return Verdict(Kind.REFUSED, status)


def _judge_part(asked: Asked, headers: Mapping[str, str]) -> Verdict:
    told = headers.get("content-range", "")
    match = _CONTENT_RANGE.match(told)
    if not asked.ranged or match is None or match[1] is None:
        return Verdict(Kind.WRONG_RANGE, 206, why=f"a part without a usable Content-Range ({told[:80]!r})")
    start, end, size = int(match[1]), int(match[2]) + 1, None if match[3] == "*" else int(match[3])
    validator = validator_in(headers)
    if size is not None and asked.size is not None and size != asked.size:
        return _other_size(asked, 206, size, validator)
    if _differs(asked.validator, validator):
        return Verdict(Kind.CHANGED, 206, size=size, validator=validator, why="its ETag or date differs")
    announced = _length(headers)
    wanted_end = asked.end if asked.end is not None else size
    if (
        start != asked.start
        or end <= start
        or (wanted_end is not None and end > wanted_end)
        or (announced is not None and announced != end - start)
    ):
        return Verdict(Kind.WRONG_RANGE, 206, why=f"other bytes than requested ({told[:80]!r})")
    if not may_join(asked, validator):
        return Verdict(
            Kind.UNVALIDATED, 206, size=size, validator=validator, why=f"a part with {validator_words(validator)}"
        )
    return Verdict(Kind.ACCEPT, 206, start, end, size, validator)


def _judge_whole(asked: Asked, headers: Mapping[str, str]) -> Verdict:
    size, validator = _length(headers), validator_in(headers)
    if size is not None and asked.size is not None and size != asked.size:
        return _other_size(asked, 200, size, validator)
    if _differs(asked.validator, validator):
        return Verdict(Kind.CHANGED, 200, size=size, validator=validator, why="its ETag or date differs")
    kind = Kind.WHOLE if asked.ranged else Kind.ACCEPT
    return Verdict(kind, 200, 0, size if size is not None else asked.size, size, validator)


def _judge_unsatisfiable(asked: Asked, headers: Mapping[str, str]) -> Verdict:
    match = _CONTENT_RANGE.match(headers.get("content-range", ""))
    size = int(match[3]) if match is not None and match[3] != "*" else None
    if size is not None and size != asked.size:
        return _other_size(asked, 416, size, "")
    return Verdict(Kind.WRONG_RANGE, 416, why="a refusal of bytes that it has")


def _other_size(asked: Asked, status: int, size: int, validator: str) -> Verdict:
    kind = Kind.WRONG_SIZE if asked.stated else Kind.CHANGED
    return Verdict(kind, status, size=size, validator=validator, why=f"{size} bytes instead of {asked.size}")


def _length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-length", "")
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None  # Python has limits too


def _differs(before: str, now: str) -> bool:
    """Whether two validators tell of different contents; an ETag says nothing about a date, nor a weak one about a strong one."""
    return bool(before and now) and _sort(before) == _sort(now) and before.removeprefix("W/") != now.removeprefix("W/")


def _sort(validator: str) -> str:
    return next((mark for mark in ('"', 'W/"') if validator.startswith(mark)), "date")


def may_join(asked: Asked, validator: str) -> bool:
    """Whether an answer's bytes may be joined with others.

    RFC 9110, 15.3.7.3: parts are combined only where all have the same strong validator.

    Args:
        asked: The request.
        validator: What the answer says.
    """
    return asked.joins or (is_strong(validator) and asked.validator in ("", validator))


def is_weak(validator: str) -> bool:
    """Whether it tells of a change, but is nothing that If-Range takes: an ETag or a date that is marked as weak."""
    return validator.startswith("W/")


def is_strong(validator: str) -> bool:
    """Whether it is the same for the same bytes only: an ETag, or a date that was long past when it was told."""
    return bool(validator) and not is_weak(validator)


def validator_of(lines: Iterable[bytes]) -> str:
    """Gives the ETag or date in a head, as in a verdict.

    Args:
        lines: Status and header lines as they came.
    """
    return validator_in(parse_head((line for line in lines if line[:1] in b"DdEeLl"), WANTED)[1])


def validator_in(headers: Mapping[str, str]) -> str:
    """Gives what tells one version of a file from another: a strong ETag, else the date of the last change, else a weak ETag.

    Args:
        headers: Of an answer, with lower-case names.

    Returns:
        The ETag, or the date; "W/" before a date that isn't a strong validator (see `SETTLED`); "" for nothing.
    """
    etag, date = headers.get("etag", ""), headers.get("last-modified", "")[:100]
    if etag.startswith('"') and etag.endswith('"') and len(etag) > 2:
        return etag[:200]
    if not date:
        return etag[:200] if is_weak(etag) else ""
    changed, told = seconds_of_date(date), seconds_of_date(headers.get("date", ""))
    settled = changed is not None and told is not None and told - changed >= SETTLED
    return date if settled else f"W/{date}"


def validator_words(validator: str) -> str:
    """Names what tells one version of a file from another ("a weak ETag").

    Args:
        validator: As in a verdict.
    """
    if not validator:
        return "neither ETag nor date"
    kind = "ETag" if validator.removeprefix("W/").startswith('"') else "date of change"
    return f"a weak {kind}" if is_weak(validator) else f"{'an' if kind == 'ETag' else 'a'} {kind}"


# Offsets and checksums are those of the bytes as they are stored.
_IDENTITY = {"accept-encoding": "identity"}
_PLAIN = {"accept": "*/*", "user-agent": user_agent()}
#: The headers of a request that needs none of its own: always the same object, which costs the wire nothing.
PLAIN = tuple((_PLAIN | _IDENTITY).items())


def headers_for(location: Location, asked: Asked | None = None) -> tuple[tuple[str, str], ...]:
    """Gives a request's headers.

    Args:
        location: Where it goes.
        asked: The bytes that it asks for, None for the whole file.

    Returns:
        Names in lower case and values.
    """
    ranged = asked is not None and asked.ranged
    if not (location.headers or ranged):
        return PLAIN
    headers = _PLAIN | {name.lower(): value for name, value in location.headers.items()} | _IDENTITY
    if asked is not None and ranged:
        headers["range"] = f"bytes={asked.start}-{'' if asked.end is None else asked.end - 1}"
        if asked.validator and not is_weak(asked.validator):
            headers["if-range"] = asked.validator
    return tuple(headers.items())


def followed(here: Location, there: str) -> Location:
    """Gives where a redirect leads, with the headers that may go along.

    Whoever sends us elsewhere must not learn there what we carry here; a redirect within the origin may.

    Args:
        here: Who was asked.
        there: The URL that was given instead.
    """
    same = bool(here.headers) and origin_of(there) == origin_of(here.url)
    return Location(there, here.headers if same else {})
