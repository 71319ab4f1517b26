"""Objects of S3, and of stores that speak its language, as files: `s3://bucket/key`."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from math import ceil
from typing import Any, ClassVar

from omicsdk.core.checksums import etag_part_size, from_base64, is_checksum
from omicsdk.core.errors import BadRequest, DecodeError, Forbidden, NotFound, OmicsError, UsageError
from omicsdk.core.paging import items_at
from omicsdk.core.s3_clients import S3Clients
from omicsdk.fs.options import CopyOptions
from omicsdk.fs.store import (
    AlreadyThere,
    Entry,
    NotAFolder,
    NotEmpty,
    PathNotFound,
    Put,
    ReadOnly,
    Store,
    WrongUri,
    put_files,
)
from omicsdk.transfer import Location, S3Object, TransferReport, Upload
from omicsdk.transfer.s3 import asking_s3, etag_of, s3_pages, size_of

#: The members of HEAD with a checksum, by algorithm. One of parts, `VALUE-NUMBER`, is none of the whole.
_CHECKSUMS = {"crc32c": "ChecksumCRC32C", "sha256": "ChecksumSHA256", "sha1": "ChecksumSHA1"}


def split(path: str) -> tuple[str, str | None]:
    """The bucket and the key of a path; None without a key; after a slash the key may be empty.

    Args:
        path: `bucket/key`. The key is everything after the first slash, unchanged there.
    """
    bucket, slash, key = path.partition("/")
    return bucket, key if slash else None


def prefix_of(key: str | None) -> str:
    """Return the prefix of the keys in a folder.

    Args:
        key: The folder's own; None for the bucket.
    """
    return "" if key is None else f"{key}/"


def object_entry(path: str, told: Mapping[str, Any], size: int, stated: Mapping[str, str] | None = None) -> Entry:
    """Return the entry of an object in a list, or in the response to HEAD.

    Args:
        path: Its path.
        told: The list's entry, or the response to HEAD.
        size: Its size in bytes.
        stated: Its checksums. A list states none: an ETag is one or is not, by how the object is encrypted.
    """
    return Entry(path, "file", size, stated or {}, seconds(told.get("LastModified")), etag_of(told), _details(told))


def checksums(told: Mapping[str, Any], size: int, first_part: int | None) -> dict[str, str]:
    """Return the checksums of an object's whole contents that HEAD states.

    Args:
        told: The response.
        size: The object's size in bytes.
        first_part: The size of its first part in bytes, where it is known to have parts.
    """
    etag = etag_of(told)
    # Some servers state a checksum of the parts' checksums without `-NUMBER` after it, and without its type.
    whole = told.get("ChecksumType", "COMPOSITE" if "-" in etag else "FULL_OBJECT") == "FULL_OBJECT"
    members = _CHECKSUMS if whole else {}
    found = {name: from_base64(name, str(told.get(member, ""))) for name, member in members.items()}
    if not _is_encrypted(told):
        if is_checksum("md5", etag):
            found["md5"] = etag
        elif is_checksum("s3_etag", etag) and first_part == etag_part_size(size):
            found["s3_etag"] = etag
    return {name: value for name, value in found.items() if value}


def may_be_of_usual_parts(told: Mapping[str, Any]) -> bool:
    """Whether an object's ETag may be that of `s3_etag`, so that it is worth requesting the size of its parts.

    Args:
        told: The response to HEAD.
    """
    size, (digest, dash, parts) = size_of(told), etag_of(told).partition("-")
    usual = ceil(size / etag_part_size(size))
    return is_checksum("md5", digest) and dash == "-" and parts == str(usual) and not _is_encrypted(told)


def seconds(moment: object) -> float | None:
    """A moment in seconds since 1970; None if there is none."""
    return moment.timestamp() if isinstance(moment, datetime) else None


def _is_encrypted(told: Mapping[str, Any]) -> bool:
    """Whether an ETag is not a checksum of the content."""
    return "SSECustomerAlgorithm" in told or str(told.get("ServerSideEncryption") or "AES256") != "AES256"


def _details(told: Mapping[str, Any]) -> dict[str, Any]:
    named = {"etag": etag_of(told), "content_type": told.get("ContentType"), "storage_class": told.get("StorageClass")}
    return {**told.get("Metadata", {}), **{name: value for name, value in named.items() if value}}


#: Seconds for which a signed URL is good; another one is signed when it has ended.
EXPIRES = 3600
#: The longest validity of a signature of version 4.
LONGEST = 7 * 86400
#: From this size on copies within S3 are made in parts: a single request copies at most 5 GiB, and its time is limited.
COPY_IN_PARTS = 1024**3
#: The size of those parts.
COPY_PART = 256 * 1024**2
_OWN_TOOLS = "Create and remove buckets with their platform's own tools."


class S3Store(Store):
    """Buckets and their objects. Keys are kept as they are written, dots and doubled slashes among them.

    S3 has no folders: one exists as long as a key begins with its path and a slash. An object without data whose key ends
    in a slash only marks its folder; one with data is a file of that key. Where a key is also what others begin with, the
    object is what its path names, and the URI with a slash at its end names the folder.

    Args:
        client: A boto3 client for S3, used for all buckets.
        endpoint_url: Where the store is; by default where boto3 looks (AWS_ENDPOINT_URL_S3, ~/.aws), else Amazon's. Keys that
            boto3 finds are for that one: requests to another address are unsigned.
        region_name: The region that is asked first; by default where boto3 looks. A bucket's own is found out.
        profile_name: The profile of ~/.aws; by default AWS_PROFILE, else none.
        anonymous: Whether requests are not signed; by default they are not when boto3 finds no credentials.
        session: A session of boto3 in place of a new one; its keys are for `endpoint_url`.
    """

    scheme: ClassVar[str] = "s3"
    writable: ClassVar[bool] = True
    names_both: ClassVar[bool] = True

    def __init__(
        self,
        *,
        client: Any = None,
        endpoint_url: str | None = None,
        region_name: str | None = None,
        profile_name: str | None = None,
        anonymous: bool | None = None,
        session: Any = None,
    ) -> None:
        self._clients = S3Clients(client, endpoint_url, region_name, profile_name, anonymous, session)

    # -- looking

    def _stat(self, path: str) -> Entry:
        bucket, key = split(path)
        if not path:
            return Entry("", "folder")
        if key is None:
            return self._bucket(bucket)
        refused: Forbidden | None = None
        if key:
            try:
                found = self._object(path, bucket, key)
                if found.size or not key.endswith("/"):
                    return found
            except PathNotFound:
                pass
            except Forbidden as error:  # so answers S3, too, where nothing is and the bucket may not be listed
                refused = error
        try:
            if not self._begins_with(path, prefix_of(key)):
                raise self._missing(path)
        except OmicsError as error:
            raise refused or error from error.__cause__
        return Entry(path, "folder")

    def _stat_folder(self, path: str) -> Entry:
        _, key = split(path)
        if key is None:
            return self._stat(path)
        if not self._begins_with(path, prefix_of(key)):
            raise PathNotFound(f"{self.uri(path)}/", "not found: no key begins with it")
        return Entry(path, "folder")

    def _bucket(self, bucket: str) -> Entry:
        try:
            with self._asking("Reading", bucket):
                self._clients.of(bucket).head_bucket(Bucket=bucket)
        except Forbidden:  # it exists; permissions are checked by each operation
            pass
        return Entry(bucket, "folder")

    def _object(self, path: str, bucket: str, key: str) -> Entry:
        client, place = self._clients.of(bucket), {"Bucket": bucket, "Key": key}
        with self._reading("Reading", path, client, place):
            told: Mapping[str, Any] = client.head_object(**place, ChecksumMode="ENABLED")
        if not etag_of(told) and "LastModified" not in told:  # as a captive portal's, whose size is that of its page
            raise DecodeError(f"head_object of {self.uri(path)}", "ETag", None, expected="what S3 states of an object")
        first_part = None
        if not checksums(told, 0, None) and may_be_of_usual_parts(told):
            first_part = _first_part(client, place)
        size = size_of(told)
        return object_entry(path, told, size, checksums(told, size, first_part))

    def _begins_with(self, path: str, prefix: str, besides: str = "") -> bool:
        """Whether a key begins so, and is not the one that does not count."""
        pages = self._pages(path, prefix, MaxKeys=2)
        return any(each["Key"] != besides for page in pages for each in page["Contents"])

    def _entries(self, path: str) -> Iterator[Entry]:
        if not path:
            yield from self._buckets()
            return
        bucket, key = split(path)
        prefix, is_there = prefix_of(key), key is None
        for page in self._pages(path, prefix, Delimiter="/"):
            for each in page.get("CommonPrefixes", ()):
                is_there = True
                yield Entry(f"{bucket}/{each['Prefix'][:-1]}", "folder")
            for each in page["Contents"]:
                is_there = True
                if each["Key"] != prefix or each["Size"]:
                    yield object_entry(f"{bucket}/{each['Key']}", each, each["Size"])
        if not is_there and not self.stat(path).is_folder:
            raise NotAFolder(self.uri(path), "is an object")

    def _buckets(self) -> Iterator[Entry]:
        with self._asking("Listing buckets of", ""):
            told = self._clients.first.list_buckets()
        for each in items_at(told, "Buckets", "list_buckets"):
            yield Entry(str(each["Name"]), "folder", modified=seconds(each.get("CreationDate")))

    def _pages(self, path: str, prefix: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        bucket, _ = split(path)
        with self._asking("Listing", path):
            yield from s3_pages(self._clients.of(bucket).list_objects_v2, bucket, prefix, **arguments)

    def _below(self, path: str) -> Iterator[Entry]:
        if not path:
            for bucket in self._buckets():
                yield from self.below(bucket.path)
            return
        bucket, key = split(path)
        for page in self._pages(path, prefix_of(key)):
            for each in page["Contents"]:
                if each["Size"] or not each["Key"].endswith("/"):
                    yield object_entry(f"{bucket}/{each['Key']}", each, each["Size"])

    # -- bytes

    def location(self, entry: Entry) -> Location:
        """Sign a URL, good for an hour; without credentials it is the object's plain one."""
        return Location(self._signed(entry, EXPIRES))

    def presign(self, entry: Entry, seconds: int | None = None) -> str:
        if seconds is not None and not 1 <= seconds <= LONGEST:
            raise UsageError(f"S3 cannot sign for {seconds} s", remedy="Use 1s to 7d.")
        return super().presign(entry) if seconds is None else self._signed(entry, seconds)

    def _signed(self, entry: Entry, seconds: int) -> str:
        bucket, key = split(entry.path)
        client, place = self._clients.of(bucket), {"Bucket": bucket, "Key": key}
        with self._asking("Signing for", entry.path):
            return str(client.generate_presigned_url("get_object", Params=place, ExpiresIn=seconds))

    def metadata(self, entry: Entry) -> Mapping[str, Any]:
        return self.stat(entry.path).details

    def put(self, files: Sequence[Put], options: CopyOptions) -> TransferReport:
        """Put files as objects, in parts where they are large; each part carries a checksum that S3 verifies.

        Without `overwrite` each object is looked up before its file is sent.
        """

        def prepare(file: Put) -> Upload:
            bucket, key = self._key(file.path)
            if not options.overwrite:
                self._check_free(file.path, bucket, key)
            return Upload(file.source, S3Object(self._clients.of(bucket), bucket, key), file.path)

        return put_files(files, prepare, options)

    def _key(self, path: str, end: str = "") -> tuple[str, str]:
        """The bucket and the key of an object to write, which ends in a slash only if its source does."""
        bucket, key = split(path)
        if not bucket or not key or key.removesuffix(end).endswith("/"):
            raise WrongUri(f"{self.uri(path)} names no object", remedy="Write s3://bucket/key.")
        return bucket, key

    def _check_free(self, path: str, bucket: str, key: str) -> None:
        try:
            self._object(path, bucket, key)
        except PathNotFound:
            return
        raise AlreadyThere(self.uri(path))

    # -- changes

    def make_folder(self, path: str) -> None:
        """Create an empty object that represents a folder, unless a key begins with it.

        Raises:
            PathNotFound: There is no such bucket.
            ReadOnly: It would be a bucket.
        """
        bucket, key = split(path)
        if key is None:
            try:
                self.stat(path)
            except PathNotFound as error:
                raise ReadOnly(self.uri(path), "not found, and cannot be created", remedy=_OWN_TOOLS) from error
            return
        prefix = prefix_of(key)
        if not self._begins_with(path, prefix):
            with self._asking("Making", path):
                self._clients.of(bucket).put_object(Bucket=bucket, Key=prefix, Body=b"")

    def check_removal(self, path: str) -> None:
        if split(path)[1] is None:
            raise ReadOnly(self.uri(path), "is not removed", remedy=_OWN_TOOLS)

    def remove(self, entry: Entry) -> None:
        self.check_removal(entry.path)
        bucket, key = split(entry.path)
        if entry.is_folder:
            key = prefix_of(key)
            if self._begins_with(entry.path, key, besides=key):
                raise NotEmpty(self.uri(entry.path))
        with self._asking("Removing", entry.path):
            self._clients.of(bucket).delete_object(Bucket=bucket, Key=key)

    def copy(self, entry: Entry, path: str) -> bool:
        """Copy an object, to any bucket that the same credentials may write to; a large one in parts."""
        from boto3.s3.transfer import TransferConfig

        bucket, key = split(entry.path)
        to, new = self._key(path, "/" if key and key.endswith("/") else "")
        if path != entry.path:  # S3 refuses to copy one onto itself
            client, place = self._clients.of(bucket), {"Bucket": bucket, "Key": key}
            with self._reading("Copying", entry.path, client, place):
                self._clients.of(to).copy(
                    place,
                    to,
                    new,
                    SourceClient=client,
                    Config=TransferConfig(multipart_threshold=COPY_IN_PARTS, multipart_chunksize=COPY_PART),
                )
        return True

    def close(self) -> None:
        self._clients.close()

    @contextmanager
    def _asking(self, doing: str, path: str) -> Generator[None]:
        """Raise boto3's errors as ours."""
        try:
            with asking_s3(f"{doing} {self.uri(path)}"):
                yield
        except NotFound as error:
            raise self._missing(path, error) from error
        except (BadRequest, Forbidden) as error:
            if self._clients.is_unsigned:
                error.remedy = (
                    "The request was not signed: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, if the "
                    "bucket is not public."
                )
            raise

    @contextmanager
    def _reading(self, doing: str, path: str, client: Any, place: Mapping[str, Any]) -> Generator[None]:
        """As `_asking`. A HEAD has no body that states why it is refused: a GET of a byte is, too, and states it."""
        try:
            with self._asking(doing, path):
                yield
        except (BadRequest, Forbidden) as error:
            if error.code == str(error.status):
                with self._asking(doing, path):
                    client.get_object(**place, Range="bytes=0-0")["Body"].close()
            raise

    def _missing(self, path: str, told: NotFound | None = None) -> PathNotFound:
        bucket, _ = split(path)
        if told is not None and told.code == "NoSuchBucket":
            return PathNotFound(self.uri(path), f"not found: no bucket {bucket}")
        return PathNotFound(self.uri(path), "not found")


def _first_part(client: Any, place: Mapping[str, str]) -> int | None:
    """Return the size of an object's first part in bytes; None if the store does not report it."""
    from botocore.exceptions import ClientError

    try:
        return size_of(client.head_object(**place, PartNumber=1))
    except ClientError:
        return None
