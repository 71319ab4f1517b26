"""`omics sb tasks`: started with files as inputs, waited for, and what their jobs logged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from omicsdk.cli.commands.sb.files import Downloaded, downloaded, fetched
from omicsdk.cli.commands.sb.results import TASK, Done, Row, Waiting, attempted, done, given, pairs, row
from omicsdk.cli.commands.transfers import count_of, watched
from omicsdk.cli.commands.values import agreed
from omicsdk.cli.output import Told
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.sb.downloads import RemoteFile, stream
from omicsdk.sb.jobs import error_of
from omicsdk.sb.listings import PAGE
from omicsdk.sb.paths import app_id, project_id
from omicsdk.sb.tasks import ENDED, Log, batch_by_of, some_of, with_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from omicsdk_api.sb.models.task import Task

    from omicsdk.cli.console import Console
    from omicsdk.cli.output import Call
    from omicsdk.sb.client import SevenBridges
    from omicsdk.transfer import Control, Progress

Status = Literal["DRAFT", "CREATING", "QUEUED", "RUNNING", "COMPLETED", "ABORTING", "ABORTED", "FAILED"]


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
        status: Only tasks of this status.
        parent: Only the children of this batch, by its id.
        batch: Only batches, or with false only others.
    """
    of = None if project is None else project_id(project)
    chosen = given(project=of, status=status, parent=parent, batch=batch)
    return (row(task, TASK) for task in client.list_tasks.iterate(**chosen, limit=PAGE, fields="_all"))


def run(
    client: SevenBridges,
    tasks: Sequence[str] = (),
    *,
    app: str | None = None,
    project: str | None = None,
    name: str | None = None,
    input: Sequence[str] = (),
    inputs: Mapping[str, Any] | None = None,
    description: str | None = None,
    batch_input: str | None = None,
    batch_by: Sequence[str] = (),
    interruptible: bool = False,
    instance_type: str | None = None,
    draft: bool = False,
    wait: bool = False,
    waiting: Waiting,
    console: Console,
) -> Done:
    """Create a task and run it, or run tasks that are drafts.

    Inputs are key=value: JSON, or else text; an sb:// path becomes the file or folder that it names. A key that is given several
    times becomes a list.

    Args:
        tasks: Ids of drafts, in place of --app and --project.
        project: The project that it runs in: owner/project or sb://owner/project.
        name: The task's name; by default the app's.
        input: Inputs, as key=value.
        inputs: Inputs as one JSON object, or @ and the name of a file that holds it; --input replaces its members.
        description: What the task is about.
        batch_input: Input whose files are divided among separate tasks; needs --batch-by.
        batch_by: How: item (a task for each file), or keys such as metadata.sample_id (a task for each value).
        interruptible: Use instances that may be taken away, which cost less.
        instance_type: Instance that the task runs on, such as c4.2xlarge;ebs-gp2;2000.
        draft: Only create the task; do not run it.
        wait: Wait until it has ended; one that didn't complete ends the command with 1.
        console: Where progress is printed.
    """
    if tasks and (app or project):
        raise UsageError("ids of drafts and --app or --project exclude each other", remedy="Give one of them.")
    if tasks and draft:
        raise UsageError("ids of drafts and --draft exclude each other", remedy="Leave out --draft to run them.")
    if not tasks and not (app and project):
        raise UsageError("nothing says what to run", remedy="Give --app and --project, or the ids of drafts.")
    _check_draft(draft=draft, wait=wait)
    if app and project:
        id, revision = app_id(app)
        made = client.create_task(
            name or id.rpartition("/")[2],
            project_id(project),
            id if revision is None else f"{id}/{revision}",
            inputs=inputs_of(input, inputs),
            description=description,
            **_batching(batch_input, batch_by),
            interruptible=interruptible or None,
            execution_settings=None if instance_type is None else {"instance_type": instance_type},
            run=not draft,
        )
        return _waited(client, [made.id], waiting, console) if wait else made_task(made)
    running, failures = attempted({id: id for id in tasks}, lambda id: client.run_task(task_id=id))
    if not wait or not running:
        return _many(running, "running", failures)
    ended = _waited(client, list(running), waiting, console)
    return Done(ended.rows, ended.line, [*failures, *ended.failures], ended.none)


def clone(
    client: SevenBridges,
    task: str,
    *,
    name: str | None = None,
    input: Sequence[str] = (),
    inputs: Mapping[str, Any] | None = None,
    draft: bool = False,
    wait: bool = False,
    waiting: Waiting,
    console: Console,
) -> Done:
    """Create a task like another and run it.

    Inputs are written as those of omics sb tasks run, and replace the other task's.

    Args:
        name: The new task's name; by default the platform chooses one.
        console: Where progress is printed.
    """
    _check_draft(draft=draft, wait=wait)
    made = client.clone_task(task, name=name, inputs=inputs_of(input, inputs), run=not draft)
    return _waited(client, [made.id], waiting, console) if wait else made_task(made)


def update(
    client: SevenBridges,
    task: str,
    *,
    name: str | None = None,
    input: Sequence[str] = (),
    inputs: Mapping[str, Any] | None = None,
    description: str | None = None,
) -> Done:
    """Change a task that is a draft; what is not given stays as it is.

    Args:
        task: The id of the task.
        name: Its new name.
    """
    changed = given(name=name, description=description, inputs=with_files(client, inputs_of(input, inputs)))
    if not changed:
        raise UsageError("nothing is to be changed", remedy="Give --name, --description, --input or --inputs.")
    made = client.update_task(task_id=task, **changed)
    return Done(row(made, TASK), f"updated task {made.id}")


def wait(
    client: SevenBridges,
    tasks: Sequence[str],
    *,
    waiting: Waiting,
    console: Console,
) -> Done:
    """Wait until tasks have ended.

    Ends with 1 when none completed, with 3 when some didn't. Ctrl-C ends the waiting, not the tasks.

    Args:
        console: Where progress is printed.
    """
    return _waited(client, list(dict.fromkeys(tasks)), waiting, console)


def abort(client: SevenBridges, tasks: Sequence[str]) -> Done:
    """Stop tasks.

    Args:
        tasks: Ids of tasks.
    """
    stopped, failures = attempted({id: id for id in tasks}, lambda id: client.abort_task(task_id=id))
    return _many(stopped, "stopped", failures)


def remove(client: SevenBridges, tasks: Sequence[str], *, dry_run: bool = False, console: Console) -> Done:
    """Delete tasks permanently; their outputs stay.

    Args:
        dry_run: Only print what would be deleted.
        console: Where it is asked.
    """
    rows = {id: {"deleted": id, "name": client.get_task(task_id=id).name} for id in dict.fromkeys(tasks)}
    if dry_run:
        return Done(list(rows.values()))
    if not agreed(f"Deleting {count_of(len(rows), 'task')} is for good. Go on?", console):
        return Done([])
    gone, failures = attempted({id: id for id in rows}, lambda id: client.delete_task(task_id=id))
    return Done([rows[id] for id in gone], f"deleted {count_of(len(gone), 'task')}", failures, none=not gone)


def made_task(task: Task) -> Done:
    """A task that was created, as a row."""
    verb = "created draft" if task.status == "DRAFT" else "running"
    return Done(row(task, TASK), f"{verb} {task.id}")


def created(result: Task, call: Call) -> object:
    """Render a task that was created."""
    return done(made_task(result), call)


def _many(tasks: Mapping[str, Task], state: str, failures: Sequence[str]) -> Done:
    rows = [row(task, TASK) for task in tasks.values()]
    return Done(rows, f"{count_of(len(rows), 'task')} {state}", failures, none=not rows)


def _batching(batch_input: str | None, batch_by: Sequence[str]) -> dict[str, Any]:
    divided = batch_by_of(batch_by)
    if batch_input and not divided:
        raise UsageError(
            f"--batch-input is {batch_input!r}, and nothing says how its files are divided", remedy="Give --batch-by."
        )
    if divided and not batch_input:
        raise UsageError("--batch-by is given without --batch-input", remedy="Name the input whose files are divided.")
    return {"batch_input": batch_input, "batch_by": divided}


def _check_draft(*, draft: bool, wait: bool) -> None:
    if draft and wait:
        raise UsageError("--draft only creates a task, which then does not end", remedy="Leave out --draft.")


def inputs_of(words: Sequence[str], whole: Mapping[str, Any] | None) -> dict[str, Any]:
    """A task's inputs as they were typed.

    Args:
        words: What follows `--input`: key=value, JSON or else text.
        whole: What follows `--inputs`; the words replace its members.

    Raises:
        UsageError: A word isn't key=value.
    """
    typed = {key: [_value(text) for text in values] for key, values in pairs(words, "--input").items()}
    return {**(whole or {}), **{key: values[0] if len(values) == 1 else values for key, values in typed.items()}}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _waited(client: SevenBridges, ids: list[str], waiting: Waiting, console: Console) -> Done:
    """Wait until tasks have ended; each change of a status is printed on the way."""
    going: dict[str, None] = {}

    def changed(task: Task) -> None:
        console.message(f"{task.name or task.id}: {task.status}")
        if task.status in ENDED:
            going.pop(task.id, None)
        else:
            going[task.id] = None

    try:
        tasks = client.wait_for_tasks(ids, period=waiting.period, timeout=waiting.timeout_seconds, on_change=changed)
    except KeyboardInterrupt:
        console.message(f"They continue: {some_of(list(going))}. Wait again: omics sb tasks wait")
        raise
    failures: list[str] = []
    for task in tasks:
        if task.status != "COMPLETED":
            why = None if task.execution_status is None else task.execution_status.message
            failures.append(f"{task.name or task.id} is {task.status}{f': {why}' if why else ''}")
    line = f"{len(tasks) - len(failures):,} of {count_of(len(tasks), 'task')} completed"
    return Done([row(task, TASK) for task in tasks], line, failures, none=len(failures) == len(tasks))


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
) -> object:
    """Show the jobs of a task with their logs, print logs, or download them.

    Args:
        task: The id of a task; of a batch the logs of its children are taken.
        job: Only logs of this job.
        log: Print the logs of this name, such as std.err or stderr.log.
        download_dir: Download the logs into this folder, one below it for each job.
        overwrite: Replace local files that already exist.
        console: Where progress is printed.
    """
    found = list(client.task_logs(task, job, log))
    if not found:
        console.message("there are no such logs")
    if download_dir is not None:
        return _downloaded(client, found, Path(download_dir), console, overwrite=overwrite)
    return _printed(client, found) if log else [_log_row(each) for each in found]


def shown_logs(result: object, call: Call) -> object:
    """Render logs: a row for each, their text, or the result of their download."""
    return downloaded(result, call) if isinstance(result, Downloaded) else result


def _log_row(log: Log) -> Row:
    return {"job": log.job, "status": log.status, "log": log.name or None, "id": log.file_id, "task": log.task}


def _printed(client: SevenBridges, found: list[Log]) -> Told:
    """The text of logs, each below a line with its name where there are several."""
    texts = [(log, _text(client, log.file_id)) for log in found]
    lines = [
        text.rstrip("\n") if len(texts) == 1 else f"==> {log.job}: {log.name} <==\n{text.rstrip(chr(10))}\n"
        for log, text in texts
    ]
    return Told("\n".join(lines).rstrip("\n"), [{**_log_row(log), "text": text} for log, text in texts])


def _text(client: SevenBridges, file_id: str | None) -> str:
    return "" if file_id is None else b"".join(stream(client, file_id)).decode("utf-8", "replace")


def _downloaded(
    client: SevenBridges, found: list[Log], folder: Path, console: Console, *, overwrite: bool
) -> Downloaded:
    """Download logs into a folder, one below it for each job."""
    tasks = sorted({log.task for log in found})
    stored = [(log, log.file_id) for log in found if log.file_id is not None]
    files: list[RemoteFile] = []
    for (log, _), record in zip(stored, client.files_by_id([id for _, id in stored]), strict=True):
        if record.resource is None:
            raise OmicsError(f"{log.name} is gone") if record.error is None else error_of(record.error)
        files.append(RemoteFile(record.resource, (*((log.task,) if len(tasks) > 1 else ()), log.job, log.name)))

    def work(progress: Callable[[Progress], None] | None, control: Control) -> Downloaded:
        how = {"overwrite": overwrite, "progress": progress, "control": control}
        return fetched(client, files, folder, " ".join(tasks), **how)

    return watched(work, {}, console, f"Download to {folder}")
