"""The temporary AWS keys of an upload area: asked of the service, and renewed before they end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from logging import getLogger
from typing import TYPE_CHECKING

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import AuthError, Conflict, Locked, NotFound, OmicsError
from omicsdk.core.platform import settings_of
from omicsdk.core.retry import seconds_of_date
from omicsdk.hca.upload.areas import area_of

if TYPE_CHECKING:
    from omicsdk_api.upload import UploadApi

    from omicsdk.hca.upload.areas import UploadAreaURI
    from omicsdk.hca.upload.client import HcaUpload

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


def request_keys(api: UploadApi, area_uuid: str, clock: Clock) -> Keys:
    """Request temporary keys that open an area.

    Args:
        api: The service.
        area_uuid: The area.
        clock: Returns the time.

    Raises:
        NotFound: There is no such area.
        Locked, Conflict: It takes no more files.
        OmicsError: The service cannot be reached.
    """
    try:
        answer = api.get_credentials.raw(upload_area_uuid=area_uuid)
    except NotFound as error:
        error.remedy = "Check the area's URI: it may have been deleted, or never made."
        raise
    except (Locked, Conflict) as error:
        error.remedy = "The area takes no more files: its submission is being processed, or it is being deleted."
        raise
    found = answer.json()
    life = life_of(found["Expiration"], answer.headers.get("date"), clock.now())
    return Keys(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], found["Expiration"], life)


def keys(client: HcaUpload, area: UploadAreaURI | str | None = None) -> Keys:
    """Request temporary AWS keys that open an area's part of its bucket.

    Args:
        area: The area's URI, its UUID or the beginning of it; by default the selected area.

    Returns:
        The keys, and when they end.

    Raises:
        NoAreaSelected: No area is given or selected.
        NotFound: There is no such area.
        Locked, Conflict: It takes no more files.
    """
    uri = area_of(area)
    return request_keys(client.at(uri.deployment_stage), uri.area_uuid, settings_of(client).clock)


class AreaKeys:
    """The keys of one area. Thread-safe: of several that need new ones, one asks and the others wait.

    Args:
        ask: Asks the service for new keys.
        clock: Tells the time.

    Attributes:
        refusal: Why the service gave no keys when it was last asked; None when it gave some.
    """

    def __init__(self, ask: Callable[[], Keys], clock: Clock = SYSTEM_CLOCK) -> None:
        self._ask = ask
        self._clock = clock
        self._guard = threading.Lock()
        self._keys: Keys | None = None
        self._given = 0.0
        self.refusal: OmicsError | None = None

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
        try:
            self._keys = self._ask()
        except OmicsError as error:
            self.refusal = error
            raise
        self.refusal = None
        self._given = asked
        return self._keys

    def _age(self) -> float:
        return self._clock.monotonic() - self._given

    def _due(self, keys: Keys) -> bool:
        return keys.life - self._age() < min(RENEW_BEFORE, keys.life / 4)
