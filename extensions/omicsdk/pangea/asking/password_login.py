"""A user's e-mail address and password as credentials: the token is got when it is first needed, and again when it has ended."""

# ruff: noqa: ARG002 - the arguments of the protocol of credentials

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.core.client import AsyncExchange, Exchange
from omicsdk.core.credentials import Bound
from omicsdk.core.errors import APIError, AuthError, BadRequest, Forbidden
from omicsdk.core.redaction import mask_url
from omicsdk.pangea.asking.server import check_is_encrypted

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.credentials import Credentials
    from omicsdk.core.request import Request

ENDED = "Invalid token"
"""What the server says, with a status of 403, of a token that isn't valid any longer."""


class PasswordLogin(Bound):
    """Logs in to one server. The password goes there and nowhere else, and never unencrypted.

    Args:
        endpoint: The server, without /api.
        email: The e-mail address.
        password: The password.
        options: What the client is made with that logs in: timeout, retry, environ, clock, transport.
    """

    def __init__(self, endpoint: str, email: str, password: str, **options: Any) -> None:
        super().__init__([endpoint])
        self._endpoint = endpoint
        self._sent = {"email": email, "password": password}
        self._options = options
        self._lock = threading.Lock()
        self._headers: Mapping[str, str] = {}

    def ready(self) -> bool:
        """Whether there is a token."""
        return bool(self._headers)

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """The Authorization header; logs in first where that wasn't done.

        Raises:
            AuthError: The server refused, or didn't answer.
        """
        if not self._headers:
            with self._lock:
                if not self._headers:
                    self._headers = self._logged_in()
        return self._headers

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Logs in again, unless another thread has done so since.

        Raises:
            AuthError: The server refused, or didn't answer.
        """
        with self._lock:
            if self._headers == refused:
                self._headers = self._logged_in()
            return self._headers != refused

    @property
    def held(self) -> Mapping[str, str]:
        """What is sent; empty before the first login."""
        return self._headers

    def renewed_after(self, error: Forbidden, sent: Mapping[str, str]) -> bool:
        """Whether a refusal was about the token, and there is another one to send.

        Args:
            error: The refusal.
            sent: What was held when the request was sent.

        Raises:
            AuthError: The server refused the login, or didn't answer.
        """
        return error.message.startswith(ENDED) and self.renew(sent or self._headers)

    def _logged_in(self) -> Mapping[str, str]:
        from omicsdk_api.pangea import PangeaApi

        check_is_encrypted(self._endpoint)
        where = mask_url(self._endpoint)
        client = PangeaApi(self._endpoint, **self._options)
        try:
            token = client.login(**self._sent).auth_token
        except BadRequest as error:
            raise AuthError(
                f"{where} didn't log {self._sent['email']} in: {error.message}",
                remedy="Check the e-mail address, letter by letter, and the password.",
            ) from error
        except APIError as error:
            raise AuthError(
                f"{where} couldn't log {self._sent['email']} in: {error.message} ({error.status})", remedy=error.remedy
            ) from error
        finally:
            if "transport" not in self._options:  # which is whoever's gave it
                client.close()
        return {"authorization": f"Token {token}"}


def _login_of(credentials: Credentials | None) -> PasswordLogin | None:
    return credentials if isinstance(credentials, PasswordLogin) else None


class RenewingExchange(Exchange):
    """Sends again what was refused because the token had ended: the server says so with 403, where others say 401."""

    def send(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """The final answer to a request; errors as those of `Transport.send`."""
        login = _login_of(self.transport.credentials)
        sent: Mapping[str, str] = login.held if login is not None else {}
        try:
            return super().send(request, stream=stream)
        except Forbidden as error:
            if login is None or not login.renewed_after(error, sent):
                raise
        return super().send(request, stream=stream)


class AsyncRenewingExchange(AsyncExchange):
    """The same for asyncio."""

    async def send(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """The final answer to a request; errors as those of `AsyncTransport.send`."""
        login = _login_of(self.transport.credentials)
        sent: Mapping[str, str] = login.held if login is not None else {}
        try:
            return await super().send(request, stream=stream)
        except Forbidden as error:
            if login is None or not await _in_thread(login, error, sent):
                raise
        return await super().send(request, stream=stream)


async def _in_thread(login: PasswordLogin, error: Forbidden, sent: Mapping[str, str]) -> bool:
    from anyio.to_thread import run_sync

    return await run_sync(login.renewed_after, error, sent)
