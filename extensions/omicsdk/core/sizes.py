"""Numbers of bytes as text."""

from __future__ import annotations

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def size_words(size: float | None) -> str:
    """Format a number of bytes with three digits ("1.50 MiB").

    Args:
        size: The number, from 0; None is an unknown size.
    """
    if size is None:
        return "unknown size"
    unit = 0
    while size >= 999.5 and unit < len(_UNITS) - 1:
        size /= 1024
        unit += 1
    if unit == 0:
        return f"{size:.0f} B"
    digits = 2 if size < 9.995 else 1 if size < 99.95 else 0
    return f"{size:.{digits}f} {_UNITS[unit]}"
