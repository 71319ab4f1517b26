"""Data locks: a file of sources that users edit, and one with exactly the files that they resolve to. And the cache of
files by content that projects share.

    import omicsdk

    report = omicsdk.Lock.load("project").pull()

docs/locks.md specifies the format.
"""

from __future__ import annotations

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.locks.cache import Cache as Cache
    from omicsdk.locks.cache import CacheEntry as CacheEntry
    from omicsdk.locks.cache import CacheProblem as CacheProblem
    from omicsdk.locks.lock import FileState as FileState
    from omicsdk.locks.lock import Lock as Lock
    from omicsdk.locks.lockfile import Change as Change
    from omicsdk.locks.lockfile import LockedFile as LockedFile
    from omicsdk.locks.lockfile import LockError as LockError
    from omicsdk.locks.resolution import LockChanges as LockChanges
    from omicsdk.locks.sources import LockSource as LockSource
    from omicsdk.locks.sources import add as add
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "cache": "Cache CacheEntry CacheProblem",
            "lock": "FileState Lock",
            "lockfile": "Change LockedFile LockError",
            "resolution": "LockChanges",
            "sources": "LockSource add",
        },
    )
