"""One upload on its way: its open file, what of it was hashed and sent, and how it has fared."""

from __future__ import annotations

import os
import stat
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

from omicsdk.core.checksums import Digests, crc32c_combine, crc32c_text
from omicsdk.core.errors import OmicsError, SourceChanged, TransferError
from omicsdk.transfer.arguments import foreign_words
from omicsdk.transfer.checksums import Stopped
from omicsdk.transfer.disk import HAS_PREAD, read_at
from omicsdk.transfer.engine.machine import State
from omicsdk.transfer.network.requests import Quota
from omicsdk.transfer.uploads.store import Cut, MultipartStore, PartPlan, PutTo, SentPart, Source, Upload, WholeStore

#: What stays the same as long as nobody writes to a file: size, time of change in nanoseconds, number.
Identity = tuple[int, int, int]

#: Of a file the system is asked to read ahead so many bytes.
READ_AHEAD = 16 * 1024 * 1024
#: Bytes that are read and hashed at once; they stay in the processor's cache.
STRIDE = 256 * 1024
#: Bytes that a chain hashes before it looks round; one task of a thread.
LINK = 64 * 1024 * 1024
#: How far checksums of a whole file and its sending may be apart, in bytes or parts, whichever is more: then what the one
#: read is still in the page cache for the other.
APART = 128 * 1024 * 1024
PARTS_APART = 8

_HAS_ADVICE = hasattr(os, "posix_fadvise")
# A pipe must not keep us waiting for its other end.
_READING = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


# -- its file


def unreadable(name: str, path: str, error: OSError) -> TransferError:
    """The error for a file that can't be read.

    Args:
        name: What messages call it.
        path: Where it is.
        error: What the system said.
    """
    said = f"{name}: {path} cannot be read: {error.strerror or str(error)}"
    return TransferError(said, name=name, remedy="Check its path and permissions.")


def changed(name: str, what: str) -> SourceChanged:
    """The error for a file that isn't what it was.

    Args:
        name: What messages call it.
        what: What happened, in words.
    """
    remedy = "The sent bytes are discarded. Run the same command again when no program writes to it."
    return SourceChanged(f"{name} changed while it was uploaded: {what}", name=name, remedy=remedy)


def changed_from(name: str, before: Identity, now: Identity) -> SourceChanged:
    """The error for a file that is another than before.

    Args:
        name: What messages call it.
        before: The file then.
        now: The file now.
    """
    if before[0] != now[0]:
        return changed(name, f"it had {before[0]} bytes and has {now[0]}")
    return changed(name, "it was written to" if before[1] != now[1] else "another file replaced it")


class SourceFile:
    """An open file: read at any offset from several threads, and noticed when it changes.

    Args:
        path: Where it is.
        name: What messages call it.

    Raises:
        TransferError: It can't be opened, or is no regular file.
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
            found = os.fstat(self._descriptor)
            if not stat.S_ISREG(found.st_mode):
                remedy = "Upload the files in it one by one."
                raise TransferError(f"{name}: {path} is not a file", name=name, remedy=remedy)
            self.identity = _identity(found)
        except BaseException:
            self.close()
            raise

    @property
    def size(self) -> int:
        """Its size in bytes when it was opened."""
        return self.identity[0]

    def read(self, length: int, offset: int) -> bytes:
        """Reads at an offset.

        Args:
            length: How many bytes; 1 or more.
            offset: The first one's place.

        Returns:
            The bytes; perhaps fewer, but at least one.

        Raises:
            SourceChanged: The file ends before.
            OSError: The system refused.
        """
        with nullcontext() if HAS_PREAD else self._guard:
            data = read_at(self._descriptor, length, offset)
        if not data:
            raise changed(self.name, "it became shorter")
        return data

    def expect(self, offset: int, length: int) -> None:
        """Has the system read ahead what will be read soon.

        Args:
            offset: The first byte.
            length: How many; of many only the first READ_AHEAD.
        """
        if _HAS_ADVICE:
            os.posix_fadvise(self._descriptor, offset, min(length, READ_AHEAD), os.POSIX_FADV_WILLNEED)

    def follow(self, digests: Digests, start: int, end: int, stopped: Callable[[], bool]) -> None:
        """Adds bytes to checksums.

        Args:
            digests: What to update.
            start: The first byte.
            end: The byte behind the last.
            stopped: Is asked between strides.

        Raises:
            Stopped: `stopped` said so.
            SourceChanged: The file is shorter than that.
            OSError: It can't be read.
        """
        with self._held():
            while start < end:
                if stopped():
                    raise Stopped
                data = self.read(min(STRIDE, end - start), start)
                digests.update(data)
                start += len(data)

    def checksums(self, names: Iterable[str], cut: Cut, stopped: Callable[[], bool]) -> dict[str, str]:
        """Computes checksums of a part; the other argument and errors are those of `follow`."""
        digests = Digests(names, cut.length)
        if digests.names:
            self.follow(digests, cut.start, cut.start + cut.length, stopped)
        return digests.values()

    def check(self, *, by_name: bool = False) -> None:
        """Makes sure that nobody has written to it.

        Args:
            by_name: Whether its name must still lead to it, too.

        Raises:
            SourceChanged: It isn't what it was.
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
    def _held(self) -> Generator[None]:
        """Keeps it open for a thread's reading, whoever closes it meanwhile."""
        with self._guard:
            if not self._readers:
                raise SourceChanged(f"{self.name} is closed", name=self.name)
            self._readers += 1
        try:
            yield
        finally:
            self.close()

    def close(self) -> None:
        """Closes it, as soon as nobody reads. To be called once."""
        with self._guard:
            self._readers -= 1
            if not self._readers:
                os.close(self._descriptor)

    def __del__(self) -> None:
        if self._readers:  # opened for an upload that was over before
            os.close(self._descriptor)


def _identity(found: os.stat_result) -> Identity:
    return found.st_size, found.st_mtime_ns, found.st_ino


# -- its checksums


class Link(NamedTuple):
    """A stretch of a file that a thread hashes.

    Attributes:
        chains: What it belongs to.
        digests: What is updated.
        start: The first byte.
        end: The byte behind the last.
    """

    chains: Chains
    digests: Digests
    start: int
    end: int


class Chains:
    """Checksums of a whole file, one chain each, so that several threads can be at one file; a small one has one for all.

    Args:
        names: Which ones.
        size: The file's size in bytes.
    """

    def __init__(self, names: Iterable[str], size: int) -> None:
        wanted = tuple(dict.fromkeys(names))
        # Handing a small file to a thread takes longer than a checksum of it.
        together = [wanted] if wanted and size <= STRIDE else [(name,) for name in wanted]
        self._size = size
        self._positions = {Digests(group, size): 0 for group in together}
        self._running = set[Digests]()

    @property
    def position(self) -> int:
        """How far the slowest is."""
        return min(self._positions.values(), default=self._size)

    @property
    def done(self) -> bool:
        """Whether all have come to the end."""
        return self.position >= self._size

    def links(self, limit: int, longest: int) -> list[Link]:
        """What is hashed next; each is given once.

        Args:
            limit: The byte that none goes beyond for now.
            longest: How long one is in bytes, at most.
        """
        found = list[Link]()
        limit = min(limit, self._size)
        for digests, position in self._positions.items():
            if digests not in self._running and position < limit:
                self._running.add(digests)
                found.append(Link(self, digests, position, min(limit, position + longest)))
        return found

    def hashed(self, link: Link) -> None:
        """Notes a link that has come to its end."""
        self._running.discard(link.digests)
        self._positions[link.digests] = link.end

    def values(self) -> dict[str, str]:
        """The checksums, when all are done."""
        return {name: value for digests in self._positions for name, value in digests.values().items()}


# -- what is remembered of it


@dataclass(slots=True)
class Unfinished:
    """An upload in parts that was begun.

    Attributes:
        upload_id: The platform's name for it.
        identity: What the file was.
        part_size: The size of its parts in bytes.
        parts: Those that were sent, by number.
    """

    upload_id: str
    identity: Identity
    part_size: int
    parts: dict[int, SentPart] = field(default_factory=dict[int, SentPart])


@dataclass(frozen=True, slots=True)
class Finished:
    """An upload that is over.

    Attributes:
        identity: What the file was.
        checksums: Its checksums, as far as they were made.
        confirmed: What the platform confirmed of it: checksums of the whole, or of all its parts.
    """

    identity: Identity
    checksums: Mapping[str, str]
    confirmed: tuple[str, ...] = ()


class Job:
    """One upload.

    Args:
        number: Its place in the order of uploads.
        upload: What was asked for.
        path: The file's absolute path.
        counted: The size that progress counts with.

    Attributes:
        facts: The file as stores are told of it; from the time that its checksums are there which they want to know before.
        cuts: How the file is cut; from the time that it is open.
    """

    facts: Source
    cuts: PartPlan

    def __init__(self, number: int, upload: Upload, path: str, counted: int | None) -> None:
        self.number = number
        self.upload = upload
        self.path = path
        self.store: MultipartStore = WholeStore(upload.to) if isinstance(upload.to, PutTo) else upload.to
        self.key = ""  # in the journal
        self.source: SourceFile | None = None
        self.counted = counted
        self.whole = False  # whether it goes in one request
        self.upload_id = ""
        self.todo = deque[int]()
        self.claimed_end = 0
        self.journaled: Mapping[int, SentPart] | None = None  # parts that the journal knows; None for no upload
        self.listed: Mapping[int, SentPart] = {}  # parts that only the platform knows
        self.sent = dict[int, SentPart]()
        self.present = 0  # bytes of the parts that were sent
        self.record: Finished | None = None  # what the journal says of a file that is done
        self.stored: Mapping[str, str] | None = None  # what the platform says of the whole
        self.unconfirmed = False  # whether the store took a part without naming a checksum of it
        self.pipeline = 0  # parts that are being prepared, ready, flying or being reported
        self.needed: Chains | None = None  # checksums that are made before it begins
        self.chains: Chains | None = None  # those that are made beside the sending
        self.quota = Quota.of(upload.retries, upload.min_delay)
        self.resume_at = 0.0
        self.refused = dict[int, int]()  # how often in a row a part's URL was
        self.damaged = dict[int, int]()
        self.restarts = 0
        self.ending = False  # whether all is stored, and the platform is to assemble it
        self.wrong = False  # whether what the platform has must not be believed
        self.attempts = 0
        self.retries = 0
        self.gone_out = 0
        self.kept = 0
        self.began: float | None = None
        self.error: OmicsError | None = None
        self.epoch = 0
        self.state = State.PLANNED

    @property
    def title(self) -> str:
        """What messages call it."""
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
    def goes_on(self) -> bool:
        """Whether an earlier run sent some of it."""
        return bool(self.kept or self.listed)

    @property
    def count(self) -> int:
        """How many requests bring it, when all goes well."""
        return 1 if self.whole else self.cuts.count

    @property
    def part_checksums(self) -> tuple[str, ...]:
        """What is computed of a part before it goes."""
        return (self.store.part_checksum,) if self.store.part_checksum else ()

    def cut(self, number: int) -> Cut:
        """The bytes of a part, or all of them."""
        return self.cuts.whole if self.whole else self.cuts.cut(number)

    def landed(self, part: SentPart, *, kept: bool = False) -> None:
        """Notes a part that the platform has; perhaps of an earlier run."""
        self.sent[part.number] = part
        self.present += part.size
        self.kept += part.size if kept else 0

    def list_parts(self, parts: Mapping[int, SentPart]) -> None:
        """Notes the parts that only the platform knows; those are left out that cannot be of this file."""
        self.listed = {
            number: part
            for number, part in parts.items()
            if number not in self.sent and number <= self.count and part.size == self.cut(number).length
        }

    def begin(self) -> None:
        """Plans it from nothing; what was under way counts no more."""
        self.epoch += 1
        self.kept = 0
        self.listed = {}
        self.claimed_end = 0
        self.plan_again()

    def plan_rest(self) -> None:
        """Lines up every part that the platform doesn't have."""
        self.todo = deque(number for number in range(1, self.count + 1) if number not in self.sent)

    def plan_again(self) -> None:
        """Has everything sent once more, though it is there."""
        self.sent.clear()
        self.present = 0
        self.stored = None
        self.ending = False
        self.plan_rest()

    # -- checksums

    def hash_beside(self) -> list[Link]:
        """What is hashed next beside the sending: near it, or all where the sending does not begin at the beginning."""
        if self.chains is None:
            known = (*self._combined, *self.facts.checksums)
            wanted = (name for name in (*self.upload.checksums, *self.store.wants) if name not in known)
            self.chains = Chains(wanted, self.file.size)
        return self.chains.links(self.file.size if self.goes_on else self.claimed_end + self._apart, LINK)

    def may_go(self, cut: Cut) -> bool:
        """Tells whether a part may go before the checksums have come near it."""
        if self.chains is None or self.chains.done or self.goes_on:
            return True  # what was sent before is read for its checksums alone, which nobody waits for
        return cut.start <= self.chains.position + self._apart

    @property
    def checksums(self) -> Mapping[str, str]:
        """The checksums of the file that are known by now."""
        if self.record is not None:
            return self.record.checksums
        found = dict(self.facts.checksums)
        if self.chains is not None and self.chains.done:
            found.update(self.chains.values())
        if self._combined and len(self.sent) == self.count:
            parts = self.parts
            if all("crc32c" in part.checksums for part in parts):
                found["crc32c"] = combined_crc32c(parts)
        return found

    @property
    def confirmed(self) -> tuple[str, ...]:
        """The checksums that the platform named as ours are, of the whole file or of every part; none where it only took the bytes."""
        if self.record is not None:
            return self.record.confirmed
        known, of_parts = dict(self.checksums), () if self.unconfirmed else self.part_checksums
        if self.whole:
            known.update(self.sent[1].checksums)
            of_parts = ()
        of_whole = (name for name in known if name in (self.stored or ()))
        return (*(f"{name} of every part" for name in of_parts), *of_whole)

    @property
    def _combined(self) -> tuple[str, ...]:
        """The checksums of the whole that follow from those of the parts."""
        return ("crc32c",) if self.store.part_checksum == "crc32c" else ()

    @property
    def _apart(self) -> int:
        return max(APART, PARTS_APART * self.cuts.part_size)


def combined_crc32c(parts: list[SentPart]) -> str:
    """Combines the CRC32C of all parts into the file's own.

    Args:
        parts: All of them, in order, each with its `crc32c`.
    """
    total = int(parts[0].checksums["crc32c"], 16) if parts else 0
    for part in parts[1:]:
        total = crc32c_combine(total, int(part.checksums["crc32c"], 16), part.size)
    return crc32c_text(total)


def readable(job: Job, error: Exception) -> OmicsError:
    """The error for whatever was raised in a thread.

    Args:
        job: For which it worked.
        error: What was raised; ours stay as they are.
    """
    if isinstance(error, OmicsError):
        return error
    if isinstance(error, OSError):
        return unreadable(job.title, job.path, error)
    said = f"{job.title}: requesting its destination failed: {foreign_words(job.title, error)}"
    return TransferError(said, name=job.title)
