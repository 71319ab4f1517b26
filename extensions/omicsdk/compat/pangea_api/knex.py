"""`Knex`, the connection to a server, and the exceptions that it raises."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias, overload

from omicsdk.compat._connections import Connection
from omicsdk.compat.errors import OF_REQUESTS, DocumentedError, Foreign, catchable, documented
from omicsdk.compat.pangea_api.routes import API, path_of
from omicsdk.core import errors as core
from omicsdk.core.errors import APIError, BadRequest, OmicsError

if TYPE_CHECKING:
    import httpx

    from omicsdk.compat.pangea_api._token_auth import TokenAuth as TokenAuth
    from omicsdk.compat.pangea_api.file_system_cache import FileSystemCache
    from omicsdk.compat.responses import DocumentedResponse
    from omicsdk.core.plain_client import PlainClient
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.time_limits import Timeout
    from omicsdk.pangea.client import Pangea

__all__ = [
    "DEFAULT_ENDPOINT",
    "Knex",
    "PangeaForbiddenError",
    "PangeaGeneralError",
    "PangeaInternalError",
    "PangeaLoginError",
    "PangeaNotFoundError",
    "PangeaOtherError",
    "TokenAuth",
]

DEFAULT_ENDPOINT = "https://pangeabio.io"
"""The server that is used when none is configured."""
#: Parameters of a URL's query by name; those that are None are not sent.
Options: TypeAlias = Mapping[str, object] | None
#: The server's messages for a request without a token, or with one that is not valid any longer; both are 403.
_NOT_LOGGED_IN = ("Authentication credentials were not provided.", "Invalid token")


class PangeaGeneralError(DocumentedError):
    """Base of the errors of a Pangea server and its connections; requests raise it.

    Each is also the class of core that it belongs to: a response with an error is an `omicsdk.core.errors.APIError` with
    `status` and `body`, a server that does not respond a `TransportError`.

    In a program that has imported `requests` each is also a `requests.HTTPError`, or a `requests.ConnectionError`.

    Attributes:
        response: The error response, as `requests` would have it; None if there was none.
    """

    prefix: ClassVar[str] = "Pangea"
    foreign: ClassVar[Foreign] = OF_REQUESTS
    response: DocumentedResponse | None = None


class PangeaNotFoundError(PangeaGeneralError, core.NotFound):
    """404: not found."""


class PangeaForbiddenError(PangeaGeneralError, core.Forbidden):
    """403: this user may not do that, or no user is logged in."""


class PangeaInternalError(PangeaGeneralError, core.ServerError):
    """500: the server failed; also for some invalid requests, such as an unknown UUID or an existing name."""

    default_remedy = "Check the names and uuids that were sent; if they are right, tell the server's operators."


class PangeaOtherError(PangeaGeneralError, APIError):
    """Any other status, such as 400 for an invalid value or an existing name."""


class PangeaLoginError(PangeaOtherError, BadRequest, core.AuthError):
    """400 at login: unknown user or wrong password."""

    default_remedy = "Check the e-mail address, letter by letter, and the password."


#: The class of each status that has a separate one.
_BY_STATUS = {403: PangeaForbiddenError, 404: PangeaNotFoundError, 500: PangeaInternalError}


def pangea_error(error: OmicsError, kind: type[PangeaGeneralError] | None = None) -> PangeaGeneralError:
    """Return the documented exception for an exception of core, of class `kind`, by default that of the status."""
    if isinstance(error, PangeaGeneralError):
        return error
    if not isinstance(error, APIError):
        return documented(error, PangeaGeneralError)
    error_class = kind or _BY_STATUS.get(error.status, PangeaOtherError)
    if issubclass(error_class, type(error)):
        converted = error_class.__new__(error_class, *error.args)
        converted.args = error.args
        vars(converted).update(vars(error))
        converted = catchable(converted, PangeaGeneralError.foreign)
    else:
        converted = documented(error, error_class)
    if converted.remedy == type(error).default_remedy:
        converted.remedy = error_class.default_remedy or converted.remedy
        if error.status == 403 and error.message.startswith(_NOT_LOGGED_IN):
            login = "User(knex, email, password).login(), or PANGEA_USER and PANGEA_PASS for the command line"
            converted.remedy = f"Log in: {login}."
    from omicsdk.compat.responses import RefusedResponse  # most programs end without

    converted.response = RefusedResponse(error, pangea_error)
    return converted


@contextmanager
def documented_errors(
    of: type[OmicsError] = OmicsError, refused: type[PangeaGeneralError] | None = None
) -> Generator[None]:
    """Raise core's errors as PangeaGeneralError.

    Args:
        of: The errors; others are raised as they are.
        refused: The class for a refusal with 400; by default that of the status.
    """
    try:
        yield
    except of as error:
        raise pangea_error(error, refused if isinstance(error, BadRequest) else None) from error


def not_there(what: str, url: str) -> PangeaNotFoundError:
    """Return the error for an entry missing from the list at a URL."""
    error = PangeaNotFoundError(f"There is no {what}, or it may not be seen", status=404, method="GET", url=url)
    return catchable(error, PangeaGeneralError.foreign)


def __getattr__(name: str) -> object:
    if name == "TokenAuth":  # it loads core's credentials, which a program needs when it logs in
        from omicsdk.compat.pangea_api._token_auth import TokenAuth

        return TokenAuth
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Knex(Connection):
    """Client of a Pangea server, with the credentials of a user. Thread-safe except for login; close it, or use `with`.

    Args:
        endpoint_url: The server's URL; by default PANGEA_ENDPOINT, else https://pangeabio.io.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect, 60 to read.
        retry: When and how often to retry; by default up to five times, but not after a status of 500.
        transport: Replaces the network, for tests.

    Attributes:
        endpoint_url: The URL that routes are below: with /api at its end.
        auth: The token that is sent; None for none, which reads public data.
        headers: Sent with every request.
        writes: Number of requests that changed something.
    """

    def __init__(
        self,
        endpoint_url: str | None = None,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        from omicsdk.pangea.login import endpoint_of

        with documented_errors():
            self.endpoint_url = endpoint_of(endpoint_url) + API
        self.auth: TokenAuth | None = None
        self.headers = {"Accept": "application/json"}
        self.writes = 0
        self._authorized: tuple[TokenAuth | None, tuple[Pangea, PlainClient]] | None = None
        self._options: dict[str, Any] = {"timeout": timeout, "retry": retry, "transport": transport}

    # -- credentials

    def add_auth_token(self, token: str) -> None:
        """Use a token that was requested before, without the word "Token"."""
        from omicsdk.compat.pangea_api._token_auth import TokenAuth

        with documented_errors():
            self.auth = TokenAuth(token)

    def login(self, username: str, password: str) -> Self:
        """Log in by e-mail address with a new request each time; nothing is cached, and no existing token is sent.

        Raises:
            PangeaLoginError: There is no such user, or the password is another.
        """
        from omicsdk.compat.pangea_api._token_auth import TokenAuth
        from omicsdk.pangea.login import check_encrypted

        with documented_errors(refused=PangeaLoginError):
            check_encrypted(self.endpoint)
            # Requested each time: the published client keeps the token in its cache, in the working directory.
            # A redirect to another origin would repeat the body there, with the password.
            client = self._anonymous.with_options(follow_redirects=False)
            token: object = getattr(client.login(email=username, password=password), "auth_token", None)
            if not isinstance(token, str):
                raise core.DecodeError("auth/token/login", "auth_token", None, expected="a token")
            self.auth = TokenAuth(token, username)
        return self

    def register(self, email: str, password: str) -> None:
        """Register a user by e-mail address, without logging in; a PangeaOtherError for an existing one.

        Args:
            password: At least 8 characters, no common word, not only digits, unlike the address.
        """
        from omicsdk.pangea.login import check_encrypted

        with documented_errors():
            check_encrypted(self.endpoint)
            self._anonymous.register(email=email, password=password)

    @cached_property
    def cache(self) -> FileSystemCache:
        """Cache of objects fetched by name, kept for three hours."""
        from omicsdk.compat.pangea_api.file_system_cache import FileSystemCache

        return FileSystemCache()

    @property
    def endpoint(self) -> str:
        """URL of the server, without /api."""
        return self.endpoint_url.removesuffix(API)

    @property
    def cache_scope(self) -> str:
        """Server and user, which separate cached objects. Contains no secret."""
        return f"{self.endpoint_url}\n{self.auth.owner if self.auth is not None else ''}"

    # -- requests

    @overload
    def get(self, url: str, url_options: Options = None, *, json_response: Literal[False]) -> DocumentedResponse: ...
    @overload
    def get(self, url: str, url_options: Options = None, *, json_response: bool = True) -> Any: ...
    def get(self, url: str, url_options: Options = None, *, json_response: bool = True) -> Any:
        """Send a GET request.

        Args:
            url: A route such as `samples/<uuid>`, or an absolute URL; the token is sent to this server only.
            url_options: Parameters that are added to the URL, not quoted yet.
            json_response: Whether to return the JSON value, None if there is none; else the response, as `requests` has it.
        """
        return self._call("GET", url, None, url_options, json_response)

    def post(self, url: str, json: object = None, url_options: Options = None, *, json_response: bool = True) -> Any:
        """Send a POST request, which creates something, with a JSON value, by default an empty object; arguments as of `get`."""
        return self._call("POST", url, {} if json is None else json, url_options, json_response)

    def put(self, url: str, json: object = None, url_options: Options = None, *, json_response: bool = True) -> Any:
        """Send a PUT request, which replaces something; arguments as of `post`."""
        return self._call("PUT", url, {} if json is None else json, url_options, json_response)

    def patch(self, url: str, json: object = None, url_options: Options = None, *, json_response: bool = True) -> Any:
        """Send a PATCH request, which changes something; arguments as of `post`."""
        return self._call("PATCH", url, {} if json is None else json, url_options, json_response)

    def delete(self, url: str, url_options: Options = None, *, json: object = None, json_response: bool = True) -> Any:
        """Send a DELETE request, without a JSON value by default; arguments as of `get`."""
        return self._call("DELETE", url, json, url_options, json_response)

    def _call(self, method: str, url: str, json: object, options: Options, json_response: bool) -> Any:
        from omicsdk.core.bodies import NO_BODY, Body
        from omicsdk.core.json_coding import encoded
        from omicsdk.core.plain_client import plain_request
        from omicsdk.core.response import json_of

        path = path_of(url, self.endpoint, options)
        try:
            with documented_errors():
                # `encoded` refuses values that JSON cannot represent, such as a date; bodies of operations have it as text.
                body = NO_BODY if json is None else Body(encoded(json), "application/json")
                client = self._clients[1]
                if path.partition("?")[0].endswith("/manifest"):
                    from omicsdk.pangea.downloads import for_manifests

                    client = for_manifests(client)
                response = client.send(plain_request("", method, path, headers=self.headers, body=body))
                if json_response:
                    return json_of(response)
                from omicsdk.compat.responses import DocumentedResponse

                return DocumentedResponse(response)
        finally:
            if method != "GET":  # a change may have been made though its response was lost
                self.writes += 1
                self.cache.outdate(self.cache_scope)

    @property
    def client(self) -> Pangea:
        """Typed client with all operations and workflows; errors are those of `omicsdk.core`."""
        return self._clients[0]

    @property
    def _clients(self) -> tuple[Pangea, PlainClient]:
        """The typed client, and one for arbitrary routes, with the current token."""
        from omicsdk.core.plain_client import PlainClient, beside

        if self._authorized is None or self._authorized[0] is not self.auth:
            client = self._anonymous.with_options(credentials=self.auth)
            self._authorized = self.auth, (client, beside(client, PlainClient, self.endpoint, self.auth))
        return self._authorized[1]

    @cached_property
    def _anonymous(self) -> Pangea:
        from omicsdk.compat._requests import observed
        from omicsdk.core.credentials import ANONYMOUS
        from omicsdk.pangea.client import Pangea

        with documented_errors():
            return observed(Pangea(self.endpoint, credentials=ANONYMOUS, **self._options), __name__)

    def close(self) -> None:
        """Close the connections, permanently."""
        if "_anonymous" in vars(self):
            self._anonymous.close()

    def __repr__(self) -> str:
        from omicsdk.core.redaction import mask_url  # its patterns are a tenth of this module's import time

        return f"<Knex {mask_url(self.endpoint_url)}>"
