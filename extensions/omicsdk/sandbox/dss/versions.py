"""DSS_VERSION: RFC 3339 in UTC without colons, microseconds always written (2019-08-01T200147.836832Z)."""

import re
from datetime import UTC, datetime, timedelta

_RFC3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):?(\d{2}):?(\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:?\d{2})", re.ASCII
)


def format_version(seconds: float) -> str:
    """The version of a time.

    Args:
        seconds: Seconds since 1970, UTC.

    Returns:
        The time as DSS_VERSION.
    """
    # Through whole microseconds, or a float's rounding would make the same time two versions.
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=round(seconds * 1_000_000))
    return moment.strftime("%Y-%m-%dT%H%M%S.%fZ")


def parse_version(text: str) -> str:
    """Reads a version, or any RFC 3339 time, as DSS_VERSION.

    Args:
        text: A time with or without colons, with any offset and any precision.

    Returns:
        The same time as DSS_VERSION; digits beyond microseconds are cut off.

    Raises:
        ValueError: The text isn't such a time.
    """
    found = _RFC3339.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} isn't an RFC 3339 time")
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    moment = datetime(
        int(year), int(month), int(day), int(hour), int(minute), int(second), int((fraction or "")[:6].ljust(6, "0"))
    )
    if offset not in ("Z", "z"):
        sign = -1 if offset[0] == "+" else 1
        moment += sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    return f"{moment.year:04}-{moment.strftime('%m-%dT%H%M%S.%fZ')}"


def is_version(value: object) -> bool:
    """Whether a value is a time that `parse_version` reads."""
    if not isinstance(value, str):
        return False
    try:
        parse_version(value)
    except (ValueError, OverflowError):
        return False
    return True
