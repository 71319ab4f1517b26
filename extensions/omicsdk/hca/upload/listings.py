"""Listings of an upload area: its files, and the service's progress with their checksums and validation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.core.checked_json import count_at
from omicsdk.core.errors import DecodeError, OmicsError
from omicsdk.core.late_names import LateModule
from omicsdk.core.page_items import items_at
from omicsdk.core.platform import settings_of
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import is_object
from omicsdk.hca.upload.areas import UploadAreaURI, area_of
from omicsdk.hca.upload.client import HcaUpload

if TYPE_CHECKING:
    import httpx
    from omicsdk_api.upload import models
else:
    models = LateModule("omicsdk_api.upload.models")


# Files that are described in one request.
DESCRIBED_AT_ONCE = 100

# The service's states, which do not name their job.
_CHECKSUM_STATES = {"SCHEDULED": "CHECKSUMMING_SCHEDULED", "UNSCHEDULED": "CHECKSUMMING_UNSCHEDULED"}
_VALIDATION_STATES = {"SCHEDULED": "VALIDATION_SCHEDULED", "UNSCHEDULED": "VALIDATION_UNSCHEDULED"}
_TOTAL = "TOTAL_NUM_FILES"


class AreaFile(NamedTuple):
    """A file of an upload area.

    Attributes:
        name: Its name.
        size: Its size in bytes.
        info: The service's record of it; None unless it was requested.
    """

    name: str
    size: int
    info: models.FileInfo | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: the service's record if it was requested."""
        return {"name": self.name, "size": self.size, **({} if self.info is None else self.info.to_dict())}


def ls(client: HcaUpload, area: UploadAreaURI | str | None = None, *, detail: bool = False) -> Iterator[AreaFile]:
    """List the files of an area.

    Args:
        area: The area's URI, its UUID or the beginning of it; by default the selected area.
        detail: Request what the service knows of each file (media type, checksums), which takes longer.

    Yields:
        Each file, in the order of the names.

    Raises:
        NoAreaSelected: No area is given or selected.
        NotFound: There is no such area.
        DecodeError: The service described other files than the requested ones, or none.
        Locked, Conflict: The area takes no more files, so that the service gives no keys for it.
    """
    from omicsdk_api.upload.models.file_info import FileInfo

    from omicsdk.hca.upload.storage import area_storage

    uri = area_of(area)
    service = client.at(uri.deployment_stage)
    storage = area_storage(service, uri, settings_of(client).clock, accelerate=False, connections=1)
    files = storage.sizes()
    try:
        if not detail:
            yield from (AreaFile(name, size) for name, size in files)
        while batch := list(islice(files, DESCRIBED_AT_ONCE)):
            names = [name for name, _ in batch]
            # Without strict=True a call returns incomplete results; a shorter list than requested would hide files of the area.
            described = items_at(service.files_info(upload_area_uuid=uri.area_uuid, body=names), "", "files_info")
            if len(described) != len(names) or not all(isinstance(info, FileInfo) for info in described):
                raise DecodeError("files_info", "the body", described, expected=f"a list of {len(names)} files")
            yield from (AreaFile(info.name, count_at(info.to_dict(), "size", "files_info"), info) for info in described)
    finally:
        storage.client.close()


def file_status(client: HcaUpload, filename: str, area: UploadAreaURI | str | None = None) -> str:
    """Show how far the service is with a file: the state of its checksums until they exist, then that of its
    validation.

    Args:
        filename: A file in the area.
        area: The area's URI, its UUID or the beginning of it; by default the selected area.

    Returns:
        The state; with STATUS_RETRIEVAL_ERROR in it and the reason if the service does not state one.

    Raises:
        NoAreaSelected: No area is given or selected.
    """
    uri = area_of(area)
    service = client.at(uri.deployment_stage)
    try:
        of_checksums = service.checksum_status(upload_area_uuid=uri.area_uuid, filename=filename)
        state = str(of_checksums.checksum_status)
    except OmicsError as error:
        return f"CHECKSUM_STATUS_RETRIEVAL_ERROR: {error}"
    if state != "CHECKSUMMED":
        return _CHECKSUM_STATES.get(state, state)
    try:
        of_validation = service.validation_status(upload_area_uuid=uri.area_uuid, filename=filename)
        state = str(of_validation.validation_status)
    except OmicsError as error:
        return f"VALIDATION_STATUS_RETRIEVAL_ERROR: {error}"
    return _VALIDATION_STATES.get(state, state)


@dataclass(frozen=True, slots=True)
class AreaStatus:
    """How many files of an area are in each state.

    Attributes:
        area_uuid: The area.
        files: How many files it has.
        checksums: Files by the state of their checksums.
        validations: Files by the state of their validation, VALIDATION_UNSCHEDULED among them.
    """

    area_uuid: str
    files: int
    checksums: Mapping[str, int]
    validations: Mapping[str, int]

    def __str__(self) -> str:
        """The report as the published client's command writes it."""
        lines = [
            "FILE STATUS REPORT",
            f"UploadArea: {self.area_uuid}",
            f"Total Number of Files: {self.files}",
            "CHECKSUMS",
            *(f"\t{state} files: {self.checksums[state]}" for state in sorted(self.checksums)),
            "VALIDATIONS",
            *(f"\t{state} files: {self.validations[state]}" for state in sorted(self.validations)),
        ]
        return "\n".join(lines) + "\n"


def status(client: HcaUpload, area: UploadAreaURI | str | None = None) -> AreaStatus:
    """Count the files of an area by the state of their checksums and of their validation.

    Args:
        area: The area's URI, its UUID or the beginning of it; by default the selected area.

    Returns:
        The counts; `str` of it is the report as text.

    Raises:
        NoAreaSelected: No area is given or selected.
        NotFound: There is no such area.
    """
    uri = area_of(area)
    service = client.at(uri.deployment_stage)
    checksums = _counts("checksum_statuses", service.checksum_statuses.raw(upload_area_uuid=uri.area_uuid))
    validations = _counts("validation_statuses", service.validation_statuses.raw(upload_area_uuid=uri.area_uuid))
    total = count_at(checksums, _TOTAL, "checksum_statuses")
    del checksums[_TOTAL]
    # The service does not count files without a validation.
    unscheduled = checksums.get("CHECKSUMMED", 0) - sum(validations.values())
    return AreaStatus(uri.area_uuid, total, checksums, {**validations, "VALIDATION_UNSCHEDULED": unscheduled})


def _counts(operation: str, response: httpx.Response) -> dict[str, int]:
    """The counts of a response, by state."""
    payload = json_of(response)
    if not is_object(payload):
        raise DecodeError(operation, "", payload, expected="an object of counts")
    return {state: count_at(payload, state, operation) for state in payload}
