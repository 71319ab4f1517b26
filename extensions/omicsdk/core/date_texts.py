"""The texts of dates, times and durations that are sent."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from omicsdk.core.errors import UsageError


def is_naive(value: Any) -> bool:
    """Whether a value is an ambiguous datetime: it has no time zone, and no original text."""
    # Without tzinfo first: pandas' NaT, which is a datetime too, raises ValueError for its offset.
    is_local = isinstance(value, datetime) and (value.tzinfo is None or value.utcoffset() is None)
    return is_local and not getattr(value, "_text", "")


def written(value: date, name: str = "A datetime") -> str:
    """Return the text of a date or a moment: the original one, else RFC 3339.

    Args:
        value: The date, or the moment.
        name: The argument, for errors.

    Raises:
        UsageError: It is a datetime without a time zone, which is ambiguous.
    """
    if text := getattr(value, "_text", ""):
        return text
    if not isinstance(value, datetime):
        return value.isoformat()
    if is_naive(value):
        raise UsageError(
            f"{name} cannot be sent: {value.isoformat()} has no time zone",
            remedy="Use a datetime with a time zone, such as datetime.now(UTC), or text in the service's format.",
        )
    offset = value.utcoffset() or timedelta()
    # An offset of RFC 3339 has no seconds, as local times before 1900 have.
    return (value.astimezone(UTC) if offset.seconds % 60 or offset.microseconds else value).isoformat()


def duration_text(value: timedelta) -> str:
    """Return a duration in ISO 8601, such as `P1DT2H0.5S`."""
    sign = "-" if value < timedelta() else ""
    value = abs(value)
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    exact = f"{seconds}.{value.microseconds:06}".rstrip("0").rstrip(".") if value.microseconds else f"{seconds}"
    days = f"{value.days}D" if value.days else ""
    parts = ((f"{hours}", "H"), (f"{minutes}", "M"), (exact, "S"))
    clock = "".join(f"{number}{unit}" for number, unit in parts if number != "0")
    return f"{sign}P{days}{f'T{clock}' if clock else ''}" if days or clock else "PT0S"
