"""DICOM archives over HTTP: instances listed with QIDO-RS, fetched with WADO-RS or WADO-URI."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlencode

from omicsdk.core.answer import json_of
from omicsdk.core.client import PlainClient, plain_request
from omicsdk.core.credentials import Basic, BearerToken, Credentials, is_confidential
from omicsdk.core.errors import (
    APIError,
    AuthError,
    ConfigError,
    ConnectFailed,
    Interrupted,
    NotFound,
    OmicsError,
    TransferError,
)
from omicsdk.core.paging import items_at
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.dtp.storage.associations import no_study
from omicsdk.dtp.storage.datasets import Case, Unlisted
from omicsdk.dtp.storage.dicom_file import Instance, check_instance, instance_of, is_uid, needs_pydicom
from omicsdk.transfer.writing import write_error

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout
    from omicsdk.dtp.config import PacsConfig
    from omicsdk.dtp.storage.datasets import Dataset, Landed
    from omicsdk.dtp.storage.fetching import Landing
    from omicsdk.transfer import Item, Location, Outcome


#: Bytes in which the head of the part must end.
HEAD = 64 * 1024
#: Bytes in which the end of the message is looked for.
TAIL = 1024
#: Bytes that are copied at once.
PIECE = 1024 * 1024
_MAGIC, _MAGIC_AT = b"DICM", 128


def unwrap(message: Path, part: Path, name: str) -> Path:
    """Takes the only part out of a message.

    Args:
        message: The message's body. Where it is no message but a DICOM file, as some archives send, it is the part.
        part: Where to put the part.
        name: The file that it is, for errors.

    Returns:
        Where the part is.

    Raises:
        TransferError: It is neither, or has no end.
        NotWritable: The part can't be written.
        DiskFull: There is no room.
    """
    try:
        with message.open("rb") as source:
            head = source.read(HEAD)
            if head[_MAGIC_AT : _MAGIC_AT + 4] == _MAGIC and not head.startswith(b"--"):
                return message
            boundary, start = _begin(head, name)
            end = _end(source, start, boundary, name)
            source.seek(start)
            with part.open("wb") as target:
                _copy(source, target, end - start)
    except OSError as error:
        raise write_error(error, str(part), name) from error
    return part


def _begin(head: bytes, name: str) -> tuple[bytes, int]:
    """The boundary, and where the part's bytes begin."""
    at = 0 if head.startswith(b"--") else head.find(b"\r\n--") + 2
    line_end = head.find(b"\r\n", at)
    body = head.find(b"\r\n\r\n", line_end)
    if head[at : at + 2] != b"--" or line_end < 0 or body < 0:
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


def _copy(source: BinaryIO, target: BinaryIO, length: int) -> None:
    while length:
        piece = source.read(min(PIECE, length))
        if not piece:
            return
        target.write(piece)
        length -= len(piece)


def _broken(name: str, why: str) -> TransferError:
    return TransferError(
        f"{name}: what the archive sent is no whole message with an instance: {why}",
        name=name,
        remedy="Try again; if it stays, the archive doesn't speak DICOMweb at this address.",
    )


#: Results that are asked for at once.
PAGE = 1000
#: Instances that are fetched before they get their names.
BATCH = 200
#: How many failures in a row end a file.
RETRIES = 4
_SERIES, _INSTANCE, _CLASS = "0020000E", "00080018", "00080016"
_ACCEPT = 'multipart/related; type="application/dicom"; transfer-syntax=*'


class DicomWebStore:
    """Data sets in a DICOM archive that speaks HTTP, each subject a study.

    Args:
        config: The archive: the root of DICOMweb, and the login. With a URL of WADO-URI instances are fetched there as plain
            files, which can be gone on with in the middle; without one with WADO-RS.
        credentials: Who asks, in place of the login of the settings.
        connections: How many files are fetched at once, at most.
        timeout: Seconds for each step of a query, or a Timeout.
        retry: When and how often a query is tried again.
        transport: Takes the place of the network for queries, for tests.

    Raises:
        MissingExtra: pydicom isn't installed.
    """

    def __init__(
        self,
        config: PacsConfig,
        *,
        credentials: Credentials | None = None,
        connections: int = 8,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        needs_pydicom()
        self._root = config.dicomweb.rstrip("/")
        self._wado_uri = config.wado_uri
        self._connections = connections
        if credentials is None:
            credentials = _login(config)
        self._credentials = credentials
        options: dict[str, Any] = {"timeout": timeout, "retry": retry, "transport": transport}
        given = {name: value for name, value in options.items() if value is not None}
        self._client = PlainClient(self._root, credentials=credentials, **given)

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"DICOMweb at {self._root}"

    @property
    def by_subject(self) -> bool:
        """Whether files are found by a data set's subjects, whom only a commons knows."""
        return True

    def files(self, dataset: Dataset) -> Iterator[Instance | Unlisted]:
        """Lists the instances of a data set's subjects; see `DataStore.files`. An archive states no sizes or checksums."""
        for case in dataset.cases:
            if not is_uid(case.study):
                yield no_study(case)
                continue
            try:
                found = list(self._of_case(case))
            except (AuthError, ConfigError):
                raise
            except ConnectFailed as error:
                error.remedy = "Check pacs_dicomweb in the settings, and that the archive is up."
                raise
            except APIError as error:
                yield Unlisted(f"primary/{case.folder}", error)
                continue
            yield from found or [no_study(case)]

    def fetch(
        self,
        files: Sequence[Instance],
        landing: Landing,
        tell: Callable[[Instance, Landed | OmicsError], None],
        stop: threading.Event,
    ) -> None:
        """Fetches instances; see `DataStore.fetch`."""
        from omicsdk.transfer import download

        folder = landing.aside / "http"
        for start in range(0, len(files), BATCH):
            batch = files[start : start + BATCH]
            if stop.is_set():
                return
            items = [self._item(each) for each in batch]
            report = download(items, folder, connections=self._connections, stop=stop)
            for file, outcome in zip(batch, report.outcomes, strict=True):
                result = self._placed(file, outcome, landing)
                if not isinstance(result, Interrupted):
                    tell(file, result)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _placed(self, file: Instance, outcome: Outcome, landing: Landing) -> Landed | OmicsError:
        if outcome.state == "stopped":
            return Interrupted(f"{file.name} was stopped", name=file.name)
        if outcome.error is not None:
            return outcome.error
        came = landing.aside / "http" / file.sop
        try:
            part = came if self._wado_uri else unwrap(came, landing.part(file.sop), file.name)
            verified = check_instance(part, file)
            return landing.land(
                file,
                part,
                verified=verified,
                fetched=outcome.bytes_fetched,
                kept=outcome.bytes_kept,
                attempts=outcome.attempts,
            )
        except OmicsError as error:
            return error
        finally:
            came.unlink(missing_ok=True)

    def _item(self, file: Instance) -> Item:
        from omicsdk.transfer import Item

        # asked again only where a login may be renewed: else what is refused stays refused
        renew = None if self._credentials is None else lambda: self._location(file)
        return Item(file.sop, self._location(file), label=file.name, retries=RETRIES, renew=renew)

    def _location(self, file: Instance) -> Location:
        from omicsdk.transfer import Location

        if self._wado_uri:
            wanted = {"requestType": "WADO", "studyUID": file.study, "seriesUID": file.series, "objectUID": file.sop}
            mark = "&" if "?" in self._wado_uri else "?"
            # its slash as it is: Orthanc's plugin doesn't take %2F for one
            url = f"{self._wado_uri}{mark}{urlencode(wanted)}&contentType=application/dicom"
            headers: dict[str, str] = {}
        else:
            url = f"{self._root}/studies/{file.study}/series/{file.series}/instances/{file.sop}"
            headers = {"Accept": _ACCEPT}
        if self._credentials is not None and is_confidential(url) and self._credentials.goes_to(url):
            headers.update(self._credentials.headers("GET", url))
        return Location(url, headers)

    def _of_case(self, case: Case) -> Iterator[Instance | Unlisted]:
        for series in self._listed(f"/studies/{case.study}/series", _SERIES):
            uid = _text(series, _SERIES)
            found = (
                self._listed(f"/studies/{case.study}/series/{uid}/instances", _INSTANCE) if is_uid(uid) else [series]
            )
            for each in found:
                try:
                    yield instance_of(case, uid, _text(each, _INSTANCE), _text(each, _CLASS))
                except OmicsError as error:
                    yield Unlisted(f"primary/{case.folder}", error)

    def _listed(self, path: str, key: str) -> Iterator[Mapping[str, Any]]:
        """The results of a query, page by page; also of servers that don't know pages and give all at once."""
        seen = set[str]()
        while True:
            query = (("limit", str(PAGE)), ("offset", str(len(seen))))
            try:
                answer = self._client.send(plain_request("QIDO-RS", "GET", path, query=query))
                page = json_of(answer)
            except NotFound:
                return
            listed = (
                [] if page is None else items_at(page, "", "QIDO-RS")
            )  # 204: nothing matches (DICOM PS3.18, 10.6.3)
            new = [each for each in listed if is_object(each) and _text(each, key) not in seen]
            for each in new:
                seen.add(_text(each, key))
                yield each
            if not new:  # a short page needn't be the last: archives have longest pages of their own
                return


def _login(config: PacsConfig) -> Credentials | None:
    if config.token:
        return BearerToken(config.token, remedy="Set pacs_token to a new one.")
    return Basic(config.user, config.password) if config.user else None


def _text(found: Mapping[str, Any], tag: str) -> str:
    """The first value of an element of DICOM's JSON."""
    element = found.get(tag)
    values = element.get("Value") if is_object(element) else None
    return str(values[0]) if is_array(values) and values else ""
