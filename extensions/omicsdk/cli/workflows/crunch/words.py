"""What descriptions of django-crunch's commands have in common."""

from __future__ import annotations

from omicsdk.cli.workflows.words import command as command
from omicsdk.cli.workflows.words import examples, flag
from omicsdk.cli.workflows.words import option as option
from omicsdk.cli.workflows.words import word as word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument

STORAGE: Argument = option(
    "storage_settings",
    "Where the files are: a TOML or JSON file with the settings of the site's storage. When omitted: CRUNCH_STORAGE_SETTINGS.",
)


def with_examples(text: str, *lines: str) -> str:
    """A description that ends with examples.

    Args:
        text: What comes before; may be empty.
        lines: The examples, without the program's name.
    """
    return examples("crunch", text, *lines)


def switch(name: str, text: str, *, default: bool) -> list[Argument]:
    """Two options for one thing: `--name`, and `--no-name`, which wins.

    Args:
        name: Its name.
        text: What it means.
        default: What holds when neither is given.
    """
    on, off = flag(name, text), flag(f"no_{name}", f"Don't: the opposite of --{name}.")
    return [{**on, "default": True, "help": f"{text} This is the default."}, off] if default else [on, off]
