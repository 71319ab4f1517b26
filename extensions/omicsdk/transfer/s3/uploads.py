"""An object to upload to by omicsdk's own client: requests are signed when they are sent, and state checksums of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from omicsdk.core.checksums import base64_of
from omicsdk.core.errors import (
    APIError,
    AuthError,
    BadRequest,
    ChecksumMismatch,
    Forbidden,
    NotFound,
    PreconditionFailed,
)
from omicsdk.core.frozen import EMPTY
from omicsdk.core.sigv4 import Keys
from omicsdk.core.type_guards import number_in
from omicsdk.transfer.network.header_checksums import has_opaque_etag
from omicsdk.transfer.network.requests import Location
from omicsdk.transfer.s3.boto import PartChecksum, S3Object
from omicsdk.transfer.s3.client import CONFLICT, ENDED, S3Client
from omicsdk.transfer.s3.settings import ENCRYPTION, PLAIN, Encryption
from omicsdk.transfer.uploads.job import combined_crc32c
from omicsdk.transfer.uploads.sending import facts_of
from omicsdk.transfer.uploads.store import PART_SIZE, QUICK, SINGLE, Cut, NoSuchUpload, PartRules, SentPart, Source

# ruff: noqa: ARG002 - methods with the arguments that stores of other kinds need

_HEADERS = {
    "crc32c": "x-amz-checksum-crc32c",
    "sha1": "x-amz-checksum-sha1",
    "sha256": "x-amz-checksum-sha256",
    "md5": "content-md5",
}
_SDK = "x-amz-sdk-checksum-algorithm"
_ALGORITHM, _KIND, _FULL = "x-amz-checksum-algorithm", "x-amz-checksum-type", "FULL_OBJECT"
_STATING = {*_HEADERS.values(), _KIND}
# Refuses a request that would replace an object.
_CONDITION = "if-none-match"
#: Codes of stores that do not know a header.
_UNKNOWN = frozenset({"NotImplemented", "InvalidRequest", "InvalidArgument", "UnsupportedOperation"})
#: How often keys may end without a new part.
_RENEWALS = 3
_DAMAGED = "The stored object is damaged. Upload it again, under a new name if possible."


class BucketObject(S3Object):
    """An object to upload to.

    A part or a file states its CRC32C, which the store verifies; an object in parts states that of the whole when it is
    assembled. A store that refuses such headers is not sent them again, nor the condition of not replacing anything.

    Args:
        client: The client.
        bucket: The bucket.
        key: The object's key.
        headers: Its headers, names in lower case.
        encryption: How it is encrypted.
        checksum: The checksum of each part; None for none.
        part_size: As for `S3Object`.
        single: As for `S3Object`.
        overwrite: Whether to replace an existing object; otherwise `PreconditionFailed` is raised. It is looked for before
            the file is sent, and the request that creates the object has a condition, for what is created meanwhile.
    """

    signs_at_once = True

    def __init__(
        self,
        client: S3Client,
        bucket: str,
        key: str,
        *,
        headers: Mapping[str, str] | None = None,
        encryption: Encryption = PLAIN,
        checksum: PartChecksum | None = "crc32c",
        part_size: int | None = None,
        single: int | None = None,
        overwrite: bool = True,
    ) -> None:
        self.target = f"s3://{bucket}/{key}"
        size = PART_SIZE if part_size is None else part_size
        self.rules = _USUAL
        if part_size is not None or single is not None:
            self.rules = PartRules(
                part_size=size, single=min(size, SINGLE) if single is None else single, adapts=part_size is None
            )
        self.part_checksum = None if checksum in client.refused else checksum
        self._s3_client, self._bucket, self._key = client, bucket, key
        self._headers = {**(headers or {}), **encryption.written}
        self._keyed = encryption.key_headers
        self._address = {"Bucket": bucket, "Key": key}
        self._tags, self._resume, self._before, self._tag_checksums = None, False, None, None
        self._full = False  # whether the upload in parts will have a checksum of the whole
        self._left_out = list[str]()  # after refusals that may be of something else
        self._condition = {} if overwrite or _CONDITION in client.refused else {_CONDITION: "*"}
        self._overwrite = self._is_free = overwrite  # whether nothing was at the key, or may be replaced
        self.signs_at_once = overwrite
        self._used: Keys | None = None  # by the newest requests for bytes
        self._newest = self._renewals = 0  # the last part, and how often keys ended since it was signed first

    def begin(self, source: Source) -> str:
        """Begin an upload in parts."""
        self._is_free = self._overwrite  # an upload that is gone is begun again
        self._check_free()
        name = self.part_checksum
        while True:
            headers = dict(self._headers)
            # Only CRCs can be combined into that of the whole, and some stores do not know the type of a checksum.
            self._full = name == "crc32c" and _KIND not in {*self._s3_client.refused, *self._left_out}
            if name in ("crc32c", "sha1", "sha256"):
                headers[_ALGORITHM] = name.upper()
            if self._full:
                headers[_KIND] = _FULL
            try:
                doing = f"{self.target}: begin"
                upload_id, kind = self._s3_client.begin_parts(self._bucket, self._key, headers, doing=doing)
                self.accepted(headers)
                # Others ignore the type: they compare the checksum of the whole with that of the parts' checksums.
                self._full = kind == _FULL
                return upload_id
            except APIError as error:
                kind = _KIND if self._full else ""
                if _ALGORITHM not in headers or not self.relents(error.status or 0, error.code, header=kind):
                    raise
                name = self.part_checksum

    def relents(self, status: int, code: str | None, sent: Mapping[str, str] = EMPTY, *, header: str = "") -> bool:
        """Leave out a checksum that a store refuses, or find new keys; return whether the request differs then.

        Another object may have met the refusal meanwhile: what counts is what this one sends.
        """
        if code in ENDED:
            self._renewals += 1
            return self._renewals <= _RENEWALS and self._s3_client.renew_keys(self._used)
        if status not in (400, 501) or (code not in _UNKNOWN and status != 501):
            return False
        what = header or self.part_checksum or (_CONDITION if self._condition and _CONDITION in sent else None)
        if what is None:
            return not _STATING.isdisjoint(sent)  # by another part, which was in flight when this one was refused
        self._left_out.append(what)
        if what == _CONDITION:
            self._condition = {}
        elif not header:
            self.part_checksum = None
        return True

    def accepted(self, headers: Mapping[str, str]) -> None:
        """Leave out of all objects what this one does, if the request did: the refusal was of that, not of another header."""
        # What was left out before may not have been to blame.
        if self._left_out and _HEADERS.get(last := self._left_out[-1], last) not in headers:
            self._s3_client.refused.add(last)
        if _CONDITION in headers:
            self._condition = {}  # the object is this file's: sent again after damage, it replaces that

    def sign(self, upload_id: str, cut: Cut, checksums: Mapping[str, str]) -> Location:
        """Return a part's PUT."""
        query, self._used = {"partNumber": str(cut.number), "uploadId": upload_id}, self._s3_client.keys
        # A new part was signed since: the keys work, and may end once more.
        if cut.number > self._newest:
            self._newest, self._renewals = cut.number, 0
        return self._s3_client.put_location(
            self._bucket, self._key, {**self._keyed, **self._headers_of(checksums)}, query
        )

    def put(self, source: Source, checksums: Mapping[str, str]) -> Location | None:
        """Return the PUT of the whole."""
        self._check_free()
        if self._before is None and source.size > QUICK:
            self._before = self._existing_version()
        self._used = self._s3_client.keys
        headers = {**self._headers, **self._condition, **self._headers_of(checksums)}
        return self._s3_client.put_location(self._bucket, self._key, headers)

    def _check_free(self) -> None:
        """Refuse to replace an object, before its file is sent. Looked for once: after a lost response it may be this file."""
        if self._is_free:
            return
        try:
            self._call("head_object")
        except NotFound:
            self._before = (0, "")
        except (AuthError, BadRequest, Forbidden):  # keys that may put need not be allowed to read
            if not self._condition:
                raise
        else:
            raise PreconditionFailed(f"{self.target}: already exists", status=412)
        self._is_free = True

    def stored_before(self, source: Source, checksums: Mapping[str, str]) -> Mapping[str, str] | None:
        """Return what the store states of the object, if it has the file's size and checksums."""
        client, doing = self._s3_client, f"{self.target}: head_object"
        try:
            properties = client.perform(client.head(self._bucket, self._key, headers=self._keyed, doing=doing))
        except (AuthError, BadRequest, Forbidden, NotFound):
            return None
        facts = facts_of(properties, opaque=self._bucket.endswith("--x-s3"))
        agrees = {facts[name] == value for name, value in checksums.items() if name in facts}
        is_same = agrees == {True} and properties.get("content-length") == str(source.size)
        return {**facts, "size": str(source.size)} if is_same else None

    def _headers_of(self, checksums: Mapping[str, str]) -> dict[str, str]:
        name = self.part_checksum
        if name is None or name not in checksums:
            return {}
        headers = {_HEADERS[name]: base64_of(checksums[name])}
        return headers if name == "md5" else {**headers, _SDK: name.upper()}  # some stores keep it only with its name

    def complete(self, upload_id: str, parts: Sequence[SentPart], checksums: Mapping[str, str]) -> Mapping[str, str]:
        """Assemble the parts and verify the whole."""
        self._whole = ""
        # Parts of an earlier run may have none that is known here.
        if self._full and all("crc32c" in part.checksums for part in parts):
            self._whole = combined_crc32c(parts)
        result = super().complete(upload_id, parts, checksums)
        return {**result, "crc32c": self._whole} if self._whole else result

    def route(self, url: str) -> None:
        """Return None: proxies and certificates are those of the environment."""

    @property
    def _encrypted(self) -> bool:
        return has_opaque_etag(self._headers)

    def _call(self, operation: str, *, address: Mapping[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
        client, at, doing = self._s3_client, (self._bucket, self._key), f"{self.target}: {operation}"
        match operation:
            case "head_object":
                properties = client.perform(client.head(*at, headers=self._keyed, doing=doing))
                size = number_in(properties.get("content-length"))
                facts = {"ETag": properties.get("etag", ""), "ServerSideEncryption": properties.get(ENCRYPTION, "")}
                return {**facts, **({} if size is None else {"ContentLength": size})}
            case "delete_object":
                client.delete(*at, doing=doing)
                return {}
            case "abort_multipart_upload":
                client.request("DELETE", *at, {"uploadId": arguments["UploadId"]}, doing=doing)
                return {}
            case "list_parts":
                page = client.parts(*at, arguments["UploadId"], arguments["PartNumberMarker"], self._keyed, doing=doing)
                # A resumed upload was begun by another run, perhaps of another version.
                self._full = page.get("ChecksumType") == _FULL
                return page
            case "complete_multipart_upload":
                headers = {_HEADERS["crc32c"]: base64_of(self._whole), _KIND: _FULL} if self._whole else {}
                parts = [
                    {name: value for name, value in part.items() if name != "PartNumber"}
                    for part in arguments["MultipartUpload"]["Parts"]
                ]
                result = self._assembled(arguments["UploadId"], parts, {**self._keyed, **headers}, doing)
                theirs = result.get("ChecksumCRC32C", "")
                # With a dash it is one of the parts' checksums, which `_verify` compares.
                if self._whole and theirs and "-" not in theirs and theirs != base64_of(self._whole):
                    raise ChecksumMismatch(
                        self.target, algorithm="crc32c", expected=base64_of(self._whole), actual=theirs, remedy=_DAMAGED
                    )
                if theirs != base64_of(self._whole):  # it does not confirm what it was sent
                    self._whole = ""
                return dict(result)
            case _:
                raise NotImplementedError(operation)  # of boto3, which S3Object does not call

    def _assembled(
        self, upload: str, parts: Sequence[Mapping[str, str]], headers: Mapping[str, str], doing: str
    ) -> Mapping[str, str]:
        finish = partial(self._s3_client.finish_parts, self._bucket, self._key, upload, parts, doing=doing)
        if self._overwrite:
            return finish(headers)
        # It was looked for before the parts were sent, and some stores ignore the condition here (Ceph 16).
        self._is_free = False
        try:
            self._check_free()
            return finish({**headers, **self._condition})
        except APIError as error:
            if error.code == CONFLICT:  # S3 makes no object of these parts any more
                self.abort(upload)
                raise NoSuchUpload(f"{doing}: the store asks for it to be sent again") from error
            if error.status == 412:
                self._check_begun(upload, doing)
            is_unknown = error.status == 501 or (error.status == 400 and error.code in _UNKNOWN)
            if not (is_unknown and self._condition):
                raise
        self._condition = {}  # the object was looked for above
        result = finish(headers)
        self._s3_client.refused.add(_CONDITION)
        return result

    def _check_begun(self, upload: str, doing: str) -> None:
        """Raise NoSuchUpload if an upload is gone: an earlier request, whose response was lost, has assembled its parts."""
        try:
            self._s3_client.parts(self._bucket, self._key, upload, headers=self._keyed, doing=doing)
        except APIError as error:
            if error.status not in (400, 403, 405, 501):  # stores that list no parts (s3rver), or not with these keys
                raise


_USUAL = PartRules(part_size=PART_SIZE, single=min(PART_SIZE, SINGLE), adapts=True)
