"""File cache of objects fetched by name; user and server are part of each file's name."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from time import time
from typing import Any, BinaryIO, Protocol

from omicsdk.core.errors import ConfigError
from omicsdk.core.files import PRIVATE, in_place_of, read_private
from omicsdk.core.files import cache_folder as user_caches
from omicsdk.core.logs import logger
from omicsdk.core.redaction import mask_json

FOLDER_VARIABLE = "PANGEA_API_CACHE_DIR"
"""Environment variable: the folder that the cache's own folder is in; by default the platform's folder for caches."""
SWITCH_VARIABLE = "USE_PANGEA_CACHE"
"""Environment variable: with "false" in it, in any case, nothing is kept and nothing kept is used."""
CACHED_BLOB_TIME = 10_800
"""Seconds for which what is kept is used, by default."""

_log = logger("omicsdk.pangea")


class Cached(Protocol):
    """Object that can be cached: it has a cache key."""

    def pre_hash(self) -> str:
        """Return its cache key among the objects of the same server and user."""
        ...


def hash_obj(obj: Cached | str) -> str:
    """Return the unique key of a text, or of an object with its server and user, as 64 hexadecimal digits."""
    knex = getattr(obj, "knex", None)
    scope = "" if knex is None else f"{knex.cache_scope}\n"
    return sha256(f"{scope}{obj if isinstance(obj, str) else obj.pre_hash()}".encode()).hexdigest()


def time_since_file_cached(blob_filepath: str | os.PathLike[str]) -> int:
    """Return the age of a cache file in whole seconds, 0 if there is none; also in the published client."""
    try:
        return int(time() - Path(blob_filepath).stat().st_mtime)
    except FileNotFoundError:
        return 0


def cache_folder() -> Path:
    """Return the folder of the cache."""
    if folder := os.environ.get(FOLDER_VARIABLE):
        # v1 has the published client's files, whose names don't depend on the server and user.
        return Path(folder) / ".pangea_api_cache" / "v2"
    return user_caches() / "pangea"


class FileSystemCache:
    """Cache of blobs in private files for `timeout` seconds. Read and write failures are ignored.

    Nothing with a secret in it is kept: no token, no presigned URL.
    """

    def __init__(self, timeout: float = CACHED_BLOB_TIME) -> None:
        self.timeout = timeout

    @property
    def no_cache(self) -> bool:
        """Whether USE_PANGEA_CACHE disables the cache."""
        return "false" in os.environ.get(SWITCH_VARIABLE, "").lower()

    def get_cached_blob_filepath(self, obj: Cached | str) -> tuple[str, bool]:
        """Return the path of a cached blob, and whether it exists."""
        path = cache_folder() / f"pangea_api_cache__{hash_obj(obj)}.json"
        return str(path), path.is_file()

    def get_cached_blob(self, obj: Cached | str) -> Any:
        """Return a cached blob; None if there is none, it is too old, or something was written to the server since."""
        if self.no_cache:
            return None
        with _tolerated("a cached blob isn't used"):
            path = Path(self.get_cached_blob_filepath(obj)[0])
            if path.is_file() and self._is_stale(path, obj):
                path.unlink(missing_ok=True)
            text = read_private(path)
            return None if text is None else json.loads(text)
        return None

    def cache_blob(self, obj: Cached | str, blob: object) -> None:
        """Cache a blob in place of an earlier one; none if there is a secret in it."""
        if self.no_cache:
            return
        with _tolerated("a blob isn't cached"):
            text = json.dumps(blob)
            content = json.loads(text)  # whose keys are texts
            if mask_json(content) != content:
                self.clear_blob(obj)
                return
            path = Path(self.get_cached_blob_filepath(obj)[0])
            with _replacing(path) as file:
                file.write(text.encode())

    def clear_blob(self, obj: Cached | str) -> None:
        """Remove a blob from the cache."""
        with _tolerated("a cached blob stays"):
            Path(self.get_cached_blob_filepath(obj)[0]).unlink(missing_ok=True)

    def outdate(self, scope: str) -> None:
        """Invalidate all cached blobs of one server and user: a Knex's `cache_scope`."""
        # Without a folder, too: another process may be about to cache what it has fetched before.
        with _tolerated("cached blobs stay"), _replacing(_marker(scope)):
            pass

    def last_write(self, scope: str) -> tuple[int, int] | None:
        """Return what identifies the last `outdate` of one server and user by any process; None if there was none."""
        with _tolerated("the last write isn't known"):
            marker = _marker(scope)
            if marker.is_file():
                state = marker.stat()
                # A clock of a file system is too coarse to tell two writes apart.
                return state.st_ino, state.st_mtime_ns
        return None

    def _is_stale(self, path: Path, obj: Cached | str) -> bool:
        modified_ns = path.stat().st_mtime_ns
        if abs(time() - modified_ns / 1e9) > self.timeout:  # a time to come is one of a clock that was set back
            return True
        knex = getattr(obj, "knex", None)
        marker = None if knex is None else _marker(knex.cache_scope)
        # Clocks of file systems are coarse: with equal times it is unknown which was first.
        return marker is not None and marker.is_file() and modified_ns <= marker.stat().st_mtime_ns


@contextmanager
def _tolerated(what: str) -> Generator[None]:
    """Log a failure of the cache, and continue without it."""
    try:
        yield
    except (ConfigError, OSError, TypeError, ValueError) as error:
        _log.debug("%s: %s", what, error)


@contextmanager
def _replacing(path: Path) -> Generator[BinaryIO]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with in_place_of(path, mode=PRIVATE, durable=False) as file:
        yield file


def _marker(scope: str) -> Path:
    return cache_folder() / f"pangea_api_cache__{sha256(scope.encode()).hexdigest()}.written"
