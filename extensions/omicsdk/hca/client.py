"""What the documented clients of the HCA services have in common, sync and async: configuration, login, sessions."""

from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any, ClassVar

from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.core.documented.async_client import AsyncDocumentedClient
from omicsdk.core.documented.client import DocumentedClient
from omicsdk.core.errors import AuthError
from omicsdk.core.oauth.service_account import LIFETIME
from omicsdk.core.sending.transport import Timeout
from omicsdk.hca.connection import TOKEN_VARIABLES, Connection, base_url_of, command, connection, swagger_url_of
from omicsdk.hca.exceptions import documented_error
from omicsdk.hca.policies import RetryPolicy
from omicsdk.hca.swagger import clear_hca_cache, document_of, load_swagger_json

if TYPE_CHECKING:
    from omicsdk.core.client import AsyncClient, Client
    from omicsdk.core.credentials import Credentials
    from omicsdk.hca.config import HCAConfig
    from omicsdk.hca.session import Session

EXPIRES_SOON = 10.0
"""Seconds before its end from which on `expired_token` takes a token for expired, as the published clients do."""


class _Account:
    """What doesn't depend on how requests are sent."""

    section: ClassVar[str]
    """The section of the HCA configuration."""

    package: ClassVar[str]
    """The generated package under omicsdk_api."""

    scheme = "https"
    """How the published clients reach a service; here the scheme of `swagger_url` counts."""

    max_redirects = 1024
    """How many redirects the published clients follow; here those that ask for patience have no limit, others few."""

    token_expiration = int(LIFETIME)
    """Seconds that a token lasts which a service account signs for itself."""

    retry_policy: ClassVar[RetryPolicy] = RetryPolicy()
    """When requests are tried again; the argument `retry` wins."""

    timeout_policy: ClassVar[Timeout] = Timeout()
    """How long each step of a request may take; the argument `timeout` wins."""

    config: "HCAConfig"
    swagger_url: str
    _credentials: "Credentials | None"

    def _prepare(
        self, config: "HCAConfig | None", swagger_url: str | None, session_kwargs: dict[str, Any]
    ) -> Connection:
        """Where the service is; fills in the options that the caller left out."""
        from omicsdk.hca.config import HCAConfig

        self.config = HCAConfig() if config is None else config
        self.swagger_url = swagger_url or swagger_url_of(self.section, self.config)
        found = connection(self.section, swagger_url=self.swagger_url, config=self.config)
        session_kwargs.setdefault("credentials", found.credentials)
        session_kwargs.setdefault("retry", self.retry_policy.as_retry())
        session_kwargs.setdefault("timeout", self.timeout_policy)
        self._credentials = session_kwargs["credentials"]
        return found

    def _reconnected(self) -> "Credentials | None":
        """The credentials that hold now, after a login or logout."""
        found = connection(self.section, swagger_url=self.swagger_url, config=self.config)
        self._credentials = found.credentials
        return found.credentials

    @property
    def host(self) -> str:
        """Where the service is, without a slash at the end."""
        return base_url_of(self.swagger_url)

    @property
    def swagger_spec(self) -> dict[str, Any]:
        """The document that this client was generated from; nothing is fetched."""
        return document_of(self.package)

    @staticmethod
    def load_swagger_json(swagger_json: IO[str] | IO[bytes], ptr_str: str = "$ref") -> Any:
        """A document with what it refers to in the places of its references; see `omicsdk.hca.swagger`."""
        return load_swagger_json(swagger_json, ptr_str)

    def clear_cache(self) -> None:
        """Does nothing but say so: no API definitions are cached."""
        clear_hca_cache()

    def expired_token(self) -> bool:
        """Whether this client's token has ended or does so within ten seconds; False for one whose end isn't known."""
        end: float | None = getattr(self._credentials, "expires_at", None)
        return end is not None and end <= SYSTEM_CLOCK.now() + EXPIRES_SOON

    def documented_error(self, error: Exception) -> Exception:
        """A SwaggerAPIException for an answer with an error status, or none at all; others as they are."""
        return documented_error(error)


class HCAClient(_Account, DocumentedClient):
    """Base of the documented clients.

    Args:
        kind: The typed client that it stands before.
        config: The HCA configuration; by default that of the user's files.
        swagger_url: The URL of a deployment's document; by default that of the configuration.
        session_kwargs: Options of the typed client.
    """

    _api: "Client"

    def __init__(
        self,
        kind: "Callable[..., Client]",
        config: "HCAConfig | None",
        swagger_url: str | None,
        session_kwargs: dict[str, Any],
    ) -> None:
        found = self._prepare(config, swagger_url, session_kwargs)
        super().__init__(kind(found.base_url, config=self.config, **session_kwargs))
        self._sessions: dict[bool, Session] = {}
        passed = ("timeout", "retry", "headers", "http2", "transport")
        self._session_options = {name: session_kwargs[name] for name in passed if name in session_kwargs}

    @property
    def application_secrets(self) -> dict[str, Any]:
        """What the service's application is called when somebody logs in: client_id, auth_uri, token_uri, ....

        Raises:
            SwaggerAPIException: The configuration has none, and the service doesn't tell.
        """
        from omicsdk.hca.login import application_secrets

        return application_secrets(self.section, swagger_url=self.swagger_url, config=self.config)

    def login(self, access_token: str = "", remote: bool = False) -> None:
        """Log in; the token is stored for later runs, and this client uses it from now on.

        Args:
            access_token: A token to store as it is; by default a browser is opened.
            remote: Print the address and ask for the code, where there is no browser.

        Raises:
            AuthError: The login was refused or came to no end.
        """
        from omicsdk.hca.login import login

        login(
            self.section,
            access_token=access_token,
            remote=remote,
            swagger_url=self.swagger_url,
            config=self.config,
        )
        self._use(self._reconnected())

    def logout(self) -> None:
        """Forget the stored token, here and at the service; nothing happens when there is none."""
        from omicsdk.hca.login import logout

        logout(self.section, swagger_url=self.swagger_url, config=self.config)
        self._use(self._reconnected())

    def get_session(self) -> "Session":
        """What sends plain requests without credentials; closed with the client."""
        return self._session(None)

    def get_authenticated_session(self) -> "Session":
        """What sends plain requests with this client's credentials, to its own service only.

        Raises:
            AuthError: Nobody is logged in.
        """
        if self._credentials is None:
            raise AuthError(
                "Nobody is logged in",
                remedy=f"Run: {command(self.section, 'login')}. Or set {TOKEN_VARIABLES[self.section]} or "
                "GOOGLE_APPLICATION_CREDENTIALS.",
            )
        return self._session(self._credentials)

    def _session(self, credentials: "Credentials | None") -> "Session":
        from omicsdk.core.sending.transport import Transport
        from omicsdk.hca.session import Session

        known = self._sessions.get(credentials is not None)
        if known is None:
            transport = Transport(self._api.base_url, credentials=credentials, **self._session_options)
            known = self._sessions[credentials is not None] = Session(transport, self.documented_error)
        return known

    def _use(self, credentials: "Credentials | None") -> None:
        self._api = self._api.with_options(credentials=credentials)
        authenticated = self._sessions.pop(True, None)
        if authenticated is not None:
            authenticated.close()

    def close(self) -> None:
        """Close the connections, those of sessions too."""
        super().close()
        for session in self._sessions.values():
            session.close()


class AsyncHCAClient(_Account, AsyncDocumentedClient):
    """Base of the documented clients for asyncio; arguments as HCAClient's."""

    _api: "AsyncClient"

    def __init__(
        self,
        kind: "Callable[..., AsyncClient]",
        config: "HCAConfig | None",
        swagger_url: str | None,
        session_kwargs: dict[str, Any],
    ) -> None:
        found = self._prepare(config, swagger_url, session_kwargs)
        super().__init__(kind(found.base_url, config=self.config, **session_kwargs))

    async def login(self, access_token: str = "", remote: bool = False) -> None:
        """Log in, in a thread; arguments and errors as `HCAClient.login`'s."""
        from asyncio import to_thread
        from threading import Event

        from omicsdk.hca.login import login

        stop = Event()
        try:
            await to_thread(
                login,
                self.section,
                access_token=access_token,
                remote=remote,
                swagger_url=self.swagger_url,
                stop=stop,
                config=self.config,
            )
        finally:
            stop.set()  # a cancelled login doesn't wait for its browser any longer
        self._api = self._api.with_options(credentials=self._reconnected())

    async def logout(self) -> None:
        """Forget the stored token, in a thread; as `HCAClient.logout`."""
        from asyncio import to_thread

        from omicsdk.hca.login import logout

        await to_thread(logout, self.section, swagger_url=self.swagger_url, config=self.config)
        self._api = self._api.with_options(credentials=self._reconnected())
