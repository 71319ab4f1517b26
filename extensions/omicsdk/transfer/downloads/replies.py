"""What the end of a request means for its job: go on, ask elsewhere, wait, start over, or give up."""

from __future__ import annotations

from collections.abc import Callable
from logging import getLogger

from omicsdk.core.api_errors import api_error
from omicsdk.core.clock import Clock
from omicsdk.core.errors import (
    ConnectionLost,
    OmicsError,
    SourceChanged,
    TimedOut,
    TooManyRedirects,
    TransferError,
    TransportError,
    TruncatedTransfer,
)
from omicsdk.core.redaction import without_query
from omicsdk.core.sending.transport import REDIRECT_LIMIT
from omicsdk.transfer.downloads.files import PartFiles
from omicsdk.transfer.downloads.job import Job
from omicsdk.transfer.downloads.reception import ACCEPTED, Reception
from omicsdk.transfer.downloads.verify import Verifier
from omicsdk.transfer.journals.journal import Journal
from omicsdk.transfer.network.heads import parse_head, redirected
from omicsdk.transfer.plan import CELL
from omicsdk.transfer.requests import Kind, Location, Verdict, followed, validator_words
from omicsdk.transfer.retrying import OVERLOADED, Patience

#: A file whose source changes more often than this while it is fetched has failed.
RESTARTS = 2
#: A server may offer a file of another size than stated so often in a row; it may be a proxy's page, or nothing at all.
STRIKES = 2
#: A URL that was given so many seconds before it was used may have ended without anybody being at fault.
AGED = 30.0

#: What to do about a file that begins anew after each break.
UNJOINED = (
    "No ETag or date shows that its parts are of one version, so each try restarts. Use --resume-unvalidated "
    "(Control(resume_unvalidated=True)) to join them anyway."
)

_log = getLogger("omicsdk.transfer")


class Replies:
    """Decides what follows a request.

    Args:
        journal: The journal.
        files: The files.
        verifier: Is told of what arrived.
        fetch: Has a job's missing bytes fetched, before those of others; asks for its URL when it has none.
        wait: Does so after so many seconds.
        hold: Has a server left alone for so many seconds.
        failed: Ends it.
        clock: Tells the time.
        trouble: Has a server that is overloaded left alone for so many seconds, and asked by fewer requests at once.
        jitter: Gives random numbers from 0 to 1.
        patience: How often a URL is renewed, and how long a server may ask to wait.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        files: PartFiles,
        verifier: Verifier,
        fetch: Callable[[Job], None],
        wait: Callable[[Job, float], None],
        hold: Callable[[Location, float], None],
        failed: Callable[[Job, OmicsError], None],
        clock: Clock,
        trouble: Callable[[Location, float], None],
        jitter: Callable[[], float],
        patience: Patience,
    ) -> None:
        self._patience = patience
        self._journal = journal
        self._files = files
        self._verifier = verifier
        self._fetch = fetch
        self._wait = wait
        self._hold = hold
        self._failed = failed
        self._clock = clock
        self._trouble = trouble
        self._jitter = jitter

    # -- called from within libcurl

    def answered(self, reception: Reception, verdict: Verdict) -> bool:
        """Decides whether an answer's body is written.

        Args:
            reception: The request.
            verdict: What its head says.
        """
        job, piece = reception.job, reception.piece
        if reception.stale or verdict.kind not in ACCEPTED:
            return False
        if verdict.kind is Kind.WHOLE:
            job.whole_instead(piece)
            reception.epoch = job.epoch
            self._files.close(job)  # what comes may be shorter than what is there
        job.learn(verdict)
        if piece.end is None:
            piece.end = job.size
        self._verifier.record(job)
        return True

    def cell_written(self, job: Job, index: int, crc: int) -> None:
        """Notes a cell that was written."""
        job.cell_written(index, crc)
        if job.record is not None:
            self._journal.cell(job.item.name, index, crc)

    # -- when the request has ended

    def ended(self, reception: Reception, error: TransportError | None, *, lasting: bool) -> None:
        """Decides how its job goes on.

        Args:
            reception: The request.
            error: Why there is no whole answer, None when there is one.
            lasting: Whether trying again won't help.
        """
        verdict = reception.verdict
        if verdict is None or verdict.kind in ACCEPTED:
            if error is not None or verdict is None or reception.too_long:
                self._cut(reception, error or TransportError("no answer"), lasting=lasting)
            else:
                self._arrived(reception, verdict)
            return
        job = reception.job
        if verdict.kind not in (Kind.CHANGED, Kind.WRONG_RANGE, Kind.UNVALIDATED):  # which plan the job anew
            job.give_back(reception.piece)
        match verdict.kind:
            case Kind.MOVED:
                self._moved(job, reception, verdict)
            case Kind.ENDED:
                self._url_ended(job, reception, verdict)
            case Kind.LATER:
                wait = verdict.retry_after or 0.0
                if wait > self._patience.retry_after:  # this file ends here, and others had better ask for themselves
                    wait = 0.0
                if verdict.status in OVERLOADED:
                    self._trouble(reception.location, wait)
                elif wait:
                    self._hold(reception.location, wait)
                self._again(job, _status_error(reception, verdict), verdict.retry_after)
            case Kind.CHANGED:
                self._changed(job, verdict)
            case Kind.WRONG_RANGE:
                self._wrong_range(job, reception, verdict)
            case Kind.UNVALIDATED:
                self._unvalidated(job, verdict)
            case Kind.WRONG_SIZE:
                self._wrong_size(job, verdict)
            case _:
                self._failed(job, _status_error(reception, verdict))

    def _arrived(self, reception: Reception, verdict: Verdict) -> None:
        job, piece = reception.job, reception.piece
        if piece.end is None:  # nobody told the size; the body's own end is the file's
            reception.close_last_cell()
            piece.end = job.size = piece.position
            job.open_ended = True
            try:
                self._files.cut_off(job, job.size)
            except OmicsError as error:
                self._failed(job, error)
                return
        if piece.position < piece.end:
            if verdict.status == 206 and reception.received:  # a server may send less than was asked for
                job.give_back(piece)
                self._fetch(job)
            else:
                self._cut(reception, ConnectionLost("the body ended early"), lasting=False)
            return
        job.flying -= 1
        job.strikes = 0
        if not job.complete:
            self._fetch(job)
        self._verifier.advance(job)

    def _cut(self, reception: Reception, error: TransportError, *, lasting: bool) -> None:
        """There was no answer, or its body isn't whole."""
        job, piece = reception.job, reception.piece
        problem: OmicsError = error
        if reception.too_long:
            self._too_long(reception)
            return
        if reception.whole and reception.verdict is not None:  # how the answer ended says nothing of its bytes
            self._arrived(reception, reception.verdict)
            return
        begun = piece.position > piece.start
        if isinstance(error, ConnectionLost) and job.size is not None:
            received = job.present + piece.position % CELL
            remedy = None if job.joins or not begun else UNJOINED
            problem = TruncatedTransfer(job.item.title, expected=job.size, received=received, remedy=remedy)
            problem.__cause__ = error
        if begun and not job.joins and not lasting:
            told = validator_words(job.validator)
            _log.warning("%s: restarting: the server states %s and no checksum is known", job.item.title, told)
        if isinstance(error, TimedOut):
            self._trouble(reception.location, 0.0)
        job.give_back(piece)
        if lasting:
            self._failed(job, problem)
        else:
            self._again(job, problem)

    def _too_long(self, reception: Reception) -> None:
        """The server sent more than it was asked for, or than there should be."""
        job, verdict = reception.job, reception.verdict
        assert verdict is not None
        if verdict.status == 206:
            self._wrong_range(job, reception, verdict._replace(why="more bytes than requested"))
        elif job.item.size is None:  # an earlier body that ended too soon was believed
            self._changed(job, verdict._replace(why=f"more than {job.size} bytes"))
        else:
            job.give_back(reception.piece)
            self._wrong_size(job, verdict._replace(why=f"more than {job.size} bytes"))

    def _moved(self, job: Job, reception: Reception, verdict: Verdict) -> None:
        if job.paused:
            return
        here = reception.location
        there = redirected(here.url, verdict.location)
        job.redirects += 1
        wait = verdict.retry_after or 0.0
        job.waited += wait
        shown = without_query(here.url)
        if there is None:
            self._failed(job, TransportError("the redirect's address is invalid", method="GET", url=shown))
        elif job.redirects > REDIRECT_LIMIT and not wait:
            self._failed(job, TooManyRedirects("redirect loop", method="GET", url=shown))
        elif job.waited > self._patience.retry_after:
            said = f"{job.item.title}: still not ready after {job.waited - wait:.0f} s, and the server asks for {wait:.0f} s more"
            self._failed(job, TransferError(said, name=job.item.name, remedy="Try again later."))
        else:
            job.direct = followed(here, there)
            if wait:
                self._pause(job, wait)
            else:
                self._fetch(job)

    def _url_ended(self, job: Job, reception: Reception, verdict: Verdict) -> None:
        if job.locating or job.paused:
            return
        if reception.location is not (job.direct or job.location):
            self._fetch(job)  # a newer URL is there already
            return
        error = _status_error(reception, verdict)
        fixed = isinstance(job.item.locate, Location) and job.item.renew is None
        if job.direct is None and fixed:
            self._failed(job, error)
            return
        _log.info("%s: its URL is no longer accepted (%d); requesting another", job.item.title, verdict.status)
        if job.gained_since_located:
            job.refused = 0
        elif reception.began - job.located <= AGED:
            job.refused += 1
        if job.refused > self._patience.renewals:
            self._failed(job, error)
            return
        job.located, job.gained_since_located = self._clock.monotonic(), False
        job.error = error
        job.retries += 1
        job.direct = None  # the redirect gives a new one
        if not fixed:
            job.location = None
        self._fetch(job)

    def _changed(self, job: Job, verdict: Verdict) -> None:
        job.restarts += 1
        job.error = SourceChanged(
            f"{job.item.title}: the file changed on the server: {verdict.why}", name=job.item.name
        )
        if job.restarts > RESTARTS:
            self._failed(job, job.error)
            return
        _log.warning("%s; restarting", job.error.message)
        job.size = job.item.size
        self._restart(job)

    def _wrong_range(self, job: Job, reception: Reception, verdict: Verdict) -> None:
        if not reception.asked.ranged:
            job.give_back(reception.piece)
            error = SourceChanged(f"{job.item.title}: the server answered with {verdict.why}", name=job.item.name)
            self._again(job, error)
            return
        _log.info("%s: the server answered with %s; requesting the whole file", job.item.title, verdict.why)
        job.ranged = False
        self._restart(job)

    def _unvalidated(self, job: Job, verdict: Verdict) -> None:
        """Bytes of several answers may be of several versions, and nothing would tell: one answer has to bring all."""
        _log.info("%s: the server answered with %s; requesting the whole file", job.item.title, verdict.why)
        job.ranged = False
        job.size = job.item.size
        self._restart(job)

    def _wrong_size(self, job: Job, verdict: Verdict) -> None:
        job.strikes += 1
        error = SourceChanged(
            f"{job.item.title}: the server offers {verdict.why}",
            name=job.item.name,
            remedy="Check the size in the manifest, or ask the platform for the file's newest version.",
        )
        if job.strikes > STRIKES:
            self._failed(job, error)
        else:
            self._again(job, error)

    # -- what follows

    def _again(self, job: Job, error: OmicsError, retry_after: float | None = None) -> None:
        """Tries again after a while, if the job may."""
        if job.paused:  # the same trouble ended several requests at once; it counts once
            return
        job.direct = None  # a redirect may lead to a better place now
        wait = self._spend(job, error, retry_after)
        if wait is not None:
            _log.info("%s: %s; retrying in %.2f s (%d tries left)", job.item.title, error, wait, job.quota.left)
            self._pause(job, wait)

    def _spend(self, job: Job, error: OmicsError, retry_after: float | None = None) -> float | None:
        """Takes a failure off the job's quota; gives the seconds to wait, or fails the job when nothing is left."""
        job.error = error
        decision = job.quota.failed(self._jitter(), retry_after, self._patience.retry_after)
        if decision is None:
            self._failed(job, error)
            return None
        job.quota, delay = decision
        job.retries += 1
        return delay

    def _pause(self, job: Job, seconds: float) -> None:
        job.paused = True
        self._wait(job, seconds)

    def _restart(self, job: Job) -> None:
        self._journal.drop(job.item.name)
        self._files.close(job)
        job.mending = None
        job.open_ended = False
        job.most = 0
        job.begin()
        self._fetch(job)


def _status_error(reception: Reception, verdict: Verdict) -> OmicsError:
    said = api_error(
        status=verdict.status,
        headers=parse_head(reception.lines)[1],
        body=reception.refusal,
        method="GET",
        url=without_query(reception.location.url),
        retry_after=verdict.retry_after,
    )
    if isinstance(said.body, str):  # a store's XML repeats what was signed
        said.body = None
    said.message = f"{reception.job.item.title}: the server does not provide this file: {said.message}"
    return said
