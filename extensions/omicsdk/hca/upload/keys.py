"""The temporary AWS keys of an upload area: asked of the service, and renewed before they end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from logging import getLogger

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import AuthError, OmicsError
from omicsdk.core.retry import seconds_of_date

#: Keys are renewed when so many seconds are left, or a quarter of their life, whichever is less: what is signed with
#: them must still be theirs when it arrives.
RENEW_BEFORE = 300.0
#: How long keys are taken to live whose end can't be read: the shortest time that AWS gives out.
SHORTEST_LIFE = 900.0
#: Keys that are younger weren't refused for their age, so others wouldn't help.
FRESH = 30.0

_log = getLogger("omicsdk.hca.upload")


@dataclass(frozen=True, slots=True)
class Keys:
    """Temporary keys.

    Attributes:
        access_key_id: Names the key.
        secret_access_key: What requests are signed with.
        session_token: Goes along with each signed request.
        expiration: When they end, as the service wrote it.
        life: Seconds from then, on the service's clock, to their end.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expiration: str
    life: float


def life_of(expiration: str, date: str | None, now: float) -> float:
    """Gives the seconds that keys live.

    Args:
        expiration: When they end, in ISO 8601.
        date: The Date header of the answer that they came in: what the service's clock said. A clock that is wrong here
            must not make keys seem fresh that have ended.
        now: Seconds since 1970 on this machine's clock, where there is no such header.
    """
    try:
        end = datetime.fromisoformat(expiration)
    except ValueError:
        return SHORTEST_LIFE
    answered = seconds_of_date(date or "")
    given = now if answered is None else answered
    return (end if end.tzinfo is not None else end.replace(tzinfo=UTC)).timestamp() - given


class AreaKeys:
    """The keys of one area. Thread-safe: of several that need new ones, one asks and the others wait.

    Args:
        ask: Asks the service for new keys.
        clock: Tells the time.
    """

    def __init__(self, ask: Callable[[], Keys], clock: Clock = SYSTEM_CLOCK) -> None:
        self._ask = ask
        self._clock = clock
        self._guard = threading.Lock()
        self._keys: Keys | None = None
        self._given = 0.0

    def current(self) -> Keys:
        """Gives keys that are good for a while.

        Raises:
            OmicsError: The service gives none.
        """
        keys = self._keys
        if keys is not None and not self._due(keys):
            return keys
        with self._guard:
            keys = self._keys
            if keys is not None and not self._due(keys):
                return keys
            try:
                return self._renewed()
            except AuthError:
                raise
            except OmicsError as error:
                if keys is None or self._age() >= keys.life:
                    raise
                _log.warning("keys of the upload area aren't renewed, going on with the old ones: %s", error)
                return keys

    def refused(self) -> bool:
        """Renews keys that the store says have ended, unless they are fresh.

        Returns:
            Whether there are others now.

        Raises:
            OmicsError: The service gives none.
        """
        with self._guard:
            if self._keys is None or self._age() < FRESH:
                return False
            self._renewed()
            return True

    def _renewed(self) -> Keys:
        asked = self._clock.monotonic()
        self._keys = self._ask()
        self._given = asked
        return self._keys

    def _age(self) -> float:
        return self._clock.monotonic() - self._given

    def _due(self, keys: Keys) -> bool:
        return keys.life - self._age() < min(RENEW_BEFORE, keys.life / 4)
