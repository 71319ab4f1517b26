"""Files of any platform by their URIs: `omicsdk.open`, `omicsdk.ls`, `omicsdk.download`, `omicsdk.upload`."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Generator, Iterator, Mapping
from datetime import datetime
from typing import Any, BinaryIO, Literal, TextIO, Unpack, cast, overload

from omicsdk.core.arguments import stating_keywords
from omicsdk.core.consistency import InconsistentListing
from omicsdk.core.errors import UsageError
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.items import Items
from omicsdk.fs.copying.copies import copy_files
from omicsdk.fs.copying.jobs import check_overlap, check_target, kind_of
from omicsdk.fs.copying.planning import plan_copy, source_to_copy
from omicsdk.fs.errors import WrongOption
from omicsdk.fs.file_bytes import Comparison, FileBytes, stream
from omicsdk.fs.listings import entries
from omicsdk.fs.options import CopyOptions
from omicsdk.fs.store import Store
from omicsdk.fs.uris import Stores, Uri, open_store, options_of, parse_uri
from omicsdk.transfer import SelectionOptionsDict, TransferOptionsDict, TransferReport
from omicsdk.transfer.arguments import path as path_text
from omicsdk.transfer.filters import Filters, FiltersDict
from omicsdk.transfer.ranges import SourceFile

#: Bytes that an open file asks for at least: a request costs about as much time as a megabyte.
READ_SIZE = 1024 * 1024
#: Bytes that are read in order before those that follow are streamed: a reader that seeks would leave a response unread.
STREAMED = 2 * READ_SIZE


def _parsed(name: str, value: object, kinds: str = "one URI or path as text") -> Uri:
    return parse_uri(value if isinstance(value, str) and not value else path_text(name, value, kinds))


@overload
def open(uri: str | os.PathLike[str], mode: Literal["rb"] = "rb", **storage_options: Any) -> BinaryIO: ...
@overload
def open(uri: str | os.PathLike[str], mode: Literal["r", "rt"], **storage_options: Any) -> TextIO: ...
def open(uri: str | os.PathLike[str], mode: str = "rb", **storage_options: Any) -> BinaryIO | TextIO:
    """Open a file of any platform for reading.

    Bytes are fetched as they are read, by ranges, and compared with the checksum that the platform states when the last
    one is read in order (ChecksumMismatch).

    Args:
        uri: The file, such as `sb://owner/project/reads.fastq`, `drs://host/id` or a path.
        mode: `rb` for bytes, `r` for text in UTF-8; `io.TextIOWrapper` of the bytes reads text in other encodings.
        storage_options: Options of the platform's store, such as `profile` or `base_url`; by default what the platform's client
            finds.

    Returns:
        A seekable file; closing it closes the connections.

    Raises:
        UsageError: The mode is not one of reading.
        PathNotFound: The file does not exist.
        IsFolder: The URI names a folder, as any that ends with a slash.
        WrongUri: The text is not a URI, or its scheme is unknown.
    """
    parsed = _parsed("uri", uri)
    if mode not in ("rb", "r", "rt"):
        remedy = "Write a local file and upload it: omicsdk.upload(path, uri)."
        raise UsageError(f"omicsdk.open opens files for reading, not in the mode {mode!r}", remedy=remedy)
    store = open_store(parsed.scheme, **storage_options)
    try:
        file = _OpenFile(store, FileBytes(store, store.entry(parsed)))
    except BaseException:
        store.close()
        raise
    buffered = cast("BinaryIO", io.BufferedReader(file, READ_SIZE))
    return buffered if mode == "rb" else io.TextIOWrapper(buffered, encoding="utf-8")


class _OpenFile(SourceFile):
    """A file of a store that is closed with it; the buffer above it joins small reads.

    Once every byte was read in its order, whatever was read again between, they are compared with what is stated.
    """

    def __init__(self, store: Store, file: FileBytes) -> None:
        entry = file.entry
        super().__init__(file, store.uri(entry.path))
        self._file = file
        self._store = store
        self._comparison = Comparison(entry.checksums, entry.size, self.name)
        self._compared = 0
        self._in_order = 0  # bytes that were fetched since the last seek
        self._end = 0  # where the last read ended
        self._process = os.getpid()
        self._pieces: Generator[bytes] | None = None
        self._left = memoryview(b"")  # of what was fetched

    def _next(self, count: int | None) -> bytes:
        data, end = self._read(count), self._compared
        if self._at <= end < self._at + len(data):
            self._comparison.update(data[end - self._at :])
            self._compared = self._at + len(data)
            if self._compared == self._file.size:
                self._comparison.finish()
        return data

    def _read(self, count: int | None) -> bytes:
        if self._process != os.getpid():  # a fork has copied the stream and its locks, but not its threads
            self._file = self._source = FileBytes(self._store, self._file.entry, validators=self._file.validators)
            self._drop()
        if self._at != self._end or count is None:
            self._drop()
        if count is None:
            data = super()._next(None)
        else:
            if not self._left:
                # At least so many: io.TextIOWrapper passes the buffer by, 8 KiB at a time.
                self._left = memoryview(self._piece(max(count, READ_SIZE)))
                self._in_order += len(self._left)
            data, self._left = bytes(self._left[:count]), self._left[count:]
        self._end = self._at + len(data)
        return data

    def _piece(self, count: int) -> bytes:
        if self._in_order < STREAMED:
            return super()._next(count)
        if self._pieces is None:
            self._pieces = stream(self._file, self._at)
        return next(self._pieces, b"")

    def _drop(self) -> None:
        self._process = os.getpid()
        pieces, self._pieces, self._left, self._in_order = self._pieces, None, memoryview(b""), 0
        if pieces is not None:
            pieces.close()

    def close(self) -> None:
        if not self.closed:
            self._drop()
            self._file.close()
            self._store.close()
        super().close()


class UriEntry(NamedTuple):
    """A file or folder with its URI.

    Attributes:
        name: Its name; with `recursive`, its path below the listed folder.
        size: A file's size in bytes; None if the platform does not state it, and for folders.
        modified: When it changed last, in UTC; None if the platform does not state it, or it is beyond the year 9999.
        uri: Its URI, which `omicsdk.open` and the other functions take; that of a folder ends with a slash.
        kind: Whether it is a file or a folder.
        checksums: The platform's checksums of a file's bytes, from algorithm to value.
        version: What changes whenever the bytes do; empty if there is no such thing.
        details: What else the platform states: ids, media types.
    """

    name: str
    size: int | None
    modified: datetime | None
    uri: str
    kind: Literal["file", "folder"]
    checksums: Mapping[str, str]
    version: str
    details: Mapping[str, Any]


@stating_keywords
def ls(
    uri: str | os.PathLike[str] = ".",
    *,
    recursive: bool = False,
    storage_options: Mapping[str, Any] | None = None,
    **filters: Unpack[FiltersDict],
) -> Items[UriEntry]:
    """List a folder of any platform, or a single file, without reading bytes.

    Args:
        uri: The folder or file, such as `dss://aws/UUID`, `s3://bucket/prefix/` or a path; by default the current folder.
        recursive: Whether all files below the folder are listed, instead of its files and folders.
        storage_options: Options of the platform's store, such as `profile` or `base_url`; see `omicsdk.open`.
        **filters: Which files; see `omicsdk.transfer.Filters`.

    Returns:
        The entries as they arrive; `to_frame()` makes a data frame of them.

    Raises:
        PathNotFound: The file or folder does not exist.
        WrongUri: The text is not a URI, or its scheme is unknown.
        WrongOption: An option of the store is unknown.
        InconsistentListing: After the last entry: the listing contradicts itself, so that entries may be missing.

    Example:
        for entry in omicsdk.ls("sb://sandbox-user/study", recursive=True, include="*.txt"):
            print(entry.uri, entry.size)
    """
    parsed = _parsed("uri", uri)
    stores, patterns = Stores({parsed.scheme: storage_options or {}}), Filters(**cast("dict[str, Any]", filters))

    def rows() -> Iterator[UriEntry]:
        doubts: list[InconsistentListing] = []
        with stores:
            for name, place, entry in entries(stores, parsed, doubts, patterns, recursive=recursive):
                facts = dict(entry.checksums), entry.version, dict(entry.details)
                yield UriEntry(name, entry.size, entry.changed_at, place, entry.kind, *facts)
        if doubts:
            raise doubts[0]

    return Items(rows(), f"ls({str(parsed)!r})", columns=UriEntry._fields)


@stating_keywords
def download(
    uri: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    recursive: bool = True,
    overwrite: bool = True,
    storage_options: Mapping[str, Any] | None = None,
    **options: Unpack[SelectionOptionsDict],
) -> TransferReport:
    """Download a file or a folder of any platform into a folder.

    Files are verified against the checksums that their platform states, and get their names when they are complete. The
    same call resumes a download that was interrupted.

    Args:
        uri: The file or folder, such as `dss://aws/UUID` or `s3://bucket/prefix/`.
        folder: The target folder, created where it is missing. A file keeps its name, a folder its relative paths.
        recursive: Whether a folder is downloaded, with everything below it.
        overwrite: Whether existing files are replaced.
        storage_options: Options of the platform's store, such as `profile` or `base_url`; see `open`.
        **options: See `omicsdk.transfer.TransferOptions`.

    Returns:
        The result for each file; a listing that contradicts itself, also when it is read again, is a failure beside those
        of its files.

    Raises:
        TransferFailed: A file failed; the others are complete.
        WrongOption: An option of the store is passed as a keyword, or unknown.
        PathNotFound: The file or folder does not exist.
        FileAndFolder: Both have the URI. With a slash at its end it names the folder, with `recursive=False` the file.
        IsFolder: It is a folder, and `recursive` is not set.
        UnsafePath: A file's name would leave the folder; nothing was downloaded.
        NameClash: Two files have one name; nothing was downloaded.
        UsageError: The folder would be copied into itself, or a file over another one that is copied.

    Example:
        omicsdk.download("sb://sandbox-user/study/sample/", "sample")
    """
    source = _parsed("uri", uri, "one URI or path as text (omicsdk.get takes several)")
    target = _parsed("folder", folder)
    how = _chosen(options, source.scheme, overwrite=overwrite, selects=True)
    folder_uri = Uri(target.scheme, target.path, is_folder=True)
    return _copied(source, folder_uri, how, {source.scheme: storage_options or {}}, recursive=recursive)


@stating_keywords
def upload(
    path: str | os.PathLike[str],
    uri: str | os.PathLike[str],
    *,
    overwrite: bool = True,
    storage_options: Mapping[str, Any] | None = None,
    **options: Unpack[TransferOptionsDict],
) -> TransferReport:
    """Upload a file or a folder to any platform.

    The same call resumes an upload that was interrupted, where the platform allows it.

    Args:
        path: The file or folder.
        uri: The target: a file's name, or a folder where it ends with a slash or exists.
        overwrite: Whether existing files are replaced.
        storage_options: Options of the platform's store, such as `profile` or `base_url`; see `open`.
        **options: See `omicsdk.transfer.TransferOptions`.

    Returns:
        The result for each file.

    Raises:
        TransferFailed: A file failed; the others are complete.
        WrongOption: An option of the store is passed as a keyword, or unknown.
        PathNotFound: The file or folder does not exist.
        ReadOnly: The platform does not accept files there; nothing was sent.
        UsageError: The folder would be copied into itself, or a file over another one that is copied.

    Example:
        omicsdk.upload("reads", "sb://sandbox-user/study/sample/")
    """
    target = _parsed("uri", uri)
    how = _chosen(options, target.scheme, overwrite=overwrite)
    return _copied(_parsed("path", path), target, how, {target.scheme: storage_options or {}})


def _chosen(keywords: Mapping[str, Any], scheme: str, *, overwrite: bool, selects: bool = False) -> CopyOptions:
    """Return the options of a copy; an option of the store among them is an error that says where it goes."""
    misplaced = [name for name in options_of(scheme) if name in keywords]
    if misplaced:
        name = misplaced[0]
        raise WrongOption(
            f"{scheme}.{name} is an option of the store", remedy=f"Pass it as storage_options={{{name!r}: ...}}."
        )
    return CopyOptions.of(keywords, CopyOptions(overwrite=overwrite), selects=selects)


def _copied(
    source: Uri, target: Uri, how: CopyOptions, options: Mapping[str, Mapping[str, Any]], *, recursive: bool = True
) -> TransferReport:
    with Stores(options) as stores:
        store = stores.of(source)
        selected = source_to_copy(store, source, recursive=recursive, patterns=how)
        kind = kind_of(stores, target, recursive=selected.is_folder)
        selected = selected._replace(uri=source._replace(is_folder=selected.is_folder))
        plan = plan_copy([selected], target, kind)
        check_overlap(plan, [selected], how, overwrite=how.overwrite)
        check_target(stores, plan)
        try:
            return how.checked(copy_files(plan, stores, how))
        finally:
            _forget_listings()


def _forget_listings() -> None:
    """Let the file systems of fsspec list again, whose cached listings lack what was just written."""
    if (module := sys.modules.get("omicsdk.fs.filesystems")) is not None:
        for kind in module.OmicsFileSystem.__subclasses__():
            for file_system in list(kind._cache.values()):
                file_system.invalidate_cache()
