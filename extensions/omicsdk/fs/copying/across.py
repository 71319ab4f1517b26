"""Copies from one platform to another, through a spool on this machine."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from logging import getLogger
from pathlib import Path
from typing import Any, Self

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import (
    ChecksumMissing,
    ConfigError,
    DiskFull,
    FolderBusy,
    NotWritable,
    OmicsError,
    TransferError,
)
from omicsdk.core.files import state_folder
from omicsdk.fs.copying.comparison import Verdict, judge
from omicsdk.fs.copying.fetching import fetch
from omicsdk.fs.copying.planning import CopyPlan, Selected
from omicsdk.fs.copying.sending import (
    Arrival,
    CopyOptions,
    is_taken,
    is_there,
    put_for_good,
    remove_locked,
    until_interrupted,
)
from omicsdk.fs.store import Put, PutOptions, Store, Stores
from omicsdk.fs.uri import AlreadyThere, parse_uri
from omicsdk.transfer import Outcome, TransferReport
from omicsdk.transfer.calls import side_by_side
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.journals.journal_file import JournalFile
from omicsdk.transfer.journals.journal_lines import line_of
from omicsdk.transfer.reports.outcome import Verification, recorded_verification, worse_of
from omicsdk.transfer.writing import write_error

#: Seconds after which what nobody went on with is removed by whoever uses a spool next.
OLD = 7 * 86400.0

_HEAD: list[object] = ["omics-spool", 1]
_NAME = re.compile(r"omics-[0-9a-f]{24}")
_JOURNAL = ".journal"

_log = getLogger("omicsdk.fs")


class Spool:
    """A folder for the files of one copy, locked in a `with` block. The same copy finds it again, whatever ended it.

    It is its owner's only. Beside it is a journal, which tells what arrived, and whose lock goes with the process.

    Args:
        root: The folder that it is in; None for the one in the user's state folder, else the system's temporary one.
        what: What tells the copy from others, lines.
        title: Where the files go, for messages.
        clock: Tells how old others are.

    Attributes:
        files: The folder of the files, by names of the caller's.
        fetched: The journal of what comes into it.
        sent: The journal of what leaves it.
        arrived: What earlier runs brought to its end, by the same names.
        keep: Whether it is still needed when the block ends; so it is until somebody says otherwise.

    Raises:
        FolderBusy: Another process makes the same copy.
        NotWritable: It can't be made there, or is somebody else's.
        DiskFull: There is no room for it.
    """

    def __init__(self, root: str | None, what: Iterable[str], title: str, *, clock: Clock = SYSTEM_CLOCK) -> None:
        given = Path(root).absolute() if root else _own_root()
        self._is_among_others = _is_open(given)
        self._root = given / f"omics-{_owner()}" if self._is_among_others else given
        self._folder = self._root / _name(what)
        self._title = title
        self._clock = clock
        self.files = self._folder / "files"
        self.fetched, self.sent = self._folder / "fetched.journal", self._folder / "sent.journal"
        self.arrived: dict[str, Arrival] = {}
        self.keep = True

    @property
    def is_there(self) -> bool:
        """Whether an earlier run left it, or another one uses it."""
        return self._folder.is_dir()

    def __enter__(self) -> Self:
        try:
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
            found = self._root.lstat()
            if self._is_among_others and not (stat.S_ISDIR(found.st_mode) and str(found.st_uid) == _owner()):
                raise NotWritable(str(self._root), "it is somebody else's")
            self._log = self._locked()
            try:
                self._log.replay(line_of(_HEAD), self._replay)
                self._make()
            except BaseException:
                self._log.close()
                raise
        except OSError as error:
            raise write_error(error, str(self._root)) from error
        sweep(self._root, self._clock.now(), besides=self._folder.name)
        return self

    def __exit__(self, *_: object) -> None:
        if not self.keep:
            _remove(self._folder, self._log)
            return
        self._log.close()
        if any(self.files.iterdir()):
            _log.info("What is on its way is kept for the same copy, for %g days: %s", OLD / 86400, self._folder)

    def _locked(self) -> JournalFile:
        try:
            return JournalFile(_journal(self._folder), lambda: False, Disk(0o600), look=False)
        except FolderBusy:
            remedy = "Wait until that has ended; the same command does what is left then."
            raise FolderBusy(self._title, remedy=remedy) from None

    def _make(self) -> None:
        for folder in (self._folder, self.files):
            folder.mkdir(mode=0o700, exist_ok=True)
        for unfinished in self.files.glob(".*"):  # streams begin anew
            unfinished.unlink()

    def _replay(self, record: list[Any], _: int) -> None:
        match record:
            case ["arrived", name, size, checksums, where, *verification]:
                self.arrived[name] = Arrival(size, checksums, where, recorded_verification(verification))
            case _:  # a record of a later version says nothing to this one
                pass

    def note(self, arrived: Mapping[str, Arrival]) -> None:
        """Remembers files that arrived, and lets go of their bytes.

        Args:
            arrived: What is known of them, by name.

        Raises:
            NotWritable: That can't be written.
            DiskFull: There is no room for it.
        """
        lines = [
            line_of(["arrived", name, told.size, dict(told.checksums), told.where, told.verification])
            for name, told in arrived.items()
        ]
        try:
            if lines:
                self._log.append_for_good(lines)
        except OSError as error:
            raise write_error(error, str(self._folder)) from error
        self.drop(arrived)

    def drop(self, names: Collection[str]) -> None:
        """Removes files, whole or not; with the last one what was remembered of how they came and went.

        Args:
            names: Theirs.
        """
        left = False
        for path in list(self.files.iterdir()):
            if _file_of(path) in names:
                path.unlink(missing_ok=True)
            else:
                left = True
        if not left:
            self.fetched.unlink(missing_ok=True)
            self.sent.unlink(missing_ok=True)

    def keep_only(self, names: Collection[str]) -> None:
        """Removes all files but some.

        Args:
            names: Theirs.
        """
        self.drop({_file_of(path) for path in self.files.iterdir()}.difference(names))

    def make_room(self, names: Collection[str], size: int, room: int) -> None:
        """Removes what failed before where it would be too much together with what comes.

        Args:
            names: What comes, of which something may be there.
            size: The bytes of that.
            room: Bytes that may lie here at once.
        """
        others = [path for path in self.files.iterdir() if _file_of(path) not in names]
        if others and size + sum(path.stat().st_size for path in others) > room:
            self.keep_only(names)

    def room(self) -> int:
        """Bytes that it can hold, those that it holds among them, as far as its file system says."""
        return shutil.disk_usage(self.files).free + sum(path.stat().st_size for path in self.files.iterdir())


def sweep(root: Path, now: float, *, besides: str = "") -> None:
    """Removes spools that no process uses and nobody went on with for a week.

    Args:
        root: The folder that they are in.
        now: Seconds since 1970.
        besides: The name of one that stays.
    """
    names = {found[0] for path in root.iterdir() if (found := _NAME.match(path.name))}
    for folder in (root / name for name in sorted(names - {besides})):
        with suppress(OSError, FolderBusy):
            if now - _used(folder) > OLD:
                _remove(folder, JournalFile(_journal(folder), lambda: False, Disk(0o600), look=False))
                _log.info("%s is removed: an unfinished copy left it, and nobody went on with that", folder)


def _used(folder: Path) -> float:
    """When something was done in a spool last."""
    times: list[float] = []
    for path in (_journal(folder), folder, *folder.glob("*"), *folder.glob("files/*")):
        with suppress(FileNotFoundError):
            times.append(path.lstat().st_mtime)
    return max(times)


def _remove(folder: Path, log: JournalFile) -> None:
    """Removes a spool that is locked, its journal last: as long as that is there, somebody finds what is left."""
    shutil.rmtree(folder, ignore_errors=True)
    remove_locked(_journal(folder), log)


def _own_root() -> Path:
    try:
        root = state_folder() / "spool"
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(root, os.W_OK):
            return root
    except (ConfigError, OSError):
        pass
    return Path(tempfile.gettempdir())


def _is_open(folder: Path) -> bool:
    """Whether others may put something into a folder."""
    with suppress(FileNotFoundError):
        return bool(_owner()) and bool(folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH))
    return False


def _owner() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else ""


def _journal(folder: Path) -> Path:
    return folder.with_name(folder.name + _JOURNAL)


def _name(what: Iterable[str]) -> str:
    text = "\n".join([_owner(), *what])
    return f"omics-{blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=12).hexdigest()}"


def _file_of(path: Path) -> str:
    """The name of the file that a path is of, whole or a part of it."""
    return path.name.partition(".")[0]


_THERE = ("done", "skipped")


def across(plan: CopyPlan, stores: Stores, options: CopyOptions) -> TransferReport:
    """Copies files of one platform to another one, or within one.

    What passes through this machine lies in a spool, which the same copy finds again: it fetches and sends what is left.

    Args:
        plan: What goes where; all files are of one scheme.
        stores: The stores of both ends.
        options: How.

    Returns:
        The outcome of each file, in the plan's order.

    Raises:
        FolderBusy: Another process makes the same copy.
        NotWritable: The spool can't be written.
        DiskFull: There isn't even room for its journal.
    """
    source, target = stores.of(plan.files[0].uri), stores.of(plan.base)
    found: dict[str, Outcome] = {}
    if source is target:
        for file, outcome in zip(plan.files, _over_there(plan, source, options), strict=True):
            if outcome is not None:
                found[file.name] = outcome
    left = [file for file in plan.files if file.name not in found]
    seconds, why = 0.0, ""
    if left and not options.stopped:
        with spool_of(plan, options) as spool:
            carrying = Carrying(plan, source, target, spool, options)
            for part in carrying.run(left):
                seconds += part.seconds
                why = why or part.why_stopped
                found |= {outcome.name: outcome for outcome in part.outcomes}
            spool.keep = any(file.name not in found or found[file.name].state not in _THERE for file in left)
    outcomes = (found.get(file.name) or Outcome(file.name, "stopped", file.entry.size) for file in plan.files)
    return TransferReport(outcomes, seconds, title=f"Copy to {plan.base}", why_stopped=why or options.control.why)


def spool_of(plan: CopyPlan, options: CopyOptions) -> Spool:
    """The spool of a copy, which isn't opened.

    Args:
        plan: What goes where.
        options: How.
    """
    return Spool(options.spool, ["across", plan.files[0].uri.scheme, *plan.words], str(plan.base))


def _over_there(plan: CopyPlan, store: Store, options: CopyOptions) -> Iterator[Outcome | None]:
    """What a platform copies by itself; None for what it can't."""

    def copy(file: Selected) -> Verdict | None:
        target = plan.target(file).path
        if not options.overwrite and is_taken(store, target):  # what was there before couldn't be asked for each
            raise AlreadyThere(str(plan.target(file)))
        if not store.copy(file.entry, target):
            return None
        try:
            return judge(file.name, file.entry, store.look(target))
        except OmicsError as error:  # it was copied; what the platform states of the copy isn't known
            return Verdict(file.name, "unverified", str(error))

    answers = side_by_side(copy, plan.files, lambda: options.stopped)
    for file, answer in zip(plan.files, answers, strict=True):
        if isinstance(answer, OmicsError):
            yield Outcome(file.name, "stopped" if options.stopped else "failed", file.entry.size, error=answer)
        elif answer is None:
            yield None
        elif answer.state == "wrong":
            wrong = TransferError(f"{file.name}: the platform's copy differs: {answer.why}", name=file.name)
            yield Outcome(file.name, "failed", file.entry.size, error=wrong)
        else:
            known: Verification = "unverified"
            if answer.state == "verified" or answer.state == "size only":
                known = answer.state
            said = f"copied by the platform: {answer.why}"
            yield accepted(Outcome(file.name, "done", file.entry.size, verified=said, verification=known), options)


def accepted(outcome: Outcome, options: CopyOptions) -> Outcome:
    """An outcome, or a failure where a checksum is required and the file is at the target without one having been compared.

    Args:
        outcome: The outcome.
        options: How it was copied.
    """
    if not (options.control.require_checksum and outcome.is_present and outcome.verification != "verified"):
        return outcome
    reason = "it is at the target, but no checksum of it was compared"
    return outcome._replace(state="failed", error=ChecksumMissing(outcome.name, reason))


class Carrying:
    """Files that are fetched into a spool and sent on from there.

    Args:
        plan: What goes where.
        source: Where it comes from.
        target: Where it goes.
        spool: What it passes through, open.
        options: How.
    """

    def __init__(self, plan: CopyPlan, source: Store, target: Store, spool: Spool, options: CopyOptions) -> None:
        self._plan, self._source, self._target = plan, source, target
        self._spool, self._options = spool, options

    def run(self, files: Sequence[Selected]) -> Iterator[TransferReport]:
        """Carries files, as many at once as there is room for.

        Args:
            files: The files.

        Yields:
            Reports with the outcomes of some of them each.
        """
        named = {self._name(file): file for file in files}
        arrived = dict(self._arrived(named))
        yield TransferReport(arrived.values())
        left = {name: file for name, file in named.items() if name not in arrived}
        self._spool.keep_only(left)
        whole = self._target.puts_whole_folders
        room = sys.maxsize if whole else min(self._options.spool_bytes, self._spool.room())
        names = iter(left)
        for batch in batches(list(left.values()), room):
            if self._options.stopped:
                return
            some = {next(names): file for file in batch}
            self._spool.make_room(some, sum(file.entry.size or 0 for file in batch), room)
            yield from self._carried(some)

    def _name(self, file: Selected) -> str:
        """What a file is called in the spool: by what it is and where it goes, so that it is found again as long as it is that."""
        entry = file.entry
        facts: list[object] = [
            str(file.uri),
            entry.size,
            entry.version,
            entry.modified,
            sorted(entry.checksums.items()),
        ]
        if not entry.version and not entry.checksums:
            facts.append(os.urandom(12))  # nothing tells it from what it becomes, so that it is never found again
        text = repr([*facts, str(self._plan.target(file))])
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()

    def _arrived(self, named: Mapping[str, Selected]) -> Iterator[tuple[str, Outcome]]:
        """Files that an earlier run brought to their end, and that are there still."""
        # Of a folder that is put whole nothing may be left out.
        believed = not self._target.puts_whole_folders and not self._plan.differing
        known = [name for name in named if name in self._spool.arrived] if believed else []
        places = [self._place(self._spool.arrived[name], named[name]) for name in known]
        there = side_by_side(lambda place: is_there(self._target, *place), places, lambda: self._options.stopped)
        for name, found in zip(known, there, strict=True):
            if found is True:
                told, file = self._spool.arrived[name], named[name]
                yield (
                    name,
                    accepted(
                        Outcome(
                            file.name, "skipped", file.entry.size, label=told.where, verification=told.verification
                        ),
                        self._options,
                    ),
                )

    def _place(self, told: Arrival, file: Selected) -> tuple[str, Arrival]:
        return parse_uri(told.where).path if told.where else self._plan.target(file).path, told

    def _carried(self, named: Mapping[str, Selected]) -> Iterator[TransferReport]:
        """Fetches some files and sends them on; gives the outcomes of those that failed to come, then of the others."""
        spool, options = self._spool, self._options
        wanted = [(file.entry, name) for name, file in named.items()]
        fetching = options.fetching(spool.fetched, kept=True)
        came = until_interrupted(
            lambda: fetch(wanted, self._source, str(spool.files), fetching), list(named), options.control
        )
        there = {outcome.name: outcome for outcome in came.outcomes if outcome.state in _THERE}
        lost = [outcome for outcome in came.outcomes if outcome.state not in _THERE]
        yield TransferReport(
            [outcome._replace(name=named[outcome.name].name) for outcome in lost],
            came.seconds,
            why_stopped=came.why_stopped,
        )
        if any(isinstance(outcome.error, DiskFull) for outcome in lost):
            spool.drop([outcome.name for outcome in lost])  # nobody else could write there as long as they lie here
        if there and not options.stopped and not (lost and self._target.puts_whole_folders):
            yield self._sent(named, there)

    def _sent(self, named: Mapping[str, Selected], there: Mapping[str, Outcome]) -> TransferReport:
        names = list(there)
        puts = [Put(str(Path(self._spool.files, name)), self._plan.target(named[name]).path) for name in names]
        options, journal = self._options, str(self._spool.sent)
        how = PutOptions(options.overwrite, options.control, options.progress, options.stop, journal)
        paths = [put.path for put in puts]
        differing = self._plan.differing
        sent = until_interrupted(
            lambda: put_for_good(self._target, puts, how, differing=differing), paths, options.control
        )
        arrived: dict[str, Arrival] = {}
        outcomes: list[Outcome] = []
        for name, outcome in zip(names, sent.outcomes, strict=True):
            # It is as well verified as on the worse of both ways.
            worse = worse_of(there[name].verification, outcome.verification)
            outcome = outcome._replace(verification=worse)
            outcomes.append(accepted(outcome._replace(name=named[name].name), options))
            if outcome.state in _THERE:
                where = outcome.label if outcome.label.startswith(f"{self._plan.base.scheme}://") else ""
                checksums = {**there[name].checksums, **outcome.checksums}
                arrived[name] = Arrival(outcome.size, checksums, where, worse)
        self._spool.note(arrived)
        return TransferReport(outcomes, sent.seconds, why_stopped=sent.why_stopped)


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
