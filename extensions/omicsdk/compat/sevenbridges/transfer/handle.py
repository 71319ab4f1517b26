"""Base of uploads and downloads: a separate thread, its states, and the controls of the documented handles."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from omicsdk.compat._requests import file_sender
from omicsdk.compat.sevenbridges._arguments import Number, check_numbers, may_be, value_text
from omicsdk.compat.sevenbridges.enums import PartSize, RequestParameters, TransferState
from omicsdk.compat.sevenbridges.errors import SbgError, SettingsError, as_sbg
from omicsdk.compat.sevenbridges.transfer.utils import Progress, percent, total_parts
from omicsdk.core.clock import TICK
from omicsdk.core.errors import OmicsError
from omicsdk.core.logs import logger
from omicsdk.transfer import Control, Patience
from omicsdk.transfer.engine.control import reason_of
from omicsdk.transfer.reports.report import raise_failure

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api
    from omicsdk.transfer import Progress as EngineProgress
    from omicsdk.transfer import TransferReport


Direction = Literal["upload", "download"]

#: Parts of one file that are moved at once.
#: The published client submits as many.
OF_A_FILE = 4


_log = logger("omicsdk.sb")

_UNDER_WAY = (TransferState.RUNNING, TransferState.PAUSED)
_ABORTED = dict.fromkeys(("interrupt", "terminate", "hangup"), TransferState.ABORTED)
#: Final state of a stopped transfer, by reason.
_BY_REASON: Mapping[str | None, str] = {"asked": TransferState.STOPPED, **_ABORTED}


class Handle(threading.Thread, ABC):
    """Transfer with controls that may be called from any thread.

    PREPARING until `start`, then RUNNING or PAUSED, then permanently COMPLETED, FAILED, STOPPED (by `stop`) or ABORTED (by
    Ctrl-C or SIGTERM). The thread does not keep the program from ending. Controls that do not fit the state raise SbgError.
    """

    def __init__(
        self, api: Api | None, what: Direction, part_size: int, retry_count: int | None, timeout: float | None
    ) -> None:
        if api is None:
            raise SettingsError(f"This {what} has no Api", remedy="Pass api=.")
        super().__init__(name=f"omicsdk-sb-{what}", daemon=True)
        self._api, self._part_size = api, part_size
        self._what: Direction = what
        self._retries, self._patience = retrying(retry_count, timeout)
        self._file_size = self._bytes_done = 0
        self._control = Control()
        self._control.substitute = file_sender
        self._guard = threading.Lock()
        self._over = threading.Event()  # set when all callbacks were called
        self._runner: threading.Thread | None = None
        self._status = TransferState.PREPARING
        self._failure: SbgError | None = None
        self._is_reported = False  # whether the failure was reported to a caller
        self._start_time: float | None = None
        self._monotonic_start = self._ended = 0.0
        self._callbacks: list[Callable[[str], object]] = []
        self._errorbacks: list[Callable[[str], object]] = []
        self._watchers: list[Callable[[Progress], object]] = []
        self._parts_reported = -1

    # -- how it fares

    @property
    def status(self) -> str:
        """One of `TransferState`."""
        return self._status

    @property
    def progress(self) -> float:
        """Completed percentage, 0 to 100."""
        if self._status == TransferState.COMPLETED:
            return 100.0
        return percent(self._bytes_done, self._file_size) if self._file_size else 0.0

    @property
    def start_time(self) -> float | None:
        """When it was started, in seconds since 1970-01-01T00:00Z; None before."""
        return self._start_time

    @property
    def duration(self) -> float:
        """Milliseconds since the start, or from it to the end; 0 before."""
        if self._start_time is None:
            return 0.0
        end = self._ended if self._is_over else self._api.clock.monotonic()
        # The published unit: milliseconds.
        return (end - self._monotonic_start) * 1000

    def add_callback(
        self, callback: Callable[[str], object] | None = None, errorback: Callable[[str], object] | None = None
    ) -> None:
        """Call functions with the status at the end, in the transfer's thread; their exceptions are logged.

        Args:
            callback: Called when the transfer is completed, or was stopped.
            errorback: Called when it has failed, or was aborted; `wait` does not raise then.
        """
        self._callbacks += [] if callback is None else [callback]
        self._errorbacks += [] if errorback is None else [errorback]

    def add_progress_callback(self, callback: Callable[[Progress], object] | None = None) -> None:
        """Call a function with the progress after completed parts, at most a few times per second.

        It is called in the transfer's thread: while it runs no byte moves. After an exception, which is logged, it is not called again.
        """
        self._watchers += [] if callback is None else [callback]

    # -- switches

    def start(self) -> None:
        """Start."""
        self._begin()
        try:
            super().start()
        except RuntimeError:  # no more threads
            with self._guard:
                self._status, self._start_time = TransferState.PREPARING, None
            raise

    def pause(self) -> None:
        """End all requests, and start none until `resume`."""
        self._switch("pause", TransferState.RUNNING, TransferState.PAUSED, self._control.pause)

    def resume(self) -> None:
        """Continue after `pause`."""
        self._switch("resume", TransferState.PAUSED, TransferState.RUNNING, self._control.resume)

    def stop(self) -> None:
        """Stop it permanently, and wait for the cleanup; an SbgError if it has failed, or sent parts could not be deleted."""
        with self._guard:
            self._expect("stop", *_UNDER_WAY)
        self._control.stop()
        # A callback is called in the transfer's thread, which cannot wait for its own end.
        if threading.current_thread() is not self._runner:
            self._await()
            if self._failure is not None:
                raise self._failure

    def wait(self) -> None:
        """Wait for the end; an SbgError if it has failed and no errorback was called. Ctrl-C ends the transfer cleanly first."""
        if threading.current_thread() is self._runner:
            raise SbgError(f"This {self._what} cannot wait for itself", remedy="Call wait() outside its callbacks.")
        try:
            self._await()
        except KeyboardInterrupt as pressed:
            self._control.stop(reason_of(pressed))
            self._await()
            raise
        if self._status == TransferState.PREPARING:
            raise SbgError(f"This {self._what} was not started", remedy="Call start() first.")
        if self._failure is not None and not self._is_reported:
            raise self._failure

    # -- the thread

    def run(self) -> None:
        """Do the work; call `start()` instead, which has this called in a thread."""
        # A program may call run() itself, as of any Thread: all is done in its thread then.
        if threading.current_thread() is not self:
            self._begin()
        self._runner = threading.current_thread()
        error: BaseException | None = None
        try:
            raise_failure(self._transfer())
        except BaseException as raised:  # it is raised in the waiting thread
            error = raised
        try:
            self._end(error)
        finally:
            self._over.set()
        if error is not None and threading.current_thread() is not self:
            raise error if isinstance(error, KeyboardInterrupt) else as_sbg(error)

    def _transfer(self) -> TransferReport:
        """Move the bytes over as many connections as are free, up to OF_A_FILE; wait while there is none."""
        slots, slot_count = self._api.slots[self._what], 0
        while not (slot_count or self._control.stopped):
            slot_count += slots.acquire(timeout=TICK)
        if slot_count:
            slot_count += sum(slots.acquire(blocking=False) for _ in range(OF_A_FILE - 1))
        try:
            return self._move(max(1, slot_count))  # one that was stopped has none, but will not use it
        finally:
            for _ in range(slot_count):
                slots.release()

    @abstractmethod
    def _move(self, connections: int) -> TransferReport:
        """Move the file's bytes, with `_control`, and report progress to `_moved`."""

    def _settings(self, connections: int) -> dict[str, Any]:
        """The engine's arguments that say how, not what."""
        api: dict[str, Any] = {"environ": self._api.environ, "clock": self._api.clock}
        controls = {"progress": self._moved, "control": self._control, "patience": self._patience}
        return {"connections": connections, "wait": False, **api, **controls}

    def _clean_up(self) -> None:
        """Remove what a stopped transfer has left behind."""

    def _await(self) -> None:
        """Wait until it is over, callbacks included."""
        if self.is_alive():
            self.join()
        else:  # the thread does not exist yet, or no longer; or run() was called in the place of start()
            while not self._over.wait(TICK) and self._status != TransferState.PREPARING:  # as after a start that failed
                pass

    def _begin(self) -> None:
        with self._guard:
            self._expect("start", TransferState.PREPARING)
            self._status = TransferState.RUNNING
            self._start_time, self._monotonic_start = self._api.clock.now(), self._api.clock.monotonic()

    def _end(self, error: BaseException | None) -> None:
        status = TransferState.COMPLETED
        if error is not None:
            reason = "interrupt" if isinstance(error, KeyboardInterrupt) else self._control.reason
            status = _BY_REASON.get(reason, TransferState.FAILED)
        if error is not None and status == TransferState.FAILED:
            self._failure = as_sbg(error)
        if status == TransferState.STOPPED:
            try:
                self._clean_up()
            except (OmicsError, OSError) as refused:
                status, self._failure = TransferState.FAILED, as_sbg(refused)
        # The published client calls the callback after `stop`, too.
        calls = self._callbacks if status in (TransferState.COMPLETED, TransferState.STOPPED) else self._errorbacks
        with self._guard:
            self._ended = self._api.clock.monotonic()
            # The status is last: `wait` and `duration` read it without the lock, and then the others.
            self._is_reported = bool(self._errorbacks)
            self._status = status
        if status == TransferState.COMPLETED:
            self._bytes_done = self._file_size
            self._report()
        for call in calls:
            self._called(call, status)

    def _called(self, callback: Callable[[Any], object], argument: object) -> bool:
        """Call a callback; whether it did not fail."""
        try:
            callback(argument)
        except Exception:
            _log.exception("a callback of this %s failed", self._what)
            return False
        return True

    def _moved(self, progress: EngineProgress) -> None:
        """Take in how far the engine is."""
        self._bytes_done = min(progress.bytes_done, self._file_size) if self._file_size else progress.bytes_done
        if not progress.final and self._bytes_done // self._part_size != self._parts_reported:
            self._report()

    def _report(self) -> None:
        size, bytes_done = self._file_size, self._bytes_done
        whole = self._status == TransferState.COMPLETED
        parts = total_parts(size, self._part_size)
        self._parts_reported = bytes_done // self._part_size
        progress = Progress(
            parts, parts if whole else min(parts, self._parts_reported), bytes_done, size, self.duration
        )
        for watcher in list(self._watchers):
            if not self._called(watcher, progress):
                self._watchers.remove(watcher)

    @property
    def _is_over(self) -> bool:
        return self._status not in (TransferState.PREPARING, *_UNDER_WAY)

    def _switch(self, doing: str, before: str, after: str, change: Callable[[], object]) -> None:
        with self._guard:
            self._expect(doing, before)
            self._status = after
            change()

    def _expect(self, doing: str, *states: str) -> None:
        if self._status not in states:
            expected = " or ".join(states)
            remedy = "Make another one to run it again." if self._is_over else ""
            raise SbgError(f"Unable to {doing} this {self._what}: it is {self._status}, not {expected}", remedy=remedy)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: status={self._status}, progress={self.progress:.1f}>"


def retrying(retry_count: int | None, timeout: float | None) -> tuple[int, Patience]:
    """Return the failures in a row that end a file (None for 6), and the patience for a silent server (None for 300 seconds)."""
    check_numbers(retry_count=0 if retry_count is None else retry_count, timeout=timeout)
    retries = RequestParameters.DEFAULT_RETRY_COUNT if retry_count is None else retry_count
    return retries, Patience(silence=RequestParameters.DEFAULT_TIMEOUT if timeout is None else timeout)


def check_part_size(part_size: int | None, default: int, least: int) -> int:
    """Return a size of parts in bytes, `default` for None; an SbgError below `least` or above 5 GiB."""
    size = default if part_size is None else part_size
    bounds = f"{least} to {PartSize.MAXIMUM_UPLOAD_SIZE}"
    if not may_be(Number("", is_whole=True, least=least), size) or size > PartSize.MAXIMUM_UPLOAD_SIZE:
        remedy = f"Pass {bounds}, such as {default}."
        raise SbgError(f"part_size is {value_text(size)}: parts have {bounds} bytes", remedy=remedy)
    return size
