"""Dates and times in Excel: numbers with a format that makes them one."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

#: Formats of Excel's own that show dates and times (ECMA-376, part 1, 18.8.30), those of East Asia among them.
DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
#: Serial number of 31 December 9999.
LAST = 2_958_465
#: What in a format is text: quoted, escaped, a colour, a locale, the width of a character.
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!hh?\]|mm?\]|ss?\])[^\]]*\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(hh?|mm?|ss?)\]", re.IGNORECASE)


def shows(code: str) -> str:
    """Tells what a format makes of a number.

    Args:
        code: The format, such as `yyyy-mm-dd`.

    Returns:
        date, elapsed, or nothing where it stays a number.
    """
    first = _LITERAL.sub("", code.partition(";")[0])
    if _ELAPSED.search(first):
        return "elapsed"
    return "date" if "general" not in first.lower() and re.search(r"[dmyhs]", first, re.IGNORECASE) else ""


def moment_of(serial: float, *, since_1904: bool = False) -> datetime | time | None:
    """Gives the moment that a number stands for.

    Args:
        serial: Days since the workbook's epoch.
        since_1904: Whether that is 1904, as in workbooks of old Macs.

    Returns:
        A date with a time; a time where it is less than a day; None where it is no date of Excel's calendar.
    """
    if not 0 <= serial <= LAST:
        return None
    # Excel counts a 29 February 1900, which never was.
    days = int(serial) + (1 if 0 < serial < 60 and not since_1904 else 0)
    milliseconds = round((serial - int(serial)) * 86_400_000)
    if serial < 1 and not since_1904:
        return (datetime.min + timedelta(milliseconds=milliseconds)).time()
    return (_EPOCH_1904 if since_1904 else _EPOCH) + timedelta(days=days, milliseconds=milliseconds)
