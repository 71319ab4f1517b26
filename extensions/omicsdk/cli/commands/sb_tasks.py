"""What `omics sb tasks` does."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any, cast

from omicsdk.cli.commands.sb_rows import TASK, limited, pairs, row
from omicsdk.cli.errors import REFUSED
from omicsdk.core.errors import UsageError
from omicsdk.sb.errors import NO_CODE, SbgError, TaskValidationError
from omicsdk.sb.models.enums import TaskStatus
from omicsdk.sb.paths import app_id, is_path, parse, project_id
from omicsdk.sb.places import Places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from omicsdk.cli.console import Console
    from omicsdk.sb.api import Api
    from omicsdk.sb.models.task import Task

_LEAST_PERIOD = 1.0


def ls(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb tasks ls`: rows of tasks."""
    del console
    project = arguments.get("project")
    page = api.tasks.query(
        project=None if project is None else project_id(project),
        status=arguments.get("status"),
        batch=arguments.get("batch"),
        parent=arguments.get("parent"),
        limit=100,
    )
    return [row(task, TASK) for task in limited(page.all(), arguments.get("limit"))]


def run(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]] | dict[str, Any]:
    """`omics sb tasks run`: the tasks that run now, as rows."""
    drafts: list[str] = arguments.get("tasks") or []
    made = [name for name in ("app", "project") if arguments.get(name)]
    if drafts and made:
        raise UsageError("ids of drafts and --app or --project exclude each other", remedy="Give one of them.")
    if not drafts and len(made) < 2:
        raise UsageError("nothing says what to run", remedy="Give --app and --project, or the ids of drafts.")
    if arguments.get("draft") and (arguments.get("wait") or drafts):
        raise UsageError("--draft only makes a task, which then isn't over", remedy="Leave out --draft.")
    _check_period(arguments)
    running = _each(api, drafts, _start, console) if drafts else [_made(api, arguments)]
    if arguments.get("wait") and running:
        return _waited(api, [str(task.id) for task in running], arguments, console)
    rows = [row(task, TASK) for task in running]
    return rows if drafts else rows[0]


def wait(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb tasks wait`: the tasks, which are over."""
    _check_period(arguments)
    return _waited(api, list(dict.fromkeys(arguments["tasks"])), arguments, console)


def abort(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb tasks abort`: the tasks that were stopped."""
    return [row(task, TASK) for task in _each(api, arguments["tasks"], _stop, console)]


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
    except ValueError:
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


def _made(api: Api, arguments: Mapping[str, Any]) -> Task:
    app, revision = app_id(arguments["app"])
    places = Places(api)
    inputs = inputs_of(arguments.get("input") or (), arguments.get("inputs"), lambda text: places.at(parse(text)).file)
    instance = arguments.get("instance_type")
    try:
        return api.tasks.create(
            name=arguments.get("name") or app.rpartition("/")[2],
            project=project_id(arguments["project"]),
            app=app,
            revision=revision,
            inputs=inputs,
            description=arguments.get("description"),
            batch_input=arguments.get("batch_input"),
            batch_by=batch_by_of(arguments.get("batch_by")),
            interruptible=True if arguments.get("interruptible") else None,
            execution_settings=None if instance is None else {"instance_type": instance},
            run=not arguments.get("draft"),
        )
    except TaskValidationError as error:
        if error.task is not None:
            raise SbgError(
                error.message,
                NO_CODE,
                NO_CODE,
                remedy=f"The task is there as a draft, {error.task.id}: mend its inputs, then run it, or delete it.",
            ) from error
        raise


def _start(task: Task) -> None:
    task.run()


def _stop(task: Task) -> None:
    task.abort()


def _each(api: Api, ids: Iterable[str], act: Callable[[Task], None], console: Console) -> list[Task]:
    """Does something with tasks, one after the other; those with which it worked.

    Raises:
        SbgError: It worked with none.
    """
    tasks: list[Task] = []
    errors: dict[str, SbgError] = {}
    for id in dict.fromkeys(ids):
        try:
            task = api.tasks.get(id)
            act(task)
        except SbgError as error:
            errors[id] = error
        else:
            tasks.append(task)
    if not tasks and len(errors) == 1:
        raise next(iter(errors.values()))
    for id, error in errors.items():
        console.some_failed(f"{id}: {error}")
    if not tasks:
        console.exit_code = REFUSED
    return tasks


def _check_period(arguments: Mapping[str, Any]) -> None:
    period: float = arguments.get("period") or 0
    if period < _LEAST_PERIOD:
        raise UsageError(f"--period {period:g}: that is too often", remedy="Give 1 or more seconds.")


def _waited(api: Api, ids: list[str], arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """Waits until tasks are over; tells on the way what becomes of them."""
    period: float = arguments["period"]
    limit: float | None = arguments.get("timeout_seconds")
    begun, seen = api.clock.monotonic(), dict[str, str]()
    while True:
        tasks = [_got(record, id) for record, id in zip(api.tasks.bulk_get(ids), ids, strict=True)]
        for task in tasks:
            status = str(task.status)
            if seen.get(str(task.id)) != status:
                seen[str(task.id)] = status
                console.message(f"{task.field('name') or task.id}: {status}")
        going = [task for task in tasks if task.status not in TaskStatus.terminal_states]
        drafts = [str(task.id) for task in going if task.status == TaskStatus.DRAFT]
        if drafts:
            raise UsageError(
                f"{', '.join(drafts)} only {'is a draft' if len(drafts) == 1 else 'are drafts'}, which is never over",
                remedy="Run it: omics sb tasks run.",
            )
        if not going:
            return _over(tasks, console)
        if limit is not None and api.clock.monotonic() - begun + period > limit:
            raise SbgError(
                f"{len(going)} of {len(tasks)} tasks aren't over after {limit:g} s",
                NO_CODE,
                NO_CODE,
                remedy="They go on. Wait for longer, or stop them: omics sb tasks abort.",
            )
        api.clock.sleep(period)


def _got(record: Any, id: str) -> Task:
    if record.error:
        raise SbgError(f"Task {id}: {record.error.message}", record.error.code, record.error.status)
    return record.resource


def _over(tasks: list[Task], console: Console) -> list[dict[str, Any]]:
    """The tasks as rows; the process ends with 1 when none completed, with 3 when some didn't."""
    failed = [task for task in tasks if task.status != TaskStatus.COMPLETED]
    for task in failed:
        status: dict[str, Any] = task.field("execution_status") or {}
        why = status.get("message")
        console.some_failed(f"{task.field('name') or task.id} is {task.status}{f': {why}' if why else ''}")
    if failed and len(failed) == len(tasks):
        console.exit_code = REFUSED
    return [row(task, TASK) for task in tasks]


# -- logs


def logs(api: Api, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics sb tasks logs`: the jobs with their logs, or what the logs say."""
    from omicsdk.cli.commands.sb_logs import chosen_logs, downloaded, printed

    task = api.tasks.get(arguments["task"])
    tasks = deque([task] if not task.batch else task.get_batch_children(limit=100).all())
    found = [log for each in tasks for log in chosen_logs(each, arguments.get("job"), arguments.get("log"))]
    if not found:
        console.message("there are no such logs")
    if arguments.get("download_dir") is not None:
        return downloaded(api, found, arguments, console)
    return printed(found) if arguments.get("log") else [log.row for log in found]
