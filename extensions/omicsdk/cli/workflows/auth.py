"""The authorisation service's commands beside its operations."""

from __future__ import annotations

from omicsdk.cli.workflows.login import login_commands

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

COMMANDS: list[Command] = [*login_commands("auth")]
