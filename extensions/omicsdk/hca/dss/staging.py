"""Files of a bundle to create: found in a folder, staged in a bucket with their checksums as tags, and recorded."""

import os
import stat
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from omicsdk.core.errors import (
    WRONG_KEYS,
    APIError,
    AuthError,
    OmicsError,
    SourceChanged,
    TransferError,
    TransportError,
    UsageError,
)
from omicsdk.core.logs import logger
from omicsdk.core.media_types import media_type_of
from omicsdk.transfer import Upload
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.journal import JournalFile, line_of
from omicsdk.transfer.names import walk_folder
from omicsdk.transfer.reports.report import Verification, recorded_verification
from omicsdk.transfer.s3.boto import S3Object
from omicsdk.transfer.s3.client import WRONG_BUCKET


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file that becomes part of a bundle.

    Attributes:
        path: Its path.
        name: Its name in the bundle: relative to the folder, with `/`.
        uuid: Its UUID in the Data Store.
        identity: Its size in bytes, its time of change in nanoseconds and its number: they show whether it is the same
            file as in an earlier run.
    """

    path: Path
    name: str
    uuid: str
    identity: tuple[int, int, int] = (0, 0, 0)

    @property
    def size(self) -> int:
        """Its size in bytes when it was found."""
        return self.identity[0]

    @property
    def indexed(self) -> bool:
        """Whether the service indexes it: metadata are JSON files."""
        return self.name.endswith(".json")

    @property
    def key(self) -> str:
        """Its key in the staging bucket."""
        return f"{self.uuid}/{self.path.name}"


def files_of(folder: Path) -> list[LocalFile]:
    """All files below a folder, by name, each with a new UUID; linked folders are not entered.

    Raises:
        UsageError: It is not a folder, holds no file, or something that is not a file or has a name that no bundle
            takes.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", remedy="Use the folder with the bundle's files.")
    files: list[LocalFile] = []
    for parent, names in walk_folder(folder):
        paths = [parent / name for name in names]
        files += [_local_file(path.relative_to(folder).as_posix(), path) for path in paths]
    return _in_order(files, str(folder))


def files_named(files: Mapping[str, str | os.PathLike[str]]) -> list[LocalFile]:
    """Return the chosen files, by name, each with a new UUID.

    Args:
        files: Location of each file, by its name in the bundle.

    Raises:
        UsageError: There are none, or one is not a file or has a name that no bundle takes.
    """
    return _in_order([_local_file(name, Path(path)) for name, path in files.items()], "The choice")


def _in_order(files: list[LocalFile], where: str) -> list[LocalFile]:
    if not files:
        raise UsageError(f"{where} contains no files", remedy="Add at least one file.")
    files.sort(key=lambda file: file.name)
    _warn_of_clashes(files)
    return files


def _warn_of_clashes(files: list[LocalFile]) -> None:
    """Log names that a bundle may have, but of which a download cannot keep all."""
    names_kept = {"bundle.json": "the manifest that a download writes, bundle.json"}
    for file in files:
        other = names_kept.setdefault(file.name.casefold(), file.name)
        if other is not file.name:
            _log.warning("%s: a download of the bundle cannot place it beside %s", file.name, other)


def _local_file(name: str, path: Path) -> LocalFile:
    try:
        facts = path.stat()
    except OSError as error:
        what = "is a broken link" if path.is_symlink() else f"cannot be read: {error.strerror}"
        raise UsageError(f"{path} {what}", remedy="Remove it from the folder.") from error
    if not stat.S_ISREG(facts.st_mode):
        raise UsageError(f"{path} is not a regular file", remedy="Remove it from the folder.")
    if fault := name_fault(name):
        raise UsageError(f"{name}: the Data Store does not accept this name: {fault}", remedy="Rename or remove it.")
    return LocalFile(path, name, str(uuid4()), (facts.st_size, facts.st_mtime_ns, facts.st_ino))


def name_fault(name: str) -> str | None:
    """Return why a bundle cannot have a file of this name, or None: the service would only refuse it after all bytes
    were sent.

    The rules are those of `BundleFile.name` in the service's document.

    Args:
        name: Relative, with `/` between folders.
    """
    if any(0xD800 <= ord(character) <= 0xDFFF for character in name):
        return "it is not UTF-8"
    for part, why in (
        ("\n", "it contains a line end"),
        ("\\", "it contains a backslash"),
        ("./", "it contains `./`"),
        ("/.", "it contains `/.`"),
    ):
        if part in name:
            return why
    return "it begins with `~/`" if name.startswith("~/") else None


# The tags in which the service looks for a staged file's checksums.
CHECKSUM_TAGS = {
    "s3_etag": "hca-dss-s3_etag",
    "sha1": "hca-dss-sha1",
    "sha256": "hca-dss-sha256",
    "crc32c": "hca-dss-crc32c",
}

_log = logger("omicsdk.hca.dss")


class StagingRefused(TransferError, RuntimeError):
    """The staging bucket accepts no file at all."""


class StagingCredentials(StagingRefused, AuthError):
    """There are no AWS credentials, or they are not good."""


def staged(s3: Any, bucket: str, file: LocalFile) -> Upload:
    """How a file goes to the staging bucket: tagged with its checksums. The service reads its etag from the tag, and copies
    the object in parts of its own.

    Args:
        s3: A boto3 S3 client.
        bucket: The bucket.
        file: The file.
    """
    to = S3Object(
        s3,
        bucket,
        file.key,
        extra_args={"ContentType": media_type_of(file.path.name) or "application/octet-stream"},
        tags=lambda checksums: {tag: checksums[name] for name, tag in CHECKSUM_TAGS.items()},
        tag_checksums=tuple(CHECKSUM_TAGS),
        is_new=True,  # no other file has its UUID
    )
    return Upload(file.path, to, file.name)


def staging_error(name: str, bucket: str, error: OmicsError) -> OmicsError:
    """Convert a failure to an error for this file, or for all files.

    Args:
        name: The file that was on its way.
        bucket: The staging bucket.
        error: Why it failed.
    """
    if isinstance(error, SourceChanged):
        return error
    code = error.code or "" if isinstance(error, APIError) else ""
    reason = str(error).removesuffix(error.remedy or "").rstrip(" .")  # the remedy is better here
    what = f"{name}: the staging bucket {bucket} refuses it ({reason})"
    if (isinstance(error, AuthError) and not isinstance(error, APIError)) or code in WRONG_KEYS:
        remedy = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile, that may write to the bucket."
        return StagingCredentials(what, remedy=remedy)
    if code in WRONG_BUCKET:
        return StagingRefused(what, remedy="Check the bucket's name and that your AWS credentials may write to it.")
    if isinstance(error, TransportError):
        what = f"{name}: the staging bucket {bucket} cannot be reached ({reason})"
        return StagingRefused(what, remedy="Check AWS_ENDPOINT_URL_S3 and the network connection, then try again.")
    if not isinstance(error, APIError):
        return error
    return TransferError(
        what, remedy="Try again; if it persists, check that your AWS credentials may write to the bucket."
    )


# -- what an unfinished upload remembers

# Files that are recorded as registered by one write: a run after a crash asks the service again for at most this many.
TOGETHER = 64

# The format; a record of another one is discarded.
HEAD: list[object] = ["omics-dss-upload", 1]


class Unfinished:
    """The record of one upload, open and locked. Thread-safe.

    Args:
        path: Its file, whose folder is made; None if nothing can be remembered.
        wait: Called while another process uploads the same; returns False to stop waiting.

    Attributes:
        path: Its file.
        version: The version of all files and of the bundle; empty before `begin`.
        bundle_uuid: The bundle's UUID; empty before `begin`.
        registered: The files that the service has taken over, from name to what they were verified by when they were
            staged.

    Raises:
        FolderBusy: Another process has it and `wait` gave up.
        OSError: It cannot be written.
    """

    def __init__(self, path: Path | None, wait: Callable[[], bool]) -> None:
        self.path = path
        self.version = ""
        self.bundle_uuid = ""
        self.registered: dict[str, Verification] = {}
        self._registered = dict[str, LocalFile]()
        self._lock = threading.Lock()
        self._unwritten = list[bytes]()
        self._file = None if path is None else JournalFile(path, wait, Disk(0o600), read_only=False)
        try:
            if self._file is not None:
                self._file.replay(line_of(HEAD), self._replay)
        except BaseException:
            self.close()
            raise

    @property
    def journal(self) -> Path | None:
        """The transfer engine's journal of the same upload."""
        return None if self.path is None else self.path.with_name(f"{self.path.name}.staging")

    def begin(self, version: str, bundle_uuid: str, files: Iterable[LocalFile]) -> list[LocalFile]:
        """Record what is uploaded now.

        Args:
            version: The version, unless an earlier run chose one.
            bundle_uuid: The bundle's UUID, unless an earlier run chose one.
            files: All files, with new UUIDs.

        Returns:
            The files; those that are the same as in an earlier run have the UUIDs that they got there.

        Raises:
            OSError: It cannot be written.
        """
        lines = list[bytes]()
        if not self.version:
            self.version, self.bundle_uuid = version, bundle_uuid
            lines.append(line_of(["begin", version, bundle_uuid]))
        registered, names_kept = dict[str, LocalFile](), set[str]()
        for file in files:
            registered_file = self._registered.get(file.name)
            if registered_file is not None and registered_file.identity == file.identity:
                registered[file.name] = replace(file, uuid=registered_file.uuid)
                names_kept.add(file.name)
            else:
                registered[file.name] = file
                lines.append(_file_line(file))
        self.registered = {name: file for name, file in self.registered.items() if name in names_kept}
        self._registered = registered
        if lines and self._file is not None:
            self._file.append_durably(lines)
        return list(registered.values())

    def add_registered(self, name: str, verification: Verification) -> None:
        """Record that the service has a file.

        Args:
            name: Its name.
            verification: What it was verified by when it was staged.
        """
        with self._lock:
            self.registered[name] = verification
            self._unwritten.append(line_of(["registered", name, verification]))
            if len(self._unwritten) >= TOGETHER:
                self._write()

    def replace(self, file: LocalFile) -> None:
        """Record that a file is staged once more, under another UUID."""
        with self._lock:
            self._registered[file.name] = file
            self._unwritten.append(_file_line(file))
            self._write()

    def remove(self) -> None:
        """Remove the record and the engine's journal: the upload is over, or restarts."""
        if self.journal is not None:
            self.journal.unlink(missing_ok=True)
        if self._file is not None:
            self._file.remove()

    def close(self) -> None:
        """Close the file, which releases the lock."""
        with self._lock:
            if self._unwritten:
                self._write()
            if self._file is not None:
                self._file.close()

    def _write(self) -> None:
        lines, self._unwritten = self._unwritten, []
        try:
            if self._file is not None:
                self._file.append(lines)
        except OSError as error:  # without it the service is called again, and answers that it has the file
            _log.debug("%s: %s", self.path, error)

    def _replay(self, record: list[Any], _: int) -> None:
        match record:
            case ["begin", version, bundle_uuid]:
                self.version, self.bundle_uuid = version, bundle_uuid
            case ["file", name, uuid, *identity]:
                # The path is not stored: a file is identified by its name, and found again by every run.
                self._registered[name] = LocalFile(Path(), name, uuid, cast("tuple[int, int, int]", tuple(identity)))
                self.registered.pop(name, None)
            case ["registered", name, *verification]:
                self.registered[name] = recorded_verification(verification)
            case _:  # a record of a later version
                pass


def _file_line(file: LocalFile) -> bytes:
    return line_of(["file", file.name, file.uuid, *file.identity])
