"""Sets of 64-bit keys in flat arrays: eight bytes a key, where Python's own sets take a hundred. Know nothing of names."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from tempfile import TemporaryFile
from typing import Self

#: Into how many arrays keys are sorted; a few hundred keys in each of a million's make all steps short.
BUCKETS = 1024
#: Keys that a pile holds in memory, at most, before it takes them to a temporary file.
IN_MEMORY = 500_000

_SHIFT = 64 - 10  # of BUCKETS, by a key's upper bits
_MASK = 2**64 - 1


class KeyPile:
    """Takes keys fast and gives them back sorted into buckets, once all are there. A context manager.

    Args:
        in_memory: Keys to hold in memory, at most.
    """

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._buckets = [array("Q") for _ in range(BUCKETS)]
        self._room = self._in_memory = in_memory
        self._file = None
        self._chunks: list[tuple[int, ...]] = []  # of each time that keys were taken to the file: how many a bucket

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add_all(self, keys: list[int]) -> None:
        """Adds keys.

        Args:
            keys: Whole numbers; of each the lower 64 bits count.
        """
        buckets = self._buckets
        for key in keys:
            key &= _MASK
            buckets[key >> _SHIFT].append(key)
        self._room -= len(keys)
        if self._room <= 0:
            self._spill()

    def buckets(self) -> Iterator[array[int]]:
        """The keys, bucket by bucket, in no order within one, each as often as it was added."""
        offsets = [0, *accumulate(8 * sum(counts) for counts in self._chunks)]
        for index, bucket in enumerate(self._buckets):
            whole = array("Q", bucket)
            for chunk, counts in enumerate(self._chunks):
                assert self._file is not None
                self._file.seek(offsets[chunk])
                whole.fromfile(self._file, counts[index])
                offsets[chunk] += 8 * counts[index]
            yield whole

    def _spill(self) -> None:
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115 - closed with the pile
        self._file.seek(0, 2)
        for bucket in self._buckets:
            bucket.tofile(self._file)
        self._chunks.append(tuple(map(len, self._buckets)))
        self._buckets = [array("Q") for _ in range(BUCKETS)]
        self._room = self._in_memory


class KeySet:
    """A set of keys of two kinds that answers at once. Its memory grows with its keys, eight bytes each.

    A key's lowest bit is its kind; no key is there with both.
    """

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(BUCKETS)]

    def add(self, key: int) -> int | None:
        """Adds a key, unless it is there as the one kind or the other.

        Args:
            key: From 0 to 2**64 - 1.

        Returns:
            The kind that is there already, None when it was added.
        """
        bucket = self._buckets[key >> _SHIFT]
        place = bisect_left(bucket, key & ~1)
        if place < len(bucket) and bucket[place] | 1 == key | 1:
            return bucket[place] & 1
        bucket.insert(place, key)
        return None
