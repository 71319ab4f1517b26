"""What `omics sb tasks` does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from omicsdk.cli.commands.sb.rows import TASK, pairs, row
from omicsdk.cli.errors import REFUSED
from omicsdk.cli.told import Told
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.sb.downloads import RemoteFile, stream
from omicsdk.sb.jobs import error_of
from omicsdk.sb.listings import PAGE, Folders
from omicsdk.sb.paths import app_id, is_path, parse, project_id
from omicsdk.sb.tasks import ENDED, Log, file_input, some_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from omicsdk_api.sb.models.task import Task

    from omicsdk.cli.console import Console
    from omicsdk.sb.client import SevenBridges


def ls(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb tasks ls`: rows of tasks."""
    names = ("status", "batch", "parent")
    chosen: dict[str, Any] = {name: arguments[name] for name in names if arguments.get(name) is not None}
    if arguments.get("project") is not None:
        chosen["project"] = project_id(arguments["project"])
    found = client.list_tasks.iterate(**chosen, limit=PAGE, fields="_all")
    return [row(task, TASK) for task in console.limited(found, arguments.get("limit"))]


def run(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]] | dict[str, Any]:
    """`omics sb tasks run`: the tasks that run now, as rows."""
    drafts: list[str] = arguments.get("tasks") or []
    made = [name for name in ("app", "project") if arguments.get(name)]
    if drafts and made:
        raise UsageError("ids of drafts and --app or --project exclude each other", remedy="Give one of them.")
    if not drafts and len(made) < 2:
        raise UsageError("nothing says what to run", remedy="Give --app and --project, or the ids of drafts.")
    if drafts and arguments.get("draft"):
        raise UsageError("ids of drafts and --draft exclude each other", remedy="Leave out --draft to run them.")
    _check_draft(arguments)
    if not drafts:
        return _begun(client, _made(client, arguments), arguments, console)
    running = _each(drafts, lambda id: client.run_task(task_id=id), console)
    if arguments.get("wait") and running:
        return waited(client, [task.id for task in running], arguments, console)
    return [row(task, TASK) for task in running]


def clone(
    client: SevenBridges, arguments: Mapping[str, Any], console: Console
) -> list[dict[str, Any]] | dict[str, Any]:
    """`omics sb tasks clone`: the new task as a row."""
    _check_draft(arguments)
    made = client.clone_task(
        arguments["task"],
        name=arguments.get("name"),
        inputs=_inputs(client, arguments),
        run=not arguments.get("draft"),
    )
    return _begun(client, made, arguments, console)


def wait(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb tasks wait`: the tasks, which are over."""
    return waited(client, list(dict.fromkeys(arguments["tasks"])), arguments, console)


def abort(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb tasks abort`: the tasks that were stopped."""
    return [row(task, TASK) for task in _each(arguments["tasks"], lambda id: client.abort_task(task_id=id), console)]


def waited(
    client: SevenBridges, ids: list[str], arguments: Mapping[str, Any], console: Console
) -> list[dict[str, Any]]:
    """Wait until tasks are over; report on the way what becomes of them.

    The process ends with 1 when none completed, with 3 when some didn't.

    Args:
        client: The platform.
        ids: Their ids.
        arguments: Those of the command.
        console: Where that is reported.

    Returns:
        The tasks as rows.

    Raises:
        UsageError: One is a draft, which is never over.
        OmicsError: One does not exist, or they aren't over in time.
    """
    going: dict[str, None] = {}

    def changed(task: Task) -> None:
        console.message(f"{task.name or task.id}: {task.status}")
        if task.status in ENDED:
            going.pop(task.id, None)
        else:
            going[task.id] = None

    try:
        tasks = client.wait_for_tasks(
            ids, period=arguments["period"], timeout=arguments.get("timeout_seconds"), on_change=changed
        )
    except KeyboardInterrupt:
        console.message(f"They go on: {some_of(list(going))}. Wait again: omics sb tasks wait")
        raise
    failed = [task for task in tasks if task.status != "COMPLETED"]
    for task in failed:
        why = None if task.execution_status is None else task.execution_status.message
        console.some_failed(f"{task.name or task.id} is {task.status}{f': {why}' if why else ''}")
    if failed and len(failed) == len(tasks):
        console.exit_code = REFUSED
    return [row(task, TASK) for task in tasks]


def inputs_of(words: Iterable[str], whole: Mapping[str, Any] | None, found: Callable[[str], object]) -> dict[str, Any]:
    """A task's inputs as they were typed.

    Args:
        words: What follows `--input`: key=value, JSON or else text.
        whole: What follows `--inputs`; the words go over it.
        found: Gives what an sb:// path stands for.

    Raises:
        UsageError: A word isn't key=value.
    """
    typed = {key: [_value(text) for text in values] for key, values in pairs(words, "--input").items()}
    joined = {**(whole or {}), **{key: values[0] if len(values) == 1 else values for key, values in typed.items()}}
    return {key: _resolved(value, found) for key, value in joined.items()}


def batch_by_of(words: Sequence[str] | None) -> dict[str, Any] | None:
    """How a batch is shared out, as it was typed.

    Args:
        words: What follows `--batch-by`.
    """
    if not words:
        return None
    if len(words) == 1 and words[0].lower() == "item":
        return {"type": "ITEM"}
    criteria = [each if each.startswith("metadata.") else f"metadata.{each}" for each in words]
    return {"type": "CRITERIA", "criteria": criteria}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _resolved(value: Any, found: Callable[[str], object]) -> Any:
    """A value with files in the place of their paths, however deep; a CWL object of a file may have a path too."""
    if isinstance(value, str):
        return found(value) if is_path(value) else value
    if isinstance(value, list):
        return [_resolved(each, found) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        told = cast("dict[str, Any]", value)
        path = told.get("path")
        if told.get("class") in ("File", "Directory") and isinstance(path, str) and is_path(path):
            return found(path)
        return {key: _resolved(each, found) for key, each in told.items()}
    return value


def _made(client: SevenBridges, arguments: Mapping[str, Any]) -> Task:
    app, revision = app_id(arguments["app"])
    batch_input, batch_by = arguments.get("batch_input"), batch_by_of(arguments.get("batch_by"))
    if batch_input and not batch_by:
        raise UsageError(
            f"--batch-input is {batch_input!r}, and nothing says how its files are divided", remedy="Give --batch-by."
        )
    if batch_by and not batch_input:
        raise UsageError("--batch-by is given without --batch-input", remedy="Name the input whose files are divided.")
    instance = arguments.get("instance_type")
    return client.create_task(
        arguments.get("name") or app.rpartition("/")[2],
        project_id(arguments["project"]),
        app if revision is None else f"{app}/{revision}",
        inputs=_inputs(client, arguments),
        description=arguments.get("description"),
        batch_input=batch_input,
        batch_by=batch_by,
        interruptible=True if arguments.get("interruptible") else None,
        execution_settings=None if instance is None else {"instance_type": instance},
        run=not arguments.get("draft"),
    )


def _inputs(client: SevenBridges, arguments: Mapping[str, Any]) -> dict[str, Any]:
    folders = Folders(client)
    return inputs_of(
        arguments.get("input") or (), arguments.get("inputs"), lambda text: file_input(folders.at(parse(text)).file)
    )


def _check_draft(arguments: Mapping[str, Any]) -> None:
    if arguments.get("draft") and arguments.get("wait"):
        raise UsageError("--draft only makes a task, which then isn't over", remedy="Leave out --draft.")


def _begun(
    client: SevenBridges, task: Task, arguments: Mapping[str, Any], console: Console
) -> list[dict[str, Any]] | dict[str, Any]:
    """A task that was made, as a row; with --wait as one of those that are over."""
    if arguments.get("wait"):
        return waited(client, [task.id], arguments, console)
    return row(task, TASK)


def _each(ids: Iterable[str], act: Callable[[str], Task], console: Console) -> list[Task]:
    """Do something with tasks, one after the other; those with which it worked.

    Raises:
        OmicsError: It worked with none.
    """
    tasks: list[Task] = []
    errors: dict[str, OmicsError] = {}
    for id in dict.fromkeys(ids):
        try:
            tasks.append(act(id))
        except OmicsError as error:
            errors[id] = error
    if not tasks and len(errors) == 1:
        raise next(iter(errors.values()))
    for id, error in errors.items():
        console.some_failed(f"{id}: {error}")
    if not tasks:
        console.exit_code = REFUSED
    return tasks


# -- logs


def logs(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics sb tasks logs`: the jobs with their logs, or what the logs say."""
    found = list(client.task_logs(arguments["task"], arguments.get("job"), arguments.get("log")))
    if not found:
        console.message("there are no such logs")
    if arguments.get("download_dir") is not None:
        return _downloaded(client, found, arguments, console)
    return _printed(client, found) if arguments.get("log") else [_log_row(log) for log in found]


def _log_row(log: Log) -> dict[str, Any]:
    return {"job": log.job, "status": log.status, "log": log.name or None, "id": log.file_id, "task": log.task}


def _printed(client: SevenBridges, found: list[Log]) -> Told:
    """What logs say, each below a line with its name where there are several."""
    texts = [(log, _text(client, log.file_id)) for log in found]
    lines = [
        text.rstrip("\n") if len(texts) == 1 else f"==> {log.job}: {log.name} <==\n{text.rstrip(chr(10))}\n"
        for log, text in texts
    ]
    return Told("\n".join(lines).rstrip("\n"), [{**_log_row(log), "text": text} for log, text in texts])


def _text(client: SevenBridges, file_id: str | None) -> str:
    return "" if file_id is None else b"".join(stream(client, file_id)).decode("utf-8", "replace")


def _downloaded(
    client: SevenBridges, found: list[Log], arguments: Mapping[str, Any], console: Console
) -> dict[str, Any]:
    """Copy logs into a folder, one below it for each job."""
    from omicsdk.cli.commands.sb.transfers import fetched

    several = len({log.task for log in found}) > 1
    there = [(log, log.file_id) for log in found if log.file_id is not None]
    files: list[RemoteFile] = []
    for (log, _), record in zip(there, client.files_by_id([id for _, id in there]), strict=True):
        if record.resource is None:
            raise OmicsError(f"{log.name} is gone") if record.error is None else error_of(record.error)
        files.append(RemoteFile(record.resource, (*((log.task,) if several else ()), log.job, log.name)))
    key = " ".join(sorted({log.task for log in found}))
    return fetched(client, files, Path(arguments["download_dir"]), arguments, console, key)
