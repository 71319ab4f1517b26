"""Whose turn it is to read an association's messages: ours while we ask, else pynetdicom's own thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pynetdicom.association import Association

_NAME = "_reactor_checkpoint"


class Gate(threading.Event):
    """Holds up a thread that passes by again and again; once it is shut, that thread surely stands before it.

    pynetdicom's own thread reads messages unless it is held up. With a plain event whoever asks may begin while that thread
    has passed already and takes the first answer, which is lost then: a study would lack an image, and nobody would know.

    Args:
        association: The association whose thread it is.
    """

    def __init__(self, association: Association) -> None:
        super().__init__()
        self._association = association
        self._change = threading.Condition()
        self._open = True
        self._held = False

    def is_set(self) -> bool:
        """Whether it is open."""
        return self._open

    def set(self) -> None:
        """Opens it."""
        with self._change:
            self._open = True
            self._change.notify_all()

    def clear(self) -> None:
        """Shuts it, and waits until the other thread stands before it, or has ended."""
        with self._change:
            self._open = False
            while not self._held and self._association.is_alive():
                self._change.wait(0.05)

    def wait(self, timeout: float | None = None) -> bool:
        """Passes, when it is open."""
        with self._change:
            self._held = True
            self._change.notify_all()
            try:
                return self._change.wait_for(lambda: self._open, timeout)
            finally:
                self._held = False


def take_turns(association: Association) -> None:
    """Puts a gate in the place of the plain event of an association that has begun.

    Args:
        association: The association.
    """
    inner = vars(association)
    if _NAME in inner:
        inner[_NAME] = Gate(association)
