"""The store behind a field's file: a presigned form takes it whole, presigned URLs take its parts."""

# ruff: noqa: ARG002 - methods with the arguments that stores of other kinds need

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING, cast

from omicsdk_api.pangea.models.uploaded_part import UploadedPart

from omicsdk.core.errors import APIError, ChecksumMismatch, ConfigError, OmicsError, TransferError
from omicsdk.core.files import read_private, write_private
from omicsdk.core.logs import logger
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.pangea.fields import CHUNK, FieldId, object_facts
from omicsdk.transfer import Location, MultipartStore, NoSuchUpload, PartRules, SentPart, Source
from omicsdk.transfer.uploads.store import LARGEST_PART, LEAST_PART, Cut, Form

if TYPE_CHECKING:
    from omicsdk_api.pangea import PangeaApi

# S3 takes no larger object: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
LARGEST_FILE = 5 * 1024**4

# Responses of status 500 to the beginning of an upload after which it is refused.
REFUSALS = 3

# Receives messages about the progress of an upload.
Logger = Callable[[str], object]

_log = logger("omicsdk.pangea")


class PartUrls:
    """The presigned URLs of the parts of an unfinished upload, which the server returns once, for a day, when the
    upload begins.

    Without them no client can resume an upload after a stop. They only permit writing those parts of one object, but
    they are secrets: until the upload is complete they are kept in a separate private file beside the journal.

    Args:
        path: The private file that keeps them between runs; None keeps them in memory.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._upload_id = ""
        self._urls: Sequence[str] = ()

    def find(self, upload_id: str) -> Sequence[str]:
        """Return the URLs of an upload's parts in order; empty if they are unknown.

        Args:
            upload_id: The upload.
        """
        if upload_id != self._upload_id and self._path is not None:
            self._read(self._path)
        return self._urls if upload_id == self._upload_id else ()

    def keep(self, upload_id: str, urls: Sequence[str]) -> None:
        """Save them, replacing those of an earlier upload.

        Args:
            upload_id: The upload.
            urls: One a part, in order.
        """
        self._upload_id, self._urls = upload_id, tuple(urls)
        if self._path is not None:
            try:
                write_private(self._path, json.dumps({"upload": upload_id, "urls": list(urls)}))
            except ConfigError as error:
                _log.warning("An upload that is stopped will restart from the beginning: %s", error)

    def forget(self) -> None:
        """Delete them: the upload is complete, or cannot be resumed."""
        self._upload_id, self._urls = "", ()
        if self._path is not None:
            with suppress(OSError):  # what stays is useless after a day, and is removed with old journals
                self._path.unlink(missing_ok=True)

    def _read(self, path: Path) -> None:
        try:
            payload: object = json.loads(read_private(path) or "null")
        except (ValueError, ConfigError) as error:
            _log.warning("The upload restarts: the URLs of its parts cannot be read (%s)", error)
            return
        if is_object(payload) and is_array(urls := payload.get("urls")) and all(isinstance(url, str) for url in urls):
            self._upload_id, self._urls = str(payload.get("upload")), tuple(cast("list[str]", urls))


class NotPutTogether(TransferError):
    """The server knows all parts, and the object store did not make them one object."""

    default_remedy = "Run the same again: the file is sent from the beginning."


class Refused(TransferError):
    """The server cannot do what was requested, and a retry would not help. Its response is the cause."""


def part_rules(part_size: int = CHUNK, single: int = CHUNK - 1) -> PartRules:
    """Return the rules for dividing files, within S3's limits.

    Args:
        part_size: The preferred size of parts in bytes; the default adapts to the file and the link.
        single: The largest size in bytes of a file that is sent whole.
    """
    size, whole = min(max(part_size, LEAST_PART), LARGEST_PART), min(max(single, 0), LARGEST_PART)
    return PartRules(part_size=size, single=whole, adapts=part_size == CHUNK)


class FieldStore(MultipartStore):
    """The upload of one file into a field.

    Args:
        client: The server.
        field: The field.
        file_name: The object's name.
        urls: Keeps the URLs of parts.
        part_size: The preferred size of parts in bytes; S3's limits take precedence.
        single: The largest size in bytes of a file that is sent whole; negative sends every file in parts.
        logger: Receives messages about the progress.

    Attributes:
        in_parts: Whether it is sent in parts even when it is small or empty.
        resumed: Whether an earlier run began the upload.
    """

    def __init__(
        self,
        client: PangeaApi,
        field: FieldId,
        file_name: str,
        urls: PartUrls,
        *,
        part_size: int = CHUNK,
        single: int = CHUNK - 1,
        logger: Logger | None = None,
    ) -> None:
        self.target = f"{client.base_url}/api/{field.route}"
        self.rules = part_rules(part_size, single)
        self.reports_parts, self.needs_reports = logger is not None, False
        self._client = client
        self._field = field
        self._file_name = file_name
        self._urls = urls
        self._logger = logger
        self._guard = threading.Lock()
        self._count = 1
        self._refusals = 0
        self._path = ""
        self._tries = dict[int, int]()
        self.in_parts = single < 0
        self.resumed = False

    # -- whole

    def put(self, source: Source, checksums: Mapping[str, str]) -> Form | None:
        """Request the presigned form."""
        if self.in_parts:
            return None
        self._print(f'[INFO] Starting upload for "{source.path}"')
        put = self._begin_upload()
        url: object = getattr(put, "url", None)
        fields: object = getattr(put, "fields", None)
        if not is_object(fields):
            raise self._lacking("fields")
        if not isinstance(url, str) or not url:
            raise self._lacking("url")
        form = {name: str(value) for name, value in fields.items()}
        return Form(url, fields=form, file_name=self._file_name)

    # -- in parts

    def begin(self, source: Source) -> str:
        """Begin an upload; the server signs all parts at once."""
        if source.size > LARGEST_FILE:
            raise TransferError(
                f"{source.name}: {source.size} bytes are more than the {LARGEST_FILE} that S3 allows",
                name=source.name,
                remedy="Split the file.",
            )
        self._count, self._path = max(1, -(-source.size // source.part_size)), source.path
        upload = self._begin_upload(self._count)
        urls: object = getattr(upload, "urls", None)
        upload_id: object = getattr(upload, "upload_id", None)
        if not is_array(urls) or len(urls) != self._count or not all(isinstance(url, str) for url in urls):
            raise self._lacking(f"{self._count} URLs")
        if not isinstance(upload_id, str) or not upload_id:
            raise self._lacking("upload_id")
        # The only time that the server signs parts: without these URLs no later run could resume.
        self._urls.keep(upload_id, urls)
        self._print(f'[INFO] Starting upload for "{source.path}"')
        return upload_id

    def known(self, upload_id: str) -> Mapping[int, SentPart] | None:
        """Return None: the server cannot list the parts, so the journal's records apply."""
        self.resumed = True
        self._count = len(self._urls.find(upload_id)) or self._count
        return None

    def sign(self, upload_id: str, cut: Cut, checksums: Mapping[str, str]) -> Location:
        """Return a part's URL, the only one, from the begin of the upload."""
        urls = self._urls.find(upload_id)
        if cut.number > len(urls):
            raise NoSuchUpload(f"{self._file_name}: the URLs of its parts are lost")
        with self._guard:
            # Parts are signed in several threads; a URL is requested again only after it failed.
            tries = self._tries[cut.number] = self._tries.get(cut.number, 0) + 1
        if tries > 1:
            self._print(f"[WARN] Upload for part {cut.number} failed. Attempt {tries - 1}")
        return Location(urls[cut.number - 1])

    def sent(self, upload_id: str, part: SentPart, status: int, headers: Mapping[str, str]) -> None:
        """Log the part."""
        self._print(f'[INFO] Uploaded part {part.number} of {self._count} for "{self._path or self._file_name}"')

    def complete(self, upload_id: str, parts: Sequence[SentPart], checksums: Mapping[str, str]) -> Mapping[str, str]:
        """Have the parts put together, and check that they were: the server responds with 200 when they were not, too."""
        if unnamed := [part.number for part in parts if not part.etag]:
            raise NotPutTogether(f"{self._file_name}: the store sent no ETag for part {unnamed[0]}")
        uploaded_parts = [UploadedPart(e_tag=f'"{part.etag}"', part_number=part.number) for part in parts]
        response = self._field.complete_upload(self._client, upload_id, uploaded_parts)
        # Also after a null: an earlier request, whose response was lost, may have made the object, which only the store shows.
        facts = self._checked(parts)
        if not response and facts is None:
            raise NotPutTogether(f"{self._file_name}: the server could not assemble its parts")
        self._urls.forget()
        self._print(f'[INFO] Finished Upload for "{self._path or self._file_name}"')
        return facts or {}

    def finished(self, parts: Sequence[SentPart]) -> Mapping[str, str] | None:
        """Return the ETag of the object if it consists of these parts already; None if not, or if it cannot be examined."""
        size_and_etag = self._state()
        return {"etag": size_and_etag[1]} if size_and_etag is not None and size_and_etag == _whole(parts) else None

    def abort(self, upload_id: str) -> None:
        """Delete the URLs of the parts; the parts themselves are removed by the bucket's own rules, the server cannot."""
        self._urls.forget()

    def withdraw(self, source: Source, etag: str) -> str:
        """Return what the field's object is now: the server cannot remove it."""
        size_and_etag = self._state()
        return (
            f"{self.target} has {size_and_etag[0]} bytes now (ETag {size_and_etag[1]})."
            if size_and_etag
            else f"{self.target} has no object."
        )

    def examine(self) -> Mapping[str, str] | None:
        """Return size and ETag of the field's object; None if it cannot be examined."""
        size_and_etag = self._state()
        return None if size_and_etag is None else {"size": str(size_and_etag[0]), "etag": size_and_etag[1]}

    def _checked(self, parts: Sequence[SentPart]) -> Mapping[str, str] | None:
        """Return what the store has now: None if it may not be these parts, or cannot be examined."""
        size_and_etag = self._state()
        if size_and_etag is None:
            return None
        size, etag = _whole(parts)
        if size_and_etag == (size, etag):
            return {"etag": etag}
        # S3 computes the whole's ETag this way from parts whose ETags are MD5s; with keys of KMS it proves nothing.
        if size_and_etag[0] != size or all(part.checksums.get("md5") == part.etag for part in parts):
            self._urls.forget()
            raise ChecksumMismatch(
                self._file_name,
                algorithm="etag",
                expected=etag,
                actual=f"{size_and_etag[1]} ({size_and_etag[0]} bytes)",
            )
        return None

    def _state(self) -> tuple[int, str] | None:
        try:
            return object_facts(self._client, self._field)
        except OmicsError as error:
            _log.info("%s: the object cannot be examined: %s", self._file_name, error)
            return None

    def _begin_upload(self, parts: int | None = None) -> object:
        try:
            return self._field.begin_upload(self._client, self._file_name, parts)
        except APIError as error:
            self._refusals += 1
            if error.status != 500 or self._refusals < REFUSALS:
                raise
            # The server's response to many an invalid request, too: these are not repeated for as long as others.
            error.remedy = (
                "The field may hold data already, or its library has no bucket with a key: give it one, or upload to "
                "another field."
            )
            raise Refused(f"{self._file_name}: {error}", name=self._file_name) from error

    def _print(self, text: str) -> None:
        if self._logger is not None:
            with self._guard:
                self._logger(text)

    def _lacking(self, what: str) -> TransferError:
        return TransferError(
            f"{self._file_name}: the server's response has no {what}",
            name=self._file_name,
            remedy="Try again. If it persists, contact the platform's operators.",
        )


def _whole(parts: Sequence[SentPart]) -> tuple[int, str]:
    """Return size and ETag of the object that S3 makes of parts."""
    digests = b"".join(bytes.fromhex(part.etag) if _is_md5(part.etag) else part.etag.encode() for part in parts)
    return sum(part.size for part in parts), f"{md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


def _is_md5(etag: str) -> bool:
    return len(etag) == 32 and all(digit in "0123456789abcdef" for digit in etag)
