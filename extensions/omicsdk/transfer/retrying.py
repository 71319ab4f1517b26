"""Whether and when a file's request is tried again. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
class Quota:
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
        return replace(self, left=min(self.retries, self.left + cells), streak=0)

    def failed(self, jitter: float, retry_after: float | None = None) -> tuple[Quota, float] | None:
        """Decides what follows a failure.

        Args:
            jitter: A random number from 0 to 1; the wait is between half of it and all of it.
            retry_after: Seconds that the server asked to wait, None when it didn't.

        Returns:
            The quota that is left and the seconds to wait, or None when the file has failed for good.
        """
        if self.left <= 0 or (retry_after or 0.0) > LONGEST_RETRY_AFTER:
            return None
        delay = min(LONGEST_DELAY, self.min_delay * 2 ** min(self.streak, 30)) * (0.5 + jitter / 2)
        return replace(self, left=self.left - 1, streak=self.streak + 1), max(delay, retry_after or 0.0)
