"""When to try again, and after how long: decisions without a clock, a network or chance of their own."""

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC

#: Statuses that may be different next time.
RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})

#: Answers that send a request elsewhere.
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
#: Redirects in a row, waits not counted, after which a service is going round in circles; browsers stop at about 20.
REDIRECT_LIMIT = 30

#: Bytes a second below which a connection counts as lost: no line is so slow that the files of this field come over it.
LEAST_RATE = 1024
#: Seconds over which they are counted.
SILENCE = 60.0
#: How often they are counted in that time.
_LOOKS = 30

# As long as may be: a wait of 10**9 s is a wait, not nonsense. What is beyond floats is infinite.
_SECONDS = r"(?a)\d+(\.\d+)?"


@dataclass(frozen=True, slots=True)
class Retry:
    """How persistently a request is made.

    The wait before try n + 1 is drawn from 0 to min(cap, base * 2**(n - 1)) seconds ("full jitter", so that clients
    which failed together don't come back together): with the defaults at most 1, 2, 4, 8, 16 s. A service's Retry-After
    takes its place.

    Args:
        attempts: How often a request is sent at most, at least 1 (no second try).
        base: Longest wait before the second try, in seconds.
        cap: Longest wait before any try, in seconds; Retry-After isn't bound by it.
        budget: Longest time from the first sending to the last in seconds, waits included; waits of redirects that
            say "not yet" too. A service that asks for a longer wait ends it at once.
        statuses: Answers that are tried again.
        obeyed: Further answers that are tried again where they state Retry-After.

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
        """Return the wait before the next try.

        Args:
            failures: How many tries have failed, from 1.
            fraction: The jitter: a number drawn from 0 to 1.

        Returns:
            Seconds.
        """
        # 2.0**1024 overflows; at any sane base the cap is reached long before 2**64.
        return min(self.cap, self.base * 2.0 ** min(failures - 1, 64)) * fraction

    def next_pause(
        self, *, failures: int, elapsed: float, fraction: float, retry_after: float | None = None
    ) -> float | None:
        """Decide whether a try that failed is followed by another.

        Args:
            failures: How many tries have failed, this one included.
            elapsed: Seconds since the first sending.
            fraction: The jitter: a number drawn from 0 to 1.
            retry_after: What the service asked for in seconds, None when it didn't.

        Returns:
            Seconds to wait, or None to give up: the tries are used up, or the wait would end after the budget.
        """
        if failures >= self.attempts:
            return None
        pause = self.pause(failures, fraction) if retry_after is None else retry_after
        return pause if elapsed + pause <= self.budget else None

    def retries_status(self, status: int, *, idempotent: bool) -> bool:
        """Return whether an answer is worth another try.

        Args:
            status: The answer's status.
            idempotent: Whether a second sending does no harm; where there is an answer, the request had arrived.

        Returns:
            True when it may be sent again.
        """
        return idempotent and status in self.statuses


class Flow:
    """Return whether bytes come too slowly, by the time that its caller measures.

    Args:
        least_rate: Bytes a second; 0 is never too slow.
        seconds: Over which they are counted; above 0.
    """

    def __init__(self, least_rate: float, seconds: float) -> None:
        self._least = least_rate * seconds
        self._seconds = seconds
        self._marks = deque[tuple[float, int]]()

    def is_slow(self, now: float, moved: int) -> bool:
        """Count bytes and return whether they come too slowly; to be asked again and again.

        Args:
            now: Seconds by a clock that never goes back and stands still while no bytes are waited for.
            moved: Bytes so far.

        Returns:
            Whether fewer came than should have, in that many seconds up to now.
        """
        marks = self._marks
        if not marks or now - marks[-1][0] >= self._seconds / _LOOKS:
            marks.append((now, moved))
        while len(marks) > 1 and marks[1][0] <= now - self._seconds:
            marks.popleft()
        began, before = marks[0]
        return now - began >= self._seconds and moved - before < self._least


#: One try only.
NO_RETRY = Retry(attempts=1)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Read how long a service asks to wait.

    Args:
        headers: An answer's headers, looked up as `retry-after` and `date`.
        now: Seconds since 1970 by the wall clock; the answer's own Date takes its place, since clocks differ.

    Returns:
        Seconds, at least 0; None when the header is missing or makes no sense.
    """
    value = (headers.get("retry-after") or "").strip()
    if not value:
        return None
    if re.fullmatch(_SECONDS, value):
        return float(value)
    until = seconds_of_date(value)
    if until is None:
        return None
    sent = seconds_of_date(headers.get("date") or "")
    return max(0.0, until - (now if sent is None else sent))


def clock_lead(headers: Mapping[str, str], now: float) -> float | None:
    """Return how far a machine's clock is ahead of a service's.

    Args:
        headers: An answer's headers, looked up as `date`.
        now: Seconds since 1970 by this machine's clock, at about the time of the answer.

    Returns:
        Seconds, negative when it is behind; None when the answer doesn't say.
    """
    sent = seconds_of_date(headers.get("date") or "")
    return None if sent is None else now - sent


def lead_in_words(lead: float) -> str:
    """Return how far a clock is from another.

    Args:
        lead: Seconds that it is ahead; negative when it is behind.

    Returns:
        Such as "10 minutes behind" or "2 days ahead of", in the largest unit of which there are about two.
    """
    side, apart = ("ahead of" if lead > 0 else "behind"), abs(lead)
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if apart >= 1.9 * length:
            return f"{apart / length:.0f} {unit} {side}"
    return f"{apart:.0f} s {side}"


def seconds_of_date(text: str) -> float | None:
    """Read a date as HTTP's headers have it.

    Args:
        text: Such as "Mon, 02 Nov 2026 08:00:00 GMT".

    Returns:
        Seconds since 1970, None where it makes no sense.
    """
    from email.utils import parsedate_to_datetime  # a fifth of what importing a client costs

    try:
        moment = parsedate_to_datetime(text)
        # Without a zone (asctime's form) it is UTC, RFC 9110 says; Python would take this machine's.
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, IndexError):
        return None
