"""The connection of the documented client: one server, and who asks it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Never, Self, overload

from omicsdk.core.errors import BadRequest, ConfigError, DecodeError, OmicsError
from omicsdk.core.narrowing import is_object
from omicsdk.core.redaction import mask_url
from omicsdk.pangea.asking.routes import API, path_of
from omicsdk.pangea.asking.server import RETRIED, check_is_encrypted, endpoint_of
from omicsdk.pangea.errors import PangeaLoginError, pangea_error

if TYPE_CHECKING:
    import httpx
    from omicsdk_api.pangea import PangeaApi

    from omicsdk.core.documented.client import DocumentedResponse
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout
    from omicsdk.pangea.asking.cache import FileSystemCache
    from omicsdk.pangea.asking.token_auth import TokenAuth

Options = Mapping[str, object]
"""Parameters of a URL's query by name; those that are None aren't sent."""


class Knex:
    """A Pangea server, and who asks it. Thread-safe but for logging in; close it, or use it in a `with` block.

    Args:
        endpoint_url: The server's address; by default PANGEA_ENDPOINT, else https://pangeabio.io.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect, 60 to read.
        retry: When and how often to try again; by default up to five times more, but not after a status of 500.
        transport: Takes the place of the network, for tests.

    Attributes:
        endpoint_url: The address that routes stand under: with /api at its end.
        auth: Whose token is sent; None asks without a login, which is enough to read what is public.
        headers: Sent with every request.
        writes: How often something was changed by it.

    Raises:
        PangeaGeneralError: The address isn't one (a ConfigError, too).
    """

    def __init__(
        self,
        endpoint_url: str | None = None,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        try:
            self.endpoint_url = endpoint_of(endpoint_url) + API
        except ConfigError as error:
            raise pangea_error(error) from None
        self.auth: TokenAuth | None = None
        self.headers = {"Accept": "application/json"}
        self.writes = 0
        self._asking: tuple[TokenAuth | None, PangeaApi | None] = (None, None)
        self._options: dict[str, Any] = {"timeout": timeout, "retry": retry, "transport": transport}

    # -- who asks

    def add_auth_token(self, token: str) -> None:
        """Takes a token that was got before.

        Args:
            token: The token, without "Token".

        Raises:
            PangeaGeneralError: It can't be one (a ConfigError, too).
        """
        self._use(token)

    def _use(self, token: str, user: str = "") -> None:
        from omicsdk.pangea.asking.token_auth import TokenAuth

        try:
            self.auth = TokenAuth(token, user)
        except ConfigError as error:
            raise pangea_error(error) from None

    def login(self, username: str, password: str) -> Self:
        """Logs in. The server is asked each time: nothing of it is kept, and no token that is held is sent.

        Args:
            username: The e-mail address.
            password: The password.

        Returns:
            This object.

        Raises:
            PangeaLoginError: There is no such user, or the password is another.
            PangeaGeneralError: The server can't be asked, or the password would be readable on its way.
        """
        sent = {"email": username, "password": password}
        try:
            answer = self._unasked("auth/token/login", sent, repeatable=True)
        except BadRequest as error:
            raise pangea_error(error, PangeaLoginError) from error
        except OmicsError as error:
            raise pangea_error(error) from error
        token = answer.get("auth_token") if is_object(answer) else None
        if not isinstance(token, str):
            raise pangea_error(DecodeError("auth/token/login", "auth_token", None, expected="a token"))
        self._use(token, username)
        return self

    def register(self, email: str, password: str) -> None:
        """Registers a user, without logging in.

        Args:
            email: The e-mail address.
            password: The password: at least 8 characters, no common word, not only digits, unlike the address.

        Raises:
            PangeaOtherError: There is one of that address, or the server doesn't accept the password.
            PangeaGeneralError: The server can't be asked, or the password would be readable on its way.
        """
        try:
            self._unasked("auth/users/", {"email": email, "password": password})
        except OmicsError as error:
            raise pangea_error(error) from error

    def _unasked(self, url: str, sent: Mapping[str, str], *, repeatable: bool = False) -> Any:
        """Sends a password, and no token: one that has ended would be refused."""
        check_is_encrypted(self.endpoint)
        return _decoded(self._sent("POST", url, json=sent, auth=None, repeatable=repeatable))

    @cached_property
    def cache(self) -> FileSystemCache:
        """What was fetched by name, kept for three hours."""
        from omicsdk.pangea.asking.cache import FileSystemCache

        return FileSystemCache()

    @property
    def endpoint(self) -> str:
        """The server's address, without /api."""
        return self.endpoint_url.removesuffix(API)

    @property
    def cache_scope(self) -> str:
        """Server and user: what is kept for one isn't used for another. No secret can be read from it."""
        return f"{self.endpoint_url}\n{self.auth.owner if self.auth is not None else ''}"

    # -- requests

    @overload
    def get(
        self, url: str, url_options: Options | None = None, *, json_response: Literal[False]
    ) -> DocumentedResponse: ...
    @overload
    def get(self, url: str, url_options: Options | None = None, *, json_response: bool = True) -> Any: ...
    def get(self, url: str, url_options: Options | None = None, *, json_response: bool = True) -> Any:
        """Reads.

        Args:
            url: A route such as `samples/<uuid>`, or an absolute URL; the token goes along to this server only.
            url_options: Parameters that are added to the URL, not quoted yet.
            json_response: Whether the JSON value is wanted, None where there is none; else the response.

        Returns:
            The value, or a response as `requests` has it.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        return self._call("GET", url, None, url_options, json_response)

    def post(
        self, url: str, json: object = None, url_options: Options | None = None, *, json_response: bool = True
    ) -> Any:
        """Creates, or has something done.

        Args:
            url: As for `get`.
            json: What is sent; by default an empty object.
            url_options: As for `get`.
            json_response: As for `get`.

        Returns:
            As `get`.

        Raises:
            PangeaGeneralError: As for `get`.
        """
        return self._call("POST", url, {} if json is None else json, url_options, json_response)

    def put(
        self, url: str, json: object = None, url_options: Options | None = None, *, json_response: bool = True
    ) -> Any:
        """Replaces; arguments, answer and errors are those of `post`."""
        return self._call("PUT", url, {} if json is None else json, url_options, json_response)

    def patch(
        self, url: str, json: object = None, url_options: Options | None = None, *, json_response: bool = True
    ) -> Any:
        """Changes; arguments, answer and errors are those of `post`."""
        return self._call("PATCH", url, {} if json is None else json, url_options, json_response)

    def delete(
        self, url: str, url_options: Options | None = None, *, json: object = None, json_response: bool = True
    ) -> Any:
        """Deletes.

        Args:
            url: As for `get`.
            url_options: As for `get`.
            json: What is sent along; nothing by default.
            json_response: As for `get`.

        Returns:
            As `get`; None as a rule.

        Raises:
            PangeaGeneralError: As for `get`.
        """
        return self._call("DELETE", url, json, url_options, json_response)

    def _call(self, method: str, url: str, json: object, options: Options | None, json_response: bool) -> Any:
        try:
            answer = self._sent(method, url, json=json, options=options, auth=self.auth)
            return _decoded(answer) if json_response else _response(answer)
        except OmicsError as error:
            raise pangea_error(error) from error
        finally:
            if method != "GET":  # a change may have been made though its answer was lost
                self.writes += 1
                self.cache.outdate(self.cache_scope)

    def _sent(
        self,
        method: str,
        url: str,
        *,
        json: object,
        auth: TokenAuth | None,
        options: Options | None = None,
        repeatable: bool = False,
    ) -> httpx.Response:
        from omicsdk.core.json_encoding import encoded
        from omicsdk.core.request import IDEMPOTENT_METHODS, Request

        headers = {name.lower(): value for name, value in self.headers.items()}
        if json is not None:
            headers["content-type"] = "application/json"
        path = path_of(url, self.endpoint, options)
        request = Request(
            method=method,
            url=path,
            headers=tuple(headers.items()),
            content=None if json is None else encoded(json),
            idempotent=repeatable or method in IDEMPOTENT_METHODS,
            secured=auth is not None and path.startswith("/"),
            operation="",
        )
        client = self.client if auth is self.auth else self.client.with_options(credentials=auth)
        return client._exchange.send(request)  # pyright: ignore[reportPrivateUsage]

    @property
    def client(self) -> PangeaApi:
        """The generated client, with each of the server's operations; errors are those of `omicsdk.core`."""
        auth, client = self._asking
        if client is None or auth is not self.auth:
            client = self._connected.with_options(credentials=self.auth)
            self._asking = self.auth, client
        return client

    @cached_property
    def _connected(self) -> PangeaApi:
        from omicsdk_api.pangea import PangeaApi

        from omicsdk.core.retry import Retry

        given = {name: value for name, value in self._options.items() if value is not None}
        given.setdefault("retry", Retry(statuses=RETRIED))
        try:
            return PangeaApi(self.endpoint, **given)
        except ConfigError as error:
            raise pangea_error(error) from None

    def close(self) -> None:
        """Closes the connections, for good."""
        if "_connected" in vars(self):
            self._connected.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Knex {mask_url(self.endpoint_url)}>"

    def __reduce__(self) -> Never:
        raise TypeError(f"{self!r} has a token and connections, so it can't be pickled: make one in each process")

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        # A copy of what knows it, such as a sample, is one of the same server.
        return self


def _response(answer: httpx.Response) -> DocumentedResponse:
    from omicsdk.core.documented.client import DocumentedResponse

    return DocumentedResponse(answer)


def _decoded(answer: httpx.Response) -> Any:
    """The JSON value of an answer, None where it has no body."""
    from omicsdk.core.answer import decoded, paused_for
    from omicsdk.core.api_errors import not_json

    content = answer.content
    if not content:
        return None
    try:
        with paused_for(len(content)):
            return decoded(content)
    except ValueError as error:
        raise not_json(answer.url.path, str(answer.url), answer.text, str(error)) from None
