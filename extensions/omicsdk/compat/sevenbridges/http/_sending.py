"""Transport of an Api: headers and login, streamed requests, and error handlers.

Separate from `client`: the import of `Api` alone must not load the modules that this one uses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from omicsdk.compat.responses import OF_THE_BODY
from omicsdk.compat.sevenbridges._arguments import OAUTH_HEADER, TOKEN_HEADER
from omicsdk.compat.sevenbridges.errors import as_ours
from omicsdk.compat.sevenbridges.http.responses import Response, StreamedResponse
from omicsdk.core.credentials import Credentials
from omicsdk.core.errors import APIError, ConfigError
from omicsdk.core.plain_client import exchange_of
from omicsdk.core.redaction import mask_headers
from omicsdk.core.response import Exchange, conversation

if TYPE_CHECKING:
    import httpx

    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.core.request import Request
    from omicsdk.sb.client import SevenBridges

#: Headers that every request has anyway, and that may go anywhere.
_HARMLESS = frozenset({"accept", "accept-encoding", "user-agent"})
_ADVANCE_ACCESS = "X-Sbg-Advance-Access"
#: Parameters that are true or false, which the published client writes as Python does.
_SWITCHES = re.compile(r"([?&](?:copy_only|include_archived|project_based)=)(true|false)(?=&|$)")

#: The end of a part's report, which the published client sends with a slash.
_REPORT = re.compile(r"(?<=/part)$")


class Headers(dict[str, str]):
    """Headers of each request to the platform; printed without secrets."""

    def __repr__(self) -> str:
        return repr(dict(mask_headers(self)))

    __str__ = __repr__


class Unusable(Credentials):
    """A token that cannot be sent, such as the placeholder of an example: requests fail, making an Api does not."""

    def __init__(self, error: ConfigError) -> None:
        super().__init__(None)
        self._error = error

    def headers(self, method: str, url: str) -> Mapping[str, str]:  # noqa: ARG002 - arguments of the overridden method
        """Raise the reason."""
        raise self._error


class Login(Credentials):
    """Credentials of an Api: its current headers, sent to its platform only."""

    def __init__(self, login: Credentials, api: HttpClient) -> None:
        super().__init__(None)
        self._login = login
        self.made_with = Headers(api.headers)
        self._api = api

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """Headers of the login, and additional headers."""
        added = {name: value for name, value in self.added().items() if name.lower() not in _HARMLESS}
        # A program that replaces or deletes the token's header logs in by its own headers alone.
        return {**self._login.headers(method, url), **added} if self._is_untouched() else added

    def added(self) -> dict[str, str]:
        """Return the headers that were added or changed after the Api was created."""
        now = self._api.headers
        added = {name: value for name, value in now.items() if self.made_with.get(name) != value}
        return {**added, _ADVANCE_ACCESS: "Advance"} if self._api.aa else added

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Return whether the token of the Api's login has changed."""
        return self._is_untouched() and self._login.renew(refused)

    def _is_untouched(self) -> bool:
        logins = TOKEN_HEADER, OAUTH_HEADER
        return all(self._api.headers.get(name) == value for name, value in self.made_with.items() if name in logins)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandledExchange(Exchange):
    """Exchange that passes responses to the error handlers of an Api."""

    api: HttpClient

    def send(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """Send a request and return the response of the error handlers; `stream` is ignored."""
        import httpx

        del stream
        response = self.api.send(request)
        if response.response is not None:
            return response.response
        # The body is decoded already: with these headers httpx would decode it once more.
        headers = [(name, value) for name, value in response.headers.items() if name.lower() not in OF_THE_BODY]
        http_request = httpx.Request(request.method, response.url)
        return httpx.Response(response.status_code, headers=headers, content=response.content, request=http_request)


def response_to(request: Request, client: SevenBridges, login: Login) -> Response:
    """Send a request of an Api without error handlers.

    The client does not wait while the platform is in maintenance: only error handlers do.
    """
    request = _with_headers(request, login.added())
    request = request.at(_REPORT.sub("/", _SWITCHES.sub(lambda match: f"{match[1]}{match[2].title()}", request.url)))
    with as_ours():
        try:
            response = replace(exchange_of(client), steps=conversation).send(request, stream=request.streams)
        except APIError as error:
            return Response.of_error(error, request)
    return StreamedResponse(response, request) if request.streams else Response.of(response, request)


def _with_headers(request: Request, added: Mapping[str, str]) -> Request:
    """Return a request with the headers of an Api; those of the login are added by the credentials."""
    names = {name.lower() for name in added}
    headers = [(name, value) for name, value in request.headers if name.lower() not in names]
    headers += [(name.lower(), value) for name, value in added.items() if name.lower() in _HARMLESS]
    return replace(request, headers=tuple(headers)) if added else request
