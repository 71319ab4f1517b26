"""Checksums of uploads: of parts and of whole files, computed by threads near the sending: neither runs far ahead of the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from omicsdk.core.checksums import crc32c_combine, crc32c_text
from omicsdk.core.errors import OmicsError
from omicsdk.transfer.checksums import Stopped
from omicsdk.transfer.threads import Pool
from omicsdk.transfer.uploads.job import Job
from omicsdk.transfer.uploads.source import LINK, Chains, readable
from omicsdk.transfer.uploads.store import Cut, SentPart


def combined_crc32c(parts: Sequence[SentPart]) -> str:
    """Combines the CRC32C of all parts into the file's own.

    Args:
        parts: All of them, in order, each with its `crc32c`.
    """
    total = int(parts[0].checksums["crc32c"], 16) if parts else 0
    for part in parts[1:]:
        total = crc32c_combine(total, int(part.checksums["crc32c"], 16), part.size)
    return crc32c_text(total)


#: How far checksums of a whole file and its sending may be apart, in bytes or parts, whichever is more: then what the one
#: read is still in the page cache for the other.
APART = 128 * 1024 * 1024
PARTS_APART = 8


class Summing:
    """Makes the checksums of whole files.

    Args:
        hashers: The threads.
        ended: Tells them to end.
    """

    def __init__(self, hashers: Pool, ended: Callable[[], bool]) -> None:
        self._hashers = hashers
        self._ended = ended
        self._turn: Job | None = None
        self._line = deque[Job]()

    def need(self, job: Job, known: Callable[[Mapping[str, str]], None], failed: Callable[[OmicsError], None]) -> None:
        """Makes the checksums that a store needs before anything is sent.

        Large files take turns, or the first of many would wait until nearly all of them were read.

        Args:
            job: The upload.
            known: Is given them.
            failed: Is given the error that ends them.
        """

        def moved() -> None:
            if job.needed is None or job.over or job.error is not None or self._ended():
                self._pass_on(job)
            elif job.needed.done:
                self._pass_on(job)
                known(job.needed.values())
            else:
                self._extend_needed(job)

        if job.needed is None:
            needs = (*job.store.needs, *(job.store.whole_needs if job.cuts.single else ()))
            job.needed = self._chains(job, needs, moved, failed)
        moved()

    def _extend_needed(self, job: Job) -> None:
        if job.file.size > LINK:
            if self._turn not in (None, job):
                self._line.append(job)
                return
            self._turn = job
        if job.needed is not None:
            job.needed.extend(job.file.size)

    def _pass_on(self, job: Job) -> None:
        """Lets the next in the line have its turn, if it was this one's."""
        if self._turn is job:
            self._turn = None
            while self._line and self._turn is None:
                following = self._line.popleft()
                if not following.over and following.error is None:
                    self._extend_needed(following)

    def begin(self, job: Job, moved: Callable[[], None], failed: Callable[[OmicsError], None]) -> None:
        """Begins with those that are made beside the sending; goes on with them when that begins anew.

        Args:
            job: The upload.
            moved: Is called each time that they have come further.
            failed: Is given the error that ends them.
        """

        def further() -> None:
            if not job.over and job.error is None and not self._ended():
                self.extend(job)
                moved()

        if job.chains is None:
            known = (*_combined(job), *job.facts.checksums)
            wanted = [name for name in (*job.upload.checksums, *job.store.wants) if name not in known]
            job.chains = self._chains(job, wanted, further, failed)
        self.extend(job)

    def may_go(self, job: Job, cut: Cut) -> bool:
        """Tells whether a part may go before the checksums have come near it."""
        if job.chains is None or job.chains.done or job.goes_on:
            return True  # what was sent before is read for its checksums alone, which nobody waits for
        return cut.start <= job.chains.position + _apart(job)

    def extend(self, job: Job) -> None:
        """Lets the checksums go on, near the sending."""
        if job.chains is not None and not job.chains.done:
            job.chains.extend(job.file.size if job.goes_on else job.claimed_end + _apart(job))

    def _chains(
        self, job: Job, names: Iterable[str], moved: Callable[[], None], failed: Callable[[OmicsError], None]
    ) -> Chains:
        def broken(error: Exception) -> None:
            self._pass_on(job)
            if not isinstance(error, Stopped):
                failed(readable(job.title, job.path, error))

        return Chains(job.file, dict.fromkeys(names), self._hashers, lambda: self._ended() or job.over, moved, broken)


def checksums_of_whole(job: Job) -> Mapping[str, str]:
    """The checksums of a job's file that are known by now."""
    if job.recorded is not None:
        return job.recorded
    found = dict(job.facts.checksums)
    if job.chains is not None and job.chains.done:
        found.update(job.chains.values())
    if _combined(job) and len(job.sent) == job.count:
        parts = job.parts
        if all("crc32c" in part.checksums for part in parts):
            found["crc32c"] = combined_crc32c(parts)
    return found


def confirmed(job: Job) -> tuple[str, ...]:
    """The checksums that the platform named as ours are, of the whole file or of every part; none where it only took the bytes."""
    if job.recorded is not None:
        return job.recorded_as
    of_parts = () if job.whole or job.unconfirmed else tuple(f"{name} of every part" for name in job.part_checksums)
    known = dict(checksums_of_whole(job))
    if job.whole:
        known.update(job.sent[1].checksums)
    return (*of_parts, *(name for name in known if name in job.answered))


def _combined(job: Job) -> tuple[str, ...]:
    """The checksums of the whole that follow from those of the parts."""
    return ("crc32c",) if job.store.part_checksum == "crc32c" else ()


def _apart(job: Job) -> int:
    return max(APART, PARTS_APART * job.cuts.part_size)
