"""A real local server for every service: what users try, teach and test with.

`Sandbox` is the server as an object, `serve` runs one until the process is told to stop, `Rule` is a fault that it
shall show. All are loaded when they are first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omicsdk.sandbox.faults import Rule
    from omicsdk.sandbox.folder import FolderInUse, running_url
    from omicsdk.sandbox.server import Sandbox, serve
    from omicsdk.sandbox.snapshots import load_snapshot
    from omicsdk.sandbox.staging import STAGING_BUCKET

__all__ = ["STAGING_BUCKET", "FolderInUse", "Rule", "Sandbox", "load_snapshot", "running_url", "serve"]

_HOMES = {
    "STAGING_BUCKET": "staging",
    "FolderInUse": "folder",
    "Rule": "faults",
    "Sandbox": "server",
    "load_snapshot": "snapshots",
    "running_url": "folder",
    "serve": "server",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
