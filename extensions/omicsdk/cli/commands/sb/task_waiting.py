"""Waits until tasks are over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.sb.rows import TASK, row
from omicsdk.cli.errors import REFUSED
from omicsdk.core.errors import UsageError
from omicsdk.sb.errors import NO_CODE, BadRequest, NotFound, SbgError
from omicsdk.sb.models.enums import TaskStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.console import Console
    from omicsdk.sb.api import Api
    from omicsdk.sb.models.task import Task, TaskBulkRecord

SHOWN = 5
"""Ids that an error names."""


def waited(api: Api, ids: list[str], arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """Waits until tasks are over; tells on the way what becomes of them.

    The process ends with 1 when none completed, with 3 when some didn't.

    Args:
        api: The platform.
        ids: Their ids.
        arguments: Those of the command.
        console: Where that is told.

    Returns:
        The tasks as rows.

    Raises:
        UsageError: One is a draft, which is never over.
        SbgError: One isn't there, or they aren't over in time.
    """
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
        drafts = [task for task in going if task.status == TaskStatus.DRAFT]
        if drafts:
            raise UsageError(
                f"{_ids(drafts)} only {'is a draft' if len(drafts) == 1 else 'are drafts'}, which is never over",
                remedy="Run it: omics sb tasks run.",
            )
        if not going:
            return _over(tasks, console)
        if limit is not None and api.clock.monotonic() - begun + period > limit:
            raise SbgError(
                f"{len(going)} of {len(tasks)} tasks aren't over after {limit:g} s: {_ids(going)}",
                NO_CODE,
                NO_CODE,
                remedy="They go on. Wait again: omics sb tasks wait. Or stop them: omics sb tasks abort.",
            )
        try:
            api.clock.sleep(period)
        except KeyboardInterrupt:
            console.message(f"They go on: {_ids(going)}. Wait again: omics sb tasks wait")
            raise


def _ids(tasks: list[Task]) -> str:
    """Ids of tasks, the first of them where there are many."""
    told = ", ".join(str(task.id) for task in tasks[:SHOWN])
    return told if len(tasks) <= SHOWN else f"{told} and {len(tasks) - SHOWN} more"


def _got(record: TaskBulkRecord, id: str) -> Task:
    if record.resource is None:
        error = record.error.as_exception()
        error.message = f"Task {id}: {error.message}"
        if isinstance(error, NotFound | BadRequest):
            error.remedy = "Look at how the id is written: omics sb tasks ls."
        raise error
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
