"""Waiting for background work of the platform: jobs with a state, and runs with a status."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from typing import Any, ClassVar, Self

from omicsdk.compat.sevenbridges._arguments import Number, may_be, value_text
from omicsdk.compat.sevenbridges.errors import ValidationError, as_ours
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.resource import Gettable
from omicsdk.sb import jobs

#: Default number of seconds between two polls.
PERIOD = jobs.PERIOD
_PERIOD = Number("seconds above 0", above=True)
_TIMEOUT = Number("seconds, 0 or more, or None for no end", is_optional=True)


@contextmanager
def waiting(period: float, timeout: float | None) -> Generator[None]:
    """Check how long something is waited for, and raise errors of the block as those of this package."""
    for name, number, seconds in (("period", _PERIOD, period), ("timeout", _TIMEOUT, timeout)):
        if not may_be(number, seconds):
            raise ValidationError(f"{name} is {value_text(seconds)}", remedy=f"Pass {number.takes}.")
    with as_ours():
        yield


class _Ending(Gettable):
    """Work that the platform continues after the request that started it."""

    _ENDED: ClassVar[Collection[str]]  # states that the list ends
    _STATE: ClassVar[str] = "state"  # the field that has it

    def _has_ended(self) -> bool:
        """Return whether it has ended, with a request unless that is known. Edits are kept."""
        if self.field(self._STATE) not in self._ENDED:
            self._refresh()
        return self.field(self._STATE) in self._ENDED

    def _wait(self, ended: Callable[[], bool], called: str, period: float, timeout: float | None) -> None:
        """Wait; `called` is what errors call it."""
        with waiting(period, timeout):
            jobs.wait_until(
                ended, lambda: f"{called} {self.field(self._STATE)}", self.api.clock, period=period, timeout=timeout
            )


class BackgroundJob(_Ending):
    """Background job of the platform."""

    state = fields.text()
    started_on = finished_on = fields.time()

    def wait(
        self, period: float = PERIOD, timeout: float | None = None, callback: Callable[[Self], object] | None = None
    ) -> Self:
        """Wait until it has ended, with or without success; the fields then have the result.

        Args:
            timeout: Seconds after which waiting ends; None for no limit.
            callback: Called with this object after each look.

        Raises:
            StillRunning: It did not end in time; a TimeoutError.
        """

        def ended() -> bool:
            is_known = self.field("state") in self._ENDED
            has_ended = self._has_ended()
            if callback is not None and not is_known:
                callback(self)
            return has_ended

        self._wait(ended, f"{self!r} is still", period, timeout)
        return self


class Running(_Ending):
    """A running task or automation."""

    _STATE = "status"
    _CALLED: ClassVar[str]  # what errors call it

    name = fields.text(read_only=False)
    status = created_by = fields.text()
    start_time = end_time = fields.time()

    def wait(
        self,
        period: float = PERIOD,
        callback: Callable[..., Any] | None = None,
        *args: Any,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> Any:
        """Wait until it has ended, with or without success; `status` has the result.

        Args:
            callback: Called in the end, with the arguments that follow; its result is returned.
            timeout: Seconds after which waiting ends, though what runs continues; None for no limit.

        Raises:
            NeverEnds: It is a draft of a task, which does not start automatically.
            StillRunning: It has not ended in time; a TimeoutError.
        """
        self._wait(self._has_ended, f"{self._CALLED} {self.field('id')} is", period, timeout)
        return None if callback is None else callback(*args, **kwargs)
