"""Waiting for what the service does in the background: how long between two looks, and an end when a workflow is stopped."""

import threading
from collections.abc import Callable

from omicsdk.core.clock import SystemClock
from omicsdk.core.errors import Interrupted
from omicsdk.transfer import Control

FIRST_WAIT = 1.0
GROWTH = 1.618
LONGEST_WAIT = 60.0
"""Seconds: the wait grows from the first to the longest by this factor, as the published client's does."""

STEP = 0.5
"""Seconds between two looks at the time budget while waiting; `ended` is noticed at once."""


class EndingClock(SystemClock):
    """The machine's time, with waits that end when a workflow does.

    Args:
        ended: Ends it when it is set.
        control: So does this.
        error: Makes the error that is raised then.
    """

    def __init__(self, ended: threading.Event, control: Control, error: Callable[[Control], Interrupted]) -> None:
        self._ended = ended
        self._control = control
        self._error = error

    def sleep(self, seconds: float) -> None:
        """Waits for so many seconds.

        Raises:
            Interrupted: The workflow was stopped.
        """
        until = self.monotonic() + seconds
        while not self._control.over(self.monotonic(), self._ended):
            left = until - self.monotonic()
            if left <= 0:
                return
            self._ended.wait(min(left, STEP))
        raise self._error(self._control)


def longer(wait: float) -> float:
    """The wait that follows a wait, both in seconds."""
    return min(wait * GROWTH, LONGEST_WAIT)
