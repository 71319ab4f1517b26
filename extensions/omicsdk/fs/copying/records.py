"""What a copy finds at its target already, so that the same copy transfers nothing twice.

Checksums prove it if both places state one, or one does and the other is this machine. For all other files a record in
the user's state folder lists what was copied: it is valid while nothing changes at either end, as far as both places
state it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TypeVar

from omicsdk.core.errors import OmicsError
from omicsdk.core.files import current_folder, in_place_of
from omicsdk.core.logs import logger
from omicsdk.core.threads import side_by_side
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.fs.copying.comparison import common_checksum, judge, stated_checksums, with_common_checksum
from omicsdk.fs.copying.planning import CopyPlan, Selected
from omicsdk.fs.errors import PathNotFound
from omicsdk.fs.options import CopyOptions
from omicsdk.fs.store import Entry, Store, key_of
from omicsdk.fs.uris import Stores, Uri
from omicsdk.transfer import Outcome
from omicsdk.transfer.journal import journal_for
from omicsdk.transfer.reports.report import Verification, recorded_verification

_log = logger("omicsdk.fs")
T = TypeVar("T")
# Files of an earlier copy that are looked for: one of them shows that its folder was not emptied since.
_LOOKED_AT = 16


def is_recorded(plan: CopyPlan, stores: Stores) -> bool:
    """Whether an earlier run made the folder of a plan, and some of its files are still in it.

    Args:
        plan: The plan of a folder that becomes another one.
        stores: The stores of both ends.
    """
    path = _record_of(plan) if plan.makes_folder else None
    if path is None or not path.exists():
        return False
    targets = [plan.target(file) for file in plan.files[:_LOOKED_AT]]
    return any((entry := entry_at(stores.of(uri), uri.path)) and entry.kind == "file" for uri in targets)


def entry_at(store: Store, path: str) -> Entry | None:
    """Return the file or folder of a path; None if there is none.

    Args:
        store: Where.
        path: The path.

    Raises:
        OmicsError: The platform cannot be asked.
    """
    try:
        return store.stat(path)
    except PathNotFound:
        return None


def _record_of(plan: CopyPlan) -> Path | None:
    return journal_for("copies", "done", current_folder(), *plan.key_lines)


def _keys(file: Selected, entry: Entry, target: Uri) -> tuple[str, str]:
    return key_of(file.entry, str(file.uri)), key_of(entry, str(target))


class Record:
    """The completed and unchanged files of a copy.

    Args:
        plan: The planned copies.
        stores: The stores of both ends.
        options: How it is copied.
    """

    def __init__(self, plan: CopyPlan, stores: Stores, options: CopyOptions) -> None:
        self._plan = plan
        self._stores = stores
        self._options = options
        self._target = stores.of(plan.base)
        # Without `overwrite` whatever exists is left as it is, and of files that are known to differ nothing is kept.
        self._path = _record_of(plan) if options.overwrite and not plan.differing else None
        self._recorded = dict(self._read())

    def present(self) -> dict[str, Outcome]:
        """Return the skipped outcomes of files that are at the target already, and stay there: all of them without
        `overwrite`, else those that are shown to be the same.

        The transfer engine itself compares what it downloads by a stated checksum.
        """
        if not self._options.overwrite:
            # A target that cannot be requested is detected when it is put.
            results = self._results_of(
                lambda file: entry_at(self._target, self._plan.target(file).path), self._plan.files, is_here=False
            )
            pairs = zip(self._plan.files, results, strict=True)
            existing = [file for file, result in pairs if isinstance(result, Entry)]
            return {file.name: Outcome(file.name, "skipped", file.entry.size) for file in existing}
        if self._plan.differing:
            return {}
        checked = [file for file in self._plan.files if not self._is_for_engine(file)]
        # One request shows that there is no target yet, in place of one for each file.
        if self._target.features.puts_whole_folders or not checked or (len(checked) > 1 and not self._has_target()):
            return {}
        outcomes: dict[str, Outcome] = {}
        is_here = len(checked) == 1 and self._plan.base.scheme == checked[0].uri.scheme == "file"
        for file, end in zip(checked, self._results_of(self._sameness, checked, is_here=is_here), strict=True):
            if end is not None and not isinstance(end, OmicsError):
                verified = "the target has it"
                outcomes[file.name] = Outcome(
                    file.name, "skipped", file.entry.size, verified=verified, verification=end
                )
        return outcomes

    def _results_of(
        self, examine: Callable[[Selected], T], files: Sequence[Selected], *, is_here: bool
    ) -> Iterator[T | OmicsError]:
        """Look at each of several files; to look at one of this machine takes less than to hand it to a thread."""
        if not is_here:
            yield from side_by_side(examine, files, lambda: self._options.stopped)
            return
        for file in files:
            try:
                yield examine(file)
            except OmicsError as error:
                yield error

    def _is_for_engine(self, file: Selected) -> bool:
        if self._plan.base.scheme != "file" or file.uri.scheme == "file" or not file.entry.checksums:
            return False
        try:
            stream = self._stores.of(file.uri).open(file.entry)
        except OmicsError:  # raised again when the file is fetched
            return True
        with stream or nullcontext():
            return stream is None

    def _has_target(self) -> bool:
        try:
            self._target.stat(self._plan.base.path)
        except OmicsError:  # nothing exists, or it cannot be requested: files are copied
            return False
        return True

    def _sameness(self, file: Selected) -> Verification | None:
        """Return what shows that a file is at its target; None if nothing does."""
        target = self._plan.target(file)
        existing = entry_at(self._target, target.path)
        if existing is None or existing.is_folder:
            return None
        if existing.size != file.entry.size and None not in (existing.size, file.entry.size):
            return None
        recorded = self._recorded.get(file.name, [])
        if recorded[:2] == [*_keys(file, existing, target)]:
            return recorded_verification(recorded[2:])
        if file.uri.scheme == target.scheme == "file":
            with suppress(FileNotFoundError):  # removed since it was listed, which its copy reports
                if file.entry.modified == existing.modified and not Path(file.entry.path).samefile(existing.path):
                    return "size only"
            return None
        target_file = Selected(target, existing, file.name)
        verdict = judge(file.name, *with_common_checksum(file, target_file, self._stores.of))
        return "verified" if verdict.state == "verified" else None

    def keep(self, outcomes: Sequence[Outcome]) -> None:
        """Record copied files that checksums will not prove, and the folder that the copy created.

        Args:
            outcomes: The result for each file of the plan, in order.
        """
        if self._path is None or self._target.features.puts_whole_folders or self._options.stopped:
            return
        copied = [
            (file, outcome.verification)
            for file, outcome in zip(self._plan.files, outcomes, strict=True)
            if outcome.state == "done"
        ]
        doubtful = [(file, verification) for file, verification in copied if verification != "verified"]
        verified = [pair for pair in copied if pair[1] == "verified"]
        # Storage may have confirmed the parts of files of which the platform itself states no checksum later.
        is_here = self._target.scheme == "file"
        first = self._results_of(self._fingerprint, [file for file, _ in verified[:1]], is_here=is_here)
        if any(not isinstance(end, OmicsError) and end for end in first):
            doubtful += verified
        results = self._results_of(self._fingerprint, [file for file, _ in doubtful], is_here=is_here)
        new = {
            file.name: [*end, verification]
            for (file, verification), end in zip(doubtful, results, strict=True)
            if end is not None and not isinstance(end, OmicsError)
        }
        if new or self._plan.makes_folder:
            self._write({**self._recorded, **new})

    def _fingerprint(self, file: Selected) -> tuple[str, str] | None:
        """What distinguishes a file and its copy from later ones; None if checksums do."""
        target = self._plan.target(file)
        # `refresh`, since the store may have listed the target before the copy.
        existing = self._target.stat(target.path, refresh=True)
        here = (file.uri.scheme == "file", target.scheme == "file")
        # Two files of this machine are compared by their times, see `_sameness`; checksums that both state need no record.
        if all(here) or stated_checksums(file.entry).keys() & stated_checksums(existing).keys():
            return None
        # A list of a bucket states no checksum, which each object does.
        if not any(here) and stated_checksums(existing):
            target_file = Selected(target, existing, file.name)
            if common_checksum(*with_common_checksum(file, target_file, self._stores.of)):
                return None
        return (
            None
            if (here[0] and stated_checksums(existing)) or (here[1] and stated_checksums(file.entry))
            else _keys(file, existing, target)
        )

    def _read(self) -> Iterator[tuple[str, list[str]]]:
        if self._path is None or not self._path.exists():
            return
        try:
            content: object = json.loads(self._path.read_bytes())
        except (OSError, ValueError):  # one of a later version, or of another user
            return
        for name, entry in content.items() if is_object(content) else ():
            if is_array(entry):
                yield name, list(map(str, entry))

    def _write(self, records: dict[str, list[str]]) -> None:
        assert self._path is not None
        try:
            with in_place_of(self._path, mode=0o600, durable=False) as file:
                file.write(json.dumps(records).encode())
        except OSError as error:
            _log.warning("%s cannot be written (%s): the same copy will transfer files again", self._path, error)
