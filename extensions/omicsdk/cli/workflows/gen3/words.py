"""What the commands of Gen3 commons have in common: how they are described, and arguments that many take."""

from __future__ import annotations

from omicsdk.cli.workflows.words import DOWNLOADS as DOWNLOADS
from omicsdk.cli.workflows.words import DRY_RUN as DRY_RUN
from omicsdk.cli.workflows.words import LIMIT as LIMIT
from omicsdk.cli.workflows.words import SHARED as SHARED
from omicsdk.cli.workflows.words import TRANSFERS as TRANSFERS
from omicsdk.cli.workflows.words import choice as choice
from omicsdk.cli.workflows.words import command as command
from omicsdk.cli.workflows.words import examples
from omicsdk.cli.workflows.words import flag as flag
from omicsdk.cli.workflows.words import option as option
from omicsdk.cli.workflows.words import output_file as output_file
from omicsdk.cli.workflows.words import several as several
from omicsdk.cli.workflows.words import spelled as spelled
from omicsdk.cli.workflows.words import word as word
from omicsdk.cli.workflows.words import words as words


def with_examples(text: str, *lines: str) -> str:
    """A description that ends with examples.

    Args:
        text: What comes before; may be empty.
        lines: The examples, without the program's name.
    """
    return examples("gen3", text, *lines)


PROGRAM = word("program", "Name of the program.")
