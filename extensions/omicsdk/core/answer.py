"""What came back: one answer as plain data, and the pieces that generated parsers are made of."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar, cast

from omicsdk.core.api_errors import not_json
from omicsdk.core.collector import paused_for
from omicsdk.core.model import Model, Shape, check, otherwise_typed
from omicsdk.core.narrowing import is_object
from omicsdk.core.paging import items_at

T = TypeVar("T")
M = TypeVar("M", bound=Model)


LARGE = 1 << 18
"""Bytes of a body from which on it pays to import a faster JSON decoder, if there is one (its import takes 40 ms)."""


def decoded(content: bytes) -> Any:
    """The value of a JSON text; by msgspec where it is installed (extra `fast`) and the text is long.

    Raises:
        ValueError: It isn't JSON, or is nested deeper than Python can read.
    """
    try:
        if len(content) >= LARGE:
            decode = _fast_decoder()
            if decode is not None:
                try:
                    return decode(content)
                except ValueError:
                    pass  # stricter than json: NaN, and encodings other than UTF-8; json judges
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


@cache
def _fast_decoder() -> Callable[[bytes], Any] | None:
    try:
        from msgspec.json import decode
    except ImportError:
        return None
    return decode


@dataclass(frozen=True, slots=True)
class Answer:
    """A final answer below status 400.

    Attributes:
        operation: The operation's name.
        status: HTTP status.
        headers: Its headers; names are looked up without regard to case.
        content: The whole body.
        encoding: The text's encoding, of its Content-Type.
        strict: Whether an answer that isn't what the document says is an error.
        items: Dotted key of the list that the answer is a page of; None for an answer without pages.
        url: Where it came from.
    """

    operation: str
    status: int
    headers: Mapping[str, str]
    content: bytes
    encoding: str = "utf-8"
    strict: bool = False
    items: str | None = None
    url: str = field(default="", repr=False)  # may be presigned

    def json(self, decode: Callable[[Any], T], shape: Shape) -> T:
        """Decode a JSON body.

        Args:
            decode: Turns JSON data into the operation's type.
            shape: What it must look like when the client is strict.

        Raises:
            NotJson: The body isn't JSON, but a web page, say.
            DecodeError: It is a page without its list, or doesn't fit and the client is strict.
        """
        with paused_for(len(self.content)):
            try:
                data = decoded(self.content) if self.content else None
            except ValueError as error:
                raise not_json(self.operation, self.url, self.text(), str(error)) from error
            if self.items is not None:
                items_at(data, self.items, self.operation)
            if self.strict:
                check(self.operation, "", data, shape)
            result = decode(data)
            del data  # before the collector comes back, or it would walk through all of it
        return result

    def text(self) -> str:
        """The body as text; what its encoding can't read becomes U+FFFD."""
        try:
            return self.content.decode(self.encoding, errors="replace")
        except LookupError:
            return self.content.decode("utf-8", errors="replace")


def model_of(cls: type[M]) -> Callable[[Any], M]:
    """A decoder of one model: an object becomes one, anything else is kept as it is."""

    def decode(data: Any) -> M:
        return cls.from_dict(data) if is_object(data) else cast("M", otherwise_typed(cls.__name__, data))

    return decode


def as_it_came(data: Any) -> Any:
    """The decoder of what is plain JSON on both sides."""
    return data
