"""Logging in to the HCA services and out of them: by browser, by a code that is copied, or with a token at hand."""

import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import BearerToken, Token, jwt_expiry, moment, origin_of
from omicsdk.core.errors import AuthError, ConfigError, OmicsError, UsageError
from omicsdk.core.oauth.grants import Application, Endpoint, Grant, begin, code_of, code_request, revoke_request
from omicsdk.core.oauth.redirect_server import RedirectServer
from omicsdk.core.oauth.redirect_server import open_browser as open_usual_browser
from omicsdk.core.token_file import StoredLogin, token_file
from omicsdk.hca.application import Secrets
from omicsdk.hca.discovery import SCOPES, TOKEN_VARIABLES, audience_of, left_by_published_client, service_url

if TYPE_CHECKING:
    from pathlib import Path

    from omicsdk.hca.config import HCAConfig

TIMEOUT = 300.0
"""Seconds to wait for a browser to come back."""
_TOKEN_KEY = "oauth2_token"  # noqa: S105 - the name of a setting
_AUTHORIZE, _ECHO = "/oauth/authorize", "/echo"
_TOKEN, _REVOKE = "/oauth/token", "/oauth/revoke"


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """What a login led to.

    Attributes:
        service: The service's base URL.
        expires_at: Seconds since 1970 at which the access token ends; None when nobody knows.
        renewable: Whether it is renewed by itself then.
        path: The file that it is stored in.
    """

    service: str
    expires_at: float | None
    renewable: bool
    path: "Path"


def tell_stderr(text: str) -> None:
    """Tells the user on stderr."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - telling is all that it does


def ask_stdin(question: str) -> str:
    """Asks the user on stderr and reads one line from stdin; an empty text when it has ended."""
    print(question, end="", file=sys.stderr, flush=True)  # noqa: T201 - asking is all that it does
    answer = sys.stdin.readline()
    if not answer:
        tell_stderr("")  # what comes next begins a line of its own
    return answer


def login(
    section: str,
    *,
    access_token: str = "",
    remote: bool = False,
    migrate: bool = False,
    base_url: str | None = None,
    swagger_url: str | None = None,
    audience: str | None = None,
    timeout: float = TIMEOUT,
    stop: threading.Event | None = None,
    config: "HCAConfig | None" = None,
    environ: Mapping[str, str] | None = None,
    tell: Callable[[str], None] = tell_stderr,
    ask: Callable[[str], str] = ask_stdin,
    open_browser: Callable[[str], None] = open_usual_browser,
    endpoint: Endpoint | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> LoggedIn:
    """Log in, and store the tokens in the user's token file.

    Without further arguments a browser is opened, and this waits for it to come back.

    Args:
        section: The configuration's section, such as `DSSClient`.
        access_token: A token to store as it is. One that isn't a JSON Web Token has no end that is known.
        remote: For a machine without a browser: tell an address, and ask for the code that it shows in the end.
        migrate: Take over the login that the published client left in the configuration, which stays there.
        base_url: The service; wins over all.
        swagger_url: Its document; wins over the configuration.
        audience: Whom tokens are asked for; by default the configuration's `audience`, or as published.
        timeout: Seconds to wait for the browser, above 0.
        stop: Set it to give up waiting for the browser.
        config: The HCA configuration; by default that of the user's files.
        environ: The environment; by default the process's own.
        tell: Tells the user something.
        ask: Asks the user something and gives the answer.
        open_browser: Opens an address in a browser.
        endpoint: What sends requests to the authorization server.
        clock: What tells the time.

    Returns:
        What came of it. One login serves the services of the configuration that belong together.

    Raises:
        AuthError: The login was refused, or came to no end.
        ConfigError: A setting, the token, or the application's secrets can't be used.
        UsageError: Arguments that exclude each other.
        OmicsError: The service can't be reached.
    """
    from omicsdk.hca.config import HCAConfig

    if sum((bool(access_token), remote, migrate)) > 1:
        raise UsageError("access_token, remote and migrate are three ways to log in", remedy="Choose one of them.")
    if not timeout > 0:
        raise UsageError(f"timeout is {timeout}", remedy="Give seconds above 0.")
    environ = os.environ if environ is None else environ
    config = HCAConfig() if config is None else config
    url = service_url(section, base_url=base_url, swagger_url=swagger_url, config=config)
    tokens = token_file(environ)
    tokens.check()
    endpoint = Endpoint(environ, clock=clock) if endpoint is None else endpoint
    issuer = ""
    if access_token:
        grant = Grant(access_token, jwt_expiry(access_token))
    elif migrate:
        grant = _taken_over(section, url, config)
    else:
        application = Secrets(url, config, tokens.path, endpoint).application(fresh=True)
        issuer = application.token_uri
        extra = {"audience": audience or audience_of(section, config)}
        if remote:
            grant = _by_code(application, extra, endpoint, tell, ask)
        else:
            grant = _by_browser(application, extra, endpoint, tell, open_browser, timeout, stop)
    BearerToken(grant.access_token)  # refuses what can't be a token before it is stored
    token = Token(grant.access_token, grant.expires_at)
    tokens.keep(url, StoredLogin(token, grant.refresh_token, grant.id_token, tuple(_served(url, issuer, config))))
    if grant.expires_at is not None and grant.expires_at < clock.now() and not grant.refresh_token:
        tell(f"The access token was stored, but it ended on {moment(grant.expires_at)} by this machine's clock.")
    _warn_of_variables(section, environ, tell)
    return LoggedIn(url, grant.expires_at, bool(grant.refresh_token), tokens.path)


def logout(
    section: str,
    *,
    base_url: str | None = None,
    swagger_url: str | None = None,
    config: "HCAConfig | None" = None,
    environ: Mapping[str, str] | None = None,
    tell: Callable[[str], None] = tell_stderr,
    endpoint: Endpoint | None = None,
) -> bool:
    """Log out: have the service revoke the refresh token, and forget all that was stored.

    What the published client stored in the configuration's files is taken out of them too.

    Args:
        section: The configuration's section, such as `DSSClient`.
        base_url: The service; wins over all.
        swagger_url: Its document; wins over the configuration.
        config: The HCA configuration; by default that of the user's files.
        environ: The environment; by default the process's own.
        tell: Tells the user that the service couldn't be told.
        endpoint: What sends requests to the authorization server.

    Returns:
        Whether anything was stored.

    Raises:
        ConfigError: A file can't be read or written; nothing is forgotten then.
    """
    from omicsdk.hca.config import HCAConfig

    environ = os.environ if environ is None else environ
    config = HCAConfig() if config is None else config
    url = service_url(section, base_url=base_url, swagger_url=swagger_url, config=config)
    tokens = token_file(environ)
    stored = tokens.login(url)
    is_configured = origin_of(service_url(section, config=config)) == origin_of(url)
    left = is_configured and _forget_configured(config, tell)
    if stored is None:
        return left
    endpoint = Endpoint(environ) if endpoint is None else endpoint
    first = stored.origins[0]
    secrets = Secrets(url if origin_of(url) == first else first, config, tokens.path, endpoint)
    if stored.refresh_token:
        _revoke(stored.refresh_token, secrets, endpoint, tell)
    tokens.delete(url)
    secrets.forget()
    return True


def application_secrets(
    section: str,
    *,
    base_url: str | None = None,
    swagger_url: str | None = None,
    config: "HCAConfig | None" = None,
    environ: Mapping[str, str] | None = None,
    endpoint: Endpoint | None = None,
) -> dict[str, Any]:
    """How the deployment's authorization server knows its application; arguments as `logout`'s.

    Returns:
        `{"installed": {"client_id": ..., "auth_uri": ..., "token_uri": ..., ...}}`, of the configuration or the service.

    Raises:
        AuthError: Neither has them.
        OmicsError: The service can't be reached.
    """
    from omicsdk.hca.config import HCAConfig

    config = HCAConfig() if config is None else config
    url = service_url(section, base_url=base_url, swagger_url=swagger_url, config=config)
    return Secrets(url, config, token_file(environ).path, endpoint or Endpoint(environ)).stated()


def _by_browser(
    application: Application,
    extra: Mapping[str, str],
    endpoint: Endpoint,
    tell: Callable[[str], None],
    open_browser: Callable[[str], None],
    timeout: float,
    stop: threading.Event | None,
) -> Grant:
    server = RedirectServer(*application.loopback())
    attempt = begin(application, server.uri, SCOPES, extra)
    with server.listening(attempt.state):
        tell(f"Log in with the browser that opens now. If none does, open this address on this machine:\n{attempt.url}")
        open_browser(attempt.url)
        query = server.wait(timeout, stop)
    return endpoint.grant(code_request(application, attempt, code_of(query, attempt.state)))


def _by_code(
    application: Application,
    extra: Mapping[str, str],
    endpoint: Endpoint,
    tell: Callable[[str], None],
    ask: Callable[[str], str],
) -> Grant:
    echo = application.beside(application.auth_uri, _AUTHORIZE, _ECHO)
    attempt = begin(application, echo, SCOPES, extra)
    tell(f"Log in at this address, in any browser:\n{attempt.url}")
    answer = ask("Paste the code that the last page shows, or that page's address: ")
    return endpoint.grant(code_request(application, attempt, code_of(answer, attempt.state, bare=True)))


def _taken_over(section: str, url: str, config: "HCAConfig") -> Grant:
    stored = left_by_published_client(config)
    access, refresh, identity = (str(stored.get(name) or "") for name in ("access_token", "refresh_token", "id_token"))
    if not access:
        raise AuthError(
            "The HCA configuration has no login of the published client", remedy="Log in without --migrate."
        )
    issued_for = str(stored.get("origin") or service_url(section, config=config))
    if origin_of(issued_for) != origin_of(url):
        raise AuthError(
            f"The login of the published client is for {origin_of(issued_for)}, not for {origin_of(url)}",
            remedy="Log in without --migrate.",
        )
    # Its expires_at is "-1", whatever the token's end.
    return Grant(access, jwt_expiry(access), refresh, identity)


def _served(url: str, issuer: str, config: "HCAConfig") -> list[str]:
    """Further services that a login is for: configured ones of the same domain, or those that issued its tokens."""
    configured = [service_url(section, config=config) for section in TOKEN_VARIABLES]
    return [
        each
        for each in configured
        if _domain(each) == _domain(url) or (issuer and origin_of(each) == origin_of(issuer))
    ]


def _domain(url: str) -> tuple[str, str]:
    """What the services of one deployment share: the scheme, and the host less its first label."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    _, dot, rest = host.partition(".")
    shared = rest if dot and "." in rest and not host.replace(".", "").isdecimal() else origin_of(url)
    return parts.scheme, shared


def _forget_configured(config: "HCAConfig", tell: Callable[[str], None]) -> bool:
    try:
        return bool(config.forget(_TOKEN_KEY))
    except ConfigError as error:
        tell(f"A login of the published client may still be in the configuration: {error}")
        return True


def _revoke(refresh_token: str, secrets: Secrets, endpoint: Endpoint, tell: Callable[[str], None]) -> None:
    try:
        application = secrets.application()
        uri = application.beside(application.token_uri, _TOKEN, _REVOKE)
        endpoint.text(revoke_request(application, uri, refresh_token, as_json=True))
    except OmicsError as error:
        tell(f"The service could not be told to revoke the login, which is forgotten on this machine only: {error}")


def _warn_of_variables(section: str, environ: Mapping[str, str], tell: Callable[[str], None]) -> None:
    from omicsdk.core.oauth.credentials import VARIABLE

    for name in (TOKEN_VARIABLES[section], VARIABLE):
        if environ.get(name):
            tell(f"{name} is set, and is used instead of this login as long as it is.")
            return
