"""What the commands of Seven Bridges have in common: how they are described, and arguments that many take."""

from __future__ import annotations

from omicsdk.cli.workflows.words import DRY_RUN as DRY_RUN
from omicsdk.cli.workflows.words import FETCH as FETCH
from omicsdk.cli.workflows.words import LIMIT as LIMIT
from omicsdk.cli.workflows.words import LIMITS as LIMITS
from omicsdk.cli.workflows.words import QUIET as QUIET
from omicsdk.cli.workflows.words import examples
from omicsdk.cli.workflows.words import flag as flag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument


def with_examples(text: str, *lines: str) -> str:
    """A description that ends with examples.

    Args:
        text: What comes before; may be empty.
        lines: The examples, without the program's name.
    """
    return examples("sb", text, *lines)


PATHS = "sb://owner/project/folder/file, or the ids of files"
APP = "owner/project/app, with /revision behind it where a certain one is meant"
PROJECT = "owner/project or sb://owner/project"
FILES: Argument = {
    "name": "paths",
    "type": "array",
    "items": "string",
    "positional": True,
    "required": True,
    "help": f"Files and folders: {PATHS}.",
}
TIMEOUT: Argument = {
    "name": "timeout_seconds",
    "type": "number",
    "convert": "omicsdk.cli.commands.numbers:above_0",
    "default": 3600,
    "help": "Seconds to wait for the platform, which works on many files and on folders by itself.",
}
RECURSIVE = flag("recursive", "Take folders, with all that is in them.", "-r")
OF_PROJECT: Argument = {
    "name": "project",
    "type": "string",
    "default": None,
    "help": f"Those of a project: {PROJECT}.",
}


def waiting(what: str) -> list[Argument]:
    """How long something is waited for.

    Args:
        what: What is waited for.
    """
    return [
        {
            "name": "period",
            "type": "number",
            "convert": "omicsdk.cli.commands.numbers:at_least_1",
            "default": 10,
            "help": f"Seconds between two looks at the {what}, 1 or more.",
        },
        {
            "name": "timeout_seconds",
            "type": "number",
            "convert": "omicsdk.cli.commands.numbers:above_0",
            "default": None,
            "help": "Seconds to wait at most; as long as it takes when omitted.",
        },
    ]
