"""What several stores share: environment variables, and puts of many files in one transfer."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import monotonic

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import Interrupted, OmicsError
from omicsdk.fs.store import CopyOptions, Put
from omicsdk.transfer import Outcome, TransferReport, Upload, upload
from omicsdk.transfer.calls import side_by_side


def said(given: str | None, *variables: str) -> str | None:
    """What was given, else what the first of some environment variables states; None where none does.

    Args:
        given: What was given; None or empty for nothing.
        variables: Names of variables.
    """
    found = (given, *(os.environ.get(name, "").strip() for name in variables))
    return next((text for text in found if text), None)


def put_files(
    files: Sequence[Put],
    prepare: Callable[[Put], Upload],
    options: CopyOptions,
    *,
    connections: int | None = None,
    environ: Mapping[str, str] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> TransferReport:
    """Put files through the upload engine.

    Args:
        files: What to put where.
        prepare: Makes the upload of a file, which gets the path as its name; called in threads, several at once. The error
            that it raises is that file's outcome.
        options: How.
        connections: Concurrent requests with bytes, at most; by default those of `options`.
        environ: The environment's variables for proxies and certificates; by default the process's own.
        clock: Returns the time.

    Returns:
        The outcome of each file, in order.
    """
    began = monotonic()
    ready = [
        made if isinstance(made, OmicsError) else replace(made, name=file.path)
        for file, made in zip(files, side_by_side(prepare, files, lambda: options.stopped), strict=True)
    ]
    report = upload(
        [made for made in ready if isinstance(made, Upload)],
        connections=connections or options.connections,
        journal=options.journal,
        progress=options.progress,
        stop=options.stop,
        control=options.control,
        environ=environ,
        clock=clock,
    )
    sent = iter(report.outcomes)
    outcomes = (
        next(sent) if isinstance(made, Upload) else unsent(file, made) for file, made in zip(files, ready, strict=True)
    )
    return report.with_outcomes(outcomes, seconds=monotonic() - began, title="Upload")


def unsent(file: Put, error: OmicsError) -> Outcome:
    """The outcome of a file that wasn't begun.

    Args:
        file: The file.
        error: Why.
    """
    return Outcome(file.path, "stopped" if isinstance(error, Interrupted) else "failed", error=error)
