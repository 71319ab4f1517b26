"""How many parts an Api moves at once, whatever the number of its transfers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

from omicsdk.transfer.control import TICK

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api

Direction = Literal["upload", "download"]

#: Parts of one file that are moved at once.
OF_A_FILE = 4
#: The least that a folder leaves to other transfers, where there is enough.
LEFT_BY_A_FOLDER = 4
#: What a client has that isn't an Api.
_DEFAULT = 16


class Slots:
    """A number of places, taken by transfers.

    Args:
        count: How many there are, 1 or more.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._free = count
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, wanted: int, stopped: Callable[[], bool]) -> Generator[int]:
        """Takes some while the block runs; waits while there is none.

        Args:
            wanted: How many at most.
            stopped: Ends the waiting.

        Yields:
            How many it has, 1 or more; one that was stopped has none, but won't use it.
        """
        with self._changed:
            while not self._free and not stopped():
                self._changed.wait(TICK)
            got = min(wanted, self._free)
            self._free -= got
        try:
            yield max(1, got)
        finally:
            with self._changed:
                self._free += got
                self._changed.notify_all()


_guard = threading.Lock()
_of_apis = WeakKeyDictionary["Api", dict[Direction, Slots]]()


def slots_of(api: Api, direction: Direction) -> Slots:
    """Gives the places of an Api.

    Args:
        api: The Api.
        direction: Which way the parts go.
    """
    with _guard:
        slots = _of_apis.setdefault(api, {})
        if direction not in slots:
            slots[direction] = Slots(int(getattr(api, f"{direction}_max_workers", _DEFAULT)))
        return slots[direction]


def for_a_folder(slots: Slots) -> int:
    """How many a folder wants."""
    return max(OF_A_FILE, slots.count - LEFT_BY_A_FOLDER)
