"""Tasks: started with files as inputs, waited for, and what their jobs logged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack, cast
from urllib.parse import unquote

from omicsdk.core.checked_fields import check_fields
from omicsdk.core.errors import BadRequest, Conflict, NotFound, OmicsError, UsageError
from omicsdk.core.omit import OMIT
from omicsdk.core.plain_client import clock_of
from omicsdk.core.redaction import url_parts
from omicsdk.core.text_arguments import text_is_one_item
from omicsdk.sb.jobs import PERIOD, bulk, error_of, records_about, told, wait_until
from omicsdk.sb.listings import PAGE, Folders, is_folder
from omicsdk.sb.paths import is_path, parse

if TYPE_CHECKING:
    import os

    from omicsdk_api.sb import SbApi
    from omicsdk_api.sb.models.file import File
    from omicsdk_api.sb.models.task import Task

    from omicsdk.sb.client import SevenBridges
    from omicsdk.sb.reports import FilesReport
    from omicsdk.transfer import TransferOptionsDict

ENDED = frozenset({"COMPLETED", "FAILED", "ABORTED"})
"""Statuses that no other follows."""
DRAFT = "DRAFT"
_SHOWN = 5  # ids in a message


class CannotRun(OmicsError):
    """The platform created a task and cannot run it: the task is a draft.

    Args:
        message: What is wrong with it.
        task: The draft.
    """

    def __init__(self, message: str, task: Task) -> None:
        super().__init__(
            message, remedy=f"The task exists as a draft, {task.id}: fix its inputs, then run it, or delete it."
        )
        self.task = task


class NeverEnds(UsageError):
    """A draft was waited for; it does not start automatically."""


def file_input(file: File) -> dict[str, Any]:
    """A file or folder as the input of a task.

    Args:
        file: The file or folder.
    """
    return {"class": "Directory" if is_folder(file) else "File", "path": file.id}


def with_files(client: SbApi, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Replace sb:// paths in inputs by files and folders, at any depth.

    Args:
        client: The platform.
        inputs: Inputs by their ids; a CWL object of a file may have such a path, too.

    Raises:
        NotFound: There is no such file.
    """
    folders = Folders(client)

    def resolved(value: Any) -> Any:
        if isinstance(value, str):
            return file_input(folders.at(parse(value)).file) if is_path(value) else value
        if isinstance(value, list):
            return [resolved(member) for member in cast("list[Any]", value)]
        if isinstance(value, Mapping):
            mapping = cast("Mapping[str, Any]", value)
            path = mapping.get("path")
            if mapping.get("class") in ("File", "Directory") and isinstance(path, str) and is_path(path):
                return resolved(path)
            return {key: resolved(member) for key, member in mapping.items()}
        return value

    return {key: resolved(value) for key, value in inputs.items()}


def batch_by_of(conditions: Sequence[str]) -> dict[str, Any] | None:
    """How a batch is divided, from words; pure.

    Args:
        conditions: "item", or keys of metadata such as metadata.sample_id; the prefix may be left out.

    Returns:
        `batch_by` of `create_task`; None without words.
    """
    if not conditions:
        return None
    if [word.lower() for word in conditions] == ["item"]:
        return {"type": "ITEM"}
    prefix = "metadata."
    return {
        "type": "CRITERIA",
        "criteria": [word if word.startswith(prefix) else f"{prefix}{word}" for word in conditions],
    }


def create_task(
    client: SevenBridges,
    name: str,
    project: str,
    app: str,
    *,
    inputs: Mapping[str, Any] | None = None,
    description: str | None = None,
    batch_input: str | None = None,
    batch_by: Mapping[str, Any] | None = None,
    batch: bool | None = None,
    interruptible: bool | None = None,
    execution_settings: Mapping[str, Any] | None = None,
    output_location: Mapping[str, Any] | None = None,
    run: bool = False,
) -> Task:
    """Create a task and optionally run it.

    Args:
        name: Name of the task.
        project: The project to run it in, `owner/project`.
        app: The app, `owner/project/app` for its latest revision, with `/revision` for another.
        inputs: Inputs by their ids; a file or folder as its sb:// path or `{"class": "File", "path": ID}` (or
            "Directory").
        description: Description of the task.
        batch_input: The input whose files are divided among child tasks; requires `batch_by`.
        batch_by: How: `{"type": "ITEM"}`, or `{"type": "CRITERIA", "criteria": ["metadata.sample_id"]}`.
        batch: False runs a single task even if the app defines batching.
        interruptible: Use instances that the provider may interrupt; by default as the project's settings state.
        execution_settings: Object with "instance_type", "max_parallel_instances", "use_memoization",
            "use_elastic_disk".
        output_location: Folder for the outputs, as an object.
        run: Run the task; by default it remains a draft.

    Returns:
        The task, as the operation `create_task_` returns it.

    Raises:
        UsageError: `batch_input` and `batch_by` do not go together, or `batch_by` is invalid.
        CannotRun: It was to run, and the platform cannot run it.
    """
    fields: dict[str, Any] = {
        "inputs": None if inputs is None else with_files(client, inputs),
        "description": description,
        **batching(batch_input, batch_by),
        "batch": batch,
        "use_interruptible_instances": interruptible,
        "execution_settings": execution_settings,
        "output_location": output_location,
        "action": "run" if run else None,
    }
    fields = {name: value for name, value in fields.items() if value is not None}
    return _running(client.create_task_(name=name, project=project, app=app, **fields), run)


def batching(batch_input: str | None, batch_by: Mapping[str, Any] | None) -> dict[str, Any]:
    """How a new task is divided, as arguments of `create_task`.

    Args:
        batch_input: The input whose files are divided.
        batch_by: How.

    Returns:
        "batch_input" and "batch_by"; nothing when neither is given.

    Raises:
        UsageError: One is given without the other, or `batch_by` is invalid.
    """
    if not batch_input and not batch_by:
        return {}
    if not batch_by:
        raise UsageError(
            f"batch_input is {batch_input!r}, but batch_by is missing",
            remedy='State how to divide its files: batch_by={"type": "ITEM"}.',
        )
    if not batch_input:
        raise UsageError(
            "batch_by is given, but batch_input is missing", remedy="Name the input whose files are divided."
        )
    return {"batch_input": batch_input, "batch_by": dividing(batch_by)}


def dividing(batch_by: Mapping[str, Any]) -> dict[str, Any]:
    """Return how files are divided, in the form that is sent.

    Args:
        batch_by: "type", in any case, and for CRITERIA "criteria": metadata, each as "metadata." and its name.

    Raises:
        UsageError: It is invalid.
    """
    type_text, criteria = str(batch_by.get("type")), batch_by.get("criteria")
    kind = type_text.upper()
    if kind not in ("ITEM", "CRITERIA"):
        raise UsageError(f'The type of batch_by is {batch_by.get("type")!r}, which is neither "ITEM" nor "CRITERIA"')
    if kind == "CRITERIA" and not criteria:
        raise UsageError(
            "batch_by is of type CRITERIA and has no criteria",
            remedy='Add "criteria": ["metadata.sample_id"], or the like.',
        )
    criteria_given = {**batch_by, "type": type_text if type_text == type_text.lower() else kind}
    return {**criteria_given, "criteria": [criteria]} if isinstance(criteria, str) else criteria_given


def clone_task(
    client: SevenBridges,
    task_id: str,
    *,
    name: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    run: bool = False,
) -> Task:
    """Create another task like one. The operation is `clone_task_`.

    Args:
        task_id: The task.
        name: The new one's name; None for the same.
        inputs: Inputs that differ; as for `create_task`.
        run: Whether to run it; else it is a draft.

    Raises:
        CannotRun: It was to run, and the platform cannot run it.
    """
    if not inputs and name is None:
        return _running(client.clone_task_(task_id=task_id, action="run" if run else OMIT), run)
    changed: dict[str, Any] = {} if name is None else {"name": name}
    changed |= {"inputs": with_files(client, inputs)} if inputs else {}
    task = client.clone_task_(task_id=task_id)
    task = client.update_task(task_id=task.id, **changed)
    return client.run_task(task_id=task.id) if run else task


def _running(task: Task, was_run: bool) -> Task:
    if was_run and task.errors:
        raise CannotRun(f"Task {task.id} cannot be run: {faults_of(task.errors)}", task)
    return task


def faults_of(errors: object) -> str:
    """Describe a task's errors.

    Args:
        errors: The task's errors: a list of objects, or an object of them.
    """
    entries = cast("Mapping[str, Any]", errors).values() if isinstance(errors, Mapping) else errors
    messages: list[str] = []
    for entry in (
        cast("Iterable[Any]", entries) if isinstance(entries, Iterable) and not isinstance(entries, str) else [entries]
    ):
        if not isinstance(entry, Mapping):
            messages.append(str(entry))
            continue
        error = cast("Mapping[str, Any]", entry)
        names = ("input_id", "id", "node_id", "field", "type")
        where = next((error[name] for name in names if error.get(name)), None)
        message = error.get("message") or error.get("description") or dict(error)
        messages.append(f"{where}: {message}" if where else str(message))
    return "; ".join(messages)


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
        tasks[:] = _tasks(client, task_ids)
        for task in tasks:
            status = str(task.status)
            if seen.get(task.id) != status:
                seen[task.id] = status
                if on_change is not None:
                    on_change(task)
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
    ids_shown = ", ".join(ids[:_SHOWN])
    return ids_shown if len(ids) <= _SHOWN else f"{ids_shown} and {len(ids) - _SHOWN} more"


def _tasks(client: SevenBridges, ids: Sequence[str]) -> list[Task]:
    from omicsdk_api.sb.models.task_bulk_record import TaskBulkRecord

    def read(some: Sequence[str]) -> Sequence[TaskBulkRecord]:
        return records_about(some, client.bulk_get_tasks(task_ids=some), "bulk_get_tasks")

    records = bulk(ids, read, lambda error: TaskBulkRecord(error=told(error)))
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


# -- logs


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
        client: The platform.
        task_id: The task.
        job: Only of this job.
        name: Only of this name; what precedes its last dots and dashes may be left out.
    """
    task = client.get_task(task_id=task_id)
    check_fields("get_task", task, "id")
    tasks = client.list_tasks.iterate(parent=task_id, limit=PAGE, fields="_all") if task.batch else [task]
    for each in tasks:
        yield from _logs(client, each, job, name)


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
    except (BadRequest, Conflict, NotFound) as error:
        if task.batch:
            error.remedy = "Request the logs of its children."
        raise
    check_fields("get_task_execution_details", details, optional=("jobs",))
    for at, each in enumerate(details.jobs or ()):
        check_fields("get_task_execution_details", each, optional=("name", "status", "logs"), place=f"jobs[{at}]")
        called = str(each.name)
        if job not in (None, called):
            continue
        urls: Mapping[str, str] = each.logs or {}
        names = [key for key in urls if name is None or _fits(key, name)]
        for key in names:
            yield Log(task.id, called, each.status, key, file_id_in(urls[key]))
        if not names and name is None:
            yield Log(task.id, called, each.status, "", None)


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
