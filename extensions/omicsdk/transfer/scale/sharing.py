"""Who takes which file: pure functions of names and sizes, the same on every machine and in every run."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from heapq import heapify, heapreplace

#: What a file costs beside its bytes, in bytes: the round trips of a request, at the speed of a common link.
FILE_COST = 256 * 1024


def balanced(files: Sequence[tuple[str, int | None]], shards: int) -> list[int]:
    """Shares files out so that all shards have about as many bytes: the largest first, onto the least loaded.

    Args:
        files: Names, which differ, and sizes in bytes. A size that isn't known is taken for the mean of those that are.
        shards: How many shards there are, 1 or more.

    Returns:
        The shard of each file, from 0. It doesn't depend on the files' order.
    """
    known = [size for _, size in files if size is not None]
    mean = sum(known) // len(known) if known else 0
    costs = [FILE_COST + (mean if size is None else size) for _, size in files]
    loads = [(0, shard) for shard in range(shards)]
    heapify(loads)
    found = [0] * len(files)
    for place in sorted(range(len(files)), key=lambda place: (-costs[place], files[place][0])):
        load, shard = loads[0]
        found[place] = shard
        heapreplace(loads, (load + costs[place], shard))
    return found


def name_key(name: str) -> int:
    """Gives a number of 64 bits for a file's name, the same in every process (Python's own hash isn't).

    Args:
        name: The file's name.
    """
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def shard_of(name: str, shards: int) -> int:
    """Gives the shard of a file by its name alone, for those who see the files one after the other.

    Args:
        name: The file's name.
        shards: How many shards there are, 1 or more.

    Returns:
        A shard from 0; the same in every process.
    """
    return name_key(name) % shards
