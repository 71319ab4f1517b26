"""When to retry, and after which delay: decisions without clock, network or randomness."""

import re
from collections import deque
from collections.abc import Mapping

from omicsdk.core.frozen import Frozen

#: Statuses that may change on a retry.
RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})

#: Responses that redirect a request.
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
#: Consecutive redirects, without waits, that mean a loop; browsers stop at about 20.
REDIRECT_LIMIT = 30

#: Bytes a second below which a connection is treated as lost: the field's files are too large for such a line.
LEAST_RATE = 1024
#: Seconds over which the rate is measured.
SILENCE = 60.0
#: Measurements within that time.
_LOOKS = 30

# Some services state the wait more exactly, beside the header of RFC 9110 or in its place.
_IN_MILLISECONDS = ("retry-after-ms", "x-ms-retry-after-ms")
# No upper bound: a wait of 10**9 s is valid. What exceeds floats is infinite.
_SECONDS = r"(?a)\d+(\.\d+)?"
# The form that all servers use.
_USUAL_DATE = r"(?a)[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d) GMT\Z"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def is_elsewhere(status: int, location: str | None) -> bool:
    """Return whether a response redirects to another scheme than http, such as s3://bucket/key.

    Args:
        status: The response's status.
        location: Its Location, if it has one.
    """
    scheme, colon, _ = (location or "").partition("://")
    return status in REDIRECT_STATUSES and bool(colon) and scheme.lower() not in ("http", "https")


class Retry(Frozen):
    """How persistently a request is retried.

    The delay before try n + 1 is drawn from 0 to min(cap, base * 2**(n - 1)) seconds ("full jitter", so that clients
    that failed together do not return together): with the defaults at most 1, 2, 4, 8, 16 s. A service's Retry-After
    replaces it.

    Args:
        attempts: Maximum number of tries of a request, at least 1 (no retry).
        base: Longest delay before the second try, in seconds.
        cap: Longest delay before any try, in seconds; Retry-After may exceed it.
        budget: Longest time from the first try to the last in seconds, including delays and those of redirects that say
            "not yet". If a service asks for a longer wait, the request fails at once.
        statuses: Statuses that are retried.
        obeyed: Further statuses that are retried if they have Retry-After.

    Raises:
        ValueError: A number is out of its bounds.
    """

    attempts: int = 6
    base: float = 1.0
    cap: float = 60.0
    budget: float = 600.0
    statuses: frozenset[int] = RETRIED_STATUSES
    obeyed: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"Retry(attempts={self.attempts}): a request must be sent at least once")
        for name in ("base", "cap", "budget"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"Retry({name}={getattr(self, name)}): seconds cannot be negative")

    def pause(self, failures: int, fraction: float) -> float:
        """Return the delay before the next try.

        Args:
            failures: Failed tries so far, from 1.
            fraction: The jitter: a number drawn from 0 to 1.

        Returns:
            Seconds.
        """
        # 2.0**1024 overflows; at any sane base the cap is reached long before 2**64.
        return min(self.cap, self.base * 2.0 ** min(failures - 1, 64)) * fraction

    def next_pause(
        self, *, failures: int, elapsed: float, fraction: float, retry_after: float | None = None
    ) -> float | None:
        """Decide whether to retry after a failure.

        Args:
            failures: Failed tries, including this one.
            elapsed: Seconds since the first try.
            fraction: The jitter: a number drawn from 0 to 1.
            retry_after: Seconds that the service requested to wait, None if it did not.

        Returns:
            Seconds to wait, or None to stop retrying: no try is left, or the delay would end after the budget.
        """
        if failures >= self.attempts:
            return None
        # The service's own wait has no jitter and no cap: an earlier try would be refused again.
        pause = self.pause(failures, fraction) if retry_after is None else retry_after
        return pause if elapsed + pause <= min(self.budget, 2.0**33) else None  # beyond 272 years no clock can sleep

    def retries_status(self, status: int, *, idempotent: bool) -> bool:
        """Return whether a status is worth a retry.

        Args:
            status: The response's status.
            idempotent: Whether repeating the request does no harm; a response proves that it had arrived. By 429 a
                service refuses a request before it does anything, so that is repeated in any case.

        Returns:
            True if it may be sent again.
        """
        # A 429 is refused before it is processed, so that a repetition has no second effect.
        return status in self.statuses and (idempotent or status == 429)


class Flow:
    """Detects a flow of bytes that is too slow, by its caller's time.

    Args:
        least_rate: Bytes a second; 0 is never too slow.
        seconds: The time over which they are measured; above 0.
    """

    def __init__(self, least_rate: float, seconds: float) -> None:
        self._least = least_rate * seconds
        self._seconds = seconds
        self._marks = deque[tuple[float, int]]()

    def is_slow(self, now: float, moved: int) -> bool:
        """Count bytes and return whether they arrive too slowly; to be called repeatedly.

        Args:
            now: Seconds by a clock that never goes back and stops while no bytes are awaited.
            moved: Bytes so far.

        Returns:
            Whether fewer arrived than required, in that many seconds up to now.
        """
        marks = self._marks
        if not marks or now - marks[-1][0] >= self._seconds / _LOOKS:
            marks.append((now, moved))
        # One mark before the window stays, so that the measured time is at least the whole window.
        while len(marks) > 1 and marks[1][0] <= now - self._seconds:
            marks.popleft()
        start, before = marks[0]
        return now - start >= self._seconds and moved - before < self._least


#: A single try.
NO_RETRY = Retry(attempts=1)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return how long a service asks to wait.

    Args:
        headers: A response's headers, read as `retry-after`, `retry-after-ms`, `x-ms-retry-after-ms` and `date`.
        now: Seconds since 1970 by the wall clock; the response's own Date takes precedence, since clocks differ.

    Returns:
        Seconds, at least 0; None if the headers are missing or invalid.
    """
    for name in _IN_MILLISECONDS:
        if re.fullmatch(_SECONDS, (headers.get(name) or "").strip()):
            return float(headers[name]) / 1000
    value = (headers.get("retry-after") or "").strip()
    if not value:
        return None
    if re.fullmatch(_SECONDS, value):
        return float(value)
    until = seconds_of_date(value)
    if until is None:
        return None
    sent = seconds_of_date(headers.get("date") or "")
    # Both times by the service's clock if it states the time: this machine's clock may be wrong.
    return max(0.0, until - (now if sent is None else sent))


def clock_lead(headers: Mapping[str, str], now: float) -> float | None:
    """Return how far a machine's clock is ahead of a service's.

    Args:
        headers: A response's headers, read as `date`.
        now: Seconds since 1970 by this machine's clock, at about the time of the response.

    Returns:
        Seconds, negative if it is behind; None if the response has no date.
    """
    sent = seconds_of_date(headers.get("date") or "")
    return None if sent is None else now - sent


def lead_in_words(lead: float) -> str:
    """Describe how far a clock is from another.

    Args:
        lead: Seconds that it is ahead; negative if it is behind.

    Returns:
        Such as "10 minutes behind" or "2 days ahead of", in the largest unit of which there are about two.
    """
    side, apart = ("ahead of" if lead > 0 else "behind"), abs(lead)
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        # From 1.9 on, which is rounded to 2: the units are plurals.
        if apart >= 1.9 * length:
            return f"{apart / length:.0f} {unit} {side}"
    return f"{apart:.0f} s {side}"


def clock_remedy(headers: Mapping[str, str], now: float) -> str:
    """Return a remedy if the clock is so wrong that valid credentials look invalid; else an empty text.

    Args:
        headers: A response's headers, read as `date`.
        now: Seconds since 1970 by this machine's clock, at about the time of the response.
    """
    lead = clock_lead(headers, now)
    # The usual tolerance of services.
    if lead is None or abs(lead) < 300.0:
        return ""
    return f"This machine's clock is {lead_in_words(lead)} the service's: set it, then try again."


def seconds_of_date(text: str) -> float | None:
    """Parse a date of HTTP's headers.

    Args:
        text: Such as "Mon, 02 Nov 2026 08:00:00 GMT".

    Returns:
        Seconds since 1970, None if it is invalid.
    """
    from datetime import UTC, datetime  # which a command on local files does without

    if (match := re.match(_USUAL_DATE, text)) is not None and match[2] in _MONTHS:
        day, month, year, *clock = match.groups()
        try:
            return datetime(int(year), _MONTHS.index(month) + 1, int(day), *map(int, clock), tzinfo=UTC).timestamp()
        except ValueError:  # the 30th of February
            return None
    from email.utils import parsedate_to_datetime  # a fifth of what importing a client costs

    try:
        moment = parsedate_to_datetime(text)
        # A time without a zone (asctime's form) is UTC by RFC 9110; Python would use this machine's zone.
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, IndexError):
        return None
