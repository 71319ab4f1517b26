"""Output of the commands for DRS objects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.transfers import ended, finish, foreseen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from omicsdk.cli.output import Call, Console
    from omicsdk.drs import DrsFile
    from omicsdk.transfer import TransferReport


def listed(result: Iterator[DrsFile], call: Call) -> list[dict[str, Any]]:
    """Render a listing of files."""
    return [file.to_dict() for file in found(list(result), call.console)]


def found(files: Sequence[DrsFile], console: Console) -> list[DrsFile]:
    """Report files that were not found, and return the others.

    Args:
        files: The files.
        console: Prints messages.

    Raises:
        OmicsError: The only file was not found.
    """
    if len(files) == 1 and files[0].error is not None:
        raise files[0].error
    for file in files:
        if file.error is not None:
            console.some_failed(f"{file.requested.identifier.text}: {file.error}")
    return [file for file in files if file.error is None]


def downloaded(result: TransferReport, call: Call) -> dict[str, Any]:
    """Render a download: counts, and the result for each file."""
    given = call.arguments
    folder = next((given[name] for name in ("folder", "download_dir", "output_dir", "path") if name in given), ".")
    finish(result, call, where=folder)
    if given.get("dry_run"):
        return foreseen(result)
    files = [
        {"id": each.label or each.name, "path": str(Path(folder, each.name)), "size": each.size, **ended(each)}
        for each in result.outcomes
    ]
    return {"counts": result.counts, "verification": result.verification, "files": files}
