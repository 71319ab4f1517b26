"""Data locks: a file of sources that users edit, and one with exactly the files that they resolve to. And the cache of
files by content that projects share.

    import omicsdk

    report = omicsdk.Lock.load("project").pull()

docs/locks.md specifies the format.
"""

from omicsdk.core.lazy import lazy_package

lazy_package(
    __name__,
    {
        "cache": "Cache CacheEntry CacheProblem",
        "lock": "FileState Lock",
        "lockfile": "Change LockedFile LockError",
        "resolution": "LockChanges",
        "sources": "LockSource add",
    },
)
