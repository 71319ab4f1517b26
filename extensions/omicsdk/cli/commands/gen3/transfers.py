"""Files of a commons: downloads, uploads, and files of workspaces."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack
from urllib.parse import urlsplit

from omicsdk.cli.commands.ga4gh import resolved_rows
from omicsdk.cli.commands.transfers import count_of, finish, foreseen, planned, print_failures, rows_of, transfer_data
from omicsdk.cli.commands.values import check_unused
from omicsdk.cli.listing import Rows
from omicsdk.core.archives import bytes_of
from omicsdk.core.batches import named_error
from omicsdk.core.errors import NotFound, OmicsError, UsageError
from omicsdk.core.items import page_break
from omicsdk.drs.identifiers import parse_drs_id
from omicsdk.drs.planning import RequestedObject, find, requested_objects
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.downloads import listed_objects, own_prefix, permissions_for
from omicsdk.gen3.packages import unpack_download
from omicsdk.gen3.uploads import UploadResult
from omicsdk.gen3.workspaces import PAGE_LIMIT, WorkspaceListing, WorkspaceObject, parse_workspace_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from omicsdk.cli.output import Call, Console, TextAndData
    from omicsdk.drs import DrsFile
    from omicsdk.gen3.manifests import Fault
    from omicsdk.transfer import SelectionOptionsDict, TransferOptionsDict, TransferReport


def download(
    client: Gen3,
    ids: Sequence[str] | str = (),
    *,
    manifest: Sequence[str] | str = (),
    download_dir: str = ".",
    layout: Literal["name", "id"] = "name",
    prefer: Sequence[str] = (),
    unpack_packages: bool = False,
    delete_unpacked_packages: bool = False,
    max_unpacked: str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    console: Console,
    **options: Unpack[SelectionOptionsDict],
) -> TransferReport:
    """Download files by their GUIDs, DRS URIs or a manifest.

    Files are fetched in parallel, also from several commons, and verified against every checksum in their record or the
    manifest. Complete files are not fetched again; run the command again to resume. A file that fails does not stop the others.

    Args:
        ids: GUIDs or DRS URIs (drs://HOST/ID or drs://PREFIX:ID).
        manifest: Manifests: JSON lists of drs-pull, or tables (.tsv, .csv) with a column of GUIDs.
        download_dir: Folder for the files; created if missing.
        layout: Store files by name, or each in a folder named after its GUID, for duplicate names.
        prefer: Storage to try first if a file has several copies: s3, gs, aws, a region.
        unpack_packages: Unpack zip archives into the folder that they are in; no file is replaced.
        delete_unpacked_packages: Delete archives after unpacking them.
        max_unpacked: Most bytes that an archive may unpack to, with K, M, G or T; by default a hundred times its size,
            at least 1G.
        workers: Use N worker processes of this machine.
        scheduler: Address of a Dask scheduler whose workers to use. They must have the folder under the same path.
        console: Prints messages.
        **options: See `omicsdk.transfer.TransferOptions`.
    """
    if not unpack_packages:
        # Not max_unpacked, whose default may be a setting.
        check_unused("without --unpack-packages", delete_unpacked_packages=delete_unpacked_packages)
    manifests = [manifest] if isinstance(manifest, str) else manifest
    requested = [
        *requested_objects(ids),
        *(object_ for path in manifests for object_ in _manifest_objects(path, console)),
    ]
    if manifests and not requested:
        raise UsageError(f"{', '.join(manifests)}: no file is named", remedy="Use a manifest that has rows.")
    if not requested:
        raise UsageError("no file is named", remedy="Use GUIDs, DRS URIs or --manifest FILE.")
    report = client.download(
        requested, download_dir, layout=layout, prefer=prefer, workers=workers, scheduler=scheduler, **options
    )
    for outcome in report.outcomes if unpack_packages and not options.get("dry_run") else ():
        if outcome.is_present:
            path = Path(download_dir, outcome.name)
            _unpack(path, console, delete=delete_unpacked_packages, max_unpacked=max_unpacked)
    return report


def _manifest_objects(path: str, console: Console) -> Iterable[RequestedObject]:
    """The objects of a manifest; faults are printed, and the others taken."""

    def on_fault(fault: Fault) -> None:
        (console.warning if fault.warns else console.some_failed)(f"{path}: {fault}")

    # As a whole, so that all faults are printed before the first request.
    return list(listed_objects(path, on_fault))


def _unpack(path: Path, console: Console, *, delete: bool, max_unpacked: str | None) -> None:
    try:
        unpacked = unpack_download(path, delete=delete, max_unpacked=max_unpacked)
    except OmicsError as error:
        console.some_failed(str(error))
        return
    if unpacked is not None:
        console.message(f"{path}: {count_of(len(unpacked), 'file')} unpacked")


# Objects of a manifest that are looked up before they are listed.
_LISTED_AT_ONCE = 1000


def pull_ls(
    client: Gen3, infile: str, *, access: bool = False, object: bool = False, console: Console
) -> Rows | list[dict[str, Any]]:
    """List the files that a manifest names, or your permissions for them.

    Args:
        infile: Manifest: a JSON list of objects with object_id, or a table with a column of GUIDs.
        access: List permissions in the commons that have the files.
        object: INFILE is the identifier of an object.
        console: Prints messages.
    """
    requested = iter([RequestedObject(parse_drs_id(infile))] if object else _manifest_objects(infile, console))
    if access:
        errors: list[OmicsError] = []
        with client.servers() as servers:
            permissions = permissions_for(
                client, list(requested), servers, lambda host, error: errors.append(named_error(error, host))
            )
        print_failures(errors, console, len(errors) + len({row["host"] for row in permissions}))
        return permissions

    def files() -> Iterator[DrsFile]:
        with client.servers() as servers:
            # Only identifiers and names: find() does not request what a manifest states, and the list shows what the
            # commons has.
            while some := [RequestedObject(item.identifier, item.name) for item in islice(requested, _LISTED_AT_ONCE)]:
                yield from find(some, servers)
                page_break()

    return Rows.of(resolved_rows(files(), console))


def upload(
    client: Gen3,
    paths: Sequence[str],
    *,
    authz: Sequence[str] = (),
    bucket: str = "",
    subfolders: bool = False,
    part_size: str = "8M",
    manifest_out: str | None = None,
    wait: float = 60,
    no_resume: bool = False,
    console: Console,
    **options: Unpack[TransferOptionsDict],
) -> UploadResult:
    """Upload files and folders; each file gets a GUID.

    Run the same command again to resume: nothing is sent twice, and no file gets a second GUID. A file is skipped when
    the commons has a record of the same name, size and checksum with the same `authz`; without `authz`, one that you
    uploaded.

    Args:
        paths: Files, and folders with everything in them.
        authz: Resources that control who may read the files, such as /programs/P/projects/Q.
        bucket: The bucket; by default that of the commons.
        subfolders: Name files by their paths within a folder, not by their names alone.
        part_size: Size of the parts of large files, from 5M; with K, M or G.
        manifest_out: File (.tsv) for the GUIDs, sizes and checksums of the files.
        wait: Seconds to wait for the commons to fill in the records' sizes and checksums.
        no_resume: Send all files again, including those that were already uploaded.
        console: Prints messages.
        **options: See `omicsdk.transfer.TransferOptions`.
    """
    part = bytes_of("--part-size", part_size)
    if not options.get("dry_run"):
        own_prefix(client)  # a commons that does not respond fails here, not after the retries of each file
    result = client.upload(
        paths,
        authz=authz,
        bucket=bucket,
        subfolders=subfolders,
        part_size=part,
        wait=wait,
        resume=not no_resume,
        **options,
    )
    if manifest_out is not None and not options.get("dry_run"):
        result.write_manifest(manifest_out)
        console.message(f"GUIDs written to {manifest_out}")
    return result


def uploaded(result: UploadResult, call: Call) -> dict[str, Any] | TextAndData:
    """Render an upload: counts, and the result for each file."""
    if call.arguments.get("dry_run"):
        rows = [
            {
                "path": str(file.path),
                "name": file.name,
                "size": file.size,
                "target": f"gen3://{urlsplit(call.base_url).netloc}/GUID",  # the commons assigns it
                "checksum": "md5",
                "source": str(file.path),
            }
            for file in result.transferred
        ]
        size = sum(file.size or 0 for file in result.transferred)
        return planned({"counts": {"planned": len(rows)}, "bytes_to_send": size, "files": rows}, size, "send")
    errors = [named_error(file.error, file.name) for file in result.transferred if file.error is not None]
    finish(result, call, errors, where=call.base_url)
    counts = Counter(file.state for file in result.transferred)
    if waiting := counts["uploaded"]:
        call.console.warning(
            f"the commons has not filled in the sizes and checksums of {waiting} of {len(result.transferred)} files yet"
        )
    files = [
        {
            "guid": file.guid,
            "path": str(file.path),
            "file_name": file.name,
            "size": file.size,
            "md5": file.checksums.get("md5"),
            "state": file.state,
        }
        for file in result.transferred
    ]
    return {"counts": dict(counts), "verification": result.verification, "files": files}


def workspace_files(result: WorkspaceListing, call: Call) -> list[Any]:
    """Render the files below a key of a workspace, folders first."""
    if len(result.folders) + len(result.objects) >= PAGE_LIMIT:
        call.console.some_failed(f"listed the first {PAGE_LIMIT}; there may be more. List a folder in it")
    return [*({"WorkspaceKey": folder} for folder in result.folders), *result.objects]


def workspace_copied(result: TransferReport, call: Call) -> dict[str, str] | TextAndData:
    """Render a copy of a workspace's file."""
    finish(result, call, is_counted=True)
    if call.arguments.get("dry_run"):
        return foreseen(result)
    if not result.ok:
        return transfer_data(result, rows_of(result))
    source, target = call.arguments["source"], call.arguments["target"]
    call.console.message(f"copied {source} to {target}")
    return {"copied": source, "to": target}


def workspace_get(client: Gen3, url: str) -> WorkspaceObject:
    """Show a file of a workspace.

    Args:
        url: The file, ws:///WORKSPACE/KEY.
    """
    key = parse_workspace_url(url)[1]
    for object_ in client.workspace_ls(url).objects:
        if object_.get("WorkspaceKey") == key:
            return object_
    raise NotFound(f"{url} not found", remedy="Run `omics gen3 wss ls` to list files.")


def workspace_download_url(client: Gen3, path: str) -> str:
    """Print a presigned URL to download a file of a workspace.

    Anyone who has it can download the file until it expires.

    Args:
        path: The file, ws:///WORKSPACE/KEY.
    """
    return client.workspace_url(path, "download")


def workspace_upload_url(client: Gen3, path: str) -> str:
    """Print a presigned URL to upload a file of a workspace with PUT.

    Anyone who has it can replace the file until it expires.

    Args:
        path: The file, ws:///WORKSPACE/KEY.
    """
    return client.workspace_url(path, "upload")
