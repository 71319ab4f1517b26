"""The server's thread: an application answers on a socket until it is told to end."""

import asyncio
import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from omicsdk.sandbox.traffic.connection import Connection


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
        """Runs a function in the server's event loop and waits for it."""
        done = threading.Event()

        def run() -> None:
            function()
            done.set()

        assert self._loop is not None
        self._loop.call_soon_threadsafe(run)
        done.wait(10)

    def end(self) -> None:
        """Stops serving, once the answers that are under way were given two seconds to end."""
        self._server.should_exit = True
        self._thread.join()
