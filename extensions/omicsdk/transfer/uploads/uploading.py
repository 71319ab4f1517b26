"""`upload`: sends many files, in parallel, verified, and resumed after an interruption."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar, Unpack

from omicsdk.core.clock import SYSTEM_CLOCK, Clock, never
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.core.sending.connections import Network, network
from omicsdk.core.threads import side_by_side
from omicsdk.transfer.arguments import function, kind, many, whole_number
from omicsdk.transfer.engine.control import opened
from omicsdk.transfer.engine.engine import affordable
from omicsdk.transfer.engine.options import UPLOAD_CONNECTIONS, EngineOptionsDict, TransferOptions
from omicsdk.transfer.network.requests import Patience
from omicsdk.transfer.reports.report import Outcome, Outcomes, TransferReport
from omicsdk.transfer.uploads.engine import Settings, Uploads
from omicsdk.transfer.uploads.job import unreadable
from omicsdk.transfer.uploads.journal import UploadJournal, key_of
from omicsdk.transfer.uploads.sending import FollowUp
from omicsdk.transfer.uploads.store import PutTo, Upload

A = TypeVar("A")
U = TypeVar("U")


def upload(
    uploads: Iterable[Upload],
    *,
    options: TransferOptions | None = None,
    callers: int = 16,
    journal: str | os.PathLike[str] | None = None,
    abort: bool = False,
    finished: Callable[[int, Outcome], None] | None = None,
    follow: Callable[[int, Outcome], FollowUp | None] | None = None,
    environ: Mapping[str, str] | None = None,
    route: Callable[[str], Network] | None = None,
    wait: bool = True,
    patience: Patience | None = None,
    clock: Clock = SYSTEM_CLOCK,
    **keywords: Unpack[EngineOptionsDict],
) -> TransferReport:
    """Upload files.

    Parts are read directly from the file, several at once; what the store states about each (ETag, checksum) is
    compared with what was sent. A file that changes while it is read fails. A file that fails does not stop the others.

    Args:
        uploads: The uploads; requested further as there is capacity. The journal distinguishes them by path, name and
            target; a function that returns URLs has no target, so names must differ there.
        options: The options, as one object; by default there are at most 4 connections.
        callers: Maximum number of concurrent calls of stores (for URLs, to begin, to complete); 1 or more.
        journal: A file that records what was sent, for resuming after a stop or a crash; by default there is none, and
            only stores that list their unfinished uploads can resume. With a journal, a file that was sent and has not
            changed since is not sent again. Only one process can use it at a time.
        abort: Whether to discard the parts of a file that fails or is stopped on the platform; by default the next run
            uses them. Those of a file that changed are always discarded.
        finished: Called with each upload's number, from 0, and its outcome as they arrive, in the engine's thread: it
            should return soon.
        follow: Called after `finished` for each uploaded file; returns a small request to send, or None. The run lasts
            until these are answered.
        environ: Environment variables for proxies and certificates; by default the process's own.
        route: Returns the route to a URL (proxy, certificates) instead of the environment; a store's own takes
            precedence.
        wait: Whether to wait while another process uses the journal, or raise FolderBusy.
        patience: How long to wait for a silent server: by default 10 s for a connection, 60 s below 1 KiB a second.
        clock: The clock.
        **keywords: Single options; they change `options`. Progress counts the bytes that were sent.

    Returns:
        The outcome of each upload, in order.

    Raises:
        FolderBusy: Another process uses the journal, and `wait` is False.
        Interrupted: It was stopped, or its time was over, while it waited for the other process.
        NotWritable: The journal cannot be written, or is another kind of file.
        DiskFull: There is no space for the journal.
        ValueError: A number below 1.
        TypeError: An argument or an entry of another type.
        KeyboardInterrupt: It was interrupted; the same call resumes it.
    """
    chosen = TransferOptions.of(keywords, options, connections=UPLOAD_CONNECTIONS)
    control, stop = chosen.control, chosen.stop
    callers = whole_number("callers", callers)
    kind("patience", patience, Patience, "use Patience(silence=30) to wait for 30 s")
    function("follow", follow)
    many("uploads", uploads, Upload)
    if chosen.dry_run:
        return TransferReport(map(_foreseen, uploads), title="Dry run of an upload")
    control.begin(clock.monotonic())
    start = clock.monotonic()
    settings = Settings(
        options=chosen,
        connections=affordable(chosen.connections or UPLOAD_CONNECTIONS),
        callers=callers,
        abort=abort,
        follow=follow,
        patience=patience or chosen.patience,
        route=route or partial(network, environ=environ),
        clock=clock,
    )
    outcomes = Outcomes()

    def over(number: int, outcome: Outcome) -> None:
        outcomes.put(number, outcome)
        if finished is not None:
            finished(number, outcome)

    path, doing = None if journal is None else Path(journal), f"uploading with the journal {journal}"
    with closing(opened(lambda waits: UploadJournal(path, waits), doing, stop, control, clock, patient=wait)) as log:
        engine = Uploads(uploads, log, settings, over)
        engine.run()
    if engine.sizes is not None and len(outcomes) < len(engine.sizes):
        outcomes.fill((entry.name, size) for entry, size in zip(uploads, engine.sizes, strict=True))
    return engine.report(outcomes, start, "Upload", _resume_hint(journal, abort=abort))


def _foreseen(entry: Upload) -> Outcome:
    """Predict what an upload would do with one file."""
    try:
        size = os.stat(entry.path).st_size
    except OSError as error:
        return Outcome.of_error(entry.name, unreadable(entry.name, os.fspath(entry.path), error))
    return Outcome(entry.name, "planned", size, plan=f"upload {size:,} bytes")


def abort_upload(entry: Upload, journal: str | os.PathLike[str]) -> bool:
    """Abort an unfinished upload: the platform discards its parts.

    Args:
        entry: The upload, as it was started.
        journal: The journal that it was started with.

    Returns:
        Whether there was one.

    Raises:
        UsageError: It goes to a single URL, where nothing is left behind.
        FolderBusy: Another process uses the journal: the upload may be running.
        OmicsError: The platform refused.
    """
    if isinstance(entry.to, PutTo):
        remedy = "There is nothing to abort: do not resume it."
        raise UsageError(f"{entry.name} is uploaded to a single URL", remedy=remedy)
    if not os.path.exists(journal):
        return False
    with closing(UploadJournal(Path(journal), never)) as log:
        key = key_of(os.path.abspath(entry.path), entry.name, entry.to.target)
        unfinished = log.unfinished(key)
        if unfinished is None:
            return False
        # Before the record is dropped: if it fails, the next try finds the upload again.
        entry.to.abort(unfinished.upload_id)
        log.drop(key)
        return True


def _resume_hint(journal: object, *, abort: bool) -> str:
    if abort:
        return "unfinished uploads were aborted; run the same again to restart them"
    if journal is not None:
        return "run the same again to resume"
    return "unfinished files restart next time; use a journal to resume them"


def upload_prepared(
    files: Sequence[tuple[str, A]],
    prepare: Callable[[A], U],
    send: Callable[[Sequence[U]], TransferReport],
    stopped: Callable[[], bool],
) -> TransferReport:
    """Upload files whose targets are prepared first, several at once; a target that cannot be prepared fails alone.

    Args:
        files: The name of each file's outcome, and what to prepare.
        prepare: Prepares a target; called in threads. An error that it raises is the outcome of the file.
        send: Uploads what was prepared, and returns an outcome for each.
        stopped: Returns whether to stop; called ten times a second.

    Returns:
        The outcome of each file, in order.
    """
    start = SYSTEM_CLOCK.monotonic()
    ready = list(side_by_side(prepare, [target for _, target in files], stopped))
    report = send([prepared for prepared in ready if not isinstance(prepared, OmicsError)])
    sent = iter(report.outcomes)
    outcomes = [
        Outcome.of_error(name, result) if isinstance(result, OmicsError) else next(sent)
        for (name, _), result in zip(files, ready, strict=True)
    ]
    return report.with_outcomes(outcomes, seconds=SYSTEM_CLOCK.monotonic() - start)
