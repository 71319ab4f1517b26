"""Downloads: handles of files, and streams of their bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from omicsdk.compat.sevenbridges._arguments import path_of
from omicsdk.compat.sevenbridges.enums import STREAMED, PartSize, RequestParameters, TransferState
from omicsdk.compat.sevenbridges.errors import LocalFileAlreadyExists, SbgError, as_ours
from omicsdk.compat.sevenbridges.meta.resource import identifier
from omicsdk.compat.sevenbridges.transfer.handle import Handle, check_part_size, retrying
from omicsdk.core.files import put_in_place
from omicsdk.sb import downloads
from omicsdk.transfer import Item, Location, download
from omicsdk.transfer.journal import journal_for, remove_journal

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, File
    from omicsdk.transfer import TransferReport


class Download(Handle):
    """Download of a file; see `Handle` for controls and states.

    The file appears under its path when it is complete: its size, and the checksums that its metadata state, are verified. A
    stopped or failed one is kept beside it, and the same download resumes there.

    Args:
        url: A presigned URL, if there is no `file`: it cannot be requested again when it expires.
        file_path: The target.
        part_size: Size of the parts in which progress is reported, in bytes; at least 5 MiB, the default. The engine
            decides itself how much it requests at once.
        retry_count: How many failures in a row end it; each piece that arrives wins one back. 6 by default, 0 for none.
        timeout: Seconds to wait for a silent server, 300 by default.
        file: The file.
        overwrite: Whether to replace an existing file, which is kept until the new one is complete; else it is a
            LocalFileAlreadyExists.
        checksums: What the bytes are verified against, from algorithm to value, in place of what the metadata state; an
            empty one for the size alone.
    """

    def __init__(
        self,
        url: str | None = None,
        file_path: str | os.PathLike[str] = "",
        part_size: int | None = PartSize.DOWNLOAD_MINIMUM_PART_SIZE,
        retry_count: int | None = RequestParameters.DEFAULT_RETRY_COUNT,
        timeout: float | None = RequestParameters.DEFAULT_TIMEOUT,
        api: Api | None = None,
        *,
        file: File | None = None,
        overwrite: bool = True,
        checksums: Mapping[str, str] | None = None,
    ) -> None:
        least = PartSize.DOWNLOAD_MINIMUM_PART_SIZE
        size = check_part_size(part_size, least, least)
        if not url and file is None:
            raise SbgError("Nothing to download", remedy="Pass file, or url.")
        api = api or (file.api_or_none if file is not None else None)
        super().__init__(api, "download", size, retry_count, timeout)
        self._path = path_of("file_path", file_path)
        if Path(self._path).is_dir():
            raise SbgError(f"{self._path} is not the path of a file", remedy="Pass the complete path of the file.")
        if not overwrite and os.path.lexists(self._path):
            raise LocalFileAlreadyExists(message=self._path)
        self._url, self._file, self._checksums = url, file, checksums

    @property
    def path(self) -> str:
        """Path of the downloaded file."""
        return self._path

    @property
    def url(self) -> str:
        """The presigned URL, which is a secret; asked for where the file is known and the URL was not given."""
        return self._url or ("" if self._file is None else self._file.download_info().url)

    def result(self) -> str | None:
        """The file's path; None before it is complete, or if it was stopped. An SbgError if it has failed."""
        if self._failure is not None:
            raise self._failure
        return self._path if self.status == TransferState.COMPLETED else None

    def _move(self, connections: int) -> TransferReport:
        final = Path(self._path).absolute()
        is_there = os.path.lexists(final)
        # As the published client does: the existing file stays until the new one is complete.
        fetched = final.with_name(_beside(final.name)) if is_there else final
        item, origin = self._item(fetched.name, final.name)
        journal = journal_for("sb/downloads", self._api.url, origin, str(fetched))
        report = download([item], final.parent, journal=journal, **self._settings(connections))
        if report.ok:
            if is_there:
                put_in_place(fetched, final)
            self._file_size = report.outcomes[0].size or 0
            remove_journal(journal)
        return report

    def _item(self, name: str, title: str) -> tuple[Item, str]:
        """Return the item to fetch, with its identity."""
        if self._file is None:
            url, checksums = self._url or "", self._checksums or {}
            item = Item(name, Location(url), None, checksums, title, self._retries)
            # The query has the signature, which differs in the next presigned URL of the same file: the journal
            # is found without it.
            return item, url.partition("?")[0]
        file_id, size, stored_checksums = _facts_of(self._file)
        checksums = stored_checksums if self._checksums is None else self._checksums
        self._file_size = size or 0
        locate = downloads.locator(self._api.platform, file_id)
        return Item(name, locate, size, checksums, title, self._retries), file_id


def _beside(title: str) -> str:
    """The name under which a file is fetched that takes another one's place; no longer than file systems take."""
    # 40 characters are at most 160 bytes of UTF-8; file systems take names of 255.
    return f".{title[:40]}.{hashlib.blake2b(os.fsencode(title), digest_size=4).hexdigest()}.new"


def stream(file: File, part_size: int = STREAMED, retry_count: int | None = None) -> Generator[bytes]:
    """Yield a file's bytes as they arrive, `part_size` at a time, over one connection; only the length is verified.

    It is resumed where it stopped; `retry_count` failures without a byte in between end it, by default 6.
    """
    size, (retries, _) = check_part_size(part_size, STREAMED, 1), retrying(retry_count, None)
    api, file_id = file.api, identifier(file)

    # A generator of its own: invalid arguments are errors of the call, not of the first `next`.
    def chunks() -> Generator[bytes]:
        with as_ours():
            yield from downloads.stream(api.platform, file_id, size, retries, api.timeout)

    return chunks()


def _facts_of(file: File) -> tuple[str, int | None, Mapping[str, str]]:
    """A file's id, size and checksums; missing values are requested once."""
    if str(file.look_up("type") or "").lower() == "folder":
        raise SbgError(f"{file!r} is a folder", remedy="Use api.platform.download for folders.")
    size = file.look_up("size")
    origin = file.look_up("origin")
    task = cast("Mapping[str, object]", origin).get("task") if isinstance(origin, Mapping) else None
    stored_checksums = downloads.checksums_in(file.look_up("metadata"), task)
    return identifier(file), size if isinstance(size, int) else None, stored_checksums
