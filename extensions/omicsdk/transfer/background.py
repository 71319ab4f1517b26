"""A few threads that work for the engine and tell it what came out."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeVar

T = TypeVar("T")

#: By how much the threads are nicer that give way.
_NICER = 5


class Inbox:
    """Messages from other threads to the engine's: functions that it calls when it comes round.

    Args:
        wake: Ends the engine's waiting; safe to call from any thread.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._messages = deque[Callable[[], None]]()
        self._told = False  # whether the engine was woken since it last looked

    def put(self, message: Callable[[], None]) -> None:
        """Leaves a message; from any thread."""
        self._messages.append(message)
        if not self._told:  # waking takes a system call, and hands the interpreter over
            self._told = True
            self._wake()

    def deliver(self) -> None:
        """Calls all messages that are there; from the engine's thread."""
        self._told = False  # before looking: who leaves a message from now on wakes again
        while self._messages:
            self._messages.popleft()()


class Pool:
    """Threads that are started when there is work for them, as many as allowed.

    Args:
        name: What the threads are called.
        threads: How many at most, 1 or more.
        inbox: Where results go.
        gives_way: Whether they take what the engine's thread leaves of the cores, where the system has priorities of threads.
    """

    def __init__(self, name: str, threads: int, inbox: Inbox, *, gives_way: bool = False) -> None:
        self._name = name
        self._limit = threads
        self._inbox = inbox
        self._gives_way = gives_way
        self._work = SimpleQueue[Callable[[], None] | None]()
        self._threads: list[threading.Thread] = []
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """Tasks that were handed in and whose results haven't been delivered."""
        return self._waiting

    def submit(self, task: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Hands in a task; from the engine's thread.

        Args:
            task: Runs in one of the threads.
            done: Is called with its result in the engine's thread.
            failed: Is called with its exception in the engine's thread.
        """
        self._waiting += 1

        def delivered(message: Callable[[], None]) -> None:
            self._waiting -= 1
            message()

        def run() -> None:
            try:
                result = task()
            except Exception as error:  # whatever it is, the engine decides, not this thread
                caught = error
                self._inbox.put(lambda: delivered(lambda: failed(caught)))
            except BaseException as error:  # sys.exit() in a user's function, say: the engine would wait for ever
                ended = RuntimeError(f"the call was ended by {error!r}")
                ended.__cause__ = error
                self._inbox.put(lambda: delivered(lambda: failed(ended)))
            else:
                self._inbox.put(lambda: delivered(lambda: done(result)))

        if self._waiting > len(self._threads) and len(self._threads) < self._limit:
            name = f"{self._name}-{len(self._threads)}"
            # daemon: a call into a user's function that hangs must not keep the interpreter from ending
            thread = threading.Thread(target=self._run, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)
        self._work.put(run)

    def close(self, patience: float) -> None:
        """Ends the threads after what they are doing now; what nobody began is dropped.

        Args:
            patience: Seconds to wait for them in all; those that take longer end by themselves.
        """
        try:
            while True:
                self._work.get_nowait()
        except Empty:
            pass
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join(patience)
            patience = 0.0 if thread.is_alive() else patience

    def _run(self) -> None:
        if self._gives_way and sys.platform == "linux":  # elsewhere it would be the whole process
            with suppress(OSError):
                own = threading.get_native_id()
                os.setpriority(os.PRIO_PROCESS, own, os.getpriority(os.PRIO_PROCESS, own) + _NICER)
        while (task := self._work.get()) is not None:
            task()
