"""What objects of the published Seven Bridges names read of JSON with one place changed: it works, or ends with an SbgError."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from changed_responses import each_replaced
from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.meta.resource import Resource
from omicsdk.compat.sevenbridges.models.bulk import Error
from omicsdk.compat.sevenbridges.models.drs_import import DRSImportBulk
from omicsdk.compat.sevenbridges.models.execution_details import ExecutionDetails
from omicsdk.compat.sevenbridges.models.file import DownloadInfo, File, FileBulkRecord
from omicsdk.compat.sevenbridges.models.project import exported_file
from omicsdk.compat.sevenbridges.models.rate_limit import RateLimit
from omicsdk.compat.sevenbridges.models.storage_export import Export

FILE = {"id": "f", "type": "file", "name": "a", "_secondary_files": [{"class": "File", "path": "g"}]}
LIMIT = {"rate": {"limit": 1, "remaining": 1, "reset": 1}}
CASES: dict[str, tuple[type[Resource], dict[str, Any], Callable[[Any], object]]] = {
    "is_folder": (File, FILE, lambda file: file.is_folder()),
    "secondary_files": (File, FILE, lambda file: [str(secondary) for secondary in file.secondary_files]),
    "DownloadInfo": (DownloadInfo, {"url": "https://s3.example.org/a?b"}, repr),
    "Export.source": (
        Export,
        {"source": {"file": "f"}, "state": "FAILED"},
        lambda job: (job.source, exported_file(job)),
    ),
    "Export.result": (Export, {"result": {"id": "f"}}, lambda job: job.result),
    "DRSImportBulk.result": (
        DRSImportBulk,
        {"result": [{"resource": FILE}, {"error": {"message": "no"}}]},
        lambda job: [(record.resource, record.error, record.valid) for record in job.result or ()],
    ),
    "ExecutionDetails": (ExecutionDetails, {"jobs": [{"name": "j", "logs": {"a": "b"}}]}, repr),
    "FileBulkRecord": (
        FileBulkRecord,
        {"resource": FILE, "error": None},
        lambda record: (record.resource, record.error),
    ),
    "Error": (Error, {"status": 404, "code": 1, "message": "no"}, lambda error: str(error.as_exception())),
    "RateLimit": (RateLimit, LIMIT, lambda limit: (limit.rate, str(limit))),
}


@pytest.mark.parametrize(("kind", "payload", "read"), CASES.values(), ids=CASES)
def test_what_was_answered_is_read(
    kind: type[Resource], payload: dict[str, Any], read: Callable[[Any], object]
) -> None:
    assert read(kind.of(payload, None)) is not None


@pytest.mark.parametrize(("kind", "payload", "read"), CASES.values(), ids=CASES)
def test_no_changed_response_is_more_than_an_error(
    kind: type[Resource], payload: dict[str, Any], read: Callable[[Any], object]
) -> None:
    for changed in each_replaced(payload):
        with suppress(SbgError):
            read(kind.of(changed, None))
