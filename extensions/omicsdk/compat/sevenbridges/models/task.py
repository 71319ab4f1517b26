"""Tasks: runs of apps, alone or in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from omicsdk.compat.sevenbridges import errors as sbg
from omicsdk.compat.sevenbridges.enums import TaskStatus
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import Conversion, acts, lists
from omicsdk.compat.sevenbridges.meta._waiting import Running
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.fields import DictView
from omicsdk.compat.sevenbridges.meta.resource import Resource, Savable, Value, identifier, identifiers
from omicsdk.compat.sevenbridges.models.app import AppId
from omicsdk.compat.sevenbridges.models.billing_group import Price
from omicsdk.compat.sevenbridges.models.bulk import BulkRecord
from omicsdk.compat.sevenbridges.models.execution_details import ExecutionDetails
from omicsdk.compat.sevenbridges.models.values import FilesView, FileValues, sent
from omicsdk.sb.tasks import CannotRun, dividing

if TYPE_CHECKING:
    from omicsdk_api.sb.models.task import Task as Draft

    from omicsdk.compat.sevenbridges import Api, App, Project
    from omicsdk.sb import SevenBridges


class Input(FileValues):
    """A task's inputs."""


class Output(FileValues):
    """A task's outputs."""


class BatchBy(DictView):
    """Division of the files of a batch task among its children: "type" ("ITEM" or "CRITERIA") and "criteria"."""


class BatchGroup(Value):
    """Common properties of the files of one child of a batch task."""

    value = fields.text()
    fields = fields.mapping()


class ExecutionStatus(Value):
    """Progress of a task; for a batch task also the number of children per state. Durations are in milliseconds."""

    steps_completed = steps_total = fields.whole()
    message = message_code = fields.text()
    queued = running = completed = failed = aborted = fields.whole()
    system_limit = account_limit = instance_init = fields.switch()
    queued_duration = running_duration = execution_duration = duration = fields.whole()


_UNLESS_TRUE: Mapping[str, Conversion] = {"batch": lambda _, value: None if value else False}
#: Dictionaries that are sent as a whole.
_WHOLE = ("batch_by", "execution_settings")


def _is_batch(task: Resource) -> None:
    if not task.look_up("batch"):
        raise sbg.SbgError(f"Task {identifier(task)} is not a batch task, and has no children")


class Task(Running, Savable, path="task_id", calls="get_task update_task delete_task"):
    """A task. As long as it is a draft all that can be set can be saved; later only its name and description."""

    description = project = app = batch_input = fields.text(read_only=False)
    type = executed_by = parent = fields.text()
    created_time = fields.time()
    batch = fields.switch(read_only=False)
    batch_by = fields.View(BatchBy)
    batch_group = fields.Part(lambda: BatchGroup)
    execution_status = fields.Part(lambda: ExecutionStatus)
    errors = warnings = fields.Field[Any]()
    price = fields.Part(lambda: Price)
    inputs = FilesView(Input, read_only=False)
    outputs = FilesView(Output, read_only=True)
    execution_settings = fields.mapping(read_only=False)
    output_location = fields.mapping()
    use_interruptible_instances = fields.switch(read_only=False)
    origin = fields.text("origin_id")

    @classmethod
    @lists("list_tasks", names={"origin": "origin_id"}, fields="_all")
    def query(
        cls,
        project: Project | str | None = None,
        status: str | None = None,
        batch: bool | None = None,
        parent: Task | str | None = None,
        created_from: str | date | None = None,
        created_to: str | date | None = None,
        started_from: str | date | None = None,
        started_to: str | date | None = None,
        ended_from: str | date | None = None,
        ended_to: str | date | None = None,
        offset: int | None = None,
        limit: int | None = None,
        order_by: str | None = None,
        order: str | None = None,
        origin: object = None,
        api: Api | None = None,
    ) -> Collection[Self]:
        """List tasks.

        Args:
            batch: True for batch tasks only, False for others.
            parent: Children of this batch task.
            order_by: "created_time", "start_time", "name", "end_time" or "created_by".
            origin: What they originate from, such as an automation's run.
        """
        ...

    @classmethod
    def create(
        cls,
        name: str,
        project: Project | str,
        app: App | str,
        revision: int | None = None,
        batch_input: str | None = None,
        batch_by: Mapping[str, Any] | None = None,
        inputs: Mapping[str, Any] | None = None,
        description: str | None = None,
        run: bool = False,
        disable_batch: bool = False,
        interruptible: bool | None = None,
        execution_settings: Mapping[str, Any] | None = None,
        output_location: Mapping[str, Any] | None = None,
        api: Api | None = None,
    ) -> Self:
        """Create a task, and run it with `run`; else it is a draft.

        Args:
            output_location: "main_location", "main_location_alias", "nodes_override", "nodes_location".

        Raises:
            TaskValidationError: It was to be run, and cannot be; its `task` is the draft.
        """
        for what, value in (("inputs", inputs), ("batch_by", batch_by)):
            if value is not None:
                fields.is_mapping(what, value)
        options: dict[str, Any] = {"inputs": sent(inputs), "description": description, "run": run}
        options |= {"batch_input": batch_input, "batch_by": batch_by, "batch": False if disable_batch else None}
        options |= {"interruptible": interruptible, "execution_settings": execution_settings}
        ids = identifier(project), str(_app_to_run(app, revision))
        return cls._new_task(
            cls._client(api), lambda to: to.create_task(name, *ids, **options, output_location=output_location)
        )

    @classmethod
    def bulk_get(cls, tasks: Iterable[Task | str], api: Api | None = None) -> list[TaskBulkRecord]:
        """Get tasks, in any number: a record for each, in their order, with the task or what is wrong with it."""
        ids = identifiers(tasks)
        return TaskBulkRecord.collect(cls._client(api), "bulk_get_tasks", ids, "task_ids", in_order=False)

    # -- one task

    def save(self, inplace: bool = True) -> Self:
        """Save the edits, if any; a BadRequest for a task that is not a draft any more."""
        return super().save(inplace) if self.changes() else self

    def clone(self, run: bool = True) -> Self:
        """Create another task like it, and run that with `run`; errors as of `create`."""
        return self._new_task(self.api, lambda platform: platform.clone_task(identifier(self), run=run))

    def refresh(self) -> Self:
        """Get all of it from the platform, as `reload` does; the name that older versions had."""
        return self.reload()

    def get_execution_details(self) -> ExecutionDetails:
        """Get its jobs, their instances and logs; an ExecutionDetailsInvalidTaskType for a batch task, whose children have them."""
        try:
            return ExecutionDetails._from_operation(
                self.api, "get_task_execution_details", **self._path_arguments(self)
            )
        except (sbg.BadRequest, sbg.Conflict, sbg.NotFound) as error:
            if not self.field("batch"):
                raise
            remedy = "Read the details of its children: get_batch_children()."
            raise sbg.ExecutionDetailsInvalidTaskType(
                error.code, error.message, error.more_info, remedy=remedy
            ) from error

    @lists("list_tasks", at="parent", check=_is_batch, fields="_all")
    def get_batch_children(
        self,
        status: str | None = None,
        created_from: str | date | None = None,
        created_to: str | date | None = None,
        started_from: str | date | None = None,
        started_to: str | date | None = None,
        ended_from: str | date | None = None,
        ended_to: str | date | None = None,
        order_by: str | None = None,
        order: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
        api: Api | None = None,
    ) -> Collection[Self]:
        """List the children of a batch task; arguments as those of `query`."""
        ...

    # -- components

    def changes(self) -> dict[str, Any]:
        """Return the unsaved edits as they are sent."""
        inputs = self.field("inputs")
        if isinstance(inputs, FileValues):
            inputs.settle()
        changed = super().changes()
        return {name: self.field(name) if name in _WHOLE else value for name, value in changed.items()}

    def _changed(self) -> dict[str, Any]:
        changed = super()._changed()
        with sbg.as_invalid():
            return {**changed, "batch_by": dividing(changed["batch_by"])} if changed.get("batch_by") else changed

    @classmethod
    def _new_task(cls, api: Api, make: Callable[[SevenBridges], Draft]) -> Self:
        try:
            with sbg.as_invalid():
                return cls.of(make(api.platform).to_dict(), api)
        except CannotRun as error:
            raise sbg.TaskValidationError(error.message, cls.of(error.task.to_dict(), api)) from None

    _ENDED = frozenset(TaskStatus.terminal_states)
    _CALLED = "Task"

    @acts("run_task", names={"interruptible": "use_interruptible_instances"}, convert=_UNLESS_TRUE)
    def run(self, batch: bool = True, interruptible: bool | None = None, inplace: bool = True) -> Self:
        """Run a draft.

        Args:
            batch: False to run it as one task although it would be a batch task.
        """
        ...

    @acts("abort_task")
    def abort(self, inplace: bool = True) -> Self:
        """Stop it."""
        ...

    def _has_ended(self) -> bool:
        has_ended = super()._has_ended()
        if self.field("status") == TaskStatus.DRAFT:
            batch, parent = self.field("batch"), self.field("parent")
            what = "a draft, with all of its children," if batch else "a draft"
            remedy = f"Run the batch task that it belongs to: {parent}." if parent else "Run it first: task.run()."
            raise sbg.NeverEnds(f"Task {self.field('id')} is {what} and does not start automatically", remedy=remedy)
        return has_ended


class TaskBulkRecord(BulkRecord[Task]):
    """The result for one task of a bulk call: it, or what is wrong."""

    _KIND = Task


def _app_to_run(app: App | str, revision: int | None) -> AppId:
    app_id = AppId.of(app)
    if revision is not None:
        return app_id.at(revision)
    if app_id.revision is None and isinstance(app, Resource):
        app_revision = app.look_up("revision")
        return app_id if app_revision is None else app_id.at(app_revision)
    return app_id
