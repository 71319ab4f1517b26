"""The progress of a transfer on a terminal."""

from __future__ import annotations

from omicsdk.transfer.reports.units import size_words, time_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.transfer import Progress

_LEAST_TITLE, _LEAST_BAR, _LONGEST_BAR, _TIME = 8, 10, 40, 14
"""Columns of a progress line: minimum of the title, minimum and maximum of the bar, and the time left with its gap."""


def progress_line(title: str, state: Progress, width: int, *, plain: bool = False) -> str:
    """Format a transfer's progress: title, bar, bytes, rate, time left and files; bar and time are dropped first.

    Args:
        title: Title of the transfer.
        state: Its progress.
        width: Columns of the terminal.
        plain: Whether the terminal shows ASCII only.
    """
    total = state.bytes if state.files is not None and not state.unsized else 0
    numbers = [_sizes(state.bytes_done, total), f"{size_words(state.rate)}/s", _files(state)]
    room = width - sum(map(len, numbers)) - 2 * len(numbers)
    if total and room >= _LEAST_TITLE + _LEAST_BAR + _TIME:
        left = time_words((total - state.bytes_done) / state.rate) if state.rate else ""
        numbers.insert(2, f"{left:<{_TIME - 4}}")
        length = max(_LEAST_BAR, min(_LONGEST_BAR, room - _TIME - 2 - len(title)))
        filled = min(length, round(state.bytes_done / total * length))
        full, empty = "#-" if plain else "━╌"
        numbers.insert(0, full * filled + empty * (length - filled))
        room -= _TIME + length
    room = max(1, room)
    shown = title if len(title) <= room else f"{title[: room - 1]}{'~' if plain else '…'}"
    return "  ".join([shown, *numbers])[:width]


def _sizes(done: int, total: int) -> str:
    """Format transferred and total bytes, with a shared unit only once."""
    if not total:
        return size_words(done)
    number, unit = size_words(done).split(" ")
    return (
        f"{number}/{size_words(total)}"
        if size_words(total).endswith(f" {unit}")
        else f"{number} {unit}/{size_words(total)}"
    )


def _files(state: Progress) -> str:
    """Format files, failures, retries, and any phase but the usual one."""
    count = f"{state.files_done}" if state.files is None else f"{state.files_done}/{state.files}"
    parts = [f"{count} files"]
    if state.files_failed:
        parts.append(f"{state.files_failed} failed")
    if state.retries:
        parts.append(f"{state.retries} retries")
    if state.phase not in ("moving", "over"):
        parts.append(state.phase)
    return ", ".join(parts)
