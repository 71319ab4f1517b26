"""Durations that users type."""

import re


def seconds_in(text: str) -> float | None:
    """Parse a duration: seconds, or hours, minutes and seconds such as 2h30m; None if it is none.

    Args:
        text: The duration.
    """
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", text.strip(), re.IGNORECASE)
    if match is None or not any(match.groups()):
        return None
    hours, minutes, seconds = match.groups()
    return float(hours or 0) * 3600 + float(minutes or 0) * 60 + float(seconds or 0)
