"""Uploads of files and folders to a commons: whole or in parts, resumed after an interrupt, their records filled."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack, cast

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.clock import SYSTEM_CLOCK, Clock, sleep_unless
from omicsdk.core.credentials import jwt_claims
from omicsdk.core.display import Displayed
from omicsdk.core.errors import (
    BadRequest,
    ChecksumMismatch,
    Conflict,
    Forbidden,
    NotFound,
    OmicsError,
    TransferError,
    Unauthorized,
    UsageError,
)
from omicsdk.core.page_items import found_at
from omicsdk.core.response import json_of
from omicsdk.core.threads import side_by_side
from omicsdk.core.type_guards import is_object, number_in
from omicsdk.drs.objects import checksums_of as stated_checksums
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.fence_store import PART_SIZE, SINGLE, Destination, FenceStore, GuidBook
from omicsdk.gen3.index_records import matching_records
from omicsdk.gen3.manifests.tables import written_table
from omicsdk.transfer import Outcome, TransferOptionsDict, TransferReport
from omicsdk.transfer.checksums import checksums_of
from omicsdk.transfer.journal import journal_for, remove_journal
from omicsdk.transfer.names import walk_folder
from omicsdk.transfer.uploads.job import unreadable
from omicsdk.transfer.uploads.store import LARGEST_PART, LEAST_PART

if TYPE_CHECKING:
    from omicsdk_api.gen3.indexd import IndexdApi


# Who wrote size and checksums into a record.
Filled = Literal["by the commons", "by us", "not yet"]

# Seconds for which the commons' own job is waited for; it takes seconds to minutes where there is one.
WAIT = 60.0
_FIRST, _LONGEST = 0.5, 5.0
_RESTART_REMEDY = "Send it again with --no-resume (resume=False in Python)."


# The columns of the manifest of what was uploaded.
COLUMNS = ("guid", "file_name", "size", "md5", "sha256", "path", "state")


@dataclass(frozen=True, slots=True, repr=False)
class UploadedFile(Displayed):
    """The result for one file.

    Attributes:
        path: Its path on this machine.
        name: Its name in the commons.
        guid: Its GUID; empty if it has none.
        size: Its size in bytes; None if it could not be read.
        checksums: Its checksums, from algorithm to value.
        filled: Whether the commons or this client wrote size and checksums into its record; None if it was not sent.
        error: Why it failed.
        existing: Whether the commons had it already, so that nothing was sent.
    """

    path: Path
    name: str
    guid: str
    size: int | None
    checksums: dict[str, str] = field(default_factory=dict[str, str])
    filled: Filled | None = None
    error: OmicsError | None = None
    existing: bool = False

    @property
    def state(self) -> str:
        """`indexed`; `uploaded` if the record is not filled yet; `skipped`, `failed` or `stopped`."""
        if self.error is not None:
            return "failed"
        if self.existing:
            return "skipped"
        return {None: "stopped", "not yet": "uploaded"}.get(self.filled, "indexed")

    def outcome(self, sent: Outcome | None) -> Outcome:
        """The outcome of the file, for the report.

        Args:
            sent: Its outcome as far as bytes are concerned; None if it was not sent, since the commons had it already.
        """
        if sent is None:
            verified = "the checksums in its record"
            return Outcome(
                self.name, "skipped", self.size, checksums=self.checksums, verified=verified, verification="verified"
            )
        return sent if self.error is sent.error else sent._replace(state="failed", error=self.error)


class UploadResult(TransferReport):
    """The result for all.

    Attributes:
        transferred: The files, in the order of the outcomes.
    """

    transferred: Sequence[UploadedFile] = ()

    def details(self, number: int) -> Mapping[str, object]:
        """The GUID of a file, its path on this machine, and who wrote size and checksums into its record."""
        file = self.transferred[number]
        return {"guid": file.guid, "path": str(file.path), "filled": file.filled}

    def write_manifest(self, path: str | os.PathLike[str]) -> None:
        """Write what was uploaded as a table separated by tabs, one row per file that has a GUID.

        Args:
            path: The file; it is replaced whole.
        """
        with written_table(path, COLUMNS, "\t") as write:
            for file in self.transferred:
                if file.guid:
                    checksums = (file.checksums.get("md5"), file.checksums.get("sha256"))
                    write((file.guid, file.name, file.size, *checksums, file.path, file.state))


@text_is_one_item
def upload(
    commons: Gen3,
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    authz: str | Iterable[str] = (),
    bucket: str = "",
    subfolders: bool = False,
    part_size: int = PART_SIZE,
    single: int = SINGLE,
    wait: float = WAIT,
    resume: bool = True,
    clock: Clock = SYSTEM_CLOCK,
    **options: Unpack[TransferOptionsDict],
) -> UploadResult:
    """Upload files to a commons; each gets a record, and a GUID by which it is found.

    A repeated call after a stop or a crash sends only what is missing, and no file gets a second record: if the response
    to the request for one was lost, the index is searched for it; files added to a folder since are sent, too. A file
    that the commons already has is skipped: one with a record of the same name, size and checksum, of the same `authz`; without `authz`, one whose uploader is the user of the login. The index is searched
    for the name and size of each file; a checksum is computed where it finds any.

    Args:
        paths: Files and folders; of a folder all that is in it. Links to folders are not followed.
        authz: The resources that say who may read the files, such as /programs/P/projects/Q.
        bucket: The bucket; empty for the commons' own choice. Where it is named, records that the commons does not fill
            can be filled from here even if its URLs do not show it.
        subfolders: Whether the commons is to know a folder's files by their paths in it; else by their names alone.
        part_size: The preferred size of parts in bytes, 5 MiB to 5 GiB; larger ones are taken where there would be more
            than 10,000.
        single: Files of at most this many bytes are sent in one request; at most 5 GiB.
        wait: Seconds for which the commons' own job is waited for that fills records, for all files together, from
            when the last one was sent.
        resume: Whether to remember what was sent, and to skip files that the commons has already; False sends all
            again.
        clock: Returns the time and sleeps.
        **options: See `omicsdk.transfer.TransferOptions`. A dry run sends no request.

    Returns:
        The outcome of each file, and the files with their GUIDs, which `write_manifest(path)` keeps.

    Raises:
        UsageError: There is nothing at a path, or no file in a folder, a number is out of its bounds, or a resource
            does not begin with a slash; nothing was sent.
        FolderBusy: Another process uploads the same.
        NotWritable: What an earlier run remembers cannot be read.
        TransferFailed: A file was not sent, or its record cannot be filled.
        KeyboardInterrupt: It was interrupted; the same call resumes.

    Example:
        client.upload("reads", authz="/open").write_manifest("uploaded.tsv")
    """
    from omicsdk.transfer import TransferOptions, Upload
    from omicsdk.transfer import upload as send

    chosen = TransferOptions.of(options)
    named = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    files = list(files_of(named, subfolders=subfolders))
    if not LEAST_PART <= part_size <= LARGEST_PART or not 0 <= single <= LARGEST_PART:
        raise UsageError(
            f"part_size is {part_size} and single {single}",
            remedy="Use parts of 5 MiB to 5 GiB; one request sends at most 5 GiB.",
        )
    authz = list(authz)
    if wrong := [path for path in authz if not path.startswith("/")]:
        raise UsageError(f"{wrong[0]!r} is not a resource", remedy="Write resources as /programs/P/projects/Q.")
    if chosen.dry_run:
        planned = [UploadedFile(path, name, "", path.stat().st_size) for path, name in files]
        return _result(planned, [Outcome(file.name, "planned", file.size, source=str(file.path)) for file in planned])
    chosen.control.begin(clock.monotonic())

    def stopped() -> bool:
        return chosen.control.over(clock.monotonic(), chosen.stop)

    # By the arguments, not by the folder's content: a file may have been added to it since. And by the user: the records
    # that another one began are not theirs.
    places = [str(Path(path).absolute()) for path in named]
    (subject,) = side_by_side(_subject, [commons], stopped)
    user = "" if isinstance(subject, OmicsError) else subject  # without a token each file fails for the same reason
    facts = [commons.base_url, user, bucket, str(subfolders), *sorted(authz), *places]
    journal = journal_for("gen3/uploads", *facts) if resume else None
    book = GuidBook(journal.with_suffix(".journal-guids") if journal is not None else None)
    to, fence, indexd = Destination(tuple(authz), bucket), commons.fence, commons.indexd
    existing = _Existing(commons, to.authz, book).of(files, stopped) if resume else {}
    left = [file for number, file in enumerate(files) if number not in existing]
    stores = [
        FenceStore(fence, indexd, name, str(path), to, book, part_size=part_size, single=single) for path, name in left
    ]
    uploads = [Upload(path, store, name, ("md5", "sha256")) for (path, name), store in zip(left, stores, strict=True)]
    report = send(uploads, options=chosen, journal=journal, clock=clock, wait=False)
    records = _Records(indexd, clock.monotonic() + wait, stopped, clock)
    sent = [
        _Sent(path, name, store, outcome)
        for (path, name), store, outcome in zip(left, stores, report.outcomes, strict=True)
    ]
    results = side_by_side(records.settled, sent, records.stopped)
    # A stop ends the wait for records, too: it is then only known that a file was sent.
    settled = (
        upload_sent.result() if isinstance(end, OmicsError) else end
        for upload_sent, end in zip(sent, results, strict=True)
    )
    transferred = [existing[number] if number in existing else next(settled) for number in range(len(files))]
    outcomes = iter(report.outcomes)
    result = _result(
        transferred,
        [file.outcome(None if number in existing else next(outcomes)) for number, file in enumerate(transferred)],
        report,
    )
    if all(file.state in ("indexed", "skipped") for file in transferred):
        remove_journal(journal, book.path)
    return chosen.checked(result)


def _subject(commons: Gen3) -> str:
    """The user or program of the login by its token, which later tokens state as well; empty without a login."""
    if commons.credentials is None:
        return ""
    headers = commons.credentials.headers("GET", commons.fence.base_url)
    claims = jwt_claims(headers.get("authorization", "").partition(" ")[2])
    return f"{claims.get('sub', '')} {claims.get('azp', '')}"


def _result(
    files: Sequence[UploadedFile], outcomes: Sequence[Outcome], report: TransferReport | None = None
) -> UploadResult:
    result = UploadResult.of((report or TransferReport()).with_outcomes(outcomes))
    result.transferred = files
    return result


class _Existing:
    """Finds the files that a commons has already."""

    def __init__(self, commons: Gen3, authz: Sequence[str], book: GuidBook) -> None:
        self._commons = commons
        self._authz = frozenset(authz)
        self._book = book

    def of(self, files: Sequence[tuple[Path, str]], stopped: Callable[[], bool]) -> dict[int, UploadedFile]:
        """Those of some files, by their number.

        A search that fails leaves its file to be sent, which fails for the same reason or works without an index.
        """
        records_before = side_by_side(self._find, files, stopped)
        return {number: record for number, record in enumerate(records_before) if isinstance(record, UploadedFile)}

    def _find(self, file: tuple[Path, str]) -> UploadedFile | None:
        path, name = file
        if self._book.find(str(path), name):  # an earlier run has begun it, and this one resumes it
            return None
        sums: dict[str, str] = {}
        try:
            size = path.stat().st_size
        except OSError as error:
            raise unreadable(name, str(path), error) from error
        for record in matching_records(self._commons.indexd, {"file_name": name, "size": size}):
            if record.get("file_name") != name or number_in(record.get("size")) != size or not record.get("urls"):
                continue  # a blank record, or an index that passed over a criterion
            if not self._is_own(record):
                continue
            sums = sums or _digests(path, name)[1]
            checksums = {kind: value for kind, value in stated_checksums(record.get("hashes")).items() if kind in sums}
            # A record that states checksums of other algorithms alone proves nothing.
            if checksums and all(sums[kind] == value for kind, value in checksums.items()):
                return UploadedFile(path, name, str(record["did"]), size, sums, existing=True)
        return None

    def _is_own(self, record: Mapping[str, Any]) -> bool:
        # Another user's file of equal bytes may be unreadable for those who are to read this one.
        if self._authz:
            return self._authz == frozenset(record.get("authz") or ())
        return bool(record.get("uploader")) and record.get("uploader") == self._user

    @cached_property
    def _user(self) -> object:
        return found_at(json_of(self._commons.fence.get_user_info.raw()), "username")


@dataclass(frozen=True, slots=True)
class _Sent:
    path: Path
    name: str
    store: FenceStore
    outcome: Outcome

    def result(self) -> UploadedFile:
        """The result for the file, as long as nothing is known of its record."""
        outcome, checksums = self.outcome, dict[str, str]()
        filled: Filled | None = None
        if outcome.state in ("done", "skipped"):
            filled = "not yet"
            checksums = {kind: value for kind, value in outcome.checksums.items() if kind in ("md5", "sha256")}
        return UploadedFile(self.path, self.name, self.store.guid, outcome.size, checksums, filled, error=outcome.error)


@dataclass(frozen=True, slots=True)
class _Records:
    """The records of files that were sent.

    Attributes:
        indexd: The index.
        until: The end of the wait for the commons' own job, by the monotonic clock; each record is read once in any case.
        stopped: Whether to leave the records as they are.
        clock: Returns the time and sleeps.
    """

    indexd: IndexdApi
    until: float
    stopped: Callable[[], bool]
    clock: Clock

    def settled(self, sent: _Sent) -> UploadedFile:
        """See to it that the record of a file states its size and checksums, and return the result for the file."""
        result = sent.result()
        if result.filled is None:
            return result
        try:
            if not result.guid:
                raise OmicsError(f"{result.name}: it was sent, but its record is unknown", remedy=_RESTART_REMEDY)
            if (
                result.size is None or not result.checksums
            ):  # an earlier run sent it, and died before it could record that
                size, checksums = _digests(result.path, result.name)
                result = replace(result, size=size, checksums=checksums)
            return replace(result, filled=self._filled(result, sent.store.find_storage))
        except NotFound:
            missing = OmicsError(
                f"{result.name}: it was sent, but its record {result.guid} no longer exists", remedy=_RESTART_REMEDY
            )
            return replace(result, filled=None, error=missing)
        except OmicsError as error:
            return replace(result, filled=None, error=error)

    def _filled(self, file: UploadedFile, storage: Callable[[], str]) -> Filled:
        """Fill a record.

        A job of the commons reads new objects in its bucket and fills their records. If that has not happened in time
        the record is filled from here, if the commons permits it and the location of the bytes is known: a record
        filled without it cannot be downloaded, and is no longer filled by the job.

        Args:
            file: The file, with its size and checksums.
            storage: Returns the object of its bytes, such as s3://BUCKET/KEY; empty if it is unknown.

        Raises:
            ChecksumMismatch: The record states other checksums than those of the sent bytes.
            TransferError: It states another size.
            APIError: The index refuses to return it.
        """
        wait = _FIRST
        while True:
            if self.stopped():
                return "not yet"
            record = self._record(file.guid)
            if _is_filled(record):
                _compare(record, file)
                return "by the commons"
            left = self.until - self.clock.monotonic()
            if left <= 0:
                break
            sleep_unless(self.stopped, min(wait, left), _FIRST, self.clock)
            wait = min(2 * wait, _LONGEST)
        location = storage()
        if not location:
            return "not yet"
        rev, hashes = str(record.get("rev", "")), cast("Any", file.checksums)
        try:
            self.indexd.update_blank(guid=file.guid, rev=rev, size=file.size or 0, urls=[location], hashes=hashes)
        # Users who may upload are often not allowed to update records: the commons' job fills it later.
        except (Forbidden, Unauthorized):
            return "not yet"
        except (BadRequest, Conflict):
            record = self._record(file.guid)  # the job was at it in the same moment
            if not _is_filled(record):
                raise
            _compare(record, file)
            return "by the commons"
        return "by us"

    def _record(self, guid: str) -> Mapping[str, Any]:
        payload: object = json_of(self.indexd.get_record.raw(guid=guid))
        return payload if is_object(payload) else {}


def _is_filled(record: Mapping[str, Any]) -> bool:
    return record.get("size") is not None and bool(record.get("hashes"))


def _compare(record: Mapping[str, Any], file: UploadedFile) -> None:
    if number_in(record["size"]) != file.size:
        raise TransferError(
            f"{file.name}: {file.size} bytes were sent, but the commons has {record['size']}",
            name=file.name,
            remedy="Delete its record, then upload it again.",
        )
    for kind, value in stated_checksums(record["hashes"]).items():
        if kind in file.checksums and file.checksums[kind] != value:
            raise ChecksumMismatch(
                file.name,
                algorithm=kind,
                expected=file.checksums[kind],
                actual=value,
                remedy="The stored file differs from the sent one: delete its record, then upload it again.",
            )


def _digests(path: Path, name: str) -> tuple[int, dict[str, str]]:
    try:
        size = path.stat().st_size
        return size, checksums_of(str(path), ("md5", "sha256"), size)
    except OSError as error:
        raise unreadable(name, str(path), error) from error


def files_of(paths: Sequence[str | os.PathLike[str]], *, subfolders: bool = False) -> Iterator[tuple[Path, str]]:
    """Yield files, and those in folders, each with the name that the commons records for it.

    Args:
        paths: Files and folders.
        subfolders: Whether the name of a file in a folder is its path there.

    Raises:
        UsageError: A path does not exist, a folder has no files or cannot be read, or nothing is named.
    """
    if not paths:
        raise UsageError("Nothing to upload", remedy="Name files or folders.")
    for item in paths:
        path = Path(item)
        if path.is_file():
            yield path, path.name
        elif path.is_dir():
            files = [folder / name for folder, names in walk_folder(path) for name in names]
            if not files:
                raise UsageError(f"{path} has no files", remedy="Check the path.")
            for file in files:
                yield file, file.relative_to(path).as_posix() if subfolders else file.name
        else:
            raise UsageError(f"{path} not found", remedy="Check the path.")
