"""Requests that a function answers in place of the network: for programs that replace how their HTTP library sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from omicsdk.core.errors import ConnectionLost, TransportError
from omicsdk.core.redaction import without_query
from omicsdk.core.threads import Inbox, Pool
from omicsdk.transfer.network.wire import SEND_BUFFER, Ask, Body, Ended, Receiver, Wire

#: The status, headers and body of a response.
Answered = tuple[int, Mapping[str, str], bytes]
#: Takes the method, URL, headers and body of a request, and returns its response.
Answering = Callable[[str, str, Mapping[str, str], bytes], Answered]

#: Bytes of a body that receivers take at once.
_CHUNK = 16 * 1024


class SubstituteWire(Wire):
    """Requests in flight, each answered in a thread; bodies are in memory.

    Args:
        answering: The function. A TransportError is a response that was lost; its other exceptions end the transfer.
        connections: Maximum number of concurrent requests.
        arguments: Those of `Wire`.
    """

    def __init__(self, answering: Answering, connections: int, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._answering = answering
        self._inbox = Inbox(self.wake)
        self._pool = Pool("omicsdk-substitute", connections, self._inbox)
        self._receivers = set[Receiver]()
        self._ended_requests = list[Ended]()

    @property
    def flying(self) -> int:
        """The number of requests in flight."""
        return len(self._receivers)

    def receivers(self) -> Iterable[Receiver]:
        """The receivers of the requests in flight."""
        return tuple(self._receivers)

    def start(self, ask: Ask, receiver: Receiver, *, alone: bool = True) -> None:
        """Have a request answered; arguments as those of `Wire.start`."""
        del alone
        self._receivers.add(receiver)
        self._pool.submit(
            partial(self._response, ask), partial(self._take, ask, receiver), partial(self._fail, receiver)
        )

    def cancel(self, unwanted: Callable[[Receiver], bool]) -> list[Receiver]:
        """Forget requests: their responses are ignored; arguments and result as those of `Wire.cancel`."""
        cancelled = [receiver for receiver in self._receivers if unwanted(receiver)]
        self._receivers.difference_update(cancelled)
        return cancelled

    def poll(self, timeout: float) -> list[Ended]:
        """Wait until a request ends, `wake` is called or the time is over; return the requests that ended."""
        super().poll(0.0 if self._inbox.filled else timeout)
        self._inbox.deliver()
        ended, self._ended_requests = self._ended_requests, []
        return ended

    def close(self) -> None:
        """Forget everything."""
        self._receivers.clear()
        self._pool.close(0.0)
        super().close()

    def _response(self, ask: Ask) -> Answered:
        content = b"" if ask.body is None else _content_of(ask.body, ask)
        return self._answering(ask.method, ask.url, dict(ask.headers), content)

    def _take(self, ask: Ask, receiver: Receiver, answered: Answered) -> None:
        # It was cancelled meanwhile, and its job may have another plan.
        if receiver not in self._receivers:
            return
        self._receivers.discard(receiver)
        status, headers, content = answered
        # A body in memory has a length, by which the engine knows that it is complete.
        all_headers = {"content-length": str(len(content)), **{name.lower(): value for name, value in headers.items()}}
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in all_headers.items()), ""]
        receiver.lines += [f"{line}\r\n".encode("latin-1", "replace") for line in lines]
        chunks = (content[start : start + _CHUNK] for start in range(0, len(content), _CHUNK))
        is_ended = any(receiver.take(chunk) == 0 for chunk in chunks)
        self._ended_requests.append(Ended(receiver, _lost(ask, "the request was ended") if is_ended else None))

    def _fail(self, receiver: Receiver, error: Exception) -> None:
        if not isinstance(error, TransportError):
            raise error
        if receiver in self._receivers:
            self._receivers.discard(receiver)
            self._ended_requests.append(Ended(receiver, error))


def _content_of(body: Body, ask: Ask) -> bytes:
    pieces = list[bytes]()
    while piece := body.read(SEND_BUFFER):
        if isinstance(piece, int):
            raise _lost(ask, "its body cannot be read")
        pieces.append(piece)
    return b"".join(pieces)


def _lost(ask: Ask, why: str) -> ConnectionLost:
    return ConnectionLost(why, method=ask.method, url=without_query(ask.url))
