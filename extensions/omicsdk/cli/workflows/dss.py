"""The Data Store's commands that are not in the index yet."""

from __future__ import annotations

from omicsdk.cli.workflows.login import login_commands
from omicsdk.cli.workflows.words import exemplified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

_COMMANDS: list[Command] = [
    *login_commands("dss"),
]

COMMANDS = exemplified("dss", _COMMANDS, {"login": ("", "--remote"), "logout": ("",)})
