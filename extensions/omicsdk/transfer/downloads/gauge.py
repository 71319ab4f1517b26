"""What a running download can say of itself: the bytes that came, those that are there, and what it is busy with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from omicsdk.core.clock import Clock
from omicsdk.transfer.control import Control
from omicsdk.transfer.downloads.job import Job
from omicsdk.transfer.downloads.reception import Reception
from omicsdk.transfer.downloads.small import Small
from omicsdk.transfer.network.wire import Wire
from omicsdk.transfer.plan import CELL
from omicsdk.transfer.reports.progress import Progress, phase_of
from omicsdk.transfer.tally import Tally


class Gauge:
    """Measures, and tells a progress function.

    Args:
        tally: The counters.
        wire: The requests in flight.
        jobs: Gives the jobs that haven't come to their end.
        queues: Gives how many are being prepared, and how many wait for a connection.
        progress: Is called with what there is to say, None for nobody.
        control: Tells whether it is paused.
        clock: Tells the time.
    """

    def __init__(
        self,
        tally: Tally,
        wire: Wire,
        jobs: Callable[[], Iterable[Job | Small]],
        queues: Callable[[], tuple[int, int]],
        progress: Callable[[Progress], None] | None,
        control: Control,
        clock: Clock,
    ) -> None:
        self._tally = tally
        self._wire = wire
        self._jobs = jobs
        self._queues = queues
        self._progress = progress
        self._control = control
        self._clock = clock

    def in_flight(self) -> Iterator[tuple[str, int]]:
        """For each request in flight whom it asks and the bytes that it has brought."""
        return ((receiver.server, receiver.received) for receiver in self._flying())

    def measure(self, *, final: bool = False) -> None:
        """Records what came, and tells it, when it is time to.

        Args:
            final: Whether the transfer is over: then it is.
        """
        now = self._clock.monotonic()
        if final or self._tally.due(now):
            self._tally.record(now, self._received())
        if self._progress is None or not (final or now >= self._tally.next_word):
            return
        flying = self._wire.flying
        preparing, waiting = self._queues()
        phase = phase_of(
            final=final, paused=self._control.paused, connections=flying, preparing=preparing, waiting=waiting
        )
        self._progress(
            self._tally.progress(now, self._received(), self._present(), final=final, connections=flying, phase=phase)
        )

    def _flying(self) -> Iterator[Reception | Small]:
        return (receiver for receiver in self._wire.receivers() if isinstance(receiver, Reception | Small))

    def _received(self) -> int:
        return self._tally.fetched + sum(receiver.received for receiver in self._flying())

    def _present(self) -> int:
        """Bytes that are there of files that haven't come to their end, those of begun cells too."""
        receptions = (receiver for receiver in self._flying() if isinstance(receiver, Reception))
        begun = sum(reception.piece.position % CELL for reception in receptions if not reception.stale)
        return begun + sum(job.present for job in self._jobs())
