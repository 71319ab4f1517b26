"""What `omics sb files cat` does: bytes of files on stdout, in order, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.output import Output
from omicsdk.core.errors import UsageError
from omicsdk.sb.places import Places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.console import Console
    from omicsdk.sb.api import Api


def cat(api: Api, arguments: Mapping[str, Any], console: Console) -> None:
    """`omics sb files cat`: all files are looked for before the first byte is written."""
    del console
    places = Places(api)
    entries = [places.entry(text) for text in arguments["paths"]]
    for entry in entries:
        if entry.file.is_folder():
            raise UsageError(f"{entry.name} is a folder", remedy="Name files. Folders: omics sb files download.")
    output = Output()
    for entry in entries:
        output.chunks(entry.file.stream())
