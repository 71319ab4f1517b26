"""Tasks: created or cloned with files as inputs, divided into batches, and started."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from omicsdk_api.sb.models.task import Task

from omicsdk.core.checked_json import check_fields
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.core.omit import OMIT
from omicsdk.sb.client import SevenBridges
from omicsdk.sb.listings import Folders, is_folder
from omicsdk.sb.paths import is_path, parse

if TYPE_CHECKING:
    from omicsdk_api.sb import SbApi
    from omicsdk_api.sb.models.file import File


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
        if isinstance(value, list | tuple):
            return [resolved(member) for member in cast("Sequence[Any]", value)]
        if isinstance(value, Mapping):
            mapping = cast("Mapping[str, Any]", value)
            path = mapping.get("path")
            if mapping.get("class") in ("File", "Directory") and isinstance(path, str) and is_path(path):
                mapping = {**mapping, **resolved(path)}
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
    batch_fields = {**batch_by, "type": type_text if type_text == type_text.lower() else kind}
    return {**batch_fields, "criteria": [criteria]} if isinstance(criteria, str) else batch_fields


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
        name: The new one's name; None for the one that the platform chooses.
        inputs: Inputs that differ; as for `create_task`.
        run: Whether to run it; else it is a draft.

    Raises:
        CannotRun: It was to run, and the platform cannot run it.
    """
    if not inputs and name is None:
        return _running(client.clone_task_(task_id=task_id, action="run" if run else OMIT), run)
    changed: dict[str, Any] = {} if name is None else {"name": name}
    changed |= {"inputs": with_files(client, inputs)} if inputs else {}
    # A draft first: a clone that runs at once would run with the old inputs.
    task = client.clone_task_(task_id=task_id)
    check_fields("clone_task", task, "id")
    draft = task.id
    try:
        task = _running(client.update_task(task_id=draft, **changed), run)
        return client.run_task(task_id=draft) if run else task
    except CannotRun:  # names the draft already
        raise
    except OmicsError as error:
        error.remedy = f"The clone exists as task {draft}: change it and run it, or delete it."
        raise


def _running(task: Task, was_run: bool) -> Task:
    check_fields("the task", task, "id")
    # The platform creates such a task all the same, as a draft that states its errors.
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
