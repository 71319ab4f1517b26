"""Credentials, the origins that they may go to, and what a JSON web token states of itself."""

import json
import math
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple, cast

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import AuthError, ConfigError, OmicsError
from omicsdk.core.type_guards import is_object

if TYPE_CHECKING:
    import httpx


def jwt_expiry(token: str) -> float | None:
    """Read when a JSON Web Token ends.

    Args:
        token: Any token.

    Returns:
        Seconds since 1970, or None when it isn't a JSON Web Token or doesn't say.
    """
    return _seconds(jwt_claims(token).get("exp"))


def jwt_start(token: str) -> float | None:
    """Read from when on a JSON Web Token is valid: what it states itself (nbf), or else when it was made (iat).

    Args:
        token: Any token.

    Returns:
        Seconds since 1970, or None when it isn't a JSON Web Token or doesn't say.
    """
    claims = jwt_claims(token)
    start = _seconds(claims.get("nbf"))
    return _seconds(claims.get("iat")) if start is None else start


def jwt_claims(token: str) -> Mapping[str, object]:
    """Read what a JSON Web Token states.

    Args:
        token: Any token.

    Returns:
        Its claims; none when it isn't a JSON Web Token.
    """
    pieces = token.split(".")
    if len(pieces) != 3:
        return {}
    try:
        import base64

        claims: object = json.loads(base64.urlsafe_b64decode(pieces[1] + "=" * (-len(pieces[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if is_object(claims) else {}


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) else None


# What of a URL says whose it is: all before the path, query or fragment; not where something odd comes before those.
_BEGINNING = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\\\s]*(?=[/?#]|\Z)")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LARGEST_PORT = 65_535


def origin_of(url: str) -> str:
    """Return the origin of a URL (RFC 6454).

    Args:
        url: An absolute URL; user information, path and query don't matter.

    Returns:
        `scheme://host:port` in lower case with the port always there ("https://dss.example.org:443"), or an empty text
        when the URL has no scheme or host, or isn't one.
    """
    beginning = _BEGINNING.match(url)
    return _origin_of(beginning[0] if beginning is not None else url)


# What nearly all URLs begin with; `urlsplit` decides about the others, and costs 3 ms to import.
_PLAIN = re.compile(r"(https?)://([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::([1-9][0-9]{0,4}))?\Z")


@lru_cache(maxsize=256)  # few services are asked for many things
def _origin_of(url: str) -> str:
    if (plain := _PLAIN.match(url)) is not None and int(plain[3] or 0) <= _LARGEST_PORT:
        scheme, host, given = plain.groups()
        return f"{scheme}://{host}:{given or _DEFAULT_PORTS[scheme]}"
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
        port = _DEFAULT_PORTS.get(scheme) if parts.port is None else parts.port
    except ValueError:  # a port that is no number, brackets that don't close
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
    if host == "localhost" or host.endswith(".localhost") or host == "::1":
        return True
    pieces = host.split(".")
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


# ruff: noqa: ARG002 - arguments of overridden methods, which most credentials need not look at


#: Seconds before its end from which on a token is renewed: a request that is on its way must still arrive in time.
RENEW_BEFORE = 60.0
#: Seconds after its end until which a token that can't be renewed is sent all the same: clocks differ.
CLOCK_SKEW = 60.0


class Credentials:
    """What requests send to identify their user; the base of all credentials, which override what they have.

    Methods may be called from several threads at once.

    Args:
        origins: The services that they were issued for, as URLs or host names; "*" is any, None is the service of the client
            that they are given to.
    """

    def __init__(self, origins: Iterable[str] | None = None) -> None:
        self._origins = None if origins is None else frozenset(_origin(each) for each in origins)

    @property
    def origins(self) -> frozenset[str] | None:
        """Origins that they were issued for ("https://host:443"); "*" is any, None is the client's own base URL."""
        return self._origins

    def goes_to(self, url: str) -> bool:
        """Whether they may be sent to a URL that a client was made for."""
        return self._origins is None or "*" in self._origins or origin_of(url) in self._origins

    def ready(self) -> bool:
        """Whether `headers` answers at once; False has an event loop call it in a thread."""
        return True

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """Headers that go with a request; renews first what is about to end."""
        return {}

    def query(self, method: str, url: str) -> Mapping[str, str]:
        """Query parameters that go with a request."""
        return {}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """After a 401: whether there is something else to send than the headers that were refused."""
        return False

    def __repr__(self) -> str:
        where = "its client's service" if self._origins is None else ", ".join(sorted(self._origins))
        return f"<{type(self).__name__} for {where}>"


class Anonymous(Credentials):
    """No credentials: requests carry none, and none are looked for."""


ANONYMOUS = Anonymous()
"""Give it as `credentials` to send requests without any, whatever the environment or the settings have."""


def _origin(text: str) -> str:
    if text == "*":
        return text
    origin = origin_of(text if "://" in text else f"https://{text}")
    if not origin:
        raise ConfigError(f"{text!r} is not an origin", remedy="Write it as https://host, or https://host:port.")
    return origin


class Token(NamedTuple):
    """A token and its end.

    Attributes:
        value: The token as it is sent.
        expires_at: Seconds since 1970 at which it ends; None when unknown.
    """

    value: str
    expires_at: float | None = None

    def __repr__(self) -> str:
        return f"<Token, expires_at {self.expires_at}>"


class BearerToken(Credentials):
    """A token that is sent as `Authorization: Bearer`, renewed when it can be.

    Args:
        token: The token, without "Bearer".
        origins: Whom it was issued for, as URLs or host names; None is the service whose client it is given to, "*"
            anyone whose client it is given to even if this is stored and used again.
        expires_at: Seconds since 1970 at which it ends; None reads it from the token if that is a JSON Web Token.
        refresh: Gets a new token, over the network as a rule; called by one thread at a time while the others wait.
            It must not use these credentials itself. None when it can't be renewed.
        remedy: What its user can do when it has ended and can't be renewed.
        clock: The source of time.

    Raises:
        ConfigError: The token can't be one: it is empty or has blanks or line breaks in it.
    """

    def __init__(
        self,
        token: str,
        *,
        origins: Iterable[str] | None = None,
        expires_at: float | None = None,
        refresh: Callable[[], Token | str] | None = None,
        remedy: str = "Log in again, or give a new token.",
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(origins)
        self._refresh = refresh
        self._remedy = remedy
        self._clock = clock
        self._lock = threading.Lock()
        self._rounds: int = 0  # renewals that have ended, well or not
        self._failure: AuthError | None = None  # how the last one ended
        self._renewing: int | None = None  # the thread that is at it
        self._current = _checked(Token(token, expires_at))

    def __reduce__(self) -> "tuple[Callable[..., BearerToken], tuple[object, ...]]":
        if self._refresh is not None:
            raise TypeError("a BearerToken that is renewed by a function cannot be sent to another process")
        held = {"origins": self._origins, "expires_at": self._current.expires_at, "remedy": self._remedy}
        return partial(BearerToken, self._current.value, **held), ()

    @property
    def expires_at(self) -> float | None:
        """Seconds since 1970 at which the present token ends; None when unknown."""
        return self._current.expires_at

    def ready(self) -> bool:
        """Whether no renewal is due, so that `headers` answers at once."""
        return self._refresh is None or not self._is_due(self._current)

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """The Authorization header.

        Raises:
            AuthError: The token has ended and can't be renewed.
        """
        held = self._current
        if self._is_due(held) and self._refresh is not None:
            held = self._renewed(held)
        elif held.expires_at is not None and self._clock.now() > held.expires_at + CLOCK_SKEW:
            raise AuthError(f"The access token expired on {moment(held.expires_at)}", remedy=self._remedy)
        return {"authorization": f"Bearer {held.value}"}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Get a new token unless another thread has done so since the refused one was sent.

        Raises:
            AuthError: It can't be renewed, or isn't valid yet by this machine's clock: the next one wouldn't be either.
        """
        held = self._current
        if refused.get("authorization") != f"Bearer {held.value}":
            return True
        begins = jwt_start(held.value)
        if begins is not None and begins > self._clock.now() + CLOCK_SKEW:
            raise AuthError(
                f"The access token was refused: it is not valid before {moment(begins)}, and this machine's clock "
                f"shows {moment(self._clock.now())}",
                remedy="Set the clock, or get a token that is valid now.",
            )
        if self._refresh is None:
            return False
        return self._renewed(held).value != held.value

    def _is_due(self, token: Token) -> bool:
        return token.expires_at is not None and self._clock.now() >= token.expires_at - RENEW_BEFORE

    def _renewed(self, old: Token) -> Token:
        if self._renewing == threading.get_ident():
            raise ConfigError(
                "The refresh function of a BearerToken uses the token that it renews",
                remedy="Request the new token with other credentials.",
            )
        rounds = self._rounds
        with self._lock:
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
                said, remedy = (error.message, error.remedy) if isinstance(error, OmicsError) else (str(error), "")
                self._failure = AuthError(
                    f"The access token could not be renewed: {said}", remedy=remedy or "Log in again."
                )
                raise self._failure from error
            finally:
                self._renewing = None
                self._rounds += 1
            return self._current


class ApiKey(Credentials):
    """A key that is sent as a header or a query parameter.

    Args:
        key: The key.
        header: The header's name; give this or `query`.
        query: The query parameter's name.
        prefix: What stands before the key in a header ("Token ", with the blank).
        origins: Whom it was issued for; see BearerToken.

    Raises:
        ConfigError: Both a header and a query parameter are named, or neither, or the key can't be one.
    """

    def __init__(
        self,
        key: str,
        *,
        header: str | None = None,
        query: str | None = None,
        prefix: str = "",
        origins: Iterable[str] | None = None,
    ) -> None:
        super().__init__(origins)
        if (header is None) == (query is None):
            raise ConfigError("An API key is sent either in a header or in the query", remedy="Give header= or query=.")
        _check_secret(key, "API key")
        self._headers = {header.lower(): prefix + key} if header is not None else {}
        self._query = {query: key} if query is not None else {}

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """The header, if the key goes into one."""
        return self._headers

    def query(self, method: str, url: str) -> Mapping[str, str]:
        """The query parameter, if the key goes into one."""
        return self._query


class Basic(Credentials):
    """A name and a password (RFC 7617).

    Args:
        username: The name; it can't have a colon.
        password: The password.
        origins: Whom they were issued for; see BearerToken.

    Raises:
        ConfigError: The name has a colon in it.
    """

    def __init__(self, username: str, password: str, *, origins: Iterable[str] | None = None) -> None:
        super().__init__(origins)
        if ":" in username:
            raise ConfigError(f"The user name {username!r} contains a colon, which Basic authentication cannot send")
        import base64

        pair = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
        self._headers = {"authorization": f"Basic {pair}"}

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """The Authorization header."""
        return self._headers


class HttpxAuth(Credentials):
    """An httpx.Auth as credentials: its own flow of requests and answers runs within each sending.

    Args:
        auth: Any httpx.Auth.
        origins: Whom it is for; see BearerToken.
    """

    def __init__(self, auth: "httpx.Auth", *, origins: Iterable[str] | None = None) -> None:
        super().__init__(origins)
        self.auth = auth


def as_credentials(given: "Credentials | httpx.Auth | None") -> Credentials | None:
    """Take what a client's constructor takes.

    Args:
        given: Credentials, an httpx.Auth, or None.

    Returns:
        Credentials; an httpx.Auth is wrapped.

    Raises:
        ConfigError: It is something else, such as a bare token.
    """
    if given is None or (hasattr(given, "renew") and hasattr(given, "goes_to")):
        return cast("Credentials | None", given)
    if hasattr(given, "sync_auth_flow"):
        return HttpxAuth(cast("httpx.Auth", given))
    raise ConfigError(
        f"Invalid credentials of type {type(given).__name__}",
        remedy="Give BearerToken(token), ApiKey(key, header=...), Basic(name, password) or an httpx.Auth.",
    )


def may_send(credentials: Credentials, url: str, *, base_url: str) -> bool:
    """Return whether credentials may go to a URL.

    Args:
        credentials: What would be sent.
        url: Where it would go.
        base_url: The service that they were given for.

    Returns:
        True when the URL is of that service's origin, is encrypted or this machine itself, and is one of theirs.
    """
    return origin_of(url) == origin_of(base_url) and is_confidential(url) and credentials.goes_to(url)


def moment(seconds: float) -> str:
    """A time for people, in UTC to the minute."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):  # beyond the calendar
        return f"{seconds:.0f} s since 1970"


def _checked(token: Token) -> Token:
    _check_secret(token.value, "access token")
    return token if token.expires_at is not None else Token(token.value, jwt_expiry(token.value))


def _check_secret(secret: str, what: str) -> None:
    if not secret or not secret.isascii() or any(character.isspace() or ord(character) < 32 for character in secret):
        raise ConfigError(
            f"The {what} is empty, or contains blanks, line breaks or characters outside ASCII",
            remedy="Copy it again, without quotes or surrounding text.",
        )
