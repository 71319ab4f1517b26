"""DSS_VERSION: the timestamp that tells versions of a bundle, file or collection apart."""

import re
from datetime import UTC, datetime

from omicsdk.core.errors import UsageError

FORMAT = "%Y-%m-%dT%H%M%S.%fZ"
"""RFC 3339 in UTC without colons and with six decimals, as the platform's documentation defines it."""


def create_version(now: datetime | None = None) -> str:
    """A new version: the time now, such as `1985-04-12T232050.520000Z`.

    Args:
        now: Another time, with its zone.
    """
    return (now or datetime.now(UTC)).astimezone(UTC).strftime(FORMAT)


_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}\.\d{6}Z")


def version_of(when: datetime | str) -> str:
    """A moment as DSS_VERSION, for operations that take a time: `2019-08-01` is the beginning of that day.

    Args:
        when: A moment; or text in ISO 8601, a date or a date and a time, or a DSS_VERSION already. Without a zone it is
            UTC.

    Raises:
        UsageError: The text is no such moment.
    """
    if isinstance(when, str):
        if _VERSION.fullmatch(when):
            return when
        try:
            when = datetime.fromisoformat(when)
        except ValueError:
            remedy = "Give a date such as 2019-08-01, or a time such as 2019-08-01T20:01:47Z."
            raise UsageError(f"{when!r} isn't a time", remedy=remedy) from None
    return create_version(when if when.tzinfo is not None else when.replace(tzinfo=UTC))
