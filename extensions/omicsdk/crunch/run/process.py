"""A workflow's process: what it writes goes to the terminal and to a file as it comes, and Ctrl-C ends all of it."""

from __future__ import annotations

import codecs
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from logging import getLogger
from pathlib import Path
from typing import IO, NamedTuple

from omicsdk.crunch.run.signals import HeldBack

_log = getLogger("omicsdk.crunch")

#: Seconds that a workflow has to end when it is told to.
GRACE = 10.0
#: Characters of the end of what it wrote to stderr that become a note.
NOTE = 4000
_KEPT = 16 * 1024
_STRIDE = 64 * 1024


class Ended(NamedTuple):
    """How a process ended.

    Attributes:
        code: Its exit code; negative for the signal that ended it.
        tail: The end of what it wrote to stderr.
    """

    code: int
    tail: str


def run_process(command: Sequence[str], folder: Path, log: Path) -> Ended:
    """Runs a command without a shell and waits until it has ended and nobody holds its output any longer.

    Args:
        command: The command.
        folder: Its working folder.
        log: A file that gets what it writes, both streams as they come.

    Returns:
        How it ended.

    Raises:
        OSError: It can't be started.
        KeyboardInterrupt: It was interrupted; the process and all that it started were ended.
    """
    with log.open("wb", buffering=0) as file, HeldBack() as held:
        process = subprocess.Popen(
            command,
            cwd=os.fspath(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a process group of its own, which can be ended whole
        )
        assert process.stdout is not None
        assert process.stderr is not None
        output, tail = _Output(file), deque[bytes]()
        pumps = [
            threading.Thread(target=output.pump, args=(process.stdout, None), name="crunch-stdout", daemon=True),
            threading.Thread(target=output.pump, args=(process.stderr, tail), name="crunch-stderr", daemon=True),
        ]
        for pump in pumps:
            pump.start()
        try:
            held.let()
            for pump in pumps:
                pump.join()
            code = process.wait()
        except BaseException:
            end_group(process)
            for pump in pumps:
                pump.join(1)
            raise
        finally:
            output.close()
    return Ended(code, tail_of(b"".join(tail)))


class _Output:
    """The file and the terminal that a process's streams go to."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file: IO[bytes] | None = file
        self._terminal = True
        self._lock = threading.Lock()

    def pump(self, stream: IO[bytes], tail: deque[bytes] | None) -> None:
        """Passes a stream on until it ends."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        kept = 0
        with stream:
            while data := os.read(stream.fileno(), _STRIDE):
                with self._lock:
                    self._write(data)
                    self._show(decoder.decode(data))
                if tail is not None:
                    tail.append(data)
                    kept += len(data)
                    while kept - len(tail[0]) >= _KEPT:
                        kept -= len(tail.popleft())

    def _write(self, data: bytes) -> None:
        if self._file is None:
            return
        try:
            self._file.write(data)
        except OSError as error:  # the workflow goes on: it may have its room elsewhere
            _log.warning("%s: what the workflow writes isn't kept any longer: %s", self._file.name, error)
            self._file = None

    def _show(self, text: str) -> None:
        if not self._terminal:
            return
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError) as error:  # nobody reads it any longer
            _log.debug("what the workflow writes can't be shown any longer: %r", error)
            self._terminal = False

    def close(self) -> None:
        """Writes no more to the file."""
        with self._lock:
            self._file = None


def end_group(process: subprocess.Popen[bytes], grace: float = GRACE) -> None:
    """Ends a process and all that it started: asks first, and ends what is left then.

    Args:
        process: The leader of its process group.
        grace: Seconds that it has to end by itself.
    """
    if os.name == "nt":
        process.kill()
        process.wait()
        return
    _signal_group(process.pid, signal.SIGTERM)
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        _log.debug("the workflow doesn't end when told to")
    finally:
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()


def _signal_group(leader: int, number: signal.Signals) -> None:
    try:
        os.killpg(leader, number)
    except ProcessLookupError:
        return


def tail_of(data: bytes, limit: int = NOTE) -> str:
    """The end of a text, from the beginning of a line on.

    Args:
        data: The text in UTF-8, or what there is of it.
        limit: How many characters, at most.
    """
    text = data.decode("utf-8", "replace").strip()
    if len(text) <= limit:
        return text
    cut = text[-limit:]
    return cut.partition("\n")[2] or cut


def failure_note(ended: Ended) -> str:
    """Why a workflow failed, for people: the end of what it wrote to stderr, else how it ended.

    Args:
        ended: How it ended; not well.
    """
    if ended.code >= 0:
        return ended.tail or f"The workflow ended with exit code {ended.code}"
    try:
        name = signal.Signals(-ended.code).name
    except ValueError:
        name = f"signal {-ended.code}"
    said = f"The workflow was ended by {name}"
    return f"{ended.tail}\n{said}" if ended.tail else said
