"""Download many files into a folder in parallel, verified and resumable, or report what a download would do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Unpack

from omicsdk.core.clock import SYSTEM_CLOCK, Clock, never
from omicsdk.core.errors import ChecksumMissing, NotWritable, OmicsError, UnsafePath, UsageError
from omicsdk.core.late_names import LateModule
from omicsdk.core.logs import logger
from omicsdk.core.sending.connections import Network, network
from omicsdk.transfer.arguments import kind, path, permissions, run_name, whole_number
from omicsdk.transfer.disk import (
    IN_THE_WAY,
    Disk,
    DiskSpace,
    InsufficientSpace,
    make_folders,
    nearest_folder,
    shortage_of,
)
from omicsdk.transfer.downloads.engine import Downloads, Settings
from omicsdk.transfer.downloads.files import PartFiles, bytes_needed, outcome_of, recorded, usable
from omicsdk.transfer.downloads.job import Job
from omicsdk.transfer.engine.control import opened
from omicsdk.transfer.engine.engine import affordable
from omicsdk.transfer.engine.options import DOWNLOAD_CONNECTIONS, EngineOptionsDict, TransferOptions
from omicsdk.transfer.items import Item, ItemSource, guard_of
from omicsdk.transfer.journal import MISSING, Journal, PartState
from omicsdk.transfer.names import journal_path
from omicsdk.transfer.network.plan import CELL, cell_span
from omicsdk.transfer.network.requests import Patience
from omicsdk.transfer.reports.report import Outcome, Outcomes, State, TransferReport

if TYPE_CHECKING:
    from omicsdk.transfer.downloads import targets
    from omicsdk.transfer.downloads.targets import Store
else:
    targets = LateModule("omicsdk.transfer.downloads.targets")

_log = logger("omicsdk.transfer")


def _dry_run(items: ItemSource, files: PartFiles, folder: str, path: str, options: TransferOptions) -> Outcomes:
    """Determine what a download would do with each file.

    Args:
        items: The files.
        files: Their paths.
        folder: The target folder.
        path: The journal's file, which need not exist.
        options: The options of the transfer.

    Returns:
        One outcome per item: skipped (exists and is recorded), planned (see its `plan`, also if it does not fit on the
        disk), or failed (its path is blocked, or a required checksum is not stated).

    Raises:
        NotWritable: The folder is not writable.
    """
    with closing(Journal(path, never, read_only=True)) if os.path.exists(path) else nullcontext() as journal:
        check = guard_of(folder, read_only=True).check
        nearest = nearest_folder(folder)
        if os.path.lexists(folder) and nearest != folder:
            raise NotWritable(folder, "a file of that name exists", remedy=IN_THE_WAY)
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise NotWritable(nearest, "this account cannot write there")
        files_known = items.files if items.files is not None or items.once else sum(1 for _ in items)
        outcomes, needed, fits, space = Outcomes(), 0, True, DiskSpace(nearest, files_known or 0)
        for number, item in enumerate(items):
            try:
                try:
                    check(item.name)
                except UnsafePath:
                    if items.once:
                        raise
                    items.check(folder, None)  # names both of two that clash, unless only their digests are equal
                existing = files.existing_stat(item.name) if nearest == folder else None  # a new folder has no files
                outcome = _foreseen(number, item, files, existing, journal, options)
                if options.require_checksum and not (item.states or outcome.checksums):
                    raise ChecksumMissing(item.title, name=item.name)
                if outcome.state == "planned":
                    lacking = (
                        bytes_needed(item.name, item.size, files)
                        if journal is not None or existing is not None
                        else item.size or 0
                    )
                    needed += lacking
                    if space.claim(lacking) is not None:
                        fits, outcome = False, outcome._replace(plan=f"{outcome.plan}; it does not fit on the disk")
            except (UnsafePath, NotWritable, ChecksumMissing) as error:
                if isinstance(error, UnsafePath) and not items.once:
                    raise
                outcome = _outcome(item, "failed", item.size, error=error)
            outcomes.put(number, outcome)
    if not fits:
        _log.warning("%s; files that do not fit will fail", InsufficientSpace(folder, needed, space.free).message)
    return outcomes


def _foreseen(
    number: int,
    item: Item,
    files: PartFiles,
    existing: os.stat_result | None,
    journal: Journal | None,
    options: TransferOptions,
) -> Outcome:
    """Predict what a download would do with one file, by the same rules as its check of existing files."""
    if existing is not None and item.size in (None, existing.st_size):
        checksums = recorded(journal, item, existing) if journal is not None else None
        if checksums is not None:
            outcome = outcome_of(item, "skipped", existing.st_size, checksums)
            return outcome._replace(checksums=checksums or item.checksums)
        if item.checksums:
            return _outcome(item, "planned", existing.st_size, plan="check the existing file")
    if options.cache is not None and options.cache.has(item):
        present = item.size or 0
        return _outcome(item, "planned", item.size, bytes_kept=present, plan="take it from the cache")._replace(
            from_cache=True
        )
    # By the functions that a transfer decides by, so that a dry run predicts the same.
    record = usable(journal, item, unvalidated=options.resume_unvalidated) if journal is not None else None
    if record is not None:
        job = Job(number, item, *files.paths(item.name), options)
        if files.part_length(job) is not None or (existing and existing.st_size == record.size):
            present = _present_bytes(record)
            plan = f"resume: {present:,} of {record.size:,} bytes are present"
            return _outcome(item, "planned", record.size, bytes_kept=present, plan=plan)
    size = "a file of unknown size" if item.size is None else f"{item.size:,} bytes"
    instead = "" if existing is None else ", replacing the existing file"
    return _outcome(item, "planned", item.size, plan=f"download {size}{instead}")


def _outcome(
    item: Item, state: State, size: int | None, *, bytes_kept: int = 0, plan: str = "", error: OmicsError | None = None
) -> Outcome:
    """The outcome of a dry run for a file, with what its item states."""
    checksums, source = item.checksums, item.stated_source
    return Outcome(
        item.name, state, size, 0, bytes_kept, checksums, error=error, plan=plan, label=item.label, source=source
    )


def _present_bytes(record: PartState) -> int:
    spans = (cell_span(index, record.size) for index, crc in enumerate(record.cells) if crc != MISSING)
    partial_lengths = (
        position % CELL for index, (position, _) in record.beginnings.items() if record.cells[index] == MISSING
    )
    return sum(end - start for start, end in spans) + sum(partial_lengths)


def download(
    items: Iterable[Item],
    folder: str | os.PathLike[str] | targets.FsspecTarget,
    *,
    options: TransferOptions | None = None,
    locators: int | None = None,
    environ: Mapping[str, str] | None = None,
    route: Callable[[str], Network] | None = None,
    run: str = "transfer",
    journal: str | os.PathLike[str] | None = None,
    wait: bool = True,
    patience: Patience | None = None,
    clock: Clock = SYSTEM_CLOCK,
    disk: Disk | None = None,
    mode: int = 0o666,
    **keywords: Unpack[EngineOptionsDict],
) -> TransferReport:
    """Download files into a folder.

    A file appears under its name only once it is complete and matches its item's checksums; until then its bytes are in
    a file beside it that ends in ".part". Without a stated checksum a corrupt file cannot be detected: the outcome then
    states "size only" or "unverified". Files that were downloaded or already exist and were verified are not downloaded
    again, not even after an interrupt or a crash. A file that fails does not stop the others.

    Args:
        items: The files. A list, or anything that can be iterated several times, is checked completely before the first
            byte is requested; it is never copied, so it may create its items on the fly. The items of an iterator are
            checked as they arrive, and an invalid one fails alone; the iterator runs between other work and must not wait for a
            network.
        folder: The target folder, created if missing. Or a place in an fsspec file system or its URL
            ("s3://bucket/prefix"), which requires `journal`.
        options: The options, as one object. The number of connections to each server adapts to its speed during the
            transfer; by default there are at most 16.
        locators: Maximum number of calls for URLs at once, 1 or more; by default 16 at first, and up to 64 while that is faster.
        environ: Environment variables for proxies and certificates; by default the process's own.
        route: Returns the route to a URL (proxy, certificates), instead of the environment.
        run: Names the journal. Transfers with different names into one folder do not wait for each other.
        journal: The journal, a local file, instead of one in the folder `.omics-transfer`.
        wait: Whether to wait while another process transfers into the folder under the same name, or raise FolderBusy.
        patience: How long to wait for a silent server: by default 10 s for a connection, 60 s below 1 KiB a second.
        clock: The clock.
        disk: Makes all changes to the file system, for tests.
        mode: The permissions of all new files from their first byte on, less the process's umask; 0o600 keeps them
            private to their owner, and out of any cache.
        **keywords: Single options; they change `options`.

    Returns:
        The outcome of each item, in order. After a dry run they are skipped, planned or failed.

    Raises:
        UnsafePath: A name refers to a path outside the folder, or two names to one path; nothing was downloaded.
        NotWritable: The folder is not writable.
        FolderBusy: Another process transfers into it, and `wait` is False.
        Interrupted: It was stopped, or its time was over, while it waited for the other process.
        DiskFull: There is no space for the journal.
        ValueError: A number below 1, a run's name that is not a file name, an empty folder, or a mode that denies the
            owner reading or writing.
        TypeError: An argument or an item of another type.
        KeyboardInterrupt: It was interrupted; the same call resumes it.
    """
    store = _store(folder, journal, clock)
    chosen = TransferOptions.of(keywords, options, connections=DOWNLOAD_CONNECTIONS)
    control, stop, dry_run = chosen.control, chosen.stop, chosen.dry_run
    source = ItemSource(items)
    if locators is not None:
        locators = whole_number("locators", locators)
    mode = permissions("mode", mode)
    if chosen.cache is not None and not mode & 0o044:  # private to their owner: no cache may have them
        chosen = replace(chosen, cache=None)
    kind("patience", patience, Patience, "use Patience(silence=30) to wait for 30 s")
    run = run_name(run)
    if store is None:
        target = os.path.abspath(path("folder", folder, "a path, a URL or an FsspecTarget"))
    else:
        target = store.target.spool_for(journal or "")
    control.begin(clock.monotonic())
    disk = disk or Disk(mode)
    journal_file = journal_path(target, run) if journal is None else os.fspath(journal)
    files = PartFiles.of_journal(target, journal_file, disk, follows=chosen.link == "symlink")
    if dry_run and store is not None:
        raise UsageError(f"A dry run supports local folders only, not {store.target.url()}")
    start = clock.monotonic()
    if dry_run:
        planned = _dry_run(source, files, target, journal_file, chosen)
        title = f"Dry run of a download to {target}"
        return TransferReport(planned, clock.monotonic() - start, title=title, target=target)
    # A mistake in the last of a million names is an error before the first byte.
    if not source.once:
        source.check(target, lambda: make_folders(target, disk))
        if store is None and shortage_of(source.size, target) is not None:
            # Only a warning: files that fit are still downloaded, and other programs may free space meanwhile.
            problem = shortage_of(sum(bytes_needed(item.name, item.size, files) for item in source), target)
            if problem is not None:
                _log.warning("%s; files that do not fit will fail", problem.message)
    make_folders(target, disk)

    start, outcomes = clock.monotonic(), Outcomes()
    settings = Settings(
        options=chosen,
        connections=affordable(chosen.connections or DOWNLOAD_CONNECTIONS),
        locators=locators,
        patience=patience or chosen.patience,
        route=route or partial(network, environ=environ),
        clock=clock,
        disk=disk,
        store=store,
    )
    doing = f"transferring into {target}"
    opening = opened(partial(Journal, journal_file, disk=disk), doing, stop, control, clock, patient=wait)
    with closing(opening) as log:
        if not log.fresh:  # another process was at work between our creating the folder and our opening the journal
            disk.forget_new()
        # An iterator cannot be read twice: its names are checked as they come.
        check = guard_of(target, empty=disk.is_new(target)).check if source.once else None
        engine = Downloads(source, target, files, log, settings, outcomes.put, check)
        engine.run()
    # Items that a stopped run has not reached are in the report, too.
    if source.files is not None and len(outcomes) < source.files:
        outcomes.fill((item.name, item.size, item.label) for item in source)
    where = target if store is None else store.target.url()
    return engine.report(outcomes, start, f"Download to {where}", target=where)


def _store(folder: object, journal: object, clock: Clock) -> Store | None:
    """Return the store that is meant, None for a local folder."""
    if isinstance(folder, os.PathLike) or (isinstance(folder, str) and "://" not in folder):
        return None
    from omicsdk.transfer.downloads.targets import FsspecTarget, Store

    target = FsspecTarget.meant_by(folder)
    if target is None:
        return None
    if journal is None:
        raise UsageError(f"journal= is missing: {target.url()} cannot contain it; pass a local file")
    return Store(target, clock)
