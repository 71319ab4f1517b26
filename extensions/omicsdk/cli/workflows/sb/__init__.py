"""Seven Bridges' commands beside its operations."""

from __future__ import annotations

from omicsdk.cli.workflows.sb.apps import OF_APPS
from omicsdk.cli.workflows.sb.files import OF_FILES
from omicsdk.cli.workflows.sb.manifest import OF_MANIFEST
from omicsdk.cli.workflows.sb.projects import OF_PROJECTS
from omicsdk.cli.workflows.sb.storage import OF_STORAGE
from omicsdk.cli.workflows.sb.tasks import OF_TASKS
from omicsdk.cli.workflows.words import exemplified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

_COMMANDS: list[Command] = [*OF_FILES, *OF_TASKS, *OF_PROJECTS, *OF_APPS, *OF_STORAGE, *OF_MANIFEST]

_EXAMPLES = {
    "projects ls": (
        "",
        "--owner me --tag pilot",
    ),
}

COMMANDS = exemplified("sb", _COMMANDS, _EXAMPLES)
