"""The server's thread: an application answers on a socket until it is told to end."""

import asyncio
import logging
import socket
import sys
import threading
import traceback
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from omicsdk.sandbox.traffic.connection import Connection

log = logging.getLogger(__name__)


class Serving:
    """An application that answers in a thread of its own.

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
        """Starts serving and returns when the server answers.

        Raises:
            RuntimeError: It doesn't start; its cause says why.
        """
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            raise RuntimeError("the sandbox's server didn't start") from self._failure

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
        """Runs a function in the server's event loop and waits for it."""
        done = threading.Event()

        def run() -> None:
            function()
            done.set()

        assert self._loop is not None
        self._loop.call_soon_threadsafe(run)
        done.wait(10)

    def end(self, seconds: float = 15.0) -> None:
        """Stops serving, once the answers that are under way were given two seconds to end.

        Args:
            seconds: How long the thread may take; one that takes longer is left behind, and the log says where it stands.
        """
        self._server.should_exit = True
        self._thread.join(seconds)
        if self._thread.is_alive():
            frame = sys._current_frames().get(self._thread.ident or 0)  # pyright: ignore[reportPrivateUsage] - documented
            at = "".join(traceback.format_stack(frame)) if frame else "nowhere\n"
            log.error("The sandbox's server did not end within %g s. Its thread stands at:\n%s", seconds, at)
