"""Files on their way into fields: many at once, whole or in parts, gone on with after a stop."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import APIError, OmicsError, UsageError
from omicsdk.pangea.contents.field_store import FieldStore, NotPutTogether, Refused
from omicsdk.pangea.contents.limits import CHUNK, Logger
from omicsdk.pangea.contents.part_urls import PartUrls
from omicsdk.pangea.downloads import RETRIES, object_facts
from omicsdk.transfer import Control, Outcome, Outcomes, Progress, TransferReport, Upload, abort_upload
from omicsdk.transfer import upload as send_all
from omicsdk.transfer.journals.places import journal_for

if TYPE_CHECKING:
    from omicsdk.pangea.objects.field import AnalysisResultField

    Entry = tuple[AnalysisResultField, str | os.PathLike[str]]


def send(
    field: AnalysisResultField,
    path: str | os.PathLike[str],
    *,
    multipart_thresh: int = CHUNK,
    chunk_size: int = CHUNK,
    retries: int = RETRIES,
    logger: Logger | None = None,
    md5: bool | None = None,
) -> None:
    """Sends one file; the arguments and errors are those of `AnalysisResultField.upload_file`."""
    upload_files(
        [(field, path)],
        multipart_thresh=multipart_thresh,
        chunk_size=chunk_size,
        retries=retries,
        logger=logger,
        md5=md5,
    ).raise_if_failed()


def upload_files(
    entries: Iterable[Entry],
    *,
    multipart_thresh: int = CHUNK,
    chunk_size: int = CHUNK,
    retries: int = RETRIES,
    logger: Logger | None = None,
    md5: bool | None = None,
    connections: int = 4,
    progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    control: Control | None = None,
    clock: Clock = SYSTEM_CLOCK,
    called: Callable[[AnalysisResultField, Path], str] | None = None,
) -> TransferReport:
    """Sends files into fields that are on the server; one that fails doesn't keep the others from being sent.

    Fields whose files arrived have the server's data then. What was stopped goes on when the same is called again within a
    day.

    Args:
        entries: Each field with its file.
        multipart_thresh: From how many bytes on a file goes in parts.
        chunk_size: The size of parts in bytes.
        retries: How many failures in a row end a file, 0 for none.
        logger: Is told in words how it fares, in other threads.
        md5: Whether each part's MD5 is held against its ETag; None where nothing else protects the bytes on their way.
        connections: How many requests with bytes run at once, at most.
        progress: Is called about ten times a second.
        stop: Ends the run when it is set.
        control: Stops and pauses it, limits its rate, and bounds its time.
        clock: Tells the time.
        called: Gives what a field's object is called in its bucket, where a sample has one of a name; by default it is the
            file's own name.

    Returns:
        The outcome of each file, in their order. Call `raise_if_failed()` on it.

    Raises:
        UsageError: Two files go into one field.
        RemoteObjectError: A field isn't on the server yet.
        FolderBusy: Another process sends the same files.
    """
    chosen = [(field, Path(path)) for field, path in entries]
    routes = [field.flat_url for field, _ in chosen]
    if len(set(routes)) < len(routes):
        twice = next(route for route in routes if routes.count(route) > 1)
        raise UsageError(f"Two files go into one field ({twice})", remedy="Give each file a field of its own.")
    journal = _journal(chosen, routes)

    def prepared(field: AnalysisResultField, route: str, path: Path) -> Upload:
        store = FieldStore(
            field.knex,
            route,
            path.name if called is None else called(field, path),
            PartUrls(journal.with_name(f"{journal.name}.{field.uuid}.urls") if journal is not None else None),
            lambda: object_facts(field.knex.client, route, field.inherited_url_options),
            part_size=chunk_size,
            single=multipart_thresh - 1,
            md5=md5,
            options=field.inherited_url_options,
            logger=logger,
        )
        store.in_parts = multipart_thresh <= 0
        is_whole = not store.in_parts and _size(path) <= store.rules.single
        return Upload(path, store, str(path), ("md5",) if is_whole else (), retries=retries)

    uploads = [prepared(field, route, path) for (field, path), route in zip(chosen, routes, strict=True)]

    def run() -> TransferReport:
        return send_all(
            uploads,
            connections=connections,
            journal=journal,
            progress=progress,
            stop=stop,
            control=control,
            clock=clock,
            wait=False,
        )

    report = run()
    if _forget_useless(uploads, report, journal):  # URLs of an earlier run had ended
        report = run()
        _forget_useless(uploads, report, journal)
    report.outcomes = Outcomes(_told(outcome) for outcome in report.outcomes)
    errors = _refreshed([field for field, _ in chosen], report)
    report.outcomes = Outcomes(
        outcome if error is None else outcome._replace(state="failed", error=error)
        for outcome, error in zip(report.outcomes, errors, strict=True)
    )
    if journal is not None and report.ok:
        with suppress(OSError):  # it is removed when it is old
            journal.unlink(missing_ok=True)
    return report


def _journal(chosen: Sequence[tuple[AnalysisResultField, Path]], routes: Sequence[str]) -> Path | None:
    facts = sorted(f"{route} {path.absolute()}" for route, (_, path) in zip(routes, chosen, strict=True))
    return journal_for("pangea/uploads", *{field.knex.endpoint_url for field, _ in chosen}, *facts) if facts else None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # its turn will tell
        return 0


def _forget_useless(uploads: Sequence[Upload], report: TransferReport, journal: Path | None) -> bool:
    """Forgets what can't be gone on with; whether some of that was begun by an earlier run."""
    went_on = False
    for entry, outcome in zip(uploads, report.outcomes, strict=True):
        error = outcome.error
        ended = isinstance(error, APIError) and error.status in (400, 401, 403, 410)
        if journal is not None and (ended or isinstance(error, NotPutTogether)) and abort_upload(entry, journal):
            went_on = went_on or (ended and outcome.bytes_kept > 0)
    return went_on


def _told(outcome: Outcome) -> Outcome:
    """The server's own refusal in the place of what kept the engine from asking again."""
    error = outcome.error
    cause = error.__cause__ if isinstance(error, Refused) else None
    return outcome._replace(error=cause) if isinstance(cause, OmicsError) else outcome


def _refreshed(fields: Sequence[AnalysisResultField], report: TransferReport) -> list[OmicsError | None]:
    """Has fields whose files arrived take over what the server says; what went wrong with each."""
    from omicsdk.transfer.calls import side_by_side

    done = [number for number, outcome in enumerate(report.outcomes) if outcome.state in ("done", "skipped")]
    errors: list[OmicsError | None] = [None] * len(fields)
    if done:
        for number, end in zip(done, side_by_side(lambda number: fields[number].refresh(), done), strict=True):
            errors[number] = end if isinstance(end, OmicsError) else None
    return errors
