"""Words for people: sizes, times and texts of others, made harmless."""

from __future__ import annotations

import re

from omicsdk.core.redaction import mask_text

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_QUERY = re.compile(r"(://[^\s?#\"'<>`\\]+)[?#][^\s\"'<>`\\]*")


def size_words(size: float) -> str:
    """Names a number of bytes with three digits ("1.50 MiB")."""
    unit = 0
    while size >= 999.5 and unit < len(_UNITS) - 1:
        size /= 1024
        unit += 1
    if unit == 0:
        return f"{size:.0f} B"
    digits = 2 if size < 9.995 else 1 if size < 99.95 else 0
    return f"{size:.{digits}f} {_UNITS[unit]}"


def time_words(seconds: float) -> str:
    """Names a time in its two largest units ("3 min 20 s")."""
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


def without_secrets(text: str) -> str:
    """Takes the query off every URL in a text, and masks what else looks like a secret."""
    return mask_text(_QUERY.sub(r"\1", text))


def visible(text: str) -> str:
    """Writes as escapes what steers a page or terminal instead of being read: control and bidi characters, halves."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
