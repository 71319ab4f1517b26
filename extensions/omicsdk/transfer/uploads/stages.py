"""What happens to an upload around its sending: opening, resuming, beginning, completing, giving up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from logging import getLogger
from typing import TypeVar

from omicsdk.core.checksums import ETAG_PART
from omicsdk.core.errors import ChecksumMismatch, OmicsError, SourceChanged, TransferError, UsageError
from omicsdk.transfer.background import Pool
from omicsdk.transfer.hashing import Stopped
from omicsdk.transfer.reports.outcome import State
from omicsdk.transfer.uploads.answers import difference
from omicsdk.transfer.uploads.digesting import Chains, checksums_of, combined_crc32c
from omicsdk.transfer.uploads.job import Job, Prepared, Sending
from omicsdk.transfer.uploads.journal import Finished, Unfinished, UploadJournal, key_of
from omicsdk.transfer.uploads.plan import Cut, PartPlan, plan_parts
from omicsdk.transfer.uploads.source import SourceFile, changed
from omicsdk.transfer.uploads.source import difference as what_changed
from omicsdk.transfer.uploads.store import NoSuchUpload, SentPart, Source
from omicsdk.transfer.uploads.troubles import readable
from omicsdk.transfer.writing import write_error

#: How far checksums of a whole file and its sending may be apart, in bytes or parts, whichever is more: then what the one
#: read is still in the page cache for the other.
APART = 128 * 1024 * 1024
PARTS_APART = 8

T = TypeVar("T")
_log = getLogger("omicsdk.transfer")


class Stages:
    """Takes jobs from one stage to the next.

    Args:
        journal: The open journal, None for none.
        callers: Threads for calls of stores.
        hashers: Threads for checksums of whole files.
        ended: Tells threads to end.
        work: Has a job's parts sent.
        over: Ends a job with its state.
        failed: Ends it with an error.
        trouble: Decides after an error of a call whether it is made again.
        restart: Sends a file from the beginning.
        is_twice: Tells whether another open job has the same key.
    """

    def __init__(
        self,
        *,
        journal: UploadJournal | None,
        callers: Pool,
        hashers: Pool,
        ended: Callable[[], bool],
        work: Callable[[Job], None],
        over: Callable[[Job, State, OmicsError | None], None],
        failed: Callable[[Job, OmicsError], None],
        trouble: Callable[[Job, Exception, Callable[[], None]], None],
        restart: Callable[[Job], None],
        is_twice: Callable[[Job], bool],
    ) -> None:
        self._journal = journal
        self._callers = callers
        self._hashers = hashers
        self._ended = ended
        self._work = work
        self._over = over
        self._failed = failed
        self._trouble = trouble
        self._restart = restart
        self._is_twice = is_twice

    # -- the beginning

    def open(self, job: Job) -> None:
        """Opens a job's file and finds out where to go on."""
        self._call(job, lambda: SourceFile(job.path, job.title), lambda source: self._opened(job, source))

    def _opened(self, job: Job, source: SourceFile) -> None:
        job.source = source
        job.key = key_of(job.path, job.title, job.store.target)
        if job.store.target and self._is_twice(job):
            remedy = "Leave one of them out, or give them different targets."
            self._failed(
                job, UsageError(f"{job.title}: {job.path} is going to {job.store.target} already", remedy=remedy)
            )
            return
        journal = self._journal
        if journal is not None:
            done, begun = journal.finished(job.key), journal.unfinished(job.key)
            if done is not None and done.identity == source.identity:
                job.recorded = done.checksums
                self._over(job, "skipped", None)
                return
            if begun is not None:
                self._go_on(job, begun)
                return
        self.begin(job)

    def _go_on(self, job: Job, begun: Unfinished) -> None:
        job.upload_id = begun.upload_id
        if begun.identity != job.file.identity:
            self._failed(job, changed(job.title, what_changed(begun.identity, job.file.identity)))
            return
        job.plan = PartPlan(job.file.size, begun.part_size)
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
            job.listed = {number: part for number, part in (parts or {}).items() if number not in job.sent}
            if job.sent:
                _log.info("%s: goes on, %d of %d parts are there", job.title, len(job.sent), job.count)
            self._start(job)

        def again() -> None:
            self._call(job, lambda: job.store.known(job.upload_id), known, again)

        again()

    def _take_up(self, job: Job, parts: Mapping[int, SentPart]) -> None:
        """Goes on with an upload that only the platform knows; each part is held against the file."""
        sizes = {part.size for part in parts.values() if part.number < max(parts)}
        size = next(iter(sizes), job.cuts.part_size)
        if len(sizes) > 1 or size < job.store.rules.least:
            size = job.cuts.part_size
        job.plan = PartPlan(job.file.size, size)
        job.listed = {n: part for n, part in parts.items() if n <= job.count and part.size == job.cut(n).length}
        self._record(job)
        self._start(job)

    def begin(self, job: Job) -> None:
        """Begins an upload from nothing."""
        try:
            job.plan = plan_parts(job.file.size, job.store.rules)
        except ValueError as error:
            self._failed(job, TransferError(f"{job.title}: {error}", name=job.title, remedy="Split the file."))
            return
        if job.needed is None:
            needs = (*job.store.needs, *(job.store.whole_needs if job.cuts.single else ()))
            job.needed = self._chains(job, dict.fromkeys(needs), lambda: self._know_needed(job))
            job.needed.extend(job.file.size)
        self._know_needed(job)

    def _know_needed(self, job: Job) -> None:
        """Goes on when the checksums are there that the store needs beforehand."""
        if job.needed is not None and job.needed.done and not job.over:
            job.told = self._told(job, job.needed.values())
            self._choose_way(job)
        elif job.needed is not None:
            job.needed.extend(job.file.size)

    def _chains(self, job: Job, names: Iterable[str], moved: Callable[[], None]) -> Chains:
        return Chains(
            job.file,
            names,
            self._hashers,
            lambda: self._ended() or job.over,
            moved,
            lambda error: self._hash_failed(job, error),
        )

    def _choose_way(self, job: Job) -> None:
        if job.cuts.single:
            job.whole = True  # until `put` says that there is only the way in parts
            self._start(job)
        else:
            self._begin_parts(job)

    def _begin_parts(self, job: Job) -> None:
        job.whole = False

        def unfinished(upload_id: str) -> None:
            if upload_id:
                job.upload_id = upload_id
                self._ask_for_parts(job, None)
            else:
                begin()

        def begin() -> None:
            self._call(job, lambda: job.store.begin(job.facts), begun, begin)

        def begun(upload_id: str) -> None:
            job.upload_id = upload_id
            if self._record(job):
                self._start(job)

        def look() -> None:
            self._call(job, lambda: job.store.unfinished(job.facts), unfinished, look)

        if job.restarts:
            begin()
        else:
            look()

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

    def _start(self, job: Job) -> None:
        """Begins the sending."""
        wanted = dict.fromkeys((*job.upload.checksums, *job.store.wants))
        for name in self.combined(job):
            wanted.pop(name, None)
        for name in job.facts.checksums:
            wanted.pop(name, None)
        if job.chains is None:
            job.chains = self._chains(job, wanted, lambda: self._moved(job))
        job.plan_rest()
        self.extend(job)
        if job.todo:
            self._work(job)
        else:
            self._perhaps_complete(job)

    # -- checksums beside the sending

    def combined(self, job: Job) -> tuple[str, ...]:
        """The checksums of the whole that follow from those of the parts."""
        return ("crc32c",) if job.store.part_checksum == "crc32c" else ()

    def may_go(self, job: Job, cut: Cut) -> bool:
        """Tells whether a part may go before the checksums of the whole have come near it."""
        if job.chains is None or job.chains.done or job.kept or job.listed:
            return True  # what was sent before is read for its checksums alone, which nobody waits for
        return cut.start <= job.chains.position + self._apart(job)

    def extend(self, job: Job) -> None:
        """Lets the checksums of the whole go on, near the sending."""
        if job.chains is not None and not job.chains.done:
            behind = job.kept or job.listed
            job.chains.extend(job.file.size if behind else job.claimed_end + self._apart(job))

    def _apart(self, job: Job) -> int:
        return max(APART, PARTS_APART * job.cuts.part_size)

    def _moved(self, job: Job) -> None:
        if not job.over and job.error is None and not self._ended():
            self.extend(job)
            if job.todo:
                self._work(job)
            else:
                self._perhaps_complete(job)

    def _hash_failed(self, job: Job, error: Exception) -> None:
        if not isinstance(error, Stopped):
            self._failed(job, readable(job.title, job.path, error))

    # -- parts

    def preparation(self, job: Job, number: int, now: Callable[[], float]) -> Callable[[], Prepared]:
        """Gives what a thread does for a part before it goes: its checksums, its URL.

        Args:
            job: The upload.
            number: The part.
            now: The monotonic clock.
        """
        cut, store, epoch, source, facts = job.cut(number), job.store, job.epoch, job.file, job.facts
        whole, upload_id, listed, names = job.whole, job.upload_id, job.listed.get(number), job.part_checksums

        def prepare() -> Prepared:
            same_size = listed is not None and listed.size == cut.length
            known: Mapping[str, str] = listed.checksums if listed is not None and same_size else {}
            comparable = [name for name in (*names, "md5") if name in known][:1]
            wanted = dict.fromkeys((*names, *comparable))
            end = cut.start + cut.length
            source.expect(cut.start, cut.length)
            checksums = checksums_of(source, wanted, cut.start, end, self._ended) if wanted else {}
            if listed is not None and comparable and difference(checksums, known) is None:
                return Prepared(
                    cut, checksums, None, now(), epoch, SentPart(number, cut.length, listed.etag, checksums)
                )
            location = store.put(facts, checksums) if whole else store.sign(upload_id, cut, checksums)
            return Prepared(cut, checksums, location, now(), epoch)

        return prepare

    def only_in_parts(self, job: Job) -> None:
        """Goes the way in parts: the store has no other."""
        self._begin_parts(job)

    def reported(self, sending: Sending, facts: Mapping[str, str]) -> None:
        """A part arrived."""
        job, prepared = sending.job, sending.prepared
        cut = prepared.cut
        checksums = prepared.checksums
        part = SentPart(cut.number, cut.length, facts.get("etag", ""), checksums)
        if job.whole:
            job.answered = facts
        if not job.store.reports_parts or job.whole:
            self.landed(job, part)
            return

        def tell() -> None:
            self._call(job, lambda: job.store.sent(job.upload_id, part), lambda _: self.landed(job, part), tell)

        tell()

    def landed(self, job: Job, part: SentPart) -> None:
        """The platform has a part."""
        job.landed(part)
        if self._journal is not None and not job.whole:
            self._journal.part(job.key, part)
        self._perhaps_complete(job)

    # -- the end

    def _perhaps_complete(self, job: Job) -> None:
        if job.over or job.completing or len(job.sent) < job.count or not (job.chains is None or job.chains.done):
            return
        job.completing = True
        try:
            job.file.check(by_name=True)
        except OmicsError as error:
            self._failed(job, error)
            return
        if job.whole:
            facts = dict(job.answered)
            if "md5" in facts and job.file.size <= ETAG_PART:
                facts["s3_etag"] = facts["md5"]
            self._completed(job, facts)
            return
        parts = [job.sent[number] for number in range(1, job.count + 1)]
        checksums = self.checksums(job)

        def complete() -> None:
            call = lambda: job.store.complete(job.upload_id, parts, checksums)  # noqa: E731
            self._call(job, call, lambda facts: self._completed(job, facts), complete)

        complete()

    def _completed(self, job: Job, facts: Mapping[str, str]) -> None:
        job.answered = facts
        mismatch = difference(self.checksums(job), facts)
        if mismatch is not None:
            algorithm, ours, theirs = mismatch
            if self._journal is not None:
                self._journal.drop(job.key)
            job.upload_id = ""  # it is complete: there is nothing to give up
            remedy = "What the store holds under this name is damaged. Run the same command again to send it anew."
            self._failed(
                job, ChecksumMismatch(job.title, algorithm=algorithm, expected=ours, actual=theirs, remedy=remedy)
            )
            return
        if self._journal is not None:
            self._journal.done(job.key, Finished(job.file.identity, self.checksums(job)))
        self._over(job, "done", None)

    def checksums(self, job: Job) -> Mapping[str, str]:
        """Checksums of the whole that are known by now."""
        if job.recorded is not None:
            return job.recorded
        found = dict(job.facts.checksums)
        if job.chains is not None and job.chains.done:
            found.update(job.chains.values())
        if "crc32c" in self.combined(job) and len(job.sent) == job.count:
            parts = [job.sent[number] for number in range(1, job.count + 1)]
            if all("crc32c" in part.checksums for part in parts):
                found["crc32c"] = combined_crc32c(parts)
        return found

    def gone(self, job: Job) -> None:
        """The platform doesn't know an upload: perhaps it is complete, else it is begun anew."""
        if job.completing:
            parts = [job.sent[number] for number in range(1, job.count + 1)]

            def told(facts: Mapping[str, str] | None) -> None:
                if facts is not None:
                    self._completed(job, facts)
                else:
                    self._anew(job)

            def ask() -> None:
                self._call(job, lambda: job.store.finished(parts), told, ask)

            ask()
        else:
            self._anew(job)

    def _anew(self, job: Job) -> None:
        _log.warning("%s: the platform doesn't know its upload any longer; sending it from the beginning", job.title)
        if self._journal is not None:
            self._journal.drop(job.key)
        job.restarts += 1
        self._restart(job)

    def give_up(self, job: Job, error: OmicsError | None, *, abort: bool) -> None:
        """Ends a job that failed or was stopped; parts that nobody can use are given up on the platform, too.

        Args:
            job: The upload.
            error: Why; None when it was stopped.
            abort: Whether to give up parts that could still be used.
        """
        if not job.upload_id or not (abort or isinstance(error, SourceChanged)):
            self._over(job, "failed", error)
            return
        upload_id, state = job.upload_id, "failed" if error is not None else "stopped"

        def aborted(_: None) -> None:
            if self._journal is not None:
                self._journal.drop(job.key)
            self._over(job, state, error)

        def not_aborted(problem: Exception) -> None:
            _log.warning("%s: its parts couldn't be given up on the platform: %s", job.title, problem)
            self._over(job, state, error)

        self._callers.submit(lambda: job.store.abort(upload_id), aborted, not_aborted)

    # -- calls

    def _call(
        self, job: Job, call: Callable[[], T], then: Callable[[T], None], again: Callable[[], None] | None = None
    ) -> None:
        """Has a thread make a call; what comes of it counts only while the job is what it was."""
        epoch = job.epoch

        def done(result: T) -> None:
            if epoch == job.epoch:
                then(result)
            elif isinstance(result, SourceFile):
                result.close()

        def failed(error: Exception) -> None:
            if epoch != job.epoch:
                return
            if isinstance(error, NoSuchUpload):
                self.gone(job)
            elif again is None:
                self._failed(job, readable(job.title, job.path, error))
            else:
                self._trouble(job, error, again)

        self._callers.submit(call, done, failed)


def verified_words(job: Job) -> str:
    """Says what the platform held a file against."""
    held: list[str] = []
    if job.part_checksums and not job.whole:
        held.append(f"{job.part_checksums[0]} of every part")
    known = {**job.facts.checksums, **(job.chains.values() if job.chains is not None and job.chains.done else {})}
    if job.whole:
        known.update(job.sent[1].checksums)
    held.extend(name for name in known if name in job.answered)
    return ", ".join(held) or "size"
