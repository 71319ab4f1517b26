"""The connections that all reads of a process share."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from omicsdk.core.sending.connections import Connections
from omicsdk.core.sending.redirects import Hop
from omicsdk.core.sending.transport import Timeout

if TYPE_CHECKING:
    from httpx import Response


class Wire:
    """Sends requests for bytes, each once: what follows an answer is decided by who asked. Thread-safe.

    Args:
        environ: The environment's variables (proxies, certificate authorities); by default the process's own.
        timeout: Seconds for each step; by default 10 to connect, 60 without a byte.
    """

    def __init__(self, environ: Mapping[str, str] | None = None, timeout: Timeout | None = None) -> None:
        from omicsdk.core.sending.wire import Sender

        self._connections = Connections(environ, http2=False, asynchronous=False, given=None)
        self._sender = Sender(self._connections, Timeout.of(timeout).by_name())

    def get(self, url: str, headers: tuple[tuple[str, str], ...]) -> Response:
        """Asks for bytes.

        Args:
            url: Where.
            headers: Names and values.

        Returns:
            The answer, of which only the head has been read; whoever gets it closes it.

        Raises:
            WireFailure: There was none.
        """
        return self._sender.send(Hop("GET", url, headers, has_content=False), None, ({}, {}), None, stream=True)

    def finish(self, answer: Response) -> bytes:
        """Reads what a refusal says, and closes it.

        Args:
            answer: The answer.
        """
        return self._sender.finish(answer)

    def close(self) -> None:
        """Closes the connections."""
        for transport in self._connections.taken():
            transport.close()


_lock = threading.Lock()
_wires: dict[int, Wire] = {}


def shared_wire() -> Wire:
    """Gives this process's wire. One that has been forked gets its own: two can't talk over one connection."""
    wire = _wires.get(os.getpid())
    if wire is None:
        with _lock:
            wire = _wires.setdefault(os.getpid(), Wire())
    return wire


@atexit.register
def _close() -> None:
    while _wires:
        number, wire = _wires.popitem()
        if number == os.getpid():
            wire.close()


def _forked() -> None:
    global _lock
    _lock = threading.Lock()  # another thread may have held it, which isn't here to let it go


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


@contextmanager
def network_errors() -> Generator[None]:
    """Raises WireFailure for what httpx raises while a body is read."""
    from omicsdk.core.sending.wire import WIRE_ERRORS, failure_of

    try:
        yield
    except WIRE_ERRORS as error:
        raise failure_of(error) from error
