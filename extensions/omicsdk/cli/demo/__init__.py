"""`omics demo`: a demonstration with a small real data set, against its own temporary server."""

from __future__ import annotations

import sys
from pathlib import Path


def demo(*, keep: str | None = None, large_mib: int = 256) -> None:
    """Demonstrate transfers on a temporary sandbox.

    Starts a sandbox on a free port, uploads a small real data set as bundles, searches, downloads in both layouts,
    kills a download halfway and resumes it, and compares every checksum. The last line begins with "verified". The
    server and all files are removed at the end. Requires the extra `sandbox`.

    Args:
        keep: New folder in which to keep all files; by default, they are removed.
        large_mib: Size of the file whose download is killed, in MiB; a multiple of 16, 32 or more.

    Raises:
        MissingExtra: The sandbox is not installed.
        UsageError: The size is invalid, or the folder is not empty, or is a file.
        DemoFailed: A step failed.
    """
    from omicsdk.cli.demo.walk import walk
    from omicsdk.core.errors import MissingExtra, UsageError

    if large_mib < 32 or large_mib % 16:
        raise UsageError(f"--large-mib is {large_mib}", remedy="Use a multiple of 16, 32 or more.")
    folder = Path(keep).absolute() if keep else None
    if folder is not None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        problem = "is not empty" if folder.is_dir() else "is a file"
        raise UsageError(f"--keep: {keep} {problem}", remedy="Name a new folder.")
    try:
        from omicsdk.sandbox import Sandbox
    except ModuleNotFoundError as error:
        raise MissingExtra("sandbox", "the demo", module=error.name) from None
    walk(Sandbox, sys.stdout, folder, large_mib << 20)
