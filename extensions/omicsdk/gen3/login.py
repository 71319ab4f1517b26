"""A login to a commons as credentials: its tokens, and where they may be sent."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import CLOCK_SKEW, Credentials, jwt_expiry, moment, origin_of
from omicsdk.core.files import home_folder
from omicsdk.core.late_names import LateModule
from omicsdk.core.logs import logger
from omicsdk.core.redaction import mask_url
from omicsdk.core.retry import Retry
from omicsdk.core.sending.time_limits import Timeout
from omicsdk.gen3.errors import Gen3AuthError, Gen3UserError
from omicsdk.gen3.sources import (
    ApiKey,
    Arguments,
    ClientLogin,
    GivenToken,
    Login,
    TokenService,
    endpoint_from_token,
    endpoint_of,
    login_of,
    workspace,
)
from omicsdk.gen3.tokens import TokenCache, TokenHolder, token_for_client, token_for_key, token_from_service

# Under another name, as a method of the login is called so.
if TYPE_CHECKING:
    import httpx as httpx_types
else:
    httpx_types = LateModule("httpx")

_log = logger("omicsdk.gen3")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Gen3Login(Credentials):
    """A login to a Gen3 commons: gets access tokens, renews them and adds them to requests.

    It can be used wherever credentials are accepted: in `Gen3` and the clients of `omicsdk_api.gen3`, into requests
    (`requests.get(url, auth=login)`) and into httpx (`httpx.Client(auth=login.httpx())`).

    Its tokens go to its commons only, over https or to this machine. They are renewed five minutes before they expire and
    once when the commons responds with 401, by one thread while the others wait, and are kept for the next process in a
    private file.

    Args:
        endpoint: The commons, such as https://commons.example.org; by default the one that issued the key or token.
            Where it is another one than that, the issuer's workspace token service is asked for a token of it.
        refresh_file: A credentials file as the profile page gives it: a path, or a name within ~/.gen3, with .json
            after it or without; or idp://wts/IDP, a login of the workspace token service; or accesstoken:///TOKEN. By
            default what GEN3_API_KEY states, and else `credentials`. Where there is no such file using the workspace
            token service.
        refresh_token: The content of a credentials file, as an object with `api_key`. A key that names no issuer is one of `endpoint`.
        idp: The login of the workspace token service whose token is wanted; excludes `endpoint`.
        client_credentials: Id and password of a program that is registered with the commons; needs `endpoint`.
        client_scopes: What the program asks for; `user data openid` by default.
        access_token: A token that is used unchanged, and cannot be renewed.
        timeout: Seconds for each step of a request for a token, or a Timeout.
        retry: When and how often such a request is retried.
        transport: Replaces the network for those requests, for tests.
        clock: Returns the time.
        environ: The environment's variables; by default those of the process.

    Raises:
        Gen3UserError: Arguments contradict each other; it is a ValueError, too.
        Gen3AuthError: What was given cannot be a key or a token.
        ConfigError: The endpoint is invalid, or a file cannot be read.
    """

    _environ: Mapping[str, str] = os.environ

    def __init__(
        self,
        endpoint: str | None = None,
        refresh_file: str | os.PathLike[str] | None = None,
        refresh_token: Mapping[str, str] | None = None,
        idp: str | None = None,
        client_credentials: tuple[str, str] | None = None,
        client_scopes: str | Sequence[str] | None = None,
        access_token: str | None = None,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: httpx_types.BaseTransport | None = None,
        clock: Clock = SYSTEM_CLOCK,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        arguments = Arguments(
            endpoint,
            None if refresh_file is None else os.fspath(refresh_file),
            refresh_token,
            idp,
            client_credentials,
            client_scopes,
            access_token,
        )
        options = {"timeout": timeout, "retry": retry, "transport": transport}
        if environ is not None:
            self._environ = environ
        self._log_in(
            login_of(arguments, self._environ, home_folder),
            {name: value for name, value in options.items() if value is not None},
            clock,
        )
        source = self._login.source
        if isinstance(source, TokenService) and source.missing is not None:
            _log.warning("credentials file %s not found; using the workspace token service", source.missing)

    def _log_in(self, login: Login, options: Mapping[str, Any], clock: Clock) -> None:
        super().__init__(())
        self._login = login
        self._options = options
        self._clock = clock
        self._holder = TokenHolder(self._fetched, self._cache(), clock)
        self._endpoint = ""
        self._issuers: Gen3Login | None = None

    @classmethod
    def _of(cls, login: Login, options: Mapping[str, Any], clock: Clock = SYSTEM_CLOCK) -> Self:
        new = cls.__new__(cls)
        new._log_in(login, options, clock)
        return new

    @property
    def endpoint(self) -> str:
        """The commons, without a slash at its end. Within a workspace a token has to be requested to know it.

        Raises:
            Gen3AuthError: No token can be had.
        """
        if not self._endpoint:
            self._endpoint = self._login.endpoint or endpoint_from_token(self.get_access_token())
        return self._endpoint

    @property
    def stated_endpoint(self) -> str:
        """The commons that the arguments, the key or the token state; empty within a workspace, whose token would state it."""
        return self._login.endpoint

    @property
    def expires_at(self) -> float | None:
        """Seconds since 1970 at which the API key ends, or the token that was given; None if it does not state that."""
        source = self._login.source
        token = source.key if isinstance(source, ApiKey) else source.token if isinstance(source, GivenToken) else ""
        return jwt_expiry(token)

    @property
    def origins(self) -> frozenset[str]:
        """The origin of its commons, which its tokens may go to."""
        return frozenset((origin_of(self.endpoint),))

    @property
    def is_workspaces(self) -> bool:
        """Whether nothing but the workspace's token service states its commons."""
        return isinstance(self._login.source, TokenService) and not self._login.endpoint

    @property
    def is_of_any_commons(self) -> bool:
        """Whether the issuer of each token states the commons that it is for: a named commons gets its own tokens only."""
        source = self._login.source
        return isinstance(source, ApiKey) or (isinstance(source, TokenService) and not source.idp)

    def goes_to(self, url: str) -> bool:
        """Whether its tokens may be sent to a URL."""
        return origin_of(url) == origin_of(self.endpoint)

    def ready(self) -> bool:
        """Whether `headers` answers at once."""
        return isinstance(self._login.source, GivenToken) or self._holder.is_fresh()

    def headers(self, method: str, url: str) -> Mapping[str, str]:  # noqa: ARG002 - arguments of the overridden method
        """The Authorization header.

        Raises:
            Gen3AuthError: No token can be had.
            TransportError: The commons did not respond.
        """
        return {"authorization": f"bearer {self.get_access_token()}"}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Get another token than the refused one, unless another thread or process did.

        Raises:
            Gen3AuthError: There is none.
            TransportError: The commons did not respond.
        """
        token = refused.get("authorization", "").partition(" ")[2]
        return not isinstance(self._login.source, GivenToken) and self._holder.after_refusal(token) != token

    def get_access_token(self) -> str:
        """Return an access token that is good for some time.

        Raises:
            Gen3AuthError: No token can be had, or the one that was given has ended.
            TransportError: The commons did not respond.
        """
        source = self._login.source
        if not isinstance(source, GivenToken):
            return self._holder.token()
        end = jwt_expiry(source.token)
        # This machine's clock may be wrong by some seconds: until then the commons decides.
        if end is not None and self._clock.now() > end + CLOCK_SKEW:
            raise Gen3AuthError(
                f"The access token expired on {moment(end)}, and cannot be renewed",
                remedy="Use a new one, or a credentials file, whose tokens are renewed.",
            )
        return source.token

    def from_service(self, service: TokenService, endpoint: str) -> str:
        """Get a token from a workspace token service; nothing is kept.

        Args:
            service: The service.
            endpoint: The commons that the login is for; empty for any.

        Raises:
            Gen3AuthError: The service refused, or has no login of that commons.
            TransportError: It did not respond.
        """
        login = self._login_at(service)
        if login is not None and not service.idp and origin_of(endpoint or login.endpoint) == origin_of(login.endpoint):
            return login.get_access_token()  # outside of a workspace, the service issues none of its own commons
        return token_from_service(service, endpoint, login, self._options)

    def refresh_access_token(self, endpoint: str | None = None) -> str:
        """Get a new access token, and use it from then on.

        Args:
            endpoint: Another commons whose token is requested; this one's remains in use then.

        Returns:
            The token.

        Raises:
            Gen3AuthError: No token was issued.
            TransportError: The commons did not respond.
        """
        if endpoint and origin_of(endpoint_of(endpoint)) != origin_of(self.endpoint):
            return self.get_access_token_from_wts(endpoint)
        source = self._login.source
        if isinstance(source, GivenToken):
            raise Gen3AuthError(
                "The access token was given directly and cannot be renewed",
                remedy="Use a credentials file, whose tokens are renewed.",
            )
        return self._holder.another()

    def get_access_token_from_wts(self, endpoint: str | None = None) -> str:
        """Get a token from the workspace token service; nothing is kept.

        Args:
            endpoint: The commons that the login is for; by default the service's, or that of the login's `idp`.

        Returns:
            The token.

        Raises:
            Gen3AuthError: The service refused, or has no login of that commons.
            TransportError: It did not respond.
        """
        source = self._login.source
        commons = endpoint_of(endpoint) if endpoint else ""
        match source:
            case TokenService():
                # The login that was chosen is of one commons; for another one the service is asked which it has.
                service = replace(source, idp="") if commons else source
                commons = commons or self._login.endpoint
            case ClientLogin():
                service = TokenService(workspace(self._environ))
            case ApiKey():
                service = TokenService(f"{source.issuer}/wts", credentials=source)
            case GivenToken():
                service = TokenService(f"{self.endpoint}/wts", credentials=source)
        return self.from_service(service, commons)

    # -- in other clients

    def __call__(self, request: Any) -> Any:
        """Add the token to a request, as requests calls its `auth`; the request is sent again once after a 401.

        Args:
            request: A PreparedRequest of requests. A Request of httpx gets the token too, but is not sent again: see `httpx`.

        Returns:
            The request; without the token where it goes elsewhere than to the commons.
        """
        from omicsdk.core.sending.adapters import requests_auth

        return requests_auth(self, base_url=self.endpoint)(request)

    def httpx(self) -> httpx_types.Auth:
        """Return this login for clients of httpx, sync and async: `httpx.Client(auth=login.httpx())`."""
        from omicsdk.core.sending.adapters import httpx_auth

        return httpx_auth(self, base_url=self.endpoint)

    def request(self, path: str, method: str | None = None, data: str | None = None) -> httpx_types.Response:
        """Send any request to the commons.

        Args:
            path: The path, such as /user/user, with its query if it has one; or a whole URL of the commons.
            method: GET, POST, PUT, PATCH or DELETE; by default POST with `data` and GET without.
            data: The body: JSON, which is sent unchanged, or other text; or @FILE for the content of a file.

        Returns:
            The response.

        Raises:
            Gen3UserError: The URL is of another server, or the method is invalid.
            APIError: The commons responded with an error.
            TransportError: It did not respond.
        """
        from omicsdk.core.bodies import NO_BODY, Body
        from omicsdk.core.request import OperationFacts, request
        from omicsdk.core.sending.transport import Transport

        path_at_commons = _path_within(path, self.endpoint)
        body = NO_BODY if data is None else Body(*_body(data))
        verb = (method or ("GET" if data is None else "POST")).upper()
        if verb not in _METHODS:
            raise Gen3UserError(f"Unknown method {method!r}", remedy=f"Use one of {', '.join(_METHODS)}.")
        facts = OperationFacts(name="curl", method=verb, path=path_at_commons, accept="*/*", secured=True)
        transport = Transport(self.endpoint, credentials=self, **self._options)
        try:
            return transport.send(request(facts, path_at_commons, body=body))
        finally:
            transport.close()

    # -- tokens

    def _fetched(self) -> str:
        source, endpoint = self._login.source, self._login.endpoint
        if isinstance(source, ApiKey):
            return token_for_key(source, self._options)
        if isinstance(source, ClientLogin):
            return token_for_client(endpoint, source, self._options)
        return self.from_service(cast("TokenService", source), endpoint)

    def _login_at(self, service: TokenService) -> Gen3Login | None:
        """The credentials for a token service: the key's or token's own login, to the commons that issued it."""
        credentials = service.credentials
        if credentials is None:
            return None
        # Its own tokens are those of the issuer already: a second login would request them twice.
        if credentials == self._login.source:
            return self
        if self._issuers is None:
            issuer = credentials.issuer if isinstance(credentials, ApiKey) else endpoint_from_token(credentials.token)
            self._issuers = Gen3Login._of(
                replace(self._login, source=credentials, endpoint=issuer), self._options, self._clock
            )
        return self._issuers

    def _cache(self) -> TokenCache | None:
        """Where the token outlives the process: a file for each login and commons."""
        source, endpoint = self._login.source, self._login.endpoint
        match source:
            case ApiKey():
                identity = ("key", source.key)
            case ClientLogin():
                identity = ("client", source.client_id, source.secret, source.scopes)
            case TokenService():
                credentials = source.credentials.key if isinstance(source.credentials, ApiKey) else ""
                identity = ("service", source.base, source.idp, credentials)
            case GivenToken():
                return None
        # By the key as well: another key may be another user, with other rights.
        return TokenCache("\n".join((*identity, endpoint)))

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[object, ...]]:
        # Another process requests separate tokens; a replaced transport is not passed on.
        options = {name: value for name, value in self._options.items() if name != "transport"}
        return type(self)._of, (self._login, options)

    def __repr__(self) -> str:
        source = self._login.source
        match source:
            case ApiKey():
                kind = source.where
            case GivenToken():
                kind = "an access token"
            case ClientLogin():
                kind = f"the client {source.client_id}"
            case TokenService():
                kind = f"the workspace token service {source.base}"
        return f"<{type(self).__name__} {self._login.endpoint or 'to whatever commons the token is of'} by {kind}>"


def _path_within(path: str, endpoint: str) -> str:
    """The path within the commons; a whole URL of the commons will do."""
    if "://" in path.partition("?")[0]:
        # With the sign after it: https://a.example.org.other.net begins like https://a.example.org.
        if path != endpoint and not path.startswith((f"{endpoint}/", f"{endpoint}?")):
            raise Gen3UserError(
                f"{mask_url(path.partition('?')[0])} is not below {endpoint}, for which this login is",
                remedy="Use a path of this commons.",
            )
        path = path.removeprefix(endpoint)
    return f"/{path.lstrip('/')}"


def _body(data: str) -> tuple[bytes, str]:
    """The bytes that are sent, and what they are."""
    if data.startswith("@"):
        try:
            content = Path(data[1:]).read_bytes()
        except OSError as error:
            raise Gen3UserError(
                f"{data[1:]} cannot be read: {error.strerror or error}", remedy="Use @ and the path of a file."
            ) from error
    else:
        content = data.encode("utf-8", "surrogateescape")  # the bytes of a command's argument
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return content, "text/plain; charset=utf-8"
    return content, "application/json"
