"""Bringing files of any place into a folder of this machine: by the transfer engine, or from a stream that a store opens."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
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
from omicsdk.core.files import in_place_of, is_special, put_in_place
from omicsdk.fs.store import CopyOptions, Entry, PathError, Store
from omicsdk.transfer import Outcome, TransferReport
from omicsdk.transfer.disk import Growth, write_error
from omicsdk.transfer.items import check_all
from omicsdk.transfer.names import check_name
from omicsdk.transfer.ranges import Pace, is_another, state_of
from omicsdk.transfer.reports.outcomes import verification_of

_STRIDE = 1024 * 1024


def fetch(
    wanted: Sequence[tuple[Entry, str]],
    store: Store,
    folder: str,
    options: CopyOptions | None = None,
    *,
    kept: bool = False,
) -> TransferReport:
    """Fetch files into a folder, each compared with what is stated of it, and there under its name when it is whole.

    Args:
        wanted: Files, each with its path in the folder.
        store: The store that has them.
        folder: The folder; made when it isn't there.
        options: How.
        kept: Whether a file that exists under its name is the one that is wanted, since it has got that name for being whole:
            a stream of it isn't read again.

    Returns:
        The outcome of each file, in order.

    Raises:
        UnsafePath: A name would lead out of the folder; nothing was fetched.
        NameClash: Two would land on one path; likewise.
    """
    chosen = options or CopyOptions()
    chosen.control.begin(SYSTEM_CLOCK.monotonic())
    if len(wanted) == 1 and _is_special(folder, wanted[0][1]):
        return _poured(*wanted[0], store, folder, chosen)
    outcomes: dict[str, Outcome] = {}
    by_engine: list[tuple[Entry, str]] = []
    checked = False
    for entry, name in wanted:
        if chosen.stopped:
            outcomes[name] = Outcome(name, "stopped", entry.size)
            continue
        try:
            stream = store.open(entry)
        except OmicsError as error:
            outcomes[name] = Outcome(name, "failed", entry.size, error=error)
            continue
        if stream is None:
            by_engine.append((entry, name))
        elif chosen.control.require_checksum and not entry.checksums:
            stream.close()
            outcomes[name] = Outcome(name, "failed", entry.size, error=ChecksumMissing(entry.path, name=name))
        else:
            with stream:
                if not checked:  # the engine does so by itself
                    check_all(
                        [name for _, name in wanted], folder, partial(Path(folder).mkdir, parents=True, exist_ok=True)
                    )
                    checked = True
                outcomes[name] = _streamed(stream, entry, name, folder, store, chosen, kept)
    report = TransferReport(title=f"Download to {folder}")
    if by_engine:
        report = store.download(by_engine, folder, chosen)
        if not outcomes:
            return report
        outcomes |= {outcome.name: outcome for outcome in report.outcomes}
    return report.with_outcomes(
        (outcomes[name] for _, name in wanted), why_stopped=report.why_stopped or chosen.control.why
    )


def _is_special(folder: str, name: str) -> bool:
    """Whether a file of that name is a device or a FIFO; what can't be written at all is an error when it is written."""
    try:
        check_name(name)
        return is_special(Path(folder, *name.split("/")))
    except (OSError, UnsafePath):
        return False


def _poured(entry: Entry, name: str, store: Store, folder: str, options: CopyOptions) -> TransferReport:
    """Write a file into a device or a FIFO, once it is whole and verified in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="omics-") as place:
        report = fetch([(entry, "file")], store, place, replace(options, journal=None))
        (outcome,) = report.outcomes
        if outcome.state == "done":
            target = Path(folder, *name.split("/"))
            try:
                put_in_place(Path(place, "file"), target)
            except OSError as error:
                outcome = outcome._replace(state="failed", error=write_error(error, str(target), name))
    return report.with_outcomes([outcome._replace(name=name)], title=f"Download to {folder}")


def _streamed(
    stream: BinaryIO, entry: Entry, name: str, folder: str, store: Store, options: CopyOptions, kept: bool
) -> Outcome:
    target = Path(folder, *name.split("/"))
    if kept and target.is_file():
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
        found = state_of(stream)
        size = _written(stream, found, target, digests, entry, options)
        if store.scheme == "file":
            shutil.copystat(entry.path, target)
            if found is not None:  # another file may have its name by now, which is younger
                os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))
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
        verified=", ".join(digests.names) or ("its size" if entry.size is not None else ""),
        verification=verification_of(digests.names, entry.size),
    )


def _written(
    stream: BinaryIO,
    before: os.stat_result | None,
    target: Path,
    digests: Digests,
    entry: Entry,
    options: CopyOptions,
) -> int:
    """Write a stream to a file that appears when it is whole and right, unless it is stopped; return its size."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with in_place_of(target) as file:
        size, pace, growth = 0, Pace(options.control, options.stop), Growth(str(target.parent), str(target))
        while chunk := stream.read(pace.stride(_STRIDE)):
            pace.passed(len(chunk))
            if options.stopped:
                raise Interrupted(f"{target} is incomplete: it was stopped")
            digests.update(chunk)
            if entry.size is None:
                growth.expect(len(chunk))
            size += file.write(chunk)
            if entry.size is not None and size > entry.size:  # there may be no end to it
                break
        if entry.size is not None and size != entry.size:
            raise TruncatedTransfer(str(target), expected=entry.size, received=size)
        refuse_wrong(str(target), digests, entry)
        after = state_of(stream)
        if before and after and is_another(before, after):
            raise SourceChanged(f"{entry.path} was written to while it was copied to {target}", name=str(target))
    return size


def refuse_wrong(name: str, digests: Digests, entry: Entry) -> None:
    """Compare what came with what is stated of it.

    Args:
        name: What messages call it.
        digests: Of all that came, by the algorithms that are stated.
        entry: The file.

    Raises:
        ChecksumMismatch: It is something else.
    """
    found = digests.values()
    for algorithm, stated in entry.checksums.items():
        if found[algorithm] != stated:
            raise ChecksumMismatch(name, algorithm=algorithm, expected=stated, actual=found[algorithm])
