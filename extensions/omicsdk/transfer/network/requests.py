"""Requests for the bytes of a file: where they are, what is asked for, and how an answer is judged, when to retry. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, cast

from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import APIError, TooManyRedirects, TransportError
from omicsdk.core.redaction import without_query
from omicsdk.core.retry import LEAST_RATE, REDIRECT_LIMIT, REDIRECT_STATUSES, SILENCE, retry_after, seconds_of_date
from omicsdk.core.version import USER_AGENT
from omicsdk.transfer.arguments import a, number, whole_number
from omicsdk.transfer.network.plan import LARGEST

# Patterns that not every transfer needs are compiled, and kept by `re`, when they are first used.
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z"
_HEADER_VALUE = r"[\t -~]*\Z"
_LONE_SURROGATE = "[\ud800-\udfff]"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a file's bytes are.

    Attributes:
        url: An http or https URL, presigned or not; to fetch from, an ftp URL will do, too.
        headers: Headers to send to that URL's origin (scheme, host, port); on a redirect to another one they are
            dropped.
        server: Whom it asks; see `server_of`.

    Raises:
        ValueError: A header that would become more than one, or characters outside of what HTTP can carry.
        TypeError: A URL or header that isn't text.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    server: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(cast("object", self.url), str):
            raise TypeError(f"a Location's url must be text, not {a(self.url)}")
        if not isinstance(cast("object", self.headers), Mapping):
            raise TypeError(f"a Location's headers must be a mapping from name to value, not {a(self.headers)}")
        for name, value in self.headers.items():
            if not isinstance(cast("object", value), str):
                raise TypeError(f"the header {name!r} must be text, not {a(value)}")
            if not re.match(_HEADER_NAME, name) or not re.match(_HEADER_VALUE, value):
                raise ValueError(f"the header {name!r} has characters that cannot be sent")
        if not self.url.isascii() and re.search(_LONE_SURROGATE, self.url):
            raise ValueError(f"the URL has characters that cannot be sent: {without_query(self.url)!a}")
        object.__setattr__(self, "server", server_of(self.url))

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
_CONTENT_RANGE = r"(?i)bytes\s+(?:(\d{1,19})-(\d{1,19})|\*)/(\d{1,19}|\*)\s*\Z"


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


_NO_PAYER = "UserProjectMissing"
"""Google's code of "Bucket is a requester pays bucket but no user project provided."."""


def unavailable(title: str, url: str, verdict: Verdict, headers: Mapping[str, str], body: bytes) -> APIError:
    """Return the error of a file that its server refuses.

    Args:
        title: What messages call the file.
        url: Where it was asked for.
        verdict: The answer.
        headers: Its headers.
        body: How its body begins.
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
        error.remedy = "Its bucket bills the reader: set OMICS_GOOGLE_PROJECT to the Google project that pays."
    error.message = f"{title}: the server does not provide this file: {error.message}"
    return error


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
    match = re.match(_CONTENT_RANGE, told)
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
    match = re.match(_CONTENT_RANGE, headers.get("content-range", ""))
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
_PLAIN = {"accept": "*/*", "user-agent": USER_AGENT}
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


#: Characters that stay as they are when a URL is written for the wire; what is escaped already is left alone.
URL_SAFE = "%/:?#[]@!$&'()*+,;=~-._"

# A URL that is fit for the wire as it is; one with dots for a segment is worked out first.
_ABSOLUTE = r"https?://(?!.*/\.)[A-Za-z0-9%/:?@!$&'()*+,;=~._-]+\Z"

_BLANK = frozenset({b"\r\n", b"\n"})


def last_status(lines: Sequence[bytes]) -> tuple[bytes, bool]:
    """Return the last status line of an answer, b"" for none, and whether a blank line ends its head.

    A proxy says that a way stands, and a server that more will come, in heads of their own before.

    Args:
        lines: Status and header lines as they came; of a chunked body the trailers follow.
    """
    if lines and lines[-1] == b"\r\n" and lines.count(b"\r\n") == 1 and lines[0].startswith(b"HTTP/"):
        return lines[0], True  # one head, as most have: there are many small answers
    ended = False
    for line in reversed(lines):
        if line.startswith(b"HTTP/"):
            return line, ended
        ended |= line in _BLANK
    return b"", False


def is_whole(lines: Sequence[bytes]) -> bool:
    """Whether the head of a final answer ends where it should, with a blank line.

    libcurl takes the end of the connection for the end of the head, too: what it then calls an answer may have lost its
    Location, size or ETag.

    Args:
        lines: As for `last_status`.
    """
    status, ended = last_status(lines)
    return ended and not status.split(None, 1)[-1].startswith(b"1")


def parse_head(lines: Iterable[bytes], wanted: Mapping[bytes, str] | None = None) -> tuple[int, dict[str, str]]:
    """Reads the last of the heads that a request was answered with (there may be 100s before).

    Args:
        lines: Status and header lines as they came.
        wanted: The headers to read, from their names in lower case to what to call them; the rest isn't even decoded.
            None for all.

    Returns:
        The status, 0 when there is none, and the headers with lower-case names; of a repeated one the last.
    """
    status, headers = 0, dict[str, str]()
    for line in lines:
        if line.startswith(b"HTTP/"):  # before a colon is looked for: the server's words may have one
            fields = line.split(None, 2)
            status, headers = int(fields[1]) if len(fields) > 1 and fields[1].isdigit() else 0, {}
            continue
        field, colon, value = line.partition(b":")
        if colon:
            field = field.strip().lower()
            name = field.decode("latin-1") if wanted is None else wanted.get(field)
            if name:
                headers[name] = value.decode("latin-1").strip()
    return status, headers


def redirected(url: str, location: str) -> str | None:
    """Gives where a redirect leads.

    Args:
        url: Who sent it.
        location: The header, as `parse_head` read it.

    Returns:
        The URL, None when it makes no sense.
    """
    if re.match(_ABSOLUTE, location):
        return location
    from urllib.parse import quote, urljoin

    try:
        # Headers are read as Latin-1, which gives back the very bytes that came.
        found = quote(urljoin(quote(url, safe=URL_SAFE), location).encode("latin-1"), safe=URL_SAFE)
    except ValueError:
        return None
    return found if found[:8].lower().startswith(("http://", "https://")) else None


_ELSEWHERE = tuple(f"HTTP/1.1 {status}".encode() for status in REDIRECT_STATUSES)
_OF_REDIRECTS = {b"location": "location", b"retry-after": "retry-after"}


def moved(location: Location, lines: Sequence[bytes]) -> Location | None:
    """Return where an answer sends its request; None where it does not, asks to wait before, or sends it back.

    Args:
        location: What was asked for.
        lines: Status and header lines as they came.
    """
    if not last_status(lines)[0].startswith(_ELSEWHERE):
        return None
    headers = parse_head(lines, _OF_REDIRECTS)[1]
    there = redirected(location.url, headers.get("location", "")) if "retry-after" not in headers else None
    return followed(location, there) if there and there != location.url else None


def next_url(url: str, location: str, hops: int, method: str = "GET") -> str:
    """Return where a redirect leads that has to be followed.

    Args:
        url: Who sent it.
        location: The header, as `parse_head` read it.
        hops: Redirects in a row, with this one.
        method: How it was asked, for the error.

    Raises:
        TransportError: The address is invalid.
        TooManyRedirects: There are more than REDIRECT_LIMIT in a row.
    """
    there = redirected(url, location)
    if there is None:
        raise TransportError("the redirect's address is invalid", method=method, url=without_query(url))
    if hops > REDIRECT_LIMIT:
        raise TooManyRedirects("redirect loop", method=method, url=without_query(url))
    return there


def server_of(url: str) -> str:
    """Scheme and authority as a URL has them: cheaper than its origin, and two spellings of one do no harm."""
    end = url.find("/", url.find("//") + 2)
    server = url if end < 0 else url[:end]
    return server.partition("?")[0] if "?" in server else server


_RANGE = r"bytes=(\d+)-(\d*)\Z"
#: Replies (RFC 959) and what they are in HTTP: no login, a busy server, a file that isn't there or may not be had.
_REFUSALS = {
    b"421": b"503 Service Unavailable",
    b"425": b"503 Service Unavailable",
    b"450": b"503 Service Unavailable",
    b"451": b"503 Service Unavailable",
    b"530": b"403 Forbidden",
    b"532": b"403 Forbidden",
    b"550": b"404 Not Found",
    b"553": b"404 Not Found",
}
_DATA_COMES = (b"125", b"150")
_UNKNOWN = (b"500", b"501", b"502", b"504")


def is_ftp(url: str) -> bool:
    """Whether a URL is one of a file on an FTP server.

    Args:
        url: The URL.
    """
    return url[:6].lower() == "ftp://"


def asked_range(headers: Iterable[tuple[str, str]]) -> str:
    """Gives the bytes that are asked for as libcurl wants them ("0-99", "5-"); empty for all.

    Args:
        headers: The request's headers, with lower-case names.
    """
    found = re.match(_RANGE, dict(headers).get("range", ""))
    return f"{found[1]}-{found[2]}" if found is not None else ""


def is_refusal(lines: Iterable[bytes]) -> bool:
    """Whether a server has said no before a byte came: that is an answer, where libcurl has an error.

    Args:
        lines: The head's lines, as `FtpReplies` gave them.
    """
    statuses = [line.split()[1] for line in lines if line.startswith(b"HTTP/")]
    return bool(statuses) and all(status >= b"400" for status in statuses)


class FtpReplies:
    """Takes the lines of a conversation as libcurl hands them over, and gives the head of an HTTP answer.

    Args:
        lines: Where the head's lines go.
        wanted: The bytes that are asked for, see `asked_range`.
    """

    def __init__(self, lines: list[bytes], wanted: str) -> None:
        self._lines = lines
        self._wanted = wanted
        self._size: int | None = None

    def take(self, line: bytes, /) -> None:
        """Takes a reply's line.

        Args:
            line: As it came.
        """
        code, rest = line[:3], line[4:].strip()
        if code == b"213" and rest.isdigit():
            self._size = int(rest)
        elif code in _REFUSALS:
            self._lines += [b"HTTP/1.1 " + _REFUSALS[code] + b"\r\n", b"\r\n"]
        elif code in _UNKNOWN and self._wanted:  # perhaps REST; if it was another command, the conversation goes on
            self._lines += [b"HTTP/1.1 416 Range Not Satisfiable\r\n", b"\r\n"]
        elif code in _DATA_COMES:
            self._lines += self._head()

    def _head(self) -> list[bytes]:
        if not self._wanted:
            length = [] if self._size is None else [f"Content-Length: {self._size}\r\n".encode()]
            return [b"HTTP/1.1 200 OK\r\n", *length, b"\r\n"]
        first, _, last = self._wanted.partition("-")
        told = ""  # nobody knows which bytes come: the whole file is asked for then
        if self._size is not None:
            end = min(int(last), self._size - 1) if last else self._size - 1
            told = f"Content-Range: bytes {first}-{end}/{self._size}\r\n"
        elif last:
            told = f"Content-Range: bytes {first}-{last}/*\r\n"
        return [b"HTTP/1.1 206 Partial Content\r\n", told.encode(), b"\r\n"]


#: The longest wait between two tries, in seconds, unless a server asks for more.
LONGEST_DELAY = 60.0


#: The longest wait that a server may ask for, in seconds; beyond it the file fails and the message says why.
LONGEST_RETRY_AFTER = 3600.0


#: Statuses of servers that are asked for more than they bear: fewer requests at once may help.
OVERLOADED = frozenset({429, 503})


#: Statuses that say "later": timeouts, rate limits, and servers in trouble.
LATER = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})


#: Statuses with which stores refuse a presigned URL that has ended.
ENDED = frozenset({400, 401, 403, 410})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a peer is waited for.

    Attributes:
        connect: Seconds until a connection stands.
        silence: Seconds over which fewer bytes than `least_rate` end a request: its connection is lost. Seconds in which a
            bandwidth limit holds it up don't count.
        least_rate: Bytes a second, 0 or more; with 0 a request never ends for its slowness, not even for silence.
        renewals: How often a URL or login is asked for again that a server refuses with 400, 401, 403 or 410, without a byte
            in between; 0 or more.
        retry_after: The longest wait that a server may ask for, in seconds, also by several redirects that say "not yet"; a
            file for which it asks more has failed.

    Raises:
        ValueError: A number that is out of bounds.
        TypeError: One that is none.
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


#: That of a transfer for which none is stated.
PATIENCE = Patience()


class Quota(NamedTuple):
    """How many failures a file may still have.

    Attributes:
        retries: Its limit.
        min_delay: Seconds before the first retry.
        left: Failures that it may still have.
        streak: Failures since the last progress.
    """

    retries: int
    min_delay: float
    left: int
    streak: int = 0

    @classmethod
    def of(cls, retries: int, min_delay: float) -> Quota:
        """A full quota."""
        return cls(retries, min_delay, retries)

    def gained(self, cells: int = 1) -> Quota:
        """The quota after progress.

        Args:
            cells: How many cells arrived.
        """
        return self._replace(left=min(self.retries, self.left + cells), streak=0)

    def failed(
        self, jitter: float, retry_after: float | None = None, longest: float = LONGEST_RETRY_AFTER
    ) -> tuple[Quota, float] | None:
        """Decides what follows a failure.

        Args:
            jitter: A random number from 0 to 1; the wait is between half of it and all of it.
            retry_after: Seconds that the server asked to wait, None when it didn't.
            longest: How many it may ask for.

        Returns:
            The quota that is left and the seconds to wait, or None when the file has failed for good.
        """
        if self.left <= 0 or (retry_after or 0.0) > longest:
            return None
        delay = min(LONGEST_DELAY, self.min_delay * 2 ** min(self.streak, 30)) * (0.5 + jitter / 2)
        return self._replace(left=self.left - 1, streak=self.streak + 1), max(delay, retry_after or 0.0)
