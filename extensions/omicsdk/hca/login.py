"""Logging in to the HCA services and out of them: by browser, by a code that is copied, or with a token at hand."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import BearerToken, Token, jwt_claims, jwt_expiry, moment, origin_of
from omicsdk.core.errors import AuthError, ConfigError, OmicsError, UsageError
from omicsdk.core.oauth.credentials import VARIABLE
from omicsdk.core.oauth.grants import Application, begin, code_of, code_request, revoke_request
from omicsdk.core.oauth.redirect_server import grant_by_browser
from omicsdk.core.oauth.redirect_server import open_browser as open_usual_browser
from omicsdk.core.oauth.tokens import Endpoint, Grant
from omicsdk.core.settings.profiles import DEFAULT_PROFILE
from omicsdk.core.token_file import StoredLogin, token_file
from omicsdk.hca.config import HCAConfig
from omicsdk.hca.services import (
    CLAIMS,
    SCOPES,
    TOKEN_VARIABLES,
    Secrets,
    audience_of,
    left_by_published_client,
    service_url,
)

# Seconds to wait for a browser to come back.
TIMEOUT = 300.0
_TOKEN_KEY = "oauth2_token"  # noqa: S105 - the name of a setting
_AUTHORIZE, _ECHO = "/oauth/authorize", "/echo"
_TOKEN, _REVOKE = "/oauth/token", "/oauth/revoke"


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The result of a login.

    Attributes:
        service: The service's base URL.
        expires_at: Seconds since 1970 at which the access token ends; None when unknown.
        renewable: Whether it is then renewed automatically.
        path: The file that it is stored in.
    """

    service: str
    expires_at: float | None
    renewable: bool
    path: Path


def print_to_stderr(text: str) -> None:
    """Print a message on stderr."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - printing is all that it does


def ask_stdin(question: str) -> str:
    """Ask the user on stderr and read one line from stdin; an empty text when it has ended."""
    print(question, end="", file=sys.stderr, flush=True)  # noqa: T201 - printing is all that it does
    response = sys.stdin.readline()
    if not response:
        print_to_stderr("")  # the next message begins a new line
    return response


@dataclass
class ServiceLogin:
    """The login of a service: logging in and out, and its application's secrets.

    Args:
        section: The configuration's section, such as `DSSClient`.
        base_url: The service; wins over all.
        swagger_url: Its document; wins over the configuration.
        config: The HCA configuration; by default that of the user's files.
        environ: The environment; by default the process's own.
        on_message: Prints a message to the user.
        endpoint: Sends requests to the authorization server.
        clock: Returns the time.
        profile: The profile that the login is for.
        store: Where it is stored: `file` or `keyring`; None for the keyring where it can be used without asking.

    Raises:
        ConfigError: A setting is malformed.
    """

    section: str
    _: KW_ONLY
    base_url: str | None = None
    swagger_url: str | None = None
    config: HCAConfig = field(default_factory=HCAConfig)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    on_message: Callable[[str], None] = print_to_stderr
    endpoint: Endpoint | None = None
    clock: Clock = SYSTEM_CLOCK
    profile: str = DEFAULT_PROFILE
    store: str | None = "file"

    def __post_init__(self) -> None:
        self._url = service_url(self.section, base_url=self.base_url, swagger_url=self.swagger_url, config=self.config)
        self._tokens = token_file(self.environ, profile=self.profile)
        self._endpoint = self.endpoint or Endpoint(self.environ, clock=self.clock)

    def login(
        self,
        *,
        access_token: str = "",
        remote: bool = False,
        migrate: bool = False,
        audience: str | None = None,
        timeout: float = TIMEOUT,
        stop: threading.Event | None = None,
        ask: Callable[[str], str] = ask_stdin,
        open_browser: Callable[[str], None] = open_usual_browser,
    ) -> LoggedIn:
        """Log in, and store the tokens in the user's token file.

        Without further arguments a browser is opened, and this waits for its redirect.

        Args:
            access_token: A token to store as it is. The end of one that is not a JSON Web Token is unknown.
            remote: For a machine without a browser: print an address, and ask for the code that it shows in the end.
            migrate: Take over the login that the published client left in the configuration, which stays there.
            audience: The audience of the tokens; by default the configuration's `audience`, or as published.
            timeout: Seconds to wait for the browser, above 0.
            stop: Set it to stop waiting for the browser.
            ask: Asks the user and returns the response.
            open_browser: Opens an address in a browser.

        Returns:
            The result. One login serves the services of the configuration that belong together.

        Raises:
            AuthError: The login was refused or not finished.
            ConfigError: A setting, the token, or the application's secrets are invalid.
            UsageError: Arguments that are mutually exclusive.
            OmicsError: The service cannot be reached.
        """
        if sum((bool(access_token), remote, migrate)) > 1:
            raise UsageError("access_token, remote and migrate are mutually exclusive", remedy="Choose one of them.")
        if not timeout > 0:
            raise UsageError(f"timeout is {timeout}", remedy="Use seconds above 0.")
        self._tokens.check()
        issuer = ""
        if access_token:
            grant = Grant(access_token, jwt_expiry(access_token))
        elif migrate:
            grant = self._migrated()
        else:
            application = self._secrets().application(fresh=True)
            issuer = application.token_uri
            extra = {"audience": audience or audience_of(self.section, self.config)}
            if remote:
                grant = self._by_code(application, extra, ask)
            else:
                grant = grant_by_browser(
                    application,
                    SCOPES,
                    extra,
                    self._endpoint,
                    self.on_message,
                    open_browser=open_browser,
                    timeout=timeout,
                    stop=stop,
                )
        BearerToken(grant.access_token)  # refuses what cannot be a token before it is stored
        token = Token(grant.access_token, grant.expires_at)
        served = tuple(self._served(issuer))
        login = StoredLogin(token, grant.refresh_token, grant.id_token, served, user=_user(grant))
        self._tokens.keep(self._url, login, self.store)
        if grant.expires_at is not None and grant.expires_at < self.clock.now() and not grant.refresh_token:
            ended = moment(grant.expires_at)
            self.on_message(f"The access token was stored, but it expired on {ended} by this machine's clock.")
        variables = (TOKEN_VARIABLES[self.section], VARIABLE)
        overriding = next((name for name in variables if self.environ.get(name)), None)
        if overriding is not None:
            self.on_message(f"{overriding} is set and takes precedence over this login.")
        return LoggedIn(self._url, grant.expires_at, bool(grant.refresh_token), self._tokens.path)

    def logout(self) -> bool:
        """Log out: ask the service to revoke the refresh token, and delete everything stored.

        What the published client stored in the configuration's files is removed from them too.

        Returns:
            Whether anything was stored.

        Raises:
            ConfigError: A file cannot be read or written; nothing is forgotten then.
        """
        stored = self._tokens.login(self._url)
        is_forgotten = self._forget_configured()
        if stored is None:
            return is_forgotten
        secrets = self._secrets(stored.origins[0])
        if stored.refresh_token:
            self._revoke(stored.refresh_token, secrets)
        self._tokens.delete(self._url)
        secrets.forget()
        return True

    def application_secrets(self) -> dict[str, Any]:
        """Return how the deployment's authorization server knows its application.

        Returns:
            `{"installed": {"client_id": ..., "auth_uri": ..., "token_uri": ..., ...}}`, of the configuration or the service.

        Raises:
            AuthError: Neither has them.
            OmicsError: The service cannot be reached.
        """
        return self._secrets().application_secrets()

    def _configured(self, section: str) -> str:
        return service_url(section, config=self.config)

    def _secrets(self, origin: str = "") -> Secrets:
        """The application's secrets of the service, or of the one that was logged in to."""
        service = self._url if origin in ("", origin_of(self._url)) else origin
        return Secrets(service, self.config, self._tokens.path, self._endpoint)

    def _by_code(self, application: Application, extra: Mapping[str, str], ask: Callable[[str], str]) -> Grant:
        echo = application.beside(application.auth_uri, _AUTHORIZE, _ECHO)
        attempt = begin(application, echo, SCOPES, extra)
        self.on_message(f"Log in at this URL, in any browser:\n{attempt.url}")
        response = ask("Paste the code that the last page shows, or the URL of that page: ")
        return self._endpoint.grant(code_request(application, attempt, code_of(response, attempt.state, bare=True)))

    def _migrated(self) -> Grant:
        """The login that the published client stored."""
        stored = left_by_published_client(self.config)
        access, refresh, identity = (str(stored.get(f"{name}_token") or "") for name in ("access", "refresh", "id"))
        if not access:
            raise AuthError(
                "The HCA configuration has no login of the published client", remedy="Log in without --migrate."
            )
        issued_for = origin_of(str(stored.get("origin") or self._configured(self.section)))
        if issued_for != origin_of(self._url):
            raise AuthError(
                f"The login of the published client is for {issued_for}, not for {origin_of(self._url)}",
                remedy="Log in without --migrate.",
            )
        # Its expires_at is "-1", whatever the token's end.
        return Grant(access, jwt_expiry(access), refresh, identity)

    def _served(self, issuer: str) -> Iterator[str]:
        """Further services that a login is for: configured ones of the same domain, or those that issued its tokens."""
        for variable in map(self._configured, TOKEN_VARIABLES):
            if _domain(variable) == _domain(self._url) or (issuer and origin_of(variable) == origin_of(issuer)):
                yield variable

    def _forget_configured(self) -> bool:
        """Take the published client's login out of the configuration; False if there was none for this service."""
        if origin_of(self._configured(self.section)) != origin_of(self._url):
            return False
        try:
            return bool(self.config.forget(_TOKEN_KEY))
        except ConfigError as error:
            self.on_message(f"A login of the published client may still be in the configuration: {error}")
            return True

    def _revoke(self, refresh_token: str, secrets: Secrets) -> None:
        try:
            application = secrets.application()
            uri = application.beside(application.token_uri, _TOKEN, _REVOKE)
            self._endpoint.text(revoke_request(application, uri, refresh_token, as_json=True))
        except OmicsError as error:
            self.on_message(f"Cannot revoke the login at the service; it is deleted on this machine only: {error}")


def _user(grant: Grant) -> str:
    claims = jwt_claims(grant.access_token)
    return str(claims.get(f"{CLAIMS}email") or jwt_claims(grant.id_token).get("email") or "")


def _domain(url: str) -> tuple[str, str]:
    """Return what the services of one deployment share: the scheme, and the host without its first label."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    _, dot, rest = host.partition(".")
    shared = rest if dot and "." in rest and not host.replace(".", "").isdecimal() else origin_of(url)
    return parts.scheme, shared
