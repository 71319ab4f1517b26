"""The reactions of a download to events: a table from state and event to a handler. Pure but for its log messages.

A handler changes the job's data and returns commands; the engine executes them. It touches no file and no network.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from omicsdk.core.checksums import first_difference
from omicsdk.core.errors import (
    ChecksumMismatch,
    ChecksumMissing,
    ConnectionLost,
    LocalChange,
    OmicsError,
    SourceChanged,
    TimedOut,
    TransferError,
    TransportError,
    TruncatedTransfer,
)
from omicsdk.core.logs import logger
from omicsdk.transfer import checksums as hashing
from omicsdk.transfer.downloads import messages
from omicsdk.transfer.downloads.job import Job, Repair
from omicsdk.transfer.downloads.receiving import ACCEPTED, ResponseWriter
from omicsdk.transfer.engine.machine import Broken, Relieve, State, relief_of
from omicsdk.transfer.engine.machine import to as _to
from omicsdk.transfer.journal import MISSING
from omicsdk.transfer.network import plan
from omicsdk.transfer.network.requests import (
    Kind,
    Location,
    Patience,
    Verdict,
    next_location,
    parse_head,
    unavailable,
    validator_words,
)

if TYPE_CHECKING:
    import os

#: Maximum number of checks of the whole while its parts are downloaded again, before the last one at the end.
CHECKS = 8
#: A file whose source changes more often than this during its download fails.
RESTARTS = 2
#: Maximum number of consecutive offers of another size than stated: they may be a proxy's page, or empty.
MAX_SIZE_MISMATCHES = 2
#: A URL that is older than this many seconds when used may have expired without an error of the server.
AGED = 30.0

#: Remedy for a file that restarts after each break.
UNJOINED = (
    "No ETag or date shows that its parts are of one version, so each try restarts. Use --resume-unvalidated "
    "(resume_unvalidated=True in Python) to join them anyway."
)

_log = logger("omicsdk.transfer")

Commands = list[messages.Command]


# -- existing files


def _admitted(job: Job, event: messages.Admitted, _: Patience) -> Commands:
    job.state = State.CHECKING
    return [messages.LookInStore() if event.into_store else messages.LookAtDisk()]


def _in_store(job: Job, event: messages.InStore, _: Patience) -> Commands:
    if event.error is not None:
        return _fail(job, event.error)
    if event.stored is None:
        return [messages.LookAtDisk()]
    job.size = event.stored.size
    job.state = State.SKIPPED
    # The part is of a run that ended between putting the file into the store and recording it.
    return [messages.RemovePart(), messages.DropRecord(), messages.Finish(event.stored.checksums)]


def _disk_examined(job: Job, event: messages.DiskExamined, _: Patience) -> Commands:
    existing = event.existing
    if existing is None:
        return _resume(job, event)
    # Another size needs no hashing to be wrong.
    if job.item.size not in (None, existing.st_size):
        return _take_back(job, existing, event)
    # Its done-record was synced after it, and applies as long as its size and time are the same: no byte is read.
    if event.checksums is not None:
        job.size = existing.st_size
        job.state = State.SKIPPED
        return [messages.Finish(event.checksums)]
    if job.item.checksums:
        return [messages.HashExisting(existing, event)]
    if event.record is not None and event.record.size == existing.st_size:
        return _take_back(job, existing, event)  # the CRCs of its cells show which of it survived a crash
    # The journal has it as done, and it has changed since: a user has edited it.
    if event.intact is False and not job.item.overwrite:
        return _keep(job)
    _warn_of_edit(job, event)
    return _resume(job, event)


def _existing_hashed(job: Job, event: messages.ExistingHashed, _: Patience) -> Commands:
    existing = event.existing
    wrong = first_difference(job.item.checksums, event.checksums)
    if wrong is None:
        job.size = existing.st_size
        job.state = State.COMMITTING
        return [messages.ClosePart(), messages.Commit(event.checksums, fetched=False, existing=existing)]
    _log.info("%s: the existing file has another %s", job.item.title, wrong)
    return _take_back(job, existing, event.disk_state)


def _take_back(job: Job, existing: os.stat_result, disk_state: messages.DiskExamined) -> Commands:
    """Take a file that is or may be wrong from its final name, to resume from the right parts of it."""
    # The record has all of its cells: it was whole, and a power cut may have lost bytes of it before it was recorded as done.
    record = disk_state.record
    is_received = record is not None and record.size == existing.st_size and MISSING not in record.cells
    if not job.item.overwrite and existing.st_size and not (disk_state.intact or is_received):
        return _keep(job)
    _warn_of_edit(job, disk_state)
    if disk_state.intact:
        return _resume(job, disk_state)  # an earlier version keeps its name until the new one takes it
    if record is None:
        return [messages.TakeBack(), *_resume(job, disk_state)]
    # A file without the right to write, such as a link to a file of a cache, is never resumed in its place.
    if disk_state.length is None and existing.st_mode & stat.S_IWUSR:
        # An old record must not vouch for bytes that are about to change.
        whole = disk_state.replaced(length=existing.st_size)
        return [messages.ForgetDone(), messages.TakeBack(), *_resume(job, whole)]
    return [messages.RemoveExisting(), *_resume(job, disk_state)]  # the part has more of the file


def _warn_of_edit(job: Job, disk_state: messages.DiskExamined) -> None:
    if disk_state.intact is False:
        _log.warning("%s: the file was edited since its download, and is replaced", job.item.title)


def _keep(job: Job) -> Commands:
    """Leave an existing file, which a user may have written."""
    why = "a file with other content exists, which was not downloaded, or was edited since"
    return _fail(job, LocalChange(f"{job.item.title}: {why}", name=job.item.name))


def _resume(job: Job, disk_state: messages.DiskExamined) -> Commands:
    return [messages.LookInCache(disk_state)] if job.caches and job.item.checksums else _missing(job, disk_state)


def _cache_looked(job: Job, event: messages.CacheLooked, _: Patience) -> Commands:
    if event.cached is None:
        return _missing(job, event.disk_state)
    status, checksums = event.cached
    job.size, job.from_cache, job.touched = status.st_size, True, True
    job.state = State.COMMITTING
    dropped: Commands = [messages.DropRecord()] if event.disk_state.has_record else []
    return [*dropped, messages.Commit(dict(checksums), existing=status)]


def _missing(job: Job, disk_state: messages.DiskExamined) -> Commands:
    """Fetch what the part lacks."""
    record, length = disk_state.record, disk_state.length
    # Cells are hints that were not synced: the part is read before any of them is relied on.
    if record is not None and length is not None and length <= record.size:
        return [messages.ReadCells(record.cells, record.size, record)]
    then: Commands = []  # if it is longer, another program wrote to it
    if disk_state.has_record:
        _log.info("%s: cannot resume the earlier partial download; restarting", job.item.title)
        then.append(messages.DropRecord())
    job.begin()
    return [*then, *_fetch(job)]


def _part_read(job: Job, event: messages.CellsRead, _: Patience) -> Commands:
    assert event.record is not None
    job.resume(event.record, event.damaged, event.beginnings)
    _log.info("%s: resuming, %d of %d bytes are present", job.item.title, job.bytes_kept, event.record.size)
    # First, as the earlier run may have ended between the last cell and the check: then no request is needed.
    then = _advance(job)
    return then if job.complete else [*then, *_fetch(job)]


# -- requests


def _fetch(job: Job) -> Commands:
    """Queue requests for missing bytes, before those of other jobs; request the URL if there is none."""
    if job.state in (State.CHECKING, State.LOCATING):
        job.state = State.LOCATING if job.location is None else State.RECEIVING
    if job.location is not None:
        return [messages.Queue()]
    # The call under way ends in `Located`, which queues the job.
    if job.locating:
        return []
    job.locating = True
    return [messages.RequestUrl()]


def _located(job: Job, event: messages.Located, _: Patience) -> Commands:
    job.locating = False
    if job.declined == event.location and job.state in (State.RECEIVING, State.REPAIRING) and not job.complete:
        assert job.error is not None
        return _fail(job, job.error)  # it is not a signed one, which expires: the server denies access
    job.location, job.direct = event.location, None
    job.located, job.gained_since_located = event.now, False
    if job.state is State.LOCATING:
        job.state = State.RECEIVING
    return [] if job.complete else [messages.Queue(first=False)]


def _due(job: Job, _: messages.Due, __: Patience) -> Commands:
    job.paused = False
    return [] if job.complete else _fetch(job)


def _called_off(job: Job, event: messages.CalledOff, _: Patience) -> Commands:
    job.give_back(event.response.piece)
    return [messages.Queue()] if job.location is not None else []  # otherwise another URL is being requested


def _answered(job: Job, event: messages.Answered, _: Patience) -> Commands:
    response, verdict = event.response, event.verdict
    piece, then = response.piece, Commands()
    if verdict.kind is Kind.WHOLE:
        job.whole_instead(piece)
        # `whole_instead` has begun a new epoch, in which this response alone stays valid.
        response.epoch = job.epoch
        then.append(messages.ClosePart())  # the new content may be shorter than the old
    job.learn(verdict)
    job.adopt(response.stated_checksums)
    # From here on the writer refuses what exceeds the size, which this response may have stated.
    if piece.end is None:
        piece.end = job.size
    # Smaller files usually arrive before a record is of use; the engine starts that of a slow one.
    if job.record is None and job.size is not None and job.size > plan.BATCH:
        then.append(messages.Record())
    return then


def _ended(job: Job, event: messages.Ended, patience: Patience) -> Commands:
    response, error = event.response, event.error
    verdict = response.verdict
    if verdict is None or verdict.kind in ACCEPTED:
        if error is not None or verdict is None or response.too_long:
            return _cut(job, event, error or TransportError("no response"), patience)
        return _body_complete(job, event, verdict, patience)
    if verdict.kind not in (Kind.CHANGED, Kind.WRONG_RANGE, Kind.UNVALIDATED):  # which plan the job again
        job.give_back(response.piece)
    match verdict.kind:
        case Kind.MOVED:
            return _moved(job, response, verdict, patience)
        case Kind.ENDED:
            return _url_ended(job, event, verdict, patience)
        case Kind.LATER:
            return _later(job, event, verdict, patience)
        case Kind.CHANGED:
            return _changed(job, verdict)
        case Kind.WRONG_RANGE:
            return _wrong_range(job, event, verdict, patience)
        case Kind.UNVALIDATED:
            return _unvalidated(job, verdict)
        case Kind.WRONG_SIZE:
            return _wrong_size(job, event, verdict, patience)
        case _:
            return _fail(job, _status_error(response, verdict))


def _body_complete(job: Job, event: messages.Ended, verdict: Verdict, patience: Patience) -> Commands:
    response = event.response
    piece, then = response.piece, Commands()
    if piece.end is None:  # the size is unknown: the end of the body is the end of the file
        piece.end = job.size = piece.position
        response.close_last_cell()  # which has the expected size
        job.open_ended = True
        then.append(messages.CutPart(job.size))
    if piece.position < piece.end:
        # An empty 206 counts as a failure: it would otherwise be requested again forever, without an attempt.
        if verdict.status == 206 and response.received:  # a server may send less than was requested
            job.give_back(piece)
            return _fetch(job)
        return _cut(job, event.replaced(lasting=False), ConnectionLost("the body ended early"), patience)
    job.flying -= 1
    job.size_mismatches = 0
    if not job.complete:
        then += _fetch(job)
    return [*then, *_advance(job)]


def _cut(job: Job, event: messages.Ended, error: TransportError, patience: Patience) -> Commands:
    """There was no response, or its body is incomplete."""
    response = event.response
    piece = response.piece
    problem: OmicsError = error
    if response.too_long:
        return _too_long(job, event, patience)
    if (
        response.whole and response.verdict is not None
    ):  # the end of the response does not prove that its bytes are complete
        return _body_complete(job, event, response.verdict, patience)
    is_partial = piece.position > piece.start
    if isinstance(error, ConnectionLost) and job.size is not None:
        received = job.present + piece.position % plan.CELL
        remedy = None if job.joins or not is_partial else UNJOINED
        problem = TruncatedTransfer(job.item.title, expected=job.size, received=received, remedy=remedy)
        problem.__cause__ = error
    if is_partial and not job.joins and not event.lasting:
        validator = validator_words(job.validator)
        _log.warning("%s: restarting: the server states %s and no checksum is known", job.item.title, validator)
    # An overloaded server may let requests time out instead of refusing them: it gets fewer at once.
    relief: Commands = [Relieve(response.location, 0.0)] if isinstance(error, TimedOut) else []
    job.give_back(piece)
    return [*relief, *(_fail(job, problem) if event.lasting else _again(job, event, problem, patience))]


def _too_long(job: Job, event: messages.Ended, patience: Patience) -> Commands:
    """The server sent more than requested, or more than the file's size."""
    verdict = event.response.verdict
    assert verdict is not None
    # More than the range has: the server does not support ranges, and the whole file is requested.
    if verdict.status == 206:
        return _wrong_range(job, event, verdict._replace(why="more bytes than requested"), patience)
    verdict = verdict._replace(why=f"more than {job.size} bytes")
    if job.item.size is None:  # an earlier body that ended too early was believed
        return _changed(job, verdict)
    job.give_back(event.response.piece)
    return _wrong_size(job, event, verdict, patience)


def _moved(job: Job, response: ResponseWriter, verdict: Verdict, patience: Patience) -> Commands:
    # Another request has begun the wait; the bytes of this one are requested after it.
    if job.paused:
        return []
    here = response.location
    wait = verdict.retry_after or 0.0
    job.redirects += 1
    job.waited += wait
    # A 301 with Retry-After, the DSS's "not ready yet", is limited by the time waited and not by the number of redirects.
    target = next_location(here, verdict, 0 if wait else job.redirects)
    if job.waited > patience.retry_after:
        before = f"{job.item.title}: still not ready after {job.waited - wait:.0f} s"
        problem = f"{before}, and the server asks for {wait:.0f} s more"
        return _fail(job, TransferError(problem, name=job.item.name, remedy="Try again later."))
    job.direct = target
    return _pause(job, wait) if wait else _fetch(job)


def _url_ended(job: Job, event: messages.Ended, verdict: Verdict, patience: Patience) -> Commands:
    response = event.response
    # Several requests are refused at once when a URL expires: the first refusal has requested the next one.
    if job.locating or job.paused:
        return []
    if response.location is not (job.direct or job.location):
        return _fetch(job)  # there is a newer URL already
    error = _status_error(response, verdict)
    # No call returns another URL; only its redirect can be requested again.
    fixed = isinstance(job.item.locate, Location) and job.item.renew is None
    if job.direct is None and fixed:
        return _fail(job, error)
    job.declined = None
    if job.gained_since_located or response.started_at - job.located > AGED:
        _log.info("%s: its URL is no longer accepted (%d); requesting another", job.item.title, verdict.status)
    else:
        # It was never accepted: another one may be, for example with credentials that only `renew` has.
        _log.debug("%s: %s; requesting its URL again", job.item.title, error.summary)
        job.declined = None if job.direct is not None or "?" in response.location.url else job.location
    if job.gained_since_located:
        job.refused = 0
    elif response.started_at - job.located <= AGED:
        job.refused += 1
    if job.refused > patience.renewals:
        return _fail(job, error)
    # The redirect of a fixed URL is renewed without a `Located`, which would set these.
    job.located, job.gained_since_located = event.now, False
    job.error = error
    job.retries += 1
    job.direct = None  # a redirect returns a new one
    if not fixed:
        job.location = None
    return _fetch(job)


def _later(job: Job, event: messages.Ended, verdict: Verdict, patience: Patience) -> Commands:
    later = _again(job, event, _status_error(event.response, verdict), patience, verdict.retry_after)
    delay = sum(command.seconds for command in later if isinstance(command, messages.Wait))
    location, longest = event.response.location, patience.retry_after
    return [*relief_of(location, verdict.status, verdict.retry_after, longest, delay), *later]


def _changed(job: Job, verdict: Verdict) -> Commands:
    job.restarts += 1
    job.error = SourceChanged(f"{job.item.title}: the file changed on the server: {verdict.why}", name=job.item.name)
    if job.restarts > RESTARTS:
        return _fail(job, job.error)
    _log.warning("%s; restarting", job.error.message)
    # The size that an earlier response stated is of the old version.
    job.size = job.item.size
    return _restart(job)


def _wrong_range(job: Job, event: messages.Ended, verdict: Verdict, patience: Patience) -> Commands:
    response = event.response
    # The whole file was requested already, so there is no simpler request to fall back to.
    if not response.requested_range.ranged:
        job.give_back(response.piece)
        error = SourceChanged(f"{job.item.title}: the server responded with {verdict.why}", name=job.item.name)
        return _again(job, event, error, patience)
    _log.info("%s: the server responded with %s; requesting the whole file", job.item.title, verdict.why)
    job.ranged = False
    return _restart(job)


def _unvalidated(job: Job, verdict: Verdict) -> Commands:
    """Bytes of several responses may be of several versions without any sign of it: one response has to provide all of
    them.
    """
    _log.info("%s: the server responded with %s; requesting the whole file", job.item.title, verdict.why)
    job.ranged = False
    job.size = job.item.size
    return _restart(job)


def _wrong_size(job: Job, event: messages.Ended, verdict: Verdict, patience: Patience) -> Commands:
    job.size_mismatches += 1
    error = SourceChanged(
        f"{job.item.title}: the server offers {verdict.why}",
        name=job.item.name,
        remedy="Check the size in the manifest, or ask the platform for the file's newest version.",
    )
    return _fail(job, error) if job.size_mismatches > MAX_SIZE_MISMATCHES else _again(job, event, error, patience)


def _again(
    job: Job, event: messages.Ended, error: OmicsError, patience: Patience, retry_after: float | None = None
) -> Commands:
    """Retry after a delay, if the job has tries left."""
    if job.paused:  # the same failure ended several requests at once; it is counted once
        return []
    job.direct = None  # a redirect may return a better server now
    job.error = error
    decision = job.quota.failed(event.jitter, retry_after, patience.retry_after)
    if decision is None:
        return _fail(job, error)
    job.quota, delay = decision
    job.retries += 1
    why = error.summary.removeprefix(f"{job.item.title}: ")
    _log.info("%s: %s; retrying in %.2f s (%d tries left)", job.item.title, why, delay, job.quota.left)
    return _pause(job, delay)


def _pause(job: Job, seconds: float) -> Commands:
    job.paused = True
    return [messages.Wait(seconds)]


def _restart(job: Job) -> Commands:
    job.repair = None
    job.open_ended = False
    # Cells of the new version restore retries again, although fewer of them are present than of the old one.
    job.most = 0
    job.state = State.RECEIVING
    job.begin()
    return [messages.DropRecord(), messages.ClosePart(), *_fetch(job)]


# -- received bytes


def _grown(job: Job, _: messages.Grown, __: Patience) -> Commands:
    return _advance(job)


def _hashed(job: Job, event: messages.Hashed, _: Patience) -> Commands:
    # By identity, as `forget_digests` cannot take back what a hash thread has: its result may arrive in any state.
    if job.digests is not event.digests:  # restarted since
        return []
    job.following = False
    job.hashed += event.read
    if event.read < event.requested:
        changed = f"{job.item.title}: another program shortened {job.part} while it was downloaded"
        return _fail(job, TransferError(changed, name=job.item.name))
    return _advance(job)


def _advance(job: Job) -> Commands:
    """Hash the received bytes, and check the whole when all are present."""
    then: Commands = []
    if job.complete:
        # many jobs may wait for the hash threads, and none of them needs its descriptor
        then.append(messages.ClosePart())
        if job.state is not State.REPAIRING:
            job.state = State.VERIFYING
    # One task at a time hashes a job: digests take bytes in order only.
    if job.following:
        return then
    if job.repair is not None and job.repair.left is not None:
        following = _part_again(job, job.repair)
        if following is not None:
            return [*then, *following]
    job.move_frontier()
    behind = job.reach - job.hashed if job.digests.names else 0
    # While bytes arrive, only enough of them are worth a task; when all are present, the rest is.
    if job.lags or (behind > 0 and job.complete):
        job.following = True
        then.append(messages.HashFurther(job.digests, job.hashed, job.reach))
    elif job.complete and not behind:
        then += _check(job)
    return then


def _check(job: Job) -> Commands:
    assert job.size is not None
    # Before the first request the item was let pass because its responses might state a checksum.
    if job.required and not job.item.checksums:
        return _fail(job, ChecksumMissing(job.item.title, name=job.item.name))
    checksums = job.digests.values()
    # Combined from the cells, whose CRCs the journal needs anyway: the file is not read for it.
    if "crc32c" in job.item.checksums:
        checksums["crc32c"] = hashing.crc32c_of_cells(job.cells, job.size)
    wrong = first_difference(job.item.checksums, checksums)
    if wrong is not None:
        expected, actual = job.item.checksums[wrong], checksums[wrong]
        return _mend(job, ChecksumMismatch(job.item.title, algorithm=wrong, expected=expected, actual=actual))
    job.state = State.COMMITTING
    # A part is created by its first bytes, which an empty file has none of.
    empty: Commands = [messages.MakeEmpty(), messages.ClosePart()] if job.size == 0 else []
    return [*empty, messages.EnterCache(checksums) if job.caches and checksums else messages.Commit(checksums)]


def _cache_entered(job: Job, event: messages.CacheEntered, _: Patience) -> Commands:
    del job
    return [messages.Commit(event.checksums, existing=event.link)]


# -- wrong bytes


def _mend(job: Job, error: ChecksumMismatch) -> Commands:
    """All bytes are present and the whole is wrong: first the disk is suspected, then the source."""
    job.error = error
    repair = job.repair
    if repair is not None:
        repair.error = error
    if not job.size:  # there is nothing to download again
        return _give_up(job, error)
    if repair is None:
        _log.warning("%s; comparing its parts with the received bytes", error.message)
        job.repair = Repair(error)
        job.state = State.REPAIRING
        return [messages.ReadCells(job.cells, job.size)]
    # Cells that were damaged on disk are right now, and the whole is wrong still: the source is suspected next.
    if repair.left is None:
        return _compared(job, [])
    return _next_part(job, repair) if repair.left else _give_up(job, error)


def _cells_compared(job: Job, event: messages.CellsRead, _: Patience) -> Commands:
    return _compared(job, event.damaged)


def _compared(job: Job, damaged: list[int]) -> Commands:
    assert job.repair is not None
    assert job.size is not None
    if damaged:
        _log.warning("%s: %d cells were damaged on disk; downloading them again", job.item.title, len(damaged))
        job.want(damaged)
        return _fetch(job)
    # The disk has what was received, so what was received is wrong: a server, or a proxy, sent it so.
    # Part by part from here on: one wrong byte must not cost all of a file of hundreds of gigabytes again.
    job.repair.left = [(0, job.size)]
    return _next_part(job, job.repair)


def _next_part(job: Job, repair: Repair) -> Commands:
    assert repair.left
    assert job.size is not None
    # Without ranges each request brings all of the file, so that it makes one part of the repair.
    whole = job.ranged is not True
    (start, end), repair.left = plan.take(repair.left, job.size + plan.CELL if whole else plan.LARGEST_PART)
    cells = list(range(start // plan.CELL, plan.cell_count(end)))
    # A part whose CRCs are as before changes nothing, so the whole need not be hashed again.
    repair.before = job.cells[:]
    repair.again = (cells[0], cells[-1] + 1)
    job.want(cells)
    return _fetch(job)


def _part_again(job: Job, repair: Repair) -> Commands | None:
    """Decide after a part was downloaded again whether the whole is checked now: None if so, else the commands to run
    instead.
    """
    if not job.complete:
        return []
    first, last = repair.again
    if repair.before is None:
        return None  # the check that was decided on is running
    repair.changed |= repair.before[first:last] != job.cells[first:last]
    repair.before = None
    # Each check reads the whole file. After CHECKS of them the only one left is at the end.
    if repair.changed and (repair.checks < CHECKS or not repair.left):
        repair.changed = False
        repair.checks += 1
        return None
    return _next_part(job, repair) if repair.left else _give_up(job, repair.error)


def _give_up(job: Job, error: ChecksumMismatch) -> Commands:
    # Without a record the part is removed with the job: no later run may resume from bytes that are known to be wrong.
    job.record = None
    return [messages.DropRecord(), *_fail(job, error)]


# -- ends


def _committed(job: Job, event: messages.Committed, _: Patience) -> Commands:
    if event.error is not None:
        return _fail(job, event.error)
    job.state = State.DONE if event.fetched else State.SKIPPED
    return [messages.Finish(event.checksums)]


def _broken(job: Job, event: Broken, _: Patience) -> Commands:
    return _fail(job, event.error)


def _stopped(job: Job, _: messages.Stopped, __: Patience) -> Commands:
    job.state = State.STOPPED
    return [messages.Finish()]


def _fail(job: Job, error: OmicsError) -> Commands:
    job.state = State.FAILED
    return [messages.Finish(error=error)]


def _status_error(response: ResponseWriter, verdict: Verdict) -> OmicsError:
    headers = parse_head(response.lines)[1]
    return unavailable(response.job.item.title, response.location.url, verdict, headers, response.refusal)


# -- the table

_PLANNED, _CHECKING, _LOCATING, _RECEIVING = State.PLANNED, State.CHECKING, State.LOCATING, State.RECEIVING
_VERIFYING, _REPAIRING, _COMMITTING = State.VERIFYING, State.REPAIRING, State.COMMITTING
_FAILED, _SKIPPED, _DONE = State.FAILED, State.SKIPPED, State.DONE
_LIVE = (_PLANNED, _CHECKING, _LOCATING, _RECEIVING, _VERIFYING, _REPAIRING, _COMMITTING)
# Consequences of having all bytes: they are hashed, or known at once to be right or wrong.
_WHOLE = (_VERIFYING, _REPAIRING, _COMMITTING, _FAILED)

#: What each event does in each state of a download; docs/architecture.md draws it.
TRANSITIONS = {
    (_PLANNED, messages.Admitted): _to(_admitted, _CHECKING),
    (_CHECKING, messages.InStore): _to(_in_store, _CHECKING, _SKIPPED, _FAILED),
    (_CHECKING, messages.DiskExamined): _to(_disk_examined, _CHECKING, _LOCATING, _SKIPPED, _FAILED),
    (_CHECKING, messages.CacheLooked): _to(_cache_looked, _CHECKING, _LOCATING, _COMMITTING, _FAILED),
    (_CHECKING, messages.ExistingHashed): _to(_existing_hashed, _CHECKING, _LOCATING, _COMMITTING, _FAILED),
    (_CHECKING, messages.CellsRead): _to(_part_read, _LOCATING, *_WHOLE),
    (_LOCATING, messages.Located): _to(_located, _RECEIVING),
    # What an earlier run left is hashed while the URL is being requested.
    (_LOCATING, messages.Hashed): _to(_hashed, _LOCATING, _FAILED),
    (_RECEIVING, messages.Located): _to(_located, _RECEIVING, _FAILED),
    (_RECEIVING, messages.Answered): _to(_answered, _RECEIVING),
    (_RECEIVING, messages.Grown): _to(_grown, _RECEIVING),
    (_RECEIVING, messages.Ended): _to(_ended, _RECEIVING, *_WHOLE),
    (_RECEIVING, messages.CalledOff): _to(_called_off, _RECEIVING),
    (_RECEIVING, messages.Due): _to(_due, _RECEIVING),
    (_RECEIVING, messages.Hashed): _to(_hashed, _RECEIVING, _FAILED),
    (_VERIFYING, messages.Hashed): _to(_hashed, *_WHOLE),
    (_REPAIRING, messages.CellsRead): _to(_cells_compared, _REPAIRING),
    (_REPAIRING, messages.Located): _to(_located, _REPAIRING, _FAILED),
    (_REPAIRING, messages.Answered): _to(_answered, _REPAIRING),
    (_REPAIRING, messages.Grown): _to(_grown, _REPAIRING),
    (_REPAIRING, messages.Ended): _to(_ended, _REPAIRING, _RECEIVING, _COMMITTING, _FAILED),
    (_REPAIRING, messages.CalledOff): _to(_called_off, _REPAIRING),
    (_REPAIRING, messages.Due): _to(_due, _REPAIRING),
    (_REPAIRING, messages.Hashed): _to(_hashed, _REPAIRING, _COMMITTING, _FAILED),
    # Requests from before one response provided the whole file end too late to matter.
    (_VERIFYING, messages.Located): _to(_located, _VERIFYING),
    (_VERIFYING, messages.Due): _to(_due, _VERIFYING),
    (_COMMITTING, messages.Located): _to(_located, _COMMITTING),
    (_COMMITTING, messages.Due): _to(_due, _COMMITTING),
    # A hash thread may still report on digests that were replaced meanwhile, see `forget_digests`.
    (_COMMITTING, messages.Hashed): _to(_hashed, _COMMITTING),
    (_COMMITTING, messages.CacheEntered): _to(_cache_entered, _COMMITTING),
    (_COMMITTING, messages.Committed): _to(_committed, _DONE, _SKIPPED, _FAILED),
    **{(state, Broken): _to(_broken, _FAILED) for state in _LIVE},
    **{(state, messages.Stopped): _to(_stopped, State.STOPPED) for state in _LIVE},
}
