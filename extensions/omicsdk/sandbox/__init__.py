"""A real local server for every service: what users try, teach and test with.

`Sandbox` is the server as an object, `serve` runs one until the process is stopped, `Rule` is a fault that it
shows. All are loaded when they are first used.
"""

from omicsdk.core.lazy import lazy_package

lazy_package(
    __name__,
    {
        "s3.staging": "STAGING_BUCKET",
        "server": "Sandbox serve",
        "state.folder": "FolderInUse running_url",
        "state.snapshots": "load_snapshot",
        "traffic.faults": "Rule",
    },
)
