"""Whether and when a file's request is tried again, and how long it is waited for. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from omicsdk.core.retry import LEAST_RATE, SILENCE
from omicsdk.transfer.arguments import number, whole_number

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
        return replace(self, left=self.left - 1, streak=self.streak + 1), max(delay, retry_after or 0.0)
