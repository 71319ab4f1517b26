"""Operations whose responses are bytes of any length, and the bodies that are read as they arrive."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Generic

from omicsdk.core.errors import OmicsError, TransportError
from omicsdk.core.operation import AnyOperation, AsyncCall, Call, H, P, R, call_form
from omicsdk.core.redaction import without_query
from omicsdk.core.request import Request
from omicsdk.core.response import AsyncExchange, Exchange

if TYPE_CHECKING:
    import httpx

#: Bytes that `iter_bytes` gives at a time by default.
CHUNK = 1 << 16


class _Body:
    """What the blocking and the asynchronous streamed body share."""

    def __init__(self, response: "httpx.Response", translate: Callable[[Exception], OmicsError | None]) -> None:
        self._response = response
        self._translate = translate
        self._left = b""
        self._broken: Exception | None = None

    @property
    def status_code(self) -> int:
        """HTTP status."""
        return self._response.status_code

    @property
    def headers(self) -> "httpx.Headers":
        """The response's headers; names are case-insensitive."""
        return self._response.headers

    @property
    def url(self) -> str:
        """Where the bytes come from, after redirects; a presigned URL is a secret: do not log it."""
        return str(self._response.url)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} status {self.status_code}>"

    def _split(self, chunk: bytes, size: int) -> bytes:
        self._left, piece = (chunk[size:], chunk[:size]) if size >= 0 else (b"", chunk)
        return piece

    def _buffered(self) -> tuple[list[bytes], int]:
        # Again for each further read: a reader that ignores the first error must not take the rest for an end.
        if self._broken is not None:
            raise self._translate(self._broken) or self._broken
        return [self._left], len(self._left)

    def _rest(self) -> bytes:
        """Take what a read left over, which comes before what has not arrived yet."""
        (left,), _ = self._buffered()
        return self._split(left, -1)

    def _break(self, error: Exception, *, is_sent: bool) -> None:
        """Keep an error for each further read, and raise it now unless bytes must be returned first."""
        self._broken = error
        if not is_sent:
            raise self._translate(error) or error from error


def _checked(chunk_size: int) -> int:
    if chunk_size < 1:
        raise ValueError(f"iter_bytes({chunk_size}): a chunk has at least one byte")
    return chunk_size


class Body(_Body):
    """A streamed body, read in a `with` block.

    Content-Encoding is decoded. A body that ends early raises TransportError.
    """

    def __init__(self, response: "httpx.Response", translate: Callable[[Exception], OmicsError | None]) -> None:
        super().__init__(response, translate)
        self._source = response.iter_bytes()

    def iter_bytes(self, chunk_size: int = CHUNK) -> Iterator[bytes]:
        """Yield the bytes in chunks of `chunk_size` (the last may be shorter).

        Raises:
            ValueError: A chunk is to have no bytes.
        """
        while data := self.read(_checked(chunk_size)):
            yield data

    def arriving(self) -> Iterator[bytes]:
        """Yield the bytes as they arrive.

        Raises:
            TransportError: The connection broke before the body's end.
        """
        if left := self._rest():
            yield left
        try:
            yield from self._source
        except Exception as error:
            self._break(error, is_sent=False)

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, or the rest; empty at the end.

        Raises:
            TransportError: The connection broke before the body's end. Bytes received until then are returned first,
                unless all were requested.
        """
        pieces, got = self._buffered()
        try:
            while size < 0 or got < size:
                piece = next(self._source, None)
                if piece is None:
                    break
                pieces.append(piece)
                got += len(piece)
        except Exception as error:
            # A reader of blocks gets what arrived, and can resume behind it; one that wants all cannot use a part.
            self._break(error, is_sent=size >= 0 and got > 0)
        return self._split(b"".join(pieces), size)


class AsyncBody(_Body):
    """A streamed body, read in an `async with` block."""

    def __init__(self, response: "httpx.Response", translate: Callable[[Exception], OmicsError | None]) -> None:
        super().__init__(response, translate)
        self._source = response.aiter_bytes()

    async def iter_bytes(self, chunk_size: int = CHUNK) -> AsyncIterator[bytes]:
        """Yield the bytes in chunks of `chunk_size` (the last may be shorter).

        Raises:
            ValueError: A chunk is to have no bytes.
        """
        while data := await self.read(_checked(chunk_size)):
            yield data

    async def arriving(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they arrive.

        Raises:
            TransportError: The connection broke before the body's end.
        """
        if left := self._rest():
            yield left
        try:
            async for piece in self._source:
                yield piece
        except Exception as error:
            self._break(error, is_sent=False)

    async def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, or the rest; empty at the end.

        Raises:
            TransportError: The connection broke before the body's end. Bytes received until then are returned first,
                unless all were requested.
        """
        pieces, got = self._buffered()
        try:
            while size < 0 or got < size:
                piece = await anext(self._source, None)
                if piece is None:
                    break
                pieces.append(piece)
                got += len(piece)
        except Exception as error:
            self._break(error, is_sent=size >= 0 and got > 0)
        return self._split(b"".join(pieces), size)


def transport_error(error: Exception, request: Request, response: "httpx.Response") -> TransportError | None:
    """Convert an error of httpx while a streamed body is read.

    Args:
        error: The exception.
        request: The request.
        response: The response, which may have come from another URL.

    Returns:
        The error to raise instead, or None if it is not a network error.
    """
    from omicsdk.core.sending.failures import WIRE_ERRORS, failure_of

    if not isinstance(error, WIRE_ERRORS):
        return None
    ours = failure_of(error).error
    ours.method, ours.url, ours.operation = request.method, without_query(str(response.url)), request.operation
    return ours


@contextmanager
def streamed(exchange: Exchange, request: Request) -> Generator[Body]:
    """Yield the bytes of the final response to a request, as they arrive."""
    response = exchange.send(request, stream=True)
    try:
        yield Body(response, lambda error: transport_error(error, request, response))
    finally:
        response.close()


@asynccontextmanager
async def async_streamed(exchange: AsyncExchange, request: Request) -> AsyncGenerator[AsyncBody]:
    """Yield the bytes of the final response to a request, as they arrive."""
    response = await exchange.send(request, stream=True)
    try:
        yield AsyncBody(response, lambda error: transport_error(error, request, response))
    finally:
        await response.aclose()


@contextmanager
def body_of(call: Call[..., Any, Any], request: Request) -> Generator[Body]:
    """Yield the bytes of the response to a request from a call's `build`, as they arrive."""
    with streamed(call._exchange, request) as body:  # pyright: ignore[reportPrivateUsage] - of core as well
        if call.checks is not None:
            call.checks.check_headers(call.facts, request, body.headers)
        yield body


class StreamCall(Call[P, R, H], Generic[P, R, H]):
    """An operation of a Client whose responses are bytes of any length."""

    def streamed(self, request: Request) -> AbstractContextManager[Body]:
        """Return the bytes of the response to a request from `build`, as they arrive."""
        return body_of(self, request)

    @call_form
    def stream(self, *args: P.args, **kwargs: P.kwargs) -> AbstractContextManager[Body]:
        # Return the response's bytes as they arrive, in a `with` block.
        return self.streamed(self._request(*args, **kwargs))


class AsyncStreamCall(AsyncCall[P, R, H], Generic[P, R, H]):
    """An operation of an AsyncClient whose responses are bytes of any length."""

    @asynccontextmanager
    async def streamed(self, request: Request) -> AsyncGenerator[AsyncBody]:
        """Yield the bytes of the response to a request from `build`, as they arrive."""
        async with async_streamed(self._exchange, request) as body:
            if self.checks is not None:
                self.checks.check_headers(self.facts, request, body.headers)
            yield body

    @call_form
    def stream(self, *args: P.args, **kwargs: P.kwargs) -> AbstractAsyncContextManager[AsyncBody]:
        # Return the response's bytes as they arrive, in an `async with` block.
        return self.streamed(self._request(*args, **kwargs))


class StreamOperation(AnyOperation[P, R, StreamCall[P, R, H], AsyncStreamCall[P, R, H], H], Generic[P, R, H]):
    """An operation whose responses are bytes of any length; arguments as those of Operation."""

    calls = (StreamCall, AsyncStreamCall)
