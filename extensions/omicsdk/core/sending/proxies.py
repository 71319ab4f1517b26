"""Logins to proxies: the first request with a password goes alone, and one refusal ends the others before they are sent.

Proxies lock accounts after a few wrong passwords, and a transfer starts many requests at once. All connections of the
process share what is known of a password: those of clients, of transfers and of boto3.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Literal, Self

#: Seconds after which a request no longer waits for the first one: that may have a long body to send.
_LONGEST_WAIT = 30.0
#: Seconds for which a refused password is not sent again: an account may be unlocked while a program runs.
_REFUSED_FOR = 60.0

Turn = Literal["go", "wait", "refused"]


class ProxyLogin:
    """What is known of a proxy's user name and password.

    Attributes:
        accepted: Whether the proxy has accepted them.
        refused_at: When it refused them, by the monotonic clock; None if it has not.
        first: The request that tries them; None if there is none.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.accepted = False
        self.refused_at: float | None = None
        self.first: Passage | None = None


class Passage:
    """One request through a proxy. As a context it ends with the block: an Exception means that no response came.

    Args:
        login: The proxy's login.
        wake: Called from any thread when the wait may be over.
    """

    def __init__(self, login: ProxyLogin, wake: Callable[[], None] | None = None) -> None:
        self._login = login
        self._wake = wake
        self._first: Passage | None = None  # the one that it waits for
        self._until = 0.0
        self._waiting: list[Passage] = []
        self._over = threading.Event()
        self._given_up = False

    def turn(self) -> Turn:
        """Return whether the request may be sent now. The first one may, and then has to be ended."""
        login, now = self._login, time.monotonic()
        with login.lock:
            if login.refused_at is not None and now < login.refused_at + _REFUSED_FOR:
                return "refused"
            if login.accepted:
                return "go"
            # A first request that was cancelled said nothing of the password: the next one that comes here takes its place.
            if self._first is None or self._first._given_up:
                if login.first is None:
                    login.first = self._first = self
                    return "go"
                self._first, self._until = login.first, now + _LONGEST_WAIT
                # Under the lock, under which `_end` takes the list: no request is added that nothing wakes.
                login.first._waiting.append(self)
            # By time as well: the first request may have a body that takes minutes, and shows nothing until it was
            # sent.
            is_over = self._first is self or self._first._over.is_set() or now >= self._until
            return "go" if is_over else "wait"

    def wait(self) -> bool:
        """Wait until the request may be sent; return False if the proxy has refused the password."""
        while (turn := self.turn()) == "wait":
            assert self._first is not None
            self._first._over.wait(max(0.0, self._until - time.monotonic()))
        return turn == "go"

    def responded(self, *, refused: bool) -> None:
        """Note the proxy's response; later ones of the same request change nothing."""
        with self._login.lock:
            if self._over.is_set():
                return
            self._login.accepted = not refused
            self._login.refused_at = time.monotonic() if refused else None
        self._end()

    def failed(self) -> None:
        """Note that no response came: the requests that wait are sent, since this shows nothing of the password."""
        self._end()

    def give_up(self) -> None:
        """Note that the request was cancelled: another one is the first."""
        # Before `_end` sets the event: the requests that it wakes read this.
        self._given_up = not self._over.is_set()
        self._end()

    def _end(self) -> None:
        with self._login.lock:
            self._over.set()
            if self._login.first is self:
                self._login.first = None
            waiting, self._waiting = self._waiting, []
        # Outside of the lock, which the requests take as soon as they are awake.
        for passage in waiting:
            if passage._wake is not None:
                passage._wake()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # The cancellations of asyncio and trio are no Exception; nor is an interrupt.
        if kind is not None and issubclass(kind, Exception):
            self.failed()
        else:
            self.give_up()


_logins: dict[str, ProxyLogin] = {}


def login_of(proxy: str) -> ProxyLogin | None:
    """Return the login of a proxy; None if its URL has neither user name nor password.

    Args:
        proxy: The proxy's URL.
    """
    if "@" not in proxy.partition("://")[2].partition("/")[0]:
        return None
    # `setdefault` is atomic: all clients and threads of the process share the login.
    return _logins.setdefault(proxy, ProxyLogin())


def is_login_refused(status: int, headers: Mapping[str, str]) -> bool:
    """Return whether a response to a request through a proxy is the proxy's refusal of its password.

    Args:
        status: Its status.
        headers: Its headers, read as `server`. tinyproxy returns for a wrong password 401, as a server would.
    """
    return status == 407 or (status == 401 and headers.get("server", "").lower().startswith("tinyproxy"))
