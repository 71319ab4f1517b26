"""Small requests of an event loop over aiohttp's connections, if aiohttp is installed (the extra `fast`).

Its parser is written in C: a client makes about three times as many small calls a second as over httpx's own
connections.
Other requests use httpx: large bodies, because aiohttp waits forever for one that is not read; proxies, HTTP/2 and
trio.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager

import aiohttp
from aiohttp import ConnectionTimeoutError
from yarl import URL

from omicsdk.core.sending.httpx_import import httpx

# An older one, which another package may have brought, is not used: it repeats requests by itself, and nothing turns that off.
if tuple(map(int, aiohttp.__version__.split(".")[:2])) < (3, 11):
    raise ImportError("aiohttp is older than 3.11")

#: Bytes of a body that the system buffers, whether the server reads or not.
_MOST_BODY = 1 << 16
#: Maximum bytes of a line of a head: presigned URLs in Location can be long; h11 accepts as many.
_MOST_LINE = 100 << 10
#: Maximum bytes of a body read at once: decoding may multiply them by a thousand.
_PIECE = 1 << 16
_DEFAULT_HEADERS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends requests over one aiohttp session, created for the first event loop that uses it.

    Args:
        context: The TLS context.
        kept_for: Seconds for which an idle connection is kept.
    """

    def __init__(self, context: ssl.SSLContext, kept_for: float) -> None:
        self._context = context
        self._kept_for = kept_for
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def serves(self, request: httpx.Request) -> bool:
        """Return whether a request can be sent by this transport."""
        return (
            isinstance(request.stream, httpx.ByteStream)
            and len(request.content) <= _MOST_BODY
            # httpx refuses NUL, which older versions of aiohttp send.
            and all(value.isascii() and b"\0" not in value for _, value in request.headers.raw)
            and _in_asyncio()
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request for which `serves` is true, and read the head of its response."""
        timeout = request.extensions["timeout"]
        # connect, since sock_connect begins after the host's name was resolved.
        within = aiohttp.ClientTimeout(total=None, connect=timeout["connect"], sock_read=timeout["read"])
        headers = [(name.decode("ascii"), value.decode("ascii")) for name, value in request.headers.raw]
        head, least = request.extensions.get("head"), request.extensions.get("least")
        until = None if head is None else asyncio.get_running_loop().time() + head[0]
        with _as_httpx(request):
            async with asyncio.timeout_at(until):
                response = await self._opened().request(
                    request.method,
                    # encoded: a presigned URL is signed with its escapes as they are.
                    URL(str(request.url), encoded=True),
                    headers=headers,
                    data=request.content,
                    allow_redirects=False,
                    timeout=within,
                )
        extensions = {"http_version": b"HTTP/1.1", "reason_phrase": (response.reason or "").encode("ascii", "ignore")}
        body = _Body(response, request, until, least or 0)
        return httpx.Response(response.status, headers=response.raw_headers, stream=body, extensions=extensions)

    def _opened(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._session
        if session is None or self._loop is not loop:  # connections end with the loop that opened them
            self._loop = loop
            # The pool that this transport belongs to limits open connections.
            connector = aiohttp.TCPConnector(limit=0, ssl=self._context, keepalive_timeout=self._kept_for)
            session = self._session = aiohttp.ClientSession(
                connector=connector,
                # Without cookies, as httpx's transports.
                cookie_jar=aiohttp.DummyCookieJar(),
                # httpx has set those that it wants; aiohttp would add its values for missing ones.
                skip_auto_headers=_DEFAULT_HEADERS,
                # httpx decodes, with the limits of `wire`.
                auto_decompress=False,
                max_line_size=_MOST_LINE,
                max_field_size=_MOST_LINE,
            )
            # `core.retry` decides about retries; aiohttp has no public option for that.
            session._retry_connection = False  # pyright: ignore[reportPrivateUsage]
        return session

    async def aclose(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _in_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:  # trio's
        return False
    return True


class _Body(httpx.AsyncByteStream):
    """A response's body, still encoded.

    Args:
        response: The response.
        request: The request.
        until: When a number of bytes must have arrived, by the event loop's clock; None for no limit.
        least: That number.
    """

    def __init__(
        self, response: aiohttp.ClientResponse, request: httpx.Request, until: float | None, least: int
    ) -> None:
        self._response = response
        self._request = request
        self._until = until
        self._least = least

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx(self._request):
            while True:
                async with asyncio.timeout_at(self._until if self._least > 0 else None):
                    piece = await self._response.content.read(_PIECE)
                if not piece:
                    return
                # Until as much has arrived as the least rate brings in the time for a head; after that `wire` measures
                # the rate.
                self._least -= len(piece)
                yield piece

    async def aclose(self) -> None:
        self._response.release()  # closes the connection unless all was read
        await self._response.wait_for_close()


@contextmanager
def _as_httpx(request: httpx.Request) -> Generator[None]:
    """Raise httpx's error for the same failure, so that `failure_of` determines whether the request may have arrived."""
    try:
        yield
    except ConnectionTimeoutError as error:
        raise httpx.ConnectTimeout(str(error), request=request) from error
    except TimeoutError as error:
        raise httpx.ReadTimeout(str(error), request=request) from error
    except aiohttp.ClientConnectorError as error:
        # Not os_error, which those about certificates do not have in every version.
        raise httpx.ConnectError(str(error.__cause__), request=request) from error.__cause__
    except aiohttp.ServerDisconnectedError as error:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response", request=request) from error
    except (aiohttp.ClientPayloadError, aiohttp.ClientResponseError) as error:
        raise httpx.RemoteProtocolError(_message(error), request=request) from error
    except aiohttp.ClientError as error:
        raise httpx.ReadError(str(error), request=request) from error
    except UnicodeError as error:  # of a name that no resolver can be asked for
        raise httpx.ConnectError(str(error), request=request) from error
    except ValueError as error:
        raise httpx.LocalProtocolError("Illegal header value", request=request) from error


def _message(error: aiohttp.ClientError) -> str:
    return error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
