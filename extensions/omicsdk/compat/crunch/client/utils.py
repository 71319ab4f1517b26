"""Workflows as files, and checksums of folders."""

from __future__ import annotations

import subprocess
from pathlib import Path

from omicsdk.crunch.dataset_files import md5_table, write_workflow

__all__ = ["conda_frontend", "has_mamba", "md5_checksums", "write_workflow"]


def has_mamba() -> bool:
    """Return whether mamba is on the PATH, and runs."""
    try:
        subprocess.run(["mamba", "--version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def conda_frontend() -> str:
    """Return the program with which Snakemake creates environments: mamba if it runs, else conda."""
    return "mamba" if has_mamba() else "conda"


def md5_checksums(directory: Path | str) -> dict[str, str]:
    """Return the MD5 of every file below a folder, by relative path.

    Args:
        directory: The folder.

    Raises:
        OSError: A file cannot be read.
    """
    return md5_table(Path(directory))
