"""Objects of S3, and of stores that speak its language, as files: `s3://bucket/key`."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

from omicsdk.core.batches import grouped
from omicsdk.core.checksums import cheapest
from omicsdk.core.credentials import is_confidential
from omicsdk.core.errors import (
    APIError,
    BadRequest,
    ConfigError,
    DecodeError,
    Forbidden,
    NotFound,
    OmicsError,
    PreconditionFailed,
    UsageError,
)
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.retry import seconds_of_date
from omicsdk.core.threads import side_by_side
from omicsdk.core.type_guards import number_in
from omicsdk.fs.errors import AlreadyThere, BucketNotFound, NotEmpty, PathNotFound, ReadOnly, Unsupported, WrongUri
from omicsdk.fs.store import Entry, Features, Put, put_files
from omicsdk.fs.stores.buckets import BucketStore, prefix_of, split
from omicsdk.fs.uris import Uri
from omicsdk.transfer.network.header_checksums import may_be_of_parts, noted_checksums, object_checksums, of_parts
from omicsdk.transfer.network.plan import WHOLE
from omicsdk.transfer.s3.client import BATCH, COPY_IN_PARTS, S3Client
from omicsdk.transfer.s3.listing import Object, Page, seconds_of
from omicsdk.transfer.s3.settings import CUSTOMERS, Encryption, key_of

if TYPE_CHECKING:
    from omicsdk.fs.options import CopyOptions
    from omicsdk.transfer import Item, Location, TransferReport, Upload
    from omicsdk.transfer.s3.exchanges import Exchange


def _is_utf8(key: str) -> bool:
    """Whether a key can be one: the bytes of a local name that are not UTF-8 are surrogates."""
    return key.encode(errors="ignore").decode() == key


class Stored(NamedTuple):
    """Facts of an object, beside its path.

    Attributes:
        version: The version that its URI named; empty for the newest one.
        is_customers: Whether it is encrypted with the customer's key, which requests for it have to state.
    """

    version: str = ""
    is_customers: bool = False


def _version_of(entry: Entry) -> str:
    """The version that an entry's URI named; empty for the newest one, and for folders."""
    return entry.handle.version if isinstance(entry.handle, Stored) else ""


# Versions of S3, and of stores that speak its language, need no escaping in a URL.
_VERSIONED = re.compile(r"(.+)\?versionId=([A-Za-z0-9._~-]*)\Z", re.DOTALL)


def versioned(key: str) -> tuple[str, str] | None:
    """The key and the version of `key?versionId=VERSION`, as aws and others write it; None for a key alone.

    Args:
        key: What follows the bucket. An empty version means the newest, so that any key can be written.
    """
    match = _VERSIONED.fullmatch(key) if "?versionId=" in key else None
    return None if match is None else (match[1], match[2])


def listed_entry(bucket: str, object_: Object) -> Entry:
    """Return the entry of an object in a list, which states no checksum: an ETag is one or is not, by how the object is encrypted.

    Args:
        bucket: Its bucket.
        object_: What the list states.
    """
    details = {"etag": object_.etag} if object_.etag else {}
    if object_.storage_class:
        details["storage_class"] = object_.storage_class
    return Entry(f"{bucket}/{object_.key}", "file", object_.size, {}, object_.modified, object_.etag, details)


def examined_entry(
    path: str, headers: Mapping[str, str], size: int, checksums: Mapping[str, str], version: str = ""
) -> Entry:
    """Return the entry of an object that was examined by HEAD.

    Args:
        path: Its path.
        headers: The response's headers.
        size: Its size in bytes.
        checksums: Its checksums.
        version: The version that was asked for; empty for the newest one.
    """
    etag = headers.get("etag", "").strip('"')
    named = {
        "etag": etag,
        "content_type": headers.get("content-type"),
        "storage_class": headers.get("x-amz-storage-class"),
        "version_id": headers.get("x-amz-version-id"),
        "encryption": headers.get("x-amz-server-side-encryption") or headers.get(CUSTOMERS),
        "kms_key_id": headers.get("x-amz-server-side-encryption-aws-kms-key-id"),
    }
    metadata = {
        name.removeprefix(_METADATA_PREFIX): value
        for name, value in headers.items()
        if name.startswith(_METADATA_PREFIX)
    }
    details = {**metadata, **{name: value for name, value in named.items() if value}}
    modified, stored = seconds_of_date(headers.get("last-modified", "")), Stored(version, CUSTOMERS in headers)
    return Entry(path, "file", size, checksums, modified, etag, details, stored)


#: How headers with users' own metadata begin.
_METADATA_PREFIX = "x-amz-meta-"
#: Seconds for which a signed URL is good.
EXPIRES = 3600
#: The longest validity of a signature of version 4.
LONGEST = 7 * 86400
#: Among what a store refuses: copies that are not to replace anything, which S3 itself knows later than such uploads.
_COPY_CONDITION = "copy if-none-match"
#: Items that are made once; more of them would take too much memory.
_MAX_ITEMS = 50_000
_OWN_TOOLS = "Create and remove buckets with their platform's own tools."


class S3Store(BucketStore):
    """Buckets and their objects. Where a key is also what others begin with, the object is what its path names, and the
    URI with a slash at its end names the folder. `key?versionId=VERSION` names a version; where there is none, it is a
    key.

    Args:
        client: A client for S3, of omicsdk or of boto3, used for all buckets.
        endpoint_url: Where the store is; by default where boto3 looks (AWS_ENDPOINT_URL_S3, ~/.aws), else Amazon's. Keys that
            are found are for that one: requests to another address are unsigned.
        region_name: The region that is tried first; by default where boto3 looks. A bucket's own one is detected.
        profile_name: The profile of ~/.aws; by default AWS_PROFILE, else none.
        anonymous: Whether requests are not signed; by default they are not when no credentials are found.
        requester_pays: Whether the credentials' account pays for what the owners of buckets do not.
        session: A session of boto3 in place of a new one; its keys are for `endpoint_url`.
        sse: How objects are encrypted that are written: AES256, aws:kms or aws:kms:dsse; by default as the bucket states.
        sse_kms_key_id: The key of KMS for them; by default the account's.
        sse_c_key: A key of your own, 32 bytes, for objects that are written and read. The store does not keep it.
        sse_c_key_file: A file with that key; by default OMICS_S3_SSE_C_KEY has its base64, or there is none.
        storage_class: The class of storage of objects that are written; by default the store's.

    Raises:
        UsageError: Options exclude each other.
        ConfigError: The key of your own cannot be read, or is none.
    """

    scheme: ClassVar[str] = "s3"
    features: ClassVar[Features] = Features(
        writable=True,
        makes_folders=True,
        removal_batch=BATCH,
        copies=True,
        copies_batches=True,
        shared_paths=True,
        listing_proves_folder=True,
        sorted_listings=True,
    )

    def __init__(
        self,
        *,
        client: Any = None,
        endpoint_url: str | None = None,
        region_name: str | None = None,
        profile_name: str | None = None,
        anonymous: bool | None = None,
        requester_pays: bool = False,
        session: Any = None,
        sse: str | None = None,
        sse_kms_key_id: str | None = None,
        sse_c_key: bytes | None = None,
        sse_c_key_file: str | None = None,
        storage_class: str | None = None,
    ) -> None:
        key = key_of(sse_c_key_file or "", os.environ) if sse_c_key is None else sse_c_key
        self._encryption = Encryption(sse or "", sse_kms_key_id or "", key)
        self._class = {"x-amz-storage-class": storage_class} if storage_class else {}
        ours = client if isinstance(client, S3Client) else None
        self._connect = partial(
            S3Client,
            client=client,
            endpoint_url=endpoint_url,
            region=region_name,
            profile_name=profile_name,
            anonymous=anonymous,
            requester_pays=requester_pays,
            session=session,
        )
        self._client = ours

    @property
    def client(self) -> S3Client:
        """The client, made at first use."""
        if self._client is None:
            client = self._connect()
            if self._encryption.key and not is_confidential(client.url("")):
                raise ConfigError(
                    f"The key of S3's encryption is not sent over http: {client.url('')}",
                    remedy="Use an address of the store that begins with https://.",
                )
            self._client = client
        return self._client

    # -- looking

    def _stat(self, path: str) -> Entry:
        bucket, key = split(path)
        if not path:
            return Entry("", "folder")
        if key is None:
            return self._bucket(bucket)
        if not _is_utf8(key):
            raise PathNotFound(self.uri(path), "not found: the name is not UTF-8, as S3 requires")
        refused: OmicsError | None = None
        if (named := versioned(key)) is not None:
            try:
                return self._object(path, bucket, *named)
            except PathNotFound:
                pass
            except BadRequest as error:  # so answers S3, too, where a version is none of its own
                refused = error
            except APIError as error:
                if error.status != 405:
                    raise
                raise PathNotFound(self.uri(path), "not found: that version marks a deletion") from error

        def folder() -> Entry:
            if not self._begins_with(path, prefix_of(key)):
                raise self._missing(path)
            return Entry(path, "folder")

        return self._object_or_folder(path, folder, refused)

    def entry_to_remove(self, uri: Uri, *, recursive: bool = False) -> Entry:
        """As of other stores; a version that marks a deletion has no data, and without it the object is back."""
        try:
            return super().entry_to_remove(uri, recursive=recursive)
        except PathNotFound as error:
            refused, (bucket, key) = error.__cause__, split(uri.path)
            if not isinstance(refused, APIError) or refused.status != 405 or (named := versioned(key or "")) is None:
                raise
            return Entry(f"{bucket}/{named[0]}", "file", 0, handle=Stored(named[1], False))

    def _stat_folder(self, path: str) -> Entry:
        _, key = split(path)
        if key is None:
            return self._stat(path)
        if not self._begins_with(path, prefix_of(key)):
            raise PathNotFound(f"{self.uri(path)}/", "not found: no key begins with it")
        return Entry(path, "folder")

    def _bucket(self, bucket: str) -> Entry:
        try:
            with self._asking("Reading", bucket) as doing:
                self.client.request("HEAD", bucket, doing=doing)
        except Forbidden:  # it exists; permissions are checked by each operation
            pass
        except PathNotFound as error:  # a response to HEAD has no code
            raise BucketNotFound(self.uri(bucket), f"not found: no bucket {bucket}") from error
        return Entry(bucket, "folder")

    def head(self, path: str) -> Entry:
        """Request the headers of an object by HEAD; no folder of its name is looked for.

        Args:
            path: `bucket/key`.

        Raises:
            PathNotFound: It does not exist.
            Forbidden: The store refuses the request; so it answers, too, where no object is and the bucket may not be listed.
        """
        bucket, key = split(path)
        return self._object(path, bucket, key or "")

    def _object(self, path: str, bucket: str, key: str, version: str = "") -> Entry:
        return self.client.perform(self._examined_object(path, bucket, key, version))

    def _examined_object(self, path: str, bucket: str, key: str, version: str = "") -> Exchange[Entry]:
        with self._asking("Reading", path) as doing:
            properties, headers = yield from self._head(bucket, key, version, doing)
            if version not in ("", "null", properties.get("x-amz-version-id")):  # a store without versions ignores them
                raise PathNotFound(self.uri(path), "not found: the store states no such version")
            # As the response of a captive portal, whose size is that of its page.
            if "etag" not in properties and "last-modified" not in properties:
                operation = f"head_object of {self.uri(path)}"
                raise DecodeError(operation, "ETag", None, expected="what S3 states of an object")
            size = number_in(properties.get("content-length"))
            # Cloudflare R2 and Supabase leave it out of some responses to HEAD.
            if size is None and "content-length" not in properties:
                size = yield from self.client.size(bucket, key, version=version, headers=headers, doing=doing)
            if size is None:
                expected = "a whole number from 0 to 2**63 - 1"
                raise DecodeError("head_object", "ContentLength", properties.get("content-length"), expected=expected)
            checksums = object_checksums(properties, etags=not bucket.endswith("--x-s3"))
            # MD5 takes a sixth of the time of CRC64NVME, which AWS's own clients state: another request pays for that.
            is_slow = checksums.keys() <= {"crc64nvme"}
            if is_slow and not bucket.endswith("--x-s3") and may_be_of_parts(properties):
                first = yield from self._first_part(bucket, key, version, headers, doing)
                checksums = {**of_parts(properties, size, first), **checksums}
            checksums = checksums or noted_checksums(properties)
        return examined_entry(f"{bucket}/{key}", properties, size, checksums, version)

    def _head(
        self, bucket: str, key: str, version: str, doing: str
    ) -> Exchange[tuple[Mapping[str, str], Mapping[str, str] | None]]:
        """Return what the store states of an object, and the headers by which it did."""
        ask, key_headers = (
            partial(self.client.head, bucket, key, version=version, doing=doing),
            self._encryption.key_headers,
        )
        if not key_headers:
            return (yield from ask()), None
        try:
            return (yield from ask(headers=key_headers)), key_headers
        except BadRequest as error:  # an object that is not encrypted with this key
            with suppress(OmicsError):
                return (yield from ask()), None
            raise error from error.__cause__

    def _first_part(
        self, bucket: str, key: str, version: str, headers: Mapping[str, str] | None, doing: str
    ) -> Exchange[int | None]:
        """Return the size of an object's first part in bytes; None if the store does not report it."""
        try:
            properties = yield from self.client.head(bucket, key, version=version, part=1, headers=headers, doing=doing)
            return number_in(properties.get("content-length"))
        except APIError:
            return None

    def _first_keys(self, path: str, prefix: str) -> set[str]:
        """The first two keys that begin so."""
        objects = (object_ for page in self._pages(path, prefix, most=2) for object_ in page.objects)
        return {object_.key for object_ in islice(objects, 2)}

    def _buckets(self) -> Iterator[Entry]:
        with self._asking("Listing buckets of", "") as doing:
            for name, created in self.client.buckets(doing=doing):
                yield Entry(name, "folder", modified=seconds_of(created))

    def _listed(
        self, path: str, prefix: str, delimiter: str = "", most: int | None = None
    ) -> Iterator[tuple[Sequence[Entry], Sequence[str]]]:
        bucket, _ = split(path)
        for page in self._pages(path, prefix, delimiter, most):
            yield [listed_entry(bucket, object_) for object_ in page.objects], page.folders

    def _pages(self, path: str, prefix: str, delimiter: str = "", most: int | None = None) -> Iterator[Page]:
        bucket, _ = split(path)
        where = f"s3://{bucket}/{prefix}".removesuffix("/")
        with self._asking("Listing", path):
            yield from self.client.pages(bucket, prefix, delimiter, most=most, doing=f"{where} cannot be listed")

    # -- bytes

    def location(self, entry: Entry) -> Location:
        """Return the object's URL, each request to which is signed when it is sent."""
        bucket, key = split(entry.path)
        # The engine sends these requests, and does not sign one again when its bucket is in another region.
        self.client.find_region(bucket)
        stored = self._stored_object(entry)
        key_headers = self._encryption.key_headers if stored.is_customers else None
        return self.client.location(bucket, key or "", version=stored.version, headers=key_headers)

    def _stored_object(self, entry: Entry) -> Stored:
        """Return the facts of an object; whether it needs the customer's key is requested only if there is one."""
        stored = entry.handle if isinstance(entry.handle, Stored) else Stored()
        return stored if entry.handle is stored or not self._encryption.key else self._again(entry).handle

    def _again(self, entry: Entry) -> Entry:
        """Return the entry of an object as it is now."""
        bucket, key = split(entry.path)
        return self._object(entry.path, bucket, key or "", _version_of(entry))

    def item(self, entry: Entry, name: str) -> Item:
        """Return an object as an item: its response states checksums, for which one that was put in parts, or is fetched so, is examined."""
        from omicsdk.transfer import Item  # lists need no items

        is_usual = (entry.size or 0) <= WHOLE and "-" not in entry.version
        if entry.checksums or (is_usual and not self._encryption.key):
            location, renew = self.location(entry), partial(self._renewed, entry)
            # Computing CRC64NVME as well would take longer than the transfer; a list states none.
            quickest = cheapest(entry.checksums) if entry.checksums else {}
            return Item(name, location, entry.size, quickest, self.uri(entry.path), renew=renew, states=True)
        return Item(name, partial(self._examined, entry), entry.size, label=self.uri(entry.path), states=True)

    def download(
        self, named_entries: Sequence[tuple[Entry, str]], folder: str | os.PathLike[str], options: CopyOptions
    ) -> TransferReport:
        """As of other stores; for a cache, objects of lists are examined before: it finds files by what lists lack."""
        if options.cache is None:
            return super().download(named_entries, folder, options)
        from omicsdk.transfer import download  # as above

        paths = ((entry, *split(entry.path)) for entry, _ in named_entries if not entry.checksums)
        looks = (
            self._examined_object(entry.path, bucket, key or "", _version_of(entry)) for entry, bucket, key in paths
        )
        examined = self.client.perform_all(looks, options)
        items: list[Item] = []
        for entry, name in named_entries:
            response = entry if entry.checksums else next(examined)
            # Without one, the request for its bytes reports why.
            source = entry if isinstance(response, OmicsError) else response
            items.append(self.item(source, name).replaced(checksums=source.checksums))
        return download(items, folder, options=options, journal=options.journal)

    def _items(self, named_entries: Sequence[tuple[Entry, str]]) -> Iterable[Item]:
        # They are iterated several times, to be checked and counted before the first byte.
        if len(named_entries) <= _MAX_ITEMS:
            return super()._items(named_entries)
        from omicsdk.transfer.items import MappedItems

        return MappedItems(lambda pair: self.item(*pair), named_entries)

    def _renewed(self, entry: Entry) -> Location:
        """Return the location again after a refusal; the client corrects what was wrong, or reports it."""
        return self.location(self._again(entry))

    def _examined(self, entry: Entry) -> Location:
        examined = self._again(entry)
        quickest = cheapest(examined.checksums)

        def states(_: Mapping[str, str]) -> Mapping[str, str]:
            return quickest

        return self.location(examined).replaced(states=states)

    def presign(self, entry: Entry, seconds: int | None = None) -> str:
        if seconds is not None and not 1 <= seconds <= LONGEST:
            raise UsageError(f"S3 cannot sign for {seconds} s", remedy="Use 1s to 7d.")
        if entry.is_folder:
            return super().presign(entry)
        bucket, key = split(entry.path)
        stored = self._stored_object(entry)
        if stored.is_customers:
            what = "cannot be signed: it is encrypted with a key of yours, which every request for it has to state"
            raise Unsupported(self.uri(entry.path), what, remedy="Copy the file: omics cp.")
        with self._asking("Signing for", entry.path):
            return self.client.presigned(bucket, key or "", seconds or EXPIRES, version=stored.version)

    def metadata(self, entry: Entry) -> Mapping[str, Any]:
        return self._again(entry).details

    def put(self, files: Sequence[Put], options: CopyOptions) -> TransferReport:
        """Put files as objects, in parts where they are large; each part carries a checksum that S3 verifies. The media type
        follows from the name.

        Without `overwrite` each object is looked up before its file is sent, and the store is asked not to replace what
        another client creates meanwhile; stores that refuse such a request are only looked at.
        """
        from omicsdk.core.media_types import media_type_of  # lists need none
        from omicsdk.transfer import Upload
        from omicsdk.transfer.s3.uploads import BucketObject

        def prepare(file: Put) -> Upload:
            bucket, key = self._key(file.path)
            self.client.find_region(bucket)
            media_type = media_type_of(key)
            headers = {**self._class, **({} if media_type is None else {"content-type": media_type})}
            target = BucketObject(
                self.client, bucket, key, headers=headers, encryption=self._encryption, overwrite=options.overwrite
            )
            return Upload(file.source, target, file.path)

        report = put_files(files, prepare, options)
        if options.overwrite:
            return report
        return report.with_outcomes(
            outcome._replace(error=AlreadyThere(self.uri(outcome.name)))
            if isinstance(outcome.error, PreconditionFailed)
            else outcome
            for outcome in report.outcomes
        )

    def _key(self, path: str, end: str = "") -> tuple[str, str]:
        """The bucket and the key of an object to write, which ends in a slash only if its source does."""
        bucket, key = split(path)
        if not bucket or not key or key.removesuffix(end).endswith("/"):
            raise WrongUri(f"{self.uri(path)} names no object", remedy="Write s3://bucket/key.")
        if not _is_utf8(key):
            raise WrongUri(f"{self.uri(path)}: the name is not UTF-8, as S3 requires", remedy="Rename the file.")
        return bucket, key

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
            with self._asking("Making", path) as doing:
                self.client.put(bucket, prefix, headers=self._encryption.written, doing=doing)

    def check_removal(self, path: str) -> None:
        if split(path)[1] is None:
            raise ReadOnly(self.uri(path), "is not removed", remedy=_OWN_TOOLS)

    def remove(self, entry: Entry) -> None:
        self.check_removal(entry.path)
        bucket, key = split(entry.path)
        if entry.is_folder:
            key = prefix_of(key)
            keys = self._first_keys(entry.path, key)
            # The object that only marks the folder does not count as something in it.
            if keys - {key}:
                raise NotEmpty(self.uri(entry.path))
            if key and not keys:
                return  # stores with a file system behind them refuse to remove a marker that is not there
        with self._asking("Removing", entry.path) as doing:
            self.client.delete(bucket, key or "", version=_version_of(entry), doing=doing)

    def remove_files(self, entries: Sequence[Entry]) -> Sequence[OmicsError | None]:
        """Remove up to 1,000 objects by one request a bucket."""
        failed = dict[str, OmicsError]()
        places = (split(entry.path) for entry in entries if not _version_of(entry))
        for bucket, keys in grouped((bucket, key or "") for bucket, key in places).items():
            try:
                with self._asking("Removing", bucket):
                    errors = self.client.delete_many(bucket, keys, doing="Removing")
                failed |= {f"{bucket}/{key}": error for key, error in errors.items()}
            except OmicsError as error:
                failed |= {f"{bucket}/{key}": error for key in keys}
        return [self._removed(entry) if _version_of(entry) else failed.get(entry.path) for entry in entries]

    def _removed(self, entry: Entry) -> OmicsError | None:
        try:
            self.remove(entry)
        except OmicsError as error:
            return error
        return None

    def copy(self, entry: Entry, path: str, *, overwrite: bool = True) -> bool | Entry:
        """Copy an object, to any bucket that the same credentials may write to; a large one in parts."""
        return self.client.perform(self._copy(entry, path, overwrite))

    def copy_many(
        self, files: Sequence[tuple[Entry, str]], options: CopyOptions
    ) -> Iterator[bool | Entry | OmicsError]:
        """Copy objects by one thread, and those that are copied in parts by others."""

        def is_small(entry: Entry) -> bool:
            return entry.size is not None and entry.size < COPY_IN_PARTS

        large = [file for file in files if not is_small(file[0])]
        small = (self._examined_copy(*file) for file in files if is_small(file[0]))
        whole = self.client.perform_all(small, options)
        # After a stop, too, their ends are waited for: uploads that are left begun cost money.
        in_parts = side_by_side(lambda file: self.copy(*file), large)
        return (next(whole if is_small(entry) else in_parts) for entry, _ in files)

    def _examined_copy(self, entry: Entry, path: str) -> Exchange[bool | Entry]:
        """Copy an object, and examine the copy where the response does not prove it."""
        copied = yield from self._copy(entry, path)
        bucket, key = split(path)
        if copied is True and versioned(key or "") is None:
            with suppress(OmicsError):  # it was copied; examined again, it is reported why its state is not known
                return (yield from self._examined_object(path, bucket, key or ""))
        return copied

    def _copy(self, entry: Entry, path: str, overwrite: bool = True) -> Exchange[bool | Entry]:
        bucket, key = split(entry.path)
        to, new = self._key(path, "/" if key and key.endswith("/") else "")
        stored, size = entry.handle if isinstance(entry.handle, Stored) else None, entry.size
        if size is None or (stored is None and self._encryption.key):
            examined = yield from self._examined_object(entry.path, bucket, key or "", _version_of(entry))
            stored, size = examined.handle, examined.size if size is None else size
        stored = stored or Stored()
        if path == entry.path and not stored.version:  # S3 refuses to copy one onto itself
            return True
        # Ceph stores a copy between buckets of one name, of two tenants, in the bucket of the source.
        if bucket != to and bucket.rpartition(":")[2] == to.rpartition(":")[2]:
            return False
        with self._asking("Copying", entry.path, path) as doing:
            copy = partial(
                self.client.copy,
                (bucket, key or ""),
                (to, new),
                size or 0,
                self._class,
                version=stored.version,
                encryption=self._encryption,
                is_keyed=stored.is_customers,
                doing=doing,
            )
            overwrite = overwrite or _COPY_CONDITION in self.client.refused
            try:
                properties = yield from copy(overwrite=overwrite)
            except PreconditionFailed as error:
                if overwrite:  # the source has changed
                    raise
                # The copy may be there by an earlier request, whose response was lost.
                existing = yield from self._examined_object(path, to, new)
                if not entry.version or (existing.size, existing.version) != (size, entry.version):
                    raise AlreadyThere(self.uri(path)) from error
                return existing
            except APIError as error:
                if not overwrite and error.status in (400, 405, 501):
                    self.client.refused.add(_COPY_CONDITION)
                    return (yield from self._copy(entry, path))
                if error.status not in (405, 501):
                    raise
                return False  # a store that copies nothing, or nothing in parts
        checksums = object_checksums(properties, etags=not to.endswith("--x-s3"))
        if entry.version and entry.version == checksums.get("md5"):  # of the source in a list, and of the copy
            return Entry(path, "file", entry.size, checksums, version=entry.version)
        return True

    @contextmanager
    def _asking(self, doing: str, path: str, target: str = "") -> Generator[str]:
        """Yield the words for what is requested, and raise errors as those of paths.

        A bucket that is missing is the target's, if there is one: the source was examined or listed before.
        """
        try:
            yield f"{doing} {self.uri(path)}"
        except NotFound as error:
            raise self._missing((error.code == "NoSuchBucket" and target) or path, error) from error
        except (BadRequest, Forbidden) as error:
            if self.client.is_unsigned:
                error.remedy = (
                    "The request was not signed: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, if the "
                    "bucket is not public."
                )
            raise

    def _missing(self, path: str, cause: NotFound | None = None) -> PathNotFound:
        bucket, _ = split(path)
        if cause is not None and cause.code == "NoSuchBucket":
            return BucketNotFound(self.uri(path), f"not found: no bucket {bucket}")
        return PathNotFound(self.uri(path), "not found")
