"""Tasks: runs of apps, alone or in batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from omicsdk.compat.sevenbridges.errors import (
    BadRequest,
    Conflict,
    ExecutionDetailsInvalidTaskType,
    NotFound,
    SbgError,
    TaskValidationError,
)
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.identity import identifier, identifiers
from omicsdk.compat.sevenbridges.meta.resource import Resource, given
from omicsdk.compat.sevenbridges.models.app.ids import AppId
from omicsdk.compat.sevenbridges.models.billing_group.price import Price
from omicsdk.compat.sevenbridges.models.bulk import BulkRecord
from omicsdk.compat.sevenbridges.models.file.values import FilesView, FileValues, sent
from omicsdk.compat.sevenbridges.models.task.parts import (
    BatchBy,
    BatchGroup,
    ExecutionStatus,
    Input,
    Output,
    batching,
    dividing,
    faults,
)
from omicsdk.compat.sevenbridges.models.task.query import task_query
from omicsdk.compat.sevenbridges.models.task.running import RunningTask
from omicsdk.core.omit import OMIT

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.app import App
    from omicsdk.compat.sevenbridges.models.execution_details import ExecutionDetails
    from omicsdk.compat.sevenbridges.models.project import Project

#: Dictionaries that the platform takes as a whole.
_WHOLE = ("batch_by", "execution_settings")


class Task(RunningTask):
    """A task. As long as it is a draft all that can be set can be saved; later only its name and description."""

    href = fields.text()
    id = fields.uuid()
    name = fields.text(read_only=False)
    status = fields.text()
    description = fields.text(read_only=False)
    project = fields.text(read_only=False)
    app = fields.text(read_only=False)
    type = fields.text()
    created_by = fields.text()
    executed_by = fields.text()
    start_time = fields.time()
    created_time = fields.time()
    end_time = fields.time()
    batch = fields.switch(read_only=False)
    batch_by = fields.View(BatchBy)
    batch_group = fields.Part(lambda: BatchGroup)
    batch_input = fields.text(read_only=False)
    parent = fields.text()
    execution_status = fields.Part(lambda: ExecutionStatus)
    errors = fields.Field[Any]()
    warnings = fields.Field[Any]()
    price = fields.Part(lambda: Price)
    inputs = FilesView(Input, read_only=False)
    outputs = FilesView(Output, read_only=True)
    execution_settings = fields.mapping(read_only=False)
    output_location = fields.mapping()
    use_interruptible_instances = fields.switch(read_only=False)
    origin = fields.text("origin_id")

    @classmethod
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
        api: HttpClient | None = None,
    ) -> Collection[Self]:
        """Lists tasks.

        Args:
            project: Of this project.
            status: In this status, one of TaskStatus.
            batch: True for batch tasks only, False for those that are none.
            parent: Children of this batch task.
            created_from: Created at or after this time; text, or a datetime, without zone in UTC.
            created_to: Created at or before this time.
            started_from: Started at or after this time.
            started_to: Started at or before this time.
            ended_from: Ended at or after this time.
            ended_to: Ended at or before this time.
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.
            order_by: "created_time", "start_time", "name", "end_time" or "created_by".
            order: "asc" or "desc"; "desc" by default.
            origin: What they originate from, such as an automation's run.
            api: The Api, where this is the class of none.

        Raises:
            ValidationError: A time isn't one.
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        chosen = task_query(
            project=project,
            status=status,
            batch=batch,
            parent=parent,
            created_from=created_from,
            created_to=created_to,
            started_from=started_from,
            started_to=started_to,
            ended_from=ended_from,
            ended_to=ended_to,
            order_by=order_by,
            order=order,
            origin=origin,
            offset=offset,
            limit=limit,
        )
        return Collection.fetch(cls, api.client.list_tasks.build(**chosen), api)

    @classmethod
    def get(cls, id: Task | str, api: HttpClient | None = None) -> Self:
        """Gets one task.

        Args:
            id: Its id.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: There is none.
            SbgError: The platform answered with another error.
        """
        return cls._got(id, api)

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
        api: HttpClient | None = None,
    ) -> Self:
        """Creates a task, and runs it if wanted.

        Args:
            name: Its name.
            project: Where it runs.
            app: The app, or its id. Of an App the revision that it has is run, by an id without revision the latest.
            revision: The app's revision, from 0, in place of that one.
            batch_input: The input whose files are divided among children; needs `batch_by`.
            batch_by: How: {"type": "ITEM"}, or {"type": "CRITERIA", "criteria": ["metadata.sample_id"]}.
            inputs: Inputs by their ids; files and folders as File objects, in lists and records too.
            description: What it is about.
            run: Whether to run it; else it is a draft.
            disable_batch: Whether it is to be no batch task although its app's batching says so.
            interruptible: Whether it may use cheaper instances that can be taken away; None for the project's setting.
            execution_settings: "instance_type", "max_parallel_instances", "use_memoization", "use_elastic_disk".
            output_location: Where outputs go: "main_location", "main_location_alias", "nodes_override", "nodes_location".
            api: The Api, where this is the class of none.

        Raises:
            TaskValidationError: It was to be run, and can't be; its `task` is the draft.
            ValidationError: `batch_input` and `batch_by` don't go together, `app` isn't an app's id, or an argument is
                no dictionary.
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        for what, value in (("inputs", inputs), ("batch_by", batch_by)):
            if value is not None:
                fields.is_mapping(what, value)
        chosen: dict[str, Any] = {
            "project": identifier(project),
            "app": str(_app_to_run(app, revision)),
            "name": name,
            "description": given(description),
            "inputs": OMIT if inputs is None else sent(inputs),
            **batching(batch_input, batch_by),
            "use_interruptible_instances": given(interruptible),
            "execution_settings": given(execution_settings),
            "output_location": given(output_location),
            "action": "run" if run else OMIT,
            "batch": False if disable_batch else OMIT,
        }
        made = cls.of(api.call_object(api.client.create_task.build(**chosen)), api)
        return made._validated() if run else made

    @classmethod
    def bulk_get(cls, tasks: Iterable[Task | str], api: HttpClient | None = None) -> list[TaskBulkRecord]:
        """Gets many tasks, 100 with a request.

        Args:
            tasks: Tasks, or their ids.
            api: The Api, where this is the class of none.

        Returns:
            A record for each, in their order, with the task or an error.

        Raises:
            SbgError: The platform answered the first request with an error.
        """
        api = cls._client(api)
        build = api.client.bulk_get_tasks.build
        ids = identifiers(tasks)
        return TaskBulkRecord.collect(ids, lambda some: build(task_ids=some), api, side_by_side=True)

    # -- one task

    def save(self, inplace: bool = True) -> Self:
        """Saves what was changed; nothing is sent when nothing was.

        Args:
            inplace: Whether this object takes over what the platform has then; else a new one is given.

        Returns:
            Itself, or the new one.

        Raises:
            ValidationError: `batch_by` makes no sense.
            SbgError: The platform answered with an error, such as BadRequest for a task that isn't a draft any more.
        """
        changed = self.changes()
        if not changed:
            return self
        if changed.get("batch_by"):
            changed["batch_by"] = dividing(changed["batch_by"])
        told = self.api.call_object(self.api.client.update_task.build(task_id=identifier(self), **changed))
        return self._saved(told, inplace)

    def clone(self, run: bool = True) -> Self:
        """Makes another task like it.

        Args:
            run: Whether to run that; else it is a draft.

        Returns:
            The new task.

        Raises:
            TaskValidationError: It was to be run, and can't be; its `task` is the draft.
            SbgError: The platform answered with an error.
        """
        request = self.api.client.clone_task.build(task_id=identifier(self), action="run" if run else OMIT)
        made = type(self).of(self.api.call_object(request), self.api)
        return made._validated() if run else made

    def delete(self) -> None:
        """Deletes it.

        Raises:
            SbgError: The platform answered with an error.
        """
        self.api.send(self.api.client.delete_task.build(task_id=identifier(self)))

    def refresh(self) -> Self:
        """Asks the platform for all of it, as `reload` does; the name that older versions had."""
        return self.reload()

    def get_execution_details(self) -> ExecutionDetails:
        """Gets what it did: its jobs, their instances and logs.

        Raises:
            ExecutionDetailsInvalidTaskType: It is a batch task; its children have details.
            SbgError: The platform answered with another error.
        """
        from omicsdk.compat.sevenbridges.models.execution_details import ExecutionDetails

        try:
            told = self.api.call_object(self.api.client.get_task_execution_details.build(task_id=identifier(self)))
        except (BadRequest, Conflict, NotFound) as error:
            if not self.field("batch"):
                raise
            raise ExecutionDetailsInvalidTaskType(
                error.code, error.message, error.more_info, remedy="Ask its children, which get_batch_children() gives."
            ) from error
        return ExecutionDetails.of(told, self.api)

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
        api: HttpClient | None = None,
    ) -> Collection[Self]:
        """Lists the children of a batch task; arguments as those of `query`.

        Raises:
            SbgError: It isn't a batch task, or the platform answered with an error.
        """
        if not self.batch:
            raise SbgError(f"Task {identifier(self)} isn't a batch task, so it has no children")
        return self.query(
            status=status,
            parent=self,
            created_from=created_from,
            created_to=created_to,
            started_from=started_from,
            started_to=started_to,
            ended_from=ended_from,
            ended_to=ended_to,
            order_by=order_by,
            order=order,
            offset=offset,
            limit=limit,
            api=api if api is not None else self.api,
        )

    # -- what it is made of

    def changes(self) -> dict[str, Any]:
        """What was edited and not saved, as it is sent."""
        inputs = self.field("inputs")
        if isinstance(inputs, FileValues):
            inputs.settle()
        found = super().changes()
        return {name: self.field(name) if name in _WHOLE else value for name, value in found.items()}

    def _validated(self) -> Self:
        """Gives itself when the platform found nothing wrong with it.

        Raises:
            TaskValidationError: It found something.
        """
        errors = self.field("errors")
        if errors:
            raise TaskValidationError(f"Task {self.field('id')} can't be run: {faults(errors)}", self)
        return self


class TaskBulkRecord(BulkRecord[Task]):
    """What came of one task of a bulk call: it, or what is wrong."""

    @classmethod
    def _kind(cls) -> type[Resource]:
        return Task


def _app_to_run(app: App | str, revision: int | None) -> AppId:
    found = AppId.of(app)
    if revision is not None:
        return found.at(revision)
    if found.revision is None and isinstance(app, Resource):
        told = app.look_up("revision")
        return found if told is None else found.at(told)
    return found
