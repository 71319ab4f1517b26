"""Step 8: files in one form, and a whole tree in place of another at once."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

LINE_LENGTH = 120
# The generator's own configuration: the same on every machine, whatever project the files are written into.
_RUFF = ("--isolated", "--no-cache", "--quiet", "--config", f"line-length = {LINE_LENGTH}", "--target-version", "py311")
_SORTING = (
    "--select", "I,F401", "--fix",
    "--config", 'lint.isort.known-third-party = ["omicsdk", "httpx", "attrs"]',
)  # fmt: skip


class FormatFailed(Exception):
    """Generated code that isn't Python: a bug of the generator. Its argument is what ruff says."""


def format_tree(root: Path) -> None:
    """Sort imports and format all Python files below a folder.

    Raises:
        FormatFailed: a file isn't Python.
    """
    for command in (["check", *_SORTING], ["format"]):
        run = subprocess.run(
            [sys.executable, "-m", "ruff", command[0], *_RUFF, *command[1:], str(root)],
            capture_output=True,
            text=True,
            check=False,
            env={key: value for key, value in os.environ.items() if not key.startswith("RUFF_")},
        )
        if run.returncode:
            raise FormatFailed((run.stdout + run.stderr).strip())


def write_files(root: Path, files: Mapping[str, str]) -> None:
    """Write texts below a folder, with Unix line ends on every machine.

    Args:
        root: the folder.
        files: texts by path relative to it.

    Raises:
        ValueError: a path leads out of the folder.
    """
    inside = root.resolve()
    for name, text in files.items():
        path = (root / name).resolve()
        if not path.is_relative_to(inside):
            raise ValueError(f"{name} leads out of {root}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def swap_in(files: Mapping[str, str], target: Path) -> None:
    """Put a formatted tree in the place of a folder, at once: a failure leaves the old one as it was.

    Args:
        files: texts by path relative to the folder.
        target: the folder; what is in it goes.

    Raises:
        FormatFailed: a file isn't Python.
        OSError: the folder can't be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as room:
        made, old = Path(room) / "new", Path(room) / "old"
        write_files(made, files)
        format_tree(made)
        if target.exists():
            target.rename(old)
        try:
            made.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise


def tree_of(root: Path) -> dict[str, bytes]:
    """All files below a folder that belong to a generated tree."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def formatted(files: Mapping[str, str]) -> dict[str, bytes]:
    """What `swap_in` would leave in the folder."""
    with tempfile.TemporaryDirectory() as room:
        root = Path(room) / "tree"
        write_files(root, files)
        format_tree(root)
        return tree_of(root)
