"""Credentials that get their tokens themselves by OAuth 2.0: client credentials, refresh tokens, and the device flow.

What the document of a service states about its authorization server, the client adds: `ClientCredentials("id", "secret")`
is enough. Nothing is requested before the first request that needs a token.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import BearerToken, Token, is_confidential, origin_of
from omicsdk.core.errors import APIError, AuthError, ConfigError
from omicsdk.core.forms import form_body
from omicsdk.core.oauth.tokens import Endpoint, Grant, grant_of, object_in, post, seconds_in
from omicsdk.core.redaction import mask_url

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.request import Request
    from omicsdk.core.security import Flow

#: How an application authenticates with its secret (RFC 7591): by HTTP Basic, or in the request's body.
AuthMethod = Literal["client_secret_basic", "client_secret_post"]

#: Returns the environment of a client, and what replaces its network.
Network = Callable[[], "tuple[Mapping[str, str] | None, httpx.BaseTransport | None]"]

#: The grant of a login with a browser on another machine (RFC 8628).
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
# Errors after which the tokens are requested again.
_NOT_YET = ("authorization_pending", "slow_down")


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """An application that an authorization server knows.

    Attributes:
        client_id: Its id.
        client_secret: Its secret; empty for a public client.
        auth_method: How it authenticates: by HTTP Basic, which every server has to accept, or by its secret in the body.
    """

    client_id: str
    client_secret: str = field(default="", repr=False)
    auth_method: AuthMethod = "client_secret_basic"

    def request(self, url: str, fields: Mapping[str, str], operation: str, *, again: bool = False) -> "Request":
        """Return a request to the authorization server that identifies the application.

        Args:
            url: The server's endpoint.
            fields: The form's other fields; empty ones are not sent.
            operation: Its name in errors.
            again: Whether it may be repeated although it may have arrived.
        """
        form = {name: value for name, value in fields.items() if value}
        if self.client_secret and self.auth_method == "client_secret_basic":
            import base64
            from urllib.parse import quote_plus

            # RFC 6749, 2.3.1: both are encoded as in forms before they are joined.
            pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret)}"
            sent = post(url, form_body(form), operation, again=again)
            authorization = ("authorization", f"Basic {base64.b64encode(pair.encode()).decode('ascii')}")
            return replace(sent, headers=(*sent.headers, authorization))
        # A public client is identified by its id alone (RFC 6749, 3.2.1).
        form |= {"client_id": self.client_id} | ({"client_secret": self.client_secret} if self.client_secret else {})
        return post(url, form_body(form), operation, again=again)


def by_device(
    client: OAuthClient,
    address: str,
    token_url: str,
    scope: str,
    endpoint: Endpoint,
    on_message: Callable[[str], object],
    *,
    timeout: float,
    clock: Clock = SYSTEM_CLOCK,
) -> Grant:
    """Log in with a browser on any machine: show a code, and request the tokens until the user has entered it.

    Args:
        client: The application.
        address: Where a code is requested.
        token_url: Where the tokens are requested.
        scope: The requested scopes, separated by spaces.
        endpoint: Sends the requests.
        on_message: Called with the address to open and the code to enter.
        timeout: Seconds to wait for the user, above 0.
        clock: The source of time.

    Raises:
        AuthError: The login was refused or not finished.
    """
    # The secret is not sent here: RFC 8628 requires the id alone, and some servers accept nothing else.
    public = OAuthClient(client.client_id)
    issued = object_in(endpoint.text(public.request(address, {"scope": scope}, "login", again=True)))
    # RFC 8628, 3.2 names it `verification_uri`; Google's server sends `verification_url`.
    url, user_code = issued.get("verification_uri") or issued.get("verification_url"), issued.get("user_code")
    if not isinstance(code := issued.get("device_code"), str) or not code.isascii() or not url or not user_code:
        raise AuthError("The authorization server responded without a device code, the user's code or its address")
    on_message(f"Open this address in any browser, and enter the code {user_code}:\n{url}")
    # RFC 8628, 3.2: 5 s where no interval is stated. A stated fraction of a second would be a flood of requests.
    interval, end = max(1.0, seconds_in(issued.get("interval")) or 5.0), clock.monotonic() + timeout
    fields = {"device_code": code, "grant_type": DEVICE_GRANT, "client_id": client.client_id}
    while clock.monotonic() < end:
        # Before the first request, too: the user cannot have entered the code yet.
        clock.sleep(min(interval, timeout))
        try:
            text = endpoint.text(client.request(token_url, fields, "login", again=True))
            # GitHub's server states these errors with status 200.
            named = (object_in(text).get("error"),)
            if named[0] not in _NOT_YET:
                return grant_of(text, clock.now())
        except APIError as error:
            # Without a description, the message is the error's name.
            named = (error.code, error.message)
            if not any(name in named for name in _NOT_YET):
                raise AuthError(f"The login was refused: {error.message}", remedy="Log in again.") from error
        if "slow_down" in named:
            interval += 5  # RFC 8628, 3.5
    raise AuthError(f"The code was not entered within {timeout:g} s", remedy="Log in again.")


class _OAuthToken(BearerToken):
    """What the credentials of all flows share: the first token is requested when it is needed, later ones before it ends.

    Attributes:
        flows: The flows of a document that state the server's address, in this order.
    """

    flows: ClassVar[Sequence[str]] = ()

    def __init__(
        self,
        client: OAuthClient,
        *,
        token_url: str | None,
        scopes: Sequence[str] | None,
        origins: str | Iterable[str] | None,
        endpoint: Endpoint | None,
        clock: Clock,
    ) -> None:
        # A token that has expired already, so that the first one is requested before the first use.
        super().__init__(
            "none", origins=origins, expires_at=0.0, refresh=self._requested, remedy="Log in again.", clock=clock
        )
        self._client = client
        self._token_url = token_url
        self._scopes = scopes
        self._scope = " ".join(scopes or ())
        self._endpoint = endpoint
        self._bound: tuple[str, ...] | None = None  # the addresses, once a client has added those of its document
        self._network: Network | None = None
        self._binding = threading.Lock()
        self._by_addresses: dict[tuple[str, ...], Self] = {}

    def bound_to(
        self, flows: Mapping[str, "Flow"], address: Callable[[str], str], network: Network, scheme: str
    ) -> Self:
        """Return these credentials with what a document states in place of what they lack.

        They are one object for all clients with the same addresses, which have to share a refresh token that is valid once.

        Args:
            flows: The flows of a security scheme, by their names.
            address: Returns a URL of the document as the client uses it; raises ConfigError if it must not.
            network: Returns the client's environment and what replaces its network.
            scheme: The scheme's name, for errors.

        Raises:
            ConfigError: The document does not state the server's address, or the base URL was replaced and it was not; or
                these are a refresh token that was bound to another server.
        """
        flow = next((flows[name] for name in self.flows if name in flows), None)
        what = f"{type(self).__name__} for the scheme {scheme}" if scheme else type(self).__name__
        addresses = self._addresses(flow, address, what)
        # Credentials may be passed to clients of several documents: the first one binds them, those with others share a copy.
        with self._binding:
            bound = self._by_addresses.get(addresses)
            # Bound again with the same addresses, they keep the network and the scopes of the first client.
            if bound is None:
                bound = self._by_addresses[addresses] = self._copy(addresses) if self._by_addresses else self
                bound._bound, bound._network = addresses, network
                bound._scope = " ".join(
                    self._scopes if self._scopes is not None else () if flow is None else flow.scopes
                )
        return bound

    def _copy(self, addresses: Sequence[str]) -> Self:  # noqa: ARG002 - those of a refresh token need them
        """Return credentials for another server: with a lock and a token of their own, and the copy's method in place of
        the original's.
        """
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        BearerToken.__init__(
            twin, "none", origins=self._origins, expires_at=0.0, refresh=twin._requested, remedy=self._remedy,
            clock=self._clock,
        )  # fmt: skip
        return twin

    def _addresses(self, flow: "Flow | None", address: Callable[[str], str], what: str) -> tuple[str, ...]:
        """Return the given addresses, or else the document's: first that for tokens."""
        url_of_document = "" if flow is None else self._stated_url(flow)
        return (_address(self._token_url, url_of_document, address, "token_url", what),)

    def _stated_url(self, flow: "Flow") -> str:
        return flow.token_url

    def _requested(self) -> Token:
        """Request a token.

        Raises:
            AuthError: The server refused.
            ConfigError: The server's address is unknown.
        """
        addresses = self._bound or self._addresses(None, str, type(self).__name__)
        endpoint = self._endpoint
        if endpoint is None:
            environ, transport = (None, None) if self._network is None else self._network()
            endpoint = Endpoint(environ, transport=transport, clock=self._clock)
        grant = self._grant(endpoint, addresses)
        return Token(grant.access_token, grant.expires_at)

    def _grant(self, endpoint: Endpoint, addresses: Sequence[str]) -> Grant:
        raise NotImplementedError  # each flow has its own requests


def _address(passed_url: str | None, document_url: str, address: Callable[[str], str], argument: str, what: str) -> str:
    """Return the given address, or else the document's.

    Raises:
        ConfigError: There is none, or it is not encrypted.
    """
    url = passed_url or (address(document_url) if document_url else "")
    if not url:
        raise ConfigError(
            f"{what} has no {argument}, and the document states none", remedy=f'Pass {argument}="https://...".'
        )
    # The request carries a secret or a refresh token, for which RFC 6749, 3.2 requires TLS.
    if not is_confidential(url):
        raise ConfigError(
            f"{argument} of {what} is {mask_url(url)!r}, which is not encrypted",
            remedy="Use a URL that begins with https://.",
        )
    return url


class ClientCredentials(_OAuthToken):
    """Tokens for a program itself, by its own id and secret (RFC 6749, 4.4).

    Args:
        client_id: The program's id.
        client_secret: Its secret.
        token_url: Where tokens are requested; by default what the document states.
        scopes: The requested scopes; by default those that the document's operations require, none if it names none.
        auth_method: How the application authenticates: by HTTP Basic, or by its secret in the body.
        origins: The services that the tokens are for; see BearerToken.
        endpoint: Sends requests for tokens; by default over the client's network.
        clock: The source of time.
    """

    flows = ("clientCredentials",)

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        token_url: str | None = None,
        scopes: Sequence[str] | None = None,
        auth_method: AuthMethod = "client_secret_basic",
        origins: str | Iterable[str] | None = None,
        endpoint: Endpoint | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        client = OAuthClient(client_id, client_secret, auth_method)
        super().__init__(client, token_url=token_url, scopes=scopes, origins=origins, endpoint=endpoint, clock=clock)

    def _grant(self, endpoint: Endpoint, addresses: Sequence[str]) -> Grant:
        # Sent again after a failure: unlike a refresh token or a code, nothing is used up by it.
        fields = {"grant_type": "client_credentials", "scope": self._scope}
        return endpoint.grant(self._client.request(addresses[0], fields, "request for a token", again=True))


class RefreshToken(_OAuthToken):
    """Tokens of a user who logged in before, by the refresh token of that login (RFC 6749, 6).

    Args:
        refresh_token: The refresh token.
        client_id: The id of the application that it was issued to.
        client_secret: The application's secret; empty for a public client.
        token_url: Where tokens are requested; by default what the document states.
        scopes: The requested scopes; by default those of the login.
        auth_method: How the application authenticates: by HTTP Basic, or by its secret in the body.
        on_new: Called with the next refresh token, if the server replaces it with each use: store it, as the old one is
            no longer valid.
        origins: The services that the tokens are for; see BearerToken.
        endpoint: Sends requests for tokens; by default over the client's network.
        clock: The source of time.
    """

    # By preference: the first that the document states counts. `implicit` has no token_url, so it is last.
    flows = ("authorizationCode", "deviceAuthorization", "password", "clientCredentials", "implicit")

    def __init__(
        self,
        refresh_token: str,
        client_id: str,
        client_secret: str = "",
        *,
        token_url: str | None = None,
        scopes: Sequence[str] = (),
        auth_method: AuthMethod = "client_secret_basic",
        on_new: Callable[[str], object] | None = None,
        origins: str | Iterable[str] | None = None,
        endpoint: Endpoint | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        client = OAuthClient(client_id, client_secret, auth_method)
        super().__init__(client, token_url=token_url, scopes=scopes, origins=origins, endpoint=endpoint, clock=clock)
        self._refresh_token = refresh_token
        self._on_new = on_new

    def _copy(self, addresses: Sequence[str]) -> Self:
        first = next(iter(self._by_addresses))[0]
        # Only the server that issued a refresh token may see it: with it, another one could log in as the user.
        if origin_of(addresses[0]) != origin_of(first):
            raise ConfigError(
                f"RefreshToken belongs to {origin_of(first)} and is not sent to {origin_of(addresses[0])}",
                remedy="Pass the refresh token of a login at that server, or its token_url.",
            )
        return super()._copy(addresses)

    def _stated_url(self, flow: "Flow") -> str:
        return flow.refresh_url or flow.token_url

    def _grant(self, endpoint: Endpoint, addresses: Sequence[str]) -> Grant:
        return self._refreshed(endpoint, addresses[0], self._scope)

    def _refreshed(self, endpoint: Endpoint, token_url: str, scope: str = "") -> Grant:
        fields = {"grant_type": "refresh_token", "refresh_token": self._refresh_token, "scope": scope}
        # Not repeated if it may have arrived: the server may have replaced the refresh token (RFC 6749, 6).
        grant = endpoint.grant(self._client.request(token_url, fields, "refresh"), previous=self._refresh_token)
        # Before the token is used: the old refresh token may be invalid from now on.
        self._keep(grant.refresh_token)
        return grant

    def _keep(self, refresh_token: str) -> None:
        if refresh_token and refresh_token != self._refresh_token:
            self._refresh_token = refresh_token
            if self._on_new is not None:
                self._on_new(refresh_token)


class DeviceLogin(RefreshToken):
    """Tokens of a user who logs in with a browser on any machine, when the first token is needed (RFC 8628).

    Later tokens are requested with the refresh token of that login; without one the user logs in again.

    Args:
        client_id: The application's id.
        client_secret: The application's secret; empty for a public client.
        on_message: Called with the address to open and the code to enter.
        device_url: Where codes are requested; by default what the document states.
        token_url: Where tokens are requested; by default what the document states.
        scopes: The requested scopes; by default those that the document's operations require, none if it names none.
        timeout: Seconds to wait for the user, above 0.
        auth_method: How the application authenticates: by HTTP Basic, or by its secret in the body.
        on_new: Called with each new refresh token; `RefreshToken` accepts it in a later process.
        origins: The services that the tokens are for; see BearerToken.
        endpoint: Sends requests for tokens; by default over the client's network.
        clock: The source of time.
    """

    flows = ("deviceAuthorization",)

    def __init__(
        self,
        client_id: str,
        client_secret: str = "",
        *,
        on_message: Callable[[str], object],
        device_url: str | None = None,
        token_url: str | None = None,
        scopes: Sequence[str] | None = None,
        timeout: float = 300.0,
        auth_method: AuthMethod = "client_secret_basic",
        on_new: Callable[[str], object] | None = None,
        origins: str | Iterable[str] | None = None,
        endpoint: Endpoint | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(
            "", client_id, client_secret, token_url=token_url, auth_method=auth_method, on_new=on_new, origins=origins,
            endpoint=endpoint, clock=clock,
        )  # fmt: skip
        # After the constructor, where RefreshToken's default of no scopes applies: with None, `bound_to` uses the document's.
        self._scopes, self._scope = scopes, " ".join(scopes or ())
        self._on_message = on_message
        self._device_url = device_url
        self._timeout = timeout

    def _copy(self, addresses: Sequence[str]) -> Self:
        twin = super(RefreshToken, self)._copy(addresses)  # it can log in at any server
        twin._refresh_token = ""  # it came from the original's server, and goes to no other
        return twin

    def _addresses(self, flow: "Flow | None", address: Callable[[str], str], what: str) -> tuple[str, ...]:
        url_of_document = "" if flow is None else flow.device_url
        return (
            *super()._addresses(flow, address, what),
            _address(self._device_url, url_of_document, address, "device_url", what),
        )

    def _stated_url(self, flow: "Flow") -> str:
        # Not refresh_url, as in RefreshToken: the first token is requested by the device's code.
        return flow.token_url

    def _grant(self, endpoint: Endpoint, addresses: Sequence[str]) -> Grant:
        if self._refresh_token:
            # Without a scope: a refresh then keeps those that the user granted (RFC 6749, 6).
            return self._refreshed(endpoint, addresses[0])
        token_url, device_url = addresses
        grant = by_device(
            self._client,
            device_url,
            token_url,
            self._scope,
            endpoint,
            self._on_message,
            timeout=self._timeout,
            clock=self._clock,
        )
        self._keep(grant.refresh_token)
        return grant
