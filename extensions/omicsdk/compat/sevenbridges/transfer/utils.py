"""Parts of files and progress of transfers, with the names of sevenbridges-python."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from omicsdk.compat.sevenbridges.enums import PartSize

#: Characters of the progress bar.
_WIDTH = 40


@dataclass(frozen=True, slots=True)
class Part:
    """Part of a file: its first byte, and its size in bytes."""

    start: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a transfer: parts, bytes, and milliseconds since the start."""

    num_of_parts: int
    parts_done: int
    bytes_done: int
    file_size: int
    duration: float

    @property
    def progress(self) -> float:
        """Completed percentage, 0 to 100; 100 for an empty file."""
        return percent(self.bytes_done, self.file_size)

    @property
    def bandwidth(self) -> float:
        """Megabytes (10^6 bytes) a millisecond since the start, as published; 0 before any time has passed."""
        return self.bytes_done / 1_000_000 / self.duration if self.duration else 0.0


def percent(completed: int, whole: int) -> float:
    """Return the completed percentage, 0 to 100; 100 of nothing."""
    return 100 * completed / whole if whole else 100.0


def total_parts(file_size: int, part_size: int) -> int:
    """Return the number of parts of a file; 1 for an empty file."""
    return max(1, -(-file_size // part_size))


def simple_progress_bar(progress: Progress) -> None:
    """Draw a bar in the terminal, for `add_progress_callback`."""
    filled = int(_WIDTH * progress.progress / 100)
    speed = progress.bandwidth * 1_000_000 * 1000 / PartSize.MB  # MiB a second
    bar = "#" * filled + "." * (_WIDTH - filled)
    done = progress.bytes_done >= progress.file_size
    sys.stdout.write(f"\r[{bar}] {progress.progress:5.1f} % {speed:8.2f} MB/s" + ("\n" if done else ""))
    sys.stdout.flush()
