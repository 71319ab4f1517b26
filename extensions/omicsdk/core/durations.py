"""Durations that users type."""

import re

#: What to do where a text is no duration.
REMEDY = "Use seconds, or a duration such as 90m, 2h30m or 7d."

_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s?": 1}


def seconds_in(text: str) -> float | None:
    """Parse a duration: seconds, or weeks, days, hours, minutes and seconds such as 2h30m; None if it is none.

    Args:
        text: The duration.
    """
    match = re.fullmatch("".join(rf"(?:(\d+(?:\.\d+)?){unit})?" for unit in _UNITS), text.strip().lower(), re.ASCII)
    if match is None or not any(match.groups()):
        return None
    return sum(float(count or 0) * _UNITS[unit] for unit, count in zip(_UNITS, match.groups(), strict=True))
