"""Operations whose responses are event streams, their events, and the resumption of a stream that breaks off."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from omicsdk.core.api_errors import error_body_of
from omicsdk.core.errors import EventError, TransportError
from omicsdk.core.items import Item
from omicsdk.core.json_coding import decoded
from omicsdk.core.operation import H, P, R
from omicsdk.core.redaction import mask_json, mask_text
from omicsdk.core.request import OperationFacts, Request
from omicsdk.core.retry import Retry
from omicsdk.core.sequences import (
    EVENTS,
    AnyItemStreamOperation,
    AsyncItemStreamCall,
    ItemStreamCall,
    frames_of,
    item_response,
)
from omicsdk.core.streaming import AsyncBody, Body

T = TypeVar("T")
NO_CONTENT = 204


@dataclass(frozen=True, slots=True)
class Event(Generic[T]):
    """An event of an event stream (WHATWG HTML, 9.2).

    Attributes:
        data: Its data, as the document types it.
        event: Its type; `message` if the stream states none.
        id: The id of this event, or of the last event before it that has one; None if none has.
        retry: Milliseconds to wait before a reconnection, if the event states them.
    """

    data: T
    event: str = "message"
    id: str | None = None
    retry: int | None = None


def event_of(operation: str, content: bytes, read: Callable[[bytes], T]) -> Event[T]:
    """Return an event with its data.

    Args:
        operation: The operation, for errors.
        content: Its fields as JSON, from `Frames`.
        read: Reads its data.

    Raises:
        EventError: It is an `error`.
    """
    fields: dict[str, Any] = decoded(content)
    kind, data = fields.get("event", "message"), fields["data"]
    if kind == "error":
        error_body = error_body_of(data)
        body = mask_json(error_body.value) if error_body.value is not None else mask_text(error_body.text)
        raise EventError(operation, mask_text(error_body.message) or "no message", code=error_body.code, body=body)
    retry = fields.get("retry")
    # The digits are limited: int refuses thousands of them, and longer times are beyond any budget as well.
    return Event(read(data.encode()), kind, fields.get("id"), None if retry is None else int(retry[:15]))


class Resumption:
    """Resumes an event stream after its last event, if its connection breaks off.

    Args:
        request: The request.
        retry: States how many connections may fail without an event between them, and the longest wait.
    """

    def __init__(self, request: Request, retry: Retry) -> None:
        self._request = request
        self._retry = retry
        self._failures = 0
        self.last_id = ""
        self.seconds = 1.0

    def request(self) -> Request:
        """Return the request for the events after the last one."""
        # The first connection, and one of a stream without ids: the service is not asked to continue.
        if not self.last_id:
            return self._request
        return replace(self._request, headers=(*self._request.headers, ("last-event-id", self.last_id)))

    def received(self, event: Event[Any]) -> None:
        """Continue after an event."""
        # Each event shows that the stream works: only connections without any count as failures.
        self._failures = 0
        self.last_id = event.id or ""
        if event.retry is not None:
            self.seconds = event.retry / 1000

    def wait(self, error: TransportError) -> float:
        """Return the seconds to wait before the next connection.

        Raises:
            TransportError: The one that is passed, if the stream has no ids, the request must not be repeated, too
                many connections failed, or the service requests a wait beyond the budget.
        """
        self._failures += 1
        is_over = self._failures >= self._retry.attempts or self.seconds > self._retry.budget
        # Without an id the stream would start again, and events would be returned twice.
        if not self.last_id or not self._request.idempotent or is_over:
            raise error
        return self.seconds


class EventStreamCall(ItemStreamCall[P, R, Event[Item], H], Generic[P, R, Item, H]):
    """An operation of a Client whose response is an event stream; `item` reads the data of an event."""

    def _items(self, request: Request) -> Iterator[Event[Item]]:
        transport = self._exchange.transport
        resumption = Resumption(request, transport.retry)
        while True:
            try:
                with self.streamed(resumption.request()) as body:
                    if body.status_code == NO_CONTENT:
                        return  # WHATWG HTML: no reconnection is wanted
                    # With the last id of the broken connection, which events without one of their own keep.
                    frames = frames_of(self, body, EVENTS, resumption.last_id)
                    for piece in body.arriving():
                        yield from _events_in(self, body, resumption, frames.feed(piece))
                    yield from _events_in(self, body, resumption, frames.end())
                return
            except TransportError as error:
                seconds = resumption.wait(error)
            transport.clock.sleep(seconds)


class AsyncEventStreamCall(AsyncItemStreamCall[P, R, Event[Item], H], Generic[P, R, Item, H]):
    """An operation of an AsyncClient whose response is an event stream; `item` reads the data of an event."""

    async def _items(self, request: Request) -> AsyncIterator[Event[Item]]:
        transport = self._exchange.transport
        resumption = Resumption(request, transport.retry)
        while True:
            try:
                async with self.streamed(resumption.request()) as body:
                    if body.status_code == NO_CONTENT:
                        return  # WHATWG HTML: no reconnection is wanted
                    frames = frames_of(self, body, EVENTS, resumption.last_id)
                    async for piece in body.arriving():
                        for event in _events_in(self, body, resumption, frames.feed(piece)):
                            yield event
                    for event in _events_in(self, body, resumption, frames.end()):
                        yield event
                return
            except TransportError as error:
                seconds = resumption.wait(error)
            await transport.clock.async_sleep(seconds)


def _events_in(
    call: EventStreamCall[..., Any, Item, Any] | AsyncEventStreamCall[..., Any, Item, Any],
    body: Body | AsyncBody,
    resumption: Resumption,
    contents: Iterator[bytes],
) -> Iterator[Event[Item]]:
    """Yield the events of a response, after each of which it can be resumed."""
    for content in contents:
        event = event_of(call.facts.name, content, lambda data: call.item(item_response(call, body, data)))
        resumption.received(event)
        yield event


class UseIterateOrStream:
    """The type of a plain call of an endless stream: type checkers name it when they report the call."""


class _Endless:
    """What endless streams share: a plain call would not return."""

    facts: OperationFacts

    if TYPE_CHECKING:
        __call__: UseIterateOrStream
        with_headers: UseIterateOrStream
    else:

        def __call__(self, *_: object, **__: object) -> object:
            name = self.facts.name
            raise TypeError(f"{name}() returns a stream without an end: use {name}.iterate(...), or {name}.stream(...)")

        with_headers = __call__


class EndlessStreamCall(_Endless, EventStreamCall[P, R, Item, H], Generic[P, R, Item, H]):
    """An operation of a Client whose response is nothing but an event stream."""


class AsyncEndlessStreamCall(_Endless, AsyncEventStreamCall[P, R, Item, H], Generic[P, R, Item, H]):
    """An operation of an AsyncClient whose response is nothing but an event stream."""


class EventStreamOperation(
    AnyItemStreamOperation[P, R, Item, EventStreamCall[P, R, Item, H], AsyncEventStreamCall[P, R, Item, H], H],
    Generic[P, R, Item, H],
):
    """An operation whose response may be an event stream; arguments as those of AnyItemStreamOperation."""

    calls = (EventStreamCall, AsyncEventStreamCall)


class EndlessStreamOperation(
    AnyItemStreamOperation[P, R, Item, EndlessStreamCall[P, R, Item, H], AsyncEndlessStreamCall[P, R, Item, H], H],
    Generic[P, R, Item, H],
):
    """An operation whose response is nothing but an event stream; arguments as those of EventStreamOperation."""

    calls = (EndlessStreamCall, AsyncEndlessStreamCall)
