"""Requests that follow the options of a transfer, of services whose files the engine cannot fetch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from omicsdk.core.client import Client
from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.core.plain_client import exchange_of, network_of

if TYPE_CHECKING:
    from omicsdk.transfer import TransferOptions

C = TypeVar("C", bound=Client)


def client_of(client: C, options: TransferOptions) -> C:
    """Return a client that retries and waits as the options of a transfer state, over the same connections.

    Args:
        client: The client.
        options: The options.
    """
    patience, limits = options.patience, dict[str, Any]()
    if options.min_rate is not None:
        limits["least_rate"] = patience.least_rate
    if options.stall_timeout is not None:
        limits |= {"read": patience.silence, "body": patience.silence}
    retry = replace(
        exchange_of(client).transport.retry,
        attempts=options.retries + 1,
        base=options.min_delay,
        budget=patience.retry_after,
    )
    return client.with_options(retry=retry, timeout=replace(network_of(client)[1], **limits))


class Run:
    """A download of one file in progress: its counters, and whether it has to end.

    Args:
        size: The size of the file in bytes; None if it is unknown.
        options: The options of the transfer.

    Attributes:
        control: What stops it.
        bytes_kept: The bytes of earlier runs.
        present: The bytes of the file so far.
        pace: Limits the rate.
    """

    def __init__(self, size: int | None, options: TransferOptions) -> None:
        from omicsdk.transfer.engine.control import Pace
        from omicsdk.transfer.reports.progress import WORD, Counters

        self.control, self.bytes_kept, self.present = options.control, 0, 0
        self.pace = Pace(options.control, options.stop)
        self._size, self._stop, self._progress = size, options.stop, options.progress
        self._counters = Counters(1, size or 0, SYSTEM_CLOCK.monotonic(), WORD, int(size is None))

    def is_over(self, count: int) -> bool:
        """Whether it has to end before bytes are written; otherwise count them."""
        now = SYSTEM_CLOCK.monotonic()
        if self.control.over(now, self._stop):
            return True
        self.present += count
        if now >= self._counters.next_word:
            self.report()
        return False

    def report(self, *, is_done: bool = False) -> None:
        """Call the progress function."""
        fetched, present = self.present - self.bytes_kept, self.present
        if is_done:
            self._counters.count("done", self.present, self._size)
            present = 0
        if self._progress is not None:
            phase = "over" if is_done else "paused" if self.control.paused else "moving"
            self._progress(self._counters.progress(SYSTEM_CLOCK.monotonic(), fetched, present, phase, int(not is_done)))
