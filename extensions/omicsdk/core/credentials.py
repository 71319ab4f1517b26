"""Credentials, the origins that they may be sent to, and the claims of JSON web tokens."""

from __future__ import annotations

import math
import os
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import AuthError, ConfigError, OmicsError
from omicsdk.core.json_coding import json_object
from omicsdk.core.late_names import LateModule

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.request import Request
else:  # the module of Request imports this one
    httpx, Request = LateModule("httpx"), object


def jwt_expiry(token: str) -> float | None:
    """Return when a JSON Web Token expires.

    Args:
        token: Any token.

    Returns:
        Seconds since 1970, or None if it is not a JSON Web Token or states no end.
    """
    return _seconds(jwt_claims(token).get("exp"))


def jwt_start(token: str) -> float | None:
    """Return from when on a JSON Web Token is valid: its nbf, or else its iat.

    Args:
        token: Any token.

    Returns:
        Seconds since 1970, or None if it is not a JSON Web Token or states neither.
    """
    claims = jwt_claims(token)
    start = _seconds(claims.get("nbf"))
    return _seconds(claims.get("iat")) if start is None else start


def jwt_claims(token: str) -> Mapping[str, object]:
    """Return the claims of a JSON Web Token.

    Args:
        token: Any token.

    Returns:
        Its claims; none if it is not a JSON Web Token.
    """
    pieces = token.split(".")
    # Not "~/.gen3/credentials.json": base64 warns of characters of its other alphabet from Python 3.15 on.
    if len(pieces) != 3 or "/" in pieces[1] or "+" in pieces[1]:
        return {}
    import base64

    try:
        # The parts of a token have no padding (RFC 7515, 2), which the decoder requires.
        return json_object(base64.urlsafe_b64decode(pieces[1] + "=" * (-len(pieces[1]) % 4))) or {}
    except ValueError:
        return {}


def _seconds(value: object) -> float | None:
    # A claim may be anything, and a bool is an int for Python.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) else None


# The part of a URL that determines its origin: all before the path, query or fragment; no match if anything unusual
# precedes these.
_BEGINNING = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\\\s]*(?=[/?#]|\Z)")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LARGEST_PORT = 65_535


def origin_of(url: str) -> str:
    """Return the origin of a URL (RFC 6454).

    Args:
        url: An absolute URL; user information, path and query are ignored.

    Returns:
        `scheme://host:port` in lower case, always with the port ("https://dss.example.org:443"), or an empty text if
        the URL is invalid or has no scheme or host.
    """
    # By its beginning, so that the cache is not filled with the paths of presigned URLs.
    beginning = _BEGINNING.match(url)
    return _origin_of(beginning[0] if beginning is not None else url)


# The usual beginning of a URL; `urlsplit` handles the others, and costs 3 ms to import.
_PLAIN = re.compile(r"(https?)://([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::([1-9][0-9]{0,4}))?\Z")


@lru_cache(maxsize=256)  # few services receive many requests
def _origin_of(url: str) -> str:
    if (plain := _PLAIN.match(url)) is not None and int(plain[3] or 0) <= _LARGEST_PORT:
        scheme, host, port = plain.groups()
        return f"{scheme}://{host}:{port or _DEFAULT_PORTS[scheme]}"
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        # A dot at the end of a host's name makes no other host.
        scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
        port = _DEFAULT_PORTS.get(scheme) if parts.port is None else parts.port
    except ValueError:  # a port that is not a number, unbalanced brackets
        return ""
    if not scheme or not host or port is None:
        return ""
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine itself.

    Args:
        host: A name or an address, IPv6 with or without brackets.

    Returns:
        True for localhost and names under it, 127.0.0.0/8 and ::1.
    """
    host = host.strip("[]").rstrip(".").lower()
    # RFC 6761, 6.3: all names below localhost are this machine.
    if host == "localhost" or host.endswith(".localhost") or host == "::1":
        return True
    pieces = host.split(".") if len(host) < 16 else []
    return len(pieces) == 4 and pieces[0] == "127" and all(piece.isdecimal() and int(piece) < 256 for piece in pieces)


def is_confidential(url: str) -> bool:
    """Return whether secrets may be sent over a URL's scheme.

    Args:
        url: An absolute URL.

    Returns:
        True for https, and for http to this machine itself.
    """
    scheme, _, rest = origin_of(url).partition("://")
    return scheme == "https" or (scheme == "http" and is_loopback(rest.rpartition(":")[0]))


# ruff: noqa: ARG002 - arguments of overridden methods, which most credentials ignore


#: Seconds before its end at which a token is renewed: a request in flight must still arrive in time.
RENEW_BEFORE = 60.0
#: Seconds after its end until which a token that cannot be renewed is still sent: clocks differ.
CLOCK_SKEW = 60.0


class Credentials:
    """The base of all credentials: what requests send to identify their user.

    Methods may be called from several threads at once.

    Args:
        origins: The services that they were issued for, as URLs or host names; "*" is any, None is the service of the
            client that they are passed to.
    """

    certificate: ClientCertificate | None = None
    """The client certificate that identifies its connections; None for none."""

    def __init__(self, origins: str | Iterable[str] | None = None) -> None:
        texts = (origins,) if isinstance(origins, str) else origins
        self._origins = None if texts is None else frozenset(_origin(text) for text in texts)

    @property
    def origins(self) -> frozenset[str] | None:
        """Origins that they were issued for ("https://host:443"); "*" is any, None is the client's own base URL."""
        return self._origins

    def goes_to(self, url: str) -> bool:
        """Whether they may be sent to the service of a client."""
        return self._origins is None or "*" in self._origins or origin_of(url) in self._origins

    @property
    def passed(self) -> Credentials:
        """The credentials as they were passed to the client."""
        return self

    def chosen(self, request: Request, *, is_other_origin: bool) -> Credentials | None:
        """Return the credentials for a request; None to send none.

        Args:
            request: The request.
            is_other_origin: Whether it goes to another origin than the client's base URL.
        """
        del request, is_other_origin
        return self

    def ready(self) -> bool:
        """Whether `headers` returns at once; if False, event loops call it in a thread."""
        return True

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """Return headers for requests, renewing credentials that are about to expire."""
        return {}

    def query(self, method: str, url: str) -> Mapping[str, str]:
        """Return query parameters for requests."""
        return {}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Renew after a 401; return whether other headers than the refused ones can be sent now."""
        return False

    def __repr__(self) -> str:
        where = "its client's service" if self._origins is None else ", ".join(sorted(self._origins))
        return f"<{type(self).__name__} for {where}>"


class Anonymous(Credentials):
    """No credentials: requests are sent without any, and none are looked up."""


ANONYMOUS = Anonymous()
"""Pass it as `credentials` to send requests without any, regardless of environment and settings."""


def _origin(text: str) -> str:
    if text == "*":
        return text
    origin = origin_of(text if "://" in text else f"https://{text}")
    if not origin:
        raise ConfigError(f"{text!r} is not an origin", remedy="Write it as https://host, or https://host:port.")
    return origin


class Token(NamedTuple):
    """A token and its expiry.

    Attributes:
        value: The token as it is sent.
        expires_at: Seconds since 1970 at which it expires; None if unknown.
    """

    value: str
    expires_at: float | None = None

    def __repr__(self) -> str:
        return f"<Token, expires_at {self.expires_at}>"


class BearerToken(Credentials):
    """A token that is sent as `Authorization: Bearer`, renewed if possible.

    Args:
        token: The token, without "Bearer".
        origins: The services that it was issued for, as URLs or host names; None is the service of the client that it
            is passed to, "*" any service.
        expires_at: Seconds since 1970 at which it expires; None reads it from the token if that is a JSON Web Token.
        refresh: Returns a new token, usually over the network; called by one thread at a time while the others wait. It
            must not use these credentials itself. None if it cannot be renewed.
        remedy: What the user can do when it has expired and cannot be renewed.
        clock: The source of time.

    Raises:
        ConfigError: The token is empty or contains spaces or line breaks.
    """

    def __init__(
        self,
        token: str,
        *,
        origins: str | Iterable[str] | None = None,
        expires_at: float | None = None,
        refresh: Callable[[], Token | str] | None = None,
        remedy: str = "Log in again, or pass a new token.",
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(origins)
        self._refresh = refresh
        self._remedy = remedy
        self._clock = clock
        self._lock = threading.Lock()
        self._rounds: int = 0  # the number of renewals that have ended, successful or not
        self._failure: AuthError | None = None  # the error of the last one
        self._renewing: int | None = None  # the thread that is renewing
        self._current = _checked(Token(token, expires_at))

    def __reduce__(self) -> tuple[Callable[..., BearerToken], tuple[object, ...]]:
        # Two processes would each use a refresh token that may be valid only once.
        if self._refresh is not None:
            raise TypeError("a BearerToken that is renewed by a function cannot be sent to another process")
        value, expires_at = self._current
        return partial(BearerToken, value, origins=self._origins, expires_at=expires_at, remedy=self._remedy), ()

    @property
    def expires_at(self) -> float | None:
        """Seconds since 1970 at which the present token expires; None if unknown."""
        return self._current.expires_at

    def ready(self) -> bool:
        """Whether no renewal is due, so that `headers` returns at once."""
        return self._refresh is None or not self._is_due(self._current)

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """Return the Authorization header.

        Raises:
            AuthError: The token has expired and cannot be renewed.
        """
        # Read once, without the lock: a token is replaced as a whole, never changed.
        token = self._current
        if self._is_due(token) and self._refresh is not None:
            try:
                token = self._renewed(token)
            except AuthError:
                # Until its end it is valid all the same, and the next request tries again.
                if self._clock.now() >= (token.expires_at or 0):
                    raise
        # Before it is sent: the service would state no more than that it refuses the token.
        elif token.expires_at is not None and self._clock.now() > token.expires_at + CLOCK_SKEW:
            raise AuthError(f"The access token expired on {moment(token.expires_at)}", remedy=self._remedy)
        return {"authorization": f"Bearer {token.value}"}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Get a new token, unless another thread has done so since the refused one was sent.

        Raises:
            AuthError: It cannot be renewed, or is not valid yet by this machine's clock: neither would the next one be.
        """
        token = self._current
        # The refused one was replaced while its request was on its way.
        if refused.get("authorization") != f"Bearer {token.value}":
            return True
        begins = jwt_start(token.value)
        if begins is not None and begins > self._clock.now() + CLOCK_SKEW:
            raise AuthError(
                f"The access token was refused: it is not valid before {moment(begins)}, and this machine's clock "
                f"shows {moment(self._clock.now())}",
                remedy="Set the clock, or get a token that is valid now.",
            )
        return self._refresh is not None and self._renewed(token).value != token.value

    def _is_due(self, token: Token) -> bool:
        return token.expires_at is not None and self._clock.now() >= token.expires_at - RENEW_BEFORE

    def _renewed(self, old: Token) -> Token:
        # The lock is not reentrant: the thread would wait for itself.
        if self._renewing == threading.get_ident():
            raise ConfigError(
                "The refresh function of a BearerToken uses the token that it renews",
                remedy="Request the new token with other credentials.",
            )
        # Read before the lock: threads that waited for a renewal that failed get its error, and do not each try again.
        rounds = self._rounds
        with self._lock:
            # Another thread has renewed it meanwhile.
            if self._current != old:
                return self._current
            if self._rounds != rounds and self._failure is not None:
                raise AuthError(self._failure.message, remedy=self._failure.remedy) from self._failure
            assert self._refresh is not None
            self._renewing = threading.get_ident()
            self._failure = None
            try:
                got = self._refresh()
                self._current = _checked(got if isinstance(got, Token) else Token(got))
            except AuthError as error:
                self._failure = error
                raise
            except Exception as error:
                problem, remedy = (error.message, error.remedy) if isinstance(error, OmicsError) else (str(error), "")
                self._failure = AuthError(
                    f"The access token could not be renewed: {problem}", remedy=remedy or "Log in again."
                )
                raise self._failure from error
            finally:
                self._renewing = None
                self._rounds += 1
            return self._current


class ApiKey(Credentials):
    """A key that is sent as a header, a query parameter or a cookie.

    Args:
        key: The key.
        header: The header's name; pass this, `query` or `cookie`.
        query: The query parameter's name.
        cookie: The cookie's name.
        prefix: Text before the key in a header ("Token ", with the space).
        origins: The services that it was issued for; see BearerToken.

    Attributes:
        location: Where it is sent.
        name: The name of the header, query parameter or cookie.

    Raises:
        ConfigError: None or several of header, query and cookie are given, or the key is invalid.
    """

    def __init__(
        self,
        key: str,
        *,
        header: str | None = None,
        query: str | None = None,
        cookie: str | None = None,
        prefix: str = "",
        origins: str | Iterable[str] | None = None,
    ) -> None:
        super().__init__(origins)
        named = {"header": header, "query": query, "cookie": cookie}
        places = [(position, name) for position, name in named.items() if name is not None]
        if len(places) != 1:
            raise ConfigError(
                "An API key is sent either in a header, in the query or in a cookie",
                remedy="Pass one of header=, query= and cookie=.",
            )
        _check_secret(key, "API key")
        # RFC 6265, 4.1.1: the characters that end or quote a cookie's value.
        if cookie is not None and set(key) & set(';,"\\'):
            raise ConfigError(
                "The API key contains a character that cookies cannot have", remedy="Encode it as the service does."
            )
        self.location, self.name = places[0]
        self._query = {query: key} if query is not None else {}
        self._headers = {"cookie": f"{cookie}={key}"} if cookie is not None else {}
        if header is not None:
            self._headers = {header.lower(): prefix + key}

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """Return the header, if the key is sent in one; of a cookie the header Cookie."""
        return self._headers

    def query(self, method: str, url: str) -> Mapping[str, str]:
        """Return the query parameter, if the key is sent in one."""
        return self._query


class Basic(Credentials):
    """A user name and a password (RFC 7617).

    Args:
        username: The name, without a colon.
        password: The password.
        origins: The services that they were issued for; see BearerToken.

    Raises:
        ConfigError: The name contains a colon.
    """

    def __init__(self, username: str, password: str, *, origins: str | Iterable[str] | None = None) -> None:
        super().__init__(origins)
        # RFC 7617, 2: the first colon ends the user name.
        if ":" in username:
            raise ConfigError(f"The user name {username!r} contains a colon, which Basic authentication cannot send")
        import base64

        pair = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
        self._headers = {"authorization": f"Basic {pair}"}

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """Return the Authorization header."""
        return self._headers


class ClientCertificate(Credentials):
    """A certificate that identifies the client when a connection is established (mutual TLS).

    It applies to the requests that it is passed for: other requests of a client use other connections.

    Args:
        certificate: A PEM file with the certificate.
        key: A PEM file with its private key; None if that is in the first.
        origins: The services that it was issued for; see BearerToken.
    """

    def __init__(
        self,
        certificate: str | os.PathLike[str],
        key: str | os.PathLike[str] | None = None,
        *,
        origins: str | Iterable[str] | None = None,
    ) -> None:
        super().__init__(origins)
        self.files = os.fspath(certificate), None if key is None else os.fspath(key)
        self.certificate = self


class HttpxAuth(Credentials):
    """An httpx.Auth as credentials: its own flow of requests and responses runs within each exchange.

    Args:
        auth: Any httpx.Auth.
        origins: The services that it is for; see BearerToken.
    """

    def __init__(self, auth: httpx.Auth, *, origins: str | Iterable[str] | None = None) -> None:
        super().__init__(origins)
        self.auth = auth


class RequestsAuth(Credentials):
    """An `auth` of requests as credentials: the headers that it adds to a request.

    Args:
        auth: A callable that takes a PreparedRequest, such as an AuthBase. Hooks that it registers for responses run after a 401 only,
            with a response that has nothing but its status: those that get a new token work, HTTPDigestAuth does not.
        origins: The services that it is for; see BearerToken.
    """

    def __init__(self, auth: Callable[[Any], Any], *, origins: str | Iterable[str] | None = None) -> None:
        super().__init__(origins)
        self.auth = auth
        # The latest ones with their headers, by which `renew` finds the refused one among those of other threads.
        self._sent = deque[tuple[_PreparedRequest, dict[str, str]]](maxlen=128)

    def ready(self) -> bool:
        """Whether `headers` returns at once: unknown."""
        return False

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """Return the headers that it adds."""
        request = _PreparedRequest(method, url)
        headers = dict((self.auth(request) or request).headers)
        self._sent.append((request, headers))
        return headers

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Run its hooks for the refusal; return whether it adds other headers then."""
        # A copy, because other threads add requests. Other credentials of the operation may have added headers, too.
        latest = reversed(self._sent.copy())
        request, headers = next((sent for sent in latest if sent[1].items() <= refused.items()), (None, refused))
        if request is None or not request.hooks:
            return False
        refusal = _Refusal(request)
        for hook in request.hooks:
            hook(refusal)
        return self.headers(request.method, request.url) != headers


class _PreparedRequest:
    """What an `auth` of requests reads and changes."""

    body: bytes | None = None

    def __init__(self, method: str, url: str) -> None:
        import httpx

        self.method, self.url, self.headers = method, url, httpx.Headers()
        self.hooks: list[Callable[..., object]] = []

    def register_hook(self, event: str, hook: Callable[..., object]) -> None:
        """Keep a hook for responses."""
        if event == "response":
            self.hooks.append(hook)

    def copy(self) -> _PreparedRequest:
        """Return one without hooks, for a hook that sends the request again."""
        return _PreparedRequest(self.method, self.url)


class _Refusal:
    """A response with status 401 for the hooks of an `auth` of requests. The request that they send again is not sent: that is ours."""

    status_code = 401
    content = b""
    text = ""
    ok = is_redirect = False

    def __init__(self, request: _PreparedRequest) -> None:
        self.request, self.url, self.headers = request, request.url, request.headers.__class__()
        self.history: list[object] = []
        self.connection = self

    def send(self, request: _PreparedRequest, **_: object) -> _Refusal:
        """Return a response in place of sending a request."""
        return _Refusal(request)

    def close(self) -> None:
        """Do nothing."""


def as_credentials(auth: Credentials | httpx.Auth | Callable[[Any], Any] | None) -> Credentials | None:
    """Convert a constructor's argument to credentials.

    Args:
        auth: Credentials, an httpx.Auth, an `auth` of requests, or None.

    Returns:
        Credentials; an `auth` of httpx or requests is wrapped.

    Raises:
        ConfigError: It is something else, such as a bare token.
    """
    if auth is None or (hasattr(auth, "renew") and hasattr(auth, "goes_to")):
        return cast("Credentials | None", auth)
    if hasattr(auth, "sync_auth_flow"):
        return HttpxAuth(cast("httpx.Auth", auth))
    if callable(auth) and not isinstance(auth, type):
        return RequestsAuth(auth)
    raise ConfigError(
        f"Invalid credentials of type {type(auth).__name__}",
        remedy="Pass BearerToken(token), ApiKey(key, header=...), Basic(name, password), or an auth of httpx or requests.",
    )


def moment(seconds: float) -> str:
    """Format a time in UTC to the minute, for messages."""
    from datetime import UTC, datetime  # few commands need it

    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):  # beyond the calendar
        return f"{seconds:.0f} s since 1970"


def _checked(token: Token) -> Token:
    _check_secret(token.value, "access token")
    return token if token.expires_at is not None else Token(token.value, jwt_expiry(token.value))


def _check_secret(secret: str, what: str) -> None:
    if not re.fullmatch(r"[!-\x7f]+", secret):
        raise ConfigError(
            f"The {what} is empty, or contains blanks, line breaks or characters outside ASCII",
            remedy="Copy it again, without the word Bearer, quotes or surrounding text.",
        )
