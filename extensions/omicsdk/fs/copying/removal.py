"""Removing files and folders of any place: everything is listed and checked before the first file goes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from omicsdk.core.clock import SYSTEM_CLOCK, Clock, never
from omicsdk.core.consistency import ListingCheck, read_again_if_inconsistent
from omicsdk.core.errors import OmicsError
from omicsdk.core.threads import side_by_side
from omicsdk.fs.copying.planning import ALL, Selected, below
from omicsdk.fs.errors import IsFolder, NotEmpty, PathError, PathNotFound
from omicsdk.fs.store import Entry, Store
from omicsdk.fs.uris import Stores, Uri
from omicsdk.transfer import Outcome, TransferReport
from omicsdk.transfer.filters import Filters


class Removal:
    """What will be removed.

    Attributes:
        files: The files, and links.
        folders: The folders, those below others first.
    """

    def __init__(self) -> None:
        self.files: list[Selected] = []
        self.folders: list[Selected] = []


def plan_removal(
    stores: Stores, uris: Sequence[Uri], *, recursive: bool = False, force: bool = False, patterns: Filters = ALL
) -> Removal:
    """List what will be removed; nothing is removed yet.

    Args:
        stores: The stores.
        uris: Files and folders; what several of them name is removed once.
        recursive: Whether folders are removed, with everything below them.
        force: Whether those that do not exist are left out.
        patterns: Which files, named ones too; folders stay then.

    Raises:
        PathNotFound: One does not exist, and `force` is not given.
        IsFolder: One is a folder, and `recursive` is not given.
        FileAndFolder: One is both, and `recursive` is given.
        ReadOnly: The platform removes nothing there.
        PathError: One is a link to a folder, and ends with a slash, or there are patterns.
        InconsistentListing: A folder's listing contradicts itself, also when it is read again.
    """
    removal, planned = Removal(), set[str]()
    for uri in uris:
        store = stores.of(uri)
        store.check_removal(uri.path)
        try:
            entry = store.entry_to_remove(uri, recursive=recursive)
        except PathNotFound:
            if force:
                continue
            raise
        # By patterns, what is in the folder is meant, which is not removed through a link.
        if (uri.is_folder or (entry.is_folder and not patterns.fit_all)) and store.is_link(entry):
            remedy = "Write it without the slash and patterns to remove the link, or name the folder that it points to."
            raise PathError(str(uri), "is a link to a folder", remedy=remedy)
        if entry.is_folder and not recursive and not store.is_link(entry):
            raise IsFolder(str(uri), "is a folder", remedy="Use --recursive to remove it and its contents.")
        top = _real_path(entry.path) if uri.scheme == "file" else ""
        for node in read_again_if_inconsistent(lambda store=store, entry=entry: _tree(store, entry)):
            name = below(uri.scheme, entry.path, node.path) if node.path != entry.path else ""
            is_folder = node.is_folder and not store.is_link(node)
            at = Uri(uri.scheme, node.path, is_folder) if name or is_folder else uri
            if len(uris) > 1:  # a list of one has everything once
                key = f"{top}/{name}".rstrip("/") if top else str(at)
                if key in planned:
                    continue
                planned.add(key)
            selected = Selected(at, node, name)
            if is_folder:
                # Patterns may leave files in it.
                if patterns.fit_all:
                    removal.folders.append(selected)
            # A shell names each file of a folder in place of `*`: rules for what is removed are for them, too.
            elif patterns.fits(name or node.file_name or node.name, node.size, node.modified):
                removal.files.append(selected)
    return removal


def _real_path(path: str) -> str:
    """Return the absolute path of a local file, folder or link, the same for each spelling of it."""
    folder, name = os.path.split(path.rstrip("/"))
    if name in ("", ".", ".."):
        return os.path.realpath(path)
    return str(Path(os.path.realpath(folder), name))


def _tree(store: Store, entry: Entry) -> Iterator[Entry]:
    """Yield what `Store.tree` does; an entry that is listed twice makes it inconsistent."""
    listing = ListingCheck(f"list of {store.uri(entry.path)}")
    for node in store.tree(entry):
        listing.entry((node.path, node.kind))
        yield node
    listing.finish()


def remove(
    stores: Stores, removal: Removal, *, stop: threading.Event | None = None, clock: Clock = SYSTEM_CLOCK
) -> TransferReport:
    """Remove files, then their folders; a failure does not stop the others.

    Args:
        stores: The stores.
        removal: What to remove.
        stop: Stops the removal when set.
        clock: Returns the time.

    Returns:
        The result for each file, and for each folder that could not be removed.
    """
    start = clock.monotonic()

    results = remove_files(stores, removal.files, lambda: stop is not None and stop.is_set())
    outcomes = [
        Outcome.of_error(str(file.uri), end, file.entry.size)
        if isinstance(end, OmicsError)
        else Outcome(str(file.uri), "done", file.entry.size)
        for file, end in zip(removal.files, results, strict=True)
    ]
    # Folders with a file left are not empty, and would be reported as a second failure.
    if all(outcome.state == "done" for outcome in outcomes):
        outcomes += remove_folders(stores, removal.folders)
    return TransferReport(outcomes, clock.monotonic() - start, title="Removal")


def remove_files(
    stores: Stores, files: Sequence[Selected], stopped: Callable[[], bool] = never
) -> Iterator[OmicsError | None]:
    """Remove files, many by one request where their store can.

    Args:
        stores: The stores.
        files: The files.
        stopped: Whether to remove no more.

    Yields:
        For each of them, in order, None or why it was not removed.
    """

    def batches() -> Iterator[list[Selected]]:
        batch = list[Selected]()
        for file in files:
            if batch and (
                file.uri.scheme != batch[0].uri.scheme or len(batch) >= stores.of(file.uri).features.removal_batch
            ):
                yield batch
                batch = []
            batch.append(file)
        if batch:
            yield batch

    def remove_batch(batch: Sequence[Selected]) -> Sequence[OmicsError | None]:
        store = stores.of(batch[0].uri)
        if store.features.removal_batch <= 1:
            remove_one(store, batch[0])
            return [None]
        for file in batch:
            store.check_removal(file.entry.path)
        return store.remove_files([file.entry for file in batch])

    parts = list(batches())
    for batch, result in zip(parts, side_by_side(remove_batch, parts, stopped), strict=True):
        yield from [result] * len(batch) if isinstance(result, OmicsError) else result


def remove_folders(stores: Stores, folders: Sequence[Selected], *, only_empty: bool = False) -> list[Outcome]:
    """Remove folders whose files are gone.

    Args:
        stores: The stores.
        folders: The folders, those below others first.
        only_empty: Whether a folder that has something in it stays without an error.

    Returns:
        An outcome for each that could not be removed.
    """
    failed: list[Outcome] = []
    for folder in folders:
        try:
            remove_one(stores.of(folder.uri), folder)
        except PathNotFound:  # stores without real folders have none left
            continue
        except NotEmpty as error:
            failed += [] if only_empty else [Outcome.of_error(str(folder.uri), error)]
        except OmicsError as error:
            failed.append(Outcome.of_error(str(folder.uri), error))
    return failed


def remove_one(store: Store, selected: Selected) -> None:
    """Remove a file or an empty folder.

    Args:
        store: The store.
        selected: What.

    Raises:
        OmicsError: It cannot be removed.
    """
    try:
        store.remove(selected.entry)
    except OmicsError:
        raise
    except OSError as error:
        if selected.entry.is_folder and selected.uri.scheme == "file" and error.errno == NotEmpty.code:
            raise NotEmpty(str(selected.uri)) from error
        raise PathError(str(selected.uri), f"is not removed: {error.strerror or error}") from error
