"""One response as plain data, the parts that generated parsers are made of, the exchanges that send requests for responses,
and the JSON of one that no parser reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, overload

from omicsdk.core.api_errors import PAGE_LIMIT, not_json, page_title
from omicsdk.core.errors import APIError, DecodeError, error_class
from omicsdk.core.json_coding import DECODED, charset_in, decoded, paused_for
from omicsdk.core.model import ANY, Model, Shape, check, mapping, otherwise_typed
from omicsdk.core.request import URI_LIST
from omicsdk.core.retry import is_elsewhere

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.request import Request
    from omicsdk.core.sending.transport import AsyncTransport, Steps, Transport

T = TypeVar("T")
M = TypeVar("M", bound=Model)
R = TypeVar("R", covariant=True)
H = TypeVar("H", covariant=True)
Check = Callable[[Mapping[str, str], Any, Shape], None]


@dataclass(frozen=True, slots=True)
class Response:
    """A final response below status 400.

    Attributes:
        operation: The operation's name.
        status: HTTP status.
        headers: Its headers; names are case-insensitive.
        content: The whole body.
        encoding: The encoding of the text, from its Content-Type.
        errors: How bytes are decoded that the encoding does not allow: a name of Python's codecs.
        strict: Whether a response that does not conform to the document is an error.
        check: Checks decoded JSON by the headers and its shape before it is read, as that of a page; raises DecodeError.
        url: The URL that it came from.
        decoded: Its JSON, if it was decoded before; taken by the first that reads it.
    """

    operation: str
    status: int
    headers: Mapping[str, str]
    content: bytes
    encoding: str = "utf-8"
    errors: str = field(default="strict", kw_only=True)
    strict: bool = False
    check: Check | None = field(default=None, repr=False)
    url: str = field(default="", repr=False)  # may be presigned
    decoded: list[Any] = field(default_factory=list[Any], repr=False, compare=False)

    def json(self, decode: Callable[[Any], T], shape: Shape) -> T:
        """Decode a JSON body.

        Args:
            decode: Converts JSON data to the operation's type.
            shape: The expected shape; if the client is not strict, only that a model is an object, and the type of a
                page's entries, are checked.

        Raises:
            NotJson: The body is not JSON, but a web page, for example.
            DecodeError: It is a page without its list, or with an entry of another type, or does not conform and the client
                is strict.
        """
        with paused_for(len(self.content)):
            try:
                # Taken out, so that the decoded data do not live as long as the response, which a caller may keep.
                content = self.content
                data = self.decoded.pop() if self.decoded else decoded(content, self.encoding) if content else None
            except ValueError as error:
                raise not_json(self.operation, self.url, self._text("replace"), str(error)) from error
            try:
                if self.check is not None:
                    self.check(self.headers, data, shape)
                # An object is all that is required without `strict`: most pass without a call.
                if self.strict or (self.content and data.__class__ is not dict):
                    check(self.operation, "", data, required_shape(shape, strict=self.strict))
                result = decode(data)
            except RecursionError as error:  # each level takes several calls here, and fewer where JSON is decoded
                why = "it is nested too deeply"
                raise not_json(self.operation, self.url, self._text("replace"), why) from error
            del data  # before the collector resumes, or it would traverse all of it
        return result

    def model(self, cls: type[M]) -> M:
        """Decode a JSON body that is one model. A client that is not strict returns None for an empty body.

        Raises:
            NotJson, DecodeError: As for `json`, and for a body that is not an object: it has none of the model's fields.
        """
        return self.json(*_model_reader(cls))

    def comes_as(self, *media_types: str) -> bool:
        """Whether its Content-Type is one of several.

        Args:
            media_types: In lower case, without parameters; `text/*` and `*/*` are ranges.
        """
        content_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        kind = content_type.partition("/")[0]
        return any(media_type in (content_type, f"{kind}/*", "*/*") for media_type in media_types)

    @property
    def holds_json(self) -> bool:
        """Whether a response that may be bytes is JSON: by its Content-Type, or because it begins as an object or array
        does.
        """
        return "json" in self.headers.get("content-type", "") or self.content.lstrip()[:1] in (b"{", b"[")

    def text(self) -> str:
        """The body as text.

        Raises:
            DecodeError: The body has bytes that its charset does not allow, and the client's `errors` is "strict".
        """
        try:
            return self._text(self.errors)
        except ValueError as error:
            states_charset = "charset=" in self.headers.get("content-type", "").lower()
            origin = "of its Content-Type" if states_charset else "assumed, since its Content-Type states none"
            wrong = DecodeError(self.operation, "", self.content[:80], expected=f"text in {self.encoding} ({origin})")
            wrong.remedy = f'Read the bytes with {self.operation}.stream() or .raw(), or use client.with_options(errors="replace").'
            raise wrong from error

    def _text(self, errors: str) -> str:
        try:
            return self.content.decode(self.encoding, errors)
        except UnicodeError:
            if errors == "strict":
                raise
        except LookupError:
            pass  # not a charset of Python's: nearly all texts are UTF-8, and others are found not to be
        return self.content.decode("utf-8", errors)  # also of codecs without other handling of errors, such as idna


def nothing(response: Response) -> None:
    """Accept a successful response without content.

    Args:
        response: The response.

    Raises:
        NotJson: It is a web page: a login, or a network's portal, succeeded in the place of the service.
    """
    text = response.content[:PAGE_LIMIT].decode("utf-8", "replace")
    if page_title(text) is not None:
        raise not_json(response.operation, response.url, text, expected="an empty body")


def required_shape(shape: Shape, *, strict: bool) -> Shape:
    """Return what data must conform to: without `strict` only that a model is an object, or it has none of its fields."""
    return shape if strict else mapping(ANY) if shape.kind == "model" else ANY


def model_of(cls: type[M]) -> Callable[[Any], M]:
    """Return a decoder that makes models of objects and leaves anything else unchanged."""

    def decode(data: Any) -> M:
        return cls.from_dict(data) if data.__class__ is dict else cast("M", otherwise_typed(cls.__name__, data))

    return decode


@cache
def _model_reader(cls: type[Model]) -> tuple[Callable[[Any], Any], Shape]:
    return model_of(cls), Shape("model", model=lambda: cls)


def as_it_came(data: Any) -> Any:
    """The decoder of values that are plain JSON on both sides."""
    return data


class ResponseHeaders(Mapping[str, str]):
    """A response's headers: a case-insensitive mapping, with the headers of the document as typed attributes.

    Args:
        headers: Names and values; those of an APIError are accepted too.
        operation: The operation's name, for errors.
        strict: Whether a header that does not conform to the document is an error.

    Raises:
        DecodeError: A header does not conform, and `strict` is set.
    """

    def __init__(self, headers: Mapping[str, str], operation: str = "", *, strict: bool = False) -> None:
        self._values = {name.lower(): value for name, value in headers.items()}
        self._operation = operation
        if strict:
            for declared in vars(type(self)).values():
                if isinstance(declared, Header):
                    declared.check(self, operation)

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._operation}: {', '.join(self._values)}>"  # values may be secrets


class Header(Generic[T]):
    """A header that a document declares, as an attribute of ResponseHeaders; None if the response lacks it.

    Args:
        name: Its name in the document.
        shape: The shape of its value: a scalar, or a list of scalars separated by commas.
    """

    def __init__(self, name: str, shape: Shape) -> None:
        self.name = name
        self.shape = shape

    @overload
    def __get__(self, headers: None, owner: type) -> Self: ...
    @overload
    def __get__(self, headers: ResponseHeaders, owner: type) -> T | None: ...
    def __get__(self, headers: ResponseHeaders | None, owner: type) -> Any:
        if headers is None:
            return self
        text = headers.get(self.name)
        return None if text is None else _of_header(text, self.shape)

    def check(self, headers: ResponseHeaders, operation: str) -> None:
        """Check a header against its shape.

        Raises:
            DecodeError: It does not conform.
        """
        text = headers.get(self.name)
        if text is not None:
            check(operation, f"headers.{self.name}", _of_header(text, self.shape, dates=False), self.shape)


def _of_header(text: str, shape: Shape, *, dates: bool = True) -> Any:
    """Convert a header's value to its shape; return the text if that fails."""
    if shape.kind == "array":
        return [
            _of_header(item.strip(" \t"), shape.of[0], dates=dates) for item in text.split(",") if item.strip(" \t")
        ]
    if shape.read is not None and dates:
        return text if (value := shape.read(text)) is None else value
    # A literal that is a text stays one, even if it looks like a number.
    if shape.kind in ("integer", "number", "boolean", "literal") and text not in shape.of:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return value if isinstance(value, (int, float)) and (shape.kind != "literal" or value in shape.of) else text
    return text


@dataclass(frozen=True, slots=True)
class ResponseWithHeaders(Generic[R, H]):
    """The value of a response together with its headers.

    Attributes:
        value: The result of a plain call.
        headers: Its headers.
        status: HTTP status.
    """

    value: R
    headers: H
    status: int


# They describe the body of the redirect, in whose place the address is.
_OF_BODIES = frozenset({"content-type", "content-length", "content-encoding", "transfer-encoding"})


def _address(response: httpx.Response) -> httpx.Response:
    """Return a response whose body is the address that it redirects to, since that was requested."""
    import httpx

    headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in _OF_BODIES]
    return httpx.Response(
        response.status_code,
        headers=[*headers, ("content-type", URI_LIST)],
        content=response.headers["location"].encode(),
        request=response.request,
    )


def conversation(exchange: AnyExchange, request: Request) -> Steps[httpx.Response]:
    """Return the steps of a request to its final response, as any client takes them.

    Args:
        exchange: The exchange.
        request: The request.
    """
    return exchange.transport.conversation(request, follow_redirects=exchange.follow_redirects)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyExchange:
    """What the exchanges of both clients share.

    Attributes:
        transport: Sends the requests.
        strict: Whether a response that does not conform to the document is an error.
        follow_redirects: Whether redirects without Retry-After are followed, or returned to the caller.
        errors: How bytes of a text that its charset does not allow are decoded: a name of Python's codecs.
        error_module: The module with the service's own classes of errors; empty if it has none.
        steps: Returns the steps of a request to its final response; a platform may add steps to those of `conversation`.
    """

    transport: Transport | AsyncTransport
    strict: bool = False
    follow_redirects: bool = True
    errors: str = "strict"
    error_module: str = ""
    steps: Callable[[AnyExchange, Request], Steps[httpx.Response]] = conversation

    def classify(self, error: APIError, request: Request) -> None:
        """Make an error of a request one of the service's own classes, which are subclasses of those of core.

        The error stays the same object, with its traceback.
        """
        kind = error_class(error.status)
        if self.error_module and error.operation == request.operation and type(error) is kind:
            # The same error with another class: its traceback and its cause stay.
            error.__class__ = getattr(import_module(self.error_module), kind.__name__)
            error.strict = self.strict

    def response(self, request: Request, raw: httpx.Response, check: Check | None = None) -> Response:
        """Return a whole response as plain data.

        Args:
            request: The request.
            raw: Its response.
            check: Checks its decoded JSON before it is read.
        """
        return Response(
            operation=request.operation,
            status=raw.status_code,
            headers=raw.headers,
            content=raw.content,
            # httpx reads the header as one of a mail, which takes as long as decoding a short body.
            encoding=charset_in(raw.headers.get("content-type", "")),
            errors=self.errors,
            strict=self.strict,
            check=check,
            url=str(raw.url),
            decoded=[raw.extensions.pop(DECODED)] if DECODED in raw.extensions else [],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange(AnyExchange):
    """Sends over a Transport."""

    transport: Transport

    def send(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """Return the final response to a request; errors as `Transport.send`."""
        try:
            response = self.transport.perform(self.steps(self, request), request, stream)
        except APIError as error:
            self.classify(error, request)
            raise
        if not (request.location and is_elsewhere(response.status_code, response.headers.get("location"))):
            return response
        response.close()
        return _address(response)


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncExchange(AnyExchange):
    """Sends over an AsyncTransport."""

    transport: AsyncTransport

    async def send(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """Return the final response to a request; errors as `AsyncTransport.send`."""
        try:
            response = await self.transport.perform(self.steps(self, request), request, stream)
        except APIError as error:
            self.classify(error, request)
            raise
        if not (request.location and is_elsewhere(response.status_code, response.headers.get("location"))):
            return response
        await response.aclose()
        return _address(response)


def json_of(response: httpx.Response, operation: str = "") -> Any:
    """Decode the JSON of a response; None where its body is empty.

    Args:
        response: The response, as `raw` of an operation returns it.
        operation: The operation, for errors; by default the path of its URL.

    Raises:
        NotJson: It is not JSON.
    """
    content = response.content
    if not content:
        return None
    if DECODED in response.extensions:  # by a comparison with the request
        return response.extensions.pop(DECODED)
    try:
        return decoded(content, charset_in(response.headers.get("content-type", "")))
    except ValueError as error:
        raise not_json(operation or response.url.path, str(response.url), response.text, str(error)) from error
