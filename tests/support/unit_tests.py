"""Which tests open no network socket and start no process, and what fails one that does: `make unit`.

Nobody marks them. A test is one unless its code, its fixtures or its parameters name a server or a process, or use what does of the
tests' own functions and classes. What product code starts where no such name is seen is caught by the guard, when the test runs as a
unit test: then the test takes the fixture `functional`.
"""

import functools
import importlib
import inspect
import multiprocessing.process
import socket
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from _pytest.fixtures import FixtureDef

TESTS = str(Path(__file__).parents[1])

STARTS = {
    *("subprocess", "multiprocessing", "concurrent.futures.process", "pty", "distributed"),
    *("socket", "socketserver", "http.server", "uvicorn", "moto.server"),
    *("omicsdk.sandbox", "omicsdk.sandbox.server"),
}
"""Modules whose use means sockets or processes."""

FIXTURES = {"functional", "omics_sandbox", "_omics_sandbox_server"}
"""Fixtures that mean them: the one that says so, and those of the pytest plugin for users."""

NETWORK = {"socket.bind", "socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}
PROCESS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "os.startfile"}
"""Python's audit events."""


class Functional(Exception):
    """A test that runs as a unit test opened a network socket or started a process."""


class Uses:
    """Finds out what tests use; what was looked at once is known."""

    def __init__(self) -> None:
        self._known: dict[int, bool] = {}
        self._kept: list[Any] = []  # an id is an object's as long as it lives

    def functional(self, item: pytest.Item) -> bool:
        """Report whether a test names a server or a process, itself or through what it uses."""
        if not isinstance(item, pytest.Function) or FIXTURES & set(item.fixturenames):
            return True
        fixtures: dict[str, tuple[FixtureDef[Any], ...]] = item._fixtureinfo.name2fixturedefs
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        used = (item.function, *(one.func for several in fixtures.values() for one in several), *parameters)
        return any(map(self._starts, used))

    def _starts(self, value: Any) -> bool:
        if (known := self._known.get(id(value))) is not None:
            return known
        self._known[id(value)] = False  # while it is looked at: what uses itself is not thereby functional
        self._kept.append(value)
        self._known[id(value)] = found = self._looked_at(value)
        return found

    def _looked_at(self, value: Any) -> bool:
        if isinstance(value, ModuleType):
            return value.__name__ in STARTS
        if isinstance(value, functools.partial):
            return self._starts(value.func)
        if isinstance(value, staticmethod | classmethod):
            return self._starts(value.__func__)
        if isinstance(value, property):
            return self._starts(value.fget)
        if not isinstance(value, FunctionType | type):
            return False
        module = value.__module__ or ""
        if module in STARTS or module.partition(".")[0] in STARTS:
            return True
        if isinstance(value, type):
            ours = (getattr(sys.modules.get(module), "__file__", None) or "").startswith(TESTS)
            return any(map(self._starts, (*value.__bases__, *(vars(value).values() if ours else ()))))
        drawn: Any = getattr(value, "hypothesis", None)
        return any(map(self._starts, _used(inspect.unwrap(drawn.inner_test if drawn else value))))


def _used(function: Any) -> Iterator[Any]:
    """Yield what a function of the tests names: globals, modules that it imports, and what it closes over."""
    if not function.__code__.co_filename.startswith(TESTS):
        return
    names = _names(function.__code__)
    for name in names:
        if name in function.__globals__:
            yield (value := function.__globals__[name])
            if isinstance(value, ModuleType):
                yield from (vars(value)[attribute] for attribute in names & vars(value).keys())
        elif name in STARTS:
            yield ModuleType(name)
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not yet set
            continue


@functools.cache
def _names(code: CodeType) -> frozenset[str]:
    nested = (_names(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return frozenset(code.co_names).union(*nested)


class Guard:
    """Fails a test that opens a network socket or starts a process, whatever becomes of the exception that it gets."""

    def __init__(self) -> None:
        self._running = False
        self._seen: list[str] = []
        sys.addaudithook(self._hear)
        # libcurl and multiprocessing raise no events.
        self._watch(importlib.import_module("pycurl"), "CurlMulti")
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
        if not self._running:
            return
        unix = event in NETWORK and isinstance(args[0], socket.socket) and args[0].family == socket.AF_UNIX
        if (event in NETWORK or event in PROCESS) and not unix:
            self._refuse(event)

    def _refuse(self, what: str) -> None:
        self._seen.append(what)
        raise Functional(f"{what} in a unit test: take the fixture `functional`.")

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
            raise Functional(f"{', '.join(seen)} in a unit test: take the fixture `functional`.")
        return result
