"""Limits of requests and instances."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import gives
from omicsdk.compat.sevenbridges.meta.resource import Resource, Value

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api


def _reset(value: Any) -> datetime:
    """The platform states seconds since 1970, or a time in its usual format."""
    try:
        return datetime.fromtimestamp(int(value))
    except (TypeError, ValueError, OverflowError, OSError):  # no number, or one beyond the calendar
        return fields.moment(value)


class Rate(Value):
    """Limit, remaining number, and time of the reset (local time, without zone)."""

    limit = remaining = fields.whole()
    reset = fields.Field[datetime](decode=_reset)


class RateLimit(Resource, calls="get_rate_limit"):
    """Limits of the user's requests and instances."""

    rate = instance_limit = fields.Part(lambda: Rate)

    def __repr__(self) -> str:
        return f"<RateLimit: rate={self.field('rate')}>"

    @classmethod
    @gives("get_rate_limit")
    def get(cls, api: Api | None = None) -> Self:
        """Get it."""
        ...

    def look_up(self, name: str) -> Any:
        """Read a member; `instance_limit` also where a deployment calls it `instance`."""
        other = name == "instance_limit" and self.field(name) is None and self.field("instance") is not None
        return super().look_up("instance" if other else name)
