"""A user who leaves while a program waits."""

import threading

from omicsdk.core import ManualClock


class LeavingClock(ManualClock):
    """A clock that requests a stop once half a second was waited.

    Attributes:
        stop: Is set then.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stop = threading.Event()

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if sum(self.slept) >= 0.5:
            self.stop.set()
