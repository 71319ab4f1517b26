"""How an upload begins: its file is opened, earlier runs are looked up, the store is asked, or all begins from nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from logging import getLogger

from omicsdk.core.errors import OmicsError, TransferError, UsageError
from omicsdk.transfer.uploads.answers import agreed
from omicsdk.transfer.uploads.calls import Calls
from omicsdk.transfer.uploads.job import Job
from omicsdk.transfer.uploads.journal import Unfinished, UploadJournal, key_of, place_of
from omicsdk.transfer.uploads.plan import PartPlan, plan_parts
from omicsdk.transfer.uploads.source import SourceFile, changed, difference
from omicsdk.transfer.uploads.store import SentPart, Source
from omicsdk.transfer.uploads.summing import Summing
from omicsdk.transfer.writing import write_error

_log = getLogger("omicsdk.transfer")


class Opening:
    """Takes jobs to the point where parts are sent.

    Args:
        journal: The open journal, None for none.
        calls: Makes calls in threads.
        summing: Makes checksums.
        is_twice: Tells whether another open job has the same key.
        skipped: Ends a job that was done before.
        failed: Ends one with an error.
        start: Has its parts sent.
    """

    def __init__(
        self,
        *,
        journal: UploadJournal | None,
        calls: Calls,
        summing: Summing,
        is_twice: Callable[[Job], bool],
        skipped: Callable[[Job], None],
        failed: Callable[[Job, OmicsError], None],
        start: Callable[[Job], None],
    ) -> None:
        self._journal = journal
        self._calls = calls
        self._summing = summing
        self._is_twice = is_twice
        self._skipped = skipped
        self._failed = failed
        self._start = start

    def open(self, job: Job) -> None:
        """Opens a job's file and finds out where to go on."""
        try:
            source = SourceFile(job.path, job.title)  # not in a thread: handing it over takes longer
        except OmicsError as error:
            self._failed(job, error)
            return
        self._opened(job, source)

    def _opened(self, job: Job, source: SourceFile) -> None:
        job.source = source
        job.key = key_of(job.path, job.title, job.store.target)
        if job.store.target and self._is_twice(job):
            remedy = "Leave one of them out, or give them different targets."
            self._failed(
                job,
                UsageError(f"{job.title}: {job.path} is already being uploaded to {job.store.target}", remedy=remedy),
            )
            return
        journal = self._journal
        if journal is not None:
            done, begun = journal.finished(job.key, place_of(job.store.target)), journal.unfinished(job.key)
            if done is not None and done.identity == source.identity:
                job.recorded, job.recorded_as = done.checksums, done.confirmed
                self._skipped(job)
                return
            if begun is not None:
                self._go_on(job, begun)
                return
        self.begin(job)

    def _go_on(self, job: Job, begun: Unfinished) -> None:
        job.upload_id = begun.upload_id
        if begun.identity != job.file.identity:
            self._failed(job, changed(job.title, difference(begun.identity, job.file.identity)))
            return
        job.plan = PartPlan(job.file.size, begun.part_size)
        job.journaled = begun.parts
        job.told = self._told(job, {})
        self._ask_for_parts(job, begun)

    def _ask_for_parts(self, job: Job, begun: Unfinished | None) -> None:
        def known(parts: Mapping[int, SentPart] | None) -> None:
            if begun is None:
                self._take_up(job, parts or {})
                return
            for number, part in begun.parts.items():
                theirs = part if parts is None else parts.get(number)
                if theirs is not None and (theirs.size, theirs.etag) == (part.size, part.etag):
                    job.landed(part)
                    job.kept += part.size
                    listed = theirs.checksums if parts is not None else dict[str, str]()
                    job.unconfirmed |= not agreed(part.checksums, {"md5": part.etag, **listed})
            job.listed = {number: part for number, part in (parts or {}).items() if number not in job.sent}
            if job.sent:
                _log.info("%s: resuming, %d of %d parts are stored", job.title, len(job.sent), job.count)
            self._start(job)

        self._calls.make(job, lambda: job.store.known(job.upload_id), known)

    def _take_up(self, job: Job, parts: Mapping[int, SentPart]) -> None:
        """Goes on with an upload that only the platform knows; each part is held against the file."""
        sizes = {part.size for part in parts.values() if part.number < max(parts)}
        size = job.store.part_size(job.upload_id) or next(iter(sizes), job.cuts.part_size)
        too_many = PartPlan(job.file.size, size).count > job.store.rules.parts
        if len(sizes) > 1 or size < job.store.rules.least or too_many:
            size = job.cuts.part_size
        job.plan = PartPlan(job.file.size, size)
        job.listed = {n: part for n, part in parts.items() if n <= job.count and part.size == job.cut(n).length}
        if self._record(job):
            self._start(job)

    def begin(self, job: Job) -> None:
        """Begins an upload from nothing."""
        try:
            job.plan = plan_parts(job.file.size, job.store.rules)
        except ValueError as error:
            self._failed(job, TransferError(f"{job.title}: {error}", name=job.title, remedy="Split the file."))
            return
        self._summing.need(job, lambda checksums: self._choose_way(job, checksums))

    def _choose_way(self, job: Job, checksums: Mapping[str, str]) -> None:
        job.told = self._told(job, checksums)
        if job.cuts.single:
            job.whole = True  # until `put` says that there is only the way in parts
            self._start(job)
        else:
            self.begin_parts(job)

    def begin_parts(self, job: Job) -> None:
        """Begins an upload in parts."""
        job.whole = False

        def unfinished(upload_id: str) -> None:
            if upload_id:
                job.upload_id = upload_id
                self._ask_for_parts(job, None)
            else:
                begin()

        def begin() -> None:
            self._calls.make(job, lambda: job.store.begin(job.facts), begun)

        def begun(upload_id: str) -> None:
            job.upload_id = upload_id
            chosen = job.store.part_size(upload_id)
            if chosen is not None and chosen != job.cuts.part_size:
                job.plan = PartPlan(job.file.size, chosen)
                job.told = self._told(job, job.facts.checksums)
            if self._record(job):
                self._start(job)

        if job.restarts:
            begin()
        else:
            self._calls.make(job, lambda: job.store.unfinished(job.facts), unfinished)

    def _record(self, job: Job) -> bool:
        if self._journal is not None:
            state = Unfinished(job.upload_id, job.file.identity, job.cuts.part_size)
            try:
                self._journal.begin(job.key, state)
            except OSError as error:
                self._failed(job, write_error(error, str(self._journal.path), job.title))
                return False
        return True

    def _told(self, job: Job, checksums: Mapping[str, str]) -> Source:
        size, mtime_ns, inode = job.file.identity
        return Source(job.path, job.title, size, mtime_ns, inode, job.cuts.part_size, checksums)
