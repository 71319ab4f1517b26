"""The server's thread, and the hosts that requests may name."""

import asyncio
import ipaddress
import json
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import urlsplit

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import logger as uvicorn_log

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.routing import headers_of
from omicsdk.sandbox.traffic.wire import Connection

# The default address of a sandbox.
LOOPBACK = "127.0.0.1"
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - users may choose them


def is_loopback(name: str) -> bool:
    """Whether a name or an address is one that only this machine reaches.

    Names below localhost count: RFC 6761 reserves them for loopback, and S3 clients put a bucket before localhost.
    """
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def url_of(host: str, port: int) -> str:
    """The URL of a server for programs on this machine.

    Args:
        host: The address that it listens on.
        port: Its port.
    """
    # A client of IPv4 reaches a socket of IPv6 at a mapped address.
    name = LOOPBACK if host in _EVERYWHERE else host.removeprefix("::ffff:")
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def listening(host: str, port: int) -> socket.socket:
    """Listen on an address.

    Args:
        host: The address.
        port: The port; 0 picks a free one.

    Raises:
        OSError: The port is in use, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Of all addresses, `url_of` names one of IPv4.
    return socket.create_server((host, port), family=family, backlog=1024, dualstack_ipv6=host == "::")


def names_of(host: str) -> tuple[str, ...]:
    """The names of a server besides those of loopback: the address that it listens on, unless that is all of them."""
    return () if host in _EVERYWHERE or is_loopback(host) else (host,)


@lru_cache(256)
def is_ours(host: str, also: tuple[str, ...] = ()) -> bool:
    """Whether a request's Host header names this machine: a page on the web may point a name of its site at it.

    Args:
        host: The header, with a port or without.
        also: Further names that the user allowed; one that begins with a dot allows all names below it.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return is_loopback(name) or any(
        name.endswith(host.lower()) if host.startswith(".") else name == host.lower() for host in also
    )


def refused_reason(method: str, headers: Mapping[str, str], allowed: tuple[str, ...]) -> str | None:
    """Why a request is refused before any service sees it; None for one that may continue.

    A page in the user's browser reaches loopback: by a name of its site that was pointed here (DNS rebinding), which the
    Host header gives away, or by forms, images and scripts, which Origin or Sec-Fetch-Site give away. A link that the
    user follows is let through: its page cannot read the response.

    Args:
        method: The HTTP method.
        headers: The request's headers, names in lower case.
        allowed: Names besides those of loopback that the user allowed.
    """
    host = headers.get("host", "")
    if not is_ours(host, allowed):
        return (
            f"The sandbox does not answer to the host {host[:100]!r}. Start it with --allow-host NAME to allow a name."
        )
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is None and site is None:  # a program, not a browser
        return None
    # A form of a page that sends no referrer has the origin null; the browser still states that the page is of the same origin, which it
    # does not of a page without an origin, such as one in a sandboxed frame.
    own_origins = (f"http://{host.lower()}", f"https://{host.lower()}", *(("null",) if site == "same-origin" else ()))
    if origin is not None and origin.lower() not in own_origins:
        return f"The request comes from a page of another site, {origin[:100]!r}."
    site = site or "same-origin"
    asked_by_user = method in ("GET", "HEAD") and (site == "none" or headers.get("sec-fetch-mode") == "navigate")
    if site != "same-origin" and not asked_by_user:
        return "The request comes from a page of another site."
    return None


def closed_to_sites(app: ASGIApp, allowed: tuple[str, ...]) -> ASGIApp:
    """Refuse requests for other hosts, and those of other sites' pages, with 403.

    Args:
        app: The application.
        allowed: Names besides those of loopback that the user allowed.
    """

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        reason = refused_reason(scope["method"], headers_of(scope), allowed)
        if reason is None:
            await app(scope, receive, send)
            return
        content = json.dumps(Problem(403, "Forbidden", reason).body())
        await Response(content, 403, media_type="application/problem+json")(scope, receive, send)

    return checked


def _is_failure(record: logging.LogRecord) -> bool:
    """Whether a message of uvicorn is about more than a request that the end of its server cuts off."""
    is_cut_off = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not is_cut_off and "graceful shutdown exceeded" not in record.getMessage()


uvicorn_log.addFilter(_is_failure)


class ServerThread:
    """An application that answers in a separate thread.

    Args:
        app: The application.
        listening: The socket that it answers on; it stays the caller's to close.
    """

    def __init__(self, app: ASGIApp, listening: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._socket = listening
        self._thread = threading.Thread(target=self._run, name="omics-sandbox", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = threading.Event()
        self._failure: BaseException | None = None

    def begin(self) -> None:
        """Start serving, and return when the server answers.

        Raises:
            RuntimeError: It does not start; its cause states why.
        """
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            raise RuntimeError("the sandbox's server did not start") from self._failure

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self._report_start(self._loop)
            await self._server.serve(sockets=[self._socket])

        try:
            asyncio.run(serve())
        except BaseException as error:
            self._failure = error
        finally:
            self._started.set()

    def _report_start(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._server.started:
            self._started.set()
        else:
            loop.call_later(0.001, self._report_start, loop)

    def in_loop(self, function: Callable[[], None]) -> None:
        """Run a function in the server's event loop, and wait for it."""
        done = threading.Event()

        def run() -> None:
            function()
            done.set()

        assert self._loop is not None
        self._loop.call_soon_threadsafe(run)
        done.wait(10)

    def end(self) -> None:
        """Stop serving, once the responses that are under way were given two seconds to end."""
        self._server.should_exit = True
        self._thread.join()
