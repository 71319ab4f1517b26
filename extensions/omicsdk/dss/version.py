"""DSS_VERSION: the timestamp that tells versions of a bundle, file or collection apart."""

from datetime import UTC, datetime

FORMAT = "%Y-%m-%dT%H%M%S.%fZ"
"""RFC 3339 in UTC without colons and with six decimals, as the platform's documentation defines it."""


def create_version(now: datetime | None = None) -> str:
    """A new version: the time now, such as `1985-04-12T232050.520000Z`.

    Args:
        now: Another time, with its zone.
    """
    return (now or datetime.now(UTC)).astimezone(UTC).strftime(FORMAT)
