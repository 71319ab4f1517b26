"""What descriptions of handwritten commands have in common, whatever the service."""

from __future__ import annotations

from omicsdk.cli.options import FETCH, LIMITS, QUIET, REPORT
from omicsdk.cli.options import SHARED as SHARED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.shapes import Argument, Command, Kind

_HOME = "omicsdk.cli.commands"


def examples(service: str, text: str, *lines: str) -> str:
    """A description that ends with examples.

    Args:
        service: The service's word.
        text: What comes before; may be empty.
        lines: The examples, without the program's name and the service's word.
    """
    before = [text, ""] if text else []
    return "\n".join([*before, "Examples:", "", *(f"    omics {service} {line}" for line in lines)])


def exemplified(service: str, commands: list[Command], table: Mapping[str, tuple[str, ...]]) -> list[Command]:
    """Commands with the examples that a table has for them.

    Args:
        service: The service's word; empty for commands of none.
        commands: The commands.
        table: Examples by the command's words: what follows them.
    """
    before = f"omics {service}".strip()
    return [
        {**each, "examples": [f"{before} {each['command']} {rest}".rstrip() for rest in table[each["command"]]]}
        if each["command"] in table
        else each
        for each in commands
    ]


def flag(name: str, text: str, short: str | None = None) -> Argument:
    """An option without a value.

    Args:
        name: Its name.
        text: What it means.
        short: Its short spelling.
    """
    made: Argument = {"name": name, "type": "boolean", "flag": True, "default": False, "help": text}
    return {**made, "short": short} if short is not None else made


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


def output_file(name: str, text: str, default: str | None = None, *, stdout: str | None = None) -> Argument:
    """An option that names a file that is written.

    Args:
        name: Its name.
        text: What is written.
        default: The file when it isn't given; None for none, or one that the command names.
        stdout: Suffix of what `-`, which is stdout, gets; None where the file needs a name, so that `-` is refused.
    """
    if stdout is None:
        return {**option(name, text, default), "convert": f"{_HOME}.output_files:file_to_write"}
    made = option(name, f"{text} - is stdout.", default)
    return {**made, "convert": f"{_HOME}.output_files:file_or_stdout", "stdout": stdout}


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


def command(words: str, run: str, summary: str, *parameters: Argument, description: str = "") -> Command:
    """One command.

    Args:
        words: Its words after the service's.
        run: `module:function` below omicsdk.cli.commands.
        summary: One line.
        parameters: Its arguments.
        description: More than that.
    """
    return {
        "command": words,
        "summary": summary,
        "description": description,
        "run": f"{_HOME}.{run}",
        "parameters": list(parameters),
    }


DRY_RUN = flag("dry_run", "Only print what would be done; nothing is done.")
LIMIT: Argument = {
    "name": "limit",
    "type": "integer",
    "convert": "omicsdk.cli.commands.numbers:at_least_1",
    "default": None,
    "help": "How many to give, at most; all when omitted. It ends with 3 where there are more.",
}
TRANSFERS = [QUIET, *LIMITS, REPORT]
DOWNLOADS = [QUIET, *FETCH, REPORT]
