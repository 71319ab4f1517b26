"""A login to a commons as credentials: the tokens that it gets, and who may have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from omicsdk.core.clock import Clock
from omicsdk.core.credentials import CLOCK_SKEW, Bound, moment
from omicsdk.core.json_web_token import jwt_expiry
from omicsdk.core.origins import origin_of
from omicsdk.gen3.auth.holder import TokenHolder
from omicsdk.gen3.auth.sources import ApiKey, ClientLogin, GivenToken, Login, TokenService
from omicsdk.gen3.auth.token_cache import TokenCache
from omicsdk.gen3.auth.tokens import endpoint_from_token
from omicsdk.gen3.errors import Gen3AuthError


class LoginCredentials(Bound):
    """Access tokens of one login, renewed before they end and after a refusal.

    Args:
        login: Where they come from, and for which commons they are.
        options: What transports are made with that ask for tokens.
        clock: What tells the time.
    """

    def __init__(self, login: Login, options: Mapping[str, Any], clock: Clock) -> None:
        super().__init__(())
        self._login = login
        self._options = options
        self._clock = clock
        self._holder = TokenHolder(self._fetched, self._cache(), clock)
        self._known = ""
        self._issuers: LoginCredentials | None = None

    @property
    def endpoint(self) -> str:
        """The commons, without a slash at its end. Within a workspace a token has to be asked for to know it.

        Raises:
            Gen3AuthError: No token can be had.
        """
        if not self._known:
            self._known = self._login.endpoint or endpoint_from_token(self.get_access_token())
        return self._known

    @property
    def origins(self) -> frozenset[str]:
        """The origin of its commons, which its tokens may go to."""
        return frozenset((origin_of(self.endpoint),))

    def goes_to(self, url: str) -> bool:
        """Whether its tokens may be sent to a URL."""
        return origin_of(url) == origin_of(self.endpoint)

    def ready(self) -> bool:
        """Whether `headers` answers at once."""
        return isinstance(self._login.source, GivenToken) or self._holder.is_fresh()

    def headers(self, method: str, url: str) -> Mapping[str, str]:  # noqa: ARG002 - the protocol's arguments
        """The Authorization header.

        Raises:
            Gen3AuthError: No token can be had.
            TransportError: The commons didn't answer.
        """
        return {"authorization": f"bearer {self.get_access_token()}"}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Gets another token than the refused one, unless another thread or process did.

        Raises:
            Gen3AuthError: There is none.
            TransportError: The commons didn't answer.
        """
        token = refused.get("authorization", "").partition(" ")[2]
        return not isinstance(self._login.source, GivenToken) and self._holder.after_refusal(token) != token

    def get_access_token(self) -> str:
        """Gives an access token that is good for some time.

        Raises:
            Gen3AuthError: No token can be had, or the one that was given has ended.
            TransportError: The commons didn't answer.
        """
        source = self._login.source
        if not isinstance(source, GivenToken):
            return self._holder.token()
        end = jwt_expiry(source.token)
        if end is not None and self._clock.now() > end + CLOCK_SKEW:
            raise Gen3AuthError(
                f"The access token ended on {moment(end)}, and can't be renewed",
                remedy="Give a new one, or a credentials file, whose tokens are renewed.",
            )
        return source.token

    def from_service(self, service: TokenService, endpoint: str) -> str:
        """Gets a token from a workspace token service; nothing is kept.

        Args:
            service: The service.
            endpoint: The commons that it is to be for; empty for any.

        Raises:
            Gen3AuthError: The service refused, or has no login of that commons.
            TransportError: It didn't answer.
        """
        from omicsdk.gen3.auth.asking import token_from_service

        return token_from_service(service, endpoint, self._proof(service), self._options)

    def _fetched(self) -> str:
        from omicsdk.gen3.auth.asking import token_for_client, token_for_key

        source, endpoint = self._login.source, self._login.endpoint
        if isinstance(source, ApiKey):
            return token_for_key(source, self._options)
        if isinstance(source, ClientLogin):
            return token_for_client(endpoint, source, self._options)
        return self.from_service(cast("TokenService", source), endpoint)

    def _proof(self, service: TokenService) -> LoginCredentials | None:
        """What proves who asks to a service: the key's or token's own login, to the commons that issued it."""
        proof = service.proof
        if proof is None:
            return None
        if proof == self._login.source:
            return self
        if self._issuers is None:
            issuer = proof.issuer if isinstance(proof, ApiKey) else endpoint_from_token(proof.token)
            self._issuers = LoginCredentials(
                replace(self._login, source=proof, endpoint=issuer), self._options, self._clock
            )
        return self._issuers

    def _cache(self) -> TokenCache | None:
        """Where the token outlives the process: a file for each login and commons."""
        source, endpoint = self._login.source, self._login.endpoint
        match source:
            case ApiKey():
                told = ("key", source.key)
            case ClientLogin():
                told = ("client", source.client_id, source.secret, source.scopes)
            case TokenService():
                proof = source.proof.key if isinstance(source.proof, ApiKey) else ""
                told = ("service", source.base, source.idp, proof)
            case GivenToken():
                return None
        return TokenCache("\n".join((*told, endpoint)))
