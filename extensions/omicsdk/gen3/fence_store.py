"""A file in a commons as the target of an upload: Fence creates its record, and returns presigned URLs for it or for
its parts.
"""

# ruff: noqa: ARG002 - methods with the arguments that stores of other kinds need

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from omicsdk.core.checksums import MIB
from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.core.errors import (
    APIError,
    ConnectFailed,
    NotFound,
    NotWritable,
    OmicsError,
    ServerError,
    TransferError,
    TransportError,
)
from omicsdk.core.files import PRIVATE
from omicsdk.core.json_coding import json_object
from omicsdk.core.logs import logger
from omicsdk.core.omit import OMIT
from omicsdk.core.redaction import url_parts
from omicsdk.core.response import json_of
from omicsdk.core.retry import seconds_of_date
from omicsdk.core.type_guards import is_object, number_in
from omicsdk.drs.objects import checksums_of
from omicsdk.gen3.index_records import records_of
from omicsdk.transfer import Location, MultipartStore, NoSuchUpload, PartRules, SentPart, Source
from omicsdk.transfer.journal import is_sound, line_of, record_of
from omicsdk.transfer.uploads.store import MOST_PARTS, Cut

if TYPE_CHECKING:
    from omicsdk_api.gen3.fence import FenceApi
    from omicsdk_api.gen3.indexd import IndexdApi


_log = logger("omicsdk.gen3")


# Files of at most this many bytes are sent in one request; a presigned one takes 5 GiB at most (S3's limit).
SINGLE = 8 * MIB
PART_SIZE = 8 * MIB


@dataclass(frozen=True, slots=True)
class Destination:
    """The target of files in a commons, and who may access them.

    Attributes:
        authz: The resources that say who may read and change them; none leaves them to their uploader until another
            user sets them.
        bucket: The bucket; empty for the commons' own choice.
        expires_in: For how many seconds URLs are requested; None for the commons' own choice.
    """

    authz: tuple[str, ...] = ()
    bucket: str = ""
    expires_in: int | None = None


class GuidBook:
    """GUIDs by file, in a file of notes that is only ever added to. Thread-safe.

    A file that was changed since is another one: it gets another GUID.

    Args:
        path: The file; None keeps them for as long as the object lives.

    Raises:
        NotWritable: The file exists, and cannot be read.
    """

    # Not a locked journal: a thread that was left behind by a stop may still get a GUID from the commons and note it, so that
    # the next run does not make a second record. It may do so while that run reads the file.

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._guids: dict[str, str] = {}
        if path is None:
            return
        try:
            with suppress(FileNotFoundError), path.open("rb") as file:
                for line in filter(is_sound, file):
                    key, guid = record_of(line)
                    self._guids[key] = guid
        except OSError as error:
            raise NotWritable(str(path), error.strerror or str(error)) from error
        with suppress(OSError):  # it is as young as the journal that it belongs to
            os.utime(path)

    def find(self, file: str, name: str) -> str:
        """Return the GUID of a file; empty if it has none yet.

        Args:
            file: Its path.
            name: Its name in the commons.
        """
        with self._lock:
            return self._guids.get(_key(file, name), "")

    def has(self, guid: str) -> bool:
        """Whether a GUID is that of a file."""
        with self._lock:
            return guid in self._guids.values()

    def keep(self, file: str, name: str, guid: str) -> None:
        """Record the GUID of a file, before a byte of it is sent.

        Args:
            file: Its path.
            name: Its name in the commons.
            guid: Its GUID; empty if its record is gone.
        """
        key = _key(file, name)
        with self._lock:
            if self._guids.get(key, "") == guid:
                return
            self._guids[key] = guid
            if self.path is None:
                return
            try:
                with open(self.path, "ab", opener=lambda name, flags: os.open(name, flags, PRIVATE)) as notes:
                    notes.write(b"\n" + line_of([key, guid]))  # ends a line that a crash has cut off
            except OSError as error:
                problem = (
                    "%s cannot be written (%s): if this upload of %s is stopped, the next one creates another record"
                )
                _log.warning(problem, self.path, error.strerror, file)


def _key(file: str, name: str) -> str:
    try:
        status = Path(file).stat()
    except OSError:
        return f"{file}\0{name}"
    # With size and time: a file that was changed since is another one, whose record must be another one, too.
    return f"{Path(file).absolute()}\0{name}\0{status.st_size}\0{status.st_mtime_ns}"


#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html: the bucket in the host, or in the path.
_S3_HOST = re.compile(r"(?P<bucket>[a-z0-9.-]+)\.s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?\Z")
_S3_PATH = re.compile(r"s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?\Z")
#: https://cloud.google.com/storage/docs/request-endpoints
_GOOGLE = "storage.googleapis.com"


def storage_url(presigned: str) -> str:
    """The object that a presigned URL is for, as an index has it: `s3://BUCKET/KEY` or `gs://BUCKET/KEY`.

    Args:
        presigned: The URL.

    Returns:
        The object; empty if the URL's form does not show it.
    """
    parts = url_parts(presigned)
    host, path = (parts.hostname or "").lower(), unquote(parts.path).lstrip("/")
    if match := _S3_HOST.match(host):
        return f"s3://{match['bucket']}/{path}" if path else ""
    bucket, _, key = path.partition("/")
    if _S3_PATH.match(host) and bucket and key:
        return f"s3://{bucket}/{key}"
    if host == _GOOGLE and bucket and key:
        return f"gs://{bucket}/{key}"
    if host.endswith(f".{_GOOGLE}") and path:
        return f"gs://{host.removesuffix(f'.{_GOOGLE}')}/{path}"
    return ""


#: Seconds by which the commons' date may differ from the time of its record.
_SLACK = 2.0
# What S3 says of an upload that is complete or given up, or whose parts it cannot put together; Fence passes it on in a
# response of status 500.
_UPLOAD_ENDED = re.compile("NoSuchUpload|InvalidPart|EntityTooSmall")


def part_rules(part_size: int = PART_SIZE, single: int = SINGLE) -> PartRules:
    """Return the rules for dividing files.

    Args:
        part_size: The preferred size of parts in bytes; the default adapts to the file and the link.
        single: Files of at most this many bytes are sent in one request.
    """
    return PartRules(part_size=part_size, single=single, adapts=part_size == PART_SIZE)


class FenceStore(MultipartStore):
    """One file to upload to a commons.

    Args:
        fence: The commons' Fence.
        indexd: Its index.
        name: Its name in the commons.
        path: Its path on this machine, for the book.
        to: The target.
        book: Records its GUID.
        part_size: The preferred size of parts in bytes; those of the default size are smaller where that suits the file.
        single: Files of at most this many bytes are sent in one request.

    Attributes:
        guid: Its GUID, empty before the commons assigned one.
    """

    wants = ("md5", "sha256")
    whole_needs = ()

    def __init__(
        self,
        fence: FenceApi,
        indexd: IndexdApi,
        name: str,
        path: str,
        to: Destination,
        book: GuidBook,
        *,
        part_size: int = PART_SIZE,
        single: int = SINGLE,
    ) -> None:
        self.target = f"{fence.base_url} {name} of {Path(path).absolute()}"  # files of one name get a GUID each
        self.rules = part_rules(part_size, single)
        self.guid = book.find(path, name)
        self._storage = ""
        self._is_new = False  # whether this run made the record
        self._asked_at: float | None = None  # when a record was requested first
        self._is_lost = False  # whether it is unknown if one was made
        self._is_unsure = False  # whether it is unknown if the parts were put together
        self._has_signed = False  # whether a part was sent in this run, so that the upload existed
        self._fence = fence
        self._indexd = indexd
        self._name = name
        self._path = path
        self._to = to
        self._bucket_options: dict[str, Any] = {"bucket": to.bucket or OMIT, "expires_in": to.expires_in or OMIT}
        self._book = book

    @property
    def storage(self) -> str:
        """The object that its bytes become, such as s3://BUCKET/KEY; empty if it is unknown."""
        if self._to.bucket:  # Fence keeps files under their GUID and name, whatever the bucket
            # It reads that as a URL: what follows a # or ? in the name is not part of the key.
            return f"s3://{self._to.bucket}/{re.split('[?#]', f'{self.guid}/{self._name}')[0].strip('/')}"
        return self._storage

    # -- in one request

    def put(self, source: Source, checksums: Mapping[str, str]) -> Location:
        """Return a presigned URL; the record is made the first time, and asked for by its GUID afterwards."""
        return self._whole()

    def find_storage(self) -> str:
        """Return the object of its bytes; the commons is asked if an earlier run sent them.

        Returns:
            Such as s3://BUCKET/KEY; empty if it is unknown.
        """
        if not self.storage and self.guid:
            try:
                self._again(self.guid)
            except OmicsError as error:
                _log.info("%s: the location of its bytes is unknown: %s", self._name, error)
        return self.storage

    def _whole(self) -> Location:
        self._recover()
        if self.guid:
            try:
                return self._again(self.guid)
            except NotFound:
                self._lost()
        # The record of an earlier run may be gone: Fence makes a new one, with a GUID of its choice.
        authz = list(self._to.authz) or OMIT
        with self._making():
            payload = _object(self._fence.upload_file.raw(file_name=self._name, authz=authz, **self._bucket_options))
        self._note_guid(_text(payload, "guid", self._name))
        # After the GUID is recorded: a response without a URL must not leave a record that no later run finds.
        return self._location(payload, "url")

    def _again(self, guid: str) -> Location:
        asking = self._fence.upload_file_to_guid
        return self._location(_object(asking.raw(file_id=guid, file_name=self._name, **self._bucket_options)), "url")

    # -- in parts

    def begin(self, source: Source) -> str:
        """Begin an upload in parts; its id contains what Fence needs later, since it lists no uploads."""
        if self._to.authz and not self.guid:
            self._whole()  # only uploads in one request make records under resources
        beginning = self._fence.init_multipart_upload
        self._recover()
        try:
            with self._making():
                payload = _object(beginning.raw(file_name=self._name, guid=self.guid or OMIT, **self._bucket_options))
        except NotFound:
            if not self.guid:
                raise
            self._lost()
            return self.begin(source)
        self._note_guid(_text(payload, "guid", self._name))
        return json.dumps({"key": f"{self.guid}/{self._name}", "id": _text(payload, "uploadId", self._name)})

    def known(self, upload_id: str) -> Mapping[int, SentPart] | None:
        """Return None: Fence cannot list the parts, so the journal's apply, while their record exists."""
        if not self.guid:  # the book was lost
            self._note_guid(_key_and_id(upload_id)[0].removesuffix(f"/{self._name}"))
        try:
            self._again(self.guid)
        except NotFound as error:
            guid = self.guid
            self._lost()
            raise NoSuchUpload(f"{self._name}: its record {guid} no longer exists") from error
        except OmicsError as error:
            # Any other failure proves nothing: giving up would send all parts again.
            _log.info("%s: unknown whether its record exists: %s", self._name, error)
        return None

    def sign(self, upload_id: str, cut: Cut, checksums: Mapping[str, str]) -> Location:
        """Return the presigned URL of a part."""
        self._has_signed |= cut.length > 0
        signing = self._fence.get_multipart_upload_url
        key, id = _key_and_id(upload_id)
        try:
            payload = _object(signing.raw(key=key, upload_id=id, part_number=cut.number, **self._bucket_options))
        except NotFound as error:
            raise NoSuchUpload(f"{self._name}: its upload no longer exists on the commons") from error
        return self._location(payload, "presigned_url")

    def complete(self, upload_id: str, parts: Sequence[SentPart], checksums: Mapping[str, str]) -> Mapping[str, str]:
        """Have the parts put together."""
        key, id = _key_and_id(upload_id)
        parts_sent: Any = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        try:
            self._fence.complete_multipart_upload(key=key, upload_id=id, parts=parts_sent, **self._bucket_options)
        # The request may have arrived: `finished` looks at the record then.
        except TransportError:
            self._is_unsure = True
            raise
        except APIError as error:
            # Only the storage knows whether an earlier request was carried out whose response was lost.
            if not _UPLOAD_ENDED.search(f"{error.message} {error.body}"):
                if not self._is_gone(upload_id, len(parts) + 1):
                    self._is_unsure |= isinstance(error, ServerError)
                    raise
                self._is_unsure |= self._has_signed
            raise NoSuchUpload(f"{self._name}: the commons cannot put its parts together: {error.message}") from error
        return {}

    def _is_gone(self, upload_id: str, number: int) -> bool:
        """Whether the storage no longer has an upload: it refuses an empty part, which is not put together with others.

        The gateway of a commons replaces failures of Fence by its own, so that they do not show why Fence failed.
        """
        from omicsdk.transfer import PutTo, TransferOptions, Upload, upload

        if number > MOST_PARTS:
            return False
        with TemporaryDirectory() as folder:
            empty = Path(folder, "empty")
            empty.touch()
            store = PutTo(lambda _: self.sign(upload_id, Cut(number, 0, 0), {}))
            error = upload([Upload(empty, store)], options=TransferOptions(retries=0, check=False)).outcomes[0].error
        return isinstance(error, APIError) and error.code == "NoSuchUpload"

    def finished(self, parts: Sequence[SentPart]) -> Mapping[str, str] | None:
        """Detect by the record whether an earlier run had the parts put together: the commons' job has filled it then."""
        if not self.guid:  # the record was deleted, and with it the parts that were sent
            return None
        if self._is_unsure:  # S3 forgot the upload after the request to put it together, which it did then
            return {}
        try:
            record: object = json_of(self._indexd.get_record.raw(guid=self.guid))
        except NotFound:
            return None
        if is_object(record) and number_in(record.get("size")) == sum(part.size for part in parts):
            return checksums_of(record.get("hashes"))
        return None

    def abort(self, upload_id: str) -> None:
        """Fence has no way to give parts up; the record is deleted, and the bucket's own rules remove the parts."""
        if self.guid:
            with suppress(NotFound):
                self._fence.delete_file_locations(file_id=self.guid)
            self._lost()

    def withdraw(self, source: Source, etag: str) -> str:
        """Remove the record, and with it what is stored, if this run made it."""
        guid = self.guid
        if not self._is_new or not guid:
            return f"The record {guid} has what was sent last."
        self.abort("")
        return f"The record {guid} that was made for it was removed."

    @contextmanager
    def _making(self) -> Generator[None]:
        """Note when a call began that makes a record, as long as it is unknown whether it did."""
        if self._asked_at is None:
            self._asked_at = SYSTEM_CLOCK.monotonic()
        try:
            yield
        # Nothing was sent, so that no record was made.
        except ConnectFailed:
            raise
        except (TransportError, ServerError):
            self._is_lost = True
            raise
        self._is_new |= not self.guid
        self._asked_at, self._is_lost = None, False

    def _recover(self) -> None:
        """Find the record that a call has made whose response was lost: the only blank one of this name and user since."""
        if self.guid or not self._is_lost or self._asked_at is None:
            return
        user: object = json_of(self._fence.get_user_info.raw())
        response = self._indexd.list_records.raw(file_name=self._name)
        now = seconds_of_date(response.headers.get("date", ""))
        if now is None or not is_object(user):
            return
        # By the commons' clock, from its Date header, as the dates of its records are: this machine's may be wrong.
        since = now - (SYSTEM_CLOCK.monotonic() - self._asked_at) - _SLACK
        guids = [
            str(record.get("did"))
            for record in records_of(json_of(response))
            if record.get("file_name") == self._name
            and record.get("size") is None
            and record.get("uploader") == user.get("username")
            and _made_at(record) >= since
        ]
        # Several, or that of another file of this run: whose it is remains unknown, and another record is made.
        if len(guids) == 1 and not self._book.has(guids[0]):
            self._is_new, self._is_lost = True, False
            self._note_guid(guids[0])

    def _location(self, payload: Mapping[str, Any], member: str) -> Location:
        url = _text(payload, member, self._name)
        self._storage = storage_url(url)
        return Location(url)

    def _lost(self) -> None:
        """Forget a record that is gone."""
        self.guid = self._storage = ""
        self._book.keep(self._path, self._name, "")

    def _note_guid(self, guid: str) -> None:
        self.guid = guid
        self._book.keep(self._path, self._name, guid)


def _made_at(record: Mapping[str, Any]) -> float:
    try:
        # indexd states its dates in UTC, without a zone.
        return datetime.fromisoformat(str(record.get("created_date"))).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def _key_and_id(upload_id: str) -> tuple[str, str]:
    payload = json_object(upload_id)
    if payload is None:
        raise NoSuchUpload("The journal's name of an upload is not one of a commons")
    return str(payload.get("key")), str(payload.get("id"))


def _object(response: Any) -> Mapping[str, Any]:
    payload: object = json_of(response)
    return payload if is_object(payload) else {}


def _text(payload: Mapping[str, Any], member: str, name: str) -> str:
    value = payload.get(member)
    if not isinstance(value, str) or not value:
        raise TransferError(
            f"{name}: the commons' response has no {member}",
            name=name,
            remedy="Try again. If it persists, contact the commons' operators.",
        )
    return value
