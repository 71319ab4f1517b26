"""Records by number in anonymous temporary files: whatever their count, they cost no memory."""

from __future__ import annotations

import os
import threading
from array import array
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from tempfile import TemporaryFile
from weakref import finalize

from omicsdk.transfer.writing import write_at

#: An entry of the index: where the record begins, shifted by the tag's bits, with the tag; 0 where there is none.
_TAG_BITS = 3
_ENTRY = 8
#: Bytes in front of a record that tell its length.
_PREFIX = 4
#: Entries that are read at once.
_BLOCK = 1024
#: Records this many bytes apart are read one by one.
_SPAN = 2 << 20


class Spool:
    """Records that are written once, by number, and read by number or in the numbers' order.

    The files have no name, and are gone with the spool.

    Args:
        folder: Where the files lie; by default the system's folder for temporary files.

    Raises:
        OSError: They can't be made.
    """

    def __init__(self, folder: str | None = None) -> None:
        with ExitStack() as files:
            self._records = files.enter_context(TemporaryFile(buffering=0, dir=folder))
            self._index = files.enter_context(TemporaryFile(buffering=0, dir=folder))
            finalize(self, files.pop_all().close)
        self._end = 0
        self._lock = threading.Lock()

    def add(self, entries: Sequence[tuple[int, int, bytes]]) -> None:
        """Writes records.

        Args:
            entries: Number, tag (1 to 7) and record of each, by rising numbers.

        Raises:
            OSError: There is no room. What was added before is still there, and of these nothing.
        """
        data = bytearray()
        runs: list[tuple[int, array[int]]] = []
        expected = -1
        for number, tag, record in entries:
            if number != expected:
                runs.append((number, array("Q")))
            runs[-1][1].append((self._end + len(data)) << _TAG_BITS | tag)
            expected = number + 1
            data += len(record).to_bytes(_PREFIX, "little")
            data += record
        with self._lock:
            self._end += write_at(self._records.fileno(), [bytes(data)], self._end)
            for first, run in runs:
                write_at(self._index.fileno(), [run.tobytes()], first * _ENTRY)

    def tag(self, number: int) -> int:
        """Tells a record's tag.

        Returns:
            The tag, 0 when there is no such record.
        """
        return self._entries(number, 1)[0] & 7

    def record(self, number: int) -> bytes:
        """Gives a record.

        Raises:
            KeyError: There is none of that number.
        """
        entry = self._entries(number, 1)[0]
        if not entry:
            raise KeyError(number)
        return self._record_at(entry >> _TAG_BITS)

    def tags(self, end: int) -> Iterator[tuple[int, int]]:
        """Goes through the records' numbers and tags, by rising numbers.

        Args:
            end: The number to stop before.
        """
        for first in range(0, end, _BLOCK):
            for number, entry in enumerate(self._entries(first, min(_BLOCK, end - first)), first):
                if entry:
                    yield number, entry & 7

    def read(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """Gives several records at once, cheaper than one by one when they were written together.

        Args:
            numbers: Their numbers, rising, without those that aren't there.

        Raises:
            KeyError: There is none of one of the numbers.
        """
        found = dict[int, bytes]()
        for start in range(0, len(numbers), _BLOCK):
            wanted = numbers[start : start + _BLOCK]
            if wanted[-1] - wanted[0] >= 4 * _BLOCK:
                found.update((number, self.record(number)) for number in wanted)
                continue
            entries = self._entries(wanted[0], wanted[-1] - wanted[0] + 1)
            offsets = {number: entries[number - wanted[0]] >> _TAG_BITS for number in wanted}
            if not all(entries[number - wanted[0]] for number in wanted):
                raise KeyError(next(number for number in wanted if not entries[number - wanted[0]]))
            low, high = min(offsets.values()), max(offsets.values())
            if high - low > _SPAN:
                found.update((number, self._record_at(offset)) for number, offset in offsets.items())
                continue
            data = self._at(self._records.fileno(), high - low + _PREFIX, low)
            last = self._record_at(high)
            for number, offset in offsets.items():
                here = offset - low
                length = int.from_bytes(data[here : here + _PREFIX], "little")
                found[number] = last if offset == high else data[here + _PREFIX : here + _PREFIX + length]
        return found

    def _entries(self, first: int, count: int) -> array[int]:
        data = self._at(self._index.fileno(), count * _ENTRY, first * _ENTRY)
        return array("Q", data.ljust(count * _ENTRY, b"\0"))

    def _record_at(self, offset: int) -> bytes:
        data = self._at(self._records.fileno(), 4096, offset)
        length = int.from_bytes(data[:_PREFIX], "little")
        if length > len(data) - _PREFIX:
            return self._at(self._records.fileno(), length, offset + _PREFIX)
        return data[_PREFIX : _PREFIX + length]

    def _at(self, descriptor: int, length: int, offset: int) -> bytes:
        """Reads up to so many bytes; fewer only at the file's end."""
        if hasattr(os, "pread"):
            return os.pread(descriptor, length, offset)
        with self._lock:  # Windows
            os.lseek(descriptor, offset, os.SEEK_SET)
            return os.read(descriptor, length)
