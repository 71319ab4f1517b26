"""The reactions of an upload to events: a table from state and event to a handler. Pure but for its log messages.

A handler changes the job's data and returns commands; the engine executes them. It touches no file and no network.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from omicsdk.core.checksums import ETAG_PART
from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import (
    APIError,
    ChecksumMismatch,
    OmicsError,
    PreconditionFailed,
    RateLimited,
    ServerError,
    SourceChanged,
    TimedOut,
    TransferError,
    TransportError,
    UsageError,
    error_class,
)
from omicsdk.core.logs import logger
from omicsdk.core.redaction import mask_text, without_query
from omicsdk.transfer.checksums import Stopped
from omicsdk.transfer.engine.machine import Broken, Relieve, State, relief_of
from omicsdk.transfer.engine.machine import to as _to
from omicsdk.transfer.network.requests import Patience, next_url, parse_head
from omicsdk.transfer.uploads import messages
from omicsdk.transfer.uploads.job import Chains, Job, readable
from omicsdk.transfer.uploads.sending import Kind, Prepared, Sending, Verdict, difference
from omicsdk.transfer.uploads.store import NoSuchUpload, PartPlan, SentPart, Source, Unconfirmed, WholeStore, plan_parts

#: A file whose upload the platform loses more often than this fails.
RESTARTS = 2
#: Maximum number of repeats of a part that arrives damaged.
MAX_REPEATS = 1
#: A URL that is older than this many seconds when used may have expired without an error of the server.
AGED = 30.0
#: S3's codes for stored parts that no object can be made of, however often that is requested.
_UNUSABLE_PARTS = frozenset({"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "BadDigest"})

# Headers that describe the bytes and nothing else: the only ones sent to another origin after a redirect.
_HARMLESS = ("content-", "x-amz-checksum-", "x-amz-meta-", "x-goog-meta-", "x-ms-meta-")
_HARMLESS_NAMES = frozenset(
    {"cache-control", "expires", "x-amz-acl", "x-amz-tagging", "x-amz-storage-class", "x-ms-blob-type", "x-goog-hash"}
)

_log = logger("omicsdk.transfer")

Commands = list[messages.Command]


class Rules(NamedTuple):
    """Rules for all uploads of a run.

    Attributes:
        patience: How long to wait for a peer.
        abort: Whether the platform is asked to discard the parts of uploads that fail.
        rate: The best rate so far in bytes a second.
    """

    patience: Patience
    abort: bool
    rate: float = 0.0


# -- the beginning


def _admitted(job: Job, _: messages.Admitted, __: Rules) -> Commands:
    job.state = State.CHECKING
    return [messages.Open()]


def _opened(job: Job, event: messages.Opened, rules: Rules) -> Commands:
    job.source, job.key = event.source, event.key
    if event.is_open:
        problem = f"{job.title}: {job.path} is already being uploaded to {job.store.target}"
        remedy = "Leave one of them out, or give them different targets."
        return _fail(job, UsageError(problem, remedy=remedy), rules)
    finished, unfinished = event.finished, event.unfinished
    # Size, time and inode stand for the bytes, which are not read.
    if finished is not None and finished.identity == job.file.identity:
        job.record = finished
        job.state = State.SKIPPED
        return [messages.Finish()]
    if unfinished is None:
        return _begin(job, rules)
    # Set first, so that an upload whose file has changed is aborted.
    job.upload_id = unfinished.upload_id
    if unfinished.identity != job.file.identity:
        problem = f"{job.title} changed since an earlier run began to upload it"
        remedy = "Run the same command again to upload it as it is now."
        return _fail(job, SourceChanged(problem, name=job.title, remedy=remedy), rules)
    # As the journal has it, whatever the rules are now: the parts that the platform has are of this size.
    job.cuts = PartPlan(job.file.size, unfinished.part_size)
    job.journaled = unfinished.parts
    job.is_touched = unfinished.ctime_ns != job.file.ctime_ns
    job.facts = _facts(job, {})
    job.state = State.BEGINNING
    return [_list_parts(job)]


def _begin(job: Job, rules: Rules) -> Commands:
    """Begin an upload from nothing."""
    try:
        job.cuts = plan_parts(job.file.size, job.store.rules, rules.rate)
    except ValueError as error:
        return _fail(job, TransferError(f"{job.title}: {error}", name=job.title, remedy="Split the file."), rules)
    if job.needed is None:
        job.needed = Chains((*job.store.needs, *(job.store.whole_needs if job.cuts.single else ())), job.file.size)
    job.state = State.HASHING
    return _hash_needed(job, job.needed)


def _hash_needed(job: Job, needed: Chains) -> Commands:
    """Compute the checksums that the platform needs beforehand, each in a single task: threads then take files in
    order.
    """
    if not needed.done:
        return [messages.Hash(link) for link in needed.links(job.file.size, job.file.size)]
    job.facts = _facts(job, needed.values())
    if not job.cuts.single:
        return _begin_parts(job)
    job.whole = True  # until `put` shows that the store accepts parts only
    return _send(job)


def _begin_parts(job: Job) -> Commands:
    if job.whole:
        # The chains were made for the whole, whose checksums do not follow from those of parts.
        job.whole, job.chains = False, None
    job.state = State.BEGINNING
    if job.restarts:
        return [_call_begin(job)]
    return [messages.Call(partial(job.store.unfinished, job.facts), messages.Resumable)]


def _resumable(job: Job, event: messages.Resumable, _: Rules) -> Commands:
    if not event.upload_id:
        return [_call_begin(job)]
    job.upload_id = event.upload_id
    return [_list_parts(job)]


def _call_begin(job: Job) -> messages.Call:
    return messages.Call(partial(job.store.begin, job.facts), messages.UploadBegun)


def _upload_begun(job: Job, event: messages.UploadBegun, _: Rules) -> Commands:
    job.upload_id = event.upload_id
    chosen = job.store.part_size(event.upload_id)
    if chosen is not None and chosen != job.cuts.part_size:
        job.cuts = PartPlan(job.file.size, chosen)
        job.facts = _facts(job, job.facts.checksums)
    # Recorded and synced before the first part: parts of an upload whose id is lost are still charged.
    return [messages.RecordBegun(), *_send(job)]


def _list_parts(job: Job) -> messages.Call:
    return messages.Call(partial(job.store.known, job.upload_id), messages.PartsListed)


def _parts_listed(job: Job, event: messages.PartsListed, _: Rules) -> Commands:
    parts = event.parts
    if job.journaled is None:
        return _take_up(job, parts or {})
    listed = dict(parts or {})
    # The journal's parts are hints: a part counts as far as the platform's list has the same.
    for number, part in job.journaled.items():
        # A platform that cannot list parts is taken to have those that the journal has.
        theirs = part if parts is None else parts.get(number)
        if theirs is not None and (theirs.size, theirs.etag) == (part.size, part.etag):
            # A program may have written to the file and restored its modification time, but not this time.
            if job.is_touched:
                listed[number] = part
            else:
                job.landed(part, from_earlier_run=True)
            checksums = theirs.checksums if parts is not None else dict[str, str]()
            job.note_agreement(part, {"md5": part.etag, **checksums})
    job.list_parts(listed)
    if job.sent:
        _log.info("%s: resuming, %d of %d parts are stored", job.title, len(job.sent), job.count)
    return _send(job)


def _take_up(job: Job, parts: Mapping[int, SentPart]) -> Commands:
    """Resume an upload that only the platform has; each part is compared with the file."""
    # All parts but the last are of one size.
    last = max(parts, default=0)
    sizes = {part.size for part in parts.values() if part.number < last}
    size = job.store.part_size(job.upload_id) or next(iter(sizes), job.cuts.part_size)
    too_many = PartPlan(job.file.size, size).count > job.store.rules.parts
    # Then only those parts can be used that the usual division has, too.
    if len(sizes) > 1 or size < job.store.rules.least or too_many:
        size = job.cuts.part_size
    job.cuts = PartPlan(job.file.size, size)
    job.list_parts(parts)
    return [messages.RecordBegun(), *_send(job)]


def _facts(job: Job, checksums: Mapping[str, str]) -> Source:
    size, mtime_ns, inode = job.file.identity
    return Source(job.path, job.title, size, mtime_ns, inode, job.cuts.part_size, checksums)


# -- parts


def _send(job: Job) -> Commands:
    """Send the parts that the platform lacks."""
    job.plan_rest()
    job.state = State.SENDING
    return [messages.Prepare(), *_hash_beside(job)]


def _hash_beside(job: Job) -> Commands:
    """Compute the checksums of the whole while sending; assemble the parts when both are finished."""
    return [*(messages.Hash(link) for link in job.hash_beside()), *_perhaps_complete(job)]


def _hashed(job: Job, event: messages.Hashed, _: Rules) -> Commands:
    event.link.chains.hashed(event.link)
    if job.state is State.HASHING and job.needed is not None:
        return _hash_needed(job, job.needed)
    return _hash_beside(job)


def _part_ready(job: Job, event: messages.PartReady, _: Rules) -> Commands:
    result = event.result
    if isinstance(result, Prepared):
        return [messages.Send(result)]
    job.pipeline -= 1
    return _begin_parts(job) if result is None else _landed(job, result, from_earlier_run=True)


def _called_off(job: Job, event: messages.CalledOff, _: Rules) -> Commands:
    return _resend(job, event.sending.prepared.cut.number)


def _resend(job: Job, number: int) -> Commands:
    """Prepare a part again, before those that follow."""
    job.todo.appendleft(number)
    return [messages.Prepare()]


def _ended(job: Job, event: messages.Ended, rules: Rules) -> Commands:
    sending, verdict = event.sending, event.verdict
    if verdict is None:
        error = event.error or TransportError("the server answered before it had received everything")
        if event.lasting:
            return _fail(job, error, rules)
        # An overloaded store may let requests time out instead of refusing them: it gets fewer at once.
        relief: Commands = [Relieve(sending.location, 0.0)] if isinstance(error, TimedOut) else []
        return [*relief, *_resend_later(job, event, error, rules)]
    match verdict.kind:
        case Kind.SENT:
            ours, facts = sending.prepared.checksums, verdict.facts
            # A store answers to each part with its ETag, so a success without any is that of a proxy.
            if not facts and not job.whole:
                return _foreign(job, event, rules)
            job.store.accepted(sending.location.headers)
            mismatch = difference(ours, facts)
            if mismatch is not None:
                return _damaged(job, event, mismatch, None, rules)
            return _part_accepted(job, sending, verdict)
        case Kind.FOREIGN:
            return _foreign(job, event, rules)
        case Kind.MOVED:
            return _moved(job, sending, verdict, rules)
        case Kind.ENDED | Kind.REFUSED if (
            job.announces and "content-md5" in sending.location.headers and _is_of_header(verdict)
        ):
            # Some stores refuse a header that the signature does not name; without it the response is compared as
            # before.
            job.announces = False
            return _resend(job, sending.prepared.cut.number)
        case Kind.ENDED | Kind.REFUSED | Kind.LATER if job.store.relents(
            verdict.status, verdict.error_body.code, sending.location.headers
        ):
            return _resend(job, sending.prepared.cut.number)
        case Kind.ENDED:
            return _url_ended(job, sending, verdict, rules)
        case Kind.LATER:
            later = _resend_later(job, event, _status_error(sending, verdict), rules, verdict.retry_after)
            delay = sum(command.seconds for command in later if isinstance(command, messages.Wait))
            longest = rules.patience.retry_after
            return [*relief_of(sending.location, verdict.status, verdict.retry_after, longest, delay), *later]
        case Kind.DAMAGED:
            return _damaged(job, event, None, _status_error(sending, verdict), rules)
        # An earlier request may have stored it, and its response was lost; libcurl itself repeats some.
        case Kind.REFUSED if (
            verdict.status == 412
            and job.whole
            and (job.attempts > 1 or sending.file_body.sent > sending.prepared.cut.length)
        ):
            checksums = sending.prepared.checksums
            part = SentPart(1, job.file.size, "", checksums)
            occupied = partial(messages.Occupied, part, _status_error(sending, verdict))
            return [messages.Call(partial(job.store.stored_before, job.facts, checksums), occupied)]
        case Kind.GONE if not job.whole:
            return _upload_missing(job, _status_error(sending, verdict), rules)
        case _:
            return _fail(job, _status_error(sending, verdict), rules)


def _part_accepted(job: Job, sending: Sending, verdict: Verdict) -> Commands:
    """The store has a part."""
    job.quota = job.quota.gained()
    job.refused.clear()
    cut, checksums, facts = sending.prepared.cut, sending.prepared.checksums, verdict.facts
    part = SentPart(cut.number, cut.length, facts.get("etag", ""), checksums)
    if job.whole:
        is_md5 = "md5" in facts and job.file.size <= ETAG_PART
        job.stored = {**facts, "s3_etag": facts["md5"]} if is_md5 else facts
        job.location = sending.location
        return _landed(job, part)
    job.note_agreement(part, facts)
    if not job.store.reports_parts:
        return _landed(job, part)
    status, headers = parse_head(sending.lines)
    report = messages.Call(
        partial(job.store.sent, job.upload_id, part, status, headers), partial(messages.Stored, part)
    )
    # A stop does not wait for the call.
    return [report] if job.store.needs_reports else [messages.RecordPart(part), report]


def _stored(job: Job, event: messages.Stored, _: Rules) -> Commands:
    return _landed(job, event.part)


def _occupied(job: Job, event: messages.Occupied, rules: Rules) -> Commands:
    if event.facts is None:
        return _fail(job, event.error, rules)
    job.stored = event.facts
    return _landed(job, event.part)


def _landed(job: Job, part: SentPart, *, from_earlier_run: bool = False) -> Commands:
    job.landed(part, from_earlier_run=from_earlier_run)
    return [messages.RecordPart(part), *_perhaps_complete(job)]


def _damaged(
    job: Job, event: messages.Ended, mismatch: tuple[str, str, str] | None, refused: OmicsError | None, rules: Rules
) -> Commands:
    """The received bytes differ from the announced ones."""
    if mismatch is None:
        algorithm, ours = next(iter(event.sending.prepared.checksums.items()), ("checksum", "unknown"))
        mismatch = algorithm, ours, "another one in the store"
    algorithm, ours, theirs = mismatch
    remedy = "The bytes were changed in transit. Try again over another network, or ask the store's operators."
    problem = ChecksumMismatch(_what(job, event), algorithm=algorithm, expected=ours, actual=theirs, remedy=remedy)
    problem.name = job.title
    problem.__cause__ = refused
    return _repeat(job, event, problem, rules)


def _foreign(job: Job, event: messages.Ended, rules: Rules) -> Commands:
    """The response is a success without a sign of the store: a proxy or a captive portal may have given it."""
    verdict = event.verdict
    assert verdict is not None
    response = "a web page" if verdict.kind is Kind.FOREIGN else "nothing that only the store knows"
    problem = f"{_what(job, event)}: the response ({verdict.status}) to it is {response}; it is not stored"
    return _repeat(job, event, Unconfirmed(problem, name=job.title), rules)


def _what(job: Job, event: messages.Ended) -> str:
    return job.title if job.whole else f"{job.title}, part {event.sending.prepared.cut.number}"


def _repeat(job: Job, event: messages.Ended, problem: OmicsError, rules: Rules) -> Commands:
    """Send bytes again that arrived but are not stored, a few times."""
    number = event.sending.prepared.cut.number
    job.damaged[number] = job.damaged.get(number, 0) + 1
    give_up = job.damaged[number] > MAX_REPEATS
    return _fail(job, problem, rules) if give_up else _resend_later(job, event, problem, rules)


def _is_of_header(verdict: Verdict) -> bool:
    """Whether a store may have refused a header that its presigned URL does not name."""
    message = verdict.error_body.message.lower()
    return verdict.error_body.code == "SignatureDoesNotMatch" or "header" in message or "content-md5" in message


def _moved(job: Job, sending: Sending, verdict: Verdict, rules: Rules) -> Commands:
    prepared, here = sending.prepared, sending.location
    if verdict.status == 303:
        problem = "the redirect turns it into a GET (303)"
        return _fail(job, TransportError(problem, method=sending.method, url=without_query(here.url)), rules)
    url = next_url(here.url, verdict.location, prepared.hops + 1, sending.method)
    headers, sign = here.headers, here.sign
    if origin_of(url) != origin_of(here.url):  # a redirect must not reveal our headers to another origin
        headers, sign = {name: value for name, value in headers.items() if _harmless(name)}, None
    # The request that was redirected has left the pipeline, and the same part is sent again.
    job.pipeline += 1
    moved = prepared._replace(location=here.replaced(url=url, headers=headers, sign=sign), hops=prepared.hops + 1)
    return [messages.Send(moved, first=True)]


def _url_ended(job: Job, sending: Sending, verdict: Verdict, rules: Rules) -> Commands:
    error, number = _status_error(sending, verdict), sending.prepared.cut.number
    if verdict.status == 400:  # by its code: the request itself was right
        error.remedy = "Renew the credentials, or set this machine's clock. Then run the same command again to resume."
    if not job.store.renewable:
        return _fail(job, error, rules)
    if sending.started_at - sending.prepared.at > AGED:
        _log.info("%s: its URL is no longer accepted (%d); requesting another", job.title, verdict.status)
        return _resend(job, number)
    job.refused[number] = job.refused.get(number, 0) + 1
    if job.refused[number] > rules.patience.renewals:
        return _fail(job, error, rules)
    # It was never accepted: another one may be, signed with newer credentials.
    _log.debug("%s; requesting its URL again", error.summary)
    job.retries += 1
    return [messages.Wait(0.0), *_resend(job, number)]


def _resend_later(
    job: Job, event: messages.Ended, error: OmicsError, rules: Rules, retry_after: float | None = None
) -> Commands:
    """Send a part again after a delay, if its job has tries left."""
    number = event.sending.prepared.cut.number
    if job.resume_at > event.now:  # the same failure ended several requests at once; it is counted once
        return _resend(job, number)
    then = _retry(job, event, error, rules, retry_after)
    return then if job.error is not None else [*then, *_resend(job, number)]


# -- calls


def _call_failed(job: Job, event: messages.CallFailed | messages.PartFailed, rules: Rules) -> Commands:
    """A call of the store failed: it is made again after a delay, or the job ends."""
    error = event.error
    if isinstance(error, NoSuchUpload):
        return _upload_missing(job, error, rules)
    if isinstance(error, Stopped):
        return []
    is_lasting = isinstance(error, TransportError) and error.lasting
    # Stores promise that a call with one of these errors may be made again, see `MultipartStore`.
    if is_lasting or not isinstance(error, TransportError | RateLimited | ServerError):
        return _fail(job, readable(job, error), rules)
    again = _resend(job, event.number) if isinstance(event, messages.PartFailed) else []
    if again and isinstance(error, TransportError) and job.resume_at > event.now:
        return again  # caused by another part; counted once
    wait = error.retry_after if isinstance(error, APIError) else None
    return [*again, *_retry(job, event, error, rules, wait)]


def _due(_: Job, event: messages.Due, __: Rules) -> Commands:
    return [event.call or messages.Prepare()]


def _retry(
    job: Job,
    event: messages.Ended | messages.CallFailed | messages.PartFailed,
    error: OmicsError,
    rules: Rules,
    retry_after: float | None,
) -> Commands:
    decision = job.quota.failed(event.jitter, retry_after, rules.patience.retry_after)
    if decision is None:
        return _fail(job, error, rules)
    job.quota, wait = decision
    job.retries += 1
    job.resume_at = max(job.resume_at, event.now + wait)
    name = "" if error.summary.startswith(job.title) else f"{job.title}: "
    _log.info("%s%s; retrying in %.2f s (%d tries left)", name, error.summary, wait, job.quota.left)
    return [messages.Wait(wait, event.call if isinstance(event, messages.CallFailed) else None)]


def _upload_missing(job: Job, error: OmicsError, rules: Rules) -> Commands:
    """The platform no longer has the upload: it may be complete, else it is restarted."""
    # The journal has all of them, if the end of an earlier run was not recorded.
    if not job.sent and not job.is_touched:
        for part in (job.journaled or {}).values():
            job.landed(part, from_earlier_run=True)
            job.note_agreement(part, {"md5": part.etag})
    if len(job.sent) < job.count:
        return _restart(job, error, rules)
    job.ending = False
    job.state = State.COMPLETING
    return [messages.Call(partial(job.store.finished, job.parts), partial(messages.Assembled, error))]


def _assembled(job: Job, event: messages.Assembled, rules: Rules) -> Commands:
    if event.facts is None:
        return _restart(job, event.error, rules)
    job.upload_id = ""  # it is complete: there is nothing to abort
    job.stored = event.facts
    job.unconfirmed |= "doubtful" in event.facts
    return _hash_beside(job)  # an earlier run sent it, and its checksums are still needed


def _restart(job: Job, error: OmicsError, rules: Rules) -> Commands:
    # First, so that a failure below aborts nothing: the platform no longer has this upload.
    job.upload_id, job.journaled = "", None
    job.restarts += 1
    if job.restarts > RESTARTS:
        return [messages.DropRecord(), *_fail(job, error, rules)]
    _log.warning("%s: its upload no longer exists on the platform; restarting", job.title)
    job.begin()
    return [messages.DropRecord(), messages.CancelRequests(), *_begin(job, rules)]


# -- the end


def _nothing(_: Job, __: object, ___: Rules) -> Commands:
    return []


def _perhaps_complete(job: Job) -> Commands:
    """Check the file for the last time, when all parts are stored and all checksums are computed."""
    # A part or a checksum that comes late must not complete the upload a second time.
    if job.ending or len(job.sent) < job.count or not (job.chains is None or job.chains.done):
        return []
    job.ending = True
    job.state = State.COMPLETING
    return [messages.CheckFile()]


def _unchanged(job: Job, _: messages.Unchanged, rules: Rules) -> Commands:
    if job.stored is not None:
        return _judge_whole(job, job.stored, rules)
    complete = partial(job.store.complete, job.upload_id, job.parts, job.checksums)
    return [messages.Call(complete, messages.Completed)]


def _completed(job: Job, event: messages.Completed, rules: Rules) -> Commands:
    return _judge_whole(job, event.facts, rules)


def _examined(job: Job, event: messages.Examined, rules: Rules) -> Commands:
    facts = event.facts or {"size": ""}
    return _judge_whole(job, {**(job.stored or {}), **facts}, rules)


def _judge_whole(job: Job, facts: Mapping[str, str], rules: Rules) -> Commands:
    """Compare what the platform states about the whole with what was sent."""
    job.stored = facts
    mismatch = difference({**job.checksums, **(job.sent[1].checksums if job.whole else {})}, facts)
    if mismatch is None:
        return _judge_size(job, facts, rules)
    # A whole file is sent again once: its bytes may have been changed on their way, and the next PUT replaces the
    # object.
    if job.whole and not job.damaged:
        job.damaged[1] = 1
        job.plan_again()
        job.state = State.SENDING
        return [messages.Prepare()]
    algorithm, ours, theirs = mismatch
    job.upload_id = ""  # it is complete: there is nothing to abort
    remedy = "The stored object is damaged. Run the same command again to upload it again."
    error = ChecksumMismatch(job.title, algorithm=algorithm, expected=ours, actual=theirs, remedy=remedy)
    return [messages.DropRecord(), *_fail(job, error, rules)]


def _judge_size(job: Job, facts: Mapping[str, str], rules: Rules) -> Commands:
    """Count the whole as stored, if the store confirms a checksum, else its size; ask for that if it is not stated."""
    title, size = job.title, facts.get("size")
    if size and size != str(job.file.size):
        job.upload_id = ""
        problem = f"{title}: {job.file.size} bytes were sent, but the store has {size}"
        return [messages.DropRecord(), *_fail(job, Unconfirmed(problem, name=title), rules)]
    # The response proves nothing about the bytes: the store has to state at least the size of what it has.
    if not job.confirmed and size is None:
        if isinstance(job.store, WholeStore):
            assert job.location is not None
            return [messages.Examine(job.location)]
        return [messages.Call(job.store.examine, messages.Examined)]
    if not job.confirmed and not size and job.whole and "etag" not in facts:
        problem = f"{title}: the store accepted it, but states neither a checksum nor its size"
        return _fail(job, Unconfirmed(problem, name=title), rules)
    job.state = State.DONE
    return [messages.RecordDone(), messages.Finish()]


def _broken(job: Job, event: Broken, rules: Rules) -> Commands:
    return _fail(job, event.error, rules)


def _fail(job: Job, error: OmicsError, rules: Rules) -> Commands:
    job.error = error
    return _give_up(job, abort=rules.abort)


def _stopped(job: Job, event: messages.Stopped, _: Rules) -> Commands:
    return _give_up(job, abort=event.abort)


def _give_up(job: Job, *, abort: bool) -> Commands:
    """End a job that failed or was stopped; unusable parts are discarded on the platform, too."""
    # Results of parts, calls and hashes that come from now on are those of an upload that has ended.
    job.epoch += 1
    error, completing = job.error, job.state is State.COMPLETING
    # An object that was assembled incorrectly must not be trusted by the next run.
    job.wrong = isinstance(error, SourceChanged) or (completing and isinstance(error, ChecksumMismatch))
    # Resumed, every run would end here: no object can be made of the parts, or another is at its key.
    job.wrong |= completing and isinstance(error, PreconditionFailed)
    if completing and isinstance(error, APIError) and error.code in _UNUSABLE_PARTS:
        job.wrong = True
        error.remedy = "Run the same command again to send it from the beginning."
    # The store may have wrong bytes under the object's name, whatever its response was.
    if job.whole and job.accepted is not None and isinstance(job.error, SourceChanged | ChecksumMismatch):
        job.state = State.ABORTING
        withdraw = partial(job.store.withdraw, job.facts, job.accepted.get("etag", ""))
        return [messages.CancelRequests(), messages.Call(withdraw, messages.Aborted)]
    # Without either the parts stay, and the next run resumes from them. Requests end first: a part that arrives after
    # the abort may be stored, and charged.
    if job.upload_id and (abort or job.wrong):
        job.state = State.ABORTING
        return [messages.CancelRequests(), messages.Call(partial(job.store.abort, job.upload_id), messages.Aborted)]
    drop: Commands = [messages.DropRecord()] if job.wrong else []
    return [messages.CancelRequests(), *drop, *_finish(job)]


def _aborted(job: Job, event: messages.Aborted, _: Rules) -> Commands:
    if event.response and job.error is not None:
        job.error.remedy = f"{event.response} {job.error.remedy}"
    return [messages.DropRecord(), *_finish(job)]


def _not_aborted(job: Job, event: messages.CallFailed, _: Rules) -> Commands:
    problem = event.error
    _log.warning(
        "%s: cannot %s on the platform: %s", job.title, "remove it" if job.whole else "abort its upload", problem
    )
    passes = isinstance(problem, TransportError | RateLimited | ServerError)
    drop: Commands = [messages.DropRecord()] if job.wrong and not passes else []  # otherwise every run would end here
    return [*drop, *_finish(job)]


def _abort_cut(job: Job, _: messages.Stopped, __: Rules) -> Commands:
    return _finish(job)


def _finish(job: Job) -> Commands:
    job.state = State.STOPPED if job.error is None else State.FAILED
    return [messages.Finish()]


def _harmless(name: str) -> bool:
    name = name.lower()
    return name.startswith(_HARMLESS) or name in _HARMLESS_NAMES


def _status_error(sending: Sending, verdict: Verdict) -> OmicsError:
    reason = f": {mask_text(verdict.error_body.message)}" if verdict.error_body.message else ""
    what = sending.job.title if sending.job.whole else f"{sending.job.title}, part {sending.prepared.cut.number}"
    return error_class(verdict.status)(
        f"{what}: the store refused it{reason}",
        status=verdict.status,
        code=verdict.error_body.code,
        request_id=verdict.error_body.request_id,
        method=sending.method,
        url=without_query(sending.location.url),
        retry_after=verdict.retry_after,
        remedy=sending.job.store.remedies.get(verdict.error_body.code or ""),
    )


# -- the table

_PLANNED, _CHECKING, _HASHING, _BEGINNING = State.PLANNED, State.CHECKING, State.HASHING, State.BEGINNING
_SENDING, _COMPLETING, _ABORTING = State.SENDING, State.COMPLETING, State.ABORTING
_DONE, _SKIPPED, _FAILED, _STOPPED = State.DONE, State.SKIPPED, State.FAILED, State.STOPPED
_LIVE = (_PLANNED, _CHECKING, _HASHING, _BEGINNING, _SENDING, _COMPLETING)
# Consequences of an error: the end, at once or after the platform was requested to discard the parts.
_OUT = (_ABORTING, _FAILED)
# Consequences of an upload that the platform no longer has: it is complete after all, or is restarted.
_UPLOAD_MISSING = (_HASHING, _BEGINNING, _SENDING, _COMPLETING, *_OUT)
_LATE = (messages.PartReady, messages.PartFailed, messages.Ended, messages.CalledOff, messages.Stored)

#: What each event does in each state of an upload; docs/architecture.md draws it.
TRANSITIONS = {
    (_PLANNED, messages.Admitted): _to(_admitted, _CHECKING),
    (_CHECKING, messages.Opened): _to(_opened, _SKIPPED, _HASHING, _BEGINNING, _SENDING, *_OUT),
    (_HASHING, messages.Hashed): _to(_hashed, _HASHING, _BEGINNING, _SENDING),
    (_BEGINNING, messages.Resumable): _to(_resumable, _BEGINNING),
    (_BEGINNING, messages.UploadBegun): _to(_upload_begun, _SENDING),
    (_BEGINNING, messages.PartsListed): _to(_parts_listed, _SENDING, _COMPLETING),
    (_BEGINNING, messages.Hashed): _to(_hashed, _BEGINNING),
    (_BEGINNING, messages.CallFailed): _to(_call_failed, *_UPLOAD_MISSING),
    (_BEGINNING, messages.Due): _to(_due, _BEGINNING),
    (_SENDING, messages.PartReady): _to(_part_ready, _SENDING, _BEGINNING, _COMPLETING),
    (_SENDING, messages.PartFailed): _to(_call_failed, *_UPLOAD_MISSING),
    (_SENDING, messages.Ended): _to(_ended, *_UPLOAD_MISSING),
    (_SENDING, messages.CalledOff): _to(_called_off, _SENDING),
    (_SENDING, messages.Stored): _to(_stored, _SENDING, _COMPLETING),
    (_SENDING, messages.Occupied): _to(_occupied, _COMPLETING, *_OUT),
    (_SENDING, messages.CallFailed): _to(_call_failed, *_UPLOAD_MISSING),
    (_SENDING, messages.Due): _to(_due, _SENDING),
    (_SENDING, messages.Hashed): _to(_hashed, _SENDING, _COMPLETING),
    (_COMPLETING, messages.Hashed): _to(_hashed, _COMPLETING),
    (_COMPLETING, messages.Unchanged): _to(_unchanged, _COMPLETING, _SENDING, _DONE, *_OUT),
    (_COMPLETING, messages.Completed): _to(_completed, _COMPLETING, _DONE, *_OUT),
    (_COMPLETING, messages.Examined): _to(_examined, _COMPLETING, _SENDING, _DONE, *_OUT),
    (_COMPLETING, messages.Assembled): _to(_assembled, *_UPLOAD_MISSING),
    (_COMPLETING, messages.CallFailed): _to(_call_failed, *_UPLOAD_MISSING),
    (_COMPLETING, messages.Due): _to(_due, _COMPLETING),
    (_ABORTING, messages.Aborted): _to(_aborted, _FAILED, _STOPPED),
    (_ABORTING, messages.CallFailed): _to(_not_aborted, _FAILED, _STOPPED),
    (_ABORTING, messages.Stopped): _to(_abort_cut, _FAILED, _STOPPED),
    # Results of earlier requests may arrive late; they are ignored.
    **{(_COMPLETING, late): _to(_nothing, _COMPLETING) for late in _LATE},
    **{(_ABORTING, late): _to(_nothing, _ABORTING) for late in (messages.Hashed, Broken)},
    **{(state, Broken): _to(_broken, *_OUT) for state in _LIVE},
    **{(state, messages.Stopped): _to(_stopped, _ABORTING, _STOPPED) for state in _LIVE},
}
