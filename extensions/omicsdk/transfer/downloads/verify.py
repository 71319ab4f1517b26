"""Whether bytes are right: those that were there before, those that come, and what to do about wrong ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from logging import getLogger
from typing import Protocol, TypeVar

from omicsdk.core.errors import ChecksumMismatch, OmicsError, TransferError
from omicsdk.transfer import hashing, plan
from omicsdk.transfer.downloads.files import PartFiles
from omicsdk.transfer.downloads.job import Job, Mending
from omicsdk.transfer.downloads.known import recorded, usable
from omicsdk.transfer.items import Item
from omicsdk.transfer.journals.journal import MISSING, Journal, PartState
from omicsdk.transfer.reports.outcomes import Outcome, verification_of
from omicsdk.transfer.requests import validator_words
from omicsdk.transfer.threads import Pool

#: Bytes that are hashed at once behind the writer; less would only wake threads.
STEP = 2 * plan.CELL
#: A whole that is wrong is checked again so often while its parts are fetched again, then once more at the end.
CHECKS = 8

T = TypeVar("T")
_log = getLogger("omicsdk.transfer")


class Verified(Protocol):
    """Is told of a file that is right."""

    def __call__(
        self, job: Job, checksums: dict[str, str], *, fetched: bool, found: os.stat_result | None = None
    ) -> None: ...


class Verifier:
    """Checks jobs, with the help of the hash threads.

    Args:
        hashers: The hash threads.
        journal: The journal.
        files: The files.
        there: Is told of a job whose file is there, right and recorded, and of its checksums.
        verified: Is told of a job whose file is right.
        failed: Is told of a job that has failed.
        again: Is told of a job that needs (more) bytes.
        unvalidated: As for `usable`.
    """

    def __init__(
        self,
        hashers: Pool,
        journal: Journal,
        files: PartFiles,
        there: Callable[[Job, Mapping[str, str]], None],
        verified: Verified,
        failed: Callable[[Job, OmicsError], None],
        again: Callable[[Job], None],
        *,
        unvalidated: bool = False,
    ) -> None:
        self._unvalidated = unvalidated
        self._hashers = hashers
        self._journal = journal
        self._files = files
        self._there = there
        self._verified = verified
        self._failed = failed
        self._again = again

    # -- what was there before

    def look(self, job: Job) -> None:
        """Looks for what earlier runs left of a job, and has the rest fetched."""
        self._attempt(job, lambda: self._look(job))

    def _look(self, job: Job) -> None:
        found = self._files.found(job.item.name)
        wanted = job.item
        if found is None:
            self._resume(job)
            return
        if wanted.size not in (None, found.st_size):
            self._take_back(job)
            self._resume(job)
            return
        known = recorded(self._journal, wanted, found)
        if known is not None:
            job.size = found.st_size
            self._there(job, known)
        elif wanted.checksums:
            self._check_existing(job, found)
        else:
            record = self._usable(job)
            if record is not None and record.size == found.st_size:  # its cells tell what of it came through a crash
                self._take_back(job)
            self._resume(job)

    def _check_existing(self, job: Job, found: os.stat_result) -> None:
        size = found.st_size

        def checked(checksums: dict[str, str]) -> None:
            if job.over:
                return
            wrong = hashing.first_difference(job.item.checksums, checksums)
            if wrong is None:
                job.size = size
                self._verified(job, checksums, fetched=False, found=found)
                return
            _log.info("%s: the existing file has another %s", job.item.title, wrong)
            self._take_back(job)
            self._resume(job)

        self._in_background(
            job,
            lambda: hashing.checksums_of(job.final, job.item.checksums, size, lambda: job.over),
            checked,
            job.final,
        )

    def _take_back(self, job: Job) -> None:
        """Takes a file that is wrong, or may be, from its final name, to go on from what of it is right."""
        if self._usable(job) is None:
            self._files.take_back(job)
        elif self._files.part_length(job) is None:
            self._journal.forget(job.item.name)  # it will be written to, and an old record mustn't vouch for that
            self._files.take_back(job)
        else:  # the part is further on
            self._files.remove_wrong(job)

    def _usable(self, job: Job) -> PartState | None:
        """What the journal has of a job's cells, where it is of the same source."""
        return usable(self._journal, job.item, unvalidated=self._unvalidated)

    def _resume(self, job: Job) -> None:
        record = self._usable(job)
        length = self._files.part_length(job)
        if record is None or length is None or length > record.size:  # longer: another program wrote to it
            if job.item.name in self._journal.parts:
                _log.info("%s: cannot resume the earlier partial download; restarting", job.item.title)
                self._journal.drop(job.item.name)
            job.begin()
            self._again(job)
            return

        def checked(damaged: list[int]) -> None:
            if job.over:
                return
            job.resume(record, damaged)
            _log.info("%s: resuming, %d of %d bytes are present", job.item.title, job.kept, record.size)
            self.advance(job)
            if not job.complete:
                self._again(job)

        self._in_background(
            job,
            lambda: hashing.damaged_cells(job.part, record.cells, record.size, lambda: job.over),
            checked,
            job.part,
        )

    def record(self, job: Job) -> None:
        """Has the journal remember a job's cells, once its size is known and it is worth that."""
        if job.record is None and job.size is not None and job.size > plan.CELL:
            job.record = self._journal.begin(job.item.name, job.size, job.validator, job.item.checksums)
            came, job.cells = job.cells, job.record.cells
            for index, crc in enumerate(came):  # before anybody told the size
                if crc != MISSING:
                    self._journal.cell(job.item.name, index, crc)

    # -- what comes

    def advance(self, job: Job) -> None:
        """Hashes what has come, and checks the whole when all has."""
        self._attempt(job, lambda: self._advance(job))

    def _advance(self, job: Job) -> None:
        if job.complete:
            self._files.close(job)  # many may wait for the hash threads; none of them needs its descriptor
        if job.over or job.following:
            return
        if job.mending is not None and job.mending.left is not None and not self._part_again(job, job.mending):
            return
        end = job.advance()
        behind = end - job.hashed if job.digests.names else 0
        if behind >= STEP or (behind > 0 and job.complete):
            self._follow(job, end)
        elif job.complete and not behind:
            self._check(job)

    def _follow(self, job: Job, end: int) -> None:
        job.following = True
        epoch, digests, start = job.epoch, job.digests, job.hashed

        def followed(count: int) -> None:
            if job.epoch != epoch or job.digests is not digests:
                return
            job.following = False
            job.hashed += count
            if count < end - start:
                changed = f"{job.item.title}: another program shortened {job.part} while it was downloaded"
                self._failed(job, TransferError(changed, name=job.item.name))
            else:
                self._advance(job)

        self._in_background(
            job, lambda: hashing.follow(job.part, digests, start, end, lambda: job.epoch != epoch), followed, job.part
        )

    def _check(self, job: Job) -> None:
        assert job.size is not None
        checksums = job.digests.values()
        if "crc32c" in job.item.checksums:
            checksums["crc32c"] = hashing.crc32c_of_cells(job.cells, job.size)
        wrong = hashing.first_difference(job.item.checksums, checksums)
        if wrong is not None:
            self._mend(
                job,
                ChecksumMismatch(
                    job.item.title, algorithm=wrong, expected=job.item.checksums[wrong], actual=checksums[wrong]
                ),
            )
            return
        if job.size == 0:
            self._files.make_empty(job)
        self._verified(job, checksums, fetched=True)

    # -- wrong ones

    def _mend(self, job: Job, error: ChecksumMismatch) -> None:
        """All bytes are there and the whole is wrong: first the disk is suspected, then the source."""
        job.error = error
        mending = job.mending
        if mending is not None:
            mending.error = error
        if not job.size:  # there is nothing to fetch again
            self._give_up(job, error)
        elif mending is None:
            _log.warning("%s; comparing its parts with the received bytes", error.message)
            job.mending = Mending(error)
            cells, size = job.cells, job.size
            self._in_background(
                job,
                lambda: hashing.damaged_cells(job.part, cells, size, lambda: job.over),
                lambda damaged: self._compared(job, damaged),
                job.part,
            )
        elif mending.left is None:
            self._compared(job, [])
        elif mending.left:
            self._next_part(job, mending)
        else:
            self._give_up(job, error)

    def _compared(self, job: Job, damaged: list[int]) -> None:
        if job.over or job.mending is None or job.size is None:
            return
        if damaged:
            _log.warning("%s: %d cells were damaged on disk; downloading them again", job.item.title, len(damaged))
            job.want(damaged)
            self._again(job)
            return
        job.mending.left = [(0, job.size)]
        self._next_part(job, job.mending)

    def _next_part(self, job: Job, mending: Mending) -> None:
        assert mending.left
        assert job.size is not None
        whole = job.ranged is not True
        (start, end), mending.left = plan.take(mending.left, job.size + plan.CELL if whole else plan.LARGEST_PART)
        cells = list(range(start // plan.CELL, plan.cell_count(end)))
        mending.before = job.cells[:]
        mending.again = (cells[0], cells[-1] + 1)
        job.want(cells)
        self._again(job)

    def _part_again(self, job: Job, mending: Mending) -> bool:
        """Decides after a part was fetched again whether the whole is checked now."""
        if not job.complete:
            return False
        first, last = mending.again
        if mending.before is not None:
            mending.changed |= mending.before[first:last] != job.cells[first:last]
            mending.before = None
        else:
            return True  # the check that was decided on is under way
        if mending.changed and (mending.checks < CHECKS or not mending.left):
            mending.changed = False
            mending.checks += 1
            return True
        if mending.left:
            self._next_part(job, mending)
        else:
            self._give_up(job, mending.error)
        return False

    def _give_up(self, job: Job, error: ChecksumMismatch) -> None:
        self._journal.drop(job.item.name)
        job.record = None
        self._failed(job, error)

    def _attempt(self, job: Job, step: Callable[[], None]) -> None:
        """Takes a step; what the file system has against it is the job's end."""
        try:
            step()
        except OmicsError as error:
            self._failed(job, error)

    def _in_background(self, job: Job, task: Callable[[], T], done: Callable[[T], None], path: str) -> None:
        epoch = job.epoch

        def failed(error: Exception) -> None:
            if isinstance(error, OSError):
                if job.epoch != epoch:  # the part was made anew meanwhile
                    return
                what = f"{job.item.title}: reading {path} failed: {error.strerror}"
                self._failed(job, TransferError(what, name=job.item.name))
            elif not isinstance(error, hashing.Stopped):
                raise error

        self._hashers.submit(task, lambda result: self._attempt(job, lambda: done(result)), failed)


def words(checksums: Mapping[str, str], validator: str | None, *, size: int | None, open_ended: bool = False) -> str:
    """Says what a file's bytes were compared with.

    Args:
        checksums: What the platform states.
        validator: The ETag or date that the server told, as in a verdict, "" when it told none; None when it wasn't asked.
        size: The size that the platform states, None when it doesn't.
        open_ended: Whether the server told no length either.
    """
    if checksums:
        return ", ".join(checksums)
    compared = ["size" if size is not None else "end of the body" if open_ended else "length of the answer"]
    if validator:
        compared.append(validator_words(validator).partition(" ")[2])
    lacking = "no checksum" if size is not None else "neither size nor checksum"
    told = ", and the server neither ETag nor date" if validator == "" else ""
    return f"{' and '.join(compared)} only: the platform states {lacking}{told}"


def skipped(item: Item, size: int, known: Mapping[str, str]) -> Outcome:
    """The outcome of a file that is at its target already and recorded.

    Args:
        item: The file.
        size: Its size in bytes.
        known: The checksums that were verified when it came.
    """
    return Outcome(
        item.name,
        "skipped",
        size,
        checksums=known,
        verified=words(known, None, size=item.size),
        verification=verification_of(known, item.size),
    )
