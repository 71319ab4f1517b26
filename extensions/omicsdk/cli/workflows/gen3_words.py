"""What the commands of Gen3 commons have in common: how they are described, and arguments that many take."""

from __future__ import annotations

from omicsdk.cli.options import REPORT, TRANSFER
from omicsdk.cli.workflows.words import DRY_RUN as DRY_RUN
from omicsdk.cli.workflows.words import LIMIT as LIMIT
from omicsdk.cli.workflows.words import QUIET as QUIET
from omicsdk.cli.workflows.words import examples
from omicsdk.cli.workflows.words import flag as flag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command, Kind

HOME = "omicsdk.cli.commands"


def with_examples(text: str, *lines: str) -> str:
    """A description that ends with examples.

    Args:
        text: What comes before; may be empty.
        lines: The examples, without the program's name.
    """
    return examples("gen3", text, *lines)


def word(name: str, text: str, *, required: bool = True, default: str | None = None) -> Argument:
    """One word without a dash.

    Args:
        name: Its name.
        text: What it means.
        required: Whether the command needs it.
        default: What holds when it isn't given.
    """
    made: Argument = {"name": name, "type": "string", "positional": True, "help": text}
    return {**made, "required": True} if required else {**made, "default": default}


def words(name: str, text: str, *, required: bool = True) -> Argument:
    """Several words without a dash.

    Args:
        name: Their name.
        text: What they mean.
        required: Whether the command needs one at least.
    """
    made: Argument = {"name": name, "type": "array", "items": "string", "positional": True, "help": text}
    return {**made, "required": True} if required else {**made, "default": None}


def option(name: str, text: str, default: str | int | float | None = None, kind: Kind = "string") -> Argument:
    """An option with a value.

    Args:
        name: Its name; with underscores the documented spelling is taken, too.
        text: What it means.
        default: What holds when it isn't given.
        kind: What its value is.
    """
    return {"name": name, "type": kind, "default": default, "help": text}


def several(name: str, text: str) -> Argument:
    """An option with one or more values.

    Args:
        name: Its name.
        text: What they mean.
    """
    return {"name": name, "type": "array", "items": "string", "default": None, "help": text}


def spelled(argument: Argument) -> Argument:
    """An option that is documented with underscores, which is taken so as well."""
    return {**argument, "also": [f"--{argument['name']}"]}


def choice(name: str, text: str, choices: list[str], default: str | None = None) -> Argument:
    """An option with one of several values.

    Args:
        name: Its name.
        text: What it means.
        choices: Its values.
        default: What holds when it isn't given.
    """
    return {"name": name, "type": "string", "choices": list(choices), "default": default, "help": text}


LIMITS = [argument for argument in TRANSFER if argument["name"] != "dry_run"]
PROGRAM = word("program", "Name of the program.")
TRANSFERS = [QUIET, *LIMITS, REPORT]


def command(words: str, run: str, summary: str, *parameters: Argument, description: str = "") -> Command:
    """One command.

    Args:
        words: Its words after `omics gen3`.
        run: `module:function` below omicsdk.cli.commands.
        summary: One line.
        parameters: Its arguments.
        description: More than that.
    """
    return {
        "command": words,
        "summary": summary,
        "description": description,
        "run": f"{HOME}.{run}",
        "parameters": list(parameters),
    }
