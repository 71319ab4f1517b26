"""Our side of a worker: a process that is warm, and does the requested work."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from measuring import Action, Spent

_SCRIPT = Path(__file__).with_name("worker.py")
# Seconds between two examines whether a process has done enough.
_LOOK = 0.01


class Took(NamedTuple):
    """What a task took: wall and CPU seconds, and MiB that memory rose above what was in use before it."""

    wall: float
    cpu: float
    rose: float


class Worker:
    """A process that does tasks; see worker.py."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def does(self, **task: Any) -> Took:
        """Does a task.

        Raises:
            RuntimeError: It failed.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        told: dict[str, Any] = json.loads(line) if line else {"error": "the worker ended"}
        if "error" in told:
            raise RuntimeError(f"{task['do']}: {told['error']}")
        return Took(**told)

    def task(self, **task: Any) -> Action:
        """A task as something to measure."""

        def act() -> Spent:
            took = self.does(**task)
            return Spent(took.wall, took.cpu)

        return act


def once(**task: Any) -> Action:
    """A task in a separate process, from its start to its end, as something to measure."""

    def act() -> None:
        done = subprocess.run([sys.executable, _SCRIPT], input=f"{json.dumps(task)}\n", capture_output=True, text=True)
        if done.returncode or "error" in json.loads(done.stdout):
            raise RuntimeError(f"{task['do']}: {done.stdout}{done.stderr}")

    return act


def killed(enough: Callable[[], bool], **task: Any) -> None:
    """Begins a task in a separate process, and kills that when it has done enough.

    Args:
        enough: Whether it has; asked again and again.
        **task: The task.

    Raises:
        RuntimeError: It ended before.
    """
    with subprocess.Popen(
        [sys.executable, _SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        process.stdin.write(f"{json.dumps(task)}\n")
        process.stdin.flush()
        try:
            while not enough():
                ended = process.stdout is not None and select.select([process.stdout], [], [], _LOOK)[0]
                if ended:
                    raise RuntimeError(f"{task['do']} ended before it was killed: {process.stdout.readline()}")
        finally:
            process.kill()


@contextmanager
def worker(
    python: str | Path = sys.executable, script: Path = _SCRIPT, environ: Mapping[str, str] | None = None
) -> Generator[Worker]:
    """A process until the block ends.

    Args:
        python: The interpreter, and with it the environment.
        script: What it runs: worker.py, or another of its kind.
        environ: The environment's variables; None for this process's.
    """
    process = subprocess.Popen([python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)
    try:
        yield Worker(process)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None and not pipe.closed:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue


def cpu_of_descendants() -> float:
    """CPU seconds so far of the running processes that this one started, and of those that they started: servers, workers."""
    parents, ticks = dict[int, int](), dict[int, int]()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        process = int(stat.parent.name)
        parents[process], ticks[process] = int(fields[1]), int(fields[11]) + int(fields[12])

    def is_descendant(process: int) -> bool:
        while process := parents.get(process, 0):
            if process == os.getpid():
                return True
        return False

    return sum(spent for process, spent in ticks.items() if is_descendant(process)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def server(module: str, *arguments: str) -> Generator[str]:
    """A server until the block ends; gives its URL.

    Args:
        module: Its module, `transferring.sink`.
        arguments: What it is given.
    """
    command = [sys.executable, "-m", module, *arguments]
    folder = Path(__file__).parents[1]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()
