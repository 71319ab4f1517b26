"""Signals that end a program, while a workflow runs: it has a process group of its own, so nothing else would end it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import NoReturn, Self

from omicsdk.transfer.interrupts import Terminated

_Handler = Callable[[int, FrameType | None], object]

#: What a scheduler sends, and a terminal that is closed; Windows has no SIGHUP.
_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


def _ended(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    raise Terminated(signal.Signals(number).name)


@contextmanager
def in_order() -> Generator[None]:
    """Has SIGTERM and SIGHUP raised as Terminated, where the program neither handles nor ignores them itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = [number for number in _ENDING if signal.getsignal(number) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _ended)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


class HeldBack:
    """Keeps signals that end a program back while a process is started: one that came then would leave it running unknown."""

    def __init__(self) -> None:
        self._usual = dict[int, _Handler]()
        self._came: tuple[int, FrameType | None] | None = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, *_ENDING):
                usual = signal.getsignal(number)
                if callable(usual):
                    self._usual[number] = usual
                    signal.signal(number, self._keep)
        return self

    def _keep(self, number: int, frame: FrameType | None) -> None:
        self._came = (number, frame)

    def let(self) -> None:
        """Lets them through again, one that came meanwhile first."""
        for number, usual in self._usual.items():
            signal.signal(number, usual)
        if self._came is not None:
            (number, frame), self._came = self._came, None
            self._usual[number](number, frame)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.let()
