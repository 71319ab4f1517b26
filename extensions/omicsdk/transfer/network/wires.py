"""Several threads that move bytes: if a link is faster than one thread, others drive separate requests.

libcurl releases the interpreter while it reads, sends and decrypts, and so do writes: threads share only the rest. All
decisions stay in the engine's thread, which is notified of what the others have done.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain

from omicsdk.core.errors import TransportError
from omicsdk.transfer.network.wire import Ask, Attended, Ended, Receiver, Wire

# Seconds that a thread waits without being woken; it has nothing else to do.
_IDLE = 1.0
# Seconds to wait for the end of a thread.
_CLOSING = 0.5


class _Thread:
    """A thread with its own wire. Only the thread uses the wire, except for waking it."""

    def __init__(self, wire: Wire, outbox: deque[tuple[_Thread, Receiver | Ended]], wake: Callable[[], None]) -> None:
        self.flying = 0
        self.fault: BaseException | None = None
        self._wire = wire
        self._outbox = outbox
        self._wake = wake
        self._tasks = deque[Callable[[], None]]()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="omicsdk-wire", daemon=True)
        self._thread.start()

    def start(self, ask: Ask, receiver: Receiver) -> None:
        """Send a request; an invalid URL is reported as its end."""

        def begin() -> None:
            try:
                self._wire.start(ask, receiver)
            except TransportError as error:
                self.tell([Ended(receiver, error, lasting=True)])

        self._do(begin)

    def cancel(self, unwanted: frozenset[Receiver]) -> None:
        """Cancel requests, and return when that is done."""
        done = threading.Event()

        def cancel() -> None:
            self._wire.cancel(unwanted.__contains__)
            done.set()

        self._do(cancel)
        # A thread that a fault has ended does not set it.
        while not done.wait(_CLOSING) and self._thread.is_alive():
            pass

    def save(self, receiver: Attended) -> None:
        """Have a receiver write what it collected, unless its request has ended: then the engine's thread has it."""
        self._do(lambda: receiver.save() if receiver in self._wire.receivers() else None)

    def close(self) -> None:
        """End the thread, and its requests with it."""
        self._closing = True
        self._wire.wake()
        self._thread.join(_CLOSING)

    def tell(self, news: Iterable[Receiver | Ended]) -> None:
        """Report ends, and receivers that need it, to the engine's thread."""
        self._outbox.extend((self, item) for item in news)
        self._wake()

    def _do(self, task: Callable[[], None]) -> None:
        self._tasks.append(task)
        self._wire.wake()

    def _run(self) -> None:
        try:
            while not self._closing:
                while self._tasks:
                    self._tasks.popleft()()
                if ended := self._wire.poll(_IDLE):
                    self.tell(ended)
        except BaseException as error:  # a bug: the engine raises it
            self.fault = error
            self.tell([])
        finally:
            self._wire.close()


class Wires:
    """A wire that other threads may help. Receivers are called in the thread that drives their request.

    Args:
        main_wire: The wire that the caller's thread drives.
    """

    def __init__(self, main_wire: Wire) -> None:
        self._main_wire = main_wire
        self._threads: list[_Thread] = []
        self._aside = dict[Receiver, _Thread]()  # in flight in other threads
        self._outbox = deque[tuple[_Thread, Receiver | Ended]]()
        self.wake = main_wire.wake

    @property
    def threads(self) -> int:
        """The number of threads that move bytes."""
        return 1 + len(self._threads)

    @property
    def flying(self) -> int:
        """The number of requests in flight."""
        return self._main_wire.flying + len(self._aside)

    def receivers(self) -> Iterable[Receiver]:
        """The receivers of the requests in flight."""
        return chain(self._main_wire.receivers(), tuple(self._aside)) if self._aside else self._main_wire.receivers()

    def add(self, wire: Wire) -> None:
        """Start another thread, which takes its share of the requests that are started from now on.

        Args:
            wire: Its own wire.

        Raises:
            RuntimeError: The system starts no further thread.
        """
        try:
            self._threads.append(_Thread(wire, self._outbox, self.wake))
        except RuntimeError:  # no more threads
            wire.close()
            raise

    def start(self, ask: Ask, receiver: Receiver, *, alone: bool = False) -> None:
        """Send a request in the thread that has the fewest.

        Args:
            ask: The request.
            receiver: Receives the response.
            alone: Whether only the caller's thread can drive it.

        Raises:
            TransportError: Its URL is invalid.
        """
        thread = None if alone else min(self._threads, key=lambda candidate: candidate.flying, default=None)
        if thread is None or self._main_wire.flying <= thread.flying:
            self._main_wire.start(ask, receiver)
            return
        if isinstance(receiver, Attended):
            # Before the other thread has it, which calls it at once.
            receiver.go_aside(partial(thread.tell, [receiver]))
        # Before it starts, since `poll` drops what comes of a receiver that is not in flight aside.
        self._aside[receiver] = thread
        thread.flying += 1
        thread.start(ask, receiver)

    def cancel(self, unwanted: Callable[[Receiver], bool]) -> list[Receiver]:
        """End requests and close their connections.

        Args:
            unwanted: Returns whether a receiver's request ends.

        Returns:
            The receivers of the ended requests.
        """
        return self._main_wire.cancel(unwanted) + (self.cancel_aside(unwanted) if self._aside else [])

    def cancel_aside(self, unwanted: Callable[[Receiver], bool]) -> list[Receiver]:
        """End requests of the other threads; after the return none of them calls its receiver.

        Args:
            unwanted: Returns whether a receiver's request ends.

        Returns:
            The receivers of the ended requests.
        """
        aside = [receiver for receiver in self._aside if unwanted(receiver)]
        for thread in self._threads:
            receivers = frozenset(receiver for receiver in aside if self._aside[receiver] is thread)
            if receivers:
                thread.cancel(receivers)
                thread.flying -= len(receivers)
        for receiver in aside:  # one that has ended meanwhile is treated as cancelled
            del self._aside[receiver]
        return aside

    def save(self, receiver: Attended) -> None:
        """Have a receiver write what it collected, in the thread that drives its request.

        Args:
            receiver: The receiver.
        """
        thread = self._aside.get(receiver)
        if thread is None:
            receiver.save()
        else:
            thread.save(receiver)

    def poll(self, timeout: float) -> list[Ended]:
        """Move bytes until a request ends, `wake` is called or the time is over.

        Args:
            timeout: Maximum seconds to wait.

        Returns:
            The requests that ended.
        """
        # What other threads report does not wait for this thread's sockets.
        ended = self._main_wire.poll(0.0 if self._outbox else timeout)
        while self._outbox:
            thread, news = self._outbox.popleft()
            receiver = news.receiver if isinstance(news, Ended) else news
            # It was cancelled after the other thread had reported it.
            if receiver not in self._aside:
                continue
            if isinstance(news, Ended):
                del self._aside[receiver]
                thread.flying -= 1
                ended.append(news)
            elif isinstance(receiver, Attended):
                receiver.attend()
        for thread in self._threads:
            # An exception ends the thread that it is raised in, and only that: here it ends the run.
            if thread.fault is not None:
                raise thread.fault
        return ended

    def close(self) -> None:
        """End everything and close all connections."""
        for thread in self._threads:
            thread.close()
        self._main_wire.close()
