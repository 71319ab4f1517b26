"""Where a run runs: what is sent with each status, so that the site's users can distinguish workers."""

from __future__ import annotations

import getpass
import os
import platform
import shutil
import socket
import subprocess
import uuid
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

from omicsdk.core.logs import logger
from omicsdk.core.version import __version__

_log = logger("omicsdk.crunch")

# The revision of a folder on a machine without Git.
UNKNOWN = "Unknown"


def version() -> str:
    """The version of omicsdk."""
    return __version__


def git_revision(directory: Path | str | None = None) -> str:
    """Return the Git revision of a folder.

    Args:
        directory: A folder in a repository, such as a workflow's; None is the current one.

    Returns:
        The revision's hash; empty if the folder is in no repository or nothing was committed yet, `Unknown` where Git
        is not installed.
    """
    folder = Path.cwd() if directory is None else Path(directory).absolute()
    if not folder.is_dir():
        return ""
    try:
        completed = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=False
        )
    except OSError:
        return UNKNOWN
    return completed.stdout.strip() if completed.returncode == 0 else ""


def get_diagnostic(diagnostics: MutableMapping[str, Any], key: str, func: Callable[[], Any], default: Any = "") -> Any:
    """Add a fact to a dictionary, or a default if it cannot be determined.

    Args:
        diagnostics: The dictionary.
        key: The fact's name.
        func: Returns it.
        default: The value if that fails for any reason.

    Returns:
        The added value.
    """
    try:
        diagnostics[key] = func()
    except Exception as error:
        _log.debug("no %s: %s", key, error)
        diagnostics[key] = default
    return diagnostics[key]


def get_diagnostics(directory: Path | str | None = None) -> dict[str, Any]:
    """Collect the facts about this machine that each stage reports.

    Args:
        directory: The workflow's folder, whose revision is sent; None is the current one.

    Returns:
        14 facts: texts, empty if unknown; memory (with psutil, extra `crunch`) and disk of the current folder in
        bytes, None if unknown.
    """
    facts: dict[str, Any] = {}
    get_diagnostic(facts, "agent_user", getpass.getuser)
    get_diagnostic(facts, "version", version)
    get_diagnostic(facts, "revision", lambda: git_revision(directory))
    get_diagnostic(facts, "system", platform.system)
    get_diagnostic(facts, "system_release", platform.release)
    get_diagnostic(facts, "system_version", platform.version)
    get_diagnostic(facts, "machine", platform.machine)
    get_diagnostic(facts, "hostname", socket.gethostname)
    get_diagnostic(facts, "ip_address", lambda: socket.gethostbyname(socket.gethostname()))
    get_diagnostic(facts, "mac_address", _mac_address)
    get_diagnostic(facts, "memory_total", lambda: _memory().total, None)
    get_diagnostic(facts, "memory_free", lambda: _memory().available, None)
    get_diagnostic(facts, "disk_total", lambda: shutil.disk_usage(os.curdir).total, None)
    get_diagnostic(facts, "disk_free", lambda: shutil.disk_usage(os.curdir).free, None)
    return facts


def _mac_address() -> str:
    return ":".join(f"{byte:02x}" for byte in uuid.getnode().to_bytes(6, "big"))


def _memory() -> Any:
    import psutil

    return psutil.virtual_memory()
