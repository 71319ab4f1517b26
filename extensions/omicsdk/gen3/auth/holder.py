"""One access token for all threads: got when it is first needed, kept for the next process, renewed by one of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from copy import copy
from logging import getLogger
from math import inf
from typing import NamedTuple

from omicsdk.core.clock import Clock
from omicsdk.core.errors import AuthError, OmicsError
from omicsdk.core.json_web_token import jwt_expiry
from omicsdk.gen3.auth.token_cache import TokenCache
from omicsdk.gen3.auth.tokens import renewal_of_new, renewal_of_old

_log = getLogger("omicsdk.gen3")


#: Seconds for which a commons that gave no token isn't asked for one again.
AFTER_FAILURE = 30.0
#: Seconds for which a token that took the place of a refused one isn't replaced for another refusal: then it isn't the
#: token that is refused. Fence answers 401, too, where somebody may not read a file.
AFTER_REFUSAL = 60.0


class _Held(NamedTuple):
    """A token, and from when on it is to be renewed: seconds since 1970."""

    token: str
    renew_at: float


class TokenHolder:
    """The access token of a login.

    Args:
        fetch: Gets a new one, over the network; called by one thread at a time while the others wait.
        cache: Where it outlives the process; None for nowhere.
        clock: What tells the time.
    """

    def __init__(self, fetch: Callable[[], str], cache: TokenCache | None, clock: Clock) -> None:
        self._fetch = fetch
        self._cache = cache
        self._clock = clock
        self._lock = threading.Lock()
        self._held = _Held("", 0.0)
        self._rounds = 0
        self._failure: OmicsError | None = None
        self._failed_at = -inf
        self._refused_at = -inf

    def is_fresh(self) -> bool:
        """Whether `token` answers at once."""
        return self._is_fresh(self._held)

    def token(self) -> str:
        """The token; another one from five minutes before its end, or the old one to its end where none can be had.

        Raises:
            Gen3AuthError: None can be had.
            TransportError: The commons didn't answer.
        """
        held = self._held
        if self._is_fresh(held):
            return held.token
        try:
            return self.instead_of(held.token)
        except OmicsError as error:
            if (jwt_expiry(held.token) or 0.0) <= self._clock.now():
                raise
            _log.warning("the access token is used to its end, for no other can be had: %s", error.message)
            return held.token

    def instead_of(self, old: str) -> str:
        """Another token than one that has ended or was refused; what another thread or process got meanwhile will do.

        Args:
            old: The token; empty for none.

        Raises:
            Gen3AuthError: None can be had.
            TransportError: The commons didn't answer.
        """
        rounds = self._rounds
        with self._lock:
            if self._held.token != old and self.is_fresh():
                return self._held.token
            if self._failure is not None and (self._rounds != rounds or self._has_just_failed()):
                raise copy(self._failure) from self._failure  # of the thread that was waited for, or of a moment ago
            return self._kept(old) or self._fetched()

    def after_refusal(self, old: str) -> str:
        """Another token than one that was refused; the same, when it has just taken the place of another refused one.

        Args:
            old: The token.

        Raises:
            Gen3AuthError: None can be had.
            TransportError: The commons didn't answer.
        """
        now = self._clock.now()
        if old == self._held.token and now - self._refused_at < AFTER_REFUSAL:
            return old
        token = self.instead_of(old)
        self._refused_at = now
        return token

    def another(self) -> str:
        """A token that is asked for at once, whatever there is.

        Raises:
            Gen3AuthError: None can be had.
            TransportError: The commons didn't answer.
        """
        with self._lock:
            return self._fetched()

    def _is_fresh(self, held: _Held) -> bool:
        return bool(held.token) and self._clock.now() < held.renew_at

    def _has_just_failed(self) -> bool:
        """Whether the commons, asked a moment ago, said no."""
        return isinstance(self._failure, AuthError) and self._clock.now() - self._failed_at < AFTER_FAILURE

    def _kept(self, old: str) -> str:
        """What another process has got since; empty when there is none."""
        now = self._clock.now()
        kept = self._cache.read(now) if self._cache is not None else ""
        if not kept or kept == old or now >= renewal_of_old(kept):
            return ""
        self._held = _Held(kept, renewal_of_old(kept))
        return kept

    def _fetched(self) -> str:
        self._failure = None
        try:
            token = self._fetch()
        except OmicsError as error:
            self._failure, self._failed_at = error, self._clock.now()
            raise
        finally:
            self._rounds += 1
        _log.debug("got a new access token")
        self._held = _Held(token, renewal_of_new(token, self._clock.now()))
        if self._cache is not None:
            self._cache.write(token)
        return token
