"""What the end of a request means for its upload: the next part, once more, elsewhere, later, from the start, or the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from logging import getLogger

from omicsdk.core.clock import Clock
from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import (
    APIError,
    ChecksumMismatch,
    OmicsError,
    RateLimited,
    ServerError,
    TooManyRedirects,
    TransportError,
    error_class,
)
from omicsdk.core.redaction import mask_text, without_query
from omicsdk.core.sending.transport import REDIRECT_LIMIT
from omicsdk.transfer.hashing import Stopped
from omicsdk.transfer.network.heads import parse_head, redirected
from omicsdk.transfer.requests import Location
from omicsdk.transfer.retrying import Patience
from omicsdk.transfer.uploads.answers import Kind, Verdict, difference, judge
from omicsdk.transfer.uploads.job import Job, Prepared, Sending
from omicsdk.transfer.uploads.store import NoSuchUpload
from omicsdk.transfer.uploads.troubles import readable

#: A part that arrives damaged is sent again so often.
STRIKES = 1
#: A URL that was signed so many seconds before it was used may have ended without anybody being at fault.
AGED = 30.0

# What says what the bytes are, and no more: all that another origin gets to see after a redirect.
_HARMLESS = ("content-", "x-amz-checksum-", "x-amz-meta-", "x-goog-meta-", "x-ms-meta-")
_HARMLESS_NAMES = frozenset(
    {"cache-control", "expires", "x-amz-acl", "x-amz-tagging", "x-amz-storage-class", "x-ms-blob-type", "x-goog-hash"}
)

_log = getLogger("omicsdk.transfer")


class Replies:
    """Decides what follows a request.

    Args:
        clock: Tells the time.
        jitter: Gives random numbers from 0 to 1.
        again: Does something for a job after so many seconds.
        resend: Has a part prepared and sent again.
        redirect: Has a prepared part sent elsewhere.
        landed: Takes note of a part that arrived.
        gone: Is told that the platform doesn't know an upload.
        hold: Has a server left alone for so many seconds.
        failed: Ends a job.
        retrying: Counts that something is tried again.
        patience: How often a URL is renewed, and how long a store may ask to wait.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        jitter: Callable[[], float],
        again: Callable[[Job, float, Callable[[], None]], None],
        resend: Callable[[Job, int], None],
        redirect: Callable[[Job, Prepared], None],
        landed: Callable[[Sending, dict[str, str]], None],
        gone: Callable[[Job, OmicsError], None],
        hold: Callable[[Location, float], None],
        failed: Callable[[Job, OmicsError], None],
        retrying: Callable[[Job], None],
        patience: Patience,
    ) -> None:
        self._patience = patience
        self._clock = clock
        self._jitter = jitter
        self._again = again
        self._resend = resend
        self._redirect = redirect
        self._landed = landed
        self._gone = gone
        self._hold = hold
        self._failed = failed
        self._retrying = retrying

    def ended(self, sending: Sending, error: TransportError | None, *, lasting: bool) -> None:
        """Decides how an upload goes on after a request.

        Args:
            sending: The request.
            error: Why there is no whole answer, None when there is one.
            lasting: Whether trying again won't help.
        """
        job, body = sending.job, sending.file_body
        if body.problem is not None:
            if not isinstance(body.problem, OmicsError):
                raise body.problem
            self._failed(job, body.problem)
            return
        status, headers = parse_head(sending.lines)
        # A server that refuses need not read on: its answer counts even when the connection broke under the rest.
        if status < 300 and (error is not None or body.position < body.length):
            self._cut(
                sending,
                error or TransportError("the server answered before it had received everything"),
                lasting=lasting,
            )
            return
        verdict = judge(status, headers, bytes(sending.body), self._clock.now())
        match verdict.kind:
            case Kind.SENT:
                self._arrived(sending, verdict)
            case Kind.MOVED:
                self._moved(sending, verdict)
            case Kind.ENDED:
                self._url_ended(sending, verdict)
            case Kind.LATER:
                if 0 < (verdict.retry_after or 0.0) <= self._patience.retry_after:
                    self._hold(sending.location, verdict.retry_after or 0.0)
                self._once_more(sending, _status_error(sending, verdict), verdict.retry_after)
            case Kind.DAMAGED:
                self._damaged(sending, None, _status_error(sending, verdict))
            case Kind.GONE:
                if job.whole:
                    self._failed(job, _status_error(sending, verdict))
                else:
                    self._gone(job, _status_error(sending, verdict))
            case _:
                self._failed(job, _status_error(sending, verdict))

    def trouble(self, job: Job, error: Exception, again: Callable[[], None]) -> None:
        """Decides after a failed call of a store: again after a while, or the end.

        Args:
            job: The upload.
            error: What the store raised.
            again: Makes the call again.
        """
        if isinstance(error, Stopped):
            return
        if isinstance(error, TransportError | RateLimited | ServerError):
            asked = error.retry_after if isinstance(error, APIError) else None
            wait = self._spend(job, error, asked)
            if wait is not None:
                self._again(job, wait, again)
            return
        self._failed(job, readable(job.title, job.path, error))

    def not_prepared(self, job: Job, number: int, error: Exception) -> None:
        """Decides after a part that couldn't be hashed or signed.

        Args:
            job: The upload.
            number: The part.
            error: What was raised.
        """
        if isinstance(error, NoSuchUpload):
            self._gone(job, error)
            return
        if isinstance(error, ChecksumMismatch):
            try:
                job.file.check()  # perhaps it was read otherwise because it is another
            except OmicsError as changed:
                error = changed
        self._resend(job, number)
        if not (isinstance(error, TransportError) and job.resume_at > self._clock.monotonic()):
            self.trouble(job, error, lambda: None)

    def _arrived(self, sending: Sending, verdict: Verdict) -> None:
        job = sending.job
        try:
            job.file.check()
        except OmicsError as error:
            self._failed(job, error)
            return
        mismatch = difference(sending.prepared.checksums, verdict.facts)
        if mismatch is not None:
            self._damaged(sending, mismatch, None)
            return
        job.quota = job.quota.gained()
        job.refused.clear()
        self._landed(sending, dict(verdict.facts))

    def _cut(self, sending: Sending, error: TransportError, *, lasting: bool) -> None:
        if lasting:
            self._failed(sending.job, error)
        else:
            self._once_more(sending, error)

    def _damaged(self, sending: Sending, mismatch: tuple[str, str, str] | None, refused: OmicsError | None) -> None:
        """Other bytes arrived than were announced."""
        job, prepared = sending.job, sending.prepared
        try:
            job.file.check()  # what was hashed may not be what was sent
        except OmicsError as error:
            self._failed(job, error)
            return
        number = prepared.cut.number
        job.damaged[number] = job.damaged.get(number, 0) + 1
        if mismatch is None:
            algorithm, ours = next(iter(prepared.checksums.items()), ("checksum", "unknown"))
            mismatch = algorithm, ours, "another one in the store"
        algorithm, ours, theirs = mismatch
        what = job.title if job.whole else f"{job.title}, part {number}"
        remedy = "The bytes were changed in transit. Try again over another network, or ask the store's operators."
        problem = ChecksumMismatch(what, algorithm=algorithm, expected=ours, actual=theirs, remedy=remedy)
        problem.name = job.title
        problem.__cause__ = refused
        if job.damaged[number] > STRIKES:
            self._failed(job, problem)
        else:
            self._once_more(sending, problem)

    def _moved(self, sending: Sending, verdict: Verdict) -> None:
        job, prepared, here = sending.job, sending.prepared, sending.location
        there = redirected(here.url, verdict.location)
        shown = without_query(here.url)
        if there is None or verdict.status == 303:
            self._failed(job, TransportError("the redirect's address is invalid", method=sending.method, url=shown))
        elif prepared.hops >= REDIRECT_LIMIT:
            self._failed(job, TooManyRedirects("redirect loop", method=sending.method, url=shown))
        else:
            headers = here.headers
            if origin_of(there) != origin_of(here.url):  # who sends us elsewhere must not learn there what we carry
                headers = {name: value for name, value in headers.items() if _harmless(name)}
            self._redirect(job, prepared.elsewhere(replace(here, url=there, headers=headers)))

    def _url_ended(self, sending: Sending, verdict: Verdict) -> None:
        job = sending.job
        error = _status_error(sending, verdict)
        if not job.store.renewable:
            self._failed(job, error)
            return
        _log.info("%s: its URL is not accepted (%d %s); requesting another", job.title, verdict.status, verdict.code)
        if sending.began - sending.prepared.at > AGED:
            self._resend(job, sending.prepared.cut.number)
            return
        number = sending.prepared.cut.number
        job.refused[number] = job.refused.get(number, 0) + 1
        if job.refused[number] > self._patience.renewals:
            self._failed(job, error)
        else:
            self._retrying(job)
            self._resend(job, number)

    def _once_more(self, sending: Sending, error: OmicsError, retry_after: float | None = None) -> None:
        """Sends a part again after a while, if its job may."""
        job = sending.job
        number = sending.prepared.cut.number
        if job.resume_at > self._clock.monotonic():  # the same trouble ended several requests at once; it counts once
            self._resend(job, number)
            return
        wait = self._spend(job, error, retry_after)
        if wait is not None:
            self._again(job, wait, lambda: None)
            self._resend(job, number)

    def _spend(self, job: Job, error: OmicsError, retry_after: float | None) -> float | None:
        """Takes a failure off the job's quota; gives the seconds to wait, or fails the job when nothing is left."""
        decision = job.quota.failed(self._jitter(), retry_after, self._patience.retry_after)
        if decision is None:
            self._failed(job, error)
            return None
        job.quota, wait = decision
        self._retrying(job)
        _log.info("%s: %s; retrying in %.2f s (%d tries left)", job.title, error, wait, job.quota.left)
        return wait


def _harmless(name: str) -> bool:
    name = name.lower()
    return name.startswith(_HARMLESS) or name in _HARMLESS_NAMES


def _status_error(sending: Sending, verdict: Verdict) -> OmicsError:
    said = f": {mask_text(verdict.message)}" if verdict.message else ""
    what = sending.job.title if sending.job.whole else f"{sending.job.title}, part {sending.prepared.cut.number}"
    return error_class(verdict.status)(
        f"{what}: the store refused it{said}",
        status=verdict.status,
        code=verdict.code or None,
        request_id=verdict.request_id or None,
        method=sending.method,
        url=without_query(sending.location.url),
        retry_after=verdict.retry_after,
    )
