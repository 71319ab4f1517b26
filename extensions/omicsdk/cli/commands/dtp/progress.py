"""How many records there are so far, told to whoever watches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.core.clock import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from omicsdk.cli.console import Console

#: Seconds between two words about the same work.
PAUSE = 2.0


class Counting:
    """Counts records, and says now and then how many there are; only on a terminal.

    Args:
        console: Where to.
        done: What they are by then, such as `submitted`.
        clock: What tells the time.
    """

    def __init__(self, console: Console, done: str, clock: Clock = SYSTEM_CLOCK) -> None:
        self._console = console
        self._done = done
        self._clock = clock
        self._said = clock.monotonic()
        self.count = 0

    def add(self, records: int = 1) -> None:
        """Counts records.

        Args:
            records: How many.
        """
        self.count += records
        if self._console.interactive and self._clock.monotonic() - self._said >= PAUSE:
            self._said = self._clock.monotonic()
            self._console.message(f"{self.count:,} records {self._done} so far")
