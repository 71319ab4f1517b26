"""The server's thread: what happens when it doesn't end."""

import logging
import socket
import threading

import httpx
import pytest
from omicsdk.sandbox.traffic.serving import Serving
from starlette.types import Receive, Scope, Send


def test_a_server_that_does_not_end_is_left_behind_and_the_log_says_where_it_stands(caplog: pytest.LogCaptureFixture):
    reached, free = threading.Event(), threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.set()
        free.wait()  # holds the event loop up

    def ask() -> None:
        httpx.get(url, trust_env=False)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = "http://{}:{}/".format(*listening.getsockname())
        serving = Serving(app, listening)
        serving.begin()
        asking = threading.Thread(target=ask)
        asking.start()
        reached.wait()
        with caplog.at_level(logging.ERROR):
            serving.end(0.1)
        told = caplog.text
        free.set()
        serving.end()
        asking.join()
    assert "did not end within 0.1 s" in told
    assert "free.wait()  # holds the event loop up" in told
