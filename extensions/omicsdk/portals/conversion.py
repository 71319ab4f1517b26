"""Conversion of the SRA's archives to FASTQ by fasterq-dump, a program of the SRA Toolkit."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from omicsdk.core.errors import ConfigError, Interrupted, TransferError
from omicsdk.transfer import Outcome, TransferReport
from omicsdk.transfer.disk import write_errors

PROGRAM = "fasterq-dump"
ARCHIVES = (".sra", ".sralite")
# Seconds between two checks of whether to stop.
_TICK = 0.2


def fasterq_dump() -> str:
    """Return the path of the program.

    Raises:
        ConfigError: It is not installed.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        remedy = "Install the SRA Toolkit (sra-tools) and add it to PATH, or download without --convert."
        raise ConfigError(f"{PROGRAM} is not installed", remedy=remedy)
    return program


def converted(
    report: TransferReport,
    folder: Path,
    program: str,
    on_message: Callable[[str], object],
    stopped: Callable[[], bool],
) -> TransferReport:
    """Convert the archives of a download; those whose FASTQ files exist are skipped.

    Args:
        report: The download.
        folder: Its folder.
        program: The path of fasterq-dump.
        on_message: Called with a message for each conversion.
        stopped: Whether to stop.

    Returns:
        The report, in which an archive that could not be converted has failed.

    Raises:
        Interrupted: It was stopped.
    """

    def outcomes() -> Iterator[Outcome]:
        for outcome in report.outcomes:
            if not outcome.is_present or not outcome.name.endswith(ARCHIVES):
                yield outcome
                continue
            try:
                names = _convert(folder / outcome.name, program, stopped)
            except TransferError as error:
                if isinstance(error, Interrupted):
                    raise
                yield Outcome.of_error(outcome.name, error, outcome.size)._replace(
                    checksums=outcome.checksums, source=outcome.source
                )
                continue
            if names:
                on_message(f"{outcome.name}: converted to {', '.join(names)}")
            yield outcome

    return report.with_outcomes(outcomes())


def _convert(archive: Path, program: str, stopped: Callable[[], bool]) -> list[str]:
    """Convert an archive; return the names of the new files."""
    run = archive.stem
    if _is_converted(archive.parent, run):
        return []
    # In a folder of its own on the same disk: a file that is not complete never has the name of one that is.
    with (
        write_errors(os.fspath(archive.parent), archive.name),
        tempfile.TemporaryDirectory(prefix=f".{run}-", dir=archive.parent) as work,
        tempfile.TemporaryFile() as errors,
    ):
        command = [program, "--split-3", "--outdir", work, "--temp", work, os.fspath(archive.absolute())]
        with _started(command, errors, archive) as process:
            try:
                while True:
                    try:
                        process.wait(_TICK)
                        break
                    except subprocess.TimeoutExpired:
                        if stopped():
                            raise Interrupted(f"Stopped while {archive.name} was converted") from None
            finally:
                if process.poll() is None:
                    process.kill()
        errors.seek(0)
        last = errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
        converted = sorted(path for path in Path(work).iterdir() if path.suffix == ".fastq")
        by_presence = sorted(converted, key=lambda path: (path.stem.endswith("_1"), not path.stem.endswith("_2")))
        if process.returncode != 0 or not converted:
            why = "".join(last) or f"exit code {process.returncode}"
            remedy = "The archive is complete: convert it by a newer fasterq-dump, or run the command again."
            raise TransferError(f"{archive.name}: {PROGRAM} failed: {why}", name=archive.name, remedy=remedy)
        for fastq in by_presence:  # the last one is what `_is_converted` looks for
            target = archive.parent / fastq.name
            with write_errors(os.fspath(target), archive.name):
                fastq.replace(target)
    return [path.name for path in converted]


def _started(command: list[str], output: IO[bytes], archive: Path) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    except OSError as error:
        raise TransferError(
            f"{archive.name}: {command[0]} cannot be started: {error.strerror}",
            name=archive.name,
            remedy="Install the SRA Toolkit (sra-tools) again, or download without --convert.",
        ) from error


def _is_converted(folder: Path, run: str) -> bool:
    """Whether all files of a run are there: those of its second reads and of reads without a mate are moved before the first."""
    first, second, single = (folder / f"{run}{mark}.fastq" for mark in ("_1", "_2", ""))
    return first.exists() or (single.exists() and not second.exists())
