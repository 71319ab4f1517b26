"""What `omics sb imports` and `exports` have in common: jobs between volumes and projects, started and waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from omicsdk.cli.errors import REFUSED
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.sb.meta.waiting import StillRunning
from omicsdk.sb.models.enums import ImportExportState
from omicsdk.transfer.calls import side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from omicsdk.cli.console import Console
    from omicsdk.sb.models.bulk import BulkRecord
    from omicsdk.sb.models.storage_job import StorageJob

NOT_STARTED = "REFUSED"
"""The state of what the platform didn't even start."""


class Wanted(NamedTuple):
    """A job that is to be started.

    Attributes:
        line: Its line in the table; 0 where there is none.
        source: What goes.
        target: Where it goes.
        item: It, as the library's `bulk_submit` takes it.
    """

    line: int
    source: str
    target: str
    item: dict[str, Any]

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return f"line {self.line}: {self.source}" if self.line else self.source

    def row(self, job: StorageJob | None = None, error: str | None = None) -> dict[str, Any]:
        """It and what became of it, for people; only what is wanted where nothing has been done.

        Args:
            job: What was started.
            error: Why it wasn't.
        """
        wanted = {**({"line": self.line} if self.line else {}), "from": self.source, "to": self.target}
        if job is None and error is None:
            return wanted
        state = NOT_STARTED if job is None else job.field("state")
        return {"id": job and job.field("id"), "state": state, **wanted, "error": error or error_of(job)}


class Kind(Protocol):
    """Imports, or exports, of one platform."""

    def bulk_get(self, jobs: list[str], /) -> Sequence[BulkRecord[Any]]:
        """Looks at many."""
        ...

    def bulk_wait(
        self, jobs: list[Any], /, period: float, timeout: float | None, callback: Callable[[int, int], object]
    ) -> list[Any]:
        """Waits for many."""
        ...


def job_row(job: StorageJob, source: object, target: str) -> dict[str, Any]:
    """A job as a row.

    Args:
        job: The job.
        source: What goes.
        target: Where it goes.
    """
    made: Mapping[str, Any] = job.field("result") or {}
    return {
        "id": job.field("id"),
        "state": job.field("state"),
        "from": source,
        "to": target,
        "file": made.get("id"),
        "error": error_of(job),
        "finished_on": job.field("finished_on"),
    }


def error_of(job: StorageJob | None) -> str | None:
    """Why a job failed.

    Args:
        job: The job.
    """
    told: Mapping[str, Any] = (job.field("error") if job is not None else None) or {}
    return told.get("message")


def started(
    kind: Kind,
    submit: Callable[[list[dict[str, Any]]], Sequence[BulkRecord[Any]]],
    wanted: Sequence[Wanted],
    arguments: Mapping[str, Any],
    console: Console,
    what: str,
) -> list[dict[str, Any]]:
    """Starts jobs, and with --wait waits until they are over.

    Args:
        kind: Imports or exports.
        submit: Starts those of a list, and gives what the platform said to each.
        wanted: What is to be started.
        arguments: Those of the command.
        console: Where failures are told.
        what: What they are called.

    Returns:
        A row for each that was wanted.

    Raises:
        SbgError: Only one was wanted, and it wasn't started.
    """
    try:
        records = submit([each.item for each in wanted])
    except KeyboardInterrupt:
        console.message(f"Some may have been started, and go on. See which: omics sb {what} ls")
        raise
    jobs = [record.resource for record in records]
    errors = [None if record.valid else str(record.error.message) for record in records]
    if len(records) == 1 and not records[0].valid:
        raise records[0].error.as_exception()
    for each, error in zip(wanted, errors, strict=True):
        if error is not None:
            console.some_failed(f"{each.name}: {error}")
    running = [job for job in jobs if job is not None]
    if not running:
        console.exit_code = REFUSED
    elif arguments.get("wait"):
        names = {str(job.id): each.name for each, job in zip(wanted, jobs, strict=True) if job is not None}
        waited(kind, running, names, arguments, console, what)
    else:
        console.message(f"{len(running)} {what} were started. Wait for them: omics sb {what} wait ID")
    return [each.row(job, error) for each, job, error in zip(wanted, jobs, errors, strict=True)]


def foreseen(wanted: Sequence[Wanted], check: Callable[[int], str | None], console: Console) -> list[dict[str, Any]]:
    """Tells which jobs could be started, and starts none.

    Args:
        wanted: What would be started.
        check: What would stand in the way of one, by its place among those; None for nothing.
        console: Where that is told.

    Returns:
        A row for each that is wanted.
    """
    found = list(side_by_side(check, range(len(wanted))))
    errors = [each.message if isinstance(each, OmicsError) else each for each in found]
    for each, error in zip(wanted, errors, strict=True):
        if error is not None:
            console.some_failed(f"{each.name}: {error}")
    if wanted and None not in errors:
        console.exit_code = REFUSED
    return [each.row(error=error) for each, error in zip(wanted, errors, strict=True)]


def over(kind: Kind, arguments: Mapping[str, Any], console: Console, what: str) -> list[Any]:
    """Finds jobs by their ids, and waits until they are over.

    Args:
        kind: Imports or exports.
        arguments: Those of the command, with the ids.
        console: Where progress and failures are told.
        what: What they are called.

    Returns:
        The jobs, each once.

    Raises:
        SbgError: One of them isn't there.
    """
    wanted = list(dict.fromkeys(arguments["ids"]))
    records = kind.bulk_get(wanted)
    for id, record in zip(wanted, records, strict=True):
        if not record.valid:
            error = record.error.as_exception()
            error.message = f"{id}: {error.message}"
            error.remedy = f"Look at how the id is written: omics sb {what} ls."
            raise error
    jobs = [record.resource for record in records]
    waited(kind, jobs, {}, arguments, console, what)
    return jobs


def waited(
    kind: Kind, jobs: list[Any], names: Mapping[str, str], arguments: Mapping[str, Any], console: Console, what: str
) -> None:
    """Waits until jobs are over, and tells which failed; the process ends with 1 when none completed, else with 3.

    Args:
        kind: Imports or exports.
        jobs: They; what is known of them afterwards is how they ended.
        names: What they are called, by their ids.
        arguments: Those of the command.
        console: Where progress and failures are told.
        what: What they are called together.
    """
    seen = -1

    def look(ended: int, total: int) -> None:
        nonlocal seen
        if ended != seen:
            seen = ended
            console.message(f"{ended} of {total} {what} are over")

    try:
        kind.bulk_wait(jobs, period=arguments["period"], timeout=arguments.get("timeout_seconds"), callback=look)
    except StillRunning as error:
        console.error(str(error))
        console.exit_code = REFUSED
        return
    except KeyboardInterrupt:
        console.message(f"They go on. See how far they are: omics sb {what} ls")
        raise
    failed = [job for job in jobs if job.field("state") != ImportExportState.COMPLETED]
    for job in failed:
        why = error_of(job)
        console.some_failed(f"{names.get(str(job.id), job.id)} is {job.field('state')}{f': {why}' if why else ''}")
    if len(failed) == len(jobs):
        console.exit_code = REFUSED


def check_given(arguments: Mapping[str, Any], what: str) -> None:
    """Refuses calls that say nothing, or too much.

    Args:
        arguments: Those of the command.
        what: What is to be started.

    Raises:
        UsageError: Neither words nor a table say what is to be done, or both do; or words come without a volume.
    """
    words, table = arguments.get("paths"), arguments.get("manifest")
    if words and table is not None:
        raise UsageError("--manifest and words exclude each other", remedy="Give one of them.")
    if not words and table is None:
        raise UsageError(f"nothing says what to {what}", remedy="Name it, or give a table: --manifest FILE.")
    if words and not arguments.get("volume"):
        raise UsageError(f"nothing says which volume to {what}", remedy="Give --volume owner/volume.")


def volume_of(cells: Mapping[str, str], line: int, arguments: Mapping[str, Any]) -> str:
    """The volume of a table's row, or the one that was named for all.

    Args:
        cells: The row.
        line: Where it stands.
        arguments: Those of the command.

    Raises:
        UsageError: There is neither.
    """
    volume = cells.get("volume") or arguments.get("volume")
    if not volume:
        raise UsageError(
            f"line {line} of {arguments['manifest']} has no volume", remedy="Fill it in, or give --volume for all."
        )
    return str(volume)
