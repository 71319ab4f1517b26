"""A guard that fails unit tests that open a network socket or start a process.

Tests below `tests/unit` and `tests/cassettes` may do neither. The guard listens where no other tests run: servers of those would be
heard too.
"""

import functools
import importlib
import multiprocessing.process
import socket
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]
FOLDERS = (TESTS / "unit", TESTS / "cassettes")
"""Where unit tests are."""

NETWORK = {"socket.bind", "socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}
PROCESS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "os.startfile"}
"""Python's audit events."""
REFUSED = NETWORK | PROCESS


class NotUnit(Exception):
    """A test opened a network socket or started a process."""


class Guard:
    """Fails a test that opens a network socket or starts a process, whatever becomes of the exception that it gets."""

    def __init__(self) -> None:
        self._running = False
        self._seen: list[str] = []

        # Of millions of events. A method would take Python four times as long.
        def hear(event: str, args: tuple[Any, ...]) -> None:
            if event in REFUSED:
                self._hear(event, args)

        sys.addaudithook(hear)
        # libcurl and multiprocessing raise no events. The engine may have pycurl's module in C alone, without its package.
        packages = importlib.import_module("omicsdk.transfer.network.wire").pycurl, importlib.import_module("pycurl")
        for module in dict.fromkeys(packages):
            self._watch(module, "CurlMulti")
        self._watch(multiprocessing.process.BaseProcess, "start")

    def _watch(self, owner: Any, name: str) -> None:
        usual = getattr(owner, name)

        @functools.wraps(usual)
        def watched(*args: Any, **kwargs: Any) -> Any:
            if self._running:
                self._refuse(f"{owner.__name__}.{name}")
            return usual(*args, **kwargs)

        setattr(owner, name, watched)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        unix = event in NETWORK and isinstance(args[0], socket.socket) and args[0].family == socket.AF_UNIX
        if self._running and not unix:
            self._refuse(event)

    def _refuse(self, what: str) -> None:
        self._seen.append(what)
        raise NotUnit(f"{what} in a unit test: it belongs into tests/functional.")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Generator[None, Any, Any]:
        """Watch setup, call and teardown."""
        self._running = True
        try:
            return (yield)
        finally:
            self._running = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, Any, Any]:
        """Fails after the call, which may have caught what was raised."""
        result = yield
        seen, self._seen = self._seen, []
        if seen:
            raise NotUnit(f"{', '.join(seen)} in a unit test: it belongs into tests/functional.")
        return result
