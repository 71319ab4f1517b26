"""More than one thread to send with: where a link is faster than one thread, others drive requests of their own beside it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from itertools import chain

from omicsdk.core.errors import TransportError
from omicsdk.core.redaction import without_query
from omicsdk.transfer.network.wire import Ask, Ended, Receiver, Wire

# Seconds that a sender waits without being woken; it has nothing else to look after.
_IDLE = 1.0
# Seconds that the end of a sender is waited for.
_CLOSING = 0.5


class _Sender:
    """A thread with a wire of its own. Only the thread uses the wire, but for waking it."""

    def __init__(self, wire: Wire, outbox: deque[tuple[_Sender, Ended]], wake: Callable[[], None]) -> None:
        self.flying = 0
        self.fault: BaseException | None = None
        self._wire = wire
        self._outbox = outbox
        self._wake = wake
        self._tasks = deque[Callable[[], None]]()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="omicsdk-send", daemon=True)
        self._thread.start()

    def start(self, ask: Ask, receiver: Receiver) -> None:
        """Has a request sent; that its URL is invalid is told as its end."""

        def begin() -> None:
            try:
                self._wire.start(ask, receiver)
            except ValueError as error:
                said = f"its URL is invalid ({error})"
                problem = TransportError(said, method=ask.method, url=without_query(ask.url))
                self._report([Ended(receiver, problem, lasting=True)])

        self._do(begin)

    def cancel(self, unwanted: frozenset[Receiver]) -> None:
        """Ends requests, and returns when that is done."""
        done = threading.Event()

        def cancel() -> None:
            self._wire.cancel(unwanted.__contains__)
            done.set()

        self._do(cancel)
        while not done.wait(_CLOSING) and self._thread.is_alive():
            pass

    def close(self) -> None:
        """Ends the thread, and its requests with it."""
        self._closing = True
        self._wire.wake()
        self._thread.join(_CLOSING)

    def _report(self, ended: Iterable[Ended]) -> None:
        self._outbox.extend((self, each) for each in ended)
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
                    self._report(ended)
        except BaseException as error:  # a fault in the program: the engine raises it
            self.fault = error
            self._report([])
        finally:
            self._wire.close()


class Senders:
    """A wire that others may help. What receives answers is called by the thread that sends.

    Args:
        own: The wire that the caller's thread drives.
    """

    def __init__(self, own: Wire) -> None:
        self._own = own
        self._senders: list[_Sender] = []
        self._aside = dict[Receiver, _Sender]()  # what is in flight by other threads
        self._outbox = deque[tuple[_Sender, Ended]]()
        self.wake = own.wake

    @property
    def threads(self) -> int:
        """How many threads send."""
        return 1 + len(self._senders)

    @property
    def flying(self) -> int:
        """How many requests are in flight."""
        return self._own.flying + len(self._aside)

    def receivers(self) -> Iterable[Receiver]:
        """What takes in the answers of the requests in flight."""
        return chain(self._own.receivers(), tuple(self._aside))

    def add(self, wire: Wire) -> None:
        """Begin another thread, which takes its share of the requests that are started from now on.

        Args:
            wire: Its own wire.
        """
        self._senders.append(_Sender(wire, self._outbox, self.wake))

    def start(self, ask: Ask, receiver: Receiver) -> None:
        """Send a request, by the thread that has the fewest.

        Args:
            ask: The request.
            receiver: Takes in the answer.

        Raises:
            ValueError: The URL makes no sense.
        """
        sender = min(self._senders, key=lambda each: each.flying, default=None)
        if sender is None or self._own.flying <= sender.flying:
            self._own.start(ask, receiver)
            return
        self._aside[receiver] = sender
        sender.flying += 1
        sender.start(ask, receiver)

    def cancel(self, unwanted: Callable[[Receiver], bool]) -> list[Receiver]:
        """End requests and close their connections.

        Args:
            unwanted: Tells of a receiver whether its request ends.

        Returns:
            Whose requests were ended.
        """
        ended = self._own.cancel(unwanted)
        aside = [receiver for receiver in self._aside if unwanted(receiver)]
        for sender in self._senders:
            own = frozenset(receiver for receiver in aside if self._aside[receiver] is sender)
            if own:
                sender.cancel(own)
                sender.flying -= len(own)
        for receiver in aside:  # one that has ended meanwhile counts as cancelled
            del self._aside[receiver]
        return ended + aside

    def poll(self, timeout: float) -> list[Ended]:
        """Move bytes until something ends, somebody wakes it or the time is over.

        Args:
            timeout: Seconds to wait at most.

        Returns:
            The requests that ended.
        """
        ended = self._own.poll(0.0 if self._outbox else timeout)
        while self._outbox:
            sender, each = self._outbox.popleft()
            if self._aside.pop(each.receiver, None) is not None:
                sender.flying -= 1
                ended.append(each)
        for sender in self._senders:
            if sender.fault is not None:
                raise sender.fault
        return ended

    def close(self) -> None:
        """End everything and close all connections."""
        for sender in self._senders:
            sender.close()
        self._own.close()
