"""What several places share: their variables, and puts of many files in one transfer."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import monotonic

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import Interrupted, OmicsError
from omicsdk.fs.store import Put, PutOptions
from omicsdk.transfer import Outcome, TransferReport, Upload, upload
from omicsdk.transfer.calls import side_by_side


def said(given: str | None, *variables: str) -> str | None:
    """What was given, else what the first of some environment variables says; None where nothing does.

    Args:
        given: What was given; None or empty for nothing.
        variables: Names of variables.
    """
    found = (given, *(os.environ.get(name, "").strip() for name in variables))
    return next((text for text in found if text), None)


#: Requests with bytes that run at once, where no platform says how many it likes.
CONNECTIONS = 16


def put_files(
    files: Sequence[Put],
    prepare: Callable[[Put], Upload],
    options: PutOptions,
    *,
    connections: int = CONNECTIONS,
    environ: Mapping[str, str] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> TransferReport:
    """Puts files through the upload engine.

    Args:
        files: What to put where.
        prepare: Makes the upload of a file, which gets the path as its name; called in threads, several at once. The error
            that it raises is that file's outcome.
        options: How.
        connections: Requests with bytes that run at once, at most.
        environ: The environment's variables for proxies and certificates; by default the process's own.
        clock: Tells the time.

    Returns:
        The outcome of each file, in order.
    """

    def run(uploads: Sequence[Upload]) -> TransferReport:
        return upload(
            uploads,
            connections=connections,
            journal=options.journal,
            progress=options.progress,
            stop=options.stop,
            control=options.control,
            environ=environ,
            clock=clock,
        )

    return put_prepared(files, prepare, run, options)


def put_prepared(
    files: Sequence[Put],
    prepare: Callable[[Put], Upload],
    run: Callable[[Sequence[Upload]], TransferReport],
    options: PutOptions,
) -> TransferReport:
    """The same where a platform runs the engine in a way of its own.

    Args:
        files: What to put where.
        prepare: As for `put_files`.
        run: Sends what could be prepared.
        options: How.
    """
    began = monotonic()
    ready = [
        made if isinstance(made, OmicsError) else replace(made, name=file.path)
        for file, made in zip(files, side_by_side(prepare, files, lambda: is_stopped(options)), strict=True)
    ]
    report = run([made for made in ready if isinstance(made, Upload)])
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


def is_stopped(options: PutOptions) -> bool:
    """Whether a put shall end.

    Args:
        options: Its options.
    """
    control, stop = options.control, options.stop
    return (stop is not None and stop.is_set()) or (control is not None and control.stopped)
