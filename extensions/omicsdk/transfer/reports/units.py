"""Sizes, durations and counts as text."""

from __future__ import annotations

from omicsdk.core.sizes import size_words

TYPE_CHECKING = False  # avoids importing typing; type checkers recognise the name
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any


def total_words(sizes: Iterable[int | None]) -> str:
    """Format the total size of files, of which some may be unknown ("1.50 MiB and 2 of unknown size")."""
    size, files, unsized = 0, 0, 0
    for file_size in sizes:
        files += 1
        size, unsized = (size, unsized + 1) if file_size is None else (size + file_size, unsized)
    return partial_words(size, files, unsized)


def partial_words(size: int, files: int, unsized: int) -> str:
    """Format a total size: of files, the `unsized` ones of which it does not have ("1.50 MiB and 2 of unknown size")."""
    if not unsized:
        return size_words(size)
    return size_words(None) if unsized == files else f"{size_words(size)} and {unsized:,} of unknown size"


def time_words(seconds: float) -> str:
    """Format a duration in its two largest units ("3 min 20 s")."""
    if seconds < 10:
        return f"{seconds:.2f} s" if seconds < 0.995 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def counted_words(counts: Mapping[Any, int]) -> str:
    """Format counts by kind, in their order ("3 verified, 1 size only"); "" for none."""
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)


def count_of(number: int, noun: str) -> str:
    """Format a number with its noun in the singular or plural ("1 file", "2,000 files")."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
