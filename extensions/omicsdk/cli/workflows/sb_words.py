"""What the commands of Seven Bridges have in common: how they are described, and arguments that many take."""

from __future__ import annotations

from omicsdk.cli.options import TRANSFER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument


def with_examples(text: str, *lines: str) -> str:
    """A description that ends with examples.

    Args:
        text: What comes before; may be empty.
        lines: The examples, without the program's name.
    """
    before = [text, ""] if text else []
    return "\n".join([*before, "Examples:", "", *(f"    omics sb {line}" for line in lines)])


def flag(name: str, text: str, short: str | None = None) -> Argument:
    """An option that stands alone.

    Args:
        name: Its name.
        text: What it means.
        short: Its short spelling.
    """
    made: Argument = {"name": name, "type": "boolean", "flag": True, "default": False, "help": text}
    return {**made, "short": short} if short is not None else made


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
    "convert": "omicsdk.cli.commands.sb_numbers:above_0",
    "default": 3600,
    "help": "Seconds to wait for the platform, which works on many files and on folders by itself.",
}
LIMIT: Argument = {
    "name": "limit",
    "type": "integer",
    "convert": "omicsdk.cli.commands.sb_numbers:at_least_1",
    "default": None,
    "help": "So many at most; all when omitted.",
}
DRY_RUN = flag("dry_run", "Only tell what would be done; nothing is.")
RECURSIVE = flag("recursive", "Take folders, with all that is in them.", "-r")
QUIET = flag("quiet", "Show no progress.", "-q")
LIMITS = [argument for argument in TRANSFER if argument["name"] != "dry_run"]
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
            "convert": "omicsdk.cli.commands.sb_numbers:at_least_1",
            "default": 10,
            "help": f"Seconds between two looks at the {what}, 1 or more.",
        },
        {
            "name": "timeout_seconds",
            "type": "number",
            "convert": "omicsdk.cli.commands.sb_numbers:above_0",
            "default": None,
            "help": "Seconds to wait at most; as long as it takes when omitted.",
        },
    ]
