"""A real local server for every service: what users try, teach and test with.

`Sandbox` is the server as an object, `serve` runs one until the process is stopped, `Rule` is a fault that it
shows. All are loaded when they are first used.
"""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.sandbox.s3.staging import STAGING_BUCKET as STAGING_BUCKET
    from omicsdk.sandbox.server import Sandbox as Sandbox
    from omicsdk.sandbox.server import serve as serve
    from omicsdk.sandbox.state.folder import FolderInUse as FolderInUse
    from omicsdk.sandbox.state.folder import running_url as running_url
    from omicsdk.sandbox.state.snapshots import load_snapshot as load_snapshot
    from omicsdk.sandbox.traffic.faults import Rule as Rule
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "s3.staging": "STAGING_BUCKET",
            "server": "Sandbox serve",
            "state.folder": "FolderInUse running_url",
            "state.snapshots": "load_snapshot",
            "traffic.faults": "Rule",
        },
    )
