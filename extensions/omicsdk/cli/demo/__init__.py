"""`omics demo`: the whole product at work on a small real data set, against a server that it starts itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.console import Console


def run(arguments: Mapping[str, Any], console: Console) -> None:
    """Run the demo and tell it on stdout; the last line begins with "verified".

    Args:
        arguments: `keep`, the folder where everything stays (by default a temporary one, removed at the end), and
            `large_mib`, the size of the file whose download is killed, in MiB: a multiple of 16, at least 64.
        console: Not needed: the story is the result.

    Raises:
        MissingExtra: The sandbox isn't installed.
        UsageError: The size isn't one, or the folder isn't empty, or isn't one.
        DemoFailed: Something wasn't as it should be.
    """
    from omicsdk.cli.demo.walk import walk
    from omicsdk.core.errors import MissingExtra, UsageError

    del console
    keep, large_mib = arguments["keep"], int(arguments["large_mib"])
    if large_mib < 64 or large_mib % 16:
        raise UsageError(f"--large-mib is {large_mib}", remedy="Give a multiple of 16, 64 or more.")
    folder = Path(keep).absolute() if keep else None
    if folder is not None and folder.exists() and not folder.is_dir():
        raise UsageError(f"--keep: {keep} is a file", remedy="Name a new folder.")
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise UsageError(f"--keep: {keep} isn't empty", remedy="Name a new folder.")
    try:
        from omicsdk.sandbox import Sandbox
    except ModuleNotFoundError as error:
        raise MissingExtra("sandbox", "the demo", module=error.name) from None
    walk(Sandbox, sys.stdout, folder, large_mib << 20)
