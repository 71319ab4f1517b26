"""What `omics sb tasks` does."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from omicsdk.cli.commands.sb.rows import TASK, pairs, row
from omicsdk.cli.commands.sb.task_waiting import waited
from omicsdk.cli.errors import REFUSED
from omicsdk.core.errors import UsageError
from omicsdk.sb.errors import NO_CODE, SbgError, TaskValidationError
from omicsdk.sb.paths import app_id, is_path, parse, project_id
from omicsdk.sb.places import Places

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

    from omicsdk.cli.console import Console
    from omicsdk.sb.api import Api
    from omicsdk.sb.models.task import Task


def ls(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb tasks ls`: rows of tasks."""
    project = arguments.get("project")
    page = api.tasks.query(
        project=None if project is None else project_id(project),
        status=arguments.get("status"),
        batch=arguments.get("batch"),
        parent=arguments.get("parent"),
        limit=100,
    )
    return [row(task, TASK) for task in console.limited(page.all(), arguments.get("limit"))]


def run(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]] | dict[str, Any]:
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
        return _begun(api, _made(api, arguments), arguments, console)
    running = _each(api, drafts, _start, console)
    if arguments.get("wait") and running:
        return waited(api, [str(task.id) for task in running], arguments, console)
    return [row(task, TASK) for task in running]


def clone(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]] | dict[str, Any]:
    """`omics sb tasks clone`: the new task as a row."""
    _check_draft(arguments)
    inputs = _inputs(api, arguments)
    task, is_run = api.tasks.get(arguments["task"]), not arguments.get("draft")
    with _draft_named():
        if not inputs and arguments.get("name") is None:
            made = task.clone(run=is_run)
        else:
            made = task.clone(run=False)
            if arguments.get("name") is not None:
                made.name = arguments["name"]
            made.inputs.update(inputs)
            made.save()
            if is_run:
                made.run()
    return _begun(api, made, arguments, console)


def wait(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb tasks wait`: the tasks, which are over."""
    return waited(api, list(dict.fromkeys(arguments["tasks"])), arguments, console)


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


def _made(api: Api, arguments: Mapping[str, Any]) -> Task:
    app, revision = app_id(arguments["app"])
    inputs = _inputs(api, arguments)
    instance = arguments.get("instance_type")
    with _draft_named():
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


def _inputs(api: Api, arguments: Mapping[str, Any]) -> dict[str, Any]:
    places = Places(api)
    return inputs_of(arguments.get("input") or (), arguments.get("inputs"), lambda text: places.at(parse(text)).file)


def _check_draft(arguments: Mapping[str, Any]) -> None:
    if arguments.get("draft") and arguments.get("wait"):
        raise UsageError("--draft only makes a task, which then isn't over", remedy="Leave out --draft.")


@contextmanager
def _draft_named() -> Generator[None]:
    """Says which draft is left of a task that couldn't be run."""
    try:
        yield
    except TaskValidationError as error:
        if error.task is None:
            raise
        raise SbgError(
            error.message,
            NO_CODE,
            NO_CODE,
            remedy=f"The task is there as a draft, {error.task.id}: mend its inputs, then run it, or delete it.",
        ) from error


def _begun(
    api: Api, task: Task, arguments: Mapping[str, Any], console: Console
) -> list[dict[str, Any]] | dict[str, Any]:
    """A task that was made, as a row; with --wait as one of those that are over."""
    if arguments.get("wait"):
        return waited(api, [str(task.id)], arguments, console)
    return row(task, TASK)


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


def logs(api: Api, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics sb tasks logs`: the jobs with their logs, or what the logs say."""
    from omicsdk.cli.commands.sb.logs import chosen_logs, downloaded, printed

    task = api.tasks.get(arguments["task"])
    tasks = task.get_batch_children(limit=100).all() if task.batch else [task]
    found = [log for each in tasks for log in chosen_logs(each, arguments.get("job"), arguments.get("log"))]
    if not found:
        console.message("there are no such logs")
    if arguments.get("download_dir") is not None:
        return downloaded(api, found, arguments, console)
    return printed(found) if arguments.get("log") else [log.row for log in found]
