"""Where in a journal the done-records stand: a hash table of offsets in two flat arrays, 10 MiB for a million records.

Names aren't kept: a hit is confirmed by reading the line that it leads to.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable

# Offset of a record that counts no longer; at 0 stands the journal's header.
_GONE = 0


class DoneIndex:
    """From a key to the offset of its line.

    Args:
        count: How many keys there will be at most, 0 or more; room is made for them at once.
        length: The journal's length in bytes; no offset reaches it.
        confirmed: Tells whether the line at an offset is that of a key.
    """

    def __init__(self, count: int, length: int, confirmed: Callable[[int, bytes], bool]) -> None:
        slots = 8
        while slots * 2 < count * 3:
            slots *= 2
        self._mask = slots - 1
        self._marks = bytearray(slots)  # 0 where nothing is, else eight bits of the key's hash
        self._offsets = array("I" if length <= 0xFFFFFFFF else "Q", [0]) * slots
        self._confirmed = confirmed
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, key: bytes, offset: int) -> None:
        """Sets the offset of a key, in the place of an earlier one.

        Args:
            key: The key.
            offset: The offset of its line, more than 0.
        """
        slot, found = self._slot(key)
        if not found:
            self._count += 1
            self._marks[slot] = _mark(hash(key))
        self._offsets[slot] = offset

    def get(self, key: bytes) -> int | None:
        """The offset of a key's line, None when it has none."""
        slot, found = self._slot(key)
        return self._offsets[slot] if found else None

    def remove(self, key: bytes) -> None:
        """Forgets a key, if it is there."""
        slot, found = self._slot(key)
        if found:
            self._count -= 1
            self._offsets[slot] = _GONE

    def _slot(self, key: bytes) -> tuple[int, bool]:
        """Where a key is, or where it may be put."""
        marks, mask = self._marks, self._mask
        value = hash(key)  # of bytes: differs from process to process, and nobody can choose names that meet
        mark = _mark(value)
        slot = value & mask
        while there := marks[slot]:
            if there == mark and (offset := self._offsets[slot]) != _GONE and self._confirmed(offset, key):
                return slot, True
            slot = (slot + 1) & mask
        return slot, False


def _mark(value: int) -> int:
    return (value >> 40 & 0xFF) or 1
