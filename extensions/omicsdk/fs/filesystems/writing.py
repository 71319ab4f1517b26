"""How files of a store are written by fsspec: put, made, removed, copied."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from omicsdk.fs.entry import Entry
from omicsdk.fs.errors import IsFolder, NotAFolder, NotEmpty, PathError, PathNotFound
from omicsdk.fs.filesystems.fsspec_parts import DEFAULT_CALLBACK, Callback
from omicsdk.fs.filesystems.reading import ReadingFileSystem, tell
from omicsdk.fs.store import Put, PutOptions


class WritingFileSystem(ReadingFileSystem):
    """How a store is written; arguments as `OmicsFileSystem`'s."""

    def put_whole(self, source: str, path: str, *, overwrite: bool = True, callback: Callback | None = None) -> None:
        """Puts a file of this machine.

        Args:
            source: The file.
            path: Where it shall be.
            overwrite: Whether what is there is replaced; else that is an error.
            callback: Is told of the bytes.
        """
        self._put([Put(source, path)], overwrite, callback)

    def _put(self, puts: Sequence[Put], overwrite: bool, callback: Callback | None = None) -> None:
        if not puts:
            return
        options = PutOptions(overwrite=overwrite, progress=callback and partial(tell, callback))
        try:
            self.store.put(puts, options).raise_if_failed()
        finally:
            for put in puts:
                self._forget(put.path)

    def put_file(
        self, lpath: str, rpath: str, callback: Callback = DEFAULT_CALLBACK, mode: str = "overwrite", **kwargs: Any
    ) -> None:
        """Puts a file, verified; of a folder an empty one is made.

        Args:
            lpath: A file of this machine.
            rpath: Where it shall be.
            callback: Is told of the bytes.
            mode: "overwrite", or "create" where nothing may be there.
            **kwargs: Nothing.
        """
        path = self._strip_protocol(rpath)
        if mode == "create" and self.exists(path):
            raise FileExistsError(f"{self.store.uri(path)} is there already")
        if Path(lpath).is_dir():
            self.makedirs(path, exist_ok=True)
        elif (batch := self._batched("put")) is not None:
            batch.append(Put(str(lpath), path))
        else:
            self.put_whole(str(lpath), path, overwrite=mode != "create", callback=callback)

    def put(
        self,
        lpath: Any,
        rpath: Any,
        recursive: bool = False,
        callback: Callback = DEFAULT_CALLBACK,
        maxdepth: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Puts files, side by side, each verified; see fsspec's for what goes where."""
        with self._together("put") as batch:
            super().put(lpath, rpath, recursive, callback, maxdepth, **kwargs)
        self._put(batch, kwargs.get("mode") != "create")

    def touch(self, path: str, truncate: bool = True, **kwargs: Any) -> None:
        """Makes an empty file.

        Args:
            path: The file.
            truncate: Whether one that is there is replaced; else that can't be done.
            **kwargs: Nothing.
        """
        if not truncate and self.exists(path):
            raise NotImplementedError(f"{self.unstrip_protocol(path)}: no platform changes the time of a file")
        with self.open(path, "wb"):
            pass

    def mkdir(self, path: str, create_parents: bool = True, **kwargs: Any) -> None:
        """Makes a folder, and those above it."""
        path = self._strip_protocol(path)
        self.store.make_folder(path)
        self._forget(path)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """Makes a folder, and those above it.

        Args:
            path: The folder.
            exist_ok: Whether it may be there already.
        """
        path = self._strip_protocol(path)
        if not self.exists(path):
            self.mkdir(path)
        elif not exist_ok:
            raise FileExistsError(f"{self.store.uri(path)} is there already")

    def rmdir(self, path: str) -> None:
        """Removes an empty folder."""
        path = self._strip_protocol(path)
        entry = self.store.look(path)
        if not entry.is_folder:
            raise NotAFolder(self.store.uri(path), "is a file")
        self._remove(entry)

    def rm(self, path: Any, recursive: bool = False, maxdepth: int | None = None) -> None:
        """Removes files and folders.

        Args:
            path: A file, a pattern, or a list of them.
            recursive: Whether folders go with all that is in them; else only empty ones do.
            maxdepth: Down to how many levels, None for all.
        """
        for each in reversed(self.expand_path(path, recursive=recursive, maxdepth=maxdepth)):
            try:
                self.rm_file(each)
            except PathNotFound:  # some platforms have no folders but those of their files
                if not recursive:
                    raise

    def rm_file(self, path: str) -> None:
        """Removes a file, or an empty folder."""
        self._remove(self.store.look(self._strip_protocol(path)))

    def _remove(self, entry: Entry) -> None:
        try:
            self.store.remove(entry)
        finally:
            self._forget(entry.path)

    def mv(self, path1: Any, path2: Any, recursive: bool = False, maxdepth: int | None = None, **kwargs: Any) -> None:
        """Moves files and folders: copies all, then removes what was copied, and nothing else.

        Args:
            path1: A file, a pattern, or a list of them.
            path2: Where to; see fsspec's `copy` for what goes where.
            recursive: Whether folders go with all that is in them.
            maxdepth: Down to how many levels, None for all.
            **kwargs: Nothing.

        Raises:
            PathError: Something would be moved onto or into itself; nothing was removed.
            IsFolder: It is a folder, and `recursive` isn't asked for.
        """
        with self._together("moved") as moved:
            self.copy(path1, path2, recursive=recursive, maxdepth=maxdepth, on_error="raise")
        if not moved:
            raise IsFolder(self.unstrip_protocol(path1), "is a folder", remedy="Give recursive=True.")
        for path in reversed(moved):
            try:
                self.rm_file(path)
            except PathNotFound:  # some platforms have no folders but those of their files
                if not recursive:
                    raise
            except NotEmpty:
                if maxdepth is None:
                    raise

    def _moves(self, path: str, target: str, moved: list[str]) -> None:
        if target == path or target.startswith(f"{path}/"):
            raise PathError(self.store.uri(path), f"can't be moved to {self.store.uri(target)}, which is in itself")
        moved.append(path)

    def cp_file(self, path1: str, path2: str, **kwargs: Any) -> None:
        """Copies a file: within the platform where it can, else by way of this machine.

        Args:
            path1: The file.
            path2: Where the copy shall be.
            **kwargs: Nothing.
        """
        entry, path = self._entry(self._strip_protocol(path1)), self._strip_protocol(path2)
        if (moved := self._batched("moved")) is not None:
            self._moves(entry.path, path, moved)
        if entry.is_folder:
            self.makedirs(path, exist_ok=True)
            return
        try:
            if self.store.copy(entry, path):
                return
        finally:
            self._forget(path)
        with tempfile.TemporaryDirectory(prefix="omics-") as folder:
            local = str(Path(folder, path.rpartition("/")[2]))
            self._fetch([(entry, local)])
            self.put_whole(local, path)
