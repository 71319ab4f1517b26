"""What `omics sb imports` and `exports` have in common: jobs between volumes and projects, started and waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.cli.errors import REFUSED
from omicsdk.core.errors import NotFound, OmicsError, UsageError
from omicsdk.sb.jobs import StillRunning, error_of
from omicsdk.transfer.calls import side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from omicsdk_api.sb.models.export import Export
    from omicsdk_api.sb.models.import_ import Import

    from omicsdk.cli.console import Console
    from omicsdk.sb.jobs import StorageJobs

NOT_STARTED = "REFUSED"
"""The state of what the platform didn't even start."""


class Wanted(NamedTuple):
    """A job that is to be started.

    Attributes:
        line: Its line in the table; 0 where there is none.
        source: What goes.
        target: Where it goes.
        item: It, as `StorageJobs.start` takes it.
    """

    line: int
    source: str
    target: str
    item: dict[str, Any]

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return f"line {self.line}: {self.source}" if self.line else self.source

    def row(self, job: Import | Export | None = None, error: str | None = None) -> dict[str, Any]:
        """It and what became of it, for people; only what is wanted where nothing has been done.

        Args:
            job: What was started.
            error: Why it wasn't.
        """
        wanted = {**({"line": self.line} if self.line else {}), "from": self.source, "to": self.target}
        if job is None and error is None:
            return wanted
        state = NOT_STARTED if job is None else job.state
        return {"id": None if job is None else job.id, "state": state, **wanted, "error": error or why(job)}


def job_row(job: Import | Export, source: object, target: str) -> dict[str, Any]:
    """A job as a row.

    Args:
        job: The job.
        source: What goes.
        target: Where it goes.
    """
    return {
        "id": job.id,
        "state": job.state,
        "from": source,
        "to": target,
        "file": None if job.result is None else job.result.id,
        "error": why(job),
        "finished_on": job.finished_on,
    }


def why(job: Import | Export | None) -> str | None:
    """Why a job failed.

    Args:
        job: The job.
    """
    return None if job is None or job.error is None else job.error.message


def started(
    kind: StorageJobs, wanted: Sequence[Wanted], arguments: Mapping[str, Any], console: Console
) -> list[dict[str, Any]]:
    """Starts jobs, and with --wait waits until they are over.

    Args:
        kind: Imports or exports.
        wanted: What is to be started.
        arguments: Those of the command.
        console: Where failures are told.

    Returns:
        A row for each that was wanted.

    Raises:
        OmicsError: Only one was wanted, and it wasn't started.
    """
    try:
        records = kind.start([each.item for each in wanted])
    except KeyboardInterrupt:
        console.message(f"Some may have been started, and go on. See which: omics sb {kind.what} ls")
        raise
    jobs: list[Import | Export | None] = [record.resource for record in records]
    failures = [None if record.error is None else error_of(record.error) for record in records]
    errors = [None if failure is None else failure.message for failure in failures]
    if len(failures) == 1 and failures[0] is not None:
        raise failures[0]
    for each, error in zip(wanted, errors, strict=True):
        if error is not None:
            console.some_failed(f"{each.name}: {error}")
    running = [job for job in jobs if job is not None]
    if not running:
        console.exit_code = REFUSED
    elif arguments.get("wait"):
        names = {job.id: each.name for each, job in zip(wanted, jobs, strict=True) if job is not None}
        latest = {job.id: job for job in waited(kind, running, names, arguments, console)}
        jobs = [None if job is None else latest[job.id] for job in jobs]
    else:
        console.message(f"{len(running)} {kind.what} were started. Wait for them: omics sb {kind.what} wait ID")
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


def over(kind: StorageJobs, arguments: Mapping[str, Any], console: Console) -> list[Any]:
    """Finds jobs by their ids, and waits until they are over.

    Args:
        kind: Imports or exports.
        arguments: Those of the command, with the ids.
        console: Where progress and failures are told.

    Returns:
        The jobs, each once.

    Raises:
        OmicsError: One of them isn't there.
    """
    wanted = list(dict.fromkeys(arguments["ids"]))
    jobs: list[Import | Export] = []
    for id, record in zip(wanted, kind.get(wanted), strict=True):
        if record.resource is None:
            error = NotFound("there is none") if record.error is None else error_of(record.error)
            error.message = f"{id}: {error.message}"
            error.remedy = f"Look at how the id is written: omics sb {kind.what} ls."
            raise error
        jobs.append(record.resource)
    return waited(kind, jobs, {}, arguments, console)


def waited(
    kind: StorageJobs,
    jobs: Sequence[Import | Export],
    names: Mapping[str, str],
    arguments: Mapping[str, Any],
    console: Console,
) -> list[Import | Export]:
    """Wait until jobs are over, and report which failed; the process ends with 1 when none completed, else with 3.

    Args:
        kind: Imports or exports.
        jobs: They.
        names: What they are called, by their ids.
        arguments: Those of the command.
        console: Where progress and failures are told.

    Returns:
        They as they ended; as they were where they didn't in time.
    """
    seen = -1

    def look(ended: int, total: int) -> None:
        nonlocal seen
        if ended != seen:
            seen = ended
            console.message(f"{ended} of {total} {kind.what} are over")

    latest = list(jobs)
    try:
        latest = kind.wait(jobs, period=arguments["period"], timeout=arguments.get("timeout_seconds"), on_look=look)
    except StillRunning as error:
        console.error(str(error))
        console.exit_code = REFUSED
        return latest
    except KeyboardInterrupt:
        console.message(f"They go on. See how far they are: omics sb {kind.what} ls")
        raise
    failed = [job for job in latest if job.state != "COMPLETED"]
    for job in failed:
        reason = why(job)
        console.some_failed(f"{names.get(job.id, job.id)} is {job.state}{f': {reason}' if reason else ''}")
    if len(failed) == len(latest):
        console.exit_code = REFUSED
    return latest


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
