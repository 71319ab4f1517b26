"""Rates by the time of day and week: `08:00,10M 19:00,off`. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from omicsdk.core.archives import size_of
from omicsdk.core.named_tuples import NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

_ENTRY = r"(?:([A-Za-z]{3})-)?([01]?\d|2[0-3]):([0-5]\d),(\S+)\Z"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 24 * 60


def rate_of(text: str) -> float | None:
    """Parse bytes a second: 500K, 10M, 10M/s; None if it is no rate.

    Args:
        text: The rate.
    """
    return size_of(text.strip().lower().removesuffix("/s"))


class Timetable(NamedTuple):
    """The rates of a week, in local time.

    Attributes:
        changes: Minutes since Monday 00:00 from which a rate is in effect, in order, each with bytes a second, None for
            no limit. Before the first one, the last one is in effect.
    """

    changes: tuple[tuple[int, float | None], ...]

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read a timetable: entries `HH:MM,RATE` or `Mon-HH:MM,RATE`, separated by blanks; `off` is no limit.

        Args:
            text: The timetable.

        Returns:
            The timetable; None if it is malformed, has a rate of 0, or two rates from the same minute on.
        """
        changes: dict[int, float | None] = {}
        for entry in text.split():
            match = re.match(_ENTRY, entry)
            if match is None:
                return None
            day, hours, minutes, rate_text = match.groups()
            rate = None if rate_text.lower() == "off" else rate_of(rate_text)
            if (day or "mon").lower() not in _DAYS or (rate_text.lower() != "off" and not rate):
                return None
            for number in range(7) if day is None else (_DAYS.index(day.lower()),):
                minute = number * _DAY + int(hours) * 60 + int(minutes)
                if minute in changes:
                    return None
                changes[minute] = rate
        return cls(tuple(sorted(changes.items()))) if changes else None

    def rate_at(self, moment: datetime) -> float | None:
        """Return the rate at a moment, in bytes a second; None for no limit.

        Args:
            moment: The moment, in the zone that the timetable is for.
        """
        now = moment.weekday() * _DAY + moment.hour * 60 + moment.minute
        past = [rate for minute, rate in self.changes if minute <= now]
        return past[-1] if past else self.changes[-1][1]
