"""`Transfer`: a transfer that runs in its own thread and is controlled through a handle."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Generic, Literal, ParamSpec, TypeVar

from omicsdk.core.errors import UsageError
from omicsdk.core.logs import logger
from omicsdk.transfer.downloads.downloading import download
from omicsdk.transfer.engine.control import Control, reason_of
from omicsdk.transfer.reports.progress import Progress, notebook_progress
from omicsdk.transfer.uploads.uploading import upload

Stage = Literal["new", "running", "paused", "stopping", "done", "failed"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_log = logger("omicsdk.transfer")


def _as_handle(function: Callable[P, R]) -> Callable[P, Transfer[R]]:
    @wraps(function)
    def create_handle(*args: P.args, **kwargs: P.kwargs) -> Transfer[R]:
        return Transfer.of(function, *args, **kwargs)

    create_handle.__doc__ = f"Create a handle, not started yet, of `{function.__name__}`:\n\n    {function.__doc__}"
    return create_handle


class Transfer(Generic[T]):
    """A transfer with switches. All methods may be called from any thread.

    A `with` block starts it and waits for its end; if the block raises, the transfer is stopped first. An `async with`
    block does the same without blocking the event loop. If the program's main thread ends with an exception while a
    transfer runs, the transfer is stopped cleanly; otherwise it continues to its end.

    Args:
        work: The function to run, called with the control to obey and a progress callback.

    Attributes:
        control: Controls the transfer; may be shared with other transfers, which then obey it too. Its `rate_limit` may be
            changed at any time.

    Example:
        with Transfer.download(items, "data") as transfer:
            transfer.pause()
            ...
            transfer.resume()
        transfer.wait().raise_if_failed()
    """

    # So that a misspelled switch is an error instead of a new attribute.
    __slots__ = (
        *("control", "_work", "_guard", "_thread", "_ended", "_result", "_error", "_progress", "_callbacks"),
        "__weakref__",
    )

    def __init__(
        self, work: Callable[[Control, Callable[[Progress], None]], T], control: Control | None = None
    ) -> None:
        self.control = control or Control()
        self._work = work
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()
        self._result: list[T] = []
        self._error: BaseException | None = None
        self._progress = Progress()
        self._callbacks: tuple[Callable[[Progress], None], ...] = ()

    @classmethod
    def of(cls, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Transfer[R]:
        """Create a handle of any transfer function, without starting it.

        Args:
            function: Accepts `control` and `progress` as keyword arguments, as `download`, `upload` and the platforms'
                workflows do.
            *args: Its arguments.
            **kwargs: Its keyword arguments; a `control` or `progress` among them is kept.
        """
        arguments: dict[str, Any] = dict(kwargs)
        control: Control | None = arguments.pop("control", None)
        progress: Callable[[Progress], None] | None = arguments.pop("progress", None) or notebook_progress()
        call: Callable[..., R] = function
        transfer = Transfer[R](lambda obey, tell: call(*args, **arguments, control=obey, progress=tell), control)
        if progress is not None:
            transfer.add_callback(progress)
        return transfer

    #: As `omicsdk.transfer.download`, but returns a handle that is not started.
    download = staticmethod(_as_handle(download))
    #: As `omicsdk.transfer.upload`, but returns a handle that is not started.
    upload = staticmethod(_as_handle(upload))

    @property
    def state(self) -> Stage:
        """new, running, paused, stopping (no new work starts, files are completed), done, or failed (`wait` raises the error).

        The report of a transfer that is done may state failures.
        """
        if self._ended.is_set():
            return "done" if self._error is None else "failed"
        if self._thread is None:
            return "new"
        if self.control.stopped:
            return "stopping"
        return "paused" if self.control.paused else "running"

    @property
    def progress(self) -> Progress:
        """Progress, at most a tenth of a second old; all zeros before the start."""
        return self._progress

    def add_callback(self, callback: Callable[[Progress], None]) -> None:
        """Call a function about ten times a second, and once at the end.

        Args:
            callback: Called in the transfer's thread: no byte moves while it runs. It may call this handle's methods
                except `wait`. If it raises, the error is logged and it is not called again; the transfer continues.
        """
        with self._guard:
            self._callbacks = (*self._callbacks, callback)

    def start(self) -> Transfer[T]:
        """Start the transfer.

        Returns:
            The transfer itself.

        Raises:
            UsageError: It was started before.
        """
        with self._guard:
            if self._thread is not None:
                problem = f"This transfer was started before and is {self.state}"
                raise UsageError(problem, remedy="Create another one to run it again.")
            # No daemon: a program that ends waits for its transfers.
            thread = threading.Thread(target=self._run, name="omicsdk-transfer")
            self._thread = thread
            try:
                # Under the lock that `wait` takes: other threads do not wait for one that never runs.
                thread.start()
            except RuntimeError:  # no more threads
                self._thread = None
                raise
        return self

    def pause(self) -> None:
        """End all requests and start no others until `resume`.

        Files resume at the byte where they paused, without using up a retry; if a server does not serve ranges, its
        files restart.
        Files whose bytes have all arrived are still checked and put in place.
        """
        self.control.pause()

    def resume(self) -> None:
        """Resume after `pause`."""
        self.control.resume()

    def stop(self) -> None:
        """Stop the transfer cleanly within a second, without waiting for it. Another run resumes it."""
        self.control.stop()

    def wait(self, timeout: float | None = None) -> T:
        """Wait for the end. Ctrl-C stops the transfer cleanly, waits for it and is then raised.

        Args:
            timeout: Maximum seconds to wait; None for no limit.

        Returns:
            The transfer's result. The report of `Transfer.download` and `Transfer.upload` may state failures, which its
            `raise_if_failed` raises; those of platforms' workflows are raised here.

        Raises:
            UsageError: It was not started, or this is one of its callbacks.
            TimeoutError: It is still running, and continues.
            Exception: The error that ended it.
        """
        with self._guard:
            thread = self._thread
        if thread is None:
            raise UsageError("This transfer was not started", remedy="Call start() first, or use it in a `with` block.")
        if thread is threading.current_thread():
            remedy = "Read progress.final there, and wait outside the callback."
            raise UsageError("A transfer cannot wait for itself: this is one of its callbacks", remedy=remedy)
        try:
            if not self._ended.wait(timeout):
                raise TimeoutError(f"the transfer is still {self.state} after {timeout:g} s")
        except KeyboardInterrupt as pressed:
            self.control.stop(reason_of(pressed))
            thread.join()
            # The transfer's own message states how to resume.
            raise self._error if isinstance(self._error, KeyboardInterrupt) else pressed from None
        thread.join()
        return self._outcome()

    async def wait_async(self) -> T:
        """Wait for the end on an event loop of asyncio or trio. Cancellation ends the wait, not the transfer.

        Returns:
            As `wait`.

        Raises:
            UsageError: It was not started.
            Exception: The error that ended it.
        """
        from anyio import CapacityLimiter, to_thread

        with self._guard:
            is_started = self._thread is not None
        if not is_started:
            raise UsageError("This transfer was not started", remedy="Call start(), or use it in an `async with`.")
        await to_thread.run_sync(self._ended.wait, abandon_on_cancel=True, limiter=CapacityLimiter(1))
        return self._outcome()

    def __enter__(self) -> Transfer[T]:
        return self.start() if self._thread is None else self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is None:
            self.wait()
            return
        self.control.stop(reason_of(error))
        self._ended.wait()
        self._log_lost_error(error)

    async def __aenter__(self) -> Transfer[T]:
        return self.__enter__()

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is None:
            try:
                await self.wait_async()
            except BaseException:
                await self._stop_async()
                raise
            return
        await self._stop_async()
        self._log_lost_error(error)

    async def _stop_async(self) -> None:
        """Stop and wait for the end despite cancellation: the journal and files are completed until then."""
        from anyio import CancelScope, CapacityLimiter, get_cancelled_exc_class, to_thread

        self.control.stop()
        while not self._ended.is_set():
            try:
                with CancelScope(shield=True):  # asyncio's own cancellation ignores shields
                    await to_thread.run_sync(self._ended.wait, abandon_on_cancel=True, limiter=CapacityLimiter(1))
            except get_cancelled_exc_class():
                continue  # the caller raises the exception that led here

    def _run(self) -> None:
        try:
            self._result.append(self._work(self.control, self._tell))
        except BaseException as error:  # it is raised in `wait`
            self._error = error
        finally:
            self._ended.set()

    def _tell(self, progress: Progress) -> None:
        self._progress = progress
        if not threading.main_thread().is_alive() and hasattr(sys, "last_value"):
            self.control.stop()  # the program died of an exception and waits for this thread only
        for callback in self._callbacks:
            try:
                callback(progress)
            except Exception:
                _log.exception("a transfer's callback failed and is not called again; the transfer continues")
                with self._guard:
                    self._callbacks = tuple(other for other in self._callbacks if other is not callback)

    def _outcome(self) -> T:
        if self._error is not None:
            raise self._error
        return self._result[0]

    def _log_lost_error(self, raised: BaseException) -> None:
        if isinstance(self._error, Exception) and self._error is not raised:
            _log.error("the transfer that was stopped had failed: %s", self._error)

    def __repr__(self) -> str:
        outcome = f"{self._progress.bytes_done} of {self._progress.bytes} bytes"
        if self._ended.is_set():
            outcome = repr(self._result[0] if self._error is None else self._error)
        return f"<Transfer: {self.state}, {outcome}>"


def coroutine_of(transfer: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Wrap a transfer function as a coroutine function with the same arguments, for asyncio and trio.

    It runs in a thread without blocking the event loop. Cancelling the task stops the transfer, waits for that (at most
    about a second) and raises the cancellation; the same call resumes it. Functions among the arguments (`progress`,
    items' `locate`) are called in threads other than the event loop's.

    Args:
        transfer: Accepts `control` and `progress` as keyword arguments.
    """

    @wraps(transfer)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        async with Transfer.of(transfer, *args, **kwargs) as running:
            return await running.wait_async()

    how = "It runs in a thread. Cancelling it stops the transfer cleanly, and the same call resumes it."
    run.__doc__ = f"`{transfer.__name__}` as a coroutine. {how}\n\n    {transfer.__doc__}"
    run.__name__ = run.__qualname__ = f"{transfer.__name__}_async"
    return run


#: As `download`, awaited; see `coroutine_of`.
download_async = coroutine_of(download)
#: As `upload`, awaited; see `coroutine_of`.
upload_async = coroutine_of(upload)
