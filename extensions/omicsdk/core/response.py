"""One response as plain data, and the parts that generated parsers are made of."""

import gc
import json
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, Self, TypeVar, cast, overload

from omicsdk.core.api_errors import not_json
from omicsdk.core.errors import DecodeError
from omicsdk.core.json_decoding import decoded
from omicsdk.core.model import ANY, Model, Shape, check, mapping, otherwise_typed

T = TypeVar("T")
M = TypeVar("M", bound=Model)
R = TypeVar("R", covariant=True)
H = TypeVar("H", covariant=True)


DECODED = "omicsdk.decoded"
"""Key of a response's extensions: its JSON, if it was decoded to compare it."""
PAUSE_FROM = 1 << 18
"""Bytes of a body from which on a pause pays: pages of a thousand records are that long."""

SETTLE_FROM = 10_000
"""New objects from which on they are moved: a pass over fewer takes less than a millisecond."""

pause_enabled = True
"""Set to False to never pause the cyclic collector."""

_pause_lock = threading.Lock()
_pauses = 0
_was_enabled = False


@contextmanager
def paused_for(size: int) -> Generator[None]:
    """Pause the cyclic garbage collector while a body of `size` bytes is decoded, if that is faster.

    Its passes take two thirds of the time of decoding many small objects, none of which is garbage. The pause applies
    to the process, so the pauses of all threads are counted, and the last one restores the state that the first one
    found.
    """
    if not pause_enabled or size < PAUSE_FROM:
        yield
        return
    global _pauses, _was_enabled
    # The collector is the process's: the first of several threads disables it, and the last one restores its state.
    with _pause_lock:
        if _pauses == 0:
            _was_enabled = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _pause_lock:
            _pauses -= 1
            if _pauses == 0 and _was_enabled:
                _settle()
                gc.enable()


def _settle() -> None:
    """Move objects created during the pause to the old generation, or the next young pass would traverse all of them.

    Freezing and thawing moves lists, not objects. Where a program froze objects permanently, nothing is thawed; counting
    those walks through all of them, which takes 0.1 s in a large program, so it is done only for a pause that made much.
    """
    # Not in a program that has frozen objects: these would be unfrozen.
    if gc.get_count()[0] >= SETTLE_FROM and gc.get_freeze_count() == 0:
        gc.freeze()
        gc.unfreeze()


def json_value(content: bytes, operation: str, url: str, text: Callable[[], str]) -> Any:
    """Decode the JSON of a body.

    Args:
        content: The body.
        operation: The operation, for errors; empty if unknown.
        url: The URL, for errors.
        text: Returns the body as text, for errors.

    Raises:
        NotJson: It is not JSON.
    """
    try:
        return decoded(content)
    except ValueError as error:
        raise not_json(operation, url, text(), str(error)) from error


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
        check: Checks decoded JSON by its shape before it is read, as that of a page; raises DecodeError.
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
    check: Callable[[Any, Shape], None] | None = field(default=None, repr=False)
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
            if self.decoded:
                data = self.decoded.pop()
            else:
                data = json_value(self.content, self.operation, self.url, self._shown) if self.content else None
            if self.check is not None:
                self.check(data, shape)
            if self.strict or self.content:
                check(self.operation, "", data, required_shape(shape, strict=self.strict))
            result = decode(data)
            del data  # before the collector resumes, or it would traverse all of it
        return result

    def model(self, cls: type[M]) -> M:
        """Decode a JSON body that is one model. A client that is not strict returns None for an empty body.

        Raises:
            NotJson, DecodeError: As for `json`, and for a body that is not an object: it has none of the model's fields.
        """
        return self.json(model_of(cls), Shape("model", model=lambda: cls))

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

    def _shown(self) -> str:
        """The body as text, for errors."""
        return self._text("replace")

    def _text(self, errors: str) -> str:
        try:
            return self.content.decode(self.encoding, errors)
        except UnicodeError:
            if errors == "strict":
                raise
        except LookupError:
            pass  # not a charset of Python's: nearly all texts are UTF-8, and others are found not to be
        return self.content.decode("utf-8", errors)  # also of codecs without other handling of errors, such as idna


def required_shape(shape: Shape, *, strict: bool) -> Shape:
    """Return what data must conform to: without `strict` only that a model is an object, or it has none of its fields."""
    return shape if strict else mapping(ANY) if shape.kind == "model" else ANY


def model_of(cls: type[M]) -> Callable[[Any], M]:
    """Return a decoder that makes models of objects and leaves anything else unchanged."""

    def decode(data: Any) -> M:
        return cls.from_dict(data) if data.__class__ is dict else cast("M", otherwise_typed(cls.__name__, data))

    return decode


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
    if shape.kind in ("integer", "number", "boolean", "literal") and text not in shape.of:
        try:
            value = json.loads(text)
        except ValueError:
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
