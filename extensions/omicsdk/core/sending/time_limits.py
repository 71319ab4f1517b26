"""Time limits of requests: for each step, and what a user states for all calls of a process."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from omicsdk.core.frozen import Frozen, NamedTuple
from omicsdk.core.retry import LEAST_RATE, SILENCE, Retry


class Timeout(Frozen):
    """Time limits for each step of a request, in seconds; None is forever.

    Args:
        connect: To establish a connection, including encryption.
        read: Between two pieces of the response, and until the first.
        write: Between two pieces of the request.
        pool: To wait for a free connection.
        body: The time in which a response's head arrives, and over which its body must bring at least `least_rate` bytes
            a second; also the most time of a call to a silent or slow service, including retries.
        least_rate: Bytes a second; 0 or more.

    Raises:
        ValueError: Seconds that are not above 0, or a rate below 0.
    """

    connect: float | None = 10.0
    read: float | None = 60.0
    write: float | None = 60.0
    pool: float | None = 60.0
    body: float | None = SILENCE
    least_rate: int = LEAST_RATE

    def __post_init__(self) -> None:
        if self.least_rate < 0:
            raise ValueError(f"Timeout(least_rate={self.least_rate}): bytes a second cannot be negative")
        for name in ("connect", "read", "write", "pool", "body"):
            seconds: float | None = getattr(self, name)
            # `not >` refuses NaN as well, which `<=` would accept.
            if seconds is not None and not seconds > 0:
                raise ValueError(f"Timeout({name}={seconds}): seconds must be above 0")

    @classmethod
    def of(cls, given: Timeout | float | None) -> Timeout:
        """Convert a constructor's argument to a Timeout.

        Args:
            given: A Timeout; seconds for each step; None for the defaults.

        Returns:
            A Timeout.

        Raises:
            ValueError: The seconds are not above 0.
        """
        if given is None:
            return _limits.timeout or _USUAL_TIMEOUT
        return given if isinstance(given, Timeout) else cls(given, given, given, given)

    def by_name(self) -> dict[str, float | None]:
        """Return the seconds under httpx's names."""
        return {"connect": self.connect, "read": self.read, "write": self.write, "pool": self.pool}


_USUAL_TIMEOUT = Timeout()


class _Limits(NamedTuple):
    """Limits from a user for all calls of a process; None if not set."""

    timeout: Timeout | None = None
    budget: float | None = None


_limits = _Limits()


@contextmanager
def call_limits(timeout: Timeout | None = None, budget: float | None = None) -> Generator[None]:
    """Limit the waits of all transports that are created within the block.

    Applies to the whole process, and is meant for programs that end with the block: a command creates clients in many
    places.

    Args:
        timeout: For transports without a timeout; None leaves it unchanged.
        budget: Seconds of `Retry`, for all transports: their creators choose how often they try, the user how long.
            None leaves it unchanged.
    """
    global _limits
    before = _limits
    _limits = _Limits(timeout or before.timeout, before.budget if budget is None else budget)
    try:
        yield
    finally:
        _limits = before


_USUAL = Retry()


def stated_budget() -> float | None:
    """The seconds that `call_limits` allows for a call and its retries; None outside of it."""
    return _limits.budget


def within_budget(retry: Retry | None = None) -> Retry:
    """Return a Retry within the budget of `call_limits`.

    Args:
        retry: None for the defaults.

    Raises:
        TypeError: It is something else.
    """
    if not isinstance(retry, Retry | None):  # pyright: ignore[reportUnnecessaryIsInstance] - a caller's
        raise TypeError(f"retry must be a Retry, such as Retry(attempts=3), not {retry!r}")
    retry = _USUAL if retry is None else retry
    return retry if _limits.budget is None else retry.replaced(budget=_limits.budget)
