"""Copies between any two places: down, up, across a platform, and from one to another by way of this machine."""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from omicsdk.core.errors import OmicsError
from omicsdk.fs.copying.fetching import FetchOptions, fetch
from omicsdk.fs.copying.planning import CopyPlan
from omicsdk.fs.copying.selecting import Selected
from omicsdk.fs.copying.unfinished import Unfinished
from omicsdk.fs.errors import PathNotFound
from omicsdk.fs.opened import Stores
from omicsdk.fs.store import Put, PutOptions, Store
from omicsdk.transfer import Control, Outcome, Progress, TransferReport
from omicsdk.transfer.calls import side_by_side

#: Bytes that lie on this machine at once on their way from one platform to another; a larger file is there alone.
SPOOL = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """How files are copied.

    Attributes:
        overwrite: Whether what is at a target already is replaced.
        connections: Requests for bytes that run at once, at most.
        control: Stops, pauses, limits the rate, bounds the time.
        progress: Called a few times a second.
        stop: Set it to end within a second; the same copy goes on from there.
        spool: Folder for files on their way between platforms; by default the system's temporary one.
        spool_bytes: How much lies there at once, at most; a larger file lies there alone.
    """

    overwrite: bool = True
    connections: int = 16
    control: Control = field(default_factory=Control)
    progress: Callable[[Progress], None] | None = None
    stop: threading.Event | None = None
    spool: str | None = None
    spool_bytes: int = SPOOL

    @property
    def stopped(self) -> bool:
        """Whether it shall end."""
        return self.fetching().stopped

    def fetching(self, journal: Path | None = None) -> FetchOptions:
        """The same for what comes to this machine.

        Args:
            journal: The file that remembers how far it is; by default one in the folder.
        """
        return FetchOptions(self.connections, self.control, self.progress, self.stop, journal)


def copy_files(plan: CopyPlan, stores: Stores, options: CopyOptions | None = None) -> TransferReport:
    """Copies files. One that fails doesn't keep the others from being copied.

    Bytes that come here are verified by what their platform states of them, and appear under their names when they are whole.
    What a stopped copy began is gone on with by the same one, unless it is one from platform to platform: that begins anew.

    Args:
        plan: What goes where.
        stores: The stores of both ends.
        options: How.

    Returns:
        The outcome of each file, in the plan's order.

    Raises:
        ReadOnly: Nothing can be put there; nothing was copied.
    """
    chosen = options or CopyOptions()
    reports: list[TransferReport] = []
    files = plan.files if chosen.overwrite else _lacking(plan, stores.of(plan.base), chosen)
    for scheme, group in groupby(files, key=lambda file: file.uri.scheme):
        part = CopyPlan(plan.base, list(group))
        if chosen.stopped:
            reports.append(_not_begun(part.files))
        elif plan.base.scheme == "file":
            reports.append(_down(part, stores.of(part.files[0].uri), chosen))
        elif scheme == "file":
            reports.append(_up(part, stores.of(plan.base), chosen))
        else:
            reports.append(_across(part, stores, chosen))
    report = joined(reports, f"Copy to {plan.base}")
    return report if len(files) == len(plan.files) else _with_left(report, plan)


def joined(reports: Sequence[TransferReport], title: str) -> TransferReport:
    """Makes one report of several that followed each other.

    Args:
        reports: The reports.
        title: What they are of together.
    """
    return TransferReport(
        (outcome for report in reports for outcome in report.outcomes),
        sum(report.seconds for report in reports),
        began=min((report.began for report in reports if report.began is not None), default=None),
        title=title,
        why_stopped=next((report.why_stopped for report in reports if report.why_stopped), ""),
    )


def _down(plan: CopyPlan, store: Store, options: CopyOptions) -> TransferReport:
    """Into a folder of this machine."""
    folder = plan.base.path
    with Unfinished("down", [folder, *(f"{file.uri}\t{file.name}" for file in plan.files)]) as journal:
        report = fetch([(file.entry, file.name) for file in plan.files], store, folder, options.fetching(journal.path))
        journal.keep = not report.ok
    return report


def _up(plan: CopyPlan, store: Store, options: CopyOptions) -> TransferReport:
    """From this machine to a platform."""
    puts = [Put(file.uri.path, plan.target(file).path) for file in plan.files]
    with Unfinished("up", [f"{put.source}\t{store.uri(put.path)}" for put in puts]) as journal:
        how = PutOptions(options.overwrite, options.control, options.progress, options.stop, str(journal.path))
        report = store.put(puts, how)
        journal.keep = not report.ok
    outcomes = (outcome._replace(name=file.name) for file, outcome in zip(plan.files, report.outcomes, strict=True))
    return TransferReport(
        outcomes, report.seconds, throughput=report.throughput, began=report.began, why_stopped=report.why_stopped
    )


def _across(plan: CopyPlan, stores: Stores, options: CopyOptions) -> TransferReport:
    """From one platform to another, or within one: over there where it can, else by way of this machine."""
    source, target = stores.of(plan.files[0].uri), stores.of(plan.base)
    found: dict[str, Outcome] = {}
    seconds = 0.0
    if source is target:
        for file, outcome in zip(plan.files, _over_there(plan, source, options), strict=True):
            if outcome is not None:
                found[file.name] = outcome
    why = ""
    room = sys.maxsize if target.puts_whole_folders else options.spool_bytes
    for batch in batches([file for file in plan.files if file.name not in found], room):
        if options.stopped:
            break
        with tempfile.TemporaryDirectory(prefix="omics-", dir=options.spool) as folder:
            for part in _carried(batch, plan, source, target, folder, options):
                seconds += part.seconds
                why = why or part.why_stopped
                found |= {outcome.name: outcome for outcome in part.outcomes}
    outcomes = (found.get(file.name) or Outcome(file.name, "stopped", file.entry.size) for file in plan.files)
    return TransferReport(outcomes, seconds, title=f"Copy to {plan.base}", why_stopped=why or options.control.why)


def _over_there(plan: CopyPlan, store: Store, options: CopyOptions) -> Iterator[Outcome | None]:
    """What a platform copies by itself; None for what it can't."""

    def copy(file: Selected) -> bool:
        return store.copy(file.entry, plan.target(file).path)

    answers = side_by_side(copy, plan.files, lambda: options.stopped)
    for file, answer in zip(plan.files, answers, strict=True):
        if isinstance(answer, OmicsError):
            yield Outcome(file.name, "stopped" if options.stopped else "failed", file.entry.size, error=answer)
        else:
            yield Outcome(file.name, "done", file.entry.size, verified="by the platform") if answer else None


def _carried(
    batch: Sequence[Selected], plan: CopyPlan, source: Store, target: Store, folder: str, options: CopyOptions
) -> Iterator[TransferReport]:
    """Fetches some files and sends them on; gives the outcomes of those that failed to come, then of the others."""
    named = {str(number): file for number, file in enumerate(batch)}
    wanted = [(file.entry, number) for number, file in named.items()]
    came = fetch(wanted, source, folder, options.fetching())
    there = [outcome for outcome in came.outcomes if outcome.state in ("done", "skipped")]
    lost = [outcome for outcome in came.outcomes if outcome.state not in ("done", "skipped")]
    yield TransferReport(
        [outcome._replace(name=named[outcome.name].name) for outcome in lost],
        came.seconds,
        why_stopped=came.why_stopped,
    )
    puts = [Put(str(Path(folder, outcome.name)), plan.target(named[outcome.name]).path) for outcome in there]
    if puts and not options.stopped and not (lost and target.puts_whole_folders):
        sent = target.put(puts, PutOptions(options.overwrite, options.control, options.progress, options.stop))
        outcomes = [
            outcome._replace(name=named[Path(put.source).name].name)
            for put, outcome in zip(puts, sent.outcomes, strict=True)
        ]
        yield TransferReport(outcomes, sent.seconds, why_stopped=sent.why_stopped)


def batches(files: Sequence[Selected], room: int) -> Iterator[list[Selected]]:
    """Cuts files into lists that need no more room than there is, a larger file for itself.

    Args:
        files: The files.
        room: Bytes; a file of unknown size counts as the half.
    """
    batch: list[Selected] = []
    used = 0
    for file in files:
        size = file.entry.size if file.entry.size is not None else room // 2
        if batch and used + size > room:
            yield batch
            batch, used = [], 0
        batch.append(file)
        used += size
    if batch:
        yield batch


def _lacking(plan: CopyPlan, target: Store, options: CopyOptions) -> list[Selected]:
    """The files that aren't at the target yet; of what couldn't be asked for it is found out when it is put."""

    def look(file: Selected) -> bool:
        try:
            target.look(plan.target(file).path)
        except PathNotFound:
            return False
        return True

    there = side_by_side(look, plan.files, lambda: options.stopped)
    return [file for file, found in zip(plan.files, there, strict=True) if found is not True]


def _not_begun(files: Sequence[Selected]) -> TransferReport:
    return TransferReport(Outcome(file.name, "stopped", file.entry.size) for file in files)


def _with_left(report: TransferReport, plan: CopyPlan) -> TransferReport:
    """A report with the files that were left as they are."""
    known: Mapping[str, Outcome] = {outcome.name: outcome for outcome in report.outcomes}
    outcomes = (known.get(file.name) or Outcome(file.name, "skipped", file.entry.size) for file in plan.files)
    return joined(
        [TransferReport(outcomes, report.seconds, began=report.began, why_stopped=report.why_stopped)], report.title
    )
