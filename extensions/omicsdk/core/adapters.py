"""Our credentials for other people's HTTP clients: requests and httpx. Neither is imported here unless it is used.

What holds in our own transports holds here: nothing is sent to an origin that the credentials aren't for, nor
unencrypted but to this machine.
"""

from collections.abc import Callable, Generator
from functools import cache
from typing import TYPE_CHECKING, Protocol

from omicsdk.core.credentials import Credentials, may_send

if TYPE_CHECKING:
    import httpx


class PreparedRequest(Protocol):
    """What requests hands to an `auth` callable, as far as it is used."""

    method: str
    url: str
    headers: dict[str, str]


def requests_auth(credentials: Credentials, *, base_url: str) -> Callable[[PreparedRequest], PreparedRequest]:
    """An `auth` for requests: `requests.get(url, auth=requests_auth(token, base_url=url))`.

    A refused token isn't renewed by it: requests shows an `auth` only what goes out.

    Args:
        credentials: What to send.
        base_url: The service that they were given for.

    Returns:
        A callable that adds the headers.
    """

    def authorize(request: PreparedRequest) -> PreparedRequest:
        if may_send(credentials, request.url, base_url=base_url):
            request.headers.update(credentials.headers(request.method, request.url))
        return request

    return authorize


def httpx_auth(credentials: Credentials, *, base_url: str) -> "httpx.Auth":
    """An httpx.Auth of our credentials, renewed once on 401: `httpx.Client(auth=httpx_auth(token, base_url=url))`.

    Args:
        credentials: What to send.
        base_url: The service that they were given for.
    """
    return _httpx_class()(credentials, base_url)


@cache
def _httpx_class() -> "Callable[[Credentials, str], httpx.Auth]":
    from omicsdk.core.httpx_import import httpx

    class CredentialsAuth(httpx.Auth):
        def __init__(self, credentials: Credentials, base_url: str) -> None:
            self._credentials = credentials
            self._base_url = base_url

        def auth_flow(self, request: "httpx.Request") -> "Generator[httpx.Request, httpx.Response]":
            url = str(request.url)
            if not may_send(self._credentials, url, base_url=self._base_url):
                yield request
                return
            sent = self._credentials.headers(request.method, url)
            request.headers.update(sent)
            response = yield request
            if response.status_code == 401 and self._credentials.renew(sent):
                request.headers.update(self._credentials.headers(request.method, url))
                yield request

    return CredentialsAuth
