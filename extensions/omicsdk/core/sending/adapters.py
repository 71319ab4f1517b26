"""Credentials for other HTTP clients: requests and httpx, each imported at its first use.

The rules of our own transports apply: nothing is sent to an origin that the credentials are not for, nor unencrypted
except to this machine. On redirects to another origin both libraries remove Authorization only.
"""

from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from omicsdk.core.credentials import Credentials, is_confidential, origin_of
from omicsdk.core.errors import ConfigError

if TYPE_CHECKING:
    import httpx


def requests_auth(credentials: Credentials, *, base_url: str) -> Callable[[Any], Any]:
    """Return an `auth` for requests, renewed once on 401: `requests.get(url, auth=requests_auth(token, base_url=url))`.

    Args:
        credentials: The credentials.
        base_url: The service that they were given for.

    Returns:
        A callable that takes a PreparedRequest and returns it with headers and query parameters. It also accepts a
        Request of httpx, but does not repeat it.
    """

    def authorize(request: Any) -> Any:
        url = str(request.url)
        if not may_send(credentials, url, base_url=base_url):
            return request
        added = credentials.headers(request.method, url)
        query = credentials.query(request.method, url)
        request.headers.update(added)
        if query:
            request.prepare_url(url, query)
        if not hasattr(request, "register_hook"):  # one of httpx
            return request

        def leave_behind(response: Any, **_: Any) -> None:
            # The next request is a copy of this one.
            following = urljoin(response.url, response.headers.get("location", ""))
            if response.is_redirect and not may_send(credentials, following, base_url=base_url):
                for name in added:
                    response.request.headers.pop(name, None)

        request.register_hook("response", leave_behind)
        request.register_hook("response", _renewing(credentials, base_url, tuple(added), _position(request.body)))
        return request

    return authorize


def _renewing(
    credentials: Credentials, base_url: str, names: Sequence[str], position: int | None
) -> Callable[..., Any]:
    """Return a hook for responses that repeats a refused request with renewed credentials, once."""
    sent_again = False

    def renew(response: Any, **options: Any) -> Any:
        nonlocal sent_again
        request = response.request
        # Once: a service that refuses the renewed credentials as well would be asked for ever.
        if response.status_code != 401 or sent_again or not may_send(credentials, request.url, base_url=base_url):
            return response
        refused = {name: request.headers[name] for name in names if name in request.headers}
        # After a redirect that removed the credentials, the refusal is not about them.
        if not refused or not _rewound(request.body, position):
            return response
        sent_again = True
        if not credentials.renew(refused):
            return response
        response.content  # noqa: B018 - read to its end, so that the connection can be used again
        response.close()
        following = request.copy()
        following.headers.update(credentials.headers(request.method, request.url))
        final = response.connection.send(following, **options)
        final.history.append(response)
        final.request = following
        return final

    return renew


def _position(body: Any) -> int | None:
    """Return the position in a file that is sent; None for another body."""
    try:
        return body.tell()
    except (AttributeError, OSError):
        return None


def _rewound(body: Any, position: int | None) -> bool:
    """Rewind a body; return whether it can be sent a second time."""
    if body is None or isinstance(body, (bytes, str)):
        return True
    if position is None:
        return False
    try:
        body.seek(position)
    except (AttributeError, OSError):
        return False
    return True


def httpx_auth(credentials: Credentials, *, base_url: str) -> "httpx.Auth":
    """Return an httpx.Auth of our credentials, renewed once on 401: `httpx.Client(auth=httpx_auth(token,
    base_url=url))`.

    Args:
        credentials: The credentials. If they use another header than Authorization, sending raises ConfigError: httpx
            would forward it to the target of any redirect.
        base_url: The service that they were given for.
    """
    return _httpx_class()(credentials, base_url)


@cache
def _httpx_class() -> "Callable[[Credentials, str], httpx.Auth]":
    from omicsdk.core.sending.httpx_import import httpx
    from omicsdk.core.sending.wire import with_query

    class CredentialsAuth(httpx.Auth):
        def __init__(self, credentials: Credentials, base_url: str) -> None:
            self._credentials = credentials
            self._base_url = base_url

        def sync_auth_flow(self, request: "httpx.Request") -> "Generator[httpx.Request, httpx.Response]":
            method, url = request.method, str(request.url)
            if not may_send(self._credentials, url, base_url=self._base_url):
                yield request
                return
            sent = self._credentials.headers(method, url)
            self._put(request, sent, self._credentials.query(method, url))
            response = yield request
            if _are_refused(response, method) and self._credentials.renew(sent):
                # Without the query, which the URL already contains.
                self._put(request, self._credentials.headers(method, url))
                yield request

        async def async_auth_flow(self, request: "httpx.Request") -> "AsyncGenerator[httpx.Request, httpx.Response]":
            from anyio.to_thread import run_sync

            method, url = request.method, str(request.url)
            if not may_send(self._credentials, url, base_url=self._base_url):
                yield request
                return
            if self._credentials.ready():
                sent = self._credentials.headers(method, url)
            else:
                sent = await run_sync(self._credentials.headers, method, url)
            self._put(request, sent, self._credentials.query(method, url))
            response = yield request
            if _are_refused(response, method) and await run_sync(self._credentials.renew, sent):
                self._put(request, await run_sync(self._credentials.headers, method, url))
                yield request

        @staticmethod
        def _put(request: "httpx.Request", headers: Mapping[str, str], query: Mapping[str, str] | None = None) -> None:
            if others := [name for name in headers if name.lower() != "authorization"]:
                raise ConfigError(
                    f"httpx would send the header {', '.join(others)} to the target of any redirect",
                    remedy="Use one of omicsdk's own clients, which drop it on redirects.",
                )
            request.headers.update(headers)
            if query:
                request.url = httpx.URL(with_query(str(request.url), query))

    return CredentialsAuth


def _are_refused(response: "httpx.Response", method: str) -> bool:
    """Return whether a service refused credentials of httpx, which then repeats the first request of all redirects."""
    # Not if a redirect removed them, nor if it made a GET of a POST, which was accepted and must not be repeated.
    final = response.request
    return response.status_code == 401 and "authorization" in final.headers and final.method == method


def may_send(credentials: Credentials, url: str, *, base_url: str) -> bool:
    """Return whether credentials may be sent to a URL.

    Args:
        credentials: The credentials.
        url: The URL.
        base_url: The service that they were given for.

    Returns:
        True if the URL has that service's origin, is encrypted or on this machine, and is one of the credentials'
        origins.
    """
    return origin_of(url) == origin_of(base_url) and is_confidential(url) and credentials.goes_to(url)
