"""Runs of tasks: waited for, why they failed, and what their jobs logged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Unpack
from urllib.parse import unquote

from omicsdk_api.sb.models.task import Task

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.checked_json import check_fields
from omicsdk.core.errors import BadRequest, Conflict, NotFound, OmicsError, UsageError
from omicsdk.core.plain_client import clock_of
from omicsdk.core.redaction import url_parts
from omicsdk.sb.client import SevenBridges
from omicsdk.sb.jobs import PERIOD, as_record_error, bulk, error_of, records_about, wait_until
from omicsdk.sb.listings import PAGE
from omicsdk.transfer import TransferOptionsDict

if TYPE_CHECKING:
    import os

    from omicsdk.sb.reports import FilesReport

# Statuses that no other follows.
ENDED = frozenset({"COMPLETED", "FAILED", "ABORTED"})
DRAFT = "DRAFT"
_MESSAGE_IDS = 5  # ids in a message


class NeverEnds(UsageError):
    """A draft was waited for; it does not start automatically."""


@text_is_one_item
def wait_for_tasks(
    client: SevenBridges,
    task_ids: str | Sequence[str],
    *,
    period: float = PERIOD,
    timeout: float | None = None,
    on_change: Callable[[Task], None] | None = None,
) -> list[Task]:
    """Wait until tasks have ended, well or not.

    Args:
        task_ids: Their ids.
        period: Seconds between two polls.
        timeout: Maximum seconds to wait; None for no limit.
        on_change: Called with each task whose status has changed, at the first look each.

    Returns:
        The tasks as they ended, in their order.

    Raises:
        NeverEnds: One is a draft.
        NotFound: There is no such task.
        StillRunning: Some have not ended in time; they continue.
    """
    seen = dict[str, str]()
    tasks: list[Task] = []

    def running() -> list[str]:
        return [task.id for task in tasks if task.status not in ENDED]

    def all_ended() -> bool:
        # All in each poll: those that have ended are returned as they are now, with their outputs.
        tasks[:] = _tasks(client, task_ids)
        for task in tasks:
            status = str(task.status)
            if seen.get(task.id) != status:
                seen[task.id] = status
                if on_change is not None:
                    on_change(task)
        # At each look, not only the first: a user may have changed a task in between.
        drafts = [task.id for task in tasks if task.status == DRAFT]
        if drafts:
            only = "is a draft" if len(drafts) == 1 else "are drafts"
            raise NeverEnds(f"{some_of(drafts)} {only} and never ends", remedy="Run it: omics sb tasks run.")
        return not running()

    wait_until(
        all_ended,
        lambda: f"{len(running())} of {len(tasks)} tasks ({some_of(running())}) have not ended",
        clock_of(client),
        period=period,
        timeout=timeout,
        remedy="They continue. Wait again: omics sb tasks wait. Or stop them: omics sb tasks abort.",
    )
    return tasks


def reason(task: Task) -> str | None:
    """Why a task failed.

    Args:
        task: The task.
    """
    return None if task.execution_status is None else task.execution_status.message


def some_of(ids: Sequence[str]) -> str:
    """Format ids for a message; only the first of many.

    Args:
        ids: The ids.
    """
    ids_shown = ", ".join(ids[:_MESSAGE_IDS])
    return ids_shown if len(ids) <= _MESSAGE_IDS else f"{ids_shown} and {len(ids) - _MESSAGE_IDS} more"


def _tasks(client: SevenBridges, ids: Sequence[str]) -> list[Task]:
    from omicsdk_api.sb.models.task_bulk_record import TaskBulkRecord

    def read(some: Sequence[str]) -> Sequence[TaskBulkRecord]:
        return records_about(some, client.bulk_get_tasks(task_ids=some), "bulk_get_tasks")

    records = bulk(ids, read, lambda error: TaskBulkRecord(error=as_record_error(error)))
    tasks: list[Task] = []
    for id, record in zip(ids, records, strict=True):
        if record.resource is None:
            error = error_of(record.error) if record.error is not None else NotFound("the platform returned nothing")
            error.message = f"Task {id}: {error.message}"
            if isinstance(error, NotFound | BadRequest):
                error.remedy = "Check the id: omics sb tasks ls."
            raise error
        tasks.append(record.resource)
    return tasks


class Log(NamedTuple):
    """A log of a job of a task.

    Attributes:
        task: The task's id.
        job: The job's name.
        status: The job's.
        name: The log's name; empty for a job without logs.
        file_id: The log's file; None for a job without logs.
    """

    task: str
    job: str
    status: str | None
    name: str
    file_id: str | None


def logs_of(client: SevenBridges, task_id: str, job: str | None = None, name: str | None = None) -> Iterator[Log]:
    """List the logs of a task, or of all children of a batch.

    Args:
        task_id: The task.
        job: Only of this job.
        name: Only of this name; what precedes its last dots and dashes may be left out.
    """
    task = client.get_task(task_id=task_id)
    check_fields("get_task", task, "id")
    tasks = client.list_tasks.iterate(parent=task_id, limit=PAGE, fields="_all") if task.batch else [task]
    for run in tasks:
        yield from _logs(client, run, job, name)


def download_logs(
    client: SevenBridges,
    logs: Sequence[Log],
    folder: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    **options: Unpack[TransferOptionsDict],
) -> FilesReport:
    """Download logs into a folder, each into a folder of its job; logs of several tasks also into a folder of their
    task.

    Args:
        client: The platform.
        logs: The logs, as `logs_of` lists them.
        folder: The folder.
        overwrite: Whether to replace files.
        **options: See `omicsdk.transfer.TransferOptions`.

    Raises:
        LocalFileExists: A file already exists, and `overwrite` is not set.
        OmicsError: The file of a log no longer exists.
        TransferFailed: A log could not be downloaded.
    """
    from omicsdk.sb.downloads import RemoteFile, fetch
    from omicsdk.transfer import TransferOptions

    chosen = TransferOptions.of(options)
    tasks = sorted({log.task for log in logs})
    stored = [(log, log.file_id) for log in logs if log.file_id is not None]
    files: list[RemoteFile] = []
    for (log, _), record in zip(stored, client.files_by_id([id for _, id in stored]), strict=True):
        if record.resource is None:
            raise OmicsError(f"{log.name} no longer exists") if record.error is None else error_of(record.error)
        files.append(RemoteFile(record.resource, (*((log.task,) if len(tasks) > 1 else ()), log.job, log.name)))
    return chosen.checked(fetch(client, files, folder, key=" ".join(tasks), options=chosen, overwrite=overwrite))


def _logs(client: SevenBridges, task: Task, job: str | None, name: str | None) -> Iterator[Log]:
    try:
        details = client.get_task_execution_details(task_id=task.id)
    # A batch has no jobs itself: its children have them.
    except (BadRequest, Conflict, NotFound) as error:
        if task.batch:
            error.remedy = "Request the logs of its children."
        raise
    check_fields("get_task_execution_details", details, optional=("jobs",))
    for at, detail in enumerate(details.jobs or ()):
        check_fields("get_task_execution_details", detail, optional=("name", "status", "logs"), path=f"jobs[{at}]")
        called = str(detail.name)
        if job not in (None, called):
            continue
        urls: Mapping[str, str] = detail.logs or {}
        names = [key for key in urls if name is None or _fits(key, name)]
        for key in names:
            yield Log(task.id, called, detail.status, key, file_id_in(urls[key]))
        if not names and name is None:
            yield Log(task.id, called, detail.status, "", None)


def _fits(key: str, name: str) -> bool:
    return key == name or key.endswith((f".{name}", f"-{name}", f"_{name}"))


def file_id_in(url: object) -> str | None:
    """The id of the file that a URL names: what follows `files` in its path; None if nothing does.

    Args:
        url: Such as https://api.sbgenomics.com/v2/files/5f2b/download_info.
    """
    parts = url_parts(url).path.split("/") if isinstance(url, str) else []
    at = parts.index("files") + 1 if "files" in parts else len(parts)
    return unquote(parts[at]) or None if at < len(parts) else None
