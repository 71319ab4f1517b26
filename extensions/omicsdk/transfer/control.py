"""What a running transfer is told from outside: stop, pause, go on, how fast, what to accept. Thread-safe, and safe in signal
handlers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Literal, TypeVar

from omicsdk.transfer.arguments import kind, number
from omicsdk.transfer.network.bandwidth import Throttle
from omicsdk.transfer.retrying import Patience

#: Seconds between two looks at whether it has to end.
TICK = 0.1
#: Why a transfer ends before its end: somebody called stop, Ctrl-C, SIGTERM, or its time budget is over.
Reason = Literal["asked", "interrupt", "terminate", "budget"]

T = TypeVar("T")

_WORDS = {None: "", "asked": "it was stopped", "interrupt": "it was interrupted", "terminate": "it was terminated"}


class Control:
    """The switches of a transfer. One may govern several transfers, at once or one after the other.

    Args:
        budget: Seconds from the start of the first transfer until all are stopped, pauses included; None for no end.
        rate_limit: Bytes a second for all transfers together, None for no limit; see `rate_limit`.
        require_checksum: Whether a file fails with ChecksumMissing that no checksum is stated for. It isn't fetched then, and
            not placed under its name; one that is at its target already stays as it is, and fails unless it was verified
            before. An upload fails after it was sent, when the platform confirms no checksum of it: the file stays there.
        resume_unvalidated: As for `download`: whether bytes of several answers are joined where nothing shows that they are of
            one version of the file.
        patience: As for `download` and `upload`, which an argument of their own overrules; None for the defaults.

    Raises:
        ValueError: A budget or limit that isn't above 0.

    Attributes:
        throttle: The bandwidth limit, for engines.
        require_checksum: As given.
        resume_unvalidated: As given.
        patience: As given.
        asking: Whether the engine is waiting for the program's own iterator of items: Ctrl-C is raised there at once.
    """

    # No locks but for the list of watchers: a signal's handler interrupts a thread anywhere and must not wait for it.

    def __init__(
        self,
        *,
        budget: float | None = None,
        rate_limit: float | None = None,
        require_checksum: bool = False,
        resume_unvalidated: bool = False,
        patience: Patience | None = None,
    ) -> None:
        if budget is not None:
            number("budget", budget, "seconds")
        if budget is not None and not budget > 0:
            raise ValueError(f"budget is {budget} seconds; it must be above 0")
        self.throttle = Throttle(rate_limit)
        self.require_checksum = require_checksum
        self.asking = False
        kind("patience", patience, Patience, "use Patience(silence=30) to wait for 30 s")
        self.resume_unvalidated = resume_unvalidated
        self.patience = patience
        self._budget = budget
        self._deadline: float | None = None
        self._reason: Reason | None = None
        self._paused = False
        self._watchers: tuple[Callable[[], None], ...] = ()
        self._guard = threading.Lock()

    @property
    def stopped(self) -> bool:
        """Whether it was stopped, for good."""
        return self._reason is not None

    @property
    def reason(self) -> Reason | None:
        """Why it was stopped, None while it wasn't."""
        return self._reason

    @property
    def why(self) -> str:
        """Why it was stopped in words, "" while it wasn't."""
        if self._reason == "budget":
            return f"the time budget of {self._budget:g} s is over"
        return _WORDS[self._reason]

    @property
    def paused(self) -> bool:
        """Whether nothing is to be sent for now."""
        return self._paused and self._reason is None

    @property
    def rate_limit(self) -> float | None:
        """Bytes a second for all transfers together, headers not counted; None for no limit. May be set at any time."""
        return self.throttle.rate

    @rate_limit.setter
    def rate_limit(self, rate: float | None) -> None:
        self.throttle.rate = rate
        self._changed()

    def stop(self, reason: Reason = "asked") -> None:
        """Ends the transfer in order, within a second; what arrived is kept for the next run.

        Args:
            reason: Why; the first one counts.
        """
        if self._reason is None:
            self._reason = reason
        self._changed()

    def pause(self) -> None:
        """Ends all requests until `resume`; their bytes are kept."""
        self._paused = True
        self._changed()

    def resume(self) -> None:
        """Goes on after `pause`."""
        self._paused = False
        self._changed()

    def begin(self, now: float) -> None:
        """Starts the time budget, if it doesn't run yet; engines call it.

        Args:
            now: Seconds by the transfer's monotonic clock.
        """
        if self._budget is not None and self._deadline is None:
            self._deadline = now + self._budget

    def over(self, now: float, stop: threading.Event | None = None) -> bool:
        """Tells whether the transfer has to end now; engines ask it each time that they come round.

        Args:
            now: Seconds by the transfer's monotonic clock.
            stop: Stops it when it is set.
        """
        if stop is not None and stop.is_set():
            self.stop()
        if self._deadline is not None and now >= self._deadline:
            self.stop("budget")
        return self._reason is not None

    def ask(self, source: Iterator[T]) -> T | None:
        """Gives what the program's own iterator has next, None at its end; engines call it.

        Args:
            source: The iterator.
        """
        self.asking = True
        try:
            return next(source, None)
        finally:
            self.asking = False

    @contextmanager
    def watched(self, wake: Callable[[], None]) -> Generator[None]:
        """Has a function called after each change, as long as the block runs.

        Args:
            wake: Is called from the thread that made the change, or a signal's handler: it must neither wait nor raise.
        """
        with self._guard:
            self._watchers = (*self._watchers, wake)
        try:
            yield
        finally:
            with self._guard:
                rest = list(self._watchers)
                rest.remove(wake)
                self._watchers = tuple(rest)

    def _changed(self) -> None:
        for wake in self._watchers:
            wake()
