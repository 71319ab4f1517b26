"""A clock whose waits move the sandbox's time instead of lasting."""

from omicsdk.core.clock import SystemClock
from omicsdk.sandbox import Sandbox


class SandboxClock(SystemClock):
    """The machine's time; a wait advances the sandbox's clock and ends at once.

    Attributes:
        slept: Every wait so far, in seconds.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.slept: list[float] = []

    def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)
        self._sandbox.clock.advance(seconds)

    async def async_sleep(self, seconds: float) -> None:
        self.sleep(seconds)
