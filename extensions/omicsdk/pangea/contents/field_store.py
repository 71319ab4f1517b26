"""A field's file as the end of an upload: a presigned form takes it whole, presigned URLs take its parts."""

# ruff: noqa: ARG002 - methods with the arguments that stores of other kinds need

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from hashlib import md5
from logging import getLogger
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import APIError, ChecksumMismatch, OmicsError, TransferError
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.core.origins import is_confidential
from omicsdk.pangea.contents.limits import CHUNK, LARGEST_FILE, Logger
from omicsdk.pangea.contents.part_urls import PartUrls
from omicsdk.transfer import Location, MultipartStore, NoSuchUpload, PartRules, SentPart, Source
from omicsdk.transfer.uploads.form import Form
from omicsdk.transfer.uploads.plan import LARGEST_PART, LEAST_PART, Cut

if TYPE_CHECKING:
    from omicsdk.pangea.knex import Knex

_log = getLogger("omicsdk.pangea")


class NotPutTogether(TransferError):
    """The server was told of all parts, and the object store didn't make them one object."""

    default_remedy = "Run the same again: the file is sent from the beginning."


class Refused(TransferError):
    """The server can't do what it was asked for; asking again wouldn't help. What it said is the cause."""


class FieldStore(MultipartStore):
    """One file on its way to a field.

    Args:
        knex: Asks the server.
        route: The field's flat route ("sample_ar_fields/UUID").
        file_name: What the object is called.
        urls: Keeps the URLs of parts.
        stored: Tells the size and the ETag of the field's object, None where that can't be told.
        part_size: The wished size of parts in bytes; S3's limits count more.
        single: Files up to so many bytes go whole.
        md5: Whether each part's MD5 is held against its ETag. None does so where nothing else protects the bytes on their
            way: over plain http to another machine.
        options: What is sent along in each URL's query, such as a work order's uuid.
        logger: Is told how it fares.
    """

    def __init__(
        self,
        knex: Knex,
        route: str,
        file_name: str,
        urls: PartUrls,
        stored: Callable[[], tuple[int, str] | None],
        *,
        part_size: int = CHUNK,
        single: int = CHUNK - 1,
        md5: bool | None = None,
        options: Mapping[str, Any] | None = None,
        logger: Logger | None = None,
    ) -> None:
        self.target = f"{knex.endpoint_url}/{route}"
        self.rules = PartRules(
            part_size=min(max(part_size, LEAST_PART), LARGEST_PART), single=min(max(single, 0), LARGEST_PART)
        )
        self.reports_parts = logger is not None
        self._knex = knex
        self._route = route
        self._file_name = file_name
        self._urls = urls
        self._stored = stored
        self._md5 = md5
        self._is_confidential = True
        self._options = dict(options or {})
        self._logger = logger
        self._guard = threading.Lock()
        self._count = 1
        self._path = ""
        self._tries = dict[int, int]()
        self.in_parts = False  # even when it is small or empty

    @property
    def part_checksum(self) -> str | None:  # pyright: ignore[reportIncompatibleVariableOverride] - the store's URLs decide
        """MD5, which S3's ETags are, or nothing."""
        return "md5" if self._md5 or (self._md5 is None and not self._is_confidential) else None

    # -- whole

    def put(self, source: Source, checksums: Mapping[str, str]) -> Form | None:
        """Gives the presigned form."""
        if self.in_parts:
            return None
        self._say(f'[INFO] Starting upload for "{source.path}"')
        told = self._asked({"filename": self._file_name})
        fields = told.get("fields")
        if not is_object(fields):
            raise self._odd("fields")
        return Form(
            _text(told, "url") or self._missing("url"),
            fields={name: str(value) for name, value in fields.items()},
            file_name=self._file_name,
        )

    # -- in parts

    def begin(self, source: Source) -> str:
        """Begins an upload; the server signs all parts at once."""
        if source.size > LARGEST_FILE:
            raise TransferError(
                f"{source.name}: {source.size} bytes are more than the {LARGEST_FILE} that S3 takes",
                name=source.name,
                remedy="Split the file.",
            )
        self._count, self._path = max(1, -(-source.size // source.part_size)), source.path
        asked = {"filename": self._file_name, "n_parts": self._count, "stance": "upload-multipart"}
        told = self._asked(asked)
        urls = told.get("urls")
        if not is_array(urls) or len(urls) != self._count or not all(isinstance(url, str) for url in urls):
            raise self._odd(f"{self._count} URLs")
        upload_id = _text(told, "upload_id") or self._missing("upload_id")
        self._urls.keep(upload_id, urls)
        self._look_at(urls)
        self._say(f'[INFO] Starting upload for "{source.path}"')
        return upload_id

    def known(self, upload_id: str) -> Mapping[int, SentPart] | None:
        """Nobody can list the parts: those of the journal count."""
        self._count = len(self._urls.find(upload_id)) or self._count
        self._look_at(self._urls.find(upload_id))
        return None

    def sign(self, upload_id: str, cut: Cut, checksums: Mapping[str, str]) -> Location:
        """Gives a part's URL; there is only the one that came when the upload began."""
        urls = self._urls.find(upload_id)
        if cut.number > len(urls):
            raise NoSuchUpload(f"{self._file_name}: the URLs of its parts are lost")
        with self._guard:
            tries = self._tries[cut.number] = self._tries.get(cut.number, 0) + 1
        if tries > 1:
            self._say(f"[WARN] Upload for part {cut.number} failed. Attempt {tries - 1}")
        return Location(urls[cut.number - 1])

    def sent(self, upload_id: str, part: SentPart, status: int, headers: Mapping[str, str]) -> None:
        """Tells the user's logger."""
        self._say(f'[INFO] Uploaded part {part.number} of {self._count} for "{self._path or self._file_name}"')

    def complete(self, upload_id: str, parts: Sequence[SentPart], checksums: Mapping[str, str]) -> Mapping[str, str]:
        """Has the parts put together, and looks whether they were: the server answers 200 when they weren't, too."""
        if unnamed := [part.number for part in parts if not part.etag]:
            raise NotPutTogether(f"{self._file_name}: the store gave no ETag for part {unnamed[0]}")
        body = {
            "parts": [{"ETag": f'"{part.etag}"', "PartNumber": part.number} for part in parts],
            "upload_id": upload_id,
        }
        told = _decoded(self._knex.post(f"{self._route}/complete_upload_s3", json=body, url_options=self._options))
        done = is_object(told) and told.get("status") == "success"
        facts = self._checked(parts)
        if not done and facts is None:
            raise NotPutTogether(f"{self._file_name}: the server couldn't have its parts put together")
        self._urls.forget()
        self._say(f'[INFO] Finished Upload for "{self._path or self._file_name}"')
        return facts or {}

    def finished(self, parts: Sequence[SentPart]) -> Mapping[str, str] | None:
        """Tells by the object's ETag whether it is made of these parts already."""
        found = self._look()
        return {"etag": found[1]} if found is not None and found == _whole(parts) else None

    def abort(self, upload_id: str) -> None:
        """The server has no way to give parts up: the bucket's own rules remove them. Their URLs are forgotten."""
        self._urls.forget()

    def _checked(self, parts: Sequence[SentPart]) -> Mapping[str, str] | None:
        """What the store has now: None when it isn't these parts for sure, or can't be looked at."""
        found = self._look()
        if found is None:
            return None
        size, etag = _whole(parts)
        if found == (size, etag):
            return {"etag": etag}
        # Of parts whose ETags are MD5s, S3 makes the whole's ETag so; where keys of KMS encrypt, it says nothing.
        if found[0] != size or all(part.checksums.get("md5") == part.etag for part in parts):
            self._urls.forget()
            raise ChecksumMismatch(
                self._file_name, algorithm="etag", expected=etag, actual=f"{found[1]} ({found[0]} bytes)"
            )
        return None

    def _look(self) -> tuple[int, str] | None:
        try:
            return self._stored()
        except OmicsError as error:
            _log.info("%s: what the store has can't be looked at: %s", self._file_name, error)
            return None

    def _asked(self, body: Mapping[str, object]) -> Mapping[str, Any]:
        try:
            told: object = self._knex.post(f"{self._route}/upload_s3", json=body, url_options=self._options)
        except APIError as error:
            if error.status != 500:
                raise
            # The server's answer to whatever it has no words for.
            error.remedy = (
                "The field may hold data already, or its library has no bucket with a key: give it one, or upload to "
                "another field."
            )
            raise Refused(f"{self._file_name}: {error}", name=self._file_name) from error
        return told if is_object(told) else {}

    def _look_at(self, urls: Sequence[str]) -> None:
        self._is_confidential = all(map(is_confidential, urls[:1]))

    def _say(self, text: str) -> None:
        if self._logger is not None:
            with self._guard:
                self._logger(text)

    def _missing(self, member: str) -> str:
        raise self._odd(member)

    def _odd(self, what: str) -> TransferError:
        return TransferError(
            f"{self._file_name}: the server's answer has no {what}",
            name=self._file_name,
            remedy="Try again; if it stays, tell the platform's operators.",
        )


def _whole(parts: Sequence[SentPart]) -> tuple[int, str]:
    """Size and ETag of the object that S3 makes of parts."""
    digests = b"".join(bytes.fromhex(part.etag) if _is_md5(part.etag) else part.etag.encode() for part in parts)
    return sum(part.size for part in parts), f"{md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


def _is_md5(etag: str) -> bool:
    return len(etag) == 32 and all(digit in "0123456789abcdef" for digit in etag)


def _decoded(told: object) -> object:
    if isinstance(told, str | bytes):
        try:
            return json.loads(told)
        except (ValueError, RecursionError):
            return None
    return told


def _text(told: Mapping[str, Any], member: str) -> str:
    value = told.get(member)
    return value if isinstance(value, str) else ""
