"""`Gen3Auth`: who asks a Gen3 commons."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from logging import getLogger
from typing import TYPE_CHECKING, Any

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.files.home_folder import home_folder
from omicsdk.core.origins import origin_of
from omicsdk.gen3.auth.login import LoginCredentials
from omicsdk.gen3.auth.sources import (
    ApiKey,
    Arguments,
    ClientLogin,
    GivenToken,
    Login,
    TokenService,
    login_of,
    workspace,
)
from omicsdk.gen3.commons import endpoint_of
from omicsdk.gen3.errors import Gen3AuthError

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.documented.client import DocumentedResponse
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout

_log = getLogger("omicsdk.gen3")


class Gen3Auth(LoginCredentials):
    """A login to a Gen3 commons, which gets access tokens, renews them and sends them along.

    It goes wherever a login is wanted: into `Commons` and the clients of `omicsdk.gen3` and `omicsdk_api.gen3`, into
    requests (`requests.get(url, auth=auth)`) and into httpx (`httpx.Client(auth=auth.httpx())`). Its tokens go to its commons
    only, over https or to this machine. They are renewed five minutes before they end and once when the commons answers 401,
    by one thread while the others wait, and are kept for the next process in a file that only its owner can read.

    Args:
        endpoint: The commons, such as https://commons.example.org; by default the one that issued the key or token. Where
            it is another one than that, the issuer's workspace token service is asked for a token of it.
        refresh_file: A credentials file as the profile page gives it: a path, or a name within ~/.gen3, with .json behind it
            or without; or idp://wts/IDP, a login of the workspace token service; or accesstoken:///TOKEN. By default what
            GEN3_API_KEY says, and else `credentials`. Where there is no such file the workspace token service is asked.
        refresh_token: What stands in a credentials file, as an object with `api_key`.
        idp: The login of the workspace token service whose token is wanted; excludes `endpoint`.
        client_credentials: Id and password of a program that is registered with the commons; needs `endpoint`.
        client_scopes: What the program asks for; `user data openid` by default.
        access_token: A token that is used as it is, and can't be renewed.
        timeout: Seconds for each step of a request for a token, or a Timeout.
        retry: When and how often such a request is tried again.
        transport: Takes the place of the network for those requests, for tests.
        clock: What tells the time.

    Raises:
        Gen3ArgumentError: Arguments contradict each other; it is a ValueError, too.
        Gen3AuthError: What was given can't be a key or a token.
        ConfigError: The endpoint isn't one, or a file can't be read.
    """

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
        transport: httpx.BaseTransport | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        given = Arguments(
            endpoint,
            None if refresh_file is None else os.fspath(refresh_file),
            refresh_token,
            idp,
            client_credentials,
            client_scopes,
            access_token,
        )
        login = login_of(given, os.environ, home_folder)
        options = {"timeout": timeout, "retry": retry, "transport": transport}
        super().__init__(login, {name: value for name, value in options.items() if value is not None}, clock)
        if isinstance(login.source, TokenService) and login.source.missing is not None:
            _log.warning("there is no credentials file %s; the workspace token service is asked", login.source.missing)

    def __call__(self, request: Any) -> Any:
        """Adds the token to a request, as requests wants it of an `auth`; the request is sent again once after a 401.

        Args:
            request: A PreparedRequest of requests. A Request of httpx will do, too, but isn't sent again: see `httpx`.

        Returns:
            The request; without the token, when it goes elsewhere than to the commons.
        """
        from omicsdk.gen3.auth.with_requests import authorize

        return authorize(request, self, self.endpoint)

    def httpx(self) -> httpx.Auth:
        """This login for clients of httpx, sync and async: `httpx.Client(auth=auth.httpx())`."""
        from omicsdk.core.sending.adapters import httpx_auth

        return httpx_auth(self, base_url=self.endpoint)

    def refresh_access_token(self, endpoint: str | None = None) -> str:
        """Gets a new access token, and uses it from then on.

        Args:
            endpoint: Another commons, whose token is wanted; this one's stays in use then.

        Returns:
            The token.

        Raises:
            Gen3AuthError: No token can be had.
            TransportError: The commons didn't answer.
        """
        if endpoint and origin_of(endpoint_of(endpoint)) != origin_of(self.endpoint):
            return self.get_access_token_from_wts(endpoint)
        source = self._login.source
        if isinstance(source, GivenToken):
            raise Gen3AuthError(
                "The access token was given as it is, and can't be renewed",
                remedy="Give a credentials file, whose tokens are renewed.",
            )
        return self._holder.another()

    def get_access_token_from_wts(self, endpoint: str | None = None) -> str:
        """Gets a token from the workspace token service; nothing is kept.

        Args:
            endpoint: The commons that it is to be for; by default the service's own, or that of the login's `idp`.

        Returns:
            The token.

        Raises:
            Gen3AuthError: The service refused, or has no login of that commons.
            TransportError: It didn't answer.
        """
        source = self._login.source
        wanted = endpoint_of(endpoint) if endpoint else ""
        match source:
            case TokenService():
                service = replace(source, idp="") if wanted else source
                wanted = wanted or self._login.endpoint
            case ClientLogin():
                service = TokenService(workspace(os.environ))
            case ApiKey():
                service = TokenService(f"{source.issuer}/wts", proof=source)
            case GivenToken():
                service = TokenService(f"{self.endpoint}/wts", proof=source)
        return self.from_service(service, wanted)

    def curl(self, path: str, request: str | None = None, data: str | None = None) -> DocumentedResponse:
        """Sends a request to the commons by hand.

        Args:
            path: Where to, such as /user/user, with its query if it has one.
            request: GET, POST, PUT, PATCH or DELETE; by default POST with `data` and GET without.
            data: The body: JSON, which goes as it stands, or other text; or @FILE for what is in a file.

        Returns:
            The answer, as requests has answers.

        Raises:
            Gen3UserError: The path leads to another server, or the method isn't one.
            APIError: The commons answered with an error.
            TransportError: It didn't answer.
        """
        from omicsdk.gen3.auth.by_hand import sent_by_hand

        return sent_by_hand(self, path, request, data, self._options)

    def __reduce__(self) -> tuple[Callable[..., Gen3Auth], tuple[object, ...]]:
        # Another process gets tokens of its own; what takes the network's place doesn't travel.
        options = {name: value for name, value in self._options.items() if name != "transport"}
        return _logged_in_elsewhere, (self._login, options)

    def __repr__(self) -> str:
        source = self._login.source
        match source:
            case ApiKey():
                way = source.where
            case GivenToken():
                way = "an access token"
            case ClientLogin():
                way = f"the client {source.client_id}"
            case TokenService():
                way = f"the workspace token service {source.base}"
        return f"<Gen3Auth {self._login.endpoint or 'to whatever commons the token is of'} by {way}>"


def _logged_in_elsewhere(login: Login, options: Mapping[str, Any]) -> Gen3Auth:
    made = Gen3Auth.__new__(Gen3Auth)
    LoginCredentials.__init__(made, login, options, SYSTEM_CLOCK)
    return made
