"""Tests in processes that are forked after the collection: `pytest --forks N`.

All run on what was imported and collected once. pytest-xdist collects in each process, and sends three reports of each test to
another one: for thousands of tests of a millisecond that is a sixth of all the time. Where processes can't be forked it is used.
"""

import functools
import mmap
import multiprocessing
import multiprocessing.connection
import os
import signal
import struct
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SLOW = 0.005
"""Seconds from which a setup or a teardown that passed is reported to `--durations`, which shows none below."""
PATIENCE = 0.5
"""Seconds after which processes that have not ended by an interrupt get one: a terminal's goes to all, a program's to the first."""
CHUNK = struct.Struct("=II")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the number of processes."""
    parser.addoption(
        "--forks", type=int, default=0, metavar="N", help="run tests in N processes, forked after collection"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run the tests in processes, if it was requested."""
    count = min(session.config.getoption("forks"), len(session.items))
    if not count or session.testsfailed or session.config.option.collectonly:
        return None
    _Parent(session, count).run()
    return True


class _Parent:
    """Hears of all tests.

    Args:
        session: The session.
        count: The number of processes.
    """

    def __init__(self, session: pytest.Session, count: int) -> None:
        self._session = session
        self._running = mmap.mmap(-1, 4 * count)  # the number of the test that each process runs
        self._chunks = _chunks(len(session.items), count)
        self._processes = dict[Any, tuple[int, Any]]()
        _folders(session.config).getbasetemp()  # which each process would make for itself
        # pytest looks for the conftests of a test with each hook, of which all are loaded by now, and for its line in each process.
        session.gethookproxy = functools.cache(session.gethookproxy)
        for item in session.items:
            item.location  # noqa: B018 - it stays
        fork = multiprocessing.get_context("fork")
        for number in range(count):
            reader, writer = fork.Pipe(duplex=False)
            process = fork.Process(target=_child, args=(session, number, self._chunks, self._running, writer))
            with warnings.catch_warnings():
                # Python 3.15 raises what it warns of, and threads of NumPy's and PyArrow's libraries count: these allow for forks.
                warnings.filterwarnings("ignore", ".*multi-threaded, use of fork", DeprecationWarning)
                process.start()
            writer.close()
            self._processes[reader] = number, process

    def run(self) -> None:
        """Report what processes send, until all have ended."""
        session = self._session
        try:
            while self._processes:
                for reader in multiprocessing.connection.wait([*self._processes]):
                    try:
                        number, reports = reader.recv()
                    except EOFError:
                        self._ended(reader)
                    else:
                        self._report(session.items[number], reports)
                    if session.shouldfail:
                        raise session.Failed(session.shouldfail)
                    if session.shouldstop:
                        raise session.Interrupted(session.shouldstop)
        except KeyboardInterrupt:
            until = time.monotonic() + PATIENCE
            for _, process in self._processes.values():
                process.join(max(0, until - time.monotonic()))
            raise
        finally:
            for reader, (_, process) in self._processes.items():
                if process.is_alive():
                    os.kill(process.pid, signal.SIGINT)
                process.join()
                reader.close()
            os.close(self._chunks)
            self._running.close()

    def _report(self, item: pytest.Item, reports: list[float | dict[str, Any]]) -> None:
        hook = item.config.hook
        for entry in reports:
            if isinstance(entry, dict):
                report = hook.pytest_report_from_serializable(config=item.config, data=entry)
            else:
                report = pytest.TestReport(item.nodeid, item.location, {}, "passed", None, "call", duration=entry)
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)

    def _ended(self, reader: Any) -> None:
        """Fail the test in which a process died."""
        number, process = self._processes.pop(reader)
        reader.close()
        process.join()
        if process.exitcode:
            (running,) = struct.unpack_from("=I", self._running, 4 * number)
            item = self._session.items[running]
            why = f"The process of this test ended with {process.exitcode}; others that it had to run did not."
            crash = pytest.TestReport(item.nodeid, item.location, {}, "failed", why, "call")
            item.config.hook.pytest_runtest_logreport(report=crash)


def _chunks(length: int, count: int) -> int:
    """A pipe from which each process takes the next tests: neighbours, which share fixtures, and at the end few."""
    reader, writer = os.pipe()
    start = 0
    while start < length:
        stop = start + max(1, (length - start) // (8 * count))
        os.write(writer, CHUNK.pack(start, stop))
        start = stop
    os.close(writer)
    return reader


def _child(session: pytest.Session, number: int, chunks: int, running: mmap.mmap, parent: Any) -> None:
    """Run tests as long as there are any."""
    config = session.config
    plugins = config.pluginmanager
    plugins.unregister(name="terminalreporter")
    plugins.register(relay := _Relay())
    capture: Any = plugins.getplugin("capturemanager")
    capture.stop_global_capturing()  # its files are those of all processes
    capture.start_global_capturing()
    folders = _folders(config)
    folders._basetemp = Path(folders.getbasetemp(), f"fork-{number}")
    folders._basetemp.mkdir(mode=0o700)
    numbers = _numbers(chunks)
    following = next(numbers, None)
    try:
        while following is not None:
            current, following = following, next(numbers, None)
            struct.pack_into("=I", running, 4 * number, current)
            after = None if following is None else session.items[following]
            config.hook.pytest_runtest_protocol(item=session.items[current], nextitem=after)
            parent.send((current, [entry for report in relay.reports if (entry := _entry(config, report)) is not None]))
            relay.reports.clear()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second interrupt would end fixtures half-way
        session._setupstate.teardown_exact(None)  # of fixtures that are left when a user interrupts
        config._ensure_unconfigure()


class _Relay:
    """Keeps the reports of a test."""

    def __init__(self) -> None:
        self.reports: list[pytest.TestReport] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.reports.append(report)


def _folders(config: Any) -> Any:
    return config._tmp_path_factory


def _numbers(chunks: int) -> Iterator[int]:
    while chunk := os.read(chunks, CHUNK.size):
        yield from range(*CHUNK.unpack(chunk))


def _entry(config: pytest.Config, report: pytest.TestReport) -> float | dict[str, Any] | None:
    """What is sent of a report; of most, that is how long the call took."""
    if report.passed and not report.user_properties and not hasattr(report, "wasxfail"):
        if report.when == "call":
            return report.duration
        if config.option.durations is None or report.duration < SLOW:
            return None
    return config.hook.pytest_report_to_serializable(config=config, report=report)
