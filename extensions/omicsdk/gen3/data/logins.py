"""Who asks which commons: one's own login at home, tokens of the workspace token service elsewhere."""

from __future__ import annotations

from logging import getLogger
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from omicsdk.core.credentials import BearerToken
from omicsdk.core.errors import OmicsError
from omicsdk.core.origins import origin_of
from omicsdk.drs.hosts import server_url

if TYPE_CHECKING:
    from omicsdk.core.credentials import Credentials
    from omicsdk.gen3.commons import Commons

_log = getLogger("omicsdk.gen3")


@runtime_checkable
class _TokensElsewhere(Protocol):
    """A login that can ask for tokens of other commons; `Gen3Auth` is one."""

    def get_access_token_from_wts(self, endpoint: str | None = None) -> str: ...


class Logins:
    """The login for each host; callable, as `omicsdk.drs` wants it.

    Args:
        commons: One's own commons, with its login.

    Attributes:
        refused: Why there is no login for a host, by its name.
    """

    def __init__(self, commons: Commons) -> None:
        self._commons = commons
        self._home = origin_of(commons.endpoint)
        self.refused: dict[str, str] = {}

    @property
    def has_own(self) -> bool:
        """Whether there is a login for one's own commons."""
        return self._commons.auth is not None

    def __call__(self, host: str) -> Credentials | None:
        """The login for a host.

        Args:
            host: Its name, with a port where it has one.

        Returns:
            The commons' own; for another commons a token that its workspace token service gives, renewed by it; None where
            there is none: what is open can be had without.
        """
        auth = self._commons.auth
        url = server_url(host)
        if origin_of(url) == self._home:
            return auth  # pyright: ignore[reportReturnType] - an httpx.Auth will do, too
        if not isinstance(auth, _TokensElsewhere):
            self.refused[host] = "the login is for one commons only"
            return None
        try:
            token = auth.get_access_token_from_wts(url)
        except OmicsError as error:
            self.refused[host] = error.message
            _log.warning("there is no login for %s: %s", host, error.message)
            return None
        return BearerToken(token, origins=[url], refresh=lambda: auth.get_access_token_from_wts(url))
