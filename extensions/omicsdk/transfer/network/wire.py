"""The interface to libcurl: many concurrent requests over one multi handle, driven by one thread. The only module that
imports pycurl.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import select
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol, cast

from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import (
    ConnectFailed,
    ConnectionLost,
    NameNotResolved,
    ProxyFailed,
    ProxyLoginFailed,
    TimedOut,
    TLSFailed,
    TooManyOpenFiles,
    TransportError,
    has_too_many_open,
)
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.redaction import mask_text, url_parts, without_query
from omicsdk.core.retry import RETRIED_STATUSES, Flow
from omicsdk.core.sending.connections import Network
from omicsdk.core.sending.proxies import Passage, is_login_refused, login_of
from omicsdk.transfer.network.limits import Pacing, Throttle
from omicsdk.transfer.network.requests import (
    LOGIN_REFUSALS,
    NO_FTP_FILE,
    URL_SAFE,
    FtpReplies,
    Patience,
    is_ftp,
    is_refusal,
    is_whole,
    last_status,
    parse_head,
    requested_range,
    server_of,
)


def _curl_module() -> Any:
    """Load the C module of pycurl without its package, whose part for asyncio imports dataclasses: 8 of 60 ms of a command."""
    package = None if "pycurl" in sys.modules else PathFinder.find_spec("pycurl")
    folder = None if package is None else package.submodule_search_locations  # of one module, in its older versions
    spec = None if folder is None else PathFinder.find_spec("pycurl._pycurl", folder)
    if spec is None or spec.loader is None:
        return import_module("pycurl")
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if TYPE_CHECKING:
    import pycurl
else:
    pycurl = _curl_module()

#: What a socket can be watched for, and be ready for.
READ, WRITE = 1, 2


class _Epoll:
    """Linux's epoll. The system itself forgets descriptors that were closed elsewhere."""

    def __init__(self) -> None:
        self.woken = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        try:
            self._epoll = select.epoll()
        except OSError:
            os.close(self.woken)
            raise
        self._masks = (0, select.EPOLLIN, select.EPOLLOUT, select.EPOLLIN | select.EPOLLOUT)

    def watch(self, descriptor: int, what: int) -> None:
        try:
            # Most are registered already; one that was closed and whose number was given again is not.
            self._epoll.modify(descriptor, self._masks[what])
        except FileNotFoundError:
            self._epoll.register(descriptor, self._masks[what])

    def forget(self, descriptor: int) -> None:
        with contextlib.suppress(OSError):  # closed already
            self._epoll.unregister(descriptor)

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        return [
            (descriptor, (READ if mask & ~select.EPOLLOUT else 0) | (WRITE if mask & ~select.EPOLLIN else 0))
            for descriptor, mask in self._epoll.poll(seconds)
        ]

    def wake(self) -> None:
        woken = self.woken
        if woken >= 0:
            os.eventfd_write(woken, 1)

    def take_wakes(self) -> None:
        os.eventfd_read(self.woken)

    def close(self) -> None:
        self._epoll.close()
        woken, self.woken = self.woken, -1  # another file may get the number
        os.close(woken)


class _Selector:
    """The portable poller."""

    def __init__(self) -> None:
        import selectors  # here: with sockets it takes 3 ms to import
        import socket

        self._read, self._write = selectors.EVENT_READ, selectors.EVENT_WRITE
        self._waked, self._waker = socket.socketpair()
        self._waked.setblocking(False)
        self._waker.setblocking(False)
        self.woken = self._waked.fileno()
        self._selector = selectors.DefaultSelector()
        self._watched = set[int]()

    def watch(self, descriptor: int, what: int) -> None:
        self.forget(descriptor)  # another socket may have the number by now
        self._selector.register(descriptor, (self._read if what & READ else 0) | (self._write if what & WRITE else 0))
        self._watched.add(descriptor)

    def forget(self, descriptor: int) -> None:
        if descriptor in self._watched:
            self._watched.discard(descriptor)
            self._selector.unregister(descriptor)

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        return [
            (key.fd, (READ if mask & self._read else 0) | (WRITE if mask & self._write else 0))
            for key, mask in self._selector.select(seconds)
        ]

    def wake(self) -> None:
        self._waker.send(b"\0")

    def take_wakes(self) -> None:
        while self._waked.recv(4096):
            pass

    def close(self) -> None:
        self._selector.close()
        self._waked.close()
        self._waker.close()


_SYSTEM: type[_Epoll | _Selector] = _Epoll if hasattr(select, "epoll") and hasattr(os, "eventfd") else _Selector


class Poller:
    """The sockets that are watched.

    A request's end and the next one's start on the same connection look like a socket that is removed and added: the
    system is not notified before the next wait.
    """

    def __init__(self) -> None:
        self._system = _SYSTEM()
        self._watched = dict[int, int]()
        self._changed = {self._system.woken: READ}

    def wake(self) -> None:
        """End a `wait`; callable from any thread."""
        with contextlib.suppress(BlockingIOError, OSError):  # full: it wakes anyway; closed: no thread waits
            self._system.wake()

    def watch(self, what: int, descriptor: int, _multi: object = None, _data: object = None) -> None:
        """Watch a socket from now on, as libcurl requests it.

        Args:
            what: READ, WRITE, both together, or else to forget it. These are libcurl's numbers.
            descriptor: The socket's number.
        """
        self._changed[descriptor] = what & pycurl.POLL_INOUT

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        """Wait until a socket is ready.

        Args:
            seconds: Maximum seconds to wait.

        Returns:
            The ready sockets, and what for; errors and ends are treated as ready for both.
        """
        if self._changed:
            for descriptor, what in self._changed.items():
                if what:  # even if it was set before: a new socket may have the number of a closed one
                    self._system.watch(descriptor, what)
                    self._watched[descriptor] = what
                elif self._watched.pop(descriptor, 0):
                    self._system.forget(descriptor)
            self._changed.clear()
        ready = self._system.wait(seconds)
        if (self._system.woken, READ) in ready:
            ready.remove((self._system.woken, READ))
            with contextlib.suppress(BlockingIOError):
                self._system.take_wakes()
        return ready

    def close(self) -> None:
        """Release the system's part; the sockets stay open."""
        self._system.close()


#: Bytes that libcurl reads at once from a socket, into one buffer for all requests: each read causes an ACK, and over
#: loopback the reader then sends for the server.
RECEIVE_BUFFER = 2 * 1024 * 1024
#: Bytes that libcurl requests from a body at once.
SEND_BUFFER = 512 * 1024
#: Returned by a body in place of bytes, to end its request.
ABORT = cast("int", pycurl.READFUNC_ABORT)
# Most servers whose options are cached.
_REMEMBERED = 1024
# Checks of the rate within the time for silence, and the maximum share of that time that one check may cover, because the
# machine may have slept.
_LOOKS, _LONGEST_LOOK = 30, 1 / 6

_SLOW_REMEDY = "Run the same command again to resume, or allow slower connections with --min-rate and --stall-timeout."
# Seconds that a second look for a host's name may take.
_RESOLVING = 0.5
# Seconds that closing waits for all connections.
_CLOSING = 0.1
#: libcurl's name for "the timer", in place of a socket.
_TIMER = cast("int", pycurl.SOCKET_TIMEOUT)

# State that is set in libcurl for a socket, by the poller's result.
_SELECTED = (0, pycurl.CSELECT_IN, pycurl.CSELECT_OUT, pycurl.CSELECT_IN | pycurl.CSELECT_OUT)

# A URL that needs no quoting, as most.
_SENDABLE = re.compile(r"[A-Za-z0-9%/:?#\[\]@!$&'()*+,;=~._-]*\Z")

_Options = tuple[tuple[str, str], ...]
_Headers = tuple[tuple[str, str], ...]
#: The options of a handle, its method, whether it sends a body, and whether it speaks FTP.
_Kind = tuple[_Options, str, bool, bool]

#: CURLE_PROXY, which pycurl does not name: a SOCKS proxy refused.
_E_PROXY = 97
#: CURLE_TOO_LARGE, which pycurl does not name, and which libcurl reports without a message.
_E_TOO_LARGE = 100
_ERRORS: dict[int, type[TransportError]] = {
    _E_PROXY: ProxyFailed,
    pycurl.E_COULDNT_RESOLVE_PROXY: ProxyFailed,
    pycurl.E_COULDNT_RESOLVE_HOST: NameNotResolved,
    pycurl.E_COULDNT_CONNECT: ConnectFailed,
    pycurl.E_OPERATION_TIMEDOUT: TimedOut,
    pycurl.E_SSL_CONNECT_ERROR: TLSFailed,
    pycurl.E_PEER_FAILED_VERIFICATION: TLSFailed,
    pycurl.E_SSL_CACERT_BADFILE: TLSFailed,
    pycurl.E_SSL_CERTPROBLEM: TLSFailed,
    pycurl.E_PARTIAL_FILE: ConnectionLost,
    pycurl.E_RECV_ERROR: ConnectionLost,
    pycurl.E_SEND_ERROR: ConnectionLost,
    pycurl.E_GOT_NOTHING: ConnectionLost,
    pycurl.E_SEND_FAIL_REWIND: ConnectionLost,
}
# A retry cannot help: the URL, or a file with certificates, is invalid.
_LASTING = frozenset({pycurl.E_URL_MALFORMAT, pycurl.E_SSL_CACERT_BADFILE, pycurl.E_SSL_CERTPROBLEM})
# Marks of messages that state what OpenSSL found; without it the connection was lost.
_OF_TLS = ("error:", "SSL routines")


class Body(Protocol):
    """A request's body. Its methods are called from within libcurl: they must not raise."""

    length: int  # in bytes, known before

    def read(self, size: int, /) -> bytes | int:
        """Return the next bytes, at most `size`; empty at the end; ABORT ends the request."""
        ...

    def seek(self, offset: int, /) -> object:
        """Move to an offset, for libcurl to send again what a closing connection lost."""
        ...


class Ask(NamedTuple):
    """One request.

    Attributes:
        url: The URL.
        headers: All headers to send; names and values without line ends. Passing the same tuple again is free.
        method: GET, HEAD, PUT, POST or DELETE.
        body: The body, None for none.
        route: The route (proxy, certificates), None for that of the wire's `route`.
    """

    url: str
    headers: tuple[tuple[str, str], ...]
    method: str = "GET"
    body: Body | None = None
    route: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        # The URL may be signed, and a header may contain credentials.
        return f"<Ask {self.method} {without_query(self.url)}>"


class Receiver(Protocol):
    """Receives a response. Its methods are called from within libcurl: they must not raise."""

    lines: list[bytes]  # of the head, as received

    def take(self, chunk: bytes, /) -> int | None:
        """Receive bytes of the body, at most 16 KiB; return 0 to end the request."""
        ...


class Attended:
    """A receiver with news for the engine while another thread drives its request; see `wires`."""

    lines: list[bytes]

    def take(self, chunk: bytes, /) -> int | None:
        """Receive bytes of the body; return 0 to end the request."""
        raise NotImplementedError

    def go_aside(self, call: Callable[[], None]) -> None:
        """Note that another thread drives the request.

        Args:
            call: Schedules `attend` in the engine's thread; callable from any thread.
        """
        raise NotImplementedError

    def attend(self) -> None:
        """Do what the other thread left to the engine's."""
        raise NotImplementedError

    def save(self) -> None:
        """Write what was collected; called in the thread that drives the request."""
        raise NotImplementedError


class Ended(NamedTuple):
    """The end of a request.

    Attributes:
        receiver: The receiver of the response; its lines are a complete head, or none.
        error: Why the response is not complete, None if it is.
        lasting: Whether a retry cannot help.
    """

    receiver: Receiver
    error: TransportError | None = None
    lasting: bool = False


class _Pulse:
    """Tracks whether a request in flight moves bytes, over the time in which this process does not hold it up."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._flow: Flow | None = None  # most requests end before the first check
        self._waited = 0.0

    def is_slow(self, elapsed: float, moved: int) -> bool:
        if self._flow is None:
            self._flow = Flow(self._patience.least_rate, self._patience.silence)
        else:
            self._waited += elapsed
        return self._flow.is_slow(self._waited, moved)


class _Flight(NamedTuple):
    """A request in flight: its receiver, the request, its server, the kind of its handle, its progress, its FTP session, its proxy and login."""

    receiver: Receiver
    ask: Ask
    server: str
    kind: _Kind
    pulse: _Pulse
    replies: FtpReplies | None
    proxy: str
    passage: Passage | None


class Wire:
    """Requests in flight.

    Args:
        route: Returns how a URL is reached.
        patience: How long to wait for a silent peer.
        connections: Maximum number of concurrent requests.
        throttle: The bandwidth limit; by default there is none.
        now: The clock for silence, if it differs from the machine's; it never goes back.
        buffer: Bytes read at once from a socket.
        answered: Servers and proxies that have answered, or accepted and lost a connection, shared by the wires of a run: if
            one of them cannot be reached later, that is an outage.

    Attributes:
        threads: The number of threads that move bytes.

    Raises:
        TooManyOpenFiles: The process has no file descriptor left for it.
    """

    threads = 1

    def __init__(
        self,
        route: Callable[[str], Network],
        patience: Patience,
        connections: int,
        throttle: Throttle | None = None,
        now: Callable[[], float] = time.monotonic,
        buffer: int = RECEIVE_BUFFER,
        answered: set[str] | None = None,
    ) -> None:
        self._route = route
        self._answered = set[str]() if answered is None else answered
        self._buffer = buffer
        self._patience = patience
        self._now = now
        self._last_moments = now(), time.monotonic()
        # Handles that differ in proxy, certificates or method are pooled separately: libcurl cannot unset all of these
        # options.
        self._idle = dict[_Kind, list[tuple[Any, _Headers]]]()
        self._flying = dict[Any, _Flight]()
        self._awaiting_proxy = dict[Any, Passage]()  # those of them that wait for the first request through their proxy
        self._servers = dict[str, _Options]()
        self._deadline: float | None = None
        try:
            self._poller = Poller()
            self._multi: Any = pycurl.CurlMulti()
        except (OSError, pycurl.error) as error:
            if has_too_many_open(error):
                raise TooManyOpenFiles("Cannot connect: too many files are open") from error
            raise
        # By sockets and a poller of our own: no other thread can wake the multi's own select.
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._poller.watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, 2 * connections)
        self._multi.setopt(pycurl.M_PIPELINING, 0)
        self._throttle = throttle or Throttle()
        self._pacing = Pacing[Any](
            self._throttle,
            begin=self._multi.add_handle,
            pause=lambda handle: _switch(handle, pycurl.PAUSE_ALL),
            resume=lambda handle: _switch(handle, pycurl.PAUSE_CONT),
            push=lambda: self._multi.socket_action(_TIMER, 0),
            moved=_moved,
        )

    @property
    def flying(self) -> int:
        """The number of requests in flight."""
        return len(self._flying)

    def receivers(self) -> Iterable[Receiver]:
        """The receivers of the requests in flight."""
        return [flight.receiver for flight in self._flying.values()]

    def wake(self) -> None:
        """Wake a waiting `poll`; callable from any thread."""
        self._poller.wake()

    def start(self, ask: Ask, receiver: Receiver, *, alone: bool = True) -> None:
        """Send a request.

        Args:
            ask: The request.
            receiver: Receives the response.
            alone: Whether only this thread can drive it. Here it always does; see `wires`.

        Raises:
            TransportError: Its URL is invalid, or its proxy has refused the password.
        """
        del alone
        body, server, ftp = ask.body, server_of(ask.url), is_ftp(ask.url)
        try:
            if ftp and body is not None:
                raise ValueError("uploads to FTP servers are not supported")
            if ftp and re.search(NO_FTP_FILE, ask.url):
                raise ValueError("it is that of a folder, or of a file as text")
            options = self._options(ask, server, ftp=ftp)
        except ValueError as error:  # unbalanced brackets, a port that is not a number
            problem = f"its URL is invalid ({error})"
            raise TransportError(problem, method=ask.method, url=without_query(ask.url)) from None
        proxy = dict(options).get("PROXY", "")
        # A proxy for HTTP has the session with the FTP server itself.
        ftp = ftp and not proxy.startswith(("http:", "https:"))
        kind = (options, ask.method, body is not None, ftp)
        login = login_of(proxy) if proxy else None
        passage = None if login is None else Passage(login, self._poller.wake)
        idle = self._idle.get(kind)
        handle, before = idle.pop() if idle else (self._new_handle(kind), None)
        handle.setopt(pycurl.URL, ask.url if _SENDABLE.match(ask.url) else _quoted(ask.url))
        if ask.headers is not before:
            headers = [f"{name}: {value}" if value else f"{name};" for name, value in ask.headers]
            if body is not None:
                headers.append("Expect:")  # not sent: servers that do not support it cost a second's wait
            handle.setopt(pycurl.HTTPHEADER, headers)
        replies = None
        if ftp:
            byte_range = requested_range(ask.headers)
            replies = FtpReplies(receiver.lines, byte_range, time.time())
            handle.setopt(pycurl.HEADERFUNCTION, replies.take)
            if byte_range:
                handle.setopt(pycurl.RANGE, byte_range)
        else:
            # Status and headers come from these lines, interim heads included: `getinfo` raises within a callback.
            keep = receiver.lines.append
            handle.setopt(pycurl.HEADERFUNCTION, keep if passage is None else _noting(passage, keep))
        handle.setopt(pycurl.WRITEFUNCTION, receiver.take)
        if body is not None:
            handle.setopt(pycurl.INFILESIZE_LARGE, body.length)
            handle.setopt(pycurl.READFUNCTION, body.read)
            handle.setopt(pycurl.SEEKFUNCTION, _seeking(body))
        turn = "go" if passage is None else passage.turn()
        if turn == "refused":
            self._idle.setdefault(kind, []).append((handle, ask.headers))
            raise self._login_refused(ask, proxy, 407)
        self._flying[handle] = _Flight(receiver, ask, server, kind, _Pulse(self._patience), replies, proxy, passage)
        if turn == "wait" and passage is not None:
            self._awaiting_proxy[handle] = passage
        else:
            self._begin(handle)

    def _begin(self, handle: Any) -> None:
        if self._is_paced:
            handle.setopt(pycurl.BUFFERSIZE, self._pacing.buffer)
            self._pacing.start(handle)
        else:
            self._multi.add_handle(handle)

    def forget_routes(self) -> None:
        """Determine the routes of later requests anew: the environment may have changed."""
        self._servers.clear()

    def cancel(self, unwanted: Callable[[Receiver], bool]) -> list[Receiver]:
        """End requests and close their connections.

        Args:
            unwanted: Returns whether a receiver's request ends.

        Returns:
            The receivers of the ended requests.
        """
        cancelled = [handle for handle, flight in self._flying.items() if unwanted(flight.receiver)]
        flights = [self._land(handle) for handle in cancelled]
        for flight in flights:
            if flight.passage is not None:
                flight.passage.give_up()
        return [flight.receiver for flight in flights]

    def cancel_aside(self, unwanted: Callable[[Receiver], bool]) -> list[Receiver]:
        """End requests of other threads; this class has none, see `wires`."""
        del unwanted
        return []

    def save(self, receiver: Attended) -> None:
        """Have a receiver write what it collected, in the thread that drives its request.

        Args:
            receiver: The receiver.
        """
        receiver.save()

    def poll(self, timeout: float) -> list[Ended]:
        """Move bytes until a request ends, `wake` is called or the time is over.

        Args:
            timeout: Maximum seconds to wait.

        Returns:
            The requests that ended.
        """
        if self._awaiting_proxy and (refused := self._release()):
            return refused
        paced = self._is_paced
        if (
            paced
            and (pause := self._pacing.let_through(lambda: [*self._flying.keys() - self._awaiting_proxy])) is not None
        ):
            timeout = min(timeout, pause)
        if self._deadline is not None and time.monotonic() >= self._deadline:
            # Before waiting: a request that follows another one on its connection is then no change for the poller.
            self._on_time()
            if ended := self._ended():
                return ended
        if self._deadline is not None:
            timeout = min(timeout, max(0.0, self._deadline - time.monotonic()))
        for descriptor, ready in self._poller.wait(timeout):
            self._multi.socket_action(descriptor, _SELECTED[ready])
            if paced and self._pacing.full():
                break
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self._on_time()
        return self._ended() + self._slow()

    def close(self) -> None:
        """End everything and close all connections."""
        self.cancel(lambda _: True)
        for handle, _ in chain.from_iterable(self._idle.values()):
            handle.close()
        self._idle.clear()
        if sys.is_finalizing():  # the process ends: a new thread would never start, and the end closes everything
            return
        # libcurl waits for pending name lookups, which may take a minute; a thread does so instead of the caller.
        closing = threading.Thread(target=self._multi.close, name="omicsdk-close", daemon=True)
        try:
            closing.start()
        except RuntimeError:  # from Python 3.12 on no thread starts while the process ends
            self._multi.close()
        else:
            closing.join(_CLOSING)
        self._poller.close()

    @property
    def _is_paced(self) -> bool:
        return self._throttle.rate is not None or self._pacing.engaged

    def _on_time(self) -> None:
        self._deadline = None
        self._multi.socket_action(_TIMER, 0)

    def _ended(self) -> list[Ended]:
        ended: list[Ended] = []
        more = 1
        while more:
            # In portions: what is not read now would be reported only with a later end.
            more, fine, failed = self._multi.info_read()
            for handle in fine:
                flight = self._land(handle)
                error = self._refused_login(flight)
                if error is None:
                    self._note_response(flight)
                if flight.passage is not None:
                    flight.passage.responded(refused=error is not None)
                ended.append(_judged(flight, error, lasting=error is not None))
            for handle, code, text in failed:
                refused = OSError(handle.getinfo(pycurl.OS_ERRNO), "")
                flight = self._land(handle)
                ask = flight.ask
                by_proxy = 0 if flight.replies else handle.getinfo(pycurl.HTTP_CONNECTCODE)  # its own response
                if by_proxy:  # its head comes first, and is no server's, which may have sent none
                    del flight.receiver.lines[: _end_of_head(flight.receiver.lines)]
                error, lasting = _error(code, text, ask), code in _LASTING
                # RFC 959, 4.2: a reply of 5xx is permanent. The last one may be older than a connection that was lost.
                if flight.replies and type(error) is TransportError:
                    lasting = lasting or handle.getinfo(pycurl.RESPONSE_CODE) >= 500
                    if reason := mask_text(flight.replies.refusal.decode("utf-8", "replace")):
                        error.message = f"the FTP server replied: {reason}"
                        error.remedy = "Try again later, or ask the operators of the server."
                # A server that is restarted may have accepted connections, and not have answered any request yet.
                was_reached = isinstance(error, ConnectionLost) and not flight.proxy
                if was_reached or is_whole(flight.receiver.lines):
                    self._note_response(flight)
                route = self._route(ask.url)
                is_refused = by_proxy in (401, 407)  # tinyproxy responds with 401 to a wrong password
                if code == _E_PROXY and "rejected by the SOCKS" in text:
                    error, lasting, is_refused = self._login_refused(ask, flight.proxy, text), True, True
                elif by_proxy >= 400:
                    kind = ProxyLoginFailed if is_refused else ProxyFailed
                    error = kind(f"the proxy refused: {by_proxy}", method=ask.method, url=without_query(ask.url))
                    # A 503 of a proxy is mostly about the server behind it, and may pass; a 501 is that of no proxy.
                    lasting = by_proxy not in RETRIED_STATUSES
                elif (login_refused := self._refused_login(flight)) is not None:
                    error, lasting, is_refused = login_refused, True, True
                if flight.passage is not None and (by_proxy or is_refused):
                    flight.passage.responded(refused=is_refused)
                elif flight.passage is not None:
                    flight.passage.failed()
                # Behind a proxy, the proxy is what was not reached: this machine connects to no other.
                peer = route.proxy if route.proxy and type(error) in (ConnectFailed, ProxyFailed) else flight.server
                if isinstance(error, ConnectFailed) or (isinstance(error, TimedOut) and not flight.receiver.lines):
                    route.blame_proxy(error)
                if isinstance(error, ConnectFailed):
                    lasting = lasting or (
                        peer not in self._answered and _is_settled(code, refused.errno or 0, text, peer)
                    )
                if not flight.receiver.lines and has_too_many_open(refused):
                    error = TooManyOpenFiles("too many files are open", method=ask.method, url=without_query(ask.url))
                    lasting = not self._flying  # otherwise a request in flight will close one
                ended.append(_judged(flight, error, lasting=lasting))
        return ended

    def _release(self) -> list[Ended]:
        """Send requests that waited for the first one through their proxy; return those that it has refused."""
        refused: list[Ended] = []
        for handle, passage in list(self._awaiting_proxy.items()):
            turn = passage.turn()
            if turn == "refused":
                flight = self._land(handle)
                refused.append(_judged(flight, self._login_refused(flight.ask, flight.proxy, 407), lasting=True))
            elif turn == "go":
                del self._awaiting_proxy[handle]
                self._begin(handle)
        return refused

    def _refused_login(self, flight: _Flight) -> TransportError | None:
        """Return the error of a response by which a proxy refuses the login of a request without a tunnel."""
        if not flight.proxy or last_status(flight.receiver.lines)[0][9:12] not in LOGIN_REFUSALS:
            return None
        status, headers = parse_head(flight.receiver.lines, {b"server": "server"})
        return self._login_refused(flight.ask, flight.proxy, status) if is_login_refused(status, headers) else None

    def _login_refused(self, ask: Ask, proxy: str, status: object) -> ProxyLoginFailed:
        error = ProxyLoginFailed(f"the proxy refused: {status}", method=ask.method, url=without_query(ask.url))
        route = self._route(ask.url)
        (route if route.proxy == proxy else Network(proxy)).blame_proxy(error)
        return error

    def _note_response(self, flight: _Flight) -> None:
        server = flight.server
        if server not in self._answered:
            if len(self._answered) >= _REMEMBERED:  # each may be noted again
                self._answered.clear()
            self._answered |= {server, flight.proxy} if flight.proxy else {server}

    def _slow(self) -> list[Ended]:
        """End the requests that are too slow."""
        patience = self._patience
        # Not by LOW_SPEED options of libcurl, which know neither the run's clock nor that this process held a request
        # up.
        moments = self._now(), time.monotonic()  # sockets do not follow a frozen clock
        elapsed = max(moment - before for moment, before in zip(moments, self._last_moments, strict=True))
        if elapsed < patience.silence / _LOOKS:
            return []
        self._last_moments = moments
        elapsed = min(elapsed, patience.silence * _LONGEST_LOOK)
        ended: list[Ended] = []
        for handle, flight in list(self._flying.items()):
            if (
                handle not in self._awaiting_proxy
                and not self._pacing.holds(handle)
                and flight.pulse.is_slow(elapsed, _moved(handle))
            ):
                ask = flight.ask
                problem = f"fewer than {patience.least_rate:g} bytes a second were received over {patience.silence:g} s"
                error = TimedOut(problem, method=ask.method, url=without_query(ask.url), remedy=_SLOW_REMEDY)
                ended.append(_judged(self._land(handle), error))
                if flight.passage is not None:
                    flight.passage.failed()
        return ended

    def _land(self, handle: Any) -> _Flight:
        if self._awaiting_proxy.pop(handle, None) is not None:
            pass  # it was not started
        elif not self._is_paced:
            # Out of the multi first: the options of a handle in it must not change.
            self._multi.remove_handle(handle)
        else:
            if self._pacing.ended(handle):
                self._multi.remove_handle(handle)
            handle.setopt(pycurl.BUFFERSIZE, self._buffer)
        flight = self._flying.pop(handle)
        if flight.replies:
            # A handle keeps its options: the next request would ask for the same range.
            handle.unsetopt(pycurl.RANGE)
        if flight.ask.body is not None:  # an idle handle keeps no file open
            handle.unsetopt(pycurl.READFUNCTION)
            handle.unsetopt(pycurl.SEEKFUNCTION)
        self._idle.setdefault(flight.kind, []).append((handle, flight.ask.headers))
        return flight

    def _new_handle(self, kind: _Kind) -> Any:
        options, method, sends, ftp = kind
        # Redirects are not followed by libcurl, which would send headers such as X-SBG-Auth-Token on to another host.
        handle: Any = pycurl.Curl()
        handle.setopt(pycurl.PROXY, "")  # the options include the environment's; libcurl must not read it itself
        for name, value in options:
            # As bytes: pycurl encodes text as ASCII, and the paths of certificates are in folders of any name.
            handle.setopt(getattr(pycurl, name.upper()), os.fsencode(value))
        # Over TLS libcurl would negotiate HTTP/2, whose single connection is slower: 8 ranges of a file took 0.43 s, and 0.10 s with 1.1.
        handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        # libcurl would use signals for time-outs of name lookups, which are not safe with threads.
        handle.setopt(pycurl.NOSIGNAL, 1)
        handle.setopt(pycurl.BUFFERSIZE, self._buffer)
        # libcurl would read file:// and other schemes, too, and URLs come from lists and services.
        handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS | pycurl.PROTO_FTP)
        handle.setopt(pycurl.PATH_AS_IS, 1)  # a key of an object store may contain dots
        handle.setopt(pycurl.TCP_KEEPALIVE, 1)
        # Of FTP it includes the login, for which servers look up names, and let clients wait after a wrong password.
        patience = max(self._patience.connect, self._patience.silence) if ftp else self._patience.connect
        handle.setopt(pycurl.CONNECTTIMEOUT_MS, int(patience * 1000))
        if ftp:
            handle.setopt(pycurl.OPT_FILETIME, 1)  # a file's date, without which no other response may add to its bytes
        if sends:
            handle.setopt(pycurl.UPLOAD, 1)
            handle.setopt(pycurl.UPLOAD_BUFFERSIZE, SEND_BUFFER)
        if method == "HEAD":
            handle.setopt(pycurl.NOBODY, 1)  # or libcurl waits for the body that the response's length announces
        elif method != ("PUT" if sends else "GET"):
            handle.setopt(pycurl.CUSTOMREQUEST, method)
        return handle

    def _options(self, ask: Ask, server: str, *, ftp: bool) -> _Options:
        if ask.route is not None:
            return tuple(sorted(ask.route.items()))
        options = self._servers.get(server)
        if options is None:
            is_valid = len(server) > len("ftp://") if ftp else origin_of(ask.url).startswith(("http://", "https://"))
            if not is_valid:
                raise ValueError("it is not http, https or ftp, or has no host or port")
            if len(self._servers) >= _REMEMBERED:
                self._servers.clear()
            options = self._servers[server] = tuple(sorted(self._route(ask.url).curl_options().items()))
        return options

    def _set_timer(self, milliseconds: int) -> None:
        self._deadline = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000


def _is_settled(code: int, number: int, text: str, peer: str) -> bool:
    """Whether a peer that has never responded will not do so after a while either.

    Args:
        code: libcurl's error.
        number: The system's error.
        text: libcurl's message.
        peer: The URL of the server or proxy.
    """
    if code in (pycurl.E_COULDNT_RESOLVE_HOST, pycurl.E_COULDNT_RESOLVE_PROXY):
        return _is_unknown(peer)
    if code == pycurl.E_SSL_CONNECT_ERROR:
        return any(mark in text for mark in _OF_TLS)
    is_refused = code == pycurl.E_COULDNT_CONNECT and number == errno.ECONNREFUSED
    return is_refused or code == pycurl.E_PEER_FAILED_VERIFICATION


def _is_unknown(url: str) -> bool:
    """Whether the resolver states that a host does not exist; libcurl does not tell this from a resolver's failure."""
    import socket

    host, results = url_parts(url).hostname or "", list[bool]()

    def resolve() -> None:
        try:
            socket.getaddrinfo(host, None)
        except UnicodeError:  # a name with an empty part, or one of more than 63 characters
            results.append(True)
        except OSError as error:
            results.append(isinstance(error, socket.gaierror) and error.errno != socket.EAI_AGAIN)

    # A resolver that has just stated so does it again at once; another one is not waited for.
    thread = threading.Thread(target=resolve, name="omicsdk-resolve", daemon=True)
    thread.start()
    thread.join(_RESOLVING)
    return results == [True]


def _end_of_head(lines: list[bytes]) -> int:
    return next((number for number, line in enumerate(lines, 1) if not line.strip()), len(lines))


def _noting(passage: Passage, keep: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """Return a function for the lines of a head that lets other requests through when the proxy has let this one."""

    def note(line: bytes) -> None:
        keep(line)
        if line.startswith(b"HTTP/") and line[9:12] not in LOGIN_REFUSALS:  # what these mean depends on other lines
            passage.responded(refused=False)

    return note


def _quoted(url: str) -> str:
    from urllib.parse import quote

    return quote(url, safe=URL_SAFE)


def _moved(handle: Any) -> int:
    """Bytes that a request has moved so far, in both directions."""
    return handle.getinfo(pycurl.SIZE_DOWNLOAD_T) + handle.getinfo(pycurl.SIZE_UPLOAD_T)


def _switch(handle: Any, pause: int) -> None:
    with contextlib.suppress(pycurl.error):  # it is over, and its end will be reported
        handle.pause(pause)


def _seeking(body: Body) -> Callable[[int, int], int]:
    def seek(offset: int, _origin: int) -> int:  # libcurl measures from the start only
        body.seek(offset)
        return cast("int", pycurl.SEEKFUNC_OK)

    return seek


def _judged(flight: _Flight, error: TransportError | None, *, lasting: bool = False) -> Ended:
    """Return how a request ended, correcting libcurl for a head without an end and for an FTP server's refusal."""
    receiver = flight.receiver
    if flight.replies:
        if error is None or not is_refusal(receiver.lines):
            return Ended(receiver, error, lasting)
        receiver.take(flight.replies.refusal)  # as the body of an error: it states the reason
        return Ended(receiver)
    if not is_whole(receiver.lines):
        receiver.lines.clear()  # half a head cannot be trusted
        if error is None:
            problem = "the connection ended before the head of the response was complete"
            error = ConnectionLost(problem, method=flight.ask.method, url=without_query(flight.ask.url))
    return Ended(receiver, error, lasting)


def _error(code: int, text: str, ask: Ask) -> TransportError:
    otherwise = "a header of the response is too long" if code == _E_TOO_LARGE else f"libcurl's error {code}"
    message = mask_text(text.split("?", 1)[0].strip()) or otherwise
    remedy = None
    if code == pycurl.E_SSL_CACERT_BADFILE:
        remedy = "Correct the path in SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or AWS_CA_BUNDLE."
    elif code == pycurl.E_SSL_CERTPROBLEM:
        remedy = "Check the files of ClientCertificate, or OMICS_CLIENT_CERT and OMICS_CLIENT_KEY."
    elif "wrong version number" in text:  # what OpenSSL names bytes that are no record of TLS
        remedy = "If the server expects plain HTTP, use a URL that begins with http://."
    return _ERRORS.get(code, TransportError)(message, method=ask.method, url=without_query(ask.url), remedy=remedy)
