"""One upload in progress: its open file, what of it was hashed and sent, and its failures."""

from __future__ import annotations

import os
import stat
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

from omicsdk.core.checksums import Digests, crc32c_combine, crc32c_text
from omicsdk.core.errors import OmicsError, SourceChanged, TransferError
from omicsdk.transfer.arguments import foreign_words
from omicsdk.transfer.checksums import Stopped
from omicsdk.transfer.disk import HAS_PREAD, read_at
from omicsdk.transfer.engine.machine import State
from omicsdk.transfer.engine.options import TransferOptions
from omicsdk.transfer.network.requests import Location
from omicsdk.transfer.uploads.store import Cut, MultipartStore, PartPlan, PutTo, SentPart, Source, Upload, WholeStore

#: What identifies an unchanged file: size, modification time in nanoseconds, inode.
Identity = tuple[int, int, int]

#: Bytes of a file that the system should read ahead.
READ_AHEAD = 16 * 1024 * 1024
#: Bytes read and hashed at once; they fit in the processor's cache.
STRIDE = 256 * 1024
#: Bytes that a chain hashes before it checks for a stop; one task of a thread.
LINK = 64 * 1024 * 1024
#: Distance between hashing a whole file and sending it, in bytes or parts, whichever is more: what one of them read is
#: then still in the page cache for the other.
APART = 128 * 1024 * 1024
PARTS_APART = 8

_HAS_ADVICE = hasattr(os, "posix_fadvise")
# Opening a pipe must not wait for its other end.
_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


# -- its file


def unreadable(name: str, path: str, error: OSError) -> TransferError:
    """Return the error for a file that cannot be read.

    Args:
        name: Its name in messages.
        path: Its path.
        error: The system's error.
    """
    broken = isinstance(error, FileNotFoundError) and os.path.islink(path)
    problem = "is a broken link" if broken else f"cannot be read: {error.strerror or str(error)}"
    return TransferError(f"{name}: {path} {problem}", name=name, remedy="Check its path and permissions.")


def changed(name: str, what: str) -> SourceChanged:
    """Return the error for a file that has changed.

    Args:
        name: Its name in messages.
        what: What happened, as text.
    """
    remedy = "Run the same command again when no program writes to it."
    return SourceChanged(f"{name} changed while it was uploaded: {what}", name=name, remedy=remedy)


def changed_from(name: str, before: Identity, now: Identity) -> SourceChanged:
    """Return the error for a file that differs from its earlier state.

    Args:
        name: Its name in messages.
        before: The file then.
        now: The file now.
    """
    if before[0] != now[0]:
        return changed(name, f"it had {before[0]} bytes and has {now[0]}")
    return changed(name, "it was written to" if before[1] != now[1] else "another file replaced it")


class SourceFile:
    """An open file that is read at any offset from several threads, and checked for changes.

    Args:
        path: Its path.
        name: Its name in messages.

    Raises:
        TransferError: It cannot be opened, or is not a regular file.
    """

    def __init__(self, path: str, name: str) -> None:
        self.path = path
        self.name = name
        self._guard = threading.Lock()
        self._readers = 0
        try:
            self._descriptor = os.open(path, _READING)
        except OSError as error:
            raise unreadable(name, path, error) from error
        self._readers = 1
        try:
            status = os.fstat(self._descriptor)
            if not stat.S_ISREG(status.st_mode):
                remedy = "Write its content to a file first."
                if stat.S_ISDIR(status.st_mode):
                    remedy = "Upload the files in it one by one."
                raise TransferError(f"{name}: {path} is not a file", name=name, remedy=remedy)
            self.identity = _identity(status)
            self.ctime_ns = status.st_ctime_ns
        except BaseException:
            self.close()
            raise

    @property
    def size(self) -> int:
        """Its size in bytes when it was opened."""
        return self.identity[0]

    def read(self, length: int, offset: int) -> bytes:
        """Read at an offset.

        Args:
            length: How many bytes; 1 or more.
            offset: The offset of the first one.

        Returns:
            The bytes; perhaps fewer, but at least one.

        Raises:
            SourceChanged: The file ends before.
            OSError: The system refused.
        """
        # Without pread a read moves the position that other threads read at.
        with nullcontext() if HAS_PREAD else self._guard:
            data = read_at(self._descriptor, length, offset)
        if not data:
            raise changed(self.name, "it became shorter")
        return data

    def expect(self, offset: int, length: int) -> None:
        """Ask the system to read ahead.

        Args:
            offset: The first byte.
            length: How many; only the first READ_AHEAD are requested.
        """
        if _HAS_ADVICE:
            os.posix_fadvise(self._descriptor, offset, min(length, READ_AHEAD), os.POSIX_FADV_WILLNEED)

    def follow(self, digests: Digests, start: int, end: int, stopped: Callable[[], bool]) -> None:
        """Update checksums with bytes of the file.

        Args:
            digests: The checksums to update.
            start: The first byte.
            end: The offset after the last byte.
            stopped: Returns whether to stop; called between strides.

        Raises:
            Stopped: `stopped` returned True.
            SourceChanged: The file is shorter.
            OSError: It cannot be read.
        """
        with self._open_for_reading():
            while start < end:
                if stopped():
                    raise Stopped
                data = self.read(min(STRIDE, end - start), start)
                digests.update(data)
                start += len(data)

    def checksums(self, names: Iterable[str], cut: Cut, stopped: Callable[[], bool]) -> dict[str, str]:
        """Compute checksums of a part; the other argument and errors are those of `follow`."""
        digests = Digests(names, cut.length)
        if digests.names:
            self.follow(digests, cut.start, cut.start + cut.length, stopped)
        return digests.values()

    def check(self, *, by_name: bool = False) -> None:
        """Check that the file is unchanged.

        Args:
            by_name: Whether its name must still refer to it, too.

        Raises:
            SourceChanged: It has changed.
        """
        try:
            now = _identity(os.stat(self.path) if by_name else os.fstat(self._descriptor))
        except FileNotFoundError:
            raise changed(self.name, "it was removed") from None
        except OSError as error:
            raise unreadable(self.name, self.path, error) from error
        if now != self.identity:
            raise changed_from(self.name, self.identity, now)

    @contextmanager
    def _open_for_reading(self) -> Generator[None]:
        """Keep the file open while a thread reads, even if it is closed meanwhile."""
        with self._guard:
            if not self._readers:
                raise SourceChanged(f"{self.name} is closed", name=self.name)
            self._readers += 1
        try:
            yield
        finally:
            self.close()

    def close(self) -> None:
        """Close the file once no thread reads it. To be called once."""
        with self._guard:
            # By the last reader: the number of a descriptor that is closed earlier may be another file's when a thread
            # reads.
            self._readers -= 1
            if not self._readers:
                os.close(self._descriptor)

    def __del__(self) -> None:
        if self._readers:  # opened for an upload that was already over
            os.close(self._descriptor)


def _identity(status: os.stat_result) -> Identity:
    return status.st_size, status.st_mtime_ns, status.st_ino


# -- its checksums


class Link(NamedTuple):
    """A stretch of a file that a thread hashes.

    Attributes:
        chains: The chains that it belongs to.
        digests: The checksums to update.
        start: The first byte.
        end: The offset after the last byte.
    """

    chains: Chains
    digests: Digests
    start: int
    end: int


class Chains:
    """Checksums of a whole file, one chain each, so that several threads can hash one file; a small one has a single
    chain.

    Args:
        names: The algorithms.
        size: The file's size in bytes.
    """

    def __init__(self, names: Iterable[str], size: int) -> None:
        algorithms = tuple(dict.fromkeys(names))
        # Passing a small file to a thread takes longer than hashing it.
        together = [algorithms] if algorithms and size <= STRIDE else [(name,) for name in algorithms]
        self._size = size
        self._positions = {Digests(group, size): 0 for group in together}
        self._running = set[Digests]()

    @property
    def position(self) -> int:
        """The position of the slowest chain."""
        return min(self._positions.values(), default=self._size)

    @property
    def done(self) -> bool:
        """Whether all chains are at the end."""
        return self.position >= self._size

    def links(self, limit: int, longest: int) -> list[Link]:
        """Return the stretches to hash next; each is returned once.

        Args:
            limit: The offset that no stretch exceeds for now.
            longest: Maximum bytes of one stretch.
        """
        all_links = list[Link]()
        limit = min(limit, self._size)
        for digests, position in self._positions.items():
            # One stretch of a chain at a time: a digest takes bytes in their order only.
            if digests not in self._running and position < limit:
                self._running.add(digests)
                all_links.append(Link(self, digests, position, min(limit, position + longest)))
        return all_links

    def hashed(self, link: Link) -> None:
        """Note a stretch that was hashed."""
        self._running.discard(link.digests)
        self._positions[link.digests] = link.end

    def values(self) -> dict[str, str]:
        """The checksums, when all are complete."""
        return {name: value for digests in self._positions for name, value in digests.values().items()}


# -- its records


@dataclass(slots=True)
class Unfinished:
    """An unfinished upload in parts.

    Attributes:
        upload_id: The platform's id of it.
        identity: The file's identity.
        part_size: The size of its parts in bytes.
        parts: The parts that were sent, by number.
        ctime_ns: When the file or its metadata last changed; 0 if unknown.
    """

    upload_id: str
    identity: Identity
    part_size: int
    parts: dict[int, SentPart] = field(default_factory=dict[int, SentPart])
    ctime_ns: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished upload.

    Attributes:
        identity: The file's identity.
        checksums: Its checksums, as far as they were computed.
        confirmed: Checksums that the platform confirmed, of the whole or of all its parts; "size" if it stated only
            that.
    """

    identity: Identity
    checksums: Mapping[str, str]
    confirmed: tuple[str, ...] = ()


class Job:
    """One upload.

    Args:
        number: Its index among the uploads.
        upload: The upload.
        path: The file's absolute path.
        counted: The size that progress counts with.
        options: The options of the transfer.

    Attributes:
        facts: The file as described to stores; set once the checksums that they need beforehand are known.
        cuts: The file's division into parts; set once it is open.
    """

    facts: Source
    cuts: PartPlan

    def __init__(self, number: int, upload: Upload, path: str, counted: int | None, options: TransferOptions) -> None:
        self.number = number
        self.upload = upload
        self.path = path
        self.store: MultipartStore = WholeStore(upload.to) if isinstance(upload.to, PutTo) else upload.to
        self.key = ""  # in the journal
        self.source: SourceFile | None = None
        self.counted = counted
        self.whole = False  # whether it is sent in one request
        self.upload_id = ""
        self.todo = deque[int]()
        self.claimed_end = 0
        self.journaled: Mapping[int, SentPart] | None = None  # parts in the journal; None for no upload
        self.is_touched = False  # whether the file may have been written to since the journal's parts were sent
        self.listed_parts: Mapping[int, SentPart] = {}  # parts to compare with the file before they are used
        self.sent = dict[int, SentPart]()
        self.present = 0  # bytes of the parts that were sent
        self.record: Finished | None = None  # the journal's record of a finished upload
        self.stored: Mapping[str, str] | None = None  # what the platform states about the whole
        self.location: Location | None = None  # where the whole was sent
        # What the response to a PUT of the whole stated; None before one. Some stores keep even an incomplete body.
        self.accepted: Mapping[str, str] | None = None
        self.announces = True  # whether the whole is sent with its MD5 as a header
        self.compares_etags = True  # whether parts are compared with ETags that are MD5s
        self.unconfirmed = False  # whether the store accepted a part without confirming a checksum
        self.pipeline = 0  # parts that are being prepared, ready, in flight or being reported
        self.needed: Chains | None = None  # checksums that are computed before it begins
        self.chains: Chains | None = None  # checksums that are computed while parts are sent
        self.quota = options.quota(upload.retries, upload.min_delay)
        self.resume_at = 0.0
        self.refused = dict[int, int]()  # consecutive refusals of each part's URL
        self.damaged = dict[int, int]()
        self.restarts = 0
        self.ending = False  # whether all parts are stored and being assembled
        self.wrong = False  # whether the platform's object is known to be wrong
        self.attempts = 0
        self.retries = 0
        self.gone_out = 0
        self.bytes_kept = 0
        self.started_at: float | None = None
        self.error: OmicsError | None = None
        self.epoch = 0
        self.state = State.PLANNED

    @property
    def title(self) -> str:
        """Its name in messages."""
        return self.upload.name

    @property
    def file(self) -> SourceFile:
        """The open file."""
        assert self.source is not None
        return self.source

    # -- parts

    @property
    def parts(self) -> list[SentPart]:
        """All parts in order, when all were sent."""
        return [self.sent[number] for number in range(1, self.count + 1)]

    @property
    def resumes(self) -> bool:
        """Whether an earlier run sent a part of it."""
        return bool(self.bytes_kept or self.listed_parts)

    @property
    def count(self) -> int:
        """The number of requests without failures."""
        return 1 if self.whole else self.cuts.count

    @property
    def part_checksums(self) -> tuple[str, ...]:
        """The checksums computed of a part before it is sent: also the MD5, which is the ETag of most stores, until the
        store has confirmed its own checksum of a part.
        """
        algorithms = (self.store.part_checksum,) if self.store.part_checksum else ()
        return tuple(dict.fromkeys((*algorithms, "md5"))) if self.whole or self.compares_etags else algorithms

    def cut(self, number: int) -> Cut:
        """The bytes of a part, or all of them."""
        return self.cuts.whole if self.whole else self.cuts.cut(number)

    def landed(self, part: SentPart, *, from_earlier_run: bool = False) -> None:
        """Note a part that the platform has, perhaps from an earlier run."""
        self.sent[part.number] = part
        self.present += part.size
        self.bytes_kept += part.size if from_earlier_run else 0

    def note_agreement(self, part: SentPart, facts: Mapping[str, str]) -> None:
        """Note which checksums the store confirms of a part.

        Args:
            part: The part.
            facts: The store's values by algorithm.
        """
        confirmed = [name for name, value in part.checksums.items() if facts.get(name) == value]
        self.unconfirmed |= not confirmed
        # MD5 costs twenty times as much as CRC32C: once the store has confirmed its own checksum, it is not computed
        # any more.
        self.compares_etags &= self.store.part_checksum not in confirmed

    def list_parts(self, parts: Mapping[int, SentPart]) -> None:
        """Note the parts to compare with the file, without those that cannot be of this file."""
        self.listed_parts = {
            number: part
            for number, part in parts.items()
            if number not in self.sent and number <= self.count and part.size == self.cut(number).length
        }

    def begin(self) -> None:
        """Plan the upload from nothing, discarding parts in progress."""
        self.epoch += 1
        self.bytes_kept = 0
        self.listed_parts = {}
        self.claimed_end = 0
        self.plan_again()

    def plan_rest(self) -> None:
        """Queue every part that the platform lacks."""
        self.todo = deque(number for number in range(1, self.count + 1) if number not in self.sent)

    def plan_again(self) -> None:
        """Queue all parts again, although the platform has them."""
        self.sent.clear()
        self.present = 0
        self.stored = None
        self.ending = False
        self.plan_rest()

    # -- checksums

    def hash_beside(self) -> list[Link]:
        """Return the stretches to hash while sending: close to the sent parts, or all if sending does not start at the
        beginning.
        """
        if self.chains is None:
            computed = (*self._carried, *self.facts.checksums)
            missing = (name for name in (*self.upload.checksums, *self.store.wants) if name not in computed)
            self.chains = Chains(missing, self.file.size)
        return self.chains.links(self.file.size if self.resumes else self.claimed_end + self._apart, LINK)

    def may_go(self, cut: Cut) -> bool:
        """Return whether a part may be sent before the checksums have come close to it."""
        if self.chains is None or self.chains.done or self.resumes:
            return True  # parts sent earlier are read for their checksums alone, which nothing waits for
        return cut.start <= self.chains.position + self._apart

    @property
    def checksums(self) -> Mapping[str, str]:
        """The known checksums of the file."""
        if self.record is not None:
            return self.record.checksums
        digests = dict(self.facts.checksums)
        if self.chains is not None and self.chains.done:
            digests.update(self.chains.values())
        if self._carried and len(self.sent) == self.count:
            parts = self.parts
            if self.whole:
                digests.update({name: parts[0].checksums[name] for name in self._carried})
            elif all("crc32c" in part.checksums for part in parts):
                digests["crc32c"] = combined_crc32c(parts)
        return digests

    @property
    def confirmed(self) -> tuple[str, ...]:
        """The checksums that the platform confirmed, of the whole file or of every part; empty if it only accepted the
        bytes.
        """
        if self.record is not None:
            return tuple(name for name in self.record.confirmed if name != "size")
        checksums = dict(self.checksums)
        if self.whole:
            checksums.update(self.sent[1].checksums)
        # The last one is what the store confirmed: the MD5 as long as parts are compared with ETags, else its own checksum.
        of_parts = () if self.whole or self.unconfirmed else self.part_checksums[-1:]
        of_whole = (name for name in checksums if name in (self.stored or ()))
        return (*(f"{name} of every part" for name in of_parts), *of_whole)

    @property
    def is_size_reported(self) -> bool:
        """Whether the platform stated the size of the whole."""
        if self.record is not None:
            return "size" in self.record.confirmed
        return bool((self.stored or {}).get("size"))

    @property
    def _carried(self) -> tuple[str, ...]:
        """The checksums of the whole that follow from those of what is sent."""
        # Those of all parts are combined into that of the file, without reading it for it.
        carried = ("crc32c",) if self.store.part_checksum == "crc32c" else ()
        return (*carried, "md5") if self.whole and "md5" in self.upload.checksums else carried

    @property
    def _apart(self) -> int:
        return max(APART, PARTS_APART * self.cuts.part_size)


def combined_crc32c(parts: Sequence[SentPart]) -> str:
    """Combine the CRC32C of all parts into that of the file.

    Args:
        parts: All of them, in order, each with its `crc32c`.
    """
    total = int(parts[0].checksums["crc32c"], 16) if parts else 0
    for part in parts[1:]:
        total = crc32c_combine(total, int(part.checksums["crc32c"], 16), part.size)
    return crc32c_text(total)


def readable(job: Job, error: Exception) -> OmicsError:
    """Convert an exception from a thread to an error for users.

    Args:
        job: The job that the thread worked for.
        error: The exception; an OmicsError is returned unchanged.
    """
    if isinstance(error, OmicsError):
        return error
    if isinstance(error, OSError):
        return unreadable(job.title, job.path, error)
    problem = f"{job.title}: requesting its destination failed: {foreign_words(job.title, error)}"
    return TransferError(problem, name=job.title)
