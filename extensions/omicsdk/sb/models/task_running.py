"""Starting and stopping a task, and waiting for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from omicsdk.core.omit import OMIT
from omicsdk.sb.meta.resource import Resource, given, identifier
from omicsdk.sb.meta.waiting import PERIOD, NeverEnds, wait_until
from omicsdk.sb.models.enums import TaskStatus

if TYPE_CHECKING:
    from omicsdk.core.request import Request


class RunningTask(Resource):
    """What has to do with a task's running."""

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

    def wait(
        self,
        period: float = PERIOD,
        callback: Callable[..., Any] | None = None,
        *args: Any,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> Any:
        """Waits until it has ended: is completed, failed or aborted.

        Args:
            period: Seconds between two looks, above 0.
            callback: Called in the end.
            *args: Its arguments.
            timeout: Seconds after which waiting ends, though the task goes on; None for never.
            **kwargs: The callback's keyword arguments.

        Returns:
            What the callback gives; None without one.

        Raises:
            NeverEnds: It is a draft, which doesn't begin by itself.
            StillRunning: It hasn't ended in time; a TimeoutError.
            SbgError: The platform answered with an error.
        """
        wait_until(
            self._is_over,
            lambda: f"Task {self.field('id')} is {self.field('status')}",
            self.api.clock,
            period,
            timeout,
        )
        return None if callback is None else callback(*args, **kwargs)

    def _request(self) -> Request | None:
        id, api = self.field("id"), self.api_or_none
        return None if not id or api is None else api.client.get_task.build(task_id=id)

    def _has_ended(self) -> bool:
        """Whether it has; asks the platform unless that is known. What was edited stays edited."""
        if self.field("status") not in TaskStatus.terminal_states:
            self._take_over(self.api.call_object(self.api.client.get_task.build(task_id=identifier(self))))
        return self.field("status") in TaskStatus.terminal_states

    def _is_over(self) -> bool:
        """Whether it has ended.

        Raises:
            NeverEnds: It is a draft.
        """
        if self._has_ended():
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
