"""An object to upload to by omicsdk's own client: requests are signed when they are sent, and state checksums of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omicsdk.core.checksums import base64_of
from omicsdk.core.errors import APIError, ChecksumMismatch
from omicsdk.core.frozen import EMPTY
from omicsdk.core.sigv4 import Keys
from omicsdk.core.type_guards import number_in
from omicsdk.transfer.network.header_checksums import has_opaque_etag
from omicsdk.transfer.network.requests import Location
from omicsdk.transfer.s3.boto import PartChecksum, S3Object
from omicsdk.transfer.s3.client import ENDED, S3Client
from omicsdk.transfer.s3.encryption import ENCRYPTION, PLAIN, Encryption
from omicsdk.transfer.uploads.job import combined_crc32c
from omicsdk.transfer.uploads.store import PART_SIZE, QUICK, SINGLE, Cut, PartRules, SentPart, Source

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
#: Codes of stores that do not know a header.
_UNKNOWN = frozenset({"NotImplemented", "InvalidRequest", "InvalidArgument", "UnsupportedOperation"})
#: How often keys may end without a new part.
_RENEWALS = 3
_DAMAGED = "The stored object is damaged. Upload it again, under a new name if possible."


class BucketObject(S3Object):
    """An object to upload to.

    A part or a file states its CRC32C, which the store verifies; an object in parts states that of the whole when it is
    assembled. A store that refuses such headers is not sent them again.

    Args:
        client: The client.
        bucket: The bucket.
        key: The object's key.
        headers: Its headers, names in lower case.
        encryption: How it is encrypted.
        checksum: The checksum of each part; None for none.
        part_size: As for `S3Object`.
        single: As for `S3Object`.
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
        self._left_out = set[str]()  # after refusals that may be of something else
        self._used: Keys | None = None  # by the newest requests for bytes
        self._newest = self._renewals = 0  # the last part, and how often keys ended since it was signed first

    def begin(self, source: Source) -> str:
        """Begin an upload in parts."""
        name = self.part_checksum
        while True:
            headers = dict(self._headers)
            # Only CRCs can be combined into that of the whole, and some stores do not know the type of a checksum.
            self._full = name == "crc32c" and _KIND not in self._s3_client.refused | self._left_out
            if name in ("crc32c", "sha1", "sha256"):
                headers[_ALGORITHM] = name.upper()
            if self._full:
                headers[_KIND] = _FULL
            try:
                upload_id = self._s3_client.begin_parts(self._bucket, self._key, headers, doing=f"{self.target}: begin")
                self.accepted(headers)
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
        what = header or self.part_checksum
        if what is None:
            return not _STATING.isdisjoint(sent)  # by another part, which was in flight when this one was refused
        self._left_out.add(what)
        if not header:
            self.part_checksum = None
        return True

    def accepted(self, headers: Mapping[str, str]) -> None:
        """Leave out of all objects what this one does, if the request did: the refusal was of that, not of another header."""
        if headers.keys().isdisjoint(_STATING):
            self._s3_client.refused |= self._left_out

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
        if self._before is None and source.size > QUICK:
            self._before = self._existing_version()
        self._used = self._s3_client.keys
        return self._s3_client.put_location(self._bucket, self._key, {**self._headers, **self._headers_of(checksums)})

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
                result = client.finish_parts(*at, arguments["UploadId"], parts, {**self._keyed, **headers}, doing=doing)
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


_USUAL = PartRules(part_size=PART_SIZE, single=min(PART_SIZE, SINGLE), adapts=True)
