"""The manifests of a folder."""

from __future__ import annotations

import os
from pathlib import Path

from omicsdk.core.errors import UsageError


def manifests_in(directory: str | os.PathLike[str], output: str | os.PathLike[str]) -> list[Path]:
    """The manifests of a folder, in the order of their names.

    Args:
        directory: The folder; hidden files in it are none.
        output: What is going to be written, which isn't one of them.

    Raises:
        UsageError: There is no such folder, or no manifest in it.
    """
    folder, target = Path(directory), Path(output).absolute()
    try:
        found = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}", remedy="Give the folder of the manifests.") from error
    manifests = [path for path in found if path.absolute() != target]
    if not manifests:
        raise UsageError(f"There is no manifest in {folder}", remedy="Give the folder of the manifests.")
    return manifests
