"""`FsspecTarget`: a place in an fsspec file system to download to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, BinaryIO, Literal, Protocol, cast

from omicsdk.core.errors import UsageError
from omicsdk.core.lazy import require
from omicsdk.core.redaction import mask_text, without_query
from omicsdk.transfer.arguments import whole_number

#: File systems whose objects appear whole or not at all, by fsspec's names; in others a file is put aside and moved.
WHOLE = frozenset(
    {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "adl", "az", "oss", "oci", "r2", "tos", "cos", "obs", "hf", "memory"}
)
GIB = 1024**3


class FileSystem(Protocol):
    """What is used of an fsspec file system."""

    protocol: str | tuple[str, ...]

    def info(self, path: str) -> Mapping[str, Any]: ...
    def put_file(self, lpath: str, rpath: str) -> None: ...
    def open(self, path: str, mode: str) -> AbstractContextManager[BinaryIO]: ...
    def makedirs(self, path: str, exist_ok: bool) -> None: ...
    def mv(self, path1: str, path2: str) -> None: ...
    def rm_file(self, path: str) -> None: ...
    def invalidate_cache(self, path: str | None = None) -> None: ...


class FsspecTarget:
    """A folder or prefix in a file system of fsspec.

    Each file is fetched and verified in a local spool folder first, then put to the store, where its size and what the
    store tells of it (ETag, MD5, CRC32C) are compared; only then it counts as done. What is already there isn't fetched
    again: not when the store tells the same of it as when it was put there, nor when its bytes, read again, have the
    checksums that the platform states.

    Args:
        fs: The file system, a synchronous one; it is used from several threads.
        path: The folder or prefix in it ("bucket/prefix").
        spool: A local folder with room for spool_bytes; by default beside the journal.
        spool_files: How many files are in the spool folder or on their way there, at most; 1 or more.
        spool_bytes: No further file is begun while those in the spool folder have so many bytes together.
        puts: How many files are put at once; 1 or more. Stores over one connection (sftp) need 1.
        verify: "told": what the store tells is compared, and where it tells no checksum, the size alone. "read": each
            file is read back too.
        whole: Whether a file that is put appears whole or not at all, so that no other name is needed until it is; by
            default known by the file system's name (WHOLE).

    Raises:
        ValueError: A number below 1, or another word for verify.
    """

    def __init__(
        self,
        fs: Any,
        path: str,
        *,
        spool: str | os.PathLike[str] | None = None,
        spool_files: int = 256,
        spool_bytes: int = 8 * GIB,
        puts: int = 4,
        verify: Literal["told", "read"] = "told",
        whole: bool | None = None,
    ) -> None:
        if verify not in ("told", "read"):
            raise ValueError(f"verify must be 'told' or 'read', not {verify!r}")
        self.fs = cast("FileSystem", fs)
        self.path = path.rstrip("/")
        self.spool = None if spool is None else os.path.abspath(spool)
        self.spool_files = whole_number("spool_files", spool_files)
        self.spool_bytes = whole_number("spool_bytes", spool_bytes)
        self.puts = whole_number("puts", puts)
        self.verify = verify
        names = self.fs.protocol
        self.protocol = names if isinstance(names, str) else names[0]
        self.whole = self.protocol in WHOLE if whole is None else whole

    @classmethod
    def of(cls, url: str, **options: Any) -> FsspecTarget:
        """Makes one from a URL.

        Args:
            url: As fsspec understands it: "s3://bucket/prefix", "memory://folder".
            **options: For the file system (credentials, endpoint).

        Returns:
            The target, with the defaults of the constructor.

        Raises:
            MissingExtra: fsspec isn't installed.
            UsageError: There is no such file system, or what it needs isn't installed.
        """
        require("fsspec.core", "fsspec", "downloads into other file systems")
        from fsspec.core import url_to_fs

        try:
            fs, path = url_to_fs(url, **options)
        except (ImportError, ValueError) as error:
            raise UsageError(f"{without_query(url)} cannot be used as a target: {mask_text(str(error))}") from error
        return cls(fs, path)

    @classmethod
    def meant_by(cls, place: object) -> FsspecTarget | None:
        """Gives the target that somebody means, None for a local folder.

        Args:
            place: A target, a URL, or the path of a folder.

        Raises:
            MissingExtra: As `of`.
            UsageError: As `of`.
        """
        if isinstance(place, str) and "://" in place:
            return cls.of(place)
        return place if isinstance(place, cls) else None

    def spool_for(self, journal: str | os.PathLike[str]) -> str:
        """Gives the spool folder of a transfer, by its journal."""
        return self.spool or f"{os.path.abspath(journal)}.spool"

    def place(self, name: str) -> str:
        """Gives the path of a file in the file system."""
        return f"{self.path}/{name}" if self.path else name

    def url(self, name: str = "") -> str:
        """Names a file, or the whole target, for people."""
        return f"{self.protocol}://{self.place(name) if name else self.path}"

    def __repr__(self) -> str:
        return f"FsspecTarget({self.url()!r})"  # the file system's own repr may show credentials
