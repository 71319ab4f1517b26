"""The security that a document requires: its schemes, what each operation needs of them, and the credentials for it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from omicsdk.core.credentials import (
    ApiKey,
    Basic,
    BearerToken,
    ClientCertificate,
    Credentials,
    HttpxAuth,
    as_credentials,
)
from omicsdk.core.errors import AuthError, ConfigError
from omicsdk.core.type_guards import is_mapping

if TYPE_CHECKING:
    from omicsdk.core.request import Request

#: Alternatives, each with the names of the schemes that are sent together.
Requirement = Sequence[Sequence[str]]

#: Adds to credentials what a scheme's flows state; the third argument is the scheme's name.
Bind = Callable[[Credentials, "Mapping[str, Flow]", str], Credentials]

_AUTHORIZATION = "authorization"


class Flow(NamedTuple):
    """A flow of OAuth 2.0.

    Attributes:
        token_url: Where tokens are requested.
        refresh_url: Where refresh tokens are exchanged, if elsewhere.
        device_url: Where the codes of the device flow are requested.
        scopes: The scopes that operations require.
    """

    token_url: str = ""
    refresh_url: str = ""
    device_url: str = ""
    scopes: Sequence[str] = ()


_NO_FLOWS: Mapping[str, Flow] = {}


class Scheme(NamedTuple):
    """A security scheme of a document.

    Attributes:
        kind: Its type.
        name: Of `apiKey` the name of the header, query parameter or cookie; of `http` the authentication scheme in lower
            case.
        location: Where the key of `apiKey` is sent.
        flows: The flows of `oauth2` by their names.
    """

    kind: Literal["apiKey", "http", "oauth2", "openIdConnect", "mutualTLS"]
    name: str = ""
    location: Literal["header", "query", "cookie"] = "header"
    flows: Mapping[str, Flow] = _NO_FLOWS

    @property
    def is_bearer(self) -> bool:
        """Whether it is a token in the header Authorization."""
        return self.kind in ("oauth2", "openIdConnect") or (self.kind, self.name) == ("http", "bearer")

    @property
    def _is_authorization(self) -> bool:
        # OpenAPI 2 has no scheme for bearer tokens: its documents state an API key in the header Authorization.
        return self.kind == "apiKey" and self.location == "header" and self.name.lower() == _AUTHORIZATION

    def takes(self, credentials: Credentials) -> bool | None:
        """Return whether credentials are of this scheme; None if their kind is unknown, so that they may be.

        Args:
            credentials: The credentials.
        """
        if isinstance(credentials, ClientCertificate) or self.kind == "mutualTLS":
            return isinstance(credentials, ClientCertificate) and self.kind == "mutualTLS"
        if isinstance(credentials, Basic):
            return (self.kind, self.name) == ("http", "basic") or self._is_authorization
        if isinstance(credentials, BearerToken):
            return self.is_bearer or self._is_authorization
        if isinstance(credentials, ApiKey):
            if self.kind == "apiKey":
                return (credentials.location, credentials.name.lower()) == (self.location, self.name.lower())
            is_http = self.is_bearer or (self.kind == "http" and self.name != "basic")
            return is_http and (credentials.location, credentials.name.lower()) == ("header", _AUTHORIZATION)
        return None

    def credentials_of(self, value: object, name: str) -> Credentials:
        """Return what a user passed for this scheme as credentials.

        Args:
            value: Credentials or an httpx.Auth; a key or token as text; a user name and a password.
            name: The scheme's name, for errors.

        Raises:
            ConfigError: It is something else.
        """
        if isinstance(value, str) and self.kind == "apiKey":
            header, query, cookie = (
                self.name if self.location == position else None for position in ("header", "query", "cookie")
            )
            # Documents of such a scheme ask for "Bearer TOKEN"; any other blank is a mistake in the key.
            word, blank, key = value.rpartition(" ")
            prefix = word + blank if self._is_authorization and word.isascii() and word.isalpha() else ""
            return ApiKey(key if prefix else value, header=header, query=query, cookie=cookie, prefix=prefix)
        if isinstance(value, str) and self.is_bearer:
            return BearerToken(value)
        if isinstance(value, tuple) and (self.kind, self.name) == ("http", "basic"):
            pair = cast("tuple[object, ...]", value)
            if len(pair) == 2 and all(isinstance(text, str) for text in pair):
                return Basic(str(pair[0]), str(pair[1]))
        if isinstance(value, (str, tuple)) or value is None:
            raise ConfigError(f"Invalid credentials for the scheme {name}", remedy=f"Pass {self.example}.")
        return cast(Credentials, as_credentials(cast(Credentials, value)))

    def from_text(self, text: str, name: str) -> Credentials:
        """Return credentials for this scheme from one text, as on a command line.

        Args:
            text: A key or token; `name:password`; of mutual TLS the files of the certificate and the key, separated by a
                comma.
            name: The scheme's name, for errors.

        Raises:
            ConfigError: The text is empty, or has characters that cannot be sent.
        """
        if self.kind == "mutualTLS":
            certificate, _, key = text.partition(",")
            return ClientCertificate(certificate, key or None)
        if self.kind == "http" and self.name != "bearer":
            # At the first colon: passwords may contain more, user names none (RFC 7617, 2).
            user, _, password = text.partition(":")
            if self.name == "basic":
                return Basic(user, password)
            if self.name == "digest":
                import httpx

                return HttpxAuth(httpx.DigestAuth(user, password))
            return ApiKey(text, header="Authorization", prefix=f"{self.name.capitalize()} ")
        return self.credentials_of(text, name)

    @property
    def example(self) -> str:
        """The credentials to pass for it, as an expression."""
        if self.kind == "apiKey":
            return f"ApiKey(key, {self.location}={self.name!r})"
        if self.kind == "mutualTLS":
            return "ClientCertificate(certificate, key)"
        if self.kind == "http" and self.name != "bearer":
            examples = {"basic": "Basic(username, password)", "digest": "httpx.DigestAuth(username, password)"}
            return examples.get(
                self.name, f"ApiKey(key, header='Authorization', prefix={f'{self.name.capitalize()} '!r})"
            )
        return "BearerToken(token)"


class Security(NamedTuple):
    """The security of a document.

    Attributes:
        schemes: The schemes that operations require, by name.
        default: The requirement of operations whose facts state none.
        is_stated: Whether the document requires any scheme of any operation; else credentials go to its own servers.
    """

    schemes: Mapping[str, Scheme]
    default: Requirement
    is_stated: bool = True

    def assigned(self, auth: object, bound: "Bind") -> "Credentials | None":
        """Return a client's credentials; of those for several schemes each request takes those of its operation.

        Args:
            auth: Credentials, an httpx.Auth or a callable, for all schemes that they fit; or these by scheme.
            bound: Adds what the document states to credentials for a scheme.

        Raises:
            ConfigError: A scheme is unknown, or what was passed for it is of another kind.
        """
        if not isinstance(auth, Credentials) and is_mapping(auth):
            unknown = [str(name) for name in auth if name not in self.schemes]
            if unknown:
                raise ConfigError(
                    f"No operation requires a security scheme {unknown[0]!r}",
                    remedy=f"Use the names {', '.join(self.schemes)}.",
                )
            parts = {
                name: bound(self.schemes[name].credentials_of(value, name), self.schemes[name].flows, name)
                for name, value in auth.items()
                if value is not None
            }
            return SchemeCredentials(self, parts) if parts else None
        credentials = auth if isinstance(auth, Credentials) else as_credentials(cast("None", auth))
        if credentials is None:
            return None
        if len(self.schemes) == 1:
            [(name, scheme)] = self.schemes.items()
            return bound(credentials, scheme.flows, name)
        # Credentials that fit no scheme are for all: users know their deployment better than its document.
        fits = {name: scheme.takes(credentials) for name, scheme in self.schemes.items()}
        fitting = [name for name, fit in fits.items() if fit is not False] or list(fits)
        name = next((name for name in fitting if self.schemes[name].flows), fitting[0])
        credentials = bound(credentials, self.schemes[name].flows, name)
        return SchemeCredentials(self, dict.fromkeys(fitting, credentials), single=credentials)

    def described(self, requirement: Requirement) -> str:
        """Return what to pass for a requirement, in words.

        Args:
            requirement: The requirement.
        """
        return " or ".join(
            " and ".join(f"{self.schemes[name].example} for {name}" for name in names)
            if len(names) == 1
            else f"credentials={{{', '.join(f'{name!r}: {self.schemes[name].example}' for name in names)}}}"
            for names in requirement
        )


class CombinedCredentials(Credentials):
    """Credentials that are sent together.

    Args:
        parts: The credentials; headers of the same name are an error, except for cookies.
    """

    def __init__(self, parts: Sequence[Credentials]) -> None:
        # Each part decides for itself, in `goes_to`.
        super().__init__("*")
        self._parts = parts
        self.certificate = next((part.certificate for part in parts if part.certificate is not None), None)

    def goes_to(self, url: str) -> bool:
        """Whether all of them may be sent to a service."""
        return all(part.goes_to(url) for part in self._parts)

    def ready(self) -> bool:
        """Whether `headers` returns at once."""
        return all(part.ready() for part in self._parts)

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """Return the headers of all.

        Raises:
            ConfigError: Two of them send the same header.
        """
        headers: dict[str, str] = {}
        for part in self._parts:
            for name, value in part.headers(method, url).items():
                # A request has one Cookie header (RFC 6265, 5.4), in which the pairs are joined.
                if name in headers and name != "cookie":
                    raise ConfigError(
                        f"Two credentials of one operation are sent in the header {name}",
                        remedy="Pass one httpx.Auth that combines them.",
                    )
                headers[name] = f"{headers[name]}; {value}" if name in headers else value
        return headers

    def query(self, method: str, url: str) -> Mapping[str, str]:
        """Return the query parameters of all."""
        return {name: value for part in self._parts for name, value in part.query(method, url).items()}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Renew those that can be."""
        # A list, because `any` of a generator would stop at the first one that is renewed.
        renewed = [part.renew(refused) for part in self._parts]
        return any(renewed)


class _CombinedAuth(CombinedCredentials, HttpxAuth):
    """The same with one httpx.Auth among them, whose flow runs around the request."""

    def __init__(self, parts: Sequence[Credentials], auth: HttpxAuth) -> None:
        super().__init__(parts)
        self.auth = auth.auth


def combined(parts: Sequence[Credentials]) -> Credentials:
    """Return credentials that are sent together as one.

    Args:
        parts: At least one; several times the same is one.

    Raises:
        ConfigError: Several are an httpx.Auth.
    """
    # The same credentials may be passed for several schemes; they are sent once.
    different = list(dict.fromkeys(parts))
    if len(different) == 1:
        return different[0]
    flows = [part for part in different if isinstance(part, HttpxAuth)]
    if len(flows) > 1:
        raise ConfigError("Two of an operation's credentials are an httpx.Auth", remedy="Pass one that combines them.")
    return _CombinedAuth(different, flows[0]) if flows else CombinedCredentials(different)


class SchemeCredentials(Credentials):
    """The credentials of one client by scheme; each request takes those that its operation requires.

    Args:
        security: The document's security.
        parts: Credentials by the names of schemes.
        single: The only credentials, if they were not passed by scheme.
    """

    def __init__(
        self, security: Security, parts: Mapping[str, Credentials], *, single: Credentials | None = None
    ) -> None:
        super().__init__("*")
        self.security = security
        self.parts = parts
        self._single = single
        # False for none, so that a search without a result is remembered, too.
        self._choices: dict[tuple[Requirement, bool, bool], Credentials | Literal[False]] = {}
        # Credentials that were not passed by scheme may be those of one only: which is unknown where several fit.
        usual = {name for names in security.default for name in names} & parts.keys()
        self._other_origin_parts = parts if single is None else {name: parts[name] for name in usual or _only(parts)}

    @property
    def passed(self) -> Credentials:
        """The credentials as they were passed to the client; those by scheme as one."""
        return self._single or self

    def chosen(self, request: "Request", *, is_other_origin: bool) -> Credentials | None:
        """Return the credentials for a request; None to send none.

        Args:
            request: The request.
            is_other_origin: Whether it goes to another origin than the client's base URL.

        Raises:
            AuthError: A part of what is sent together is missing.
        """
        requirement = request.security or self.security.default
        key = (requirement, is_other_origin, request.secured)
        choice = self._choices.get(key)
        if choice is None:
            parts = self._other_origin_parts if is_other_origin else self.parts
            # Without a lock: threads that come here at the same time get equivalent results.
            choice = self._choices[key] = self._choice(requirement, parts, request.operation if request.secured else "")
        return choice or None

    def _choice(
        self, requirement: Requirement, parts: Mapping[str, Credentials], operation: str
    ) -> Credentials | Literal[False]:
        """Return the credentials of the first alternative of which all parts are there; False if there is none.

        Args:
            requirement: The requirement.
            parts: Credentials by schemes.
            operation: The operation, whose alternatives must not be incomplete; empty if its credentials are optional.
        """
        incomplete: Sequence[str] = ()
        for names in requirement:
            present = [parts[name] for name in names if name in parts]
            if len(present) == len(names):
                return combined(present)
            # The first alternative that is partly present is the one to report.
            incomplete = incomplete or names if present else incomplete
        if incomplete and operation:
            missing = " and ".join(name for name in incomplete if name not in parts)
            raise AuthError(
                f"{operation} requires {' and '.join(incomplete)} together, and {missing} is missing",
                remedy=f"Pass {self.security.described([incomplete])}.",
            )
        return False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} for {', '.join(self.parts)}>"


def _only(names: Iterable[str]) -> list[str]:
    """Return the names if there is one."""
    listed_names = list(names)
    return listed_names if len(listed_names) == 1 else []
