"""DICOM archives over HTTP: instances listed with QIDO-RS, fetched with WADO-RS or WADO-URI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlencode

from omicsdk.core.credentials import Basic, BearerToken, Credentials, is_confidential
from omicsdk.core.errors import ConnectFailed, Interrupted, NotFound, OmicsError, TransferError
from omicsdk.core.lazy import require
from omicsdk.core.page_items import found_at, items_at
from omicsdk.core.plain_client import PlainClient, plain_request
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import only_objects
from omicsdk.dtp.storage.dicom import Instance, check_instance, instances
from omicsdk.transfer.disk import write_errors

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.retry import Retry
    from omicsdk.dtp.config import PacsConfig
    from omicsdk.dtp.storage.datasets import Dataset, FetchJob, Unlisted
    from omicsdk.dtp.storage.fetching import DatasetFolder
    from omicsdk.transfer import Item, Location, Outcome


#: Bytes in which the head of the part must end.
HEAD = 64 * 1024
#: Bytes that are searched for the end of the message.
TAIL = 1024
_MAGIC, _MAGIC_AT = b"DICM", 128


def unwrap(message: Path, part: Path, name: str) -> Path:
    """Take the only part out of a message.

    Args:
        message: The message's body. Where it is no message but a DICOM file, as some archives send, it is the part.
        part: The target of the part.
        name: The name of the file, for errors.

    Returns:
        The path of the part.

    Raises:
        TransferError: It is neither, or truncated.
        NotWritable: The part cannot be written.
        DiskFull: The disk is full.
    """
    with write_errors(str(part), name), message.open("rb") as source:
        head = source.read(HEAD)
        if head[_MAGIC_AT : _MAGIC_AT + 4] == _MAGIC and not head.startswith(b"--"):
            return message
        boundary, start = _begin(head, name)
        end = _end(source, start, boundary, name)
        source.seek(start)
        with part.open("wb") as target:
            shutil.copyfileobj(source, target)
            target.truncate(end - start)
    return part


def _begin(head: bytes, name: str) -> tuple[bytes, int]:
    """The boundary, and where the part's bytes begin."""
    at = 0 if head.startswith(b"--") else head.find(b"\r\n--") + 2
    line_end = head.find(b"\r\n", at)
    body = head.find(b"\r\n\r\n", line_end)
    if head[at : at + 2] != b"--" or body < 0:
        raise _broken(name, "it has no part")
    return head[at:line_end].rstrip(b" \t"), body + 4


def _end(source: BinaryIO, start: int, boundary: bytes, name: str) -> int:
    """Where the part's bytes end."""
    length = source.seek(0, os.SEEK_END)
    begin = max(start, length - TAIL - len(boundary))
    source.seek(begin)
    last = source.read().rfind(b"\r\n" + boundary + b"--")
    if last < 0:
        raise _broken(name, "its end is missing")
    return begin + last


def _broken(name: str, why: str) -> TransferError:
    return TransferError(
        f"{name}: the archive sent an incomplete message: {why}",
        name=name,
        remedy="Try again. If it fails again, the archive does not offer DICOMweb at this URL.",
    )


#: Results that are requested at once: the most that Azure's archive accepts, which refuses a larger number.
PAGE = 200
#: Instances that are fetched before they get their names.
BATCH = 200
#: Failures in succession that end a file.
RETRIES = 4
_SERIES, _INSTANCE, _CLASS = "0020000E", "00080018", "00080016"
_ACCEPT = 'multipart/related; type="application/dicom"; transfer-syntax=*'


class DicomWebStore:
    """Data sets in a DICOM archive that speaks HTTP, each subject a study.

    Args:
        config: The archive: the root of DICOMweb, and the login. With a URL of WADO-URI instances are fetched there as plain
            files, which can be resumed in the middle; without one with WADO-RS.
        connections: Files at once, at most.
        retry: When and how often a query is retried.
        transport: Replaces the network for queries, for tests.

    Raises:
        MissingExtra: pydicom is not installed.
    """

    by_subject: bool = True

    def __init__(
        self,
        config: PacsConfig,
        *,
        connections: int = 8,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        require("pydicom", "dtp", "DICOM files")
        self._root = config.dicomweb.rstrip("/")
        self._wado_uri = config.wado_uri
        self._connections = connections
        self._credentials = _login(config)
        self._client = PlainClient(self._root, credentials=self._credentials, retry=retry, transport=transport)
        self.title = f"DICOMweb at {self._root}"

    def files(self, dataset: Dataset) -> Iterator[Instance | Unlisted]:
        """List the instances of a data set's subjects; see `DataStore.files`. An archive states no sizes or checksums."""
        try:
            yield from instances(dataset.subjects, self._series_of, self._instances_of)
        except ConnectFailed as error:
            error.remedy = "Check pacs_dicomweb in the settings, and that the archive is running."
            raise

    def fetch(self, job: FetchJob[Instance]) -> None:
        """Fetch instances; see `DataStore.fetch`."""
        from omicsdk.transfer import download

        for start in range(0, len(job.files), BATCH):
            batch = job.files[start : start + BATCH]
            if job.stop.is_set():
                return
            items = [self._item(file) for file in batch]
            report = download(items, job.folder.partial / "http", connections=self._connections, stop=job.stop)
            for file, outcome in zip(batch, report.outcomes, strict=True):
                job.report(file, self._completed(file, outcome, job.folder))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _completed(self, file: Instance, outcome: Outcome, folder: DatasetFolder) -> Outcome | OmicsError:
        if outcome.state == "stopped":
            return Interrupted(f"{file.name} was stopped", name=file.name)
        if outcome.error is not None:
            return outcome.error
        received = folder.partial / "http" / file.sop
        try:
            part = received if self._wado_uri else unwrap(received, folder.part(file.sop), file.name)
            return folder.complete(
                file,
                part,
                verified=check_instance(part, file),
                fetched=outcome.bytes_fetched,
                resumed=outcome.bytes_kept,
                attempts=outcome.attempts,
            )
        except OmicsError as error:
            return error
        finally:
            received.unlink(missing_ok=True)

    def _item(self, file: Instance) -> Item:
        from omicsdk.transfer import Item

        # requested again only where a login may be renewed: a refusal does not change otherwise
        renew = None if self._credentials is None else lambda: self._location(file)
        return Item(file.sop, self._location(file), label=file.name, retries=RETRIES, renew=renew)

    def _location(self, file: Instance) -> Location:
        from omicsdk.transfer import Location

        if self._wado_uri:
            query = {"requestType": "WADO", "studyUID": file.study, "seriesUID": file.series, "objectUID": file.sop}
            mark = "&" if "?" in self._wado_uri else "?"
            # with its slash unquoted: Orthanc's plugin does not accept %2F
            url = f"{self._wado_uri}{mark}{urlencode(query)}&contentType=application/dicom"
            headers: dict[str, str] = {}
        else:
            url = f"{self._root}/studies/{file.study}/series/{file.series}/instances/{file.sop}"
            headers = {"Accept": _ACCEPT}
        if self._credentials is not None and is_confidential(url) and self._credentials.goes_to(url):
            headers.update(self._credentials.headers("GET", url))
        return Location(url, headers)

    def _series_of(self, study: str) -> Iterator[str]:
        return (_text(row, _SERIES) for row in self._entries(f"/studies/{study}/series", _SERIES))

    def _instances_of(self, study: str, series: str) -> Iterator[tuple[str, str]]:
        for instance in self._entries(f"/studies/{study}/series/{series}/instances", _INSTANCE):
            yield _text(instance, _INSTANCE), _text(instance, _CLASS)

    def _entries(self, path: str, key: str) -> Iterator[Mapping[str, Any]]:
        """The results of a query, page by page; also of servers without pages, which return all at once."""
        seen = set[str]()
        while True:
            query = (("limit", str(PAGE)), ("offset", str(len(seen))))
            try:
                response = self._client.send(plain_request("QIDO-RS", "GET", path, query=query))
            except NotFound:
                return
            if response.status_code == 204:  # nothing matches (DICOM PS3.18, 10.6.3); with 200 its list is required
                return
            rows = items_at(json_of(response), "", "QIDO-RS")
            new = [row for row in only_objects(rows) if _text(row, key) not in seen]
            for entry in new:
                seen.add(_text(entry, key))
                yield entry
            if not new:  # a short page need not be the last: archives limit the length of pages
                return


def _login(config: PacsConfig) -> Credentials | None:
    if config.token:
        return BearerToken(config.token, remedy="Set pacs_token to a new one.")
    return Basic(config.user, config.password) if config.user else None


def _text(row: Mapping[str, Any], tag: str) -> str:
    """The first value of an element of DICOM's JSON."""
    value = found_at(row, f"{tag}.Value.0")
    return "" if value is None else str(value)
