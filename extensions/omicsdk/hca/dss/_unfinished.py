"""Records of unfinished uploads."""

import hashlib
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from omicsdk.hca.dss.staging import LocalFile
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.journals.journal_file import JournalFile
from omicsdk.transfer.journals.journal_lines import line_of
from omicsdk.transfer.reports.outcome import Verification, recorded_verification

TOGETHER = 64
"""Files that are recorded as registered by one write: whoever is killed asks the service once more for so many."""

HEAD: list[object] = ["omics-dss-upload", 1]
"""The format; a record of another one is begun anew."""

logger = logging.getLogger("omicsdk.hca.dss")


def record_path(folder: Path, *, state: Path, **facts: object) -> Path:
    """The record of an upload.

    Args:
        folder: What is uploaded.
        state: The state folder.
        facts: What makes another upload of it: service, bucket, replica ...
    """
    told = repr((str(folder.resolve()), sorted(facts.items()))).encode("utf-8", "surrogatepass")
    return state / "dss-uploads" / f"{hashlib.blake2b(told, digest_size=16).hexdigest()}.upload"


class Unfinished:
    """The record of one upload, open and locked. Thread-safe.

    Args:
        path: Its file, as `record_path` gives it; its folder is made.
        wait: Is called while another process uploads the same; returns False to give up.

    Attributes:
        path: Its file.
        version: The version of all files and of the bundle; empty before `begin`.
        bundle_uuid: The bundle's UUID; likewise.
        registered: The files that the service has taken over, from name to what they were verified by when they were staged.

    Raises:
        FolderBusy: Another process has it and `wait` gave up.
        OSError: It can't be written.
    """

    def __init__(self, path: Path, wait: Callable[[], bool]) -> None:
        self.path = path
        self.version = ""
        self.bundle_uuid = ""
        self.registered: dict[str, Verification] = {}
        self._known = dict[str, LocalFile]()
        self._lock = threading.Lock()
        self._unwritten = list[bytes]()
        self._file = JournalFile(path, wait, Disk(0o600), look=False)
        try:
            self._file.replay(line_of(HEAD), self._replay)
        except BaseException:
            self._file.close()
            raise

    @property
    def journal(self) -> Path:
        """The transfer engine's journal of the same upload."""
        return self.path.with_suffix(".staging")

    def begin(self, version: str, bundle_uuid: str, files: Iterable[LocalFile]) -> list[LocalFile]:
        """Takes up what is uploaded now.

        Args:
            version: The version, unless an earlier run chose one.
            bundle_uuid: The bundle's UUID, likewise.
            files: All files, with new UUIDs.

        Returns:
            The files; those that are what they were in an earlier run have the UUIDs that they got there.

        Raises:
            OSError: It can't be written.
        """
        lines = list[bytes]()
        if not self.version:
            self.version, self.bundle_uuid = version, bundle_uuid
            lines.append(line_of(["begin", version, bundle_uuid]))
        taken = list[LocalFile]()
        for file in files:
            known = self._known.get(file.name)
            if known is not None and known.identity == file.identity:
                taken.append(replace(file, uuid=known.uuid))
                continue
            taken.append(file)
            lines.append(line_of(["file", file.name, file.uuid, *file.identity]))
        kept = {file.name for file in taken if file.name in self._known and self._known[file.name].uuid == file.uuid}
        self.registered = {name: found for name, found in self.registered.items() if name in kept}
        self._known = {file.name: file for file in taken}
        if lines:
            self._file.append_for_good(lines)
        return taken

    def took_over(self, name: str, verification: Verification) -> None:
        """Records that the service has a file.

        Args:
            name: Its name.
            verification: What it was verified by when it was staged.
        """
        line = line_of(["registered", name, verification])
        with self._lock:
            self.registered[name] = verification
            self._unwritten.append(line)
            if len(self._unwritten) >= TOGETHER:
                self._write()

    def anew(self, file: LocalFile) -> None:
        """Records that a file is staged anew, under another UUID."""
        with self._lock:
            self._known[file.name] = file
            self._unwritten.append(line_of(["file", file.name, file.uuid, *file.identity]))
            self._write()

    def remove(self) -> None:
        """Removes the record and the engine's journal: the upload is over, or begins anew."""
        for path in (self.journal, self.path):
            try:
                path.unlink(missing_ok=True)
            except PermissionError:  # Windows removes no file that is open
                self.close()
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Closes the file, which lets go of the lock."""
        with self._lock:
            if self._unwritten:
                self._write()
            self._file.close()

    def _write(self) -> None:
        lines, self._unwritten = self._unwritten, []
        try:
            self._file.append(lines)
        except OSError as error:  # without it the service is asked again, which answers that it has the file
            logger.debug("%s: %s", self.path, error)

    def _replay(self, record: list[Any], _: int) -> None:
        match record:
            case ["begin", version, bundle_uuid]:
                self.version, self.bundle_uuid = version, bundle_uuid
            case ["file", name, uuid, *identity]:
                # The path isn't kept: a file is told by its name, and found anew by every run.
                self._known[name] = LocalFile(Path(), name, uuid, cast("tuple[int, int, int]", tuple(identity)))
                self.registered.pop(name, None)
            case ["registered", name, *verification]:
                self.registered[name] = recorded_verification(verification)
            case _:  # a record of a later version says nothing to this one
                pass
