"""The clients of Azul: every operation of the service, the workflows built on them, and the rate of their requests. Azul accepts N
requests from one address in a window of time; a firewall refuses more.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk_api.azul import AsyncAzulApi, AzulApi

from omicsdk.core.clock import Clock
from omicsdk.core.consistency import UUID, Rule, Rules
from omicsdk.core.credentials import BearerToken, Credentials
from omicsdk.core.logs import logger
from omicsdk.core.oauth.google import KIND, google_credentials, login_remedy
from omicsdk.core.platform import AsyncPlatform, Discovery, Listing, Opening, Platform, Workflow, late_modules
from omicsdk.core.retry import Retry

_log = logger("omicsdk.hca.azul")

# Seconds of waiting from which a user is informed.
WORTH_A_MESSAGE = 5.0


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A limit of requests.

    Attributes:
        requests: Requests that are accepted within the window.
        seconds: The window.
    """

    requests: int = 1000
    seconds: float = 300.0

    def __str__(self) -> str:
        return f"{self.requests:,} requests in {self.seconds / 60:g} minutes"


# The rule of Azul's firewall, for one address.
RULE = RateLimit()


def delay(sent: Sequence[float], now: float, rule: RateLimit = RULE) -> float:
    """Return how long the next request has to wait.

    Args:
        sent: When earlier requests were sent, or will be, the oldest first; in seconds by the clock of `now`.
        now: The time.
        rule: The limit.

    Returns:
        Seconds, 0 or more.
    """
    return max(0.0, sent[-rule.requests] + rule.seconds - now) if len(sent) >= rule.requests else 0.0


def duration(requests: int) -> float:
    """Return how long some requests take at least, in seconds.

    Args:
        requests: Number of requests.
    """
    return max(0, requests - 1) // RULE.requests * RULE.seconds


class Gate:
    """Lets requests of all threads through as the rule allows. Thread-safe.

    Args:
        clock: Returns the time.
        rule: The limit.
    """

    def __init__(self, clock: Clock, rule: RateLimit = RULE) -> None:
        self._clock = clock
        self._rule = rule
        self._lock = threading.Lock()
        self._sent: deque[float] = deque(maxlen=rule.requests)
        self._logged_until = 0.0

    def reserve(self) -> float:
        """Reserve the next request.

        Returns:
            Seconds to wait before it is sent.
        """
        with self._lock:
            now = self._clock.monotonic()
            wait = delay(self._sent, now, self._rule)
            self._sent.append(now + wait)
            is_logged = wait >= WORTH_A_MESSAGE and now >= self._logged_until  # all connections wait at once
            if is_logged:
                self._logged_until = now + wait
        if is_logged:
            _log.warning("Azul accepts %s from one address: waiting %.0f s", self._rule, wait)
        return wait


# The gates of services: all clients of a process share one, as a service counts addresses, not clients.
_gates: dict[tuple[str, Clock], Gate] = {}


def pace(origin: str, clock: Clock) -> float:
    """Reserve the next request to a service.

    Args:
        origin: The origin of its base URL.
        clock: Returns the time.

    Returns:
        Seconds to wait before it is sent.
    """
    gate = _gates.get((origin, clock)) or _gates.setdefault((origin, clock), Gate(clock))  # of two threads one's stays
    return gate.reserve()


if TYPE_CHECKING:
    from omicsdk.core.token_file import StoredLogin
    from omicsdk.hca.azul import downloads, index, manifests
else:
    downloads, index, manifests = late_modules("omicsdk.hca.azul", "downloads index manifests")

# The service of the Human Cell Atlas and LungMAP.
HOST = "https://service.azul.data.humancellatlas.org"
# The service of AnVIL.
ANVIL_HOST = "https://service.explore.anvilproject.org"


def stored_login(login: StoredLogin, _: str) -> Credentials:
    """Make credentials of a login that `omics login azul` stored.

    Args:
        login: What was stored: a token, or the path of a Google credentials file.
    """
    if login.kind != KIND:
        return BearerToken(login.token.value)
    return google_credentials(Path(login.token.value), remedy=login_remedy("omics login azul"))


DISCOVERY = Discovery(
    platform="azul",
    stored=stored_login,
    default_url=HOST,
    remedy=f"Run `omics login azul`, or set OMICS_AZUL_TOKEN. For AnVIL use --base-url {ANVIL_HOST}.",
)


class _Workflows:
    """What both clients have beside the operations, and how they compare responses with requests."""

    _checks = Rules(Rule("entity_id", UUID, ["entryId"]))
    _discovery = DISCOVERY
    # The firewall requests 30 s with each 429, and may refuse requests for up to 5 minutes.
    _retry = Retry(attempts=16)
    _pace = staticmethod(pace)

    catalogs = Workflow(index.catalogs)
    summary = Workflow(index.summary)
    ls = Listing(index.ls)
    facets = Workflow(index.facets)
    get = Workflow(index.get)
    matrices = Workflow(index.matrices)
    manifest = Workflow(manifests.manifest)
    open = Opening(downloads.open_file)
    download = Workflow(downloads.download)
    verify = Workflow(downloads.verify)


class Azul(_Workflows, Platform, AzulApi):
    __doc__ = f"""Azul, the index of the Human Cell Atlas, LungMAP and AnVIL.

    Requests are sent at the rate that the service accepts from one address.

    {Platform.__doc__}"""


class AsyncAzul(_Workflows, AsyncPlatform, AsyncAzulApi):
    __doc__ = f"Azul, the index of the Human Cell Atlas, LungMAP and AnVIL, for asyncio.\n\n    {AsyncPlatform.__doc__}"

    _blocking_class = Azul
