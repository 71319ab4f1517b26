"""What happens to an upload once it has begun: its parts are prepared, noted, put together, or given up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from logging import getLogger

from omicsdk.core.checksums import ETAG_PART
from omicsdk.core.errors import ChecksumMismatch, OmicsError, RateLimited, ServerError, SourceChanged, TransportError
from omicsdk.transfer.network.heads import parse_head
from omicsdk.transfer.reports.outcomes import State
from omicsdk.transfer.threads import Pool
from omicsdk.transfer.uploads.answers import agreed, difference
from omicsdk.transfer.uploads.calls import Calls
from omicsdk.transfer.uploads.digesting import checksums_of
from omicsdk.transfer.uploads.job import Job, Prepared, Sending
from omicsdk.transfer.uploads.journal import Finished, UploadJournal, place_of
from omicsdk.transfer.uploads.store import SentPart
from omicsdk.transfer.uploads.summing import Summing, checksums_of_whole, confirmed

#: A file whose upload the platform forgets more often than this has failed.
RESTARTS = 2

_log = getLogger("omicsdk.transfer")


class Stages:
    """Takes jobs from the first part to the end.

    Args:
        journal: The open journal, None for none.
        calls: Makes calls in threads.
        callers: These threads.
        summing: Makes checksums.
        ended: Tells threads to end.
        work: Has a job's parts sent.
        over: Ends a job with its state.
        failed: Ends it with an error.
        restart: Sends a file from the beginning.
    """

    def __init__(
        self,
        *,
        journal: UploadJournal | None,
        calls: Calls,
        callers: Pool,
        summing: Summing,
        ended: Callable[[], bool],
        work: Callable[[Job], None],
        over: Callable[[Job, State, OmicsError | None], None],
        failed: Callable[[Job, OmicsError], None],
        restart: Callable[[Job], None],
    ) -> None:
        self._journal = journal
        self._calls = calls
        self._callers = callers
        self._summing = summing
        self._ended = ended
        self._work = work
        self._over = over
        self._failed = failed
        self._restart = restart

    def start(self, job: Job) -> None:
        """Begins the sending of what the platform doesn't have."""
        job.plan_rest()
        self._summing.begin(job, self._further)
        self._further(job)

    def _further(self, job: Job) -> None:
        if job.todo:
            self._work(job)
        else:
            self._perhaps_complete(job)

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

    def reported(self, sending: Sending, facts: Mapping[str, str]) -> None:
        """A part arrived."""
        job, prepared = sending.job, sending.prepared
        cut = prepared.cut
        checksums = prepared.checksums
        part = SentPart(cut.number, cut.length, facts.get("etag", ""), checksums)
        if job.whole:
            job.answered = facts
        elif not agreed(checksums, facts):
            job.unconfirmed = True
        if not job.store.reports_parts or job.whole:
            self.landed(job, part)
            return

        status, headers = parse_head(sending.lines)
        self._calls.make(
            job, lambda: job.store.sent(job.upload_id, part, status, headers), lambda _: self.landed(job, part)
        )

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
        if not self._is_unchanged(job):
            return
        if job.whole:
            facts = dict(job.answered)
            if "md5" in facts and job.file.size <= ETAG_PART:
                facts["s3_etag"] = facts["md5"]
            self._completed(job, facts)
            return
        parts, checksums = job.parts, checksums_of_whole(job)
        self._calls.make(
            job,
            lambda: job.store.complete(job.upload_id, parts, checksums),
            lambda facts: self._completed(job, facts),
        )

    def _is_unchanged(self, job: Job) -> bool:
        """Whether the file is what it was, by its name too; else the job is failed."""
        try:
            job.file.check(by_name=True)
        except OmicsError as error:
            self._failed(job, error)
            return False
        return True

    def _completed(self, job: Job, facts: Mapping[str, str]) -> None:
        job.answered = facts
        mismatch = difference(checksums_of_whole(job), facts)
        if mismatch is not None and job.whole and not job.damaged:
            job.damaged[1] = 1
            job.plan_again()
            self._work(job)
            return
        if mismatch is not None:
            algorithm, ours, theirs = mismatch
            if self._journal is not None:
                self._journal.drop(job.key)
            job.upload_id = ""  # it is complete: there is nothing to give up
            remedy = "The stored object is damaged. Run the same command again to upload it again."
            self._failed(
                job, ChecksumMismatch(job.title, algorithm=algorithm, expected=ours, actual=theirs, remedy=remedy)
            )
            return
        if self._journal is not None:
            state = Finished(job.file.identity, checksums_of_whole(job), confirmed(job))
            self._journal.done(job.key, state, place_of(job.store.target))
        self._over(job, "done", None)

    def gone(self, job: Job, error: OmicsError) -> None:
        """The platform doesn't know an upload: perhaps it is complete, else it is begun anew.

        Args:
            job: The upload.
            error: How that was learnt.
        """
        if not job.sent:  # the journal has all of them, when the end of an earlier run wasn't recorded
            job.sent.update(job.journaled)
            job.unconfirmed |= not all(agreed(part.checksums, {"md5": part.etag}) for part in job.journaled.values())
            job.kept = sum(part.size for part in job.sent.values())
        if len(job.sent) < job.count:
            self._anew(job, error)
            return

        def told(facts: Mapping[str, str] | None) -> None:
            if facts is None:
                self._anew(job, error)
                return
            job.upload_id = ""  # it is complete: there is nothing to give up

            def summed(_: Job) -> None:
                if (job.chains is None or job.chains.done) and self._is_unchanged(job):
                    self._completed(job, facts)

            self._summing.begin(job, summed)  # an earlier run sent it, and its checksums are wanted all the same
            summed(job)

        parts = job.parts
        self._calls.make(job, lambda: job.store.finished(parts), told)

    def _anew(self, job: Job, error: OmicsError) -> None:
        if self._journal is not None:
            self._journal.drop(job.key)
        job.upload_id, job.journaled = "", {}
        job.restarts += 1
        if job.restarts > RESTARTS:
            self._failed(job, error)
            return
        _log.warning("%s: its upload no longer exists on the platform; restarting", job.title)
        self._restart(job)

    def give_up(self, job: Job, error: OmicsError | None, *, abort: bool) -> None:
        """Ends a job that failed or was stopped; parts that nobody can use are given up on the platform, too.

        Args:
            job: The upload.
            error: Why; None when it was stopped.
            abort: Whether to give up parts that could still be used.
        """
        upload_id, state = job.upload_id, "failed" if error is not None else "stopped"
        # What was put together otherwise than it was sent must not be found and believed by the next run.
        is_wrong = isinstance(error, SourceChanged) or (job.completing and isinstance(error, ChecksumMismatch))
        if not upload_id or not (abort or is_wrong):
            if is_wrong and self._journal is not None:
                self._journal.drop(job.key)
            self._over(job, state, error)
            return

        def aborted(_: None) -> None:
            if self._journal is not None:
                self._journal.drop(job.key)
            self._over(job, state, error)

        def not_aborted(problem: Exception) -> None:
            _log.warning("%s: cannot abort its upload on the platform: %s", job.title, problem)
            passes = isinstance(problem, TransportError | RateLimited | ServerError)
            if is_wrong and not passes and self._journal is not None:
                self._journal.drop(job.key)  # else every run would end here
            self._over(job, state, error)

        self._callers.submit(lambda: job.store.abort(upload_id), aborted, not_aborted)
