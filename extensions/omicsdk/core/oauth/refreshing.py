"""A stored login as credentials: renewed once for all threads and processes that share its file."""

import logging
from collections.abc import Callable
from dataclasses import replace

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import BearerToken, Token
from omicsdk.core.errors import AuthError, ConfigError
from omicsdk.core.oauth.grants import Grant
from omicsdk.core.token_file import StoredLogin, TokenFile

logger = logging.getLogger("omicsdk.oauth")


class RefreshingToken(BearerToken):
    """The access token of a stored login.

    It is renewed shortly before its end and after a refusal, when the login has a refresh token. A refresh token may be
    good for one use, so whoever renews holds the file's lock and reads the file first: if another process has renewed
    meanwhile, its token is taken and nothing is sent.

    Args:
        tokens: Where the login is stored.
        url: Any URL of the service.
        login: What `tokens` has for it.
        renewal: Makes new tokens of a refresh token, over the network.
        remedy: What the user can do when it can't be renewed.
        clock: What tells the time.

    Raises:
        ConfigError: The stored token can't be one.
    """

    def __init__(
        self,
        tokens: TokenFile,
        url: str,
        login: StoredLogin,
        renewal: Callable[[str], Grant],
        *,
        remedy: str = "Log in again.",
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(
            login.token.value,
            origins=login.origins or [url],
            expires_at=login.token.expires_at,
            refresh=self._renewed_login if login.refresh_token else None,
            remedy=remedy,
            clock=clock,
        )
        self._tokens = tokens
        self._url = url
        self._renewal = renewal

    def _renewed_login(self) -> Token:
        renewed: StoredLogin | None = None

        def renew(stored: StoredLogin | None) -> StoredLogin:
            nonlocal renewed
            if stored is None:
                raise AuthError("The access token can't be renewed: its login was forgotten", remedy=self._remedy)
            if stored.token.value != self._current.value and not self._is_due(stored.token):
                return stored
            if not stored.refresh_token:
                raise AuthError(
                    "The access token can't be renewed: its login has no refresh token", remedy=self._remedy
                )
            try:
                grant = self._renewal(stored.refresh_token)
            except AuthError as error:
                raise AuthError(error.message, remedy=self._remedy) from error
            renewed = replace(
                stored,
                token=Token(grant.access_token, grant.expires_at),
                refresh_token=grant.refresh_token or stored.refresh_token,
                id_token=grant.id_token or stored.id_token,
            )
            return renewed

        try:
            return self._tokens.change(self._url, renew).token
        except ConfigError as error:
            if renewed is None:
                raise
            # This process can go on; the next one may have to log in.
            logger.warning("the renewed login couldn't be stored: %s", error)
            return renewed.token
