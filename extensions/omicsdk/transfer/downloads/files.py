"""The files of a download on disk: where the bytes of an item are collected, where they end up, and what the journal records of both."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping, Sequence

from omicsdk.core.checksums import crc32c_extend
from omicsdk.core.errors import NotWritable, TransferError
from omicsdk.transfer.disk import Disk, write_error
from omicsdk.transfer.downloads.commit import Landing
from omicsdk.transfer.downloads.job import Job
from omicsdk.transfer.items import Item
from omicsdk.transfer.journal.journal import Journal, PartState
from omicsdk.transfer.names import LONGEST
from omicsdk.transfer.network.requests import is_strong, validator_words
from omicsdk.transfer.reports.outcomes import Outcome, verification_of

# Folders that are remembered as made, at most.
_RECENT = 4096

_extend = crc32c_extend()


class PartFiles:
    """Opens, closes and removes the parts of jobs.

    Args:
        folder: The target folder.
        run: Keeps the parts of this transfer apart from those of another one into the same folder.
        disk: Where changes go.
    """

    def __init__(self, folder: str, run: str, disk: Disk) -> None:
        self.disk = disk
        self._prefix = folder if folder.endswith(os.sep) else folder + os.sep
        self._run = _extend(0, f"{run}\0".encode("utf-8", "surrogatepass"))
        self._made = {folder}
        self._empty = disk.is_new(folder)  # when the transfer began

    def paths(self, name: str) -> tuple[str, str]:
        """Gives the paths of an item.

        Args:
            name: Its name, checked.

        Returns:
            The final path, and where its bytes are until then: beside it, with eight hex digits that keep it apart from
            files of the user's own, and ".part".
        """
        final = self._final(name)
        parent, _, tail = final.rpartition(os.sep)
        own = _extend(self._run, name.encode("utf-8", "surrogatepass"))
        suffix = f".{own:08x}.part"
        if 4 * len(tail) + len(suffix) > LONGEST and len(os.fsencode(tail)) + len(suffix) > LONGEST:
            tail = os.fsencode(tail)[: LONGEST - len(suffix)].decode("utf-8", "ignore")
        return final, f"{parent}{os.sep}{tail}{suffix}"

    def _final(self, name: str) -> str:
        return self._prefix + (name if os.sep == "/" else name.replace("/", os.sep))

    def open(self, job: Job) -> int:
        """Gives the descriptor of a job's part, opening it when it isn't.

        Args:
            job: The job; when nothing of it is there, the part is made anew, whatever has its name.

        Raises:
            DiskFull: There is no room.
            NotWritable: It can't be opened.
        """
        if job.opened_in != job.epoch:  # begun anew since, and what comes may be shorter than what is there
            self.close(job)
        if job.descriptor < 0:
            self._make_parent(job.part, job.item)
            job.opened_in = job.epoch
            try:
                job.descriptor = self.disk.reopen(job.part) if job.have else self.disk.create(job.part)
                job.touched = True
            except OSError as error:
                raise write_error(error, job.part, job.item.title) from error
        return job.descriptor

    def close(self, job: Job) -> None:
        """Closes a job's part, if it is open."""
        if job.descriptor >= 0:
            descriptor, job.descriptor = job.descriptor, -1
            self.disk.close(descriptor)

    def cut_off(self, job: Job, length: int) -> None:
        """Cuts a job's part to its length: an earlier answer, from before the source changed, may have been longer.

        Raises:
            NotWritable: The file system refused.
        """
        if job.descriptor >= 0:
            try:
                self.disk.truncate(job.descriptor, length)
            except OSError as error:
                raise write_error(error, job.part, job.item.title) from error

    def remove(self, job: Job) -> None:
        """Removes a job's part, if it is there; nothing of it can be used again."""
        try:
            self.disk.unlink(job.part)
        except OSError:  # not there, or no longer ours to remove: nothing depends on it
            return

    def place(
        self,
        item: Item,
        chunks: Sequence[bytes],
        checksums: Mapping[str, str],
        landed: Callable[[TransferError | None], None],
    ) -> Landing:
        """Writes a whole file at once.

        Args:
            item: The item, whose bytes are verified.
            chunks: Its bytes.
            checksums: What was verified.
            landed: Is called when it is durable and recorded, or has failed.

        Returns:
            It, on its way to its final name.

        Raises:
            DiskFull: There is no room.
            NotWritable: It can't be written.
        """
        final, part = self.paths(item.name)
        assert item.size is not None
        self._make_parent(part, item)
        try:
            descriptor = self.disk.create(part)
            try:
                self.disk.write_at(descriptor, chunks, 0)
                found = os.fstat(descriptor)
            except OSError:
                self.disk.unlink(part)
                raise
            finally:
                self.disk.close(descriptor)
        except OSError as error:
            raise write_error(error, part, item.title) from error
        return Landing(item.name, part, final, item.size, checksums, landed, found)

    def found(self, name: str) -> os.stat_result | None:
        """Looks for a regular file under a final name.

        Args:
            name: An item's name.

        Returns:
            What it is, None when there is none. A link isn't followed: it will be replaced.

        Raises:
            NotWritable: A folder, device, FIFO or socket is in the way, or the place can't be looked at.
        """
        final = self._final(name)
        if self._empty or self.disk.is_new(final[: final.rindex(os.sep)]):
            return None
        found = _stat(final)
        if found is not None and stat.S_ISDIR(found.st_mode):
            raise NotWritable(final, "a folder of that name exists", name=name)
        if found is not None and not (stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode)):
            raise NotWritable(final, "a device, FIFO or socket of that name exists and is not replaced", name=name)
        return found if found is not None and stat.S_ISREG(found.st_mode) else None

    def part_length(self, job: Job) -> int | None:
        """The length of a job's part, None when there is none.

        Raises:
            NotWritable: The place can't be looked at.
        """
        found = _stat(job.part)
        return found.st_size if found is not None and stat.S_ISREG(found.st_mode) else None

    def take_back(self, job: Job) -> None:
        """Takes a wrong file from the final name to the part's.

        Raises:
            NotWritable: It can't be renamed.
        """
        try:
            self.disk.rename(job.final, job.part)
        except OSError as error:
            raise write_error(error, job.final, job.item.title) from error

    def remove_wrong(self, job: Job) -> None:
        """Removes a wrong file that has the final name.

        Raises:
            NotWritable: It can't be removed.
        """
        try:
            self.disk.unlink(job.final)
        except OSError as error:
            raise write_error(error, job.final, job.item.title) from error

    def _make_parent(self, part: str, item: Item) -> None:
        parent = part[: part.rindex(os.sep)]
        if parent in self._made:
            return
        try:
            self.disk.make_folders(parent)
        except OSError as error:
            raise write_error(error, parent, item.title) from error
        if len(self._made) >= _RECENT:
            self._made.clear()
        self._made.add(parent)


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise write_error(error, path) from error


def recorded(journal: Journal, item: Item, found: os.stat_result) -> Mapping[str, str] | None:
    """Tells whether a journal knows a file that is there as done.

    Args:
        journal: The journal.
        item: What is wanted.
        found: What is there under its name.

    Returns:
        The checksums that were verified then; None when it isn't known, isn't the same, or more is stated by now.
    """
    done = journal.done(item.name)
    same = (
        done is not None
        and (item.size is None or done.size == item.size)
        and (done.size, done.mtime_ns) == (found.st_size, found.st_mtime_ns)
        and item.checksums.items() <= done.checksums.items()
    )
    return done.checksums if done is not None and same else None


def usable(journal: Journal, item: Item, *, unvalidated: bool) -> PartState | None:
    """What a journal has of a file's cells, where it is of the same source.

    Args:
        journal: The journal.
        item: What is wanted.
        unvalidated: Whether it is taken for that where nothing shows that it isn't; else a checksum or a strong validator has
            to tell.
    """
    record = journal.parts.get(item.name)
    if record is None or item.size not in (None, record.size) or dict(record.checksums) != dict(item.checksums):
        return None
    return record if unvalidated or is_strong(record.validator) or record.checksums else None


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
