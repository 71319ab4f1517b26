"""`OmicsFileSystem`: a store as a file system of fsspec, for whatever reads and writes by that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omicsdk.fs.errors import ReadOnly
from omicsdk.fs.filesystems.file_objects import ReadFile, WrittenFile
from omicsdk.fs.filesystems.writing import WritingFileSystem


class OmicsFileSystem(WritingFileSystem):
    """The files of one scheme. A subclass says which; safe to use from several threads, in forks and when pickled.

    Args:
        store: A store that is ready, instead of one that is opened; see `over`.
        block_size: Bytes of a block in the caches of open files; by default 4 MiB. By default files read four blocks ahead at
            most, beginning with little.
        cache_type: The cache of open files, one of fsspec's ("blockcache", "background", "bytes", "none" ...); by default
            "growing", which reads more ahead the longer a reader goes straight on.
        block_cache: A folder that keeps what was read for other reads, programs and days, by the files' versions; files whose
            platform states neither version nor checksum aren't kept. By default nothing is.
        block_cache_bytes: How much it keeps, 10 GiB by default; what was read longest ago goes first.
        use_listings_cache: Whether listings are remembered.
        listings_expiry_time: For how many seconds; by default 30.
        max_paths: How many at most; by default all.
        **options: What the store is opened with; see `omicsdk.fs.open_store`.

    Raises:
        TypeError: The store takes no such option.
    """

    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        autocommit: bool = True,
        cache_options: Mapping[str, Any] | None = None,
        cache_type: str | None = None,
        size: int | None = None,
        version: str = "",
        **kwargs: Any,
    ) -> ReadFile | WrittenFile:
        block_size = block_size if isinstance(block_size, int) else self._block_size
        if mode == "rb":
            return ReadFile(
                self,
                self._file(path),
                block_size=block_size,
                cache_type=cache_type or self._cache_type,
                cache_options=cache_options,
                size=size,
                version=version,
            )
        path = self._strip_protocol(path)
        if not self.store.writable:
            raise ReadOnly(self.store.uri(path), "can't be written")
        if self.store.puts_whole_folders:
            remedy = (
                "Write the folder's files on this machine, then put it whole: fs.put(folder, path, recursive=True)."
            )
            raise ReadOnly(self.store.uri(path), "can't be written file by file", remedy=remedy)
        if mode not in ("wb", "xb"):
            raise NotImplementedError(f"{self.store.uri(path)} can be written whole (wb, xb), not with {mode}")
        if mode == "xb" and self.exists(path):
            raise FileExistsError(f"{self.store.uri(path)} is there already")
        return WrittenFile(self, path, mode, block_size=block_size, autocommit=autocommit)
