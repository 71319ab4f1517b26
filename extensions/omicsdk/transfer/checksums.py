"""Checksums of files, computed by threads, and the comparison of downloaded files with their platform's checksums."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from io import RawIOBase
from time import monotonic, time

from omicsdk.core.checksums import Digests, crc32c_combine, crc32c_extend, crc32c_text, first_difference
from omicsdk.core.clock import never
from omicsdk.core.errors import ChecksumMismatch, OmicsError, TransferError
from omicsdk.core.threads import side_by_side
from omicsdk.transfer.items import Item
from omicsdk.transfer.journal import MISSING
from omicsdk.transfer.names import check_name
from omicsdk.transfer.network.plan import CELL, cell_span
from omicsdk.transfer.reports.report import Outcome, TransferReport, verification_of

#: Bytes that are read and hashed at a time; each thread reuses one buffer of this size.
STRIDE = 1024 * 1024
# google_crc32c accepts bytes only; pieces of this size stay in the processor's cache.
_CRC_STRIDE = 128 * 1024

_local = threading.local()


class Stopped(Exception):
    """The result is no longer needed."""


def follow(
    path: str,
    digests: Digests,
    start: int,
    end: Callable[[], int],
    stopped: Callable[[], bool],
    on_bytes: Callable[[int], object] | None = None,
) -> int:
    """Update checksums with bytes of a file.

    Args:
        path: The file.
        digests: The checksums to update.
        start: Offset of the first byte.
        end: Returns the offset after the last byte; called between strides, because it may grow.
        stopped: Returns whether to stop; called between strides.
        on_bytes: Called with the number of bytes of each stride.

    Returns:
        The number of bytes read; fewer than requested if the file is shorter.

    Raises:
        Stopped: `stopped` returned True.
        OSError: The file cannot be read.
    """
    buffer = _buffer()
    hashed = 0
    with open(path, "rb", buffering=0) as file:
        file.seek(start)
        while (left := end() - start - hashed) > 0:
            if stopped():
                raise Stopped
            # Into one buffer for each thread: a new one for each stride would be cleared by the system each time.
            count = file.readinto(buffer[: min(STRIDE, left)])
            if not count:
                break
            digests.update(buffer[:count])
            hashed += count
            if on_bytes is not None:
                on_bytes(count)
    return hashed


def checksums_of(
    path: str,
    names: Iterable[str],
    size: int,
    stopped: Callable[[], bool] = never,
    on_bytes: Callable[[int], object] | None = None,
) -> dict[str, str]:
    """Compute checksums of a file.

    Args:
        path: The file.
        names: The algorithms.
        size: The file's size in bytes.
        stopped: Returns whether to stop; called between strides.
        on_bytes: Called with the number of bytes of each stride.

    Returns:
        Values by algorithm.

    Raises:
        Stopped: `stopped` returned True.
        OSError: The file cannot be read.
    """
    digests = Digests(names, size)
    follow(path, digests, 0, lambda: size, stopped, on_bytes)
    return digests.values()


def damaged_cells(path: str, cells: Sequence[int], size: int, stopped: Callable[[], bool]) -> list[int]:
    """Compare a file's cells with their recorded CRC32C.

    Args:
        path: The file.
        cells: The CRC32C of each cell, MISSING where none is recorded.
        size: The file's size in bytes.
        stopped: Returns whether to stop; called between cells.

    Returns:
        The numbers of the cells that differ from their record.

    Raises:
        Stopped: `stopped` returned True.
        OSError: The file cannot be read.
    """
    damaged: list[int] = []
    with open(path, "rb", buffering=0) as file:
        for index, expected in enumerate(cells):
            if expected != MISSING and not _matches(file, *cell_span(index, size), expected, stopped):
                damaged.append(index)
    return damaged


def sound_beginnings(
    path: str, beginnings: Mapping[int, tuple[int, int]], stopped: Callable[[], bool]
) -> dict[int, tuple[int, int]]:
    """Compare the beginnings of a file's cells with their recorded CRC32C.

    Args:
        path: The file.
        beginnings: For each cell's number, where in the file its beginning ends, and its CRC32C.
        stopped: Returns whether to stop; called between cells.

    Returns:
        Those that agree.

    Raises:
        Stopped: `stopped` returned True.
        OSError: The file cannot be read.
    """
    if not beginnings:
        return {}
    with open(path, "rb", buffering=0) as file:
        return {
            index: (position, crc)
            for index, (position, crc) in beginnings.items()
            if _matches(file, index * CELL, position, crc, stopped)
        }


def _matches(file: RawIOBase, position: int, end: int, expected: int, stopped: Callable[[], bool]) -> bool:
    if stopped():
        raise Stopped
    extend, crc = crc32c_extend(), 0
    file.seek(position)
    while position < end and (data := file.read(min(_CRC_STRIDE, end - position))):
        crc = extend(crc, data)
        position += len(data)
    return crc == expected and position == end


def crc32c_of_cells(cells: Sequence[int], size: int) -> str:
    """Combine the CRC32C of all cells of a file into the file's own, without reading it.

    Args:
        cells: The CRC32C of each cell; none missing.
        size: The file's size in bytes.
    """
    total = 0
    for index, crc in enumerate(cells):
        start, end = cell_span(index, size)
        total = crc32c_combine(total, crc, end - start) if index else crc
    return crc32c_text(total)


def _buffer() -> memoryview:
    buffer: memoryview | None = getattr(_local, "buffer", None)
    if buffer is None:
        buffer = _local.buffer = memoryview(bytearray(STRIDE))
    return buffer


REMEDY = "Download it again."


def verify(
    items: Sequence[Item], folder: str | os.PathLike[str] = ".", *, stop: threading.Event | None = None
) -> TransferReport:
    """Compare the files of a folder with their stated sizes and checksums, without requests.

    Args:
        items: The downloaded items.
        folder: The folder that they were downloaded to.
        stop: Ends the comparison within a tenth of a second when set.

    Returns:
        The outcome of each item, in order: done if its file is right (`verification` states what was compared), failed
        if the file is missing or differs.
    """
    start, clock = time(), monotonic()
    check = partial(check_file, os.fspath(folder))
    results = side_by_side(check, items, never if stop is None else stop.is_set)
    outcomes = [
        Outcome.of_error(item.name, result, item.size)._replace(label=item.label)
        if isinstance(result, OmicsError)
        else result
        for item, result in zip(items, results, strict=True)
    ]
    return TransferReport(outcomes, monotonic() - clock, began=start, title="Verify")


def check_file(folder: str, item: Item, on_bytes: Callable[[int], object] | None = None) -> Outcome:
    """Compare one file with its stated size and checksums.

    Args:
        folder: The folder that it is in.
        item: Its name, size and checksums.
        on_bytes: Called with the number of bytes of each stride.

    Returns:
        A done outcome with the file's own size and checksums.

    Raises:
        UnsafePath: Its name points out of the folder.
        ChecksumMismatch: Its size or a checksum differs.
        TransferError: It is missing or cannot be read.
    """
    check_name(item.name)
    path = os.path.join(folder, item.name)
    try:
        size = os.stat(path).st_size
        if item.size is not None and size != item.size:
            raise ChecksumMismatch(
                item.name, algorithm="size", expected=str(item.size), actual=str(size), remedy=REMEDY
            )
        actual = checksums_of(path, item.checksums, size, on_bytes=on_bytes)
    except FileNotFoundError:
        raise TransferError(f"{path} is missing", name=item.name, remedy=REMEDY) from None
    except OSError as error:
        raise TransferError(f"cannot read {path}: {error.strerror or error}", name=item.name) from error
    differs = first_difference(item.checksums, actual)
    if differs is not None:
        raise ChecksumMismatch(
            item.name, algorithm=differs, expected=item.checksums[differs], actual=actual[differs], remedy=REMEDY
        )
    kind = verification_of(item.checksums, item.size)
    return Outcome(item.name, "done", size, checksums=actual, verified=", ".join(actual), verification=kind)
