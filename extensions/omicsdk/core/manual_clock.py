"""Time that tests move."""


class ManualClock:
    """A clock for tests: it only advances when code sleeps or a test moves it. If several threads sleep at the same
    moment, it may advance by one of their waits only.

    Args:
        now: Seconds since 1970 at which it starts.

    Attributes:
        slept: Every wait so far, in seconds.
    """

    def __init__(self, now: float = 1_600_000_000.0) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> float:
        """Seconds since 1970."""
        return self._now

    def monotonic(self) -> float:
        """The same seconds; nothing sets this clock back."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self._now += seconds

    def sleep(self, seconds: float) -> None:
        """Advance the clock and record the wait, without waiting."""
        self.slept.append(seconds)
        self._now += seconds

    async def async_sleep(self, seconds: float) -> None:
        """Do the same on an event loop."""
        self.sleep(seconds)
