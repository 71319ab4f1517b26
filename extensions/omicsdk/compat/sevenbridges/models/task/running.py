"""Starting and stopping a task, and waiting for its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from omicsdk.compat.sevenbridges.enums import TaskStatus
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import given
from omicsdk.compat.sevenbridges.meta.running import Running
from omicsdk.compat.sevenbridges.meta.waiting import NeverEnds
from omicsdk.core.omit import OMIT

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.core.request import Request


class RunningTask(Running):
    """What has to do with a task's running."""

    _ENDED = frozenset(TaskStatus.terminal_states)

    def run(self, batch: bool = True, interruptible: bool | None = None, inplace: bool = True) -> Self:
        """Runs a draft.

        Args:
            batch: False to run it as one task although it would be a batch task.
            interruptible: Whether it may use cheaper instances that can be taken away; None for what the task says.
            inplace: Whether this object takes over what the platform tells; else a new one is given.

        Returns:
            Itself, or the new one.

        Raises:
            SbgError: The platform answered with an error, such as BadRequest for inputs that are missing.
        """
        request = self.api.client.run_task.build(
            task_id=identifier(self),
            batch=OMIT if batch else False,
            use_interruptible_instances=given(interruptible),
        )
        return self._acted(self.api.call_object(request), inplace)

    def abort(self, inplace: bool = True) -> Self:
        """Stops it.

        Args:
            inplace: Whether this object takes over what the platform tells; else a new one is given.

        Returns:
            Itself, or the new one.

        Raises:
            SbgError: The platform answered with an error, such as for a task that doesn't run.
        """
        request = self.api.client.abort_task.build(task_id=identifier(self))
        return self._acted(self.api.call_object(request), inplace)

    @classmethod
    def _asking(cls, id: object, api: HttpClient) -> Request:
        return api.client.get_task.build(task_id=identifier(id))

    def _where(self) -> str:
        return f"Task {self.field('id')} is {self.field('status')}"

    def _is_over(self) -> bool:
        if super()._is_over():
            return True
        if self.field("status") == TaskStatus.DRAFT:
            raise self._is_a_draft()
        return False

    def _is_a_draft(self) -> NeverEnds:
        what, remedy = "a draft", "Run it first: task.run()."
        if self.field("batch"):
            what = "a draft, with all of its children"
        elif self.field("parent"):
            remedy = f"Run the batch task that it belongs to: {self.field('parent')}."
        return NeverEnds(f"Task {self.field('id')} is {what}: it doesn't begin by itself", remedy=remedy)
