"""Copies between any two places: down, up, and from one platform to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from omicsdk.fs.copying.across import accepted, across, spool_of
from omicsdk.fs.copying.fetching import fetch
from omicsdk.fs.copying.planning import CopyPlan, Selected
from omicsdk.fs.copying.sending import CopyOptions, Unfinished, is_newer, is_taken, put_for_good, until_interrupted
from omicsdk.fs.store import Put, PutOptions, Store, Stores
from omicsdk.transfer import Outcome, TransferReport
from omicsdk.transfer.calls import side_by_side
from omicsdk.transfer.interrupts import say_stopped


def copy_files(plan: CopyPlan, stores: Stores, options: CopyOptions | None = None) -> TransferReport:
    """Copies files. One that fails doesn't keep the others from being copied.

    Bytes that come here are compared with what their platform states of them, and appear under their names when they are whole.
    What a stopped copy began is gone on with by the same one.

    Args:
        plan: What goes where.
        stores: The stores of both ends.
        options: How.

    Returns:
        The outcome of each file, in the plan's order.

    Raises:
        ReadOnly: Nothing can be put there; nothing was copied.
        FolderBusy: Another process makes the same copy from platform to platform.
        KeyboardInterrupt: It was interrupted; `omicsdk.transfer.interrupts.report_of` gives the report.
    """
    chosen = options or CopyOptions()
    reports: list[TransferReport] = []
    files = plan.files if chosen.overwrite else _lacking(plan, stores.of(plan.base), chosen)
    schemes = list(dict.fromkeys(file.uri.scheme for file in files))
    for scheme in schemes:
        part = replace(plan, files=[file for file in files if file.uri.scheme == scheme])
        if chosen.stopped:
            reports.append(_not_begun(part.files))
        elif plan.base.scheme == "file":
            reports.append(_down(part, stores.of(part.files[0].uri), chosen))
        elif scheme == "file":
            reports.append(_up(part, stores.of(plan.base), chosen))
        else:
            reports.append(across(part, stores, chosen))
    report = joined(reports, f"Copy to {plan.base}")
    if len(files) < len(plan.files) or len(schemes) > 1:
        report = _in_order(report, plan, chosen)
    if chosen.control.reason in ("interrupt", "terminate"):
        say_stopped(chosen.control, report)
    return report


def is_begun(plan: CopyPlan, options: CopyOptions | None = None) -> bool:
    """Whether an earlier run left the same copy unfinished.

    Args:
        plan: What goes where.
        options: How.
    """
    if not plan.files:
        return False
    is_here = "file" in (plan.base.scheme, plan.files[0].uri.scheme)
    return _unfinished(plan).is_there if is_here else spool_of(plan, options or CopyOptions()).is_there


def _unfinished(plan: CopyPlan) -> Unfinished:
    """What remembers how far a copy to or from this machine is."""
    way = "down" if plan.base.scheme == "file" else "up"
    return Unfinished(way, [plan.files[0].uri.scheme, *plan.words])


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
    with _unfinished(plan) as journal:
        journal.forget(
            file.name for file in plan.files if plan.differing or is_newer(file.entry, plan.target(file).path)
        )
        wanted, how = [(file.entry, file.name) for file in plan.files], options.fetching(journal.path)
        names = [file.name for file in plan.files]
        report = until_interrupted(lambda: fetch(wanted, store, folder, how), names, options.control)
        journal.keep = not report.ok
    return report


def _up(plan: CopyPlan, store: Store, options: CopyOptions) -> TransferReport:
    """From this machine to a platform."""
    puts = [Put(file.uri.path, plan.target(file).path) for file in plan.files]
    with _unfinished(plan) as journal:
        remembered = None if journal.path is None else str(journal.path)
        how = PutOptions(options.overwrite, options.control, options.progress, options.stop, remembered)
        paths = [put.path for put in puts]
        report = until_interrupted(
            lambda: put_for_good(store, puts, how, differing=plan.differing), paths, options.control
        )
        journal.keep = not report.ok
    outcomes = (
        accepted(outcome._replace(name=file.name), options)
        for file, outcome in zip(plan.files, report.outcomes, strict=True)
    )
    return report.with_outcomes(outcomes)


def _lacking(plan: CopyPlan, target: Store, options: CopyOptions) -> list[Selected]:
    """The files that aren't at the target yet; of what couldn't be asked for it is found out when it is put."""

    there = side_by_side(lambda file: is_taken(target, plan.target(file).path), plan.files, lambda: options.stopped)
    return [file for file, found in zip(plan.files, there, strict=True) if found is not True]


def _not_begun(files: Sequence[Selected]) -> TransferReport:
    return TransferReport(Outcome(file.name, "stopped", file.entry.size) for file in files)


def _in_order(report: TransferReport, plan: CopyPlan, options: CopyOptions) -> TransferReport:
    """A report in the plan's order, with the files that were left as they are."""
    known: Mapping[str, Outcome] = {outcome.name: outcome for outcome in report.outcomes}
    outcomes = (known.get(file.name) or _left(file, options) for file in plan.files)
    return report.with_outcomes(outcomes)


def _left(file: Selected, options: CopyOptions) -> Outcome:
    """The outcome of a file that was at the target already and was left as it is, whatever it is."""
    return accepted(Outcome(file.name, "skipped", file.entry.size), options)
