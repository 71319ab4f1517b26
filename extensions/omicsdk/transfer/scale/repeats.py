"""Things that come several times under one name, and are one file: the first of each, and how much they come to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from typing import TypeVar

from omicsdk.transfer.items import Item
from omicsdk.transfer.key_sets import BUCKETS, KeyPile, KeySet
from omicsdk.transfer.names import check_name
from omicsdk.transfer.scale.sharing import name_key

T = TypeVar("T")

_BATCH = 1024
# A size is piled up behind the bits that choose its name's bucket, so that both come back side by side.
_SIZE_BITS = 64 - (BUCKETS.bit_length() - 1)
_SIZES = (1 << _SIZE_BITS) - 1


def first_of_each(things: Iterable[T], name: Callable[[T], str]) -> Iterator[T]:
    """Leaves out what has the name of something before it.

    Names are told apart by 63 bits of a keyed digest, in eight bytes of memory each: among a million, two are taken for one
    once in twenty million times.

    Args:
        things: Anything.
        name: Gives a thing's name.
    """
    seen, key = KeySet(), os.urandom(16)
    for thing in things:
        digest = blake2b(name(thing).encode("utf-8", "surrogatepass"), digest_size=8, key=key).digest()
        if seen.add(int.from_bytes(digest, "big") & ~1) is None:
            yield thing


def name_of(item: Item) -> str:
    """An item's name."""
    return item.name


def counted_once(items: Iterable[Item], shards: int, room: int) -> tuple[list[int], list[int]]:
    """Counts files and bytes of each shard by the items' names, those that repeat once, in memory that doesn't grow.

    Sixteen bytes an item lie in temporary files meanwhile. Each name is checked by itself.

    Args:
        items: The items.
        shards: How many shards there are, 1 or more.
        room: Bytes that a whole name may have.

    Returns:
        Files, and bytes, of each shard.

    Raises:
        UnsafePath: A name isn't safe.
    """
    files, sizes = [0] * shards, [0] * shards
    left = iter(items)
    with KeyPile() as names, KeyPile() as weights:
        while batch := list(islice(left, _BATCH)):
            for item in batch:
                check_name(item.name, room=room)
            keys = [name_key(item.name) for item in batch]
            names.add_all(keys)
            weights.add_all(
                [key & ~_SIZES | min(item.size or 0, _SIZES) for key, item in zip(keys, batch, strict=True)]
            )
        for found, weighed in zip(names.buckets(), weights.buckets(), strict=True):
            once = set[int]()
            for key, weight in zip(found, weighed, strict=True):
                if key not in once:
                    once.add(key)
                    files[key % shards] += 1
                    sizes[key % shards] += weight & _SIZES
    return files, sizes
