"""Trials: a transfer under a fault, compared with what is promised, and counted for docs/reliability.md.

The promise: under a final name stand the right bytes or none, whatever broke; the report names the cause; it ends in
bounded time; no thread and no descriptor is left. A test states by its marker which fault it tries and how that may end:

    @pytest.mark.fault("connection reset in the body", ends="right file")
    def test_a_reset(trial, server, fault): ...
"""

import gc
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from fork_server import forked
from omicsdk.transfer import Item, Upload, download, upload
from waiting import remaining

#: How a transfer ends that the fault could not harm.
RIGHT = "right file"
#: Seconds that any transfer of these tests may take; all waits that are longer are the moved clock's.
BOUND = 60.0


class Trial:
    """Runs transfers under the fault that a test is about.

    Args:
        name: The fault.
        ends: How it may end: RIGHT or names of errors.
        folder: The target folder.
        right: What the files must hold, by their names.
    """

    def __init__(self, name: str, ends: tuple[str, ...], folder: Path, right: Mapping[str, bytes]) -> None:
        self.name = name
        self.ends = ends
        self.folder = folder
        self.right = dict[str, bytes]()
        self.endings: list[str] = []
        self._served = right
        self._began = time.monotonic()

    def download(
        self,
        items: Iterable[Item],
        folder: Path | None = None,
        *,
        counted: Iterable[str] | None = None,
        before: Mapping[str, bytes] | None = None,
        within: float = BOUND,
        **options: Any,
    ) -> Any:
        """Downloads, and holds every outcome against the promise.

        Args:
            items: What to fetch.
            folder: Where to, when it is not the test's target.
            counted: The names that the fault is about; by default all.
            before: Bytes that stood under final names before, which a failure may leave there.
            within: Seconds that it may take.
            **options: Of `download`.

        Returns:
            The report.
        """
        requested, place = list(items), folder or self.folder
        began = time.monotonic()
        report = download(requested, place, **options)
        assert time.monotonic() - began < within
        assert [outcome.name for outcome in report.outcomes] == [item.name for item in requested]
        names = None if counted is None else set(counted)
        for outcome in report.outcomes:
            self.check_content(place, outcome.name, there=outcome.state in ("done", "skipped"), before=before)
            assert (outcome.state == "failed") == (outcome.error is not None)
            if outcome.state != "stopped" and (names is None or outcome.name in names):
                self.ended(RIGHT if outcome.error is None else type(outcome.error).__name__, within=within)
            if outcome.error is not None:
                assert str(outcome.error).strip(), outcome
        json.dumps(report.to_dict())
        return report

    def again(self, items: Iterable[Item], folder: Path | None = None, **options: Any) -> Any:
        """Download when the fault is over: all must be right in the end. Counts nothing."""
        report = self.download(items, folder, counted=(), **options)
        report.raise_if_failed()
        assert report.ok
        return report

    def upload(self, path: Path, to: Any, stored: Callable[[], bytes | None], **options: Any) -> Any:
        """Upload a file, and holds the outcome against the promise: what the store has in the end is right, or nothing.

        Args:
            path: The file.
            to: The target.
            stored: Returns what the store has under the file's name, None for nothing.
            **options: Of `upload`, and `retries`.

        Returns:
            The report.
        """
        began = time.monotonic()
        retries = options.pop("retries", 10)
        report = upload([Upload(path, to, retries=retries, min_delay=0.01)], **options)
        assert time.monotonic() - began < BOUND
        (outcome,) = report.outcomes
        assert (outcome.state == "failed") == (outcome.error is not None)
        there = stored()
        assert (there is None) if outcome.error is not None else (there == path.read_bytes())
        self.ended(RIGHT if outcome.error is None else type(outcome.error).__name__)
        json.dumps(report.to_dict())
        return report

    def check_content(self, folder: Path, name: str, *, there: bool, before: Mapping[str, bytes] | None = None) -> None:
        """Assert that under a final name stand the right bytes or none.

        Args:
            folder: The target folder.
            name: The file.
            there: Whether it must be there.
            before: What may stand there instead.
        """
        path = folder / name
        if path.is_file():
            content = path.read_bytes()
            right = {**self._served, **self.right}[name]
            assert content == right or (not there and before is not None and content == before[name]), (
                f"{name} is wrong"
            )
        else:
            assert not there, f"{name} isn't there"

    def ended(self, how: str, within: float = BOUND) -> None:
        """Count one ending, and asserts that it is one of those that the test allows, and that it came in time.

        Args:
            how: RIGHT, or the error's name.
            within: Seconds since the test began, or since the ending before.
        """
        assert how in self.ends, f"ended with {how}, not with {' or '.join(self.ends)}"
        assert time.monotonic() - self._began < within, f"took {time.monotonic() - self._began:.0f} s"
        self.endings.append(how)
        self._began = time.monotonic()


def marked(node: pytest.Item) -> tuple[str, tuple[str, ...]]:
    """The fault that a test tries and how that may end."""
    marker = node.get_closest_marker("fault")
    assert marker is not None, "a test with a trial says by @pytest.mark.fault(name, ends=...) what it tries"
    (name,), ends = marker.args, marker.kwargs["ends"]
    return name, (ends,) if isinstance(ends, str) else tuple(ends)


def fault_property(node: pytest.Item, order: int, endings: list[str]) -> tuple[str, dict[str, Any]]:
    """What a test reports for the page on reliability.

    Args:
        node: The test.
        order: Its place in its module.
        endings: How each attempt ended.
    """
    section = (node.getparent(pytest.Module).obj.__doc__ or "").partition("\n")[0].rstrip(".")
    facts = {"section": section, "fault": marked(node)[0], "order": f"{node.path.name}:{order:05}", "endings": endings}
    return "fault", {**facts, "long": node.get_closest_marker("long") is not None}


@pytest.fixture
def trial(request: pytest.FixtureRequest, target: Path, server: Any) -> Iterator[Trial]:
    """Run transfers under the fault that the test's marker names."""
    made = Trial(*marked(request.node), target, server.right)
    yield made
    assert made.endings, "nothing was tried"
    request.node.user_properties.append(fault_property(request.node, request.node.location[1] or 0, made.endings))


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Assert that a test leaves no thread and no descriptor behind."""
    threads, descriptors = set(threading.enumerate()), _descriptors()
    yield

    def left() -> set[Any]:
        lasting = {str(number) for number in forked.descriptors}
        opened = {(number, target) for number, target in _descriptors() - descriptors if number not in lasting}
        return (set(threading.enumerate()) - threads) or opened

    if remaining(left, 0.5):
        gc.collect()  # a report of many files is the caller's: its temporary files go with it
    leftovers = remaining(left)
    assert not leftovers, (
        f"left behind: {leftovers} {[_ends_of(int(entry[0])) for entry in leftovers if isinstance(entry, tuple)]}"
    )


def _descriptors() -> set[tuple[str, str]]:
    """The open descriptors with their targets, if the system lists them."""
    descriptors = set[tuple[str, str]]()
    for entry in [*os.scandir("/proc/self/fd")] if os.name == "posix" else ():
        try:
            descriptors.add((entry.name, os.readlink(entry.path)))  # noqa: PTH115 - before and after each of hundreds of tests
        except OSError:  # the one that listed the folder
            continue
    return descriptors


def _ends_of(descriptor: int) -> str:
    """Both ends of a socket, which state what it belongs to."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as copy, suppress(OSError):
        return f"{copy.family.name} {copy.getsockname()} {copy.getpeername()}"
    return "not a connected socket"


@contextmanager
def swapped(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Another value for an attribute for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)
