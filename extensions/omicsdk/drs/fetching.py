"""From files that were found to a folder that has them: each by the first of its ways that works."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from omicsdk.core.errors import APIError, Interrupted, NameClash, UnsafePath
from omicsdk.drs.access import in_order
from omicsdk.drs.items import FoundItems, expect, label_of
from omicsdk.drs.objects import DrsObject
from omicsdk.drs.planning import DrsFile
from omicsdk.drs.server import DrsServer
from omicsdk.drs.sharing import Shared, fetch_shared
from omicsdk.transfer import Outcome, Outcomes, TransferReport
from omicsdk.transfer import download as fetch
from omicsdk.transfer.downloads.wanted import guard_of

_GONE = (403, 404, 410)
"""Statuses of a storage that say that another copy may be there."""
_TAKEN = "Name each file once, or have each put into a folder that is called like its identifier (layout='id')."
_UNSAFE = "The other files aren't concerned. Give it another name."


def fetch_found(
    files: Sequence[DrsFile],
    folder: str | os.PathLike[str],
    preferred: Sequence[str] = (),
    retries: int = 10,
    *,
    shared: Shared | None = None,
    **options: Any,
) -> TransferReport:
    """Fetches files that were found, by the first way that works.

    A file that can't be fetched, because it wasn't found or because its name would leave the folder or is taken by one before
    it, fails by itself.

    Args:
        files: The files; the servers that have them must still be open.
        folder: Where to; made when it isn't there.
        preferred: Kinds, clouds or regions of storage that are wanted most.
        retries: Failures in a row that end a file, 0 for none.
        shared: The workers that fetch; None where this process does. A dry run asks none of them.
        **options: Of `omicsdk.transfer.download`, such as connections, progress, stop, control and dry_run.

    Returns:
        The outcome of each file, in their order.

    Raises:
        NotWritable: The folder can't be written.
    """
    lost = _lost(files, folder)
    good = [file for at, file in enumerate(files) if at not in lost]

    def fetched(some: Sequence[DrsFile], skip: int = 0) -> TransferReport:
        if shared is None or options.get("dry_run"):
            return fetch(FoundItems(some, preferred, retries, skip), folder, **options)
        told = {name: value for name, value in options.items() if name != "dry_run"}
        return fetch_shared(shared, some, folder, preferred, retries, skip, **told)

    if shared is None:  # workers tell servers themselves
        expect(good, preferred)
    report = fetched(good)
    if not options.get("dry_run"):
        report = _by_other_ways(report, good, preferred, fetched)
    return with_outcomes(report, _merged(report.outcomes, lost)) if lost else report


def with_outcomes(report: TransferReport, outcomes: Iterable[Outcome]) -> TransferReport:
    """The same report with other outcomes.

    Args:
        report: The report.
        outcomes: The outcomes, in the order of the files.
    """
    return TransferReport(
        Outcomes(outcomes),
        report.seconds,
        throughput=report.throughput,
        began=report.began,
        title=report.title,
        why_stopped=report.why_stopped,
    )


def _lost(files: Iterable[DrsFile], folder: str | os.PathLike[str]) -> dict[int, Outcome]:
    """The outcomes of files that can't be fetched, by their places."""
    guard = guard_of(str(Path(folder).absolute()), look=True)
    lost: dict[int, Outcome] = {}
    for at, file in enumerate(files):
        error = file.error
        if error is None:
            try:
                guard.check(file.name)
            except NameClash as clash:
                clash.remedy = _TAKEN
                error = clash
            except UnsafePath as unsafe:
                unsafe.remedy = _UNSAFE
                error = unsafe
        if error is not None:
            state = "stopped" if isinstance(error, Interrupted) else "failed"
            size = file.found.size if file.found is not None else file.wanted.size
            told = None if state == "stopped" else error
            lost[at] = Outcome(file.name, state, size, error=told, label=label_of(file))
    return lost


def _merged(outcomes: Iterable[Outcome], lost: Mapping[int, Outcome]) -> Iterator[Outcome]:
    at = 0
    for outcome in outcomes:
        while at in lost:
            yield lost[at]
            at += 1
        yield outcome
        at += 1
    yield from (lost[place] for place in sorted(lost) if place >= at)


def _by_other_ways(
    report: TransferReport,
    files: Sequence[DrsFile],
    preferred: Sequence[str],
    fetched: Callable[[Sequence[DrsFile], int], TransferReport],
) -> TransferReport:
    """Fetches files again whose storage hasn't got them, where their servers list another one."""
    skip = 1
    while report.failed and not report.why_stopped:
        gone = {at: files[at] for at, outcome in enumerate(report.outcomes) if _is_gone(outcome)}
        again = {
            at: file
            for at, file in _described(gone).items()
            if file.found is not None and len(in_order(file.found.methods, preferred)) > skip
        }
        if not again:
            return report
        second = fetched(list(again.values()), skip)
        better = dict(zip(again, second.outcomes, strict=True))
        report = with_outcomes(report, (better.get(at, each) for at, each in enumerate(report.outcomes)))
        report.seconds += second.seconds
        report.why_stopped = second.why_stopped
        skip += 1
    return report


def _described(files: Mapping[int, DrsFile]) -> dict[int, DrsFile]:
    """The files with their objects, by their places; those that were planned as they were stated are asked for."""
    known = {at: file for at, file in files.items() if file.found is not None}
    later: dict[DrsServer, list[int]] = {}
    for at, file in files.items():
        if file.found is None and file.server is not None:
            later.setdefault(file.server, []).append(at)
    for server, places in later.items():
        answers = server.describe_many([files[at].wanted.identifier for at in places])
        for at, answer in zip(places, answers, strict=True):
            if isinstance(answer, DrsObject):
                known[at] = DrsFile(files[at].wanted, files[at].name, answer, server)
    return dict(sorted(known.items()))


def _is_gone(outcome: Outcome) -> bool:
    """Whether a storage said that it hasn't got a file; a server that gave no URL was asked for all ways."""
    refused = isinstance(outcome.error, APIError) and outcome.error.status in _GONE
    return outcome.state == "failed" and refused and outcome.attempts > 0
