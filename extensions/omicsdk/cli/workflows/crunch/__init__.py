"""The commands of `omics crunch` beside its operations, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.crunch.adding import OF_ADDING
from omicsdk.cli.workflows.crunch.running import OF_RUNNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

COMMANDS: list[Command] = [*OF_RUNNING, *OF_ADDING]
