"""What `omics gen3 upload` does: everything that is named goes in one transfer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.transfer_reports import told, watched
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.gen3.downloads import own_prefix
from omicsdk.gen3.uploads import UploadedFile, UploadResult, files_of

if TYPE_CHECKING:
    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.transfer import Control, Progress

_SIZE = re.compile(r"(\d+(?:\.\d+)?)([kmg]?)(?:i?b)?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def seconds(number: float) -> float:
    """Takes a number of seconds, from 0.

    Args:
        number: What was typed.

    Raises:
        UsageError: It is below 0.
    """
    if number < 0:
        raise UsageError(f"{number:g} is below 0", remedy="Give seconds from 0; with 0 nothing is waited for.")
    return number


def upload(access: Access, arguments: Mapping[str, Any], console: Console) -> Any:
    """`omics gen3 upload`: counts, and what became of each file."""
    paths: list[str] = arguments["paths"]
    part_size = _bytes(arguments["part_size"])
    manifest = arguments.get("manifest_out")
    if arguments.get("dry_run"):
        return _planned(paths)

    own_prefix(access.commons)  # a commons that doesn't answer is told at once, not after all tries of each file

    def work(progress: Callable[[Progress], None] | None, control: Control) -> UploadResult:
        return access.commons.upload(
            paths,
            authz=arguments.get("authz") or (),
            bucket=arguments.get("bucket") or "",
            subfolders=bool(arguments.get("subfolders")),
            part_size=part_size,
            patience=arguments["wait"],
            progress=progress,
            control=control,
        )

    title = f"uploading to {access.endpoint}"
    result = watched(work, arguments, console, title)
    if manifest is not None:
        result.write_manifest(manifest)
        console.message(f"the GUIDs stand in {manifest}")
    told(result.report, [_named(file, file.error) for file in result.files if file.error], arguments, console, title)
    waiting = sum(file.state == "uploaded" for file in result.files)
    if waiting:
        console.warning(
            f"the commons hasn't filled in the sizes and checksums of {waiting} of {len(result.files)} files yet"
        )
    counts: dict[str, int] = {}
    for file in result.files:
        counts[file.state] = counts.get(file.state, 0) + 1
    return {
        "counts": counts,
        "verification": result.report.verification,
        "files": [_row(file) for file in result.files],
    }


def _row(file: UploadedFile) -> dict[str, Any]:
    return {
        "guid": file.guid,
        "path": str(file.path),
        "file_name": file.name,
        "size": file.size,
        "md5": file.checksums.get("md5"),
        "state": file.state,
    }


def _named(file: UploadedFile, error: OmicsError) -> OmicsError:
    if file.name not in str(error):
        error.message = f"{file.path}: {error.message}"
    return error


def _planned(paths: list[str]) -> dict[str, Any]:
    """What would be sent; nothing is asked of the commons."""
    files: list[dict[str, Any]] = [{"path": str(path), "size": path.stat().st_size} for path, _ in files_of(paths)]
    return {
        "counts": {"planned": len(files)},
        "bytes_to_send": sum(file["size"] for file in files),
        "files": files,
    }


def _bytes(text: str) -> int:
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise UsageError(f"--part-size {text}: that is no number of bytes", remedy="Give one such as 16M.")
    return int(float(match[1]) * _FACTORS[match[2].lower()])
