"""Pangea's commands beside its operations."""

from __future__ import annotations

from omicsdk.cli.workflows.pangea.files import OF_FILES
from omicsdk.cli.workflows.pangea.ncbi import OF_NCBI
from omicsdk.cli.workflows.pangea.tags import OF_TAGS
from omicsdk.cli.workflows.pangea.things import OF_ACCOUNTS, OF_THINGS
from omicsdk.cli.workflows.words import exemplified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

_COMMANDS: list[Command] = [*OF_ACCOUNTS, *OF_THINGS, *OF_FILES, *OF_TAGS, *OF_NCBI]

_EXAMPLES = {
    "version": ("",),
    "list orgs": ("",),
    "list groups": ("'My organization'",),
    "list projects": ("'My organization'",),
    "list buckets": ("'My organization'",),
    "tag list groups": ("soil",),
    "ncbi list bioproject": ("PRJNA000001 --outfile runs.tsv",),
}

COMMANDS = exemplified("pangea", _COMMANDS, _EXAMPLES)
