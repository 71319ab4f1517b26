"""Copies between any two locations: down, up, and from one platform to another through a spool on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from omicsdk.core.checksums import text_digest
from omicsdk.core.clock import SYSTEM_CLOCK, interrupted, stopping
from omicsdk.core.errors import ChecksumMissing, DiskFull, Interrupted, OmicsError, TransferError
from omicsdk.core.logs import logger
from omicsdk.core.threads import side_by_side
from omicsdk.fs.copying.comparison import Verdict, judge
from omicsdk.fs.copying.planning import CopyPlan, Selected
from omicsdk.fs.copying.records import Record, entry_at
from omicsdk.fs.copying.spool import Arrival, RelayProgress, Spool, Unfinished, batches, is_newer
from omicsdk.fs.errors import AlreadyThere
from omicsdk.fs.options import CopyOptions
from omicsdk.fs.store import Entry, Put, Store
from omicsdk.fs.uris import Stores, parse_uri
from omicsdk.transfer import Control, Outcome, TransferReport
from omicsdk.transfer.disk import Disk, nearest_folder, shortage_of
from omicsdk.transfer.engine.control import interrupts, report_of, report_stopped
from omicsdk.transfer.journal import remove_journal
from omicsdk.transfer.names import journal_path
from omicsdk.transfer.reports.progress import counted, notebook_progress
from omicsdk.transfer.reports.report import worse_of

_log = logger("omicsdk.fs")


def copy_files(plan: CopyPlan, stores: Stores, options: CopyOptions | None = None) -> TransferReport:
    """Copy files. A file that fails does not stop the others.

    Bytes that are downloaded are compared with what their platform states, and appear under their names once they are
    complete. The same copy resumes a stopped one.

    Args:
        plan: The files and their targets.
        stores: The stores of both ends.
        options: How to copy. After a dry run each file is planned.

    Returns:
        The outcome of each file, in the plan's order, then of those that cannot be copied.

    Raises:
        ReadOnly: The target is read-only; nothing was copied.
        FolderBusy: Another process makes the same copy between platforms.
        KeyboardInterrupt: It was interrupted; `omicsdk.transfer.engine.control.report_of` returns the report.
    """
    chosen = options or CopyOptions()
    if chosen.dry_run:
        warn_of_shortage(plan)
        planned = (Outcome(file.name, "planned", file.entry.size, plan="copy") for file in plan.files)
        return TransferReport([*planned, *plan.unfit_outcomes])
    reports: list[TransferReport] = []
    record = Record(plan, stores, chosen)
    outcomes = {name: accepted(outcome, chosen) for name, outcome in record.present().items()}
    files = [file for file in plan.files if file.name not in outcomes]
    schemes = list(dict.fromkeys(file.uri.scheme for file in files))
    for scheme in schemes:
        part = plan._replace(files=[file for file in files if file.uri.scheme == scheme])
        if chosen.stopped:
            reports.append(TransferReport(Outcome(file.name, "stopped", file.entry.size) for file in part.files))
        elif plan.base.scheme == "file":
            reports.append(_down(part, stores.of(part.files[0].uri), chosen))
        elif scheme == "file":
            reports.append(_up(part, stores.of(plan.base), chosen))
        else:
            reports.append(across(part, stores, chosen))
    report = joined(reports, f"Copy to {plan.base}", str(plan.base))
    if outcomes or len(schemes) > 1:
        outcomes |= {outcome.name: outcome for outcome in report.outcomes}
        report = report.with_outcomes(outcomes[file.name] for file in plan.files)
    if not chosen.overwrite:
        # What another client created since it was looked for is kept as the rest.
        report = report.with_outcomes(
            Outcome(outcome.name, "skipped", outcome.size) if isinstance(outcome.error, AlreadyThere) else outcome
            for outcome in report.outcomes
        )
    # Before the unfit ones are added: records follow the files of the plan.
    record.keep(report.outcomes)
    if plan.unfit:
        report = report.with_outcomes([*report.outcomes, *plan.unfit_outcomes])
    return _raised(report, chosen)


def warn_of_shortage(plan: CopyPlan, *, moves: bool = False) -> None:
    """Log a warning if the files of a dry run need more space than the disk of their folder on this machine has.

    Args:
        plan: The planned copies.
        moves: Whether the sources are moved, which needs no space within a disk.
    """
    if plan.base.scheme != "file" or not plan.files:
        return
    from omicsdk.transfer.downloads.files import PartFiles, bytes_needed  # planning needs no engine

    folder = os.path.abspath(plan.base.path)  # noqa: PTH100 - as the engine names the parts
    parts = PartFiles.of_journal(folder, str(_unfinished(plan).path or journal_path(folder)), Disk())
    disk = os.stat(nearest_folder(folder)).st_dev  # noqa: PTH116 - a path that is text already
    needed = sum(
        bytes_needed(file.name, file.entry.size, parts)
        for file in plan.files
        if not (moves and file.uri.scheme == "file" and os.lstat(file.uri.path).st_dev == disk)
    )
    if (shortage := shortage_of(needed, folder)) is not None:
        _log.warning("%s; files that do not fit will fail", shortage.message)


def download_files(plan: CopyPlan, store: Store, options: CopyOptions) -> TransferReport:
    """Copy files of one store into a folder of this machine; as `copy_files`.

    Args:
        plan: The planned copies.
        store: The store of the files.
        options: How.
    """
    return _raised(_down(plan, store, options), options)


def _raised(report: TransferReport, options: CopyOptions) -> TransferReport:
    """Raise KeyboardInterrupt after Ctrl-C, which `until_interrupted` kept back."""
    if options.control.interrupted:
        report_stopped(options.control, report)
    return report


def is_begun(plan: CopyPlan, options: CopyOptions | None = None) -> bool:
    """Whether an earlier run left the same copy unfinished.

    Args:
        plan: The planned copies.
        options: How.
    """
    if not plan.files:
        return False
    is_here = "file" in (plan.base.scheme, plan.files[0].uri.scheme)
    return _unfinished(plan).is_there if is_here else spool_of(plan, options or CopyOptions()).is_there


def _unfinished(plan: CopyPlan) -> Unfinished:
    """Return the journal of a copy to or from this machine."""
    direction = "down" if plan.base.scheme == "file" else "up"
    return Unfinished(direction, [plan.files[0].uri.scheme, *plan.key_lines])


def joined(reports: Sequence[TransferReport], title: str, target: str = "") -> TransferReport:
    """Combine consecutive reports.

    Args:
        reports: The reports.
        title: Their common title.
        target: What the names of their outcomes are relative to.
    """
    if len(reports) == 1:  # its outcomes may be in a file, and are not written again
        return reports[0].with_outcomes(reports[0].outcomes, title=title, target=target)
    return TransferReport(
        (outcome for report in reports for outcome in report.outcomes),
        sum(report.seconds for report in reports),
        began=min((report.began for report in reports if report.began is not None), default=None),
        title=title,
        why_stopped=next((report.why_stopped for report in reports if report.why_stopped), ""),
        target=target,
    )


def _down(plan: CopyPlan, store: Store, options: CopyOptions) -> TransferReport:
    """Into a folder of this machine."""
    from omicsdk.fs.copying.fetching import fetch  # planning needs no engine

    with _unfinished(plan) as journal:
        # The engine believes the journal: what has changed at either end since is removed from it first.
        journal.forget(
            file.name for file in plan.files if plan.differing or is_newer(file.entry, plan.target(file).path)
        )
        named_entries, how = [(file.entry, file.name) for file in plan.files], options.replaced(journal=journal.path)
        names = [file.name for file in plan.files]
        report = until_interrupted(lambda: fetch(named_entries, store, plan.base.path, how), names, options.control)
        journal.keep = not report.ok
    return report


def _up(plan: CopyPlan, store: Store, options: CopyOptions) -> TransferReport:
    """From this machine to a platform."""
    puts = [Put(file.uri.path, plan.target(file).path) for file in plan.files]
    with _unfinished(plan) as journal:
        path = journal.path if plan.resumes else None
        report = put_for_good(store, puts, options.replaced(journal=path), differing=plan.differing)
        journal.keep = not report.ok
    pairs = zip(plan.files, report.outcomes, strict=True)
    return report.with_outcomes(accepted(outcome._replace(name=file.name), options) for file, outcome in pairs)


def accepted(outcome: Outcome, options: CopyOptions) -> Outcome:
    """Return an outcome, or a failure if a checksum is required and none was compared.

    Args:
        outcome: The outcome.
        options: The options of the copy.
    """
    if not (options.require_checksum and outcome.is_present and outcome.verification != "verified"):
        return outcome
    reason = "it is at the target, but no checksum of it was compared"
    return outcome._replace(state="failed", error=ChecksumMissing(outcome.name, reason))


def until_interrupted(step: Callable[[], TransferReport], names: Sequence[str], control: Control) -> TransferReport:
    """Run a step of a copy.

    Args:
        step: The step; `control` governs it.
        names: The names of its outcomes.
        control: Stopped when Ctrl-C has ended the step; `copy_files` raises that at its end.

    Returns:
        The step's report; of one that was interrupted the outcomes that are known by these names, the others are
        stopped.

    Raises:
        KeyboardInterrupt: It ended the step somewhere else than in an engine.
    """
    try:
        return step()
    except KeyboardInterrupt as error:
        report = report_of(error)
        if report is None or not control.stopped:
            raise
        by_name = {outcome.name: outcome for outcome in report.outcomes}
        return report.with_outcomes(
            (by_name.get(name) or Outcome(name, "stopped") for name in names),
            why_stopped=report.why_stopped or control.why,
        )


def put_for_good(store: Store, puts: Sequence[Put], options: CopyOptions, *, differing: bool = False) -> TransferReport:
    """Put files, repeating those that the journal has but the platform no longer does.

    Args:
        store: The target's store.
        puts: The files and their targets.
        options: How to copy. The journal is removed if a file in it may be missing on the platform.
        differing: Whether all are known to differ or be missing there, regardless of the journal.

    Returns:
        The outcome of each file, in order.

    Raises:
        OmicsError: As `Store.put`.
        KeyboardInterrupt: As `until_interrupted`.
    """
    return until_interrupted(
        lambda: _put_for_good(store, puts, options, differing), [put.path for put in puts], options.control
    )


def _put_for_good(store: Store, puts: Sequence[Put], options: CopyOptions, differing: bool) -> TransferReport:
    report = store.put(puts, options)
    # What the journal has may have been removed on the platform since, so skipped files are looked up.
    if options.journal is None or store.features.puts_whole_folders or not options.overwrite:
        return report
    outcomes = list(report.outcomes)
    doubtful = [number for number, outcome in enumerate(outcomes) if outcome.state == "skipped"]
    arrivals = [(puts[number].path, Arrival(outcomes[number].size, outcomes[number].checksums)) for number in doubtful]
    results = side_by_side(
        lambda arrival: not differing and is_there(store, *arrival), arrivals, lambda: options.stopped
    )
    missing: list[int] = []
    for number, result in zip(doubtful, results, strict=True):
        if isinstance(result, Interrupted):
            outcomes[number] = outcomes[number]._replace(state="stopped")
        elif result is not True:  # it is another, or the platform does not state it
            missing.append(number)
    if not missing:
        return report.with_outcomes(outcomes)
    # By its records they would be skipped again.
    removed = remove_journal(Path(options.journal))
    again = store.put([puts[number] for number in missing], options if removed else options.replaced(journal=None))
    return report.with_outcomes(outcomes).with_rerun(missing, again)


def is_there(store: Store, path: str, arrival: Arrival) -> bool:
    """Whether a transferred file still exists, as far as its platform states.

    Args:
        store: Its store.
        path: Its path.
        arrival: The facts of the transfer.

    Raises:
        OmicsError: The platform cannot be asked.
    """
    current, expected = entry_at(store, path), Entry(path, "file", arrival.size, arrival.checksums)
    return current is not None and not current.is_folder and judge(path, expected, current).state != "wrong"


# -- from one platform to another


def across(plan: CopyPlan, stores: Stores, options: CopyOptions) -> TransferReport:
    """Copy files of one platform to another one, or within one.

    Bytes that pass through this machine are stored in a spool that the same copy reuses: it downloads and uploads only
    the rest.

    Args:
        plan: The planned copies; all files are of one scheme.
        stores: The stores of both ends.
        options: How.

    Returns:
        The outcome of each file, in the plan's order.

    Raises:
        FolderBusy: Another process makes the same copy.
        NotWritable: The spool cannot be written.
        DiskFull: There is not even room for its journal.
    """
    source, target = stores.of(plan.files[0].uri), stores.of(plan.base)
    results: dict[str, Outcome] = {}
    # The platform itself copies what it can; only the rest passes through this machine.
    if source is target and source.features.copies:
        # Ctrl-C waits for the copies that are under way: they end cleanly, or as soon as possible.
        with interrupts(options.control), stopping(lambda: options.stopped):
            within = zip(plan.files, _copied_within(plan, source, options), strict=True)
            results = {file.name: outcome for file, outcome in within if outcome is not None}
    left = [file for file in plan.files if file.name not in results]
    seconds, why = 0.0, ""
    if left and not options.stopped:
        with spool_of(plan, options) as spool:
            for part in SpooledCopy(plan, source, target, spool, options).run(left):
                seconds += part.seconds
                why = why or part.why_stopped
                results |= {outcome.name: outcome for outcome in part.outcomes}
            lost = [file for file in left if file.name not in results or not results[file.name].is_present]
            spool.keep = any(_is_found_again(file) for file in lost)
    outcomes = (results.get(file.name) or Outcome(file.name, "stopped", file.entry.size) for file in plan.files)
    why = why or options.control.why
    return TransferReport(outcomes, seconds, title=f"Copy to {plan.base}", why_stopped=why, target=str(plan.base))


def spool_of(plan: CopyPlan, options: CopyOptions) -> Spool:
    """The spool of a copy, which is not opened.

    Args:
        plan: The planned copies.
        options: How.
    """
    return Spool(options.spool, ["across", plan.files[0].uri.scheme, *plan.key_lines], str(plan.base))


def _copied_within(plan: CopyPlan, store: Store, options: CopyOptions) -> Iterator[Outcome | None]:
    """Copy files within a platform; return None for those that it cannot copy."""

    def examined(file: Selected, copied: bool | Entry) -> Verdict | None:
        if copied is False:
            return None
        try:
            current = entry_at(store, plan.target(file).path) if copied is True else copied
            return judge(file.name, file.entry, current)
        except OmicsError as error:  # it was copied; what the platform states of the copy is not known
            return Verdict(file.name, "unverified", str(error))

    def copy(file: Selected) -> Verdict | None:
        if options.stopped:
            raise interrupted()
        target = plan.target(file).path
        # Again: the earlier state could not be requested for each.
        if not options.overwrite and entry_at(store, target) is not None:
            raise AlreadyThere(str(plan.target(file)))
        return examined(file, store.copy(file.entry, target, overwrite=options.overwrite))

    if options.overwrite and store.features.copies_batches:
        pairs = [(file.entry, plan.target(file).path) for file in plan.files]
        verdicts = (
            copied if isinstance(copied, OmicsError) else examined(file, copied)
            for file, copied in zip(plan.files, store.copy_many(pairs, options), strict=True)
        )
    else:
        verdicts = side_by_side(copy, plan.files)
    sizes = [file.entry.size for file in plan.files]
    responses = counted(verdicts, sizes, options.progress, SYSTEM_CLOCK)
    for file, response in zip(plan.files, responses, strict=True):
        copied = Outcome(file.name, "done", file.entry.size)
        if response is None:
            yield None
        elif isinstance(response, OmicsError):
            yield copied._replace(state="stopped" if options.stopped else "failed", error=response)
        elif response.state in ("wrong", "missing"):
            problem = "is missing" if response.state == "missing" else f"differs: {response.why}"
            wrong = TransferError(f"{file.name}: the platform's copy {problem}", name=file.name)
            yield copied._replace(state="failed", error=wrong)
        else:
            verification = response.state if response.state in ("verified", "size only") else "unverified"
            verified = f"copied by the platform: {response.why}"
            yield accepted(copied._replace(verified=verified, verification=verification), options)


def _is_found_again(file: Selected) -> bool:
    """Whether the same copy finds a file in the spool: later versions of any other one look the same."""
    return bool(file.entry.version or file.entry.checksums)


class SpooledCopy:
    """A copy whose files are downloaded into a spool and uploaded from there.

    Args:
        plan: The files and their targets.
        source: The source's store.
        target: The target's store.
        spool: The open spool.
        options: How to copy.
    """

    def __init__(self, plan: CopyPlan, source: Store, target: Store, spool: Spool, options: CopyOptions) -> None:
        self._plan, self._source, self._target = plan, source, target
        self._spool, self._options = spool, options

    def run(self, files: Sequence[Selected]) -> Iterator[TransferReport]:
        """Fetch and send files, as many at once as there is room for.

        Args:
            files: The files.

        Yields:
            Reports with the outcomes of some of them each.
        """
        named = {self._name(file): file for file in files}
        report = self._options.progress or notebook_progress()
        self._progress = RelayProgress(report, [file.entry.size for file in files], SYSTEM_CLOCK)
        if report is not None:
            self._options = self._options.replaced(progress=self._progress.add_run)
        yield from self._steps(named)
        self._progress.end()

    def _steps(self, named: Mapping[str, Selected]) -> Iterator[TransferReport]:
        outcomes = dict(self._completed_earlier(named))
        self._progress.count_uploads((outcome, named[name].entry.size) for name, outcome in outcomes.items())
        yield TransferReport(outcomes.values())
        left = {name: file for name, file in named.items() if name not in outcomes}
        # What earlier runs left of files that have changed, or arrived since, only takes room.
        self._spool.keep_only(left)
        whole = self._target.features.puts_whole_folders
        # A folder that is put as a whole needs all of its files here at once.
        room = sys.maxsize if whole else min(self._options.spool_bytes, self._spool.room())
        names = iter(left)
        for batch in batches(list(left.values()), room):
            if self._options.stopped:
                return
            some = {next(names): file for file in batch}
            self._spool.make_room(some, sum(file.entry.size or 0 for file in batch), room)
            yield from self._carried(some)

    def _name(self, file: Selected) -> str:
        """Return a file's name in the spool, from its identity and target, so that it is found again while both are the
        same.
        """
        entry = file.entry
        checksums = sorted(entry.checksums.items())
        facts: list[object] = [str(file.uri), entry.size, entry.version, entry.modified, checksums]
        if not _is_found_again(file):
            facts.append(os.urandom(12))
        return text_digest(repr([*facts, str(self._plan.target(file))]), 12)

    def _completed_earlier(self, named: Mapping[str, Selected]) -> Iterator[tuple[str, Outcome]]:
        """Return the files that an earlier run completed and that still exist."""
        # Of a folder that is put whole nothing may be left out.
        believed = not self._target.features.puts_whole_folders and not self._plan.differing
        earlier = {name: self._spool.arrivals[name] for name in named if believed and name in self._spool.arrivals}

        def is_still(name: str) -> bool:
            where = earlier[name].where
            path = parse_uri(where).path if where else self._plan.target(named[name]).path
            return is_there(self._target, path, earlier[name])

        for name, result in zip(
            earlier, side_by_side(is_still, list(earlier), lambda: self._options.stopped), strict=True
        ):
            if result is True:
                was, file = earlier[name], named[name]
                skipped = Outcome(file.name, "skipped", file.entry.size, label=was.where, verification=was.verification)
                yield name, accepted(skipped, self._options)

    def _carried(self, named: Mapping[str, Selected]) -> Iterator[TransferReport]:
        """Download some files and upload them; yield the outcomes of failed downloads, then of the others."""
        from omicsdk.fs.copying.fetching import fetch

        spool, options = self._spool, self._options
        named_entries = [(file.entry, name) for name, file in named.items()]
        how = options.replaced(journal=spool.fetched)
        report = until_interrupted(
            lambda: fetch(named_entries, self._source, str(spool.files), how, trusts_existing=True),
            list(named),
            options.control,
        )
        downloaded = {outcome.name: outcome for outcome in report.outcomes if outcome.is_present}
        lost = [outcome for outcome in report.outcomes if not outcome.is_present]
        self._progress.count_downloads((outcome, named[outcome.name].entry.size) for outcome in report.outcomes)
        renamed = [outcome._replace(name=named[outcome.name].name) for outcome in lost]
        yield TransferReport(renamed, report.seconds, why_stopped=report.why_stopped)
        if any(isinstance(outcome.error, DiskFull) for outcome in lost):
            spool.drop([outcome.name for outcome in lost])  # no other file could be written while these exist
        # A folder that is put as a whole is not put with files missing.
        if downloaded and not options.stopped and not (lost and self._target.features.puts_whole_folders):
            yield self._sent(named, downloaded)

    def _sent(self, named: Mapping[str, Selected], downloaded: Mapping[str, Outcome]) -> TransferReport:
        puts = [Put(str(Path(self._spool.files, name)), self._plan.target(named[name]).path) for name in downloaded]
        journal = self._spool.sent if all(_is_found_again(named[name]) for name in downloaded) else None
        how = self._options.replaced(journal=journal)
        sent = put_for_good(self._target, puts, how, differing=self._plan.differing)
        arrivals: dict[str, Arrival] = {}
        outcomes: list[Outcome] = []
        for name, outcome in zip(downloaded, sent.outcomes, strict=True):
            # It is as well verified as on the worse of both ways.
            worse = worse_of(downloaded[name].verification, outcome.verification)
            outcomes.append(accepted(outcome._replace(name=named[name].name, verification=worse), self._options))
            if outcome.is_present:
                where = outcome.label if outcome.label.startswith(f"{self._plan.base.scheme}://") else ""
                arrivals[name] = Arrival(
                    outcome.size, {**downloaded[name].checksums, **outcome.checksums}, where, worse
                )
        sizes = (named[name].entry.size for name in downloaded)
        self._progress.count_uploads(zip(sent.outcomes, sizes, strict=True))
        self._spool.note(arrivals)
        return TransferReport(outcomes, sent.seconds, why_stopped=sent.why_stopped)
