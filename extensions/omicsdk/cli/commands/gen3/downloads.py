"""What `omics gen3 download` does: everything that is named comes in one transfer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.transfer_reports import ended, named_errors, told, watched
from omicsdk.cli.commands.transfers import foreseen
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.drs.identifiers import parse_drs_id
from omicsdk.drs.planning import Layout, Wanted
from omicsdk.gen3.manifests import Row, rows_of
from omicsdk.gen3.packages import unpack_download
from omicsdk.gen3.sources import endpoint_of

if TYPE_CHECKING:
    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.gen3.manifests import Fault
    from omicsdk.transfer import Control, Progress, TransferReport

_VERIFIED = ("md5", "sha1", "sha256")


def download(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 download`: counts, and what became of each file."""
    manifests: list[str] = arguments.get("manifest") or []
    ids: list[str] = arguments.get("ids") or []
    wanted = [Wanted(parse_drs_id(each)) for each in ids]
    for path in manifests:
        wanted += wanted_in(path, console)
    if manifests and not wanted:
        raise UsageError(f"{', '.join(manifests)}: no file is named", remedy="Give a manifest that has rows.")
    if not wanted:
        raise UsageError("nothing says what to download", remedy="Give GUIDs, DRS URIs or --manifest FILE.")
    return moved_down(
        access,
        wanted,
        Path(arguments.get("download_dir") or "."),
        arguments,
        console,
        unpacks=bool(arguments.get("unpack_packages")),
    )


def download_single(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 file download-single`: the same of one file."""
    wanted = [Wanted(parse_drs_id(arguments["object_id"]))]
    return moved_down(access, wanted, Path(arguments["path"]), arguments, console)


def wanted_in(path: str, console: Console) -> list[Wanted]:
    """What a manifest names; entries that can't be read are told, and the others taken.

    Args:
        path: The manifest.
        console: Where those are told.

    Raises:
        ManifestError: It isn't one.
    """

    def wrong(fault: Fault) -> None:
        if fault.warns:
            console.warning(f"{path}: {fault}")
        else:
            console.some_failed(f"{path}: {fault}")

    return list(_wanted(path, rows_of(path, on_fault=wrong), console))


def _wanted(path: str, rows: Iterator[Row], console: Console) -> Iterator[Wanted]:
    for row in rows:
        try:
            name = row.guid
            if row.commons_url and not name.startswith("drs://"):
                name = f"drs://{endpoint_of(row.commons_url).partition('://')[2]}/{name}"
            identifier = parse_drs_id(name)
        except OmicsError as error:
            console.some_failed(f"{path}: line {row.line}: {error}")
            continue
        sums = {kind: value for kind, value in row.checksums.items() if kind in _VERIFIED}
        yield Wanted(identifier, row.file_name, row.size, sums)


def moved_down(
    access: Access,
    wanted: Sequence[Wanted],
    folder: Path,
    arguments: Mapping[str, Any],
    console: Console,
    *,
    unpacks: bool = False,
) -> dict[str, Any]:
    """Fetches files in one transfer.

    Args:
        access: One's own commons.
        wanted: The files.
        folder: Where to.
        arguments: Those of the command.
        console: Where progress and failures are told.
        unpacks: Whether zip archives are unpacked.

    Returns:
        Counts, and what became of each file.

    Raises:
        OmicsError: Nothing arrived, or it ended before its end.
    """
    layout: Layout = arguments.get("layout") or "name"
    dry_run = bool(arguments.get("dry_run"))

    def work(progress: Callable[[Progress], None] | None, control: Control) -> TransferReport:
        return access.commons.download(
            wanted,
            folder,
            layout=layout,
            preferred=arguments.get("prefer") or (),
            progress=progress,
            control=control,
            dry_run=dry_run,
            workers=arguments.get("workers"),
            scheduler=arguments.get("scheduler"),
        )

    title = f"downloading to {folder}"
    report = watched(work, arguments, console, title)
    told(report, named_errors(report.failed), arguments, console, title)
    if dry_run:
        return foreseen(report)
    files = [
        {
            "id": outcome.label or outcome.name,
            "path": str(folder / outcome.name),
            "size": outcome.size,
            **ended(outcome),
        }
        for outcome in report.outcomes
    ]
    if unpacks:
        for file in files:
            if file["state"] in ("done", "skipped"):
                _unpack(Path(str(file["path"])), console, deletes=bool(arguments.get("delete_unpacked_packages")))
    return {"counts": report.counts, "verification": report.verification, "files": files}


def _unpack(path: Path, console: Console, *, deletes: bool) -> None:
    try:
        found = unpack_download(path, delete=deletes)
    except OmicsError as error:
        console.some_failed(str(error))
        return
    if found is not None:
        console.message(f"{path}: {len(found)} files unpacked")
