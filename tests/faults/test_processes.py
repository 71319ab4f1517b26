"""Killed processes, and concurrent processes in one folder."""

import json
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from fork_server import forked
from omicsdk.core import FolderBusy
from omicsdk.transfer import Item, download
from waiting import remaining

MIB = 1024 * 1024
LONGEST_WAIT = 60
"""Seconds in which a process requests what it is killed after, on a machine under load, too."""

SCRIPT = """
import json, sys
from omicsdk.transfer import Item, Location, download
task = json.loads(sys.argv[1])
items = [Item(name, Location(url), size, sums, min_delay=0.01) for name, url, size, sums in task["items"]]
report = download(items, task["folder"], connections=4)
print(json.dumps([[outcome.state, type(outcome.error).__name__] for outcome in report.outcomes]))
"""


@pytest.fixture
def start(trial: Any) -> Iterator[Callable[[list[Item]], "subprocess.Popen[str]"]]:
    """Starts a download in a separate process."""
    started: list[subprocess.Popen[str]] = []

    def run(items: list[Item]) -> "subprocess.Popen[str]":
        entries = [(item.name, item.locate.url, item.size, dict(item.checksums)) for item in items]
        arguments = [sys.executable, "-c", SCRIPT, json.dumps({"items": entries, "folder": str(trial.folder)})]
        process = forked.start(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def killed_after(process: "subprocess.Popen[str]", server: Any, count: int) -> None:
    """Kills a process when the server has sent so many bytes, or it has ended."""
    is_waiting = remaining(lambda: process.poll() is None and server.total < count, LONGEST_WAIT)
    process.kill()
    _, err = process.communicate()
    assert not is_waiting, f"{server.total} of {count} bytes were requested in {LONGEST_WAIT} s: {err}"


def kills(times: int, trial: Any, server: Any, fault: Any, noise: Any, start: Any) -> None:
    """Kills downloads at random moments, continues in the end, and counts what was fetched twice."""
    bodies = {f"d{number % 5}/small{number}": noise(20_000 + number, number) for number in range(60)}
    bodies |= {f"large{number}": noise(20 * MIB + number, number) for number in range(3)}
    items = [server.item(name, body, "sha256") for name, body in bodies.items()]
    for name in bodies:
        server.always[name] = fault.changed(pace=100 * MIB)
    size, dice = sum(map(len, bodies.values())), random.Random(times)
    for _ in range(times):
        killed_after(start(items), server, server.total + dice.randrange(1, 2 * size // times))
        for name in bodies:
            trial.check_content(trial.folder, name, there=False)
        trial.ended("right file" if any((trial.folder / name).exists() for name in bodies) else "no file")
    server.always.clear()
    trial.again(items)
    # The system's buffers held some of what was sent at a kill, beside the begun cells.
    assert server.total <= size + times * 4 * (4 + 8) * MIB
    assert not list(trial.folder.rglob("*.part"))


@pytest.mark.fault("kill -9 at random moments of a download, then resumed", ends=("right file", "no file"))
def test_killed(trial: Any, server: Any, fault: Any, noise: Any, start: Any) -> None:
    kills(5, trial, server, fault, noise, start)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.fault("kill -9 at random moments of a download, then resumed", ends=("right file", "no file"))
def test_killed_often(trial: Any, server: Any, fault: Any, noise: Any, start: Any) -> None:
    kills(50, trial, server, fault, noise, start)


@pytest.mark.fault("kill -9 and another source under the same name afterwards", ends="right file")
def test_killed_and_changed(trial: Any, server: Any, fault: Any, noise: Any, start: Any) -> None:
    item = server.item("one", noise(30 * MIB, 1), "sha256")
    server.always["one"] = fault.changed(pace=100 * MIB)
    killed_after(start([item]), server, 15 * MIB)
    server.always.clear()
    trial.download([server.item("one", noise(30 * MIB, 2), "sha256")])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
@pytest.mark.fault("SIGTERM during a download, then resumed", ends="no file")
def test_terminated(trial: Any, server: Any, fault: Any, noise: Any, start: Any) -> None:
    item = server.item("one", noise(80 * MIB), "sha256")
    server.always["one"] = fault.changed(pace=50 * MIB)
    process = start([item])
    assert not remaining(lambda: process.poll() is None and server.total < 48 * MIB, 60)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    trial.check_content(trial.folder, "one", there=False)
    trial.ended("no file")
    server.always.clear()
    assert trial.again([item]).outcomes[0].bytes_kept > 0


@pytest.mark.fault("two processes with one target: the second waits", ends="right file")
def test_two(trial: Any, server: Any, fault: Any, noise: Any, start: Any) -> None:
    items = [server.item(f"f{number}", noise(300_000, number), "sha256") for number in range(20)]
    for item in items:
        server.always[item.name] = fault.changed(pace=8 * MIB)
    for process in [start(items), start(items)]:
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == 0, stderr
        for state, _ in json.loads(stdout):
            trial.ended("right file" if state in ("done", "skipped") else state)
    for item in items:
        trial.check_content(trial.folder, item.name, there=True)
    assert len(server.requests) == len(items)


@pytest.mark.fault("two processes with one target: the first is killed", ends="right file")
def test_the_first_of_two_is_killed(trial: Any, server: Any, fault: Any, noise: Any, start: Any) -> None:
    item = server.item("one", noise(30 * MIB), "sha256")
    server.fault("one", *[fault.cut(4 * MIB + 5, stall=True)] * 2)
    first = start([item])
    assert not remaining(lambda: first.poll() is None and server.total < 8 * MIB, 60)
    second = start([item])
    first.kill()
    stdout, stderr = second.communicate(timeout=60)
    assert second.returncode == 0, stderr
    trial.check_content(trial.folder, "one", there=True)
    trial.ended("right file" if json.loads(stdout)[0][0] == "done" else stdout)


@pytest.mark.fault("two processes with one target: the second may not wait", ends="FolderBusy")
def test_the_second_may_not_wait(trial: Any, server: Any, fault: Any, noise: Any, start: Any) -> None:
    server.always["one"] = fault.cut(10, stall=True)
    item = server.item("one", noise(100), "md5")
    start([item])
    assert not remaining(lambda: not server.requests, 60)
    with pytest.raises(FolderBusy, match="nother process"):
        download([item], trial.folder, wait=False)
    trial.ended("FolderBusy")


@pytest.mark.fault("two transfers of different names into one folder at once", ends="right file")
def test_two_names(trial: Any, server: Any, fault: Any, noise: Any, start: Any) -> None:
    body = noise(20 * MIB)
    item = server.item("one", body, "sha256")
    server.always["one"] = fault.changed(pace=50 * MIB)
    process = start([item])
    assert not remaining(lambda: not server.requests, 60)
    trial.download([replace(item)], run="another")
    assert process.communicate(timeout=60)[0].startswith('[["done"') or process.returncode == 0
    trial.check_content(trial.folder, "one", there=True)
