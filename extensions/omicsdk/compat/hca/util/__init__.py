"""Shared parts of the published HCA clients: configuration, login, sessions, documents."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache, cached_property, partialmethod
from typing import IO, TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

from omicsdk.compat._requests import observed
from omicsdk.compat.hca.config import get_config
from omicsdk.compat.hca.operations import DocumentedOperation
from omicsdk.compat.hca.util import exceptions as exceptions
from omicsdk.compat.hca.util import fs_helper
from omicsdk.compat.hca.util import tsv as tsv
from omicsdk.compat.hca.util.exceptions import documented_error, documented_errors
from omicsdk.compat.responses import DocumentedResponse
from omicsdk.core.bodies import NO_BODY, json_body
from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.core.closing import Closing
from omicsdk.core.credentials import ANONYMOUS, Credentials
from omicsdk.core.errors import AuthError, ConfigError
from omicsdk.core.json_coding import decoded
from omicsdk.core.oauth.credentials import LIFETIME
from omicsdk.core.plain_client import PlainClient, beside
from omicsdk.core.platform import resolve
from omicsdk.core.request import OperationFacts, query_text, request
from omicsdk.core.retry import RETRIED_STATUSES, Retry
from omicsdk.core.sending.time_limits import Timeout
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.hca.config import HCAConfig
from omicsdk.hca.services import TOKEN_VARIABLES, base_url_of, command, discovery, swagger_url_of

if TYPE_CHECKING:
    from omicsdk.core.client import Client
    from omicsdk.hca.login import ServiceLogin


USUAL = Retry()
fs = fs_helper.FSHelper
# Threads of downloads, unless `DSSClient.threads` says otherwise.
DEFAULT_THREAD_COUNT = (os.cpu_count() or 1) * 2


class RetryPolicy:
    """Retry policy of the documented clients: `DSSClient.retry_policy = RetryPolicy(read=3, status=3)`.

    The published argument names are all taken. Those that are not described here have no counterpart: waits are drawn at
    random, Retry-After is always obeyed, and secrets never follow a redirect to another host.

    Args:
        total: Tries after the first, where neither connect, read nor status states otherwise; by default 5.
        connect: Tries after a connection that failed.
        read: Tries after a response that broke off.
        status: Tries after a response of `status_forcelist`. The highest of these three counts for all.
        status_forcelist: Statuses that are tried again; by default 408, 429, 500, 502, 503 and 504.
        backoff_factor: Seconds that the first wait takes at most; it doubles with each failure. By default 1.
        backoff_max: Seconds that no wait exceeds; by default 60.
        ignored: The other published arguments.

    Raises:
        ValueError: A number is negative.
    """

    def __init__(
        self,
        total: int | bool | None = USUAL.attempts - 1,
        connect: int | None = None,
        read: int | bool | None = None,
        redirect: int | bool | None = None,
        status: int | None = None,
        other: int | None = None,
        allowed_methods: Collection[str] | None = None,
        status_forcelist: Collection[int] | None = None,
        backoff_factor: float = USUAL.base,
        backoff_max: float = USUAL.cap,
        raise_on_redirect: bool = True,
        raise_on_status: bool = True,
        history: Any = None,
        respect_retry_after_header: bool = True,
        remove_headers_on_redirect: Collection[str] = ("authorization",),
        backoff_jitter: float = 0.0,
        retry_after_max: float | None = None,
        **ignored: Any,
    ) -> None:
        del redirect, other, allowed_methods, raise_on_redirect, raise_on_status, history, ignored
        del respect_retry_after_header, remove_headers_on_redirect, backoff_jitter, retry_after_max
        # As for urllib3, False is no retry.
        named = [int(count) for count in (connect, read, status) if count is not None]
        tries = max(named) if named else int(total or 0)
        if tries < 0:
            raise ValueError(f"RetryPolicy: {tries} is not a number of retries; use 0 or more")
        statuses = RETRIED_STATUSES if status_forcelist is None else frozenset(status_forcelist)
        self._retry = Retry(attempts=1 + tries, base=backoff_factor, cap=backoff_max, statuses=statuses)

    def as_retry(self) -> Retry:
        """Return the policy as a `Retry` of core."""
        return self._retry

    def __repr__(self) -> str:
        return f"<RetryPolicy {self._retry}>"


NOTHING_CACHED = "Nothing is cached: the definitions of the services come with omicsdk."


def clear_hca_cache(args: object = None) -> None:
    """Print a notice on stderr: API definitions are not cached.

    Args:
        args: Not looked at; the published function was handed the parsed command line.
    """
    del args
    print(NOTHING_CACHED, file=sys.stderr)  # noqa: T201 - printing is all that it does


@cache
def document_of(package: str) -> dict[str, Any]:
    """Return the document that a client was generated from.

    Args:
        package: The generated package, such as `dss`.

    Returns:
        The document in its one form, OpenAPI 3.1; shared, not to be changed.
    """
    from importlib.resources import files

    return json.loads(files(f"omicsdk_api.{package}").joinpath("openapi.json").read_bytes())


def load_swagger_json(swagger_json: IO[str] | IO[bytes], ptr_str: str = "$ref") -> Any:
    """Load a document and replace its references by their targets.

    A schema that contains itself does so in the result too.

    Args:
        swagger_json: An open file of JSON.
        ptr_str: The member by which an object refers to another place of the document.

    Raises:
        ConfigError: It is not JSON, or refers to nothing, to another document, or only to itself.
    """
    try:
        content = swagger_json.read()
        document = decoded(content.encode() if isinstance(content, str) else content)
    except ValueError as error:
        raise ConfigError(f"the document is not JSON: {error}", remedy="Pass an open file of JSON.") from error
    # All places before the first replacement: the document may contain itself afterwards.
    for container, key in list(_places(document)):
        container[key] = _target(document, container[key], ptr_str)
    return document if not _is_reference(document, ptr_str) else _target(document, document, ptr_str)


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every location of an object, as its container and key."""
    waiting = [document]
    while waiting:
        container = waiting.pop()
        members = container.items() if is_object(container) else enumerate(container) if is_array(container) else ()
        for key, value in members:
            if is_object(value):
                yield container, key
            waiting.append(value)


def _is_reference(value: Any, pointer: str) -> bool:
    return is_object(value) and len(value) == 1 and isinstance(value.get(pointer), str)


def _target(document: Any, value: Any, pointer: str) -> Any:
    """Resolve a reference to its final target; return anything else unchanged."""
    seen: list[str] = []
    while _is_reference(value, pointer):
        where: str = value[pointer]
        if not where.startswith("#"):
            raise ConfigError(
                f"{where!r} refers to another document", remedy="Move the referenced part into this document."
            )
        if where in seen:
            raise ConfigError(f"{where!r} refers to itself")
        seen.append(where)
        value = _node_at(document, where)
    return value


def _node_at(document: Any, where: str) -> Any:
    node = document
    for step in unquote(where[1:]).split("/")[1:]:
        # In this order, so that ~01 is ~1 and not a slash (RFC 6901, 4).
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            node = node[int(name) if is_array(node) and name.isdecimal() else name]
        except (LookupError, TypeError):  # a list accepts no other text, and a value of another type accepts none
            raise ConfigError(f"{where!r} refers to nothing in the document") from None
    return node


class Session:
    """Session that sends requests and returns responses with the attributes of `requests.Response`.

    Credentials go to the client's own service only, however a URL or a redirect is written. A response with an error
    status is raised, after the retries.

    Args:
        client: Sends the requests, over the connections of the documented client.
    """

    def __init__(self, client: PlainClient) -> None:
        self._client = client

    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> DocumentedResponse:
        """Send a request.

        Args:
            method: GET, POST and the like.
            url: Where to; absolute, or a path below the service's URL.
            params: Query parameters.
            json: What goes along as JSON; None sends no body.
            headers: Headers beside those of the client.

        Raises:
            SwaggerAPIException: No response, or one with an error status.
        """
        facts = OperationFacts(name="", method=method.upper(), path=url, accept="*/*")
        query = query_text(tuple((params or {}).items()))
        path = url if url.startswith(("http://", "https://", "/")) else f"/{url}"
        target = f"{path}{'&' if '?' in path else '?'}{query}" if query else path
        body = NO_BODY if json is None else json_body(json)
        prepared = request(facts, target, headers=list((headers or {}).items()), body=body)
        with documented_errors():
            return DocumentedResponse(self._client.send(prepared))

    get = partialmethod(request, "GET")
    head = partialmethod(request, "HEAD")
    post = partialmethod(request, "POST")
    put = partialmethod(request, "PUT")
    patch = partialmethod(request, "PATCH")
    delete = partialmethod(request, "DELETE")

    def close(self) -> None:
        """Do nothing: the connections belong to the documented client, and are closed with it."""

    def __repr__(self) -> str:
        return f"<Session of {self._client.base_url}>"


# Seconds before its end from which on `expired_token` takes a token for expired, as the published clients do.
EXPIRES_SOON = 10.0


class SwaggerClient(Closing):
    """Base of the documented clients: over the generated client, with the documented errors.

    Args:
        kind: The typed client.
        config: The HCA configuration; by default that of the user's files.
        swagger_url: The URL of a deployment's document; by default that of the configuration.
        session_kwargs: Options of the typed client.
    """

    section: ClassVar[str]
    """The section of the HCA configuration."""

    package: ClassVar[str]
    """The generated package under omicsdk_api."""

    scheme = "https"
    """Scheme with which the published clients connect; here the scheme of `swagger_url` applies."""

    max_redirects = 1024
    """Maximum redirects of the published clients; here redirects with Retry-After are unlimited, others few."""

    token_expiration = int(LIFETIME)
    """Seconds that a token lasts which a service account signs for itself."""

    retry_policy: ClassVar[RetryPolicy] = RetryPolicy()
    """When requests are tried again; the argument `retry` wins."""

    timeout_policy: ClassVar[Timeout] = Timeout()
    """Time limit of each step of a request; the argument `timeout` takes precedence."""

    def __init__(
        self,
        kind: Callable[..., Client],
        config: HCAConfig | None,
        swagger_url: str | None,
        session_kwargs: dict[str, Any],
    ) -> None:
        self.config = get_config() if config is None else config
        self.swagger_url = swagger_url or swagger_url_of(self.section, self.config)
        url, credentials = self._access()
        # None would have the client find credentials by itself.
        if session_kwargs.setdefault("credentials", credentials) is None:
            session_kwargs["credentials"] = ANONYMOUS
        session_kwargs.setdefault("retry", self.retry_policy.as_retry())
        session_kwargs.setdefault("timeout", self.timeout_policy)
        self._credentials = None if session_kwargs["credentials"] is ANONYMOUS else session_kwargs["credentials"]
        self._api = observed(kind(url, **session_kwargs))

    def operation(self, name: str, ignored: frozenset[str] = frozenset()) -> DocumentedOperation[Any]:
        """Return an operation of the service by its documented name.

        Args:
            name: The operation, such as `get_bundle`.
            ignored: Names of arguments that it does not have, and that are ignored with a warning; by default none.
        """
        return DocumentedOperation(getattr(self._api, name), ignored, documented_error, self._requests(name))

    def _requests(self, name: str) -> Callable[[Callable[..., Any], dict[str, Any]], Any] | None:
        """Function that splits one call of an operation into several requests; None if one request suffices."""
        del name

    def _access(self) -> tuple[str, Credentials | None]:
        url = base_url_of(self.swagger_url)
        return resolve(discovery(self.section, self.config, account_url=url), base_url=url)

    @property
    def host(self) -> str:
        """The URL of the service, without a slash at the end."""
        return base_url_of(self.swagger_url)

    @property
    def swagger_spec(self) -> dict[str, Any]:
        """The document that this client was generated from; nothing is fetched."""
        return document_of(self.package)

    @staticmethod
    def load_swagger_json(swagger_json: IO[str] | IO[bytes], ptr_str: str = "$ref") -> Any:
        """Load a document and replace its references by their targets, as the function of this name."""
        return load_swagger_json(swagger_json, ptr_str)

    def clear_cache(self) -> None:
        """Print a notice: API definitions are not cached."""
        clear_hca_cache()

    def expired_token(self) -> bool:
        """Return whether the token has expired or expires within ten seconds; False if its expiry is unknown."""
        end: float | None = getattr(self._credentials, "expires_at", None)
        return end is not None and end <= SYSTEM_CLOCK.now() + EXPIRES_SOON

    @property
    def application_secrets(self) -> dict[str, Any]:
        """The OAuth client of the service for logins: client_id, auth_uri, token_uri, ....

        Raises:
            SwaggerAPIException: The configuration has none, and the service does not state it.
        """
        return self._login().application_secrets()

    def login(self, access_token: str = "", remote: bool = False) -> None:
        """Log in; the token is stored for later runs, and this client uses it from now on.

        Args:
            access_token: A token to store as it is; by default a browser is opened.
            remote: Print the address and ask for the code, where there is no browser.

        Raises:
            AuthError: The login was refused or came to no end.
        """
        self._login().login(access_token=access_token, remote=remote)
        self._reconnect()

    def logout(self) -> None:
        """Delete the stored token and revoke it at the service; do nothing without one."""
        self._login().logout()
        self._reconnect()

    def _login(self) -> ServiceLogin:
        from omicsdk.hca.login import ServiceLogin

        return ServiceLogin(self.section, swagger_url=self.swagger_url, config=self.config)

    def get_session(self) -> Session:
        """Return a session without credentials; closed with the client."""
        return self._session(None)

    def get_authenticated_session(self) -> Session:
        """Return a session that sends this client's credentials, to its own service only.

        Raises:
            AuthError: Nobody is logged in.
        """
        if self._credentials is None:
            raise AuthError(
                "Nobody is logged in",
                remedy=f"Run: {command(self.section, 'login')}. Or set {TOKEN_VARIABLES[self.section]} or "
                "GOOGLE_APPLICATION_CREDENTIALS.",
            )
        return self._authenticated

    @cached_property
    def _authenticated(self) -> Session:
        return self._session(self._credentials)

    def _session(self, credentials: Credentials | None) -> Session:
        return Session(beside(self._api, PlainClient, self._api.base_url, credentials))

    def _reconnect(self) -> None:
        """Reload the credentials after a login or logout."""
        self._credentials = self._access()[1]
        self._api = self._api.with_options(credentials=self._credentials)
        # The next session has the new credentials.
        vars(self).pop("_authenticated", None)

    def close(self) -> None:
        """Close the connections, including those of sessions."""
        self._api.close()
