"""django-crunch's commands beside its operations."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

COMMANDS: list[Command] = []
