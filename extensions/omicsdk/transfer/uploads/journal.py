"""The journal of uploads: unfinished ones and the parts that the platform has of them. Append-only, one CRC per line.

A line is eight hex digits (the CRC32C of the text after the space), a space and a JSON array. A line that was cut off
at the end is removed before the first append. Parts are hints, written without syncing: a resumed upload asks the
platform. No URL is ever written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from omicsdk.core.errors import FolderBusy, NotWritable
from omicsdk.core.logs import logger
from omicsdk.transfer.disk import Disk, write_errors
from omicsdk.transfer.journal import DoneIndex, JournalFile, count_done, line_of, record_of
from omicsdk.transfer.uploads.job import Finished, Identity, Unfinished
from omicsdk.transfer.uploads.store import SentPart

#: The format; a journal of another one cannot be resumed.
HEAD: list[object] = ["omics-uploads", 1]

_log = logger("omicsdk.transfer")


def key_of(path: str, name: str, target: str) -> str:
    """Return the key of an upload in the journal.

    Args:
        path: The file's absolute path.
        name: The upload's name.
        target: The target, without secrets.
    """
    text = "\0".join((path, name, target)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=12).hexdigest()


def place_of(target: str) -> str:
    """Return what all uploads to one target share; empty if it is unknown."""
    return key_of("", "", target) if target else ""


class UploadJournal:
    """An open, locked journal; used by one thread.

    Args:
        path: The journal's file; its folder is created. None for a run without a journal.
        wait: Called while another process has the journal locked; returns False to stop waiting.

    Raises:
        FolderBusy: Another process has it locked and `wait` gave up.
        NotWritable: The file cannot be opened or written, or is not a journal of uploads.
        DiskFull: The disk is full.
    """

    def __init__(self, path: Path | None, wait: Callable[[], bool]) -> None:
        self.path = path
        self._unfinished = dict[str, Unfinished]()
        self._finished = DoneIndex(0, 0)  # of earlier runs; records of this one are not looked up
        self._file: JournalFile | None = None
        if path is None:
            return
        with write_errors(str(path)):
            try:
                self._file = JournalFile(path, wait, Disk(0o600), read_only=False)
                self._load(self._file)
            except FolderBusy:
                remedy = "Wait until that upload has ended, or name another journal."
                raise FolderBusy(str(path), remedy=remedy) from None
            except BaseException:
                if self._file is not None:
                    self._file.close()
                raise

    def unfinished(self, key: str) -> Unfinished | None:
        """Return the record of an unfinished upload."""
        return self._unfinished.get(key)

    def finished(self, key: str, target: str = "") -> Finished | None:
        """Return the record of a finished upload, unless another one has replaced its object since."""
        offset = self._finished.get(key.encode())
        if offset is None or (target and self._finished.get(target.encode()) not in (None, offset)):
            return None
        assert self._file is not None
        block, start, end = self._file.line_at(offset)
        record = record_of(block[start:end])
        # The index compares hashes alone: the line may be that of another upload.
        if record[1] != key:
            return None
        confirmed = [tuple(cast("list[str]", more)) for more in record[4:] if not isinstance(more, str)]
        return Finished(cast("Identity", tuple(record[2])), record[3], confirmed[0] if confirmed else ())

    def begin(self, key: str, state: Unfinished) -> None:
        """Record that an upload was begun, and sync: if its id were lost, its stored parts would cost money unnoticed.

        Raises:
            OSError: The journal could not be written.
        """
        if self._file is not None:
            self._unfinished[key] = state
            line = line_of(["begin", key, state.upload_id, list(state.identity), state.part_size, state.ctime_ns])
            self._file.append_durably([line])

    def part(self, key: str, part: SentPart) -> None:
        """Record that a part was sent."""
        state = self._unfinished.get(key)
        if state is None:  # another upload of the same name ended
            return
        state.parts[part.number] = part
        self._hint(["part", key, part.number, part.size, part.etag, dict(part.checksums)])

    def drop(self, key: str) -> None:
        """Record that an upload was aborted."""
        if self._unfinished.pop(key, None) is not None:
            self._hint(["drop", key])

    def finish(self, key: str, state: Finished, target: str = "") -> None:
        """Record that an upload is finished, and what its target has."""
        self._unfinished.pop(key, None)
        # The place is last: its records are found by their end.
        more: list[object] = [*([list(state.confirmed)] if state.confirmed else []), *([target] if target else [])]
        self._hint(["done", key, list(state.identity), dict(state.checksums), *more])

    def close(self) -> None:
        """Sync and close the file, which releases the lock. Closing twice does nothing."""
        if self._file is not None:
            file, self._file = self._file, None
            try:
                file.sync()
            except OSError as error:  # parts may be sent twice; sent ones are stored anyway
                _log.warning("%s: %s; the next run may send again what this one has sent", self.path, error.strerror)
            finally:
                file.close()

    def _hint(self, record: list[object]) -> None:
        """Append a record that may be lost: without it only work is repeated."""
        if self._file is not None:
            try:
                self._file.append([line_of(record)])
            except OSError as error:
                _log.debug("%s: %s", self.path, error)

    def _load(self, journal: JournalFile) -> None:
        head = line_of(HEAD)
        with journal.reader() as file:
            begins = file.read(len(head))
            # It may be empty, or cut off within its first line, where a run was killed before it had written more.
            if not head.startswith(begins):
                raise NotWritable(str(self.path), "it is not a journal of uploads; name another file")
            self._finished = DoneIndex(2 * count_done(file), file.tell())  # by key and by place
        journal.replay(head, self._replay)

    def _replay(self, record: list[Any], at: int) -> None:
        match record:
            case ["part", key, number, size, etag, checksums]:
                if key in self._unfinished:
                    self._unfinished[key].parts[number] = SentPart(number, size, etag, checksums)
            case ["begin", key, upload_id, identity, part_size, *ctime_ns]:
                state = Unfinished(upload_id, cast("Identity", tuple(identity)), part_size, {}, *ctime_ns[:1])
                self._unfinished[key] = state
                # What is being replaced is not finished any more, even if the new upload never ends.
                self._finished.remove(key.encode())
            case ["done", key, _, _, *more]:
                self._unfinished.pop(key, None)
                for name in (key, *(target for target in more if isinstance(target, str))):
                    self._finished.put(name.encode(), at)
            case ["drop", key]:
                self._unfinished.pop(key, None)
            case _:  # the head, or a record of a later version, which is ignored
                pass
