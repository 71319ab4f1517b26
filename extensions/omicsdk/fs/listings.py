"""Files and folders of any platform by their URIs: `omicsdk.ls`, and what the command lists."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, Unpack

from omicsdk.core.consistency import InconsistentListing, despite_contradictions
from omicsdk.core.named_tuples import NamedTuple
from omicsdk.core.signatures import stating_keywords
from omicsdk.fs.registry import Stores
from omicsdk.fs.store import Entry
from omicsdk.fs.uris import Uri, parse_uri
from omicsdk.transfer.filters import Filters, FiltersDict

if TYPE_CHECKING:
    from datetime import datetime

    from omicsdk.core.items import Items


class UriEntry(NamedTuple):
    """A file or folder with its URI.

    Attributes:
        name: Its name; with `recursive`, its path below the listed folder.
        size: A file's size in bytes; None if the platform does not state it, and for folders.
        modified: When it changed last, in UTC; None if the platform does not state it.
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
    from omicsdk.core.items import Items  # the command needs none
    from omicsdk.transfer.arguments import path as path_text

    parsed = parse_uri(uri if isinstance(uri, str) and not uri else path_text("uri", uri, "one URI or path as text"))
    stores, patterns = Stores({parsed.scheme: storage_options or {}}), Filters(**filters)

    def rows() -> Iterator[UriEntry]:
        from datetime import UTC, datetime

        doubts: list[InconsistentListing] = []
        with stores:
            for name, place, entry in entries(stores, parsed, doubts, patterns, recursive=recursive):
                modified = None if entry.modified is None else datetime.fromtimestamp(entry.modified, UTC)
                facts = dict(entry.checksums), entry.version, dict(entry.details)
                yield UriEntry(name, entry.size, modified, place, entry.kind, *facts)
        if doubts:
            raise doubts[0]

    return Items(rows(), f"ls({str(parsed)!r})", columns=UriEntry._fields)


def entries(
    stores: Stores,
    uri: Uri,
    doubts: list[InconsistentListing],
    patterns: Filters,
    *,
    recursive: bool,
    names_only: bool = False,
) -> Iterator[tuple[str, str, Entry]]:
    """Yield the name, the URI and the entry of each file and folder.

    Args:
        stores: The stores.
        uri: A folder, or a file.
        doubts: As for `despite_contradictions`.
        patterns: Which files.
        recursive: Whether all files below the folder are listed.
        names_only: Whether names suffice; see `Store.names_below`.
    """
    store = stores.of(uri)
    # Its listing shows whether it is a folder: a look-up of the folder would be a second request.
    at_once = store.features.listing_proves_folder and uri.is_folder and not recursive
    entry = Entry(uri.path, "folder") if at_once else store.entry(uri, recursive=recursive)
    if not entry.is_folder:
        yield entry.file_name or entry.name or uri.name, str(uri), entry
    elif recursive:
        from omicsdk.fs.copying.planning import named

        below = despite_contradictions(named(store, uri.scheme, entry, patterns, names_only=names_only), doubts)
        for name, child in below:
            yield name, store.uri(child.path), child
    else:
        fits_all, children = patterns.fit_all, store.entries(entry.path)
        children = despite_contradictions(children, doubts)
        for child in children if names_only and not patterns.has_facts else store.described(children):
            name = child.file_name or child.name
            if fits_all or child.is_folder or patterns.fits(name, child.size, child.modified):
                yield name, str(Uri(uri.scheme, child.path, child.is_folder)), child
