"""Reading files back: checksums behind the writer, whole files that were there before, and cells against the journal."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from omicsdk.core.checksums import Digests, crc32c_combine, crc32c_extend, crc32c_text
from omicsdk.transfer.journals.journal import MISSING
from omicsdk.transfer.plan import CELL, cell_span

#: Bytes that are read and hashed at once; the buffer is reused, one a thread.
STRIDE = 1024 * 1024
# google_crc32c takes bytes only; pieces of this size stay in the processor's cache.
_CRC_STRIDE = 128 * 1024

_local = threading.local()


class Stopped(Exception):
    """The engine doesn't want the result any longer."""


def follow(path: str, digests: Digests, start: int, end: int, stopped: Callable[[], bool]) -> int:
    """Adds bytes of a file to checksums.

    Args:
        path: The file.
        digests: What to update.
        start: The first byte.
        end: The byte behind the last.
        stopped: Is asked between strides.

    Returns:
        How many bytes were read; fewer than asked for when the file is shorter.

    Raises:
        Stopped: `stopped` said so.
        OSError: The file can't be read.
    """
    buffer = _buffer()
    done = 0
    with open(path, "rb", buffering=0) as file:
        file.seek(start)
        while start + done < end:
            if stopped():
                raise Stopped
            count = file.readinto(buffer[: min(STRIDE, end - start - done)])
            if not count:
                break
            digests.update(buffer[:count])
            done += count
    return done


def checksums_of(
    path: str, names: Iterable[str], size: int, stopped: Callable[[], bool] = lambda: False
) -> dict[str, str]:
    """Computes checksums of a file.

    Args:
        path: The file.
        names: Which ones.
        size: Its size in bytes.
        stopped: Is asked between strides.

    Returns:
        From algorithm to value.

    Raises:
        Stopped: `stopped` said so.
        OSError: The file can't be read.
    """
    digests = Digests(names, size)
    follow(path, digests, 0, size, stopped)
    return digests.values()


def damaged_cells(path: str, cells: Sequence[int], size: int, stopped: Callable[[], bool]) -> list[int]:
    """Holds a file's cells against their recorded CRC32C.

    Args:
        path: The file.
        cells: The CRC32C of each cell, MISSING where none is recorded.
        size: The file's size in bytes.
        stopped: Is asked between cells.

    Returns:
        The numbers of the cells that are recorded but aren't what they should be.

    Raises:
        Stopped: `stopped` said so.
        OSError: The file can't be read.
    """
    extend = crc32c_extend()
    damaged: list[int] = []
    with open(path, "rb", buffering=0) as file:
        for index, expected in enumerate(cells):
            if expected == MISSING:
                continue
            if stopped():
                raise Stopped
            position, end = cell_span(index, size)
            file.seek(position)
            crc = 0
            while position < end and (data := file.read(min(_CRC_STRIDE, end - position))):
                crc = extend(crc, data)
                position += len(data)
            if crc != expected or position < end:
                damaged.append(index)
    return damaged


def crc32c_of_cells(cells: Sequence[int], size: int) -> str:
    """Combines the CRC32C of all cells of a file into its own, without reading it.

    Args:
        cells: The CRC32C of each cell; none missing.
        size: The file's size in bytes.
    """
    total = 0
    for index, crc in enumerate(cells):
        start, end = cell_span(index, size)
        total = crc32c_combine(total, crc, end - start) if end - start < CELL or index else crc
    return crc32c_text(total)


def first_difference(expected: Mapping[str, str], actual: Mapping[str, str]) -> str | None:
    """Names the first checksum that isn't as expected.

    Args:
        expected: From algorithm to value, as stated.
        actual: From algorithm to value, as computed; has at least the same algorithms.

    Returns:
        The algorithm, None when all agree.
    """
    for name, value in expected.items():
        if actual[name] != value:
            return name
    return None


def _buffer() -> memoryview:
    buffer: memoryview | None = getattr(_local, "buffer", None)
    if buffer is None:
        buffer = _local.buffer = memoryview(bytearray(STRIDE))
    return buffer
