"""`omics sb tasks`: creation, waiting, and logs of their jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Unpack

from omicsdk_api.sb.models.task import Task

from omicsdk.cli.commands.sb.files import transferred
from omicsdk.cli.commands.sb.results import (
    CommandResult,
    Row,
    Waiting,
    attempted,
    changes,
    command_rows,
    completed,
    non_empty,
    pairs,
    removed,
    row,
)
from omicsdk.cli.commands.transfers import count_of
from omicsdk.cli.output import Call, Console, TextAndData
from omicsdk.core.errors import UsageError
from omicsdk.core.json_text import strict_value
from omicsdk.sb.client import SevenBridges
from omicsdk.sb.downloads import stream
from omicsdk.sb.listings import PAGE
from omicsdk.sb.paths import app_id
from omicsdk.sb.reports import FilesReport
from omicsdk.sb.task_runs import ENDED, download_logs, reason, some_of
from omicsdk.sb.tasks import batch_by_of, with_files
from omicsdk.transfer import TransferOptionsDict

Status = Literal["DRAFT", "CREATING", "QUEUED", "RUNNING", "COMPLETED", "ABORTING", "ABORTED", "FAILED"]
TASK = (
    *("id", "name", "status", "app", "project", "created_by", "created_time", "start_time", "end_time", "batch"),
    "parent",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """A task's inputs as typed.

    Attributes:
        input: Inputs, as key=value.
        inputs: Inputs as one JSON object, or @ and the name of a file with one; --input overrides its members.
    """

    input: Sequence[str] = ()
    inputs: Mapping[str, Any] | None = None

    def read(self) -> dict[str, Any]:
        """Return the values of `input`, as JSON or else text, merged over those of `inputs`.

        Raises:
            UsageError: A word is not key=value.
        """
        typed = {key: [_value(text) for text in values] for key, values in pairs(self.input, "--input").items()}
        named = {key: values[0] if len(values) == 1 else values for key, values in typed.items()}
        return {**(self.inputs or {}), **named}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running(Waiting):
    """Whether a new task is run and waited for.

    Attributes:
        draft: Only create the task; do not run it.
        wait: Wait until it has ended; the exit code is 1 if it did not complete.

    Raises:
        UsageError: Both are set.
    """

    draft: bool = False
    wait: bool = False

    def __post_init__(self) -> None:
        if self.draft and self.wait:
            raise UsageError(
                "--draft and --wait are mutually exclusive: a draft never ends", remedy="Leave out --draft or --wait."
            )


def list_tasks(
    client: SevenBridges,
    *,
    project: str | None = None,
    status: Status | None = None,
    parent: str | None = None,
    batch: bool | None = None,
) -> Iterator[Row]:
    """List tasks, the latest first.

    Args:
        project: Only tasks of this project: owner/project or sb://owner/project.
        status: Only tasks with this status.
        parent: Only the children of the batch with this id.
        batch: Only batches; with false, only other tasks.
    """
    chosen = non_empty(project=project, status=status, parent=parent, batch=batch)
    return (row(task, TASK) for task in client.list_tasks.iterate(**chosen, limit=PAGE, fields="_all"))


def run(
    client: SevenBridges,
    tasks: Sequence[str] = (),
    *,
    app: str | None = None,
    project: str | None = None,
    name: str | None = None,
    inputs: Inputs,
    description: str | None = None,
    batch_input: str | None = None,
    batch_by: Sequence[str] = (),
    interruptible: bool = False,
    instance_type: str | None = None,
    running: Running,
    console: Console,
) -> CommandResult:
    """Create a task and run it, or run draft tasks.

    Write inputs as key=value. A value that is valid JSON is parsed, an sb:// path becomes its file or folder, and any
    other value is text. Repeat a key to pass a list.

    Args:
        tasks: IDs of draft tasks, instead of --app and --project.
        project: The project to run it in: owner/project or sb://owner/project.
        name: The task's name; by default the app's.
        description: Text that describes the task.
        batch_input: Input whose files are divided among separate tasks; requires --batch-by.
        batch_by: How to divide them: item (a task for each file), or keys such as metadata.sample_id (a task for each
            value).
        interruptible: Use cheaper instances, which the provider may interrupt.
        instance_type: Instance type for the task, such as c4.2xlarge;ebs-gp2;2000.
        console: Prints progress.
    """
    if app and project and not tasks:
        id, revision = app_id(app)
        created = client.create_task(
            name or id.rpartition("/")[2],
            project,
            id if revision is None else f"{id}/{revision}",
            inputs=inputs.read(),
            description=description,
            batch_input=batch_input,
            batch_by=batch_by_of(batch_by),
            interruptible=interruptible or None,
            execution_settings=None if instance_type is None else {"instance_type": instance_type},
            run=not running.draft,
        )
        return _new_task_result(client, created, running, console)
    # A draft has all of these; to ignore one would run it with other inputs, or on other instances, than were typed.
    of_new_tasks = (app, project, name, description, batch_input, batch_by, interruptible, instance_type, running.draft)
    if not tasks or any(of_new_tasks) or inputs != Inputs():
        raise UsageError(
            "expected either --app and --project, or only ids of drafts",
            remedy="Use one of the two. Change a draft by: omics sb tasks update",
        )
    started, failures = attempted(tasks, lambda id: client.run_task(task_id=id))
    if not running.wait or not started:
        return _many(started, "running", failures)
    ended = _waited(client, list(started), running, console)
    return CommandResult(ended.rows, ended.line, [*failures, *ended.failures], len(started) + len(failures))


def clone(
    client: SevenBridges, task: str, *, name: str | None = None, inputs: Inputs, running: Running, console: Console
) -> CommandResult:
    """Create a copy of a task and run it.

    Inputs are written as for omics sb tasks run, and override those of the original task.

    Args:
        name: The new task's name; by default the platform chooses one.
        console: Prints progress.
    """
    created = client.clone_task(task, name=name, inputs=inputs.read(), run=not running.draft)
    return _new_task_result(client, created, running, console)


def update(
    client: SevenBridges, task: str, *, name: str | None = None, description: str | None = None, inputs: Inputs
) -> CommandResult:
    """Change a draft task; omitted options leave values unchanged.

    Args:
        task: The id of the task.
        name: New name.
    """
    typed = with_files(client, inputs.read())
    updated = client.update_task(task_id=task, **changes(name=name, description=description, inputs=typed or None))
    return CommandResult(row(updated, TASK), f"updated task {updated.id}")


def wait(client: SevenBridges, tasks: Sequence[str], *, waiting: Waiting, console: Console) -> CommandResult:
    """Wait until tasks have ended.

    The exit code is 3 if one of several did not complete, 1 for a single one. Ctrl-C stops the command, not the tasks.

    Args:
        console: Prints progress.
    """
    return _waited(client, list(dict.fromkeys(tasks)), waiting, console)


def abort(client: SevenBridges, tasks: Sequence[str]) -> CommandResult:
    """Stop tasks.

    Args:
        tasks: Ids of tasks.
    """
    stopped, failures = attempted(tasks, lambda id: client.abort_task(task_id=id))
    return _many(stopped, "stopped", failures)


def remove(client: SevenBridges, tasks: Sequence[str], *, dry_run: bool = False, console: Console) -> CommandResult:
    """Delete tasks permanently; their outputs are kept.

    Args:
        dry_run: Only print what would be deleted.
        console: Asks for confirmation.
    """
    # Before the question, so that an unknown id is an error while nothing is deleted.
    tasks_by_id = {id: {"name": client.get_task(task_id=id).name} for id in tasks}
    return removed("task", tasks_by_id, lambda id: client.delete_task(task_id=id), console, dry_run=dry_run)


def created(result: Task, call: Call) -> object:
    """Render a created task."""
    return command_rows(_created(result), call)


def _created(task: Task) -> CommandResult:
    return CommandResult(row(task, TASK), f"{'created draft' if task.status == 'DRAFT' else 'running'} {task.id}")


def _new_task_result(client: SevenBridges, task: Task, running: Running, console: Console) -> CommandResult:
    """Return the result for a new task."""
    return _waited(client, [task.id], running, console) if running.wait else _created(task)


def _many(tasks: Mapping[str, Task], state: str, failures: Sequence[object]) -> CommandResult:
    rows = [row(task, TASK) for task in tasks.values()]
    return CommandResult(rows, f"{count_of(len(rows), 'task')} {state}", failures, len(rows) + len(failures))


def _value(text: str) -> Any:
    try:
        return strict_value(text)  # no request has NaN, and no service takes 1e999
    except (ValueError, RecursionError):
        return text


def _waited(client: SevenBridges, ids: list[str], waiting: Waiting, console: Console) -> CommandResult:
    """Wait until tasks have ended, and print each change of status."""
    from omicsdk.transfer.engine.control import termination

    statuses: dict[str, str | None] = dict.fromkeys(ids)

    def changed(task: Task) -> None:
        # The id first: whatever ends this process, the task can be waited for.
        name = (task.name or task.id) if statuses[task.id] else f"{task.name or 'task'} ({task.id})"
        why = reason(task) if task.status == "COMPLETED" else ""
        console.message(f"{name}: {task.status}{why and f': {why}'}")
        statuses[task.id] = task.status

    try:
        with termination():
            tasks = client.wait_for_tasks(
                ids, period=waiting.period, timeout=waiting.timeout_seconds, on_change=changed
            )
    except KeyboardInterrupt:
        left = [id for id, status in statuses.items() if status not in ENDED]
        console.error(f"Tasks continue: {some_of(left)}. Wait again: omics sb tasks wait")
        raise
    outcomes = [(task.name or task.id, task.status, reason(task)) for task in tasks]
    return CommandResult([row(task, TASK) for task in tasks], *completed("tasks", outcomes))


# -- logs


def logs(
    client: SevenBridges,
    task: str,
    *,
    job: str | None = None,
    log: str | None = None,
    download_dir: str | None = None,
    overwrite: bool = False,
    console: Console,
    **options: Unpack[TransferOptionsDict],
) -> object:
    """List the jobs of a task with their logs, print logs, or download them.

    Args:
        task: The id of a task; for a batch, the logs of its children are included.
        job: Only logs of this job.
        log: Print the logs with this name, such as std.err or stderr.log.
        download_dir: Download the logs into this folder, with a subfolder for each job.
        overwrite: Replace local files that already exist.
        console: Prints progress.
        **options: See `omicsdk.transfer.TransferOptions`; they are those of a download.
    """
    log_files = list(client.task_logs(task, job, log))
    if not log_files:
        console.message("no such logs")
    if download_dir is not None:
        return download_logs(client, log_files, download_dir, overwrite=overwrite, **options)
    rows: list[Row] = [
        {"job": file.job, "status": file.status, "log": file.name or None, "id": file.file_id, "task": file.task}
        for file in log_files
    ]
    return _printed([{**entry, "text": _text(client, entry["id"])} for entry in rows]) if log else rows


def shown_logs(result: object, call: Call) -> object:
    """Render logs: a row for each, their text, or the result of their download."""
    return transferred(result, call) if isinstance(result, FilesReport) else result


def _printed(rows: list[Row]) -> TextAndData:
    """Return the text of logs; each of several follows a line with its name."""
    texts = [entry["text"].rstrip("\n") for entry in rows]
    named = [f"==> {entry['job']}: {entry['log']} <==\n{text}" for entry, text in zip(rows, texts, strict=True)]
    return TextAndData("\n\n".join(named if len(rows) > 1 else texts), rows)


def _text(client: SevenBridges, file_id: str | None) -> str:
    # The tools of a task write what they like into their logs.
    return "" if file_id is None else b"".join(stream(client, file_id)).decode("utf-8", "replace")
