"""A real local server for every service: what users try, teach and test with.

`Sandbox` is the server as an object, `serve` runs one until the process is told to stop, `Rule` is a fault that it
shall show. All are loaded when they are first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omicsdk.sandbox.s3.staging import STAGING_BUCKET
    from omicsdk.sandbox.server import Sandbox, serve
    from omicsdk.sandbox.state.folder import FolderInUse, running_url
    from omicsdk.sandbox.state.snapshots import load_snapshot
    from omicsdk.sandbox.traffic.faults import Rule

__all__ = ["STAGING_BUCKET", "FolderInUse", "Rule", "Sandbox", "load_snapshot", "running_url", "serve"]

_HOMES = {
    "STAGING_BUCKET": "s3.staging",
    "FolderInUse": "state.folder",
    "Rule": "traffic.faults",
    "Sandbox": "server",
    "load_snapshot": "state.snapshots",
    "running_url": "state.folder",
    "serve": "server",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
