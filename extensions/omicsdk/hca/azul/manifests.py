"""Manifests: lists of files that Azul writes on request, and reading them and those of the Data Store."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from omicsdk.core.checked_json import check_fields
from omicsdk.core.clock import stoppable
from omicsdk.core.curl_files import curl_downloads, curl_operations, is_curl_config
from omicsdk.core.errors import APIError, DecodeError, Gone, Interrupted, UsageError
from omicsdk.core.omit import OMIT
from omicsdk.core.platform import settings_of
from omicsdk.core.redaction import url_parts
from omicsdk.core.tables import LONGEST_LINE, file_lines, file_rows, is_header
from omicsdk.hca.azul.client import Azul
from omicsdk.hca.azul.files import COLUMNS, AzulFile, of_download, of_row
from omicsdk.hca.azul.filters import Conditions
from omicsdk.hca.azul.index import resolved, tell_unmatched
from omicsdk.transfer.disk import make_folders, output_file

if TYPE_CHECKING:
    from omicsdk_api.azul.models import FileState, ManifestState


S = TypeVar("S", bound="FileState | ManifestState")
Format: TypeAlias = Literal["compact", "curl", "terra.bdbag", "terra.pfb", "verbatim.jsonl", "verbatim.pfb"]

SUFFIXES: Mapping[str, str] = {
    "compact": ".tsv",
    "curl": ".curlrc",
    "terra.bdbag": ".zip",
    "terra.pfb": ".avro",
    "verbatim.jsonl": ".jsonl",
    "verbatim.pfb": ".avro",
}

# Suffix of the file beside a manifest that names the request for it, while the service writes it.
PENDING_SUFFIX = ".pending"
# Bounds of the seconds between two requests: no manifest takes longer than a day.
LEAST_WAIT, MOST_WAIT = 1.0, 86_400
# Bytes from which a table has more than its head.
SHORT = 64 * 1024


class ManifestError(UsageError, ValueError):
    """A file that is not a manifest, or a row of one that names no file."""


@dataclass(frozen=True, slots=True)
class WrittenManifest:
    """A manifest on this machine.

    Attributes:
        path: Its file.
        format: Its format.
        size: Its size in bytes.
    """

    path: Path
    format: str
    size: int


def manifest(
    client: Azul,
    what: Conditions = (),
    to: str | os.PathLike[str] = "",
    *,
    format: Format = "compact",
    catalog: str = "",
    on_message: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
) -> WrittenManifest:
    """Write a manifest of the files that meet conditions.

    The service needs seconds to minutes for a manifest and keeps it for 7 days. If the call is interrupted while it waits,
    the same call resumes waiting.

    Args:
        what: Conditions that files must meet, such as `fileFormat=h5ad`; by default none, which may take long or fail.
        to: File to write; by default the catalog's name with `-manifest` and the suffix of the format, in the current
            folder.
        format: Format of the manifest. `compact` is a table of tab-separated values that `download` reads.
        catalog: Catalog; by default that of the service.
        on_message: Called with messages about waiting.
        stop: Set it to end waiting; the same call resumes.

    Raises:
        UsageError: `to` is a folder.
        UnknownFacet: A condition names a field that the catalog does not have.
        BadRequest: The catalog does not have the format.
        Interrupted: `stop` was set.
    """
    if to and Path(to).is_dir():  # before the minutes that a manifest may take
        raise UsageError(f"{os.fspath(to)} is a folder", remedy="Name the file to write.")
    filters, catalog = resolved(client, what, catalog)
    target = Path(to or f"{catalog or 'azul'}-manifest{SUFFIXES[format]}")
    make_folders(os.fspath(target.parent))
    pending = Pending(target, sha256(json.dumps([client.base_url, catalog, format, filters]).encode()).hexdigest())

    def requested() -> ManifestState:
        sent = json.dumps(filters) if filters else OMIT
        return client.request_manifest(catalog=catalog or OMIT, filters=sent, format=format)

    state = _still_written(client, pending.token()) or requested()

    def stopped() -> Interrupted:
        return Interrupted("The manifest is still being written", remedy="Repeat the call to resume.")

    clock = stoppable(settings_of(client).clock, stop, stopped)
    while checked_state("request_manifest", state).status == 301:
        token, wait = token_in(state.location), max(LEAST_WAIT, state.retry_after or 0)
        pending.keep(token)
        if on_message is not None:
            on_message(f"the manifest is being written; next check in {wait:g} s")
        clock.sleep(wait)
        try:
            state = client.get_manifest_state(token=token)
        # The job or its manifest no longer exists: only another PUT makes one.
        except Gone:
            state = requested()
    size = _fetch(client, state.location, target)
    pending.forget()
    if filters and format == "compact" and size < SHORT and target.read_bytes().count(b"\n") < 2:
        tell_unmatched(client, filters, catalog)
    return WrittenManifest(target, format, size)


class Pending:
    """Remembers the request for a manifest across runs, in a file beside the manifest.

    Args:
        target: The manifest's file.
        key: Identifies what was requested.
    """

    def __init__(self, target: Path, key: str) -> None:
        self._file = target.with_name(f".{target.name}{PENDING_SUFFIX}")
        self._key = key

    def token(self) -> str:
        """The token of the same request in an earlier run; empty where there is none."""
        try:
            key, token = self._file.read_text("utf-8").split()
        except (OSError, ValueError):
            return ""
        return token if key == self._key else ""

    def keep(self, token: str) -> None:
        """Remember a token."""
        with output_file(self._file, durable=False) as file:
            file.write(f"{self._key} {token}\n".encode())

    def forget(self) -> None:
        """Forget it, once the manifest is written."""
        self._file.unlink(missing_ok=True)


def checked_state(operation: str, state: S) -> S:
    """Return what the service answers while it writes something, if it states where, and a time to wait that can be waited.

    Args:
        operation: The operation, for errors.
        state: Its response.

    Raises:
        DecodeError: It does not.
    """
    check_fields(operation, state, "status", "location", optional=("retry_after",))
    if not 0 <= (state.retry_after or 0) <= MOST_WAIT:
        raise DecodeError(operation, "Retry-After", state.retry_after, expected=f"up to {MOST_WAIT} seconds")
    return state


def token_in(location: str) -> str:
    """Return the token in the address of a pending manifest.

    Args:
        location: The address.
    """
    return url_parts(location).path.rpartition("/")[2]


def _still_written(client: Azul, token: str) -> ManifestState | None:
    """The state of a request of an earlier run, while it is pending.

    A finished one is requested again: its address was signed when it finished, and may have expired. The service has
    the manifest, so that costs nothing.
    """
    with suppress(APIError):
        state = client.get_manifest_state(token=token) if token else None
        return state if state is not None and state.status == 301 else None
    return None


def _fetch(client: Azul, url: str, target: Path) -> int:
    """Write what is at a signed address into a file; no login is sent there."""
    from omicsdk.core.plain_client import PlainClient, beside, plain_request

    storage, size = beside(client, PlainClient, client.base_url, None), 0
    with (
        storage.streamed(plain_request("manifest", "GET", url, headers={"accept": "*/*"}, reads=True)) as body,
        output_file(target) as file,
    ):
        for piece in body.arriving():
            size += file.write(piece)
    return size


def read_manifest(path: str | os.PathLike[str], catalog: str = "") -> Iterator[AzulFile]:
    """Yield the files of a manifest: Azul's compact one or its configuration of curl, or one of the Data Store.

    Args:
        path: The table, with tabs between its cells, or the configuration.
        catalog: The catalog for rows that state none; empty for the default one.

    Raises:
        ManifestError: It is neither, or a row names no file.
    """
    path = Path(path)
    return (_of_curl if is_curl_config(filter(str.strip, file_lines(path, ManifestError))) else _of_table)(
        path, catalog
    )


def _of_curl(path: Path, catalog: str) -> Iterator[AzulFile]:
    operations = curl_operations(file_lines(path, ManifestError))
    for curl_download in curl_downloads(file_lines(path, ManifestError), operations):
        file = of_download(curl_download.url, curl_download.path, catalog)
        if not file.uuid or not file.name:
            raise ManifestError(
                f"{path}, line {curl_download.line}: not a file of Azul with a name",
                remedy="To download any URLs of a configuration of curl, use `omics get`.",
            )
        yield file


def _of_table(path: Path, catalog: str) -> Iterator[AzulFile]:
    rows = file_rows(path, "\t", ManifestError, strict=False, longest=LONGEST_LINE)
    _, columns = next(rows, (0, list[str]()))
    lacking = [names[0] for what, names in COLUMNS.items() if what in ("name", "size") and not {*names} & {*columns}]
    if lacking or not ({"file_uuid", *COLUMNS["url"]} & {*columns}):
        raise ManifestError(
            f"{path} is not a manifest of Azul or the Data Store: its first line is {' '.join(columns)[:80]!r}",
            remedy="Use a compact or curl manifest, or a table with tabs and the columns file_uuid, file_name and file_size.",
        )
    for line, cells in rows:
        if not any(cells) or is_header(cells, columns):
            continue
        if len(cells) < len(columns) or any(cells[len(columns) :]):
            problem = f"{path}, line {line}: {len(cells)} cells, but the header row has {len(columns)} columns"
            raise ManifestError(problem, remedy="Download the manifest again, or correct the row.")
        file = of_row(dict(zip(columns, cells, strict=False)), catalog)
        if not file.uuid or not file.name:
            raise ManifestError(
                f"{path}, line {line}: no file is named", remedy="Add a file_uuid and file_name to each row."
            )
        yield file
