"""Complete jobs on files in any two places: planning and running a copy, a move or a synchronisation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Literal

from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.core.consistency import InconsistentListing
from omicsdk.core.errors import OmicsError, TransferError, UsageError
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.threads import side_by_side
from omicsdk.fs.copying.comparison import (
    Both,
    By,
    Differences,
    differences,
    joined,
    judge,
    merged,
    with_common_checksum,
)
from omicsdk.fs.copying.copies import copy_files, is_begun
from omicsdk.fs.copying.planning import (
    ALL,
    CopyPlan,
    Kind,
    Naming,
    OutOfOrder,
    Selected,
    Source,
    by_name,
    fitting,
    fitting_in_order,
    folders_of,
    parent_of,
    plan_copy,
    select,
    select_to_change,
    source_to_copy,
)
from omicsdk.fs.copying.records import entry_at, is_recorded
from omicsdk.fs.copying.removal import plan_removal, remove_folders, remove_one
from omicsdk.fs.errors import BucketNotFound, NotAFolder, PathError, PathNotFound
from omicsdk.fs.options import CopyOptions
from omicsdk.fs.store import Entry
from omicsdk.fs.uris import BUCKETS, Stores, Uri, parse_uri
from omicsdk.transfer import Outcome, TransferReport
from omicsdk.transfer.engine.options import InvalidOption
from omicsdk.transfer.filters import Filters
from omicsdk.transfer.names import WORK_FOLDER, LinkGuard

_USUAL = Naming()


def kind_of(stores: Stores, uri: Uri, *, recursive: bool = False) -> Kind:
    """Return what exists at a target.

    Args:
        stores: The stores.
        uri: The target.
        recursive: Whether a folder is put there, so that a file in its place would be a mistake.

    Raises:
        FileAndFolder: It is both, and `recursive` is set.
        BucketNotFound: It is in a bucket that does not exist.
    """
    try:
        return stores.of(uri).entry(uri, recursive=recursive).kind
    except BucketNotFound:  # each file would be refused
        raise
    except PathNotFound:
        return ""
    except NotAFolder:
        return "file"


def planned_copy(
    stores: Stores,
    uris: Sequence[Uri],
    target: Uri,
    *,
    recursive: bool = False,
    patterns: Filters = ALL,
    naming: Naming = _USUAL,
    options: CopyOptions | None = None,
    removes: bool = False,
) -> CopyPlan:
    """Plan a copy, and refuse what the target cannot accept, without copying.

    Args:
        stores: The stores.
        uris: The sources.
        target: The target.
        recursive: Whether folders are copied.
        patterns: Which files below folders.
        naming: How copies are named; what is in a folder goes into the target itself then.
        options: How to copy, which shows whether an earlier run began it.
        removes: Whether the sources are removed afterwards; folders are copied then.

    Raises:
        PathNotFound: A source does not exist.
        IsFolder: One is a folder, and `recursive` is not given.
        FileAndFolder: A source or the target is both, and `recursive` is given.
        InconsistentListing: A listing contradicts itself, also when it is read again, and the sources are removed.
        ReadOnly: The target takes no files so.
        UsageError: Several sources, or a folder, go to what is a file, a folder goes into itself, or a file goes over another
            source.
    """
    if not stores.of(target).features.writable:
        stores.of(target).check_puts([target.path])
    sources: list[Source] = []
    for uri in uris:
        store = stores.of(uri)
        if removes:
            entry = store.entry(uri, recursive=recursive)
            files = list(select_to_change(store, uri, entry=entry, patterns=patterns))
            sources.append(Source(uri, entry.is_folder, files))
        else:
            sources.append(source_to_copy(store, uri, recursive=recursive, patterns=patterns))
    kind = kind_of(stores, target, recursive=any(source.is_folder for source in sources))
    if not naming.is_usual:
        target = target._replace(is_folder=True)
        plan = plan_copy(naming.of(sources), target, kind)
        plan = plan._replace(descriptions=[*plan.descriptions, f"{naming.layout}\t{naming.template}"])
    else:
        plan = _resumed(sources, target, kind, stores, options or CopyOptions())
    if not removes:
        check_overlap(plan, sources, patterns, overwrite=options is None or options.overwrite)
    check_target(stores, plan)
    return plan


def _resumed(sources: Sequence[Source], target: Uri, kind: Kind, stores: Stores, options: CopyOptions) -> CopyPlan:
    """A folder that an earlier run of the same copy made is the one that it becomes, not one to go into."""
    if kind == "folder" and len(sources) == 1 and sources[0].is_folder:
        # As it was planned by the earlier run, when the target did not exist.
        before = plan_copy(sources, target, "")
        if is_begun(before, options) or is_recorded(before, stores):
            return before
    return plan_copy(sources, target, kind)


def check_overlap(plan: CopyPlan, sources: Sequence[Source], patterns: Filters, *, overwrite: bool) -> None:
    """Refuse to copy a folder into itself, or a file over another one that is copied.

    Args:
        plan: The planned copies.
        sources: The sources.
        patterns: Which files below folders.
        overwrite: Whether existing files are replaced.

    Raises:
        UsageError: One would be.
    """
    _refuse_nesting(plan, [source.uri for source in sources if source.is_folder], patterns, "copied")
    if overwrite:
        folders = [source.uri if source.is_folder else parent_of(source.uri) for source in sources]
        _refuse_overwriting(plan, folders, "copied")


def _refuse_nesting(plan: CopyPlan, folders: Sequence[Uri], patterns: Filters, did: str) -> None:
    """Refuse to copy folders into themselves: the next run would copy the copies, too."""
    for folder in folders:
        inner = _inner(plan.base, folder)
        if inner is None:
            continue
        # Into itself it goes with its name; without its name, its files would be copied onto themselves.
        start = inner or f"{folder.name}/"
        if any(
            patterns.fits(f"{inner}{file.name}", file.entry.size, file.entry.modified)
            and (inner or (file.name.startswith(start) and plan.target(file) != file.uri))
            for file in plan.files
        ):
            remedy = f"Name another target, or leave it out: --exclude '{start}**'."
            target = plan.base if inner else f"{plan.base}{start}"
            raise UsageError(f"{folder} cannot be {did} into itself: {target} is in it", remedy=remedy)


def _refuse_overwriting(plan: CopyPlan, folders: Sequence[Uri], did: Literal["copied", "moved"]) -> None:
    """Refuse a file whose target is the source of another one: that would be lost, or be copied or moved on in its place.

    A file that would be moved to two places is refused, too.
    """
    # Paths of this machine are compared by what they resolve to, which takes long for many files: not where none goes into a source.
    starts = tuple(start for folder in dict.fromkeys(folders) if (start := _inner(folder, plan.base)) is not None)
    if did == "copied" and not any(file.name.startswith(starts) for file in plan.files):
        return
    sources = [place_of(file.uri) for file in plan.files]
    taken = dict(zip(sources, plan.files, strict=True))
    for file, source in zip(plan.files, sources, strict=True):
        destination = place_of(plan.target(file))
        if destination == source and did == "moved":
            raise UsageError(f"{file.uri} cannot be moved onto itself", remedy="Name another target.")
        if taken[source] is not file and did == "moved":
            why = f"{file.uri} cannot be moved to {plan.target(file)} and to {plan.target(taken[source])}"
            raise UsageError(why, remedy="Name it, or a folder with it, once.")
        if destination != source and destination in taken:
            why = f"{file.uri} cannot be {did} to {plan.target(file)}, which is {did}, too"
            raise UsageError(why, remedy="Name another target, or leave its folder out by --exclude.")


def check_target(stores: Stores, plan: CopyPlan) -> None:
    """Refuse a read-only target before anything is downloaded for it.

    Args:
        stores: The stores.
        plan: The planned copies.

    Raises:
        ReadOnly: The target is read-only.
    """
    if plan.files:
        stores.of(plan.base).check_puts([plan.target(file).path for file in plan.files])


# -- moving


def planned_move(
    stores: Stores, uris: Sequence[Uri], target: Uri, *, patterns: Filters = ALL, options: CopyOptions | None = None
) -> CopyPlan:
    """Plan a move, and refuse what cannot be removed, or put; as `planned_copy`.

    Args:
        stores: The stores.
        uris: What is moved.
        target: The target.
        patterns: Which files below folders.
        options: How they will be copied.

    Raises:
        PathError: A folder of this machine is a link, or has one to another folder in it.
        UnsafePath: A link in the target points out of it, or two files would be one by it.
        OmicsError: As for `planned_copy`.
    """
    for uri in uris:
        stores.of(uri).check_removal(uri.path)
    plan = planned_copy(stores, uris, target, recursive=True, patterns=patterns, options=options, removes=True)
    _refuse_overwriting(plan, uris, "moved")
    _refuse_nesting(plan, uris, patterns, "moved")
    _refuse_linked(plan, uris)
    if plan.base.scheme == "file":
        from omicsdk.transfer.items import check_all  # moves within a platform need no engine

        # As copies are: by links in the target, files of different names may be one there.
        check_all([file.name for file in plan.files], plan.base.path, None)
    return plan


def _refuse_linked(plan: CopyPlan, uris: Sequence[Uri]) -> None:
    """Refuse files behind a link to a folder: they would be taken out of a folder that was not named."""
    folders = {file.uri.path.rpartition("/")[0] for file in plan.files if file.uri.scheme == "file"}
    above = {folder for path in folders for folder in (Path(path), *Path(path).parents)}
    for folder in sorted(filter(Path.is_symlink, above)):
        if any(folder.is_relative_to(uri.path) for uri in uris):  # what is above the named folder may be links
            remedy = "Copy the folder (omics cp -r), then remove it (omics rm -r), which follows no link."
            raise PathError(str(folder), "is a link to a folder, whose files are not moved", remedy=remedy)


def place_of(uri: Uri) -> str:
    """What two URIs of one file or folder have in common.

    Args:
        uri: The URI.
    """
    if uri.scheme != "file":
        return str(uri)
    path = Path(uri.path)
    # The last part may be a link, which is moved itself.
    return str(path.parent.resolve() / path.name)


class SourceKept(TransferError):
    """A file was copied, but its source was not removed: no checksum of the copy could be compared."""

    default_remedy = "Compare both (omics verify), then run the same command with --unverified to remove the source without a checksum."


def move_files(
    plan: CopyPlan,
    uris: Sequence[Uri],
    stores: Stores,
    options: CopyOptions,
    *,
    keeps_folders: bool = False,
    unverified: bool = False,
) -> tuple[TransferReport, list[SourceKept]]:
    """Move files: within a platform if it supports that, else by a copy, after which each verified file is removed.

    Args:
        plan: The planned copies.
        uris: What was named, of which empty folders are removed.
        stores: The stores.
        options: How they are copied.
        keeps_folders: Whether folders of the source stay, as where only some of their files were moved.
        unverified: Whether sources are removed, too, if no checksum of their copies could be compared.

    Returns:
        The result for each file, in order, and an error for each source that was kept although it was copied.
    """
    start = SYSTEM_CLOCK.monotonic()
    target = stores.of(plan.base)

    def moved(file: Selected) -> bool:
        store, path = stores.of(file.uri), plan.target(file).path
        # An existing target is left to the copy, which skips it.
        may_move = store.features.moves and store is target and (options.overwrite or not entry_at(store, path))
        if may_move and store.move(file.entry, path):
            return True
        if file.uri.scheme == "file" and (place := Path(file.entry.path)).exists() and not place.is_file():
            what = "is a pipe, socket or device, which cannot be moved there"
            raise PathError(file.entry.path, what, remedy="Copy what it yields: omics cp.")
        return False

    outcomes: dict[str, Outcome] = {}
    for file, end in zip(plan.files, side_by_side(moved, plan.files, lambda: options.stopped), strict=True):
        if isinstance(end, OmicsError):
            outcomes[file.name] = Outcome.of_error(file.name, end, file.entry.size)
        elif end:
            outcomes[file.name] = Outcome(file.name, "done", file.entry.size, verified="moved by its platform")
    left = [file for file in plan.files if file.name not in outcomes]
    why = ""
    kept_sources: list[SourceKept] = []
    if left:
        copied = copy_files(plan._replace(files=left, unfit=()), stores, options)
        why = copied.why_stopped
        for outcome, error in _with_sources_removed(
            plan, list(zip(left, copied.outcomes, strict=True)), stores, options, unverified
        ):
            outcomes[outcome.name] = outcome
            kept_sources += [] if error is None else [error]
    report = TransferReport(
        [*(outcomes[file.name] for file in plan.files), *plan.unfit_outcomes],
        SYSTEM_CLOCK.monotonic() - start,
        title=f"Move to {plan.base}",
        why_stopped=why,
        target=str(plan.base),
    )
    # Without `overwrite` skipped sources stay, and so do their folders.
    if report.ok and options.overwrite and not keeps_folders and not kept_sources:
        _move_records(plan, uris)
        _remove_empty(uris, stores)
    return report, kept_sources


def _with_sources_removed(
    plan: CopyPlan, copied: Sequence[tuple[Selected, Outcome]], stores: Stores, options: CopyOptions, unverified: bool
) -> Iterator[tuple[Outcome, SourceKept | None]]:
    """Remove the sources of copied files. Files skipped without `overwrite` were not compared, and are kept."""

    def remove_source(pair: tuple[Selected, Outcome]) -> Outcome:
        file, outcome = pair
        if outcome.state != "done" and not (outcome.state == "skipped" and options.overwrite):
            return outcome
        if outcome.verification != "verified":
            outcome = _compared(plan, file, outcome, stores)
        if outcome.verification != "verified" and not unverified:
            compared = "its size only" if outcome.verification == "size only" else "nothing"
            raise SourceKept(
                f"{file.uri} was copied, but {compared} could be compared: the source is kept", name=file.name
            )
        _check_unchanged(file, stores)
        remove_one(stores.of(file.uri), file)
        return outcome

    for (_, outcome), end in zip(copied, side_by_side(remove_source, copied), strict=True):
        if isinstance(end, SourceKept):
            yield outcome, end
        else:
            yield (outcome._replace(state="failed", error=end) if isinstance(end, OmicsError) else end), None


def _compared(plan: CopyPlan, file: Selected, outcome: Outcome, stores: Stores) -> Outcome:
    """Compare a copy with its source by what both state now; what is on this machine is read.

    Raises:
        TransferError: They differ.
    """
    is_told = outcome.label.startswith(f"{plan.base.scheme}://")  # some platforms assign another place
    target = parse_uri(outcome.label) if is_told else plan.target(file)
    # `refresh`, since the target may have been listed before the copy.
    copy = Selected(target, stores.of(target).stat(target.path, refresh=True), file.name)
    verdict = judge(file.name, *with_common_checksum(file, copy, stores.of))
    if verdict.state in ("wrong", "missing"):
        raise TransferError(f"{file.uri}: its copy differs ({verdict.why}): the source is kept", name=file.name)
    if verdict.state != "verified":
        return outcome
    return outcome._replace(verified=verdict.why, verification="verified")


def _check_unchanged(file: Selected, stores: Stores) -> None:
    """Check that a file, which a program may write meanwhile, is still the one that was listed and copied.

    Raises:
        TransferError: It is another one.
        PathNotFound: It is gone.
    """
    now = stores.of(file.uri).stat(file.entry.path, refresh=True)
    if file.entry.version and now.version and now.version != file.entry.version:
        raise TransferError(
            f"{file.uri} changed after the move began: the source is kept",
            name=file.name,
            remedy="Run the same command again when nothing writes the file.",
        )


def _move_records(plan: CopyPlan, uris: Sequence[Uri]) -> None:
    """Move the records of downloads, by which files are verified, with a folder of this machine."""
    import shutil

    for uri in uris:
        records = Path(uri.path, WORK_FOLDER)
        file = next((file for file in plan.files if Path(file.uri.path).is_relative_to(uri.path)), None)
        if uri.scheme == plan.base.scheme == "file" and records.is_dir() and file is not None:
            parts_below = Path(file.uri.path).relative_to(uri.path).parts
            target = Path(plan.target(file).path).parents[len(parts_below) - 1] / WORK_FOLDER
            if not target.exists():
                shutil.move(records, target)


def _remove_empty(uris: Sequence[Uri], stores: Stores) -> None:
    for uri in uris:
        if kind_of(stores, uri) == "folder":
            removal = plan_removal(stores, [uri], recursive=True)
            if not removal.files:
                remove_folders(stores, removal.folders, only_empty=True)


# -- synchronising


class SyncPlan(NamedTuple):
    """What is needed to make a folder equal to another one.

    Attributes:
        copy: The files to copy.
        reasons: Why, by name.
        remove: The files that only the target has.
        source_count: The number of the source's files.
        target_count: The number of the target's files.
        same: The number of equal files.
        newer: The number of files that differ and are kept, since the target's are newer.
        refusals: Why other files that only the target has are not removed.
    """

    copy: CopyPlan
    reasons: Mapping[str, str]
    remove: Sequence[Selected]
    source_count: int
    target_count: int
    same: int
    newer: int
    refusals: Sequence[OmicsError] = ()

    def in_the_way(self) -> list[Selected]:
        """Return the files to remove without which others cannot be copied: at a folder's path, or below that of a file."""
        if not self.remove or self.copy.base.scheme in BUCKETS:  # where a key may have others below it
            return []
        copies = {file.name for file in self.copy.files}
        folders = folders_of(copies)
        return [file for file in self.remove if file.name in folders or not copies.isdisjoint(folders_of([file.name]))]


def planned_sync(
    stores: Stores,
    source: Uri,
    target: Uri,
    *,
    compare: By = "auto",
    update: bool = False,
    removes: bool = False,
    patterns: Filters = ALL,
) -> SyncPlan:
    """Compare two folders, and refuse what the target cannot take; nothing is changed yet.

    Objects of a bucket whose keys cannot be names in the other folder are left out, and nothing is removed then. By a
    listing that contradicts itself, also when it is read again, nothing is removed, nor kept for being newer.

    Args:
        stores: The stores.
        source: The folder that counts.
        target: The folder to make equal.
        compare: How files are compared.
        update: Whether files stay that are newer at the target.
        removes: Whether files that only the target has will be removed.
        patterns: Which files.

    Raises:
        NotAFolder: One of both is a file.
        PathNotFound: The source does not exist.
        ReadOnly: The target takes no files so.
        UsageError: A folder goes into itself, or a file over another one that is copied.
        FileAndFolder: One of both is a file and a folder, and is not written with a slash at its end.
        InconsistentListing: A listing contradicts itself, also when it is read again, and files will be removed, or
            may be newer at the target.
    """
    entry = stores.of(source).entry(source, recursive=True)
    if not entry.is_folder:
        raise NotAFolder(str(source), "is a file", remedy="omics cp copies single files.")
    kind = kind_of(stores, target, recursive=True)
    if kind == "file":
        raise NotAFolder(str(target), "is a file", remedy="Name a folder.")
    if removes and patterns.has_facts:
        # A file that differs in size or date at both ends could be selected at the target only, and be removed.
        raise InvalidOption("delete", "is not possible with limits of sizes or dates", remedy="Filter by names.")
    unfit: list[tuple[Selected, OmicsError]] = []
    extra: list[tuple[Selected, OmicsError]] = []

    def compared(pairs: Iterable[Both | tuple[Selected, None] | tuple[None, Selected]]) -> Differences:
        keeps_times = source.scheme == target.scheme == "file"
        settle = partial(_with_common_checksums, stores=stores)
        return differences(pairs, compare, update=update, keeps_times=keeps_times, settle=settle)

    try:
        if not (stores.of(source).features.sorted_listings and stores.of(target).features.sorted_listings):
            raise OutOfOrder
        files = select(stores.of(source), source, entry=entry, patterns=patterns)
        others = select(stores.of(target), target, patterns=patterns) if kind else ()
        changes = compared(merged(fitting_in_order(files, target, unfit), fitting_in_order(others, source, extra)))
    except (OutOfOrder, InconsistentListing):
        source_files, unfit = _files_by_name(stores, source, target, target, patterns, entry, changes=removes)
        target_files = dict[str, Selected]()
        if kind:  # without changes by them, what the listing lacks is copied again
            target_files, extra = _files_by_name(stores, target, source, target, patterns, changes=removes or update)
        changes = compared(joined(source_files, target_files))
    unfit += extra if removes else []
    if removes and changes.remove:
        stores.of(source).check_complete(source.path)
        inner = _inner(source, target)
        if inner and any(file.name.startswith(inner) for file in changes.remove):
            remedy = f"Leave --delete out, or its folder: --exclude '{inner}**'."
            raise UsageError(f"{source} is in {target}: its own files would be removed", remedy=remedy)
    plan = CopyPlan(target._replace(is_folder=True), changes.copy, [f"{source}\tsync"], differing=True, unfit=unfit)
    _refuse_nesting(plan, [source], patterns, "copied")
    _refuse_overwriting(plan, [source], "copied")
    check_target(stores, plan)
    remove, refusals = _removable([] if unfit or not removes else changes.remove, target)
    return SyncPlan(
        plan, changes.reasons, remove, changes.source_count, changes.target_count, changes.same, changes.newer, refusals
    )


def _removable(files: Sequence[Selected], target: Uri) -> tuple[Sequence[Selected], Sequence[OmicsError]]:
    """Return which of a folder's files can be removed, and why the others cannot be."""
    if target.scheme != "file":
        return files, ()
    links = LinkGuard(target.path)
    removable: list[Selected] = []
    refusals: list[OmicsError] = []
    for file in files:
        try:
            # Targets of links are not part of the target folder, or are listed in it by their own names, too.
            if links.check(file.name) != file.name:
                what = "is not removed: it is in a folder that a link points to"
                raise PathError(str(file.uri), what, remedy="Remove the link: omics rm.")
            removable.append(file)
        except OmicsError as error:
            refusals.append(error)
    return removable, refusals


def _inner(folder: Uri, other: Uri) -> str | None:
    """What the names of a folder's files begin with in another folder that it is in, or is; None if it is neither."""
    if folder.scheme != other.scheme:
        return None
    inner, outer = folder.path, other.path
    if folder.scheme == "file":
        inner, outer = Path(inner).resolve().as_posix(), Path(outer).resolve().as_posix()
    if inner == outer:
        return ""
    start = f"{outer.removesuffix('/')}/" if outer else ""
    return f"{inner.removeprefix(start)}/" if inner.startswith(start) else None


def _files_by_name(
    stores: Stores,
    folder: Uri,
    other: Uri,
    target: Uri,
    patterns: Filters,
    entry: Entry | None = None,
    *,
    changes: bool,
) -> tuple[dict[str, Selected], list[tuple[Selected, OmicsError]]]:
    """Return the files of one of both folders by name, and what cannot be in the other one."""
    store = stores.of(folder)
    with _paused_for(folder):
        if changes:
            fit, unfit = fitting(select_to_change(store, folder, entry=entry, patterns=patterns), other)
        else:
            selection = source_to_copy(store, folder, entry=entry, patterns=patterns)
            fit, unfit = fitting(selection.files, other)
            unfit += selection.unlisted
        return by_name(fit, target), unfit


def _paused_for(folder: Uri) -> AbstractContextManager[None]:
    # None of the many objects of a listing is garbage. From a platform they come slowly, together with some that are.
    from omicsdk.core.json_coding import LARGE, paused_for  # by few copies

    return paused_for(LARGE if folder.scheme == "file" else 0)


def _with_common_checksums(pairs: Sequence[Both], stores: Stores) -> Iterator[tuple[Entry, Entry]]:
    """Times alone prove nothing: what was just fetched is younger than what it was fetched from."""
    for result in side_by_side(lambda pair: with_common_checksum(*pair, stores.of), pairs):
        if isinstance(result, OmicsError):
            raise result
        yield result


def remove_extra(files: Iterable[Selected], stores: Stores) -> tuple[list[Uri], list[OmicsError]]:
    """Remove files that only the target has; a failure does not stop the others.

    Args:
        files: The files.
        stores: The stores.

    Returns:
        The files that were removed, and the errors of the others.
    """
    removed = list[Uri]()
    failed = list[OmicsError]()
    for file in files:
        try:
            remove_one(stores.of(file.uri), file)
        except OmicsError as error:
            failed.append(error)
        else:
            removed.append(file.uri)
    return removed, failed


def make_way(plan: CopyPlan, obstacles: Sequence[Selected], stores: Stores) -> tuple[list[Uri], list[OmicsError]]:
    """Remove the files that are in the way of copies, and the folders that are empty then; as `remove_extra`.

    Args:
        plan: The copies.
        obstacles: The files; see `SyncPlan.in_the_way`.
        stores: The stores.
    """
    removed, failed = remove_extra(obstacles, stores)
    above = folders_of(file.name for file in obstacles)
    blocked = [plan.target(file) for file in plan.files if file.name in above]
    # What patterns leave out stays, and the folder with it: the copy fails.
    remove_folders(stores, plan_removal(stores, blocked, recursive=True, force=True).folders, only_empty=True)
    return removed, failed


#: Files of a folder of which more than half are not removed without permission; fewer may all have been replaced.
#: A user at a terminal is asked from a smaller number on.
MANY, SEVERAL = 10, 2


class TooManyRemovals(UsageError):
    """More files would be removed than is plausible, or than was allowed.

    Args:
        target: The folder that they would be removed from.
        remove: How many files.
        total: How many files it has.
        most: How many were allowed to be removed; None if no number was.
        source: How many files the other folder has.
    """

    def __init__(self, target: str, remove: int, total: int, most: int | None = None, source: int = 1) -> None:
        why = "more than half" if most is None else f"more than the {most} of --max-delete"
        why = why if source or most is not None else "and the source lists none"
        remedy = f"Nothing was copied or removed. Check the source; --max-delete {remove} allows it."
        super().__init__(f"{remove} of the {total} files of {target} would be removed, {why}", remedy=remedy)


def check_removals(
    target: str, remove: int, total: int, most: int | None = None, *, source: int = 1, attended: bool = False
) -> None:
    """Refuse to remove most of a folder because another one seems to lack it: that may have been listed wrong.

    Args:
        target: The folder.
        remove: How many of its files would be removed.
        total: How many files it has.
        most: How many may be removed at most; None allows any number from a folder of fewer than ten files, two if
            a user is asked, and half of a larger one.
        source: How many files the other folder has; without any, nothing is removed unless `most` is stated.
        attended: Whether a user at a terminal can be asked.

    Raises:
        TooManyRemovals: More would be removed.
    """
    too_many = not source or (total >= (SEVERAL if attended else MANY) and remove * 2 > total)
    if remove > most if most is not None else remove and too_many:
        raise TooManyRemovals(target, remove, total, most, source)
