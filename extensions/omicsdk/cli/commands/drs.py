"""What the commands of DRS objects do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from omicsdk.cli.commands.transfers import ended, finish, foreseen
from omicsdk.drs import Drs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from omicsdk.cli.console import Console
    from omicsdk.cli.output import Call
    from omicsdk.drs import DrsFile
    from omicsdk.transfer import Control, Progress, TransferReport


def ls(client: Drs, uri: str, *, console: Console) -> list[dict[str, Any]]:
    """List the files of a bundle, at any depth; of another object itself.

    Args:
        uri: The bundle: drs://HOST/ID, a compact identifier (drs://PREFIX:ID), or with --base-url an identifier alone.
        console: Where messages go.
    """
    return [file.to_dict() for file in found(list(client.ls(uri)), console)]


def found(files: Sequence[DrsFile], console: Console) -> list[DrsFile]:
    """Print which files were not found, and return the others.

    Args:
        files: The files.
        console: Where messages go.

    Raises:
        OmicsError: The only one was not found.
    """
    if len(files) == 1 and files[0].error is not None:
        raise files[0].error
    for file in files:
        if file.error is not None:
            console.some_failed(f"{file.wanted.identifier.text}: {file.error}")
    return [file for file in files if file.error is None]


def download(
    client: Drs,
    uris: Sequence[str],
    *,
    download_dir: str = ".",
    layout: Literal["name", "id"] = "name",
    prefer: Sequence[str] = (),
    dry_run: bool = False,
    progress: Callable[[Progress], None] | None = None,
    control: Control | None = None,
) -> TransferReport:
    """Download objects; bundles become folders.

    Each file is verified by its size and all checksums that its server states. Complete files are not fetched again; run the
    command again to resume. A file that fails does not stop the others.

    Args:
        uris: Objects: drs://HOST/ID, compact identifiers (drs://PREFIX:ID), or with --base-url identifiers alone.
        download_dir: Folder for the files; it is created.
        layout: Put files under their names, or each into a folder named by its identifier, for names that occur twice.
        prefer: Types, clouds or regions of storage that are tried first, such as gs.
        dry_run: Only print what would be fetched; nothing is written.
        progress: Called with the progress.
        control: Limits and ends the transfer.
    """
    return client.download(
        uris, download_dir, layout=layout, preferred=prefer, progress=progress, control=control, dry_run=dry_run
    )


def downloaded(result: TransferReport, call: Call) -> dict[str, Any]:
    """Render a download: counts, and the result for each file."""
    given = call.arguments
    folder = next((given[name] for name in ("download_dir", "output_dir", "path") if name in given), ".")
    finish(result, call, where=folder)
    if given.get("dry_run"):
        return foreseen(result)
    files = [
        {"id": each.label or each.name, "path": str(Path(folder, each.name)), "size": each.size, **ended(each)}
        for each in result.outcomes
    ]
    return {"counts": result.counts, "verification": result.verification, "files": files}
