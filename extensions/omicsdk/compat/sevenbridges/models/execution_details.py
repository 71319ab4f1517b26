"""Execution details of a task: jobs, instances and logs."""

from __future__ import annotations

from collections.abc import ItemsView
from typing import Any

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.resource import Resource, Value
from omicsdk.compat.sevenbridges.models.file import File
from omicsdk.sb.task_runs import file_id_in


class Disk(Value):
    """An instance's disk."""

    size = fields.whole()
    unit = type = fields.text()


class Instance(Value):
    """The machine that a job ran on."""

    id = type = provider = fields.text()
    disk = fields.Part(lambda: Disk)


class JobDocker(Value):
    """The container image that a job ran in."""

    checksum = fields.text()


class Logs(fields.DictView):
    """A job's logs.

    `[]` and `items()` return the file of a log, without a request; None if there is no such log, or its URL
    is not that of a file. `get()`, `values()` and `dict()` of it return the platform's URLs unchanged.
    """

    def __getitem__(self, name: str) -> File | None:
        id = file_id_in(super().get(name))
        return None if id is None else File.of({"id": id}, self._api)

    def items(self) -> ItemsView[str, Any]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Names and files."""
        return ItemsView(self)


class Job(Value):
    """A job of a task: one command that ran."""

    name = fields.text()
    start_time = end_time = fields.time()
    status = command_line = fields.text()
    retried = fields.switch()
    instance = fields.Part(lambda: Instance)
    docker = fields.Part(lambda: JobDocker)
    logs = fields.View(Logs, read_only=True)

    def __repr__(self) -> str:
        return f"<Job: name={self.field('name')}, status={self.field('status')}>"


class ExecutionDetails(Resource, key="href"):
    """Execution details of a task."""

    href = status = message = fields.text()
    start_time = end_time = fields.time()
    jobs = fields.Parts(lambda: Job)

    def __repr__(self) -> str:
        return f"<ExecutionDetails: status={self.field('status')}, jobs={len(self.jobs or ())}>"
