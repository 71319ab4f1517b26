"""Waiting for what servers, threads and other processes do."""

import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any


def remaining(something: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait until something is false, at most for some seconds; return what it is in the end."""
    deadline = time.monotonic() + seconds
    while (value := something()) and time.monotonic() < deadline:
        threading.Event().wait(0.002)
    return value


def until(condition: Callable[[], object], process: "subprocess.Popen[Any] | None" = None) -> None:
    """Wait until a condition is true, as long as a slow machine needs, while a process lives."""
    deadline = time.monotonic() + 60
    while not condition():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        threading.Event().wait(0.002)
