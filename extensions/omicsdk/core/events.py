"""Events of event streams, and the resumption of a stream that breaks off."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from omicsdk.core.api_errors import complaint_of
from omicsdk.core.errors import EventError, TransportError
from omicsdk.core.paging import decoded
from omicsdk.core.redaction import mask_json, mask_text
from omicsdk.core.request import Request

T = TypeVar("T")


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
        said = complaint_of(data)
        body = mask_json(said.value) if said.value is not None else mask_text(said.text)
        raise EventError(operation, mask_text(said.message) or "no message", code=said.code, body=body)
    retry = fields.get("retry")
    return Event(read(data.encode()), kind, fields.get("id"), None if retry is None else int(retry))


class Resumption:
    """Resumes an event stream after its last event, if its connection breaks off.

    Args:
        request: The request.
        attempts: Maximum number of connections without an event between them.
    """

    def __init__(self, request: Request, attempts: int) -> None:
        self._request = request
        self._attempts = attempts
        self._failures = 0
        self.last_id = ""
        self.seconds = 1.0

    def request(self) -> Request:
        """Return the request for the events after the last one."""
        if not self.last_id:
            return self._request
        return replace(self._request, headers=(*self._request.headers, ("last-event-id", self.last_id)))

    def received(self, event: Event[Any]) -> None:
        """Continue after an event."""
        self._failures = 0
        self.last_id = event.id or ""
        if event.retry is not None:
            self.seconds = event.retry / 1000

    def wait(self, error: TransportError) -> float:
        """Return the seconds to wait before the next connection.

        Raises:
            TransportError: The one that is passed, if the stream has no ids, the request must not be repeated, or too
                many connections failed.
        """
        self._failures += 1
        if not self.last_id or not self._request.idempotent or self._failures >= self._attempts:
            raise error
        return self.seconds
