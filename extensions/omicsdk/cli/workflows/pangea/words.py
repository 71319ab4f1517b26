"""What the commands of Pangea have in common: how they are described, and arguments that many take."""

from __future__ import annotations

from omicsdk.cli.workflows.words import DOWNLOADS as DOWNLOADS
from omicsdk.cli.workflows.words import DRY_RUN as DRY_RUN
from omicsdk.cli.workflows.words import LIMIT as LIMIT
from omicsdk.cli.workflows.words import TRANSFERS, examples
from omicsdk.cli.workflows.words import choice as choice
from omicsdk.cli.workflows.words import command as command
from omicsdk.cli.workflows.words import flag as flag
from omicsdk.cli.workflows.words import option as option
from omicsdk.cli.workflows.words import word as word
from omicsdk.cli.workflows.words import words as words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument


def with_examples(text: str, *lines: str) -> str:
    """A description that ends with examples.

    Args:
        text: What comes before; may be empty.
        lines: The examples, without the program's name.
    """
    return examples("pangea", text, *lines)


def short(spelling: str, argument: Argument) -> Argument:
    """An argument with a short spelling.

    Args:
        spelling: The spelling, such as -r.
        argument: The argument.
    """
    return {**argument, "short": spelling}


ORG = word("org_name", "Name of the organization.")
GROUP = word("grp_name", "Name of the sample group.")
LIBRARY = word("library_name", "Name of the library, the sample group that owns the samples.")
NAMES = words("sample_names", "Names of samples.", required=False)
MANIFEST = option("sample_manifest", "File with further names of samples, one a line; - is stdin.")
OUTFILE: Argument = {
    **short(
        "-o",
        option(
            "outfile",
            "File to write into what is printed otherwise; with --output or --query that is printed besides, as data.",
            "-",
        ),
    ),
    "convert": "omicsdk.cli.commands.output_files:file_or_stdout",
}
TAG_NAMES = words("tag_names", "Names of tags.")
UUIDS = words("uuids", "What is deleted, by UUID.")
MOVING = TRANSFERS
