"""The entries that a URI names, as they are listed."""

from __future__ import annotations

from collections.abc import Iterator

from omicsdk.core.consistency import InconsistentListing, despite_contradictions
from omicsdk.fs.store import Entry
from omicsdk.fs.uris import Stores, Uri
from omicsdk.transfer.filters import Filters


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
