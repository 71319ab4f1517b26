"""Log in to Pangea: an e-mail address and a password as credentials, and requests that outlive their token."""

# ruff: noqa: ARG002 - arguments of overridden methods

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from omicsdk.core.checked_json import check_fields
from omicsdk.core.credentials import ApiKey, Credentials, is_confidential, origin_of
from omicsdk.core.errors import APIError, AuthError, BadRequest, ConfigError, DecodeError, Forbidden
from omicsdk.core.late_names import LateModule
from omicsdk.core.plain_client import exchange_of
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import checked_base_url
from omicsdk.core.response import AnyExchange, Exchange, conversation
from omicsdk.core.sending.transport import Call, Steps

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.request import Request
    from omicsdk.core.sending.transport import Transport
    from omicsdk.pangea import client as clients
else:
    clients = LateModule("omicsdk.pangea.client")

# The server that is used when none is configured.
DEFAULT_URL = "https://pangeabio.io"
# Environment variable: the server that is used when no other is given.
ENDPOINT_VARIABLE = "PANGEA_ENDPOINT"
# The beginning of all paths; addresses are taken with and without it.
API = "/api"
# Environment variables: the e-mail address and the password of the user.
USER_VARIABLE, PASSWORD_VARIABLE = "PANGEA_USER", "PANGEA_PASS"
# Environment variable: a token of the user.
TOKEN_VARIABLE = "OMICS_PANGEA_TOKEN"  # noqa: S105 - the name of a variable
_REMEDY = f"Run `omics login pangea`, or pass credentials (--email and --password), or set {USER_VARIABLE} and {PASSWORD_VARIABLE}."
# In messages of the status 403: other credentials would help.
_NEEDS_LOGIN = ("credentials were not provided", "invalid token", "user inactive")
# Message of the status 403 that the server answers to an expired token; other services answer 401.
EXPIRED = "Invalid token"


class LoginRequired(Forbidden, AuthError):
    """403: no user is logged in, or the server does not accept the token any longer; other services answer 401."""

    default_remedy = _REMEDY


def login_error(error: Forbidden) -> Forbidden:
    """Return a refusal as the error of credentials that it may be.

    Args:
        error: The server's refusal.
    """
    if not any(phrase in error.message.lower() for phrase in _NEEDS_LOGIN):
        return error
    error_of_login = LoginRequired()
    vars(error_of_login).update({name: value for name, value in vars(error).items() if name != "remedy"})
    return error_of_login


def login_in(environ: Mapping[str, str]) -> PasswordLogin | None:
    """Return the login that is set in PANGEA_USER and PANGEA_PASS; None if neither is.

    Args:
        environ: The environment's variables.

    Raises:
        AuthError: One of the two is missing.
    """
    email = environ.get(USER_VARIABLE, "").strip()
    password = environ.get(PASSWORD_VARIABLE, "").strip()
    if bool(email) == bool(password):
        return PasswordLogin(email, password) if email else None
    missing, option, variable = (
        (f"Missing password for {email}", "--password", PASSWORD_VARIABLE)
        if email
        else ("Missing e-mail address for the password", "--email", USER_VARIABLE)
    )
    raise AuthError(missing, remedy=f"Set {variable}, or use {option}; without both, only public data can be read.")


def token_credentials(token: str) -> ApiKey:
    """Credentials of a user's token, sent as `Authorization: Token ...`.

    Args:
        token: The token, without "Token".

    Raises:
        ConfigError: The token is empty or contains whitespace.
    """
    return ApiKey(token, header="Authorization", prefix="Token ")


def endpoint_of(url: str | None) -> str:
    """Return the server's base URL, without /api.

    Args:
        url: The address; None for PANGEA_ENDPOINT, else https://pangeabio.io.

    Raises:
        ConfigError: It is no address.
    """
    address = url or os.environ.get(ENDPOINT_VARIABLE) or DEFAULT_URL
    remedy = f"Use the URL of the server with --base-url or {ENDPOINT_VARIABLE}; it begins with https://."
    source = "The address of the Pangea server" if url else ENDPOINT_VARIABLE
    return checked_base_url(address, source=source, remedy=remedy).removesuffix(API)


def check_encrypted(url: str) -> None:
    """Refuse to send a password over an unencrypted connection.

    Args:
        url: The server's base URL.

    Raises:
        AuthError: The URL is plain http, and not of this machine.
    """
    if not is_confidential(url):
        raise AuthError(
            f"The password is not sent to {mask_url(url)} because the connection is not encrypted",
            remedy="Use the https URL of the server.",
        )


class PasswordLogin(Credentials):
    """An e-mail address and a password. The token is requested when it is first needed, and again when it has expired.

    The password is sent to the server of the client that these credentials are given to, and never unencrypted.

    Args:
        email: The e-mail address.
        password: The password.

    Raises:
        ConfigError: The address or the password is empty.
    """

    def __init__(self, email: str, password: str) -> None:
        super().__init__(None)
        if not email or not password:
            missing = "e-mail address" if not email else "password"
            raise ConfigError(
                f"A Pangea login has no {missing}", remedy="Pass both, or set PANGEA_USER and PANGEA_PASS."
            )
        self.email = email
        self._password = password
        self._lock = threading.Lock()
        # By origin: one object may serve several clients, and a token of one server is never sent to another.
        self._transports: dict[str, Callable[[], Transport]] = {}
        self._headers: dict[str, Mapping[str, str]] = {}

    def ready(self) -> bool:
        """Whether every server has returned a token, so that `headers` returns at once."""
        return self._transports.keys() <= self._headers.keys()

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """Return the Authorization header, logging in first if needed.

        Raises:
            AuthError: The server refused the login, or the connection is not encrypted.
        """
        origin = origin_of(url)
        stored = self._headers.get(origin)
        if stored is not None:
            return stored
        with self._lock:
            return self._headers.get(origin) or self._log_in(origin)

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Log in again after a 401, unless another thread has done so since."""
        origin = next((known_origin for known_origin, headers in self._headers.items() if headers == refused), None)
        return True if origin is None else self.renew_at(origin, refused)

    def change_password(self, client: clients.Pangea, new: str) -> None:
        """Change the password of the account.

        Args:
            client: A client with these credentials.
            new: The new password.

        Raises:
            BadRequest: The server does not accept the new password.
            DecodeError: It redirects the request.
        """
        from omicsdk_api.pangea.operations.set_password import build, parse

        # A redirect to another origin would repeat the body there, with both passwords.
        exchange = exchange_of(client.with_options(follow_redirects=False))
        request = build(new_password=new, current_password=self._password)
        response = exchange.send(request)
        if response.has_redirect_location:
            raise DecodeError("set_password", "", response.status_code, expected="an empty one of that server")
        parse(exchange.response(request, response))
        self._password = new

    # -- for the exchanges of a client

    def serve(self, base_url: str, transport: Callable[[], Transport]) -> None:
        """State the transport that logins to a server use: that of the client, with its settings.

        Args:
            base_url: The server.
            transport: Returns it.
        """
        self._transports[origin_of(base_url)] = transport

    def held(self, base_url: str) -> Mapping[str, str]:
        """The header for a server; empty before the first login."""
        return self._headers.get(origin_of(base_url), {})

    def renew_at(self, url: str, refused: Mapping[str, str]) -> bool:
        """Log in to a server again, unless another thread has done so since.

        Args:
            url: The server.
            refused: The header that was refused.

        Returns:
            Whether there is another header to send.

        Raises:
            AuthError: The server refused the login.
        """
        origin = origin_of(url)
        with self._lock:
            headers = self._headers.get(origin, {})
            return (self._log_in(origin) if headers == refused else headers) != refused

    def _log_in(self, origin: str) -> Mapping[str, str]:
        from omicsdk_api.pangea.operations.login import build, parse

        if origin not in self._transports:
            raise AuthError(
                "A PasswordLogin works with omicsdk.Pangea only", remedy="Pass it to Pangea(credentials=...)."
            )
        transport = self._transports[origin]()
        check_encrypted(transport.base_url)
        where, request = mask_url(transport.base_url), build(email=self.email, password=self._password)
        # Without credentials: an expired token is refused even at the login.
        # A redirect to another origin would repeat the body there, with the password.
        exchange = Exchange(transport=transport.with_options(credentials=None), follow_redirects=False)
        try:
            granted = parse(exchange.response(request, exchange.send(request)))
            check_fields("login", granted, "auth_token")
        except BadRequest as error:
            raise AuthError(
                f"{where} refused the login of {self.email}: {error.message}",
                remedy="Check the spelling of the e-mail address, and the password.",
            ) from error
        except APIError as error:
            raise AuthError(
                f"{where} failed to log in {self.email}: {error.message} ({error.status})", remedy=error.remedy
            ) from error
        self._headers[origin] = {"authorization": f"Token {granted.auth_token}"}
        return self._headers[origin]


def login_steps(exchange: AnyExchange, request: Request) -> Steps[httpx.Response]:
    """Return the steps of a request that log in before it, and send it again if it was refused because its token had expired.

    A login that fails is an error for every request: one that goes without credentials would show what is public as if it
    were all.

    Args:
        exchange: The exchange of the client.
        request: The request.
    """
    try:
        return (yield from _sent(exchange, request))
    except Forbidden as error:
        raise login_error(error) from error.__cause__


def _sent(exchange: AnyExchange, request: Request) -> Steps[httpx.Response]:
    transport = exchange.transport
    login, url = transport.credentials, transport.base_url
    if not isinstance(login, PasswordLogin):
        return (yield from conversation(exchange, request))
    login.serve(url, transport.synchronous)
    if not request.public:
        yield Call(partial(login.headers, request.method, url))
    sent = login.held(url)
    try:
        return (yield from conversation(exchange, request))
    except Forbidden as error:
        if not error.message.startswith(EXPIRED):
            raise
        if not (yield Call(partial(login.renew_at, url, sent or login.held(url)))):
            raise
    return (yield from conversation(exchange, request))


def change_password(client: clients.Pangea, new_password: str) -> str:
    """Change the password of the account.

    Args:
        new_password: The new password.

    Returns:
        The account's e-mail address.

    Raises:
        AuthError: The client has no PasswordLogin: the present password is sent along.
        BadRequest: The server does not accept the new password.
    """
    login = client.credentials
    if not isinstance(login, PasswordLogin):
        raise AuthError(
            "The current password is missing",
            remedy=f"Pass a PasswordLogin (--email and --password), or set {USER_VARIABLE} and {PASSWORD_VARIABLE}; a token "
            "is not enough.",
        )
    login.change_password(client, new_password)
    return login.email


def token_of(client: clients.Pangea) -> str:
    """Return the client's token, logging in first if needed.

    Args:
        client: The client, with a token or a PasswordLogin.

    Raises:
        AuthError: The client has neither, the server refused the login, or the connection is not encrypted.
    """
    credentials = client.credentials
    if isinstance(credentials, PasswordLogin):
        credentials.serve(client.base_url, lambda: exchange_of(client).transport)
    if credentials is None:
        raise AuthError("The client has no credentials", remedy=_REMEDY)
    header = {name.lower(): value for name, value in credentials.headers("GET", client.base_url).items()}
    return header["authorization"].removeprefix("Token ")
