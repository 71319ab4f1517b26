"""Gen3's commands beside its operations."""

from __future__ import annotations

from omicsdk.cli.workflows.gen3_auth import OF_AUTH, OF_WHO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

COMMANDS: list[Command] = [*OF_AUTH, *OF_WHO]
