"""Responses with the attributes of `requests.Response`, which published clients return."""

import json
import re
from codecs import getincrementaldecoder, lookup
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

from omicsdk.core.api_errors import not_json, phrase_of
from omicsdk.core.closing import Closing
from omicsdk.core.errors import APIError
from omicsdk.core.json_coding import decoded
from omicsdk.core.streaming import CHUNK, Body

if TYPE_CHECKING:
    import httpx

_CHARSET = re.compile(r"charset=[\"']?([\w.:\-]+)", re.IGNORECASE)
# Headers that are about a body as it was sent, which is not the one that an error keeps.
OF_THE_BODY = frozenset({"content-encoding", "content-length", "transfer-encoding"})


@contextmanager
def translating(translate: Callable[[Exception], Exception]) -> Generator[None]:
    """Replace errors by the result of `translate`; an error that it returns unchanged is raised again."""
    try:
        yield
    except Exception as error:
        raised = translate(error)
        if raised is error:
            raise
        raise raised from error


class DocumentedReply(Closing):
    """Response with the attributes of `requests.Response`.

    Attributes:
        status_code: HTTP status.
        reason: The status in words.
        headers: Headers, looked up without regard to case.
        url: Where it came from.
        request: The request that was sent.
    """

    def __init__(
        self, status_code: int, headers: Mapping[str, str], url: str, request: Any, content: bytes = b""
    ) -> None:
        self.status_code = status_code
        self.reason = phrase_of(status_code)
        self.headers = headers
        self.url = url
        self.request = request
        self._content: bytes | None = content

    @property
    def content(self) -> bytes:
        """The complete body in memory."""
        return self._content or b""

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status_code < 400

    @property
    def encoding(self) -> str:
        """Encoding of the body according to its Content-Type (default utf-8)."""
        match = _CHARSET.search(self.headers.get("content-type", ""))
        if match:
            with suppress(LookupError, UnicodeError):
                b"\xff".decode(match[1], "replace")  # fails for codecs that are not of texts, such as hex
                return lookup(match[1]).name
        return "utf-8"

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode(self.encoding, "replace")

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            NotJson: It is not JSON, but a web page, say; a ValueError.
        """
        try:
            return decoded(self.content)
        except ValueError as error:
            raise not_json("", self.url, self.text, str(error)) from error

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[Any]:
        """Iterate over the body in chunks; those of a streamed response are not kept.

        Args:
            chunk_size: Bytes in a piece, 1 by default; the last may have fewer. None for as many as suit.
            decode_unicode: Whether to give text.
        """
        pieces = self._pieces(chunk_size or CHUNK)
        return _decoded(pieces, self.encoding) if decode_unicode else pieces

    def iter_lines(self, chunk_size: int = 512, decode_unicode: bool = False) -> Iterator[Any]:
        """Iterate over the lines of the body, without line ends; arguments as for `iter_content`."""
        left: Any = None
        for piece in self.iter_content(chunk_size, decode_unicode):
            lines = (piece if left is None else left + piece).splitlines()
            # The last line continues in the next piece, unless this one ends with a line end.
            left = lines.pop() if lines and lines[-1][-1:] == piece[-1:] else None
            yield from lines
        if left is not None:
            yield left

    def _pieces(self, size: int) -> Iterator[bytes]:
        whole = self.content
        return (whole[start : start + size] for start in range(0, len(whole), size))

    def raise_for_status(self) -> None:
        """Do nothing: an error status was raised before this object was created."""

    def __bool__(self) -> bool:
        return self.ok

    def __iter__(self) -> Iterator[bytes]:
        return self.iter_content(128)

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"


def _decoded(pieces: Iterator[bytes], encoding: str) -> Iterator[str]:
    """Decode chunks of bytes; a character may be split between two chunks."""
    decoder = getincrementaldecoder(encoding)("replace")
    for piece in pieces:
        if text := decoder.decode(piece):
            yield text
    if rest := decoder.decode(b"", True):
        yield rest


class DocumentedResponse(DocumentedReply):
    """Response that was read completely, with the attributes of `requests.Response`."""

    def __init__(self, response: "httpx.Response") -> None:
        super().__init__(response.status_code, response.headers, str(response.url), response.request, response.content)


class DocumentedBody(DocumentedReply):
    """Streamed response: `read(n)`, `iter_bytes()`, and the attributes of `requests.Response`.

    Args:
        body: The bytes.
        close: Lets go of the connection.
        request: The request that was sent.
        translate: Makes the documented exception of one of ours.
    """

    def __init__(
        self,
        body: Body,
        close: Callable[[], object],
        request: object,
        translate: Callable[[Exception], Exception] | None = None,
    ) -> None:
        # By name: a platform's response class may come between them.
        DocumentedReply.__init__(self, body.status_code, body.headers, body.url, request)
        self._body = body
        self._close = close
        self._translate = translate or _as_it_is
        self._content = None
        self._is_begun = False

    @property
    def raw(self) -> Self:
        """This object: the documented examples read `.raw`."""
        return self

    @property
    def content(self) -> bytes:
        """All bytes, kept in memory afterwards; `read` and `iter_content` keep only a chunk.

        Raises:
            RuntimeError: Some were read before, and are not held.
        """
        if self._content is None:
            if self._is_begun:
                raise RuntimeError("Cannot return the content: a part of the response was already read")
            self._content = self.read()
        return self._content

    def read(self, size: int | None = -1) -> bytes:
        """Read at most `size` bytes (default: all that remain); empty at the end."""
        self._is_begun = True
        with translating(self._translate):
            return self._body.read(-1 if size is None else size)

    def iter_bytes(self, chunk_size: int = CHUNK) -> Iterator[bytes]:
        """Iterate over chunks of `chunk_size` bytes; the last may be shorter."""
        while piece := self.read(chunk_size):
            yield piece

    def _pieces(self, size: int) -> Iterator[bytes]:
        return self.iter_bytes(size) if self._content is None else super()._pieces(size)

    def close(self) -> None:
        """Release the connection; may be called again."""
        self._close()


def _as_it_is(error: Exception) -> Exception:
    return error


def refused_body(error: APIError) -> bytes:
    """Body of an error response, with secrets masked."""
    body = error.body if isinstance(error.body, str) else "" if error.body is None else json.dumps(error.body)
    return body.encode()


class RefusedResponse(DocumentedResponse):
    """Error response with the attributes of `requests.Response`, and secrets masked.

    Args:
        error: What core made of the response.
        documented: Makes the platform's documented exception of it.
    """

    def __init__(self, error: APIError, documented: Callable[[APIError], Exception]) -> None:
        import httpx

        headers = {name: value for name, value in error.headers.items() if name not in OF_THE_BODY}
        request = httpx.Request(error.method or "GET", error.url)
        super().__init__(httpx.Response(error.status, headers=headers, content=refused_body(error), request=request))
        self._error = error
        self._documented = documented

    def raise_for_status(self) -> None:
        """Raise the error again.

        Raises:
            Exception: The platform's documented one, always.
        """
        raise self._documented(self._error)
