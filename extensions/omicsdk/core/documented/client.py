"""What clients with a documented interface of their own share: answers as plain JSON, and a response as `requests` has it.

A documented client is a facade over a generated one. Its operations are attributes (`Documented`), driven by the
generated operation and its entry in commands.json; the quirks of the old interfaces stay in the facades.
"""

import json
import re
import sys
import warnings
from codecs import getincrementaldecoder, lookup
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Never, Self, TypeVar, cast

from omicsdk.core.answer import decoded
from omicsdk.core.api_errors import not_json
from omicsdk.core.paging import content_key, items_at, page_of
from omicsdk.core.request import URI_LIST, Paging
from omicsdk.core.streaming import CHUNK, Body

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.client import Client
    from omicsdk.core.operation import Call

T = TypeVar("T")

_CHARSET = re.compile(r"charset=[\"']?([\w.:\-]+)", re.IGNORECASE)


class DocumentedAnswer:
    """An answer with the names that `requests` gave it.

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
        try:
            self.reason: str = HTTPStatus(status_code).phrase
        except ValueError:
            self.reason = ""
        self.headers = headers
        self.url = url
        self.request = request
        self._content: bytes | None = content

    @property
    def content(self) -> bytes:
        """The body's bytes, whole in memory."""
        return self._content or b""

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status_code < 400

    @property
    def encoding(self) -> str:
        """The body's encoding as its Content-Type states it, by default utf-8."""
        stated = _CHARSET.search(self.headers.get("content-type", ""))
        try:
            return lookup(stated[1]).name if stated else "utf-8"
        except LookupError:
            return "utf-8"

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode(self.encoding, "replace")

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            NotJson: It isn't JSON, but a web page, say; a ValueError.
        """
        try:
            return decoded(self.content)
        except ValueError as error:
            raise not_json("", self.url, self.text, str(error)) from error

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[Any]:
        """The body in pieces; those of a streamed answer aren't held.

        Args:
            chunk_size: Bytes in a piece, 1 by default; the last may have fewer. None for as many as suit.
            decode_unicode: Whether to give text.
        """
        pieces = self._pieces(chunk_size or CHUNK)
        return _decoded(pieces, self.encoding) if decode_unicode else pieces

    def iter_lines(self, chunk_size: int = 512, decode_unicode: bool = False) -> Iterator[Any]:
        """The body's lines, without their ends; arguments as those of `iter_content`."""
        left: Any = None
        for piece in self.iter_content(chunk_size, decode_unicode):
            lines = (piece if left is None else left + piece).splitlines()
            # The last line goes on in the next piece, unless this one ends with the line's end.
            left = lines.pop() if lines and lines[-1][-1:] == piece[-1:] else None
            yield from lines
        if left is not None:
            yield left

    def _pieces(self, size: int) -> Iterator[bytes]:
        whole = self.content
        return (whole[start : start + size] for start in range(0, len(whole), size))

    def raise_for_status(self) -> None:
        """Nothing: an error status was raised before this object was made."""

    def close(self) -> None:
        """Let go of the connection, which one that was read whole doesn't hold; may be called again."""

    def __bool__(self) -> bool:
        return self.ok

    def __iter__(self) -> Iterator[bytes]:
        return self.iter_content(128)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"


def _decoded(pieces: Iterator[bytes], encoding: str) -> Iterator[str]:
    """Bytes as text; a letter may be cut between two pieces."""
    decoder = getincrementaldecoder(encoding)("replace")
    for piece in pieces:
        if text := decoder.decode(piece):
            yield text
    if rest := decoder.decode(b"", True):
        yield rest


class DocumentedResponse(DocumentedAnswer):
    """An answer that was read whole, with the names that `requests` gave it."""

    def __init__(self, response: "httpx.Response") -> None:
        super().__init__(response.status_code, response.headers, str(response.url), response.request, response.content)


class DocumentedBody(DocumentedAnswer):
    """An answer whose bytes come as they are asked for: `read(n)`, `iter_bytes()`, and the names of `requests`.

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
        # By name: a platform's own kind of answer may stand between.
        DocumentedAnswer.__init__(self, body.status_code, body.headers, body.url, request)
        self._body = body
        self._close = close
        self._translate = translate or _as_it_is
        self._content = None
        self._is_begun = False

    @property
    def raw(self) -> Self:
        """Itself: the documented examples read `.raw`."""
        return self

    @property
    def content(self) -> bytes:
        """All bytes, held in memory from then on; `read` and `iter_content` hold a piece.

        Raises:
            RuntimeError: Some were read before, and aren't held.
        """
        if self._content is None:
            if self._is_begun:
                raise RuntimeError("Bytes of this answer were read before, so its content isn't whole any longer")
            self._content = self.read()
        return self._content

    def read(self, size: int | None = -1) -> bytes:
        """At most `size` bytes, all that is left by default; empty at the end."""
        self._is_begun = True
        with translating(self._translate):
            return self._body.read(-1 if size is None else size)

    def iter_bytes(self, chunk_size: int = CHUNK) -> Iterator[bytes]:
        """The bytes in pieces of `chunk_size`; the last may have fewer."""
        while piece := self.read(chunk_size):
            yield piece

    def _pieces(self, size: int) -> Iterator[bytes]:
        return self.iter_bytes(size) if self._content is None else super()._pieces(size)

    def close(self) -> None:
        """Let go of the connection; may be called again."""
        self._close()


def _as_it_is(error: Exception) -> Exception:
    return error


@cache
def _parameters(package: str) -> dict[str, dict[str, str]]:
    """Python name to type of every parameter, by operation, of a generated package."""
    file = Path(str(sys.modules[package].__file__)).with_name("commands.json")
    commands: list[dict[str, Any]] = json.loads(file.read_bytes())
    return {entry["name"]: {each["python"]: each["type"] for each in entry["parameters"]} for entry in commands}


class DocumentedOperation(Generic[T]):
    """One operation as a documented client offers it: keyword arguments in, plain JSON out.

    Args:
        operation: The generated operation.
        ignored: Names of arguments that examples show and the service doesn't have: they are ignored with a warning.
        translate: Makes the documented exception of one of ours, or gives it back as it is.
    """

    def __init__(
        self, operation: "Call[..., Any]", ignored: frozenset[str], translate: Callable[[Exception], Exception]
    ) -> None:
        self._operation = operation
        self._ignored = ignored
        self._translate = translate

    def __call__(self, *positional: Never, **arguments: Any) -> T:
        """Call the service.

        Returns:
            The JSON answer, bytes where it isn't JSON, the address where that was asked for (`directurl`), None where it is
            empty (304, "nothing has changed", among them); for HEAD a response with headers.

        Raises:
            TypeError: An argument has no name, isn't known or is missing.
        """
        self._check_names(positional)
        with translating(self._translate):
            response = next(self._operation.answers(self._request(arguments)))
        if self._operation.facts.method == "HEAD":
            return cast("T", DocumentedResponse(response))
        return cast("T", self._plain(response))

    def paginate(self, **arguments: Any) -> Iterator[T]:
        """Every page, as it arrives."""
        with translating(self._translate):
            for response in self._operation.answers(self._request(arguments)):
                yield cast("T", self._plain(response))

    def iterate(self, **arguments: Any) -> Iterator[Any]:
        """Every item of every page.

        Raises:
            TypeError: The operation has no pages.
        """
        self._paging()
        with translating(self._translate):
            for response in self._operation.answers(self._request(arguments)):
                yield from self._items(response)

    @contextmanager
    def stream(self, **arguments: Any) -> Generator[DocumentedBody]:
        """The answer's bytes as they arrive, in a `with` block."""
        with translating(self._translate):
            request = self._request(arguments)
            with ExitStack() as opened:
                body = opened.enter_context(self._operation.streamed(request))
                yield DocumentedBody(body, opened.close, request)

    def _check_names(self, positional: tuple[object, ...]) -> None:
        if positional:
            name, some = self._operation.facts.name, ", ".join(f"{each}=..." for each in list(self._known())[:2])
            raise TypeError(f"{name}() takes arguments by name, as in {name}({some})")

    def _paging(self) -> Paging:
        paging = self._operation.facts.paging
        if paging is None:
            raise TypeError(f"{self._operation.facts.name}() answers one page; there is nothing to iterate over")
        return paging

    def _plain(self, response: "httpx.Response") -> Any:
        """What an answer says; that of an operation with pages is a page with its list, whatever type it is said to be."""
        paging = self._operation.facts.paging
        if paging is None or response.status_code >= 300:
            return plain_answer(response)
        return page_of(response, content_key(paging, response.headers), self._operation.facts.name)

    def _items(self, response: "httpx.Response") -> list[Any]:
        name, key = self._operation.facts.name, content_key(self._paging(), response.headers)
        return items_at(page_of(response, key, name), key, name)

    def _known(self) -> dict[str, str]:
        package = self._operation.__module__.rpartition(".operations")[0]
        return _parameters(package)[self._operation.facts.name]

    def _request(self, arguments: Mapping[str, Any]) -> Any:
        facts = self._operation.facts
        known = self._known()
        given: dict[str, Any] = {}
        for name, value in arguments.items():
            if name in known:
                if value is not None:
                    given[name] = as_typed(value, known[name])
            elif name in self._ignored:
                warnings.warn(f"{facts.name}() has no argument {name!r}; it is ignored", stacklevel=4)
            else:
                near = get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]!r}?" if near else f"; it takes {', '.join(known) or 'none'}"
                raise TypeError(f"{facts.name}() has no argument {name!r}{hint}")
        try:
            return self._operation.build(**given)
        except TypeError as error:
            raise TypeError(str(error).replace("build()", f"{facts.name}()")) from None


@contextmanager
def translating(translate: Callable[[Exception], Exception]) -> Generator[None]:
    """Raises what `translate` makes of an error in its place; an error that it gives back as it is stays."""
    try:
        yield
    except Exception as error:
        raised = translate(error)
        if raised is error:
            raise
        raise raised from error


def as_typed(value: Any, kind: str) -> Any:
    """A number that was given as a string, as a number; anything else as it is.

    Args:
        value: What was given.
        kind: The parameter's type: `integer` and `number` are numbers.
    """
    if isinstance(value, str) and kind in ("integer", "number"):
        try:
            return int(value) if kind == "integer" else float(value)
        except ValueError:
            return value
    return value


def plain_answer(response: "httpx.Response") -> Any:
    """JSON where the answer says that it is, an address as text, else its bytes; None where it is empty."""
    if not response.content:
        return None
    if response.headers.get("content-type", "").startswith("application/json"):
        return response.json()
    if response.headers.get("content-type") == URI_LIST:
        return response.text
    return response.content


class DocumentedClient:
    """Base of documented clients: holds the generated client and turns its errors into the documented ones.

    Args:
        api: The generated client; closed with this one.
    """

    def __init__(self, api: "Client") -> None:
        self._api = api

    def operation(self, name: str, ignored: frozenset[str] = frozenset()) -> DocumentedOperation[Any]:
        """One operation of the service by its documented name.

        Args:
            name: The operation, such as `get_bundle`.
            ignored: Names of arguments that it doesn't have, and that are ignored with a warning; by default none.
        """
        return DocumentedOperation(getattr(self._api, name), ignored, self.documented_error)

    def documented_error(self, error: Exception) -> Exception:
        """The documented exception for one of ours; a facade whose documentation names some overrides it."""
        return error

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
