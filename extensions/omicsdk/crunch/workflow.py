"""Run a workflow: a script by its own interpreter line, a Snakefile by Snakemake in the user's environment.

Its output goes to the terminal and to a file as it arrives. It runs in a separate process group: signals that end the
program would not reach it, so they are deferred while it starts, and end all processes that it started.
"""

from __future__ import annotations

import codecs
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, NamedTuple

from omicsdk.core.clock import TICK
from omicsdk.core.errors import OmicsError
from omicsdk.core.logs import logger
from omicsdk.crunch.datasets import check_stop
from omicsdk.crunch.statuses import WorkflowType
from omicsdk.transfer.disk import write_all
from omicsdk.transfer.engine.control import ENDING

_log = logger("omicsdk.crunch")

_VERSION = re.compile(r"(\d+)\.\d+")


class WorkflowFailed(OmicsError):
    """A workflow cannot be started, or ended with something else than exit code 0."""


def command_of(kind: WorkflowType, path: Path, folder: Path, cores: str) -> list[str]:
    """Return the command that runs a workflow.

    Args:
        kind: The kind of the workflow.
        path: The script or Snakefile.
        folder: The dataset's folder.
        cores: Cores for Snakemake: a number, or "all".

    Raises:
        WorkflowFailed: The file or Snakemake is missing, or Snakemake's version cannot be determined.
    """
    if not path.is_file():
        raise WorkflowFailed(
            f"The workflow {path} does not exist",
            remedy="Run the setup stage first, or name another file: workflow_path, --path.",
        )
    if kind is WorkflowType.script:
        return [os.fspath(path)]
    snakemake = shutil.which("snakemake")
    if snakemake is None:
        raise WorkflowFailed(
            "snakemake not found on the PATH",
            remedy="Install Snakemake 7 or later, or activate the environment that it is in.",
        )
    return snakemake_command(
        snakemake,
        snakemake_release(snakemake),
        path,
        folder,
        cores,
        conda=shutil.which("conda") is not None,
        mamba=shutil.which("mamba") is not None,
    )


def snakemake_release(snakemake: str) -> int:
    """Return the first number of Snakemake's version.

    Args:
        snakemake: The program.

    Raises:
        WorkflowFailed: It does not state it.
    """
    try:
        version_run = subprocess.run(
            [snakemake, "--version"], capture_output=True, timeout=300, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WorkflowFailed(
            f"{snakemake} --version cannot be run: {error}", remedy="Check its installation."
        ) from error
    match = _VERSION.search(version_run.stdout.decode("utf-8", "replace"))
    if version_run.returncode or match is None:
        reason = tail_of(version_run.stderr, 500) or f"exit code {version_run.returncode}"
        raise WorkflowFailed(f"{snakemake} --version prints no version: {reason}", remedy="Check its installation.")
    return int(match[1])


def snakemake_command(
    snakemake: str, release: int, path: Path, folder: Path, cores: str, *, conda: bool, mamba: bool
) -> list[str]:
    """Return Snakemake's command line.

    Conda environments are used only if conda is installed: otherwise Snakemake fails at its start, even if no rule
    needs it. It needs `conda` for mamba, too. Without it, rules with `conda:` run with the programs of the user's
    environment.

    Args:
        snakemake: The program.
        release: The first number of its version.
        path: The Snakefile.
        folder: The dataset's folder.
        cores: A number, or "all".
        conda: Whether conda is installed.
        mamba: Whether mamba is installed; Snakemake 8 and later choose themselves.
    """
    command = [snakemake, "--snakefile", os.fspath(path), "--cores", cores, "--directory", os.fspath(folder)]
    if not conda:
        return command
    if release >= 8:
        return [*command, "--software-deployment-method", "conda"]
    return [*command, "--use-conda", "--conda-frontend", "mamba" if mamba else "conda"]


def not_started(error: OSError, path: Path) -> WorkflowFailed:
    """Return the error for a workflow that cannot be started.

    Args:
        error: The system's error.
        path: The script or Snakefile.
    """
    if error.filename != os.fspath(path):  # of the log, the dataset's folder, or Snakemake
        return WorkflowFailed(f"The workflow {path} cannot be started: {error}")
    first = _first_line(path)
    if error.errno == errno.ENOEXEC:
        return WorkflowFailed(
            f"The workflow {path} has no interpreter line: {error}", remedy="Begin it with a line such as #!/bin/bash."
        )
    if error.errno == errno.EACCES:
        if not os.access(path, os.X_OK):
            return WorkflowFailed(f"The workflow {path} is not executable: {error}", remedy=f"Run: chmod +x {path}")
        return WorkflowFailed(
            f"The workflow {path} must not be run: {error}",
            remedy="Check its interpreter, and that programs may be run in its file system (noexec).",
        )
    if error.errno == errno.ENOENT and first.startswith("#!"):
        ending = ", with a carriage return at its end" if first.endswith("\r") else ""
        return WorkflowFailed(
            f"The interpreter of the workflow {path} does not exist: {first.rstrip()!r}{ending}",
            remedy='Correct its first line; lines must end in "\\n".',
        )
    return WorkflowFailed(f"The workflow {path} cannot be started: {error}")


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.readline(200).decode("utf-8", "replace").rstrip("\n")
    except OSError:
        return ""


# -- the process

#: Seconds that a workflow has to end after a signal.
GRACE = 10.0
#: Characters at the end of the workflow's stderr that become a note.
NOTE = 4000
_TAIL = 16 * 1024
_STRIDE = 64 * 1024


class Ended(NamedTuple):
    """How a process ended.

    Attributes:
        code: Its exit code; negative for the signal that ended it.
        tail: The end of its output on stderr.
    """

    code: int
    tail: str


def run_process(command: Sequence[str], folder: Path, log: Path, stop: threading.Event | None = None) -> Ended:
    """Run a command without a shell, and wait until it has ended and no process holds its output open.

    Args:
        command: The command.
        folder: Its working folder.
        log: A file for its output, both streams as they arrive.
        stop: Ends it and all processes that it started when set.

    Returns:
        How it ended.

    Raises:
        OSError: It cannot be started.
        Interrupted: It was stopped.
        KeyboardInterrupt: It was interrupted; the process and all that it started were ended.
    """
    with log.open("wb", buffering=0) as file, held_back() as let:
        process = subprocess.Popen(
            command,
            cwd=os.fspath(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a separate process group, which can be ended as a whole
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
            let()
            for pump in pumps:
                while pump.is_alive():
                    check_stop(stop)
                    pump.join(TICK)
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
        """Pass a stream on until it ends."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        count = 0
        with stream:
            while data := os.read(stream.fileno(), _STRIDE):
                with self._lock:
                    self._write(data)
                    self._show(decoder.decode(data))
                if tail is not None:
                    tail.append(data)
                    count += len(data)
                    while count - len(tail[0]) >= _TAIL:
                        count -= len(tail.popleft())

    def _write(self, data: bytes) -> None:
        if self._file is None:
            return
        try:
            write_all(self._file.fileno(), data)
        except OSError as error:  # the workflow continues: it may write to another disk
            _log.warning("%s: the output of the workflow is no longer saved: %s", self._file.name, error)
            self._file = None

    def _show(self, text: str) -> None:
        if not self._terminal:
            return
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError) as error:  # its reader has closed it
            _log.debug("the output of the workflow can no longer be shown: %r", error)
            self._terminal = False

    def close(self) -> None:
        """Write no more to the file."""
        with self._lock:
            self._file = None


def end_group(process: subprocess.Popen[bytes], grace: float = GRACE) -> None:
    """End a process and all that it started: by SIGTERM first, then by SIGKILL.

    Args:
        process: The leader of its process group.
        grace: Seconds in which it may end before it is killed.
    """
    if os.name == "nt":
        process.kill()
        process.wait()
        return
    _signal_group(process.pid, signal.SIGTERM)
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        _log.debug("the workflow does not end after a signal")
    finally:
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()


def _signal_group(leader: int, number: signal.Signals) -> None:
    try:
        os.killpg(leader, number)
    except ProcessLookupError:
        return


def tail_of(data: bytes, limit: int = NOTE) -> str:
    """Return the end of a text, from the beginning of a line on.

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
    """Return why a workflow failed: the end of what it wrote to stderr, else how it ended.

    Args:
        ended: How it ended; not well.
    """
    if ended.code >= 0:
        return ended.tail or f"The workflow ended with exit code {ended.code}"
    try:
        name = signal.Signals(-ended.code).name
    except ValueError:
        name = f"signal {-ended.code}"
    note = f"The workflow was ended by {name}"
    return f"{ended.tail}\n{note}" if ended.tail else note


# -- signals

_Handler = Callable[[int, FrameType | None], object]


@contextmanager
def held_back() -> Generator[Callable[[], None]]:
    """Defer signals that end the program while a process is started: one that arrived then would leave it running
    unnoticed.

    Yields:
        A function that delivers them again, a deferred one first.
    """
    usual = dict[int, _Handler]()
    signals: list[tuple[int, FrameType | None]] = []

    def keep(number: int, frame: FrameType | None) -> None:
        signals.append((number, frame))

    def let() -> None:
        for number, handler in usual.items():
            signal.signal(number, handler)
        if signals:
            number, frame = signals[-1]
            signals.clear()
            usual[number](number, frame)

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, *ENDING):
            handler = signal.getsignal(number)
            if callable(handler):
                usual[number] = handler
                signal.signal(number, keep)
    try:
        yield let
    finally:
        let()
