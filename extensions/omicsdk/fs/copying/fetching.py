"""Bringing files of any place into a folder of this machine: by the transfer engine, or from a stream that a store opens."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import BinaryIO

from omicsdk.core.checksums import Digests
from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.core.errors import (
    ChecksumMismatch,
    ChecksumMissing,
    Interrupted,
    OmicsError,
    SourceChanged,
    TruncatedTransfer,
    UnsafePath,
)
from omicsdk.core.files import PRIVATE, in_place_of, is_special, make_durable, put_in_place, unfinished_name
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.logs import logger
from omicsdk.core.threads import AT_ONCE, in_threads
from omicsdk.fs.errors import PathError
from omicsdk.fs.options import CopyOptions
from omicsdk.fs.store import Entry, Store
from omicsdk.fs.stream_source import is_another, is_unsized, state_of
from omicsdk.transfer import Outcome, TransferReport
from omicsdk.transfer.disk import Growth, write_all, write_error
from omicsdk.transfer.engine.control import Pace
from omicsdk.transfer.items import check_all
from omicsdk.transfer.names import check_name
from omicsdk.transfer.reports.progress import FileProgress, Progress
from omicsdk.transfer.reports.report import verification_of

_STRIDE = 1024 * 1024
#: Small files that are made durable together, and seconds above which making one so is slow.
_TOGETHER, _SLOW = 200, 0.0005
#: Errors of file systems that keep no times or permissions, or not these.
_NOT_KEPT = frozenset({errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENOTSUP, errno.ENOSYS})

_log = logger("omicsdk.fs")


def fetch(
    named_entries: Sequence[tuple[Entry, str]],
    store: Store,
    folder: str,
    options: CopyOptions | None = None,
    *,
    trusts_existing: bool = False,
) -> TransferReport:
    """Download files into a folder, each compared with what its platform states, and renamed into place when complete.

    Args:
        named_entries: Files, each with its path in the folder.
        store: Their store.
        folder: The folder, created if missing.
        options: How to copy.
        trusts_existing: Whether an existing file under the name is the right one, since only complete files get their name: a
            stream without a checksum is not read again.

    Returns:
        The outcome of each file, in order.

    Raises:
        UnsafePath: A name leads out of the folder; nothing was downloaded.
        NameClash: Two files have one path; nothing was downloaded.
    """
    chosen = options or CopyOptions()
    chosen.control.begin(SYSTEM_CLOCK.monotonic())
    if len(named_entries) == 1 and _is_special(folder, named_entries[0][1]):
        return _poured(*named_entries[0], store, folder, chosen)
    checked = store.scheme == "file"
    if checked:
        _check_names(named_entries, folder)
    # Other stores' files have that of the engine, or of the copy between platforms that they are a part of.
    progress = _local_progress(named_entries, chosen if checked else CopyOptions())
    outcomes = _small_copies(named_entries, folder, chosen, progress) if checked and not trusts_existing else {}
    by_engine: list[tuple[Entry, str]] = []
    for entry, name in named_entries:
        if name in outcomes:
            continue
        if chosen.stopped:
            outcomes[name] = Outcome(name, "stopped", entry.size)
            continue
        try:
            stream = store.open(entry)
        except OmicsError as error:
            outcome = Outcome(name, "failed", entry.size, error=error)
        else:
            if stream is None:
                by_engine.append((entry, name))
                continue
            with stream:
                if not checked:  # the engine does so itself
                    _check_names(named_entries, folder)
                    checked = True
                if chosen.require_checksum and not entry.checksums:
                    outcome = Outcome(name, "failed", entry.size, error=ChecksumMissing(entry.path, name=name))
                else:
                    outcome = _streamed(stream, entry, name, folder, store, chosen, trusts_existing, progress)
        outcomes[name] = outcome
        if outcome.state != "stopped":
            progress.add(entry.size, is_failed=outcome.state == "failed")
    report = TransferReport(title=f"Download to {folder}", target=os.fspath(folder))
    if by_engine:
        report = store.download(by_engine, folder, chosen)
        if not outcomes:
            return report
        outcomes |= {outcome.name: outcome for outcome in report.outcomes}
    else:
        progress.report(final=True)
    return report.with_outcomes(
        (outcomes[name] for _, name in named_entries), why_stopped=report.why_stopped or chosen.control.why
    )


def _local_progress(named_entries: Sequence[tuple[Entry, str]], options: CopyOptions) -> FileProgress:
    report = options.progress

    def without_network(state: Progress) -> None:
        if report is not None:
            report(state.replaced(bytes_fetched=0))

    return FileProgress(
        without_network, SYSTEM_CLOCK, len(named_entries), sum(entry.size or 0 for entry, _ in named_entries)
    )


def _check_names(named_entries: Sequence[tuple[Entry, str]], folder: str) -> None:
    check_all([name for _, name in named_entries], folder, partial(Path(folder).mkdir, parents=True, exist_ok=True))


class _Part(NamedTuple):
    """A copy of a small file that has no name yet."""

    descriptor: int
    path: str
    target: str
    outcome: Outcome


def _small_copies(
    named_entries: Sequence[tuple[Entry, str]], folder: str, options: CopyOptions, progress: FileProgress
) -> dict[str, Outcome]:
    """Copy small files of this machine, each read and written at once, some hundred made durable and named together.

    Whatever is not as it should be is left to the usual way, which reports what is wrong.
    """
    outcomes: dict[str, Outcome] = {}
    # The calls below are POSIX's; a required checksum that is missing is reported by the usual way.
    if os.name == "nt" or options.require_checksum:
        return outcomes
    pace = Pace(options.control, options.stop)
    created = set[str]()
    small = [
        pair for pair in named_entries if pair[0].size is not None and pair[0].size <= _STRIDE and not pair[0].checksums
    ]
    for start in range(0, len(small), _TOGETHER):
        parts: list[_Part] = []
        try:
            for entry, name in small[start : start + _TOGETHER]:
                if options.stopped:
                    break
                target = f"{folder}/{name}"
                parent = target.rpartition("/")[0]
                if parent not in created:
                    os.makedirs(parent, exist_ok=True)  # noqa: PTH103 - thousands of them
                    created.add(parent)
                pace.passed(entry.size or 0)
                if (part := _part_of(entry, name, target)) is not None:
                    parts.append(part)
            # Before the first of them gets its name: after a power cut no name may be that of a file without its bytes.
            _sync([part.descriptor for part in parts])
            while parts:
                # It leaves the list only with its name: what fails leaves the rest to `finally`, which removes it.
                os.rename(parts[-1].path, parts[-1].target)  # noqa: PTH104 - as above
                part = parts.pop()
                os.close(part.descriptor)
                outcomes[part.outcome.name] = part.outcome
                progress.add_bytes(part.outcome.size or 0)
                progress.add(part.outcome.size)
        except OSError as error:
            _log.debug("files are copied one by one: %s", error)
        finally:
            for part in parts:
                os.close(part.descriptor)
                Path(part.path).unlink(missing_ok=True)
    return outcomes


def _part_of(entry: Entry, name: str, target: str) -> _Part | None:
    """Copy a file beside its target, with its times and permissions; return None if that is not sufficient."""
    source = os.open(entry.path, os.O_RDONLY)
    try:
        before = os.fstat(source)
        if not stat.S_ISREG(before.st_mode) or before.st_size != entry.size or _has_attributes(source):
            return None
        # One byte more than it had, which shows whether it has grown.
        data = os.read(source, before.st_size + 1)
        if len(data) != before.st_size or is_another(before, os.fstat(source)):
            return None
    finally:
        os.close(source)
    try:
        status = os.lstat(target)
        # A device is written into, and a file never replaces itself: the usual way does the one and reports the other.
        if not stat.S_ISREG(status.st_mode) or os.path.samestat(status, before):
            return None
    except FileNotFoundError:
        pass
    folder, _, last = target.rpartition("/")
    path = f"{folder}/{unfinished_name(last)}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        write_all(descriptor, data)
        os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
        os.utime(descriptor, ns=(before.st_atime_ns, before.st_mtime_ns))
    except BaseException:
        os.close(descriptor)
        Path(path).unlink(missing_ok=True)
        raise
    size = len(data)
    return _Part(
        descriptor, path, target, Outcome(name, "done", size, size, verified="its size", verification="size only")
    )


def _has_attributes(descriptor: int) -> bool:
    """Whether a file has extended attributes, which are copied one by one."""
    try:
        return hasattr(os, "listxattr") and bool(os.listxattr(descriptor))
    except OSError:  # its file system has none
        return False


def _sync(descriptors: Sequence[int]) -> None:
    """Make files durable: concurrently if that is slow, as journaling file systems then write the journal once for
    many.
    """
    for number, descriptor in enumerate(descriptors):
        start = time.monotonic()
        make_durable(descriptor)
        if time.monotonic() - start > _SLOW:
            in_threads(make_durable, descriptors[number + 1 :], AT_ONCE, "sync")
            return


def _is_special(folder: str, name: str) -> bool:
    """Whether a file of that name is a device or a FIFO; what cannot be written at all is an error when it is written."""
    try:
        check_name(name)
        return is_special(Path(folder, *name.split("/")))
    except (OSError, UnsafePath):
        return False


def _poured(entry: Entry, name: str, store: Store, folder: str, options: CopyOptions) -> TransferReport:
    """Write a file into a device or a FIFO, once it is whole and verified in a temporary folder."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="omics-") as temporary:
        report = fetch([(entry, "file")], store, temporary, options.replaced(journal=None))
        (outcome,) = report.outcomes
        if outcome.state == "done":
            target = Path(folder, *name.split("/"))
            try:
                put_in_place(Path(temporary, "file"), target)
            except OSError as error:
                outcome = outcome._replace(state="failed", error=write_error(error, str(target), name))
    return report.with_outcomes([outcome._replace(name=name)], title=f"Download to {folder}", target=os.fspath(folder))


def _streamed(
    stream: BinaryIO,
    entry: Entry,
    name: str,
    folder: str,
    store: Store,
    options: CopyOptions,
    skips_existing: bool,
    progress: FileProgress,
) -> Outcome:
    target = Path(folder, *name.split("/"))
    if skips_existing and target.is_file():
        return Outcome(
            name,
            "skipped",
            target.stat().st_size,
            checksums=dict(entry.checksums),
            verified=", ".join(entry.checksums),
            verification=verification_of(entry.checksums, entry.size),
        )
    digests = Digests(entry.checksums, entry.size)
    try:
        if store.scheme == "file" and target.exists() and target.samefile(entry.path):
            raise PathError(str(target), "and the source are the same file", remedy="Name another target.")
        status = state_of(stream)
        size = _written(stream, status, target, digests, entry, options, progress)
        if store.scheme == "file":
            from shutil import copystat

            try:
                copystat(entry.path, target)
                if status is not None:  # another file may have its name by now, which is younger
                    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
            except OSError as error:
                # The bytes are complete. Shares of Windows refuse times and permissions of files that belong to another user there.
                if error.errno not in _NOT_KEPT:
                    raise
                _warn_once(f"times and permissions are not copied to {folder}: {error.strerror}")
    except OmicsError as error:
        return Outcome.of_error(name, error, entry.size)
    except OSError as error:
        return Outcome(name, "failed", entry.size, error=write_error(error, str(target)))
    return Outcome(
        name,
        "done",
        size,
        size,
        checksums=digests.values(),
        verified=", ".join(digests.names) or ("its size" if size == entry.size else ""),
        verification=verification_of(digests.names, entry.size if size == entry.size else None),
    )


@lru_cache(maxsize=64)
def _warn_once(problem: str) -> None:
    """Log a warning, once in a process: all files of a folder have the same problem."""
    _log.warning("%s", problem)


def _written(
    stream: BinaryIO,
    before: os.stat_result | None,
    target: Path,
    digests: Digests,
    entry: Entry,
    options: CopyOptions,
    progress: FileProgress,
) -> int:
    """Write a stream to a file that appears when it is whole and right, unless it is stopped; return its size."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with in_place_of(target) as file:
        stated_size = None if is_unsized(before) else entry.size
        size, pace, growth = 0, Pace(options.control, options.stop), Growth(str(target.parent), str(target))
        while chunk := stream.read(pace.stride(_STRIDE)):
            pace.passed(len(chunk))
            if options.stopped:
                raise Interrupted(f"{target} is incomplete: it was stopped")
            digests.update(chunk)
            if stated_size is None:
                growth.expect(len(chunk))
            size += file.write(chunk)
            progress.add_bytes(len(chunk))
            progress.report()
            if stated_size is not None and size > stated_size:  # there may be no end to it
                break
        if stated_size is not None and size != stated_size:
            raise TruncatedTransfer(str(target), expected=stated_size, received=size)
        refuse_wrong(str(target), digests, entry)
        # After the last byte: of a file that was written to meanwhile, the copy may mix two states.
        after = state_of(stream)
        if before and after and is_another(before, after):
            raise SourceChanged(f"{entry.path} was written to while it was copied to {target}", name=str(target))
    return size


def refuse_wrong(name: str, digests: Digests, entry: Entry) -> None:
    """Compare received bytes with what their platform states.

    Args:
        name: Its name in messages.
        digests: Checksums of the received bytes, by the stated algorithms.
        entry: The file.

    Raises:
        ChecksumMismatch: They differ.
    """
    computed = digests.values()
    for algorithm, expected in entry.checksums.items():
        if computed[algorithm] != expected:
            raise ChecksumMismatch(name, algorithm=algorithm, expected=expected, actual=computed[algorithm])
