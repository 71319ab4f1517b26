"""Times in queries: as the platform takes them, without zone and to the second."""

from __future__ import annotations

from datetime import UTC, date, datetime

from omicsdk.compat.sevenbridges.errors import ValidationError
from omicsdk.core.omit import OMIT, Omit


def query_time(name: str, value: str | date | None) -> str | Omit:
    """Gives a time as a query's argument.

    Args:
        name: The argument's name, for errors.
        value: Text is sent as it is. A datetime with a zone is told in UTC, one without is taken for UTC; a date means its
            beginning. None leaves the argument out.

    Raises:
        ValidationError: It is something else.
    """
    if value is None:
        return OMIT
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo is not None else value
        return moment.replace(tzinfo=None).isoformat(timespec="seconds")
    if isinstance(value, date):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not check types
        return f"{value.isoformat()}T00:00:00"
    raise ValidationError(f"{name} is a datetime or text such as 2024-01-31T12:00:00, not {value!r}")
