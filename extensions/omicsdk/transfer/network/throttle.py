"""The bandwidth limit: a token bucket whose tokens are bytes. Pure but for the class that shares one between threads."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from omicsdk.transfer.arguments import number

#: What may be saved up while nothing is sent, in seconds of the limit.
SAVED = 0.1
#: How much has to be there before the next bytes are let through, in seconds of the limit: less would be many wake-ups.
LEAST = 0.02


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tokens at a moment.

    Attributes:
        rate: Bytes a second that flow in; above 0.
        tokens: Bytes that may pass; below 0 after more has passed than there were tokens, which can't be helped: bytes
            are counted when they have come.
        at: The moment, in seconds by a clock that never goes back.
    """

    rate: float
    tokens: float
    at: float

    def later(self, now: float) -> Bucket:
        """The bucket at another moment; an earlier one changes nothing.

        Args:
            now: The moment.
        """
        if now <= self.at:
            return self
        return replace(self, tokens=min(SAVED * self.rate, self.tokens + (now - self.at) * self.rate), at=now)

    def taken(self, count: int) -> Bucket:
        """The bucket after bytes have passed.

        Args:
            count: How many; fewer than 0 gives some back.
        """
        return replace(self, tokens=self.tokens - count)

    def wait(self) -> float:
        """Seconds until bytes may pass, 0.0 when they may now."""
        return 0.0 if self.tokens > 0 else (LEAST * self.rate - self.tokens) / self.rate


class Throttle:
    """A limit that several transfers may share and that may be changed while they run. Thread-safe.

    Args:
        rate: Bytes a second for all together, headers not counted; None for no limit.

    Raises:
        ValueError: A rate that isn't above 0.
    """

    def __init__(self, rate: float | None = None) -> None:
        self._guard = threading.Lock()
        self._rate = _checked(rate)
        self._bucket: Bucket | None = None

    @property
    def rate(self) -> float | None:
        """Bytes a second, None for no limit."""
        return self._rate

    @rate.setter
    def rate(self, rate: float | None) -> None:
        with self._guard:
            self._rate = _checked(rate)
            if self._bucket is not None and rate is not None:  # the debt stays: it is in bytes that have passed
                self._bucket = replace(self._bucket, rate=rate, tokens=min(self._bucket.tokens, SAVED * rate))
            else:
                self._bucket = None

    def take(self, count: int, now: float) -> float:
        """Counts bytes that have passed.

        Args:
            count: How many.
            now: The clock that all users of this throttle share.

        Returns:
            Seconds until more may pass, 0.0 when they may now.
        """
        with self._guard:
            if self._rate is None:
                return 0.0
            bucket = self._bucket or Bucket(self._rate, 0.0, now)
            self._bucket = bucket.later(now).taken(count)
            return self._bucket.wait()


def _checked(rate: float | None) -> float | None:
    if rate is not None:
        number("rate_limit", rate, "bytes a second")
    if rate is not None and not 0 < rate < float("inf"):
        raise ValueError(f"the limit is {rate} bytes a second; it must be above 0, or None for none")
    return rate
