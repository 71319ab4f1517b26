"""Operations whose responses are sequences of items, each read as it arrives."""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, Generic

from omicsdk.core.bodies import plain
from omicsdk.core.errors import DecodeError, ResponseTooLarge
from omicsdk.core.items import AsyncItems, Item, Items
from omicsdk.core.omit import OMIT
from omicsdk.core.operation import A, AnyCall, AnyOperation, H, P, R, S, call_form, exchange_of_call
from omicsdk.core.request import OperationFacts, Request
from omicsdk.core.response import Response, ResponseHeaders
from omicsdk.core.streaming import AsyncBody, AsyncStreamCall, Body, StreamCall


def _kind(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


#: Media type of event streams (WHATWG HTML, 9.2).
EVENTS = "text/event-stream"


def are_events(media_type: str) -> bool:
    """Return whether a media type is that of an event stream, whose items differ from those of all others."""
    return _kind(media_type) == EVENTS


class Frames:
    """Splits the bytes of a response into its items, as they arrive; pure.

    Args:
        media_type: The framing of items: `application/json-seq` (RFC 7464), `text/event-stream`, whose items are JSON
            objects with an event's fields, or lines.
        limit: Maximum bytes of an item; a larger one is an error, since it is kept in memory.
        last_id: The id of the last event that was received before.
    """

    def __init__(self, media_type: str, limit: int, last_id: str = "") -> None:
        self._is_events = are_events(media_type)
        self._mark = b"\x1e" if _kind(media_type) == "application/json-seq" else b"\n"
        self._limit = limit
        # Joined only once they are complete: joining each piece would take time in the square of an item's size.
        self._rest = bytearray()
        self._data: list[str] = []
        self._data_size = 0
        self._fields: dict[str, str] = {}
        self._last_id = last_id
        self._byte_order_mark = b"\xef\xbb\xbf"  # of the stream; in another line it is text
        self._after_return = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Return the items that a chunk completes.

        Raises:
            ResponseTooLarge: An item exceeds the limit.
        """
        if self._is_events:
            chunk = self._with_plain_ends(chunk)
        *ends, rest = chunk.split(self._mark)
        for end in ends:
            piece = b"".join((self._rest, end))
            self._rest.clear()
            if self._is_events:
                mark, self._byte_order_mark = self._byte_order_mark, b""
                yield from self._event(piece.removeprefix(mark))
            elif piece.strip():
                yield piece.strip()
        self._rest += rest
        # Only the rest: what is whole has been passed on.
        self._bound(len(self._rest))

    def _bound(self, size: int) -> None:
        # A server that never ends an item must not fill the memory.
        if size > self._limit:
            raise ResponseTooLarge(f"An item of the response is larger than {self._limit:,} bytes (response_limit)")

    def end(self) -> Iterator[bytes]:
        """Return the rest at the end of the response: a last line without an end, or an event without a blank line."""
        # WHATWG HTML drops such an event and connects again; of an operation it would be lost unnoticed. Cut JSON is an
        # error for its reader; a text whose last line has no end may be cut as well, unless that is another field's.
        is_other = b":" in self._rest and not self._rest.startswith(b"data:")
        is_json = self._rest.replace(b" ", b"").startswith((b"data:{", b"data:["))
        if self._is_events and (not self._rest or is_json or is_other):
            yield from self.feed(b"\n\n")
        elif not self._is_events and (rest := bytes(self._rest).strip()):
            yield rest

    def _with_plain_ends(self, chunk: bytes) -> bytes:
        # Lines of events may end with CR LF, LF or CR, and a chunk between CR and LF.
        if chunk:
            after_return, self._after_return = self._after_return, chunk.endswith(b"\r")
            chunk = chunk.removeprefix(b"\n") if after_return else chunk
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _event(self, line: bytes) -> Iterator[bytes]:
        """Process a line of an event stream (WHATWG HTML, 9.2.6); an empty one ends an event."""
        if not line:
            fields, self._fields = self._fields, {}
            if self._data:
                fields["data"] = "\n".join(self._data)
                self._data, self._data_size = [], 0
            # The first block often states the time to the next connection alone, which holds from then on.
            if "data" not in fields and "retry" in fields:
                self._fields["retry"] = fields["retry"]
            # "[DONE]" means, by a common convention, that no more events follow.
            if fields.get("data", "[DONE]") != "[DONE]":
                yield json.dumps({**fields, **({"id": self._last_id} if self._last_id else {})}).encode()
            return
        text = line.decode("utf-8", errors="replace")
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data_size += len(value) + bool(self._data)
            self._bound(self._data_size)
            self._data.append(value)
        elif name == "event" or (name == "retry" and value.isascii() and value.isdigit()):
            self._fields[name] = value
        # WHATWG HTML, 9.2.6: an id with NUL is ignored.
        elif name == "id" and "\0" not in value:
            self._last_id = value


def streaming_request(
    request: Callable[..., Request], switch: Sequence[str], args: Sequence[object], kwargs: Mapping[str, Any]
) -> Request:
    """Return the request with the argument, or the field of its body, that makes the service stream.

    Args:
        request: Makes the request from arguments.
        switch: The argument, or an argument and its field.
        args: Positional arguments, which no operation has.
        kwargs: The other arguments.
    """
    arguments = {**kwargs}
    if len(switch) == 1:
        arguments[switch[0]] = True
    elif switch and (body := arguments.get(switch[0], OMIT)) is not OMIT:
        arguments[switch[0]] = {**plain(body, sent=True), switch[1]: True}
    return request(*args, **arguments)


def frames_of(call: AnyCall[..., Any, Any, Any], body: Body | AsyncBody, media_type: str, last_id: str = "") -> Frames:
    """Return what splits a response into items.

    Args:
        call: The operation.
        body: The response.
        media_type: What was requested.
        last_id: The id of the last event that was received before.

    Raises:
        DecodeError: Only one of the requested and the received media type is a stream of events, whose items differ.
    """
    received = body.headers.get("content-type", "")
    if are_events(received) != are_events(media_type):
        raise DecodeError(call.facts.name, "Content-Type", received, expected=media_type)
    return Frames(received, exchange_of_call(call).transport.response_limit, last_id)


def item_response(call: AnyCall[..., Any, Any, Any], body: Body | AsyncBody, content: bytes) -> Response:
    """Return an item as a separate response.

    Args:
        call: The operation.
        body: The response that contains it.
        content: The item.
    """
    strict = exchange_of_call(call).strict
    return Response(call.facts.name, body.status_code, body.headers, content, strict=strict, url=body.url)


class ItemStreamCall(StreamCall[P, R, H], Generic[P, R, Item, H]):
    """An operation of a Client whose response is a sequence of items, each read as it arrives.

    Attributes:
        item: Reads one item from a separate response.
        media_type: The requested media type.
        switch: The argument, or an argument and its field, that `iterate` sets to True.
    """

    item: Callable[[Response], Any]
    media_type: str
    switch: Sequence[str]

    @call_form
    def iterate(self, *args: P.args, **kwargs: P.kwargs) -> Items[Item]:
        # Iterate over the items as they arrive.
        request = streaming_request(self._request, self.switch, args, kwargs)
        return Items(self._items(request.for_items(self.media_type)), self.facts.name)

    def _items(self, request: Request) -> Iterator[Item]:
        with self.streamed(request) as body:
            frames = frames_of(self, body, self.media_type)
            for piece in body.arriving():
                for content in frames.feed(piece):
                    yield self.item(item_response(self, body, content))
            for content in frames.end():
                yield self.item(item_response(self, body, content))


class AsyncItemStreamCall(AsyncStreamCall[P, R, H], Generic[P, R, Item, H]):
    """An operation of an AsyncClient whose response is a sequence of items, each read as it arrives.

    Attributes:
        item: Reads one item from a separate response.
        media_type: The requested media type.
        switch: The argument, or an argument and its field, that `iterate` sets to True.
    """

    item: Callable[[Response], Any]
    media_type: str
    switch: Sequence[str]

    @call_form
    def iterate(self, *args: P.args, **kwargs: P.kwargs) -> AsyncItems[Item]:
        # Iterate over the items as they arrive.
        request = streaming_request(self._request, self.switch, args, kwargs)
        return AsyncItems(self._items(request.for_items(self.media_type)), self.facts.name)

    async def _items(self, request: Request) -> AsyncIterator[Item]:
        async with self.streamed(request) as body:
            frames = frames_of(self, body, self.media_type)
            async for piece in body.arriving():
                for content in frames.feed(piece):
                    yield self.item(item_response(self, body, content))
            for content in frames.end():
                yield self.item(item_response(self, body, content))


class AnyItemStreamOperation(AnyOperation[P, R, S, A, H], Generic[P, R, Item, S, A, H]):
    """An operation whose response is a sequence of items, each read as it arrives.

    Args:
        facts: The operation's facts besides arguments and responses.
        build: Makes the request from the arguments; its signature and documentation are those of every form.
        parse: Reads a complete response.
        item: Reads one item, or the data of one event, from a separate response.
        media_type: The requested media type for reading items as they arrive; the response's own states their framing.
        switch: The argument, or an argument and its field, that `iterate` sets to True.
        headers: The headers that the document declares for responses.
    """

    def __init__(
        self,
        facts: OperationFacts,
        build: Callable[P, Request],
        parse: Callable[[Response], R],
        item: Callable[[Response], Item],
        media_type: str = EVENTS,
        *,
        switch: Sequence[str] = (),
        headers: type[H] = ResponseHeaders,
    ) -> None:
        super().__init__(facts, build, parse, headers=headers)
        self.item = item
        self.media_type = media_type
        self.switch = switch


class ItemStreamOperation(
    AnyItemStreamOperation[P, R, Item, ItemStreamCall[P, R, Item, H], AsyncItemStreamCall[P, R, Item, H], H],
    Generic[P, R, Item, H],
):
    """An operation whose response is a sequence of items; arguments as those of AnyItemStreamOperation."""

    calls = (ItemStreamCall, AsyncItemStreamCall)
