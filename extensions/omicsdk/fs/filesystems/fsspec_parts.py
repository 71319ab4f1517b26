"""What is used of fsspec, which comes with an extra."""

from __future__ import annotations

from omicsdk.core.errors import MissingExtra

try:
    from fsspec.caching import BaseCache, Fetcher, register_cache
    from fsspec.callbacks import DEFAULT_CALLBACK, Callback
    from fsspec.dircache import DirCache
    from fsspec.spec import AbstractBufferedFile, AbstractFileSystem
    from fsspec.utils import isfilelike, stringify_path
except ModuleNotFoundError as error:
    raise MissingExtra("fsspec", "file systems by URIs", module=error.name) from None

__all__ = [
    "DEFAULT_CALLBACK",
    "AbstractBufferedFile",
    "AbstractFileSystem",
    "BaseCache",
    "Callback",
    "DirCache",
    "Fetcher",
    "isfilelike",
    "register_cache",
    "stringify_path",
]
