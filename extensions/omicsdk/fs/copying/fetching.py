"""Bringing files of any place into a folder of this machine: by the transfer engine, or from a stream that a store opens."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from omicsdk.core.checksums import Digests
from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.core.errors import (
    APIError,
    ChecksumMismatch,
    ChecksumMissing,
    Interrupted,
    OmicsError,
    SourceChanged,
    TruncatedTransfer,
    UnsafePath,
)
from omicsdk.core.files import in_place_of, is_special, put_in_place
from omicsdk.fs.store import Entry, Store, is_another, state_of
from omicsdk.fs.uri import PathError
from omicsdk.transfer import Control, Outcome, Progress, TransferReport, download
from omicsdk.transfer.downloads.wanted import check_all
from omicsdk.transfer.names import check_name
from omicsdk.transfer.ranges import Pace
from omicsdk.transfer.reports.outcome import verification_of
from omicsdk.transfer.writing import Growth, write_error

#: Statuses of a storage that say that another copy may be there.
GONE = (403, 404, 410)
_STRIDE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How files are fetched.

    Attributes:
        connections: Requests for bytes that run at once, at most.
        control: Stops, pauses, limits the rate, bounds the time, says whether files without a checksum are accepted.
        progress: Called a few times a second.
        stop: Set it to end within a second; the same fetch goes on from there.
        journal: The file that remembers how far it is; by default one in the folder.
        kept: Whether a file that is there under its name is the one that is wanted, since it has got that name for being whole:
            a stream of it isn't read again.
    """

    connections: int = 16
    control: Control = field(default_factory=Control)
    progress: Callable[[Progress], None] | None = None
    stop: threading.Event | None = None
    journal: Path | None = None
    kept: bool = False

    @property
    def stopped(self) -> bool:
        """Whether it shall end: it was stopped, or its time is over."""
        return self.control.over(SYSTEM_CLOCK.monotonic(), self.stop)


def fetch(
    wanted: Sequence[tuple[Entry, str]], store: Store, folder: str, options: FetchOptions | None = None
) -> TransferReport:
    """Brings files into a folder, each compared with what is stated of it, and there under its name when it is whole.

    Args:
        wanted: Files, each with its path in the folder.
        store: The store that has them.
        folder: The folder; made when it isn't there.
        options: How.

    Returns:
        The outcome of each file, in order.

    Raises:
        UnsafePath: A name would lead out of the folder; nothing was fetched.
        NameClash: Two would land on one path; likewise.
    """
    chosen = options or FetchOptions()
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
                outcomes[name] = _streamed(stream, entry, name, folder, store, chosen)
    report = TransferReport(title=f"Download to {folder}")
    if by_engine:
        report = _downloaded(by_engine, store, folder, chosen)
        if not outcomes:
            return report
        outcomes |= {outcome.name: outcome for outcome in report.outcomes}
    return report.with_outcomes(
        (outcomes[name] for _, name in wanted), why_stopped=report.why_stopped or chosen.control.why
    )


def _is_special(folder: str, name: str) -> bool:
    """Whether a file of that name is a device or a FIFO; what can't be written at all is told by what writes it."""
    try:
        check_name(name)
        return is_special(Path(folder, *name.split("/")))
    except (OSError, UnsafePath):
        return False


def _poured(entry: Entry, name: str, store: Store, folder: str, options: FetchOptions) -> TransferReport:
    """Writes a file into a device or a FIFO, once it is whole and verified in a temporary folder."""
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


def _downloaded(
    wanted: Sequence[tuple[Entry, str]], store: Store, folder: str, options: FetchOptions
) -> TransferReport:
    """Fetches by the engine; what isn't where it should be is looked for where its platform has another copy."""
    report = TransferReport()
    found: dict[str, Outcome] = {}
    left = wanted
    while left:
        part = download(
            [store.item(entry, name) for entry, name in left],
            folder,
            connections=options.connections,
            control=options.control,
            progress=options.progress,
            stop=options.stop,
            journal=options.journal,
        )
        if not found and part.ok:
            return part
        found |= {outcome.name: outcome for outcome in part.outcomes}
        report = TransferReport(
            (found[name] for _, name in wanted),
            report.seconds + part.seconds,
            throughput=part.throughput,
            began=report.began or part.began,
            title=part.title,
            why_stopped=part.why_stopped,
        )
        gone = [each for each in left if _is_gone(found[each[1]])] if not report.why_stopped else []
        left = [each for each in gone if store.elsewhere(each[0])]
    return report


def _is_gone(outcome: Outcome) -> bool:
    """Whether a storage said that it hasn't got a file."""
    return outcome.attempts > 0 and isinstance(outcome.error, APIError) and outcome.error.status in GONE


def _streamed(stream: BinaryIO, entry: Entry, name: str, folder: str, store: Store, options: FetchOptions) -> Outcome:
    target = Path(folder, *name.split("/"))
    if options.kept and target.is_file():
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
            raise PathError(
                str(target), "and what is to be copied there are the same file", remedy="Name another target."
            )
        found = state_of(stream)
        size = _written(stream, found, target, digests, entry, options)
        if store.scheme == "file":
            shutil.copystat(entry.path, target)
            if found is not None:  # another file may have its name by now, which is younger
                os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))
    except OmicsError as error:
        return Outcome(name, "stopped" if isinstance(error, Interrupted) else "failed", entry.size, error=error)
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
    options: FetchOptions,
) -> int:
    """Writes a stream to a file that appears when it is whole and right, unless it is stopped; gives its size."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with in_place_of(target) as file:
        size, pace, growth = 0, Pace(options.control, options.stop), Growth(str(target.parent), str(target))
        while chunk := stream.read(pace.stride(_STRIDE)):
            pace.passed(len(chunk))
            if options.stopped:
                raise Interrupted(f"{target} isn't whole: it was stopped")
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
    """Holds what came against what is stated of it.

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
