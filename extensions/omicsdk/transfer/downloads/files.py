"""The files of a download on disk: where an item's bytes are collected, how they get their final names and become
durable.

Renames run in the engine's thread, which has just written the file and would only wait for another thread to do it.
Syncing and recording, which take time, run in the committer's thread.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.core.checksums import crc32c_extend
from omicsdk.core.errors import NotWritable, OmicsError, TransferError
from omicsdk.core.logs import logger
from omicsdk.core.threads import Inbox, Pool
from omicsdk.transfer.checksums import Stopped
from omicsdk.transfer.disk import IN_THE_WAY, Disk, write_error, write_errors
from omicsdk.transfer.downloads.job import Job
from omicsdk.transfer.items import Item
from omicsdk.transfer.journal import DoneState, Journal, PartState
from omicsdk.transfer.names import LONGEST
from omicsdk.transfer.network.requests import is_strong, validator_words
from omicsdk.transfer.reports.report import Outcome, State, verification_of

if TYPE_CHECKING:
    from omicsdk.transfer.downloads.targets import ExistingObject, Store


#: A batch of files that are synced together has at most this many, or all that wait when the thread is free ...
BATCH = 1024
#: ... and no file waits longer than this before it is handed over, in seconds.
PATIENCE = 1.0
# Up to this many files are synced one at a time: syncing the file system would wait for other processes' data too.
_FEW = 4
# Dirty bytes of other processes, up to which syncing the file system is cheaper than syncing each file.
_FOREIGN = 64 * 1024 * 1024
# Time limit for syncing the file system: this many seconds, plus one for each of this many bytes. A slower sync switches
# to syncing files one at a time ...
_SLOW = 0.25
_SLOW_BYTES = 50 * 1024 * 1024
# ... for this many seconds.
_AVOID = 30.0

#: Seconds that a sync has left when a transfer is stopped.
HURRY = 0.3

_log = logger("omicsdk.transfer")


class Landing(NamedTuple):
    """A verified file on its way to its final name.

    Attributes:
        name: Its path within the target folder.
        part: Its present path; None if it already has its final name.
        final: Its final path.
        size: Its size in bytes.
        checksums: The verified checksums.
        landed: Called in the engine's thread, with None once the file is durable and recorded, else with the error.
        existing: The system's stat of it before it was verified, None if not asked.
        source: The `source_digest` of its item.
    """

    name: str
    part: str | None
    final: str
    size: int
    checksums: Mapping[str, str]
    landed: Callable[[TransferError | None], None]
    existing: os.stat_result | None = None
    source: str = ""


class Committer:
    """Renames, syncs and records files.

    Args:
        journal: Receives done-records.
        folder: The target folder.
        inbox: Receives results.
        disk: Makes the changes.
    """

    def __init__(self, journal: Journal, folder: str, inbox: Inbox, disk: Disk) -> None:
        self._journal = journal
        self._folder = folder
        self._inbox = inbox
        self._disk = disk
        self._device: int | None = None
        self._in_memory: bool | None = None  # None before the first batch
        self._crosses_file_systems = False  # whether a waiting file is on another file system than the target folder
        self._waiting: list[tuple[Landing, DoneState]] = []
        self._since = 0.0
        self._ready: list[tuple[Landing, DoneState]] = []
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()  # of _ready and _thread, which exists while there is work
        self._whole_from = 0.0 if sys.platform == "linux" else float("inf")  # when syncing the whole is tried again

    def land(self, landing: Landing) -> None:
        """Rename a file to its final name; called from the engine's thread. It is durable after one of the next `push`."""
        name, part, final, size, checksums, landed, existing, source = landing
        try:
            # An existing file may be behind a link, as `PartFiles.existing` has it.
            now = os.stat(final) if part is None else os.lstat(part) if existing is None else existing
            # The time from before it was verified: if another program has written to it since, the record does not fit the file.
            existing = existing or now
            if now.st_size != size or not stat.S_ISREG(now.st_mode):
                raise NotWritable(part or final, "another program changed it", name=name)
            if part is not None:
                self._disk.rename(part, final)
            if self._device is None:
                self._device = os.stat(self._folder).st_dev
        except OSError as error:
            landed(write_error(error, final, name))
            return
        except NotWritable as error:
            landed(error)
            return
        # Behind a link or a mount: to sync the target folder's file system does not make it durable.
        if existing.st_dev != self._device:
            self._crosses_file_systems = True
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append((landing, DoneState(size, existing.st_mtime_ns, checksums, source)))

    def push(self, *, now: bool) -> None:
        """Hand renamed files to the thread in batches: waking it for each would cost more than its work.

        Args:
            now: Do not wait for more files.
        """
        if self._waiting and (now or len(self._waiting) >= BATCH or time.monotonic() - self._since >= PATIENCE):
            thread: threading.Thread | None = None
            with self._guard:
                self._ready += self._waiting
                self._waiting = []
                if self._thread is None:
                    thread = self._thread = threading.Thread(target=self._run, name="omicsdk-commit", daemon=True)
            if thread is not None:
                try:
                    thread.start()
                except RuntimeError:  # no more threads
                    self._run()

    def close(self, *, hurry: bool = False) -> None:
        """Sync the renamed files and end the thread.

        Args:
            hurry: Do not wait for a slow disk. The thread then ends in the background, and `landed` of its files is not called.
        """
        self.push(now=True)
        thread = self._thread
        if thread is not None:
            thread.join(HURRY if hurry else None)

    def _run(self) -> None:
        try:
            self._commit_all()
        except BaseException as error:  # a bug: without this the engine would wait forever
            fault = error

            def raise_fault() -> None:
                raise fault

            self._inbox.put(raise_fault)

    def _commit_all(self) -> None:
        while True:
            with self._guard:
                batch, self._ready = self._ready, []
                # Under the lock that `push` takes: a file is either in a batch of this thread, or starts the next one.
                if not batch:
                    self._thread = None
                    return
            self._commit(batch)

    def _commit(self, batch: Sequence[tuple[Landing, DoneState]]) -> None:
        problem: OSError | None = None
        try:
            self._sync([landing.final for landing, _ in batch], sum(landing.size for landing, _ in batch))
        except FileNotFoundError as error:
            if len(batch) > 1:  # another program removed one or all of them; the other files are still recorded
                for entry in batch:
                    self._commit([entry])
                return
            problem = error
        except OSError as error:
            problem = error
            self._take_back(batch)
        else:
            try:
                # After the sync: the record promises bytes that survive a power cut.
                self._journal.finish([(landing.name, state) for landing, state in batch])
            except OSError as error:  # the files are right and durable; the next run only has to check them again
                _log.warning("%s: %s; the next run checks these files again", self._journal.path, error.strerror)

        def landed() -> None:
            for landing, _ in batch:
                landing.landed(None if problem is None else write_error(problem, landing.final, landing.name))

        # In the inbox, since `landed` changes jobs, which belong to the engine's thread.
        self._inbox.put(landed)

    def _take_back(self, batch: Sequence[tuple[Landing, DoneState]]) -> None:
        """Rename files that may not be durable back to their parts: their content may still change."""
        for landing, _ in batch:
            if landing.part is not None:
                try:
                    self._disk.rename(landing.final, landing.part)
                except OSError as error:
                    _log.warning("%s may be damaged, and cannot be renamed: %s", landing.final, error.strerror)

    def _sync(self, paths: Sequence[str], size: int) -> None:
        start = time.monotonic()
        if (
            len(paths) > _FEW
            and not self._crosses_file_systems
            and start >= self._whole_from
            and self._syncs_at_once(size)
        ):
            # 256 files of 20 KB took 5 ms by it, and 46 ms one at a time; beside 512 MB that others had not written,
            # 333 and 35.
            is_synced = self._disk.sync_file_system(self._folder)
            ended = time.monotonic()
            # Other processes' data made it wait, or the system failed for some file: files are synced one at a time for a while.
            if not is_synced or ended - start > _SLOW + size / _SLOW_BYTES:
                self._whole_from = ended + _AVOID
            if is_synced:
                return
        self._disk.sync_files(paths)
        self._disk.sync_folders({os.path.dirname(path) for path in paths})

    def _syncs_at_once(self, size: int) -> bool:
        """Whether syncing the whole file system does not wait long for other processes' data."""
        if self._in_memory is None:
            self._in_memory = self._device is not None and _is_in_memory(self._device)
        return self._in_memory or _dirty() <= size + _FOREIGN


def _is_in_memory(device: int) -> bool:
    """Whether a file system is in memory, where syncing writes nothing: then each file's own would only take turns with the engine."""
    number = f"{os.major(device)}:{os.minor(device)}".encode()
    try:
        with open("/proc/self/mountinfo", "rb") as mounts:
            return any(b" - tmpfs " in mount and mount.split(None, 3)[2] == number for mount in mounts)
    except OSError:
        return False


def _dirty() -> int:
    """Dirty bytes on the whole machine; 0 if the system does not report them."""
    try:
        with open("/proc/meminfo", "rb") as file:
            fields = dict(line.split(b":", 1) for line in file)
    except OSError:
        return 0
    return 1024 * sum(int(fields.get(name, b"0").split()[0]) for name in (b"Dirty", b"Writeback"))


#: Concurrent lookups of objects.
LOOKS = 16
#: Seconds that running puts have when a transfer ends; slower ones end in the background, unrecorded.
GRACE = 10.0
#: The same when a user waits for the end.
HURRIED_PUTS = 0.5


class Spool:
    """The committer's counterpart for a store, which also looks up existing objects. Used in the engine's thread.

    Args:
        store: The store.
        journal: Receives done-records.
        inbox: Receives results.
    """

    def __init__(self, store: Store, journal: Journal, inbox: Inbox) -> None:
        self._store = store
        self._journal = journal
        self._looks = Pool("omicsdk-look", LOOKS, inbox)
        self._puts = Pool("omicsdk-put", store.target.puts, inbox)
        self._closed = False
        self._comparisons = dict[str, str]()  # existing files whose outcome has not been reported

    def has_room(self, jobs: Collection[Job]) -> bool:
        """Whether another file may start.

        Args:
            jobs: The jobs in progress.
        """
        target = self._store.target
        return len(jobs) < target.spool_files and sum(job.size or 0 for job in jobs) < target.spool_bytes

    def find_existing(
        self, item: Item, on_existing: Callable[[ExistingObject | None], None], failed: Callable[[OmicsError], None]
    ) -> None:
        """Look up whether the store has a file already.

        Args:
            item: The file.
            on_existing: Called with the existing object, None for nothing that can be kept.
            failed: Called with the error if the store cannot be asked.
        """
        recorded = self._journal.done_state(item.name)

        def find_object() -> ExistingObject | None:
            stored = self._store.existing_object(item, recorded, lambda: self._closed)
            if stored is not None and stored.fresh is not None:
                self._journal.finish([(item.name, stored.fresh._replace(source=item.source_digest))])
            return stored

        def handle_object(stored: ExistingObject | None) -> None:
            if stored is None and recorded is not None:
                try:
                    self._journal.forget(item.name)
                except OmicsError as error:
                    failed(error)
                    return
            if stored is not None:
                self._comparisons[item.name] = (
                    "read again" if stored.fresh is not None else "unchanged since it was written"
                )
            on_existing(stored)

        def handle_error(error: Exception) -> None:
            if isinstance(error, OSError):
                failed(TransferError(f"{self._journal.path} cannot be written: {error.strerror}", name=item.name))
            elif isinstance(error, OmicsError):
                failed(error)
            elif not isinstance(error, Stopped):
                raise error

        self._looks.submit(find_object, handle_object, handle_error)

    def land(self, landing: Landing) -> None:
        """Put a verified file into the store."""

        def failed(error: Exception) -> None:
            if not isinstance(error, TransferError):
                raise error
            landing.landed(error)

        def report_stored(verified: str) -> None:
            self._comparisons[landing.name] = verified
            landing.landed(None)

        self._puts.submit(lambda: self._put(landing), report_stored, failed)

    def comparison_text(self, name: str) -> str:
        """Describe what the object in the store was compared with; once for each file."""
        return f"in the store: {self._comparisons.pop(name, 'nothing')}"

    def push(self, *, now: bool) -> None:
        """Do nothing: files are put as soon as they are verified."""

    def close(self, *, hurry: bool = False) -> None:
        """End the threads; puts that have not started stay in the spool folder for the next run.

        Args:
            hurry: Wait for running puts only briefly.
        """
        self._closed = True
        self._looks.close(0.1)
        self._puts.close(HURRIED_PUTS if hurry else GRACE)

    def _put(self, landing: Landing) -> str:
        state, verified = self._store.put(landing.name, landing.part or landing.final, landing.size, landing.checksums)
        try:
            self._journal.finish([(landing.name, state._replace(source=landing.source))])
        except OSError as error:
            raise TransferError(
                f"{landing.name} was written, but cannot be recorded in {self._journal.path}: {error.strerror}",
                name=landing.name,
                remedy="Make the journal writable; the next run checks the file again.",
            ) from error
        if landing.part is not None:
            try:
                # Last: if the record failed, the next run puts the part again and fetches nothing.
                os.unlink(landing.part)
            except OSError as error:  # the object is complete; its local copy only uses space
                _log.warning("%s cannot be removed: %s", landing.part, error.strerror)
        return verified


# Most folders that are remembered as created.
_RECENT = 4096

_extend = crc32c_extend()


class PartFiles:
    """Opens, closes and removes the parts of jobs.

    Args:
        folder: The target folder.
        run: Separates the parts of this transfer from those of another one into the same folder.
        disk: Makes the changes.
        follows: Whether a link to a read-only file, such as one of a cache, is an existing file.
    """

    def __init__(self, folder: str, run: str, disk: Disk, *, follows: bool = False) -> None:
        self.disk = disk
        self._follows = follows
        self._prefix = folder if folder.endswith(os.sep) else folder + os.sep
        # Two transfers into one folder may have the same names, and must not write to one part.
        self._run = _extend(0, f"{run}\0".encode("utf-8", "surrogatepass"))
        self._created_folders = {folder}
        self._folder = folder

    @classmethod
    def of_journal(cls, folder: str, journal: str, disk: Disk, *, follows: bool = False) -> PartFiles:
        """Return the parts of the transfer that has a journal.

        Args:
            folder: As for the class.
            journal: The journal's file.
            disk: As for the class.
            follows: As for the class.
        """
        with suppress(ValueError):  # on another drive
            journal = os.path.relpath(journal, folder)  # so that both can be moved together
        return cls(folder, journal, disk, follows=follows)

    def paths(self, name: str) -> tuple[str, str]:
        """Return the paths of an item.

        Args:
            name: Its name, checked.

        Returns:
            The final path, and that of the part: beside it, with eight hex digits that distinguish it from the user's
            own files, and ".part".
        """
        final = self._final(name)
        parent, _, tail = final.rpartition(os.sep)
        checksum = _extend(self._run, name.encode("utf-8", "surrogatepass"))
        suffix = f".{checksum:08x}.part"
        # A character has at most 4 bytes in UTF-8: most names need not be encoded to see that they fit.
        if 4 * len(tail) + len(suffix) > LONGEST and len(os.fsencode(tail)) + len(suffix) > LONGEST:
            tail = os.fsencode(tail)[: LONGEST - len(suffix)].decode("utf-8", "ignore")
        return final, f"{parent}{os.sep}{tail}{suffix}"

    def _final(self, name: str) -> str:
        return self._prefix + (name if os.sep == "/" else name.replace("/", os.sep))

    def open(self, job: Job) -> int:
        """Return the descriptor of a job's part, opening it if needed.

        Args:
            job: The job; if none of it exists, the part is created, replacing anything of that name.

        Raises:
            DiskFull: The disk is full.
            NotWritable: It cannot be opened.
        """
        if job.opened_in != job.epoch:  # restarted since, and the new content may be shorter than the old
            self.close(job)
        if job.descriptor < 0:
            self.make_parent(job.part, job.item)
            job.opened_in = job.epoch
            with write_errors(job.part, job.item.title):
                # Only a part with verified cells is written in place. A new one follows no link, and is no file that a
                # done-record vouches for.
                job.descriptor = (
                    self.disk.reopen(job.part) if job.have or job.bytes_kept else self.disk.create(job.part)
                )
                job.touched = True
        return job.descriptor

    def close(self, job: Job) -> None:
        """Close a job's part, if it is open."""
        if job.descriptor >= 0:
            descriptor, job.descriptor = job.descriptor, -1
            self.disk.close(descriptor)

    def cut_off(self, job: Job, length: int) -> None:
        """Truncate a job's part to its length: an earlier response, from before the source changed, may have been longer.

        Raises:
            NotWritable: The file system refused.
        """
        if job.descriptor >= 0:
            with write_errors(job.part, job.item.title):
                self.disk.truncate(job.descriptor, length)

    def remove(self, job: Job) -> None:
        """Remove a job's part, if it exists; none of it can be used again."""
        try:
            self.disk.unlink(job.part)
        except OSError:  # missing, or no longer ours to remove: nothing depends on it
            return

    def write_whole(
        self,
        item: Item,
        chunks: Sequence[bytes],
        checksums: Mapping[str, str],
        landed: Callable[[TransferError | None], None],
    ) -> Landing:
        """Write a whole file at once.

        Args:
            item: The item, whose bytes are verified.
            chunks: Its bytes.
            checksums: The verified checksums.
            landed: Called once it is durable and recorded, or has failed.

        Returns:
            The file on its way to its final name.

        Raises:
            DiskFull: The disk is full.
            NotWritable: It cannot be written.
        """
        final, part = self.paths(item.name)
        assert item.size is not None
        self.make_parent(part, item)
        try:  # not `write_errors`, which would take a fiftieth of a small file's time
            descriptor = self.disk.create(part)
            try:
                self.disk.write_at(descriptor, chunks, 0)
                status = os.fstat(descriptor)
            except OSError:
                self.disk.unlink(part)
                raise
            finally:
                self.disk.close(descriptor)
        except OSError as error:
            raise write_error(error, part, item.title) from error
        return Landing(item.name, part, final, item.size, checksums, landed, status, item.source_digest)

    def existing_stat(self, name: str) -> os.stat_result | None:
        """Look for a regular file under a final name.

        Args:
            name: An item's name.

        Returns:
            Its stat, None if there is none. Any other link than of `follows` is none: it will be replaced.

        Raises:
            NotWritable: A folder, device, FIFO or socket has the name, or the path cannot be examined.
        """
        final = self._final(name)
        # A folder that this run created has no files but its own: a first download examines no path.
        if self.disk.is_new(self._folder) or self.disk.is_new(final[: final.rindex(os.sep)]):
            return None
        status = _stat(final)
        if status is not None and stat.S_ISDIR(status.st_mode):
            raise NotWritable(final, "a folder of that name exists", name=name, remedy=IN_THE_WAY)
        if status is not None and not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
            reason = "a device, FIFO or socket of that name exists and is not replaced"
            raise NotWritable(final, reason, name=name, remedy=IN_THE_WAY)
        if self._follows and status is not None and stat.S_ISLNK(status.st_mode):
            with suppress(OSError):
                status = os.stat(final)
                return None if status.st_mode & stat.S_IWUSR or not stat.S_ISREG(status.st_mode) else status
        return status if status is not None and stat.S_ISREG(status.st_mode) else None

    def part_length(self, job: Job) -> int | None:
        """Return the length of a job's part, None if there is none.

        Raises:
            NotWritable: The path cannot be examined.
        """
        status = _stat(job.part)
        return status.st_size if status is not None and stat.S_ISREG(status.st_mode) else None

    def take_back(self, job: Job) -> None:
        """Rename a corrupt file from its final name to the part's.

        Raises:
            NotWritable: It cannot be renamed.
        """
        with write_errors(job.final, job.item.title):
            self.disk.rename(job.final, job.part)

    def remove_wrong(self, job: Job) -> None:
        """Remove a corrupt file that has the final name.

        Raises:
            NotWritable: It cannot be removed.
        """
        with write_errors(job.final, job.item.title):
            self.disk.unlink(job.final)

    def make_parent(self, part: str, item: Item) -> None:
        """Create the folder of a part.

        Args:
            part: The path of the part.
            item: Its item.

        Raises:
            DiskFull: The disk is full.
            NotWritable: It cannot be created.
        """
        parent = part[: part.rindex(os.sep)]
        if parent in self._created_folders:
            return
        try:  # not `write_errors`, as in `write_whole`: in the Data Store's layout each file has a folder
            self.disk.make_folders(parent)
        except OSError as error:
            raise write_error(error, parent, item.title) from error
        if len(self._created_folders) >= _RECENT:
            self._created_folders.clear()
        self._created_folders.add(parent)


def bytes_needed(name: str, size: int | None, files: PartFiles) -> int:
    """Estimate the bytes that a file still needs on the disk from sizes and names; existing files are not read.

    Args:
        name: The file's name.
        size: Its size; an unknown one is counted as 0.
        files: The paths of files.
    """
    final, part = files.paths(name)
    return max(0, (size or 0) - max(_bytes_on_disk(part), _bytes_on_disk(final, size)))


def _bytes_on_disk(path: str, size: int | None = None) -> int:
    """Bytes that a file occupies on the disk, of a certain size if one is named; unwritten holes do not count."""
    try:
        status = os.lstat(path)
    except OSError:
        return 0
    if size not in (None, status.st_size):
        return 0
    return min(status.st_size, status.st_blocks * 512) if hasattr(status, "st_blocks") else status.st_size


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise write_error(error, path) from error


def is_intact(record: DoneState | None, status: os.stat_result) -> bool | None:
    """Return whether a file is as it was recorded when it was done; None without a record.

    Args:
        record: The record.
        status: The stat of the file.
    """
    return None if record is None else (record.size, record.mtime_ns) == (status.st_size, status.st_mtime_ns)


def recorded(journal: Journal, item: Item, status: os.stat_result) -> Mapping[str, str] | None:
    """Return the recorded checksums of an existing file that the journal has as done.

    Args:
        journal: The journal.
        item: The requested item.
        status: The stat of the existing file.

    Returns:
        The checksums that were verified then; None if it is not recorded, differs, came from another source, or the platform
        states further ones now.
    """
    record = journal.done_state(item.name)
    same = (
        record is not None
        and (item.size is None or record.size == item.size)
        and is_intact(record, status)
        and item.checksums.items() <= record.checksums.items()
        and item.may_be_from(record.source)
    )
    return record.checksums if record is not None and same else None


def usable(journal: Journal, item: Item, *, unvalidated: bool) -> PartState | None:
    """Return the journal's record of a file's cells, if it is of the same source.

    Args:
        journal: The journal.
        item: The requested item.
        unvalidated: Whether to assume the same source if nothing shows otherwise; else a checksum or a strong validator
            has to match.
    """
    record = journal.parts.get(item.name)
    if record is None or item.size not in (None, record.size):
        return None
    if item.checksums or not item.states:
        if dict(record.checksums) != dict(item.checksums):
            return None
        return record if unvalidated or is_strong(record.validator) or record.checksums else None
    return record if unvalidated or is_strong(record.validator) else None  # responses will state its checksums


def comparison_text(
    checksums: Mapping[str, str], validator: str | None, *, size: int | None, open_ended: bool = False
) -> str:
    """Describe what a file's bytes were compared with.

    Args:
        checksums: The checksums that the platform states.
        validator: The ETag or date that the server sent, as in a verdict, "" if none; None if it was not asked.
        size: The size that the platform states, None if it states none.
        open_ended: Whether the server sent no length either.
    """
    if checksums:
        return ", ".join(checksums)
    compared = ["size" if size is not None else "end of the body" if open_ended else "length of the response"]
    if validator:
        compared.append(validator_words(validator).partition(" ")[2])
    lacking = "no checksum" if size is not None else "neither size nor checksum"
    suffix = ", and the server neither ETag nor date" if validator == "" else ""
    return f"{' and '.join(compared)} only: the platform states {lacking}{suffix}"


def outcome_of(
    item: Item,
    state: State,
    size: int | None,
    checksums: Mapping[str, str],
    validator: str | None = None,
    **facts: Any,
) -> Outcome:
    """Return the outcome of a file that is at its target.

    Args:
        item: The file.
        state: Whether it is done, or was there already.
        size: Its size in bytes.
        checksums: The checksums that were verified when it came.
        validator: As for `comparison_text`.
        **facts: Further fields.
    """
    return Outcome(
        item.name,
        state,
        size,
        checksums=checksums,
        verified=comparison_text(checksums, validator, size=item.size),
        verification=verification_of(checksums, item.size),
        label=item.label,
        source=item.stated_source,
        **facts,
    )
