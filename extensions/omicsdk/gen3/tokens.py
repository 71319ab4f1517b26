"""Access tokens: requested from the commons or a workspace token service, kept in a private file, renewed by one thread."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from hashlib import sha256
from math import inf
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from omicsdk.core.checked_tokens import checked_token
from omicsdk.core.clock import Clock
from omicsdk.core.credentials import Basic, Credentials, is_confidential, jwt_claims, jwt_expiry, origin_of
from omicsdk.core.errors import APIError, AuthError, ConfigError, OmicsError, TransportError
from omicsdk.core.files import cache_folder, home_folder, read_private, write_private
from omicsdk.core.json_coding import json_object
from omicsdk.core.logs import logger
from omicsdk.core.page_items import items_at
from omicsdk.core.request import Query
from omicsdk.core.type_guards import only_objects
from omicsdk.gen3.errors import Gen3AuthError
from omicsdk.gen3.sources import (
    OWN_IDP,
    ApiKey,
    Arguments,
    ClientLogin,
    TokenService,
    endpoint_from_token,
    login_of,
    workspace,
)

_log = logger("omicsdk.gen3")

# What a transport is made with: timeout, retry, environ, transport.
Options = Mapping[str, Any]
# An operation's name, method and path.
Operation = tuple[str, str, str]

_EXTERNAL_OIDC: Operation = ("get_external_oidc", "GET", "/external_oidc/")
_TOKEN: Operation = ("get_token", "GET", "/token/")
_CLIENT_TOKEN: Operation = ("get_oauth2_token", "POST", "/oauth2/token")


def get_access_token_with_key(api_key: Mapping[str, str], *, options: Options | None = None) -> str:
    """Get an access token for an API key, from the commons that issued it.

    Args:
        api_key: The content of a credentials file: an object with `api_key`.
        options: What the transport is made with, such as timeout; none by default.

    Returns:
        The token.

    Raises:
        Gen3AuthError: The key is invalid, has ended or was refused, or no token came.
        TransportError: The commons did not respond.
    """
    login = login_of(Arguments(refresh_token=api_key), {}, home_folder)
    assert isinstance(login.source, ApiKey)
    return token_for_key(login.source, options or {})


def get_access_token_with_client_credentials(
    endpoint: str,
    client_credentials: tuple[str, str],
    scopes: str | Sequence[str] | None,
    *,
    options: Options | None = None,
) -> str:
    """Get an access token for a program that is registered with a commons.

    Args:
        endpoint: The commons.
        client_credentials: Its id and its password.
        scopes: The requested scopes, separated by spaces; None for `user data openid`.
        options: What the transport is made with, such as timeout; none by default.

    Returns:
        The token.

    Raises:
        Gen3AuthError: The commons refused, or no token came.
        TransportError: The commons did not respond.
    """
    arguments = Arguments(endpoint=endpoint, client_credentials=client_credentials, client_scopes=scopes)
    login = login_of(arguments, {}, home_folder)
    assert isinstance(login.source, ClientLogin)
    return token_for_client(login.endpoint, login.source, options or {})


def get_wts_endpoint(namespace: str | None = None) -> str:
    """Return the URL of the workspace token service.

    Args:
        namespace: The Kubernetes namespace; by default what NAMESPACE states, and else `default`.
    """
    return workspace(os.environ, namespace)


def get_wts_idps(
    namespace: str | None = None, external_wts_host: str | None = None, *, options: Options | None = None
) -> dict[str, Any]:
    """List the logins of a workspace token service.

    Args:
        namespace: The Kubernetes namespace of a workspace; by default what NAMESPACE states, and else `default`.
        external_wts_host: The service's URL outside of a workspace: https://HOST/wts.
        options: What the transport is made with, such as timeout; none by default.

    Returns:
        The service's response: `providers`, each with `idp`, `base_url`, `name` and `urls`.

    Raises:
        Gen3AuthError: The service refused.
        TransportError: It did not respond.
    """
    base = external_wts_host.rstrip("/") if external_wts_host else get_wts_endpoint(namespace)
    return _response(base, _EXTERNAL_OIDC, (), None, "the list of logins", options or {})


def token_for_key(key: ApiKey, options: Options) -> str:
    """Get an access token for an API key; errors as those of `get_access_token_with_key`."""
    from omicsdk_api.gen3.fence import FenceApi

    base = f"{key.issuer}/user"
    _check_confidential(base, key.where)
    try:
        with FenceApi(base, **options) as fence:
            # A redirect to another origin would repeat the body there, with the key.
            response = fence.with_options(follow_redirects=False).get_cdis_access_token.raw(api_key=key.key)
    except APIError as error:
        raise _refused(error, key.issuer, f"an access token for {key.where}", _key_remedy(key)) from None
    return _token_at(_json(response, key.issuer), "access_token", key.issuer)


def token_for_client(endpoint: str, login: ClientLogin, options: Options) -> str:
    """Get an access token for a program; errors as those of `get_access_token_with_client_credentials`."""
    base = f"{endpoint}/user"
    _check_confidential(base, "the client's secret")
    query = (("grant_type", "client_credentials"), ("scope", login.scopes))
    try:
        credentials = Basic(login.client_id, login.secret)
    except ConfigError as error:
        raise Gen3AuthError(f"The client's id is invalid: {error.message}", remedy=error.remedy) from None
    payload = _response(
        base, _CLIENT_TOKEN, query, credentials, f"an access token for the client {login.client_id}", options
    )
    return _token_at(payload, "access_token", endpoint)


def token_from_service(service: TokenService, endpoint: str, credentials: Credentials | None, options: Options) -> str:
    """Get an access token from a workspace token service.

    Args:
        service: The service, and the login that is requested.
        endpoint: The commons that the token is for; empty for any.
        credentials: The credentials for it, outside of a workspace.
        options: What the transport is made with.

    Raises:
        Gen3AuthError: The service refused, has no login of that commons, or there is none and no key either.
        TransportError: It did not respond.
    """
    if service.missing is not None:
        from omicsdk.core.retry import NO_RETRY

        options = {"retry": NO_RETRY, **options}  # usually there is no such service, and no workspace
    try:
        providers = _providers(service, credentials, options) if endpoint and not service.idp else {}
        idps = [service.idp] if service.idp else _idps_of(providers, endpoint)
        if not idps and credentials is not None:  # without `idp` the service issues tokens within its workspaces only
            raise _no_login(service, endpoint, providers)
        payload = _issued(service, idps or [""], credentials, options)
    except (TransportError, Gen3AuthError) as error:
        if service.missing is None:
            if credentials is None and isinstance(error, TransportError):
                error.remedy = f"{service.base} is reached within a workspace only. Elsewhere use a credentials file."
            raise
        raise _nothing_at_all(service.missing, service.base, error) from error
    token = _token_at(payload, "token", service.base)
    # Without `idp` the service returns a token of its own commons, which must not go to another one.
    if endpoint and not idps and origin_of(endpoint_from_token(token)) != origin_of(endpoint):
        raise _no_login(service, endpoint, providers)
    return token


def _issued(
    service: TokenService, idps: Sequence[str], credentials: Credentials | None, options: Options
) -> dict[str, Any]:
    """The response with a token of the first login that issues one: within a workspace it is unknown which is connected."""
    idp, *others = idps
    query = (("idp", idp),) if idp and idp != OWN_IDP else ()
    what = f"a token of {idp or 'its own login'}"
    try:
        return _response(service.base, _TOKEN, query, credentials, what, options, _log_in(service, idp))
    except Gen3AuthError:
        if not others:
            raise
        return _issued(service, others, credentials, options)


def _no_login(service: TokenService, endpoint: str, providers: Mapping[str, str]) -> Gen3AuthError:
    services = ", ".join(sorted({base for base in providers.values() if base}))
    return Gen3AuthError(
        f"The workspace token service {service.base} has no login of {endpoint or 'its own commons'}",
        remedy=(f"It has those of: {services}. Use one of these, or" if services else "Check the endpoint, and use")
        + f" a credentials file from the profile page of {endpoint or 'the commons'}.",
    )


def _providers(service: TokenService, credentials: Credentials | None, options: Options) -> dict[str, str]:
    """The base URL of each login that a service knows; those that the user is connected with first."""
    payload = _response(service.base, _EXTERNAL_OIDC, (), credentials, "the list of logins", options)
    entries = only_objects(items_at(payload, "providers", "the list of logins"))
    entries = sorted(entries, key=lambda entry: not entry.get("refresh_token_expiration"))
    return {str(entry.get("idp")): str(entry.get("base_url") or "") for entry in entries}


def _idps_of(providers: Mapping[str, str], endpoint: str) -> list[str]:
    """The logins of a commons, which may have several: one for each of its identity providers."""
    origin = origin_of(endpoint)
    return [idp for idp, base in providers.items() if origin_of(base) == origin]


def _response(
    base: str,
    operation: Operation,
    query: Query,
    credentials: Credentials | None,
    what: str,
    options: Options,
    remedy: str = "Check that you have logged in there, and the credentials.",
) -> dict[str, Any]:
    """Return the JSON object in a service's response."""
    from omicsdk.core.plain_client import PlainClient, plain_request

    try:
        with PlainClient(base, credentials=credentials, **options) as service:
            response = service.send(plain_request(*operation, query=query))
    except APIError as error:
        raise _refused(error, base, what, remedy) from None
    return _json(response, base)


def _json(response: Any, where: str) -> dict[str, Any]:
    payload = json_object(response.content)
    if payload is None:
        raise Gen3AuthError(
            f"{where} did not respond like a Gen3 commons: no JSON object was received", remedy="Check the endpoint."
        )
    return payload


def _token_at(payload: Mapping[str, Any], key: str, where: str) -> str:
    value = payload.get(key)
    try:
        return checked_token(value if isinstance(value, str) else "", key)
    except ConfigError as error:
        raise Gen3AuthError(f"{where} returned no {key}", remedy="Check the endpoint.") from error


def _check_confidential(base: str, what: str) -> None:
    if not is_confidential(base):
        raise Gen3AuthError(
            f"{what} is not sent to {base}, because the connection is not encrypted",
            remedy="Use the https URL of the commons.",
        )


def _refused(error: APIError, where: str, what: str, remedy: str) -> Gen3AuthError:
    reason = f": {error.message.rstrip('.')}" if error.message else ""
    return Gen3AuthError(f"{where} did not issue {what} ({error.status}{reason})", remedy=remedy)


def _log_in(service: TokenService, idp: str) -> str:
    if not idp or service.credentials is None:
        return "Check that you have logged in there, and the credentials."
    return f"Log in to {idp} on your profile page, or at {service.base}/oauth2/authorization_url?idp={quote(idp)} in a browser."


def _key_remedy(key: ApiKey) -> str:
    end = key.end()
    expiry = f"The key expires on {end}. " if end else ""
    return f"{expiry}If it has expired or was deleted, create another on your profile page of {key.issuer}, and download it."


def _nothing_at_all(missing: Path, base: str, error: OmicsError) -> Gen3AuthError:
    return Gen3AuthError(
        f"There is no credentials file {missing}, and no workspace token service issued a token ({base}: {error.message})",
        remedy="Download credentials.json from your profile page of the commons, and save it there.",
    )


def get_token_cache_file_name(key: str) -> str:
    """Return the file that a login's access token is kept in.

    Args:
        key: What distinguishes the login from others; it cannot be read from the name.

    Returns:
        A path in omicsdk's folder for caches.

    Raises:
        ConfigError: The user has no home folder.
    """
    return str(cache_folder() / "gen3" / f"token_cache_{sha256(key.encode()).hexdigest()}")


class TokenCache:
    """The file of one login's access token.

    A cache that cannot be read or written is ignored.

    Args:
        key: What distinguishes the login from others.
    """

    def __init__(self, key: str) -> None:
        self._key = key

    @property
    def path(self) -> Path:
        """The file."""
        return Path(get_token_cache_file_name(self._key))

    def read(self, now: float) -> str:
        """Return the token that was kept; empty if there is none that is good.

        Args:
            now: The time, in seconds since 1970.
        """
        try:
            token = (read_private(self.path) or "").strip()
        except ConfigError as error:
            _log.warning("a stored token is not used: %s", error.message)
            return ""
        end = jwt_expiry(token)
        return token if end is not None and end > now else ""

    def write(self, token: str) -> None:
        """Store a token in place of the one before.

        Args:
            token: The token.
        """
        try:
            write_private(self.path, token)
        except ConfigError as error:
            _log.warning("the token is not stored: %s", error.message)


#: Seconds before its end from which on a token is renewed.
RENEW_BEFORE = 300.0
#: Seconds for which no token is requested from a commons that returned none.
AFTER_FAILURE = 30.0
#: Seconds for which a token that replaced a refused one is not replaced after another refusal: then it is not the token
#: that is refused. Fence responds with 401, too, if a user may not read a file.
AFTER_REFUSAL = 60.0


class _CachedToken(NamedTuple):
    """A token, and the time from which it is renewed: seconds since 1970."""

    token: str
    renew_at: float


def _renewal_of_new(token: str, now: float) -> float:
    """The time from which a new token is renewed: five minutes before its end, or half its life where that is later.

    The token's own lifetime counts, not its end, so that a wrong clock does not request a new one each time.
    """
    end = jwt_expiry(token)
    if end is None:
        return inf
    begin = jwt_claims(token).get("iat")
    lifetime = end - begin if isinstance(begin, int | float) and 0 < begin < end else end - now
    return now + lifetime - min(RENEW_BEFORE, lifetime / 2)


def _renewal_of_old(token: str) -> float:
    """The time from which a stored token is renewed: five minutes before its end; 0 without one."""
    end = jwt_expiry(token)
    return 0.0 if end is None else end - RENEW_BEFORE


class TokenHolder:
    """The access token of a login.

    Args:
        fetch: Gets a new one, over the network; called by one thread at a time while the others wait.
        cache: Where it outlives the process; None for nowhere.
        clock: Returns the time.
    """

    def __init__(self, fetch: Callable[[], str], cache: TokenCache | None, clock: Clock) -> None:
        self._fetch = fetch
        self._cache = cache
        self._clock = clock
        self._lock = threading.Lock()
        # Replaced as a whole: `token` reads it without the lock.
        self._current = _CachedToken("", 0.0)
        self._rounds = 0
        self._failure: OmicsError | None = None
        # By the monotonic clock: the wall clock may be set back, and the wait would last as long again.
        self._failed_at = -inf
        self._refused_at = -inf

    def is_fresh(self) -> bool:
        """Whether `token` returns at once."""
        return self._is_fresh(self._current)

    def token(self) -> str:
        """Return the token, renewed from five minutes before its end; if renewal fails, the old one until its end.

        Raises:
            Gen3AuthError: No token can be obtained.
            TransportError: The commons did not respond.
        """
        token = self._current
        if self._is_fresh(token):
            return token.token
        try:
            return self.instead_of(token.token)
        except OmicsError as error:
            if (jwt_expiry(token.token) or 0.0) <= self._clock.now():
                raise
            _log.warning("the access token is used until it expires, since it cannot be renewed: %s", error.message)
            return token.token

    def instead_of(self, old: str) -> str:
        """Return a token to replace one that has expired or was refused; another thread or process may have got it meanwhile.

        Args:
            old: The token; empty for none.

        Raises:
            Gen3AuthError: No token can be obtained.
            TransportError: The commons did not respond.
        """
        # Read before the lock: if a request ended while this thread waited, its failure is raised here, too, and not repeated.
        rounds = self._rounds
        with self._lock:
            if self._current.token != old and self.is_fresh():
                return self._current.token
            if self._failure is not None and (self._rounds != rounds or self._has_just_failed()):
                raise copy(self._failure) from self._failure  # of the thread that was waited for, or of a moment ago
            return self._stored_since(old) or self._fetched()

    def after_refusal(self, old: str) -> str:
        """Return a token to replace a refused one; the same one if it has just replaced another refused one.

        Args:
            old: The token.

        Raises:
            Gen3AuthError: No token can be obtained.
            TransportError: The commons did not respond.
        """
        now = self._clock.monotonic()
        if old == self._current.token and now - self._refused_at < AFTER_REFUSAL:
            return old
        token = self.instead_of(old)
        # Only after a new token was issued: without one, the next refusal requests one again.
        self._refused_at = now
        return token

    def another(self) -> str:
        """Return a newly requested token.

        Raises:
            Gen3AuthError: No token can be obtained.
            TransportError: The commons did not respond.
        """
        with self._lock:
            return self._fetched()

    def _is_fresh(self, token: _CachedToken) -> bool:
        return bool(token.token) and self._clock.now() < token.renew_at

    def _has_just_failed(self) -> bool:
        """Whether the last request, a moment ago, was refused."""
        return isinstance(self._failure, AuthError) and self._clock.monotonic() - self._failed_at < AFTER_FAILURE

    def _stored_since(self, old: str) -> str:
        """Return a token that another process has stored since; empty if there is none."""
        now = self._clock.now()
        cached_token = self._cache.read(now) if self._cache is not None else ""
        if not cached_token or cached_token == old or now >= _renewal_of_old(cached_token):
            return ""
        self._current = _CachedToken(cached_token, _renewal_of_old(cached_token))
        return cached_token

    def _fetched(self) -> str:
        self._failure = None
        try:
            token = self._fetch()
        except OmicsError as error:
            self._failure, self._failed_at = error, self._clock.monotonic()
            raise
        finally:
            self._rounds += 1
        _log.debug("got a new access token")
        self._current = _CachedToken(token, _renewal_of_new(token, self._clock.now()))
        if self._cache is not None:
            self._cache.write(token)
        return token
