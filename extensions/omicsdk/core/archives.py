"""Bounds on what compressed files inflate to: a small one may hold more than the memory or the disk."""

from __future__ import annotations

import io
import re
from typing import IO, TYPE_CHECKING

from omicsdk.core.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

#: By default a file may inflate to a hundred times its size, and to 1 GiB in any case. Deflate reaches a thousand
#: times.
LEAST, RATIO = 1 << 30, 100
OPTION = "--max-unpacked"

_SIZE = r"(?i)(\d{1,18}(?:\.\d{1,9})?)\s*([kmgtp]?)(?:i?b)?"
_FACTORS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4, "p": 1024**5}


class UnpacksTooLarge(UsageError):
    """An archive or a compressed file inflates to more than is allowed."""

    default_remedy = f"If its source is trusted, raise the bound: {OPTION} SIZE."


def size_of(text: str) -> float | None:
    """Parse a number of bytes, in powers of 1024: 500, 10K, 1.5 MiB; None if it is none.

    Args:
        text: The number.
    """
    match = re.fullmatch(_SIZE, text.strip())
    return float(match[1]) * _FACTORS[match[2].lower()] if match else None


def bytes_of(option: str, text: str) -> int:
    """Parse a number of bytes that an option has; see `size_of`.

    Raises:
        UsageError: It is invalid.
    """
    size = size_of(text)
    if size is None:
        raise UsageError(f"{option} {text}: not a number of bytes", remedy="Use one such as 16M.")
    return int(size)


class InflationLimit:
    """The bytes that a file may inflate to, all its parts together.

    Args:
        path: The archive or compressed file.
        most: The bytes, as a number or with K, M, G or T; None for the default of its size.

    Raises:
        UsageError: `most` is not a number of bytes.
        OSError: The file does not exist.
    """

    def __init__(self, path: Path, most: int | str | None = None) -> None:
        if isinstance(most, str):
            most = bytes_of(OPTION, most)
        self._path = path
        # A minimum, because small files of repeated text are legitimately a hundred times smaller.
        self._most = max(LEAST, RATIO * path.stat().st_size) if most is None else most
        self._left = self._most

    def spend(self, count: int) -> None:
        """Count inflated bytes.

        Raises:
            UnpacksTooLarge: They are more than allowed.
        """
        self._left -= count
        if self._left < 0:
            raise UnpacksTooLarge(f"{self._path.name} unpacks to more than {self._most:,} bytes")

    def reader(self, source: IO[bytes]) -> io.BufferedReader:
        """Return a reader of an inflating file that counts what it reads.

        Args:
            source: The file.
        """
        return io.BufferedReader(_Counted(source, self))


class _Counted(io.RawIOBase):
    def __init__(self, source: IO[bytes], limit: InflationLimit) -> None:
        self._source = source
        self._limit = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        data = self._source.read(len(buffer))
        # Before the bytes are passed on: what exceeds the bound reaches neither memory nor disk.
        self._limit.spend(len(data))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._source.close()
        super().close()
