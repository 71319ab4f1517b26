"""A bucket of S3, or of a store that speaks its language, as a storage: what django-storages' S3Storage reads and writes."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from stat import S_ISREG
from typing import Any, BinaryIO, cast

from omicsdk.core.errors import ChecksumMismatch, NotFound, OmicsError
from omicsdk.core.sending.connections import Network, network
from omicsdk.core.threads import in_threads
from omicsdk.crunch.hashing import THREADS, Hashed, hash_files
from omicsdk.crunch.storage.base import BuiltinStorage, Failures, Sending, Stored, joined, no_check, plain
from omicsdk.transfer import Item, Location, S3Object, TransferOptions, TransferReport, Upload, download, upload
from omicsdk.transfer.downloads.targets import digest_of, reported_checksums
from omicsdk.transfer.reports.report import raise_failure
from omicsdk.transfer.s3.boto import asking_s3, etag_of, s3_pages, size_of
from omicsdk.transfer.s3.listing import Page

#: Seconds for which an address of `url` is valid by default: django-storages' own default.
EXPIRES = 3600


class S3Storage(BuiltinStorage):
    """Objects below a prefix of a bucket, moved by omicsdk.transfer: in parallel, verified, with retries.

    S3 has no folders: one without objects does not exist.

    Args:
        client: A boto3 client for S3.
        bucket: The bucket.
        location: The prefix (AWS_LOCATION); "" is the whole bucket.
        extra_args: Arguments of boto3's operations for uploads (AWS_S3_OBJECT_PARAMETERS, ACL).
        expires: Seconds for which an address of `url` is valid.
        domain: Domain of addresses of `url`, instead of signed ones (AWS_S3_CUSTOM_DOMAIN); "" for none.
        signed: Whether `url` signs (AWS_QUERYSTRING_AUTH).
    """

    def __init__(
        self,
        client: Any,
        bucket: str,
        location: str = "",
        *,
        extra_args: Mapping[str, Any] | None = None,
        expires: int = EXPIRES,
        domain: str = "",
        signed: bool = True,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._location = plain(location)
        self._extra = dict(extra_args or {})
        self._expires = expires
        self._domain = domain
        self._signed = signed

    def _key(self, name: str) -> str:
        return joined(self._location, plain(name))

    def _prefix(self, folder: str) -> str:
        return f"{self._key(folder)}/" if self._key(folder) else ""

    def _key_arguments(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._key(name)}

    def _label(self, name: str) -> str:
        return f"s3://{self._bucket}/{self._key(name)}"

    def path(self, name: str) -> str:
        """Raise NotImplementedError: objects are not on this machine."""
        raise NotImplementedError(f"{self._label(name)} is not a file of this machine")

    def open(self, name: str, mode: str = "rb") -> BinaryIO:
        """Download an object to a temporary file and open that; it is removed when it is closed.

        Raises:
            ValueError: A mode that is not "rb".
            OmicsError: It does not exist (NotFound), or cannot be read.
        """
        if mode != "rb":
            raise ValueError(f"an object of S3 is opened for reading ('rb'), not {mode!r}; save() writes")
        size = self.size(name)
        folder = Path(tempfile.mkdtemp(prefix="omics-crunch-"))
        try:
            item = Item("object", partial(self.location, name), size, label=self._label(name))
            raise_failure(download([item], folder, journal=folder / "journal", route=self._route))
            return cast("BinaryIO", _Spooled(folder / "object"))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def put(self, name: str, path: Path, check: Callable[[], None] = no_check) -> None:
        """Write an object; arguments and errors are those of `BuiltinStorage.put`. It has the name when `check` is called."""
        raise_failure(upload([self._upload(name, path)], abort=True))
        check()

    def _upload(self, name: str, path: Path) -> Upload:
        to = S3Object(self._client, self._bucket, self._key(name), extra_args=self._extra)
        return Upload(os.fspath(path), to, name=name)

    def _head(self, name: str) -> Mapping[str, Any]:
        if not self._key(name):
            raise NotFound(f"{self._label(name)} is a bucket, not an object", status=404)
        with asking_s3(f"Reading {self._label(name)}"):
            return cast("Mapping[str, Any]", self._client.head_object(**self._key_arguments(name)))

    def _pages(self, prefix: str, **arguments: Any) -> Iterator[Page]:
        return s3_pages(self._client.list_objects_v2, self._bucket, prefix, **arguments)

    def stat(self, name: str) -> Stored | None:
        """An object; None for a folder.

        Raises:
            FileNotFoundError: There is neither.
            OmicsError: The bucket cannot be read.
        """
        try:
            head = self._head(name)
        except NotFound:
            if any(page.objects for page in self._pages(self._prefix(name), MaxKeys=1)):
                return None
            raise FileNotFoundError(2, "No such object", self._label(name)) from None
        modified: datetime | None = head.get("LastModified")
        return Stored(name, size_of(head), etag_of(head), None if modified is None else modified.timestamp())

    def contents(self, path: str) -> Iterator[Stored | str]:
        """List a folder: its objects, and the names of its folders.

        Raises:
            OmicsError: The bucket cannot be read.
        """
        prefix = self._prefix(path)
        for page in self._pages(prefix, Delimiter="/"):
            yield from (folder[len(prefix) : -1] for folder in page.folders)
            for entry in page.objects:
                # The placeholder of the folder itself, which consoles of S3 create.
                if entry.key != prefix:
                    yield Stored(entry.key[len(prefix) :], entry.size, entry.etag, entry.modified)

    def stored(self, base: str) -> Iterator[Stored]:
        """Every object below a folder, except the placeholders of folders, which have no data.

        Raises:
            OmicsError: The bucket cannot be read.
        """
        prefix = self._prefix(base)
        for page in self._pages(prefix):
            for entry in page.objects:
                name = entry.key[len(prefix) :]
                if entry.size or (name and not name.endswith("/")):
                    yield Stored(name, entry.size, entry.etag, entry.modified)

    def delete(self, name: str) -> None:
        """Remove an object; one that does not exist is no error.

        Raises:
            OmicsError: It cannot be removed.
        """
        if not self._key(name):
            raise ValueError("delete() needs the name of an object")
        with asking_s3(f"Removing {self._label(name)}"):
            self._client.delete_object(**self._key_arguments(name))

    def size(self, name: str) -> int:
        """Return an object's length in bytes.

        Raises:
            OmicsError: It does not exist (NotFound), or cannot be looked at.
        """
        return size_of(self._head(name))

    def url(self, name: str) -> str:
        """Where an object can be fetched; a signed address is a secret."""
        from urllib.parse import quote

        if self._domain:
            return f"https://{self._domain}/{quote(self._key(name))}"
        address = self._signed_url(name)
        # boto3 has no function for an address without a signature.
        return address if self._signed else address.partition("?")[0]

    def _signed_url(self, name: str) -> str:
        with asking_s3(f"Signing for {self._label(name)}"):
            return str(
                self._client.generate_presigned_url(
                    "get_object", Params=self._key_arguments(name), ExpiresIn=self._expires
                )
            )

    def fetch(
        self,
        base: str,
        files: Sequence[Stored],
        folder: Path,
        options: TransferOptions,
        failed: Failures | None = None,
    ) -> Mapping[str, Hashed]:
        """Download objects into a folder; equal existing files, by their ETag, are kept.

        Args:
            base: The folder in the storage.
            files: The files, as `stored` returned them.
            folder: The target folder.
            options: The options of the transfer.
            failed: Receives the errors of files; None to raise the first one.

        Returns:
            The MD5 and the state then of each downloaded file, by name.

        Raises:
            OmicsError: One cannot be downloaded; ChecksumMismatch if its ETag is the MD5 of other bytes.
        """
        # Compared by the ETag: to fetch an object only to compare it would cost as much as to replace it.
        presence = in_threads(lambda file: _is_there(folder / file.name, file), files, THREADS)
        missing = [file for file, is_present in zip(files, presence, strict=True) if not is_present]
        items = [Item(file.name, partial(self.location, joined(base, file.name)), file.size) for file in missing]
        report = TransferReport()
        if items:
            # The journal is not in the folder, whose content is all data of the dataset.
            with tempfile.TemporaryDirectory(prefix="omics-crunch-") as temporary:
                report = download(
                    items, folder, options=options, journal=Path(temporary) / "journal", route=self._route
                )
        if failed is None:
            raise_failure(report)
        else:
            failed |= {outcome.name: outcome.error for outcome in report.failed if outcome.error is not None}
        absent = {outcome.name for outcome in report.outcomes if not outcome.is_present}
        hashed = hash_files({file.name: folder / file.name for file in files if file.name not in absent})
        for file in missing:
            if file.name in hashed:
                try:
                    self._compare(joined(base, file.name), file, hashed[file.name].md5)
                except OmicsError as error:
                    (folder / file.name).unlink(missing_ok=True)  # of another object, as far as is known
                    if failed is None:
                        raise
                    failed[file.name] = error
                    del hashed[file.name]
        return hashed

    def _route(self, url: str) -> Network:
        """The client's own way (proxies, certificates), else that of the environment."""
        return S3Object(self._client, self._bucket, self._location or "-").route(url) or network(url)

    def location(self, name: str) -> Location:
        """Where an object is fetched from the bucket itself; a signed address is a secret.

        Raises:
            OmicsError: It cannot be signed.
        """
        return Location(self._signed_url(name))

    @property
    def has_own_way(self) -> bool:
        """Whether the client has custom proxies or certificates, so that other programs cannot use its addresses."""
        return S3Object(self._client, self._bucket, "-").route("https://-") is not None

    def _compare(self, name: str, file: Stored, md5: str) -> None:
        """Compare what was downloaded with an ETag that is an MD5; of encrypted objects it only looks like one."""
        reported = reported_checksums({"ETag": file.etag}, file.size or 0)
        etags = [checksum.value for checksum in reported if checksum.algorithm == "md5"]
        if not etags or etags[0] == md5:
            return
        head = self._head(name)
        if "SSECustomerAlgorithm" in head or str(head.get("ServerSideEncryption", "AES256")) != "AES256":
            return
        raise ChecksumMismatch(name, algorithm="md5", expected=etags[0], actual=md5)

    def send(
        self, base: str, files: Sequence[Sending], options: TransferOptions, failed: Failures | None = None
    ) -> Collection[str]:
        """Upload files below a folder of the storage, replacing those of the same names.

        Args:
            base: The folder.
            files: The files.
            options: The options of the transfer.
            failed: Receives the errors of files; None to raise the first one.

        Returns:
            The names of the files that were sent.

        Raises:
            SourceChanged: A file changed since it was hashed.
            OmicsError: One cannot be uploaded.
        """
        unchanged = _unchanged(files, failed)
        # Without a journal no later run could use the parts that a stopped one leaves.
        uploads = [self._upload(joined(base, file.name), file.path) for file in unchanged]
        report = upload(uploads, options=options, abort=True) if uploads else TransferReport()
        if failed is None:
            raise_failure(report)
        pairs = list(zip(unchanged, report.outcomes, strict=True))
        if failed is not None:
            failed |= {file.name: outcome.error for file, outcome in pairs if outcome.error is not None}
        # Again after they were sent: a file that is written to meanwhile was sent with bytes of both states.
        sent = _unchanged([file for file, outcome in pairs if outcome.is_present], failed)
        return [file.name for file in sent]

    def __repr__(self) -> str:
        return f"S3Storage({self._label('')!r})"


def _is_there(path: Path, file: Stored) -> bool:
    """Whether a file has the bytes of an object by its ETag, which cannot show that for encrypted objects and unusual
    parts.
    """
    try:
        status = path.lstat()
    except OSError:
        return False
    if not S_ISREG(status.st_mode) or status.st_size != file.size:
        return False
    reported = reported_checksums({"ETag": file.etag}, status.st_size)
    return any(digest_of(os.fspath(path), checksum, status.st_size) == checksum.value for checksum in reported)


class _Spooled(io.FileIO):
    """A file that is open for reading, whose folder is removed with it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._folder = path.parent

    def close(self) -> None:
        super().close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _unchanged(files: Iterable[Sending], failed: Failures | None) -> list[Sending]:
    """Return the files that are as they were hashed; an error of the others is raised, or collected."""
    unchanged: list[Sending] = []
    for file in files:
        try:
            file.check()
        except OmicsError as error:
            if failed is None:
                raise
            failed[file.name] = error
        else:
            unchanged.append(file)
    return unchanged
