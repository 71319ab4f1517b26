"""How files of a store are read by fsspec: opened, in parts, several at once, and fetched."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

from omicsdk.core.checksums import Digests
from omicsdk.core.errors import SourceChanged
from omicsdk.fs.copying.fetching import FetchOptions, fetch, refuse_wrong
from omicsdk.fs.copying.unfinished import Unfinished, is_newer
from omicsdk.fs.entry import Entry
from omicsdk.fs.errors import PathNotFound
from omicsdk.fs.filesystems.fsspec_parts import DEFAULT_CALLBACK, Callback, isfilelike
from omicsdk.fs.filesystems.looking import LookingFileSystem
from omicsdk.fs.reading.block_cache import CachedBytes, Source
from omicsdk.fs.reading.file_bytes import FileBytes
from omicsdk.transfer import Progress
from omicsdk.transfer.workers import Workers

#: Reads that are under way at once when several are asked for.
AT_ONCE = 16
#: Bytes of a file that are written into an open one at a time.
STRIDE = 4 * 1024 * 1024


class ReadingFileSystem(LookingFileSystem):
    """How a store is read; arguments as `OmicsFileSystem`'s."""

    def bytes_for_reader(self, entry: Entry, validators: Mapping[str, str] | None = None) -> FileBytes | CachedBytes:
        """Gives a file's bytes to a reader of its own, who is told when the file changes.

        Args:
            entry: The file.
            validators: What a reader that it takes the place of knew the file by; None where there was none.
        """
        return self._alive().new_bytes_of(entry, validators)

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **kwargs: Any) -> bytes:
        """Reads a file, or a part of it.

        Args:
            path: The file.
            start: The first byte; a negative number counts from the end.
            end: The byte behind the last, likewise.
            **kwargs: Nothing.
        """
        path = self._strip_protocol(path)
        entry = self._entry_to_read(path)
        try:
            return self._read(self._alive().bytes_of(entry), start, end)
        except (SourceChanged, PathNotFound):  # since it was listed or read: this read is a new one
            self._forget(path)
        return self._read(self._alive().bytes_of(self._entry_to_read(path)), start, end)

    @staticmethod
    def _read(source: Source, start: int | None, end: int | None) -> bytes:
        return source.read(start or 0, end)

    def cat_ranges(
        self, paths: Any, starts: Any, ends: Any, max_gap: int | None = None, on_error: str = "return", **kwargs: Any
    ) -> list[Any]:
        """Reads parts of files, side by side.

        Args:
            paths: The files, a list.
            starts: The first byte of each, or of all.
            ends: The byte behind the last of each, or of all.
            max_gap: Not used.
            on_error: "return" gives an exception in the place of what can't be read, "raise" raises it.
            **kwargs: Nothing.
        """
        paths = [self._strip_protocol(path) for path in paths]
        firsts = cast("list[int | None]", starts) if isinstance(starts, list) else [starts] * len(paths)
        lasts = cast("list[int | None]", ends) if isinstance(ends, list) else [ends] * len(paths)
        if not len(firsts) == len(lasts) == len(paths):
            raise ValueError("There must be as many starts and ends as paths")
        parts = list(zip(paths, firsts, lasts, strict=True))
        with Workers(max(1, min(AT_ONCE, len(paths))), "omicsdk-cat") as pool:
            came = self._parts(pool, parts)
            changed = {path for path, data in zip(paths, came, strict=True) if isinstance(data, SourceChanged)}
            if changed:  # all parts of such a file anew, so that none is of another version than the others
                for path in changed:
                    self._forget(path)
                again = iter(self._parts(pool, [part for part in parts if part[0] in changed]))
                came = [next(again) if path in changed else data for path, data in zip(paths, came, strict=True)]
        for data in came:
            if on_error != "return" and isinstance(data, BaseException):
                raise data
        return came

    def _parts(self, pool: Workers, parts: Sequence[tuple[str, int | None, int | None]]) -> list[bytes | BaseException]:
        """Parts of files, or why they can't be read."""

        def source(path: str) -> Source:
            return self._alive().bytes_of(self._entry_to_read(path))

        def part(path: str, first: int | None, last: int | None) -> bytes:
            return self._read(sources[path].result(), first, last)

        # One look, and one reader, for all parts of a file.
        sources = {path: pool.submit(source, path) for path in dict.fromkeys(path for path, *_ in parts)}
        for future in sources.values():
            future.exception()
        futures = [pool.submit(part, *each) for each in parts]
        return [future.exception() or future.result() for future in futures]

    def cat(self, path: Any, recursive: bool = False, on_error: str = "raise", **kwargs: Any) -> Any:
        """Reads whole files, side by side.

        Args:
            path: A file, a pattern, or a list of them.
            recursive: Whether a folder stands for all files below it.
            on_error: "raise"; "omit" leaves out what can't be read, "return" gives its exception.
            **kwargs: Nothing.

        Returns:
            A file's bytes; of several a dictionary by their paths.
        """
        paths: list[str] = self.expand_path(path, recursive=recursive)
        if isinstance(path, str) and paths == [self._strip_protocol(path)]:
            return self.cat_file(paths[0])
        came = self.cat_ranges(paths, None, None, on_error="raise" if on_error == "raise" else "return")
        return {
            path: data
            for path, data in zip(paths, came, strict=True)
            if on_error == "return" or not isinstance(data, Exception)
        }

    def get_file(
        self, rpath: str, lpath: Any, callback: Callback = DEFAULT_CALLBACK, outfile: Any = None, **kwargs: Any
    ) -> None:
        """Fetches a file, verified; it is there under its name when it is whole. What goes into an open file is verified at its end.

        Args:
            rpath: The file. Of a folder an empty one is made.
            lpath: Its path on this machine, or an open file.
            callback: Is told of the bytes.
            outfile: An open file.
            **kwargs: Nothing.
        """
        entry = self._entry(self._strip_protocol(rpath))
        into = lpath if outfile is None and isfilelike(lpath) else outfile
        if into is not None:
            self._write_into(into, entry, callback)
        elif entry.is_folder:
            Path(lpath).mkdir(parents=True, exist_ok=True)
        elif (batch := self._batched("get")) is not None:
            batch.append((entry, str(lpath)))
        else:
            self._fetch([(entry, str(lpath))], callback)

    def _write_into(self, into: Any, entry: Entry, callback: Callback) -> None:
        source, digests = FileBytes(self.store, entry), Digests(entry.checksums, entry.size)
        callback.set_size(source.size)
        for start in range(0, source.size, STRIDE):
            data = source.read(start, start + STRIDE)
            digests.update(data)
            while data:
                taken: int | None = into.write(data)
                data = b"" if taken is None else data[taken:]  # some take a part only, some don't say
            callback.absolute_update(min(start + STRIDE, source.size))
        refuse_wrong(self.store.uri(entry.path), digests, entry)

    def get(
        self,
        rpath: Any,
        lpath: Any,
        recursive: bool = False,
        callback: Callback = DEFAULT_CALLBACK,
        maxdepth: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Fetches files, side by side, each verified; see fsspec's for what goes where."""
        with self._together("get") as batch:
            super().get(rpath, lpath, recursive, callback, maxdepth, **kwargs)
        self._fetch(batch)

    def _fetch(self, wanted: Sequence[tuple[Entry, str]], callback: Callback | None = None) -> None:
        places = [str(Path(path).absolute()) for _, path in wanted]
        if not places:
            return
        folder = os.path.commonpath([str(Path(place).parent) for place in places])
        named = [
            (entry, Path(place).relative_to(folder).as_posix())
            for (entry, _), place in zip(wanted, places, strict=True)
        ]
        with Unfinished(
            "get", [folder, *(f"{self.store.uri(entry.path)}\t{name}" for entry, name in named)]
        ) as journal:
            journal.forget(name for entry, name in named if is_newer(entry, str(Path(folder, name))))
            options = FetchOptions(progress=callback and partial(tell, callback), journal=journal.path)
            report = fetch(named, self.store, folder, options)
            journal.keep = not report.ok
        report.raise_if_failed()

    @contextmanager
    def _together(self, kind: str) -> Generator[list[Any]]:
        """What calls for single files in the block add up to, in this thread."""
        batch: list[Any] = []
        setattr(self._batch, kind, batch)
        try:
            yield batch
        finally:
            delattr(self._batch, kind)

    def _batched(self, kind: str) -> list[Any] | None:
        return getattr(self._batch, kind, None)


def tell(callback: Callback, progress: Progress) -> None:
    """Tells fsspec of a transfer's progress."""
    callback.set_size(progress.bytes)
    callback.absolute_update(progress.bytes_done)
