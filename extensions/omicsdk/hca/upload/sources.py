"""What to upload: paths and s3:// addresses become files with names, or one error that names all that is wrong; media types; and
objects of other buckets, which S3 itself copies into an area: no byte of them comes here.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from omicsdk.core.batches import grouped
from omicsdk.core.checksums import MIB, etag_part_size
from omicsdk.core.clock import never
from omicsdk.core.errors import ChecksumMismatch, Interrupted, OmicsError, UsageError
from omicsdk.core.logs import logger
from omicsdk.core.media_types import media_type_of
from omicsdk.core.threads import in_threads
from omicsdk.hca.upload.areas import CannotUpload
from omicsdk.hca.upload.storage import ACL, CHECKSUM_KEY, AreaStorage
from omicsdk.transfer.names import walk_folder
from omicsdk.transfer.reports.report import Verification
from omicsdk.transfer.s3.boto import asking_s3, s3_pages, upload_id_of

#: Names that have another meaning where the service is notified of a file: POST /area/UUID/credentials requests keys.
RESERVED = frozenset({"credentials", "checksums", "validations", "validate", "files_info"})


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file of this machine.

    Attributes:
        path: Where it is, as it was given or found.
        name: Its name in the area.
        size: Its length in bytes.
    """

    path: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class S3File:
    """An object of another bucket, which is copied without coming here.

    Attributes:
        path: Its address, s3://BUCKET/KEY.
        bucket: Its bucket.
        key: Its key.
        name: Its name in the area.
        size: Its length in bytes.
        etag: Its ETag, without quotes: what is copied must be what was listed.
    """

    path: str
    bucket: str
    key: str
    name: str
    size: int
    etag: str


SourceFile = LocalFile | S3File


def chosen(
    paths: Iterable[str | os.PathLike[str]] | os.PathLike[str],
    *,
    target_filename: str | None = None,
    file_extension: str | None = None,
    s3: Callable[[], Any],
) -> list[SourceFile]:
    """Find the files that paths name.

    Args:
        paths: Files, folders (all files in them and below, but for linked folders), and s3:// addresses: an object, or
            the beginning of several keys. A single one may be given without a list.
        target_filename: The name of a single file; by default its own name without folders.
        file_extension: How names in folders must end; by default they may be any.
        s3: Returns a boto3 client with the user's own credentials, for s3:// addresses.

    Returns:
        The files, in the order of the paths, those of a folder by name.

    Raises:
        CannotUpload: Something does not exist, cannot be read or has a duplicate name; the message lists all of it.
    """
    paths_given = [os.fspath(path) for path in ([paths] if isinstance(paths, str | os.PathLike) else paths)]
    problems: list[str] = []
    files: list[SourceFile] = []
    if not paths_given:
        problems.append("no path was given")
    single = len(paths_given) == 1 and not Path(paths_given[0]).is_dir()
    if target_filename is not None and not single:
        problems.append("--target-filename option may only be used when one file is being uploaded")
    if file_extension is not None and not all(Path(path).is_dir() for path in paths_given):
        problems.append("--file-extension can only be used when paths targeted for upload are directories")
    if problems:
        raise CannotUpload(problems)
    for path in paths_given:
        problems_before = len(problems)
        sources = _matching_files(path, file_extension, s3, problems)
        if not sources and len(problems) == problems_before:
            ending = f" whose names end in {file_extension}" if file_extension is not None else ""
            problems.append(f"{path} contains no files{ending}")
        files += sources
    if target_filename is not None and len(files) == 1:
        files = [replace(files[0], name=target_filename)]
    elif target_filename is not None and files:
        problems.append(f"{paths_given[0]} names {len(files)} objects, and --target-filename one")
    files = _each_once(files)
    problems += _wrong_names(files)
    if problems:
        raise CannotUpload(problems)
    return files


def _matching_files(path: str, ending: str | None, s3: Callable[[], Any], problems: list[str]) -> list[SourceFile]:
    if path.startswith("s3://"):
        try:
            return list(_objects(path, s3()))
        except OmicsError as error:
            problems.append(str(error))
            return []
    if Path(path).is_dir():
        return list(_below(path, ending or "", problems))
    file = _local(path, problems)
    return [] if file is None else [file]


def _below(folder: str, ending: str, problems: list[str]) -> Iterator[LocalFile]:
    def unreadable(error: OSError) -> None:
        problems.append(f"{error.filename} cannot be read: {error.strerror}")

    for parent, names in walk_folder(folder, unreadable):
        for name in names:
            if name.endswith(ending):
                file = _local(str(parent / name), problems)
                if file is not None:
                    yield file


def _local(path: str, problems: list[str]) -> LocalFile | None:
    """A file; None if it cannot be uploaded, and the reason is added to the problems."""
    file = Path(path)
    try:
        status = file.stat()
    except OSError as error:
        dangling = file.is_symlink() and isinstance(error, FileNotFoundError)
        problems.append(f"{path} is a broken link" if dangling else f"{path} cannot be uploaded: {error.strerror}")
        return None
    if not stat.S_ISREG(status.st_mode):
        problems.append(f"{path} is not a regular file")
        return None
    try:
        file.open("rb").close()  # permissions reported by the system beforehand are not always right
    except OSError as error:
        problems.append(f"{path} cannot be read: {error.strerror}")
        return None
    return LocalFile(path, file.name, status.st_size)


def _objects(address: str, client: Any) -> Iterator[S3File]:
    """The object of that key alone, else those whose keys begin so."""
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    if not bucket:
        raise UsageError(f"{address} names no bucket", remedy="")
    entries = [entry for page in s3_pages(client.list_objects_v2, bucket, prefix) for entry in page.objects]
    exact = [entry for entry in entries if entry.key == prefix and not prefix.endswith("/")]
    for key, size, _, etag, _ in exact or entries:
        if size or not key.endswith("/"):  # without data, it is the placeholder of a folder in bucket browsers
            yield S3File(f"s3://{bucket}/{key}", bucket, key, key.rpartition("/")[2], size, etag)


def _each_once(files: Sequence[SourceFile]) -> list[SourceFile]:
    """Remove files that were given twice, directly or with their folders."""
    seen: dict[tuple[str, str], SourceFile] = {}
    for file in files:
        where = str(Path(file.path).resolve()) if isinstance(file, LocalFile) else file.path
        seen.setdefault((where, file.name), file)
    return list(seen.values())


def _wrong_names(files: Sequence[SourceFile]) -> Iterator[str]:
    for name, paths in grouped((file.name, file.path) for file in files).items():
        if len(paths) > 1:
            yield f"{', '.join(paths)} would all be called {name}: an area has no folders, and the last would replace the others"
        if name in RESERVED:
            yield f"{paths[0]}: the service cannot be notified of a file called {name}; give it another name"
        if not name.isprintable() or not all(part not in ("", ".", "..") for part in name.split("/")):
            yield f"{paths[0]}: {name!r} cannot be a name in an upload area"


# -- media types: from a file's first bytes, else from its name

#: Signatures that puremagic trusts less than this are of two bytes, or of the name alone: a table may begin with "BM".
LEAST_CONFIDENCE = 0.3
#: What is sent for files of which nothing is known.
UNKNOWN = "application/octet-stream"
#: The same for objects that are copied from S3, of which only the name is examined.
UNKNOWN_COPY = "application/data"

#: Types that have a new name today, or are more specific than the bytes can show.
_TODAY = {"application/x-gzip": "application/gzip", "application/x-ipynb+json": "application/json"}
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, section 5.6.2
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)

_log = logger("omicsdk.hca.upload")


def type_of_file(path: str) -> str:
    """Return the media type of a local file.

    Args:
        path: The file.

    Returns:
        The type that its bytes prove; else that of its name; else `application/octet-stream`.
    """
    return _sniffed(path) or media_type_of(path) or UNKNOWN


def content_type(media_type: str, dcp_type: str = "data") -> str:
    """Write a media type with the parameter that the Upload service wants.

    Args:
        media_type: Such as `application/gzip`.
        dcp_type: Such as `data`; what is not a token is quoted.
    """
    if not dcp_type:
        return media_type
    quoted = dcp_type if _TOKEN.fullmatch(dcp_type) else '"' + re.sub(r'(["\\])', r"\\\1", dcp_type) + '"'
    return f"{media_type}; dcp-type={quoted}"


def _sniffed(path: str) -> str | None:
    import puremagic

    try:
        matches = puremagic.magic_file(path)
    except Exception as error:  # an empty file, one that cannot be read, or one that a parser in there stumbles over
        _log.debug("%s: its type cannot be detected by its bytes: %s", path, error)
        return None
    for match in matches:
        # puremagic 2 adds guesses from the whole text, without a signature: FASTQ as text/plain, TSV as text/csv. The name is a better
        # guess than these, and the response does not depend on the release. Some entries have a phrase in the type's place.
        signed = bool(match.byte_match) and match.confidence >= LEAST_CONFIDENCE
        if signed and _TYPE.fullmatch(match.mime_type):
            return _TODAY.get(match.mime_type, match.mime_type)
    return None


#: Maximum bytes that S3 copies in one request: https://docs.aws.amazon.com/AmazonS3/latest/userguide/copy-object.html
LARGEST_COPY = 5 * 1024 * MIB
#: Parts of one object that are copied at once.
PARTS_AT_ONCE = 16

_CRC32C = re.compile(r"[0-9a-fA-F]{8}")
_MD5 = re.compile(r"[0-9a-f]{32}")


def known_checksum(source: S3File, s3: Any) -> str:
    """Return the CRC32C that an object's own metadata state, as the platform's do; "" when they state none.

    Args:
        source: The object.
        s3: A boto3 client with the user's own credentials.
    """
    try:
        with asking_s3(f"Reading {source.path}"):
            metadata: Mapping[str, str] = s3.head_object(Bucket=source.bucket, Key=source.key).get("Metadata", {})
    except OmicsError:
        return ""  # a user who may list and copy an object may not be allowed to read its metadata
    checksum = metadata.get(CHECKSUM_KEY) or metadata.get("hca-dss-crc32c") or ""
    return checksum.lower() if _CRC32C.fullmatch(checksum) else ""


def copy(
    storage: AreaStorage,
    source: S3File,
    content_type: str,
    *,
    crc32c: str = "",
    stopped: Callable[[], bool] = never,
    copied: Callable[[int], None] = lambda _: None,
    largest: int = LARGEST_COPY,
) -> Verification:
    """Copy one object, in the listed version only.

    Args:
        storage: The target.
        source: The object.
        content_type: The media type that the copy gets; its metadata are not taken over.
        crc32c: Its checksum, where it is known.
        stopped: Returns whether to stop; copies in progress are aborted.
        copied: Called with the number of bytes that were copied, from any thread.
        largest: The largest object in bytes that is copied in one request.

    Returns:
        What the copy was compared with its source by.

    Raises:
        Interrupted: It was stopped.
        ChecksumMismatch: The copy is not what the source was.
        OmicsError: S3 refused.
    """
    metadata = {CHECKSUM_KEY: crc32c} if crc32c else {}
    attributes: dict[str, Any] = {"ContentType": content_type, "ACL": ACL, "Metadata": metadata}
    target = {"Bucket": storage.bucket, "Key": storage.key(source.name)}
    origin = {"CopySource": {"Bucket": source.bucket, "Key": source.key}, "CopySourceIfMatch": source.etag}
    if stopped():
        raise _interrupted(source)
    if source.size <= largest:
        storage.call("copy_object", **target, **origin, **attributes, MetadataDirective="REPLACE")
        copied(source.size)
    else:
        _in_parts(storage, source, target, origin, attributes, stopped, copied)
    return _verify(storage, source)


def _in_parts(
    storage: AreaStorage,
    source: S3File,
    target: Mapping[str, str],
    origin: Mapping[str, Any],
    attributes: Mapping[str, Any],
    stopped: Callable[[], bool],
    copied: Callable[[int], None],
) -> None:
    size = etag_part_size(source.size)
    upload = upload_id_of(storage.call("create_multipart_upload", **target, **attributes))

    def part(number: int) -> dict[str, Any]:
        if stopped():
            raise _interrupted(source)
        first = (number - 1) * size
        last = min(first + size, source.size) - 1
        response = storage.call(
            "upload_part_copy",
            **target,
            **origin,
            UploadId=upload,
            PartNumber=number,
            CopySourceRange=f"bytes={first}-{last}",
        )
        copied(last + 1 - first)
        return {"PartNumber": number, "ETag": response.get("CopyPartResult", {}).get("ETag", "")}

    try:
        # Parts in progress are waited for: a part that is copied after the upload was aborted would remain.
        parts = in_threads(part, range(1, -(-source.size // size) + 1), PARTS_AT_ONCE, "omicsdk-copy-part")
        storage.call("complete_multipart_upload", **target, UploadId=upload, MultipartUpload={"Parts": parts})
    except BaseException:
        try:
            storage.call("abort_multipart_upload", **target, UploadId=upload)
        except OmicsError as error:  # the original error is raised
            _log.warning("%s: cannot abort its copy, so parts of it remain: %s", source.path, error)
        raise


def _verify(storage: AreaStorage, source: S3File) -> Verification:
    """Compare the copy with its source: its length, and the ETag if both are MD5s of the whole."""
    stored = storage.find(source.name)
    if stored is None:
        return "unverified"  # keys that may write but not look
    if stored.size != source.size:
        raise ChecksumMismatch(source.path, algorithm="size", expected=str(source.size), actual=str(stored.size))
    if _MD5.fullmatch(stored.etag) and _MD5.fullmatch(source.etag) and stored.etag != source.etag:
        encrypted = storage.call("head_object", Bucket=storage.bucket, Key=storage.key(source.name))
        if not str(encrypted.get("ServerSideEncryption", "")).startswith("aws:"):
            raise ChecksumMismatch(source.path, algorithm="etag", expected=source.etag, actual=stored.etag)
    # Copies of the same parts have the same ETag, too.
    return "verified" if stored.etag and stored.etag == source.etag else "size only"


def _interrupted(source: S3File) -> Interrupted:
    return Interrupted(f"{source.path}: copying was stopped", name=source.path)
