"""Killing a download half-way, for certain: the sandbox holds back what would come after the half."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk.cli.demo.commands import LONGEST, DemoFailed

if TYPE_CHECKING:
    from omicsdk.sandbox import Sandbox

CELL = 4 << 20
"""Bytes in which a download remembers its progress; what a connection had begun of one is fetched again."""
HELD_AT = 3 << 20
"""Bytes into its answer at which a request is held."""
_LARGEST_REQUEST = 16 << 20
_BLOCK = 128 << 10
_POLL = 0.01


@dataclass(frozen=True, slots=True)
class Killed:
    """The state at the kill.

    Attributes:
        sent: Bytes that the sandbox had sent.
        connections: Requests that were cut off.
        requests: Requests that there had been.
    """

    sent: int
    connections: int
    requests: int


def hold_second_half(sandbox: "Sandbox", sha256: str, size: int) -> None:
    """Let about a half of a file through, whether it is asked for in one request or in many.

    Args:
        sandbox: Where it is.
        sha256: Which file.
        size: Its size.
    """
    from omicsdk.sandbox import Rule

    path = f"/_objects/{sha256}*"
    half = size // 2 // _LARGEST_REQUEST
    # A request may ask for less than the largest part, so rules are ready for far more requests than a half needs.
    later = [Rule("stall", path=path, nth=number, at=HELD_AT) for number in range(half + 1, 16 * half + 64)]
    sandbox.add_faults(Rule("stall", path=path, at=size // 2), *later)


def sent_after(sandbox: "Sandbox", sha256: str, killed: Killed) -> int:
    """Bytes of a file that the sandbox has sent to requests since the kill."""
    return sum(entry["sent"] for entry in sandbox.requests(f"/_objects/{sha256}")[killed.requests :])


def kill_when_held(sandbox: "Sandbox", process: "subprocess.Popen[bytes]", sha256: str, folder: Path) -> Killed:
    """Wait until nothing moves any more, and kill the download.

    Args:
        sandbox: Where it downloads from.
        process: The download.
        sha256: The file that is held.
        folder: Where it downloads to.

    Raises:
        DemoFailed: It ended by itself, or was never held.
    """
    until = time.monotonic() + LONGEST
    seen = None
    while (resting := _at_rest(sandbox, sha256, folder)) is None or resting != seen:
        seen = resting
        if process.poll() is not None:
            raise DemoFailed(f"the download ended by itself, with code {process.returncode}, before it was killed")
        _wait(until, "the download wasn't at its half in time")
    process.kill()
    process.communicate()
    while sandbox.stalled:
        _wait(until, "the server didn't notice in time that the download was gone")
    sandbox.fault_book.clear()
    requests = sandbox.requests(f"/_objects/{sha256}")
    sent, cut = sum(entry["sent"] for entry in requests), sum(not entry["done"] for entry in requests)
    return Killed(sent, cut, len(requests))


def _wait(until: float, otherwise: str) -> None:
    if time.monotonic() > until:
        raise DemoFailed(otherwise)
    time.sleep(_POLL)


def _at_rest(sandbox: "Sandbox", sha256: str, folder: Path) -> tuple[int, int] | None:
    """What was sent and what of it is on disk, once all requests are held or done and the download has caught up.

    It may still collect a block for each held request; what of a request that is done isn't written counts as lost.
    """
    requests = sandbox.requests(f"/_objects/{sha256}")
    under_way = [entry for entry in requests if not entry["done"]]
    if not under_way or len(under_way) != sandbox.stalled:
        return None
    sent, there = sum(entry["sent"] for entry in requests), _on_disk(folder)
    return (sent, there) if there >= sent - _BLOCK * len(under_way) else None


def _on_disk(folder: Path) -> int:
    """Bytes that files below a folder take up; holes don't count where the system tells."""
    found = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return sum(state.st_size if os.name == "nt" else state.st_blocks * 512 for state in found)
