"""The authorisation service's commands beside its operations."""

from __future__ import annotations

from omicsdk.cli.workflows.login import login_commands
from omicsdk.cli.workflows.words import exemplified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

_COMMANDS: list[Command] = [*login_commands("auth")]

_EXAMPLES = {
    "login": (
        "",
        "--remote",
    ),
    "logout": ("",),
}

COMMANDS = exemplified("auth", _COMMANDS, _EXAMPLES)
