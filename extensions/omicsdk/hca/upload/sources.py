"""What to upload: paths and s3:// addresses become files with names, or one error that names all that is wrong; and media types."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.core.logs import logger
from omicsdk.core.media_types import media_type_of
from omicsdk.hca.upload.areas import CannotUpload
from omicsdk.transfer.names import walk_folder
from omicsdk.transfer.s3.boto import s3_pages

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
    by_name: dict[str, list[str]] = {}
    for file in files:
        by_name.setdefault(file.name, []).append(file.path)
    for name, paths in by_name.items():
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
