"""Pressing Ctrl-C in the middle of a command."""

import re
import signal
import subprocess
from typing import Any

from fork_server import forked
from waiting import until


def interrupted(
    sandbox: Any, command: list[str], environment: dict[str, str], number: int = signal.SIGINT
) -> tuple[int, str, str]:
    """Run a command until the sandbox holds a request, and press Ctrl-C; return exit code, output and messages."""
    with forked.start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        until(lambda: sandbox.stalled, process)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    sandbox.fault_book.clear()
    return process.returncode, out, err


def bytes_kept(messages: str) -> int:
    """Return how many bytes of a file a command states to have from an earlier one, to continue after them."""
    match = re.search(r"resuming, (\d+) of \d+ bytes are present", messages)
    assert match is not None, messages
    return int(match[1])
