"""Pangea's commands beside its operations."""

from __future__ import annotations

from omicsdk.cli.workflows.pangea_files import OF_FILES
from omicsdk.cli.workflows.pangea_ncbi import OF_NCBI
from omicsdk.cli.workflows.pangea_tags import OF_TAGS
from omicsdk.cli.workflows.pangea_things import OF_ACCOUNTS, OF_THINGS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

COMMANDS: list[Command] = [*OF_ACCOUNTS, *OF_THINGS, *OF_FILES, *OF_TAGS, *OF_NCBI]
